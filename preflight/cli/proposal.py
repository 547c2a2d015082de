"""A proposal for the layout of a file that a person confirms: options for what is clear, choices for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

from preflight.dates.counted import SourceReading
from preflight.detect.inspection import Inspection, look_through
from preflight.detect.questions import ColumnSummary, choice, label_or_index
from preflight.detect.sheets import detect_file
from preflight.errors import LayoutError, UnclearError
from preflight.inputs.source import Progress, Source
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import TEXTS, Layout
from preflight.layouts.words import TEXT_STANDS_FOR, FirstRow
from preflight.merging.joining import beginning
from preflight.opening.provenance import CleanProvenance
from preflight.outputs.recorded import is_as_written
from preflight.outputs.sidecar import sidecar_path
from preflight.remote.url import is_remote
from preflight.text.asking import typed
from preflight.text.display import shown


@dataclass(slots=True)
class Proposal:
    """The detected parts of a layout.

    `found` has the value of each clear option, by name; `open` has the question for each unclear one. `texts` are texts
    proposed for every row, `rows` the options that leave out rows of a known export. `lines` describe the proposal for
    people, `choices` for programs.
    """

    found: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str | list[str] | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    choices: list[Mapping[str, object]] = field(default_factory=list)


def propose(
    file: str | PathLike[str],
    layout: Layout,
    wanted: Sequence[str],
    *,
    reading: SourceReading | None = None,
    progress: Progress | None = None,
) -> Proposal:
    """Detect those of `email`, `date`, `title` and `dateformat` that are `wanted`, which `layout` leaves out.

    For a clean file that was not changed since, they are those of its sidecar. `reading` says how dates are read if
    they are normalized. Raises `LayoutError` if the layout contradicts the file, and `InputError` as `preflight.check`
    does.
    """
    proposal = Proposal()
    written = as_written(file)
    if all(getattr(layout, name) is None for name in (*COLUMNS, *TEXTS.values())):
        layout = layout.over(replace(written, dateformat=None))
    with Source(file, layout.encoding, progress, layout=layout) as source:
        try:
            inspection = look_through(source, detect_file(source, layout, reading), reading)
        except UnclearError as error:
            if not error.questions:
                raise
            _ask(proposal, error)
            assumed = _assumed(layout, error)
            if assumed is None:
                _add_found(proposal, error, wanted)
                return proposal
            inspection = look_through(source, detect_file(source, assumed, reading), reading)
    if (fault := inspection.detection.contradiction) is not None:
        raise LayoutError(f"{fault.code}: {fault.message}")
    seen = inspection.detection.columns
    labels = [one.label for one in seen] if inspection.layout.firstrow is FirstRow.Y else None
    for name in [name for name in COLUMNS if name in wanted and name not in proposal.open]:
        _add_column(proposal, name, seen[inspection.layout.columns[name]], labels)
    if "dateformat" in wanted and written.dateformat is not None and inspection.layout.columns["date"] == written.date:
        why = f"{shown(sidecar_path(file).name)} says that the file was written with it"
        _add_known_format(proposal, str(written.dateformat), why)
    elif "dateformat" in wanted:
        _add_date_format(proposal, inspection)
    return proposal


def as_written(file: str | PathLike[str]) -> Layout:
    """The columns and date format of a clean file by its sidecar; blank without one, or if the file was changed."""
    known = None if is_remote(file) or not is_as_written(file) else CleanProvenance.of(file)
    if known is None:
        return Layout()
    columns = {name: getattr(known.layout, name) for name in COLUMNS}
    added = [name for name, text in TEXTS.items() if getattr(known.layout, text) is not None]
    if added:  # columns at the end of the clean file
        width = len(beginning(file, replace(known.layout, encoding="utf-8"))[1])
        columns |= {name: width - len(added) + place for place, name in enumerate(added)}
    return Layout.of(**columns, dateformat=known.clean_dateformat)


def _ask(proposal: Proposal, error: UnclearError) -> None:
    """Add the open questions, with their choices."""
    proposal.open |= error.questions
    proposal.lines += [error.says, *error.lines]
    proposal.choices += error.choices
    proposal.texts |= _texts(error)
    proposal.rows |= {name: value for name, value in error.options.items() if name in ("only", "once-per-day")}


def _texts(error: UnclearError) -> dict[str, str]:
    """The texts for every row that were found outside the table, by option."""
    given = {name: str(error.options[name]) for name in TEXT_STANDS_FOR if name in error.options}
    return {name: text for name, text in given.items() if text != TEXT_STANDS_FOR[name]}


def _assumed(layout: Layout, error: UnclearError) -> Layout | None:
    """The layout with an assumed column for each open one, so that the rest of the file can be inspected.

    None if the file has no column left.
    """
    given = {name: getattr(layout, name) for name in COLUMNS}
    likeliest: dict[str, Any] = {}
    for one in error.choices:
        if "number" in one:  # the other choices are texts outside the table
            likeliest.setdefault(str(one["column"]), one["number"])
    texts = {TEXTS[name.removesuffix("-text")]: text for name, text in _texts(error).items()}
    taken = {*likeliest.values(), *error.found.values()}
    free = [one["number"] for one in error.columns if one["number"] not in taken]
    for name in error.questions:
        if name not in likeliest and TEXTS.get(name) not in texts:
            if not free:
                return None
            likeliest[name] = free.pop()
    columns = {name: value for name, value in likeliest.items() if given[name] is None and TEXTS.get(name) not in texts}
    return Layout.of(**columns, **texts).over(layout)


def _add_found(proposal: Proposal, error: UnclearError, wanted: Sequence[str]) -> None:
    """Add the clear columns by their numbers, where the rest of the file cannot be inspected."""
    proposal.found |= {name: str(number) for name, number in error.found.items() if name in wanted}


def _add_column(proposal: Proposal, name: str, column: ColumnSummary, labels: Sequence[str] | None) -> None:
    """Add a clear column."""
    value = label_or_index(name, column.number, labels)
    proposal.found[name] = value
    proposal.lines.append(f"  {name} {column.described()}")
    proposal.choices.append(choice(name, column, value))


def _add_date_format(proposal: Proposal, inspection: Inspection) -> None:
    """Add the date format, if the date column is known."""
    if "date" in proposal.open:
        proposal.open["dateformat"] = "the date format is that of the date column"
    elif inspection.dateformat is None:
        proposal.open["dateformat"] = inspection.dates.why
        proposal.lines.append(inspection.dates.why)
        proposal.choices += [{**one, "column": "dateformat"} for one in inspection.dates.choices]
    else:
        _add_known_format(proposal, inspection.dateformat, f"it {inspection.dates.why}")


def _add_known_format(proposal: Proposal, pattern: str, why: str) -> None:
    proposal.found["dateformat"] = pattern
    proposal.lines.append(f"  dateformat {pattern}: {why}")
    proposal.choices.append({"column": "dateformat", "dateformat": pattern, "option": typed("dateformat", pattern)})
