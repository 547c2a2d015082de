"""The event's title and day in the lines before the table: a value under or beside a label such as `Topic`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from preflight.dates.compose import LONGEST
from preflight.dates.source import days_read
from preflight.labels import words as known
from preflight.labels.days import Days, days_of
from preflight.labels.people import is_email_label
from preflight.labels.splitting import is_known, mentions, words_of
from preflight.labels.titles import is_bare_title, is_something_else, is_title_label
from preflight.layouts.columnnames import folded
from preflight.tables.columns import is_date
from preflight.tables.survey import Record
from preflight.text.asking import option, typed
from preflight.text.display import shown

MOST_OF_A_TITLE = 200
"""Limit for the length of a title in characters."""

_WITH_VALUE = re.compile(r"([^:]{2,40}):\s+(\S.*)", re.DOTALL)
_FOR = re.compile(r"(.*\b(?:for|fur|für|pour|para|per|voor|of|zu|de))\s+[\"'“”„«‘](.+)[\"'“”»’]:?", re.DOTALL)
"""A title in quotes: `Session detail for "Lead Scoring":`."""

_PARTS = re.compile(r"\s+[-–—|]\s+")
"""What stands between an event's title and the name of a report: `Lead Scoring - Attendee Report`."""
_ABOUT = (
    "generated created exported printed export total copyright confidential filter filters filtered erstellt "
    "exportiert gedruckt vertraulich genere exporte imprime generado exportado impreso generato esportato"
)
_OF_FILES = frozenset(_ABOUT.split())
"""Words of lines about the file."""
_NUMBERS = re.compile(r"[0-9]+[.)] |.*[0-9]:[0-9]{2}|.*@|.*://")
"""The form of a text with a number before it, a time, an address or a link, which is no title."""
_COUNT = re.compile(r"(?<=\w) ?\([0-9]+\)$")
_NO_TITLE = re.compile(r"[\W\d_]*")
_OF_REPORTS = (
    "online live virtual zoom teams webex details detail report attendees registrants registrations guests members "
    "participants registered of for bericht "
    "rapport informe relatorio rapporto list liste lista listado elenco lijst teilnehmern teilnehmende teilnehmenden "
    "participantes asistentes partecipanti deelnemers inscritos inscrits iscritti"
)
_MORE = frozenset(_OF_REPORTS.split())
"""Words of reports that occur in no heading."""


@dataclass(frozen=True, slots=True)
class TextAbove:
    """A text that may be the event's title or day, with its line and its label; one that stands alone has none."""

    text: str
    line: int
    label: str
    name: str = "title"

    @property
    def option(self) -> str:
        """The option with the text, as typed on the command line."""
        return typed(f"{self.name}-text", self.text)

    def as_dict(self) -> dict[str, object]:
        """The text as `--json` prints it."""
        return {"text": self.text, "line": self.line, "label": self.label, "option": self.option}

    def described(self) -> str:
        """A description in one line, with the option to paste."""
        label = f", {shown(self.label, 40)}" if self.label else ""
        return f"{shown(self.text)}: in line {self.line}{label}; {option(f'{self.name}_text', self.text)}"


def titles_in(lines: Sequence[Record], label: str = "") -> list[TextAbove]:
    """The texts in these lines that may be the event's title, the likeliest first, each once.

    With a `label`, only values of that label; without one, texts that stand alone in their lines if no label is found.
    """
    is_match = (lambda one: folded(one) == folded(label)) if label else _says_title
    found = [*_titles(lines, is_match)] or ([] if label else [*_alone(lines)])
    likely = sorted(found, key=_likelihood, reverse=True)
    return [one for i, one in enumerate(likely) if one.text not in {other.text for other in likely[:i]}]


def days_in(lines: Sequence[Record]) -> list[TextAbove]:
    """The days in these lines that may be the event's, by their labels, each once; not those of unclear order."""
    found: dict[str, tuple[int, str]] = {}
    for value, line, label in [*_values(lines, _says_day)][::-1]:
        days = days_read(value) if len(value) <= LONGEST else ()
        if len(days) == 1:
            found[next(iter(days))] = line, label
    return [TextAbove(day, *where, "date") for day, where in reversed(found.items())]


