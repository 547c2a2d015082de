"""Exceptions of the package.

    UploaderError
    ├── UsageError         the arguments do not make a valid request
    ├── NotSentError       nothing arrived; safe to repeat
    │   ├── TokenError     there is no usable access token
    │   ├── RefusedError   the server refused the request
    │   ├── LimitError     Act-On allows no more calls, or password logins, for a while
    │   ├── AlreadySentError  the ledger says that it was sent before, or may have been
    │   ├── UnknownDestinationError  the destination is not among the account's custom events
    │   └── LedgerError    the ledger cannot be read or written, and without it nothing is sent
    ├── InDoubtError       the upload may have arrived; never repeated automatically
    ├── BrokenOffError     Ctrl-C when something had arrived, or may have
    ├── StatusError        the state of a job cannot be read; says nothing about the upload itself
    └── ListError          the custom events cannot be listed; says nothing about the destination

`NothingSentInterrupt`, a `KeyboardInterrupt`, is Ctrl-C at a moment when nothing can have arrived.

Every message is one line that says what happened and what to do next. None holds a secret: `UploaderError` masks its
message. Errors raised by `uploader.send` have the state of the delivery in `delivery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uploader.masking import masked

if TYPE_CHECKING:
    from uploader.sending.delivery import Delivery

LOOK_FIRST = (
    "the upload may have arrived: look for it in Act-On before sending again, as a repeated upload counts twice"
)
"""The next step for an upload in doubt that is in no ledger."""


class UploaderError(Exception):
    """Base class of the errors of this package. Secrets in the message are masked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))

    code = "usage"
    """The code of the error in the output of `--json`."""

    delivery: Delivery | None = None
    """The delivery as far as `send` got; `None` if it had not begun."""


class UsageError(UploaderError):
    """The arguments do not make a valid request: a blank destination, an unknown action, a base URL without HTTPS."""


NOTHING, NOTHING_MORE = "nothing was sent: ", "nothing more was sent: "
"""Start of the message of a `NotSentError`; the second if other parts were sent before."""


class NotSentError(UploaderError):
    """Nothing arrived: name lookup, TLS or the connection failed before the first byte of the body was sent.

    `after_others` is true if the error is about one part and the same command sent other parts before.
    """

    code = "not-sent"
    after_others = False

    def __str__(self) -> str:
        message = super().__str__()
        if self.after_others and message.startswith(NOTHING):
            return NOTHING_MORE + message.removeprefix(NOTHING)
        return message


class TokenError(NotSentError):
    """There is no access token, or the given one is malformed."""


class LimitError(NotSentError):
    """The daily limit of calls or the hourly limit of password logins is reached; the message says until when."""


class RefusedError(NotSentError):
    """The server answered with a 4xx or a redirect. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AlreadySentError(NotSentError):
    """The same bytes or rows were sent to the same place before, or may have been; `why` names the earlier upload."""

    def __init__(self, why: str) -> None:
        super().__init__(NOTHING + why)
        self.why = masked(why)


class UnknownDestinationError(NotSentError):
    """The destination is not among the account's custom events; an upload would create it."""


class LedgerError(NotSentError):
    """The ledger cannot be read or written."""


class NothingSentInterrupt(KeyboardInterrupt):
    """Ctrl-C, or SIGTERM in the command, at a moment when nothing of the upload can have arrived."""


class InDoubtError(UploaderError):
    """The upload may have arrived: a 5xx, a connection lost after the body began, or an undocumented answer.

    `why` says what happened, `next_step` what to do.
    """

    code = "in-doubt"

    def __init__(self, why: str, next_step: str = LOOK_FIRST) -> None:
        super().__init__(f"{why}; {next_step}")
        self.why = masked(why)


class BrokenOffError(UploaderError):
    """Ctrl-C, or SIGTERM in the command, after uploads that arrived, or may have; the message lists them."""


class StatusError(UploaderError):
    """The state of a job cannot be read. `passing` is true if a later request may succeed."""

    code = "no-status"

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class ListError(UploaderError):
    """The list of the account's custom events cannot be read, or is incomplete; the message says why."""
