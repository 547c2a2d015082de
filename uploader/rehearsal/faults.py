"""The rehearsal's fault plan: how the stand-in misbehaves, and when. Words only; `rehearsalhttp` acts on them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

_POSTS, _ALL = ("token", "upload"), ("token", "upload", "status")
_ANSWERS = (*_ALL, "list")
KINDS: dict[str, tuple[str, ...]] = {
    "refuse": _ALL,  # no connection comes about (at status: once an upload has been taken)
    "reset-before": _ANSWERS,  # the connection is reset once the head of the request was read
    "reset-while": _POSTS,  # the connection is reset halfway through the body
    "reset-after": _ANSWERS,  # the request is carried out and the connection reset instead of an answer
    "stall": _ANSWERS,  # the request is carried out and never answered
    "drip": _ANSWERS,  # the answer comes a byte at a time, one every N seconds (0.1 unless given)
    "html": _ANSWERS,  # the request is carried out and answered with an HTML page
    "redirect": _ANSWERS,  # the request is turned away to another host
    "expired": ("upload", "status", "list"),  # the access tokens in use expire at that moment
    "no-job-id": ("upload",),  # the upload is taken, and the answer lacks its job id
    "never-ends": ("job",),  # the job runs for ever
    "fails": ("job",),  # the job ends with the word `failed`
    "rejects": ("job",),  # the job rejects N more rows (1 unless given)
    "miscounts": ("job",),  # the job counts N rows fewer than it appended (1 unless given)
    "odd-word": ("job",),  # the job ends with a word that is not documented
}
"""What can go wrong, and at which steps. Beside these any HTTP status from 300 to 599 is a kind, and N its
`Retry-After`: with 307, 308 and those from 400 to 499 the request is turned away, with the others it is carried out, as
it may be."""

_PLAN = re.compile(
    r"(?P<step>[a-z]+):(?P<kind>[a-z-]+|[0-9]+)(?:=(?P<value>[0-9]+(?:\.[0-9]+)?))?(?:,times=(?P<times>[0-9]{1,6}))?"
)
_TAKES_VALUE = {"drip", "rejects", "miscounts"}


class FaultError(ValueError):
    """A fault that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave at one step. `times` `None` means every time."""

    step: str
    kind: str
    value: float | None = None
    times: int | None = None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `STEP:KIND[=N][,times=N]`, such as `upload:429=2,times=1`; raises `FaultError`."""
        match = _PLAN.fullmatch(text)
        if match is None:
            raise FaultError(f"{text!r} is no fault: write STEP:KIND[=N][,times=N], such as upload:429=2,times=1")
        step, kind, value, times = match.group("step", "kind", "value", "times")
        steps = _ANSWERS if _is_status(kind) else KINDS.get(kind, ())
        if not steps:
            raise FaultError(f"there is no fault {kind!r}: choose {', '.join(KINDS)} or an HTTP status from 300 to 599")
        if step not in steps:
            raise FaultError(f"{kind} does not happen at {step!r}: choose {', '.join(steps)}")
        if value is not None and not (kind in _TAKES_VALUE or _is_status(kind)):
            raise FaultError(f"{kind} takes no value")
        if times is not None and kind in ("refuse", "expired"):
            raise FaultError(f"{kind} happens once and for all: leave out times")
        return cls(step, kind, float(value) if value is not None else None, int(times) if times is not None else None)

    @property
    def status(self) -> int | None:
        """The HTTP status to answer with, when the fault is one."""
        return int(self.kind) if _is_status(self.kind) else None

    @property
    def turns_away(self) -> bool:
        """True when the request is not carried out."""
        return self.kind in ("redirect", "expired") or self.status in (307, 308, *range(400, 500))


def _is_status(kind: str) -> bool:
    return kind.isdecimal() and 300 <= int(kind) <= 599


class Plan:
    """The faults still to come; each is used up `times` times, in the order given."""

    def __init__(self, faults: Iterable[Fault | str] = ()) -> None:
        self._faults = [Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults]
        self._lock = threading.Lock()

    def refuses(self, *steps: str) -> bool:
        """True when no connection is to come about at one of `steps`."""
        return any(fault.kind == "refuse" and fault.step in steps for fault in self._faults)

    def next(self, step: str) -> Fault | None:
        """The fault that happens now at `step`, if any."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.step == step and fault.kind != "refuse" and fault.times != 0:
                    times = 1 if fault.kind == "expired" else fault.times
                    self._faults[place] = replace(fault, times=None if times is None else times - 1)
                    return fault
        return None
