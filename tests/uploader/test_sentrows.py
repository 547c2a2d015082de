"""Rows sent before: numpy finds what a plain set would, for all sizes, batches and repeats."""

from __future__ import annotations

import resource
import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import OutputError
from uploader.model.entry import Place
from uploader.preparing import hashes as sentrows
from uploader.preparing.hashes import (
    BITS,
    RUN,
    RowHashes,
    counted_by_upload,
    hashed_with,
    is_of_family,
    place_key,
    uploads_with,
)

HASHES = st.lists(
    st.integers(0, 12) | st.integers(60, 63).map(lambda bit: 2**bit) | st.integers(2**63, 2**64 - 1), max_size=40
)


def row_hashes(folder: str, values: list[int]) -> RowHashes:
    rows = RowHashes(Path(tempfile.mkdtemp(dir=folder)) / "rows", b"key")
    for start in range(0, len(values), 7):
        rows.fingerprints.take(np.array(values[start : start + 7], np.uint64))
    return rows


@settings(deadline=None)
@given(HASHES.filter(bool), st.lists(HASHES.filter(bool), max_size=4), st.integers(1, 9), st.integers(1, 12))
def test_a_row_was_sent_before_when_a_plain_set_has_it(
    file: list[int], earlier: list[list[int]], run: int, bits: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentrows, "RUN", run)
        patch.setattr(sentrows, "BLOCK", run)
        patch.setattr(sentrows, "BITS", bits)
        patch.setattr(sentrows, "SHIFTS", (64 - bits, 64 - 2 * bits))
        kept = [(id, row_hashes(folder, values), len(values)) for id, values in enumerate(earlier, 1)]
        packed = [(id, piece) for id, rows, count in kept for piece in rows.packed(0, count)]
        before = counted_by_upload(uploads_with(row_hashes(folder, file).runs(), lambda: packed))
    first = [next((id for id, values in enumerate(earlier, 1) if value in values), 0) for value in file]
    assert before.sent.tolist() == [id != 0 for id in first]
    assert before.uploads == {id: first.count(id) for id in sorted(set(first) - {0})}
    assert before.rows == sum(map(bool, first))


def test_the_stored_hashes_are_those_given(tmp_path: Path) -> None:
    rows = row_hashes(str(tmp_path), [3, 1, 2])
    assert [run.tolist() for run in rows.runs(RUN)] == [[3, 1, 2]]
    assert b"".join(rows.packed(0, 3)) == np.array([3, 1, 2], "<u8").tobytes()
    assert (rows.rows, RowHashes(tmp_path / "none", b"key").rows) == (3, 0)


@given(HASHES.filter(bool), st.data(), st.integers(1, 9))
def test_a_part_and_a_selection_of_the_rows_have_their_hashes(values: list[int], data: st.DataObject, run: int) -> None:
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


def test_the_key_of_a_place_does_not_change() -> None:
    text = hashed_with(Place("us", "jo", "A", "X"))
    assert text == "multiply-shift\0us\0A\0X\0jo"
    assert place_key(b"secret", text).hex() == "e2bb7020fdb462f73f31a0f05ca22ac3"
    assert [is_of_family(one) for one in (text, "", "us\0A\0X\0jo", "multiply-shift-2\0us", "multiply-shift")] == [
        True, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ids", "described", "uploads"),
    [
        ([0, 0], "0 of 2 rows were sent before", {}),
        ([7], "1 of 1 row was sent before", {"7": 1}),
        ([3, 0] + [2] * 1000, "1,001 of 1,002 rows were sent before", {"2": 1000, "3": 1}),
    ],
)
def test_rows_sent_before_are_counted_by_upload(ids: list[int], described: str, uploads: dict[str, int]) -> None:
    before = counted_by_upload(np.array(ids, np.int32))
    assert before.described == described
    assert before.as_dict() == {"rows": sum(uploads.values()), "uploads": uploads}


def test_hashes_that_differ_in_one_bit_are_of_different_rows(tmp_path: Path) -> None:
    alike = [5, *(5 ^ 1 << bit for bit in range(64))]
    for place in range(0, 65, 16):
        earlier = [(1, np.array(alike[place + 1 :], "<u8").tobytes()), (2, np.array(alike[:place], "<u8").tobytes())]
        found = uploads_with([np.array(alike, np.uint64)], partial(list, earlier))
        assert found.tolist() == [2] * place + [0] + [1] * (64 - place)


def test_a_row_of_many_uploads_counts_for_the_first() -> None:
    earlier = [(id, np.array([7, 7000 - id], "<u8").tobytes()) for id in range(1, 500)]
    assert uploads_with([np.array([7, 6999], np.uint64)], partial(list, earlier)).tolist() == [1, 1]


def test_a_file_without_rows_has_none_sent_before(tmp_path: Path) -> None:
    none = row_hashes(str(tmp_path), [])
    assert list(none.runs()) == []
    ids = uploads_with(none.runs(), lambda: [(1, b"")])
    assert (ids.tolist(), ids.dtype) == ([], np.int32)
    assert uploads_with(row_hashes(str(tmp_path), [1, 2]).runs(), list).tolist() == [0, 0]


def test_rows_are_chosen_anew_where_some_were_chosen_before(tmp_path: Path) -> None:
    rows = row_hashes(str(tmp_path), [3, 1, 2])
    for wanted, chosen in (([True, False, True], [3, 2]), ([False, True, False], [1])):
        some = rows.only(np.array(wanted), tmp_path / "chosen")
        assert ([run.tolist() for run in some.runs()], some.rows) == ([chosen], len(chosen))
        assert some.fingerprints.key == b"key"


def test_hashes_are_kept_in_pieces_and_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory stays bounded."""
    monkeypatch.setattr(sentrows, "RUN", 4)
    rows, sizes = RowHashes(tmp_path / "rows", b"key"), []
    for count in (3, 1, 2, 5, 1):
        rows.fingerprints.take(np.arange(count, dtype=np.uint64))
        sizes.append((tmp_path / "rows").stat().st_size if (tmp_path / "rows").exists() else 0)
    assert sizes == [0, 32, 32, 88, 88]
    assert [len(piece) for piece in rows.packed(1, 10)] == [32, 32, 16]
    assert [len(run) for run in rows.runs(5)] == [5, 5, 2]


def test_a_row_is_looked_up_in_tables_of_a_byte_for_each_entry() -> None:
    """So that a lookup takes less memory than the check before it: a few rows take the tables only."""
    tracemalloc.start()
    try:
        assert uploads_with([np.array([7], np.uint64)], lambda: [(1, np.array([7], "<u8").tobytes())]).tolist() == [1]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 3 << BITS <= most < 4 << BITS


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    rows, before = RowHashes(tmp_path / "rows", b"key"), resource.getrlimit(resource.RLIMIT_FSIZE)
    rows.fingerprints.take(np.arange(10, dtype=np.uint64))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        with pytest.raises(OutputError) as told:
            next(rows.runs())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(told.value) == f"cannot write a temporary file in {tempfile.gettempdir()}: File too large"
