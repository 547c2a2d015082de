"""Chunks judged ahead of their use, through any executor, and handed back in the order of the file.

What is handed over is a `Job`, the same for all chunks of a file, and a run of records; what comes back is a
`Judgement`. All can be pickled, so that the executor may be of threads, of processes, or of other machines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from preflight.executors.cores import InlineExecutor, cores
from preflight.executors.ordered import begun, in_order
from preflight.model.fixes import Acceptance

if TYPE_CHECKING:
    from preflight.engine.summary import Verdict
    from preflight.evidence.datelimits import DateLimits
    from preflight.layouts.resolved import ResolvedLayout
    from preflight.model.fixes import Mendable
    from preflight.outputs.judged import Judged
    from preflight.records.grammar import Records
    from preflight.rules import RuleMaker

MAX_RECORDS = 1 << 17
"""Records of a run that are judged in one go."""

MENDED_AT_ONCE = 8_000
"""Records of several runs that fixes may mend, and that are judged together."""

LARGE_BYTES = 6 << 20
"""What is not larger is judged where it is read: threads would gain nothing."""

Result = TypeVar("Result")


class Judgement(NamedTuple):
    """The summary of a run of records, the part of it that each output gets, and the records that fixes may mend.

    The latter are few: they are yet to be judged, with those of other runs (`mendable`), as each time takes a while.
    """

    verdict: Verdict
    parts: Sequence[Any]
    to_mend: Records | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """How the records of one file are judged, wherever that is; `token` tells it from others.

    `parts_of` makes the outputs' parts of a chunk; somebody takes `fingerprints`, or not. The rest is as
    `preflight.engine.judging.Judge` has it. Unless more is said, rows are judged as they stand, for nobody's output.
    """

    layout: ResolvedLayout
    rules: Sequence[RuleMaker]
    limits: DateLimits
    token: bytes = b""
    source: str = ""
    tolerant: bool = False
    fix: Collection[str] = ()
    accept: Acceptance = field(default_factory=Acceptance)
    only_previews: bool = False
    key: bytes = b""
    max_shown: int = 0
    parts_of: Sequence[Callable[[Judged], Any]] = ()
    on_command_line: bool = False
    fingerprints: bool = False


def judge(job: Job, records: Records, first_row: int) -> Judgement:
    """Judge a run of records, in whatever thread or process."""
    from preflight.engine.judging import judge_run  # imports pandas, which not every process needs

    return judge_run(job, records, first_row)


def mend(job: Job, runs: Sequence[Records]) -> Mendable:
    """What fixes would mend of some records, in whatever thread or process."""
    from preflight.engine.judging import mend_records

    return mend_records(job, runs)


def mendable(job: Job, runs: Sequence[Records], executor: Executor | None) -> Callable[[], Mendable]:
    """Begin to find what fixes would mend of some records; the function returned waits for it.

    The executor does it, or this thread at once where there is none.
    """
    return begun(mend, (job, runs), executor or InlineExecutor())


def applied(executor: Executor | None) -> Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]:
    """What calls a function with one after the other, as `map` does: by the executor, or here where there is none."""

    def apply(call: Callable[[Any], Any], each: Iterable[Any]) -> Iterator[Any]:
        with _executor(executor, False) as (judging, ahead):
            for _, found in in_order(call, ((None, (one,)) for one in each), judging, ahead):
                yield found.result()

    return apply


def judged_ahead(
    call: Callable[[Job, Records, int], Result], job: Job, runs: Iterable[Records], executor: Executor | None = None
) -> Iterator[tuple[Records, Result]]:
    """Each run of records with what comes of `call` with it and the number of its first row, as `called_ahead` does it.

    Raises what judging or `runs` raise in the order of the file, too: all that comes before is handed out first.
    """
    failures: list[Exception] = []
    yield from called_ahead(call, job, _numbered(runs, failures), executor)
    for failure in failures:
        raise failure


def called_ahead(
    call: Callable[..., Result], job: Job, runs: Iterator[tuple[Records, *tuple[Any, ...]]], executor: Executor | None
) -> Iterator[tuple[Records, Result]]:
    """What comes of `call` with the job and each of the runs (records and what else belongs to them), in their order.

    The executor calls, or threads do where there is much to judge. Runs whose worker is lost are judged again; raises
    `WorkerDiedError` where that is in vain (`executors.ordered`).
    """
    first: list[tuple[Records, *tuple[Any, ...]]] = []
    size = 0
    while executor is None and size <= LARGE_BYTES and (run := next(runs, None)) is not None:
        first.append(run)
        size += len(run[0].block)
    with _executor(executor, size > LARGE_BYTES) as (judging, ahead):
        shared, give_back = getattr(judging, "shared", _as_it_is), getattr(judging, "give_back", _as_it_is)
        there = ((shared(records), more) for records, *more in chain(first, runs))
        for records, found in in_order(call, ((run, (job, run, *more)) for run, more in there), judging, ahead):
            yield records, found.result()
            give_back(records)


def _as_it_is(records: Records) -> Records:
    return records


def _numbered(runs: Iterable[Records], failures: list[Exception]) -> Iterator[tuple[Records, int]]:
    """The runs, none too large to be judged in one go, each with the row number of its first record.

    They end where `runs` raise an exception, which goes into `failures`.
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
    """What judges, and how many runs may wait for it."""
    if given is not None:
        yield given, getattr(given, "ahead", 2 * max(2, getattr(given, "_max_workers", 0) or cores()))
    elif not much:
        yield InlineExecutor(), 0
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(cores(), thread_name_prefix="preflight") as threads:
            yield threads, 2 * cores()
