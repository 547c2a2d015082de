"""A real send detects no required part in silence: missing ones are proposed, and a terminal asks for consent."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from preflight import Layout, LayoutError, check
from tests.uploader.conftest import Run
from tests.uploader.test_guard import CTRL_C, terminal
from tests.uploader.user import COLUMNS, LAYOUT
from uploader import Client, Ledger, send
from uploader.rehearsal.server import Rehearsal

GOOD = "Email,Date,Title\n" + "".join(f"a{i}@example.com,01/{i + 10}/2024,Webinar\n" for i in range(8))
TO = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED"]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "my events.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


FOUND = (
    "uploader: nothing was sent: --email, --date, --title and --dateformat must be given, as an upload cannot be "
    "taken back; this was found in the file\n"
    "  email 0 `Email`: `a0@example.com`, 8 different addresses\n"
    "  date 1 `Date`: `01/10/2024`, 8 different dates\n"
    "  title 2 `Title`: `Webinar`, 1 different text\n"
    "  dateformat MM/dd/yyyy: it reads all 8 dates; `dd/MM/yyyy` is ruled out by row 4: `01/13/2024`\n"
)


def test_missing_parts_are_proposed_and_nothing_is_posted(run: Run, folder: Path) -> None:
    file = write(folder, GOOD)
    with Rehearsal() as server:
        to = [*TO, "--base-url", server.url]
        code, out, err = run("send", file, *to)
        said, _, command = err.rstrip("\n").partition("Next: ")
        assert (code, out, said) == (2, "", FOUND)
        assert command == (
            'uploader send "my events.csv" --destination Webinars --customeventaction CUSTOM_ATTENDED '
            f"--base-url {server.url} --email Email --date Date --title Title --dateformat MM/dd/yyyy"
        )
        assert server.received == 0
        assert list(Path(os.environ["XDG_DATA_HOME"]).iterdir()) == []
        assert run("send", *shlex.split(command)[2:])[0] == 0
        assert server.received == 1


@pytest.mark.parametrize("left_out", range(4))
def test_each_part_is_required(run: Run, folder: Path, left_out: int) -> None:
    file = write(folder, GOOD)
    told = [*COLUMNS[: 2 * left_out], *COLUMNS[2 * left_out + 2 :]]
    option, value = COLUMNS[2 * left_out : 2 * left_out + 2]
    with Rehearsal() as server:
        code, _out, err = run("send", file, *TO, *told, "--yes", "--base-url", server.url)
        assert (code, server.received) == (2, 0)
    assert err.startswith(f"uploader: nothing was sent: {option} must be given, ")
    assert err.endswith(f" {option} {value}\n")


def test_json_has_the_choices(run: Run, folder: Path) -> None:
    file = write(folder, GOOD)
    code, out, _err = run("send", file, *TO, "--email", "0", "--date", "Date", "--json")
    assert (code, json.loads(out)) == (
        2,
        {
            "error": {
                "code": "not-told",
                "message": "nothing was sent: --title and --dateformat must be given, as an upload cannot be "
                "taken back; this was found in the file",
                "choices": [
                    {"number": 2, "label": "Title", "sample": "Webinar", "holds": "texts", "distinct": 1,
                     "column": "title", "option": "--title Title"},
                    {"column": "dateformat", "dateformat": "MM/dd/yyyy", "option": "--dateformat MM/dd/yyyy"},
                ],
            }
        },
    )  # fmt: skip


OPEN = [
    ("First,Company,Email,Date\nAna,Acme,a@x.com,03/04/2024\nBo,Beta,b@x.com,03/05/2024\n",
     "--email Email --date Date --title TITLE-COLUMN --dateformat DATE-FORMAT"),
    ("Email,Date,One,Two\n" + "a@x.com,01/25/2024,Tea,Talk\n",
     "--email Email --date Date --title TITLE-COLUMN --dateformat MM/dd/yyyy"),
    ("Email,Created,Updated,Event\na@x.com,2024-01-25,2024-01-26,Demo\n",
     "--email Email --date DATE-COLUMN --title Event --dateformat DATE-FORMAT"),
    ("Email,Birthday\na@x.com,2000-01-25\n",
     "--email 0 --date DATE-COLUMN --title TITLE-COLUMN --dateformat DATE-FORMAT"),
    ("Email,Date,Price in $ of the event\na@x.com,2024-01-25,Demo\n",
     "--email Email --date Date --title TITLE-COLUMN --dateformat yyyy-MM-dd"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options"), OPEN, ids=[text.splitlines()[0] for text, _ in OPEN])
def test_an_open_part_is_a_placeholder_that_is_refused(run: Run, folder: Path, text: str, options: str) -> None:
    file = write(folder, text, "e.csv")
    code, out, err = run("send", file, *TO)
    assert (code, out) == (2, "")
    assert "; this was found in the file; the rest only you know" in err
    command = err.rstrip("\n").rpartition("Next: ")[2]
    assert command == f"uploader send e.csv {' '.join(TO)} {options}"
    code, out, err = run("send", *shlex.split(command)[2:])
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert " stands for the " in err
    assert err.endswith((": put that in its place\n", ": put these in their places\n"))


def test_a_day_above_the_table_needs_no_format(run: Run, folder: Path) -> None:
    file = write(folder, "Webinar,Demo\nDate,2024-01-25\n\nName,Email\nAl,a@x.com\nBo,b@x.com\n", "e.csv")
    with Rehearsal() as server:
        to = [*TO, "--base-url", server.url]
        code, _out, err = run("send", file, *to)
        command = err.rstrip("\n").rpartition("Next: ")[2]
        assert command == f"uploader send e.csv {' '.join(to)} --email Email --date-text 2024-01-25 --title-text Demo"
        assert (code, run("send", *shlex.split(command)[2:])[0]) == (2, 0)


@pytest.mark.parametrize(
    ("option", "value", "meaning"),
    [
        ("--destination", "DESTINATION", "the custom event's name, as Act-On shows it"),
        ("--customeventaction", "ACTION", "what kind of touch point the rows are, such as CUSTOM_ATTENDED"),
    ],
)
def test_a_placeholder_for_a_destination_or_an_action_is_refused(
    run: Run, folder: Path, option: str, value: str, meaning: str
) -> None:
    file = write(folder, GOOD)
    for how in ([], ["--rehearse"], ["--dry-run"]):
        told = [*TO, option, value]
        assert run("send", file, *told, *COLUMNS, *how) == (
            2,
            "",
            f"uploader: {option} {value} stands for {meaning}: put that in its place\n",
        )


def test_standard_input_cannot_be_read_again(run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    with open(write(folder, GOOD), encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        code, _out, err = run("send", "-", *TO)
    assert code == 2
    assert err.splitlines()[-1].startswith("Next: uploader send FILE --destination Webinars ")


def test_a_rehearsal_and_a_dry_run_find_what_is_open(run: Run, folder: Path) -> None:
    file = write(folder, GOOD)
    assert run("send", file, *TO, "--rehearse")[0] == 0
    assert run("send", file, *TO, "--dry-run")[0] == 0


def test_a_profile_gives_the_parts(run: Run, folder: Path) -> None:
    file = write(folder, GOOD)
    told = 'email = "Email"\ndate = 1\ntitle = "Title"\n'
    write(folder, told, "p.toml")
    with Rehearsal() as server:
        to = [*TO, "--profile", "p.toml", "--base-url", server.url]
        code, _out, err = run("send", file, *to)
        assert (code, err.splitlines()[0].split("; ")[0]) == (
            2,
            "uploader: nothing was sent: --dateformat must be given, as an upload cannot be taken back",
        )
        write(folder, told + 'dateformat = "MM/dd/yyyy"\n', "p.toml")
        assert run("send", file, *to)[::2] == (0, "")


@pytest.mark.parametrize(
    ("checked", "told", "proposed"),
    [
        ({}, [], "--email Email --date Date --title Title --dateformat dd/MM/yyyy"),
        ({}, ["--email", "0", "--date", "Date", "--title", "2"], "--dateformat dd/MM/yyyy"),
        ({}, ["--date", "0"], "--email EMAIL-COLUMN --title Title --dateformat DATE-FORMAT"),  # not the sidecar's date
        ({"normalize_dates": True}, [], "--email Email --date Date --title Title --dateformat yyyy-MM-dd"),
        (
            {"title_text": "A, b", "date_text": "2026-01-02"},
            [],
            '--email Email --date "Event Date" --title "Event Title" --dateformat yyyy-MM-dd',
        ),
        (
            {"title_text": "T", "quotecharacter": "NONE"},
            [],
            '--email Email --date Date --title "Event Title" --dateformat dd/MM/yyyy',
        ),
    ],
)
def test_a_clean_file_is_proposed_as_its_sidecar_says(
    run: Run, folder: Path, checked: dict[str, Any], told: list[str], proposed: str
) -> None:
    source = write(folder, "Email,Date,Title\na@example.com,03/04/2026,T\nb@example.com,05/06/2026,T\n")
    options = {name: checked.pop(name) for name in ("normalize_dates",) if name in checked}
    how = checked if "date_text" in checked else {"dateformat": "dd/MM/yyyy", **checked}
    check(source, Layout.of(**how), **options, clean="clean.csv")
    code, _out, err = run("send", "clean.csv", *TO, *told)
    assert (code, err.splitlines()[-1]) == (
        2,
        f"Next: {shlex.join(['uploader', 'send', 'clean.csv', *TO, *told])} {proposed}",
    )
    if not told:
        written = proposed.rpartition(" ")[2]
        said = f"  dateformat {written}: `clean.preflight.json` says that the file was written with it"
        assert err.splitlines()[-2] == said


def test_a_sidecar_of_another_file_is_no_proposal(run: Run, folder: Path) -> None:
    source = write(folder, "Email,Date,Title\na@example.com,03/04/2026,T\n")
    check(source, Layout(dateformat="dd/MM/yyyy"), clean="clean.csv")
    with (folder / "clean.csv").open("a") as changed:
        changed.write("b@example.com,05/06/2026,T\n")
    assert run("send", "clean.csv", *TO)[2].endswith("--title Title --dateformat DATE-FORMAT\n")


def test_an_unreadable_file_is_reported_first(run: Run, folder: Path) -> None:
    assert run("send", "missing.csv", *TO) == (2, "", "uploader: `missing.csv` does not exist\n")
    file = write(folder, GOOD)
    code, _out, err = run("send", file, *TO, "--fieldseparator", "SEMICOLON")
    assert (code, err[:36]) == (2, "uploader: layout-mismatch: fieldsepa")


def test_python_messages_name_the_parameters(folder: Path) -> None:
    file = write(folder, GOOD)
    where: dict[str, Any] = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED"}
    with Rehearsal() as server, Ledger.temporary() as ledger:
        client = Client("t", base_url=server.url)
        with pytest.raises(LayoutError) as refused:
            send(file, Layout(email=0, title="Title"), client=client, ledger=ledger, **where)
        assert str(refused.value) == (
            "nothing was sent: `date` and `dateformat` must be given, as an upload cannot be taken back"
        )
        assert server.received == 0
        assert send(file, LAYOUT, client=client, ledger=ledger, **where).outcome == "confirmed"


# On a terminal

QUESTION = "Send 8 rows to Webinars as CUSTOM_ATTENDED? It cannot be taken back [y/N] "


@pytest.mark.parametrize(
    ("typed", "code", "taken"), [(b"y\n", 0, 1), (b"Yes\n", 0, 1), (b"\n", 3, 0), (b"n\n", 3, 0), (b"\x04", 3, 0)]
)
def test_a_person_consents_before_it_is_posted(typed: bytes, code: int, taken: int, folder: Path) -> None:
    file = str(folder / write(folder, GOOD))
    with Rehearsal() as server:
        ended, shown = terminal(typed, "send", file, *TO, *COLUMNS, "--base-url", server.url, COLUMNS="200")
        assert (ended, server.received, shown.count(QUESTION)) == (code, taken, 1), shown
    before, _, after = shown.replace("\r\n", "\n").partition(QUESTION)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\n", "", before)
    assert f"{file}: 8 rows, 8 good rows, 0 bad rows" in plain
    assert before.count("How it was read") == 1
    assert "How it was read" not in after
    if code == 3:
        assert after.endswith("uploader: nothing was sent: the answer was no\n")


def test_ctrl_c_is_no_answer(folder: Path) -> None:
    file = str(folder / write(folder, GOOD))
    with Rehearsal() as server:
        ended, shown = terminal(CTRL_C, "send", file, *TO, *COLUMNS, "--base-url", server.url)
        assert (ended, server.received) == (130, 0), shown
    assert "uploader: interrupted: nothing was sent" in shown


@pytest.mark.parametrize("how", [["--yes"], ["--json"], ["--rehearse"], ["--dry-run"], []])
def test_no_question_if_it_is_answered_by_an_option(how: list[str], folder: Path) -> None:
    file = str(folder / write(folder, GOOD))
    with Rehearsal() as server:
        where = [] if how == ["--rehearse"] else ["--base-url", server.url]
        ended, shown = terminal(b"", "send", file, *TO, *COLUMNS, *where, *how, **({} if how else {"CI": "1"}))
        assert (ended, server.received) == (0, how in (["--yes"], ["--json"], [])), shown
    assert "[y/N]" not in shown


def test_yes_does_not_give_a_column(folder: Path) -> None:
    file = str(folder / write(folder, GOOD))
    ended, shown = terminal(b"y\n", "send", file, *TO, "--yes")
    assert (ended, "[y/N]" in shown, "must be given" in shown) == (2, False, True)


def test_several_files_are_asked_about_once(folder: Path) -> None:
    files = [str(folder / write(folder, GOOD.replace("a", letter), f"{letter}.csv")) for letter in "bc"]
    options = [*TO, "--email", "0", "--date", "1", "--title", "2", "--dateformat", "MM/dd/yyyy"]
    with Rehearsal() as server:
        ended, shown = terminal(b"y\n", "send", *files, *options, "--base-url", server.url)
        assert (ended, server.received, shown.count("[y/N]")) == (0, 2, 1), shown
        assert (
            f"Send 8 rows of `{files[0]}`, and the rows of the other files, to Webinars as CUSTOM_ATTENDED? "
            "It cannot be taken back [y/N]"
        ) in shown
        ended, shown = terminal(b"n\n", "send", *files, *options, "--again", "--base-url", server.url)
        assert (ended, server.received, shown.count("[y/N]")) == (3, 2, 1), shown


def test_parts_are_asked_about_once(folder: Path) -> None:
    file = str(folder / write(folder, GOOD))
    with Rehearsal() as server:
        options = [*TO, *COLUMNS, "--max-bytes", "160", "--base-url", server.url]
        ended, shown = terminal(b"y\n", "send", file, *options)
        assert (ended, server.received, shown.count(QUESTION)) == (0, 2, 1), shown
        ended, shown = terminal(b"", "send", file, *options)  # there is nothing to post
        assert (ended, "[y/N]" in shown) == (3, False)


def test_a_title_above_the_table_is_offered_with_what_a_known_export_needs(run: Run, folder: Path) -> None:
    export = Path(__file__).parents[2] / "fixtures" / "exports" / "zoom-webinar-attendees" / "input.csv"
    (folder / "z.csv").write_bytes(export.read_bytes())
    code, out, err = run("send", "z.csv", "--destination", "W", "--customeventaction", "CUSTOM_GENERAL")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        "Next: uploader send z.csv --destination W --customeventaction CUSTOM_GENERAL --email Email --date "
        '"Join Time" --title-text "Email Basics" --dateformat "MM/dd/yyyy hh:mm:ss a" --only Attended=Yes'
    )


def test_other_people_s_rows_of_a_known_export_are_reported(run: Run, folder: Path) -> None:
    export = Path(__file__).parents[2] / "fixtures" / "exports" / "zoom-webinar-attendees" / "input.csv"
    text = export.read_text(encoding="utf-8")
    again = text.splitlines(keepends=True)[9].replace("03:00:00 PM", "03:30:00 PM")
    (folder / "z.csv").write_text(text + again, encoding="utf-8")
    registrants = ["--email", "Email", "--date", "Registration Time", "--dateformat", "MM/dd/yyyy hh:mm:ss a"]
    command = ["send", "z.csv", "--destination", "W", "--customeventaction", "CUSTOM_GENERAL", *registrants]
    code, out, _ = run(*command, "--title-text", "Mine", "--dry-run")
    assert code == 0
    assert (
        '\n\nKnown export: Zoom webinar attendee report; people from line 9; title from Topic: "Email Basics"; keep '
        "the rows with `Attended=Yes`; some people have a row for each time they joined. To leave the other rows out, "
        "add: --only Attended=Yes --once-per-day\n\n"
    ) in out
    code, out, _ = run(*command, "--title-text", "Mine", "--only", "Attended=Yes", "--once-per-day", "--dry-run")
    assert (code, "Known export" in out) == (0, False)
