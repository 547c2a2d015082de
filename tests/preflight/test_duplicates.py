"""Repeated rows are those that a plain dict finds, whether the rows are held or went to a temporary file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.evidence import duplicates, parted
from preflight.evidence.duplicates import Duplicates, Repeated
from preflight.inputs import source

MIXER = np.uint64(0x9E3779B97F4A7C15)


def plainly(values: Sequence[int]) -> list[Repeated]:
    first: dict[int, int] = {}
    found = []
    for row, value in enumerate(values, start=1):
        if value in first:
            found.append(Repeated(row, row * 3, first[value], first[value] * 3))
        first.setdefault(value, row)
    return found


def taken(values: Sequence[int], run: int, mixer: np.uint64 = MIXER) -> Duplicates:
    """The rows with these hashes, given `run` at a time; the row on line 3 n is the n-th."""
    found = Duplicates()
    hashes = np.array(values, np.uint64) * mixer  # spread over the whole range
    for at in range(0, len(values), run):
        rows = np.arange(at + 1, min(at + run, len(values)) + 1)
        found.add(hashes[at : at + run], rows, rows * 3)
    return found


@given(
    st.lists(st.integers(0, 30), max_size=120),
    st.integers(1, 50),
    st.integers(1, 60),
    st.integers(1, 40),
    st.sampled_from([2, 1_000]),
    st.sampled_from([MIXER, np.uint64(1 << 40), np.uint64((1 << 64) - 1)]),  # the others differ in a few bits only
)
def test_repeated_rows_equal_those_found_with_a_dict(
    values: list[int], run: int, held: int, listed: int, uneven: int, mixer: np.uint64
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parted, "MAX_UNEVEN", uneven)
        patch.setattr(parted, "MAX_HELD", held)
        patch.setattr(duplicates, "MOST_LISTED", listed)
        found = taken(values, run, mixer)
        repeated = found.repeated()
        found.close()
    expected = plainly(values)
    assert found.count == len(expected)
    assert repeated == expected[:listed]


def test_a_row_repeated_many_times_takes_no_more_memory_than_other_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted, "MAX_HELD", 99)
    found = taken([7] * 10_000, 100)
    assert [run.edges[-1] for run in found._rows._runs] == [1] * 100
    assert found.repeated()[-1] == Repeated(5_001, 15_003, 1, 3)
    assert found.count == 9_999
    found.close()


@pytest.mark.parametrize("held", [1, 3, 100])
def test_line_numbers_beyond_four_bytes_are_kept(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted, "MAX_HELD", held)
    found = Duplicates()
    for row in (1, 3):
        found.add(np.array([5, 6], np.uint64), np.arange(row, row + 2), np.array([7, 1 << 33]) + row)
    assert found.repeated() == [Repeated(3, 10, 1, 8), Repeated(4, (1 << 33) + 3, 2, (1 << 33) + 1)]
    found.close()


LAYOUT = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "Y", "utf-8")

rows_of_files = st.tuples(
    st.sampled_from(["a@x.com", "A@X.com", "b@x.com", "nobody"]),
    st.sampled_from(["1/2/2024", "01/02/2024", "01/03/2024", "13/13/2024"]),
    st.sampled_from(["T", " T", "T ", "t", ""]),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows_of_files, min_size=1, max_size=40), st.integers(20, 2_000))
def test_repeated_rows_of_a_file_equal_those_found_with_a_dict(
    tmp_path: Path, rows: list[tuple[str, str, str]], block: int
) -> None:
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["Email,Date,Title", *map(",".join, rows)]), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK_BYTES", block)
        report = check(file, LAYOUT, max_shown=1_000)
    bad = {problem.row for problem in report.examples if problem.severity == "error"}
    first: dict[tuple[str, str, str], int] = {}
    expected = []
    for row, (email, date, title) in enumerate(rows, start=1):
        if row not in bad:
            key = (email.lower(), date.replace("/0", "/").lstrip("0"), title.strip())
            if key in first:
                says = f"The row has the email, date and title of row {first[key]} (line {first[key] + 1})."
                expected.append((row, row + 1, says))
            first.setdefault(key, row)
    found = [(p.row, p.line, p.message) for p in report.of_file if p.code == "duplicate-row"]
    assert found == expected
    assert report.warnings.get("duplicate-row", 0) == len(expected)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a@x.com", "A@x.com", "b@x.com"]),
            st.sampled_from(["01/25/2024 10:30", "01/25/2024 10:31", "1/25/2024 10:30", "01/26/2024 10:30", "bad"]),
            st.sampled_from(["Demo", "Demo ", "Expo"]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_a_repeated_visit_is_one_at_another_time_of_the_day(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    source = tmp_path / "in.csv"
    source.write_text("Email,Date,Title\n" + "".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
    first: dict[tuple[str, str, str], int] = {}
    points: set[tuple[str, str, str]] = set()
    expected = []
    for number, (address, date, title) in enumerate(rows, start=1):
        if date == "bad":
            continue
        date = date.zfill(16)
        point, visit = (address.lower(), date, title.strip()), (address.lower(), date[:10], title.strip())
        if visit in first and point not in points:
            says = f"The row has the email, title and day of row {first[visit]} (line {first[visit] + 1}) at another "
            expected.append(
                (number, number + 1, f"{says}time, as if the person had joined twice: it would count again.")
            )
        points.add(point)
        first.setdefault(visit, number)
    report = check(source, Layout(dateformat="MM/dd/yyyy HH:mm"))
    assert [(p.row, p.line, p.message) for p in report.of_file if p.code == "repeat-visit"] == expected
    assert report.warnings.get("repeat-visit", 0) == len(expected)


def test_without_times_there_are_no_repeated_visits(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("Email,Date,Title\n" + "a@x.com,01/25/2024,Demo\n" * 3, encoding="utf-8")
    assert check(source, Layout(dateformat="MM/dd/yyyy")).warnings == {"duplicate-row": 2}


def test_many_repeated_visits_are_counted_and_the_first_are_listed(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    times = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(7_200)]
    rows = [f"a@x.com,2024-01-25 {time},Demo\n" * (1 + (time == times[0])) for time in times]
    source.write_text("Email,Date,Title\n" + "".join(rows), encoding="utf-8")
    report = check(source, Layout(dateformat="yyyy-MM-dd HH:mm:ss"), max_shown=10_000)
    assert report.warnings == {"duplicate-row": 1, "repeat-visit": 7_199}
    listed = [problem for problem in report.of_file if problem.code == "repeat-visit"]
    assert listed[0].message == "7,199 rows repeat an earlier one at another time; the first 4,999 are listed."
    assert [problem.row for problem in listed[1:3]] == [3, 4]
