"""check_many(): several files, in their order, by as many workers as an executor has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from preflight.errors import WorkerDiedError
from preflight.executors.cores import Here
from preflight.executors.dask import as_workers
from preflight.executors.ordered import TRIES, in_order
from preflight.layouts.layout import Layout
from preflight.many.files import options_for, refuse_clashes, refuse_one_output_for_all, without_clashes
from preflight.many.one import Checked, FileJob, check_file, job_for
from preflight.model.options import CheckOptions, File
from preflight.model.report import Report
from preflight.model.several import WORKER, Failure
from preflight.remote.url import is_remote
from preflight.text.asking import is_on_command_line
from preflight.text.display import shown_file

if TYPE_CHECKING:
    from preflight.many.totals import Totals

MOST_PROBLEMS = 1_000
"""Problems of a file that its report has: the first ones."""

AHEAD = 64
"""Files that are checked ahead where an executor does not tell how many workers it has."""

LARGE_BYTES = 64 << 20
"""What is larger is judged by all workers."""

Progress = Callable[[int, int | None], None]
"""Told how many files are done, and of how many (None when that is not known)."""


def check_many(
    files: Iterable[File],
    layout: Layout | None = None,
    options: CheckOptions | None = None,
    *,
    executor: Executor | None = None,
    totals: Totals | None = None,
    progress: Progress | None = None,
    **named: Any,
) -> Iterator[Report | Failure]:
    """Check several files; gives the report of each, in the order of the files, as soon as it is there.

    A file that cannot be checked gives a `Failure` in its place, and the others are checked. The options of
    `CheckOptions` are given whole or by name; in the names of outputs `{name}` stands for the file's name without its
    ending. A report has the first 1,000 problems of its file (`report.truncated` tells), can be pickled and merged
    (`Report.merged`). `totals` take in what concerns the files together.

    Files are checked here, one after the other, or by `executor`, any of `concurrent.futures`: a whole file a call, or
    one of more than 64 MiB in pieces; a few ahead of what is asked for, so that it does not matter how many there are.
    Workers open the files, and write the outputs, by the names that these have here. A file whose worker is lost is
    checked again, in a fresh pool where the executor broke; one that costs three workers is a `Failure`.

    Raises `LayoutError` and `OutputError` for outputs of several files that are one.
    """
    asked = CheckOptions(**named) if options is None else replace(options, **named)
    asked = replace(asked, max_shown=max(asked.max_shown, MOST_PROBLEMS))
    return checked_many(files, layout or Layout(), asked, executor=executor, totals=totals, progress=progress)


def checked_many(
    files: Iterable[File],
    layout: Layout,
    options: CheckOptions,
    *,
    executor: Executor | None = None,
    totals: Totals | None = None,
    progress: Progress | None = None,
) -> Iterator[Report | Failure]:
    """As `check_many`; a report has the first `max_shown` problems."""
    if isinstance(files, str | os.PathLike):
        raise TypeError("check_many takes several files, not one: check_many(['events.csv'])")
    refuse_one_output_for_all(options)
    if isinstance(files, Sequence):
        refuse_clashes(files, options)
    return _checked(files, layout, options, executor, totals, progress)


def _checked(
    files: Iterable[File],
    layout: Layout,
    options: CheckOptions,
    executor: Executor | None,
    totals: Totals | None,
    progress: Progress | None,
) -> Iterator[Report | Failure]:
    number = len(files) if isinstance(files, Sequence) else None
    key, typed = totals.key if totals is not None else None, is_on_command_line()
    judging = as_workers(executor) if executor is not None else Here()
    jobs = (
        job_for(file, layout, options_for(file, options), key, typed, executor is not None)
        for file in without_clashes(files, options)
    )
    for done, (job, checked) in enumerate(_results(jobs, judging), 1):
        found = _seen_from_here(checked.found, job) if executor is not None else checked.found
        if totals is not None:
            totals.add(found, checked.touch_points)
        if progress is not None:
            progress(done, number)
        yield found


def _results(jobs: Iterable[FileJob], executor: Executor) -> Iterator[tuple[FileJob, Checked]]:
    """The work for each file: a whole file a call, but large ones, which are cut here and judged by all workers."""
    for large, some in groupby(jobs, _is_large):
        if large:
            yield from ((job, _told(job, partial(check_file, job, executor))) for job in some)
            continue
        for job, future in in_order(check_file, ((job, (job,)) for job in some), executor, _ahead(executor)):
            yield job, _told(job, future.result)


def _told(job: FileJob, result: Callable[[], Checked]) -> Checked:
    try:
        return result()
    except WorkerDiedError:
        message = f"{TRIES} worker processes were killed while they checked it; out of memory?"
        return Checked(Failure(job.name, WORKER, message))


def _is_large(job: FileJob) -> bool:
    """Whether a file is better judged by all workers than by one; where it lies in a store, one reads it.

    Standard input is here alone.
    """
    if job.path == "-":
        return True
    try:
        return job.elsewhere and not is_remote(job.path) and os.stat(job.path).st_size > LARGE_BYTES
    except (OSError, ValueError):  # what is wrong with it is said when it is opened
        return False


def _ahead(executor: Executor) -> int:
    """How many files are checked ahead: enough for each worker to have one more to go on with."""
    wanted: int | None = getattr(executor, "ahead", None)
    return wanted if wanted is not None else 2 * getattr(executor, "_max_workers", 0) or AHEAD


def _seen_from_here(found: Report | Failure, job: FileJob) -> Report | Failure:
    """What a worker found, or that it sees other files than are here."""
    if isinstance(found, Failure):
        missing = found.code == "input" and found.message.endswith(" does not exist")
        if missing and not is_remote(job.path) and os.path.exists(job.path):
            message = (
                f"{shown_file(job.name)} is here, but not where the workers run; put it where they see it, too: in a "
            )
            return replace(found, message=f"{message}folder that is shared, or in a store (s3://…)")
        return found
    for path in job.options.outputs:
        if not is_remote(path) and not os.path.exists(path):
            message = f"{shown_file(path)} was written where the workers run, and is not here; name a folder that is "
            return Failure(job.name, "output", f"{message}shared, or a store (s3://…)")
    return found
