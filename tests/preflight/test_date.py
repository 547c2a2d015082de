"""The date column as a whole: limits, the order of day and month, names, and evidence that adds up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.dates.format import DateFormat, other_order
from preflight.errors import LayoutError
from preflight.evidence.datelimits import DateLimits
from preflight.evidence.dates import FEWEST_DAYS, DateEvidence, judged_whole
from preflight.model.codes import CODES
from preflight.model.findings import Finding
from preflight.rules.date import CheckedDates, DateColumn
from tests.cells import series

pytestmark = pytest.mark.usefixtures("as_typed")

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def evidence(pattern: str, texts: list[str], limits: DateLimits | None = None) -> DateEvidence:
    return of_all(DateColumn(DateFormat(pattern, now=NOW), limits or DateLimits(now=NOW)).check(series(texts)))


def of_all(checked: CheckedDates) -> DateEvidence:
    return checked.evidence(np.ones(len(checked.instants), np.bool_))


def told(pattern: str, texts: list[str]) -> list[tuple[str, str]]:
    return [(fault.code, fault.message) for fault in judged_whole(evidence(pattern, texts), DateFormat(pattern))]


@pytest.mark.parametrize(
    ("pattern", "other"),
    [
        ("MM/dd/yyyy", "dd/MM/yyyy"),
        ("d.M.yy", "M.d.yy"),
        ("MM/d/yyyy HH:mm", "d/MM/yyyy HH:mm"),
        ("yyyy-MM-dd", None),
        ("dd MMM yyyy", None),
    ],
)
def test_the_other_order_of_day_and_month(pattern: str, other: str | None) -> None:
    found = other_order(DateFormat(pattern, now=NOW))
    assert (found.pattern if found else None) == other
    assert found is None or found.window_start == DateFormat(pattern, now=NOW).window_start


LIMITED = [
    ("MM/dd/yyyy", "12/31/1989", "`12/31/1989` is read as 1989-12-31 and lies before 1990-01-01."),
    ("MM/dd/yyyy", "01/01/1990", ""),
    ("MM/dd/yyyy", "11/23/2026", ""),
    ("MM/dd/yyyy", "11/24/2026", ""),
    ("MM/dd/yyyy", "11/25/2026", "`11/25/2026` is read as 2026-11-25 and lies more than a day ahead of now."),
    ("MM/dd/yy", "11/25/35", "`11/25/35` is read as 2035-11-25 and lies more than a day ahead of now."),
    ("yyyy-MM-dd HH:mm", "2026-11-24 12:30", ""),
    ("yyyy-MM-dd HH:mm", "2026-11-24 12:31",
     "`2026-11-24 12:31` is read as 2026-11-24 12:31:00 and lies more than a day ahead of now."),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "message"), LIMITED)
def test_unexpected_dates_are_warned_of(pattern: str, text: str, message: str) -> None:
    found = DateColumn(DateFormat(pattern, now=NOW), DateLimits(now=NOW)).check(series([text])).findings
    assert [finding.fault.message for finding in found] == ([message] if message else [])


STAND_IN = "which programs write where they know no date. Correct it, or allow such dates with"
IMPLAUSIBLE = [
    ("12/31/1969", "1969-12-31, before 1970. Correct it, or allow such dates with --oldest 1969-12-31."),
    ("01/01/1970",
     f"1970-01-01, {STAND_IN} --oldest 1970-01-01."),
    ("01/01/1900",
     f"1900-01-01, {STAND_IN} --oldest 1900-01-01."),
    ("12/31/9999",
     f"9999-12-31, {STAND_IN} --newest 9999-12-31."),
    ("11/24/2036", "2036-11-24, more than 10 years ahead. Correct it, or allow such dates with --newest 2036-11-24."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), IMPLAUSIBLE)
def test_implausible_dates_are_errors_unless_allowed(text: str, says: str) -> None:
    def found(**allowed: date) -> list[tuple[str, str]]:
        limits = DateLimits(now=NOW, **allowed)
        findings = DateColumn(DateFormat("MM/dd/yyyy", now=NOW), limits).check(series([text])).findings
        return [(finding.fault.code, finding.fault.message) for finding in findings]

    assert found() == [("date-implausible", f"`{text}` is read as {says}")]
    day = datetime.strptime(text, "%m/%d/%Y").date()
    assert found(**{"oldest" if day < NOW.date() else "newest": day}) == []
    assert found(oldest=date(2020, 1, 1), newest=date(2030, 1, 1)) == found()
    assert CODES["date-implausible"].severity == "error"


@pytest.mark.parametrize("text", ["01/02/1970", "11/23/2036"])
def test_unlikely_dates_are_only_warned_of(text: str) -> None:
    found = DateColumn(DateFormat("MM/dd/yyyy", now=NOW), DateLimits(now=NOW)).check(series([text])).findings
    assert [CODES[finding.fault.code].severity for finding in found] == ["warning"]


@given(st.dates(date(1583, 1, 1)), st.dates(date(1583, 1, 1)), st.datetimes(datetime(1990, 1, 1), datetime(9000, 1, 1)))
def test_dates_within_given_limits_are_accepted(one: date, two: date, now: datetime) -> None:
    oldest, newest = sorted((one, two))
    limits = DateLimits(oldest, newest, now.replace(tzinfo=UTC))
    texts = [f"{day:%m/%d}/{day.year:04d}" for day in (oldest, newest)]
    assert list(DateColumn(DateFormat("MM/dd/yyyy", now=NOW), limits).check(series(texts)).findings) == []


def test_limits_can_be_set() -> None:
    limits = DateLimits(date(2024, 1, 1), date(2024, 12, 31), NOW)
    texts = ["12/31/2023", "01/01/2024", "12/31/2024", "01/01/2025"]
    found = DateColumn(DateFormat("MM/dd/yyyy", now=NOW), limits).check(series(texts)).findings
    assert [(finding.fault.code, finding.fault.message) for finding in found] == [
        ("date-old", "`12/31/2023` is read as 2023-12-31 and lies before 2024-01-01, the oldest date expected."),
        ("date-future", "`01/01/2025` is read as 2025-01-01 and lies after 2024-12-31, the newest date expected."),
    ]


def test_limits_that_exclude_all_are_refused() -> None:
    message = r"^the oldest date expected, 2024-01-02, comes after the newest, 2024-01-01$"
    with pytest.raises(LayoutError, match=message):
        DateLimits(date(2024, 1, 2), date(2024, 1, 1))


US, EU = "MM/dd/yyyy", "dd/MM/yyyy"
ORDERS = [
    (US, ["01/25/2024", "03/04/2024"], ""),
    (US, ["03/04/2024"] * 40, ""),
    (US, ["03/03/2024", "25.01.2024", ""], ""),
    (US, ["03/04/2024", "01/25/2024", "25/01/2024", "26/01/2024", "25/01/2024"],
     "3 rows fit only `dd/MM/yyyy` (the first: `25/01/2024`), 1 only `MM/dd/yyyy`, 1 both: both orders stand in one "
     "column, as a half-converted spreadsheet leaves them; the 1 that fit both may be the wrong day."),
    (US, ["03/04/2024", "25/01/2024"],
     "1 row fits only `dd/MM/yyyy` (the first: `25/01/2024`), none only `MM/dd/yyyy`, 1 both: `dd/MM/yyyy` is the "
     "likelier order, choose it if so."),
    (EU, ["01/12/2026", "05/11/2026"],
     "Every date fits both `dd/MM/yyyy` and `MM/dd/yyyy`: the first puts 1 row into the future, the other none; choose "
     "the other if that is right."),
    (EU, [f"05/{day:02d}/2024" for day in range(1, 9)],
     "Every date fits both `dd/MM/yyyy` and `MM/dd/yyyy`: the first spreads them over 214 days, the other over 8; "
     "choose the other if that is right."),
    (US, [f"05/{day:02d}/2024" for day in range(1, 9)], ""),
    (EU, [f"05/{day:02d}/2024" for day in range(1, 5)], ""),
    ("yyyy-MM-dd", ["2024-25-01", "2024-01-25"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "texts", "message"), ORDERS)
def test_a_column_that_contradicts_the_order_is_warned_of(pattern: str, texts: list[str], message: str) -> None:
    assert told(pattern, texts) == ([("date-swapped", message)] if message else [])


def test_month_names_are_warned_of_once_and_only_if_there_are_dates() -> None:
    assert [code for code, _ in told("dd MMM yyyy", ["25 Jan 2024"] * 3)] == ["date-locale"]
    assert told("dd MMM yyyy", ["x"]) == []


def test_dates_of_rows_left_out_do_not_count() -> None:
    cells = series(["01/25/2024", "02/03/2024", "25/01/2024", "01/25/2024"])
    found = DateColumn(DateFormat(US, now=NOW), DateLimits(now=NOW)).check(cells)
    kept = np.array([True, False, False, True])
    without, good = found.evidence.without(~kept)(kept), found.evidence(kept)
    assert (without.read, without.only_other, without.example, without.timeline) == (2, 0, "", good.of_good)
    assert (good.read, good.only_other, good.example) == (3, 1, "25/01/2024")


texts = st.lists(
    st.builds("{:02d}/{:02d}/{}".format, st.integers(0, 31), st.integers(0, 31), st.sampled_from([1980, 2024, 2999]))
)


@settings(max_examples=50)
@given(texts, texts, texts)
def test_evidence_of_parts_adds_up(one: list[str], two: list[str], three: list[str]) -> None:
    whole = evidence(US, one + two + three)
    a, b, c = (evidence(US, part) for part in (one, two, three))
    assert a + b + c == a + (b + c) == whole
    assert DateEvidence() + a == a
    assert len(whole.days) <= FEWEST_DAYS


def test_bad_dates_beyond_the_limit_are_not_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.rules.date.MOST_EXPLAINED", 2)
    monkeypatch.setattr("preflight.rules.date.MOST_LATER", 1)
    judged = DateColumn(DateFormat(US, now=NOW), DateLimits(now=NOW))
    cells = ["02/30/2024", "02/31/2024", "02/30/2024", "", "x" * 41]
    many = "`02/31/2024` is no date as `MM/dd/yyyy`; there are too many different ones to say why of each."
    for first_row, second, message in (
        (0, "date-impossible", None),
        (1, "date-format", many),
        (9, "date-format", many),
    ):
        found = [finding.fault for finding in judged.check(series(cells, first_row)).findings]
        codes = ["date-impossible", second, "date-impossible", "date-missing", "date-format"]
        assert [fault.code for fault in found] == codes
        assert found[4].message == many.replace("02/31/2024", "x" * 39 + "…")
        assert message is None or (found[1].message, found[1].spans) == (message, ((0, None),))


def test_the_message_for_a_bad_date_does_not_depend_on_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preflight.engine.parallel.MAX_RECORDS", 1_000)
    for limit, number in (("MOST_EXPLAINED", 1_000), ("MOST_LATER", 50), ("MOST_REMEMBERED", 2_000)):
        monkeypatch.setattr(f"preflight.rules.date.{limit}", number)
    rows = (
        f"a@x.com,2024-01-02 {number % 24:02}:{number // 24 % 60:02}:{number // 1440:02},T\n" for number in range(8_000)
    )
    source = tmp_path / "events.csv"
    source.write_text("Email,Date,Title\n" + "".join(rows))
    layout = Layout("Email", "Date", "Title", dateformat=US)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(3) as three:
        for executor, name in ((one, "one.csv"), (three, "three.csv")):
            check(source, layout, executor=executor, max_shown=0, bad_rows=tmp_path / name)
    told = (tmp_path / "one.csv").read_bytes()
    assert told == (tmp_path / "three.csv").read_bytes()
    assert told.count(b"too many different ones") > 1_000


any_texts = st.lists(
    st.one_of(
        st.builds(
            "{:02d}/{:02d}/{}".format, st.integers(0, 31), st.integers(0, 31), st.sampled_from([1980, 2024, 2999])
        ),
        st.sampled_from(["", "NULL", "2024-02-06", "2024-02-06T10:00:00+02:00", "02/06/2024" + " " * 100, "Ä" * 70]),
    )
)


@settings(max_examples=50)
@given(
    st.lists(any_texts, min_size=1, max_size=4), st.integers(1, 3), st.sampled_from([US, "yyyy-MM-dd'T'HH:mm:ssXXX"])
)
def test_the_size_of_the_cache_makes_no_difference(runs: list[list[str]], most: int, pattern: str) -> None:
    dateformat, limits = DateFormat(pattern, now=NOW), DateLimits(now=NOW)
    whole = [DateColumn(dateformat, limits).check(series(run)) for run in runs]
    with pytest.MonkeyPatch.context() as patched:
        for limit in (most, 20_000):
            patched.setattr("preflight.rules.date.MOST_REMEMBERED", limit)
            judged = DateColumn(dateformat, limits)
            for run, anew in zip(runs, whole, strict=True):
                again = judged.check(series(run))
                assert list(again.findings) == list(anew.findings)
                assert of_all(again) == of_all(anew)
                assert again.instants.tolist() == anew.instants.tolist() == dateformat.judge(pa.array(run)).tolist()


@given(st.lists(any_texts, max_size=4))
def test_dates_judged_in_runs_equal_dates_judged_together(runs: list[list[str]]) -> None:
    judged, together = DateColumn(DateFormat(US, now=NOW), DateLimits(now=NOW)), list(chain.from_iterable(runs))
    found: list[Finding] = []
    gathered, start = DateEvidence(), 1
    for run in runs:
        checked = judged.check(series(run, start))
        found += checked.findings
        gathered, start = gathered + of_all(checked), start + len(run)
    whole = DateColumn(DateFormat(US, now=NOW), DateLimits(now=NOW)).check(series(together))
    assert (found, gathered) == (list(whole.findings), of_all(whole))
