"""The record itself: number of cells, quotes, encoding, blank rows, repeated headings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Positions
from preflight.model.faults import HERE, Faults, Told
from preflight.model.findings import NONE, Findings, findings, in_order, of_each
from preflight.model.problems import Diagnosis
from preflight.records.cells import Chunk, arrow_of
from preflight.records.encoding import first_undecodable_byte
from preflight.records.grammar import (
    STRAY_QUOTE,
    UNCLOSED_QUOTE,
    Dialect,
    count_line_ends,
    text_of,
    text_shown,
)
from preflight.records.texts import ManyCells, ManyRecords, holding, matching, texts_of
from preflight.restoring.anew import CutRecords
from preflight.restoring.atonce import separators_follow
from preflight.text.asking import fix_option
from preflight.text.display import LONGEST_VALUE, shown, shown_each
from preflight.text.spans import LINE_BREAKS, MAX_SPANS, Spans, matches

MAX_MARKED = 200
"""Maximum length of the mark on undecodable bytes."""

MAX_NAMED = 5
"""Maximum number of columns with line breaks that a message names."""

BLANK = Diagnosis("blank-row", "The row is blank.")
GUESSED = (
    "The cells of this row were a guess, as its preflight_problems cell says: put them right, then clear that cell."
)
_HEADING_AGAIN = Diagnosis(
    "email-syntax",
    f"Line {HERE} is the heading again, as where exports were joined: it is no touch point; delete that line.",
)
_MARK = "\ufeff"
"""A byte order mark."""

_NULS, _NO_TEXT = re.compile(r"\x00+"), re.compile("\ufffd+")


def check_structure(chunk: Chunk, dialect: Dialect) -> Findings:
    """Find records that cannot be cut into cells of text: with misplaced quotes, undecodable, or with NUL bytes."""
    records, spoiled, first_row = chunk.records, chunk.spoiled, chunk.first_row

    def fault(i: int) -> Diagnosis:
        if spoiled.undecodable[i]:
            return _encoding_fault(records.raw(i))
        if spoiled.nul[i]:
            return _nul(matches(_NULS, text_shown(records.raw(i))))
        return Diagnosis(records.added[i].first_code, GUESSED) if spoiled.guessed[i] else BLANK

    no_text = np.flatnonzero(spoiled.all)
    found = [findings(first_row + no_text, [fault(i) for i in no_text.tolist()])]
    for kind, tell in ((STRAY_QUOTE, _stray_quotes), (UNCLOSED_QUOTE, _unclosed_quotes)):
        places = np.flatnonzero(~spoiled.all & (records.fault == kind))
        if len(places):
            faults = tell(texts_of(records, places), records.line[places], dialect)
            found.append(of_each(first_row + places, faults))
    return in_order(found)


def check_widths(chunk: Chunk, layout: ResolvedLayout, dialect: Dialect) -> Findings:
    """Find records with fewer or more cells than the layout has columns."""
    if not len(chunk.misfits):
        return NONE
    needed = 1 + max(place for name, place in layout.read_columns.items() if name != "note")
    texts, many = texts_of(chunk.records, chunk.misfits - chunk.first_row), ManyRecords(dialect)
    cells, blank = ManyCells(texts, dialect), many.blank(texts)
    mended = separators_follow(texts, cells, layout.width, many)
    alike, kinds = np.unique(np.where(blank, -1, 2 * cells.widths + mended), return_inverse=True)
    faults = [
        BLANK if one < 0 else _wrong_width(one // 2, layout.width, needed, bool(one % 2)) for one in alike.tolist()
    ]
    return Findings(chunk.misfits, kinds, Faults([faults]))


def find_blank(chunk: Chunk, rows: Positions, dialect: Dialect) -> Findings:
    """Find those of the rows that are blank in every cell."""
    rows = rows[ManyRecords(dialect).blank(texts_of(chunk.records, rows - chunk.first_row))]
    return Findings(rows, np.zeros(len(rows), np.int64), Faults([[BLANK]]))


def find_headings(chunk: Chunk, rows: Positions, labels: Mapping[str, str]) -> Findings:
    """Find those of the rows (with bad emails) that repeat the heading."""
    mapped = [name for name in ("email", "date", "title") if labels.get(name)]
    again = rows if len(mapped) > 1 else rows[:0]
    for name in mapped:
        if not len(again):
            return NONE
        places, label = np.searchsorted(chunk.rows, again), labels[name].casefold()
        cells = arrow_of(chunk.frame[name]).take(pa.array(places))
        may_be = matching(cells, rf"(?i){re.escape(label)}|[^\x00-\x7f]")
        again, coded = again[may_be], cells.filter(pa.array(may_be)).dictionary_encode()
        alike = [cell.strip().lstrip(_MARK).casefold() == label for cell in coded.dictionary.to_pylist()]
        again = again[np.array(alike, np.bool_)[coded.indices.to_numpy()]]
    lines = pa.array(chunk.lines_of(again)).cast(pa.string())
    return of_each(again, Told([_HEADING_AGAIN], np.zeros(len(again), np.int64), lines))


def find_line_breaks(chunk: Chunk, layout: ResolvedLayout, dialect: Dialect) -> Findings:
    """Find records with a line break in a cell that is not mapped."""
    records = chunk.records
    over_lines = np.zeros(len(records), np.bool_)
    text, breaks = np.frombuffer(records.block, np.uint8), None
    if layout.sheet:  # each row of a sheet is one line
        breaks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
        over_lines[:] = np.searchsorted(breaks, records.stop) > np.searchsorted(breaks, records.start)
    else:
        over_lines[:-1] = np.diff(records.line) > 1
        over_lines[-1:] = [count_line_ends(records.raw(i)) > 0 for i in range(len(records))[-1:]]
    places = np.flatnonzero(over_lines[chunk.rows - chunk.first_row])
    if not len(places):
        return NONE
    rows = chunk.rows[places]
    if breaks is None:
        breaks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
    stop, start = records.stop[rows - chunk.first_row], records.start[rows - chunk.first_row]
    left = np.searchsorted(breaks, stop) - np.searchsorted(breaks, start)
    for column in layout.own_columns:
        cells = arrow_of(chunk.frame[column]).take(pa.array(places))
        for mark in "\n\r":
            left = left - pc.count_substring(cells, mark).to_numpy()
    rows = rows[left > 0]
    mapped = frozenset(layout.columns.values())
    raws = records.raws(rows - chunk.first_row)
    return findings(rows, [_line_breaks(raw, layout.labels, mapped, dialect) for raw in raws])


def _line_breaks(raw: bytes, labels: Sequence[str], mapped: Collection[int], dialect: Dialect) -> Diagnosis:
    broken, spans = list[int](), list[tuple[int, int]]()
    for column, (start, stop) in enumerate(dialect.cell_spans(text := text_of(raw))):
        if column not in mapped and (found := matches(LINE_BREAKS, text, start, stop)):
            broken.append(column)
            spans += found
    names = [shown(labels[column] or str(column), 40) for column in broken[:MAX_NAMED]]
    more = f" and {len(broken) - MAX_NAMED:,} more" if len(broken) > MAX_NAMED else ""
    return _broken(f"{', '.join(names)}{more}", tuple(spans[:MAX_SPANS]))


@lru_cache(maxsize=4_000)
def _broken(names: str, spans: Spans) -> Diagnosis:
    message = "the row goes over several lines. How Act-On reads it is not documented."
    return Diagnosis("row-newline", f"There is a line break inside {names}: {message}", spans=spans)


def _stray_quotes(texts: Any, lines: Positions, dialect: Dialect) -> Told:
    """The problems of records with a misplaced quote."""
    cut = CutRecords(texts, dialect)
    cells = cut.misquoted()
    found = cut.texts(cells).cast(pa.string())
    beginnings = [matching(found, f"^{start}[\"']") for start in (_MARK, "[ \t\u00a0]+", "=")]
    says = f"The quote in {HERE} is neither doubled nor around the whole cell."
    heads = [
        says,
        f"{says} A byte order mark stands before it, as where exports were joined: delete the line if it is a heading.",
        f"{says} It opens no cell behind a blank; {fix_option('blanks')} takes that off.",
        f"{says} It opens no cell behind a `=`; {fix_option('formula')} takes that off.",
    ]
    spans = partial(_span_of, texts, cut.bytes_before(cells), found)
    head_of = np.array([1, 2, 3]) @ beginnings
    return Told([Diagnosis("stray-quote", head) for head in heads], head_of, shown_each(found), spans=spans)


def _unclosed_quotes(texts: Any, lines: Positions, dialect: Dialect) -> Told:
    """The problems of records with an unclosed quote.

    The line on which the cell opened is the last of the record; earlier cells may have line breaks.
    """
    cut, none = CutRecords(texts, dialect), np.zeros(len(texts), np.int64)
    over_lines, lines = holding(texts, "\r\n"), lines.copy()
    several = texts.filter(pa.array(over_lines))
    ends, both, further = (pc.count_substring(several, end).to_numpy() for end in ("\n", "\r\n", "\r"))
    lines[over_lines] += ends + further - both
    spans = partial(_span_of, texts, cut.bytes_before(cut.misquoted(opening=True)), None)
    head = Diagnosis("unclosed-quote", f"The quote that opens a cell on line {HERE} is never closed.")
    return Told([head], none, pa.array(lines).cast(pa.string()), spans=spans)


def _span_of(records: Any, before: Positions, cells: Any, place: int) -> Spans:
    """The span of a cell in the text of its record, `before` bytes from its start; to the end without `cells`."""
    start = len(text_of(records[place].as_py()[: before[place]]))
    return ((start, None if cells is None else start + min(len(cells[place].as_py()), LONGEST_VALUE)),)


@lru_cache(maxsize=1_000)
def _nul(spans: Spans) -> Diagnosis:
    return Diagnosis("nul-byte", "The row holds a NUL byte.", spans=spans)


def _wrong_width(cells: int, width: int, needed: int, is_ending: bool) -> Diagnosis:
    """The problem of a record with the wrong number of cells; `is_ending`: the surplus cells are blank."""
    has, must, mended = _cells(cells), f"the {width} it must have", ""
    if cells < width:
        if cells >= needed:
            mended = f" None of those is needed: {fix_option('short-rows')} adds blank ones."
        return Diagnosis("missing-cell", f"The row has {has}, {width - cells} fewer than {must}.{mended}")
    if is_ending:
        mended = f" Nothing stands in those: {fix_option('trailing-separators')} takes their separators off."
    return Diagnosis("extra-cell", f"The row has {has}, {cells - width} more than {must}.{mended}")


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _encoding_fault(raw: bytes) -> Diagnosis:
    byte = first_undecodable_byte(raw)
    says = f"Byte {byte + 1} of the row is not text in the stated encoding."
    marked = matches(_NO_TEXT, text_of(raw[: byte + MAX_MARKED]), start=len(text_of(raw[:byte])))
    return Diagnosis("encoding-error", says, spans=marked[:1])
