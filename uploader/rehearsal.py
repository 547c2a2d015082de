"""The rehearsal: a local stand-in for the endpoint, to try everything without an account.

A real HTTP server on loopback that answers in the shapes of the real one. It imports nothing of `preflight`: what it
says of a file is a second opinion. What Act-On says while a job runs, or when one fails, is not documented; the words
`running` and `failed` here are the rehearsal's own.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4
from zlib import crc32

from uploader.rehearsalform import Form, FormError, FormReader, check_fields
from uploader.rehearsaljob import FileRefusedError, date_reader, judge

UPLOAD_PATH = "/api/1/customevents"
BLOCK = 1024 * 1024
FIRST_JOB = 15_937_380

_BAD_FORM = {"errorCode": 10001}
_NO_SUCH_JOB = {"errorCode": 10017, "message": "Invalid or expired Job Id"}
_UNAUTHORIZED = {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""}
_NOT_FOUND = {"httpCode": "404", "httpMessage": "Not Found", "moreInformation": "No resources match requested URI"}
_TOO_FEW_HEADERS = {"httpCode": "411", "httpMessage": "Length Required", "moreInformation": "send a Content-Length"}


@dataclass(slots=True)
class _Job:
    """An upload being worked on. `details` is empty until it has ended; `asked` is true once it was asked for."""

    details: dict[str, Any] = field(default_factory=dict)
    asked: bool = False


class Rehearsal:
    """The stand-in as a context manager: listening from the start, answering inside `with`.

    `port` 0 takes a free one. Without a `token` any bearer token will do. `received` counts the uploads accepted.
    """

    def __init__(self, *, port: int = 0, token: str | None = None) -> None:
        """Raises `OSError` when the port cannot be had."""
        self._token = token
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._numbers = count(FIRST_JOB)
        self._titles: dict[str, frozenset[str]] = {}
        self._workers: list[threading.Thread] = []
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.received = 0

    @property
    def url(self) -> str:
        """The base URL to send to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Rehearsal:
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()
        for worker in self._workers:
            worker.join()

    def wait(self) -> None:
        """Serve until interrupted."""
        self._serving.join()

    def allows(self, authorization: str | None) -> bool:
        """True when the Authorization header opens the door."""
        scheme, _, token = (authorization or "").partition(" ")
        return scheme == "Bearer" and bool(token.strip()) and self._token in (None, token)

    def accept(self, form: Form, file: IO[bytes]) -> str:
        """Take an upload and start its job, which closes `file`; the job's id."""
        with self._lock:
            self.received += 1
            job_id = str(next(self._numbers))
            self._jobs[job_id] = _Job()
            worker = threading.Thread(target=self._work, args=(job_id, form, file))
            self._workers.append(worker)
        worker.start()
        return job_id

    def status(self, job_id: str) -> dict[str, Any] | None:
        """What a status question is answered with; `None` for an unknown job.

        The first question always finds the job running, so that a client that takes the first answer for the last is
        found out.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            details = job.details if job.asked and job.details else {"status": "running"}
            job.asked = True
        return {"status": "success", "jobDetails": json.dumps(details), "details": details}

    def _work(self, job_id: str, form: Form, file: IO[bytes]) -> None:
        destination = form.fields["destination"]
        with self._lock:
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
                "customEventsId": f"{crc32(destination.encode()):08x}",
                "appendCount": appended,
                "rejectedCount": rejected,
            }
            with self._lock:
                self._titles[destination] = self._titles.get(destination, frozenset()) | titles
        with self._lock:
            self._jobs[job_id].details = details


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away: that is its right."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _handler(rehearsal: Rehearsal) -> type[BaseHTTPRequestHandler]:
    """The request handler of one rehearsal."""

    class Handler(_Handler):
        stand_in = rehearsal

    return Handler


class _Handler(BaseHTTPRequestHandler):
    stand_in: Rehearsal
    protocol_version = "HTTP/1.1"
    server_version = "rehearsal"
    sys_version = ""
    timeout = 60.0

    def do_POST(self) -> None:
        """Take an upload; the body is read to its end even when it is refused, so that the answer arrives."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            return self._answer(411, _TOO_FEW_HEADERS)
        if (refusal := self._refusal()) is not None:
            _exhaust(self._blocks(int(length)))
            return self._answer(*refusal)
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            try:
                form = self._received(int(length), file)
                check_fields(form.fields)
                date_reader(form.fields["dateformat"])
            except (FormError, FileRefusedError) as error:
                return self._answer(400, {**_BAD_FORM, "message": str(error)})
            file.seek(0)
            stack.pop_all()  # from here on the file is the job's to close
        return self._answer(200, {"jobId": self.stand_in.accept(form, file), "status": "success"})

    def do_GET(self) -> None:
        """Tell a job's state."""
        if not self.stand_in.allows(self.headers.get("Authorization")):
            return self._answer(401, _UNAUTHORIZED)
        path = urlsplit(self.path).path
        if not (path.startswith(f"{UPLOAD_PATH}/") and path.endswith("/status")):
            return self._answer(404, _NOT_FOUND)
        said = self.stand_in.status(unquote(path[len(UPLOAD_PATH) + 1 : -len("/status")]))
        return self._answer(404, _NO_SUCH_JOB) if said is None else self._answer(200, said)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a stand-in inside another command must not write between its lines."""

    def _refusal(self) -> tuple[int, dict[str, Any]] | None:
        if not self.stand_in.allows(self.headers.get("Authorization")):
            return 401, _UNAUTHORIZED
        return None if urlsplit(self.path).path == UPLOAD_PATH else (404, _NOT_FOUND)

    def _received(self, length: int, file: IO[bytes]) -> Form:
        """The body's form, its file part in `file`; raises `FormError`, after the body's end, when it is not a form."""
        blocks = self._blocks(length)
        try:
            reader = FormReader(self.headers.get("Content-Type", ""), file)
            for data in blocks:
                reader.feed(data)
        except FormError:
            _exhaust(blocks)
            raise
        return reader.finish()

    def _blocks(self, length: int) -> Iterator[bytes]:
        """The body, until its `length` or the client's end."""
        while length > 0 and (data := self.rfile.read1(min(BLOCK, length))):
            length -= len(data)
            yield data

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-request-id", str(uuid4()))
        self.send_header("x-global-transaction-id", uuid4().hex[:24])
        self.end_headers()
        self.wfile.write(body)


def _exhaust(blocks: Iterator[bytes]) -> None:
    for _ in blocks:
        pass
