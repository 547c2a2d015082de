"""The layout of a file: missing parts are detected from the file's start, given parts are compared with it.

The dialect is found by trying all twelve (`dialect`), the heading by the first row, the columns by their labels
(`labels`) and contents (`columns`). The date format takes the whole column: see `inspection`. Any doubt raises a
`LayoutError` that names the choices.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from preflight.detect.columnfinder import find_columns
from preflight.detect.conflicts import firstrow_mismatch, layout_mismatch
from preflight.detect.questions import ColumnSummary, columns_seen
from preflight.detect.unreadable import (
    refuse_a_label_too_few,
    refuse_other_quotes,
    refuse_rows_unlike_heading,
    refuse_unreadable,
)
from preflight.errors import InputError, LayoutError, UnclearError
from preflight.inputs.source import Source
from preflight.labels.headings import day_comes_first, looks_like_heading, refuse_too_wide
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.problems import Diagnosis
from preflight.records.badrows import divided_labels, width_without_added
from preflight.records.encoding import not_utf_8
from preflight.records.grammar import Dialect, count_line_ends
from preflight.records.run import Records
from preflight.records.scanner import read_records
from preflight.tables.columns import Columns, is_address, is_date, tells_day_first
from preflight.tables.dialect import LEAST_WIDTH, Dialects, Reading, Sample, Trial
from preflight.tables.table import NOTHING_BESIDE, SAMPLE_BYTES, Table, find_table
from preflight.text.asking import option
from preflight.text.display import shown
from preflight.text.whitespace import is_blank

if TYPE_CHECKING:
    from preflight.tools.recognize import Export


def _no_export() -> Export | None:
    return None


@dataclass(frozen=True, slots=True)
class Detection:
    """The layout detected from the start of a file.

    `layout` is complete except for a date format that was not given. `evidence` has the reason for each detected part.
    `contradiction` is the `layout-mismatch` or `firstrow-mismatch` of a given part; `layout` is then the one that fits.
    `columns` are all columns of the file, `table` describes the lines outside them. `export` returns the known export,
    or None. `doubts` are warnings about the file as a whole. `day_first` if the day comes before the month in other
    dates of the file, or else in the language of its heading.
    """

    layout: Layout
    evidence: Mapping[str, str]
    contradiction: Diagnosis | None = None
    columns: Sequence[ColumnSummary] = ()
    table: Table = NOTHING_BESIDE
    export: Callable[[], Export | None] = _no_export
    doubts: Sequence[Diagnosis] = ()
    day_first: bool = False

    def records(self, source: Source) -> Iterator[Records]:
        """Yield the records of the table, including the heading."""
        return self.table.records(source, Dialect(self.layout.separator, self.layout.quote))


def detect(source: Source, given: Layout, *, whole: bool = False) -> Detection:
    """Detect the layout from the start of a file, and limit the source to the table with the people, unless `whole`.

    Raises `LayoutError` for a part that cannot be determined, `InputError` for a file that is not text.
    """
    given = source.described(given)
    dialects, table = Dialects(_sample(source)), NOTHING_BESIDE
    if not whole:
        bounds = source.bounds
        table = find_table(source, given, dialects)
        if source.bounds != bounds:
            dialects = Dialects(_sample(source, table.further_headings))
    reading, fault = _dialect(source, given, dialects, whole)
    firstrow, why_firstrow = _firstrow(reading, given)
    if fault is None and given.firstrow is not None:
        fault = firstrow_mismatch(given.firstrow, reading.first)
        firstrow = firstrow if fault else FirstRow(given.firstrow)
    evidence = {
        "fieldseparator": "the first line says so" if source.separator and not fault else _why_separator(reading),
        "quotecharacter": _why_quote(reading),
        "firstrow": why_firstrow,
        **({"encoding": _why_encoding(source)} if source.workbook is None else {}),  # else the text was written here
    }
    layout = replace(given, fieldseparator=reading.separator, quotecharacter=reading.quote, firstrow=firstrow)
    found = Detection(layout, evidence, fault, table=table)
    if firstrow is FirstRow.N or not reading.spoiled:  # that a heading is spoiled is said when it is read
        found = _with_columns(source, given, found, reading)
    return replace(found, evidence={part: why for part, why in found.evidence.items() if getattr(given, part) is None})


def _dialect(source: Source, given: Layout, dialects: Dialects, whole: bool) -> tuple[Reading, Diagnosis | None]:
    """The best reading of the sample, and what contradicts the given separator or quote character."""
    separator = Separator(given.fieldseparator) if given.fieldseparator else source.separator
    trial = dialects.best(separator, Quote(given.quotecharacter) if given.quotecharacter else None)
    fault = layout_mismatch(given, trial.best, dialects) if source.workbook is None else None
    if fault is not None:
        trial = dialects.best()
    elif trial.rivals and source.workbook is None and not trial.best.is_of_bad_rows:
        raise LayoutError(_unsure(source, trial))  # in bad rows a `'` keeps spreadsheets from a cell
    if source.workbook is None and not whole:
        refuse_other_quotes(source, dialects.sample.text, trial.best)
    if separator is None and trial.best.score < 1:
        refuse_unreadable(source, dialects.sample.text)
    return trial.best, fault


def _with_columns(source: Source, given: Layout, found: Detection, reading: Reading) -> Detection:
    """The detection completed by the columns. A question about them describes all columns and skipped lines."""
    fault, export, columns = found.contradiction, found.export, list[ColumnSummary]()
    try:
        labels, content = _columns(source, found.layout, reading, fits=fault is None)
        columns += columns_seen(labels, content)
        if not reading.is_of_bad_rows:  # these are to be mended, not left out
            export = partial(_export, source, labels, content, found.table)
        if fault is None and found.layout.firstrow is FirstRow.Y and given.dateformat is None:
            refuse_rows_unlike_heading(source, reading, given)
        layout, evidence = find_columns(found.layout, labels, columns, content, found.table.texts, export)
    except LayoutError as error:
        if fault is not None:
            raise LayoutError(f"{fault.code}: {fault.message[:-1]}; then {error}") from None
        if isinstance(error, UnclearError):
            error.file, error.columns = source.name, [one._asdict() for one in columns]
            error.skipped = [one._asdict() for one in found.table.skipped]
        raise
    day_first = _day_first(labels, content, found.table)
    evidence = {**found.evidence, **evidence}
    return replace(found, layout=layout, evidence=evidence, columns=columns, export=export, day_first=day_first)


def _day_first(labels: Sequence[str] | None, content: Columns, table: Table) -> bool:
    """Whether the day comes before the month, by the dates in the file and above the table, else by the heading."""
    by_dates = tells_day_first([*content.every_date(), *(cell for one in table.before for cell in one.cells)])
    return day_comes_first(labels or ()) if by_dates is None else by_dates


def _export(source: Source, labels: Sequence[str] | None, content: Columns, table: Table) -> Export | None:
    """The known export of the table, or None."""
    from preflight.tools.recognize import recognize  # most files are not asked about

    return None if labels is None else recognize(labels, content, table.before, source.first_line)


def _sample(source: Source, left_out: tuple[int, int] = (0, 0)) -> Sample:
    """The start of the text, without the bytes of `left_out`, which are further heading rows."""
    text, whole = source.sample(SAMPLE_BYTES)
    if whole and not text.strip():
        raise InputError(f"{source.shown} holds nothing but blank lines")
    if not whole:
        text = text[: max(text.rfind(b"\n"), text.rfind(b"\r")) + 1] or text
    if not source.tolerant:
        _refuse_undecodable(source, text, whole)
    return Sample(text[: left_out[0]] + text[left_out[1] :], whole, source.first_line, source.workbook is not None)


def _refuse_undecodable(source: Source, text: bytes, whole: bool) -> None:
    """Raise `InputError` for a file whose start is not UTF-8, before its cells are used for the detection."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text, final=whole)
    except UnicodeDecodeError as error:
        start = max(text.rfind(b"\n", 0, error.start), text.rfind(b"\r", 0, error.start)) + 1
        line = source.first_line + count_line_ends(text[:start])
        lines = next(read_records([text[start:]], Dialect(Separator.COMMA, Quote.NONE), line))
        raise not_utf_8(source.name, lines, 0, text) from None


