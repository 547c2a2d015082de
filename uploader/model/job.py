"""Job: the state of an accepted upload as the server reports it."""

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
    """The meaning of a job's status word. Only `ok` is documented; no other word counts as success."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


def is_running(word: str) -> bool:
    """Whether a status word, or a sentence such as `The job is running`, is that of a job that runs or waits."""
    return _RUNNING.fullmatch(word.lower()) is not None


@dataclass(frozen=True, slots=True)
class Job:
    """The job of an upload, as last reported by the server.

    `status` is the word in `details.status`, empty while there is none. The counts are numbers of rows, `None` while
    there are none. `contradiction` describes what in the answer contradicts the status; empty for nothing.
    """

    job_id: str
    status: str = ""
    append_count: int | None = None
    rejected_count: int | None = None
    contradiction: str = ""

    @property
    def state(self) -> State:
        """The meaning of `status`; `UNKNOWN` if something contradicts it."""
        word = self.status.lower()
        if word in _FAILED_WORDS:
            return State.FAILED
        if self.contradiction:
            return State.UNKNOWN
        if word == "ok":
            return State.OK
        return State.RUNNING if not word or is_running(word) else State.UNKNOWN

    @property
    def final(self) -> bool:
        """True if the state will not change any more; also for an unknown word with counts."""
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
