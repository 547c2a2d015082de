"""The sections of a report: tables with addresses, or with an email column, each from its heading to its last row.

A row that is bad is a row all the same: a section ends where another begins, and at a footer. What follows the last row
is a footer when it says so (a total, who made the report and when), or comes after a blank row, and holds no address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from preflight.tables.labels import is_email_label
from preflight.tables.survey import FEW_CELLS, Seen, Survey
from preflight.text.spelling import unaccented

LEAST_WORDS = 4
"""Words from which on a line of one cell is a sentence, and no row cut short."""

_MARK = "\ufeff"
"""A byte order mark."""

FEW_BLANK = 2
"""Blank rows inside a table from which on a blank row before its last lines tells nothing."""

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
"""What the last lines of a report begin with, folded and without accents."""

_NAMED = re.compile(r"[^\W\d][^:@]{1,60}:(?:\s.*)?", re.DOTALL)
"""A value with its name, in one cell: `Attendees: 14`."""


@dataclass(frozen=True)
class Section:
    """A table: its heading or, where it has none, its first row; the first record after it, None where none follows.

    `title` is the line above it, on `title_line` (0 without one). `people` counts its rows with an address, which have
    `width` cells.
    """

    head: Seen
    headed: bool
    stop: Seen | None
    title: str
    title_line: int
    people: int
    width: int


def sections(survey: Survey) -> list[Section]:
    """The sections of a file, in their order."""
    seen, found, at = survey.seen, list[Section](), 0
    while (anchor := next((i for i in range(at, len(seen)) if _begins(seen, i)), None)) is not None:
        head, headed = _head(seen, anchor, at)
        section, at = section_from(survey, head, headed)
        found.append(section)
    return found


class Rows:
    """The rows of a section, distinguished from what ends it, as they come: its heading or first row is `top`."""

    def __init__(self, top: Seen, headed: bool, width: int) -> None:
        self._top, self._headed, self._width = top, headed, width
        self._lines = _Tail(width, 0, top)
        self._below_heading = headed

    @property
    def tail(self) -> Sequence[Seen]:
        """The lines since the last row, which may be rows or a footer."""
        return self._lines.lines

    def pass_over(self) -> None:
        """Take rows that nobody has to look at."""
        self._below_heading = False
        self._lines = self._lines.after(None)

    def ends_at(self, one: Seen, after: Seen | None) -> bool:
        """True for a record with which another section begins; `after` follows it, where that was looked at."""
        top = self._top
        self._below_heading = self._below_heading and one.may_be_labels and one.width == top.width
        return not self._below_heading and _begins_another(one, after, top, self._headed, self._width, self.tail)

    def take(self, one: Seen) -> bool:
        """Take a record that ends nothing; True for a row with an address."""
        if self._below_heading:  # another heading row
            return False
        short = one.width != self._width and len(one.filled) < FEW_CELLS
        if not _is_row(one, self._top, self._width, self._lines) or (short and self._lines.footer is not None):
            self._lines.add(one)
            return False
        self._lines = self._lines.after(one)
        return one.has_address

    def footer(self) -> Seen | None:
        """The first record of the footer, where no more records follow; None without one."""
        return self._lines.of_width(max(self._width, self._top.width) if self._headed else self._width).footer


def section_from(survey: Survey, head: int, headed: bool) -> tuple[Section, int]:
    """The section with the heading or the first row `seen[head]`, and where what begins another one is seen."""
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
        people += rows.take(one)
    else:
        if survey.records > last + 1 and survey.complete:
            people += survey.records - last - 1
        elif survey.complete and survey.whole and (not headed or len(rows.tail) < last - top.number):
            stop = rows.footer()  # where there is a row above it
    return Section(top, headed, stop, *_title(seen, head), people, width), at


def _begins(seen: Sequence[Seen], i: int) -> bool:
    """True where a section is found: at a row with an address, or a heading with an email column."""
    one = seen[i]
    if one.has_address:
        return True
    if not one.is_heading or not any(map(is_email_label, one.filled)):
        return False
    after = seen[i + 1] if i + 1 < len(seen) else None
    return len(one.filled) >= FEW_CELLS or (after is not None and after.width == one.width)


def _head(seen: Sequence[Seen], anchor: int, lower: int) -> tuple[int, bool]:
    """Where the section begins that was found at `anchor`, not before `lower`, and whether that is a heading."""
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


def _fits(heading: Seen, row: Seen) -> bool:
    by_width = abs(heading.width - row.width) <= 1 or abs(len(heading.labels) - len(row.labels)) <= 1
    return by_width or (len(heading.filled) >= FEW_CELLS and any(map(is_email_label, heading.filled)))


def _may_head(line: Seen, row: Seen) -> bool:
    """True for labels that say nothing to us, right above a row that they fit."""
    return line.may_be_labels and line.width == row.width and 2 * len(line.filled) >= len(row.filled)


def _topmost(seen: Sequence[Seen], heading: int, lower: int) -> int:
    """Of several heading rows that follow one another, down to this one, the one with the most labels."""
    best = i = heading
    while i > lower and seen[i - 1].number + 1 == seen[i].number and seen[i - 1].width == seen[heading].width:
        i -= 1
        if not seen[i].may_be_labels:
            break
        if len(seen[i].filled) >= len(seen[best].filled):
            best = i
    return best


def _width(seen: Sequence[Seen], head: int) -> int:
    """How many cells the rows of a section have, by the first with an address, else by the first."""
    rows = [one for one in takewhile(lambda one: not one.is_heading, seen[head + 1 :]) if one.filled]
    person = next((one for one in (seen[head], *rows) if one.has_address), None)
    return (person or (rows or [seen[head]])[0]).width


def _is_a_line(one: Seen, row: Seen) -> bool:
    """True for a line of text, or a value with its name, above a table without a heading."""
    return len(one.filled) <= 1 or (len(one.filled) == 2 and (one.width < row.width or len(row.filled) > 3))


def _begins_another(one: Seen, after: Seen | None, top: Seen, headed: bool, width: int, tail: Sequence[Seen]) -> bool:
    """True for the heading of another section; `tail` are the lines since the last row, `after` is what follows it."""
    if one.has_address or not one.may_be_labels:
        return False
    titled = any(line.filled for line in tail)
    if _folded(one) == _folded(top) or (not headed and one.width == width):
        return titled  # else it is the heading again, as where exports are joined
    if one.is_heading and (len(one.filled) >= FEW_CELLS or (one.width != width and bool(tail))):
        return True
    fits = after is not None and after.number == one.number + 1 and after.has_address and after.width == one.width
    return bool(tail) and one.width != width and fits


def _folded(one: Seen) -> list[str]:
    """The labels to be compared; where files were joined, a byte order mark may stand before the first one's quotes."""
    first, *others = one.labels or [""]
    if one.cells[0].startswith(_MARK):
        first = first.strip('"')
    return [label.casefold() for label in (first, *others)]


