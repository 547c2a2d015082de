"""The record itself: the right number of cells, quotes in place, real text, not blank."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from preflight.encoding import first_undecodable_byte, reads_as
from preflight.findings import Findings, findings, in_order
from preflight.problems import Fault
from preflight.records import (
    STRAY_QUOTE,
    UNCLOSED_QUOTE,
    WELL_FORMED,
    Dialect,
    Mask,
    Positions,
    Records,
    count_line_ends,
    text_of,
)
from preflight.show import LONGEST_VALUE, shown

BLANK = Fault("blank-row", "The row is blank.")
GUESSED = (
    "The cells of this row were a guess, as its preflight_problems cell says: put them right, then clear that cell."
)
NUL = Fault("nul-byte", "The row holds a NUL byte.")


def check_structure(records: Records, undecodable: Mask, dialect: Dialect) -> tuple[Findings, Mask]:
    """Find the records that cannot be cut into cells of text at all, `undecodable` ones among them.

    Also returns which can.
    """
    nul = _with_nul(records)
    empty = records.stop == records.start
    guessed = np.array([added.guessed for added in records.added], np.bool_) if records.added else np.zeros_like(nul)
    no_text = undecodable | nul | empty | guessed

    def fault(i: int) -> Fault:
        if undecodable[i]:
            return _encoding_fault(records.raw(i))
        if nul[i]:
            return NUL
        return Fault(records.added[i].first_code, GUESSED) if guessed[i] else BLANK

    spoiled, stray = np.flatnonzero(no_text), np.flatnonzero(~no_text & (records.fault == STRAY_QUOTE))
    unclosed = np.flatnonzero(~no_text & (records.fault == UNCLOSED_QUOTE))
    found = [
        findings(spoiled, [fault(i) for i in spoiled.tolist()]),
        findings(stray, [_stray_quote(dialect.misquoted_cell(raw)[:LONGEST_VALUE]) for raw in records.raws(stray)]),
        findings(unclosed, [_unclosed_quote(records, i) for i in unclosed.tolist()]),
    ]
    return in_order(found), (records.fault == WELL_FORMED) & ~no_text


def check_widths(records: Records, misfits: Positions, width: int, dialect: Dialect) -> Findings:
    """Say what is wrong with the records at `misfits`, which have another number of cells than `width`."""
    return findings(misfits, [_width_fault(raw, width, dialect) for raw in records.raws(misfits)])


def find_blank(records: Records, positions: Positions, dialect: Dialect) -> Findings:
    """Find which of the records at `positions`, of the right width, are blank in every cell."""
    return findings(positions, [BLANK if dialect.is_blank(raw) else None for raw in records.raws(positions)])


@lru_cache(maxsize=1_000)
def _stray_quote(cell: str) -> Fault:
    return Fault("stray-quote", f"The quote in {shown(cell)} is neither doubled nor around the whole cell.")


def _unclosed_quote(records: Records, i: int) -> Fault:
    # The record ends with the line on which the cell opened, which earlier cells may have pushed down.
    opened = int(records.line[i]) + count_line_ends(records.raw(i))
    return Fault("unclosed-quote", f"The quote that opens a cell on line {opened} is never closed.")


def _width_fault(raw: bytes, width: int, dialect: Dialect) -> Fault:
    return BLANK if dialect.is_blank(raw) else _wrong_width(dialect.width_of(raw), width)


@lru_cache(maxsize=1_000)
def _wrong_width(cells: int, width: int) -> Fault:
    has, must = _cells(cells), f"the {width} it must have"
    if cells < width:
        return Fault("missing-cell", f"The row has {has}, {width - cells} fewer than {must}.")
    return Fault("extra-cell", f"The row has {has}, {cells - width} more than {must}.")


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _encoding_fault(raw: bytes) -> Fault:
    byte = first_undecodable_byte(raw)
    return Fault("encoding-error", f"Byte {byte + 1} of the row is not text in the stated encoding.")


def find_undecodable(records: Records) -> Mask:
    """Which records hold bytes that are not UTF-8."""
    found = np.zeros(len(records), np.bool_)
    if not len(records) or _is_utf8(memoryview(records.block)[records.start[0] : records.end[-1]]):
        return found
    found[:] = [not reads_as(raw, "utf-8") for raw in records.raws(np.arange(len(records)))]
    return found


def text_shown(raw: bytes) -> str:
    """The text of a record, somewhat more of it than is shown of a long one."""
    return text_of(raw[: 4 * LONGEST_VALUE])


def _is_utf8(text: memoryview) -> bool:
    """Arrow validates several times faster than decoding would, and without a copy."""
    offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _with_nul(records: Records) -> Mask:
    found = np.zeros(len(records), np.bool_)
    text = np.frombuffer(records.block, np.uint8)
    if text.min(initial=1) == 0:  # finding none takes half the time of looking for their places
        places = np.flatnonzero(text == 0)
        counts = np.searchsorted(places, records.stop) - np.searchsorted(places, records.start)
        found |= counts > 0
    return found
