"""Login against the rehearsal's token endpoint: tokens are private, used once, and never shown."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from tests.processes import LONGEST, all_running
from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.test_client import Clock
from tests.uploader.user import COLUMNS
from uploader import Client, Job, NotSentError, TokenError
from uploader.acton.endpoint import ALLOWED
from uploader.cli.main import main
from uploader.errors import LimitError
from uploader.http import transport
from uploader.http.calls import Calls
from uploader.ledger.path import user_ledger
from uploader.login.credentials import Credentials, credentials_from
from uploader.login.login import Login
from uploader.login.tokenstore import SERVICE, SavedLogin, TokenStore, true_path
from uploader.rehearsal.server import Account, Rehearsal
from uploader.wire.answer import Answer
from uploader.wire.limits import Limits, in_memory

ROOT = Path(__file__).parents[2]
SECRETS = ("client-secret-7", "password-7")
ACCOUNT = Account("an-id", SECRETS[0], "jo@example.com", SECRETS[1])
CREDENTIALS = Credentials("an-id", SECRETS[0], "jo@example.com", SECRETS[1])
ENVIRONMENT = {
    "ACTON_CLIENT_ID": "an-id",
    "ACTON_CLIENT_SECRET": SECRETS[0],
    "ACTON_USERNAME": "jo@example.com",
    "ACTON_PASSWORD": SECRETS[1],
}


@pytest.fixture
def server() -> Iterator[Rehearsal]:
    with Rehearsal(account=ACCOUNT, token="no-other") as server:
        yield server


class Now:
    """A clock of the test, in seconds since the epoch."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds


def login_to(server: Any, folder: Path, now: Callable[[], float] | None = None) -> Login:
    clock = Clock()
    calls = Calls(server.url, sleep=clock.sleep, clock=clock)
    return Login(calls, TokenStore(calls.base_url, folder / "ledger.sqlite3"), now=now or Now())


def kept_file(folder: Path) -> Path:
    (path,) = folder.glob("*.login-*.json")
    return path


def assert_no_secret(error: BaseException, *secrets: str) -> None:
    said = "".join(traceback.format_exception(error)) + repr(error)
    assert not [secret for secret in (*SECRETS, *secrets) if secret in said]


def test_a_login_is_kept_in_a_private_file_without_the_password(server: Rehearsal, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    place = login_to(server, folder).log_in(CREDENTIALS)
    path = kept_file(folder)
    assert place == f"`{path}`, which only you can read"
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert SECRETS[1] not in path.read_text()
    assert server.allows(f"Bearer {login_to(server, folder).access_token()}")
    assert (server.issuer.logins, server.issuer.refreshes) == (1, 0)


def test_a_login_is_for_one_host(server: Rehearsal, tmp_path: Path) -> None:
    login_to(server, tmp_path).log_in(CREDENTIALS)
    with Rehearsal() as another, pytest.raises(TokenError) as caught:
        login_to(another, tmp_path).access_token()
    assert str(caught.value) == (
        f"no access token for {another.url[7:]}: log in with `uploader login`, or set ACTON_ACCESS_TOKEN; "
        "`uploader send --rehearse` tries everything without an account"
    )


def test_an_old_token_is_renewed_before_it_is_used(server: Rehearsal, tmp_path: Path) -> None:
    now = Now()
    login = login_to(server, tmp_path, now)
    login.log_in(CREDENTIALS)
    first = login.access_token()
    now.seconds += 3539
    assert login.access_token() == first
    now.seconds += 1
    second = login.access_token()
    assert second not in (first, "")
    assert login_to(server, tmp_path, now).access_token() == second
    assert (server.issuer.logins, server.issuer.refreshes) == (1, 1)


def test_an_upload_that_meets_a_401_renews_the_token(
    server: Rehearsal, form: dict[str, str], upload_file: Path, tmp_path: Path
) -> None:
    login = login_to(server, tmp_path)
    login.log_in(CREDENTIALS)
    server.issuer.expire(login.access_token())
    assert Client(login, base_url=server.url).upload(form, upload_file) == Job("15937380")
    assert (server.issuer.refreshes, server.received) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"client_id": "x"},
            "HTTP 401: access_denied - Wrong client id or secret. (…); check the client id and secret",
        ),
        ({"password": "x"}, "HTTP 403: invalid_grant - Wrong email or password. (…); check the user name and password"),
    ],
)
def test_a_wrong_login_says_what_to_check(
    server: Rehearsal, tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    fields = {name: getattr(CREDENTIALS, name) for name in ("client_id", "client_secret", "username", "password")}
    with pytest.raises(TokenError) as caught:
        login_to(server, tmp_path).log_in(Credentials(**{**fields, **changes}))
    before, _, after = message.partition("…")
    assert str(caught.value).startswith(f"not logged in to {server.url[7:]}: {before}x-request-id ")
    assert str(caught.value).endswith(after)
    assert_no_secret(caught.value)


def test_a_server_that_echoes_the_form_does_not_make_us_print_it(
    scripted: type[ScriptedServer], tmp_path: Path
) -> None:
    def echo(connection: Any) -> None:
        body = server.requests[-1].partition(b"\r\n\r\n")[2]
        said = json.dumps({"error": "bad", "error_description": f"{body.decode()} {SECRETS}"}).encode()
        connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))

    with scripted(echo) as server, pytest.raises(TokenError) as caught:
        login_to(server, tmp_path).log_in(CREDENTIALS)
    assert "password=****&client_id=an-id&client_secret=****" in str(caught.value)
    assert_no_secret(caught.value)


