"""The READMEs agree with the commands: examples are run, options exist, links resolve."""

from __future__ import annotations

import contextlib
import csv
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import preflight.cli.main
import uploader.cli.main

ROOT = Path(__file__).parents[1]
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "preflight/README.md", "uploader/README.md")
}
README = PAGES["README.md"]
ALL = "".join(PAGES.values())
MAIN = {"preflight": preflight.cli.main.main, "uploader": uploader.cli.main.main}


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def own_ledger(folder: Path) -> dict[str, str]:
    """A ledger of the test, in the platform's data folder."""
    return {"XDG_DATA_HOME": str(folder / "data")}


def printed(capsys: pytest.CaptureFixture[str], program: str, *arguments: str) -> str:
    """Run one of our commands in this process; returns what it prints."""
    with contextlib.suppress(SystemExit):
        MAIN[program](arguments)
    return "".join(capsys.readouterr())


def as_pattern(text: str) -> str:
    """Shown output as a regular expression; a line of `…` matches any lines."""
    return "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line) + r"\n" for line in text.splitlines())


MENDED = {
    "3": {"Event Date": "02/06/2024"},
    "5": {"Email": "sarah.whitfield@brightwater.com"},
    "7": {"Event Date": "02/28/2024"},
    "8": {"Event Date": "02/07/2024", "Event Title": "Webinar, Deliverability", "Note": "", "preflight_problems": ""},
    "9": {"Event Date": "02/07/2024"},
    "10": {"preflight_problems": ""},
    "11": {"Event Title": "Webinar Deliverability"},
}
"""The cells that a person changes in the bad rows, by row number; the other rows are deleted."""


def mend(bad: Path) -> None:
    """Mend a bad-rows file as the README describes, and save it with semicolons."""
    with bad.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with bad.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(row | MENDED[row["preflight_row"]] for row in rows if row["preflight_row"] in MENDED)


@pytest.mark.parametrize("page", PAGES)
def test_console_examples_show_what_the_commands_print(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", own_ledger(tmp_path)["XDG_DATA_HOME"])
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    examples = [
        example
        for block in blocks("console", PAGES[page])
        for example in re.split(r"^\$ ", block, flags=re.M)
        if example
    ]
    assert examples
    for example in examples:
        command, _, shown = example.replace("\\\n", "").partition("\n")
        if "--merge-into" in command:
            mend(tmp_path / "bad.csv")
        told = printed(capsys, *shlex.split(command))
        assert re.fullmatch(as_pattern(shown), told), f"$ {command}\n{told}"


@pytest.mark.parametrize("page", ["preflight/README.md", "uploader/README.md"])
def test_python_examples_run(page: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    examples = blocks("python", PAGES[page])
    assert examples
    for example in examples:
        done = subprocess.run(
            [sys.executable, "-c", example],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)} | own_ledger(tmp_path),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def test_examples_with_missing_packages_are_valid_python() -> None:
    examples = blocks("py", PAGES["preflight/README.md"])
    assert [example.partition("\n")[0] for example in examples] == [
        "# Airflow 3",
        "# Dagster: a check of an asset, which shows the totals",
        "# Prefect, on a Dask cluster",
    ]
    for example in examples:
        compile(example, "README", "exec")
        assert "check_many(" in example


@pytest.mark.parametrize(
    "command", [["preflight", "check"], ["preflight", "inspect"], ["uploader", "send"], ["uploader", "status"]]
)
def test_every_option_is_in_a_readme(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    shown = set(re.findall(r"--[a-z][a-z-]+", printed(capsys, *command, "--help"))) - {"--help"}
    documented = set(re.findall(r"--[a-z][a-z-]+", ALL))
    assert shown <= documented, shown - documented


def test_options_in_the_readmes_exist(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [
        ["preflight"],
        ["preflight", "check"],
        ["preflight", "inspect"],
        ["uploader", "send"],
        ["uploader", "status"],
        ["uploader", "settle"],
        ["uploader", "titles"],
        ["uploader", "ledger"],
        ["uploader", "login"],
        ["uploader", "rehearsal"],
        ["uploader", "open"],
    ]
    exist = {option for c in commands for option in re.findall(r"--[a-z][a-z-]+", printed(capsys, *c, "--help"))}
    others = {"--force", "--reinstall"}  # of pipx and uv
    ours = ALL.replace(blocks("sh")[1], "")  # of the tests' own command
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) - others <= exist


def test_the_readme_is_read_in_five_minutes() -> None:
    assert README.count("\n") <= 200


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page: lower case, hyphens for blanks, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_have_a_target(page: str) -> None:
    links = re.findall(r"(?<=\]\()(?!https?:)[^)\s]+", PAGES[page])
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), link
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", ["README.md", "preflight/README.md"])
def test_the_picture_exists_and_is_small(page: str) -> None:
    (name,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", PAGES[page])
    assert name.endswith("fixtures/report.png")
    picture = (ROOT / page).parent.joinpath(name).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000


def test_ci_runs_the_readme_s_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "command_of 1" in script
    assert "command_of 2" in script
    first, second = blocks("sh")[:2]
    assert "--rehearse" in first
    assert "pytest" in second
