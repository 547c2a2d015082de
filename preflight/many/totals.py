"""The totals of several files, added up file by file in bounded memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Self

import numpy as np

from preflight.evidence.titles import TitleTally, trimmed
from preflight.many.shared import SharedTouchPoints, TouchPoints
from preflight.model.codes import in_order_of_codes
from preflight.model.findings import Distinct
from preflight.model.report import Report
from preflight.model.several import Failure, SpeltIn, Summary
from preflight.rules.title import variants

MOST_VARIANTS = 1_000
"""Titles with different spellings in different files that are listed; all are counted."""


class Totals:
    """Adds up the results of `check_many(files, layout, totals=totals)`; `totals.summary()` returns the sums.

    `known_titles` are the titles that the custom event has already. Many rows take a few bytes each in temporary files;
    leaving the context manager, or `close`, deletes them.
    """

    def __init__(self, known_titles: Collection[str] = (), *, max_shown: int = 20) -> None:
        self.key = os.urandom(16)
        self._max_shown = max_shown
        self._sums: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._titles = TitleTally(known_titles)
        self._unlisted = 0
        self._names: list[str] = []
        self._shared = SharedTouchPoints()

    def add(self, found: Report | Failure, touch_points: Iterable[TouchPoints] | None = None) -> None:
        """Add the result of the next file, and its touch points, hashed with `key`."""
        self._sums["files"] += 1
        if isinstance(found, Failure):
            self._sums["failed"] += 1
            return
        self._sums["ready"] += found.ok
        self._sums.update(rows=found.rows, bad_rows=found.bad_rows, left_out=found.left_out)
        self._problems.update(found.problems)
        self._warnings.update(found.warnings)
        counts = found.titles.counts
        lines = np.zeros(len(counts), np.int64)
        file_index = np.full(len(counts), len(self._names))
        self._titles += Distinct(list(counts), np.array(list(counts.values()), np.int64), file_index, lines)
        self._unlisted += found.titles.unlisted
        self._names.append(found.file)
        if touch_points is not None:
            self._shared.add(found.file, touch_points)

    def summary(self) -> Summary:
        """The totals of all files; call it once, after the last file.

        Titles that a file has too many of to list count as different titles: `titles.unlisted` is an upper bound.
        """
        titles = self._titles.titles()
        groups = [group for group in variants(self._titles) if len({one.row for one in group}) > 1]
        spellings = [
            tuple(SpeltIn(trimmed(one.title), one.rows, self._names[one.row]) for one in group) for group in groups
        ]
        return Summary(
            **self._sums,
            problems=in_order_of_codes(self._problems),
            warnings=in_order_of_codes(self._warnings),
            titles=replace(titles, unlisted=titles.unlisted + self._unlisted),
            shared=self._shared.shared(self._max_shown),
            variants=len(spellings),
            title_variants=tuple(spellings[:MOST_VARIANTS]),
        )

    def close(self) -> None:
        """Delete the temporary files."""
        self._titles.close()
        self._shared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
