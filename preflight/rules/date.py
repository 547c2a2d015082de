"""The date cell: each distinct text judged once, and the evidence that only all rows together give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.dateevidence import DateEvidence, DateLimits, gathered
from preflight.datefault import explain, is_no_date
from preflight.dateformat import DateFormat
from preflight.dateorder import other_order
from preflight.findings import Column, Findings, as_dictionary, findings_of_values
from preflight.problems import Fault
from preflight.show import shown

if TYPE_CHECKING:
    from preflight.dateformat import Instants

MOST_EXPLAINED = 20_000
"""Different texts of a file that get an explanation of their own; each takes some 0.1 ms. Who has more of them has the
wrong format or column, and is helped by the first."""

LONGEST_REMEMBERED = 100
"""Bytes of a text that is kept for when it comes again, with its verdict."""

MOST_REMEMBERED = 20_000
"""Different texts that are kept with their verdicts, as most columns have few."""


class CheckedDates(NamedTuple):
    """What comes of some date cells: the findings, the instant of each (`NaT` where it is no date), the evidence."""

    findings: Findings
    instants: Instants
    evidence: DateEvidence


class DateColumn:
    """The rule for the date column of one file."""

    def __init__(self, dateformat: DateFormat, limits: DateLimits) -> None:
        self._format = dateformat
        self._other = other_order(dateformat)
        self._limits = limits
        self._places: dict[str, int] = {}  # where a text's dates stand in what is remembered
        self._remembered = self._judged_anew(pa.array([], pa.string()))
        self._explained: dict[str, Fault] = {}
        self._left = MOST_EXPLAINED

    def check(self, cells: Column) -> CheckedDates:
        """Find the cells that are no date in the chosen format, or one that is not expected; and gather the evidence.

        Each distinct text is judged once.
        """
        encoded = as_dictionary(cells.texts)
        instants, other = self._judged(encoded.dictionary)
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        rows = np.bincount(indices, minlength=len(instants))
        evidence = gathered(encoded.dictionary, rows, instants, other, self._limits)
        findings = findings_of_values(cells, lambda texts: self._faults(texts, instants))
        return CheckedDates(findings, instants[indices], evidence)

    def _judged(self, texts: Any) -> tuple[Instants, Instants | None]:
        """The texts as dates in the chosen format, and in the other order if there is one."""
        lengths = pc.binary_length(texts)
        if len(texts) > MOST_REMEMBERED or (len(texts) and pc.max(lengths).as_py() > LONGEST_REMEMBERED):
            return self._judged_anew(texts)
        told = texts.to_pylist()
        new = [text for text in told if text not in self._places]
        if len(self._places) + len(new) > MOST_REMEMBERED:
            self._places, self._remembered, new = {}, self._judged_anew(texts.slice(0, 0)), told
        if new:
            start = len(self._places)
            self._places.update(zip(new, range(start, start + len(new)), strict=True))
            instants, other = self._judged_anew(pa.array(new, pa.string()))
            before, other_before = self._remembered
            both = None if other is None or other_before is None else np.concatenate([other_before, other])
            self._remembered = np.concatenate([before, instants]), both
        places = np.array([self._places[text] for text in told], np.intp)
        instants, other = self._remembered
        return instants[places], None if other is None else other[places]

    def _judged_anew(self, texts: Any) -> tuple[Instants, Instants | None]:
        return self._format.judge(texts), self._other.judge(texts) if self._other is not None else None

    def _faults(self, texts: Any, instants: Instants) -> list[Fault | None]:
        faults: list[Fault | None] = [None] * len(instants)
        for i in np.flatnonzero(np.isnat(instants)).tolist():
            faults[i] = self._fault(texts[i].as_py())
        for i in np.flatnonzero(self._limits.outside(instants)).tolist():
            faults[i] = self._limits.fault(texts[i].as_py(), instants[i], self._format.has_time)
        return faults

    def _fault(self, text: str) -> Fault:
        known = self._explained.get(text)
        if known is not None:
            return known
        if not self._left and not is_no_date(text):
            says = f"{shown(text, 40)} is no date as {shown(self._format.pattern)}"
            return Fault("date-format", f"{says}; after {MOST_EXPLAINED:,} different ones it is not said why.")
        fault = explain(self._format, text)
        if len(text) <= LONGEST_REMEMBERED and self._left:
            self._explained[text] = fault
        self._left = max(0, self._left - 1)
        return fault
