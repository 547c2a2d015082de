"""Recipes: how to recognize an export of a tool, and the options proposed for it, each in a TOML file of this folder.

A recipe has the keys `tool` and `report`, and a `[[heading]]` for each language (or version) of the export:

| key | value |
|---|---|
| `labels` | the labels that a heading must have to be recognized |
| `email`, `date`, `title` | the labels of the proposed columns, the likeliest first |
| `title_from` | the label of the title in the lines before the table |
| `untitled` | true if the export has one event, and does not contain its title |
| `only` | conditions as for `--only`, proposed if they leave out some rows and not all |
| `once_per_day` | true if a person has a row for each time they joined |

Labels are compared ignoring case and the number of blanks.
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
    """A heading of an export, and the proposals for a file with it; see the keys above."""

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
        """A heading from the keys and values of a recipe; raises `LayoutError` for an invalid one."""
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
            raise LayoutError(f"labels must have at least {FEWEST_LABELS} labels, as fewer may occur in any file")
        for text in made.only:
            if not any(conditions(text)):
                raise LayoutError(f"only {shown(text)} is not a condition; write COLUMN=VALUE or COLUMN!=VALUE")
        return made

    def is_in(self, labels: Sequence[str]) -> bool:
        """Whether the labels include those of this heading."""
        return {*map(folded, self.labels)} <= {*map(folded, labels)}


FEWEST_LABELS = 3


@dataclass(frozen=True, slots=True)
class Recipe:
    """An export: the `tool` that writes it, the name of the `report`, and its headings."""

    tool: str
    report: str
    headings: Sequence[Heading] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        """The name in messages: `Zoom webinar attendee report`."""
        return f"{self.tool} {self.report}"


def read_recipe(file: Traversable) -> Recipe:
    """Read a recipe; raises `LayoutError` with the file's name for an invalid one."""
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
    """The recipes in a folder, sorted by file name; raises `LayoutError` for an invalid one."""
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(map(read_recipe, found))


@cache
def shipped_recipes() -> tuple[Recipe, ...]:
    """The recipes of this package, read once."""
    return recipes_in(files(__package__))
