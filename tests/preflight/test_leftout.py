"""Rows that are not wanted: neither good nor bad, in no output, counted."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, check
from preflight.cli.main import main
from preflight.evidence import parted
from preflight.evidence.earliest import Earliest

HEADING = "Email,Date,Title,Attended\n"
COLUMNS: dict[str, Any] = {"email": "Email", "date": "Date", "title": "Title", "dateformat": "MM/dd/yyyy HH:mm"}


def checked(tmp_path: Path, rows: str, layout: Layout, **options: Any) -> Any:
    (tmp_path / "events.csv").write_text(HEADING + rows, encoding="utf-8")
    return check(tmp_path / "events.csv", layout, clean=tmp_path / "c.csv", bad_rows=tmp_path / "b.csv", **options)


def test_rows_without_the_value_are_in_no_output(tmp_path: Path) -> None:
    rows = (
        "a@x.com,01/25/2024 10:00,T, YES \n"
        "no,01/25/2024 10:00,T,No\n"
        "\n"
        "short@x.com,01/25/2024 10:00\n"
        "b@x.com,01/25/1970 10:00,U,maybe\n"
        "nobody,01/25/2024 10:00,T,yes\n"
        "c@x.com,01/26/2024 10:00,T,yes,more\n"
    )
    report = checked(tmp_path, rows, Layout(**COLUMNS, only=["attended=Yes"]), reports=[tmp_path / "r.csv"])
    assert (report.rows, report.good_rows, report.bad_rows, report.left_out) == (7, 1, 2, 4)
    assert (report.problems, report.warnings) == ({"extra-cell": 1, "email-syntax": 1}, {})
    assert [*report.titles.counts] == ["T"]
    assert (tmp_path / "c.csv").read_text(encoding="utf-8") == HEADING + rows.splitlines(keepends=True)[0]
    bad = (tmp_path / "b.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [line.split(",")[0] for line in bad] == ["nobody", "c@x.com"]
    assert "no," not in (tmp_path / "r.csv").read_text(encoding="utf-8").replace("nobody,", "")
    assert report.good.tolist() == [True, False, False, False, False, False, False]
    assert report.as_dict()["left_out"] == 4
    assert "4 left out" in repr(report)


def test_all_conditions_must_hold(tmp_path: Path) -> None:
    rows = "".join(f"a{i}@x.com,01/25/2024 10:00,{t},{a}\n" for i, (t, a) in enumerate(["Ty", "Tn", "Uy", "T "]))
    layout = Layout(**COLUMNS, only=["Title=t", "3!=n"])
    report = checked(tmp_path, rows, layout)
    assert (report.good_rows, report.left_out) == (2, 2)
    assert checked(tmp_path, rows, Layout(**COLUMNS, only="Attended=")).good_rows == 1


def test_a_label_may_have_an_equals_sign(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("Email,Date,Title,a=b\na@x.com,01/25/2024 10:00,T,c=d\n", encoding="utf-8")
    assert check(tmp_path / "e.csv", Layout(**COLUMNS, only=["a=b=c=d"])).good_rows == 1
    assert check(tmp_path / "e.csv", Layout(**COLUMNS, only=["a=b!=x"])).good_rows == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Atended=yes", "no column is labelled `Atended`; did you mean `Attended`?"),
        ("9=yes", "--only 9 is past the end: a row has 4 cells, the last index is 3"),
        ("Attended", "--only `Attended` has no `=`; write COLUMN=VALUE or COLUMN!=VALUE"),
        ("=yes", "--only `=yes` names no column; write COLUMN=VALUE or COLUMN!=VALUE"),
        ("Attended=maybe",
         "--only Attended=maybe leaves no row of `e.csv`; `preflight inspect` shows what each column holds"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("known", [True, False])
def test_an_impossible_condition_writes_nothing(
    text: str,
    message: str,
    known: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("e.csv").write_text(HEADING + "a@x.com,01/25/2024 10:00,T,yes\n", encoding="utf-8")
    told = ["--dateformat", "MM/dd/yyyy HH:mm"] if known else []
    assert main(["check", "e.csv", *told, "--only", text, "--clean", "c.csv", "--bad-rows", "b.csv"]) == 2
    assert capsys.readouterr() == ("", f"preflight: {message}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["e.csv"]


def test_the_earliest_row_of_a_day_is_kept(tmp_path: Path) -> None:
    times = ["01/25/2024 10:00", "01/25/2024 09:00", "01/25/2024 09:00", "01/26/2024 08:00"]
    rows = "".join(f"{'A' if i == 1 else 'a'}@x.com,{time},T,yes\n" for i, time in enumerate(times))
    rows += "a@x.com,01/25/2024 08:00,,yes\nb@x.com,01/25/2024 08:00,T,yes\na@x.com,01/25/2024 10:00,U,yes\n"
    report = checked(tmp_path, rows, Layout(**COLUMNS, once_per_day=True))
    assert (report.rows, report.good_rows, report.bad_rows, report.left_out) == (7, 4, 1, 2)
    assert report.warnings == {}
    kept = (tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert kept == [rows.splitlines()[i] for i in (1, 3, 5, 6)]


def test_of_repeats_without_times_the_first_row_is_kept(tmp_path: Path) -> None:
    rows = "a@x.com,01/25/2024,T,first\na@x.com,01/25/2024,T,second\n"
    layout = Layout(**{**COLUMNS, "dateformat": "MM/dd/yyyy"}, once_per_day=True)
    report = checked(tmp_path, rows, layout)
    assert (report.good_rows, report.left_out, report.warnings) == (1, 1, {})
    assert (tmp_path / "c.csv").read_text(encoding="utf-8") == HEADING + rows.splitlines(keepends=True)[0]


def test_both_options_are_keys_of_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, profile = str(tmp_path / "e.csv"), str(tmp_path / "p.toml")
    Path(file).write_text(
        HEADING + "a@x.com,01/25/2024 10:00,T,yes\na@x.com,01/25/2024 11:00,T,yes\nb@x.com,01/25/2024 11:00,T,no\n",
        encoding="utf-8",
    )
    assert main(["inspect", file, "--only", "Attended=yes", "--once-per-day", "--save", profile]) == 0
    saved = Layout.from_profile(profile)
    assert (saved.only, saved.once_per_day) == (("Attended=yes",), True)
    capsys.readouterr()
    assert main(["check", file, "--profile", profile]) == 0
    out = capsys.readouterr().out
    assert "e.csv: 3 rows, 1 good row, 0 bad rows, 2 left out\n" in out
    kept = "  only rows in which column 3 `Attended` is `yes`\n"
    assert f"{kept}  of the rows with one email, title and day only the earliest\n" in out
    assert Layout(only=["a=1"]).over(Layout(only=["b=2"])).only == ("a=1", "b=2")
    with pytest.raises(LayoutError, match=r"^once_per_day must be true or false$"):
        Layout.from_dict({"once_per_day": "yes"})


ROWS = st.tuples(
    st.sampled_from(["a@x.com", "A@X.com ", "b@x.com", "nobody", ""]),
    st.sampled_from(["01/25/2024 10:00", "01/25/2024 09:00", "01/26/2024 10:00", "soon", ""]),
    st.sampled_from(["T", "U", ""]),
    st.sampled_from(["yes", "YES ", "no", ""]),
)


@settings(max_examples=40)
@given(st.lists(ROWS, min_size=1, max_size=12), st.sampled_from(["Attended=yes", "Attended!=yes", None]), st.booleans())
def test_good_bad_and_left_out_rows_are_all_rows(
    rows: list[tuple[str, ...]], condition: str | None, once: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, clean, bad = (Path(folder) / name for name in ("e.csv", "c.csv", "b.csv"))
        file.write_text(HEADING + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
        layout = Layout(**COLUMNS, only=[condition] if condition else None, once_per_day=once)
        wanted = [
            row for row in rows if condition is None or ((row[3].strip().lower() == "yes") is ("!" not in condition))
        ]
        if not wanted:
            with pytest.raises(LayoutError, match="leaves no row"):
                check(file, layout)
            return
        report = check(file, layout, clean=clean, bad_rows=bad)
        assert report.good_rows + report.bad_rows + report.left_out == report.rows == len(rows)
        good = [line.split(",") for line in clean.read_text(encoding="utf-8").splitlines()[1:]]
        assert len(good) == report.good_rows == report.good.sum()
        assert len(bad.read_text(encoding="utf-8-sig").splitlines()) - 1 == report.bad_rows
        alone = Path(folder) / "alone.csv"
        alone.write_text(HEADING + "".join(",".join(row) + "\n" for row in wanted), encoding="utf-8")
        plain = check(alone, Layout(**COLUMNS))
        assert report.bad_rows == plain.bad_rows
        assert report.problems == plain.problems
        if not once:
            assert (report.good_rows, report.titlecount, report.warnings) == (
                plain.good_rows,
                plain.titlecount,
                plain.warnings,
            )
            return
        again = check(clean, Layout(**COLUMNS)) if good else plain
        assert not {"duplicate-row", "repeat-visit"} & report.warnings.keys()
        assert not good or again.good_rows == len(good)
        visits = {(email.strip().lower(), title, date[:10]): date for email, date, title, _ in good}
        assert len(visits) == len(good)
        for (email, date, title, _), is_good in zip(wanted, plain.good, strict=True):
            if not is_good:
                continue
            of_it = visits.get((email.strip().lower(), title, date[:10]))
            assert of_it is None or of_it <= date


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=60), st.integers(1, 30), st.booleans())
def test_visits_in_temporary_files_give_the_same_result_as_in_memory(
    visits: list[tuple[int, int]], held: int, timed: bool
) -> None:
    visits = visits if timed else [(visit, 0) for visit, _ in visits]
    hashes, instants = (np.array([one[i] for one in visits], np.int64) for i in (0, 1))
    rows = np.arange(1, len(visits) + 1)
    first = {min((instant, row) for (v, instant), row in zip(visits, rows, strict=True) if v == visit)[1]
             for visit, _ in visits}  # fmt: skip
    before = parted.MAX_HELD
    parted.MAX_HELD = held
    try:
        with Earliest(timed) as taken:
            for at in range(0, len(visits), 7):
                few = slice(at, at + 7)
                taken.add(hashes[few].astype(np.uint64), rows[few], instants[few])
            assert (1 + np.flatnonzero(taken.left_out(len(rows)))).tolist() == [row for row in rows if row not in first]
    finally:
        parted.MAX_HELD = before


@pytest.mark.parametrize("option", ["once", "accept", "excel"])
def test_a_first_pass_loses_no_row(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.inputs.source.BLOCK_BYTES", 500)
    monkeypatch.setattr("preflight.records.scanner.PIECE_BYTES", 500)
    file, clean = tmp_path / "e.csv", tmp_path / "c.csv"
    date = "45000.5" if option == "excel" else "01/25/2024 10:00"
    text = HEADING + "".join(f"a{i}@x.com,{date},T,yes\n" for i in range(100))
    file.write_text(text, encoding="utf-8")
    layout = Layout(**COLUMNS | {"dateformat": "excel"}) if option == "excel" else Layout(**COLUMNS)
    layout = replace(layout, once_per_day=option == "once")
    accept = ["email-typo"] if option == "accept" else []
    report = check(file, layout, clean=clean, accept=accept, normalize_dates=option == "excel")
    assert (report.rows, report.good_rows) == (100, 100)
    assert len(clean.read_text(encoding="utf-8").splitlines()) == 101
    noted = json.loads((tmp_path / "c.preflight.json").read_text(encoding="utf-8"))
    assert noted["about"]["source"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
