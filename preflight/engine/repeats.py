"""`--once-per-day`: which rows repeat others is known when all were judged, and told to each run of records then.

A run is judged as it stands, and waits in a temporary file with what is needed of it to say what comes of it without
some of its rows: no row is judged twice.
"""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from preflight.engine.parallel import Job, Judgement, called_ahead, judged_ahead
from preflight.errors import OutputError
from preflight.evidence.earliest import Earliest
from preflight.model.arrays import Mask, Positions

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

    from preflight.records.grammar import Records
    from preflight.text.fingerprint import Hashes

MOST_HELD = 4 << 20
"""Bytes of judged runs that may wait in memory; where there are more, all wait in a temporary file."""


class Visits(NamedTuple):
    """The good rows of a run of records: the hash of the email, title and day of each, its instant, and its place.

    `rest` is what the run was found to be, pickled; empty where it has to be judged again.
    """

    hashes: Hashes
    instants: npt.NDArray[np.int64]
    places: Positions
    rest: bytes


def judged_once_per_day(
    job: Job, runs: Iterable[Records], executor: Executor | None
) -> Iterator[tuple[Records, Judgement]]:
    """The runs as `judged_ahead` hands them out, in which later rows of a person's day at an event are left out.

    Nothing is handed out before all was read, and raises what reading or judging raised.
    """
    rows = 0
    with Earliest() as earliest, _Waiting() as waiting:
        for records, found in judged_ahead(visits_of, job, runs, executor):
            earliest.add(found.hashes, found.instants, rows + 1 + found.places)
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
    places = judged.chunk.rows - first_row
    instants = judged.instants[gathered.good].astype(np.int64)
    rest = b""
    if all(stats is None or isinstance(stats, OfRows) for stats in gathered.stats):
        none = gathered.visits[:0]
        kept = gathered if job.fingerprints else gathered._replace(touch_points=none, visits=none)
        own = None if judged.records is records else judged.records
        rest = _packed((judged.of_findings(), own, kept, places))
    return Visits(gathered.visits, instants, places[gathered.good], rest)


def without_repeats(job: Job, records: Records, first_row: int, rest: bytes, left_out: Mask) -> Judgement:
    """What comes of a run of records without those `left_out`, in whatever thread or process."""
    from preflight.engine.judging import judge_of, judgement_of
    from preflight.text.asking import on_command_line

    with on_command_line(job.on_command_line):
        if rest:
            judged, own, gathered, places = pickle.loads(rest)  # noqa: S301  the check's own
            if (others := gathered.without(left_out[places])) is not None:
                return judgement_of(job, judged.without(left_out, own or records), others)
        return judgement_of(job, *judge_of(job).judge(records, first_row, left_out))


def _packed(value: object) -> bytes:
    with io.BytesIO() as packed:
        _Packer(packed, pickle.HIGHEST_PROTOCOL).dump(value)
        return packed.getvalue()


class _Packer(pickle.Pickler):
    """Pickles arrays of whole numbers, of which there are many, in no more bytes a number than it takes; and masks."""

    def reducer_override(self, value: object) -> Any:
        if isinstance(value, np.ndarray) and value.dtype == np.bool_:
            return _unmasked, (np.packbits(value), len(value))
        if not isinstance(value, np.ndarray) or value.dtype != np.int64 or not len(value):
            return NotImplemented
        least = int(value.min())
        kind = np.min_scalar_type(int(value.max()) - least)
        return (_unpacked, ((value - least).astype(kind), least)) if kind.itemsize < 8 else NotImplemented


def _unpacked(numbers: npt.NDArray[np.unsignedinteger[Any]], least: int) -> Positions:
    return numbers.astype(np.int64) + least


def _unmasked(bits: npt.NDArray[np.uint8], number: int) -> Mask:
    return np.unpackbits(bits, count=number).view(np.bool_)


class _Waiting:
    """Runs of records that wait, each with what was found; a context manager."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(MOST_HELD, prefix="preflight-")  # noqa: SIM115

    def add(self, records: Records, rest: bytes) -> None:
        """Take the next run; raises `OutputError` when the temporary file cannot be written."""
        try:
            pickle.dump((records, rest), self._file, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise OutputError(f"cannot write a temporary file in {tempfile.gettempdir()}: {error.strerror}") from error

    def runs(self, left_out: Mask) -> Iterator[tuple[Records, int, bytes, Mask]]:
        """The runs in order, with the number of the first row, what was found, and which of them are left out."""
        self._file.seek(0)
        done = 0
        while done < len(left_out):
            records, rest = pickle.load(self._file)  # noqa: S301  our own
            yield records, done + 1, rest, left_out[done : done + len(records)]
            done += len(records)

    def __enter__(self) -> _Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
