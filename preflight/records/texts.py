"""Vectorized operations on many records, given as one Arrow array of bytes.

The results are those of the grammar for each record alone (`preflight.records.grammar`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.arrays import Mask, Positions
from preflight.records.grammar import Dialect
from preflight.records.lines import places
from preflight.records.run import Records
from preflight.text.buffers import between, bytes_of, edges_of

_BLANK_STARTS = np.zeros(256, np.bool_)
"""The mask of first bytes of white space; none of them starts a Latin, Greek or Cyrillic letter."""

_BLANK_STARTS[[*range(0x21), 0x7F, 0xC2, 0xE1, 0xE2, 0xE3]] = True


def texts_of(records: Records, positions: Positions) -> Any:
    """The bytes of the records at these positions, without their line ends, copied once."""
    return between(records.block, records.start[positions], records.stop[positions])


def records_of(texts: Any, lines: Positions, faults: npt.NDArray[np.int8]) -> Records:
    """Records made of texts, lines and faults."""
    ended = pc.binary_join_element_wise(texts, b"\n", b"")
    edges = edges_of(ended)
    block = bytes_of(ended)[: edges[-1]].data
    return Records(block, edges[:-1], edges[1:] - 1, edges[1:], lines, faults)


def shortened(texts: Any, fewer: Positions) -> Any:
    """The texts, each without its last `fewer` bytes."""
    edges = edges_of(texts)
    return between(bytes_of(texts), edges[:-1], edges[1:] - fewer)


def lengthened(texts: Any, character: str, more: Positions) -> Any:
    """The texts, each with a character appended `more` times."""
    ends = pc.binary_repeat(pa.repeat(pa.scalar(character.encode()), len(texts)), pa.array(more))
    return pc.binary_join_element_wise(texts, ends, b"")


def concatenated(columns: Sequence[Any]) -> Any:
    """The concatenated texts of columns as bytes; the columns are Arrow arrays, possibly dictionary-encoded."""
    texts = [one.dictionary.take(one.indices) if pa.types.is_dictionary(one.type) else one for one in columns]
    texts = [one.cast(pa.binary()) for one in texts]
    return pc.binary_join_element_wise(*texts, b"") if len(texts) > 1 else texts[0]


def quoted(columns: Sequence[Any], dialect: Dialect) -> Any:
    """Cells as `Dialect.joined` writes them, with quotes around those that need some; given like to `concatenated`."""
    quote, needs, parts = dialect.quote, np.zeros(len(columns[0]), np.bool_), list[Any]()
    for column in columns if quote else ():
        indices = column.indices if pa.types.is_dictionary(column.type) else None
        texts = column if indices is None else column.dictionary
        if (marked := holding(texts, dialect.separator + quote + "\r\n")).any():
            needs |= marked if indices is None else marked[indices.to_numpy()]
            texts = changed(texts, marked, lambda few: pc.replace_substring(few, quote, 2 * quote))
        parts.append(texts if indices is None else pa.DictionaryArray.from_arrays(indices, texts))
    if not needs.any():
        return concatenated(columns)
    around = pa.DictionaryArray.from_arrays(pa.array(needs.astype(np.int8)), pa.array(["", quote]))
    return concatenated([around, *parts, around])


def changed(texts: Any, chosen: Mask, change: Callable[[Any], Any]) -> Any:
    """The texts, with the function `change` applied to the chosen ones."""
    if not chosen.any():
        return texts
    if chosen.all():
        return change(texts)
    mask = pa.array(chosen)
    return pc.replace_with_mask(texts, mask, change(texts.filter(mask)))


def matching(texts: Any, pattern: str) -> Mask:
    """The mask of texts in which a pattern of bytes is found."""
    found: Mask = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found


def holding(texts: Any, characters: str) -> Mask:
    """The mask of texts that hold one of the ASCII characters; much faster than a pattern."""
    found = np.zeros(len(texts), np.bool_)
    if not len(texts):
        return found
    edges = edges_of(texts)
    block = bytes_of(texts)[edges[0] : edges[-1]]
    marks = places(block, [*characters.encode()], len(block) + 1)
    found[np.searchsorted(edges, marks + edges[0], "right") - 1] = True
    return found


def with_edge(texts: Any, wanted: Mask, *, last: bool = False) -> Mask:
    """The mask of texts whose first or last byte is one of the mask `wanted` of 256 bytes."""
    found = np.zeros(len(texts), np.bool_)
    if len(texts):
        edges = edges_of(texts)
        found[:] = edges[:-1] < edges[1:]
        found[found] = wanted[bytes_of(texts)[(edges[1:] - 1 if last else edges[:-1])[found]]]
    return found


def one_of(some: str | Iterable[int]) -> str:
    """The regular expression of one of the given ASCII characters or bytes."""
    listed = "".join(f"\\x{byte:02x}" for byte in (some.encode() if isinstance(some, str) else some))
    return f"[{listed}]"


class ManyRecords:
    """Many records, as an Arrow array of their bytes, in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        separator, quote = dialect.separator, dialect.quote
        seen = sorted({*range(0x21, 0x7F)} - {*(separator + quote).encode()})
        self._seen, self._is_seen = one_of(seen), np.isin(np.arange(256), seen)

    def seen(self, texts: Any) -> Mask:
        """A mask of records that are certainly not blank; it holds most of them."""
        found = with_edge(texts, self._is_seen)
        found[~found] = matching(texts.filter(pa.array(~found)), self._seen)
        return found

    def blank(self, texts: Any) -> Mask:
        """The mask of blank records; each distinct text that may be blank is examined once."""
        found = ~self.seen(texts)
        coded = texts.filter(pa.array(found)).dictionary_encode()
        of_each = np.array(list(map(self.dialect.is_blank, coded.dictionary.to_pylist())), np.bool_)
        found[found] = of_each[coded.indices.to_numpy()]
        return found

    def end_seen(self, texts: Any) -> Mask:
        """A mask of well-formed records whose last cell is plain and certainly does not end with a blank."""
        return with_edge(texts, self._is_seen, last=True)