def _titles(lines: Sequence[Record], is_match: Callable[[str], bool]) -> Iterator[TextAbove]:
    for value, line, label in _values(lines, is_match):
        if len(value) <= MOST_OF_A_TITLE and not _NO_TITLE.fullmatch(value):
            yield TextAbove(value, line, label)


def _values(lines: Sequence[Record], is_match: Callable[[str], bool]) -> Iterator[tuple[str, int, str]]:
    """Yield the values of matching labels, each with its line and its label."""
    for i, one in enumerate(lines):
        below = lines[i + 1] if i + 1 < len(lines) and lines[i + 1].number == one.number + 1 else None
        for place, cell in enumerate(one.labels):
            label, value = cell.rstrip(":"), ""
            if is_match is _says_title and len(one.filled) == 1 and (quoted := _FOR.fullmatch(cell)) is not None:
                yield quoted[2], one.line, quoted[1]
                continue
            if (both := _WITH_VALUE.fullmatch(cell)) is not None:
                label, value = both[1], both[2]
            if not is_match(label) and not (is_match is _says_title and _is_name(label) and _is_pair(one, value)):
                continue
            line = one.line
            if not value:
                value, line = _value(one, place, below)
            if value:
                yield value, line, label


def _alone(lines: Sequence[Record]) -> Iterator[TextAbove]:
    """Yield texts of several words alone in their lines, without what is about the file or names a part of it."""
    for one in lines:
        if len(one.filled) != 1 or _NUMBERS.match(one.filled[0]):
            continue
        cell = one.filled[0]
        if (both := _WITH_VALUE.fullmatch(cell)) is not None and _is_label(both[1]):
            cell = both[2] if mentions(both[1], _MORE) else ""
        parts = [part for part in _PARTS.split(cell) if not _is_label(part) and not _says_of_file(part)]
        text = " - ".join(parts)
        if " " in text and len(text) <= MOST_OF_A_TITLE and not text.endswith(":") and not is_date(text):
            yield TextAbove(text, one.line, "")


def _says_of_file(text: str) -> bool:
    return mentions(text, _OF_FILES) or _NO_TITLE.fullmatch(text) is not None


def _value(one: Record, place: int, below: Record | None) -> tuple[str, int]:
    """The value of a label, and its line: the cell below it in a table, else the next cell of its row."""
    beside = next((cell for cell in one.labels[place + 1 :] if cell), "")
    under = below.labels[place] if below is not None and place < len(below.labels) else ""
    if below is not None and len(one.filled) > 2:
        return ("", 0) if below.may_be_labels else (under, below.line)
    if below is not None and under and not beside:
        return (under, below.line) if not _is_label(under) else ("", 0)
    if below is not None and under and _is_label(beside):
        says_more = is_something_else(beside) and not is_something_else(under)
        if says_more or not _is_label(under):
            return under, below.line
    return (beside, one.line) if len(one.filled) == 2 and beside else ("", 0)


def _says_title(label: str) -> bool:
    return is_title_label(label) or is_bare_title(label) or mentions(label, known.TOPIC)


def _says_day(label: str) -> bool:
    return days_of(label) >= Days.START and mentions(label, known.DATE)


def _is_name(label: str) -> bool:
    """Whether a label is a bare word for a name, which may be the report's, the event's or a person's."""
    words = set(words_of(label))
    return bool(words) and words <= known.NAME - known.TOPIC - known.TITLES


def _is_pair(one: Record, value: str) -> bool:
    """Whether a line has nothing but a label and its value, and is no heading of a list (`Name,Email`)."""
    return len(one.filled) == (1 if value else 2) and not is_email_label(one.filled[-1])


def _is_label(cell: str) -> bool:
    """Whether every word of a cell is known from headings; a number of rows does not count: `Attendees (9)`."""
    words = words_of(_COUNT.sub("", cell))
    return bool(words) and all(is_known(word) or word in known.ARTICLES or word in _MORE for word in words)


def _likelihood(one: TextAbove) -> int:
    words = set(words_of(one.label))
    return 2 * bool(words & (known.TOPIC | known.NAME)) + is_title_label(one.label) + bool(words & known.EVENT)
