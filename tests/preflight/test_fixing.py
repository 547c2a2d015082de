"""Fixes: the effect of each kind; nothing else changes, nothing is left to fix, and fixing is idempotent."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, check
from preflight.addresses.valid import invalid_because
from preflight.mending.fixing import _PLAIN, TO_LOOK_AT, steps
from preflight.model.fixes import FIXES, fix_kinds
from preflight.records.texts import matching

pytestmark = pytest.mark.usefixtures("as_typed")

LAYOUT = Layout("Email", "Date", "Title", "Note", "MM/dd/yyyy")
HEADING = "Email,Date,Title,Note\n"

FIXED = [
    ("email", "blanks", " a@x.com\t", "a@x.com"),
    ("email", "invisible", "\u200ba@x\u00ad.com\ufeff", "a@x.com"),
    ("email", "mailto", "MAILTO:a@x.com?subject=Hello", "a@x.com"),
    ("email", "display-name", "Jo <a@x.com>", "a@x.com"),
    ("email", "display-name", '"Doe, Jo" <a@x.com>', "a@x.com"),
    ("email", "display-name", "<a@x.com>", "a@x.com"),
    ("email", "domain-case", "Ann@ACME.Com", "Ann@acme.com"),
    ("title", "blanks", "\u00a0Webinar\n", "Webinar"),
    ("title", "invisible", "\u200bWeb\u00adinar\u200d", "Webinar"),
    ("title", "encoding", "Smâ€™s MÃƒÂ¼ller", "Sm’s Müller"),
    ("note", "encoding", "MÃ¼ller", "Müller"),
    ("note", "newlines-in-notes", "one\r\ntwo\n\nthree\rfour\n", "one two three four "),
]


@pytest.mark.parametrize(("column", "kind", "before", "after"), FIXED)
def test_each_kind_of_fix(column: str, kind: str, before: str, after: str) -> None:
    assert steps(column, before, [kind]) == [(kind, before, after)]
    assert steps(column, before, FIXES.keys() - {kind}) == []


def test_no_cell_of_plain_characters_is_looked_at() -> None:
    texts = pa.array([_PLAIN.decode(), *_PLAIN.decode()])
    assert [column for column, pattern in TO_LOOK_AT.items() if matching(texts, pattern).any()] == []


@pytest.mark.parametrize("kind", ["blanks", "invisible"])
def test_a_no_break_space_at_an_end_is_trimmed(kind: str) -> None:
    assert steps("email", "\u00a0a@x.com", [kind]) == [(kind, "\u00a0a@x.com", "a@x.com")]


def test_a_no_break_space_inside_an_address_is_not_trimmed() -> None:
    assert steps("email", "a\u00a0@x.com", ["blanks"]) == []
    assert steps("email", "a\u00a0@x.com", ["invisible"]) == [("invisible", "a\u00a0@x.com", "a@x.com")]


def test_kinds_of_fixes_are_applied_in_turn() -> None:
    assert steps("email", "\u200b mailto:Jo <a@X.com>", FIXES) == [
        ("invisible", "\u200b mailto:Jo <a@X.com>", " mailto:Jo <a@X.com>"),
        ("blanks", " mailto:Jo <a@X.com>", "mailto:Jo <a@X.com>"),
        ("display-name", "mailto:Jo <a@X.com>", "a@X.com"),
        ("domain-case", "a@X.com", "a@x.com"),
    ]


LEFT_ALONE = [
    ("email", "a@gmial.com"),
    ("email", "a@x.com;b@x.com"),
    ("email", "a@x.com <b@x.com>"),
    ("email", "Ann; Jo <a@x.com>"),
    ("email", "Jo <a@x.com> or Ann"),
    ("email", "Jo <a@x.com> <b@x.com>"),
    ("email", "a @x.com"),
    ("email", " nobody "),
    ("email", "  "),
    ("email", "a@Σ.gr"),
    ("title", " \u200b "),
    ("title", "Web  inar"),
    ("title", "SÃO PAULO"),
    ("note", "MÃ¼ller " * 200),
    ("title", "Family 👨\u200d👩\u200d👧"),
    ("title", "می\u200cخواهم"),
    ("note", "  blanks at the ends  "),
    ("note", "\u200b"),
]


@pytest.mark.parametrize(("column", "text"), LEFT_ALONE)
def test_cells_that_no_fix_changes(column: str, text: str) -> None:
    assert steps(column, text, FIXES) == []


BLANKS = [" ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\u00ad", "\u200d"]
PIECES = [
    "mailto:",
    "MailTo:",
    "<",
    ">",
    "@",
    ".",
    "?",
    ";",
    '"',
    "'",
    ",",
    "Jo",
    "x",
    "é",
    "ÅÄ",
    "Ã¼",
    "â€",
    "Ã\u00a0",
    "Â\u0085",
    "À\u0080",
    "a@x.com",
    "a@X.COM",
]
MESSY = st.lists(st.sampled_from(BLANKS + PIECES), max_size=7).map("".join)
KINDS = st.sets(st.sampled_from(sorted(FIXES)))


@given(st.sampled_from(["email", "title", "note"]), MESSY, KINDS)
def test_fixing_is_idempotent(column: str, text: str, kinds: set[str]) -> None:
    found = steps(column, text, kinds)
    assert {step.kind for step in found} <= kinds
    assert all(step.before != step.after for step in found)
    if found:
        assert [step.before for step in found] == [text, *(step.after for step in found[:-1])]
        assert steps(column, found[-1].after, kinds) == []
    if found and column == "email":
        assert invalid_because(found[-1].after) is None


COLUMNS = ("Email", "Date", "Title", "Note")
ROW = st.tuples(MESSY, st.sampled_from(["01/25/2024", "1/5/24", ""]), MESSY, MESSY)


class Writer:
    """Writes cells in one dialect as a CSV library does, or with the quotes of another text of the cell."""

    def __init__(self, separator: str, quote: str, quoting: int) -> None:
        self._how = {"delimiter": separator, "quotechar": quote, "quoting": quoting}
        self._separator, self._quote = separator, quote

    def cell(self, text: str, before: str | None = None) -> str:
        written = self.line([text if before is None else before, "x"]).rpartition(self._separator)[0]
        if before is None or before == text:
            return written
        return (
            self._quote + text.replace(self._quote, self._quote * 2) + self._quote
            if written[:1] == self._quote
            else text
        )

    def line(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, **self._how).writerow(cells)  # type: ignore[arg-type]
        return text.getvalue()

    def fixed(self, cells: Sequence[str], before: Sequence[str]) -> str:
        return self._separator.join(map(self.cell, cells, before)) + "\r\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(ROW, min_size=1, max_size=8),
    st.sampled_from([(",", "COMMA"), (";", "SEMICOLON"), ("\t", "TAB"), (" ", "SPACE")]),
    st.sampled_from([('"', "DOUBLE_QUOTE"), ("'", "SINGLE_QUOTE")]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sets(st.integers(1, 8)),
    KINDS,
)
def test_a_fixed_file_differs_only_in_the_fixes_and_needs_no_more(
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    separator: tuple[str, str],
    quote: tuple[str, str],
    quoting: int,
    spoiled: set[int],
    kinds: set[str],
) -> None:
    writer = Writer(separator[0], quote[0], quoting)
    lines = [f"x{quote[0]}y\r\n" if i in spoiled else writer.line(row) for i, row in enumerate(rows, 1)]
    source, fixed, again, listed = (tmp_path / name for name in ("in.csv", "fixed.csv", "again.csv", "fixes.csv"))
    source.write_bytes((writer.line(COLUMNS) + "".join(lines)).encode())
    layout = Layout(dateformat="MM/dd/yyyy", fieldseparator=separator[1], quotecharacter=quote[1]).over(LAYOUT)

    report = check(source, layout, clean=fixed, fix=kinds, fixes=listed if kinds else None, max_shown=1000)

    assert report.rows == len(rows)
    after: dict[tuple[int, str], str] = {}
    for fix in report.fixes.examples:
        assert after.setdefault((fix.row, fix.column), rows[fix.row - 1][COLUMNS.index(fix.column)]) == fix.before
        after[fix.row, fix.column] = fix.after
    bad = {problem.row for problem in report.examples if problem.severity == "error"}
    assert len(bad) == report.bad_rows
    expected = writer.line(COLUMNS) + "".join(
        writer.fixed([after.get((i, name), cell) for name, cell in zip(COLUMNS, row, strict=True)], row)
        for i, row in enumerate(rows, 1)
        if i not in bad
    )
    assert fixed.read_bytes() == expected.encode()
    if kinds:
        with listed.open(encoding="utf-8", newline="") as file:
            told = [(int(line["row"]), int(line["line"]), line["kind"]) for line in csv.DictReader(file)]
        assert told == [(fix.row, fix.line, fix.kind) for fix in report.fixes.examples]
    if report.good_rows:
        twice = check(fixed, layout, clean=again, fix=kinds)
        assert (twice.bad_rows, twice.fixes.total, twice.titlecount) == (0, 0, report.titlecount)
        assert again.read_bytes() == fixed.read_bytes()
        assert "newlines-in-notes" not in kinds or "note-newline" not in twice.warnings
        assert "encoding" not in kinds or "mojibake" not in twice.warnings
    assert "email-invisible" not in check(source, layout, clean=fixed, fix=FIXES).problems


def test_rows_bad_only_for_fixed_problems_become_good(tmp_path: Path) -> None:
    source, clean, bad, listed = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv", "fixes.csv"))
    rows = [" a@x.com,01/25/2024,One,n", 'Jo <b@x.com>,25.01.2024,Two,"=1\n+1"', "a@x.com,01/25/2024,One ,é"]
    source.write_text(HEADING + "\n".join(rows) + "\n", encoding="utf-8")
    report = check(
        source, LAYOUT, clean=clean, bad_rows=bad, fix=["blanks", "display-name", "newlines-in-notes"], fixes=listed
    )
    assert (report.good_rows, report.titlecount, report.problems) == (2, 1, {"date-format": 1})
    assert clean.read_text(encoding="utf-8") == HEADING + "a@x.com,01/25/2024,One,n\na@x.com,01/25/2024,One,é\n"
    mended = bad.read_text(encoding="utf-8-sig").splitlines()[1]
    assert mended.startswith("b@x.com,25.01.2024,Two,'=1 +1,2,3,date-format: ")
    assert listed.read_text(encoding="utf-8").replace("\r\n", "\n") == (
        "row,line,column,kind,before,after\n"
        "1,2,Email,blanks, a@x.com,a@x.com\n"
        "2,3,Email,display-name,Jo <b@x.com>,b@x.com\n"
        "2,3,Note,newlines-in-notes,\"'=1\n+1\",'=1 +1\n"
        "3,5,Title,blanks,One ,One\n"
    )
    assert report.as_dict()["fixes"]["counts"] == {"blanks": 2, "display-name": 1, "newlines-in-notes": 1}


def test_fixes_and_normalized_dates_can_be_combined(tmp_path: Path) -> None:
    source, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    source.write_text(HEADING + '" a@X.com ",1/25/2024," T, ",n\n', encoding="utf-8")
    report = check(source, LAYOUT, clean=clean, fix=FIXES, normalize_dates=True)
    assert clean.read_text(encoding="utf-8") == HEADING + '"a@x.com",2024-01-25,"T,",n\n'
    assert report.fixes.counts == {"blanks": 2, "domain-case": 1}


def test_the_report_shows_the_first_fixes_and_cuts_long_texts(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(HEADING + f'a@x.com,01/25/2024,T,"{"n" * 5000}\n"\n' * 3, encoding="utf-8")
    told = check(source, LAYOUT, clean=tmp_path / "clean.csv", fix=FIXES, max_shown=2).as_dict()["fixes"]
    assert told["counts"] == {"newlines-in-notes": 3}
    assert [fix["before"] for fix in told["examples"]] == ["n" * 999 + "…"] * 2
    assert told["truncated"]


REFUSED = [
    ({"fix": ["blank"], "clean": "c"}, r"^no fix is called `blank`; did you mean blanks\?$"),
    ({"fix": ["typos"], "clean": "c"}, r"^no fix is called `typos`; there are blanks, formula, .*, encoding$"),
    ({"fixes": "f", "clean": "c"}, r"^nothing is fixed unless asked for; add --fix or --accept$"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_refused_combinations_of_options(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    options = {key: tmp_path / value if isinstance(value, str) else value for key, value in options.items()}
    with pytest.raises(LayoutError, match=message):
        check(tmp_path / "in.csv", LAYOUT, **options)


def test_kinds_are_ordered_and_a_string_of_kinds_is_refused() -> None:
    assert fix_kinds(["mailto", "blanks", "mailto"]) == ("blanks", "mailto")
    assert fix_kinds(FIXES) == tuple(FIXES)
    with pytest.raises(TypeError, match=r"^fix takes the names of fixes, not 'blanks': "):
        fix_kinds("blanks")