class ManyCells:
    """The cells of many well-formed records, as an Arrow array of bytes. `widths` is the number of cells of each."""

    def __init__(self, texts: Any, dialect: Dialect) -> None:
        self._edges, self._separator = edges_of(texts), ord(dialect.separator)
        self._buffer = bytes_of(texts)[: self._edges[-1]]
        self._quote = ord(dialect.quote) if dialect.quote else self._separator
        marks = places(self._buffer, [self._separator, self._quote], len(self._buffer) + 1)
        if dialect.quote:
            is_quote = self._buffer[marks] == self._quote
            marks = marks[((np.cumsum(is_quote) & 1) == 0) & ~is_quote]
        self._separators, self._to = marks, np.searchsorted(marks, self._edges)
        self.widths: Positions = np.diff(self._to) + 1

    def only_empty_follow(self, number: Positions) -> Mask:
        """The mask of records whose last `number` cells are empty, and of which certainly no cell starts with a blank.

        The first cell of a record is not checked for blanks. The mask is False if `number` is not positive.
        """
        found: Mask = number > 0
        first = self._separators[self._to[1:][found] - number[found]]
        found[found] = first == self._edges[1:][found] - number[found]
        return found & ~self._may_start_blank()

    def _may_start_blank(self) -> Mask:
        last, start = len(self._buffer) - 1, self._separators + 1
        first = self._buffer[np.minimum(start, last)]
        inside = np.flatnonzero((first == self._quote) & (first != self._separator))
        blank = _BLANK_STARTS[first] & (first != self._separator)
        blank[inside] = _BLANK_STARTS[self._buffer[np.minimum(start[inside] + 1, last)]]
        record = np.searchsorted(self._edges, self._separators[blank], "right") - 1
        found = np.zeros(len(self.widths), np.bool_)
        found[record[start[blank] < self._edges[record + 1]]] = True
        return found
