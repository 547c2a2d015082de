"""What a file seems to be, for a person to confirm: an option for what is plain, choices for what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from preflight.dates.counted import SourceReading
from preflight.detect.inspection import Inspection, look_through
from preflight.detect.questions import ColumnSeen, choice, column_option
from preflight.detect.sheets import detect_file
from preflight.errors import LayoutError, UnclearError
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import TEXTS, Layout
from preflight.layouts.words import TEXT_STANDS_FOR, FirstRow
from preflight.records.source import Progress, Source
from preflight.text.asking import typed


@dataclass(slots=True)
class Proposal:
    """What was found of the parts of a layout that were looked for.

    `found` has the value of each option that is plain, by its name; `open` what is to be asked of each that is not.
    `texts` are those that are proposed for every row, `rows` what leaves rows of a known export out, by their options.
    `lines` tell all to people, `choices` to programs.
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
    """Look for the `wanted` ones of `email`, `date`, `title`, `dateformat`, which `layout` leaves out.

    `reading` says how dates are read that are sent in their ISO form.
    Raises `LayoutError` where what the layout has contradicts the file, and `InputError` as `preflight.check` does.
    """
    proposal = Proposal()
    with Source(file, layout.encoding, progress, layout=layout) as source:
        try:
            inspection = look_through(source, detect_file(source, layout, reading), reading)
        except UnclearError as error:
            if not error.questions:
                raise
            _ask(proposal, error)
            assumed = _assumed(layout, error)
            if assumed is None:
                _take_alone(proposal, error, wanted)
                return proposal
            inspection = look_through(source, detect_file(source, assumed, reading), reading)
    if (fault := inspection.detection.contradiction) is not None:
        raise LayoutError(f"{fault.code}: {fault.message}")
    seen = inspection.detection.columns
    labels = [one.label for one in seen] if inspection.layout.firstrow is FirstRow.Y else None
    for name in [name for name in COLUMNS if name in wanted and name not in proposal.open]:
        _take(proposal, name, seen[inspection.layout.columns[name]], labels)
    if "dateformat" in wanted:
        _date_format(proposal, inspection)
    return proposal


def _ask(proposal: Proposal, error: UnclearError) -> None:
    """What is open, with its choices."""
    proposal.open |= error.questions
    proposal.lines += [error.says, *error.lines]
    proposal.choices += error.choices
    proposal.texts |= _texts(error)
    proposal.rows |= {name: value for name, value in error.options.items() if name in ("only", "once-per-day")}


def _texts(error: UnclearError) -> dict[str, str]:
    """The texts for every row that stand beside the table, by their options."""
    given = {name: str(error.options[name]) for name in TEXT_STANDS_FOR if name in error.options}
    return {name: text for name, text in given.items() if text != TEXT_STANDS_FOR[name]}


def _assumed(layout: Layout, error: UnclearError) -> Layout | None:
    """The layout with some column for each that is open, so that the rest of the file can be looked at.

    None where the file has no column left.
    """
    given = {name: getattr(layout, name) for name in COLUMNS}
    likeliest: dict[str, Any] = {}
    for one in error.choices:
        if "number" in one:  # others are texts that stand beside the table
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


def _take_alone(proposal: Proposal, error: UnclearError, wanted: Sequence[str]) -> None:
    """The columns that are plain where nothing else of the file could be looked at, by their numbers."""
    proposal.found |= {name: str(number) for name, number in error.found.items() if name in wanted}


def _take(proposal: Proposal, name: str, column: ColumnSeen, labels: Sequence[str] | None) -> None:
    """A column that is plain."""
    value = column_option(name, column, labels)
    proposal.found[name] = value
    proposal.lines.append(f"  {name} {column.described()}")
    proposal.choices.append(choice(name, column, value))


def _date_format(proposal: Proposal, inspection: Inspection) -> None:
    """The format of the dates, where it is known which column has them."""
    if "date" in proposal.open:
        proposal.open["dateformat"] = "the date format is that of the date column"
    elif inspection.dateformat is None:
        proposal.open["dateformat"] = inspection.dates.why
        proposal.lines.append(inspection.dates.why)
        proposal.choices += [{**one, "column": "dateformat"} for one in inspection.dates.choices]
    else:
        pattern = inspection.dateformat
        proposal.found["dateformat"] = pattern
        proposal.lines.append(f"  dateformat {pattern}: it {inspection.dates.why}")
        proposal.choices.append({"column": "dateformat", "dateformat": pattern, "option": typed("dateformat", pattern)})
