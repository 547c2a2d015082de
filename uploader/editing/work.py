"""The work on a file: check with the user's choices, mend rows one by one, check the mended file as a whole.

`preflight` judges everything: the file by `check`, a changed row by the same rules on its own. Edits are stored before
the request is answered. One thread at a time works on a file.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from preflight import CheckOptions, Layout, LayoutError, PreflightError, Report, check
from preflight.merging.rows import FileRow, FileRows, named_file
from uploader.editing.choices import Choices
from uploader.editing.grid import Grid, GridRow
from uploader.editing.store import Edit, StoredFile


@dataclass(frozen=True, slots=True)
class MendedFile:
    """The mended file, checked as a whole: its `report`, and the paths of its outputs.

    `mended` is the source's table with all changes; `layout` and `options` are those of the check.
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
    """The numbers of rows of a file: good, bad, left out by the choices, taken out by hand; and of changed ones."""

    good: int
    bad: int
    left_out: int
    taken_out: int = 0
    changed: int = 0


class Work:
    """A stored file that is open on the page."""

    def __init__(self, kept: StoredFile) -> None:
        self.kept = kept
        self.lock = threading.RLock()
        self.error: PreflightError | None = None
        """The error of the last check: an open question about the layout, or a fault of the file."""
        self.report: Report | None = None
        self.unfitting = 0
        """The number of stored edits that do not fit the rows as the file is read now; they are not applied."""
        self.done: tuple[int, int | None] | None = None
        """The bytes checked and the total, during a check."""
        self._grid: Grid | None = None
        self._checked: int | None = None
        self._mended: tuple[tuple[int, int], MendedFile] | None = None

    @property
    def choices(self) -> Choices:
        """The user's choices of how the file is read."""
        return Choices(self.kept.choices[1])

    @property
    def grid(self) -> Grid:
        """The rows; only after a check without an error."""
        assert self._grid is not None  # noqa: S101 - `report` says so
        return self._grid

    @property
    def version(self) -> tuple[int, int]:
        """The ids of the last choices and the last edit, which change with the rows to send."""
        return self.kept.choices[0], max((one.id for one in self.kept.edits()), default=0)

    def checked(self) -> bool:
        """Check the file, unless it was checked with its present choices; True if its rows were judged."""
        with self.lock:
            number, said = self.kept.choices
            if self._checked != number:
                self._check(Choices(said))
                self._checked = number
            return self._grid is not None

    def choose(self, more: Mapping[str, object]) -> None:
        """Update the choices of how the file is read; raises `LayoutError` for invalid ones."""
        with self.lock:
            chosen = self.choices.over(more)
            _ = chosen.layout, chosen.options
            self.kept.choose(chosen.said)

    def numbers(self) -> Numbers:
        """The present numbers of rows by state."""
        with self.lock:
            assert self.report is not None  # noqa: S101 - asked of checked files
            if self._grid is None:
                return Numbers(0, self.report.bad_rows, self.report.left_out)
            was_good, good, bad, taken_out, changed = self._grid.counts()
            good += self.report.good_rows - was_good
            return Numbers(good, bad, self.report.rows - good - bad - taken_out, taken_out, changed)

    def change(self, cells: Mapping[int, Mapping[int, str]]) -> None:
        """Set the texts of cells, by row and column index; other cells are unchanged.

        Raises `LayoutError` for a text that the file cannot hold, `LookupError` for a cell that does not exist.
        """
        with self.lock:
            rows, changes = self.grid.rows, list[tuple[GridRow, FileRow | None, Edit]]()
            for row in self.grid.get(list(cells)):
                now = rows.cells(row.shown)[0]
                for place, text in cells[row.number].items():
                    now[place] = text
                changes.append((row, rows.written(row.source, now), _edit(row, "cells", now)))
            self._apply(changes)

    def take_out(self, numbers: Sequence[int]) -> None:
        """Take rows out."""
        with self.lock:
            self._apply([(row, None, _edit(row, "out")) for row in self.grid.get(numbers)])

    def put_back(self, numbers: Sequence[int]) -> None:
        """Restore rows to the source."""
        with self.lock:
            self._apply([(row, row.source, _edit(row, "back")) for row in self.grid.get(numbers)])

    def take_suggestions(self, code: str) -> int:
        """Apply all suggestions for a problem code; returns the number of changed rows."""
        with self.lock:
            cells: dict[int, dict[int, str]] = {}
            for row, place, suggestion in self.grid.suggested(code):
                cells.setdefault(row, {}).setdefault(place, suggestion)
            self.change(cells)
            return len(cells)

    def mended_file(self) -> MendedFile:
        """The mended file, checked as a whole; cached until the next change.

        Raises the errors of `preflight.check`.
        """
        with self.lock:
            version = self.version
            if self._mended is None or self._mended[0] != version:
                folder = self.kept.folder / "made"
                folder.mkdir(mode=0o700, exist_ok=True)
                self._mended = (version, self.write_mended(folder))
            return self._mended[1]

    def bad_workbook(self) -> Path:
        """The remaining bad rows of the mended file as a workbook; raises the errors of `preflight.check`."""
        with self.lock:
            file = self.mended_file()
            path = file.bad_rows.with_suffix(".xlsx")
            options = replace(file.options, clean=file.clean, overwrite=True)  # fixes need a clean file
            with named_file(file.mended, f"{Path(self.kept.name).stem}.csv") as stream:
                check(stream, file.layout, options, bad_rows=path)
            return path

    def write_mended(self, folder: Path) -> MendedFile:
        """Write the mended file and its outputs into a folder."""
        with self.lock:
            rows, stem = self.grid.rows, Path(self.kept.name).stem
            mended, name = folder / "mended.csv", f"{stem}.csv"
            expected = rows.write(mended, self.grid.all_changed())
            clean, bad_rows, page = (folder / made for made in ("clean.csv", "bad-rows.csv", "report.html"))
            options = replace(self.choices.options, overwrite=True)
            layout = rows.mended_layout
            with named_file(mended, name) as stream:
                report = check(stream, layout, options, clean=clean, bad_rows=bad_rows, reports=[page])
            if report.rows != expected:
                raise PreflightError(
                    f"the mended file is read with {report.rows:,} rows, not {expected:,}: look at the cells that were "
                    "typed last, one of them may look like a heading or hold an open quote"
                )
            return MendedFile(report, mended, clean, bad_rows, page, layout, self.choices.options)

    def close(self) -> None:
        """Close the file and its temporary database."""
        with self.lock:
            self._close_grid()
            self.kept.close()

    def _close_grid(self) -> None:
        if self._grid is not None:
            self._grid.close()
        self._grid = None

    def _check(self, choices: Choices) -> None:
        self._close_grid()
        self.report = self.error = self._mended = None
        self.unfitting = 0
        with suppress(FileNotFoundError):  # outputs of earlier choices
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
        """`options` with a clean file if rows may be fixed or normalized: a check fixes rows only if it writes one."""
        if not (options.changes or options.normalize_dates):
            return options
        folder = self.kept.folder / "made"
        folder.mkdir(mode=0o700, exist_ok=True)
        return replace(options, clean=folder / "checked.csv", overwrite=True)

    def _restore(self, grid: Grid) -> None:
        """Apply the stored edits again, as far as their rows are unchanged."""
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

    def _apply(self, changes: Sequence[tuple[GridRow, FileRow | None, Edit]]) -> None:
        kept = self.kept.edit([edit for _, _, edit in changes])
        self.grid.put([(row, now, edit.id) for (row, now, _), edit in zip(changes, kept, strict=True)])

    def _tell(self, done: int, size: int | None) -> None:
        self.done = (done, size)


def _edit(row: GridRow, kind: str, cells: Sequence[str] = ()) -> Edit:
    return Edit(0, row.number, _hash(row.source.record), kind, tuple(cells))


def _hash(record: bytes) -> str:
    return hashlib.blake2b(record, digest_size=16).hexdigest()
