"""Results of several files: a file that could not be checked, and the totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from preflight.errors import PreflightError, UnclearError
from preflight.model.reported import Titles
from preflight.text.display import one_line

CRASH = "crash"
"""The code of an error of the check itself, not of the file."""

WORKER = "worker"
"""The code of a file whose check kills worker processes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be checked: the kind of error in one word (`code`), the message, and the choices.

    `--json` has these under `error`. `export` describes the known export; empty if there is none.
    """

    file: str
    code: str
    message: str
    choices: Sequence[Mapping[str, object]] = ()
    export: Mapping[str, object] = field(default_factory=dict)

    ok: ClassVar[bool] = False

    @classmethod
    def of(cls, file: str, error: PreflightError) -> Failure:
        """The failure for an error of the check."""
        says, export = (error.says, error.export) if isinstance(error, UnclearError) else (str(error), {})
        return cls(file, error.code, one_line(says), tuple(dict(one) for one in error.choices), dict(export))

    def as_dict(self) -> dict[str, Any]:
        """The failure as `--json` prints it."""
        error = {"code": self.code, "message": self.message, "choices": [dict(one) for one in self.choices]}
        return {"file": self.file, "error": error} | ({"export": dict(self.export)} if self.export else {})


class Place(NamedTuple):
    """A row: its file and its number."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Shared:
    """The touch points that stand in more than one file.

    `count` is their number, `files` that of the files with any; `examples` has the first row of each of the first ones
    in two files.
    """

    count: int = 0
    files: int = 0
    examples: tuple[tuple[Place, Place], ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The touch points as `--json` prints them."""
        examples = [[place._asdict() for place in places] for places in self.examples]
        return {"count": self.count, "files": self.files, "examples": examples}


class SpeltIn(NamedTuple):
    """A title as spelt in `rows` good rows; the first of them is in `file`."""

    title: str
    rows: int
    file: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The totals of several files.

    `files` is their number; `failed` could not be checked and are in no other number, `ready` have no bad row. `titles`
    are those of all files, `shared` the touch points in more than one. `title_variants` are titles with different
    spellings in different files.
    """

    files: int = 0
    failed: int = 0
    ready: int = 0
    rows: int = 0
    bad_rows: int = 0
    left_out: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    titles: Titles = field(default_factory=lambda: Titles({}, frozenset()))
    shared: Shared = field(default_factory=Shared)
    variants: int = 0
    title_variants: tuple[tuple[SpeltIn, ...], ...] = ()

    @property
    def good_rows(self) -> int:
        """The number of rows that have no error and are not left out."""
        return self.rows - self.bad_rows - self.left_out

    @property
    def titlecount(self) -> int:
        """The number of new titles in all files together."""
        return self.titles.new_count

    @property
    def ok(self) -> bool:
        """Whether every row of every file may be sent."""
        return self.ready == self.files

    def as_dict(self) -> dict[str, Any]:
        """The totals as `--json` prints them beside `files`."""
        return {
            "failed": self.failed,
            "rows": self.rows,
            "good_rows": self.good_rows,
            "bad_rows": self.bad_rows,
            "left_out": self.left_out,
            "problems": dict(self.problems),
            "warnings": dict(self.warnings),
            "titles": self.titles.as_dict(),
            "titlecount": self.titlecount,
            "shared_touch_points": self.shared.as_dict(),
            "title_variants": [[one._asdict() for one in group] for group in self.title_variants],
            "ok": self.ok,
        }
