"""A file at work: checked as a person chose, its bad rows mended one after the other, and checked again as a whole.

Everything is judged by `preflight`: the file by `check`, a row that was changed by the same rules, alone. What a person
does is kept before it is answered. One thread at a time works at a file.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from preflight import CheckOptions, Layout, LayoutError, PreflightError, Report, check
from preflight.merging.rows import FileRow, FileRows, named_file
from uploader.page.choices import Choices
from uploader.page.grid import BAD, GOOD, Grid, GridRow
from uploader.page.store import Edit, Kept, Store

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Whole:
    """The mended file, checked as a whole: its `report`, and where the files that came of it are.

    `mended` is the source's table with all changes; `layout` and `options` are those that it was checked in.
    """

    report: Report
    mended: Path
    clean: Path
    bad_rows: Path
    page: Path
    layout: Layout
    options: CheckOptions


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the rows of a file stand: those that may be sent, those that may not, and those left out.

    `mended` counts those among the first that were bad.
    """

    good: int
    bad: int
    left_out: int
    mended: int


class Work:
    """A kept file while the page is open."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.lock = threading.RLock()
        self.error: PreflightError | None = None
        """Why the file could not be checked as it is read: what is open, or what is wrong."""
        self.report: Report | None = None
        self.unfitting = 0
        """Changes to rows that are otherwise, or elsewhere, as the file is read now; they are kept, and not made."""
        self.done: tuple[int, int | None] | None = None
        """How many bytes were checked, of how many, while a check goes on."""
        self._grid: Grid | None = None
        self._checked: int | None = None
        self._whole: tuple[tuple[int, int], Whole] | None = None

    @property
    def choices(self) -> Choices:
        """What was chosen of how it is read."""
        return Choices(self.kept.choices[1])

    @property
    def grid(self) -> Grid:
        """Its rows; only where it was checked."""
        assert self._grid is not None  # noqa: S101 - `report` says so
        return self._grid

    def checked(self) -> bool:
        """Check the file, unless that was done since its last choices; whether its rows were judged."""
        with self.lock:
            number, said = self.kept.choices
            if self._checked != number:
                self._check(Choices(said))
                self._checked = number
            return self._grid is not None

    def choose(self, more: Mapping[str, object]) -> None:
        """Read the file another way; raises `LayoutError` for what no file can be read by."""
        with self.lock:
            chosen = self.choices.over(more)
            _ = chosen.layout, chosen.options
            self.kept.choose(chosen.said)

    def numbers(self) -> Numbers:
        """How its rows stand now."""
        with self.lock:
            assert self.report is not None  # noqa: S101 - asked of checked files
            if self._grid is None:
                return Numbers(0, self.report.bad_rows, self.report.left_out, 0)
            counts = self._grid.counts()
            moved = {state: sum(n for (was, now), n in counts.items() if now == state) for state in (GOOD, BAD)}
            was_good = sum(number for (was, _), number in counts.items() if was == GOOD)
            good, bad = self.report.good_rows - was_good + moved[GOOD], moved[BAD]
            return Numbers(good, bad, self.report.rows - good - bad, counts[BAD, GOOD])

    def change(self, cells: Mapping[int, Mapping[int, str]]) -> None:
        """Write texts into cells, by row and by the place in it; the other cells stay as they are.

        Raises `LayoutError` for a text that the file cannot hold, `LookupError` for a cell that it does not have.
        """
        with self.lock:
            rows, changes = self.grid.rows, list[tuple[GridRow, FileRow | None, Edit]]()
            for row in self.grid.get(list(cells)):
                now = rows.cells(row.shown)[0]
                for place, text in cells[row.number].items():
                    now[place] = text
                changes.append((row, rows.written(row.source, now), _edit(row, "cells", now)))
            self._do(changes)

    def take_out(self, numbers: Sequence[int]) -> None:
        """Leave rows out of what is sent."""
        with self.lock:
            self._do([(row, None, _edit(row, "out")) for row in self.grid.get(numbers)])

    def put_back(self, numbers: Sequence[int]) -> None:
        """Let rows be as they are in the source."""
        with self.lock:
            self._do([(row, row.source, _edit(row, "back")) for row in self.grid.get(numbers)])

    def take_suggestions(self, code: str) -> int:
        """Write every suggestion for a problem code into its cell; how many rows were changed."""
        with self.lock:
            cells: dict[int, dict[int, str]] = {}
            for row, place, suggestion in self.grid.suggested(code):
                cells.setdefault(row, {}).setdefault(place, suggestion)
            self.change(cells)
            return len(cells)

    def whole(self, progress: Progress | None = None) -> Whole:
        """The mended file, checked as a whole; what was made before is given where nothing was changed since.

        Raises what `preflight.check` does.
        """
        with self.lock:
            edits = self.kept.edits()
            version = (self.kept.choices[0], max((one.id for one in edits), default=0))
            if self._whole is None or self._whole[0] != version:
                folder = self.kept.folder / "made"
                folder.mkdir(mode=0o700, exist_ok=True)
                self._whole = (version, self.made(folder, progress))
            return self._whole[1]

    def bad_workbook(self) -> Path:
        """The rows of the mended file that are still bad, as a workbook; raises what `preflight.check` does."""
        with self.lock:
            whole = self.whole()
            path = whole.bad_rows.with_suffix(".xlsx")
            options = replace(whole.options, clean=whole.clean, overwrite=True)  # fixes are made where there is one
            with named_file(whole.mended, f"{Path(self.kept.name).stem}.csv") as stream:
                check(stream, whole.layout, options, bad_rows=path)
            return path

    def made(self, folder: Path, progress: Progress | None = None) -> Whole:
        """The mended file and all that comes of it, written into a folder."""
        with self.lock:
            rows, stem = self.grid.rows, Path(self.kept.name).stem
            mended, name = folder / "mended.csv", f"{stem}.csv"
            expected = rows.write(mended, self.grid.all_changed())
            clean, bad_rows, page = (folder / made for made in ("clean.csv", "bad-rows.csv", "report.html"))
            options = replace(self.choices.options, overwrite=True)
            layout = rows.mended_layout
            with named_file(mended, name) as stream:
                report = check(
                    stream, layout, options, clean=clean, bad_rows=bad_rows, reports=[page], progress=progress
                )
            if report.rows != expected:
                raise PreflightError(
                    f"the mended file is read with {report.rows:,} rows, not {expected:,}: look at the cells that were "
                    "typed last, one of them may look like a heading or hold an open quote"
                )
            return Whole(report, mended, clean, bad_rows, page, layout, self.choices.options)

    def close(self) -> None:
        """Let go of it; what is temporary is given back."""
        with self.lock:
            self._let_go()
            self.kept.close()

    def _let_go(self) -> None:
        if self._grid is not None:
            self._grid.close()
        self._grid = None

    def _check(self, choices: Choices) -> None:
        self._let_go()
        self.report = self.error = self._whole = None
        self.unfitting = 0
        with suppress(FileNotFoundError):  # what came of other choices
            shutil.rmtree(self.kept.folder / "made")
        try:
            layout, options = choices.layout, self._judging(choices.options)
            report = check(self.kept.source, layout, options, progress=self._tell)
            self.report = report
            if report.contradiction is not None:
                return
            grid = Grid(FileRows(self.kept.source, layout, options, report))
            grid.fill(grid.rows.bad())
            self._grid = grid
            self._restore(grid)
        except PreflightError as error:
            self.error = error
        finally:
            self.done = None

    def _judging(self, options: CheckOptions) -> CheckOptions:
        """The options of a check by which rows count as fixed; a file that takes the fixes is part of that."""
        if not (options.changes or options.normalize_dates):
            return options
        folder = self.kept.folder / "made"
        folder.mkdir(mode=0o700, exist_ok=True)
        return replace(options, clean=folder / "checked.csv", overwrite=True)

    def _restore(self, grid: Grid) -> None:
        """Do again what was done to the rows before, as far as they are as they were then."""
        edits = {one.row: one for one in self.kept.edits() if one.kind != "back"}
        changes: list[tuple[GridRow, FileRow | None, int]] = []
        for row in grid.get(list(edits)):
            edit = edits.pop(row.number)
            if edit.original != _hash(row.source.record) or len(edit.cells) not in (0, grid.rows.layout.width):
                self.unfitting += 1
                continue
            try:
                now = grid.rows.written(row.source, edit.cells) if edit.kind == "cells" else None
            except LayoutError:
                self.unfitting += 1
                continue
            changes.append((row, now, edit.id))
        self.unfitting += len(edits)
        grid.put(changes)

    def _do(self, changes: Sequence[tuple[GridRow, FileRow | None, Edit]]) -> None:
        kept = self.kept.edit([edit for _, _, edit in changes])
        self.grid.put([(row, now, edit.id) for (row, now, _), edit in zip(changes, kept, strict=True)])

    def _tell(self, done: int, size: int | None) -> None:
        self.done = (done, size)


def _edit(row: GridRow, kind: str, cells: Sequence[str] = ()) -> Edit:
    return Edit(0, row.number, _hash(row.source.record), kind, tuple(cells))


def _hash(record: bytes) -> str:
    return hashlib.blake2b(record, digest_size=16).hexdigest()


MOST_OPEN = 6
"""Files whose rows are at hand at the same time; of others they are found again when they are asked for."""

PATIENCE = 0.6
"""Seconds for which a page waits for a check before it says that it goes on."""


class Desk:
    """The files of a store at work."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._open: dict[str, Work] = {}
        self._checks: dict[str, Future[bool]] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="checking")

    def get(self, id: str) -> Work | None:
        """The file with an id; None where there is none."""
        with self._lock:
            work = self._open.pop(id, None)
            if work is None:
                if (kept := self.store.get(id)) is None:
                    return None
                work = Work(kept)
            self._open[id] = work  # the last one used is the last to go
            for other in [one for one in self._open if one != id][: max(0, len(self._open) - MOST_OPEN)]:
                if other not in self._checks:
                    self._open.pop(other).close()
            return work

    def checked(self, work: Work, patience: float = PATIENCE) -> bool:
        """Whether a file was checked as it was chosen, once some time was waited for it; the check goes on."""
        id = work.kept.id
        with self._lock:
            check = self._checks.get(id)
            if check is None:
                check = self._checks[id] = self._threads.submit(work.checked)
        try:
            check.result(patience)
        except TimeoutError:
            return False
        finally:
            if check.done():
                with self._lock, suppress(KeyError):
                    del self._checks[id]
        return True

    def forget(self, id: str) -> None:
        """Remove a file, and what was done to it."""
        with self._lock:
            work = self._open.pop(id, None)
            self._checks.pop(id, None)
        if work is not None:
            work.close()
        self.store.forget(id)

    def close(self) -> None:
        """Let go of all files, once nothing is checked any more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for work in self._open.values():
            work.close()
