"""A cell in parts: the parts marked by a problem's spans, and the escapes of invisible characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from preflight.model.problems import Problem
from preflight.text.display import LONGEST_VALUE, visible
from preflight.text.spans import resolved

if TYPE_CHECKING:
    from markupsafe import Markup

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a displayed cell: `marked` if it is at fault, `escape` if it is the escape of invisible text."""

    text: str
    marked: bool
    escape: bool


_SPACING = re.compile(r"^\s+|\s+$|\s{2,}")


def parts_of(problem: Problem, limit: int) -> list[Part]:
    """The value of a problem in parts: at most `limit` characters around the first one at fault.

    A separate part `…` marks omitted text.
    """
    cell = _Cell(problem.value)
    spans = _places(problem)
    start, end = cell.window(spans[0][0] if spans else 0, limit)
    parts = [Part("…", False, False)] if start else []
    for piece_start, piece_end, marked in _pieces(spans, start, end):
        parts += cell.parts(piece_start, piece_end, marked)
    return [*parts, Part("…", False, False)] if end < len(problem.value) else parts


def _places(problem: Problem) -> list[Span]:
    """The spans of the displayed value; if all are in the truncated part, the final `…`."""
    length = len(problem.value)
    spans = resolved(problem.spans, length)
    cut = length == LONGEST_VALUE and problem.value.endswith("…")
    return spans or ([(length - 1, length)] if problem.spans and cut else [])


def plain_parts(text: str) -> list[Part]:
    """A text in parts, none marked."""
    cell = _Cell(text)
    return list(cell.parts(0, len(text), marked=False))


def spaced_parts(text: str, limit: int) -> list[Part]:
    """A text in parts, truncated to `limit` characters, with outer and repeated blanks marked."""
    shortened = text if len(text) <= limit else text[: limit - 1] + "…"
    spans = [match.span() for match in _SPACING.finditer(shortened)]
    cell = _Cell(shortened)
    return [part for start, end, marked in _pieces(spans, 0, len(shortened)) for part in cell.parts(start, end, marked)]


class _Cell:
    """A value and its visible `text`; `at` has the offset of each character in `text`, and the end."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.text = visible(value)
        self._plain = self.text == value

    @cached_property
    def at(self) -> Sequence[int]:
        if self._plain:
            return range(len(self.value) + 1)
        return list(accumulate((len(visible(character)) for character in self.value), initial=0))

    def window(self, first: int, limit: int) -> Span:
        """The span of the value to display: `limit` visible characters, a third of them before `first`."""
        if len(self.text) <= limit:
            return 0, len(self.value)
        start = self._place(max(0, min(self.at[first] - limit // 3, len(self.text) - limit)))
        return start, bisect_right(self.at, self.at[start] + limit) - 1

    def parts(self, start: int, end: int, marked: bool) -> Iterator[Part]:
        """Yield the parts of a span of the value, escapes separate from other text."""
        if self._plain:
            if start < end:
                yield Part(self.value[start:end], marked, False)
            return
        shown = map(visible, self.value[start:end])
        for escape, run in groupby(shown, lambda character: len(character) > 1):
            yield Part("".join(run), marked, escape)

    def _place(self, at: int) -> int:
        return bisect_left(self.at, at)


def _pieces(spans: list[Span], start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    at = start
    for span_start, span_end in spans:
        span_start, span_end = max(span_start, at), min(span_end, end)
        if span_start < span_end:
            yield at, span_start, False
            yield span_start, span_end, True
            at = span_end
    yield at, end, False


def with_code(message: str) -> Markup:
    """A message as HTML, with text in backticks as code."""
    from markupsafe import Markup, escape

    pieces = message.split("`")
    if len(pieces) % 2 == 0:  # a backtick belongs to the file's text, or its partner was truncated
        return escape(message)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(piece) if i % 2 else piece for i, piece in enumerate(pieces))
