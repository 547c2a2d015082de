"""Values pickled in few bytes: arrays of whole numbers, of which there are many, in no more than their range takes."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from preflight.model.arrays import Mask

    Numbers = npt.NDArray[np.integer[Any]]


def pickled(value: object) -> bytes:
    """The pickled value, for `pickle.loads`; arrays in it come back as they were, and can be written to."""
    with io.BytesIO() as out:
        _Packer(out, pickle.HIGHEST_PROTOCOL).dump(value)
        return out.getvalue()


class _Packer(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:
        if not isinstance(value, np.ndarray) or value.ndim != 1 or not len(value):
            return NotImplemented
        if value.dtype == np.bool_:
            return _unmasked, (np.packbits(value), len(value))
        if value.dtype.kind not in "iu" or value.dtype.itemsize == 1:
            return NotImplemented
        return _as_bits(value) or _as_smaller(value) or NotImplemented


def _as_bits(numbers: Numbers) -> tuple[Any, ...] | None:
    """Numbers that rise, most by one: a bit for each that there may be between the first and the last."""
    first, last = int(numbers[0]), int(numbers[-1])
    if not len(numbers) - 1 <= last - first < 4 * len(numbers) or not (numbers[1:] > numbers[:-1]).all():
        return None
    there = np.zeros(last - first + 1, np.bool_)
    there[numbers - first] = True
    return _risen, (np.packbits(there), len(there), first, numbers.dtype)


def _as_smaller(numbers: Numbers) -> tuple[Any, ...] | None:
    """Numbers less the least of them, in a type that holds no more than these."""
    least = int(numbers.min())
    kind = np.min_scalar_type(int(numbers.max()) - least)
    if kind.itemsize >= numbers.dtype.itemsize:
        return None
    return _enlarged, ((numbers - least).astype(kind), least, numbers.dtype)


def _risen(bits: npt.NDArray[np.uint8], number: int, first: int, kind: np.dtype[Any]) -> Numbers:
    numbers: Numbers = np.flatnonzero(_unmasked(bits, number)).astype(kind) + kind.type(first)
    return numbers


def _enlarged(numbers: Numbers, least: int, kind: np.dtype[Any]) -> Numbers:
    enlarged: Numbers = numbers.astype(kind) + kind.type(least)
    return enlarged


def _unmasked(bits: npt.NDArray[np.uint8], number: int) -> Mask:
    return np.unpackbits(bits, count=number).view(np.bool_)
