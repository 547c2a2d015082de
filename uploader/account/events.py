"""The account's custom events, as its list tells them: pages of names, read within a time and up to a number."""

from __future__ import annotations

from typing import Any

from uploader.access.auth import Tokens
from uploader.access.url import is_loopback
from uploader.errors import ListError
from uploader.http.calls import Calls, UnansweredError

PAGE = 1000
"""Custom events that the list tells at once, at most."""
MAX_PAGES = 50
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 10.0
"""Seconds that one page may take; an upload does not wait longer to hear whether its destination exists."""

EVERY_DESTINATION = "every destination"
"""What a rehearsal says under `rehearsal` when it lists nothing, because it has whatever it is sent to."""


def listed_events(calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
    """The names of all custom events, asked for once within `timeout` seconds; `None` for every name there can be.

    Only a rehearsal on this machine has every name. Raises `ListError` when there is no complete list, and what
    `tokens` and the limits raise.
    """
    names: list[str] = []
    deadline = calls.clock() + timeout
    for _ in range(MAX_PAGES):
        left = deadline - calls.clock()
        if left <= 0:
            raise ListError(f"{calls.host}: the list was not complete after {timeout:.0f} s")
        said = _page(calls, tokens, len(names), left)
        if said.get("rehearsal") == EVERY_DESTINATION and is_loopback(calls.base_url):
            return None
        page = _names(said)
        total = said.get("totalCount")
        if page is None or not isinstance(total, int) or said.get("offset", len(names)) != len(names):
            raise ListError(f"{calls.host}: the answer is not the documented one")
        names += page
        if len(names) >= total:
            return names
        if not page:
            raise ListError(f"{calls.host}: the list ends after {len(names):,} of {total:,}")
    raise ListError(f"{calls.host}: the list is longer than {MAX_PAGES * PAGE:,}")


def _page(calls: Calls, tokens: Tokens, offset: int, left: float) -> dict[str, Any]:
    path = f"/api/1/list?listingtype=custom_events&count={PAGE}&offset={offset}"
    try:
        answer = calls.ask(
            "GET",
            path,
            tokens,
            connect_timeout=min(CONNECT_TIMEOUT, left),
            read_timeout=min(READ_TIMEOUT, left),
            deadline=calls.clock(),  # no pause ends before it: it is asked once
        )
    except UnansweredError as error:
        raise ListError(str(error)) from error
    said = answer.json
    if answer.status != 200 or said is None:
        raise ListError(answer.words)
    return said


def _names(said: dict[str, Any]) -> list[str] | None:
    """The names on one page; `None` when it is not one."""
    result = said.get("result")
    if not isinstance(result, list):
        return None
    names = [event.get("name") if isinstance(event, dict) else None for event in result]
    parts = [name for name in names if isinstance(name, str)]
    return parts if len(parts) == len(names) else None
