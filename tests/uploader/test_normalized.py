"""Normalized dates: the clean file sent and its dateformat, compared with the rehearsal's own reading."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from uploader.cli.main import main

AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED"]
SENT = [
    ("MM/dd/yy", "01/25/23", "yyyy-MM-dd"),
    ("EEE, dd MMM yyyy", "'Wed, 25 Jan 2023'", "yyyy-MM-dd"),
    ("MM/dd/yyyy hh:mm a", "01/25/2023 02:30 PM", "yyyy-MM-dd'T'HH:mm:ss"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2023-01-25 14:30:05.250", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
    ("yyyy-MM-dd HH:mm:ss Z", "2023-01-25 14:30:05 +0530", "yyyy-MM-dd'T'HH:mm:ssXXX"),
]


@pytest.mark.parametrize(("pattern", "text", "normal"), SENT)
def test_a_normalized_file_arrives(
    pattern: str, text: str, normal: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.csv"
    file.write_text(f"Email,Date,Title\njo@example.com,{text},Webinar A\n", encoding="utf-8")
    layout = ["--dateformat", pattern, "--quotecharacter", "SINGLE_QUOTE", "--oldest", "2023-01-25"]
    assert main(["send", str(file), *AS, *layout, "--normalize-dates", "--rehearse", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == "confirmed"
    assert told["sent"]["dateformat"] == told["check"]["clean_dateformat"] == normal
    assert told["check"]["layout"]["dateformat"] == pattern
    assert told["check"]["warnings"] == {}


ONLY_NORMALIZED = [
    ("yyyy/MM/dd hh:mm:ss a z", "2023/01/25 11:30:05\u202fPM EST", [], "yyyy-MM-dd'T'HH:mm:ssXXX"),
    ("yyyy-MM-dd HH:mm z", "2023-01-25 23:30 CST", ["--zone", "America/Chicago"], "yyyy-MM-dd'T'HH:mm:ssXXX"),
    ("dd. MMMM yyyy", "25. Januar 2023", ["--locale", "de"], "yyyy-MM-dd"),
    ("excel", "44951", [], "yyyy-MM-dd"),
    ("unix-ms", "1674689405123", [], "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
]


@pytest.mark.parametrize("day", [False, True])
@pytest.mark.parametrize(("pattern", "text", "options", "normal"), ONLY_NORMALIZED)
def test_dates_that_java_cannot_read_arrive_as_ones_it_can(
    pattern: str, text: str, options: list[str], normal: str, day: bool, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "events.csv"
    file.write_text(f"Email,Date,Title\njo@example.com,{text},Webinar A\n", encoding="utf-8")
    normalize = ["--normalize-dates=day" if day else "--normalize-dates"]
    assert main(["send", str(file), *AS, "--dateformat", pattern, *normalize, *options, "--rehearse", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == "confirmed"
    assert told["sent"]["dateformat"] == ("yyyy-MM-dd" if day else normal)
    assert main(["send", str(file), *AS, "--dateformat", pattern, *options, "--rehearse", "--json"]) == 2


def test_a_fixed_file_arrives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, fixes = tmp_path / "events.csv", tmp_path / "fixes.csv"
    file.write_text("Email,Date,Title\nJo <jo@Example.com>,01/25/2024,Webinar A\n", encoding="utf-8")
    options = ["--dateformat", "MM/dd/yyyy", "--fix=display-name", "--fixes", str(fixes)]
    assert main(["send", str(file), *AS, *options, "--rehearse", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["check"]["fixes"]["counts"]) == ("confirmed", {"display-name": 1})
    assert (
        fixes.read_text(encoding="utf-8").splitlines()[1] == "1,2,Email,display-name,Jo <jo@Example.com>,jo@Example.com"
    )


def test_a_mended_bad_rows_file_arrives_without_added_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(
        "\ufeffEmail,Date,Title,preflight_row,preflight_line,preflight_problems\n"
        "jo@example.com,01/25/2024,'=Webinar A,4,5,email-missing: The email is blank.\n",
        encoding="utf-8",
    )
    assert main(["send", str(file), *AS, "--dateformat", "MM/dd/yyyy", "--dry-run", "--json"]) == 0
    sent = json.loads(capsys.readouterr().out)["request"]["file"]
    assert sent["sha256"] == hashlib.sha256(b"Email,Date,Title\njo@example.com,01/25/2024,=Webinar A\n").hexdigest()


def test_a_list_of_fixes_that_somebody_worked_on_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, fixes = tmp_path / "events.csv", tmp_path / "fixes.csv"
    file.write_text("Email,Date,Title\nJo <jo@Example.com>,01/25/2024,Webinar A\n", encoding="utf-8")
    fixes.write_text("notes", encoding="utf-8")
    options = ["--dateformat", "MM/dd/yyyy", "--fix=display-name", "--fixes", str(fixes), "--rehearse", "--json"]
    for kept in (True, False):
        assert main(["send", str(file), *AS, *options]) == 0
        out, err = capsys.readouterr()
        why = "was not written by these commands"
        told = {"file": str(fixes), "kept_as": str(tmp_path / "fixes.1.csv"), "why": why}
        assert json.loads(out)["check"].get("kept", []) == ([told] if kept else [])
        assert (f"uploader: Kept `{tmp_path / 'fixes.1.csv'}`: `{fixes}` {why}\n" in err) == kept
    assert (tmp_path / "fixes.1.csv").read_text(encoding="utf-8") == "notes"
