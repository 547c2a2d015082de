"""Which part of a cell is at fault, worked out from what a problem says of it, and which characters cannot be seen.

Only what is shown is looked at, so that finding problems stays cheap. Where the problem does not say it, an address or
a date is marked whole, and a record not at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from preflight.model.problems import CODES, Problem
from preflight.text.display import visible
from preflight.text.whitespace import INVISIBLE

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a cell as it is shown: `marked` where it is at fault, `escape` where it stands for unseen text."""

    text: str
    marked: bool
    escape: bool


_NAMED = re.compile("`([^`]+)`")
_POSITION = re.compile(r" at position (\d+) instead of ")
_CHARACTER = re.compile("'(.)'")
_REFUSED = re.compile(r", not (?:an? )?(\w+)")
_SPACING = re.compile(r"^\s+|\s+$|\s{2,}")
_BEYOND_WORDS = {
    "email-invisible": re.compile(rf"[\s{INVISIBLE}]+"),
    "note-newline": re.compile(r"[\r\n]+"),
    "nul-byte": re.compile(r"\x00+"),
    "encoding-error": re.compile("\ufffd+"),
}
"""What to look for where the code alone says it."""


def parts_of(problem: Problem, limit: int) -> list[Part]:
    """The value of a problem in pieces, of together at most `limit` characters around the first that is at fault.

    What was cut away is told by `…`, a piece of its own.
    """
    cell = _Cell(problem.value)
    spans = list(_spans(problem, cell)) if problem.value else []
    start, end = cell.window(spans[0][0] if spans else 0, limit)
    parts = [Part("…", False, False)] if start else []
    for piece_start, piece_end, marked in _pieces(spans, start, end):
        parts += cell.parts(piece_start, piece_end, marked)
    return [*parts, Part("…", False, False)] if end < len(problem.value) else parts


def spaced_parts(text: str, limit: int) -> list[Part]:
    """A text in pieces, the blanks at its ends and those in a row marked, cut to `limit` characters."""
    shortened = text if len(text) <= limit else text[: limit - 1] + "…"
    spans = [match.span() for match in _SPACING.finditer(shortened)]
    cell = _Cell(shortened)
    return [part for start, end, marked in _pieces(spans, 0, len(shortened)) for part in cell.parts(start, end, marked)]


class _Cell:
    """A value, and how it is shown: `at` has the place of each of its characters in the visible `text`, and the end."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.text = visible(value)
        self._plain = self.text == value
        self.at: Sequence[int] = range(len(value) + 1)
        if not self._plain:
            self.at = list(accumulate((len(visible(character)) for character in value), initial=0))

    def find(self, shown: str) -> list[Span]:
        """Where a visible text stands in the value, if it does."""
        at = self.text.find(shown)
        return [(self._place(at), self._place(at + len(shown)))] if at >= 0 else []

    def window(self, first: int, limit: int) -> Span:
        """From where to where to show the value: `limit` visible characters, a third of them before `first`."""
        if len(self.text) <= limit:
            return 0, len(self.value)
        start = self._place(max(0, min(self.at[first] - limit // 3, len(self.text) - limit)))
        return start, bisect_right(self.at, self.at[start] + limit) - 1

    def parts(self, start: int, end: int, marked: bool) -> Iterator[Part]:
        """A stretch of the value, its escapes told apart."""
        if self._plain:
            if start < end:
                yield Part(self.value[start:end], marked, False)
            return
        shown = map(visible, self.value[start:end])
        for escape, run in groupby(shown, lambda character: len(character) > 1):
            yield Part("".join(run), marked, escape)

    def _place(self, at: int) -> int:
        return bisect_left(self.at, at)


def _spans(problem: Problem, cell: _Cell) -> Iterator[Span]:
    """What is at fault, in order."""
    if problem.code in _BEYOND_WORDS:
        yield from (match.span() for match in _BEYOND_WORDS[problem.code].finditer(cell.value))
        return
    found = _by_suggestion(cell.value, problem.suggestion) or _by_message(problem, cell)
    if found:
        yield from found
    elif CODES[problem.code].subject in ("email", "date"):
        yield 0, len(cell.value)


def _by_suggestion(value: str, suggestion: str) -> list[Span]:
    """What the suggestion leaves out of the value, or has other characters for."""
    if not suggestion:
        return []
    at = value.find(suggestion)
    if at >= 0:
        spans = [(0, at), (at + len(suggestion), len(value))]
    else:
        same = _alike(value, suggestion)
        after = _alike(value[same:][::-1], suggestion[same:][::-1])
        spans = [(same, len(value) - after)]
    return [(start, end) for start, end in spans if start < end]


def _alike(one: str, other: str) -> int:
    """How many characters both start with."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _by_message(problem: Problem, cell: _Cell) -> list[Span]:
    """What the message names: a part in backticks, a position, a word that it refuses, a side of the @-sign."""
    message, length = problem.message, len(cell.value)
    for named in _NAMED.findall(message):
        if named != cell.text and (found := cell.find(named.removesuffix("…"))):
            return found
    if (position := _POSITION.search(message)) and int(position[1]) <= length:
        return [(int(position[1]) - 1, length)]
    if problem.code in ("date-impossible", "date-weekday") and (word := _REFUSED.search(message)):
        shown = re.search(f"{re.escape(word[1])}|{re.escape(word[1][:3])}", cell.value, re.IGNORECASE)
        return [shown.span()] if shown else []
    return _by_side(cell.value, message)


def _by_side(value: str, message: str) -> list[Span]:
    """What an address has before or after its @-sign, of it the characters that are named if they are."""
    if "two periods in a row" in message:
        return [match.span() for match in re.finditer(r"\.{2,}", value)]
    sign = value.find("@")
    if sign > 0 and "before the @-sign" in message:
        start, end = 0, sign
    elif 0 <= sign < len(value) - 1 and "after the @-sign" in message:
        start, end = sign + 1, len(value)
    else:
        return []
    named = "".join(_CHARACTER.findall(message)) + " " * ("SPACE" in message)
    found = re.finditer(f"[{re.escape(named)}]+", value[start:end]) if named else ()
    return [(start + match.start(), start + match.end()) for match in found] or [(start, end)]


def _pieces(spans: list[Span], start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    at = start
    for span_start, span_end in spans:
        span_start, span_end = max(span_start, at), min(span_end, end)
        if span_start < span_end:
            yield at, span_start, False
            yield span_start, span_end, True
            at = span_end
    yield at, end, False
