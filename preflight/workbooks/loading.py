"""Sheets loaded by `python-calamine`, from a workbook itself or from a bundle of pieces of one sheet.

A bundle is a temporary workbook with the pieces as its sheets. The shared strings and styles are loaded once for the
bundle, the cells piece by piece.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from preflight.errors import InputError, temporary_file
from preflight.workbooks.container import damaged, with_password
from preflight.workbooks.package import Package

BUNDLE_BYTES = 24 << 20
"""Bytes of pieces in a bundle; larger if there are many shared strings, which are loaded for each bundle."""


def opened(file: str | BinaryIO, shown: str) -> CalamineWorkbook:
    """Open a workbook by its path, or from a stream, which calamine reads into memory whole."""
    with _readable(shown):
        if not isinstance(file, str):
            file.seek(0)
        return CalamineWorkbook.from_object(file)


def loaded(book: CalamineWorkbook, sheet: str | int, shown: str) -> CalamineSheet:
    """Load a sheet by its name or index."""
    with _readable(shown):
        return book.get_sheet_by_name(sheet) if isinstance(sheet, str) else book.get_sheet_by_index(sheet)


@contextmanager
def _readable(shown: str) -> Iterator[None]:
    """Context manager that turns calamine's errors into `InputError`."""
    try:
        yield
    except PasswordError as error:
        raise with_password(shown) from error
    except InputError:
        raise
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(shown) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # Rust's, which does not derive from Exception
            raise damaged(shown) from None
        raise


@dataclass(frozen=True, slots=True)
class Common:
    """The date system of a workbook, and the parts that its sheets share: strings and styles.

    `parts` maps the names of the parts in a bundle to those in the `package`. Each bundle reads them anew, as they may
    be too large to keep.
    """

    from_1904: bool
    package: Package
    parts: Mapping[str, str]

    @property
    def size(self) -> int:
        """The size of the parts in bytes."""
        return sum(map(self.package.size, self.parts.values()))


class Bundle:
    """A workbook of `sheets` sheets in a temporary file without a name, deleted by `close`."""

    def __init__(self, pieces: Iterable[bytes], common: Common) -> None:
        self._stream = temporary_file()
        self.sheets = 0
        try:
            with zipfile.ZipFile(self._stream, "w") as package:  # uncompressed
                for piece in pieces:
                    package.writestr(f"xl/{_sheet(self.sheets)}", piece)
                    self.sheets += 1
                for name, text in _frame(self.sheets, common.from_1904).items():
                    package.writestr(name, text)
                for name, part in common.parts.items():
                    with package.open(name, "w", force_zip64=True) as written:
                        written.writelines(common.package.blocks(part))
            self._stream.flush()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Delete the file."""
        self._stream.close()

    @property
    def path(self) -> str | None:
        """A path by which this process and its forks can open the file; None if the system has none."""
        path = f"/proc/{os.getpid()}/fd/{self._stream.fileno()}"
        return path if os.path.exists(path) else None

    def loaded(self, shown: str) -> Iterator[CalamineSheet]:
        """Load the sheets one by one; `shown` is the workbook's name for messages."""
        return sheets_of(self.path or self._stream, self.sheets, shown)


def sheets_of(bundle: str | BinaryIO, number: int, shown: str) -> Iterator[CalamineSheet]:
    """Load the sheets of a bundle one by one."""
    book = opened(bundle, shown)
    for index in range(number):
        yield loaded(book, index, shown)


def bundles(pieces: Iterator[bytes], common: Common) -> Iterator[Bundle]:
    """Yield the pieces in bundles; the caller closes each bundle."""
    size = max(BUNDLE_BYTES, 2 * common.size)
    for first in pieces:
        yield Bundle(_up_to(size, first, pieces), common)


def _up_to(size: int, first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    length = len(first)
    while length < size and (piece := next(others, None)) is not None:
        length += len(piece)
        yield piece


def _sheet(index: int) -> str:
    return f"worksheets/sheet{index}.xml"


_OPEN = "http://schemas.openxmlformats.org/"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_RELATED = f"{_OPEN}officeDocument/2006/relationships"


def _frame(sheets: int, from_1904: bool) -> dict[str, str]:
    """The parts that declare a workbook of `sheets` sheets, by their names."""
    related = [("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")]
    related += [("worksheet", _sheet(index)) for index in range(sheets)]
    types = [("sheet.main", "workbook.xml"), *related]
    listed = "".join(f'<sheet name="{i}" sheetId="{i + 1}" r:id="r{i + 2}"/>' for i in range(sheets))
    return {
        "[Content_Types].xml": f'<Types xmlns="{_OPEN}package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Override PartName="/xl/{part}" ContentType="{_TYPE}{kind}+xml"/>' for kind, part in types)
        + "</Types>",
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/_rels/workbook.xml.rels": _relations(related),
        "xl/workbook.xml": f'<workbook xmlns="{_OPEN}spreadsheetml/2006/main" xmlns:r="{_RELATED}">'
        f'<workbookPr date1904="{from_1904:d}"/><sheets>{listed}</sheets></workbook>',
    }


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="r{i}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="{_OPEN}package/2006/relationships">{listed}</Relationships>'
