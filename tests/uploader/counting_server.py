"""A server that counts: it stores every row that arrived, so that tests can compare what was sent with what is true.

It behaves as Act-On's published pages say, over real sockets, and shares no code with `uploader`: the email parser of
the standard library parses the body of an upload, `csv` its rows.
"""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.processes import LONGEST

Row = tuple[str, ...]
PATH = "/api/1/customevents"
"""The path of uploads; jobs are below it."""

Moment = Literal["upload begun", "upload taken", "upload answered", "status asked", "status answered"]

Answer = Literal[
    *("given", "continued", "twice", "lost", "cut", "error", "page", "seen", "odd", "strange", "repeated"),
    *("broken", "refused", "moved", "away", "busy"),
]
JobEnd = Literal["ok", "fails", "rejects", "miscounts", "exceeds", "blurs", "runs", "locked", "forgotten"]
Trouble = Literal["", "page", "cut", "reset", "error", "moved", "busy", "twice", "continued"]
"""What comes in place of the documented answer to a status request."""

SEPARATORS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "SPACE": " "}
QUOTES = {"DOUBLE_QUOTE": '"', "SINGLE_QUOTE": "'"}
HELD_AT_MOST = 60.0
"""Seconds for which a request is held; a test that never releases it fails, but ends."""


@dataclass(frozen=True)
class Fate:
    """What happens to one upload.

    `answer` is one of:

        given      accepted, answered as documented
        continued  the same, after `100 Continue` and `103 Early Hints`
        twice      the same, and then with 500, as a confused proxy answers twice
        lost       accepted, the connection reset
        cut        accepted, the connection closed after the head and half of the body
        error      accepted, answered with 502
        page       accepted, answered with 200 and an HTML page of an error
        seen       accepted, answered with 303
        odd        accepted, answered without a job id
        strange    accepted, answered with a job id that is none
        repeated   accepted, answered with the first job id that was asked for, as a cache returns an old answer
        broken     not accepted, the connection reset after the head
        refused    not accepted, answered with 400 and an echo of the request
        moved      not accepted, answered with 307
        away       not accepted, answered with 503 and a `Retry-After`
        busy       not accepted, answered with 429 and a `Retry-After` of `rows` seconds

    An id that no client has read is never repeated, as nobody could notice it. `job` is the end of the job of an
    accepted upload: `ok`; `fails` (no row appended); `rejects` (the last `rows` rejected); `miscounts` (all appended,
    `rows` fewer reported); `exceeds` (all appended, `rows` more reported); `blurs` (all appended, counts that are
    none); `runs` (nothing appended before `end_jobs`); `locked` (the same, and the token has expired until then);
    `forgotten` (all appended, the id unknown).
    """

    answer: Answer = "given"
    job: JobEnd = "ok"
    rows: int = 1

    @property
    def takes(self) -> bool:
        """True if the upload is accepted."""
        return self.answer not in ("broken", "refused", "moved", "away", "busy")


@dataclass
class Arrived:
    """An accepted upload: its form, its rows as cells, and the end of its job."""

    number: int
    form: dict[str, str]
    heading: Row
    rows: list[Row]
    fate: Fate
    job_id: str
    ended: bool = True

    @property
    def place(self) -> tuple[str, str]:
        """Destination and action."""
        return self.form["destination"], self.form["customeventaction"]

    @property
    def appended(self) -> list[Row]:
        """The rows appended so far."""
        if not self.ended or self.fate.job == "fails":
            return []
        return self.rows[: -self.fate.rows] if self.fate.job == "rejects" else self.rows

    @property
    def details(self) -> dict[str, object]:
        """The details of the job in the server's answers."""
        if not self.ended:
            return {}
        if self.fate.job == "fails":
            return {"status": "failed", "appendCount": 0, "rejectedCount": 0}
        if self.fate.job == "blurs":
            return {"status": "ok", "appendCount": -len(self.rows), "rejectedCount": f"{len(self.rows)} or so"}
        told = len(self.appended) + {"miscounts": -self.fate.rows, "exceeds": self.fate.rows}.get(self.fate.job, 0)
        rejected = len(self.rows) - len(self.appended)
        return {"status": "ok", "customEventsId": "ff4f3fab", "appendCount": max(told, 0), "rejectedCount": rejected}


@dataclass
class Moments:
    """Callbacks for the moments of a request: each is called once, in the thread that serves the request."""

    waiting: list[tuple[Moment, Callable[[], object]]] = field(default_factory=list)

    def come(self, moment: Moment) -> None:
        """Call the first callback that waits for `moment`."""
        for index, (wanted, call) in enumerate(self.waiting):
            if wanted == moment:
                del self.waiting[index]
                call()
                return


