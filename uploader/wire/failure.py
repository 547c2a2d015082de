"""A short, masked reason for a missing answer, from whatever the libraries raised."""

from __future__ import annotations

import socket

from urllib3.exceptions import NameResolutionError

from uploader.masking import from_outside

_LONGEST_REASON = 200


def reason_of(error: BaseException) -> str:
    """The reason for a missing answer, short and masked: the message of the innermost cause that has one."""
    chain = _chain(error)
    for link in chain:
        if isinstance(link, NameResolutionError | socket.gaierror):
            return "the host's name cannot be resolved"
    for link in reversed(chain):
        if isinstance(link, TimeoutError):
            return "timed out"
        if isinstance(link, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
            return "the connection broke off"  # which of the three it is depends on timing and system
        if isinstance(link, OSError) and link.strerror:
            return from_outside(link.strerror[:1].lower() + link.strerror[1:], _LONGEST_REASON)
    return from_outside(str(chain[-1]), _LONGEST_REASON) or type(chain[-1]).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """`error` and its causes, outermost first; urllib3 and requests keep them in `args`, `reason` and `__cause__`."""
    chain = [error]
    while True:
        last = chain[-1]
        inside = [getattr(last, "reason", None), *reversed(last.args), last.__cause__, last.__context__]
        inner = next((x for x in inside if isinstance(x, BaseException) and x not in chain), None)
        if inner is None:
            return chain
        chain.append(inner)
