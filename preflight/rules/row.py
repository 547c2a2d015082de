"""The record itself: the right number of cells, quotes in place, real text, not blank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from preflight.blanks import is_blank
from preflight.encoding import first_undecodable_byte
from preflight.findings import Finding, finding
from preflight.problems import Fault
from preflight.records import STRAY_QUOTE, WELL_FORMED, Dialect, Mask, Records, count_line_ends, text_of
from preflight.show import LONGEST_VALUE, shown

BLANK = Fault("blank-row", "The row is blank.")
GUESSED = (
    "The cells of this row were a guess, as its preflight_problems cell says: put them right, then clear that cell."
)
NUL = Fault("nul-byte", "The row holds a NUL byte.")


def check_structure(records: Records, undecodable: Mask, dialect: Dialect) -> tuple[list[Finding], Mask]:
    """Find the records that cannot be cut into cells of text at all, `undecodable` ones among them.

    Also returns which can.
    """
    nul = _with_byte(records, 0)
    empty = records.stop == records.start
    guessed = np.array([added.guessed for added in records.added], np.bool_) if records.added else np.zeros_like(nul)
    whole = (records.fault == WELL_FORMED) & ~(undecodable | nul | empty | guessed)

    def fault(i: int) -> Fault:
        if undecodable[i]:
            return _encoding_fault(records.raw(i))
        if nul[i]:
            return NUL
        if guessed[i]:
            return Fault(records.added[i].first_code, GUESSED)
        return BLANK if empty[i] else _quote_fault(records, i, dialect)

    return [finding(i, _text(records, i), fault(i)) for i in np.flatnonzero(~whole).tolist()], whole


def check_widths(records: Records, misfits: Iterable[int], width: int, dialect: Dialect) -> list[Finding]:
    """Say what is wrong with the records at `misfits`, which have another number of cells than `width`."""
    return [finding(i, _text(records, i), _width_fault(dialect.split(records.raw(i)), width)) for i in misfits]


def find_blank(records: Records, positions: Iterable[int], dialect: Dialect) -> list[Finding]:
    """Find which of the records at `positions`, of the right width, are blank in every cell."""
    blank = [i for i in positions if all(map(is_blank, dialect.split(records.raw(i))))]
    return [finding(i, _text(records, i), BLANK) for i in blank]


def _quote_fault(records: Records, i: int, dialect: Dialect) -> Fault:
    if records.fault[i] == STRAY_QUOTE:
        cell = dialect.misquoted_cell(records.raw(i))
        return Fault("stray-quote", f"The quote in {shown(cell)} is neither doubled nor around the whole cell.")
    # The record ends with the line on which the cell opened, which earlier cells may have pushed down.
    opened = int(records.line[i]) + count_line_ends(records.raw(i))
    return Fault("unclosed-quote", f"The quote that opens a cell on line {opened} is never closed.")


def _width_fault(cells: Sequence[str], width: int) -> Fault:
    if all(map(is_blank, cells)):
        return BLANK
    has, must = _cells(len(cells)), f"the {width} it must have"
    if len(cells) < width:
        return Fault("missing-cell", f"The row has {has}, {width - len(cells)} fewer than {must}.")
    return Fault("extra-cell", f"The row has {has}, {len(cells) - width} more than {must}.")


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _encoding_fault(raw: bytes) -> Fault:
    byte = first_undecodable_byte(raw)
    return Fault("encoding-error", f"Byte {byte + 1} of the row is not text in the stated encoding.")


def find_undecodable(records: Records) -> Mask:
    """Which records hold bytes that are not UTF-8."""
    found = np.zeros(len(records), np.bool_)
    if len(records) and not _is_utf8(memoryview(records.block)[records.start[0] : records.end[-1]]):
        found[:] = [not _is_utf8(records.raw(i)) for i in range(len(records))]
    return found


def _text(records: Records, i: int) -> str:
    return text_of(records.raw(i)[: 4 * LONGEST_VALUE])


def _is_utf8(text: bytes | memoryview) -> bool:
    """Arrow validates several times faster than decoding would, and without a copy."""
    offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _with_byte(records: Records, wanted: int) -> Mask:
    found = np.zeros(len(records), np.bool_)
    places = np.flatnonzero(np.frombuffer(records.block, np.uint8) == wanted)
    if len(places):
        counts = np.searchsorted(places, records.stop) - np.searchsorted(places, records.start)
        found |= counts > 0
    return found
