"""The email rule agrees with email-validator on every cell, and adds suggestions."""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.addresses.valid import CERTAINLY_SHORT, LONGEST_JUDGED, invalid_because
from preflight.model.findings import Finding
from preflight.model.problems import Diagnosis
from preflight.rules.email import CERTAINLY_VALID, check, ends_of, judge, judge_alone
from preflight.text.spans import resolved
from tests.cells import series


def library_says(text: str) -> str | None:
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error)
    return None


def checked(texts: list[str]) -> list[Finding]:
    cells = series(texts, 10)
    return list(check(cells, ends_of(cells)))


LOCAL_PARTS = st.text(st.sampled_from("aB9._+'/|-"), max_size=6) | st.sampled_from(["", "a" * 50, "b" * 64, "ü", "a b"])
ENDS = st.text(st.sampled_from("@@a9.-_ ü<>"), max_size=5) | st.sampled_from(
    [
        "",
        "@",
        "@x.com",
        "@X.com",
        "@@x.com",
        "@x.com.",
        "@x.test",
        "@x.c1",
        "@xn--bcher-kva.de",
        "@bücher.de",
        "@x.museum",
    ]
)
CERTAIN_ENDS = st.from_regex(re.compile(CERTAINLY_VALID.replace("(?i:", "(?:")), fullmatch=True)
TEXTS = st.one_of(
    st.tuples(LOCAL_PARTS, ENDS | CERTAIN_ENDS).map("".join),
    st.text(st.sampled_from("aZ9._-+@'\"<>()[]:; \t\u00a0\u200büé＠。xn")),
    st.from_regex(
        r"[a-z0-9.!'+-]{0,5}@?@[a-z0-9.-]{0,8}\.(com|test|local|arpa|onion|invalid|c1|info|xn--p1ai)", fullmatch=True
    ),
    st.emails(),
    st.text(max_size=300),
)


@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_verdicts_equal_those_of_the_library(texts: list[str]) -> None:
    assert {row for row, _ in checked(texts)} == {
        10 + i for i, text in enumerate(texts) if library_says(text) is not None
    }


def test_dots_of_neighbouring_addresses_are_no_two_dots() -> None:
    texts = ["a..b@x.com", "a@x.com.", ".b@x.com", "", "a@x.com", "a.b@x.com", "a.@x.com", "a..b@x.com", "a@x.com"]
    cells = series(texts, 10).iloc[1:-1]
    found = {row for row, _ in check(cells, ends_of(cells))}
    assert found == {11, 12, 13, 16, 17}


@settings(max_examples=150)
@given(st.lists(TEXTS | st.tuples(LOCAL_PARTS, ENDS).map("".join), max_size=12))
def test_addresses_judged_together_get_the_same_faults_as_alone(texts: list[str]) -> None:
    def exactly(fault: Diagnosis, text: str) -> Diagnosis:
        return replace(fault, spans=tuple(resolved(fault.spans, len(text))))

    faults = [(text, judge(text)) for text in texts]
    expected = [Finding(10 + i, exactly(fault, text)) for i, (text, fault) in enumerate(faults) if fault is not None]
    assert [Finding(row, exactly(fault, texts[row - 10])) for row, fault in checked(texts)] == expected


@given(CERTAIN_ENDS)
def test_the_pattern_accepts_only_what_the_library_accepts(end: str) -> None:
    accepted = pc.match_substring_regex(pa.array([end]), CERTAINLY_VALID)[0].as_py()
    if accepted and len(f"a{end}") <= CERTAINLY_SHORT:
        assert library_says(f"a{end}") is None


@settings(max_examples=200)
@given(TEXTS)
def test_syntax_faults_carry_the_library_s_reason_and_suggestions_are_valid(text: str) -> None:
    fault = judge(text)
    if fault is None:
        return
    assert "\n" not in fault.message
    if fault.code == "email-syntax" and len(text) <= LONGEST_JUDGED:
        assert fault.message == library_says(text)
    if fault.suggestion:
        assert fault.suggestion != text
        assert library_says(fault.suggestion) is None


