"""The command lines that messages lead on with: the one place that knows how those of both commands are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from preflight.text import shell

FILE = "FILE"
DESTINATION, ACTION = "DESTINATION", "ACTION"

STANDS_FOR = {
    "destination": (DESTINATION, "the custom event's name, as Act-On shows it"),
    "customeventaction": (ACTION, "what kind of touch point the rows are, such as CUSTOM_ATTENDED"),
    "email": ("EMAIL-COLUMN", "the label or number of the column with the addresses"),
    "date": ("DATE-COLUMN", "the label or number of the column with the event's day"),
    "title": ("TITLE-COLUMN", "the label or number of the column with the event's title"),
    "dateformat": ("DATE-FORMAT", "the pattern of the dates, such as MM/dd/yyyy"),
}
"""For each option that a message may not know the value of, what stands for it there, and what to put in its place."""

Options = Mapping[str, str | Iterable[str]]
"""Options by name, without the dashes; one that is given several times has several values, a flag has none."""


def words_of(options: Options) -> list[str]:
    """Options as the words of a command."""
    each = [(name, [value] if isinstance(value, str) else [*value] or [""]) for name, value in options.items()]
    return [word for name, values in each for value in values for word in _words(name, value)]


def _words(name: str, value: str) -> list[str]:
    return shell.option_words(name, value) if value else [f"--{name}"]


def inspect(file: str) -> str:
    """A look at a file."""
    return shell.command(["preflight", "inspect", named(file)])


def check(file: str, options: Options) -> str:
    """A check."""
    return shell.command(["preflight", "check", named(file), *words_of(options)])


def send(file: str, options: Options) -> str:
    """Sending a file; the destination and action are first, and what stands for them where they are not known."""
    where = {name: STANDS_FOR[name][0] for name in ("destination", "customeventaction")}
    return shell.command(["uploader", "send", named(file), *words_of({**where, **options})])


def again(name: str, argv: Iterable[str], options: Options) -> str:
    """The command `name` as it was given, with more options."""
    words = [*argv]
    end = words.index("--") if "--" in words else len(words)
    return shell.command([name, *map(_readable, words[:end]), *words_of(options), *map(_readable, words[end:])])


def named(file: str) -> str:
    """A file as an argument: what came from standard input is not there a second time, and may be saved."""
    return FILE if file in ("", "-") else shell.file_word(file)


def _readable(word: str) -> str:
    return FILE if word == "-" else word


def placeholder(name: str, value: str) -> str:
    """What is wrong with a value that stands for one in a message, in one line; empty for any other."""
    stands, meaning = STANDS_FOR.get(name, ("", ""))
    return f"--{name} {value} stands for {meaning}: put that in its place" if value == stands and stands else ""
