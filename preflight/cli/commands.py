"""The command lines that messages propose: the only place that composes those of `preflight` and `uploader`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from preflight.errors import LayoutError
from preflight.layouts.layout import Layout
from preflight.layouts.option import option_name, options_of
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import TEXT_STANDS_FOR, FirstRow
from preflight.model.options import CheckOptions
from preflight.text import shell

FILE = "FILE"
"""Placeholder for the name of a file in a proposed command."""

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
"""The placeholder for the value of each option that a message may not know, and its meaning."""

Options = Mapping[str, str | list[str] | None]
"""Options by name, without the dashes, with a value, several values, or None for a switch."""

WHERE = ("destination", "customeventaction")
"""The options for the destination and the action of an upload."""

_OPTIONS = {option_name(field, one): one for kind in (Layout, CheckOptions) for field, one in options_of(kind).items()}

_WITH_EQUALS = {name for name, one in _OPTIONS.items() if one.bare}

_OUTPUTS = ("clean", "bad-rows", "merge-into")
_IN_ORDER = [*WHERE, "profile", *(name for name in _OPTIONS if name not in _OUTPUTS), *_OUTPUTS]
_PLACES = {name: place for place, name in enumerate(_IN_ORDER)}
"""The place of each option in a command; others come last."""


def check(file: str, options: Options) -> str:
    """The command that checks a file."""
    return shell.command(["preflight", "check", named(file), *words_of(options)])


def inspect(file: str, options: Options) -> str:
    """The command that inspects a file."""
    return shell.command(["preflight", "inspect", named(file), *words_of(options)])


def codes(code: str) -> str:
    """The command that explains a problem code."""
    return shell.command(["preflight", "codes", code])


def send(files: Iterable[str], options: Options, in_profile: Collection[str]) -> str:
    """The command that sends files; destination and action are in `options`, `in_profile`, or placeholders."""
    where = {name: STANDS_FOR[name][0] for name in WHERE if name not in in_profile}
    return shell.command(["uploader", "send", *map(named, files), *words_of({**where, **options})])


def again(name: str, argv: Sequence[str], options: Options, without: Collection[str] = ()) -> str:
    """The command `name` with the arguments `argv`, more options, and `without` some of its words."""
    end = list(argv).index("--") if "--" in argv else len(argv)
    words = [_readable(word) for word in argv[:end] if word not in without]
    return shell.command([name, *words, *words_of(options), *map(_readable, argv[end:])])


def refuse_placeholders(options: object) -> None:
    """Raise `LayoutError` for options whose values are placeholders of a message."""
    found = [
        f"--{name} {stands} stands for {meaning}"
        for name, (stands, meaning) in STANDS_FOR.items()
        if getattr(options, name.replace("-", "_"), None) == stands
    ]
    if found:
        them = "that in its place" if len(found) == 1 else "these in their places"
        raise LayoutError(f"{'; '.join(found)}: put {them}")


def words_of(options: Options) -> list[str]:
    """Options as the words of a command, in the same order in all commands."""
    words: list[str] = []
    for name, value in sorted(options.items(), key=lambda one: _PLACES.get(one[0].removesuffix("-text"), len(_PLACES))):
        if value is None:
            words.append(f"--{name}")
        for one in [value] if isinstance(value, str) else value or ():
            words += [f"--{name}={one}"] if name in _WITH_EQUALS else shell.option_words(name, one)
    return words


def named(file: str) -> str:
    """A file as an argument; the placeholder `FILE` for one that cannot be read again."""
    return FILE if is_gone(file) else shell.file_word(file)


def is_gone(file: str) -> bool:
    """Whether a file cannot be read again."""
    from preflight.inputs.openers import is_read_once  # few commands read a file

    return not file or is_read_once(file)


def columns_of(layout: ResolvedLayout, names: Iterable[str]) -> dict[str, str | list[str] | None]:
    """The options for the columns and the date format of a layout, for those of `names` that it has."""
    from preflight.detect.questions import label_or_index  # rarely needed, so imported late

    labels = layout.labels if layout.firstrow is FirstRow.Y else None
    found: dict[str, str | list[str] | None] = {
        name: label_or_index(name, layout.columns[name], labels) for name in names if name in layout.columns
    }
    return found | ({"dateformat": layout.dateformat.pattern} if "dateformat" in names else {})


def _readable(word: str) -> str:
    return FILE if word and is_gone(word) else word
