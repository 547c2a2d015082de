"""Which records below a heading are rows of its section, and where its footer begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from preflight.tables.survey import FEW_CELLS, Record
from preflight.text.spelling import unaccented

LEAST_WORDS = 4
"""The number of words from which a line of one cell is a sentence, not an incomplete row."""

_MARK = "\ufeff"
"""A byte order mark."""

FEW_BLANK = 2
"""The number of blank rows inside a table from which a blank row before its last lines is not significant."""

_CLOSES = re.compile(
    r"\W*(?:(?:grand |sub)?-?total(?:e|s|en|i)?\b|sum\b|subtotal|gesamt|summe|insgesamt|anzahl\b|count\b|average\b"
    r"|suma\b|somme\b|somma\b|totaal|aantal\b|durchschnitt|moyenne\b|promedio\b|media\b"
    r"|(?:number|nombre|numero) (?:of|de|di)\b|[0-9][0-9.,]* (?:rows?|records?|entries|zeilen|eintrage|datensatze"
    r"|attendees?|participants?|teilnehmer|lignes|filas|linhas|righe|rijen)\b|rows?\b|records?\b"
    r"|copyright|\(c\) |©|confidential|vertraulich|confidentiel|confidencial|confidenziale|vertrouwelijk"
    r"|(?:report )?(?:generated|exported|downloaded|printed|created|produced|powered) (?:by|on|at|from|via|with)\b"
    r"|erstellt|exportiert|generiert|genere\b|exporte\b|cree le|generado|exportado|gerado|generato|esportato"
    r"|gegenereerd|geexporteerd|end of|ende des|fin du|fin de|fim d|fine del|einde van|\*+ ?end|-+ ?end|eof\b"
    r"|razem\b|lacznie|łacznie|итого\b|всего\b|toplam\b|totalt\b|summa\b|合計|合计|总计|総計|総数"
    r"|page [0-9]|seite [0-9]|pagina [0-9]|report (?:date|time|id|name|run)|filter(?:ed|s)?\b|source\b|quelle\b"
    r"|all rights reserved|alle rechte|tous droits|note:|notes:|hinweis:|\*)"
)
"""Beginnings of the last lines of a report, case-folded and without accents."""

_PAGE = re.compile(r"\W*(?:page|seite|pagina|strona|sida|side) [0-9]+(?:\W+[a-z]{1,3} [0-9]+)?\W*")
"""A line between the pages of a report: `Page 1 of 3`."""

_NAMED = re.compile(r"[^\W\d][^:@]{1,60}:(?:\s.*)?", re.DOTALL)
"""A name and a value in one cell: `Attendees: 14`."""


class Rows:
    """Tells the rows of a section from its end, record by record; `top` is its heading or first row.

    `above` are the lines above it, which a report may repeat on every page.
    """

    def __init__(self, top: Record, headed: bool, width: int, above: Sequence[Record]) -> None:
        self._top, self._headed, self._width = top, headed, width
        self._lines = _Tail(width, 0, top)
        self._above = {line.filled[0] for line in above}
        self._below_heading = headed

    @property
    def tail(self) -> Sequence[Record]:
        """The lines since the last row, which may be rows or a footer."""
        return self._lines.lines

    def pass_over(self) -> None:
        """Skip rows that need no examination."""
        self._below_heading = False
        self._lines = self._lines.after(None)

    def ends_at(self, one: Record, after: Record | None) -> bool:
        """Whether a record begins another section; `after` is the next record, if it is known."""
        top = self._top
        self._below_heading = self._below_heading and one.may_be_labels and one.width == top.width
        return not self._below_heading and _begins_another(
            one, after, top, self._headed, self._width, [line for line in self.tail if not self._is_of_page(line)]
        )

    def add(self, one: Record) -> bool:
        """Add a record of the section; returns whether it is a row with an address."""
        if self._below_heading:  # another heading row
            return False
        short = one.width != self._width and len(one.filled) < FEW_CELLS
        if not _is_row(one, self._top, self._width, self._lines) or (short and self._lines.footer is not None):
            self._lines.add(one)
            return False
        self._lines = self._lines.after(one)
        return one.has_address

    def _is_of_page(self, line: Record) -> bool:
        """Whether a line stands between the pages of a report: it numbers them, or also stands above the first."""
        return len(line.filled) == 1 and (
            line.filled[0] in self._above or _PAGE.fullmatch(unaccented(line.filled[0])) is not None
        )

    def footer(self) -> Record | None:
        """The first record of the footer when no more records follow; None if there is no footer."""
        return self._lines.of_width(max(self._width, self._top.width) if self._headed else self._width).footer


def _begins_another(
    one: Record, after: Record | None, top: Record, headed: bool, width: int, tail: Sequence[Record]
) -> bool:
    """Whether a record is the heading of another section; `tail` are the lines since the last row, but page marks."""
    if one.has_address or not one.may_be_labels:
        return False
    titled = any(line.filled for line in tail)
    if _folded(one) == _folded(top) or (not headed and one.width == width):
        return titled  # else the repeated heading of concatenated exports
    if one.is_heading and (len(one.filled) >= FEW_CELLS or (one.width != width and bool(tail))):
        return True
    fits = after is not None and after.number == one.number + 1 and after.has_address and after.width == one.width
    return bool(tail) and one.width != width and fits


def _folded(one: Record) -> list[str]:
    """The labels in the form in which they are compared.

    In concatenated files a byte order mark may stand before the quotes of the first label.
    """
    first, *others = one.labels or [""]
    if one.cells[0].startswith(_MARK):
        first = first.strip('"')
    return [label.casefold() for label in (first, *others)]


def _is_row(one: Record, top: Record, width: int, tail: _Tail) -> bool:
    """Whether a record is a row, good or bad; if not, it may belong to a footer or to the next section's title."""
    number = len(one.filled)
    if one.has_address or not one.sound:
        return True
    if number <= 1 or (_closes(one) and number <= FEW_CELLS and number < len(top.filled)):
        return False
    if number == 2 and (one.width != width or len(top.filled) > 4):
        return False
    return one.width == width or not tail.broken


