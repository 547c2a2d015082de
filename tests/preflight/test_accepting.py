"""Accepted suggestions are written into the clean file, counted, listed and checked again."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import CODES, Fix, Layout, LayoutError, Report, check
from preflight.cli.main import main
from preflight.layouts.words import Quote, Separator
from tests.cells import series

LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title,Note\n"
SUGGESTING = [code for code, kind in CODES.items() if kind.suggests]


def accepted(tmp_path: Path, rows: Sequence[str], codes: Sequence[str], **options: Any) -> tuple[Report, list[str]]:
    clean = tmp_path / "clean.csv"
    text = HEADING + "".join(f"{row}\n" for row in rows)
    report = check(io.BytesIO(text.encode()), LAYOUT, accept=codes, clean=clean, max_shown=100, **options)
    return report, clean.read_text(encoding="utf-8").splitlines()[1:]


CASES = [
    ("email-syntax", "mailto:a@x.com,01/02/2024,T,", "a@x.com,01/02/2024,T,"),
    ("email-display-name", '"Ana ""A"" <a@x.com>",01/02/2024,T,', '"a@x.com",01/02/2024,T,'),
    ("email-invisible", " a@x.com,01/02/2024,T,", "a@x.com,01/02/2024,T,"),
    ("email-typo", "a@gmial.com,01/02/2024,T,", "a@gmail.com,01/02/2024,T,"),
    ("email-doubtful", "'a@x.com,01/02/2024,T,", "a@x.com,01/02/2024,T,"),
    ("date-format", "a@x.com,27/12/2024,T,", "a@x.com,12/27/2024,T,"),
    ("date-year", "a@x.com,5/14/24,T,", "a@x.com,05/14/2024,T,"),
    ("date-trailing", "a@x.com,01/02/2024 10:30,T,", "a@x.com,01/02/2024,T,"),
    ("title-newline", 'a@x.com,01/02/2024,"one\ntwo",', 'a@x.com,01/02/2024,"one two",'),
    ("title-blank-edges", "a@x.com,01/02/2024, T ,", "a@x.com,01/02/2024,T,"),
    ("mojibake", "a@x.com,01/02/2024,T,CafÃ©", "a@x.com,01/02/2024,T,Café"),
]


@pytest.mark.parametrize(("code", "row", "written"), CASES)
def test_a_suggestion_is_written_counted_and_listed(code: str, row: str, written: str, tmp_path: Path) -> None:
    report, clean = accepted(tmp_path, [row, "z@x.com,01/03/2024,Z,"], [code], fixes=tmp_path / "fixes.csv")
    assert clean == [written, "z@x.com,01/03/2024,Z,"]
    assert report.ok
    assert code not in report.problems.keys() | report.warnings.keys()
    assert (report.fixes.kinds, report.fixes.counts) == ((code,), {code: 1})
    (fix,) = report.fixes.examples
    assert (fix.row, fix.line, fix.kind) == (1, 2, code)
    with (tmp_path / "fixes.csv").open(encoding="utf-8", newline="") as listed:
        assert [(one["kind"], one["row"], one["line"]) for one in csv.DictReader(listed)] == [(code, "1", "2")]


@pytest.mark.parametrize(("code", "row", "_written"), CASES)
def test_a_suggestion_that_was_not_asked_for_is_counted(code: str, row: str, _written: str) -> None:
    report = check(io.BytesIO(f"{HEADING}{row}\nz@x.com,01/03/2024,Z,\n".encode()), LAYOUT)
    assert report.mendable.accept == {code: 1}


@pytest.mark.parametrize(("day", "rows"), [("Jan 25 2024", 1), ("Jan 25 1901", 0)])
def test_rows_whose_suggested_date_is_refused_are_not_counted(day: str, rows: int) -> None:
    mendable = check(io.BytesIO(f"{HEADING}a@x.com,{day},T,\n".encode()), LAYOUT).mendable
    assert (mendable.accept_rows, mendable.accept) == (rows, {"date-format": 1})


def test_a_wrong_weekday_is_corrected(tmp_path: Path) -> None:
    layout = Layout(email="Email", date="Date", title="Title", dateformat="EEE, MMM dd, yyyy")
    text = 'Email,Date,Title\na@x.com,"Mon, Jan 25, 2024",T\n'
    report = check(io.BytesIO(text.encode()), layout, accept=["date-weekday"], clean=tmp_path / "clean.csv")
    assert (tmp_path / "clean.csv").read_text(encoding="utf-8") == 'Email,Date,Title\na@x.com,"Thu, Jan 25, 2024",T\n'
    assert report.ok


def test_spellings_of_one_title_become_the_usual_one(tmp_path: Path) -> None:
    titles = ["Lead Scoring", "lead  scoring", " Lead Scoring ", "Lead Scoring", "Other"]
    rows = [f"a{i}@x.com,01/02/2024,{title}," for i, title in enumerate(titles)]
    report, clean = accepted(tmp_path, rows, ["title-variant"])
    assert [line.split(",")[2] for line in clean] == ["Lead Scoring"] * 4 + ["Other"]
    assert (report.fixes.counts, report.titlecount) == ({"title-variant": 2}, 2)
    report, clean = accepted(tmp_path, rows[1:2], ["title-variant"], known_titles=["Lead Scoring"])
    assert (clean, report.titlecount) == (["a1@x.com,01/02/2024,Lead Scoring,"], 0)


def test_a_row_that_a_suggestion_makes_good_gets_the_usual_title_too(tmp_path: Path) -> None:
    rows = ["a@x.com,01/02/2024,Lead Scoring,", "b@x.com,01/02/2024,Lead Scoring,", "c@x.com,1/3/24,LEAD SCORING,"]
    report, clean = accepted(tmp_path, rows, ["date-year", "title-variant"])
    assert clean[2] == "c@x.com,01/03/2024,Lead Scoring,"
    assert not report.warnings


def test_a_domain_mistyped_beside_a_common_one_of_the_file_is_corrected(tmp_path: Path) -> None:
    rows = [f"a{i}@acme-corp.com,01/02/2024,T," for i in range(200)] + ["Jo@Acme-Crop.com,01/02/2024,T,"]
    report, clean = accepted(tmp_path, rows, ["email-typo"])
    assert clean[-1] == "Jo@acme-corp.com,01/02/2024,T,"
    assert report.fixes.examples == (Fix(201, 202, "Email", "email-typo", "Jo@Acme-Crop.com", "Jo@acme-corp.com"),)


def test_a_corrected_cell_is_judged_again_and_its_next_suggestion_is_written(tmp_path: Path) -> None:
    report, clean = accepted(tmp_path, ["'a@gmial.com,01/02/2024,T,"], ["email-typo", "email-doubtful"])
    assert clean == ["a@gmail.com,01/02/2024,T,"]
    assert [(one.before, one.after) for one in report.fixes.examples] == [
        ("'a@gmial.com", "'a@gmail.com"),
        ("'a@gmail.com", "a@gmail.com"),
    ]
    report, clean = accepted(tmp_path, ["mailto:a@gmial.com,01/02/2024,T,"], ["email-syntax"])
    assert clean == ["a@gmial.com,01/02/2024,T,"]
    assert report.warnings == {"email-typo": 1}


def test_a_suggestion_may_still_be_bad(tmp_path: Path) -> None:
    report, clean = accepted(tmp_path, ["a@x.com,01/02/1900x,T,"], ["date-trailing"])
    assert (clean, report.problems) == ([], {"date-implausible": 1})


def test_a_cell_without_a_single_suggestion_is_unchanged(tmp_path: Path) -> None:
    rows = ["a@x.com,03-04-2024,T,", "fay@@x.com,01/02/2024,T,"]
    report, clean = accepted(tmp_path, rows, SUGGESTING)
    assert (clean, report.bad_rows, report.fixes.total) == ([], 2, 0)


def test_a_suggestion_is_quoted_if_it_needs_quotes(tmp_path: Path) -> None:
    layout = Layout(email="Email", date="Date", title="Title", dateformat="MMM d, yyyy")
    text = "Email,Date,Title\na@x.com,2024-01-25,T\n"
    report = check(io.BytesIO(text.encode()), layout, accept=["date-format"], clean=tmp_path / "clean.csv")
    assert (tmp_path / "clean.csv").read_text(encoding="utf-8") == 'Email,Date,Title\na@x.com,"Jan 25, 2024",T\n'
    plain = Layout(0, 1, 2, None, "MMM d, yyyy", "COMMA", "NONE", "N")
    text = "a@x.com,2024-01-25,T\n"
    report = check(io.BytesIO(text.encode()), plain, accept=["date-format"], clean=tmp_path / "clean.csv")
    assert (report.bad_rows, report.fixes.total) == (1, 0)


EMAILS = ["a@x.com", " a@x.com", "mailto:b@gmial.com", "'c@x.com", "Jo <d@gmail.con>", "e@@x.com", "www.f@hotmial.com"]
DATES = ["01/02/2024", "1/2/24", "27/12/2024", "2024-03-04", "01/02/2024 10:00", "13/13/2024", "Jan 5th, 2024", "45000"]
TITLES = [
    "Lead Scoring",
    " lead  scoring",
    "Lead\nScoring",
    "Caf\u00c3\u00a9 ",
    "Café",
    "'Lead Scoring",
    "LEAD\n SCORING",
]
NOTES = ["", "MÃ¼ller, Jo", 'say "CafÃ©"']
COLUMNS = ("Email", "Date", "Title", "Note")
WRITTEN = [(",", Separator.COMMA), (";", Separator.SEMICOLON), ("\t", Separator.TAB)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(st.tuples(*map(st.sampled_from, (EMAILS, DATES, TITLES, NOTES))), min_size=1, max_size=12),
    st.sets(st.sampled_from(SUGGESTING)) | st.just(set(SUGGESTING)),
    st.sampled_from(WRITTEN),
    st.sampled_from([(), ("Lead Scoring",), ("CAFÉ",)]),
)
def test_the_clean_file_no_longer_has_an_accepted_problem(
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    codes: set[str],
    written: tuple[str, Separator],
    known: tuple[str, ...],
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=written[0], lineterminator="\r\n").writerows([["Email", "Date", "Title", "Note"], *rows])
    layout = Layout(fieldseparator=written[1], quotecharacter=Quote.DOUBLE_QUOTE, firstrow="Y").over(LAYOUT)
    clean, fixes = tmp_path / "clean.csv", tmp_path / "fixes.csv"
    asked: dict[str, Any] = {"accept": codes, "known_titles": known, "max_shown": 1000}
    listed = {"fixes": fixes} if codes else {}
    report = check(io.BytesIO(text.getvalue().encode()), layout, clean=clean, **asked, **listed)
    if not report.good_rows:
        return
    again = check(clean, layout, known_titles=known, max_shown=1000)
    assert (again.rows, again.bad_rows) == (report.good_rows, 0)
    assert [one for one in again.examples if one.code in codes and one.suggestion] == []
    assert again.titlecount == report.titlecount
    assert not again.mendable.accept.keys() & codes
    bad = {one.row for one in report.examples if one.severity == "error"}
    cells = {(i, name): cell for i, row in enumerate(rows, 1) for name, cell in zip(COLUMNS, row, strict=True)}
    for fix in report.fixes.examples:
        assert fix.kind in codes
        assert cells[fix.row, fix.column] == fix.before
        cells[fix.row, fix.column] = fix.after
    good = [i for i in range(1, len(rows) + 1) if i not in bad]
    with clean.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, delimiter=written[0]))[1:] == [[cells[i, name] for name in COLUMNS] for i in good]


@settings(max_examples=20)
@given(st.lists(st.tuples(*map(st.sampled_from, (EMAILS, DATES, TITLES))), min_size=1, max_size=12))
def test_a_preview_judges_the_unchanged_file_and_lists_the_changes(rows: list[tuple[str, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=["Email", "Date", "Title"])
    layout = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
    changes: dict[str, Any] = {"fix": ["blanks", "mailto", "display-name"], "accept": SUGGESTING, "max_shown": 1000}
    plain, preview = check(frame, layout, max_shown=1000), check(frame, layout, **changes)
    assert preview.examples == plain.examples
    assert (preview.bad_rows, preview.mendable) == (plain.bad_rows, plain.mendable)
    assert preview.fixes.preview
    with pytest.MonkeyPatch.context() as patch:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            patch.chdir(folder)
            done = check(frame, layout, clean="clean.csv", **changes)
    assert (done.fixes.examples, done.fixes.counts) == (preview.fixes.examples, preview.fixes.counts)


@settings(max_examples=20)
@given(st.lists(st.tuples(*map(st.sampled_from, (EMAILS, DATES))), min_size=1, max_size=12))
def test_the_predicted_number_of_mended_rows_is_right(rows: list[tuple[str, str]]) -> None:
    import tempfile

    frame = pd.DataFrame([(email, date, "T") for email, date in rows], columns=["Email", "Date", "Title"])
    layout = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
    before = check(frame, layout)
    with tempfile.TemporaryDirectory() as folder:
        fixed = check(frame, layout, clean=f"{folder}/c.csv", fix=list(before.mendable.fix))
        taken = check(frame, layout, clean=f"{folder}/c.csv", accept=list(before.mendable.accept))
    assert before.bad_rows - fixed.bad_rows == before.mendable.fix_rows
    assert before.bad_rows - taken.bad_rows == before.mendable.accept_rows


REFUSED = [
    (["date-yaer"], "no problem code is called `date-yaer`; did you mean date-year?"),
    (["zzz"], "no problem code is called `zzz`; `preflight codes` lists them"),
    (["blank-row"], f"`blank-row` never has a suggestion to accept; these may: {', '.join(SUGGESTING)}"),
]


@pytest.mark.parametrize(("codes", "message"), REFUSED)
def test_a_code_without_suggestions_is_refused(
    codes: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LayoutError) as raised:
        check("events.csv", LAYOUT, accept=codes)
    assert str(raised.value) == message
    with pytest.raises(SystemExit) as ended:
        main(["check", "events.csv", "--accept", ",".join(codes)])
    assert ended.value.code == 2
    told = f"preflight check: argument --accept: {message}; see preflight check --help\n"
    assert capsys.readouterr().err == told
    with pytest.raises(TypeError, match=r"^accept takes problem codes, not 'date-year': "):
        check("events.csv", LAYOUT, accept="date-year")


ROWS = HEADING + "Ana <ana@x.com>,01/02/2024,T,\nb@gmial.com,5/14/24,T,\nc@@x.com,01/02/2024,T,\n"


def test_the_summary_names_the_option_that_mends_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text(ROWS, encoding="utf-8")
    assert main(["check", "events.csv", "--dateformat", "MM/dd/yyyy"]) == 1
    told = capsys.readouterr().out
    assert (
        "Can be mended\n"
        "  --fix makes 1 of the 3 bad rows good: display-name 1\n"
        "  --accept writes what is suggested: email-display-name 1, email-typo 1, date-year 1; 2 of the 3 bad\n"
        "    rows would be good\n"
    ) in told
    assert told.endswith(
        "To apply the fixes and suggestions, once you have looked at them: preflight check events.csv --dateformat "
        'MM/dd/yyyy --fix=display-name --accept "email-display-name,email-typo,date-year" --clean events-clean.csv\n'
        "NOT READY: 3 bad rows, 1 of which --fix mends (display-name), to be collected and mended. Next: preflight "
        "check events.csv --dateformat MM/dd/yyyy --clean events-clean.csv --bad-rows events-bad.csv\n"
    )
    assert main(shlex.split(told.splitlines()[-2].partition("preflight ")[2])) == 1
    assert Path("events-clean.csv").read_text(encoding="utf-8") == (
        f"{HEADING}ana@x.com,01/02/2024,T,\nb@gmail.com,05/14/2024,T,\n"
    )


def test_fix_without_a_clean_file_is_a_preview(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text(ROWS, encoding="utf-8")
    assert main(["check", "events.csv", "--dateformat", "MM/dd/yyyy", "--fix", "--accept", "date-year"]) == 1
    told = capsys.readouterr().out
    assert (
        "Would be changed, with --clean for the clean file: display-name 1, date-year 1\n"
        "  row 1 (line 2), Email: display-name, `Ana <ana@x.com>` would become `ana@x.com`\n"
        "  row 2 (line 3), Date: date-year, `5/14/24` would become `05/14/2024`\n"
    ) in told
    assert "3 rows, 0 good rows, 3 bad rows\n" in told
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]
    assert main(["check", "events.csv", "--dateformat", "MM/dd/yyyy", "--fix", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    texts = {"before": "Ana <ana@x.com>", "after": "ana@x.com"}
    assert report["fixes"] == {
        "counts": {"display-name": 1},
        "examples": [{"row": 1, "line": 2, "column": "Email", "kind": "display-name", **texts}],
        "truncated": False,
        "preview": True,
    }
    assert report["mendable"] == {
        "fix": {"rows": 1, "kinds": {"display-name": 1}},
        "accept": {"rows": 2, "codes": {"email-display-name": 1, "email-typo": 1, "date-year": 1}},
    }


def test_every_code_with_suggestions_can_be_accepted() -> None:
    """A suggestion of another code would be offered, but then refused."""
    from preflight.dates.format import DateFormat
    from preflight.model.findings import factorized
    from preflight.rules import email, note, title
    from preflight.rules.datefault import explain
    from preflight.rules.doubtful import doubt

    found = [email.judge(cell) for cell in EMAILS] + [explain(DateFormat("MM/dd/yyyy"), cell) for cell in DATES]
    titles = series(TITLES)
    found += [doubt("'c@x.com"), *(one.fault for one in title.of_distinct(titles, *factorized(titles)))]
    found += [one.fault for one in note.check_mojibake(series(NOTES), "note")]
    told = {one.code for one in found if one is not None and one.suggestion}
    assert told <= set(SUGGESTING)
    assert len(told) >= 8
