"""A worksheet of texts, written row by row.

XlsxWriter takes one cell at a time, and each several times as long as it takes to write. Here a row goes at once to the
file in which XlsxWriter keeps the rows of a sheet in constant memory; all else of the workbook is XlsxWriter's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_TO_ESCAPE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9a-fA-F]{4}_")
_TO_KEEP = re.compile(r"^\s|\s$|\n")
_UNUSUAL = re.compile("[&<>\x01-\x08\n\x0b-\x1f\ufffe\uffff]")


class TextSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A worksheet whose rows are written with `write_texts` alone, one after the other, in constant memory."""

    def write_texts(self, row: int, cells: Sequence[str], formats: Mapping[int, Format], otherwise: Format) -> None:
        """Write a row of texts; those columns that have a format of their own are written even where they are blank."""
        self._check_dimensions(row, 0)
        self._check_dimensions(row, len(cells) - 1)
        number, starts = row + 1, _starts(len(cells))
        after = f'{number}" s="{otherwise._get_xf_index()}" t="inlineStr"><is>'
        texts = zip(starts, cells, strict=True)
        if _is_plain(cells):
            written = [f"{start}{after}<t>{text}</t></is></c>" if text else "" for start, text in texts]
        else:
            written = [f"{start}{after}{self._text(text)}</is></c>" if text else "" for start, text in texts]
        for column, form in formats.items():
            after = f'{number}" s="{form._get_xf_index()}" t="inlineStr"><is>'
            written[column] = f"{starts[column]}{after}{self._text(cells[column])}</is></c>"
        self.row_data_fh.write(f'<row r="{number}">{"".join(written)}</row>')
        self.previous_row = row

    def _text(self, text: str) -> str:
        """A cell's text, escaped, and kept as it is by programs that take blanks off."""
        if _TO_ESCAPE.search(text):
            text = self._escape_data(self._escape_control_characters(text))
        return f'<t xml:space="preserve">{text}</t>' if _TO_KEEP.search(text) else f"<t>{text}</t>"

    def end_texts(self) -> None:
        """All rows were written: the last one is not to be written by XlsxWriter, too, because it has a comment."""
        self.previous_row += 1


def _is_plain(cells: Sequence[str]) -> bool:
    """Whether nothing in a row needs to be escaped or kept; one look at all cells takes less time than one at each."""
    row = "\x00".join(cells)
    return (
        _UNUSUAL.search(row) is None
        and "_x" not in row
        and row.count("\x00") == len(cells) - 1
        and [*map(str.strip, cells)] == [*cells]
    )


@cache
def _starts(columns: int) -> Sequence[str]:
    """What the cells of so many columns start with, up to the number of the row."""
    return [f'<c r="{xl_col_to_name(column)}' for column in range(columns)]
