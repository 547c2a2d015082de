"""Sheets loaded by `python-calamine`: of a workbook as it is, or of a bundle of pieces of one sheet.

A bundle is a temporary workbook with the pieces as its sheets. What all of them need, texts above all, is loaded once
for it, and their cells one piece after the other.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from preflight.errors import InputError
from preflight.workbooks.container import damaged, with_password
from preflight.workbooks.package import Package

BUNDLE_BYTES = 24 << 20
"""Bytes of pieces in a bundle; more where there are many texts, which take time for each bundle."""


def opened(file: str | BinaryIO, shown: str) -> CalamineWorkbook:
    """A workbook by its path, or from a stream, of which calamine takes all bytes into memory."""
    with _readable(shown):
        if not isinstance(file, str):
            file.seek(0)
        return CalamineWorkbook.from_object(file)


def loaded(book: CalamineWorkbook, sheet: str | int, shown: str) -> CalamineSheet:
    """A sheet by its name or its place."""
    with _readable(shown):
        return book.get_sheet_by_name(sheet) if isinstance(sheet, str) else book.get_sheet_by_index(sheet)


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


@dataclass(frozen=True, slots=True)
class Common:
    """What the sheets of a workbook have in common: its date system, and parts with texts and styles.

    The parts are read anew for each bundle, as texts are many. They stand by the names in a bundle with those in the
    `package`.
    """

    from_1904: bool
    package: Package
    parts: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes of the parts."""
        return sum(map(self.package.size, self.parts.values()))


class Bundle:
    """A workbook in a temporary file without a name, of so many `sheets`; it is gone when it is closed."""

    def __init__(self, pieces: Iterable[bytes], common: Common) -> None:
        self._stream = cast(BinaryIO, tempfile.TemporaryFile(prefix="preflight-"))  # noqa: SIM115  closed by `close`
        self.sheets = 0
        try:
            with zipfile.ZipFile(self._stream, "w") as package:  # not packed
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the file."""
        self._stream.close()

    @property
    def path(self) -> str | None:
        """A path by which this process and those it has forked open the file; None where the system has none."""
        path = f"/proc/{os.getpid()}/fd/{self._stream.fileno()}"
        return path if os.path.exists(path) else None

    def loaded(self, shown: str) -> Iterator[CalamineSheet]:
        """The sheets, each loaded when it is asked for; `shown` is the workbook in messages."""
        return sheets_of(self.path or self._stream, self.sheets, shown)


def sheets_of(bundle: str | BinaryIO, number: int, shown: str) -> Iterator[CalamineSheet]:
    """The sheets of a bundle, each loaded when it is asked for."""
    book = opened(bundle, shown)
    for index in range(number):
        yield loaded(book, index, shown)


def bundles(pieces: Iterator[bytes], common: Common) -> Iterator[Bundle]:
    """Pieces in bundles; each is closed by who takes it."""
    size = max(BUNDLE_BYTES, 2 * common.size)
    for first in pieces:
        yield Bundle(_up_to(size, first, pieces), common)


def _up_to(size: int, first: bytes, more: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    length = len(first)
    while length < size and (piece := next(more, None)) is not None:
        length += len(piece)
        yield piece


def _sheet(index: int) -> str:
    return f"worksheets/sheet{index}.xml"


_OPEN = "http://schemas.openxmlformats.org/"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_RELATED = f"{_OPEN}officeDocument/2006/relationships"


def _frame(sheets: int, from_1904: bool) -> dict[str, str]:
    """The parts of a workbook that say that it has so many sheets."""
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
