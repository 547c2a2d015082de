"""The rehearsal's HTTP server: reads requests and answers them, with simulated faults."""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import IO, Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

from uploader.rehearsal.faults import Fault, Plan
from uploader.rehearsal.form import Form, FormError, FormReader, check_fields
from uploader.rehearsal.job import FileRefusedError, date_reader
from uploader.rehearsal.tokens import TokenIssuer

UPLOAD_PATH = "/api/1/customevents"
TOKEN_PATH = "/token"  # noqa: S105 - a path
LIST_PATH = "/api/1/list"
LONGEST_PAGE = 1000
BLOCK = 1024 * 1024
TOKEN_FORM_LIMIT = 64 * 1024
"""Largest request for tokens, in bytes."""
ELSEWHERE = "https://elsewhere.invalid/"

Reply = tuple[int, dict[str, Any]]

_BAD_FORM = {"errorCode": 10001}
_NO_SUCH_JOB: Reply = (404, {"errorCode": 10017, "message": "Invalid or expired Job Id"})
_UNAUTHORIZED: Reply = (401, {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""})
_NOT_FOUND: Reply = (
    404,
    {"httpCode": "404", "httpMessage": "Not Found", "moreInformation": "No resources match requested URI"},
)
_TOO_FEW_HEADERS: Reply = (
    411,
    {"httpCode": "411", "httpMessage": "Length Required", "moreInformation": "send a Content-Length"},
)
_PAGE = b"<html><body><h1>Welcome</h1></body></html>"


class StandIn(Protocol):
    """What requests are answered by; see `Rehearsal`."""

    plan: Plan
    issuer: TokenIssuer
    ended: Event

    def allows(self, authorization: str | None) -> bool: ...

    def accept(self, form: Form, file: IO[bytes]) -> str: ...

    def status(self, job_id: str) -> dict[str, Any] | None: ...

    def events(self, count: int, offset: int) -> dict[str, Any]: ...


