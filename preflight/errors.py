"""The exceptions of this package.

    PreflightError
    ├── LayoutError          the options contradict each other or the file
    │   ├── DateFormatError  the Java date pattern cannot be used
    │   └── UnclearError     the meaning of a column has to be specified
    ├── RuleError            a user's own rule fails
    ├── InputError           the file cannot be read in the stated form
    ├── OutputError          a result cannot be written
    └── ClusterError         the workers of a cluster cannot be used

Every message is one line that says what is wrong, where, and what to do next. Bad data never raises an exception: it
becomes a `preflight.model.problems.Problem` in a `preflight.model.report.Report`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BufferedRandom
from typing import IO, cast


class PreflightError(Exception):
    """Base class of the errors that this package raises on purpose; the commands exit with 2.

    `code` is the kind of error in one word, as `--json` prints it. `choices` are the possible answers, each with its
    `option` as typed. `options` are the options that select the likeliest answer, by name; a switch has the value None.
    """

    code = "error"
    choices: Sequence[Mapping[str, object]] = ()
    options: Mapping[str, str | list[str] | None] = {}


class LayoutError(PreflightError):
    """The layout is incomplete, contradicts itself, or does not fit the file's heading."""

    code = "layout"


class DateFormatError(LayoutError):
    """Java and strptime do not both read the date pattern; the message names the position and the likely fix."""

    code = "dateformat"


class UnclearError(LayoutError):
    """The meaning of the file is ambiguous, and nothing was guessed.

    `says` is the question. `lines` list the choices for people, `choices` for programs. `options` are empty if no
    choice is likely; `others` are the same options for each of the other choices. `file` is the input's name as given,
    `columns` are all its columns, `found` the indices of the unambiguous ones by role, `skipped` the lines outside its
    table. `questions` describe the open questions, by the option that answers; empty if a given option is wrong, too.
    `export` is the known tool that wrote the file; empty if unknown.
    """

    code = "columns"
    options: dict[str, str | list[str] | None]
    file = ""
    others: Sequence[Mapping[str, str | list[str] | None]] = ()
    columns: Sequence[Mapping[str, object]] = ()
    found: Mapping[str, int] = {}
    questions: Mapping[str, str] = {}
    skipped: Sequence[Mapping[str, object]] = ()
    export: Mapping[str, object] = {}

    def __init__(
        self,
        says: str,
        lines: Sequence[str] = (),
        choices: Sequence[Mapping[str, object]] = (),
        options: Mapping[str, str | list[str] | None] | None = None,
    ) -> None:
        super().__init__(": ".join(filter(None, [says, "; ".join(line.strip() for line in lines)])))
        self.says = says
        self.lines = tuple(lines)
        self.choices = tuple(choices)
        self.options = dict(options or {})

    @property
    def is_of_given(self) -> bool:
        """True where a column that was given is not there."""
        return self.code == "columns" and not self.questions


class RuleError(PreflightError):
    """A user's own rule raised an exception or returned an invalid result; the message names the rule."""

    code = "rule"


class WorkerDiedError(Exception):
    """A worker process was killed: a crash, not a verdict on the file."""

    def __init__(self) -> None:
        super().__init__("a worker process died; out of memory?")


class InputError(PreflightError):
    """The input is missing, unreadable, empty, or not a text file in the stated encoding."""

    code = "input"


def changed_while_read(shown_file: str) -> InputError:
    """The error for a file that changed between two reads."""
    return InputError(f"{shown_file} was changed while it was read; check it again when nobody writes it")


class OutputError(PreflightError):
    """An output cannot be written; no partial file has its final name."""

    code = "output"


@contextmanager
def writing_temporary_files() -> Iterator[None]:
    """Context manager that turns an `OSError`, such as a full disk, into `OutputError`."""
    try:
        yield
    except OSError as error:
        from tempfile import gettempdir  # imported only for the message

        try:
            folder = gettempdir()
        except FileNotFoundError:
            raise OutputError(
                "no folder takes a temporary file; name one that you may write to in the environment variable TMPDIR"
            ) from error
        raise OutputError(f"cannot write a temporary file in {folder}: {error.strerror}") from error


def temporary_file() -> BufferedRandom:
    """A new temporary file without a name, closed by the caller; raises `OutputError` if none can be made."""
    from tempfile import TemporaryFile  # rarely needed

    with writing_temporary_files():
        made = TemporaryFile(prefix="preflight-")  # noqa: SIM115  closed by the caller
    if sys.platform == "win32":
        return cast("BufferedRandom", made)  # a wrapper with the same methods
    return made


def discard_temporary_file(file: IO[bytes]) -> None:
    """Close a temporary file, ignoring an error of the last write: it was already reported."""
    with suppress(OSError):
        file.close()


class ClusterError(PreflightError):
    """The cluster cannot be reached, has no worker, or has workers with another version of this package."""

    code = "cluster"
