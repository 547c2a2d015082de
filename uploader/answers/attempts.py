"""What Act-On's support asks for: every request that was made, when, and what came of it, without secrets."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from uploader.answers.answer import Answer
from uploader.masking import from_outside, without_addresses

_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, whether it was answered or not.

    `when` is when it began (UTC, ISO 8601), `seconds` how long it took. `status` is the HTTP status, `None` without an
    answer; `request_ids` are the answer's, by header. `error` says what went wrong, in one line; it is empty after an
    answer below 300. No text holds a secret or an address.
    """

    when: str
    method: str
    path: str
    status: int | None
    seconds: float
    request_ids: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The attempt as a receipt has it."""
        return {
            "when": self.when,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "seconds": self.seconds,
            "request_ids": dict(self.request_ids),
            "error": self.error,
        }


_LISTENING: ContextVar[tuple[list[Attempt], ...]] = ContextVar("listening", default=())


@contextmanager
def recording() -> Iterator[list[Attempt]]:
    """A list that gets every attempt made inside `with` by this thread, whichever client or login makes it."""
    attempts: list[Attempt] = []
    token = _LISTENING.set((*_LISTENING.get(), attempts))
    try:
        yield attempts
    finally:
        _LISTENING.reset(token)


class Stopwatch:
    """One request from its beginning; tells those who listen how it ended."""

    def __init__(self, method: str, path: str) -> None:
        self._method = method
        self._path = path
        self._when = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._start = time.monotonic()

    def answered(self, answer: Answer) -> None:
        """An answer came."""
        error = without_addresses(answer.message) if answer.status >= 300 else ""
        ids = {name: without_addresses(value) for name, value in answer.request_ids.items()}
        self._tell(answer.status, ids, error)

    def failed(self, reason: str) -> None:
        """None came, for `reason`."""
        self._tell(None, {}, without_addresses(from_outside(reason, _LONGEST_ERROR)))

    def _tell(self, status: int | None, request_ids: Mapping[str, str], error: str) -> None:
        seconds = round(time.monotonic() - self._start, 3)
        attempt = Attempt(self._when, self._method, self._path, status, seconds, request_ids, error)
        for attempts in _LISTENING.get():
            attempts.append(attempt)
