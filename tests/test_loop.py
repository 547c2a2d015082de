"""From a bad file to a sent one with the installed commands: mended in LibreOffice, merged, corrected again, sent."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import pytest

from tests.tool import needed
from uploader.rehearsal.form import Form
from uploader.rehearsal.server import Rehearsal

ROOT = Path(__file__).parents[1]
SOURCE = """\
Id,Email,Event Date,Event Title,Comment
0001,ann@example.com,01/25/2024,Webinar,"one, two; three"
0002,nobody,01/05/2024,Webinar,Grüße aus Köln
0003,bob@example.com,2/30/2024,Webinar,
0004,cy@@example.com,03/04/2024,"Say ""hi"", you",=1+1
0005,dee@example.com,03/05/2024,,
0006,eve@example.com,12/31/2023,Webinar,
"""
COLUMNS = ["--email", "Email", "--date", "Event Date", "--title", "Event Title", "--dateformat", "MM/dd/yyyy"]
AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]
FROM_COMMAS, TO_SEMICOLONS = "44,34,76", "59,34,76"
"""Separator, quote and UTF-8 in LibreOffice's numbers."""


class Listening(Rehearsal):
    """A rehearsal that stores the files sent to it."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[bytes] = []

    def accept(self, form: Form, file: IO[bytes]) -> str:
        """Accept an upload, and store its file."""
        self.files.append(file.read())
        file.seek(0)
        return super().accept(form, file)


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands, installed from a wheel; dependencies come from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    wheels, environment = folder / "wheels", folder / "venv"
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels], cwd=ROOT, check=True)
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    (wheel,) = wheels.iterdir()
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run(pip, check=True)
    (packages,) = environment.glob("lib/*/site-packages")
    assert (packages / "preflight" / "__init__.py").is_file()
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return environment / "bin"


class Folder:
    """A folder in which the commands are run."""

    def __init__(self, path: Path, commands: Path) -> None:
        self.path, self._commands = path, commands
        self._program = needed("soffice", "libreoffice-calc")
        others = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._environment = {**others, "XDG_DATA_HOME": str(path / "data"), "ACTON_ACCESS_TOKEN": "any"}

    def run(self, name: str, *arguments: str) -> tuple[int, str]:
        """The exit code and the output of a command."""
        command = [str(self._commands / name), *arguments]
        done = subprocess.run(
            command, cwd=self.path, env=self._environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def mend(self, name: str, changes: Mapping[str, str], read_as: str) -> None:
        """Open a file in LibreOffice, change cells, and save it with semicolons."""
        saved = self._converted(self.path / name, "fods", f"CSV:{read_as},1,,0,false,true")
        text = saved.read_text(encoding="utf-8")
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        saved.write_text(text, encoding="utf-8")
        self._converted(saved, f"csv:Text - txt - csv (StarCalc):{TO_SEMICOLONS}").replace(self.path / name)

    def _converted(self, file: Path, kind: str, read_as: str = "") -> Path:
        profile = f"-env:UserInstallation={(self.path / 'profile').as_uri()}"
        how = [f"--infilter={read_as}"] if read_as else []
        command = [self._program, profile, "--headless", *how, "--convert-to", kind, "--outdir", self.path / "saved"]
        subprocess.run([*command, file], check=True, capture_output=True, timeout=120)
        return self.path / "saved" / f"{file.stem}.{kind.partition(':')[0]}"


@pytest.fixture
def folder(tmp_path: Path, commands: Path) -> Folder:
    (tmp_path / "in.csv").write_text(SOURCE, encoding="utf-8")
    return Folder(tmp_path, commands)


def test_all_files_of_the_packages_are_installed(commands: Path) -> None:
    (installed,) = commands.parent.glob("lib/*/site-packages")
    of_repository, of_wheel = (
        {
            str(path.relative_to(folder))
            for name in ("preflight", "uploader")
            for path in (folder / name).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        for folder in (ROOT, installed)
    )
    assert of_wheel == of_repository
    some = {"preflight/py.typed", "uploader/py.typed", "preflight/tools/zoom-webinar-attendees.toml"}
    assert {*some, "preflight/render/report.html.jinja", "uploader/page/frame.html.jinja"} <= of_wheel


def test_the_whole_loop_sends_each_row_once_in_its_last_version(folder: Folder) -> None:
    first = ["check", "in.csv", *COLUMNS, "--clean", "clean.csv", "--bad-rows", "bad.csv"]
    assert folder.run("preflight", *first)[0] == 1
    merge = ["check", "bad.csv", "--merge-into", "clean.csv"]

    folder.mend("bad.csv", {">nobody<": ">bo@example.com<", ">cy@@example.com<": ">cy@example.com<"}, FROM_COMMAS)
    assert (folder.path / "bad.csv").read_text(encoding="utf-8").count(";") > 20
    code, told = folder.run("preflight", *merge)
    assert code == 1
    assert "MERGED: 2 rows added at the end of clean.csv, 4 in all" in told
    assert "mend the 2 rows still bad in bad.csv" in told

    folder.mend("bad.csv", {"bo@example.com": "bea@example.com", ">2/30/2024<": ">02/28/2024<"}, TO_SEMICOLONS)
    code, told = folder.run("preflight", *merge)
    assert code == 1
    assert "1 row added at the end of clean.csv, 1 row merged before replaced by corrections, 5 in all" in told
    assert "; 1 row was in it already" in told
    code, told = folder.run("preflight", *merge)
    assert (code, "clean.csv is unchanged; 3 rows were in it already" in told) == (1, True)

    code, told = folder.run("preflight", *first)  # a row merged again replaces nothing else
    assert "Kept `clean.1.csv`: `clean.csv` holds merged rows\n" in told
    assert "Kept `bad.1.csv`: `bad.csv` was changed since it was written\n" in told

    code, told = folder.run("uploader", "send", "clean.1.csv", *AS, "--rehearse")
    assert code == 0, told
    with Listening() as server:
        real = ["send", "clean.1.csv", *AS, "--base-url", server.url, "--new-ledger", "--ledger", "ledger.sqlite3"]
        code, told = folder.run("uploader", *real)
        assert code == 0, told
        (sent,) = server.files
        assert folder.run("uploader", *real[:-3], "--ledger", "ledger.sqlite3")[0] != 0
        assert len(server.files) == 1
    assert list(csv.reader(io.StringIO(sent.decode()))) == [
        ["Id", "Email", "Event Date", "Event Title", "Comment"],
        ["0001", "ann@example.com", "01/25/2024", "Webinar", "one, two; three"],
        ["0006", "eve@example.com", "12/31/2023", "Webinar", ""],
        ["0002", "bea@example.com", "01/05/2024", "Webinar", "Grüße aus Köln"],
        ["0004", "cy@example.com", "03/04/2024", 'Say "hi", you', "=1+1"],
        ["0003", "bob@example.com", "02/28/2024", "Webinar", ""],
    ]
