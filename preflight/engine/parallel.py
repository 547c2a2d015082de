"""Chunks are judged ahead through any executor; their results are returned in file order.

A task is a `Job`, the same for all chunks of a file, and a run of records; its result is a `Judgement`. All of them can
be pickled, so the executor may use threads, processes or other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeVar

from preflight.engine.job import Job, Judgement
from preflight.executors.cores import InlineExecutor, cores
from preflight.executors.ordered import begun, in_order
from preflight.model.fixes import Mendable
from preflight.records.run import Records

MAX_RECORDS = 1 << 17
"""Maximum number of records judged in one call."""

MENDED_AT_ONCE = 8_000
"""Number of fixable records, from several runs, from which on they are judged in one call."""

LARGE_BYTES = 6 << 20
"""Files up to this size are judged in the calling thread, as threads would gain nothing."""

Result = TypeVar("Result")


def judge(job: Job, records: Records, first_row: int) -> Judgement:
    """Judge a run of records. The task of a worker."""
    from preflight.engine.judging import judge_run  # imports pandas, which not every process needs

    return judge_run(job, records, first_row)


def mend(job: Job, runs: Sequence[Records]) -> Mendable:
    """Count what fixes would mend in runs of records. The task of a worker."""
    from preflight.engine.judging import mend_records

    return mend_records(job, runs)


def mendable(job: Job, runs: Sequence[Records], executor: Executor | None) -> Callable[[], Mendable]:
    """Start counting what fixes would mend in runs of records; returns a function that waits for the result.

    Without an executor it is counted at once, in this thread.
    """
    return begun(mend, (job, runs), executor or InlineExecutor())


def applied(executor: Executor | None) -> Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]:
    """A function like `map` that calls through the executor, or in this thread if it is None."""

    def apply(call: Callable[[Any], Any], each: Iterable[Any]) -> Iterator[Any]:
        with _executor(executor, False) as (judging, ahead):
            for _, found in in_order(call, ((None, (one,)) for one in each), judging, ahead):
                yield found.result()

    return apply


def judged_ahead(
    call: Callable[[Job, Records, int], Result], job: Job, runs: Iterable[Records], executor: Executor | None = None
) -> Iterator[tuple[Records, Result]]:
    """Yield each run of records with the result of `call(job, run, first_row)`, in file order (`called_ahead`).

    Exceptions from judging or from `runs` are raised in file order, too, after all earlier results.
    """
    failures: list[Exception] = []
    yield from called_ahead(call, job, _numbered(runs, failures), executor)
    for failure in failures:
        raise failure


def called_ahead(
    call: Callable[..., Result], job: Job, runs: Iterator[tuple[Records, *tuple[Any, ...]]], executor: Executor | None
) -> Iterator[tuple[Records, Result]]:
    """Yield the records of each run with the result of `call(job, records, *more)`, in file order.

    The executor makes the calls; without one, threads do for more than `LARGE_BYTES`. A run whose worker is lost is
    judged again; raises `WorkerDiedError` if that fails, too (`executors.ordered`).
    """
    first: list[tuple[Records, *tuple[Any, ...]]] = []
    size = 0
    while executor is None and size <= LARGE_BYTES and (run := next(runs, None)) is not None:
        first.append(run)
        size += len(run[0].block)
    with _executor(executor, size > LARGE_BYTES) as (judging, ahead):
        share, release = getattr(judging, "share", _identity), getattr(judging, "release", _identity)
        placed = ((share(records), more) for records, *more in chain(first, runs))
        for records, found in in_order(call, ((run, (job, run, *more)) for run, more in placed), judging, ahead):
            yield records, found.result()
            release(records)


def _identity(records: Records) -> Records:
    return records


def _numbered(runs: Iterable[Records], failures: list[Exception]) -> Iterator[tuple[Records, int]]:
    """Yield the runs in pieces of at most `MAX_RECORDS`, each with the row number of its first record.

    An exception from `runs` ends them and is appended to `failures`.
    """
    row = 1
    try:
        for records in runs:
            for at in range(0, len(records), MAX_RECORDS):
                few = records.between(at, at + MAX_RECORDS)
                yield few, row
                row += len(few)
    except Exception as error:
        failures.append(error)


@contextmanager
def _executor(given: Executor | None, much: bool) -> Iterator[tuple[Executor, int]]:
    """The executor that judges, and how many runs may be queued."""
    if given is not None:
        yield given, getattr(given, "ahead", 2 * max(2, getattr(given, "_max_workers", 0) or cores()))
    elif not much:
        yield InlineExecutor(), 0
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(cores(), thread_name_prefix="preflight") as threads:
            yield threads, 2 * cores()
