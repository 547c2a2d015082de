"""Repeated rows are those that a plain dict finds, whether the rows are held or went to a temporary file."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import OutputError, duplicates
from preflight.duplicates import Duplicates, Repeated

MIXER = np.uint64(0x9E3779B97F4A7C15)


def plainly(values: Sequence[int]) -> list[Repeated]:
    first: dict[int, int] = {}
    found = []
    for row, value in enumerate(values, start=1):
        if value in first:
            found.append(Repeated(row, row * 3, first[value], first[value] * 3))
        first.setdefault(value, row)
    return found


def taken(values: Sequence[int], run: int) -> Duplicates:
    """The rows with these hashes, given `run` at a time; the row on line 3 n is the n-th."""
    found = Duplicates()
    hashes = np.array(values, np.uint64) * MIXER  # spread over the whole range
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
)
def test_repeated_rows_equal_a_plain_dict_s(values: list[int], run: int, held: int, listed: int, uneven: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "MOST_UNEVEN", uneven)
        patch.setattr(duplicates, "MOST_HELD", held)
        patch.setattr(duplicates, "MOST_LISTED", listed)
        found = taken(values, run)
        repeated = found.repeated()
        found.close()
    expected = plainly(values)
    assert found.count == len(expected)
    assert repeated == expected[:listed]


def test_one_row_over_and_over_takes_no_more_memory_than_other_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MOST_HELD", 100)
    found = taken([7] * 10_000, 100)
    assert [len(run.edges) and run.rows for run in found._runs] == [1] * 100
    assert found.repeated()[-1] == Repeated(5_001, 15_003, 1, 3)
    assert found.count == 9_999
    found.close()


def test_lines_beyond_four_thousand_million_keep_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MOST_HELD", 2)
    found = Duplicates()
    for row in (1, 3):
        found.add(np.array([5, 6], np.uint64), np.arange(row, row + 2), np.array([7, 1 << 33]) + row)
    assert found.repeated() == [Repeated(3, 10, 1, 8), Repeated(4, (1 << 33) + 3, 2, (1 << 33) + 1)]
    found.close()


def test_a_full_disk_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(duplicates, "MOST_HELD", 10)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OutputError, match=r"^cannot write a temporary file in /\S*: No space left on device$"):
        taken(range(10), 10)
