"""What the server's answers mean. Pure; nothing here touches a socket."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from uploader.answerwords import body_text, error_words, page_text, text_of
from uploader.masking import from_outside, masked

REQUEST_IDS = ("x-request-id", "x-global-transaction-id")
"""Response headers that Act-On's support asks for."""

MAX_COUNT = 2**63 - 1
"""The largest count that is taken for one; the ledger's integers end there."""

_FAILED_WORDS = frozenset({"fail", "failed", "failure", "error", "aborted", "rejected"})
_RUNNING = re.compile(
    r"(?:the )?(?:job )?(?:is |has )?(?:still )?"
    r"(?:running|pending|queued|waiting|started|processing|in[ _-]progress)\.?"
)
_GOOD_WORDS = frozenset({"success", "ok"})
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
    while the server gives none. `contradiction` says what else the server said that speaks against it.
    """

    job_id: str
    status: str = ""
    append_count: int | None = None
    rejected_count: int | None = None
    contradiction: str = ""

    @property
    def state(self) -> State:
        """What `status` means, where nothing contradicts it."""
        word = self.status.lower()
        if word in _FAILED_WORDS:
            return State.FAILED
        if self.contradiction:
            return State.UNKNOWN
        if word == "ok":
            return State.OK
        return State.RUNNING if not word or _RUNNING.fullmatch(word) else State.UNKNOWN

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
            value = _json(self.body)
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


def _json(text: bytes | str) -> Any:
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
    try:
        moment = parsedate_to_datetime(header[:100])
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def is_job_id(text: str) -> bool:
    """True when `text` can be a job id: it goes into a path, so letters, digits, `-` and `_` only."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) is not None


def job_from_upload(answer: Answer) -> Job | None:
    """The job of an accepted upload; `None` when the answer is not the documented one, or contradicts itself."""
    said = answer.json or {}
    job_id = said.get("jobId")
    text = str(job_id) if isinstance(job_id, str | int) and not isinstance(job_id, bool) else ""
    if not is_job_id(text) or masked(text) != text or said.get("status") != "success":
        return None
    return None if error_words(said) or _denied(said) else Job(text)


def job_from_status(job_id: str, answer: Answer) -> Job | None:
    """The job's state; `None` when the answer is not a status at all.

    What is said while a job runs is not documented: an answer without `details.status` is a job still running.
    """
    said = answer.json
    if said is None or error_words(said):
        return None
    details = said.get("details")
    copy = _decoded(said.get("jobDetails"))
    found = details if isinstance(details, dict) else copy
    word = _word(found)
    return Job(
        job_id,
        status=from_outside(word, 80),
        append_count=_count(found.get("appendCount")),
        rejected_count=_count(found.get("rejectedCount")),
        contradiction=_contradiction(job_id, said, found, copy),
    )


def _contradiction(job_id: str, said: Mapping[str, Any], found: Mapping[str, Any], copy: Mapping[str, Any]) -> str:
    """What else in the answer speaks against what was `found`, in a few words; `copy` is what `jobDetails` has."""
    if "status" in copy and _word(copy).lower() != _word(found).lower():
        return "`jobDetails` and `details` of the answer differ in `status`"
    for name in ("appendCount", "rejectedCount"):
        if name in copy and _count(copy[name]) != _count(found.get(name)):
            return f"`jobDetails` and `details` of the answer differ in `{name}`"
    for said_too in (said, found):
        if denial := _denied(said_too):
            return denial
    if words := error_words(found):
        return f"the answer's details hold an error: {from_outside(words, 80)}"
    word = said.get("status")
    if word is not None and not (isinstance(word, str) and word.strip().lower() in _GOOD_WORDS):
        return f"the answer itself has the status `{from_outside(text_of(word), 80)}`"
    for of_job in (said.get("jobId"), found.get("jobId")):
        if of_job is not None and text_of(of_job) != job_id:
            return "the answer is about another job"
    return ""


def _denied(said: Mapping[str, Any]) -> str:
    """What `success` says unless it says yes, or nothing."""
    success = said.get("success")
    if success is None or success is True or (isinstance(success, str) and success.strip().lower() == "true"):
        return ""
    return f"the answer has `success` `{from_outside(text_of(success), 80)}`"


def _word(details: Mapping[str, Any]) -> str:
    word = details.get("status")
    return " ".join(word.split()) if isinstance(word, str) else ""


def _decoded(details: object) -> Mapping[str, Any]:
    """`jobDetails`, which is JSON in a string; empty when it is not."""
    try:
        found = _json(details) if isinstance(details, str) else details
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _count(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
