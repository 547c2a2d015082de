"""The forms of a file: changes of its rows, choices of how it is read, and how it is sent.

A browser returns texts with other line ends, and without NUL and lone surrogates. So a cell counts as changed only if
it differs from what the page showed. A form older than the last change of a row is compared with the version that it
shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData

from uploader.editing.grid import Grid
from uploader.editing.store import StoredFile
from uploader.editing.work import Work
from uploader.errors import UsageError
from uploader.preparing.order import SendOptions

LONGEST_EDITED = 5_000
"""Characters of an editable cell; a longer one is shown in part, and cannot be changed."""

_CELL = re.compile(r"cell\.([0-9]{1,12})\.([0-9]{1,5})")
_TAKEN = re.compile(r"take\.([0-9]{1,12})\.([0-9]{1,5})")
_NUMBER = re.compile("[0-9]{1,12}")
_LINE_END = re.compile("\r\n|\r|\n")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def as_shown(cell: str) -> str:
    """The text that a browser returns for an unchanged cell."""
    return _NO_TEXT.sub("\ufffd", _LINE_END.sub("\n", cell))


def changes(form: Iterable[tuple[str, str]], kept: StoredFile, grid: Grid) -> dict[int, dict[int, str]]:
    """The changed texts by row and column index; raises `LookupError` for a cell that does not exist.

    The form has each cell as `cell.ROW.INDEX`, and the version of the row that it shows as `version.ROW`.
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
    """Apply a form to the rows: first the typed texts, then the action of the button; returns a message or nothing."""
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
    """The choices in a form: `choice.NAME`, `answer.NAME` (several as JSON), `add.NAME`, `drop.NAME`, a condition."""
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
                    raise ValueError("type the value, too")
        elif kind == "add":
            fields[option] = [*fields.get(option, said.get(option, [])), value]
        elif kind == "drop":
            fields[option] = [one for one in said.get(option, []) if one != value]
    if form.get("boxes") == "fix":
        fields["fix"] = [str(value) for value in form.getlist("box.fix")]
    if "only.column" in form and str(form.get("only.value", "")).strip():
        condition = "".join(str(form[f"only.{name}"]).strip() for name in ("column", "how", "value"))
        fields["only"] = [*said.get("only", []), condition]
    return fields


def ordered(work: Work, form: FormData, account: str | None) -> SendOptions:
    """The options of a form that sends a file; raises `UsageError` for an invalid form."""
    given = {name: str(form.get(name, "")) for name in ("destination", "customeventaction", "filename", "rows")}
    if not given["customeventaction"]:
        raise UsageError("nothing was started: choose what the people in the file did")
    if form.get("how") == "send" and re.sub("[., ]", "", str(form.get("confirmed", ""))) != given["rows"]:
        raise UsageError(f"nothing was sent: type the number of rows, {given['rows']}, to confirm")
    return SendOptions(
        destination=given["destination"],
        customeventaction=given["customeventaction"],
        filename=given["filename"] or sent_name(work.kept.name),
        drop_bad_rows=True,
        only_new=form.get("only_new") == "yes",
        create=form.get("create") == "yes",
        account=account,
        check=work.choices.options,
    )


def sent_name(name: str) -> str:
    """The file's name in Act-On unless the user gives another, from the source's name."""
    return f"{Path(name).stem}.csv"
