"""Which rows `--once-per-day` leaves out: of those with one email, title and day all but the earliest."""

from __future__ import annotations

import os
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from preflight.detect.heading import read_heading
from preflight.detect.layout import Detection
from preflight.engine.parallel import Job, judged_ahead
from preflight.evidence.parted import Parted
from preflight.model.arrays import Positions
from preflight.records.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Executor

_VISIT = np.dtype([("hash", "<u8"), ("instant", "<i8"), ("row", "<i8")])


class Earliest:
    """Takes the good rows run by run, in memory that is bounded however many there are; a context manager."""

    def __init__(self) -> None:
        self._visits = Parted(_VISIT)

    def add(self, visits: npt.NDArray[np.uint64], instants: npt.NDArray[Any], rows: Positions) -> None:
        """Take rows: the hash of the email, title and day of each, its instant, and its number."""
        taken = np.empty(len(rows), _VISIT)
        taken["hash"], taken["instant"], taken["row"] = visits, instants.astype(np.int64), rows
        self._visits.add(taken)

    def left_out(self) -> Positions:
        """The numbers of the rows that are not the earliest of theirs, in order."""
        return np.sort(np.concatenate([_later(part) for part in self._visits.parts()]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._visits.__exit__(kind, error, trace)


def _later(visits: npt.NDArray[Any]) -> Positions:
    """The rows of some visits that are not the earliest of theirs; of those at one time the first is."""
    order = np.lexsort((visits["row"], visits["instant"], visits["hash"]))
    ordered = visits["hash"][order]
    later: Positions = visits["row"][order[1:][ordered[1:] == ordered[:-1]]]
    return later


def later_visits(source: Source, detection: Detection, job: Job, executor: Executor | None) -> Positions:
    """The rows that are not the earliest of those with their email, title and day, found by a pass of its own."""
    *_, runs = read_heading(source, detection.layout, detection.records(source))
    first, rows = replace(job, token=os.urandom(16), max_shown=0, parts_of=(), visits_only=True), 0
    with Earliest() as earliest:
        for _, (verdict, *_) in judged_ahead(first, runs, executor):
            good = np.flatnonzero(~verdict.bad)
            assert verdict.instants is not None  # noqa: S101 - as once_per_day asks for them
            earliest.add(verdict.visits, verdict.instants, rows + 1 + good)
            rows += len(verdict.bad)
        return earliest.left_out()
