"""Jobs: what the endpoint's answers say of an upload. Pure; nothing here touches a socket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from uploader.acton.evidence import contradiction, count_of, denied, word_of
from uploader.http.answer import Answer, strict_json
from uploader.http.answerwords import error_words
from uploader.masking import from_outside, masked
from uploader.model.job import Job


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
    return None if error_words(said) or denied(said) else Job(text)


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
    word = word_of(found)
    return Job(
        job_id,
        status=from_outside(word, 80),
        append_count=count_of(found.get("appendCount")),
        rejected_count=count_of(found.get("rejectedCount")),
        contradiction=contradiction(job_id, said, found, copy),
    )


def _decoded(details: object) -> Mapping[str, Any]:
    """`jobDetails`, which is JSON in a string; empty when it is not."""
    try:
        found = strict_json(details) if isinstance(details, str) else details
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
