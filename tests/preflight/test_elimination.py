"""The date format by elimination: what is settled, what is not, and what is said of it."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.cli.main import main
from preflight.dates.known import EXAMPLE, KNOWN_FORMATS
from preflight.detect import dateformat as elimination
from preflight.detect.answers import inspect
from preflight.detect.datechoice import Choice
from preflight.detect.dateformat import Elimination
from preflight.render.inspection import render_inspection
from tests.cells import series

pytestmark = pytest.mark.usefixtures("as_typed")


def eliminated(*runs: list[str]) -> Choice:
    found, row = Elimination(None), 1
    for run in runs:
        found.add(series(run, row))
        row += len(run)
    return found.result()


SETTLED = [
    (["01/25/2024", "03/04/2024"], "MM/dd/yyyy", "reads all 2 dates; `dd/MM/yyyy` is ruled out by row 1: `01/25/2024`"),
    (["03/04/2024", "25/01/2024"], "dd/MM/yyyy", "reads all 2 dates; `MM/dd/yyyy` is ruled out by row 2: `25/01/2024`"),
    (["01/25/24"], "MM/dd/yy", "reads the only date; `dd/MM/yy` is ruled out by row 1: `01/25/24`"),
    (["2024-01-02"], "yyyy-MM-dd", "reads the only date"),
    (["2.1.2024"], "dd.MM.yyyy", "reads the only date"),
    (["20240102", "", "N/A", " "], "yyyyMMdd", "reads the only date"),
    (["25 January 2024"], "dd MMMM yyyy", "reads the only date"),
    (["25 Jan 2024"], "dd MMM yyyy", "reads the only date"),
    (["25 May 2024"], "dd MMM yyyy", "reads the only date"),
    (["Thu, 25 Jan 2024"], "EEE, dd MMM yyyy", "reads the only date"),
    (["Thursday, 25 January 2024"], "EEEE, dd MMMM yyyy", "reads the only date"),
    (
        ["01/13/2024 02:30 PM"],
        "MM/dd/yyyy hh:mm a",
        "reads the only date; `dd/MM/yyyy hh:mm a` is ruled out by row 1: `01/13/2024 02:30 PM`",
    ),
    (["2024-01-25T01:02:03Z"], "yyyy-MM-dd'T'HH:mm:ssXXX", "reads the only date"),
    (["03/03/2024"], "MM/dd/yyyy", "reads the only date"),
    (
        ["01/25/2024"] * 9 + ["x"],
        "MM/dd/yyyy",
        "reads 9 of 10 dates, not row 10: `x`; `dd/MM/yyyy` is ruled out by row 1: `01/25/2024`",
    ),
    (["2024-01-25"] * 9 + ["25.01.2024"], "yyyy-MM-dd", "reads 9 of 10 dates, not row 10: `25.01.2024`"),
    (["2024-01-25"] * 6 + ["25.01.2024"] * 4, "yyyy-MM-dd", "reads 6 of 10 dates, not row 7: `25.01.2024`"),
    (["2024-01-25"] * 5 + ["x"] * 5, "yyyy-MM-dd", "reads 5 of 10 dates, not row 6: `x`"),
    (
        ["01/25/2024"] * 10 + ["25/01/2024"] * 2,
        "MM/dd/yyyy",
        "reads 10 of 12 dates, not row 11: `25/01/2024`; `dd/MM/yyyy` is ruled out by row 1: `01/25/2024`",
    ),
    (
        [f"01/{day:02d}/2024" for day in range(1, 29)] + ["02/30/2024"],
        "MM/dd/yyyy",
        "reads 28 of 29 dates, not row 29: `02/30/2024`; `dd/MM/yyyy` is ruled out by row 13: `01/13/2024`",
    ),
    (
        ["TBC", "next week", "--", "#REF!", "01/25/2024"],
        "MM/dd/yyyy",
        "reads the only date; `dd/MM/yyyy` is ruled out by row 5: `01/25/2024`",
    ),
    (
        ["03.04.2024", "25.04.2024"],
        "dd.MM.yyyy",
        "reads all 2 dates; `MM.dd.yyyy` is ruled out by row 2: `25.04.2024`",
    ),
    (
        ["01.25.2024", "03.04.2024"],
        "MM.dd.yyyy",
        "reads all 2 dates; `dd.MM.yyyy` is ruled out by row 1: `01.25.2024`",
    ),
]


@pytest.mark.parametrize(("texts", "pattern", "why"), SETTLED)
def test_dates_that_settle_a_format(texts: list[str], pattern: str, why: str) -> None:
    found = eliminated(texts)
    assert (found.chosen.pattern if found.chosen else None, found.why) == (pattern, why)
    assert [one.pattern for one in found.remaining] == [pattern]


BOTH_ORDERS = "both orders of day and month stand in the date column: "
CHOOSE = "choose with --dateformat MM/dd/yyyy or --dateformat dd/MM/yyyy"
OPEN = [
    (["03/04/2024", "05/04/2024"],
     f"all 2 dates fit `MM/dd/yyyy` (2 rows) and `dd/MM/yyyy` (2 rows); row 1, `03/04/2024`, is 2024-03-04 or 2024-04-03; row 2, `05/04/2024`, is 2024-05-04 or 2024-04-05; they span 62 or 3 days: {CHOOSE}"),
    (["03/04/2024 01:00 PM"],
     'the only date fits `MM/dd/yyyy hh:mm a` (1 row) and `dd/MM/yyyy hh:mm a` (1 row); row 1, `03/04/2024 01:00 PM`, is 2024-03-04 or 2024-04-03: choose with --dateformat "MM/dd/yyyy hh:mm a" or --dateformat "dd/MM/yyyy hh:mm a"'),
    (["03/04/2024"] * 9 + ["x"],
     f"the dates fit `MM/dd/yyyy` (9 rows) and `dd/MM/yyyy` (9 rows); row 1, `03/04/2024`, is 2024-03-04 or 2024-04-03: {CHOOSE}"),
    (["2024-01-25", "03/04/2024", "05/04/2024"],
     f"the dates fit `MM/dd/yyyy` (2 rows) and `dd/MM/yyyy` (2 rows); row 2, `03/04/2024`, is 2024-03-04 or 2024-04-03; row 3, `05/04/2024`, is 2024-05-04 or 2024-04-05; they span 62 or 3 days: {CHOOSE}"),
    (["24/01/25"],
     "the only date fits `dd/MM/yy` (1 row) and `yy/MM/dd` (1 row); row 1, `24/01/25`, is 2025-01-24 or 2024-01-25: choose with --dateformat dd/MM/yy or --dateformat yy/MM/dd"),
    (["24-01-25"],
     "the only date fits `dd-MM-yy` (1 row) and `yy-MM-dd` (1 row); row 1, `24-01-25`, is 2025-01-24 or 2024-01-25: choose with --dateformat dd-MM-yy or --dateformat yy-MM-dd"),
    (["24.01.25"],
     "the only date fits `dd.MM.yy` (1 row) and `yy.MM.dd` (1 row); row 1, `24.01.25`, is 2025-01-24 or 2024-01-25: choose with --dateformat dd.MM.yy or --dateformat yy.MM.dd"),
    (["10/11/12", "09/08/07"],
     "all 2 dates fit `MM/dd/yy` (2 rows), `dd/MM/yy` (2 rows) and `yy/MM/dd` (2 rows); row 1, `10/11/12`, is 2012-10-11, 2012-11-10 or 2010-11-12; row 2, `09/08/07`, is 2007-09-08, 2007-08-09 or 2009-08-07; they span 1,861, 1,921 or 463 days: choose with --dateformat MM/dd/yy or --dateformat dd/MM/yy or --dateformat yy/MM/dd"),
    (["01/25/2024"] * 9 + ["25/01/2024"] * 2,
     f"{BOTH_ORDERS}9 rows fit only `MM/dd/yyyy` and 2 only `dd/MM/yyyy` (`MM/dd/yyyy` fails at row 10: `25/01/2024`; `dd/MM/yyyy` at row 1: `01/25/2024`); {CHOOSE}"),
    (["01/25/2024", "03/04/2024", "25/01/2024"],
     f"{BOTH_ORDERS}1 row fits only `MM/dd/yyyy` and 1 only `dd/MM/yyyy` (`MM/dd/yyyy` fails at row 3: `25/01/2024`; `dd/MM/yyyy` at row 1: `01/25/2024`); 1 fits both: row 2, `03/04/2024`, is 2024-03-04 or 2024-04-03; {CHOOSE}"),
    ([f"{day:02d}/02/2024" for day in range(1, 9)] + ["02/16/2024", "x"],
     f"{BOTH_ORDERS}1 row fits only `MM/dd/yyyy` and 0 only `dd/MM/yyyy` (`MM/dd/yyyy` fails at row 10: `x`; `dd/MM/yyyy` at row 9: `02/16/2024`); 8 fit both: row 1, `01/02/2024`, is 2024-01-02 or 2024-02-01; row 3, `03/02/2024`, is 2024-03-02 or 2024-02-03; {CHOOSE}"),
    (["01/25/2024", "2024-01-25"],
     "no known format reads enough of the 2 dates: `MM/dd/yyyy` reads 1, not row 2: `2024-01-25`; `yyyy-MM-dd` reads 1, not row 1: `01/25/2024`; choose with --dateformat MM/dd/yyyy or --dateformat yyyy-MM-dd"),
    (["2024-01-25"] * 5 + ["x"] * 6,
     "no known format reads enough of the 11 dates: `yyyy-MM-dd` reads 5, not row 6: `x`; choose with --dateformat yyyy-MM-dd"),
    (["45316", "2024-01-25", "45317"],
     "no known format reads enough of the 3 dates: `yyyy-MM-dd` reads 1, not row 1: `45316`; 2 are a spreadsheet's numbers of days (row 1: `45316`): show the column as dates (yyyy-mm-dd) in the spreadsheet and export it again, or have them read with --normalize-dates and --dateformat excel; choose with --dateformat yyyy-MM-dd"),
    (["x", "y" * 300], "no known date format reads any date (row 1: `x`); name theirs with --dateformat, or another column with --date"),
    (["y" * 300], "no known date format reads any date (row 1: `yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…`); name theirs with --dateformat, or another column with --date"),
    (["", "NULL", "TBC", "next week", "--"], "the date column is blank in every row; name its format with --dateformat"),
    ([], "the cells of every row are at fault, so that no date can be read; name the format with --dateformat, and each row is told what is wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "why"), OPEN)
def test_dates_that_leave_the_format_open(texts: list[str], why: str) -> None:
    found = eliminated(texts)
    assert (found.chosen, found.why) == (None, why)


UNREAD = [
    (["45316", "45317.5"], "all 2 cells are a spreadsheet's numbers of days (row 1, `45316`, is a spreadsheet's number for 2024-01-25); show the column as dates (yyyy-mm-dd) in the spreadsheet and export it again, or have them read with --normalize-dates and --dateformat excel"),
    (["1706178600"], "the only one cannot be read (row 1, `1706178600`, is Unix time, the seconds since 1970, and stands for 2024-01-25 10:30:00 UTC); make dates of them first, in a spreadsheet by =A1/86400+25569 shown as yyyy-mm-dd, or have them read with --normalize-dates and --dateformat unix"),
    (["1706178600000"] * 2, "all 2 cells are Unix time in milliseconds (row 1, `1706178600000`, is Unix time, the milliseconds since 1970, and stands for 2024-01-25 10:30:00 UTC); make dates of them first, in a spreadsheet by =A1/86400000+25569 shown as yyyy-mm-dd, or have them read with --normalize-dates and --dateformat unix-ms"),
    (["########", "########", "45316"], "2 of 3 cells are what a spreadsheet shows in too narrow a column (row 1, `########`, is what a spreadsheet shows where the column is too narrow); make the column wider in the spreadsheet and export it again"),
    (["Jan. 25, 2026", "Jan. 26, 2026"], "all 2 cells are dates in a form of their own (row 1, `Jan. 25, 2026`, is a date in a form that Act-On does not read); write it as yyyy-mm-dd, or have them read with --normalize-dates"),
    (["25-Jan", "26-Jan"], "all 2 cells are dates without a year (row 1, `25-Jan`, has no year); show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again"),
    (["'01/25/2024"] * 2, "all 2 cells are texts after an apostrophe (row 1, `'01/25/2024`, has a spreadsheet's ' before it, which marks text); take it off, in a spreadsheet with Find and Replace, or have them read with --normalize-dates"),
    (['="2024-01-25"'] * 2, 'all 2 cells are formulas (="…") (row 1, `="2024-01-25"`, is a formula around a text, for Excel to leave it alone); take the =" and the " off, in a spreadsheet by copying the column and pasting its values, or have them fixed with `--fix=formula`'),
    (["\u200e01/25/2024"] * 2, "all 2 cells are texts with U+200E (left-to-right mark) (row 1, `\\u200e01/25/2024`, has U+200E (left-to-right mark) at position 1, which nobody sees); take such characters out with Find and Replace, or have them read with --normalize-dates"),
    (["01/25/2024 10:30 AM EST"] * 2, "all 2 cells are times with the zone as a word (row 1, `01/25/2024 10:30 AM EST`, names its time zone (`EST`), which Act-On reads by a list of its own); export the times without a zone, or with an offset such as -05:00, or have them read with --normalize-dates"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "says"), UNREAD)
def test_dates_that_no_format_reads_are_described(texts: list[str], says: str) -> None:
    found = eliminated(texts)
    assert (found.chosen, found.why) == (
        None,
        f"no known date format reads any date: {says}, or name another column with --date",
    )


NARROW = [f"25-11-{day}" for day in range(10, 15)]


def test_a_format_that_spreads_the_dates_over_years_is_not_the_first_choice() -> None:
    assert [one.pattern for one in eliminated(NARROW).offered] == ["yy-MM-dd", "dd-MM-yy"]
    assert [one.pattern for one in eliminated(NARROW[:4]).offered] == ["dd-MM-yy", "yy-MM-dd"]


def test_a_leading_two_digit_year_gives_way_where_the_day_usually_comes_first() -> None:
    found = Elimination(None)
    found.add(series(["14.10.25"] * 3, 1))
    assert found.result().chosen is None
    settled = found.result(day_first=True)
    assert (settled.chosen and settled.chosen.pattern, [one.code for one in settled.faults]) == (
        "dd.MM.yy", ["date-order"]
    )  # fmt: skip


WARNED = [
    (["03.04.2024", "05.04.2024"], "dd.MM.yyyy", "date-order",
     "`dd.MM.yyyy` was taken, as dates with dots begin with the day, but no row proves it: `MM.dd.yyyy` reads all of them, too, and row 1, `03.04.2024`, is 2024-04-03 or 2024-03-04. If that is right, choose it with --dateformat MM.dd.yyyy."),
    (["03.04.2024 10:30:00", "x"], "dd.MM.yyyy HH:mm:ss", "date-order",
     '`dd.MM.yyyy HH:mm:ss` was taken, as dates with dots begin with the day, but no row proves it: `MM.dd.yyyy HH:mm:ss` reads all of them, too, and row 1, `03.04.2024 10:30:00`, is 2024-04-03 or 2024-03-04. If that is right, choose it with --dateformat "MM.dd.yyyy HH:mm:ss".'),
    ([f"{day:02d}/02/2024" for day in range(1, 9)] + ["02/16/2024"], "MM/dd/yyyy", "date-swapped",
     "`MM/dd/yyyy` was taken, but row 9 (`02/16/2024`) alone rules `dd/MM/yyyy` out, which puts the others within 8 days, not 214: row 1, `01/02/2024`, is 2024-01-02 or 2024-02-01. If that is right, mend the odd row and choose it with --dateformat dd/MM/yyyy."),
    ([f"{day:02d}/02/2024" for day in range(1, 11)] + ["02/16/2024", "02/17/2024"], "MM/dd/yyyy", "date-swapped",
     "`MM/dd/yyyy` was taken, but 2 rows, the first row 11 (`02/16/2024`), alone rule `dd/MM/yyyy` out, which puts the others within 10 days, not 275: row 1, `01/02/2024`, is 2024-01-02 or 2024-02-01. If that is right, mend the odd rows and choose it with --dateformat dd/MM/yyyy."),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "pattern", "code", "message"), WARNED)
def test_a_format_settled_by_few_dates_has_a_warning(texts: list[str], pattern: str, code: str, message: str) -> None:
    found = eliminated(texts)
    assert found.chosen is not None
    assert found.chosen.pattern == pattern
    assert [(fault.code, fault.message) for fault in found.faults] == [(code, message)]


@pytest.mark.parametrize(
    "texts",
    [
        ["03.04.2024", "25.04.2024"],
        ["03.03.2024"],
        [f"{day:02d}/02/2024" for day in range(1, 4)] + ["02/16/2024"],  # 1 of 4 rows
        [f"{day:02d}/02/2024" for day in range(1, 9)] + ["02/16/2024"] * 3,
        [f"02/{day:02d}/2024" for day in range(1, 17)],  # the order that is taken is the narrower one
        [f"02/{day:02d}/2024" for day in range(1, 10)] + ["02/16/2024"],
    ],
)
def test_a_format_settled_by_enough_dates_has_no_warning(texts: list[str]) -> None:
    found = eliminated(texts)
    assert found.chosen is not None
    assert found.faults == ()


def test_the_choices_are_in_the_json_report() -> None:
    def read(row: int, value: str, day: str) -> dict[str, object]:
        return {"row": row, "value": value, "day": day}

    assert eliminated(["24/01/25", "24/01/25", "25/01/31"]).choices == [
        {
            "option": "--dateformat dd/MM/yy",
            "dateformat": "dd/MM/yy",
            "rows": 3,
            "reads": [read(1, "24/01/25", "2025-01-24"), read(3, "25/01/31", "2031-01-25")],
        },
        {
            "option": "--dateformat yy/MM/dd",
            "dateformat": "yy/MM/dd",
            "rows": 3,
            "reads": [read(1, "24/01/25", "2024-01-25"), read(3, "25/01/31", "2025-01-31")],
        },
    ]
    mixed = eliminated(["01/25/2024 10:30", "25/01/2024 10:30"]).choices
    assert [(choice["option"], choice["rows"]) for choice in mixed] == [
        ('--dateformat "MM/dd/yyyy HH:mm"', 1),
        ('--dateformat "dd/MM/yyyy HH:mm"', 1),
    ]
    assert [[cell["day"] for cell in choice["reads"]] for choice in mixed] == [["2024-01-25", ""], ["", "2024-01-25"]]
    assert eliminated(["x"]).choices == eliminated([""]).choices == eliminated(["2024-01-25"]).choices == []


def test_an_open_question_has_a_command_for_each_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.csv"
    rows = "ana@acme-corp.com,24/01/25,Webinar,\nbo@acme-corp.com,24/01/26,Webinar,\n"
    source.write_text(f"Email,Session day,Event title,Date of birth\n{rows}", encoding="utf-8")
    assert main(["check", str(source), "--date", "1", "--max-shown", "0"]) == 2
    lines = capsys.readouterr().err.splitlines()
    command = f"preflight check {source} --date 1 --max-shown 0"
    assert lines[1:] == [f"Next: {command} --dateformat dd/MM/yy", f"  or: {command} --dateformat yy/MM/dd"]
    for line, pattern in zip(lines[1:], ("dd/MM/yy", "yy/MM/dd"), strict=True):
        assert main([*shlex.split(line)[2:], "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["layout"]["dateformat"] == pattern
    assert main(["check", str(source), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "dateformat"
    assert [(one["column"], one["option"], one["rows"], one["reads"][0]) for one in error["choices"]] == [
        ("dateformat", "--dateformat dd/MM/yy", 2, {"row": 1, "value": "24/01/25", "day": "2025-01-24"}),
        ("dateformat", "--dateformat yy/MM/dd", 2, {"row": 1, "value": "24/01/25", "day": "2024-01-25"}),
    ]


def test_formats_that_read_only_some_dates_are_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.csv"
    rows = "ana@acme-corp.com,01/25/2024,Webinar\nbo@acme-corp.com,25/01/2024,Webinar\n"
    source.write_text(f"Email,Date,Title\n{rows}", encoding="utf-8")
    assert main(["check", str(source)]) == 2
    command = f"preflight check {source} --dateformat"
    assert capsys.readouterr().err.endswith(f"\nNext: {command} MM/dd/yyyy\n  or: {command} dd/MM/yyyy\n")


def test_each_format_has_its_number_of_rows_and_first_misfit() -> None:
    found = eliminated(["03/04/2024", "", "03/04/2024"], ["x", "01/25/2024", "x"])
    tried = {one.pattern: (one.rows, one.misfit and one.misfit.row) for one in found.tried}
    assert (found.dates, found.missing) == (5, 1)
    assert tried["MM/dd/yyyy"] == (3, 4)
    assert tried["dd/MM/yyyy"] == (2, 4)
    assert tried["yyyy-MM-dd"] == (0, 1)


@pytest.mark.parametrize("known", KNOWN_FORMATS, ids=lambda known: known.pattern)
def test_every_known_format_is_found_from_its_own_dates(known: object) -> None:
    pattern = known.pattern  # type: ignore[attr-defined]
    moment = EXAMPLE.replace(year=2031) if pattern.endswith("yy") and "yyyy" not in pattern else EXAMPLE
    moment = EXAMPLE.replace(year=1999) if pattern.startswith("yy") and "yyyy" not in pattern else moment
    found = eliminated([known.dateformat.format(moment)])  # type: ignore[attr-defined]
    if pattern in ("dd/MM/yy", "dd-MM-yy", "dd.MM.yy"):  # the day may be the year
        assert pattern in [one.pattern for one in found.remaining]
        return
    assert found.chosen is not None
    assert found.chosen.pattern == pattern


texts = st.lists(
    st.sampled_from(
        ["01/25/2024", "25/01/2024", "03/04/2024", "03/04/24", "3.4.2024", "2024-01-02", "45316", "", "x", "x "]
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(texts, texts, st.integers(1, 3))
def test_runs_and_batches_make_no_difference(one: list[str], two: list[str], at_once: int) -> None:
    whole = eliminated(one + two)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(elimination, "TEXTS_AT_ONCE", at_once)
        parted = eliminated(one, two)
    assert (parted.why, parted.dates, parted.missing) == (whole.why, whole.dates, whole.missing)
    assert [one.as_dict() for one in parted.tried] == [one.as_dict() for one in whole.tried]
    assert parted.faults == whole.faults


DOTS = "Email,Date,Title\nana@acme-corp.com,03.04.2024,Webinar\nbo@acme-corp.com,05.04.2024,Webinar\n"


def test_the_warning_of_a_detected_format_is_in_the_report_and_the_inspection(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(DOTS, encoding="utf-8")
    report = check(source, Layout())
    assert (report.layout.dateformat.pattern, report.warnings, report.ok) == ("dd.MM.yyyy", {"date-order": 1}, True)
    (problem,) = report.of_file
    assert (problem.row, problem.column, problem.message) == (0, "Date", WARNED[0][3])
    found = inspect(source, Layout())
    assert found.as_dict()["dates"]["warnings"] == {"date-order": WARNED[0][3]}
    assert "  date-order: `dd.MM.yyyy` was taken, as dates" in render_inspection(found)


@pytest.mark.parametrize("pattern", ["dd.MM.yyyy", "MM.dd.yyyy"])
def test_a_given_format_has_no_warning(pattern: str, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(DOTS, encoding="utf-8")
    layout = Layout(dateformat=pattern)
    assert check(source, layout).warnings == {}
    assert inspect(source, layout).as_dict()["dates"]["warnings"] == {}
