"""The command lines that messages lead on with: the one place that knows how those of both commands are written."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence

from preflight.errors import LayoutError
from preflight.layouts.layout import Layout
from preflight.layouts.option import option_name, options_of
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import TEXT_STANDS_FOR, FirstRow
from preflight.model.options import CheckOptions
from preflight.remote.url import is_remote
from preflight.text import shell

FILE = "FILE"
"""Stands for the name of a file in a command; a file of that name is not there."""

STANDS_FOR = {
    "destination": ("DESTINATION", "the custom event's name, as Act-On shows it"),
    "customeventaction": ("ACTION", "what kind of touch point the rows are, such as CUSTOM_ATTENDED"),
    "email": ("EMAIL-COLUMN", "the label or number of the column with the addresses"),
    "date": ("DATE-COLUMN", "the label or number of the column with the event's day"),
    "title": ("TITLE-COLUMN", "the label or number of the column with the event's title"),
    "dateformat": ("DATE-FORMAT", "the pattern of the dates, such as MM/dd/yyyy"),
    "title-text": (TEXT_STANDS_FOR["title-text"], "the event's title"),
    "date-text": (TEXT_STANDS_FOR["date-text"], "the event's day, such as 2026-01-31"),
}
"""For each option that a message may not know the value of, what stands for it there, and what to put in its place."""

Options = Mapping[str, str | list[str] | None]
"""Options by name, without the dashes: with a value, with several, or as switches."""

WHERE = ("destination", "customeventaction")
"""The options that say where a file is sent, and as what."""

_WITH_EQUALS = {
    option_name(field, one) for kind in (Layout, CheckOptions) for field, one in options_of(kind).items() if one.bare
}


def check(file: str, options: Options) -> str:
    """A check."""
    return shell.command(["preflight", "check", named(file), *words_of(options)])


def inspect(file: str, options: Options) -> str:
    """A look at a file."""
    return shell.command(["preflight", "inspect", named(file), *words_of(options)])


def codes(code: str) -> str:
    """What a problem code means."""
    return shell.command(["preflight", "codes", code])


def send(file: str, options: Options, in_profile: Collection[str] = ()) -> str:
    """Sending a file; where to and as what is told elsewhere, or has what stands for it."""
    return send_all([file], options, in_profile)


def send_all(files: Iterable[str], options: Options, in_profile: Collection[str] = ()) -> str:
    """Sending several files, one after the other."""
    where = {name: STANDS_FOR[name][0] for name in WHERE if name not in in_profile}
    return shell.command(["uploader", "send", *map(named, files), *words_of({**where, **options})])


def again(name: str, argv: Sequence[str], options: Options, without: Collection[str] = ()) -> str:
    """The command `name` as it was given, with more options, and `without` some of its words."""
    end = list(argv).index("--") if "--" in argv else len(argv)
    words = [_readable(word) for word in argv[:end] if word not in without]
    return shell.command([name, *words, *words_of(options), *map(_readable, argv[end:])])


def refuse_placeholders(options: object) -> None:
    """Raise `LayoutError` for an option whose value is what stands for one in a message."""
    for name, (stands, meaning) in STANDS_FOR.items():
        if getattr(options, name.replace("-", "_"), None) == stands:
            raise LayoutError(f"--{name} {stands} stands for {meaning}: put that in its place")


def words_of(options: Options) -> list[str]:
    """Options as the words of a command."""
    words: list[str] = []
    for name, value in options.items():
        if value is None:
            words.append(f"--{name}")
        for one in [value] if isinstance(value, str) else value or ():
            words += [f"--{name}={one}"] if name in _WITH_EQUALS else shell.option_words(name, one)
    return words


def named(file: str) -> str:
    """A file as an argument; what is gone may be saved in one."""
    return FILE if is_gone(file) else shell.file_word(file)


def is_gone(file: str) -> bool:
    """True for what cannot be read a second time: standard input, and a pipe with a name (`<(…)` is one, too)."""
    if file in ("", "-"):
        return True
    try:
        return not is_remote(file) and stat.S_ISFIFO(os.stat(file).st_mode)
    except (OSError, ValueError):
        return False


def columns_of(layout: ResolvedLayout, names: Iterable[str]) -> dict[str, str | list[str] | None]:
    """The options that say what was found of a layout: those of `names`."""
    from preflight.detect.questions import label_or_index  # few commands look into a file

    labels = layout.labels if layout.firstrow is FirstRow.Y else None
    found: dict[str, str | list[str] | None] = {
        name: label_or_index(name, layout.columns[name], labels) for name in names if name in layout.columns
    }
    return found | ({"dateformat": layout.dateformat.pattern} if "dateformat" in names else {})


def _readable(word: str) -> str:
    return FILE if word and is_gone(word) else word
