"""Options: a new one is a field and a use; all commands, profiles and Python then have it."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import preflight.cli.main
import uploader.cli.main
from preflight import CheckOptions, Layout, LayoutError, check, check_many
from preflight.cli.options import OneLineParser, add_options, made
from preflight.layouts.option import option_name, options_of
from uploader import Client, SendOptions, UsageError, send
from uploader.preparing.order import send_options

ROOT = Path(__file__).parents[1]
EVENTS = "Email,Date,Title\nana@x.com,01/25/2024,Webinar\n"
TOLD = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED"]
PLACES = {
    "check": (
        "preflight/model/options.py",
        "    fixes: ",
        "preflight/engine/onepass.py",
        "        rules = _own_rules(file, layout, options)\n",
        "        if options.greeting: raise InputError(options.greeting)\n",
    ),
    "layout": (
        "preflight/layouts/layout.py",
        "    encoding: ",
        "preflight/engine/onepass.py",
        "        rules = _own_rules(file, layout, options)\n",
        "        if layout.greeting: raise InputError(layout.greeting)\n",
    ),
    "send": (
        "uploader/preparing/order.py",
        "    again: ",
        "uploader/sending/send.py",
        "    ledger.database.refuse_older()\n",
        "    if order.greeting: raise UploaderError(order.greeting)\n",
    ),
}
"""The places to add an option of each kind: the field before it, and its use."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of both packages to change, and a file to check."""
    for name in ("preflight", "uploader"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "events.csv").write_text(EVENTS, encoding="utf-8")
    return tmp_path


def add_option(tree: Path, kind: str) -> None:
    """Add the option `--greeting TEXT` in two places."""
    home, near, used, where, use = PLACES[kind]
    text = (tree / home).read_text(encoding="utf-8")
    before = text.index(f"\n{near}") + 1
    made = "_option" if kind == "layout" else "option_field"
    more = ", in_next=True" if kind == "check" else ""
    field = f'    greeting: str | None = {made}("say this", "TEXT"{more})\n'
    (tree / home).write_text(text[:before] + field + text[before:], encoding="utf-8")
    text = (tree / used).read_text(encoding="utf-8")
    assert text.count(where) == 1
    (tree / used).write_text(text.replace(where, where + use), encoding="utf-8")


