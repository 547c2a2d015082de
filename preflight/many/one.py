"""The check of one of several files, in this process, in another, or on another machine."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import NamedTuple

from preflight.engine.hooks import Hooks
from preflight.engine.onepass import one_pass
from preflight.errors import PreflightError, WorkerDiedError
from preflight.executors.cores import InlineExecutor
from preflight.layouts.layout import Layout
from preflight.many.shared import TouchPointCollector, TouchPoints
from preflight.model.options import CheckOptions
from preflight.model.report import Report
from preflight.model.several import CRASH, Failure
from preflight.remote.url import is_remote, without_password
from preflight.text.asking import Naming, naming, present_naming
from preflight.text.display import shown_file
from preflight.text.fingerprint import Fingerprints


class Checked(NamedTuple):
    """The outcome of a file, and its touch points, chunk by chunk, if they were requested."""

    found: Report | Failure
    touch_points: Iterable[TouchPoints] | None = None


@dataclass(frozen=True, slots=True)
class FileJob:
    """How a file is checked.

    `path` is opened, `name` stands in messages and reports. `key` is the key for the hashes of its touch points, None
    if they are not requested. A job that is done `elsewhere` has absolute paths and starts no threads.
    """

    path: str
    name: str
    layout: Layout
    options: CheckOptions
    key: bytes | None
    naming: Naming
    elsewhere: bool


def job_for(
    file: str | os.PathLike[str], layout: Layout, options: CheckOptions, key: bytes | None, elsewhere: bool
) -> FileJob:
    """The job for a file; `elsewhere` is for a process that may have another working directory."""
    path = name = os.fspath(file)
    if elsewhere:
        path = _absolute(name)
        options = options.with_outputs(lambda output: _absolute(os.fspath(output)))
    return FileJob(path, without_password(name), layout, options, key, present_naming(), elsewhere)


def check_file(job: FileJob, executor: Executor | None = None) -> Checked:
    """Check one file, its rows with the `executor` if there is one.

    Any exception of the check becomes a `Failure`, so that the other files are still checked; only `WorkerDiedError` is
    raised. The touch points of a job that is done elsewhere are returned as a list; others may wait in a temporary
    file.
    """
    with ExitStack() as stack:
        rows = stack.enter_context(closing(TouchPointCollector())) if job.key is not None else None
        found = _found(job, executor, rows)
        if rows is None or isinstance(found, Failure):
            return Checked(found)
        if job.elsewhere and executor is None:
            return Checked(found, list(rows.touch_points()))
        stack.pop_all()
        return Checked(found, rows.touch_points())


def _found(job: FileJob, executor: Executor | None, rows: TouchPointCollector | None) -> Report | Failure:
    fingerprints = Fingerprints(job.key, rows.take) if job.key is not None and rows is not None else None
    executor = executor or (InlineExecutor() if job.elsewhere else None)
    outputs = [] if rows is None else [rows]
    hooks = Hooks(fingerprints=fingerprints, outputs=outputs, name=job.name, executor=executor)
    try:
        with naming(job.naming):
            return one_pass(job.path, job.layout, job.options, hooks)
    except PreflightError as error:
        failure = Failure.of(job.name, error)
        return replace(failure, message=failure.message.replace(shown_file(job.path), shown_file(job.name)))
    except WorkerDiedError:
        raise
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        return Failure(job.name, CRASH, f"the check crashed; the file may be good or bad: {text.strip()}")


def _absolute(path: str) -> str:
    return path if is_remote(path) or path == "-" else os.path.abspath(path)
