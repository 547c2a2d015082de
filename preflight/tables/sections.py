"""The sections of a report: tables with addresses, or with an email column, each from its heading to its last row.

Bad rows are rows, too: a section ends only at the next section or at a footer. Lines without an address after the last
row are a footer if they say so (a total, the author or date of the report) or follow a blank row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from preflight.labels.people import is_email_label
from preflight.model.reported import SkippedLines
from preflight.tables.sectionrows import Rows
from preflight.tables.survey import FEW_CELLS, Record, Survey
from preflight.text.display import shown


@dataclass(frozen=True)
class Section:
    """A table in a file.

    `head` is its heading (if `headed`), else its first row. `stop` is the first record after it, None if none follows.
    `above` are the lines of one cell above it, the nearest first. `people` is the number of rows with an address,
    `width` the number of their cells.
    """

    head: Record
    headed: bool
    stop: Record | None
    above: Sequence[Record]
    people: int
    width: int

    @property
    def title(self) -> str:
        """The text of the line above it; empty without one."""
        return self.above[0].filled[0] if self.above else ""

    @property
    def title_line(self) -> int:
        """The number of that line; 0 without one."""
        return self.above[0].line if self.above else 0


def sections(survey: Survey) -> list[Section]:
    """The sections of a file, in order."""
    seen, found, at = survey.seen, list[Section](), 0
    while (anchor := next((i for i in range(at, len(seen)) if _begins(seen, i)), None)) is not None:
        head, headed = _head(seen, anchor, at)
        section, at = section_from(survey, head, headed)
        found.append(section)
    return found


def section_from(survey: Survey, head: int, headed: bool) -> tuple[Section, int]:
    """The section whose heading or first row is `survey.seen[head]`, and the index in `seen` of the next section."""
    seen, top = survey.seen, survey.seen[head]
    width, people, last = _width(seen, head), int(not headed and top.has_address), top.number
    above = _lines_above(seen, head)
    rows = Rows(top, headed, width, above)
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
    return Section(top, headed, stop, above, people, width), at


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
    heading = next((i for i in above if seen[i].is_heading and _fits(seen[i], first)), None)
    near = above[0] if above and _may_head(seen[above[0]], first) else None
    if heading is None or (near is not None and not _is_sure(seen[heading], first)):
        heading = near
    if heading is not None:
        return _topmost(seen, heading, lower), True
    lines = [seen[i] for i in above]
    plain = any(len(one.filled) == 1 for one in lines) or (bool(lines) and not any(one.filled for one in lines))
    if lower == 0 and not (plain and all(_is_a_line(one, first) for one in lines)):
        return 0, False
    return anchor, False


def _fits(heading: Record, row: Record) -> bool:
    by_width = abs(heading.width - row.width) <= 1 or abs(len(heading.labels) - len(row.labels)) <= 1
    return by_width or (len(heading.filled) >= FEW_CELLS and any(map(is_email_label, heading.filled)))


def _is_sure(heading: Record, row: Record) -> bool:
    """Whether a heading further above belongs to a row, not to a table of a summary before it."""
    return heading.width == row.width or any(map(is_email_label, heading.filled))


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


def _lines_above(seen: Sequence[Record], head: int) -> list[Record]:
    """The lines of one cell above a section, the nearest first; blank lines between them do not count."""
    lines: list[Record] = []
    for i in range(head - 1, -1, -1):
        if seen[i].number != seen[i + 1].number - 1 or len(seen[i].filled) > 1:
            break
        lines.append(seen[i])
    return [one for one in lines if one.filled]


def named_lines(
    lines: Sequence[Record], first: int, last: int, others: Sequence[Section], where: str
) -> Iterator[SkippedLines]:
    """Yield descriptions of the lines from `first` to `last`: other tables, and the lines around these."""
    begin = first
    for other in sorted(others, key=lambda one: one.head.line):
        start = other.title_line or other.head.line
        end = min(last, other.stop.line - 1 if other.stop is not None else last)
        if not first <= start <= last:
            continue
        if start > begin:
            yield SkippedLines(begin, start - 1, _description(lines, begin, start - 1, where))
        title = f"{shown(other.title, 40)} ({listed(other.head.labels)})" if other.title else listed(other.head.labels)
        yield SkippedLines(start, end, f"another table, {title}")
        begin = end + 1
    if begin <= last:
        yield SkippedLines(begin, last, _description(lines, begin, last, where))


def _description(lines: Sequence[Record], first: int, last: int, where: str) -> str:
    text = next((one.filled for one in lines if first <= one.line <= last and one.filled), None)
    return f"{where}: {listed(text)}" if text else f"{where}: blank"


def listed(cells: Sequence[str]) -> str:
    """The first four filled cells, joined for a message."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return ", ".join(shown(cell, 30) for cell in filled[:4]) + (", …" if len(filled) > 4 else "")
