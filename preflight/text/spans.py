"""Spans: which characters of a cell are at fault, as the rule that found the fault knows them.

A span is a start and a stop as in a slice: a negative place counts from the end, the stop None is the end itself.
Places from the end let cells with one fault and different beginnings share one `Diagnosis`.
"""

from __future__ import annotations

import re

Span = tuple[int, int | None]
Spans = tuple[Span, ...]
Found = tuple[tuple[int, int], ...]
"""Spans that were found in a text, from its start."""

WHOLE: Spans = ((0, None),)
"""All of the cell."""

MAX_SPANS = 20
"""Spans of one cell that are told."""

LINE_BREAKS = re.compile(r"[\r\n]+")


def outside(text: str, start: int, stop: int) -> Found:
    """What stands before `start` and from `stop` on."""
    both = ((0, start), (stop, len(text)))
    return tuple(span for span in both if span[0] < span[1])


def matches(pattern: re.Pattern[str], text: str, start: int = 0, stop: int | None = None) -> Found:
    """Where a pattern is found in a part of the text, the first `MAX_SPANS` times."""
    found: list[tuple[int, int]] = []
    for match in pattern.finditer(text, start, len(text) if stop is None else stop):
        found.append(match.span())
        if len(found) == MAX_SPANS:
            break
    return tuple(found)


def line_breaks(text: str) -> Found:
    """The line breaks in a text."""
    return matches(LINE_BREAKS, text)


def differing(text: str, mended: str) -> Found:
    """What a mended text leaves out, or has other characters for."""
    if not mended or text == mended:
        return ()
    at = text.find(mended)
    if at >= 0:
        return outside(text, at, at + len(mended))
    same = _alike(text, mended)
    after = _alike(text[same:][::-1], mended[same:][::-1])
    start, stop = same, len(text) - after
    if start < stop:
        return ((start, stop),)
    return ((max(0, start - 1), start + 1),)  # characters are missing between these two


def from_end(spans: Spans, length: int) -> Spans:
    """The same spans of a text of that length, counted from its end but for the whole of it."""
    if spans == WHOLE:
        return spans
    return tuple((start - length, None if stop is None or stop >= length else stop - length) for start, stop in spans)


def resolved(spans: Spans, length: int) -> list[tuple[int, int]]:
    """The spans as places from the start of a text of that length, in order, none empty and none over another."""
    found, at = list[tuple[int, int]](), 0
    for start, stop, _ in sorted(slice(*span).indices(length) for span in spans):
        start = max(start, at)
        if start < stop:
            found.append((start, stop))
            at = stop
    return found


def _alike(one: str, other: str) -> int:
    """How many characters both start with."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
