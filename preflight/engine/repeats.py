"""`--once-per-day`: which rows repeat others is known when all were judged, and told to each run of records then.

A run is judged as it stands, and what is needed to say what comes of it without some of its rows waits in a temporary
file: no row is judged twice. The text of its records is read again then, where the file is such text; that of a packed
file, or of one in another encoding, waits, too.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from preflight.engine.parallel import Job, Judgement, called_ahead, judged_ahead
from preflight.errors import changed_while_read, discard_temporary_file, writing_temporary_files
from preflight.evidence.earliest import Earliest
from preflight.executors.pickling import pickled
from preflight.model.arrays import Mask
from preflight.records.grammar import Records

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

    from preflight.records.source import Source
    from preflight.text.fingerprint import Hashes

MOST_HELD = 4 << 20
"""Bytes of judged runs that may wait in memory; where there are more, all wait in a temporary file."""

COLUMNS = 1021
"""Columns of the table of eight-byte words as which a text is read for its digest."""


class Visits(NamedTuple):
    """The rows of a run of records that are `good`: the hash of the email, title and day of each, and its instant.

    There are no instants where dates have no time. `rest` is what the run was found to be, pickled; empty where it has
    to be judged again.
    """

    hashes: Hashes
    instants: npt.NDArray[np.int64]
    good: Mask
    rest: bytes


def judged_once_per_day(
    source: Source, job: Job, runs: Iterable[Records], executor: Executor | None
) -> Iterator[tuple[Records, Judgement]]:
    """The runs as `judged_ahead` hands them out, in which later rows of a person's day at an event are left out.

    The runs are those of the text of the `source`, one behind the other. Nothing is handed out before all was read.
    Raises what reading or judging raises, and `InputError` where the file has changed when it is read again.
    """
    rows = 0
    with Earliest(job.layout.dateformat.has_time) as earliest, _Waiting(source) as waiting:
        for records, found in judged_ahead(visits_of, job, waiting.noting_start(runs), executor):
            earliest.add(found.hashes, rows + 1 + np.flatnonzero(found.good), found.instants)
            waiting.add(records, found.rest)
            rows += len(records)
        yield from called_ahead(without_repeats, job, waiting.runs(earliest.left_out(rows)), executor)


def visits_of(job: Job, records: Records, first_row: int) -> Visits:
    """Judge a run of records, in whatever thread or process."""
    from preflight.engine.judging import judge_of
    from preflight.rules import OfRows
    from preflight.text.asking import on_command_line

    with on_command_line(job.on_command_line):
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
        column.setflags(write=False)  # so that it is handed over without a copy
    return Visits(gathered.visits, instants, good, rest)


def without_repeats(job: Job, records: Records, first_row: int, rest: bytes, left_out: Mask) -> Judgement:
    """What comes of a run of records without those `left_out`, in whatever thread or process."""
    from preflight.engine.judging import judge_of, judgement_of
    from preflight.text.asking import on_command_line

    with on_command_line(job.on_command_line):
        if rest:
            judged, own, gathered, rows = pickle.loads(rest)  # noqa: S301  the check's own
            if (others := gathered.without(left_out[rows - first_row])) is not None:
                return judgement_of(job, judged.without(left_out, own or records), others)
        return judgement_of(job, *judge_of(job).judge(records, first_row, left_out))


class _Waiting:
    """Runs of records that wait, each with what was found; a context manager."""

    def __init__(self, source: Source) -> None:
        self._source, self._start = source, 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(MOST_HELD, prefix="preflight-")  # noqa: SIM115

    def noting_start(self, runs: Iterable[Records]) -> Iterator[Records]:
        """The runs as they come; notes where in the text the first record starts."""
        is_first = True
        for records in runs:
            if is_first and len(records):
                self._start, is_first = records.offset + int(records.start[0]), False
            yield records

    def add(self, records: Records, rest: bytes) -> None:
        """Take the next run; raises `OutputError` when the temporary file cannot be written."""
        text = memoryview(records.block)[int(records.start[0]) : int(records.end[-1])]
        kept = _digest(text) if self._source.is_text else bytes(text)
        sizes, line_ends = records.end - records.start, records.end - records.stop
        with writing_temporary_files():
            pickle.dump((pickled((sizes, line_ends, records.line, records.fault)), kept, rest), self._file)
            self._file.flush()

    def runs(self, left_out: Mask) -> Iterator[tuple[Records, int, bytes, Mask]]:
        """The runs in order, with the number of the first row, what was found, and which of them are left out.

        Raises `InputError` where the text has changed.
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
