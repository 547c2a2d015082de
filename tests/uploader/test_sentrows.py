"""Rows sent before: what numpy finds is what a plain set would, whatever the sizes, pieces and repeats."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import OutputError
from uploader.model.entry import Place
from uploader.preparing import hashes as sentrows
from uploader.preparing.hashes import RUN, RowHashes, counted_by_upload, hashed_with, place_key, uploads_with

HASHES = st.lists(st.integers(0, 12) | st.integers(2**63, 2**64 - 1), max_size=40)


def row_hashes(folder: str, values: list[int]) -> RowHashes:
    rows = RowHashes(Path(tempfile.mkdtemp(dir=folder)) / "rows", b"key")
    for start in range(0, len(values), 7):
        rows.wanted.take(np.array(values[start : start + 7], np.uint64))
    return rows


@settings(deadline=None)
@given(HASHES.filter(bool), st.lists(HASHES.filter(bool), max_size=4), st.integers(1, 9))
def test_a_row_was_sent_before_when_a_plain_set_has_it(file: list[int], earlier: list[list[int]], run: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentrows, "RUN", run)
        patch.setattr(sentrows, "BLOCK", run)
        kept = [(id, row_hashes(folder, values), len(values)) for id, values in enumerate(earlier, 1)]
        packed = [(id, piece) for id, rows, count in kept for piece in rows.packed(0, count)]
        before = counted_by_upload(uploads_with(row_hashes(folder, file).runs(), lambda: packed))
    first = [next((id for id, values in enumerate(earlier, 1) if value in values), 0) for value in file]
    assert before.sent.tolist() == [id != 0 for id in first]
    assert before.uploads == {id: first.count(id) for id in sorted(set(first) - {0})}
    assert before.rows == sum(map(bool, first))


def test_what_is_kept_is_what_was_taken(tmp_path: Path) -> None:
    rows = row_hashes(str(tmp_path), [3, 1, 2])
    assert [run.tolist() for run in rows.runs(RUN)] == [[3, 1, 2]]
    assert b"".join(rows.packed(0, 3)) == np.array([3, 1, 2], "<u8").tobytes()
    assert (rows.rows, RowHashes(tmp_path / "none", b"key").rows) == (3, 0)


@given(HASHES.filter(bool), st.data(), st.integers(1, 9))
def test_a_part_and_a_choice_of_the_rows_have_their_hashes(values: list[int], data: st.DataObject, run: int) -> None:
    first = data.draw(st.integers(0, len(values)))
    rows = data.draw(st.integers(0, len(values) - first))
    wanted = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentrows, "RUN", run)
        all_rows = row_hashes(folder, values)
        part = [hash for hashes in all_rows.runs(run, first, rows) for hash in hashes.tolist()]
        chosen = all_rows.only(np.array(wanted), Path(folder) / "chosen")
        kept = [hash for hashes in chosen.runs() for hash in hashes.tolist()]
    assert part == values[first : first + rows]
    assert kept == [value for value, keep in zip(values, wanted, strict=True) if keep]


def test_each_place_has_a_key_of_its_own() -> None:
    places = [
        ("us", "", "A", "X"),
        ("eu", "", "A", "X"),
        ("us", "", "B", "X"),
        ("us", "", "A", "Y"),
        ("us", "", "AX", ""),
    ]
    texts = [hashed_with(Place(*place)) for place in (*places, ("us", "jo", "A", "X"))]
    keys = {place_key(b"secret", text) for text in texts} | {place_key(b"other", texts[0])}
    assert len(keys) == 7
    assert {len(key) for key in keys} == {16}


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    rows, before = RowHashes(tmp_path / "rows", b"key"), resource.getrlimit(resource.RLIMIT_FSIZE)
    rows.wanted.take(np.arange(10, dtype=np.uint64))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        with pytest.raises(OutputError) as told:
            next(rows.runs())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(told.value) == f"cannot write a temporary file in {tempfile.gettempdir()}: File too large"