def _closes(one: Record) -> bool:
    """Whether a record reads like one of the last lines of a report."""
    first = unaccented(one.filled[0])
    if _CLOSES.match(first):
        return True
    return len(one.filled) == 1 and one.width == 1 and _NAMED.fullmatch(first) is not None


class _Tail:
    """The lines since the last row of a section, each examined once, as they may be many.

    `row` is that row, None if it was only counted; the lines after a malformed row may be the rest of it. `footer` is
    the first record of the footer, with the blank lines before it; None if there is no footer. `broken` if one of the
    lines is blank or reads like one of the last lines of a report.
    """

    def __init__(self, width: int, blank_inside: int, row: Record | None) -> None:
        self.lines: list[Record] = []
        self.footer: Record | None = None
        self.broken = False
        self._width, self._blank_inside, self._row = width, blank_inside, row
        self._whole = row is None or row.sound
        self._above = row
        self._blank_from: Record | None = None

    def after(self, row: Record | None) -> _Tail:
        """The empty tail after a further row."""
        blank = sum(not line.filled for line in self.lines)
        return _Tail(self._width, self._blank_inside + blank, row)

    def of_width(self, width: int) -> _Tail:
        """The same lines below rows of `width` cells."""
        tail = _Tail(width, self._blank_inside, self._row)
        for line in self.lines:
            tail.add(line)
        return tail

    def add(self, one: Record) -> None:
        """Add a line."""
        self.lines.append(one)
        if not one.filled:
            self.broken = True
            self._blank_from = self._blank_from or one
            return
        closes = _closes(one)
        self.broken = self.broken or closes
        if self.footer is None and (closes or self._begins_footer(one)):
            self.footer = self._blank_from or one
        self._above, self._blank_from = one, None

    def _begins_footer(self, one: Record) -> bool:
        sentence = len(one.filled) == 1 and len(one.filled[0].split()) >= LEAST_WORDS
        after_blank = self._blank_from is not None and self._blank_inside < FEW_BLANK and self._whole
        if one.width == self._width:  # as wide as a row: only a sentence in the first cell is a footer
            after_blank = after_blank and sentence and bool(one.cells[0].strip())
        by_itself = sentence and one.width == 1 and (self._above is None or self._above.width >= self._width)
        return after_blank or (by_itself and self._whole)
