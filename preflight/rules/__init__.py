"""The rules, one module for each of what they judge: the record (`row`), then `email`, `date`, `title` and `note`.

A `Rule` names its columns and its problem codes, judges a chunk at a time, and says in the end what only the whole file
shows. `register` takes one in: the layout option of its column, the label by which that is found, reports and the
catalogue of codes follow from what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from preflight.errors import LayoutError
from preflight.layouts.columns import OF_API, ColumnSpec, add_column
from preflight.layouts.layout import Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.problems import Placed, ProblemCode, add_code
from preflight.text.display import shown

if TYPE_CHECKING:
    from preflight.evidence.datelimits import DateLimits
    from preflight.model.arrays import Mask
    from preflight.model.findings import Findings
    from preflight.records.cells import Chunk

Registered = TypeVar("Registered", bound="type[Rule]")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a rule knows of the file: its layout, and what is expected of it.

    `known_titles`, `key` (of hashes) and whether the dates are `normalized` are for `finish` alone.
    """

    layout: ResolvedLayout
    limits: DateLimits
    known_titles: Collection[str] = ()
    key: bytes = b""
    normalized: bool = False


class OfRows:
    """Stats of a chunk that can be asked elsewhere, and `without` some rows, as they can be pickled."""

    def __call__(self, good: Mask) -> Any:
        """The stats, where these rows of the frame are good."""
        raise NotImplementedError

    def without(self, rows: Mask) -> OfRows | None:
        """The same as if the chunk did not have these rows of the frame, none of which is told to be good.

        None where it takes the chunk to tell.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Checked:
    """What a rule finds in a chunk. `stats`, if there are any, are told which rows of the frame are good.

    Where rows are left out that repeat others, a chunk is checked again for stats that are not `OfRows`.
    """

    findings: Findings
    stats: Callable[[Mask], Any] | None = None


class Finished(NamedTuple):
    """What only the whole file shows: `placed` are listed, `counts` has how many there are of each code.

    `facts` are what the report has of it, by the names of its fields. With `more` there are more rows than are listed.
    """

    placed: Sequence[Placed] = ()
    counts: Mapping[str, int] = {}
    facts: Mapping[str, Any] = {}
    more: bool = False


class Rule:
    """A rule; one is made for each file, with its `Setting`.

    `columns` are those that it adds to the layout's, `codes` what it may find. It finds a mapped column's cells under
    the column's name in `chunk.frame`, a pandas DataFrame of Arrow-backed strings indexed by row number; a column that
    is not required may be missing there.
    """

    columns: ClassVar[Sequence[ColumnSpec]] = ()
    codes: ClassVar[Sequence[ProblemCode]] = ()

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def check(self, chunk: Chunk) -> Checked:
        """Judge a chunk: what this gives depends on the chunk only, and changes nothing."""
        raise NotImplementedError

    def empty(self) -> Any:
        """What the stats of the chunks are added to with `+=`; None where the first of them is that itself."""
        return None

    def finish(self, stats: Any) -> Finished:
        """The result of the stats of all chunks; None where there were none."""
        return Finished()


RuleMaker = Callable[[Setting], Rule]
"""A class of rules, or what makes a rule of a function. It can be pickled, as chunks may be judged elsewhere."""

REGISTERED: dict[str, type[Rule]] = {}
"""The rules that were registered, by where they are found."""


def register(rule: Registered) -> Registered:
    """Take a rule in, to judge every file that is checked from now on; to be put above its class.

    Raises `LayoutError` where it names a column or a code that is taken.
    """
    options = {one.name for one in fields(Layout)} - OF_API
    for spec in rule.columns:
        if spec.name in options:
            raise LayoutError(f"{shown(spec.name)} is an option of the layout; choose another name for your column")
        add_column(spec)
    for kind in rule.codes:
        add_code(kind)
    REGISTERED[f"{rule.__module__}:{rule.__qualname__}"] = rule
    return rule


def rule_makers() -> list[RuleMaker]:
    """The built-in rules for columns, then the registered ones."""
    from preflight.rules.builtin import OF_COLUMNS  # which needs what stands here

    return [*OF_COLUMNS, *REGISTERED.values()]


__all__ = ["Checked", "ColumnSpec", "Finished", "ProblemCode", "Rule", "Setting", "register"]
