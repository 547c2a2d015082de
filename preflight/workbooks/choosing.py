"""The choice of a workbook's sheet: the requested one, or the only one with email addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from preflight.errors import InputError, LayoutError, UnclearError
from preflight.layouts.groups import likely_to_have_people
from preflight.text.asking import option, typed
from preflight.text.display import counted, shown
from preflight.workbooks.notes import SheetNotes
from preflight.workbooks.reading import Reader, Row, Sheet
from preflight.workbooks.sheetxml import UncomputedError

MOST_SHOWN = 12
"""Sheets that a message lists."""

_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sheet to read, the reason (empty if it was requested), and the names of hidden sheets that are not read."""

    sheet: Sheet
    why: str
    unread: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """The content of a sheet, as far as it was read.

    `people` is the number of rows with an address among the rows read; `is_whole` if these were all. `fault` is the
    reason why the sheet cannot be read.
    """

    sheet: Sheet
    is_empty: bool = True
    people: int = 0
    is_whole: bool = True
    fault: UncomputedError | None = None


def chosen(reader: Reader, asked: str | None, shown_file: str) -> Chosen:
    """Choose a sheet; `asked` is the requested name, if any.

    Raises `LayoutError` if no sheet has that name, `UnclearError` if several sheets have addresses, and `InputError` if
    none has.
    """
    if not reader.sheets:
        raise InputError(f"{shown_file} has no sheet with cells")
    if asked is not None:
        sheet = _named(reader.sheets, asked, shown_file)
        return Chosen(sheet, "", [one.name for one in reader.sheets if one.is_hidden and one != sheet])
    if len(reader.sheets) == 1:
        return Chosen(reader.sheets[0], f"{shown(reader.sheets[0].name, 40)} is the only sheet")
    seen = [_seen(reader, sheet) for sheet in reader.sheets]
    filled, people = [one for one in seen if not one.is_empty], [one for one in seen if one.people]
    if len(people) > 1:
        raise _several(people, shown_file)
    if not people and (faults := [one.fault for one in seen if one.fault is not None]):
        raise faults[0]
    if not people and len(filled) != 1:
        listed = ", ".join(shown(one.sheet.name, 40) for one in seen[:MOST_SHOWN])
        raise InputError(f"no sheet of {shown_file} holds addresses of people: {listed}")
    only = (people or filled)[0]
    reason = "the only sheet with addresses" if people else "the only sheet with cells"
    unread = [one.sheet.name for one in filled if one.sheet.is_hidden and one is not only]
    return Chosen(only.sheet, f"{shown(only.sheet.name, 40)} is {reason}", unread)


def _named(sheets: Sequence[Sheet], asked: str, shown_file: str) -> Sheet:
    found = [one for one in sheets if one.name == asked] or [
        one for one in sheets if one.name.strip().casefold() == asked.strip().casefold()
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(shown(one.name, 40) for one in sheets[:MOST_SHOWN])
    more = f" and {len(sheets) - MOST_SHOWN} more" if len(sheets) > MOST_SHOWN else ""
    error = LayoutError(f"{shown_file} has no sheet {shown(asked, 40)}; it has {names}{more}")
    error.code, error.choices = "sheet", [_choice(one, "") for one in sheets]
    raise error


def _seen(reader: Reader, sheet: Sheet) -> _Seen:
    """Read a sheet up to the first batch of rows with an address."""
    is_empty, batches = True, reader.rows(sheet.name, SheetNotes())
    try:
        for rows in batches:
            is_empty = False
            if people := sum(map(_has_address, rows.cells)):
                return _Seen(sheet, False, people, next(batches, None) is None)
    except UncomputedError as fault:
        return _Seen(sheet, False, fault=fault)
    return _Seen(sheet, is_empty)


def _has_address(row: Row) -> bool:
    return any(isinstance(cell, str) and "@" in cell and _ADDRESS.search(cell) is not None for cell in row)


def _several(people: Sequence[_Seen], shown_file: str) -> UnclearError:
    """The question which sheet to read: the name, content and command of each, the likeliest first."""
    people = sorted(people, key=lambda one: (-likely_to_have_people(one.sheet.name), one.sheet.is_hidden, -one.people))
    says = f"{shown_file} has {len(people)} sheets with people; name the right one with {option('sheet')}"
    contents = [_content_of(one) for one in people]
    lines = [f"  {shown(one.sheet.name, 40)}: {content}" for one, content in zip(people, contents, strict=True)]
    if len(lines) > MOST_SHOWN:
        lines[MOST_SHOWN:] = [f"  … and {len(lines) - MOST_SHOWN} more"]
    options = [{"sheet": one.sheet.name} for one in people]
    choices = [_choice(one.sheet, content) for one, content in zip(people, contents, strict=True)]
    error = UnclearError(says, lines, choices, options[0])
    error.code, error.others = "sheet", options[1:MOST_SHOWN]
    return error


def _content_of(one: _Seen) -> str:
    """The number of rows with an address, as far as the sheet was read, and whether it is hidden."""
    more = "" if one.is_whole else " and more"
    return f"{counted(one.people, 'row')}{more} with an address{', hidden' if one.sheet.is_hidden else ''}"


def _choice(sheet: Sheet, content: str) -> dict[str, object]:
    return {"column": "sheet", "label": sheet.name, "sample": content, "option": typed("sheet", sheet.name)}
