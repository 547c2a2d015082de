"""`--once-per-day`: repeated rows are known only when all rows are judged, and then removed from each run.

Each run is judged whole, and its result waits in a temporary file, so that no row is judged twice. The text of its
records is read again from the source if the source is UTF-8 text; of a compressed file or another encoding the text
waits, too.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from preflight.engine.job import Job, Judgement
from preflight.engine.parallel import called_ahead, judged_ahead
from preflight.errors import changed_while_read, discard_temporary_file, writing_temporary_files
from preflight.evidence.earliest import Earliest
from preflight.executors.pickling import pickled
from preflight.model.arrays import Mask
from preflight.records.run import Records
from preflight.rules import OfRows
from preflight.text.asking import naming

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

    from preflight.inputs.source import Source
    from preflight.text.fingerprint import Hashes

MOST_HELD = 4 << 20
"""Bytes of judged runs kept in memory; beyond, all of them go to a temporary file."""

COLUMNS = 1021
"""Columns of the table of 8-byte words that a text is reshaped to for its digest."""


class Visits(NamedTuple):
    """The good rows of a run of records: hashes of email, title and day, and instants.

    `instants` is empty if dates have no time. `rest` is the judged run, pickled; empty if it must be judged again.
    """

    hashes: Hashes
    instants: npt.NDArray[np.int64]
    good: Mask
    rest: bytes


def judged_once_per_day(
    source: Source, job: Job, runs: Iterable[Records], executor: Executor | None
) -> Iterator[tuple[Records, Judgement]]:
    """Yield what `judged_ahead` yields, without the later rows of a person, event and day.

    `runs` are consecutive runs of the text of `source`. Nothing is yielded before all of them are read. Raises what
    reading or judging raises, and `InputError` if the file changed before it is read again.
    """
    rows = 0
    with Earliest(job.layout.dateformat.has_time) as earliest, _Waiting(source) as waiting:
        for records, found in judged_ahead(visits_of, job, waiting.noting_start(runs), executor):
            earliest.add(found.hashes, rows + 1 + np.flatnonzero(found.good), found.instants)
            waiting.add(records, found.rest)
            rows += len(records)
        yield from called_ahead(without_repeats, job, waiting.runs(earliest.left_out(rows)), executor)


def visits_of(job: Job, records: Records, first_row: int) -> Visits:
    """Judge a run of records and hash its visits. The task of a worker."""
    from preflight.engine.judging import judge_of

    with naming(job.naming):
        judged, gathered = judge_of(job).judge(records, first_row)
    rows = judged.chunk.rows
    instants = judged.instants[gathered.good if job.layout.dateformat.has_time else []].astype(np.int64)
    good = np.zeros(len(records), np.bool_)
    good[rows[gathered.good] - first_row] = True
    rest = b""
    if all(stats is None or isinstance(stats, OfRows) for stats in gathered.stats):
        none = gathered.visits[:0]
        kept = gathered if job.fingerprints else gathered._replace(touch_points=none, visits=none)
        own = None if judged.records is records else judged.records
        rest = pickled((judged.of_findings(), own, kept, rows))
    for column in (gathered.visits, instants):
        column.setflags(write=False)  # read-only buffers are sent without a copy
    return Visits(gathered.visits, instants, good, rest)


def without_repeats(job: Job, records: Records, first_row: int, rest: bytes, left_out: Mask) -> Judgement:
    """The judgement of a run of records without the rows of the mask `left_out`. The task of a worker."""
    from preflight.engine.judging import judge_of, judgement_of

    with naming(job.naming):
        if rest:
            judged, own, gathered, rows = pickle.loads(rest)  # noqa: S301  the check's own
            if (others := gathered.without(left_out[rows - first_row])) is not None:
                return judgement_of(job, judged.without(left_out, own or records), others)
        return judgement_of(job, *judge_of(job).judge(records, first_row, left_out))


class _Waiting:
    """A queue of judged runs in a temporary file. A context manager."""

    def __init__(self, source: Source) -> None:
        self._source, self._start = source, 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(MOST_HELD, prefix="preflight-")  # noqa: SIM115

    def noting_start(self, runs: Iterable[Records]) -> Iterator[Records]:
        """Yield the runs unchanged, and note the offset of the first record in the text."""
        is_first = True
        for records in runs:
            if is_first and len(records):
                self._start, is_first = records.offset + int(records.start[0]), False
            yield records

    def add(self, records: Records, rest: bytes) -> None:
        """Append a run. Raises `OutputError` if the temporary file cannot be written."""
        text = memoryview(records.block)[int(records.start[0]) : int(records.end[-1])]
        kept = _digest(text) if self._source.is_text else bytes(text)
        sizes, line_ends = records.end - records.start, records.end - records.stop
        with writing_temporary_files():
            pickle.dump((pickled((sizes, line_ends, records.line, records.fault)), kept, rest), self._file)
            self._file.flush()

    def runs(self, left_out: Mask) -> Iterator[tuple[Records, int, bytes, Mask]]:
        """Yield the runs in order: records, number of the first row, judged run (pickled), mask of rows left out.

        Raises `InputError` if the text of the source changed.
        """
        self._file.seek(0)
        done, at = 0, self._start
        while done < len(left_out):
            columns, text, rest = pickle.load(self._file)  # noqa: S301  our own
            sizes, line_ends, line, fault = pickle.loads(columns)  # noqa: S301  our own
            end = np.cumsum(sizes)
            if self._source.is_text:
                text = self._again(at, int(end[-1]), text)
            at += len(text)
            yield (
                Records(text, end - sizes, end - line_ends, end, line, fault),
                done + 1,
                rest,
                left_out[done : done + len(sizes)],
            )
            done += len(sizes)

    def _again(self, start: int, size: int, digest: bytes) -> bytes:
        text = self._source.again(start, size)
        if len(text) != size or _digest(memoryview(text)) != digest:
            raise changed_while_read(self._source.shown)
        return text

    def __enter__(self) -> _Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        discard_temporary_file(self._file)


def _digest(text: memoryview) -> bytes:
    """BLAKE2b of the column sums of a text's words, and of the rest: a digest computed at the speed of memory.

    It misses changes only where they cancel out in the sum of each column.
    """
    rows = len(text) // (8 * COLUMNS)
    sums = np.add.reduce(np.frombuffer(text, np.uint64, rows * COLUMNS).reshape(rows, COLUMNS), axis=0)
    return hashlib.blake2b(sums.tobytes() + bytes(text[8 * rows * COLUMNS :])).digest()
