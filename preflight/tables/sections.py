"""The sections of a report: tables with addresses, or with an email column, each from its heading to its last row.

Bad rows are rows, too: a section ends only at the next section or at a footer. Lines without an address after the last
row are a footer if they say so (a total, the author or date of the report) or follow a blank row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from preflight.tables.labels import is_email_label
from preflight.tables.survey import FEW_CELLS, Record, Survey
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
    r"|page [0-9]|seite [0-9]|pagina [0-9]|report (?:date|time|id|name|run)|filter(?:ed|s)?\b|source\b|quelle\b"
    r"|all rights reserved|alle rechte|tous droits|note:|notes:|hinweis:|\*)"
)
"""Beginnings of the last lines of a report, case-folded and without accents."""

_NAMED = re.compile(r"[^\W\d][^:@]{1,60}:(?:\s.*)?", re.DOTALL)
"""A name and a value in one cell: `Attendees: 14`."""


@dataclass(frozen=True)
class Section:
    """A table in a file.

    `head` is its heading (if `headed`), else its first row. `stop` is the first record after it, None if none follows.
    `title` is the text of the line above it, on `title_line` (0 without one). `people` is the number of rows with an
    address, `width` the number of their cells.
    """

    head: Record
    headed: bool
    stop: Record | None
    title: str
    title_line: int
    people: int
    width: int


def sections(survey: Survey) -> list[Section]:
    """The sections of a file, in order."""
    seen, found, at = survey.seen, list[Section](), 0
    while (anchor := next((i for i in range(at, len(seen)) if _begins(seen, i)), None)) is not None:
        head, headed = _head(seen, anchor, at)
        section, at = section_from(survey, head, headed)
        found.append(section)
    return found


class Rows:
    """Tells the rows of a section from its end, record by record; `top` is its heading or first row."""

    def __init__(self, top: Record, headed: bool, width: int) -> None:
        self._top, self._headed, self._width = top, headed, width
        self._lines = _Tail(width, 0, top)
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
        return not self._below_heading and _begins_another(one, after, top, self._headed, self._width, self.tail)

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

    def footer(self) -> Record | None:
        """The first record of the footer when no more records follow; None if there is no footer."""
        return self._lines.of_width(max(self._width, self._top.width) if self._headed else self._width).footer


def section_from(survey: Survey, head: int, headed: bool) -> tuple[Section, int]:
    """The section whose heading or first row is `survey.seen[head]`, and the index in `seen` of the next section."""
    seen, top = survey.seen, survey.seen[head]
    width, people, last = _width(seen, head), int(not headed and top.has_address), top.number
    rows = Rows(top, headed, width)
    stop, at = None, len(seen)
    for i in range(head + 1, len(seen)):
        one = seen[i]
        if one.number > last + 1:  # rows that were only counted
            people += one.number - last - 1
            rows.pass_over()
        last = one.number
        if rows.ends_at(one, seen[i + 1] if i + 1 < len(seen) else None):
            stop, at = (rows.tail[0] if rows.tail else one), i
            break
        people += rows.add(one)
    else:
        if survey.records > last + 1 and survey.complete:
            people += survey.records - last - 1
        elif survey.complete and survey.whole and (not headed or len(rows.tail) < last - top.number):
            stop = rows.footer()  # only below a row
    return Section(top, headed, stop, *_title(seen, head), people, width), at


def _begins(seen: Sequence[Record], i: int) -> bool:
    """Whether a section is found here: a row with an address, or a heading with an email column."""
    one = seen[i]
    if one.has_address:
        return True
    if not one.is_heading or not any(map(is_email_label, one.filled)):
        return False
    after = seen[i + 1] if i + 1 < len(seen) else None
    return len(one.filled) >= FEW_CELLS or (after is not None and after.width == one.width)


def _head(seen: Sequence[Record], anchor: int, lower: int) -> tuple[int, bool]:
    """The index of the first record of the section found at `anchor`, at least `lower`, and whether it is a heading."""
    first = seen[anchor]
    if not first.has_address:
        return _topmost(seen, anchor, lower), True
    above: list[int] = []
    for i in range(anchor - 1, lower - 1, -1):
        if seen[i].number != seen[i + 1].number - 1 or seen[i].has_address:
            break
        above.append(i)
    strong = next((i for i in above if seen[i].is_heading and _fits(seen[i], first)), None)
    near = above[0] if above and _may_head(seen[above[0]], first) else None
    if (found := strong if strong is not None else near) is not None:
        return _topmost(seen, found, lower), True
    lines = [seen[i] for i in above]
    plain = any(len(one.filled) == 1 for one in lines) or (bool(lines) and not any(one.filled for one in lines))
    if lower == 0 and not (plain and all(_is_a_line(one, first) for one in lines)):
        return 0, False
    return anchor, False


def _fits(heading: Record, row: Record) -> bool:
    by_width = abs(heading.width - row.width) <= 1 or abs(len(heading.labels) - len(row.labels)) <= 1
    return by_width or (len(heading.filled) >= FEW_CELLS and any(map(is_email_label, heading.filled)))


def _may_head(line: Record, row: Record) -> bool:
    """Whether unknown labels directly above a row may be its heading."""
    return line.may_be_labels and line.width == row.width and 2 * len(line.filled) >= len(row.filled)


def _topmost(seen: Sequence[Record], heading: int, lower: int) -> int:
    """The index of the row with the most labels among the consecutive heading rows that end with `heading`."""
    best = i = heading
    while i > lower and seen[i - 1].number + 1 == seen[i].number and seen[i - 1].width == seen[heading].width:
        i -= 1
        if not seen[i].may_be_labels:
            break
        if len(seen[i].filled) >= len(seen[best].filled):
            best = i
    return best


def _width(seen: Sequence[Record], head: int) -> int:
    """The number of cells of a section's first row with an address; else of its first row."""
    rows = [one for one in takewhile(lambda one: not one.is_heading, seen[head + 1 :]) if one.filled]
    person = next((one for one in (seen[head], *rows) if one.has_address), None)
    return (person or (rows or [seen[head]])[0]).width


def _is_a_line(one: Record, row: Record) -> bool:
    """Whether a record is a line of text, or a name and a value, above a table without a heading."""
    return len(one.filled) <= 1 or (len(one.filled) == 2 and (one.width < row.width or len(row.filled) > 3))


def _begins_another(
    one: Record, after: Record | None, top: Record, headed: bool, width: int, tail: Sequence[Record]
) -> bool:
    """Whether a record is the heading of another section; `tail` are the lines since the last row."""
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


def _title(seen: Sequence[Record], head: int) -> tuple[str, int]:
    """The text of the one-cell line above a section, and its line number; empty and 0 if there is none."""
    for i in range(head - 1, -1, -1):
        if seen[i].number != seen[i + 1].number - 1 or len(seen[i].filled) > 1:
            break
        if seen[i].filled:
            return seen[i].filled[0], seen[i].line
    return "", 0
