"""The rehearsal's simulated faults: their syntax and order. `rehearsal.http` acts on them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

_POSTS, _ALL = ("token", "upload"), ("token", "upload", "status")
_ANSWERS = (*_ALL, "list")
KINDS: dict[str, tuple[str, ...]] = {
    "refuse": _ALL,  # connections are refused (for status: after an upload was accepted)
    "reset-before": _ANSWERS,  # the connection is reset after the head of the request was read
    "reset-while": _POSTS,  # the connection is reset halfway through the body
    "reset-after": _ANSWERS,  # the request is carried out, then the connection is reset without an answer
    "stall": _ANSWERS,  # the request is carried out and never answered
    "drip": _ANSWERS,  # the answer is sent one byte every N seconds (default 0.1)
    "html": _ANSWERS,  # the request is carried out and answered with an HTML page
    "redirect": _ANSWERS,  # the request is turned away to another host
    "expired": ("upload", "status", "list"),  # all access tokens expire at that moment
    "no-job-id": ("upload",),  # the upload is accepted, and the answer has no job id
    "never-ends": ("job",),  # the job runs for ever
    "fails": ("job",),  # the job ends with the status `failed`
    "rejects": ("job",),  # the job rejects N more rows (default 1)
    "miscounts": ("job",),  # the job counts N rows fewer than it appended (default 1)
    "odd-word": ("job",),  # the job ends with an undocumented status
}
"""The kinds of faults with their steps. Any HTTP status from 300 to 599 is a kind, too, with N as its `Retry-After`:
with 307, 308 and 400 to 499 the request is not carried out, with the others it is."""

_PLAN = re.compile(
    r"(?P<step>[a-z]+):(?P<kind>[a-z-]+|[0-9]+)(?:=(?P<value>[0-9]+(?:\.[0-9]+)?))?(?:,times=(?P<times>[0-9]{1,6}))?"
)
_TAKES_VALUE = {"drip", "rejects", "miscounts"}


class FaultError(ValueError):
    """A malformed fault; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One simulated fault at one step; happens `times` times, `None` for every time."""

    step: str
    kind: str
    value: float | None = None
    times: int | None = None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """The fault written as `STEP:KIND[=N][,times=N]`, such as `upload:429=2,times=1`; raises `FaultError`."""
        match = _PLAN.fullmatch(text)
        if match is None:
            raise FaultError(f"`{text}` is not a fault: write STEP:KIND[=N][,times=N], such as upload:429=2,times=1")
        step, kind, value, times = match.group("step", "kind", "value", "times")
        steps = _ANSWERS if _is_status(kind) else KINDS.get(kind, ())
        if not steps:
            raise FaultError(f"there is no fault `{kind}`: choose {', '.join(KINDS)} or an HTTP status from 300 to 599")
        if step not in steps:
            raise FaultError(f"{kind} does not happen at {step!r}: choose {', '.join(steps)}")
        if value is not None and not (kind in _TAKES_VALUE or _is_status(kind)):
            raise FaultError(f"{kind} takes no value")
        if times is not None and kind in ("refuse", "expired"):
            raise FaultError(f"{kind} happens once and for all: leave out times")
        return cls(step, kind, float(value) if value is not None else None, int(times) if times is not None else None)

    @property
    def status(self) -> int | None:
        """The HTTP status to answer with; `None` for another kind."""
        return int(self.kind) if _is_status(self.kind) else None

    @property
    def turns_away(self) -> bool:
        """True if the request is not carried out."""
        return self.kind in ("redirect", "expired") or self.status in (307, 308, *range(400, 500))


def _is_status(kind: str) -> bool:
    return kind.isdecimal() and 300 <= int(kind) <= 599


class Plan:
    """The remaining faults, in the order given."""

    def __init__(self, faults: Iterable[Fault | str] = ()) -> None:
        self._faults = [Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults]
        self._lock = threading.Lock()

    def refuses(self, *steps: str) -> bool:
        """True if connections are refused at one of `steps`."""
        return any(fault.kind == "refuse" and fault.step in steps for fault in self._faults)

    def next(self, step: str) -> Fault | None:
        """The fault that happens now at `step`, if any; uses it up once."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.step == step and fault.kind != "refuse" and fault.times != 0:
                    times = 1 if fault.kind == "expired" else fault.times
                    self._faults[place] = replace(fault, times=None if times is None else times - 1)
                    return fault
        return None
