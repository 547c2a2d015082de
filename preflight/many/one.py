"""One file of several, checked wherever that is: in this process, in another, or on another machine."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import NamedTuple

from preflight.errors import PreflightError, WorkerDiedError
from preflight.executors.cores import Here
from preflight.layouts.layout import Layout
from preflight.many.shared import FileRows, TouchPoints
from preflight.model.options import CheckOptions
from preflight.model.report import Report
from preflight.model.several import CRASH, Failure
from preflight.remote.url import is_remote, without_password
from preflight.text.asking import on_command_line
from preflight.text.display import shown_file
from preflight.text.fingerprint import Fingerprints


class Checked(NamedTuple):
    """The outcome of a file, and its touch points where they were asked for, some rows at a time."""

    found: Report | Failure
    touch_points: Iterable[TouchPoints] | None = None


@dataclass(frozen=True, slots=True)
class FileJob:
    """How a file is checked. `name` is what it is called, `key` that of its touch points' hashes, if they are wanted.

    A job that is done `elsewhere` has whole paths, and starts no threads of its own.
    """

    path: str
    name: str
    layout: Layout
    options: CheckOptions
    key: bytes | None
    on_command_line: bool
    elsewhere: bool


def job_for(
    file: str | os.PathLike[str], layout: Layout, options: CheckOptions, key: bytes | None, typed: bool, elsewhere: bool
) -> FileJob:
    """The job for a file, to be done by who may have another working folder."""
    path = name = os.fspath(file)
    if elsewhere:
        path = _whole(name)
        options = options.with_outputs(lambda output: _whole(os.fspath(output)))
    return FileJob(path, without_password(name), layout, options, key, typed, elsewhere)


def check_file(job: FileJob, executor: Executor | None = None) -> Checked:
    """Check one file, its rows by the `executor` if there is one.

    What ends its check is a `Failure`, too, so that it keeps no other from being checked; but for `WorkerDiedError`.
    The touch points of a job that is done elsewhere come back whole; those of others may wait in temporary files.
    """
    with ExitStack() as stack:
        rows = stack.enter_context(closing(FileRows())) if job.key is not None else None
        found = _found(job, executor, rows)
        if rows is None or isinstance(found, Failure):
            return Checked(found)
        if job.elsewhere and executor is None:
            return Checked(found, list(rows.touch_points()))
        stack.pop_all()
        return Checked(found, rows.touch_points())


def _found(job: FileJob, executor: Executor | None, rows: FileRows | None) -> Report | Failure:
    from preflight.engine.check import Hooks
    from preflight.engine.onepass import one_pass

    fingerprints = Fingerprints(job.key, rows.take) if job.key is not None and rows is not None else None
    hooks = Hooks(fingerprints=fingerprints, outputs=[] if rows is None else [rows], name=job.name)
    try:
        with on_command_line(job.on_command_line):
            executor = executor or (Here() if job.elsewhere else None)
            return one_pass(job.path, job.layout, job.options, hooks, executor=executor)
    except PreflightError as error:
        failure = Failure.of(job.name, error)
        return replace(failure, message=failure.message.replace(shown_file(job.path), shown_file(job.name)))
    except WorkerDiedError:
        raise
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        return Failure(job.name, CRASH, f"the check crashed, which says nothing of the file: {text.strip()}")


def _whole(path: str) -> str:
    return path if is_remote(path) or path == "-" else os.path.abspath(path)