TABLE = [
    ("", "email-missing", "The email is blank.", ""),
    (" \u00a0\u200b", "email-missing", "The email is blank.", ""),
    ("nobody", "email-syntax", "An email address must have an @-sign.", ""),
    (
        " a@x.com",
        "email-invisible",
        "There is a blank before the address `a@x.com`. "
        "The email address contains invalid characters before the @-sign: SPACE.",
        "a@x.com",
    ),
    (
        "\ufeffa@x.com\u00a0",
        "email-invisible",
        "There is a zero width no-break space before and a no-break space after the address `a@x.com`. "
        "Internationalized characters before the @-sign are not supported: ZERO WIDTH NO-BREAK SPACE.",
        "a@x.com",
    ),
    (
        "a\u200b@x.com",
        "email-invisible",
        "There is a zero width space inside the address `a@x.com`. "
        "Internationalized characters before the @-sign are not supported: ZERO WIDTH SPACE.",
        "a@x.com",
    ),
    (
        "a\u00a0@x.com",
        "email-invisible",
        "There is a no-break space inside the address `a@x.com`. "
        "Internationalized characters before the @-sign are not supported: NO-BREAK SPACE.",
        "a@x.com",
    ),
    (
        "Mailto:a@x.com?subject=Hi",
        "email-syntax",
        "`mailto:` stands before the address. The email address contains invalid characters before the @-sign: ':'.",
        "a@x.com",
    ),
    (
        "mailto:a@x.com",
        "email-syntax",
        "`mailto:` stands before the address. The email address contains invalid characters before the @-sign: ':'.",
        "a@x.com",
    ),
    (
        "a＠x.com",
        "email-syntax",
        'The email address has the "full-width" at-sign (@) character instead of a regular at-sign.',
        "a@x.com",
    ),
    ("Jo <jo@x.com>", "email-display-name", "A name stands beside the address `jo@x.com`.", "jo@x.com"),
    ("Jo (jo@x.com)", "email-display-name", "A name stands beside the address `jo@x.com`.", "jo@x.com"),
    ("(jo@x.com)", "email-display-name", "Brackets stand around the address `jo@x.com`.", "jo@x.com"),
    ("<jo@x.com>", "email-display-name", "Angle brackets stand around the address `jo@x.com`.", "jo@x.com"),
    ("Jo <jo>", "email-syntax", "An email address must have an @-sign.", ""),
    ("a@x.com; b@x.com", "email-several", "The cell holds 2 addresses; a row belongs to one.", ""),
    ("A <a@x.com>, B <b@x.com>", "email-several", "The cell holds 2 addresses; a row belongs to one.", ""),
    ("a@x.local", "email-syntax", None, ""),
    ("x" * 2000 + "@x.com", "email-syntax", "The email address is too long (1752 characters too many).", ""),
]


@pytest.mark.parametrize(("text", "code", "message", "suggestion"), TABLE)
def test_invalid_addresses(text: str, code: str, message: str | None, suggestion: str) -> None:
    fault = judge(text)
    assert fault is not None
    assert (fault.code, fault.suggestion) == (code, suggestion)
    assert fault.message == (message or library_says(text))


@pytest.mark.parametrize("text", ["a@x.com", "A.B+c@x-y.co.uk", "a@bücher.de", "a@xn--bcher-kva.de", "o'neil@x.museum"])
def test_valid_addresses(text: str) -> None:
    assert judge(text) is None
    assert not checked([text])


@settings(max_examples=300)
@given(st.lists(TEXTS | st.deferred(lambda: DISPLAYED), min_size=1, max_size=4))
def test_cached_faults_equal_those_of_each_text_alone(texts: list[str]) -> None:
    assert [judge(text) for text in texts] == [judge_alone(text) for text in texts]


DISPLAYED = st.from_regex(r"\A[A-Za-z0-9.é ]{0,4}<?[a-z0-9.+é\u0301 ]{1,5}@[a-z0-9é.\[_-]{0,6}\.(com|9|test)>?;?\Z")


@settings(max_examples=300)
@given(TEXTS | DISPLAYED | st.text(st.sampled_from("ab.@-1+'<\" "), max_size=20))
def test_shortcuts_give_the_library_s_message(text: str) -> None:
    if len(text) <= LONGEST_JUDGED:
        assert invalid_because(text) == library_says(text)


@given(st.from_regex(r"\A[a-z.+_-]{0,4}@[a-z0-9.-]{0,4}@[a-z0-9.@-]{0,5}\Z"))
def test_the_message_for_several_at_signs_is_the_library_s(text: str) -> None:
    with pytest.raises(EmailNotValidError) as caught:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    assert invalid_because(text) == str(caught.value)
