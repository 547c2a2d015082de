"""Why there was no answer, in a few words without secrets, whatever the libraries raised."""

from __future__ import annotations

import socket

from urllib3.exceptions import NameResolutionError

from uploader.masking import from_outside

_LONGEST_REASON = 200


def reason_of(error: BaseException) -> str:
    """Why there was no answer, in a few words without secrets: the innermost cause that says something."""
    chain = _chain(error)
    for link in chain:
        if isinstance(link, NameResolutionError | socket.gaierror):
            return "the host's name cannot be resolved"
    for link in reversed(chain):
        if isinstance(link, TimeoutError):
            return "timed out"
        if isinstance(link, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
            return "the connection broke off"  # which of them it is depends on the moment and the system
        if isinstance(link, OSError) and link.strerror:
            return from_outside(link.strerror[:1].lower() + link.strerror[1:], _LONGEST_REASON)
    return from_outside(str(chain[-1]), _LONGEST_REASON) or type(chain[-1]).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """`error` and what it wraps, outermost first; urllib3 and requests wrap in arguments, `reason` and `__cause__`."""
    chain = [error]
    while True:
        last = chain[-1]
        inside = [getattr(last, "reason", None), *reversed(last.args), last.__cause__, last.__context__]
        inner = next((x for x in inside if isinstance(x, BaseException) and x not in chain), None)
        if inner is None:
            return chain
        chain.append(inner)
