"""The record that Act-On's support asks for: every request, its time and its result, masked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from uploader.masking import from_outside, without_addresses
from uploader.wire.answer import Answer

_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, answered or not.

    `when` is its start (UTC, ISO 8601), `seconds` its duration. `status` is the HTTP status, `None` without an answer.
    `request_ids` are those of the answer, by header. `error` is one line, empty after a status below 300. All texts are
    without secrets and addresses.
    """

    when: str
    method: str
    path: str
    status: int | None
    seconds: float
    request_ids: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


_RECORDINGS: ContextVar[tuple[list[Attempt], ...]] = ContextVar("recordings", default=())


@contextmanager
def recording() -> Iterator[list[Attempt]]:
    """Context manager that yields a list, to which every attempt of this thread, of any client or login, is added."""
    attempts: list[Attempt] = []
    token = _RECORDINGS.set((*_RECORDINGS.get(), attempts))
    try:
        yield attempts
    finally:
        _RECORDINGS.reset(token)


class Stopwatch:
    """Times one request from its construction on, and adds it to the active recordings."""

    def __init__(self, method: str, path: str) -> None:
        self._method = method
        self._path = path
        self._when = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._start = time.monotonic()

    def answered(self, answer: Answer) -> None:
        """Record the request as answered."""
        error = without_addresses(answer.message) if answer.status >= 300 else ""
        ids = {name: without_addresses(value) for name, value in answer.request_ids.items()}
        self._add(answer.status, ids, error)

    def failed(self, reason: str) -> None:
        """Record the request as unanswered, for `reason`."""
        self._add(None, {}, without_addresses(from_outside(reason, _LONGEST_ERROR)))

    def _add(self, status: int | None, request_ids: Mapping[str, str], error: str) -> None:
        seconds = round(time.monotonic() - self._start, 3)
        attempt = Attempt(self._when, self._method, self._path, status, seconds, request_ids, error)
        for attempts in _RECORDINGS.get():
            attempts.append(attempt)
