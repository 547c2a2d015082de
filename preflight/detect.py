"""What a file is, with the evidence, as far as its layout was not given: a pass of its own, before the check.

So far the date format is detected (`preflight.elimination`); the rest is as given, or its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from preflight.errors import InputError, LayoutError
from preflight.knownformats import KNOWN_FORMATS
from preflight.layout import FirstRow, Layout, ResolvedLayout
from preflight.reading import read_heading
from preflight.records import Dialect, read_records
from preflight.source import Progress, Source

if TYPE_CHECKING:
    from preflight.elimination import Choice


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file.

    `given` is the layout that was asked with, `layout` the one resolved against the file. `dateformat` is the given
    format or the one that the elimination settled; when it is None, that of `layout` means nothing.
    """

    file: str
    given: Layout
    layout: ResolvedLayout
    rows: int
    dates: Choice

    @property
    def dateformat(self) -> str | None:
        """The date format to use, or None when a person has to choose."""
        return self.given.dateformat or (self.dates.chosen.pattern if self.dates.chosen else None)

    @property
    def resolved(self) -> Layout:
        """The layout to use, with the date format that was found; raises `LayoutError` when there is none."""
        if self.dateformat is None:
            raise LayoutError(f"no date format was given: {self.dates.why}")
        return replace(self.given, dateformat=self.dateformat)

    @property
    def detected(self) -> Mapping[str, str]:
        """The evidence for each part of the layout that was not given."""
        return {} if self.given.dateformat or self.dateformat is None else {"dateformat": self.dates.why}

    def profile(self) -> dict[str, str | int]:
        """The whole layout as a profile's keys and values; raises `LayoutError` when the date format is open."""
        layout, columns = self.layout, {}
        for name, index in layout.columns.items():
            label = layout.labels[index]
            plain = (
                layout.firstrow is FirstRow.Y
                and label
                and [one.casefold() for one in layout.labels].count(label.casefold()) == 1
            )
            columns[name] = label if plain else index
        profile = {
            **columns,
            "dateformat": str(self.resolved.dateformat),
            "fieldseparator": layout.fieldseparator.value,
            "quotecharacter": layout.quotecharacter.value,
            "firstrow": layout.firstrow.value,
        }
        return profile | ({"encoding": self.given.encoding} if self.given.encoding else {})

    def as_dict(self) -> dict[str, Any]:
        """What was found as `--json` prints it."""
        dates = self.dates
        return {
            "file": self.file,
            "layout": self.layout.as_dict() | {"dateformat": self.dateformat},
            "detected": dict(self.detected),
            "rows": self.rows,
            "dates": {
                "dates": dates.dates,
                "missing": dates.missing,
                "remaining": [one.pattern for one in dates.remaining],
                "why": dates.why,
                "formats": [one.as_dict() for one in dates.tried],
            },
        }


def inspect(file: str | PathLike[str], layout: Layout, *, progress: Progress | None = None) -> Inspection:
    """Look at the whole file once. Raises `LayoutError` and `InputError` as `preflight.check` does.

    That the date format is open is no error here: see `Inspection.resolved`.
    """
    with Source(file, layout.encoding, progress) as source:
        return _inspected(source, layout)


def with_dateformat(source: Source, layout: Layout) -> tuple[Layout, Mapping[str, str]]:
    """The layout with the file's own date format where none was given, and the evidence.

    Raises `LayoutError` when the format cannot be told.
    """
    if layout.dateformat is not None:
        return layout, {}
    found = _inspected(source, layout)
    return found.resolved, found.detected


def _inspected(source: Source, layout: Layout) -> Inspection:
    from preflight.cells import CellReader
    from preflight.elimination import Elimination

    # The columns are found before the format is known; any format stands in until then.
    known = layout if layout.dateformat else replace(layout, dateformat=KNOWN_FORMATS[0].pattern)
    elimination, rows = Elimination(), 0
    runs = read_records(source.blocks(), Dialect(layout.separator, layout.quote), source.first_line)
    _, resolved, runs = read_heading(source, known, runs)
    reader = CellReader(source, resolved)
    for records in runs:
        _, _, cells = reader.cut(records)
        elimination.add(cells.columns["date"], cells.positions + rows + 1)
        rows += len(records)
    if not rows:
        raise InputError(f"{source.shown} has a heading but no data row")
    found = elimination.result()
    if found.chosen is not None and layout.dateformat is None:
        resolved = replace(resolved, dateformat=found.chosen.dateformat)
    return Inspection(source.name, layout, resolved, rows, found)
