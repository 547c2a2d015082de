"""Jobs: the endpoint's answers about an upload. Pure; nothing here touches a socket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from preflight.text.display import shown
from uploader.errors import NOTHING, InDoubtError, NotSentError, RefusedError, StatusError, UsageError
from uploader.masking import from_outside, masked
from uploader.model.job import Job, is_running
from uploader.wire.answer import Answer, strict_json
from uploader.wire.words import error_words, text_of

UPLOAD_PATH = "/api/1/customevents"

MAX_COUNT = 2**63 - 1
"""The largest valid count: SQLite's largest integer."""

_GOOD_WORDS = frozenset({"success", "ok"})


def accepted(answer: Answer) -> Job:
    """The job in the answer to an upload; raises `NotSentError`, `RefusedError` and `InDoubtError`."""
    if answer.status == 429:
        raise NotSentError(f"{NOTHING}{answer.words}; too many calls: wait, then send again")
    if answer.turned_away:
        hint = _hint(answer) or "; correct what the answer names, then send again"
        raise RefusedError(f"refused, nothing was taken: {answer.words}{hint}", answer.status)
    job = job_from_upload(answer) if 200 <= answer.status < 300 else None
    if job is None:
        raise InDoubtError(f"the answer is not the documented one: {answer.words}{_hint(answer)}")
    return job


def is_job_id(text: str) -> bool:
    """True if `text` can be a job id: letters, digits, `-` and `_` only, as it becomes part of a URL path."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) is not None


def status_path(job_id: str) -> str:
    """The URL path of a job's status; raises `UsageError` for a malformed job id."""
    if not is_job_id(job_id):
        raise UsageError(f"{shown(job_id)} is not a job id: letters, digits, `-` and `_` only")
    return f"{UPLOAD_PATH}/{job_id}/status"


def state(job_id: str, answer: Answer) -> Job:
    """The job in the answer to a status request; raises `StatusError`."""
    job = job_from_status(job_id, answer) if answer.status == 200 else None
    if job is None:
        passing = answer.status >= 500 or answer.status in (408, 429) or (answer.status == 200 and not answer.json)
        message = f"the status of job {job_id} cannot be read: {answer.words}{_hint(answer)}"
        raise StatusError(message, passing=passing)
    return job


def job_from_upload(answer: Answer) -> Job | None:
    """The job of an accepted upload; `None` if the answer is not as documented, or contradicts itself."""
    said = answer.json or {}
    job_id = said.get("jobId")
    text = str(job_id) if isinstance(job_id, str | int) and not isinstance(job_id, bool) else ""
    if not is_job_id(text) or masked(text) != text or said.get("status") != "success":
        return None
    return None if error_words(said) or _denied(said) else Job(text)


def job_from_status(job_id: str, answer: Answer) -> Job | None:
    """The job with its state; `None` if the answer is not a status.

    Answers about a running job are not documented: one without `details.status` is taken for a running job.
    """
    said = answer.json
    if said is None or error_words(said):
        return None
    details = said.get("details")
    copy = _decoded(said.get("jobDetails"))
    found = details if isinstance(details, dict) else copy
    word = _word_of(found)
    return Job(
        job_id,
        status=from_outside(word, 80),
        append_count=_count_of(found.get("appendCount")),
        rejected_count=_count_of(found.get("rejectedCount")),
        contradiction=_contradiction(job_id, said, found, copy),
    )


def _decoded(details: object) -> Mapping[str, Any]:
    """The content of `jobDetails`, a JSON text in a string; empty if it is malformed."""
    try:
        found = strict_json(details) if isinstance(details, str) else details
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _hint(answer: Answer) -> str:
    if "PUBLIC_API_FEATURE_NOT_ENABLED" in answer.message:
        return "; the account has no API access, and only Act-On can turn it on"
    if answer.status == 401:
        from uploader.wire.auth import how_to_renew  # which imports requests

        return f"; the token is wrong or has expired (it lives an hour): {how_to_renew()}"
    if 300 <= answer.status < 400:
        return "; redirects are not followed: check the region or base URL"
    return ""


def _contradiction(job_id: str, said: Mapping[str, Any], found: Mapping[str, Any], copy: Mapping[str, Any]) -> str:
    """What in the answer contradicts `found`, its details, in a few words: an answer that does confirms nothing.

    `copy` is the content of `jobDetails`.
    """
    if "status" in copy and _word_of(copy).lower() != _word_of(found).lower():
        return "`jobDetails` and `details` of the answer differ in `status`"
    for name in ("appendCount", "rejectedCount"):
        if name in copy and _count_of(copy[name]) != _count_of(found.get(name)):
            return f"`jobDetails` and `details` of the answer differ in `{name}`"
    for said_too in (said, found):
        if denial := _denied(said_too):
            return denial
    if words := error_words(found):
        return f"the answer's details hold an error: {from_outside(words, 80)}"
    word, inner = said.get("status"), _word_of(found)
    runs = is_running(_word_of(said)) and (not inner or is_running(inner))
    if word is not None and not runs and _word_of(said).lower() not in _GOOD_WORDS:
        return f"the answer itself has the status `{from_outside(text_of(word), 80)}`"
    for of_job in (said.get("jobId"), found.get("jobId")):
        if of_job is not None and text_of(of_job) != job_id:
            return "the answer is about another job"
    return ""


def _denied(said: Mapping[str, Any]) -> str:
    """A message if `success` is present and not true, else empty."""
    success = said.get("success")
    if success is None or success is True or (isinstance(success, str) and success.strip().lower() == "true"):
        return ""
    return f"the answer has `success` `{from_outside(text_of(success), 80)}`"


def _word_of(details: Mapping[str, Any]) -> str:
    word = details.get("status")
    return " ".join(word.split()) if isinstance(word, str) else ""


def _count_of(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
