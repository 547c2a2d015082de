"""Writing mended rows into a clean file: in place of their earlier version, or at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from preflight.engine.check import check
from preflight.errors import LayoutError
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow
from preflight.outputs.recorded import RecordedFile
from preflight.records.grammar import Dialect, Records
from preflight.records.source import Source
from preflight.text.display import shown, shown_file
from preflight.text.fingerprint import Fingerprints, Hashes

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.model.options import File
    from preflight.opening.noting import CleanNotes


@dataclass(frozen=True)
class Taken:
    """The good rows of a mended file: their records in the clean file's form, row numbers, and hashes with `key`.

    `left_out` are the numbers of rows that are left out. The hashes are those of touch points, `by_day` if the clean
    file has each person once per day. `line_end` is that of the mended file.
    """

    records: Sequence[bytes]
    rows: Sequence[int]
    left_out: Sequence[int]
    hashes: Hashes
    key: bytes
    by_day: bool
    line_end: bytes


def merged_rows(
    clean: File, file: File, layout: Layout, taken: Taken, notes: CleanNotes | None
) -> tuple[int, int, int]:
    """Write the clean file with the mended rows; returns the numbers of added, of replaced and of all rows."""
    new, others, already = dict[int, int](), list[int](), dict[int, str]()
    if notes is not None:
        already = dict(notes.merged)
        new, others = _numbered(clean, file, taken, notes)
    else:
        others = list(range(len(taken.rows)))
    digests = {row: notes.hash_of(taken.records[i]) for row, i in new.items()} if notes is not None else {}
    changed = {row for row, digest in digests.items() if already.get(row, digest) != digest}
    once = [*(i for row, i in new.items() if row in changed or row not in already), *others]
    not_wanted = already.keys() & {*taken.left_out}  # merged before, and left out in their corrected version
    going = {already[row] for row in changed | not_wanted}
    there, rows = _hashes_there(clean, layout, taken, once if taken.by_day else others, notes, going)
    replacing: dict[str, list[bytes]] = {}
    appended = [(i, taken.records[i]) for i in others if not there[i]]
    for row, i in new.items():
        if row in changed:
            replacing.setdefault(already[row], []).append(b"" if there[i] else taken.records[i])
        elif row not in already and not there[i]:
            appended.append((i, taken.records[i]))
        already[row] = digests[row]
        if there[i]:  # another row has this person's day
            del already[row]
    for row in not_wanted:
        replacing.setdefault(already.pop(row), []).append(b"")
    replaced, removed = sum(map(len, replacing.values())), sum(records.count(b"") for records in replacing.values())
    if not appended and not replaced:
        return 0, 0, rows
    with RecordedFile(clean, overwrite=True, locked=True) as out:
        out.about = notes.with_merged(already) if notes is not None else {"merged": {"rows": {}}}
        for piece in _with_rows(
            clean, file, layout, notes, replacing, [one for _, one in sorted(appended)], taken.line_end
        ):
            out.write(piece)
    return len(appended), replaced, rows + len(appended) - removed


def _numbered(clean: File, file: File, taken: Taken, notes: CleanNotes) -> tuple[dict[int, int], list[int]]:
    """The indices of the taken rows by their row number in the source, and the indices of rows without a number.

    Raises `LayoutError` for a row that was good in the source, or has several versions.
    """
    found: dict[int, int] = {}
    others: list[int] = []
    for i, row in enumerate(taken.rows):
        if not row:
            others.append(i)
        elif row > len(notes.good) or notes.good[row - 1]:
            refuse_other_source(clean, file, notes, f": row {row} is none of them")
        elif row in found and taken.records[found[row]] != taken.records[i]:
            raise LayoutError(
                f"nothing was merged: {shown_file(file)} has row {row} twice, and not alike; keep one, or clear "
                "the preflight_row of one that is new"
            )
        else:
            found.setdefault(row, i)
    return found, others


def _hashes_there(
    clean: File, layout: Layout, taken: Taken, asked: Sequence[int], notes: CleanNotes | None, going: Collection[str]
) -> tuple[Mask, int]:
    """The mask of those of the `asked` rows whose touch point the clean file has, and the number of its rows.

    Rows whose hashes are `going` do not count: they are replaced.
    """
    there = np.zeros(len(taken.rows), np.bool_)
    _, _, has_rows = beginning(clean, layout)
    if not has_rows:
        return there, 0
    if not len(asked):
        return there, sum(map(len, _data_records(clean, layout)))
    wanted, rows = taken.hashes[list(asked)], 0
    staying = np.ones(0, np.bool_)
    if notes is not None and going:
        runs = _data_records(clean, layout)
        staying = np.array([notes.hash_of(run.raw(i)) not in going for run in runs for i in range(len(run))], np.bool_)

    def compare(hashes: Hashes) -> None:
        nonlocal rows
        found = hashes[staying[rows : rows + len(hashes)]] if len(staying) else hashes
        there[np.array(asked)[np.isin(wanted, found[np.isin(found, wanted)])]] = True
        rows += len(hashes)

    check(clean, layout, max_shown=0, fingerprints=Fingerprints(taken.key, compare, taken.by_day))
    return there, rows


def _with_rows(
    clean: File,
    file: File,
    layout: Layout,
    notes: CleanNotes | None,
    replacing: Mapping[str, list[bytes]],
    appended: Sequence[bytes],
    line_end: bytes,
) -> Iterator[bytes]:
    """Yield the text of the clean file with some records replaced, then the new records with its line end.

    A record replaced by an empty one is removed.
    """
    line_end = beginning(clean, layout)[0] or line_end
    left = {digest: list(records) for digest, records in replacing.items()}
    last = b""
    with Source(clean, layout.encoding) as source:
        runs = source.records(Dialect(layout.separator, layout.quote))
        for run in runs:
            for i in range(len(run)) if left else ():
                digest = notes.hash_of(run.raw(i)) if notes is not None else ""
                if not left.get(digest):
                    yield bytes(run.block[run.start[i] : run.end[i]])
                elif record := left[digest].pop(0):
                    yield record + bytes(run.block[run.stop[i] : run.end[i]])
            if not left:
                yield bytes(run.block[run.start[0] : run.end[-1]])
            last = bytes(run.block[run.stop[-1] : run.end[-1]])
    if any(left.values()):
        raise LayoutError(
            f"nothing was merged: {shown_file(clean)} was changed since rows were merged into it, and some that "
            f"{shown_file(file)} corrects are no longer there as they were; correct them there, and take them "
            f"out of {shown_file(file)}"
        )
    if appended and not last:
        yield line_end
    for record in appended:
        yield record + line_end


def records_of(good: Path, own_layout: Layout, layout: Layout) -> list[bytes]:
    """The records of a file of good rows, rewritten in the `layout` of the clean file.

    Raises `LayoutError` for a record that cannot be written in it.
    """
    own, dialect = Dialect(own_layout.separator, own_layout.quote), Dialect(layout.separator, layout.quote)
    written: list[bytes] = []
    for run in _data_records(good, own_layout):
        for i in range(len(run)):
            cells = own.split(run.raw(i))
            record = dialect.joined(cells).encode("utf-8", "surrogatepass")
            if not dialect.quote and any(mark in cell for cell in cells for mark in (dialect.separator, "\n", "\r")):
                raise LayoutError(
                    "nothing was merged: a mended row has a separator or a line break in a cell, which the clean file "
                    f"cannot hold without quotes: {shown(' '.join(cells), 60)}"
                )
            written.append(record)
    return written


def _data_records(file: File, layout: Layout) -> Iterator[Records]:
    """The records of a file in `layout`, without its heading."""
    headed = layout.firstrow is FirstRow.Y
    with Source(file, layout.encoding) as source:
        for run in source.records(Dialect(layout.separator, layout.quote)):
            data = run.between(1, len(run)) if headed else run
            headed = False
            if len(data):
                yield data


def refuse_other_source(clean: File, file: File, notes: CleanNotes, why: str) -> NoReturn:
    raise LayoutError(
        f"nothing was merged: {shown_file(clean)} has the good rows of {shown_file(notes.source['name'])}, and "
        f"{shown_file(file)} does not have its bad ones{why}"
    )


def beginning(file: File, layout: Layout) -> tuple[bytes, tuple[str, ...], bool]:
    """The line end of a file's first record, its columns' labels (or indices), and whether it has any row."""
    with Source(file, layout.encoding) as source:
        dialect = Dialect(layout.separator, layout.quote)
        runs = source.records(dialect)
        first = next(runs)
        cells, line_end = dialect.split(first.raw(0)), bytes(first.block[first.stop[0] : first.end[0]])
        if layout.firstrow is FirstRow.N:
            return line_end, tuple(map(str, range(len(cells)))), True
        return line_end, tuple(map(str.strip, cells)), len(first) > 1 or any(map(len, runs))
