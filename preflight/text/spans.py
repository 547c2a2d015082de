"""Spans: the characters of a cell that are at fault, as found by the rule.

A span is a start and a stop as in a slice: a negative offset counts from the end, None as the stop is the end itself.
With offsets from the end, cells with the same fault and different beginnings share one `Diagnosis`.
"""

from __future__ import annotations

import re

Span = tuple[int, int | None]
Spans = tuple[Span, ...]
Found = tuple[tuple[int, int], ...]
"""Spans found in a text, with offsets from its start."""

WHOLE: Spans = ((0, None),)
"""The whole cell."""

MAX_SPANS = 20
"""Limit for the reported spans of a cell."""

LINE_BREAKS = re.compile(r"[\r\n]+")


def outside(text: str, start: int, stop: int) -> Found:
    """The spans before `start` and from `stop` on."""
    both = ((0, start), (stop, len(text)))
    return tuple(span for span in both if span[0] < span[1])


def matches(pattern: re.Pattern[str], text: str, start: int = 0, stop: int | None = None) -> Found:
    """The spans of the first `MAX_SPANS` matches of a pattern from `start` to `stop`."""
    found: list[tuple[int, int]] = []
    for match in pattern.finditer(text, start, len(text) if stop is None else stop):
        found.append(match.span())
        if len(found) == MAX_SPANS:
            break
    return tuple(found)


def line_breaks(text: str) -> Found:
    """The spans of the line breaks in a text."""
    return matches(LINE_BREAKS, text)


def differing(text: str, mended: str) -> Found:
    """The spans of a text that are removed or replaced in its mended form."""
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
    return ((max(0, start - 1), start + 1),)  # characters are inserted between these two


def from_end(spans: Spans, length: int) -> Spans:
    """The same spans with offsets from the end of a text of that length; `WHOLE` is unchanged."""
    if spans == WHOLE:
        return spans
    return tuple((start - length, None if stop is None or stop >= length else stop - length) for start, stop in spans)


def resolved(spans: Spans, length: int) -> list[tuple[int, int]]:
    """The spans with offsets from the start of a text of that length, in order, not empty and not overlapping."""
    found, at = list[tuple[int, int]](), 0
    for start, stop, _ in sorted(slice(*span).indices(length) for span in spans):
        start = max(start, at)
        if start < stop:
            found.append((start, stop))
            at = stop
    return found


def _alike(one: str, other: str) -> int:
    """The length of the common prefix."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
