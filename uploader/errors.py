"""What can go wrong with a delivery.

    UploaderError
    ├── UsageError         the request cannot be built from what was given
    ├── NotSentError       nothing arrived; safe to repeat
    │   ├── TokenError     there is no usable access token
    │   ├── RefusedError   the server answered, and said no
    │   ├── LimitError     Act-On allows no more calls, or password logins, for a while
    │   ├── AlreadySentError  the ledger says that it was sent before, or may have been
    │   ├── UnknownDestinationError  the destination is not among the account's custom events
    │   └── LedgerError    the ledger cannot be read or written, and without it nothing is sent
    ├── InDoubtError       the upload may have arrived; never repeated by itself
    ├── BrokenOffError     Ctrl-C when something had arrived, or may have
    ├── StatusError        the state of a job cannot be read; says nothing about the upload itself
    └── ListError          the custom events cannot be listed; says nothing about the destination

Beside these, `NothingSentInterrupt` is Ctrl-C where nothing arrived for certain.

Every message is one line that says what happened and what to do next. None of them holds a secret: `UploaderError`
masks what it is given. An error that `uploader.send` raises carries what is known of the delivery in `delivery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uploader.masking import masked

if TYPE_CHECKING:
    from uploader.sending.delivery import Delivery

LOOK_FIRST = (
    "the upload may have arrived: look for it in Act-On before sending again, as a repeated upload counts twice"
)
"""What to do about an upload in doubt where no ledger knows of it."""


class UploaderError(Exception):
    """Parent of every error that this package raises on purpose; no secret is in its message, whoever wrote that."""

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))

    delivery: Delivery | None = None
    """What `send` had found out before this was raised; `None` when it got nowhere."""


class UsageError(UploaderError):
    """The request cannot be built: a blank destination, an unknown action, a base URL that is not HTTPS."""


NOTHING, NOTHING_MORE = "nothing was sent: ", "nothing more was sent: "
"""How the message of a `NotSentError` begins, and how where other parts were sent before."""


class NotSentError(UploaderError):
    """Nothing arrived: name lookup, TLS or the connection failed before the body began to leave.

    `after_others` is true where that goes for one part, and others were sent by the same command before it.
    """

    after_others = False

    def __str__(self) -> str:
        message = super().__str__()
        if self.after_others and message.startswith(NOTHING):
            return NOTHING_MORE + message.removeprefix(NOTHING)
        return message


class TokenError(NotSentError):
    """There is no access token, or what was given cannot be one."""


class LimitError(NotSentError):
    """Act-On allows no more calls today, or no more password logins this hour; the message says until when."""


class RefusedError(NotSentError):
    """The server answered with a 4xx or a redirect. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AlreadySentError(NotSentError):
    """The same bytes or rows were sent to the same place before, or may have been: `why` says when and as what."""

    def __init__(self, why: str) -> None:
        super().__init__(NOTHING + why)
        self.why = masked(why)


class UnknownDestinationError(NotSentError):
    """The destination is not among the account's custom events, and an upload would make it."""


class LedgerError(NotSentError):
    """The ledger cannot be read or written."""


class NothingSentInterrupt(KeyboardInterrupt):
    """Ctrl-C, or SIGTERM in the command, at a moment at which nothing of the upload had arrived for certain."""


class InDoubtError(UploaderError):
    """The upload may have arrived: a 5xx, a break after the body began to leave, an answer nobody documents.

    `why` says what happened, `next_step` what to do.
    """

    def __init__(self, why: str, next_step: str = LOOK_FIRST) -> None:
        super().__init__(f"{why}; {next_step}")
        self.why = masked(why)


class BrokenOffError(UploaderError):
    """Ctrl-C, or SIGTERM in the command, when something of a delivery had arrived, or may have; says what."""


class StatusError(UploaderError):
    """The state of a job cannot be read. `passing` is true when asking again later may well succeed."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


class ListError(UploaderError):
    """The account's custom events cannot be listed, or not all of them; the message says why."""
