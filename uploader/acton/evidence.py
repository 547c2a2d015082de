"""Contradictions in an answer about a job: an answer that contradicts itself confirms nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from uploader.answers.words import error_words, text_of
from uploader.masking import from_outside
from uploader.model.job import is_running

MAX_COUNT = 2**63 - 1
"""The largest valid count: SQLite's largest integer."""

_GOOD_WORDS = frozenset({"success", "ok"})


def contradiction(job_id: str, said: Mapping[str, Any], found: Mapping[str, Any], copy: Mapping[str, Any]) -> str:
    """What in the answer contradicts `found`, its details, in a few words; `copy` is the content of `jobDetails`."""
    if "status" in copy and word_of(copy).lower() != word_of(found).lower():
        return "`jobDetails` and `details` of the answer differ in `status`"
    for name in ("appendCount", "rejectedCount"):
        if name in copy and count_of(copy[name]) != count_of(found.get(name)):
            return f"`jobDetails` and `details` of the answer differ in `{name}`"
    for said_too in (said, found):
        if denial := denied(said_too):
            return denial
    if words := error_words(found):
        return f"the answer's details hold an error: {from_outside(words, 80)}"
    word, inner = said.get("status"), word_of(found)
    runs = is_running(word_of(said)) and (not inner or is_running(inner))
    if word is not None and not runs and word_of(said).lower() not in _GOOD_WORDS:
        return f"the answer itself has the status `{from_outside(text_of(word), 80)}`"
    for of_job in (said.get("jobId"), found.get("jobId")):
        if of_job is not None and text_of(of_job) != job_id:
            return "the answer is about another job"
    return ""


def denied(said: Mapping[str, Any]) -> str:
    """A message if `success` is present and not true, else empty."""
    success = said.get("success")
    if success is None or success is True or (isinstance(success, str) and success.strip().lower() == "true"):
        return ""
    return f"the answer has `success` `{from_outside(text_of(success), 80)}`"


def word_of(details: Mapping[str, Any]) -> str:
    word = details.get("status")
    return " ".join(word.split()) if isinstance(word, str) else ""


def count_of(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