def test_an_answer_without_tokens_is_not_shown(scripted: type[ScriptedServer], http: Http, tmp_path: Path) -> None:
    with scripted(http(200, {"refresh_token": "a-token-7"})) as server, pytest.raises(TokenError) as caught:
        login_to(server, tmp_path).log_in(CREDENTIALS)
    assert str(caught.value) == (
        f"not logged in to {server.url[7:]}: the answer is not the documented one; check the base URL, and log in with "
        "`uploader login`"
    )
    assert_no_secret(caught.value, "a-token-7")


def test_no_log_holds_a_secret_at_any_level(
    server: Rehearsal, tmp_path: Path, form: dict[str, str], upload_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET)
    now = Now()
    login = login_to(server, tmp_path, now)
    login.log_in(CREDENTIALS)
    now.seconds += 3600
    Client(login, base_url=server.url).upload(form, upload_file)
    kept = json.loads(kept_file(tmp_path).read_text())
    assert server.issuer.refreshes == 1
    assert "POST /token" in caplog.text
    assert not [secret for secret in (*SECRETS, kept["access_token"], kept["refresh_token"]) if secret in caplog.text]


# Refresh tokens work once


def test_two_threads_and_two_logins_use_it_once(server: Rehearsal, tmp_path: Path) -> None:
    now = Now()
    login_to(server, tmp_path, now).log_in(CREDENTIALS)
    now.seconds += 3600
    got: list[str] = []
    spenders = [
        threading.Thread(daemon=True, target=lambda: got.append(login_to(server, tmp_path, now).access_token()))
        for _ in range(4)
    ]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join(LONGEST)
    assert (len(got), len(set(got)), server.issuer.refreshes) == (4, 1, 1)


SPENDER = """
import sys
from pathlib import Path
from uploader.http.calls import Calls
from uploader.login.login import Login
from uploader.login.tokenstore import TokenStore

calls = Calls(sys.argv[1])
store = TokenStore(calls.base_url, Path(sys.argv[2]) / "ledger.sqlite3")
print(Login(calls, store, now=lambda: 1_700_003_600.0).access_token())
"""


