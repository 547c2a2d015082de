"""Login against the stand-in's token endpoint: tokens are kept in private, spent once, and shown nowhere."""

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

from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.test_client import Clock
from uploader import Client, Job, NotSentError, TokenError
from uploader.calls import Calls
from uploader.cli import main
from uploader.login import Credentials, Login, credentials_from
from uploader.rehearsal import Account, Rehearsal
from uploader.tokenstore import SERVICE, TokenStore

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
    """The time of day, which passes when told."""

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
    assert (server.desk.logins, server.desk.refreshes) == (1, 0)


def test_a_login_to_one_host_is_none_to_another(server: Rehearsal, tmp_path: Path) -> None:
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
    assert (server.desk.logins, server.desk.refreshes) == (1, 1)


def test_an_upload_that_meets_a_401_renews_the_token(
    server: Rehearsal, form: dict[str, str], upload_file: Path, tmp_path: Path
) -> None:
    login = login_to(server, tmp_path)
    login.log_in(CREDENTIALS)
    server.desk.expire(login.access_token())
    assert Client(login, base_url=server.url).upload(form, upload_file) == Job("15937380")
    assert (server.desk.refreshes, server.received) == (1, 1)


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
    assert server.desk.refreshes == 1
    assert "POST /token" in caplog.text
    assert not [secret for secret in (*SECRETS, kept["access_token"], kept["refresh_token"]) if secret in caplog.text]


# A refresh token works once


def test_two_threads_and_two_logins_spend_it_once(server: Rehearsal, tmp_path: Path) -> None:
    now = Now()
    login_to(server, tmp_path, now).log_in(CREDENTIALS)
    now.seconds += 3600
    got: list[str] = []
    spenders = [
        threading.Thread(target=lambda: got.append(login_to(server, tmp_path, now).access_token())) for _ in range(4)
    ]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join()
    assert (len(got), len(set(got)), server.desk.refreshes) == (4, 1, 1)


SPENDER = """
import sys
from pathlib import Path
from uploader.calls import Calls
from uploader.login import Login
from uploader.tokenstore import TokenStore

calls = Calls(sys.argv[1])
store = TokenStore(calls.base_url, Path(sys.argv[2]) / "ledger.sqlite3")
print(Login(calls, store, now=lambda: 1_700_003_600.0).access_token())
"""


def test_two_processes_spend_it_once(server: Rehearsal, tmp_path: Path) -> None:
    login_to(server, tmp_path).log_in(CREDENTIALS)
    command = [sys.executable, "-c", SPENDER, server.url, str(tmp_path)]
    spenders = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    got = [spender.communicate()[0] for spender in spenders]
    assert [spender.returncode for spender in spenders] == [0, 0]
    assert (len(set(got)), server.desk.refreshes) == (1, 1)


BROKE_OFF = (
    "renewing the access token for {host} broke off before the answer was saved: the refresh token may be spent; "
    "log in with `uploader login`"
)


@pytest.mark.parametrize("fault", ["token:reset-after,times=1", "token:500,times=1", "token:html,times=1"])
def test_a_refresh_without_a_usable_answer_is_said_then_and_later(fault: str, tmp_path: Path) -> None:
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
    """Killed once the endpoint has spent the refresh token, before the answer is saved."""
    login_to(server, tmp_path).log_in(CREDENTIALS)
    kill = "import os, signal, uploader.login as l\nl.Login._tokens = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
    command = [sys.executable, "-c", kill + SPENDER, server.url, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, server.desk.refreshes) == (-9, "", 1)
    with pytest.raises(TokenError) as caught:
        login_to(server, tmp_path).access_token()
    assert str(caught.value) == BROKE_OFF.format(host=server.url[7:])


def test_a_refresh_that_never_left_spends_nothing(tmp_path: Path) -> None:
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


def test_a_refresh_token_that_is_void_asks_for_a_login(server: Rehearsal, tmp_path: Path) -> None:
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


def test_the_keyring_is_preferred_and_takes_over_from_the_file(
    server: Rehearsal, tmp_path: Path, wallet: Wallet
) -> None:
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
def test_a_spoiled_file_asks_for_a_login(server: Rehearsal, tmp_path: Path, content: bytes) -> None:
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
    """Run a command in this process; no secret may show."""
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
    code, out, err = command(*send, "--dateformat", "MM/dd/yyyy", *url, "--json")
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


def test_a_login_goes_with_its_ledger(command: Any, server: Rehearsal, tmp_path: Path) -> None:
    ledgers = [("--base-url", server.url, "--ledger", str(tmp_path / name)) for name in ("a", "b")]
    assert command("login", *ledgers[0])[0] == 0
    assert command("status", "7", *ledgers[1])[::2] == (
        2,
        f"uploader: the ledger `{tmp_path / 'b'}` does not exist\n",
    )
    assert command("login", *ledgers[1])[0] == 0
    assert command("logout", *ledgers[0])[0] == 0
    code, _out, err = command("status", "7", *ledgers[0])
    assert (code, err.startswith("uploader: no access token for ")) == (3, True)
    code, _out, err = command("status", "7", *ledgers[1])
    assert (code, "10017 - Invalid or expired Job Id" in err) == (3, True)


def test_the_environment_s_token_wins(
    command: Any, server: Rehearsal, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "no-other")
    code, _out, err = command("login", "--base-url", server.url)
    assert (code, err) == (0, "uploader: ACTON_ACCESS_TOKEN is set, and wins over this login\n")
    code, _out, err = command("status", "7", "--base-url", server.url)
    assert code == 3
    assert "10017 - Invalid or expired Job Id" in err


def test_what_is_missing_cannot_be_asked_for_without_a_terminal(
    command: Any, server: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACTON_PASSWORD")
    assert command("login", "--base-url", server.url) == (
        3,
        "",
        "uploader: not logged in: no password was given; set ACTON_PASSWORD, or type it on a terminal\n",
    )


def test_only_what_is_missing_is_asked_for_and_secrets_are_hidden() -> None:
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
    with contextlib.suppress(OSError), os.fdopen(terminal, "r+b", buffering=0) as screen:  # OSError: the child has gone
        while data := screen.read(1024):
            seen += data
            if seen.endswith(b": ") and answers:
                screen.write(f"{answers.pop(0)}\n".encode())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    told = seen.decode().replace("\r\n", "\n")
    prompts, _, last = told.partition("Logged in to ")
    assert prompts == "client id: an-id\nclient secret: \nusername: jo@example.com\npassword: \n"
    assert last.startswith(server.url[7:])


def test_nobody_is_asked_when_a_login_is_not_allowed(
    command: Any, server: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [command("login", "--base-url", server.url)[0] for _ in range(5)] == [0] * 5
    monkeypatch.delenv("ACTON_PASSWORD")
    code, out, err = command("login", "--base-url", server.url)
    assert (code, out, server.desk.logins) == (3, "", 5)
    assert err.startswith(
        "uploader: not logged in: 5 password logins were made in the last hour, and Act-On allows no "
    )
    assert err.endswith(" UTC\n")