def _is_row(one: Seen, top: Seen, width: int, tail: _Tail) -> bool:
    """True for a row, bad or not; False for what may be of a footer or of what stands above another section."""
    number = len(one.filled)
    if one.has_address or not one.sound:
        return True
    if number <= 1 or (_closes(one) and number <= FEW_CELLS and number < len(top.filled)):
        return False
    if number == 2 and (one.width != width or len(top.filled) > 4):
        return False
    return one.width == width or not tail.broken


def _closes(one: Seen) -> bool:
    """True for what the last lines of a report say."""
    first = unaccented(one.filled[0])
    if _CLOSES.match(first):
        return True
    return len(one.filled) == 1 and one.width == 1 and _NAMED.fullmatch(first) is not None


class _Tail:
    """The lines since the last row of a section, each looked at once: they may be many.

    `row` is that row, None where it was only counted; what follows one unlike the others may be the rest of it.
    `footer` is the first record of the footer among the lines, with the blank ones before it, None without one.
    `broken` is true where one of them is blank or says what the last lines of a report say.
    """

    def __init__(self, width: int, blank_inside: int, row: Seen | None) -> None:
        self.lines: list[Seen] = []
        self.footer: Seen | None = None
        self.broken = False
        self._width, self._blank_inside, self._row = width, blank_inside, row
        self._whole = row is None or row.sound
        self._above = row
        self._blank_from: Seen | None = None

    def after(self, row: Seen | None) -> _Tail:
        """A tail of no lines, as one more row was found behind these lines."""
        blank = sum(not line.filled for line in self.lines)
        return _Tail(self._width, self._blank_inside + blank, row)

    def of_width(self, width: int) -> _Tail:
        """The same lines below rows of `width` cells."""
        tail = _Tail(width, self._blank_inside, self._row)
        for line in self.lines:
            tail.add(line)
        return tail

    def add(self, one: Seen) -> None:
        """One more line."""
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

    def _begins_footer(self, one: Seen) -> bool:
        sentence = len(one.filled) == 1 and len(one.filled[0].split()) >= LEAST_WORDS
        after_blank = self._blank_from is not None and self._blank_inside < FEW_BLANK and self._whole
        if one.width == self._width:  # a row of the table, but for what stands in it
            after_blank = after_blank and sentence and bool(one.cells[0].strip())
        by_itself = sentence and one.width == 1 and (self._above is None or self._above.width >= self._width)
        return after_blank or (by_itself and self._whole)


def _title(seen: Sequence[Seen], head: int) -> tuple[str, int]:
    """The line of one cell above a section, and its number; empty and 0 where there is none."""
    for i in range(head - 1, -1, -1):
        if seen[i].number != seen[i + 1].number - 1 or len(seen[i].filled) > 1:
            break
        if seen[i].filled:
            return seen[i].filled[0], seen[i].line
    return "", 0