def test_two_processes_use_it_once(server: Rehearsal, tmp_path: Path) -> None:
    login_to(server, tmp_path).log_in(CREDENTIALS)
    command = [sys.executable, "-c", SPENDER, server.url, str(tmp_path)]
    with all_running(2, command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as spenders:
        got = [spender.communicate(timeout=LONGEST)[0] for spender in spenders]
    assert [spender.returncode for spender in spenders] == [0, 0]
    assert (len(set(got)), server.issuer.refreshes) == (1, 1)


BROKE_OFF = (
    "the renewal of the access token for {host} was interrupted before the answer was saved: the refresh token may be "
    "spent; log in with `uploader login`"
)


@pytest.mark.parametrize("fault", ["token:reset-after,times=1", "token:500,times=1", "token:html,times=1"])
def test_a_refresh_without_a_usable_answer_is_reported_then_and_later(fault: str, tmp_path: Path) -> None:
    now = Now()
    with Rehearsal() as first:
        login_to(first, tmp_path, now).log_in(CREDENTIALS)
        port = int(first.url.rsplit(":", 1)[1])
    now.seconds += 3600
    with Rehearsal(port=port, faults=[fault]) as server:
        host = server.url[7:]
        for _ in range(2):
            with pytest.raises(TokenError) as caught:
                login_to(server, tmp_path, now).access_token()
        assert str(caught.value) == BROKE_OFF.format(host=host)
        login_to(server, tmp_path, now).log_in(CREDENTIALS)
        assert server.allows(f"Bearer {login_to(server, tmp_path, now).access_token()}")


def test_a_process_killed_while_it_renews_is_reported(server: Rehearsal, tmp_path: Path) -> None:
    """Killed after the endpoint has used up the refresh token, before the answer is saved."""
    login_to(server, tmp_path).log_in(CREDENTIALS)
    kill = (
        "import os, signal, uploader.login.login as login\n"
        "login.Login._tokens = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", kill + SPENDER, server.url, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, server.issuer.refreshes) == (-9, "", 1)
    with pytest.raises(TokenError) as caught:
        login_to(server, tmp_path).access_token()
    assert str(caught.value) == BROKE_OFF.format(host=server.url[7:])


def test_a_refresh_that_never_left_keeps_the_token(tmp_path: Path) -> None:
    now = Now()
    with Rehearsal() as first:
        login_to(first, tmp_path, now).log_in(CREDENTIALS)
        port = int(first.url.rsplit(":", 1)[1])
        kept = kept_file(tmp_path).read_bytes()
    now.seconds += 3600
    with Rehearsal(port=port, faults=["token:refuse"]) as server, pytest.raises(NotSentError) as caught:
        login_to(server, tmp_path, now).access_token()
    assert str(caught.value) == (
        f"the access token for {server.url[7:]} has expired and could not be renewed: {server.url[7:]}: connection "
        "refused; check the network, then try again"
    )
    assert kept_file(tmp_path).read_bytes() == kept


def test_an_invalid_refresh_token_asks_for_a_login(server: Rehearsal, tmp_path: Path) -> None:
    now = Now()
    login_to(server, tmp_path, now).log_in(CREDENTIALS)
    login_to(server, tmp_path / "other", now).log_in(CREDENTIALS)
    now.seconds += 3600
    with pytest.raises(TokenError) as caught:
        login_to(server, tmp_path, now).access_token()
    assert "HTTP 403: invalid_grant - Invalid refresh token. (" in str(caught.value)
    assert str(caught.value).endswith("; log in with `uploader login`")


# The keyring


class Wallet(KeyringBackend):
    """A keyring in memory."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("the wallet\nis locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture
def wallet() -> Iterator[Wallet]:
    wallet = Wallet()
    keyring.set_keyring(wallet)
    yield wallet
    keyring.set_keyring(fail.Keyring())


def test_the_keyring_is_preferred_to_the_file(server: Rehearsal, tmp_path: Path, wallet: Wallet) -> None:
    keyring.set_keyring(fail.Keyring())
    login_to(server, tmp_path).log_in(CREDENTIALS)
    keyring.set_keyring(wallet)
    assert server.allows(f"Bearer {login_to(server, tmp_path).access_token()}")
    assert login_to(server, tmp_path).log_in(CREDENTIALS) == "the system's keyring"
    assert list(wallet.entries) == [(SERVICE, f"{server.url} {tmp_path / 'ledger.sqlite3'}")]
    assert list(tmp_path.glob("*.login-*.json")) == []
    assert server.allows(f"Bearer {login_to(server, tmp_path).access_token()}")
    assert login_to(server, tmp_path).log_out()
    assert wallet.entries == {}


def test_a_locked_keyring_is_one_line(server: Rehearsal, tmp_path: Path, wallet: Wallet) -> None:
    wallet.locked = True
    with pytest.raises(TokenError) as caught:
        login_to(server, tmp_path).access_token()
    assert str(caught.value) == ("the system's keyring cannot be used: `the wallet is locked`; unlock it and try again")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"client_id": 1}'])
def test_a_damaged_file_asks_for_a_login(server: Rehearsal, tmp_path: Path, content: bytes) -> None:
    login = login_to(server, tmp_path)
    login.log_in(CREDENTIALS)
    kept_file(tmp_path).write_bytes(content)
    with pytest.raises(TokenError, match=r"cannot be (read: log in again with `uploader login`|used: not text)$"):
        login_to(server, tmp_path).access_token()
    login.log_in(CREDENTIALS)
    assert login_to(server, tmp_path).access_token()


# The commands


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; asserts that no secret is shown."""
    monkeypatch.delenv("ACTON_ACCESS_TOKEN", raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        assert not [secret for secret in SECRETS if secret in out + err]
        return code, out, err

    return run


def test_login_send_and_logout(command: Any, server: Rehearsal, upload_file: Path, data_folder: Path) -> None:
    url, host = ("--base-url", server.url), server.url[7:]
    code, out, err = command("login", *url)
    place = kept_file(data_folder / "touchpoint-preflight")
    assert (code, err) == (0, "")
    assert out == f"Logged in to {host}; the tokens are in `{place}`, which only you can read.\n"
    send = ("send", str(upload_file), "--destination", "W", "--customeventaction", "CUSTOM_ATTENDED")
    code, out, err = command(*send, *COLUMNS, *url, "--json")
    assert (code, err, json.loads(out)["outcome"], server.received) == (0, "", "confirmed", 1)
    assert json.loads(place.read_text())["access_token"] not in out
    assert command("logout", *url) == (0, f"Logged out of {host}.\n", "")
    assert command("logout", *url) == (0, f"There was no login to {host}.\n", "")
    assert command("status", "7", *url) == (
        3,
        "",
        f"uploader: no access token for {host}: log in with `uploader login --base-url {server.url}`, or set "
        "ACTON_ACCESS_TOKEN; `uploader send --rehearse` tries everything without an account\n",
    )


def test_a_logout_says_what_is_still_used(
    command: Any, server: Rehearsal, monkeypatch: pytest.MonkeyPatch, data_folder: Path
) -> None:
    for url in ("https://api.actonsoftware.com", "https://api-eu.actonsoftware.com"):
        TokenStore(url, user_ledger()).save(SavedLogin("i", "made-up", "made-up", "made-up", 9e9))
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")
    eu = "uploader: the login to api-eu.actonsoftware.com is still there: `uploader logout --region eu` removes it\n"
    used = "uploader: ACTON_ACCESS_TOKEN is set, and is still used\n"
    assert command("logout") == (0, "Logged out of api.actonsoftware.com.\n", eu + used)
    kept_file(data_folder / "touchpoint-preflight").write_text("damaged")
    assert command("logout", "--base-url", server.url)[2] == eu + used
    assert command("logout", "--region", "eu") == (0, "Logged out of api-eu.actonsoftware.com.\n", used)
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    assert command("logout") == (0, "There was no login to api.actonsoftware.com.\n", "")


def test_a_login_belongs_to_its_ledger(command: Any, server: Rehearsal, tmp_path: Path) -> None:
    ledgers = [("--base-url", server.url, "--ledger", str(tmp_path / name)) for name in ("a", "b")]
    assert command("login", *ledgers[0])[0] == 0
    assert command("status", "7", *ledgers[1])[::2] == (
        3,
        f"uploader: no access token for {server.url.removeprefix('http://')}: log in with `uploader login --base-url "
        f"{server.url} --ledger {tmp_path / 'b'}`, or set ACTON_ACCESS_TOKEN; `uploader send --rehearse` tries "
        "everything without an account\n",
    )
    assert command("login", *ledgers[1])[0] == 0
    assert command("logout", *ledgers[0])[0] == 0
    code, _out, err = command("status", "7", *ledgers[0])
    assert (code, err.startswith("uploader: no access token for ")) == (3, True)
    code, _out, err = command("status", "7", *ledgers[1])
    assert (code, "10017 - Invalid or expired Job Id" in err) == (3, True)


def test_the_environment_s_token_is_used_first(
    command: Any, server: Rehearsal, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "no-other")
    code, _out, err = command("login", "--base-url", server.url)
    assert (code, err) == (0, "uploader: ACTON_ACCESS_TOKEN is set, and is used instead of this login\n")
    code, _out, err = command("status", "7", "--base-url", server.url)
    assert code == 3
    assert "10017 - Invalid or expired Job Id" in err


def test_missing_credentials_need_a_terminal(command: Any, server: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTON_PASSWORD")
    assert command("login", "--base-url", server.url) == (
        3,
        "",
        "uploader: not logged in: no password was given; set ACTON_PASSWORD, or type it on a terminal\n",
    )


def test_only_missing_credentials_are_requested_and_secrets_are_hidden() -> None:
    asked = []

    def prompt(label: str, hidden: bool) -> str:
        asked.append((label, hidden))
        return f"typed {label}"

    found = credentials_from({"ACTON_CLIENT_ID": "an-id"}, prompt)
    assert asked == [("client secret", True), ("username", False), ("password", True)]
    assert (found.client_id, found.client_secret, found.password) == ("an-id", "typed client secret", "typed password")
    assert "typed" not in repr(found)


def test_a_person_is_asked_on_the_terminal_and_secrets_do_not_show(server: Rehearsal, data_folder: Path) -> None:
    pty = pytest.importorskip("pty")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ENVIRONMENT:
        environment.pop(name, None)
    command = [sys.executable, "-m", "uploader", "login", "--base-url", server.url]
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, command, environment)
    answers = [CREDENTIALS.client_id, CREDENTIALS.client_secret, CREDENTIALS.username, CREDENTIALS.password]
    seen = b""
    with (
        contextlib.suppress(OSError),
        os.fdopen(terminal, "r+b", buffering=0) as screen,
    ):  # OSError: the child has ended
        while data := screen.read(1024):
            seen += data
            if seen.endswith(b": ") and answers:
                screen.write(f"{answers.pop(0)}\n".encode())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    told = seen.decode().replace("\r\n", "\n")
    prompts, _, last = told.partition("Logged in to ")
    assert prompts == "client id: an-id\nclient secret: \nusername: jo@example.com\npassword: \n"
    assert last.startswith(server.url[7:])


def test_no_password_is_requested_when_a_login_is_not_allowed(
    command: Any, server: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [command("login", "--base-url", server.url)[0] for _ in range(5)] == [0] * 5
    monkeypatch.delenv("ACTON_PASSWORD")
    code, out, err = command("login", "--base-url", server.url)
    assert (code, out, server.issuer.logins) == (3, "", 5)
    assert err.startswith(
        "uploader: not logged in: 5 password logins were made in the last hour, and Act-On allows no "
    )
    assert err.endswith(" UTC\n")


# The mark is removed at every end at which the refresh token did not leave


def expired(server: Any, folder: Path, **options: Any) -> Login:
    """A login with an expired access token."""
    login_to(server, folder).log_in(CREDENTIALS)
    clock = Clock()
    calls = Calls(server.url, **{"sleep": clock.sleep, "clock": clock, **options})
    return Login(calls, TokenStore(calls.base_url, folder / "ledger.sqlite3"), now=lambda: 1_700_009_999.0)


def test_a_day_without_calls_does_not_give_up_the_refresh_token(server: Rehearsal, tmp_path: Path) -> None:
    limits = Limits(in_memory(), "a", now=lambda: 1.0, sleep=lambda seconds: None)
    full = fully_booked(limits)
    login = expired(server, tmp_path, limits=limits)
    with pytest.raises(LimitError, match=r"^30,000 calls were made in the last 24 hours"):
        login.access_token()
    assert json.loads(kept_file(tmp_path).read_text())["refreshing"] is False
    with full() as db:
        db.execute("DELETE FROM call")
    assert server.allows(f"Bearer {login.access_token()}")


def fully_booked(limits: Limits) -> Any:
    with limits.writing() as db:
        db.executemany("INSERT INTO call (account, at, login) VALUES ('a jo@example.com', 0.0, 0)", [()] * 30_000)
    return limits.writing


def interrupt(*args: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_in_a_pause_does_not_give_up_the_refresh_token(scripted: type[ScriptedServer], tmp_path: Path) -> None:
    with Rehearsal() as first:
        login_to(first, tmp_path).log_in(CREDENTIALS)
        port = int(first.url.rsplit(":", 1)[1])
        kept = kept_file(tmp_path).read_bytes()
        refusing = Calls(f"http://127.0.0.1:{port}", sleep=interrupt)
    login = Login(refusing, TokenStore(refusing.base_url, tmp_path / "ledger.sqlite3"), now=lambda: 1_700_009_999.0)
    with pytest.raises(KeyboardInterrupt):
        login.access_token()
    assert kept_file(tmp_path).read_bytes() == kept
    with Rehearsal(port=port, faults=["token:429=5"]), pytest.raises(KeyboardInterrupt):
        login.access_token()
    assert kept_file(tmp_path).read_bytes() == kept


def test_ctrl_c_while_the_answer_is_awaited_may_have_spent_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Rehearsal() as server:
        login = expired(server, tmp_path)
        monkeypatch.setattr("uploader.http.transport._body", interrupt)
        with pytest.raises(KeyboardInterrupt):
            login.access_token()
    assert json.loads(kept_file(tmp_path).read_text())["refreshing"] is True


@pytest.mark.parametrize(
    ("status", "spent"), [(302, True), (303, True), (307, False), (308, False), (400, False), (500, True), (204, True)]
)
def test_an_answer_tells_whether_the_refresh_token_is_spent(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path, status: int, spent: bool
) -> None:
    tokens = {"access_token": "access-token-1", "refresh_token": "refresh-token-1", "expires_in": 3600}
    with scripted(http(200, tokens), http(status)) as server, pytest.raises(TokenError):
        expired(server, tmp_path).access_token()
    assert json.loads(kept_file(tmp_path).read_text())["refreshing"] is spent


# Every password that leaves is counted


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "1"}, {"Retry_After": "30"}])
def test_an_hour_of_429_posts_the_password_five_times(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path, headers: dict[str, str]
) -> None:
    clock = Clock()
    clock.now = 1_700_000_000.0
    limits = Limits(in_memory(), "a", now=clock, sleep=clock.sleep)
    with scripted(*[http(429, **headers)] * 99) as server:
        while clock.now < 1_700_003_500.0:
            calls = Calls(server.url, limits=limits, sleep=clock.sleep, clock=clock)
            with pytest.raises((TokenError, LimitError)):
                Login(calls, TokenStore(calls.base_url, tmp_path / "ledger"), now=clock).log_in(CREDENTIALS)
            clock.now += 10
    assert len(server.requests) == 5
    assert all(b"password=password-7" in request for request in server.requests)


@pytest.mark.parametrize(
    ("headers", "again"),
    [({}, "2023-11-14 22:14:21"), ({"Retry_After": "1"}, "22:13:22"), ({"Retry_After": "20"}, "22:14:00")],
)
def test_one_login_under_429_posts_the_password_twice_and_says_when_to_retry(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path, headers: dict[str, str], again: str
) -> None:
    clock = Clock()
    clock.now = 1_700_000_000.0  # 22:13:20
    limits = Limits(in_memory(), "a", now=clock, sleep=clock.sleep)
    with scripted(*[http(429, **headers)] * 9) as server:
        calls = Calls(server.url, limits=limits, sleep=clock.sleep, clock=clock)
        login = Login(calls, TokenStore(calls.base_url, tmp_path / "ledger"), now=clock)
        with pytest.raises(TokenError, match=rf"; too many calls: try again at .*{again} UTC$"):
            login.log_in(CREDENTIALS)
        assert len(server.requests) == 2
        limits.of_account(CREDENTIALS.username).check_login()


def test_where_an_hour_s_logins_are_used_up_the_last_429_says_when_the_next_is_allowed(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path
) -> None:
    clock = Clock()
    clock.now = 1_700_000_000.0
    limits = Limits(in_memory(), "a", now=clock, sleep=clock.sleep)
    for _ in range(3):
        with limits.of_account(CREDENTIALS.username).login(lambda: True):
            pass
    with scripted(*[http(429)] * 9) as server:
        calls = Calls(server.url, limits=limits, sleep=clock.sleep, clock=clock)
        with pytest.raises(TokenError, match=r"; too many calls: try again at 2023-11-14 23:13:20 UTC$"):
            Login(calls, TokenStore(calls.base_url, tmp_path / "ledger"), now=clock).log_in(CREDENTIALS)
    assert len(server.requests) == 2


def test_a_login_interrupted_before_it_left_is_not_counted(tmp_path: Path) -> None:
    with Rehearsal(faults=["token:refuse"]) as server:
        limits = Limits(in_memory(), "a", allowed=ALLOWED, now=lambda: 1.0, sleep=lambda seconds: None)
        for _ in range(3):
            calls = Calls(server.url, limits=limits, sleep=interrupt)
            with pytest.raises(KeyboardInterrupt):
                Login(calls, TokenStore(calls.base_url, tmp_path / "ledger")).log_in(CREDENTIALS)
    with limits.writing() as db:
        assert db.execute("SELECT count(*) FROM call WHERE login").fetchone() == (0,)


def test_a_repeat_of_a_login_that_never_left_is_not_counted(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits, sent = Limits(in_memory(), "a", now=lambda: 1.0, sleep=lambda seconds: None), transport.send

    def interrupted_at_the_second(*args: Any, **options: Any) -> Answer:
        return interrupt() if server.requests else sent(*args, **options)  # type: ignore[func-returns-value]

    monkeypatch.setattr(transport, "send", interrupted_at_the_second)
    with scripted(http(429)) as server:
        calls = Calls(server.url, limits=limits, sleep=lambda seconds: None)
        login = Login(calls, TokenStore(calls.base_url, tmp_path / "ledger"))
        with pytest.raises(KeyboardInterrupt):
            login.log_in(CREDENTIALS)
    with limits.writing() as db:
        assert db.execute("SELECT count(*) FROM call WHERE login").fetchone() == (1,)


# Lifetimes and other unexpected values


@pytest.mark.parametrize(
    ("said", "lifetime"),
    [
        ("3600", 3600),
        ("1800.5", 1800.5),
        ('"600"', 600),
        ("30", 30),
        ("1" + "0" * 400, 3600),
        ("1e400", 3600),
        ("-5", 3600),
        ("0", 3600),
        ("true", 3600),
        ("null", 3600),
        ('"soon"', 3600),
        ("[[]]", 3600),
    ],
)
def test_an_invalid_lifetime_is_an_hour(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path, said: str, lifetime: float
) -> None:
    body = b'{"access_token": "access-token-1", "refresh_token": "r", "expires_in": %s}' % said.encode()
    with scripted(http(200, body)) as server:
        login_to(server, tmp_path).log_in(CREDENTIALS)
    kept = json.loads(kept_file(tmp_path).read_text())
    assert (kept["expires"] - 1_700_000_000.0, kept["lifetime"]) == (lifetime, lifetime)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_an_answer_with_an_invalid_json_number_is_refused(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path, number: str
) -> None:
    body = b'{"access_token": "access-token-1", "expires_in": %s}' % number.encode()
    with scripted(http(200, body)) as server, pytest.raises(TokenError, match="is not the documented one"):
        login_to(server, tmp_path).log_in(CREDENTIALS)


def test_a_token_of_half_a_minute_is_renewed_when_a_quarter_is_left_not_at_each_call(tmp_path: Path) -> None:
    now = Now()
    with Rehearsal(token_lifetime=40.0) as server:
        login = login_to(server, tmp_path, now)
        login.log_in(CREDENTIALS)
        tokens = []
        for _ in range(4):
            tokens += [login.access_token(), login.access_token()]
            now.seconds += 15
        assert server.issuer.refreshes == 1
    assert tokens[0] == tokens[3] != tokens[4] == tokens[7]


@pytest.mark.parametrize("name", ["client_id", "client_secret", "username", "password"])
def test_a_value_that_is_not_text_is_refused_without_showing_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**ENVIRONMENT, f"ACTON_{name.upper()}": "caf\udce9-secret"}
    with pytest.raises(TokenError) as caught:
        credentials_from(environment, lambda label, hidden: "")
    assert str(caught.value) == (
        f"not logged in: the {name.replace('_', ' ')} is not UTF-8 text; set ACTON_{name.upper()} in UTF-8, or type it"
    )
    assert_no_secret(caught.value, "-secret")

    def prompt(label: str, hidden: bool) -> str:
        raise UnicodeDecodeError("utf-8", b"caf\xe9-secret", 3, 4, "invalid")

    with pytest.raises(TokenError, match=r"^not logged in: the client id is not UTF-8 text") as caught:
        credentials_from({}, prompt)
    assert_no_secret(caught.value, "-secret")


def test_an_undocumented_answer_with_tokens_shows_none(
    scripted: type[ScriptedServer], http: Http, tmp_path: Path
) -> None:
    given = {"access_token": "access-token-of-somebody", "refresh_token": "refresh-token-of-somebody"}
    for body in (given, b"access_token=access-token-of-somebody&refresh_token=refresh-token-of-somebody"):
        with scripted(http(201, body)) as server, pytest.raises(TokenError, match="HTTP 201: ") as caught:
            login_to(server, tmp_path).log_in(CREDENTIALS)
        assert_no_secret(caught.value, "-of-somebody")


# One login for all paths of its ledger


def test_a_login_is_found_by_every_path_to_its_ledger(server: Rehearsal, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "linked").symlink_to(folder)
    (tmp_path / "another.sqlite3").symlink_to(folder / "ledger.sqlite3")
    paths = [
        folder / "ledger.sqlite3",
        tmp_path / "linked" / "ledger.sqlite3",
        folder / ".." / "data" / "ledger.sqlite3",
        Path(os.path.relpath(folder / "ledger.sqlite3")),
        tmp_path / "another.sqlite3",
    ]
    for made in paths:
        for found in paths:
            Login.of(server.url, made, limits=free()).log_in(CREDENTIALS)
            assert server.allows(f"Bearer {Login.of(server.url, found).access_token()}")
            assert Login.of(server.url, found).log_out()
            assert not Login.of(server.url, made).log_out()
    assert list(tmp_path.rglob("*.json")) == []


def free() -> Limits:
    return Limits(in_memory(), "a", now=lambda: 1.0, sleep=lambda seconds: None)


def test_one_host_s_names_have_one_login(tmp_path: Path) -> None:
    stores = [
        TokenStore(f"https://{name}.actonsoftware.com", tmp_path / "ledger") for name in ("api", "restapi", "api-eu")
    ]
    stores[1].save(SavedLogin("i", "s", "a", "r", 1.0, username="jo"))
    assert [store.load() is not None for store in stores] == [True, True, False]
    assert stores[0].remove()
    assert stores[1].load() is None


def test_a_login_of_an_older_version_is_found_renewed_in_its_new_place_and_removed(
    server: Rehearsal, tmp_path: Path, wallet: Wallet
) -> None:
    """It was stored under the path as given, without a lifetime and a user name."""
    keyring.set_keyring(fail.Keyring())
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    ledger = tmp_path / "linked" / "ledger.sqlite3"
    login_to(server, tmp_path).log_in(CREDENTIALS)
    kept = json.loads(kept_file(tmp_path).read_text())
    del kept["lifetime"], kept["username"]
    kept_file(tmp_path).unlink()
    keyring.set_keyring(wallet)
    wallet.entries[SERVICE, f"{server.url} {ledger}"] = json.dumps(kept)
    calls = Calls(server.url)
    login = Login(calls, TokenStore(server.url, ledger), now=lambda: 1_700_009_999.0)
    assert login.username == ""
    assert server.allows(f"Bearer {login.access_token()}")
    assert list(wallet.entries) == [(SERVICE, f"{server.url} {tmp_path / 'real' / 'ledger.sqlite3'}")]
    assert Login(calls, TokenStore(server.url, ledger)).log_out()
    assert wallet.entries == {}


def test_a_name_has_the_case_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "Data").mkdir()
    assert true_path(tmp_path / "Data" / "x") == tmp_path / "Data" / "x"
    assert true_path(tmp_path / "data" / "x") == tmp_path / "data" / "x"  # another one here, or none


