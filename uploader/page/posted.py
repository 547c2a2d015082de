"""What the forms of a file ask for: changes of its rows, and choices of how it is read.

A browser gives back what it was given but for line ends, NUL and what is no text. So what comes back counts as changed
only where it is not what the page had shown, whatever the file holds. A form that is older than the last change of its
row is compared with the version that it shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import FormData

from uploader.page.grid import Grid
from uploader.page.store import Kept
from uploader.page.work import Work

LONGEST_EDITED = 5_000
"""Characters of a cell that a person may edit; a longer one is shown in part, and stays as it is."""

_CELL = re.compile(r"cell\.([0-9]{1,12})\.([0-9]{1,5})")
_TAKEN = re.compile(r"take\.([0-9]{1,12})\.([0-9]{1,5})")
_NUMBER = re.compile("[0-9]{1,12}")
_LINE_END = re.compile("\r\n|\r|\n")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def as_shown(cell: str) -> str:
    """A cell as a browser gives it back unchanged."""
    return _NO_TEXT.sub("\ufffd", _LINE_END.sub("\n", cell))


def changes(form: Iterable[tuple[str, str]], kept: Kept, grid: Grid) -> dict[int, dict[int, str]]:
    """The texts that a person put into cells, by row and by place; raises `LookupError` for a cell that is not there.

    The form has each cell as `cell.ROW.PLACE`, and as `version.ROW` the version of the row that it shows.
    """
    given = dict(form)
    posted: dict[int, dict[int, str]] = {}
    for name, text in given.items():
        if (found := _CELL.fullmatch(name)) is not None:
            posted.setdefault(int(found[1]), {})[int(found[2])] = as_shown(text)
    changed: dict[int, dict[int, str]] = {}
    rows = {row.number: row for row in grid.get(list(posted))}
    for number, cells in posted.items():
        source = grid.rows.cells(rows[number].source)[0]
        version = given.get(f"version.{number}", "0")
        edit = kept.version(int(version), number) if version.isascii() and version.isdecimal() else None
        before = list(edit.cells) if edit is not None and edit.cells else source
        for place, text in cells.items():
            if text != as_shown(before[place]):
                changed.setdefault(number, {})[place] = text
    return changed


def do(work: Work, form: FormData) -> str:
    """Do to the rows what a form asks for: what was typed first, then what a button says; what to say of it."""
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    with work.lock:
        typed = changes(pairs, work.kept, work.grid)
    for name, value in pairs:
        if (found := _TAKEN.fullmatch(name)) is not None:
            typed.setdefault(int(found[1]), {})[int(found[2])] = value
    work.change(typed)
    if out := [int(value) for name, value in pairs if name == "out" and _NUMBER.fullmatch(value)]:
        work.take_out(out)
    if back := [int(value) for name, value in pairs if name == "back" and _NUMBER.fullmatch(value)]:
        work.put_back(back)
    if code := dict(pairs).get("all"):
        number = work.take_suggestions(code)
        return f"{number:,} rows were changed" if number != 1 else "1 row was changed"
    return ""


def chosen(work: Work, form: FormData) -> dict[str, Any]:
    """What a form chooses: `choice.NAME`, `answer.NAME` with several as JSON, or a row that is to be left out."""
    fields: dict[str, Any] = {}
    said = work.choices.said
    for name, value in form.multi_items():
        kind, _, option = name.partition(".")
        if not isinstance(value, str):
            continue
        if kind == "choice":
            fields[option] = True if (option, value) == ("once_per_day", "yes") else value.strip()
        elif kind == "answer":
            answers = json.loads(value)
            if not isinstance(answers, dict):
                raise ValueError("an answer is an object")
            for one, answer in answers.items():
                fields[one] = str(form.get(f"typed.{one}", "")).strip() if answer == "?" else answer
                if fields[one] == "":
                    raise ValueError("type what it is, too")
        elif kind == "add":
            fields[option] = [*said.get(option, []), value]
        elif kind == "drop":
            fields[option] = [one for one in said.get(option, []) if one != value]
    if form.get("boxes") == "fix":
        fields["fix"] = [str(value) for value in form.getlist("box.fix")]
    if "only.column" in form and str(form.get("only.value", "")).strip():
        condition = "".join(str(form[f"only.{name}"]).strip() for name in ("column", "how", "value"))
        fields["only"] = [*said.get("only", []), condition]
    return fields
