"""A worksheet of texts, written row by row.

XlsxWriter takes one cell at a time, and each several times as long as it takes to write. Here a row goes at once to the
file in which XlsxWriter keeps the rows of a sheet in constant memory; all else of the workbook is XlsxWriter's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_TO_ESCAPE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9a-fA-F]{4}_")
_TO_KEEP = re.compile(r"^\s|\s$|\n")


class TextSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A worksheet whose rows are written with `write_texts` alone, one after the other, in constant memory."""

    def write_texts(self, row: int, cells: Sequence[str], formats: Mapping[int, Format], otherwise: Format) -> None:
        """Write a row of texts; those columns that have a format of their own are written even where they are blank."""
        self._check_dimensions(row, 0)
        self._check_dimensions(row, len(cells) - 1)
        plain, number = otherwise._get_xf_index(), row + 1
        written = [f'<row r="{number}">']
        for column, text in enumerate(cells):
            if not text and column not in formats:
                continue
            style = formats[column]._get_xf_index() if column in formats else plain
            if _TO_ESCAPE.search(text):
                text = self._escape_data(self._escape_control_characters(text))
            keep = ' xml:space="preserve"' if _TO_KEEP.search(text) else ""
            place = f"{_letters(column)}{number}"
            written.append(f'<c r="{place}" s="{style}" t="inlineStr"><is><t{keep}>{text}</t></is></c>')
        written.append("</row>")
        self.row_data_fh.write("".join(written))
        self.previous_row = row

    def end_texts(self) -> None:
        """All rows were written: the last one is not to be written by XlsxWriter, too, because it has a comment."""
        self.previous_row += 1


_LETTERS: list[str] = []


def _letters(column: int) -> str:
    while len(_LETTERS) <= column:
        _LETTERS.append(xl_col_to_name(len(_LETTERS)))
    return _LETTERS[column]
