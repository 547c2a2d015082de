"""The rules, one module each: the record (`row`), then `email`, `date`, `title` and `note`.

A `Rule` names its columns and problem codes, checks a chunk at a time, and finishes with the problems of the whole
file. `register` adds a rule: the layout option of its column, the detection of its label, reports and the catalogue of
codes follow from what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from preflight.errors import LayoutError
from preflight.layouts.columns import OF_API, ColumnSpec, add_column
from preflight.layouts.layout import Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.codes import ProblemCode, add_code
from preflight.model.problems import Placed
from preflight.text.display import shown

if TYPE_CHECKING:
    from preflight.evidence.datelimits import DateLimits
    from preflight.model.arrays import Mask
    from preflight.model.findings import Findings
    from preflight.records.cells import Chunk

Registered = TypeVar("Registered", bound="type[Rule]")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a rule knows about the file: its layout and the expected dates.

    `known_titles` and `normalized` (dates) are used by `finish` only.
    """

    layout: ResolvedLayout
    limits: DateLimits
    known_titles: Collection[str] = ()
    normalized: bool = False


class OfRows:
    """Stats of a chunk that can be pickled, and reduced by rows with `without`."""

    def __call__(self, good: Mask) -> Any:
        """The stats, given the mask of good rows of the frame."""
        raise NotImplementedError

    def without(self, rows: Mask) -> OfRows | None:
        """The stats without these rows of the frame, which are never marked as good.

        None if that takes the chunk itself.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a rule for a chunk. `stats` takes the mask of good rows of the frame and returns the rule's stats.

    With `--once-per-day` a chunk is checked again if its stats are not `OfRows`.
    """

    findings: Findings
    stats: Callable[[Mask], Any] | None = None


class Finished(NamedTuple):
    """The problems of the whole file: `placed` lists them, `counts` counts them by code.

    `facts` are fields of the report, by name. `more` is True if there are more rows than listed.
    """

    placed: Sequence[Placed] = ()
    counts: Mapping[str, int] = {}
    facts: Mapping[str, Any] = {}
    more: bool = False


class Rule:
    """A rule. An instance is created for each file, with its `Setting`.

    `columns` are the columns that it adds to the layout, `codes` its problem codes. The cells of a mapped column are
    under the column's name in `chunk.frame`, a pandas DataFrame of Arrow-backed strings indexed by row number; a column
    that is not required may be missing.
    """

    columns: ClassVar[Sequence[ColumnSpec]] = ()
    codes: ClassVar[Sequence[ProblemCode]] = ()

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def check(self, chunk: Chunk) -> Checked:
        """Check a chunk. The result depends on the chunk only, and nothing is changed."""
        raise NotImplementedError

    def empty(self) -> Any:
        """The initial stats, to which those of chunks are added with `+=`; None to start with those of the first."""
        return None

    def finish(self, stats: Any) -> Finished:
        """The problems of the whole file, from the stats of all chunks (None if there are none)."""
        return Finished()


RuleMaker = Callable[[Setting], Rule]
"""Creates a rule for a file: a class, or `FunctionRule.on`. It can be pickled, as workers may be processes."""

REGISTERED: dict[str, type[Rule]] = {}
"""The registered rules, by `module:name`."""


def register(rule: Registered) -> Registered:
    """Class decorator that adds a rule to every check from now on.

    Raises `LayoutError` if one of its columns or codes already exists.
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


__all__ = ["Checked", "ColumnSpec", "Finished", "ProblemCode", "Rule", "Setting", "register"]
