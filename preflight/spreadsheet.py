"""What a spreadsheet does to a cell of a CSV file: it runs some as formulas, and writes some numbers otherwise."""

from __future__ import annotations

import re

FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
"""What a formula starts with; the last four are the full-width forms of the first."""

MOST_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_WITH_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_KEPT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]*[1-9])?")


def defused(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: one that it would gets a leading `'`; plain numbers stay."""
    return f"'{cell}" if _runs(cell) else cell


def guarded(cell: str) -> str:
    """A cell that a spreadsheet leaves as it is, with a leading `'` where it would not.

    Those are formulas, and numbers with a leading zero or plus, with zeros after the decimals, with an exponent
    (`12E3`), or of more than 15 digits. A cell that looks like a guarded one gets another `'`, so that `unguarded`
    gives back every cell.
    """
    return f"'{cell}" if _changes(cell.lstrip("'")) else cell


def unguarded(cell: str) -> str:
    """The cell from which `guarded` made this one."""
    return cell[1:] if cell.startswith("'") and _changes(cell.lstrip("'")) else cell


def _runs(cell: str) -> bool:
    return cell.startswith(tuple(FORMULA_STARTS)) and not _NUMBER.fullmatch(cell)


def _changes(cell: str) -> bool:
    if not _NUMBER.fullmatch(cell):
        return _runs(cell) or _WITH_EXPONENT.fullmatch(cell) is not None
    return not _KEPT_NUMBER.fullmatch(cell) or sum(map(str.isdigit, cell)) > MOST_DIGITS
