"""Descriptions of the lines outside a table: other sections by their titles, other lines by their first text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from preflight.model.reported import SkippedLines
from preflight.tables.sections import Section
from preflight.tables.survey import Record
from preflight.text.display import shown


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
