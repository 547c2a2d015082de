"""Which column is the email, the date, the title and the note: by what was given, by its label, or by what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from preflight.detect.columns import Columns
from preflight.detect.labels import labelled, names_another_column
from preflight.errors import LayoutError
from preflight.model.layout import COLUMNS, Layout, column_index, listed, missing_columns
from preflight.text.asking import option
from preflight.text.display import shown

REQUIRED = COLUMNS[:3]

REPEATED, DIFFERENT = 0.5, 0.9
"""The share of different texts up to which a column's texts repeat as titles do, and from which they do not."""


def find_columns(given: Layout, labels: Sequence[str] | None, columns: Columns) -> tuple[Layout, dict[str, str]]:
    """The layout with an index for each column that was not given, and what speaks for it; there may be no note.

    `labels` are the heading's, None without one; `columns` are those of the rows below. Raises one `LayoutError` for
    all the columns that are missing, ambiguous, or not there as given.
    """
    search = _Search(given, labels, columns)
    for name in COLUMNS:
        search.find(name)
    missing = [name for name in REQUIRED if name not in search.found and name not in search.faults]
    faults = [*search.faults.values(), *([missing_columns(missing, labels)] if missing else [])]
    if faults:
        raise LayoutError("; ".join(faults))
    told: dict[str, Any] = {name: search.found[name] for name in search.evidence}
    return replace(given, **told), search.evidence


class _Search:
    """The columns of one file, found one after the other; one that is found is no candidate any more."""

    def __init__(self, given: Layout, labels: Sequence[str] | None, columns: Columns) -> None:
        self.found: dict[str, int] = {}
        self.evidence: dict[str, str] = {}
        self.faults: dict[str, str] = {}
        self._labels = labels
        self._columns = columns
        width = len(labels) if labels is not None else columns.width
        for name in COLUMNS:
            value = getattr(given, name)
            if value is not None:
                try:
                    self.found[name] = column_index(name, value, labels, width)
                except LayoutError as error:
                    self.faults[name] = str(error)
        self._by_content = {"email": self._email, "date": self._date, "title": self._title, "note": self._note}

    def find(self, name: str) -> None:
        """Find one column, unless it was given."""
        if name in self.found or name in self.faults:
            return
        candidates = self._free(labelled(name, self._labels or ()))
        if candidates and self._labels is not None:
            says = f"its label is {shown(self._labels[candidates[0]], 40)}"
        else:
            candidates, says = self._by_content[name]()
        if len(candidates) == 1:
            self.found[name], self.evidence[name] = candidates[0], says
        elif candidates:
            self.faults[name] = f"columns {listed(candidates)} could each be the {name}; name one with {option(name)}"

    def _free(self, columns: Sequence[int]) -> list[int]:
        return [i for i in columns if i not in self.found.values()]

    def _email(self) -> tuple[list[int], str]:
        return self._holding("addresses", self._free(self._columns.with_addresses()), self._columns.share_of_addresses)

    def _date(self) -> tuple[list[int], str]:
        return self._holding("dates", self._free(self._columns.with_dates()), self._columns.share_of_dates)

    def _holding(self, what: str, candidates: list[int], shares: Sequence[float]) -> tuple[list[int], str]:
        share = shares[candidates[0]] if candidates else 0.0
        return candidates, f"{'all' if share == 1 else f'{share:.0%}'} of its cells looked at are {what}"

    def _title(self) -> tuple[list[int], str]:
        """The only column of texts; of several, the only one whose texts repeat, where those of the others do not.

        A title that is guessed wrong cannot be taken back, so that anything less is left open.
        """
        texts = self._free([i for i in self._columns.with_texts() if not self._is_another(i)])
        if len(texts) < 2:
            return texts, "it is the only column of texts left"
        repeat = [i for i in texts if self._columns.share_of_different(i) <= REPEATED]
        if len(repeat) == 1 and all(self._columns.share_of_different(i) >= DIFFERENT for i in texts if i not in repeat):
            return repeat, "its texts repeat, the others do not"
        return texts, ""

    def _note(self) -> tuple[list[int], str]:
        """The only column of texts left in a file without labels, where the title was told by its texts, too."""
        if self._labels is not None or "title" not in self.evidence:
            return [], ""
        texts = self._free(self._columns.with_some_texts())
        return texts if len(texts) == 1 else [], "it is the only column of texts left"

    def _is_another(self, column: int) -> bool:
        return self._labels is not None and names_another_column("title", self._labels[column])
