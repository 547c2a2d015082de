"""What can go wrong that is not a bad row.

    PreflightError
    ├── LayoutError          the options contradict each other or the file
    │   └── DateFormatError  the Java date pattern cannot be used
    ├── RuleError            a user's own rule fails
    ├── InputError           the file cannot be read as what it is said to be
    └── OutputError          a result cannot be written

Every message is one line that says what is wrong, where, and what to do next. Bad data is never an exception: it is a
`preflight.model.problems.Problem` in a `preflight.model.report.Report`.
"""


class PreflightError(Exception):
    """Parent of every error that this package raises on purpose; the commands exit with 2 on it."""


class LayoutError(PreflightError):
    """The layout is incomplete, contradicts itself, or does not fit the file's heading."""


class DateFormatError(LayoutError):
    """The date pattern is not one that Java and strptime both read; names the position and the likely fix."""


class RuleError(PreflightError):
    """A user's own rule raised an exception, or gave what is no answer; names the rule."""


class WorkerDiedError(Exception):
    """A process that judged records was killed: a crash, which says nothing of the file."""

    def __init__(self) -> None:
        super().__init__("a worker process died; out of memory?")


class InputError(PreflightError):
    """The input is missing, unreadable, empty, or not a text file in the stated encoding."""


class OutputError(PreflightError):
    """An output cannot be written; nothing is left under its final name."""
