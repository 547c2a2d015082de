"""Many records as one Arrow array of bytes, and what a dialect tells of all of them at once.

Whatever is told of a record here is what the grammar tells of it by itself (`preflight.records.grammar`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.arrays import Mask, Positions
from preflight.records.grammar import Dialect, Records

_NOT_SEEN = frozenset({*range(0x21), *range(0x7F, 0x100)})
"""Bytes that may be of something that nobody sees."""

_BLANK_STARTS = frozenset({*range(0x21), 0x7F, 0xC2, 0xE1, 0xE2, 0xE3})
"""Bytes with which white space may start, and no letter of the Latin, Greek or Cyrillic alphabet."""


def texts_of(records: Records, positions: Positions) -> Any:
    """The bytes of the records at these positions, without their line ends, copied once."""
    return _between(records.block, records.start[positions], records.stop[positions])


def records_of(texts: Any, lines: Positions, faults: npt.NDArray[np.int8]) -> Records:
    """Records of these texts, which start on these lines and have these faults."""
    ended = pc.binary_join_element_wise(texts, b"\n", b"")
    edges = _edges(ended)
    block = memoryview(ended.buffers()[2] or b"")[: edges[-1]]
    return Records(block, edges[:-1], edges[1:] - 1, edges[1:], lines, faults)


def shortened(texts: Any, fewer: Positions) -> Any:
    """The same texts, each with so many bytes fewer at its end."""
    edges = _edges(texts)
    return _between(texts.buffers()[2] or b"", edges[:-1], edges[1:] - fewer)


def lengthened(texts: Any, character: str, more: Positions) -> Any:
    """The same texts, each with a character so many times at its end."""
    ends = pc.binary_repeat(pa.repeat(pa.scalar(character.encode()), len(texts)), pa.array(more))
    return pc.binary_join_element_wise(texts, ends, b"")


def changed(texts: Any, chosen: Mask, change: Callable[[Any], Any]) -> Any:
    """The same texts, the chosen of them as `change` has them."""
    if not chosen.any():
        return texts
    mask = pa.array(chosen)
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))


def matching(texts: Any, pattern: str) -> Mask:
    """In which texts a pattern of bytes is found."""
    found: Mask = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found


def one_of(some: str | Iterable[int]) -> str:
    """The pattern of one of some ASCII characters, or bytes."""
    return f"[{listed}]" if (listed := as_bytes(some)) else "[^\\x00-\\xff]"


def none_of(some: str) -> str:
    """The pattern of a byte that is none of some ASCII characters."""
    return f"[^{listed}]" if (listed := as_bytes(some)) else "[\\x00-\\xff]"


def as_bytes(some: str | Iterable[int]) -> str:
    """The pattern of a text, or of bytes."""
    return "".join(f"\\x{byte:02x}" for byte in (some.encode() if isinstance(some, str) else sorted(some)))


class ManyRecords:
    """What a dialect tells of many records at once, given as an Arrow array of their bytes."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        separator, quote = dialect.separator, dialect.quote
        marks = {*(separator + quote).encode()}
        seen = one_of({*range(0x100)} - _NOT_SEEN - marks)
        self._seen, self._end_seen = seen, f"{seen}$"
        s, q, not_q = one_of(separator), one_of(quote), none_of(quote)
        self._quoted = f"{q}{not_q}*{q}"
        self._starts_blank = f"{s}{one_of(_BLANK_STARTS - marks)}"
        self._starts_blank_quoted = f"{s}{q}{one_of(_BLANK_STARTS)}"
        plain = f"{none_of(separator + quote)}*"
        needed = f"{q}(?:{not_q}|{q}{q})*(?:{q}{q}|{one_of(separator + chr(10) + chr(13))})(?:{not_q}|{q}{q})*{q}"
        self._as_joined = f"^(?:{plain}|{needed})(?:{s}(?:{plain}|{needed}))*$"

    def widths(self, texts: Any) -> Positions:
        """How many cells each of some well-formed records has."""
        counts: Positions = pc.count_substring(self._unquoted(texts), self.dialect.separator).to_numpy()
        return counts.astype(np.int64) + 1

    def seen(self, texts: Any) -> Mask:
        """Which records have something to see for certain: most that are not blank."""
        return matching(texts, self._seen)

    def as_joined(self, texts: Any) -> Mask:
        """Which well-formed records are as `Dialect.joined` writes them: only cells that need quotes have some."""
        found = self._with_quotes(texts)
        found[found] = ~matching(texts.filter(pa.array(found)), self._as_joined)
        return ~found

    def ending(self, texts: Any, cells: Positions) -> tuple[Mask, Mask]:
        """Of which well-formed records so many cells at the end are empty, and all others begin with no blank.

        The second is true where this does not tell whether a cell at the end is blank, or another begins with a blank.
        """
        trimmed = pc.ascii_rtrim(texts.view(pa.string()), self.dialect.separator)
        empty: Mask = np.diff(_edges(texts)) - np.diff(_edges(trimmed)) >= cells
        blank = matching(self._unquoted(texts), self._starts_blank)
        if self.dialect.quote:
            blank |= matching(texts, self._starts_blank_quoted)
        return empty & ~blank, ~matching(texts, self._end_seen) & (blank | ~empty)

    def _with_quotes(self, texts: Any) -> Mask:
        if not self.dialect.quote:
            return np.zeros(len(texts), np.bool_)
        found: Mask = pc.match_substring(texts, self.dialect.quote).to_numpy(zero_copy_only=False)
        return found

    def _unquoted(self, texts: Any) -> Any:
        """The records without what stands in quotes."""
        return changed(texts, self._with_quotes(texts), lambda few: pc.replace_substring_regex(few, self._quoted, ""))


def _between(block: Any, start: Positions, stop: Positions) -> Any:
    """Parts of a block of bytes as an Arrow array, copied once."""
    edges = np.stack([start, stop], 1).astype(np.int32)
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(block)]
    with_gaps = pa.BinaryArray.from_buffers(pa.binary(), max(0, edges.size - 1), buffers)
    return with_gaps.take(pa.array(np.arange(0, edges.size, 2)))


def _edges(texts: Any) -> Positions:
    """Where each text starts in the bytes of all, and where the last stops."""
    edges = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return edges.astype(np.int64)
