"""The rehearsal: a local stand-in for the endpoint, to try everything without an account.

A real HTTP server on loopback that answers like the real one, and simulates faults on request. It imports nothing of
`preflight`: its verdict on a file is a second opinion. Act-On's answers about a running or failed job are not
documented; the words `running` and `failed` here are the rehearsal's own.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from typing import IO, Any
from zlib import crc32

from uploader.rehearsal.faults import Fault, FaultError, Plan
from uploader.rehearsal.form import Form
from uploader.rehearsal.http import Server, handler
from uploader.rehearsal.job import FileRefusedError, judge
from uploader.rehearsal.tokens import Account, TokenIssuer

__all__ = ["Account", "Fault", "FaultError", "Rehearsal"]

FIRST_JOB = 15_937_380


@dataclass(slots=True)
class _Job:
    """The job of an upload. `details` is empty until it has ended; `asked` is true after the first status request."""

    fault: Fault | None
    details: dict[str, Any] = field(default_factory=dict)
    asked: bool = False


class Rehearsal:
    """The stand-in as a context manager: listens from its construction on, answers inside `with`.

    `port` 0 is a free one. Without `token` any bearer token is accepted, one that it issued itself only for
    `token_lifetime` seconds (on `clock`). Tokens are issued for `account`, or for any credentials. `faults` are
    simulated faults, as `Fault` or in the syntax of `Fault.parse`. Job ids count up from `first_job`. `titles` are the
    titles of custom events, by destination. `events` are the existing destinations; an upload creates a missing one.
    Without it every destination exists. `received` counts the accepted uploads, `issuer` the issued tokens.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = None,
        faults: Iterable[Fault | str] = (),
        account: Account | None = None,
        titles: Mapping[str, frozenset[str]] = MappingProxyType({}),
        events: Iterable[str] | None = None,
        token_lifetime: float = 3600.0,
        first_job: int = FIRST_JOB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises `OSError` if it cannot listen on the port, `FaultError` for a malformed fault."""
        self.plan = Plan(faults)
        self.issuer = TokenIssuer(account, token_lifetime, clock)
        self.received = 0
        self.ended = threading.Event()
        self._token = token
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._numbers = count(first_job)
        self._titles = dict(titles)
        self._events = None if events is None else list(dict.fromkeys(events))
        self._workers: list[threading.Thread] = []
        self._refusing = self.plan.refuses("token", "upload")
        self._server = Server(("127.0.0.1", port), handler(self), bind_and_activate=False)
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        try:
            self._server.server_bind()
            if not self._refusing:
                self._server.server_activate()
        except OSError:
            self._server.server_close()
            raise

    @property
    def url(self) -> str:
        """The base URL to send to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Rehearsal:
        if not self._refusing:
            self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        if not self._refusing:
            self._server.shutdown()
            self._serving.join()
        self._server.server_close()
        for worker in self._workers:
            worker.join()

    def wait(self) -> None:
        """Serve until interrupted."""
        self.ended.wait()

    def allows(self, authorization: str | None) -> bool:
        """True if the Authorization header holds an accepted token."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme != "Bearer" or not token.strip():
            return False
        return self.issuer.valid(token) if self.issuer.knows(token) else self._token in (None, token)

    def accept(self, form: Form, file: IO[bytes]) -> str:
        """Accept an upload and start its job, which closes `file`; returns the job's id."""
        with self._lock:
            self.received += 1
            job_id = str(next(self._numbers))
            self._jobs[job_id] = _Job(self.plan.next("job"))
            if self._events is not None and form.fields["destination"] not in self._events:
                self._events.append(form.fields["destination"])
            worker = threading.Thread(target=self._work, args=(job_id, form, file))
            self._workers.append(worker)
        worker.start()
        if self.plan.refuses("status"):
            self._server.shutdown()
            self._server.server_close()
        return job_id

    def status(self, job_id: str) -> dict[str, Any] | None:
        """The answer to a status request; `None` for an unknown job.

        The first answer always says that the job is running, to catch a client that takes it for the last.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            details = job.details if job.asked and job.details else {"status": "running"}
            job.asked = True
        return {"status": "success", "jobDetails": json.dumps(details), "details": details}

    def events(self, count: int, offset: int) -> dict[str, Any]:
        """`count` custom events from `offset` on; without `events` an empty list that says that every one exists."""
        with self._lock:
            names = self._events
            if names is None:
                return {"offset": 0, "count": 0, "totalCount": 0, "result": [], "rehearsal": "every destination"}
            page = names[offset : offset + count]
            total = len(names)
        result = [{"id": _event_id(name), "name": name, "folderName": "Custom Events"} for name in page]
        return {"offset": offset, "count": len(result), "totalCount": total, "result": result}

    def _work(self, job_id: str, form: Form, file: IO[bytes]) -> None:
        destination = form.fields["destination"]
        with self._lock:
            job = self._jobs[job_id]
            known = self._titles.get(destination, frozenset())
        details: dict[str, Any] = {"status": "failed", "appendCount": 0, "rejectedCount": 0}
        try:
            with file:
                appended, rejected, titles = judge(file, form.fields, known)
        except FileRefusedError as error:
            details["message"] = str(error)
        else:
            details = {
                "status": "ok",
                "customEventsId": _event_id(destination),
                "appendCount": appended,
                "rejectedCount": rejected,
            }
            with self._lock:
                self._titles[destination] = self._titles.get(destination, frozenset()) | titles
        with self._lock:
            job.details = _spoiled(details, job.fault)


def _event_id(name: str) -> str:
    return f"{crc32(name.encode()):08x}"


def _spoiled(details: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """The final details of a job, changed by `fault`; empty for a job that never ends."""
    number = int(fault.value or 1) if fault is not None else 0
    match fault:
        case Fault(kind="never-ends"):
            return {}
        case Fault(kind="fails"):
            return {"status": "failed", "appendCount": 0, "rejectedCount": 0}
        case Fault(kind="odd-word"):
            return {**details, "status": "partly"}
        case Fault(kind="rejects"):
            rejected = min(number, details["appendCount"])
            counts = details["appendCount"] - rejected, details["rejectedCount"] + rejected
            return {**details, "appendCount": counts[0], "rejectedCount": counts[1]}
        case Fault(kind="miscounts"):
            return {**details, "appendCount": max(details["appendCount"] - number, 0)}
        case _:
            return details