class CountingServer:
    """A server on loopback, as a context manager.

    `events` are the custom events of the account, `None` for a list that is refused. `fates` are those of the next
    uploads, `troubles_of_status` those of the next status requests; later ones succeed.
    """

    def __init__(self, events: Iterable[str] | None = ("Webinars",)) -> None:
        self.events = None if events is None else list(events)
        self.fates: deque[Fate] = deque()
        self.troubles_of_status: deque[Trouble] = deque()
        self.arrived: list[Arrived] = []
        self.asked: list[str] = []
        self.moments = Moments()
        self.troubles: list[str] = []
        self._lock = threading.Lock()
        self._in_work = 0
        self._idle = threading.Condition(self._lock)
        handler = type("Handler", (_Handler,), {"counting": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(daemon=True, target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> CountingServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(LONGEST)
        self._server.server_close()
        if kind is None:
            assert self.troubles == []

    def forget(self) -> None:
        """Reset to a server without uploads."""
        self.spare()
        self.arrived.clear()
        self.asked.clear()
        self.moments.waiting.clear()

    def spare(self) -> None:
        """Let the next requests succeed."""
        self.fates.clear()
        self.troubles_of_status.clear()

    def begun(self, more: int) -> None:
        """Change the number of requests in progress."""
        with self._idle:
            self._in_work += more
            self._idle.notify_all()

    def wait_until_idle(self) -> None:
        """Wait until no request is in progress: uploads of a client that was killed are complete, too."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._in_work == 0, HELD_AT_MOST), "a request is in work for ever"

    def end_jobs(self) -> None:
        """End the running jobs successfully."""
        for upload in self.arrived:
            upload.ended = True

    def count(self, *, appended: bool = True) -> Counter[tuple[str, str, Row]]:
        """Counts of rows by destination and action; without `appended` also of rows that jobs may append yet."""
        return Counter(
            (*upload.place, row)
            for upload in self.arrived
            for row in (upload.appended if appended or upload.ended else upload.rows)
        )

    def emails(self) -> list[str]:
        """The first cells of all appended rows, in order."""
        return [row[0] for upload in self.arrived for row in upload.appended]

    def take(self, form: dict[str, str], content: bytes, fate: Fate) -> Arrived:
        """Store an upload."""
        heading, rows = _rows(form, content)
        with self._lock:
            number = len(self.arrived) + 1
            job_id = (self._first_asked_for() if fate.answer == "repeated" else "") or f"job-{number}"
            upload = Arrived(number, form, heading, rows, fate, job_id, ended=fate.job not in ("runs", "locked"))
            self.arrived.append(upload)
        return upload

    def _first_asked_for(self) -> str:
        """The first job id whose status was requested; empty if none was."""
        asked = {path.removeprefix(f"{PATH}/").removesuffix("/status") for path in self.asked}
        return next((upload.job_id for upload in self.arrived if upload.job_id in asked), "")

    def next_fate(self) -> Fate:
        """The fate of the upload that begins now."""
        with self._lock:
            return self.fates.popleft() if self.fates else Fate()

    def next_trouble(self) -> Trouble:
        """The trouble of the status request that begins now."""
        with self._lock:
            return self.troubles_of_status.popleft() if self.troubles_of_status else ""

    def hold(self, moment: Moment) -> Held:
        """Hold the next request at `moment` until it is released."""
        held = Held()
        self.moments.waiting.append((moment, held.wait))
        return held


class Held:
    """A held request: `reached` is set when it has arrived."""

    def __init__(self) -> None:
        self.reached, self._go = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Block until `let_go`."""
        self.reached.set()
        assert self._go.wait(HELD_AT_MOST), "nobody let a held request go"

    def let_go(self) -> None:
        """Release the request."""
        self._go.set()


def _rows(form: dict[str, str], content: bytes) -> tuple[Row, list[Row]]:
    quote = QUOTES.get(form["quotecharacter"])
    how: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    text = io.StringIO(content.decode(), newline="")
    rows = [tuple(row) for row in csv.reader(text, delimiter=SEPARATORS[form["fieldseparator"]], **how)]
    return (rows[0], rows[1:]) if form["firstrow"] == "Y" else ((), rows)


def _parts(content_type: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """The fields and the file of a multipart body."""
    head = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    fields, file = {}, b""
    for part in message.iter_parts():
        assert isinstance(part, EmailMessage)
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        if part.get_filename() is None:
            fields[name] = payload.decode()
        else:
            assert name == "file"
            file = payload
    return fields, file


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the broken connection of a killed client."""


class _Handler(BaseHTTPRequestHandler):
    counting: CountingServer

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def handle_one_request(self) -> None:
        self.counting.begun(1)
        try:
            super().handle_one_request()
        finally:
            self.counting.begun(-1)

    def do_POST(self) -> None:
        counting = self.counting
        if self.path != PATH:
            self._answer(404, {"errorCode": 404, "message": "nothing here"})
            return
        counting.moments.come("upload begun")
        fate = counting.next_fate()
        if fate.answer == "broken":
            self._reset()
            return
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        if len(body) < size:
            return
        if fate.answer in ("busy", "away"):
            status = 429 if fate.answer == "busy" else 503
            self._answer(status, {"errorCode": status, "message": "too many calls"}, Retry_After=str(fate.rows))
            return
        if fate.answer == "moved":
            self._answer(307, "", Location=f"{counting.url}/elsewhere")
            return
        form, content = _parts(self.headers["Content-Type"], body)
        if fate.answer == "refused":
            first = _rows(form, content)[1][0]
            told = f"no, {self.headers['Authorization']}: {first[0]} cannot be read"
            self._answer(400, {"errorCode": 10020, "message": told})
            return
        try:
            upload = counting.take(form, content, fate)
        except Exception as error:
            counting.troubles.append(f"{type(error).__name__}: {error}")
            raise
        counting.moments.come("upload taken")
        if fate.answer == "lost":
            self._reset()
        elif fate.answer == "error":
            self._answer(502, f"<html>{self.headers['Authorization']}</html>")
        elif fate.answer == "page":
            self._answer(200, f"<html><h1>Bad Gateway</h1>{self.headers['Authorization']}</html>")
        elif fate.answer == "seen":
            self._answer(303, "", Location=f"{counting.url}{PATH}/{upload.job_id}/status")
        elif fate.answer == "odd":
            self._answer(200, {"status": "success"})
        elif fate.answer == "strange":
            self._answer(200, {"jobId": f"../{upload.job_id}", "status": "success"})
        else:
            self._oddly(fate.answer, 200, {"jobId": upload.job_id, "status": "success"})
            counting.moments.come("upload answered")

    def do_GET(self) -> None:
        counting, url = self.counting, urlsplit(self.path)
        counting.asked.append(self.path)
        if url.path == "/api/1/list":
            self._list({name: values[0] for name, values in parse_qs(url.query).items()})
            return
        counting.moments.come("status asked")
        job_id = url.path.removeprefix(f"{PATH}/").removesuffix("/status")
        found = [upload for upload in counting.arrived if upload.job_id == job_id]
        trouble = counting.next_trouble()
        if found and found[0].fate.job == "locked" and not found[0].ended:
            self._answer(401, {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""})
        elif trouble == "reset":
            self._reset()
        elif trouble == "page":
            self._answer(200, f"<html>{self.headers['Authorization']}</html>")
        elif trouble == "error":
            self._answer(503, "", Retry_After="1")
        elif trouble == "moved":
            self._answer(302, "", Location=f"{counting.url}/elsewhere")
        elif trouble == "busy":
            self._answer(429, {"errorCode": 429, "message": "too many calls"}, Retry_After="1")
        elif not found or found[0].fate.job == "forgotten":
            self._answer(404, {"errorCode": 10017, "message": "Invalid or expired Job Id"})
        else:
            details = found[0].details
            self._oddly(trouble, 200, {"status": "success", "jobDetails": json.dumps(details), "details": details})
            counting.moments.come("status answered")

    def _list(self, query: dict[str, str]) -> None:
        if self.counting.events is None or query.get("listingtype") != "custom_events":
            self._answer(403, {"httpCode": "403", "httpMessage": "Forbidden", "moreInformation": ""})
            return
        offset, count = int(query.get("offset", 0)), min(int(query.get("count", 1000)), 1000)
        events = [{"id": f"e-{name}", "name": name, "folderName": "All"} for name in self.counting.events]
        page = events[offset : offset + count]
        self._answer(200, {"offset": offset, "count": len(page), "totalCount": len(events), "result": page})

    def _oddly(self, how: str, status: int, said: object) -> None:
        """Answer as `how` says: `continued`, `twice` or `cut`; anything else is a plain answer."""
        if how == "continued":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")
        if how == "cut":
            self.close_connection = True
            self._head(status, "application/json", 2 * len(json.dumps(said)))
            self.wfile.write(json.dumps(said).encode())
            return
        self._answer(status, said)
        if how == "twice":
            self._answer(500, "<html>Internal Server Error</html>")

    def _answer(self, status: int, said: object, **headers: str) -> None:
        """Answer; names in `headers` have underscores for hyphens."""
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self._head(status, "text/html" if isinstance(said, str) else "application/json", len(body), **headers)
        self.wfile.write(body)

    def _head(self, status: int, content_type: str, length: int, **headers: str) -> None:
        self.send_response(status)
        headers |= {"Content-Type": content_type, "Content-Length": str(length)}
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("x-request-id", f"request-{len(self.counting.arrived)}")
        self.end_headers()

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
