"""The problems and suggestions of a row, as text for the bad-rows file.

`Telling` computes the texts of many rows at once, with Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.model.added import GUESSED_CELLS
from preflight.model.problems import CODES, Diagnosis
from preflight.text.whitespace import is_blank

if TYPE_CHECKING:
    from preflight.model.arrays import Mask, Positions
    from preflight.model.findings import Findings
    from preflight.records.grammar import Dialect

GUESSED = "The cells are a guess: put them right, then clear this one."
"""The end of a row's problems if its record could not be cut into cells."""


def problems_of(faults: Sequence[Diagnosis], surplus: Sequence[str], dialect: Dialect) -> str:
    """The problems of a row as text; `surplus` are the cells beyond the last column."""
    message = " | ".join(map(said, faults))
    if faults[0].code not in GUESSED_CELLS:
        return message
    left_out = f" What was too many: {dialect.joined(surplus)}." if not all(map(is_blank, surplus)) else ""
    return f"{message}{left_out} {GUESSED}"


def suggested_by(faults: Sequence[Diagnosis], labels: Mapping[str, str]) -> str:
    """The suggestions of the errors: a single one as the plain value, several with the labels of their columns."""
    found = {(labels.get(one.subject, one.subject), one.suggestion): None for one in faults if _is_mended(one)}
    return " | ".join(value if len(found) == 1 else f"{label}: {value}" for label, value in found)


def said(fault: Diagnosis) -> str:
    """A fault on one line, with its suggestion if there is one."""
    return f"{fault.code}: {fault.message}{_before_suggestion(fault)}{fault.suggestion}"


def _is_mended(fault: Diagnosis) -> bool:
    return bool(fault.suggestion) and CODES[fault.code].severity == "error"


class Telling:
    """The texts of many rows. `first` holds the index of each row's first finding, then the number of findings.

    Texts are computed once for rows with equal findings if every row has a single finding. `number` is the index of
    each row's text in the results.
    """

    def __init__(self, found: Findings, first: Positions, labels: Mapping[str, str]) -> None:
        faults, kinds, self._labels = found.faults, found.kinds, labels
        self.number = np.arange(len(first) - 1)
        self._used, self._which = np.unique(kinds, return_inverse=True)
        if len(kinds) == len(self.number):
            self.number, self._which = self._which, np.arange(len(self._used))
            first = np.arange(len(self._used) + 1)
        self._first, self._faults = first, faults
        self._head = faults.head_of[self._used]
        self._messages, self._suggestions = faults.told(self._used)

    def begin_with(self, judge: Callable[[Diagnosis], bool]) -> Mask:
        """The mask of texts whose first finding satisfies `judge`, which may only use the code and the column."""
        of_heads = np.array(list(map(judge, self._faults.heads)), np.bool_)
        found: Mask = of_heads[self._head[self._which[self._first[:-1]]]]
        return found

    def problems(self) -> Any:
        """The problems as by `problems_of`, without its note on guessed cells: an Arrow array of strings."""
        import pyarrow.compute as pc

        codes, mended = self._of_heads(lambda head: f"{head.code}: "), self._of_heads(_before_suggestion)
        return self._joined(pc.binary_join_element_wise(codes, self._messages, mended, self._suggestions, ""), " | ")

    def codes(self) -> Any:
        """The codes of the problems, as an Arrow array of strings."""
        return self._joined(self._of_heads(lambda head: head.code), "|")

    def suggestions(self) -> Any:
        """The suggestions as by `suggested_by`, as an Arrow array of strings."""
        import pyarrow as pa

        from preflight.records.texts import changed

        of_heads = np.array(list(map(_is_mended, self._faults.heads)), np.bool_)
        mended, texts = of_heads[self._head[self._which]], np.full(len(self._first) - 1, "", object)
        number = np.add.reduceat(mended, self._first[:-1], dtype=np.int64)
        alone = pa.array(self._which[mended & np.repeat(number == 1, np.diff(self._first))])
        for row in np.flatnonzero(number > 1).tolist():
            kinds = self._used[self._which[self._first[row] : self._first[row + 1]]]
            texts[row] = suggested_by(self._faults.at(kinds), self._labels)
        return changed(pa.array(texts, pa.string()), number == 1, lambda _: self._suggestions.take(alone))

    def _of_heads(self, text_of: Callable[[Diagnosis], str]) -> Any:
        """The result of `text_of` for each used kind of fault, as an Arrow array."""
        import pyarrow as pa

        return pa.array(list(map(text_of, self._faults.heads)), pa.string()).take(pa.array(self._head))

    def _joined(self, texts: Any, between: str) -> Any:
        """Join the texts of each row's faults; `texts` has one for each used kind of fault."""
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = texts.take(pa.array(self._which))
        if len(texts) < len(self._first):
            return texts
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(self._first, pa.int32()), texts), between)


def _before_suggestion(fault: Diagnosis) -> str:
    return " Suggestion: " if fault.suggestion else ""
