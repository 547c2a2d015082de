"""Writing mended rows into a clean file: in place of their earlier version, or at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from preflight.engine.check import check
from preflight.errors import LayoutError
from preflight.inputs.source import Source
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow
from preflight.model.arrays import Mask
from preflight.model.options import File
from preflight.opening.provenance import CleanProvenance
from preflight.outputs.recorded import RecordedFile
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.scanner import without_first
from preflight.text.display import shown, shown_file
from preflight.text.fingerprint import Fingerprints, Hashes


@dataclass(frozen=True)
class MendedRows:
    """The good rows of a mended file: records in the clean file's layout, row numbers in the source, and hashes.

    A row without a number has 0. `left_out` are the numbers of rows that are left out. The hashes are those of touch
    points with `key`; `by_day` means those of an address and a day. `line_end` is that of the mended file.
    """

    records: Sequence[bytes]
    rows: Sequence[int]
    left_out: Sequence[int]
    hashes: Hashes
    key: bytes
    by_day: bool
    line_end: bytes


def merged_rows(
    clean: File, file: File, layout: Layout, mended: MendedRows, provenance: CleanProvenance | None
) -> tuple[int, int, int]:
    """Write the clean file with the mended rows; returns the numbers of added, of replaced and of all rows."""
    numbered, unnumbered = _by_number(clean, file, mended, provenance)
    merged = dict(provenance.merged) if provenance is not None else {}
    digests = {row: provenance.hash_of(mended.records[i]) for row, i in numbered.items()} if provenance else {}
    changed = {row for row, digest in digests.items() if merged.get(row, digest) != digest}
    retracted = merged.keys() & {*mended.left_out}  # merged before, and left out in their corrected version
    outdated = {merged[row] for row in changed | retracted}
    compared = [*(i for row, i in numbered.items() if row in changed or row not in merged), *unnumbered]
    present, rows = _present(clean, layout, mended, compared if mended.by_day else unnumbered, provenance, outdated)
    replacing: dict[str, list[bytes]] = {}
    appended = [(i, mended.records[i]) for i in unnumbered if not present[i]]
    for row, i in numbered.items():
        if row in changed:
            replacing.setdefault(merged[row], []).append(b"" if present[i] else mended.records[i])
        elif row not in merged and not present[i]:
            appended.append((i, mended.records[i]))
        merged[row] = digests[row]
        if present[i]:  # another row has this address and day
            del merged[row]
    for row in retracted:
        replacing.setdefault(merged.pop(row), []).append(b"")
    replaced, removed = sum(map(len, replacing.values())), sum(records.count(b"") for records in replacing.values())
    if not appended and not replaced:
        return 0, 0, rows
    new = [record for _, record in sorted(appended)]
    with RecordedFile(clean, overwrite=True, locked=True) as out:
        out.about = provenance.with_merged(merged) if provenance is not None else {"merged": {"rows": {}}}
        for piece in _with_rows(clean, file, layout, provenance, replacing, new, mended.line_end):
            out.write(piece)
    return len(appended), replaced, rows + len(appended) - removed


def _by_number(
    clean: File, file: File, mended: MendedRows, provenance: CleanProvenance | None
) -> tuple[dict[int, int], list[int]]:
    """The indices of the mended rows by their row number in the source, and the indices of rows without a number.

    Without provenance no number counts. Raises `LayoutError` for a row that was good in the source, or that has several
    versions.
    """
    if provenance is None:
        return {}, [*range(len(mended.rows))]
    numbered: dict[int, int] = {}
    unnumbered: list[int] = []
    for i, row in enumerate(mended.rows):
        if not row:
            unnumbered.append(i)
        elif row > len(provenance.good) or provenance.good[row - 1]:
            refuse_other_source(clean, file, provenance, f": row {row} is none of them")
        elif row in numbered and mended.records[numbered[row]] != mended.records[i]:
            raise LayoutError(
                f"nothing was merged: {shown_file(file)} has row {row} twice, and not alike; keep one, or, if "
                "both count, clear the preflight_row of the one that you added"
            )
        else:
            numbered.setdefault(row, i)
    return numbered, unnumbered


def _present(
    clean: File,
    layout: Layout,
    mended: MendedRows,
    compared: Sequence[int],
    provenance: CleanProvenance | None,
    outdated: Collection[str],
) -> tuple[Mask, int]:
    """The mask of those of the `compared` rows whose touch point the clean file has, and the number of its rows.

    Records of the clean file with `outdated` hashes do not count: they are replaced.
    """
    present = np.zeros(len(mended.rows), np.bool_)
    _, _, has_rows = beginning(clean, layout)
    if not has_rows:
        return present, 0
    if not len(compared):
        return present, sum(map(len, _data_records(clean, layout)))
    wanted, rows = mended.hashes[list(compared)], 0
    kept = np.ones(0, np.bool_)
    if provenance is not None and outdated:
        runs = _data_records(clean, layout)
        kept = np.array([provenance.hash_of(run.raw(i)) not in outdated for run in runs for i in range(len(run))], bool)

    def compare(hashes: Hashes) -> None:
        nonlocal rows
        found = hashes[kept[rows : rows + len(hashes)]] if len(kept) else hashes
        present[np.array(compared)[np.isin(wanted, found[np.isin(found, wanted)])]] = True
        rows += len(hashes)

    check(clean, layout, max_shown=0, fingerprints=Fingerprints(mended.key, compare, mended.by_day))
    return present, rows


def _with_rows(
    clean: File,
    file: File,
    layout: Layout,
    provenance: CleanProvenance | None,
    replacing: Mapping[str, list[bytes]],
    appended: Sequence[bytes],
    line_end: bytes,
) -> Iterator[bytes]:
    """Yield the text of the clean file with records replaced by their hash, then the new records with its line end.

    A record that is replaced by an empty one is removed.
    """
    line_end = beginning(clean, layout)[0] or line_end
    left = {digest: list(records) for digest, records in replacing.items()}
    last = b""
    with Source(clean, layout.encoding) as source:
        runs = source.records(Dialect(layout.separator, layout.quote))
        for run in runs:
            for i in range(len(run)) if left else ():
                digest = provenance.hash_of(run.raw(i)) if provenance is not None else ""
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
            if not all(map(dialect.can_hold, cells)):
                raise LayoutError(
                    "nothing was merged: a mended row has a separator or a line break in a cell, which the clean file "
                    f"cannot hold without quotes: {shown(' '.join(cells), 60)}"
                )
            written.append(record)
    return written


def _data_records(file: File, layout: Layout) -> Iterator[Records]:
    """The records of a file in `layout`, without its heading."""
    with Source(file, layout.encoding) as source:
        runs = source.records(Dialect(layout.separator, layout.quote))
        yield from without_first(int(layout.firstrow is FirstRow.Y), runs)


def refuse_other_source(clean: File, file: File, provenance: CleanProvenance, why: str) -> NoReturn:
    """Raise `LayoutError`: the mended file has rows of another source than the clean file."""
    raise LayoutError(
        f"nothing was merged: {shown_file(clean)} has the good rows of {shown_file(provenance.source['name'])}, and "
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
