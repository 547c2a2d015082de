"""The inspection of a whole file: the layout, detected from its start, and the format of all its dates, with evidence.

A date format that is not given takes a separate pass over the file before the check.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from preflight.dates.counted import SourceReading, only_normalized
from preflight.dates.format import DateFormat
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.source import SourceFormat
from preflight.detect.heading import broken_labels, read_heading
from preflight.detect.layout import Detection
from preflight.detect.questions import rows_wanted
from preflight.errors import InputError, LayoutError, UnclearError
from preflight.inputs.source import Source
from preflight.layouts.layout import TEXTS, Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow
from preflight.model.problems import Diagnosis
from preflight.text.asking import option
from preflight.text.display import shown
from preflight.text.dressing import DATE_FIXES

if TYPE_CHECKING:
    import pandas as pd

    from preflight.detect.datechoice import Choice


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of an inspection.

    `detection` is the result for the start of the file, `layout` its layout resolved against the file. `dateformat` is
    the given or the settled format; if it is None, the one of `layout` is only the likeliest.
    """

    file: str
    detection: Detection
    layout: ResolvedLayout
    rows: int
    dates: Choice

    @property
    def dateformat(self) -> str | None:
        """The date format to use; None if a person has to choose."""
        return self.detection.layout.dateformat or (self.dates.chosen.pattern if self.dates.chosen else None)

    @property
    def resolved(self) -> Layout:
        """The layout to use, including the date format; raises `LayoutError` if that is open."""
        if self.dateformat is None:
            raise self.open_format()
        return replace(self.detection.layout, dateformat=self.dateformat)

    def open_format(self) -> UnclearError:
        """The error that asks for the date format, with the options of each choice."""
        choices = [{**choice, "column": "dateformat"} for choice in self.dates.choices]
        export = self.detection.export()
        wanted = rows_wanted(self.detection.layout, export) if export is not None else {}
        options = [{**wanted, **one} for one in self.dates.answers]
        error = UnclearError(f"no date format was given: {self.dates.why}", (), choices, options[0] if options else {})
        error.code, error.file, error.others = "dateformat", self.file, options[1:]
        error.export = export.as_dict() if export is not None else {}
        return error

    @property
    def doubts(self) -> Sequence[Diagnosis]:
        """The warnings about the detection, including those about a detected date format."""
        of_dates = self.dates.faults if self.detection.layout.dateformat is None else ()
        return (*self.detection.doubts, *of_dates)

    @property
    def warnings(self) -> Sequence[Diagnosis]:
        """The warnings about the heading, and about the sheet of a workbook."""
        return [*(fault for _, fault in broken_labels(self.layout)), *self.detection.doubts]

    @property
    def detected(self) -> Mapping[str, str]:
        """The evidence for each part of the layout that was not given."""
        settled = self.detection.layout.dateformat is None and self.dateformat is not None
        return {**self.detection.evidence, **({"dateformat": self.dates.why} if settled else {})}

    def profile(self) -> dict[str, Any]:
        """The layout as the keys and values of a profile.

        Raises `LayoutError` if the date format is open, or an option contradicts the file.
        """
        if (fault := self.detection.contradiction) is not None:
            raise LayoutError(f"{fault.code}: {fault.message}")
        layout, columns = self.layout, dict[str, Any]()
        for name, index in layout.columns.items():
            if name in layout.texts:
                columns[TEXTS[name]] = layout.texts[name]
                continue
            label = layout.labels[index]
            plain = (
                layout.firstrow is FirstRow.Y
                and label
                and [one.casefold() for one in layout.labels].count(label.casefold()) == 1
            )
            columns[name] = label if plain else index
        profile = {
            **columns,
            **({} if "date" in layout.texts else {"dateformat": str(self.resolved.dateformat)}),
            "fieldseparator": layout.fieldseparator.value,
            "quotecharacter": layout.quotecharacter.value,
            "firstrow": layout.firstrow.value,
        }
        given = self.detection.layout
        sheet = None if "sheet" in self.detection.evidence else given.sheet
        asked = {
            "sheet": sheet,
            "encoding": given.encoding,
            "only": list(given.only or ()),
            "once_per_day": given.once_per_day,
            "table_line": given.table_line,
            "rules": list(given.rules or ()),
        }
        return profile | {name: value for name, value in asked.items() if value}

    def as_dict(self) -> dict[str, Any]:
        """The inspection as `--json` prints it."""
        dates = self.dates
        return {
            "file": self.file,
            "export": export.as_dict() if (export := self.detection.export()) is not None else None,
            "columns": [one._asdict() for one in self.detection.columns],
            "skipped_lines": [one._asdict() for one in self.detection.table.skipped],
            "title_texts": [one.as_dict() for one in self.detection.table.titles],
            "layout": self.layout.as_dict() | {"dateformat": self.dateformat},
            "detected": dict(self.detected),
            "rows": self.rows,
            "warnings": {one.code: one.message for one in reversed(self.warnings)},
            "dates": {
                "dates": dates.dates,
                "missing": dates.missing,
                "remaining": [one.pattern for one in dates.remaining],
                "why": dates.why,
                "choices": dates.choices if self.dateformat is None else [],
                "warnings": {
                    fault.code: fault.message for fault in dates.faults if not self.detection.layout.dateformat
                },
                "formats": [one.as_dict() for one in dates.tried],
            },
        }