def _firstrow(reading: Reading, given: Layout) -> tuple[FirstRow, str]:
    """Whether the first row is a heading, and the reason."""
    first = reading.first
    if (address := next(filter(is_address, first), None)) is not None:
        return FirstRow.N, f"the first row holds an address, {shown(address, 40)}"
    labels = {label for name in COLUMNS if isinstance(label := getattr(given, name), str)}
    if looks_like_heading(first) or labels & {*first}:
        return FirstRow.Y, f"the first row has labels: {_listed(first)}"
    if (date := next(filter(is_date, first), None)) is not None:
        return FirstRow.N, f"the first row holds a date, {shown(date, 40)}"
    return FirstRow.Y, "the first row holds neither an address nor a date"


def _is_heading(cells: Sequence[str]) -> bool:
    """Whether the cells are labels; a touch point may contain the same words, but has an address, too."""
    return looks_like_heading(cells) and not any(map(is_address, cells))


def _columns(source: Source, layout: Layout, reading: Reading, *, fits: bool) -> tuple[list[str] | None, Columns]:
    """The labels of the heading, None without one, and the columns of the rows examined.

    `fits` is False if the given layout contradicts the file: its heading may then have another width than the rows.
    """
    labels, rows, width = None, reading.every_row(), reading.width
    refuse_too_wide(source.shown, source.first_line, len(reading.first))
    if layout.firstrow is FirstRow.Y:
        _refuse_preamble(source, reading)
        if fits:
            refuse_a_label_too_few(source, reading)
        labels, rows = [cell.strip() for cell in reading.first], rows[1:]
        width = len(labels)
    elif not any(rows):  # every row is spoiled
        width = layout.least_width
    if labels is None and (own := width_without_added(rows)):
        return None, Columns([cells[:own] for cells in rows if len(cells) >= own], own)
    rows = [cells for cells in rows if len(cells) >= width and all(map(is_blank, cells[width:]))]
    if labels is not None:
        labels, _ = divided_labels(labels)
        width = len(labels)
    return labels, Columns([cells[:width] for cells in rows], width)


