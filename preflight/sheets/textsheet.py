"""A worksheet of texts, written row by row.

XlsxWriter accepts one cell at a time, which takes several times as long as writing it. `TextSheet` writes a whole row
to the temporary file in which XlsxWriter keeps the rows in its constant-memory mode; XlsxWriter does everything else.
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
    """A worksheet of the constant-memory mode whose rows are written by `write_texts` only, in order."""

    def write_texts(self, row: int, cells: Sequence[str], formats: Mapping[int, Format], otherwise: Format) -> None:
        """Write a row of texts with the format `otherwise`; cells with one of `formats` are written even if blank."""
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
        """The XML of a cell's text, escaped, and marked to keep its whitespace."""
        if _TO_ESCAPE.search(text):
            text = self._escape_data(self._escape_control_characters(text))
        return f'<t xml:space="preserve">{text}</t>' if _TO_KEEP.search(text) else f"<t>{text}</t>"

    def end_texts(self) -> None:
        """Mark the last row as written; otherwise XlsxWriter writes it again if it has a note."""
        self.previous_row += 1


def _is_plain(cells: Sequence[str]) -> bool:
    """Whether no cell of a row needs escaping or whitespace marks; tests all cells at once, which is faster."""
    row = "\x00".join(cells)
    return (
        _UNUSUAL.search(row) is None
        and "_x" not in row
        and row.count("\x00") == len(cells) - 1
        and [*map(str.strip, cells)] == [*cells]
    )


@cache
def _starts(columns: int) -> Sequence[str]:
    """The beginning of the XML of a cell in each column, up to the row number."""
    return [f'<c r="{xl_col_to_name(column)}' for column in range(columns)]
