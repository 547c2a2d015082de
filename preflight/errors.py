"""What can go wrong that is not a bad row.

    PreflightError
    ├── LayoutError          the options contradict each other or the file
    │   ├── DateFormatError  the Java date pattern cannot be used
    │   └── UnclearError     which column is which has to be said
    ├── RuleError            a user's own rule fails
    ├── InputError           the file cannot be read as what it is said to be
    ├── OutputError          a result cannot be written
    └── ClusterError         the workers of a cluster cannot be used

Every message is one line that says what is wrong, where, and what to do next. Bad data is never an exception: it is a
`preflight.model.problems.Problem` in a `preflight.model.report.Report`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO


class PreflightError(Exception):
    """Parent of every error that this package raises on purpose; the commands exit with 2 on it.

    `code` is its kind in a word, as `--json` prints it. `choices` are what there is to choose from, each with its
    `option` as it is typed; `options` are those that take the likeliest, by name, a switch with None.
    """

    code = "error"
    choices: Sequence[Mapping[str, object]] = ()
    options: Mapping[str, str | list[str] | None] = {}


class LayoutError(PreflightError):
    """The layout is incomplete, contradicts itself, or does not fit the file's heading."""

    code = "layout"


class DateFormatError(LayoutError):
    """The date pattern is not one that Java and strptime both read; names the position and the likely fix."""

    code = "dateformat"


class UnclearError(LayoutError):
    """What a file means is not plain, and nothing was guessed.

    `says` is the question, `lines` list the choices for people, `choices` for programs; `options` are empty where
    nothing is likely. `others` are such options, each for
    another choice. `file` is the input's name as it was given, `columns` are all that it has, `found` the numbers of
    the plain ones by what they are, `skipped` the lines that are no part of its table. `questions` say what is open, by
    the option that answers; empty where something that was given is wrong, too. `export` is the known tool's export
    that the file is, empty where it is none.
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


class RuleError(PreflightError):
    """A user's own rule raised an exception, or gave what is no answer; names the rule."""

    code = "rule"


class WorkerDiedError(Exception):
    """A process that judged records was killed: a crash, which says nothing of the file."""

    def __init__(self) -> None:
        super().__init__("a worker process died; out of memory?")


class InputError(PreflightError):
    """The input is missing, unreadable, empty, or not a text file in the stated encoding."""

    code = "input"


def changed_while_read(shown_file: str) -> InputError:
    """The error for a file whose content or version is another at the second look."""
    return InputError(f"{shown_file} was changed while it was read; check it again when nobody writes it")


class OutputError(PreflightError):
    """An output cannot be written; nothing is left under its final name."""

    code = "output"


@contextmanager
def writing_temporary_files() -> Iterator[None]:
    """Raise `OutputError` for an `OSError`, as where there is no room for them."""
    try:
        yield
    except OSError as error:
        from tempfile import gettempdir  # not imported by what writes none

        raise OutputError(f"cannot write a temporary file in {gettempdir()}: {error.strerror}") from error


def discard_temporary_file(file: IO[bytes]) -> None:
    """Close a temporary file; that some of it could not be written, which was told, is not told again."""
    with suppress(OSError):
        file.close()


class ClusterError(PreflightError):
    """The cluster is not there, has no worker, or has workers that cannot judge as this process would."""

    code = "cluster"