def test_a_login_s_file_that_others_can_read_becomes_private_with_a_notice(server: Rehearsal, tmp_path: Path) -> None:
    login_to(server, tmp_path).log_in(CREDENTIALS)
    path = kept_file(tmp_path)
    path.chmod(0o644)
    told = list[str]()
    for _ in range(2):
        store = TokenStore(server.url, tmp_path / "ledger.sqlite3", notice=told.append)
        Login(Calls(server.url), store, now=Now()).access_token()
    assert told == [f"`{path}` could be read by others: it is private now"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_user_name_is_stored(server: Rehearsal, tmp_path: Path) -> None:
    login_to(server, tmp_path).log_in(CREDENTIALS)
    assert login_to(server, tmp_path).username == "jo@example.com"
    assert login_to(server, tmp_path / "other").username == ""


@pytest.mark.parametrize("change", [{"expires": "soon"}, {"expires": 10**400}, {"access_token": 7}, {"username": None}])
def test_a_stored_login_with_an_invalid_value_asks_for_a_login(
    server: Rehearsal, tmp_path: Path, change: dict[str, Any]
) -> None:
    login_to(server, tmp_path).log_in(CREDENTIALS)
    kept_file(tmp_path).write_text(json.dumps(json.loads(kept_file(tmp_path).read_text()) | change))
    with pytest.raises(TokenError, match=r"cannot be read: log in again with `uploader login`$"):
        login_to(server, tmp_path).access_token()


def test_a_long_base_url_has_a_file_too(tmp_path: Path) -> None:
    store = TokenStore(f"https://h.example/{'a' * 300}", tmp_path / "ledger")
    store.save(SavedLogin("i", "s", "a", "r", 1.0))
    assert len(kept_file(tmp_path).name) < 100
    assert store.load() is not None
