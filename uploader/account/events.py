"""The account's custom events: the pages of the list, read within a time limit and up to a maximum."""

from __future__ import annotations

from typing import Any

from uploader.errors import ListError
from uploader.http.calls import Calls
from uploader.http.transport import UnansweredError
from uploader.wire.auth import Tokens
from uploader.wire.url import is_loopback

PAGE = 1000
"""Custom events per page of the list."""
MAX_PAGES = 50
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 10.0
"""Seconds allowed for one page; an upload waits no longer to learn whether its destination exists."""

EVERY_DESTINATION = "every destination"
"""The value of `rehearsal` in the list of a rehearsal that accepts every destination."""


def listed_events(calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
    """The names of all custom events, requested once within `timeout` seconds; `None` if every name is one.

    Only a rehearsal on this machine has every name. Raises `ListError` without a complete list, and the errors of
    `tokens` and of the limits.
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
            deadline=calls.clock(),  # no repeats
        )
    except UnansweredError as error:
        raise ListError(str(error)) from error
    said = answer.json
    if answer.status != 200 or said is None:
        raise ListError(answer.words)
    return said


def _names(said: dict[str, Any]) -> list[str] | None:
    """The names on one page; `None` if it is malformed."""
    result = said.get("result")
    if not isinstance(result, list):
        return None
    names = [event.get("name") if isinstance(event, dict) else None for event in result]
    parts = [name for name in names if isinstance(name, str)]
    return parts if len(parts) == len(names) else None
