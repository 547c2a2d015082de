"""No secret is shown, in whatever form a server returns it, and no address is stored."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.cli.main import main
from uploader.errors import InDoubtError, TokenError
from uploader.masking import from_outside, hide, masked, without_addresses

FORMS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with every slash escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, all of it": lambda text: "".join(f"\\u{ord(one):04x}" for one in text if ord(one) < 0x10000),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML": html.escape,
    "HTML, decimal": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(one):04X};" for one in text),
    "HTML in JSON": lambda text: json.dumps(html.escape(text))[1:-1],
    "URL": lambda text: quote(text, safe=""),
    "URL, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "a form": quote_plus,
    "Python": lambda text: repr(text)[1:-1],
    "Python, as bytes": lambda text: repr(text.encode())[2:-1],
    "capital letters": lambda text: "".join(one.upper() if one.isascii() else one for one in text),
    "folded over lines": lambda text: "\r\n\t".join(text),
    "NULs between": "\0".join,
    "full width": lambda text: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text),
}


@pytest.mark.parametrize(
    "secret", ["12345678-9abc-defg-hijk-secret", 'p"w &1/+ä日\\x end', "pass&amp;b%41\\u0041", "x'y<z>"]
)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_masked_in_every_form(secret: str, form: Callable[[str], str]) -> None:
    hide(secret)
    assert masked(f"you sent {form(secret)} .") == "you sent **** ."
    assert from_outside(f"you sent {form(secret)} .", 80) == "you sent **** ."


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=6, max_size=40), st.sampled_from(list(FORMS)))
def test_no_secret_is_left_in_any_form(secret: str, form: str) -> None:
    hide(secret)
    if form == "JSON, all of it" and any(ord(one) > 0xFFFF for one in secret):
        return
    told = masked(f"<{FORMS[form](secret)}>")
    assert "****" in told
    assert secret not in html.unescape(told)


def test_a_truncated_secret_leaves_no_beginning() -> None:
    secret = "12345678-9abc-defg-hijk-secret"
    hide(secret)
    assert masked(f"bad token {secret[:12]}...") == "bad token ****..."
    assert masked(f"bad token {secret[:-1]}") == "bad token ****"
    for size in range(1, len(secret)):
        shown = from_outside("x " * 30 + secret, 60 + size)
        assert "123456" not in shown
        assert "123456" not in from_outside("x" * (20_000 - size) + secret, 30_000)


def test_a_short_secret_is_masked_only_as_a_word_of_a_server() -> None:
    hide("new")
    assert from_outside("you sent new, and news are no secret", 80) == "you sent ****, and news are no secret"
    assert masked("get a new one") == "get a new one"


def test_every_error_of_ours_is_masked() -> None:
    hide("a-client-secret")
    assert str(TokenError("got a-client-secret")) == "got ****"
    doubt = InDoubtError("got a%2Dclient%2Dsecret", "look")
    assert (str(doubt), doubt.why) == ("got ****; look", "got ****")


def test_the_traceback_of_a_crash_is_masked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*args: object, **options: object) -> None:
        hide("a-client-secret")
        try:
            raise ValueError("a-client-secret")
        except ValueError as error:
            raise RuntimeError("while reading a%2Dclient%2Dsecret") from error

    monkeypatch.setattr("uploader.cli.ledger.open_ledger", crash)
    assert main(["history"]) == 70
    told = capsys.readouterr().err
    assert "ValueError: ****\n" in told
    assert told.endswith("\nRuntimeError: while reading ****\n")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("bad address jo@example.com, row 3", "bad address ****, row 3"),
        ("bad address jo%40example.com", "bad address ****"),
        ("bad address jo%2540example.com", "bad address ****"),
        ("bad address jo&#64;example.com", "bad address ****"),
        ("bad address jo&#x40;example.com", "bad address ****"),
        ("bad address jo&commat;example.com", "bad address ****"),
        (r"bad address jo\u0040example.com", "bad address ****"),
        ("bad address jo\N{FULLWIDTH COMMERCIAL AT}example.com", "bad address ****"),
        ("bad address jo (at) example.com", "bad address ****"),
        ("<jo@example.com>", "<****>"),
        ('"jo smith"@example.com is bad', "**** is bad"),
        ('{"email": "jo@example.com", "row": 3}', '{"email": "****", "row": 3}'),
        ("mailto:jo@example.com", "mailto:****"),
        ("a@b@c", "****"),
        ("5 @ 3, @ and jo @home", "5 @ 3, @ and jo @home"),
        ("no address", "no address"),
    ],
)
def test_no_address_is_kept(text: str, left: str) -> None:
    assert without_addresses(text) == left


@pytest.mark.parametrize("text", ["@" * 20_000, '"@' * 10_000, "%25" * 7_000, "\\" * 20_000, "12345678-9ab" * 1_600])
def test_a_hostile_text_is_masked_quickly(text: str) -> None:
    """Each once took half a minute, as the search restarted at every character; none may take 0.25 s."""
    hide("12345678-9abc-defg-hijk-secret")
    assert len(from_outside(text, 300)) <= 600
    assert len(without_addresses(text)) <= len(text) * 2
