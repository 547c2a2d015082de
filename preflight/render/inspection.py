"""An inspection as text: the columns, the layout, and the evidence for and against each date format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from preflight.dates.trials import Tried
from preflight.detect.inspection import Inspection
from preflight.model.reported import SkippedLines
from preflight.render.text import left_out, read_as, wrapped
from preflight.text.display import as_message, counted, named, shown, visible

FEWER = 5
"""The ratio of dates read from which a format is not listed beside a better one."""

MOST_RULED_OUT = 5
"""Limit for the listed formats that are ruled out."""

MOST_ALIKE = 5
"""Limit for the listed formats that are equivalent to another."""


def render_inspection(found: Inspection, width: int = 100) -> str:
    """An inspection as lines of text, each ending in a line feed."""
    parts = [
        [f"{visible(named(found.file))}: {counted(found.rows, 'row')}", *_export(found)],
        list(_columns([one._asdict() for one in found.detection.columns])),
        [line for one in found.warnings for line in wrapped(f"{one.code}: {one.message}", width)],
        [*read_as(found.layout), *left_out(found.detection.table.skipped)],
        list(_titles(found)),
        list(_evidence(found)),
        list(_dates(found, width)) if "date" not in found.layout.texts else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def render_columns(
    file: str, columns: Sequence[Mapping[str, object]], skipped: Sequence[Mapping[str, object]], export: str
) -> str:
    """The columns of a file with open questions, as lines of text.

    `export` describes the known export; empty if there is none.
    """
    lines = [SkippedLines(int(str(one["first"])), int(str(one["last"])), str(one["what"])) for one in skipped]
    parts = [[visible(named(file)), *([export] if export else [])], list(_columns(columns)), list(left_out(lines))]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n\n"


def _columns(columns: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Yield a line for each column: number, label, content, a sample, and the number of distinct texts."""
    yield "Columns (from 0; of the rows looked at)"
    for one in columns:
        label = f" {shown(one['label'], 40)}" if one["label"] else ""
        sample = f", such as {shown(one['sample'], 40)}; {one['distinct']:,} different" if one["sample"] else ""
        yield f"  {one['number']}{label}: {one['holds']}{sample}"


def _export(found: Inspection) -> Iterator[str]:
    """Yield the description of the known export, if any."""
    if (export := found.detection.export()) is not None:
        yield export.described


def _titles(found: Inspection) -> Iterator[str]:
    """Yield the texts outside the table that may be the title of every row."""
    if found.detection.table.titles:
        yield "The title may be in the lines left out"
    for one in found.detection.table.titles:
        yield f"  {one.described()}"


def _evidence(found: Inspection) -> Iterator[str]:
    if found.detection.evidence:
        yield "Detected"
    for part, why in found.detection.evidence.items():
        yield f"  {part}: {as_message(why, 1000)}"


def _dates(found: Inspection, width: int) -> Iterator[str]:
    dates = found.dates
    yield f"Dates ({counted(dates.dates, 'date')}, {dates.missing:,} missing)"
    if found.dateformat is None:
        yield "  open: no format is beyond doubt"
    elif found.detection.layout.dateformat is not None:
        yield f"  {found.dateformat} was given"
    else:
        yield from wrapped(f"{found.dateformat} {dates.why}", width)
        for fault in found.doubts:
            yield from wrapped(f"{fault.code}: {fault.message}", width)
    for one in dates.remaining:
        if one.pattern != found.dateformat:
            yield f"  {one.pattern} remains: it reads {counted(one.rows, 'row')}"
    ruled_out = [one for one in dates.tried if one not in dates.remaining and one.pattern != found.dateformat]
    same = [one for one in ruled_out if one.rows and one.misfit is None]
    least = max((one.rows for one in dates.tried), default=0) / FEWER
    likely = [one for one in ruled_out if one.misfit is not None and one.rows >= max(1, least)][:MOST_RULED_OUT]
    for one in likely:
        yield f"  {one.pattern} is ruled out by row {_misfit(one)}; it reads {counted(one.rows, 'row')}"
    if same:
        yield from wrapped(f"also read all dates, as the same days as one above: {_listed(same)}", width)
    others = [one for one in ruled_out if one not in likely and one not in same]
    if others:
        most = max(one.rows for one in others)
        few = f"no more than {counted(most, 'row')}" if most else "none of the dates"
        yield f"  {counted(len(others), 'other format')} {'reads' if len(others) == 1 else 'read'} {few}"


def _misfit(one: Tried) -> str:
    return "" if one.misfit is None else f"{one.misfit.row}: {visible(one.misfit.text, 40)}"


def _listed(several: list[Tried]) -> str:
    more = f" | and {len(several) - MOST_ALIKE:,} more" if len(several) > MOST_ALIKE else ""
    return " | ".join(one.pattern for one in several[:MOST_ALIKE]) + more
