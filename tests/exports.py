"""Prints the results of a folder of real exports: accepted as they are, asked about, or wrong.

    python -m tests.exports FOLDER

FOLDER has a folder for each export, with `input.csv` and `expected.json`: `may_be_taken_unasked` (labels by column),
`heading_line`, `people` (rows), and `goes_through_with`, the options with which it is read to its end. The last columns
have the result of the command that the check proposes.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from preflight import Layout, PreflightError, check
from preflight.cli.main import main as preflight
from preflight.detect.layout import detect
from preflight.errors import UnclearError
from preflight.inputs.source import Source

COLUMNS = ("email", "date", "title")


class Outcome(NamedTuple):
    """The result of one export: `right`, `asked` or `wrong`, why, and the exit code with the expected options."""

    verdict: str
    why: str
    options: int
    code: int | None


def outcome(case: Path) -> Outcome:
    """The result of an export without options, and with the expected options."""
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    verdict, why = _unasked(case / "input.csv", expected)
    given = expected["goes_through_with"]
    if given is None:
        return Outcome(verdict, why, 0, None)
    options = sum(word.startswith("--") for word in given)
    with tempfile.TemporaryDirectory() as folder:
        asked = ["check", str(case / "input.csv"), *given, "--clean", str(Path(folder) / "clean.csv")]
        return Outcome(verdict, why, options, preflight(asked))


class Pasted(NamedTuple):
    """The result of the proposed command: options without `--clean`, exit code, and the message about the export."""

    options: list[str]
    code: int
    known: str | None


STAND_FOR = {"TITLE": "Email Basics", "YYYY-MM-DD": "2026-09-24"}
"""Values for the placeholders in a proposed command."""


def pasted(case: Path) -> Pasted:
    """The result of the command that the check of an export proposes."""
    source = (case / "input.csv").resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copy(source, "input.csv")
        code, said = _checked(["input.csv"])
        if code != 2:
            return Pasted([], code, None)
        command = next(line for line in said.splitlines() if "Next: " in line).partition("Next: ")[2]
        words = [STAND_FOR.get(word, word) for word in shlex.split(command)][2:]
        known = re.search(r"^  known export: (.*?); people from line ", said, re.MULTILINE)
        options = [word.partition("=")[0] for word in words if word.startswith("--") and word != "--clean"]
        return Pasted(options, _checked(words)[0], known[1] if known else None)


def _checked(words: list[str]) -> tuple[int, str]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        return preflight(["check", *words]), said.getvalue()


def _unasked(path: Path, expected: dict[str, Any]) -> tuple[str, str]:
    """True if every column detected without a question is one of the expected ones."""
    try:
        with Source(path) as source:
            try:
                taken, asked = _taken(detect(source, Layout()).columns, detect(source, Layout()).layout), ""
            except UnclearError as error:
                taken = {name: str(error.columns[place]["label"]) for name, place in error.found.items()}
                asked = ", ".join(error.questions)
            line = source.first_line
    except PreflightError as error:
        return "wrong", str(error)
    for name, label in taken.items():
        if name in COLUMNS and label not in expected["may_be_taken_unasked"][name]:
            return "wrong", f"{name} is {label}"
    if line != expected["heading_line"]:
        return "wrong", f"the heading is on line {line}, not {expected['heading_line']}"
    if asked:
        return "asked", asked
    try:
        rows = check(path).rows
    except UnclearError as error:
        return "asked", error.code
    return ("right", "") if rows == expected["people"] else ("wrong", f"{rows} rows, not {expected['people']}")


def _taken(columns: Any, layout: Layout) -> dict[str, str]:
    labels = {one.number: one.label for one in columns}
    return {name: labels[int(place)] for name in COLUMNS if (place := getattr(layout, name)) is not None}


def table(folder: Path) -> str:
    """One line per export, and the number of each kind."""
    lines, verdicts = list[str](), list[str]()
    for case in sorted(path.parent for path in folder.glob("*/expected.json")):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
            found, after = outcome(case), pasted(case)
        verdicts.append(found.verdict)
        with_options = "-" if found.code is None else f"exit {found.code} with {found.options} options"
        said = errors.getvalue().splitlines()[0] if found.code == 2 and errors.getvalue() else ""
        proposed = f"pasted: exit {after.code} with {len(after.options)} options"
        told = f"{case.name:35} {found.verdict:6} {found.why:25.25} {with_options:24} {proposed:32} {said:.150}"
        lines.append(told.rstrip())
    return "\n".join([*lines, ", ".join(f"{kind} {verdicts.count(kind)}" for kind in ("right", "asked", "wrong"))])


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