class Server(ThreadingHTTPServer):
    """A server with one thread per connection, silent about clients that disconnect."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of clients that disconnected."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def handler(answering: StandIn) -> type[BaseHTTPRequestHandler]:
    """The request handler of one stand-in."""

    class Handler(_Handler):
        stand_in = answering

    return Handler


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    protocol_version = "HTTP/1.1"
    server_version = "rehearsal"
    sys_version = ""
    timeout = 60.0

    def do_POST(self) -> None:
        """Answer an upload or a request for tokens.

        The body is read to its end even if it is refused, so that the answer arrives.
        """
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            return self._answer(_TOO_FEW_HEADERS)
        path = urlsplit(self.path).path
        step = {UPLOAD_PATH: "upload", TOKEN_PATH: "token"}.get(path, "")
        fault = self.stand_in.plan.next(step)
        blocks = self._blocks(int(length))
        if fault is not None and fault.kind in ("reset-before", "reset-while"):
            if fault.kind == "reset-while":
                _exhaust(self._blocks(int(length) // 2))
            return self._reset()
        if fault is not None and fault.turns_away:
            _exhaust(blocks)
            return self._turn_away(fault)
        if step == "token":
            return self._answer(self._granted(blocks), fault)
        if not self._allowed() or step != "upload":
            _exhaust(blocks)
            return self._answer(_NOT_FOUND if self._allowed() else _UNAUTHORIZED, fault)
        return self._answer(self._taken(blocks), fault)

    def do_GET(self) -> None:
        """Answer with the state of a job, or the list of custom events."""
        path = urlsplit(self.path).path
        asked = path.startswith(f"{UPLOAD_PATH}/") and path.endswith("/status")
        step = "status" if asked else "list" if path == LIST_PATH else ""
        fault = self.stand_in.plan.next(step)
        if fault is not None and fault.kind == "reset-before":
            return self._reset()
        if fault is not None and fault.turns_away:
            return self._turn_away(fault)
        if not self._allowed():
            return self._answer(_UNAUTHORIZED, fault)
        if step == "list":
            return self._answer(self._listed(), fault)
        said = self.stand_in.status(unquote(path[len(UPLOAD_PATH) + 1 : -len("/status")])) if asked else None
        return self._answer((200, said) if said is not None else _NO_SUCH_JOB if asked else _NOT_FOUND, fault)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: inside another command it would write between the lines of that."""

    def _allowed(self) -> bool:
        return self.stand_in.allows(self.headers.get("Authorization"))

    def _listed(self) -> Reply:
        """A page of the custom events, or an error."""
        asked = dict(parse_qsl(urlsplit(self.path).query))
        if asked.get("listingtype") != "custom_events":
            return 400, {**_BAD_FORM, "message": "the rehearsal lists custom_events only"}
        numbers = [asked.get("count", str(LONGEST_PAGE)), asked.get("offset", "0")]
        if not all(re.fullmatch("[0-9]{1,9}", number) for number in numbers):
            return 400, {**_BAD_FORM, "message": "count and offset must be whole numbers"}
        count, offset = map(int, numbers)
        return 200, self.stand_in.events(min(count, LONGEST_PAGE), offset)

    def _granted(self, blocks: Iterator[bytes]) -> Reply:
        """Tokens, or an error."""
        body = b""
        for data in blocks:
            body = (body + data)[: TOKEN_FORM_LIMIT + 1]
        return self.stand_in.issuer.grant(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))

    def _taken(self, blocks: Iterator[bytes]) -> Reply:
        """The job of an upload, or an error."""
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            try:
                form = self._received(blocks, file)
                check_fields(form.fields)
                date_reader(form.fields["dateformat"])
            except (FormError, FileRefusedError) as error:
                return 400, {**_BAD_FORM, "message": str(error)}
            file.seek(0)
            stack.pop_all()  # from here on the job closes the file
        return 200, {"jobId": self.stand_in.accept(form, file), "status": "success"}

    def _received(self, blocks: Iterator[bytes], file: IO[bytes]) -> Form:
        """The form in the body, its file part in `file`; raises `FormError` after reading a malformed body."""
        try:
            reader = FormReader(self.headers.get("Content-Type", ""), file)
            for data in blocks:
                reader.feed(data)
        except FormError:
            _exhaust(blocks)
            raise
        return reader.finish()

    def _blocks(self, length: int) -> Iterator[bytes]:
        """The body, up to its `length` or the end of the connection."""
        while length > 0 and (data := self.rfile.read1(min(BLOCK, length))):
            length -= len(data)
            yield data

    def _turn_away(self, fault: Fault) -> None:
        """Answer without carrying out the request."""
        if fault.kind == "redirect":
            return self._answer((307, {}), location=ELSEWHERE + self.path.lstrip("/"))
        if fault.kind == "expired":
            self.stand_in.issuer.expire((self.headers.get("Authorization") or "").partition(" ")[2])
            return self._answer(_UNAUTHORIZED)
        return self._answer((200, {}), fault)

    def _answer(self, said: Reply, fault: Fault | None = None, **headers: str) -> None:
        """Answer with `said`, changed by `fault`."""
        status, body, kind = said[0], json.dumps(said[1]).encode(), "application/json"
        match fault:
            case Fault(kind="reset-after"):
                return self._reset()
            case Fault(kind="stall"):
                return self._stall()
            case Fault(kind="html"):
                status, body, kind = 200, _PAGE, "text/html"
            case Fault(kind="no-job-id"):
                body = b'{"status": "success"}'
            case Fault(status=int(status)):
                words = self.responses.get(status, ("Whatever",))[0]
                body = json.dumps({"httpCode": str(status), "httpMessage": words, "moreInformation": ""}).encode()
                if fault.value is not None:
                    headers["Retry-After"] = f"{fault.value:.0f}"
        if fault is not None:
            self.close_connection = True
        self._head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **headers})
        return self._drip(body, fault.value or 0.1) if fault and fault.kind == "drip" else self._write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("x-request-id", str(uuid4()))
        self.send_header("x-global-transaction-id", uuid4().hex[:24])
        self.end_headers()

    def _write(self, body: bytes) -> None:
        self.wfile.write(body)

    def _drip(self, body: bytes, pause: float) -> None:
        """Write a byte every `pause` seconds."""
        for byte in body:
            if self.stand_in.ended.wait(pause):
                return
            self._write(bytes([byte]))

    def _reset(self) -> None:
        """End the connection with a TCP reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # it also keeps the socket open
        self.connection.close()

    def _stall(self) -> None:
        """Send nothing until the client disconnects or the rehearsal ends."""
        self.close_connection = True
        while not self.stand_in.ended.is_set():
            if select.select([self.connection], [], [], 0.05)[0]:
                return


def _exhaust(blocks: Iterator[bytes]) -> None:
    for _ in blocks:
        pass
