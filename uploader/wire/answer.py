"""Answer: HTTP status, headers and body, and the message in them. Pure; nothing here touches a socket."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from uploader.masking import from_outside
from uploader.wire.words import body_text, error_words, page_text

REQUEST_IDS = ("x-request-id", "x-global-transaction-id")
"""Response headers that Act-On's support asks for."""

_WORDS_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: HTTP status, headers (names in lower case) and the body, truncated to a safe length.

    Headers and body may hold secrets, so the repr leaves them out.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; `None` if it is anything else.

        An object with two values for one name (RFC 8259, section 4), `NaN` or `Infinity` is not accepted.
        """
        try:
            value = strict_json(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def turned_away(self) -> bool:
        """True if the status says that the request was not carried out.

        Of the redirects only 307 and 308 say so, as they ask to repeat the same request elsewhere (RFC 9110, sections
        15.4.8 and 15.4.9). The others (15.4.2 to 15.4.4) may also follow a POST that was carried out.
        """
        return self.status in (307, 308) or 400 <= self.status < 500

    @property
    def retry_after(self) -> float | None:
        """The seconds in `Retry-After`; `None` if it is missing or unusable.

        A date in it is relative to the server's clock in the `Date` header, if there is one.
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
        """The request ids that support asks for, by header, masked."""
        return {name: from_outside(self.headers[name], 80) for name in REQUEST_IDS if self.headers.get(name)}

    @property
    def message(self) -> str:
        """The server's message in one line, masked."""
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
        """HTTP status, message and request ids in one line, masked."""
        ids = [f"{name} {value}" for name, value in self.request_ids.items()]
        return f"HTTP {self.status}: {self.message}" + (f" ({', '.join(ids)})" if ids else "")


def strict_json(text: bytes | str) -> Any:
    """The value of a JSON text; raises `ValueError` also for two values of one name, and `RecursionError`."""
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
    """The time of an HTTP date; `None` if the text is not one."""
    from email.utils import parsedate_to_datetime  # slow to import, rarely needed

    try:
        moment = parsedate_to_datetime(header[:100])
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
