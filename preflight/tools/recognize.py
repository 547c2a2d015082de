"""The recognition of known exports, and the options proposed for them; a person has to confirm every proposal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from preflight.errors import LayoutError
from preflight.labels.attendance import is_yes, says_arrival, says_that_one_came, says_who_came
from preflight.labels.headings import has_times_of_joining
from preflight.layouts.columnnames import condition_on, folded
from preflight.layouts.condition import Condition
from preflight.tables.columns import Columns, Holds
from preflight.tables.preamble import TextAbove, titles_in
from preflight.tables.survey import Record
from preflight.text.display import shown, visible
from preflight.text.nothing import is_no_date
from preflight.tools.recipes import Heading, Recipe, shipped_recipes

MOST_OF_A_TITLE = 60
"""Limit for the displayed characters of a title."""

ATTENDANCE = "attendance list"
"""The name of a table without a recipe that has a column of attendance."""

_HOLDS: Mapping[str, Callable[[Holds], bool]] = {
    "email": lambda holds: holds is Holds.ADDRESSES,
    "date": lambda holds: holds not in (Holds.NOTHING, Holds.ADDRESSES, Holds.YES_OR_NO),
    "title": lambda holds: holds in (Holds.TEXTS, Holds.NUMBERS),
}
"""The test for the content of each proposed column."""


@dataclass(frozen=True, slots=True)
class Export:
    """A table recognized as a known export.

    `name` is the name of the export, `line` the line of its heading. `columns` are the indices of the proposed columns,
    `title` is the text proposed for every row, or None. `only` are conditions that leave some rows out. `once_per_day`
    if some people have several rows. `untitled` if the export does not contain the event's title.
    """

    name: str
    line: int
    columns: Mapping[str, int] = field(default_factory=dict)
    title: TextAbove | None = None
    only: Sequence[str] = ()
    once_per_day: bool = False
    label_of_title: str = ""
    untitled: bool = False

    @property
    def described(self) -> str:
        """A line such as `Zoom webinar attendee report; people from line 12; title from Topic: "Lead Scoring"`."""
        says = [self.name, f"people from line {self.line}"]
        if self.title is not None:
            text = visible(self.title.text, MOST_OF_A_TITLE)
            says.append(f'title from {visible(self.title.label, MOST_OF_A_TITLE)}: "{text}"')
        elif "title" in self.columns:
            says.append(f"title in {shown(self.label_of_title, MOST_OF_A_TITLE)}")
        elif self.untitled:
            says.append("nothing in it is the event's title")
        says += [f"keep the rows with {shown(one)}" for one in self.only]
        if self.once_per_day:
            says.append("some people have a row for each time they joined")
        return "; ".join(says)

    def as_dict(self) -> dict[str, Any]:
        """The export as `--json` prints it."""
        return {
            "export": self.name,
            "says": self.described,
            "line": self.line,
            "columns": dict(self.columns),
            "title_text": self.title.text if self.title is not None else None,
            "only": list(self.only),
            "once_per_day": self.once_per_day,
        }


def recognize(
    labels: Sequence[str],
    columns: Columns,
    before: Sequence[Record],
    line: int,
    recipes: Sequence[Recipe] | None = None,
) -> Export | None:
    """The known export with these labels, or None; of several, the one with the most labels.

    A table with a column of attendance is recognized without a recipe. `columns` are the cells below the labels,
    `before` the records above them, `line` is the line of the labels. `recipes` are those of this package by default.
    Raises `LayoutError` for an invalid recipe.
    """
    known = [
        (len(heading.labels), recipe, heading)
        for recipe in (shipped_recipes() if recipes is None else recipes)
        for heading in recipe.headings
        if heading.is_in(labels)
    ]
    if not known:
        came, again = _those_who_came(labels, columns), _came_again(labels, columns)
        return Export(ATTENDANCE, line, only=[came] if came else [], once_per_day=again) if came or again else None
    _, recipe, heading = max(known, key=lambda one: one[0])
    found = {name: place for name in _HOLDS if (place := _column(name, heading, labels, columns)) is not None}
    titles = titles_in(before, heading.title_from) if heading.title_from and "title" not in found else []
    return Export(
        recipe.name,
        line,
        found,
        titles[0] if titles else None,
        [one for one in heading.only if _parts(one, labels, columns)],
        heading.once_per_day and "email" in found and _repeats(columns.cells(found["email"])),
        labels[found["title"]] if "title" in found else "",
        heading.untitled,
    )


def _column(name: str, heading: Heading, labels: Sequence[str], columns: Columns) -> int | None:
    """The index of the first proposed column that exists once and has the right content; None if there is none."""
    bare = [*map(folded, labels)]
    proposed: Sequence[str] = getattr(heading, name)
    present = [bare.index(label) for label in map(folded, proposed) if bare.count(label) == 1]
    return next((place for place in present if _HOLDS[name](columns.holds(place))), None)


def _those_who_came(labels: Sequence[str], columns: Columns) -> str:
    """The condition for the people who attended, such as `Attended=Yes` or `Joined!=`; empty if no column tells."""
    for place, label in enumerate(labels):
        yes_or_no = columns.holds(place) is Holds.YES_OR_NO
        if says_who_came(label, yes_or_no):
            says = is_yes if yes_or_no else says_that_one_came
            cell = next((cell.strip() for cell in columns.cells(place) if says(cell)), "")
            if cell and _parts(f"{label}={cell}", labels, columns):
                return f"{label}={cell}"
    for place, label in enumerate(labels):
        if columns.holds(place) is Holds.DATES and says_arrival(label):
            absent = {cell.strip() for cell in columns.cells(place) if is_no_date(cell)}
            if len(absent) == 1:
                return f"{label}!={absent.pop()}"
    return ""


def _came_again(labels: Sequence[str], columns: Columns) -> bool:
    """Whether a table has the times when people joined and left, and a person in several rows."""
    people = columns.with_addresses()
    return len(people) == 1 and has_times_of_joining(labels) and _repeats(columns.cells(people[0]))


def _parts(text: str, labels: Sequence[str], columns: Columns) -> bool:
    """Whether a condition leaves out some of the rows, and not all."""
    try:
        place, condition = condition_on(text, labels, columns.width)
    except LayoutError:  # no such column
        return False
    return 0 < _held(condition, columns, place) < columns.rows


def _repeats(cells: Sequence[str]) -> bool:
    filled = [folded(cell) for cell in cells if cell.strip()]
    return len({*filled}) < len(filled)


def _held(condition: Condition, columns: Columns, place: int) -> int:
    return sum(map(condition.holds, columns.cells(place)))
