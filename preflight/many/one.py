"""One file of several, checked wherever that is: in this process, in another, or on another machine."""

from __future__ import annotations

import os
import traceback
from concurrent.futures import Executor
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
    """The outcome of a file, and its touch points where they were asked for."""

    found: Report | Failure
    touch_points: TouchPoints | None = None


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
    """
    from preflight.engine.check import Hooks
    from preflight.engine.onepass import one_pass

    rows = FileRows() if job.key is not None else None
    fingerprints = Fingerprints(job.key, rows.take) if job.key is not None and rows is not None else None
    hooks = Hooks(fingerprints=fingerprints, outputs=[] if rows is None else [rows], name=job.name)
    try:
        with on_command_line(job.on_command_line):
            executor = executor or (Here() if job.elsewhere else None)
            report = one_pass(job.path, job.layout, job.options, hooks, executor=executor)
    except PreflightError as error:
        failure = Failure.of(job.name, error)
        message = failure.message.replace(shown_file(job.path), shown_file(job.name))
        return Checked(replace(failure, message=message))
    except WorkerDiedError:
        raise
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        return Checked(Failure(job.name, CRASH, f"the check crashed, which says nothing of the file: {text.strip()}"))
    return Checked(report, rows.touch_points() if rows is not None else None)


def _whole(path: str) -> str:
    return path if is_remote(path) or path == "-" else os.path.abspath(path)
