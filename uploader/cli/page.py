"""`uploader open`, and `preflight open`, which finds this module by its entry point: the local page."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from preflight.console.running import uninterrupted
from preflight.errors import InputError
from preflight.text.display import shown_file
from uploader.cli.codes import DONE, NOT_CONFIRMED, USAGE
from uploader.cli.opening import base_url_of, open_client, open_ledger, rehearsal_client
from uploader.cli.options import account_from, parser
from uploader.cli.printing import print_out, say
from uploader.errors import TokenError, UsageError
from uploader.ledger.path import user_ledger

if TYPE_CHECKING:
    from uploader.delivery.client import Client
    from uploader.editing.store import Store
    from uploader.ledger.ledger import Ledger
    from uploader.model.entry import Entry

INSTALL = "pipx install --force '.[page]'"


def open_page(args: argparse.Namespace, *, front: bool = True) -> int:
    """Serve the page until Ctrl-C; prints its address, and opens it in the browser unless `--no-browser` is given."""
    try:
        import starlette
        import uvicorn
    except ImportError:
        say(f"the page is not installed; in the folder that uploader was installed from, run: {INSTALL}")
        return USAGE
    del starlette, uvicorn
    from uploader.editing.store import Store
    from uploader.page.app import Page
    from uploader.page.sending import Sending, Services
    from uploader.web.server import Server

    base_url = base_url_of(args)
    account = account_from(args)
    services = Services(
        _real(args),
        _rehearsal,
        f"Act-On ({base_url}{f', account {account}' if account else ''})",
        account,
        lambda: _uploads(args),
        lambda id, sent: _settled(args, id, sent=sent),
        lambda id: _followed(args, id),
        lambda: _unready(args),
    )
    if args.ledger:
        open_ledger(args).database.close()
        args.new_ledger = False  # it is there now
    store = Store(user_ledger().parent / "page")
    path = ""
    if args.file is not None:
        path = f"files/{_kept(store, args.file)}"
    sending = Sending(services)
    page = Page.of(store, sending, front=front)
    try:
        server = Server(page.app(), page.largest, args.port)
    except OSError as error:
        say(f"cannot listen on 127.0.0.1:{args.port}: {os.strerror(error.errno or 0)}; choose another --port")
        return USAGE
    print_out(f"{server.url}{path}\n")
    say("this is the page's address, on this machine and while this command runs; Ctrl-C ends it")
    if args.browser:
        threading.Thread(target=_open_browser, args=(f"{server.url}{path}",), daemon=True).start()
    waits = "a file is being sent: waiting for its end; Ctrl-C once more interrupts it"
    with suppress(KeyboardInterrupt):
        page.serve(server, lambda: say(waits))
    with uninterrupted():
        if sending.running:
            say("interrupted: something may have been sent; see `uploader history`")
            return NOT_CONFIRMED
        return DONE


def for_preflight(file: str | None, *, port: int, browser: bool) -> int:
    """`preflight open`: the page without the list of uploads, for the user's own ledger and account."""
    argv = ["open", f"--port={port}", *([] if browser else ["--no-browser"]), *(["--", file] if file else [])]
    return open_page(parser().parse_args(argv), front=False)


def _kept(store: Store, file: str) -> str:
    try:
        if file == "-":
            return store.add(sys.stdin.buffer, "standard-input.csv")
        with open(file, "rb") as stream:
            return store.add(stream, file)
    except FileNotFoundError as error:
        raise InputError(f"{shown_file(file)} does not exist") from error
    except OSError as error:
        raise InputError(f"cannot read {shown_file(file)}: {error.strerror}") from error


def _open_browser(url: str) -> None:
    """Open the page in the browser, if there is one."""
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        webbrowser.open(url)


def _real(args: argparse.Namespace) -> Callable[[Callable[[str], None]], AbstractContextManager[tuple[Client, Ledger]]]:
    @contextmanager
    def connected(notice: Callable[[str], None]) -> Iterator[tuple[Client, Ledger]]:
        with ExitStack() as stack:
            ledger = stack.enter_context(open_ledger(args))
            yield open_client(args, ledger, notice), ledger

    return connected


def _unready(args: argparse.Namespace) -> str:
    """Why nothing can be sent: there is no token and no login, or an unusable one; empty if there is one."""
    from uploader.login.login import Login
    from uploader.wire.auth import token_from

    try:
        if token_from(os.environ) is None:
            Login.of(base_url_of(args), args.ledger or user_ledger()).stored()
    except TokenError as error:
        return str(error)
    return ""


GLANCE = 1.0
"""Seconds to wait for another process that locks the ledger, before a page is shown without the uploads."""


def _uploads(args: argparse.Namespace) -> Sequence[Entry]:
    """The entries of the ledger, the latest first; empty without a ledger."""
    with open_ledger(args, make=False, patience=GLANCE) as ledger:
        return list(ledger.entries())[::-1]


def _settled(args: argparse.Namespace, id: int, *, sent: bool) -> Entry:
    with open_ledger(args, make=False) as ledger:
        return ledger.settle(id, sent=sent)


PATIENCE = 5.0
"""Seconds for which the page follows the job of an earlier upload."""


def _followed(args: argparse.Namespace, id: int) -> Entry:
    """The entry of an upload after its job was followed for a few seconds; raises `UsageError` if it has none."""
    from uploader.delivery.once import follow
    from uploader.model.upload import of_earlier

    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(args, make=False))
        entry = ledger.entry(id)
        if entry is None or not entry.can_be_followed or entry.holder:
            raise UsageError(f"upload {id} has no job to ask for any more")
        where = {"region": None, "base_url": entry.endpoint, "account": entry.account}
        client = open_client(argparse.Namespace(**{**vars(args), **where}), ledger, say)
        upload = follow(of_earlier(entry), client, ledger, PATIENCE)
        now = ledger.entry(id) or entry
        return now if now.reason else replace(now, reason=upload.reason)


@contextmanager
def _rehearsal(notice: Callable[[str], None]) -> Iterator[tuple[Client, Ledger]]:
    from uploader.ledger.ledger import Ledger

    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.temporary())
        yield rehearsal_client(notice, stack), ledger
