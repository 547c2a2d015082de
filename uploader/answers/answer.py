"""An answer: HTTP status, headers and body, and what it says in words. Pure; nothing here touches a socket."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from uploader.answers.words import body_text, error_words, page_text
from uploader.masking import from_outside

REQUEST_IDS = ("x-request-id", "x-global-transaction-id")
"""Response headers that Act-On's support asks for."""

_WORDS_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: HTTP status, headers (names in lower case) and the body, cut at a safe length.

    It holds what the server gave back, secrets among it; its repr shows none of that.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; `None` when it is anything else.

        So is one that says two things under one name (RFC 8259, section 4), or has `NaN` or `Infinity`.
        """
        try:
            value = strict_json(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def turned_away(self) -> bool:
        """True when the status says that the request was not carried out.

        A redirect says so only where the same request is to be repeated elsewhere (RFC 9110, sections 15.4.8 and
        15.4.9). After any other (15.4.2 to 15.4.4) a client may go on with GET, as after a POST that was carried out.
        """
        return self.status in (307, 308) or 400 <= self.status < 500

    @property
    def retry_after(self) -> float | None:
        """The seconds that `Retry-After` asks to wait; `None` when it says nothing usable.

        A date there is read by the server's own clock, its `Date` header, where it tells it.
        """
        said = self.headers.get("retry-after", "").strip()
        if re.fullmatch("[0-9]{1,9}", said):
            return float(said)
        until = _moment(said)
        if until is None:
            return None
        seconds = (until - (_moment(self.headers.get("date", "")) or datetime.now(UTC))).total_seconds()
        return max(seconds, 0.0) if seconds < 1e9 else None

    @property
    def text(self) -> str:
        """The body as text."""
        return body_text(self.body, self.headers.get("content-type", ""))

    @property
    def request_ids(self) -> dict[str, str]:
        """What support asks for, by header, without secrets."""
        return {name: from_outside(self.headers[name], 80) for name in REQUEST_IDS if self.headers.get(name)}

    @property
    def message(self) -> str:
        """What the server said, in one line, without secrets."""
        said = self.json
        if said is not None and (words := error_words(said)):
            return from_outside(words, _WORDS_SHOWN)
        if 300 <= self.status < 400:
            return f"a redirect to {from_outside(self.headers.get('location', 'nowhere'), _WORDS_SHOWN)}"
        text = self.text
        if "html" in self.headers.get("content-type", "").lower() or text.lstrip()[:1] == "<":
            return f"an HTML page: {from_outside(page_text(text) or 'no text', _WORDS_SHOWN)}"
        return from_outside(text, _WORDS_SHOWN) or "an empty body"

    @property
    def words(self) -> str:
        """What the server said, in one line: HTTP status, its own message, and its request ids; without secrets."""
        ids = [f"{name} {value}" for name, value in self.request_ids.items()]
        return f"HTTP {self.status}: {self.message}" + (f" ({', '.join(ids)})" if ids else "")


def strict_json(text: bytes | str) -> Any:
    """The value of a JSON text that says one thing under each name; raises `ValueError` and `RecursionError`."""
    return json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_no_number)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found and found[name] != value:
            raise ValueError("two values of one name")
        found[name] = value
    return found


def _no_number(name: str) -> float:
    raise ValueError("JSON has no such number")


def _moment(header: str) -> datetime | None:
    """An HTTP date; `None` when the text is none."""
    from email.utils import parsedate_to_datetime  # slow to import, and seldom needed

    try:
        moment = parsedate_to_datetime(header[:100])
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
