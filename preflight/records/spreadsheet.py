"""Guards cells of a CSV file from spreadsheets, which run some as formulas and reformat some numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preflight.model.arrays import Mask, Positions
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.text.buffers import between, bytes_of

FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
"""First characters of formulas; the last four are the full-width forms of the first four."""

MOST_DIGITS = 15
"""Number of digits that a spreadsheet keeps in a number."""

TELLING_CHARACTERS = 5
"""Number of characters that distinguish a number from other cells that start with a digit, such as dates."""

_FORMULA_STARTS = frozenset(FORMULA_STARTS)
_CHANGEABLE_STARTS = frozenset(FORMULA_STARTS + "'0123456789")
_SUSPECT_STARTS = np.zeros(256, np.bool_)
_SUSPECT_STARTS[[*{character.encode()[0] for character in FORMULA_STARTS}, ord("'")]] = True
_RUN_BYTES = np.zeros(256, np.bool_)
_RUN_BYTES[[*b"=@\t\r"]] = True
"""The first bytes of formulas, with which no number starts."""
_CHANGEABLE_BYTES = _SUSPECT_STARTS.copy()
_CHANGEABLE_BYTES[[*b"0123456789"]] = True
_FULL_WIDTH = "\uff1d".encode()[0]
_IN_NO_NUMBER = np.zeros(256, np.bool_)
_IN_NO_NUMBER[[*b"/-:", *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)]] = True
_EXPONENT_SIGN = np.zeros(256, np.bool_)
_EXPONENT_SIGN[[*b"eE"]] = True
_IN_NO_NUMBER &= ~_EXPONENT_SIGN
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_WITH_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_KEPT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]*[1-9])?")


def _of_bytes(pattern: re.Pattern[str]) -> str:
    return f"^(?:{pattern.pattern})$"


_STARTS_FORMULA = "|".join("".join(f"\\x{byte:02x}" for byte in start.encode()) for start in FORMULA_STARTS)
_RUNS = f"^(?:{_STARTS_FORMULA})|{_of_bytes(_WITH_EXPONENT)}"
"""RE2 pattern of cells, other than numbers, that `guarded` changes."""


def defused(cell: str) -> str:
    """The cell with a leading `'` if a spreadsheet would run it as a formula; plain numbers are unchanged."""
    return f"'{cell}" if _runs(cell) else cell


def guarded(cell: str) -> str:
    """The cell with a leading `'` if a spreadsheet would change it.

    Spreadsheets change formulas, and numbers with a leading zero or plus, with trailing zeros in the decimals, with an
    exponent (`12E3`), or of more than 15 digits. A cell that looks guarded gets another `'`, so that `unguarded`
    restores every cell.
    """
    if cell[:1] not in _CHANGEABLE_STARTS:
        return cell
    return f"'{cell}" if _changes(cell.lstrip("'")) else cell


def guarded_each(cells: Any) -> tuple[Any, Mask]:
    """`guarded` for each cell of an Arrow array of bytes, and the mask of changed cells."""
    import pyarrow.compute as pc

    from preflight.records.texts import changed, matching, with_edge

    found = with_edge(cells, _CHANGEABLE_BYTES)
    if not found.any():
        return cells, found
    bare = cells.filter(pa.array(found))
    if pc.any(pc.starts_with(bare, b"'")).as_py():
        bare = pc.replace_substring_regex(bare, "^'+", "")
    changes = with_edge(bare, _RUN_BYTES)
    bare, doubtful = bare.filter(pa.array(~changes)), np.flatnonzero(~changes)
    number = matching(bare, _of_bytes(_NUMBER))
    numbers, others = bare.filter(pa.array(number)), bare.filter(pa.array(~number))
    kept = matching(numbers, _of_bytes(_KEPT_NUMBER))
    if pc.any(pc.greater(pc.binary_length(numbers), MOST_DIGITS)).as_py():
        kept &= ~matching(numbers, rf"(?:[0-9][^0-9]?){{{MOST_DIGITS + 1}}}")
    changes[doubtful[number]], changes[doubtful[~number]] = ~kept, matching(others, _RUNS)
    found[found] = changes
    return changed(cells, found, lambda few: pc.binary_join_element_wise(b"'", few, b"")), found


def unguarded(cell: str) -> str:
    """The inverse of `guarded`."""
    return cell[1:] if cell.startswith("'") and _changes(cell.lstrip("'")) else cell


def may_change(records: Records, chosen: Positions, dialect: Dialect) -> Mask:
    """The mask of chosen records that may have a cell that `guarded` changes: all that do, and few others."""
    text = bytes_of(between(records.block, records.start[chosen], records.end[chosen]))
    found = np.zeros(len(chosen), np.bool_)
    if not len(text):
        return found
    ends_cell = (text == ord(dialect.separator)) | (text == ord("\n")) | (text == ord("\r"))
    starts_cell = (text <= ord("@")) | (text == _FULL_WIDTH)  # excludes letters, with which most cells start
    starts_cell[1:] &= ends_cell[:-1]
    cell = np.flatnonzero(starts_cell)
    if dialect.quote:
        cell += text[cell] == ord(dialect.quote)
    suspect = cell[begin_as_changed(text, cell.clip(max=len(text) - 1), ends_cell)]
    ends = np.cumsum(records.end[chosen] - records.start[chosen])
    found[np.searchsorted(ends, suspect, "right").clip(max=len(chosen) - 1)] = True
    return found


def begin_as_changed(text: npt.NDArray[np.uint8], cell: Positions, ends_cell: Mask) -> Mask:
    """The mask of cells, given by their starts in a text, that begin like one that `guarded` changes."""
    first = text[cell]
    found: Mask = _CHANGEABLE_BYTES[first]
    digit = np.flatnonzero(found & ~_SUSPECT_STARTS[first])
    number, ended = np.ones(len(digit), np.bool_), np.zeros(len(digit), np.bool_)
    for further in range(1, TELLING_CHARACTERS):
        at = np.minimum(cell[digit] + further, len(text) - 1)
        ended |= ends_cell[at]
        number &= ended | ~_IN_NO_NUMBER[text[at]] | _EXPONENT_SIGN[text[at - 1]]
    found[digit] = number
    return found


def _runs(cell: str) -> bool:
    return cell[:1] in _FORMULA_STARTS and not _NUMBER.fullmatch(cell)


def _changes(cell: str) -> bool:
    if not _NUMBER.fullmatch(cell):
        return _runs(cell) or _WITH_EXPONENT.fullmatch(cell) is not None
    return not _KEPT_NUMBER.fullmatch(cell) or sum(map(str.isdigit, cell)) > MOST_DIGITS