def format_of(
    dateformat: DateFormat, source: Source, detection: Detection, reading: SourceReading | None
) -> DateFormat:
    """The date format for reading the file; with `reading`, dates are normalized.

    Raises `DateFormatError` for a format that needs normalized dates if there is no `reading`, and `LayoutError` for a
    zone if the dates have none.
    """
    pattern = dateformat.pattern
    if reading is None:
        if isinstance(dateformat, SourceFormat):
            raise only_normalized(pattern)
        return dateformat
    whole = pattern == "excel" and not reading.day and not _has_times(source, detection)
    read = reading.format(pattern, whole=whole)
    if reading.zone and not read.reads_zone:
        raise LayoutError(
            f"{option('zone', reading.zone)} converts instants to local days, but dates as {shown(pattern)} have no "
            "zone; leave it out"
        )
    return read


def _has_times(source: Source, detection: Detection) -> bool:
    """Whether any date of the file is a number with a fraction."""
    _, chunks = _date_cells(source, detection, ())
    return any(bool(cells.str.contains("[.,]", regex=True).any()) for cells, _ in chunks)


def look_through(
    source: Source, detection: Detection, reading: SourceReading | None = None, fix: Collection[str] = ()
) -> Inspection:
    """Count the rows of a file and examine all its dates, after fixes of these kinds, in one pass.

    `reading` says how dates are read if they are normalized.
    """
    from preflight.detect.dateformat import Elimination

    elimination, rows = Elimination(reading), 0
    resolved, runs = _date_cells(source, detection, fix)
    for cells, count in runs:
        elimination.add(cells)
        rows += count
    if not rows:
        raise InputError(f"{source.shown} has a heading but no data row")
    found = elimination.result(detection.day_first)
    if detection.layout.dateformat is None:
        resolved = replace(resolved, dateformat=(found.chosen or found.tried[0]).dateformat)
    return Inspection(source.name, detection, resolved, rows, found)


def _date_cells(
    source: Source, detection: Detection, fix: Collection[str]
) -> tuple[ResolvedLayout, Iterator[tuple[pd.Series[str], int]]]:
    """The resolved layout, and the cells of the date column in chunks: a Series by row number, and the number of rows.

    The format is still unknown: the layout has a dummy one.
    """
    from preflight.records.cells import CellReader
    from preflight.restoring.mended import OF_RECORDS, RecordMender

    layout = detection.layout
    known = layout if layout.dateformat else replace(layout, dateformat=KNOWN_FORMATS[0].pattern)
    _, resolved, runs = read_heading(source, known, detection.records(source))
    reader = CellReader(source.name, source.tolerant, resolved)
    mender = RecordMender(reader, resolved, OF_RECORDS)  # what is no date of a row tells nothing either way

    def cells() -> Iterator[tuple[pd.Series[str], int]]:
        row, left_out = 1, 0
        for records in runs:
            chunk = mender.mend(reader.cut(records, row))
            yield _fixed(chunk.frame["date"], fix), len(records)
            row += len(records)
            left_out += int(chunk.left_out.sum())
        if 0 < left_out == row - 1:
            raise leaves_no_row(source, layout)

    return resolved, cells()


def _fixed(dates: pd.Series[str], kinds: Collection[str]) -> pd.Series[str]:
    """A column of dates after fixes of these kinds."""
    mending = [mend for kind, mend in DATE_FIXES.items() if kind in kinds]
    if not mending:
        return dates
    fixed = {text: reduce(lambda value, mend: mend(value), mending, text) for text in dates.unique()}
    return dates.map(fixed).astype(dates.dtype)


def leaves_no_row(source: Source, layout: Layout) -> LayoutError:
    """The error for conditions that no row of a file meets."""
    asked = " and ".join(option("only", one) for one in layout.only or ())
    leaves = "leaves" if len(layout.only or ()) == 1 else "leave"
    return LayoutError(f"{asked} {leaves} no row of {source.shown}; `preflight inspect` shows what each column holds")
