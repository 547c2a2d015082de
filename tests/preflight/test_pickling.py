"""Values that are pickled in few bytes: they come back as they were."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.executors.pickling import pickled

TYPES = [np.int64, np.int32, np.uint64, np.uint8, np.bool_]


@given(st.sampled_from(TYPES), st.lists(st.integers(0, 1 << 40)), st.integers(0, 12), st.integers(-1 << 40, 1 << 40))
def test_arrays_are_unpickled_unchanged(kind: type[np.generic], numbers: list[int], bits: int, least: int) -> None:
    few = np.array([(number & ((1 << bits) - 1)) + least for number in numbers], np.int64)
    for array in (few.astype(kind), np.unique(few).astype(kind), np.array(numbers, np.int64).astype(kind)):
        again = pickle.loads(pickled({"array": array}))["array"]
        assert (again.dtype, again.tolist()) == (array.dtype, array.tolist())
        assert again.flags.writeable


@pytest.mark.parametrize(
    "extremes", [[-(1 << 63), (1 << 63) - 1], [-(1 << 63)], [(1 << 63) - 1], [-(1 << 63), -(1 << 63) + 2]]
)
def test_the_largest_numbers_are_unpickled_unchanged(extremes: list[int]) -> None:
    assert pickle.loads(pickled(np.array(extremes))).tolist() == extremes
    unsigned = np.array(extremes).view(np.uint64)
    assert pickle.loads(pickled(unsigned)).tolist() == unsigned.tolist()


def test_pickled_arrays_are_compact() -> None:
    rows = np.delete(np.arange(1_000_000, 1_100_000), np.arange(0, 100_000, 100))
    kinds = {"rows": rows, "codes": np.tile(np.arange(200), 500), "mask": rows % 3 == 0, "days": rows % 1_000}
    sizes = {name: len(pickled(array)) / len(array) for name, array in kinds.items()}
    assert sizes == {"rows": pytest.approx(1 / 8, 0.05), "codes": pytest.approx(1, 0.05),
                     "mask": pytest.approx(1 / 8, 0.05), "days": pytest.approx(2, 0.05)}  # fmt: skip
