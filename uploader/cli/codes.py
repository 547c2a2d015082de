"""Exit codes of the command."""

from __future__ import annotations

from preflight.errors import PreflightError
from uploader.errors import (
    InDoubtError,
    NotSentError,
    StatusError,
    UploaderError,
)

DONE, BAD_ROWS, USAGE, NOT_SENT, NOT_CONFIRMED = 0, 1, 2, 3, 4


def exit_code(error: PreflightError | UploaderError) -> int:
    """The exit code of a command that ended with `error`."""
    match error:
        case NotSentError() | StatusError():
            return NOT_SENT
        case InDoubtError():
            return NOT_CONFIRMED
        case _:
            return USAGE
