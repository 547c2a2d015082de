"""The texts of the bad-rows file on the problems and suggestions of its rows, for many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from preflight.model.added import GUESSED_CELLS
from preflight.model.arrays import Mask, Positions, used_below
from preflight.model.codes import CODES
from preflight.model.findings import Findings
from preflight.model.problems import Diagnosis
from preflight.records.grammar import Dialect

GUESSED = "The cells are a guess: put them right, then clear this one."
"""The end of a row's problems if its record could not be cut into cells."""


def one_line(fault: Diagnosis) -> str:
    """A fault on one line, with its suggestion if there is one."""
    return f"{_without_suggestion(fault)}{fault.suggestion}"


class ProblemTexts:
    """The texts of many rows, as Arrow arrays of UTF-8 bytes; with `codes_only`, problems are named by their codes.

    `first` holds the index of each row's first finding, then the number of findings. Texts are computed once for rows
    with equal findings if every row has a single finding. `number` is the index of each row's text in the results.
    """

    def __init__(
        self, found: Findings, first: Positions, labels: Mapping[str, str], dialect: Dialect, codes_only: bool = False
    ) -> None:
        faults, kinds, self._labels = found.faults, found.kinds, labels
        self.number = np.arange(len(first) - 1)
        self._used, self._which = used_below(len(faults), kinds)
        if len(kinds) == len(self.number):
            self.number, self._which = self._which, np.arange(len(self._used))
            first = np.arange(len(self._used) + 1)
        self._first, self._faults = first, faults
        self._head = faults.head_of[self._used]
        *self._messages, self._suggestions = faults.told(self._used, _without_suggestion)
        self._codes_only, self._dialect = codes_only, dialect

    def of_rows(self, texts: Any) -> Any:
        """The text of each row."""
        return texts if np.array_equal(self.number, np.arange(len(texts))) else texts.take(pa.array(self.number))

    def begin_with(self, judge: Callable[[Diagnosis], bool]) -> Mask:
        """The mask of texts whose first finding satisfies `judge`, which may only use the code and the column."""
        of_heads = np.array(list(map(judge, self._faults.heads)), np.bool_)
        found: Mask = of_heads[self._head[self._which[self._first[:-1]]]]
        return found

    def problems(self, too_many: Mask, surplus: Any, *, in_quotes: bool) -> Any:
        """The problems of each row, `in_quotes` as cells of the dialect.

        If the cells of a row are guessed, its problems name its surplus cells unless all are blank. `too_many` is the
        mask of rows with surplus cells, `surplus` holds these as records, as an Arrow array of bytes.
        """
        import pyarrow.compute as pc

        from preflight.records.texts import ManyRecords, concatenated, quoted

        columns, number = self._columns, self.number
        guessed = self.begin_with(lambda fault: fault.code in GUESSED_CELLS)
        named = too_many & guessed[number]
        if guessed.any() and not self._codes_only:
            note = pa.array(["", f" {GUESSED}"])
            columns = [*columns, pa.DictionaryArray.from_arrays(pa.array(guessed.astype(np.int32)), note)]
        if named.any():
            surplus = surplus.filter(pa.array(named[too_many]))
            if self._codes_only:
                surplus = pc.binary_join_element_wise(
                    b"|", pc.replace_substring(surplus, self._dialect.separator.encode(), b"|"), b""
                )
            else:
                visible = ~ManyRecords(self._dialect).blank(surplus)
                named[named], surplus = visible, surplus.filter(pa.array(visible))
                surplus = pc.binary_join_element_wise(b" What was too many: ", surplus, b".", b"")
            columns = [self.of_rows(column) for column in columns]
            own = pc.replace_with_mask(pa.repeat(pa.scalar(b""), len(named)), pa.array(named), surplus)
            columns.insert(1 if self._codes_only else -1, own)
        texts = quoted(columns, self._dialect) if in_quotes else concatenated(columns)
        return texts if named.any() else self.of_rows(texts)

    def suggestions(self) -> Any:
        """The suggestions of the errors: a single one as the plain value, several with the labels of their columns."""
        from preflight.records.texts import changed

        of_heads = np.array(list(map(_is_mended, self._faults.heads)), np.bool_)
        mended, texts = of_heads[self._head[self._which]], np.full(len(self._first) - 1, "", object)
        if not mended.any():
            return pa.repeat(pa.scalar(b""), len(texts))
        number = np.add.reduceat(mended, self._first[:-1], dtype=np.int64)
        alone = pa.array(self._which[mended & np.repeat(number == 1, np.diff(self._first))])
        for row in np.flatnonzero(number > 1).tolist():
            kinds = self._used[self._which[self._first[row] : self._first[row + 1]]]
            faults = filter(_is_mended, self._faults.at(kinds))
            found = dict.fromkeys((self._labels.get(one.subject, one.subject), one.suggestion) for one in faults)
            texts[row] = " | ".join(value if len(found) == 1 else f"{label}: {value}" for label, value in found)
        single = self._suggestions.take(alone).cast(pa.string())
        return changed(pa.array(texts, pa.string()), number == 1, lambda _: single).cast(pa.binary())

    @property
    def _columns(self) -> list[Any]:
        """Columns whose concatenated texts are the faults of each row by `one_line`, or their codes."""
        from preflight.records.texts import concatenated

        if self._codes_only:
            codes = pa.array([head.code.encode() for head in self._faults.heads], pa.binary())
            return [self._joined(codes.take(pa.array(self._head)), b"|")]
        columns = [*self._messages, self._suggestions]
        if len(self._which) < len(self._first):
            return columns
        return [self._joined(concatenated(columns), b" | ")]

    def _joined(self, texts: Any, between: bytes) -> Any:
        """Join the texts of each row's faults; `texts` has one for each used kind of fault."""
        import pyarrow.compute as pc

        texts = texts.take(pa.array(self._which))
        if len(texts) < len(self._first):
            return texts
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(self._first, pa.int32()), texts), between)


def _is_mended(fault: Diagnosis) -> bool:
    return bool(fault.suggestion) and CODES[fault.code].severity == "error"


def _without_suggestion(fault: Diagnosis) -> str:
    return f"{fault.code}: {fault.message}{' Suggestion: ' if fault.suggestion else ''}"
