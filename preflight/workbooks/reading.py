"""The cells of a workbook's sheets, some rows at a time, as `python-calamine` reads them."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Protocol

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from preflight.errors import InputError
from preflight.workbooks.container import Kind, damaged, with_password
from preflight.workbooks.notes import SheetNotes
from preflight.workbooks.package import Package
from preflight.workbooks.sheetxml import SheetXml

PIECE_BYTES = 12 << 20
"""Bytes of a sheet's XML that are read in one go, unless its texts, which each piece needs all of, take more."""

ROWS_AT_ONCE = 20_000

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of a sheet: the number of the first, from 1, the columns before their first cell, the cells."""

    first: int
    columns_before: int
    cells: list[Row]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet by its name, and whether it is hidden."""

    name: str
    is_hidden: bool


class Reader(Protocol):
    """Reads a workbook's sheets."""

    sheets: list[Sheet]

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """The rows of a sheet, up to the last with a value; what its cells do not show goes to the notes."""


def reader_of(kind: Kind, stream: BinaryIO, shown: str) -> Reader:
    """The reader of a workbook. Raises `InputError` for one that cannot be read, or must not be."""
    if kind is Kind.XLSX:
        return XlsxReader(stream, shown)
    if kind is Kind.ODS:
        from preflight.workbooks.ods import OdsReader

        return OdsReader(stream, shown)
    if kind is Kind.XLSB:
        Package(stream, shown)
    return WholeReader(stream, shown)


class WholeReader:
    """Has calamine load a sheet whole."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        self._shown = shown
        self._book = _opened(stream, shown)
        self.sheets = [
            Sheet(one.name, one.visible != SheetVisibleEnum.Visible)
            for one in self._book.sheets_metadata
            if one.typ == SheetTypeEnum.WorkSheet
        ]

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """See `Reader`."""
        with _readable(self._shown):
            sheet = self._book.get_sheet_by_name(name)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
            notes.merge((top + 1, bottom + 1), (left + 1, right + 1))
        notes.known = False
        yield from _in_batches(sheet)


class XlsxReader:
    """Cuts a sheet between rows, and has calamine load one piece after the other: see `sheetxml`."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        self._shown = shown
        self._package = Package(stream, shown)
        relations = [
            relation for tag, relation in self._package.elements("xl/_rels/workbook.xml.rels") if tag == "Relationship"
        ]
        related = [(relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")) for relation in relations]
        sheets = {
            relation.get("Id", ""): target
            for relation, (kind, target) in zip(relations, related, strict=True)
            if kind == "worksheet"
        }
        self._parts: dict[str, str] = {}
        self.sheets: list[Sheet] = []
        self._from_1904 = self._not_computed = False
        for tag, attributes in self._package.elements("xl/workbook.xml"):
            said = {name.rpartition(":")[2]: value for name, value in attributes.items()}
            if tag == "workbookPr":
                self._from_1904 = said.get("date1904") in ("1", "true")
            elif tag == "calcPr":
                self._not_computed = said.get("fullCalcOnLoad") in ("1", "true")
            elif tag == "sheet" and (target := sheets.get(said.get("id", ""))):
                name = said.get("name", "")
                self.sheets.append(Sheet(name, said.get("state", "visible") != "visible"))
                self._parts[name] = _part(target)
        self._shared = {
            f"xl/{kind}.xml": b"".join(self._package.blocks(_part(target)))
            for kind, target in related
            if kind in ("sharedStrings", "styles") and _part(target) in self._package
        }

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """See `Reader`."""
        size = max(PIECE_BYTES, sum(map(len, self._shared.values())))
        sheet = SheetXml(name, self._shown, self._not_computed)
        pieces = sheet.pieces(self._package.blocks(self._parts[name]), size, notes)
        for loaded in _ahead(self._loaded, pieces):
            yield from _in_batches(loaded, from_start=True)

    def _loaded(self, xml: bytes) -> CalamineSheet:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as package:  # not packed
            for name, part in {**_frame(self._from_1904), **self._shared, _SHEET: xml}.items():
                package.writestr(name, part)
        book = _opened(written, self._shown)
        with _readable(self._shown):
            return book.get_sheet_by_index(0)


def _ahead(load: Callable[[bytes], CalamineSheet], pieces: Iterator[bytes]) -> Iterator[CalamineSheet]:
    """What is loaded of each piece, each while the one before is in use: calamine lets Python go on meanwhile."""
    first = next(pieces, None)
    if first is None:
        return
    with ThreadPoolExecutor(1, "preflight-sheet") as thread:
        waiting: Future[CalamineSheet] | None = thread.submit(load, first)
        del first
        while waiting is not None:
            piece = next(pieces, None)  # cut meanwhile
            loaded = waiting.result()
            waiting = thread.submit(load, piece) if piece is not None else None
            del piece
            yield loaded
            del loaded


def _in_batches(sheet: CalamineSheet, *, from_start: bool = False) -> Iterator[Rows]:
    """The rows of a sheet; `from_start` of a piece: without the rows before it."""
    if sheet.start is None or sheet.end is None:
        return
    first, left = sheet.start
    if from_start:
        yield Rows(first + 1, left, sheet.to_python())
        return
    rows, at = sheet.iter_rows(), 1
    while cells := list(islice(rows, ROWS_AT_ONCE)):
        yield Rows(at, left, cells)
        at += len(cells)


def _opened(stream: BinaryIO, shown: str) -> CalamineWorkbook:
    with _readable(shown):
        stream.seek(0)
        return CalamineWorkbook.from_filelike(stream)


@contextmanager
def _readable(shown: str) -> Iterator[None]:
    """Say of what calamine cannot read that it is damaged."""
    try:
        yield
    except PasswordError as error:
        raise with_password(shown) from error
    except InputError:
        raise
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(shown) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of Rust, which is no Exception
            raise damaged(shown) from None
        raise


def _part(target: str) -> str:
    """The name of a part by how the workbook's part names it."""
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


_SHEET = "xl/worksheets/sheet1.xml"
_OPEN = "http://schemas.openxmlformats.org/"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_RELATED = f"{_OPEN}officeDocument/2006/relationships"


def _frame(from_1904: bool) -> dict[str, str]:
    """The parts of a workbook that say that it has one sheet."""
    relations = {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml", "styles": "styles.xml"}
    types = {"workbook.xml": "sheet.main", **{part: kind for kind, part in relations.items()}}
    return {
        "[Content_Types].xml": f'<Types xmlns="{_OPEN}package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Override PartName="/xl/{part}" ContentType="{_TYPE}{kind}+xml"/>' for part, kind in types.items())
        + "</Types>",
        "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
        "xl/_rels/workbook.xml.rels": _relations(relations),
        "xl/workbook.xml": f'<workbook xmlns="{_OPEN}spreadsheetml/2006/main" xmlns:r="{_RELATED}">'
        f'<workbookPr date1904="{from_1904:d}"/><sheets><sheet name="S" sheetId="1" r:id="r0"/></sheets></workbook>',
    }


def _relations(targets: Mapping[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="r{i}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{_OPEN}package/2006/relationships">{listed}</Relationships>'
