"""Writes the bad-rows file. `preflight.records.badrows` reads it back after a person has mended it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote
from preflight.model.added import ADDED_COLUMNS
from preflight.model.arrays import Positions
from preflight.model.codes import CODES
from preflight.outputs.problemtexts import ProblemTexts
from preflight.records.grammar import Dialect, text_of
from preflight.records.spreadsheet import guarded_each, may_change

if TYPE_CHECKING:
    from preflight.model.findings import Findings
    from preflight.outputs.judged import Judged

RECORDS_AT_ONCE = 8_000
"""Number of bad records written at once, which bounds the memory of intermediate arrays."""


class BadRows:
    """Callable that returns the bad records of a chunk in the file's own layout, to be mended and checked again.

    Four added columns hold the row number, the line, the problems and the suggestions. `beginning` starts with a byte
    order mark, so that spreadsheets read the file as UTF-8. A record keeps its bytes, unless a spreadsheet would run
    one of its cells as a formula or misread its structure. Such a record is rewritten: formulas are guarded, missing
    cells are empty, and surplus cells move into the problems column. The cells of a record with a broken structure are
    a guess; it stays bad until a person clears that column. When a bad-rows file is checked, its rows keep their
    original numbers.
    """

    def __init__(self, layout: ResolvedLayout, heading: bytes) -> None:
        self._width = layout.width
        self._labels = {column: layout.label(column) for column in layout.known_columns}
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._plain = layout.quotecharacter is Quote.NONE
        self._line_end = b"\r\n" if heading.endswith(b"\r\n") or not heading else heading[-1:]
        self._separator = self._dialect.separator.encode()
        self.beginning = codecs.BOM_UTF8
        if layout.firstrow is FirstRow.Y:
            self.beginning += heading.rstrip(b"\r\n") + self._separator + self._line(ADDED_COLUMNS)

    def __call__(self, judged: Judged) -> Iterator[Any]:
        """The bad records of a chunk with their line ends, as Arrow buffers."""
        return (lines.buffers()[2].slice(0, lines.total_values_length) for lines in self.lines(judged))

    def lines(self, judged: Judged) -> Iterator[Any]:
        """The bad records as written, with line ends; yields Arrow arrays of at most `RECORDS_AT_ONCE` byte strings."""
        found = judged.found.where(judged.bad[judged.found.rows - judged.chunk.first_row])
        first = np.append(np.flatnonzero(np.diff(found.rows, prepend=-1)), len(found))
        for at in range(0, len(first) - 1, RECORDS_AT_ONCE):
            part = first[at : at + RECORDS_AT_ONCE + 1]
            yield self._lines(judged, found.between(part[0], part[-1]), part - part[0])

    def _lines(self, judged: Judged, found: Findings, first: Positions) -> Any:
        """The same for a batch of rows. `first` holds the index of each row's first finding, then their number."""
        import pyarrow.compute as pc

        from preflight.records.texts import changed, texts_of
        from preflight.restoring.anew import written_anew

        records, rows = judged.records, found.rows[first[:-1]]
        positions = rows - judged.chunk.first_row
        problem_texts = ProblemTexts(found, first, self._labels, self._dialect, codes_only=self._plain)
        spoiled = problem_texts.begin_with(lambda fault: CODES[fault.code].subject == "row")[problem_texts.number]
        undecodable = problem_texts.begin_with(lambda fault: fault.code == "encoding-error")[problem_texts.number]
        texts = changed(texts_of(records, positions), undecodable, _as_text)
        guard = ~spoiled
        guard[guard] = may_change(records, positions[guard], self._dialect)
        anew = written_anew(texts, self._dialect, self._width, spoiled, guard)
        row, line = _as_bytes(rows), _as_bytes(records.line[positions])
        problems = problem_texts.problems(anew.too_many, anew.surplus, in_quotes=True)
        if records.added:
            before = [records.added[i] for i in positions.tolist()]
            row, line = self._again(row, [one.row for one in before]), self._again(line, [one.line for one in before])
            problems = self._again(problems, [one.problems if one.guessed else "" for one in before])
        ends = pc.binary_join_element_wise(self._suggestions(problem_texts), self._line_end, b"")
        ends = problem_texts.of_rows(ends)
        return pc.binary_join_element_wise(anew.texts, row, line, problems, ends, self._separator)

    def _suggestions(self, problem_texts: ProblemTexts) -> Any:
        """The suggestions cell of each row, encoded; empty if the suggestion needs quotes and the layout has none."""
        from preflight.records.texts import changed, matching, one_of, quoted

        suggestions = problem_texts.suggestions()
        if self._plain:
            beyond = matching(suggestions, one_of(self._dialect.separator + "\r\n"))
            suggestions = changed(suggestions, beyond, lambda texts: pa.array([b""] * len(texts), pa.binary()))
        return quoted([guarded_each(suggestions)[0]], self._dialect)

    def _again(self, cells: Any, before: Sequence[str]) -> Any:
        """The cells of rows that come from a bad-rows file: the earlier content `before`, if not empty."""
        from preflight.records.texts import changed, quoted

        texts = pa.array([one.encode("utf-8", "replace") for one in before if one], pa.binary())
        return changed(cells, np.array(list(map(bool, before)), np.bool_), lambda _: quoted([texts], self._dialect))

    def _line(self, cells: Iterable[str]) -> bytes:
        return self._dialect.joined(cells).encode() + self._line_end


def _as_bytes(numbers: Positions) -> Any:
    return pa.array(numbers).cast(pa.string()).cast(pa.binary())


def _as_text(records: Any) -> Any:
    """Undecodable records as UTF-8, as far as they can be decoded."""
    return pa.array([text_of(raw).encode() for raw in records.to_pylist()])
