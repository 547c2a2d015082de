"""The faults of a chunk as sequences: a `Diagnosis` is made only when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

from preflight.model.arrays import Positions, distinct_sorted
from preflight.model.problems import Diagnosis
from preflight.text.spans import Spans

HERE = "\0"
"""Placeholder, in a head, for the individual text of each fault: part of the message, or the whole suggestion."""

_MESSAGE = attrgetter("message")


@dataclass(frozen=True, eq=False, slots=True)
class Told(Sequence[Diagnosis]):
    """Faults as columns: fault i is `heads[head_of[i]]` with individual text, suggestion and spans.

    `said` are the texts that replace `HERE` in the heads' messages, `suggestions` those of each fault: Arrow arrays,
    with empty texts if the head has none. `spans` returns the spans of the fault at a position; by default they are
    those of the head.
    """

    heads: Sequence[Diagnosis]
    head_of: Positions
    said: Any
    suggestions: Any = None
    spans: Callable[[int], Spans] | None = None

    def __len__(self) -> int:
        return len(self.head_of)

    def __getitem__(self, place: Any) -> Any:
        head = self.heads[self.head_of[place]]
        message = head.message.replace(HERE, self.said[place].as_py())
        suggestion = head.suggestion if self.suggestions is None else self.suggestions[place].as_py()
        spans = head.spans if self.spans is None else self.spans(place)
        return Diagnosis(head.code, message, suggestion, head.column, spans)

    def told(self, places: Positions, text_of: Callable[[Diagnosis], str] = _MESSAGE) -> tuple[Any, ...]:
        """The messages and suggestions of the faults at these positions, as columns (see `Faults.told`)."""
        import pyarrow.compute as pc

        number, said = pa.array(self.head_of[places], pa.int32()), self.said.take(pa.array(places))
        before, here, after = zip(*(text_of(head).partition(HERE) for head in self.heads), strict=True)
        if not all(here):
            said = pc.if_else(pa.array(map(bool, here)).take(number), said, "")
        begins, ends, suggestions = (
            pa.DictionaryArray.from_arrays(number, pa.array(texts))
            for texts in (before, after, [head.suggestion for head in self.heads])
        )
        if self.suggestions is not None:
            suggestions = self.suggestions.take(pa.array(places))
        return begins, said, ends, suggestions


class Faults(Sequence[Diagnosis]):
    """The concatenated faults of several rules.

    `heads` has one fault for each combination of code, column, and whether there is a suggestion; `head_of` has the
    index of each fault's head. So counting and filtering need not examine every fault.
    """

    def __init__(self, parts: Iterable[Sequence[Diagnosis]]) -> None:
        self._given = [part for part in parts if len(part)]
        of_each = (part._parts if isinstance(part, Faults) else [part] for part in self._given)
        self._parts: list[Sequence[Diagnosis]] = [*chain.from_iterable(of_each)]
        self._starts = [*accumulate(map(len, self._parts), initial=0)]

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, place: Any) -> Any:
        return self.at(np.array([place]))[0]

    def __iter__(self) -> Iterator[Diagnosis]:
        return chain.from_iterable(self._parts)

    def at(self, places: Positions) -> list[Diagnosis]:
        """The faults at these positions."""
        part, inside = self._inside(places)
        return [self._parts[i][place] for i, place in zip(part.tolist(), inside.tolist(), strict=True)]

    def told(self, places: Positions, text_of: Callable[[Diagnosis], str] = _MESSAGE) -> tuple[Any, ...]:
        """The messages and the suggestions of the faults at these positions, in ascending order.

        They are four columns, Arrow arrays of texts, possibly dictionary-encoded: the part of the message before the
        individual text, this, the part after it, and the suggestion. Instead of the message, another `text_of` a fault
        may be asked for, which has the message in it but not the suggestion.
        """
        part, inside = self._inside(places)
        of_parts = []
        for i in distinct_sorted(part).tolist():
            faults, inner = self._parts[i], inside[part == i]
            if isinstance(faults, Told):
                of_parts.append(faults.told(inner, text_of))
                continue
            found = list(map(faults.__getitem__, inner.tolist()))
            texts, suggestions = map(text_of, found), (one.suggestion for one in found)
            none = pa.DictionaryArray.from_arrays(np.zeros(len(found), np.int32), pa.array([""]))
            of_parts.append((none, pa.array(texts, pa.string()), none, pa.array(suggestions, pa.string())))
        nothing = [(pa.array([], pa.string()),) * 4]
        return tuple(map(_joined, zip(*(of_parts or nothing), strict=True)))

    def _inside(self, places: Positions) -> tuple[Positions, Positions]:
        """The index of the part of each position, and the position within it."""
        part = np.searchsorted(self._starts, places, "right") - 1
        return part, places - np.array(self._starts)[part]

    @property
    def heads(self) -> list[Diagnosis]:
        """One fault for each combination of code, column, and whether there is a suggestion."""
        return self._by_head[0]

    @property
    def head_of(self) -> Positions:
        """The index of each fault's head in `heads`."""
        return self._by_head[1]

    @cached_property
    def _by_head(self) -> tuple[list[Diagnosis], Positions]:
        number, heads = dict[tuple[str, str, bool], int](), list[Diagnosis]()

        def place_of(fault: Diagnosis) -> int:
            key = fault.code, fault.column, not fault.suggestion
            if (place := number.setdefault(key, len(heads))) == len(heads):
                heads.append(fault)
            return place

        places = [np.empty(0, np.int64)]
        for part in self._given:
            if isinstance(part, Faults | Told):
                of_heads = np.fromiter(map(place_of, part.heads), np.int64, len(part.heads))
                places.append(of_heads[part.head_of])
            else:
                places.append(np.fromiter(map(place_of, part), np.int64, len(part)))
        return heads, np.concatenate(places)


def _joined(columns: Sequence[Any]) -> Any:
    """Columns of texts as one, dictionary-encoded if all of them are."""
    if len({one.type for one in columns}) > 1:
        columns = [one.cast(pa.string()) for one in columns]
    return pa.concat_arrays(columns) if len(columns) > 1 else columns[0]