def run(tree: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "HOME": str(tree), "XDG_DATA_HOME": str(tree / "data")}
    return subprocess.run(
        [sys.executable, *args], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", ["check", "layout"])
def test_an_option_of_a_check_is_a_field_and_a_use(kind: str, tree: Path) -> None:
    add_option(tree, kind)
    greeted = ["events.csv", "--greeting", "hello you"]
    assert run(tree, "-m", "preflight", "check", *greeted).stderr == "preflight: hello you\n"
    sending = run(tree, "-m", "uploader", "send", *greeted, *AS, "--rehearse")
    assert (sending.returncode, sending.stderr) == (2, "uploader: hello you\n")
    assert "--greeting TEXT" in run(tree, "-m", "uploader", "send", "--help").stdout
    script = (
        "from preflight import Layout, check\nfrom uploader import Client, send\n"
        "layout = dict(email=0, date=1, title=2, dateformat='MM/dd/yyyy')\n"
        "to = dict(destination='W', customeventaction='CUSTOM_GENERAL', client=Client('t', base_url='http://[::1]:9'))\n"
    )
    given = "Layout(**layout, greeting='hi')" if kind == "layout" else "Layout(**layout), greeting='hi'"
    for call in (f"check('events.csv', {given})", f"send('events.csv', {given}, **to)"):
        assert run(tree, "-c", script + call).stderr.endswith("preflight.errors.InputError: hi\n")
    if kind == "layout":
        (tree / "p.toml").write_text('greeting = "from a profile"\n', encoding="utf-8")
        told = run(tree, "-m", "preflight", "check", "events.csv", "--profile", "p.toml").stderr
        assert told == "preflight: from a profile\n"


def test_a_new_option_is_repeated_in_the_next_command(tree: Path) -> None:
    add_option(tree, "check")
    used = tree / "preflight/engine/onepass.py"
    used.write_text(used.read_text(encoding="utf-8").replace("if options.greeting:", "if False:"), encoding="utf-8")
    done = run(tree, "-m", "preflight", "check", "events.csv", "--greeting", "hello you")
    assert done.stderr == ""
    assert "Next: uploader send events.csv" in done.stdout
    assert ' --greeting "hello you" ' in done.stdout


def test_an_option_of_sending_is_a_field_and_a_use(tree: Path) -> None:
    add_option(tree, "send")
    told = run(tree, "-m", "uploader", "send", "events.csv", "--greeting", "hello you", *AS, "--rehearse").stderr
    assert told == "uploader: hello you\n"
    assert run(tree, "-m", "preflight", "check", "events.csv", "--greeting", "hello").returncode == 2


def test_every_option_has_help_and_a_name_of_its_own() -> None:
    names = [option_name(*one) for kind in (Layout, CheckOptions, SendOptions) for one in options_of(kind).items()]
    assert len(set(names)) == len(names)
    for kind in (Layout, CheckOptions, SendOptions):
        assert all(one.help for one in options_of(kind).values())
    assert options_of(CheckOptions).keys() | {"rules"} == CheckOptions.__dataclass_fields__.keys()
    assert options_of(Layout).keys() | {"others"} == Layout.__dataclass_fields__.keys()
    assert options_of(SendOptions).keys() | {"check"} == SendOptions.__dataclass_fields__.keys()


@pytest.mark.parametrize("kind", [CheckOptions, Layout])
def test_an_option_not_given_is_the_default(kind: type) -> None:
    parser = OneLineParser()
    add_options(parser, kind)
    given = parser.parse_args([])
    given.known_titles = None  # a file with titles
    assert made(kind, given) == kind()


def test_options_are_given_as_an_object_or_by_name(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(EVENTS * 1 + "bo@x.com,01/26/1991,Webinar\n", encoding="utf-8")
    options = CheckOptions(oldest=date(2020, 1, 1))
    assert set(check(file, None, options).warnings) == {"date-old"}
    assert set(check(file, None, options, oldest=date(1991, 1, 1)).warnings) == set()
    assert set(check(file, oldest=date(2020, 1, 1)).warnings) == {"date-old"}
    assert inspect.signature(check).parameters["oldest"].default is None
    with pytest.raises(TypeError, match=r"^check\(\) got an unexpected keyword argument 'oldst'; did you mean oldest"):
        check(file, oldst=date(2020, 1, 1))


def test_options_of_sending_hold_those_of_the_check() -> None:
    whole = SendOptions(destination="W", customeventaction="CUSTOM_GENERAL", check=CheckOptions(max_shown=3))
    assert send_options(whole, {"again": True, "fix": ["blanks"]}) == replace(
        whole, again=True, check=CheckOptions(max_shown=3, fix=("blanks",))
    )
    named = {"destination": "W", "customeventaction": "CUSTOM_GENERAL", "max_shown": 3}
    assert send_options(None, named) == whole
    parameters = inspect.signature(send).parameters
    assert {"destination", "only_new", "fix", "max_shown"} <= parameters.keys()
    assert parameters["destination"].default is inspect.Parameter.empty
    with pytest.raises(UsageError, match=r"^send writes no clean: use a check for that$"):
        send("e.csv", TOLD, **named, clean="c.csv", client=Client("t", base_url="http://127.0.0.1:9"))


def test_a_merge_accepts_no_other_clean_file(tmp_path: Path) -> None:
    message = "^--merge-into adds the good rows to a clean file, --clean begins a new one: give one of them$"
    with pytest.raises(LayoutError, match=message):
        preflight.merge_into("c.csv", "e.csv", Layout(), CheckOptions(clean="d.csv"))


@pytest.mark.parametrize("output", ["--clean", "--bad-rows", "--report"])
@pytest.mark.parametrize("read", ["--known-titles", "--profile"])
def test_no_output_overwrites_an_input(
    output: str, read: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text(EVENTS, encoding="utf-8")
    Path("given.csv").write_text('email = "Email"\n', encoding="utf-8")
    assert preflight.cli.main.main(["check", "events.csv", read, "given.csv", output, "./given.csv"]) == 2
    told = f"cannot write `./given.csv`: it is the file that {read} names"
    assert capsys.readouterr() == ("", f"preflight: {told}\n")
    if output == "--report":
        sending = ["send", "events.csv", *AS, "--rehearse", read, "given.csv", output, "given.csv"]
        assert uploader.cli.main.main(sending) == 2
        assert capsys.readouterr() == ("", f"uploader: {told.replace('./', '')}\n")
    assert Path("given.csv").read_text(encoding="utf-8") == 'email = "Email"\n'


def test_a_profile_does_not_overwrite_an_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text(EVENTS, encoding="utf-8")
    Path("p.toml").write_text('email = "Email"\n', encoding="utf-8")
    for path, named in (("events.csv", "FILE"), ("p.toml", "--profile")):
        before = Path(path).read_bytes()
        assert preflight.cli.main.main(["inspect", "events.csv", "--profile", "p.toml", "--save", path]) == 2
        assert capsys.readouterr() == ("", f"preflight: cannot write `{path}`: it is the file that {named} names\n")
        assert Path(path).read_bytes() == before


def test_send_accepts_reports_and_strict_like_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text(EVENTS + "bo@x.com,01/26/1981,Webinar\n", encoding="utf-8")
    sending = ["send", "events.csv", *AS, "--rehearse", "--dateformat", "MM/dd/yyyy"]
    assert uploader.cli.main.main([*sending, "--strict", "--report", "r.csv"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Nothing sent: 1 warning, and --strict was given. Next: preflight codes date-old"
    )
    assert "date-old" in Path("r.csv").read_text(encoding="utf-8")
    assert uploader.cli.main.main([*sending, "--report", "github"]) == 0
    assert capsys.readouterr().out.startswith("::notice file=events.csv,")
    assert uploader.cli.main.main([*sending, "--report", "github", "--json"]) == 2
    told = "uploader: --report github and --json both print to stdout: give one of them\n"
    assert capsys.readouterr().err == told


WRONG_KINDS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"layout": {"email": "Email"}}, TypeError, "layout takes a preflight.Layout, not a dict"),
    ({"layout": CheckOptions()}, TypeError, "layout takes a preflight.Layout, not a CheckOptions"),
    ({"options": Layout()}, TypeError, "options takes a preflight.CheckOptions, not a Layout"),
    ({"oldest": "2024-01-01"}, TypeError, "oldest takes a datetime.date, not a str"),
    ({"newest": 2024}, TypeError, "newest takes a datetime.date, not a int"),
    ({"report": "r.html"}, TypeError, "{name}() got an unexpected keyword argument 'report'; did you mean reports?"),
    ({"fix": True}, TypeError, "fix takes the names of fixes, not True: fix=('blanks', 'mailto') or fix=FIXES"),
    ({"accept": True}, TypeError, "accept takes problem codes, not True: accept=['date-year', 'email-typo']"),
    ({"reports": True}, TypeError, "reports takes several files, not one: reports=['report.html']"),
    ({"max_shown": -1}, LayoutError, "max_shown -1 is no number of problems to show; it counts from 0"),
]


@pytest.mark.parametrize(("given", "error", "says"), WRONG_KINDS)
def test_arguments_of_the_wrong_type_are_reported(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(says.replace('{name}', 'check'))}$"):
        check("missing.csv", **given)
    with pytest.raises(error, match=f"^{re.escape(says.replace('{name}', 'check_many'))}$"):
        check_many(["missing.csv"], **({"layout": None} | given))


def test_a_value_after_a_blank_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("e.csv").write_text(EVENTS, encoding="utf-8")
    for words in (["--fix", "blanks,mailto"], ["--normalize-dates", "day"]):
        for arguments in (["e.csv", *words], [*words, "e.csv"]):
            with pytest.raises(SystemExit) as ended:
                preflight.cli.main.main(["check", *arguments])
            says = f"argument {words[0]}: its value follows a `=`: write {'='.join(words)}"
            err = capsys.readouterr().err
            assert (ended.value.code, err) == (2, f"preflight check: {says}; see preflight check --help\n")
    Path("blanks").write_text(EVENTS, encoding="utf-8")
    assert preflight.cli.main.main(["check", "--fix", "blanks", "--json"]) == 0
    with pytest.raises(SystemExit):
        preflight.cli.main.main(["check", "--help"])
    assert "[--fix[=KIND,…]]" in capsys.readouterr().out