def _refuse_preamble(source: Source, reading: Reading) -> None:
    """Raise `LayoutError` for lines before the table, of which Act-On would take the first as the heading."""
    first = reading.first
    if looks_like_heading(first) or reading.width < LEAST_WIDTH:
        return
    labels = next(((line, cells) for line, cells in reading.rows if _is_heading(cells)), None)
    start = next(((line, cells) for line, cells in reading.rows if len(cells) == reading.width), None)
    table = labels or (start if len(first) < LEAST_WIDTH else None)
    if table is None:
        return
    what = "blank" if all(map(is_blank, first)) else shown(" ".join(first).strip(), 40)
    raise LayoutError(
        f"the table in {source.shown} starts on line {table[0]} ({_listed(table[1])}), after other lines, from "
        f"line {source.first_line} ({what}) on; use {option('table_line', table[0])}"
    )


def _why_encoding(source: Source) -> str:
    return f"{source.encoding.upper()}: " + ("its byte order mark says so" if source.marked else "its bytes are valid")


def _why_separator(reading: Reading) -> str:
    return f"{reading.records - reading.misfits:,} of {reading.records:,} rows looked at have {reading.width} cells"


def _why_quote(reading: Reading) -> str:
    if reading.quoted:
        return f"it stands around {reading.quoted:,} cell{'s'[: reading.quoted > 1]} looked at"
    return "the quotes in the file stand around no cell" if reading.quote is Quote.NONE else "no cell is in quotes"


def _unsure(source: Source, trial: Trial) -> str:
    best, rival = trial.best, trial.rivals[0]
    parts: list[tuple[str, str, str]] = []
    if best.separator is not rival.separator:
        parts.append(("fieldseparator", best.separator, rival.separator))
    if best.quote is not rival.quote:
        parts.append(("quotecharacter", best.quote, rival.quote))
    options = [" ".join(option(part, words[i]) for part, *words in parts) for i in (0, 1)]
    rows = zip(best.every_row(), rival.every_row(), strict=False)
    cells = next((pair for row in rows for pair in zip(*row, strict=False) if pair[0] != pair[1]), None)
    seen = f": {shown(cells[0], 40)} or {shown(cells[1], 40)}" if cells else ""
    return f"{source.shown} can be read in two ways{seen}; choose with {options[0]} or {options[1]}"


def _listed(cells: Sequence[str]) -> str:
    return ", ".join(shown(cell.strip(), 20) for cell in cells[:4]) + (", …" if len(cells) > 4 else "")
