"""Writes the suggestions of accepted problem codes into cells before these are checked for the last time.

Most suggestions are known when a cell is checked. Those that depend on the whole file (the usual spelling of a title, a
similar domain in the file) come from an earlier pass over it: see `Acceptance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.layouts.resolved import ResolvedLayout
from preflight.mending.fixing import Step, changed
from preflight.model.findings import Findings
from preflight.model.fixes import Acceptance
from preflight.records.cells import Chunk, arrow_of
from preflight.records.grammar import Dialect
from preflight.rules.domain import suggested

MAX_ROUNDS = 5
"""Maximum number of times that a cell is checked again after a suggestion was written into it."""


class Accepter:
    """Writes accepted suggestions into the cells of one file's records."""

    def __init__(self, layout: ResolvedLayout, acceptance: Acceptance) -> None:
        self._columns = layout.own_columns
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._codes = frozenset(acceptance.codes)
        self._titles, self._domains = acceptance.of_file

    def accept(self, chunk: Chunk, found: Findings) -> Chunk:
        """The chunk with one accepted suggestion written into each cell that has any; unchanged if no cell has one."""
        suggestions: dict[str, dict[int, tuple[str, str]]] = {name: {} for name in self._columns}
        self._of_cells(chunk, found, suggestions)
        if self._titles and "title" in suggestions:
            texts = arrow_of(chunk.frame["title"])
            for place, title in _among(texts, texts, self._titles):
                suggestions["title"].setdefault(place, self._titles[title])
        if self._domains:
            texts = arrow_of(chunk.frame["email"])
            domains = pc.ascii_lower(pc.replace_substring_regex(texts, "^.*@", ""))
            for place, address in _among(texts, domains, self._domains):
                local, _, domain = address.rpartition("@")
                suggestions["email"].setdefault(place, ("email-typo", suggested(local, self._domains[domain.lower()])))
        steps = {name: self._steps(chunk, name, of_column) for name, of_column in suggestions.items()}
        return changed(chunk, self._columns, self._dialect, steps)

    def _of_cells(self, chunk: Chunk, found: Findings, suggestions: Mapping[str, dict[int, tuple[str, str]]]) -> None:
        """Add the suggestions of the findings: the first one of each cell, as the cell is checked again afterwards."""
        wanted = [
            one.code in self._codes and bool(one.suggestion) and one.subject in suggestions for one in found.faults
        ]
        if not any(wanted):
            return
        chosen = found.where(np.array(wanted, np.bool_)[found.kinds])
        places = np.searchsorted(chunk.rows, chosen.rows).tolist()
        for place, kind in zip(places, chosen.kinds.tolist(), strict=True):
            one = chosen.faults[kind]
            suggestions[one.subject].setdefault(place, (one.code, one.suggestion))

    def _steps(self, chunk: Chunk, column: str, suggestions: Mapping[int, tuple[str, str]]) -> dict[int, list[Step]]:
        """The changes in one column, by index in the frame. Suggestions that cannot be written are skipped."""
        if not suggestions:
            return {}
        before = arrow_of(chunk.frame[column]).take(pa.array(list(suggestions))).to_pylist()
        each = zip(suggestions.items(), before, strict=True)
        return {
            place: [Step(code, text, suggestion)]
            for (place, (code, suggestion)), text in each
            if suggestion and suggestion != text and self._dialect.can_hold(suggestion)
        }


def _among(texts: Any, keys: Any, known: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Index and text of each text whose key is in `known`."""
    mask = pc.is_in(keys, value_set=pa.array(list(known), pa.string()))
    places = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
    return list(zip(places.tolist(), texts.take(pa.array(places)).to_pylist(), strict=True))
