"""Jobs: what the endpoint's answers say of an upload. Pure; nothing here touches a socket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from uploader.http.answer import Answer, strict_json
from uploader.http.answerwords import error_words, text_of
from uploader.masking import from_outside, masked
from uploader.model.job import Job

MAX_COUNT = 2**63 - 1
"""The largest count that is taken for one; the ledger's integers end there."""

_GOOD_WORDS = frozenset({"success", "ok"})


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
        found = strict_json(details) if isinstance(details, str) else details
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _count(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
