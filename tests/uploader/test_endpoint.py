"""Base URLs: which are valid, how they are sent, and which of them belong to one account."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.account.hosts import base_url_option, canonical_base_url
from uploader.acton.endpoint import UPLOAD_PATH
from uploader.cli.main import main
from uploader.errors import UsageError
from uploader.http import transport
from uploader.wire import auth
from uploader.wire.session import new_session
from uploader.wire.url import checked_base_url, is_loopback


def sent_url(base_url: str) -> str | None:
    session = new_session(base_url)
    return transport.prepare(session, "GET", base_url + UPLOAD_PATH, auth.Bearer("")).url


def test_a_request_without_a_token_has_no_header_for_one() -> None:
    base_url = "https://api.example"
    assert "Authorization" not in transport.prepare(new_session(base_url), "GET", base_url, auth.Bearer("")).headers


@pytest.mark.parametrize(
    ("text", "checked", "canonical"),
    [
        ("https://api.actonsoftware.com", "https://api.actonsoftware.com", "https://api.actonsoftware.com"),
        ("HTTPS://Api.ActOnSoftware.COM/", "https://api.actonsoftware.com", "https://api.actonsoftware.com"),
        ("https://restapi.actonsoftware.com", "https://restapi.actonsoftware.com", "https://api.actonsoftware.com"),
        (
            "https://RestApi.actonsoftware.com.:443",
            "https://restapi.actonsoftware.com.",
            "https://api.actonsoftware.com",
        ),
        ("https://api%2Eactonsoftware%2ecom", "https://api.actonsoftware.com", "https://api.actonsoftware.com"),
        ("https://api-eu.actonsoftware.com", "https://api-eu.actonsoftware.com", "https://api-eu.actonsoftware.com"),
        ("https://h.example:0443", "https://h.example", "https://h.example"),
        ("https://h.example:", "https://h.example", "https://h.example"),
        ("https://h.example:8443//", "https://h.example:8443", "https://h.example:8443"),
        ("https://h.example:80/", "https://h.example:80", "https://h.example:80"),
        ("https://h.example./a", "https://h.example./a", "https://h.example/a"),
        ("https://h.example/a/./b/../c//", "https://h.example/a/c", "https://h.example/a/c"),
        ("https://h.example/.", "https://h.example", "https://h.example"),
        ("https://h.example/../..", "https://h.example", "https://h.example"),
        ("https://h.example//a", "https://h.example/a", "https://h.example/a"),
        ("https://h.example/%61%2f%7e%2e%2E/x", "https://h.example/a%2F~../x", "https://h.example/a%2F~../x"),
        ("https://h.example/a/%2e%2E/b", "https://h.example/b", "https://h.example/b"),
        ("https://h.example/Acton", "https://h.example/Acton", "https://h.example/Acton"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://my_gateway", "https://my_gateway", "https://my_gateway"),
        ("https://192.0.2.1.", "https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:DB8:0::1]:443", "https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("http://[0:0::1]:8080/", "http://[::1]:8080", "http://[::1]:8080"),
        ("http://LOCALHOST:80", "http://localhost", "http://localhost"),
        ("http://localhost.:8080", "http://localhost.:8080", "http://localhost:8080"),
        ("http://127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_every_spelling_of_a_base_url_becomes_one(text: str, checked: str, canonical: str) -> None:
    assert (checked_base_url(text), canonical_base_url(text)) == (checked, canonical)
    assert sent_url(checked) == checked + UPLOAD_PATH


HOSTS = "its host is neither a name nor an address"
PATHS = "its path has a character that must be escaped, or an invalid escape"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://.h", HOSTS),
        ("https://.", HOSTS),
        ("https://h..example", HOSTS),
        ("https://h.example..", HOSTS),
        ("https://*.example", HOSTS),
        ("https://-h.example", HOSTS),
        ("https://h-.example", HOSTS),
        ("https://a%00b.example", HOSTS),
        ("https://a%2Fb.example", HOSTS),
        ("https://%zz.example", HOSTS),
        ("https://xn--.example", HOSTS),
        ("https://xn--99999999.example", HOSTS),
        ("https://b%C3%BCcher.example", "write its host in ASCII, as xn--…"),
        ("https://127.1", HOSTS),
        ("https://0x7f.0.0.1", HOSTS),
        ("https://2130706433", HOSTS),
        ("https://1.2.3.4.5", HOSTS),
        ("https://999.1.1.1", HOSTS),
        ("https://[fe80::1%25eth0]", "its address has a zone"),
        ("https://h.example:0", "there is no port 0"),
        ("https://h.example/a%2", PATHS),
        ("https://h.example/%zz", PATHS),
        ("https://h.example/[x]", PATHS),
        ("https://h.example/a|b", PATHS),
        ("https:h.example", "give https://HOST"),
        ("https:///h.example", "give https://HOST"),
        ("//h.example", "give https://HOST"),
    ],
)
def test_an_invalid_base_url_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_base_url(text)
    assert str(caught.value) == f"the base URL `{text}` is not valid: {why}"


@pytest.mark.parametrize(
    "text", [f"https://{'a' * 64}.example", f"https://{'a.' * 127}example", "https://h/" + "a" * 2000]
)
def test_a_base_url_with_too_long_a_piece_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not valid: (its host is neither|it is longer than 2,000 characters$)"):
        checked_base_url(text)


STARTS = st.sampled_from(["https://", "http://", "HTTPS:", "//"])
HOSTS_GIVEN = st.sampled_from(
    ["h", "H.example", "restapi.actonsoftware.com", "127.0.0.1", "localhost", "[::1]", "xn--"]
)
SIGNS = st.sampled_from(["[", ".", "..", "/", "/.", "/..", "%2e", "%2F", "%", "-", "_", ":443", ":80", ":0", ":", ";"])
URLS = st.tuples(STARTS, HOSTS_GIVEN, st.lists(SIGNS | HOSTS_GIVEN, max_size=6).map("".join)).map("".join)


@given(URLS | st.text(max_size=20).map("https://".__add__))
def test_an_accepted_base_url_is_sent_as_is_and_normalized(text: str) -> None:
    try:
        checked = checked_base_url(text)
    except UsageError:
        return
    canonical = canonical_base_url(text)
    assert sent_url(checked) == checked + UPLOAD_PATH
    assert checked_base_url(checked) == checked
    assert canonical_base_url(canonical) == canonical_base_url(checked) == canonical == checked_base_url(canonical)
    assert checked.startswith("https://") or is_loopback(checked)


def test_a_command_to_paste_keeps_a_base_url_whole() -> None:
    assert base_url_option("https://api.actonsoftware.com") == ""
    assert base_url_option("https://api-eu.actonsoftware.com") == " --region eu"
    assert base_url_option("https://h.example/a") == " --base-url https://h.example/a"
    assert base_url_option("https://h.example/a;b") == ' --base-url "https://h.example/a;b"'


@pytest.mark.parametrize(
    "command",
    [
        ("send", "events.csv", "--destination", "W", "--customeventaction", "CUSTOM_ATTENDED"),
        ("status", "7"),
        ("titles", "W"),
        ("login",),
        ("logout",),
    ],
)
@pytest.mark.parametrize("ledger", [(), ("--ledger", "mine.sqlite3")])
@pytest.mark.parametrize("url", ["https://.h", "http://h.example", ""])
def test_a_base_url_is_validated_before_the_ledger_is_opened(
    command: tuple[str, ...],
    ledger: tuple[str, ...],
    url: str,
    data_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")
    assert main([*command, *ledger, "--base-url", url]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"uploader: the base URL `{url}` is not ")
    assert list(data_folder.rglob("*")) == list(tmp_path.rglob("*")) == []
