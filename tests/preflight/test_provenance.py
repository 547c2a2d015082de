"""The provenance of a clean file is read as it was stored; damaged provenance is ignored."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import CheckOptions, Layout, check
from preflight.layouts.words import Quote, Separator
from preflight.model.fixes import FIXES
from preflight.opening.provenance import (
    MOST_DAYS,
    CleanProvenance,
    DaysOfBadRows,
    Provenance,
    days_of_bad_rows,
    layout_as_dict,
    options_as_dict,
    options_from_dict,
)
from preflight.outputs.judged import Judged
from preflight.outputs.sidecar import Sidecar, sidecar_path
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records

LAYOUT = Layout("Email", 1, None, None, "dd/MM/yyyy", "SEMICOLON", "NONE", "N", "cp1252", title_text="T", only=["N=1"])
OPTIONS = [
    CheckOptions(),
    CheckOptions(
        normalize_dates=True,
        zone="Europe/Berlin",
        locale="de",
        fix=FIXES,
        accept=["date-year", "email-typo"],
        oldest=date(2020, 1, 31),
        newest=date(2030, 12, 1),
        known_titles=["T"],
        clean="clean.csv",
        strict=True,
        max_shown=3,
    ),
    CheckOptions(normalize_dates="day", fix=["blanks"]),
]


@pytest.mark.parametrize("options", OPTIONS, ids=["none", "all", "day"])
def test_options_that_judge_or_change_rows_are_stored(options: CheckOptions) -> None:
    """Outputs, display options and known titles are not stored."""
    stored = json.loads(json.dumps(options_as_dict(options)))
    assert CheckOptions(**options_from_dict(stored)) == replace(
        options, known_titles=(), clean=None, strict=False, max_shown=CheckOptions().max_shown
    )
    defaults = {one.name: one.default for one in fields(CheckOptions)}
    assert not [name for name, value in stored.items() if value == defaults[name]]


@pytest.mark.parametrize("layout", [Layout(), LAYOUT])
def test_the_given_layout_is_stored(layout: Layout) -> None:
    stored = layout_as_dict(layout)
    assert Layout.from_dict(json.loads(json.dumps(stored))) == layout
    assert None not in stored.values()


def good_rows(provenance: Provenance) -> np.ndarray[Any, Any]:
    about = provenance.of_clean()
    bits = np.frombuffer(zlib.decompress(base64.b64decode(about["good"])), np.uint8)
    return np.unpackbits(bits, count=about["source"]["rows"]).view(np.bool_)


@given(st.lists(st.lists(st.booleans(), max_size=20), max_size=6))
def test_the_mask_of_good_rows_does_not_depend_on_the_chunks(chunks: list[list[bool]]) -> None:
    provenance = Provenance("in.csv", Layout(), CheckOptions())
    for chunk in chunks:
        provenance.add(np.array(chunk, np.bool_))
    assert good_rows(provenance).tolist() == [not bad for chunk in chunks for bad in chunk]


def test_the_source_is_identified_by_the_hash_of_its_records() -> None:
    text, provenance = b"a,b\nc,d\n" * 3, Provenance("in.csv", Layout(), CheckOptions(clean="c.csv"))
    (records,) = read_records([text], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE))
    for _ in range(2):  # read again from the start
        runs = [records.between(1, 3), records.between(3, 3), records.between(4, 6)]
        assert list(provenance.hashed(runs)) == runs
    provenance.add(np.array([False, True]))
    sha256 = hashlib.sha256(text[4:12] + text[16:]).hexdigest()
    assert provenance.of_other() == {"source": {"name": "in.csv", "sha256": sha256, "rows": 2}}
    assert provenance.of_clean().items() >= provenance.of_other().items()
    of_workbook = Provenance("in.xlsx", Layout(), CheckOptions(), "its own")
    assert of_workbook.of_other() == {"source": {"name": "in.xlsx", "sha256": "its own", "rows": 0}}
    provenance.come_from({"name": "other.csv"})
    assert provenance.of_other() == {"source": {"name": "other.csv"}}
    provenance.come_from(None)
    assert provenance.of_other() == {}


@pytest.mark.parametrize(
    ("outputs", "hashed"), [({}, b""), ({"clean": "c.csv"}, b"a,b\n"), ({"fixes": "f.csv"}, b"a,b\n")]
)
def test_a_source_is_hashed_if_an_output_has_a_sidecar(outputs: dict[str, Any], hashed: bytes) -> None:
    provenance = Provenance("in.csv", Layout(), CheckOptions(**outputs, fix=["blanks"]))
    (records,) = provenance.hashed(read_records([b"a,b\n"], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)))
    assert records.raw(0) == b"a,b"
    sha256 = hashlib.sha256(hashed).hexdigest()
    assert provenance.of_other() == {"source": {"name": "in.csv", "sha256": sha256, "rows": 0}}


def judged(first_row: int, days: list[str], bad: list[bool]) -> Judged:
    """A chunk in which every third record has no cells."""
    rows = first_row + np.flatnonzero(np.arange(len(bad)) % 3 < 2)
    chunk = SimpleNamespace(rows=rows, first_row=first_row)
    instants = np.array(days, "datetime64[us]")[rows - first_row]
    return cast(Judged, SimpleNamespace(chunk=chunk, bad=np.array(bad), instants=instants))


def test_the_day_of_a_bad_row_with_a_good_date_is_stored_by_row_number() -> None:
    days = ["2024-01-02T23:59", "2024-01-03", "2024-01-04", "NaT", "2024-01-06", "2024-01-07", "1969-12-31T01:00"]
    some = judged(11, days, [True, False, True, True, True, True, True])
    output = DaysOfBadRows()
    output.write(days_of_bad_rows(some), cast(Any, None), cast(Any, None))
    assert output.by_row == {"11": "2024-01-02", "15": "2024-01-06", "17": "1969-12-31"}


def test_the_number_of_stored_days_is_limited() -> None:
    output = DaysOfBadRows()
    rows = 2 * MOST_DAYS
    part = output.part_of(judged(1, ["2024-01-02"] * rows, [True] * rows))
    assert [len(column) for column in part] == [MOST_DAYS, MOST_DAYS]
    for first, last, day in ((1, 1, "2024-01-01"), (2, 2, "2024-01-02"), (3, rows, "2024-01-03"), (1, 9, "2024-01-04")):
        numbers = np.arange(first, last + 1)
        output.write((numbers, np.full(len(numbers), day, "datetime64[D]")), cast(Any, None), cast(Any, None))
    assert list(output.by_row.items())[:3] == [("1", "2024-01-01"), ("2", "2024-01-02"), ("3", "2024-01-03")]
    assert list(output.by_row)[-1] == str(MOST_DAYS)


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A clean file of a source with two good rows and two bad ones."""
    rows = ["a@x.com,25/01/2024,T", "nobody,26/01/2024,T", "b@x.com,27/01/2024,T", "c@x.com,1/32/24,T"]
    (tmp_path / "in.csv").write_text("\n".join(["Email,Date,Title", *rows]), encoding="utf-8")
    layout = Layout("Email", "Date", "Title", None, "dd/MM/yyyy")
    check(tmp_path / "in.csv", layout, clean=tmp_path / "clean.csv", normalize_dates=True, oldest=date(2000, 1, 1))
    return tmp_path / "clean.csv"


