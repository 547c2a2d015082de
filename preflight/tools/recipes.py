"""The recipes: what tells an export of a tool, and what is proposed for it, each in a TOML file beside this module.

A recipe has the keys `tool` and `report`, and a `[[heading]]` for each language (or age) that the export comes in:

| key | value |
|---|---|
| `labels` | the labels, all of which a heading must have to be this export's |
| `email`, `date`, `title` | the labels of the columns that are proposed, the likeliest first |
| `title_from` | the label in the lines before the table beside or below which the title stands |
| `untitled` | true where the export is of one event and nothing in it says which |
| `only` | conditions as `--only` takes them, proposed where they leave out some rows and not all |
| `once_per_day` | true where a person has a row for each time they joined |

Labels are compared without regard to case and to how many blanks they have.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Self

from preflight.errors import LayoutError
from preflight.layouts.columnnames import folded
from preflight.layouts.condition import conditions
from preflight.text.display import shown

_TYPES = {tuple: (list, "a list of texts"), str: (str, "a text"), bool: (bool, "true or false")}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading by which an export is told, and what is proposed for a file that has it; the keys are those above."""

    labels: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    title_from: str = ""
    untitled: bool = False
    only: tuple[str, ...] = ()
    once_per_day: bool = False

    @classmethod
    def of(cls, data: Any) -> Self:
        """A heading from a recipe's keys and values; raises `LayoutError` for what is none."""
        if not isinstance(data, Mapping):
            raise LayoutError("each [[heading]] must be a table")
        known = {one.name: type(one.default) for one in fields(cls)}
        given: dict[str, Any] = {}
        for key, value in data.items():
            if key not in known:
                raise LayoutError(f"unknown key {shown(key)}; the keys of a heading are {', '.join(known)}")
            wanted, says = _TYPES[known[key]]
            several = wanted is list and isinstance(value, list) and all(isinstance(one, str) for one in value)
            if not (several or (wanted is not list and isinstance(value, wanted))):
                raise LayoutError(f"{key} must be {says}")
            given[key] = tuple(value) if several else value
        made = cls(**given)
        if len(made.labels) < FEWEST_LABELS:
            raise LayoutError(f"labels must have {FEWEST_LABELS} labels at least, as fewer may be any file's")
        for text in made.only:
            if not any(conditions(text)):
                raise LayoutError(f"only {shown(text)} is no condition; write COLUMN=VALUE or COLUMN!=VALUE")
        return made

    def is_in(self, labels: Sequence[str]) -> bool:
        """True for the labels of this export."""
        return {*map(folded, self.labels)} <= {*map(folded, labels)}


FEWEST_LABELS = 3


@dataclass(frozen=True, slots=True)
class Recipe:
    """An export: the `tool` and the `report` that it is, and its headings."""

    tool: str
    report: str
    headings: Sequence[Heading] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        """As it is told: `Zoom webinar attendee report`."""
        return f"{self.tool} {self.report}"


def read_recipe(file: Traversable) -> Recipe:
    """Read a recipe's file; raises `LayoutError`, which names it, for one that is none."""
    try:
        fields = tomllib.loads(file.read_text(encoding="utf-8"))
        if fields.keys() != {"tool", "report", "heading"}:
            raise LayoutError("the keys are tool, report and [[heading]]")
        if not all(isinstance(fields[key], str) and fields[key].strip() for key in ("tool", "report")):
            raise LayoutError("tool and report must be texts")
        if not isinstance(fields["heading"], list) or not fields["heading"]:
            raise LayoutError("there must be a [[heading]]")
        return Recipe(fields["tool"], fields["report"], tuple(map(Heading.of, fields["heading"])))
    except (LayoutError, ValueError) as error:
        raise LayoutError(f"the recipe {file.name}: {error}") from None


def recipes_in(folder: Traversable) -> tuple[Recipe, ...]:
    """The recipes in a folder, by the names of their files; raises `LayoutError` for a file that is none."""
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(map(read_recipe, found))


@cache
def shipped_recipes() -> tuple[Recipe, ...]:
    """Those beside this module, read once."""
    return recipes_in(files(__package__))
