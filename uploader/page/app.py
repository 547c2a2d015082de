"""The routes of the page: from a browser's forms to the work on a file, and back to HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from preflight import PreflightError
from preflight.text.asking import naming
from preflight.text.display import one_line
from uploader.editing.openfiles import OpenFiles
from uploader.editing.store import Store
from uploader.editing.work import Work
from uploader.errors import UploaderError, UsageError
from uploader.page import pages, sendpage
from uploader.page.fields import on_page
from uploader.page.posted import chosen, do, ordered
from uploader.page.rendering import asset, part
from uploader.page.rows import Position
from uploader.page.sending import Sending
from uploader.page.settling import decide
from uploader.web.server import Server

MAX_FILE = 2 << 30
"""Largest file that the page accepts, in bytes."""

MAX_FORM = 8 << 20
"""Largest form without a file, in bytes."""

MOST_FIELDS = 10_000

NO_FILE = "There is no such file here any more. Choose it again."
"""What the start page says in place of the page of a file that was forgotten."""


@dataclass(frozen=True, slots=True)
class Page:
    """The state behind the routes: the files and what is sent; `front` lists the last uploads on the start page."""

    files: OpenFiles
    sending: Sending
    front: bool = False
    max_file: int = MAX_FILE

    @classmethod
    def of(cls, store: Store, sending: Sending, *, front: bool = False, max_file: int = MAX_FILE) -> Page:
        """The page for the files of a store."""
        return cls(OpenFiles(store), sending, front, max_file)

    def largest(self, path: str) -> int:
        """The largest body of a POST to `path`, in bytes; for a file with its form around it."""
        return self.max_file + MAX_FORM if path == "/files" else MAX_FORM

    def app(self) -> Starlette:
        """The application; it must be wrapped in a `Guard`."""
        of_file = "/files/{id}"
        return Starlette(
            routes=[
                Route("/", self._start),
                Route("/static/{name}", self._static),
                Route("/files", self._add, methods=["POST"]),
                Route(of_file, self._file),
                Route(f"{of_file}/choices", self._choose, methods=["POST"]),
                Route(f"{of_file}/rows", self._rows, methods=["POST"]),
                Route(f"{of_file}/made/{{name}}", self._made),
                Route(f"{of_file}/send", self._send, methods=["GET", "POST"]),
                Route(f"{of_file}/job", self._job),
                Route(f"{of_file}/forget", self._forget, methods=["POST"]),
                Route("/uploads/{id:int}", self._decide, methods=["POST"]),
            ],
            exception_handlers={Exception: _failed},
        )

    def serve(self, server: Server, waiting: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C, then wait for a file that is being sent, after a call of `waiting`."""
        Thread(target=_warm_up, daemon=True).start()
        try:
            with naming(on_page):
                server.run()
        finally:
            if self.sending.running:
                waiting()
            server.close()
            self.close()

    def close(self) -> None:
        """Wait for a file that is being sent, then close the files."""
        self.sending.wait()
        self.files.close()

    async def _start(self, request: Request) -> Response:
        return await self._start_saying(request)

    async def _start_saying(self, request: Request, says: str = "", status: int = 200, fine: bool = False) -> Response:
        services = self.sending.services if self.front else None
        given = self.files.store, services, self.max_file, _root(request), says, fine
        return await _html(pages.start, *given, status=status)

    async def _static(self, request: Request) -> Response:
        found = asset(request.path_params["name"])
        if found is None:
            return _nothing_here()
        kept = {"Cache-Control": "private, max-age=3600"}
        return Response(found.content, media_type=found.kind, headers=kept)

    async def _add(self, request: Request) -> Response:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                return await self._start_saying(request, "choose a file first")
            try:
                id = await run_in_threadpool(self.files.store.add, file.file, file.filename, self.max_file)
            except UsageError as error:
                return await self._start_saying(request, str(error), 413)
        return _see(request, f"/files/{id}")

    async def _file(self, request: Request) -> Response:
        work = self._work(request)
        if work is None:
            return await self._start_saying(request, NO_FILE, 404)
        checked = await run_in_threadpool(self.files.checked, work)
        if not checked:
            return await _html(pages.checking, work, _here(request), _root(request))
        where = Position.of(_here(request), request.query_params)
        return await _html(pages.file, work, self.sending.services, where, _root(request))

    async def _choose(self, request: Request) -> Response:
        work, form = self._work(request), await _form(request)
        if work is None:
            return _nothing_here()
        try:
            await run_in_threadpool(work.choose, chosen(work, form))
        except (PreflightError, ValueError) as error:
            return await _html(pages.refused, work, _here(request), _root(request), one_line(str(error)), status=400)
        return _see(request, f"/files/{work.kept.id}")

    async def _rows(self, request: Request) -> Response:
        work, form = self._work(request), await _form(request)
        if work is None or not await run_in_threadpool(work.checked):
            return _nothing_here()
        try:
            says = await run_in_threadpool(do, work, form)
        except (LookupError, ValueError):
            return PlainTextResponse("the file has no such cell\n", 400)
        except PreflightError as error:
            if _is_live(request):
                return JSONResponse({"says": one_line(str(error))}, 400)
            where = Position.of(_here(request), form)
            return await _html(
                pages.file, work, self.sending.services, where, _root(request), one_line(str(error)), status=400
            )
        where = Position.of(_here(request), form)
        if _is_live(request):
            numbers = [int(str(value)) for value in form.getlist("row") if str(value).isdecimal()]
            live = await run_in_threadpool(pages.live, work, self.sending.services, where, numbers, "all" in form)
            return JSONResponse({"says": says, "parts": live})
        return _see(request, where.query(f"/files/{work.kept.id}"))

    async def _made(self, request: Request) -> Response:
        work = self._work(request)
        made = pages.MADE.get(request.path_params["name"])
        if work is None or made is None or not await run_in_threadpool(work.checked):
            return _nothing_here()
        try:
            if made[0] == "workbook":
                path = await run_in_threadpool(work.bad_workbook)
            else:
                path = getattr(await run_in_threadpool(work.mended_file), made[0])
        except PreflightError as error:
            return await _html(pages.refused, work, _here(request), _root(request), one_line(str(error)), status=409)
        name, kind = pages.download_name(work.kept.name, request.path_params["name"]), made[1]
        return FileResponse(path, media_type=kind, filename=name)

    async def _send(self, request: Request) -> Response:
        work = self._work(request)
        if work is None:
            return await self._start_saying(request, NO_FILE, 404)
        form, says = FormData(), ""
        if request.method == "POST":
            form = await _form(request)
            try:
                await run_in_threadpool(self._begin, work, form)
                return _see(request, f"/files/{work.kept.id}/send#job")
            except (PreflightError, UploaderError, ValueError) as error:
                says = one_line(str(error))
        return await self._send_page(request, work, form, says)

    async def _send_page(self, request: Request, work: Work, form: FormData, says: str, fine: bool = False) -> Response:
        given = work, self.sending, _root(request), form, says, fine
        return await _html(sendpage.send, *given, status=409 if says and not fine else 200)

    def _begin(self, work: Work, form: FormData) -> None:
        """Start the send, or the rehearsal, of a form; raises `UsageError` for an invalid form."""
        work.kept.say("destination", str(form.get("destination", "")))
        work.kept.say("customeventaction", str(form.get("customeventaction", "")))
        options = ordered(work, form, self.sending.services.account)
        work.checked()
        rows, number = int(str(form.get("rows", ""))), str(form.get("number", ""))
        self.sending.start(work, options, rows, number, rehearsed=form.get("how") != "send")

    async def _job(self, request: Request) -> Response:
        work = self._work(request)
        if work is None:
            return _nothing_here()
        job = await run_in_threadpool(self.sending.job_of, work)
        return JSONResponse({"parts": {"job": part("job", job)}, "running": job.running})

    async def _decide(self, request: Request) -> Response:
        form = await _form(request)
        fine = True
        try:
            says = await run_in_threadpool(decide, self.sending.services, int(request.path_params["id"]), form)
        except (PreflightError, UploaderError) as error:
            says, fine = one_line(str(error)), False
        work = self.files.get(str(form.get("back", "")))
        if work is None:
            return await self._start_saying(request, says, 200 if fine else 409, fine)
        return await self._send_page(request, work, FormData(), says, fine)

    async def _forget(self, request: Request) -> Response:
        id = request.path_params["id"]
        if self.sending.running == id:
            return PlainTextResponse("the file is being sent: remove it after that has ended\n", 409)
        await run_in_threadpool(self.files.forget, id)
        return _see(request, "/")

    def _work(self, request: Request) -> Work | None:
        work = self.files.get(request.path_params["id"])
        return work if work is not None and work.kept.source.exists() else None


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


async def _html(make: Callable[..., str], *given: Any, status: int = 200) -> HTMLResponse:
    page = await run_in_threadpool(make, *given)
    return HTMLResponse(page.encode("utf-8", "replace"), status)


def _root(request: Request) -> str:
    return str(request.scope["root_path"])


def _here(request: Request) -> str:
    return f"{_root(request)}/files/{request.path_params['id']}"


def _see(request: Request, path: str) -> Response:
    return RedirectResponse(f"{_root(request)}{path}", 303)


def _is_live(request: Request) -> bool:
    return request.headers.get("accept") == "application/json"


async def _failed(request: Request, error: Exception) -> Response:
    says = "the page failed; earlier changes are kept. See the command's window for the error.\n"
    return PlainTextResponse(says, 500)


def _nothing_here() -> Response:
    return PlainTextResponse("there is no such page; go back to the start page\n", 404)


def _warm_up() -> None:
    """Import the modules of a check while the user still chooses a file."""
    import preflight.merging.rows  # noqa: F401