def test_stored_provenance_is_read_again(clean: Path) -> None:
    found = CleanProvenance.of(clean)
    assert found is not None
    assert (found.source["rows"], found.good.tolist()) == (4, [True, False, True, False])
    assert found.layout.dateformat == "dd/MM/yyyy"
    assert found.options == {"normalize_dates": True, "oldest": date(2000, 1, 1)}
    assert (found.days, found.merged, found.clean_dateformat) == ({2: "2024-01-26"}, {}, "yyyy-MM-dd")
    other = CleanProvenance.of(clean)
    assert other is not None
    assert len(found.hash_of(b"x")) == 16
    assert len({found.hash_of(b"x"), found.hash_of(b"y"), other.hash_of(b"x")}) == 3  # each has a key of its own
    sidecar = Sidecar.of(clean)
    assert sidecar is not None
    about = found.with_merged({2: found.hash_of(b"x")})
    sidecar_path(clean).write_bytes(Sidecar(sidecar.size, sidecar.sha256, about).as_bytes())
    again = CleanProvenance.of(clean)
    assert again is not None
    assert again.merged == {2: found.hash_of(b"x")} == {2: again.hash_of(b"x")}


def test_dates_that_were_not_normalized_keep_the_format_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("Email,Date,Title\na@x.com,25/01/2024,T\n", encoding="utf-8")
    check(tmp_path / "in.csv", Layout(dateformat="dd/MM/yyyy"), clean=tmp_path / "clean.csv")
    found = CleanProvenance.of(tmp_path / "clean.csv")
    assert found is not None
    assert (found.clean_dateformat, found.options) == ("dd/MM/yyyy", {})


DAMAGED: list[dict[str, Any]] = [
    {"good": "no base64"},
    {"good": base64.b64encode(b"not packed").decode()},
    {"good": 1},
    {"source": {"name": "in.csv"}},
    {"source": {"rows": "4"}},
    {"source": None},
    {"layout": {"emial": 0}},
    {"layout": {"email": -1}},
    {"check": {"no_option": True}},
    {"check": {"oldest": "some day"}},
    {"check": []},
    {"days": {"two": "2024-01-26"}},
    {"days": ["2"]},
    {"merged": {"rows": {}}},
    {"merged": {"key": "k", "rows": {"x": "y"}}},
]


@pytest.mark.parametrize("damage", DAMAGED, ids=str)
def test_damaged_provenance_is_ignored(damage: dict[str, Any], clean: Path) -> None:
    sidecar = Sidecar.of(clean)
    assert sidecar is not None
    made = Sidecar(sidecar.size, sidecar.sha256, {**sidecar.about, **damage})
    sidecar_path(clean).write_bytes(made.as_bytes())
    assert CleanProvenance.of(clean) is None
    for name in damage:
        missing = {key: value for key, value in sidecar.about.items() if key != name}
        sidecar_path(clean).write_bytes(Sidecar(sidecar.size, sidecar.sha256, missing).as_bytes())
        assert (CleanProvenance.of(clean) is None) == (name != "merged")
