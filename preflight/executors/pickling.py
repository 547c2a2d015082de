"""Compact pickles: arrays of integers take no more bytes than their range of values needs."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt

from preflight.model.arrays import Mask

Numbers = npt.NDArray[np.integer[Any]]


def pickled(value: object) -> bytes:
    """The pickled value, for `pickle.loads`; arrays come back with their type, and writable."""
    with io.BytesIO() as out:
        _Packer(out, pickle.HIGHEST_PROTOCOL).dump(value)
        return out.getvalue()


class _Packer(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        if not isinstance(value, np.ndarray) or value.ndim != 1 or not len(value):
            return NotImplemented
        if value.dtype == np.bool_:
            return _unpacked, (np.packbits(value), len(value))
        if value.dtype.kind not in "iu" or value.dtype.itemsize == 1:
            return NotImplemented
        return _as_bits(value) or _as_smaller(value) or NotImplemented


def _as_bits(numbers: Numbers) -> tuple[Any, ...] | None:
    """Pack dense, strictly increasing numbers as a bit mask from the first to the last; None for other numbers."""
    first, last = int(numbers[0]), int(numbers[-1])
    if not len(numbers) - 1 <= last - first < 4 * len(numbers) or not (numbers[1:] > numbers[:-1]).all():
        return None
    mask = np.zeros(last - first + 1, np.bool_)
    mask[numbers - first] = True
    return _from_bits, (np.packbits(mask), len(mask), first, numbers.dtype)


def _as_smaller(numbers: Numbers) -> tuple[Any, ...] | None:
    """Pack numbers as offsets from their minimum, in the smallest type that holds them; None if none is smaller."""
    least = int(numbers.min())
    kind = np.min_scalar_type(int(numbers.max()) - least)
    if kind.itemsize >= numbers.dtype.itemsize:
        return None
    return _from_offsets, ((numbers - least).astype(kind), least, numbers.dtype)


def _from_bits(bits: npt.NDArray[np.uint8], length: int, first: int, kind: np.dtype[Any]) -> Numbers:
    numbers: Numbers = np.flatnonzero(_unpacked(bits, length)).astype(kind) + kind.type(first)
    return numbers


def _from_offsets(offsets: Numbers, least: int, kind: np.dtype[Any]) -> Numbers:
    numbers: Numbers = offsets.astype(kind) + kind.type(least)
    return numbers


def _unpacked(bits: npt.NDArray[np.uint8], length: int) -> Mask:
    return np.unpackbits(bits, count=length).view(np.bool_)
