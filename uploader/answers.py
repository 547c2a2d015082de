"""What the server's answers mean: jobs, and the several shapes of an error. Pure; nothing here touches a socket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, quote_plus

from preflight.text.display import visible

REQUEST_IDS = ("x-request-id", "x-global-transaction-id")
"""Response headers that Act-On's support asks for."""

_FAILED_WORDS = frozenset({"fail", "failed", "failure", "error", "aborted", "rejected"})
_RUNNING_WORDS = frozenset({"running", "pending", "queued", "waiting", "started", "processing", "in_progress"})
_WORDS_SHOWN = 300


class State(Enum):
    """What a job's word means. Only `ok` is documented; nothing else is ever taken for success."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Job:
    """An upload's job as the server last told it.

    `status` is the word in `details.status`, empty while the server gives none. The counts are numbers of rows, `None`
    while the server gives none.
    """

    job_id: str
    status: str = ""
    append_count: int | None = None
    rejected_count: int | None = None

    @property
    def state(self) -> State:
        """What `status` means."""
        word = self.status.lower()
        if word == "ok":
            return State.OK
        if word in _FAILED_WORDS:
            return State.FAILED
        return State.RUNNING if not word or word in _RUNNING_WORDS else State.UNKNOWN

    @property
    def final(self) -> bool:
        """True when asking again will not change the answer: also an unknown word that comes with counts."""
        if self.state is State.UNKNOWN:
            return self.append_count is not None or self.rejected_count is not None
        return self.state is not State.RUNNING

    def as_dict(self) -> dict[str, str | int | None]:
        """The job under the API's names, as `--json` prints it."""
        return {
            "jobId": self.job_id,
            "status": self.status,
            "appendCount": self.append_count,
            "rejectedCount": self.rejected_count,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: HTTP status, headers (names in lower case) and the body, cut at a safe length."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; `None` when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def words(self) -> str:
        """What the server said, in one line: HTTP status, its own message, and its request ids."""
        ids = [f"{name} {visible(self.headers[name], 80)}" for name in REQUEST_IDS if self.headers.get(name)]
        return f"HTTP {self.status}: {_message(self)}" + (f" ({', '.join(ids)})" if ids else "")

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
        return max((until - (_moment(self.headers.get("date", "")) or datetime.now(UTC))).total_seconds(), 0.0)

    def without(self, secrets: Iterable[str]) -> Answer:
        """The answer with each of `secrets`, also as a URL or form writes it, replaced by `****`."""
        body, headers = self.body, dict(self.headers)
        forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        for form in sorted(forms, key=len, reverse=True):
            body = body.replace(form.encode(), b"****").replace(json.dumps(form)[1:-1].encode(), b"****")
            headers = {name: value.replace(form, "****") for name, value in headers.items()}
        return replace(self, body=body, headers=headers)


def _moment(header: str) -> datetime | None:
    """An HTTP date; `None` when the text is none."""
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_job_id(text: str) -> bool:
    """True when `text` can be a job id: it goes into a path, so letters, digits, `-` and `_` only."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) is not None


def job_from_upload(answer: Answer) -> Job | None:
    """The job of an accepted upload; `None` when the answer is not the documented one."""
    said = answer.json or {}
    job_id = said.get("jobId")
    text = str(job_id) if isinstance(job_id, str | int) and not isinstance(job_id, bool) else ""
    return Job(text) if is_job_id(text) and said.get("status") == "success" else None


def job_from_status(job_id: str, answer: Answer) -> Job | None:
    """The job's state; `None` when the answer is not a status at all.

    What is said while a job runs is not documented: an answer without `details.status` is a job still running.
    """
    said = answer.json
    if said is None or _error_words(said):
        return None
    details = _details(said)
    word = details.get("status")
    return Job(
        job_id,
        status=visible(word.strip(), 80) if isinstance(word, str) else "",
        append_count=_count(details.get("appendCount")),
        rejected_count=_count(details.get("rejectedCount")),
    )


def _details(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """`details`, or the same thing out of `jobDetails`, which is JSON in a string."""
    details = said.get("details")
    if isinstance(details, dict):
        return details
    try:
        details = json.loads(said.get("jobDetails") or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return details if isinstance(details, dict) else {}


def _count(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _message(answer: Answer) -> str:
    said = answer.json
    if said is not None and (words := _error_words(said)):
        return words
    if 300 <= answer.status < 400:
        return f"a redirect to {visible(answer.headers.get('location', 'nowhere'), _WORDS_SHOWN)}"
    text = answer.body.decode("utf-8", "replace")
    if "html" in answer.headers.get("content-type", "").lower() or text.lstrip()[:1] == "<":
        text = "an HTML page: " + _Text.of(text)
    return _one_line(text) or "an empty body"


def _error_words(said: Mapping[str, Any]) -> str:
    """The server's own words in any of the three JSON shapes of an error; empty when it is none of them."""
    shapes = (
        ("errorCode", "message", None),  # the application
        ("httpCode", "httpMessage", "moreInformation"),  # the gateway
        ("error", "error_description", None),  # the token endpoint
    )
    for code, message, more in shapes:
        if code in said:
            words = [f"{said[code]}", *(f"{said[name]}" for name in (message, more) if name and said.get(name))]
            return _one_line(" - ".join(words))
    return ""


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()), _WORDS_SHOWN)


class _Text(HTMLParser):
    """The text of an HTML page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden = 0

    @classmethod
    def of(cls, page: str) -> str:
        parser = cls()
        parser.feed(page)
        parser.close()
        return " ".join(" ".join(parser.pieces).split()) or "no text"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(data)
