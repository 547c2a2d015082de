"""check_many(): check several files with the workers of an executor; reports come in the order of the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

from preflight.engine.check import layout_given, options_with
from preflight.errors import WorkerDiedError
from preflight.executors.cores import InlineExecutor
from preflight.executors.dask import as_workers
from preflight.executors.ordered import TRIES, in_order
from preflight.layouts.layout import Layout
from preflight.many.files import options_for, refuse_one_output_for_all, without_clashes
from preflight.many.one import Checked, FileJob, check_file, job_for
from preflight.many.totals import Totals
from preflight.model.options import CheckOptions, File
from preflight.model.report import Report
from preflight.model.several import WORKER, Failure
from preflight.remote.url import is_remote
from preflight.text.display import shown_file

MOST_PROBLEMS = 1_000
"""Problems of a file in its report: the first ones."""

AHEAD = 64
"""Files that are checked ahead if the executor's number of workers is unknown."""

LARGE_BYTES = 64 << 20
"""Size in bytes above which the rows of one file are divided among all workers."""

Progress = Callable[[int, int | None], None]
"""Called with the number of checked files and the number of all files (None if unknown)."""


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
    """Check several files; yields the report of each, in the order of the files, as soon as it is complete.

    A file that cannot be checked yields a `Failure` instead; the other files are still checked. The options of
    `CheckOptions` are passed as an object or by name; `{name}` in the name of an output is replaced by the input's name
    without its ending. A report holds the first 1,000 problems of its file (see `report.truncated`), can be pickled and
    merged (`Report.merged`). `totals` adds up what concerns the files together.

    Files are checked in this process, one after the other, or by `executor`, any executor of `concurrent.futures`: a
    file of more than 64 MiB in pieces, others one per call. Only a few files are checked ahead of the iteration, so the
    iterable may be of any length. Workers open the inputs and write the outputs under the paths of this process. A file
    whose worker is lost is checked again, in a new pool if the executor broke; a file that loses three workers is a
    `Failure`.

    Raises `LayoutError` and `OutputError` if several files would be written to one output.
    """
    asked = options_with("check_many", options, named)
    asked = replace(asked, max_shown=max(asked.max_shown, MOST_PROBLEMS))
    return checked_many(files, layout_given(layout), asked, executor=executor, totals=totals, progress=progress)


def checked_many(
    files: Iterable[File],
    layout: Layout,
    options: CheckOptions,
    *,
    executor: Executor | None = None,
    totals: Totals | None = None,
    progress: Progress | None = None,
) -> Iterator[Report | Failure]:
    """`check_many` without the minimum of 1,000 problems: a report holds the first `max_shown`."""
    if isinstance(files, str | os.PathLike):
        raise TypeError("check_many takes several files, not one: check_many(['events.csv'])")
    refuse_one_output_for_all(options)
    if isinstance(files, Sequence):
        files = list(without_clashes(files, options))  # raises before any file is checked
    number = len(files) if isinstance(files, Sequence) else None
    key = totals.key if totals is not None else None
    workers = as_workers(executor) if executor is not None else InlineExecutor()
    jobs = (
        job_for(file, layout, options_for(file, options), key, executor is not None)
        for file in without_clashes(files, options)
    )

    def each_checked() -> Iterator[Report | Failure]:
        for done, (job, checked) in enumerate(_results(jobs, workers), 1):
            found = _with_shared_files(checked.found, job) if executor is not None else checked.found
            if totals is not None:
                totals.add(found, checked.touch_points)
            if progress is not None:
                progress(done, number)
            yield found

    return each_checked()


def _results(jobs: Iterable[FileJob], executor: Executor) -> Iterator[tuple[FileJob, Checked]]:
    """The result of each job, in order: a large file is cut here and judged by all workers, others take one call."""
    for is_large, group in groupby(jobs, _is_large):
        if is_large:
            yield from ((job, _result_or_failure(job, partial(check_file, job, executor))) for job in group)
            continue
        for job, future in in_order(check_file, ((job, (job,)) for job in group), executor, _ahead(executor)):
            yield job, _result_or_failure(job, future.result)


def _result_or_failure(job: FileJob, result: Callable[[], Checked]) -> Checked:
    try:
        return result()
    except WorkerDiedError:
        message = f"{TRIES} worker processes were killed while they checked it; out of memory?"
        return Checked(Failure(job.name, WORKER, message))


def _is_large(job: FileJob) -> bool:
    """Whether a file is judged by all workers rather than by one; a file in a store is always read by one.

    Standard input counts as large: no other process can read it.
    """
    if job.path == "-":
        return True
    try:
        return job.elsewhere and not is_remote(job.path) and os.stat(job.path).st_size > LARGE_BYTES
    except (OSError, ValueError):  # reported when the file is opened
        return False


def _ahead(executor: Executor) -> int:
    """The number of files to check ahead: two for each worker, so that none is idle between two files."""
    wanted: int | None = getattr(executor, "ahead", None)
    return wanted if wanted is not None else 2 * getattr(executor, "_max_workers", 0) or AHEAD


def _with_shared_files(found: Report | Failure, job: FileJob) -> Report | Failure:
    """The worker's result, or the failure that it and this process see different files."""
    if isinstance(found, Failure):
        missing = found.code == "input" and found.message.endswith(" does not exist")
        if missing and not is_remote(job.path) and os.path.exists(job.path):
            message = (
                f"{shown_file(job.name)} is on this machine, but not on the workers' machines; put it into a shared "
            )
            return replace(found, message=f"{message}folder or a store (s3://…)")
        return found
    for path in job.options.outputs:
        if not is_remote(path) and not os.path.exists(path):
            message = f"{shown_file(path)} was written on a worker's machine, and is not on this one; name a shared "
            return Failure(job.name, "output", f"{message}folder or a store (s3://…)")
    return found
