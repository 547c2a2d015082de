"""Which part of a cell is marked, for the problems that real files have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.dates.format import DateFormat
from preflight.model.problems import CODES, Problem
from preflight.render.marking import parts_of
from preflight.rules import email
from preflight.rules.datefault import explain
from preflight.text.display import visible


def problem(value: str, code: str, message: str = "", suggestion: str = "") -> Problem:
    return Problem(1, 2, "", code, CODES[code].severity, value, message, suggestion)


def marked(found: Problem, limit: int = 240) -> str:
    """The visible cell with what is marked in brackets."""
    told = "".join(f"[{part.text}]" if part.marked else part.text for part in parts_of(found, limit))
    return told.replace("][", "")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (" ana@x.com", "[ ]ana@x.com"),
        ("ana@x.com\u00a0", "ana@x.com[\\xa0]"),
        ("an\u200ba@x.com", "an[\\u200b]a@x.com"),
        ("Ana <ana@x.com>", "[Ana <]ana@x.com[>]"),
        ("mailto:ana@x.com", "[mailto:]ana@x.com"),
        ("ana@brightwater", "ana@[brightwater]"),
        ("a na@x.com", "a[ ]na@x.com"),
        ("a(n)a@x.com", "a[(]n[)]a@x.com"),
        ("ana@@x.com", "ana@[@]x.com"),
        ("ana@x..com", "ana@x[..]com"),
        ("nobody", "[nobody]"),
        ("a@x.com;b@x.com", "[a@x.com;b@x.com]"),
        ("ana＠x.com", "ana[＠]x.com"),
    ],
)
def test_emails(cell: str, shown: str) -> None:
    fault = email.judge(cell)
    assert fault is not None
    assert marked(problem(cell, fault.code, fault.message, fault.suggestion)) == shown


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("06/02/24", "06/02/[24]"),
        ("02/30/2024", "02/[30]/2024"),
        ("13/31/2024", "[13]/31/2024"),
        ("02/07/2024 10:30", "02/07/2024[ 10:30]"),
        ("2024-02-07", "[2024-02-07]"),
        ("soon", "[soon]"),
    ],
)
def test_dates(cell: str, shown: str) -> None:
    fault = explain(DateFormat("MM/dd/yyyy"), cell)
    assert marked(problem(cell, fault.code, fault.message, fault.suggestion)) == shown


def test_records() -> None:
    stray = 'The quote in `said "call me"` is neither doubled nor around the whole cell.'
    assert marked(problem('a@x.com,T,said "call me"', "stray-quote", stray)) == 'a@x.com,T,[said "call me"]'
    assert marked(problem("a@x.com,T", "missing-cell", "The row has 2 cells, 1 fewer than the 3 it must have.")) == (
        "a@x.com,T"
    )
    assert marked(problem("a\0\0b", "nul-byte")) == "a[\\x00\\x00]b"
    assert marked(problem("one\r\ntwo\\n", "note-newline")) == "one[\\r\\n]two\\\\n"
    assert parts_of(problem("", "title-missing"), 240) == []


def test_escapes_are_told_from_backslashes_of_the_file() -> None:
    parts = parts_of(problem("C:\\new\t!", "note-long"), 240)
    assert [(part.text, part.escape) for part in parts] == [
        ("C:", False),
        ("\\\\", True),
        ("new", False),
        ("\\t", True),
        ("!", False),
    ]


def test_a_long_cell_is_shown_around_what_is_at_fault() -> None:
    cell = "x" * 500 + "\u200b" + "y" * 400
    assert marked(problem(cell, "email-invisible"), 30) == "…" + "x" * 10 + "[\\u200b]" + "y" * 14 + "…"


SEEN = st.text(st.sampled_from("ab@ .\\\n\u200b\u202e\"'`é"), max_size=60)


@given(SEEN, st.sampled_from(sorted(CODES)), SEEN, SEEN, st.integers(20, 80))
def test_the_parts_are_the_cell(value: str, code: str, message: str, suggestion: str, limit: int) -> None:
    parts = parts_of(problem(value, code, message, suggestion), limit)
    text = "".join(part.text for part in parts)
    whole = visible(value)
    assert text.removeprefix("…").removesuffix("…") in whole
    assert len(text) <= limit + 2
    if len(whole) <= limit:
        assert text == whole
        assert "".join(part.text for part in parts if part.escape) == "".join(
            escaped for character in value if len(escaped := visible(character)) > 1
        )
