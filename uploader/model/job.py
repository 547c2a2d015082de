"""Job: what a server said of an upload that it took, and what its word means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_FAILED_WORDS = frozenset({"fail", "failed", "failure", "error", "aborted", "rejected"})
_RUNNING = re.compile(
    r"(?:the )?(?:job )?(?:is |has )?(?:still )?"
    r"(?:running|pending|queued|waiting|started|processing|in[ _-]progress)\.?"
)


class State(Enum):
    """What a job's word means. Only `ok` is documented; nothing else is ever taken for success."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Job:
    """An upload's job as the server last told it.

    `status` is the word in `details.status`, empty while the server gives none. The counts are numbers of rows, `None`
    while the server gives none. `contradiction` says what else the server said that speaks against it.
    """

    job_id: str
    status: str = ""
    append_count: int | None = None
    rejected_count: int | None = None
    contradiction: str = ""

    @property
    def state(self) -> State:
        """What `status` means, where nothing contradicts it."""
        word = self.status.lower()
        if word in _FAILED_WORDS:
            return State.FAILED
        if self.contradiction:
            return State.UNKNOWN
        if word == "ok":
            return State.OK
        return State.RUNNING if not word or _RUNNING.fullmatch(word) else State.UNKNOWN

    @property
    def final(self) -> bool:
        """True when asking again will not change the answer: also an unknown word that comes with counts."""
        if self.state is State.UNKNOWN:
            return self.append_count is not None or self.rejected_count is not None
        return self.state is not State.RUNNING

    def as_dict(self) -> dict[str, str | int | None]:
        """The job under the API's names, as `--json` prints it."""
        return {
            "jobId": self.job_id,
            "status": self.status,
            "appendCount": self.append_count,
            "rejectedCount": self.rejected_count,
        }
