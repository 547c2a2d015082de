"""Layout: where things are in the file and how it is written.

The words are the API's own (`fieldseparator`, `quotecharacter`, `firstrow`, `dateformat`), so that a layout can be
sent as it stands. A profile is a TOML file with the same keys.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date as day
from enum import StrEnum
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Any

from preflight.dates.counted import any_format
from preflight.dates.format import DateFormat
from preflight.errors import InputError, LayoutError
from preflight.model.columns import COLUMNS, OF_API, required_columns
from preflight.model.option import Check, Option, option_of, options_of, said
from preflight.model.option import day as read_day
from preflight.text.asking import option
from preflight.text.condition import Condition, conditions
from preflight.text.display import shown, shown_file
from preflight.text.nothing import is_nothing


class Separator(StrEnum):
    """`fieldseparator` in the API's words."""

    COMMA = "COMMA"
    TAB = "TAB"
    SEMICOLON = "SEMICOLON"
    SPACE = "SPACE"

    @property
    def character(self) -> str:
        """The character itself."""
        return {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "SPACE": " "}[self.value]


class Quote(StrEnum):
    """`quotecharacter` in the API's words."""

    NONE = "NONE"
    SINGLE_QUOTE = "SINGLE_QUOTE"
    DOUBLE_QUOTE = "DOUBLE_QUOTE"

    @property
    def character(self) -> str:
        """The character itself; empty for `NONE`."""
        return {"NONE": "", "SINGLE_QUOTE": "'", "DOUBLE_QUOTE": '"'}[self.value]


class FirstRow(StrEnum):
    """`firstrow` in the API's words: is the first row a heading?"""

    Y = "Y"
    N = "N"


OF_SENDING = ("destination", "customeventaction", "account")
"""Keys of a profile that say where a file is sent, not how it is laid out."""

MOST_HEADINGS = 30

TEXTS = {"title": "title_text", "date": "date_text", "note": "note_text"}
"""The columns for which a layout may have one text for all rows, in the order in which these follow the file's own."""

TEXT_LABELS = {"title": "Event Title", "date": "Event Date", "note": "Note"}
DAY_PATTERN = "yyyy-MM-dd"
"""The date format of a day that is given for all rows."""

ColumnName = str | int


def _checked_line(name: str, value: object) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(number) is not int or number < 1:
        raise LayoutError(f"{name} {shown(value)} is no line; lines count from 1")
    return number


def _checked_word(words: type[StrEnum]) -> Check:
    """The check of an option that takes one of the API's words."""

    def checked(name: str, value: Any) -> StrEnum:
        try:
            return words(value)
        except ValueError:
            raise LayoutError(f"{name} {shown(value)} is not known; it is one of {', '.join(words)}") from None

    return checked


def _checked_column(name: str, value: Any) -> ColumnName:
    if not isinstance(value, str) and type(value) is not int:
        raise LayoutError(f"{name} must be a heading label or a zero-based index")
    if type(value) is int and value < 0:
        raise LayoutError(f"{name} {value} is no column; indices count from 0")
    return value


def _checked_pattern(name: str, value: Any) -> str:
    return any_format(value).pattern


def _checked_texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):  # a text is an iterable too, of its letters
        raise TypeError(f"{name} takes several texts, not one: {name}=[{value!r}]")
    return tuple(value)


def _checked_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise LayoutError(f"{name} must be a text")
    text = value.strip()
    if not text or (name != "note_text" and is_nothing(text)):
        blank = "is blank" if not text else f"{shown(text)} says that there is none"
        raise LayoutError(f"{option(name)} {blank}; give a text that holds for every row, or leave it out")
    if bad := next((one for one in text if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")), ""):
        what = "a line break" if bad.splitlines() == [""] else "a character that is no text"
        raise LayoutError(f"{option(name)} {shown(text)} holds {what}; give a text of one line")
    return text


def _checked_day(name: str, value: Any) -> str:
    if type(value) is day:
        return value.isoformat()
    try:
        return read_day(str(value).strip()).isoformat()
    except LayoutError as error:
        raise LayoutError(f"{option(name)}: {error}") from None


def _checked_conditions(name: str, value: Any) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value)
    for text in texts:
        if not any(conditions(text)):
            told = "names no column" if "=" in text else "has no `=`"
            raise LayoutError(f"{option(name)} {shown(text)} {told}; write COLUMN=VALUE or COLUMN!=VALUE")
    return texts


def _said(help: str, metavar: str, check: Check | None = None, **more: Any) -> Mapping[str, Option]:
    """The metadata of a field that is an option of a layout, which is said again in the next command."""
    return said(help, metavar, check=check, in_next=True, **more)


def _text(help: str, metavar: str, check: Check, **more: Any) -> Mapping[str, Option]:
    """The metadata of a field with a text for every row, which the clean file has in a column."""
    return _said(help, metavar, check, of_source=True, **more)


def _column(name: str) -> Mapping[str, Option]:
    """The metadata of a field that names a column."""
    return _said(COLUMNS[name].help, "COL", _checked_column, types=(str, int))


@dataclass(frozen=True, slots=True)
class ResolvedLayout:
    """A layout in which nothing is left open: every column is a zero-based index, every word an enum.

    `labels` are the heading's cells, or the column indices as text when `firstrow` is `N`; `width` is the number of
    cells that a record must have. `added` are the labels that a bad-rows file has after these: see `records.badrows`.
    `own` are the columns of own rules by their codes, `others` those mapped ones that the API does not know. `texts`
    are the columns that the file does not have, each with the text that holds for every row: they follow the file's
    own, labelled with `text_labels`, in the clean file.
    """

    fieldseparator: Separator
    quotecharacter: Quote
    firstrow: FirstRow
    emailcolidx: int
    datecolidx: int
    titlecolidx: int
    notecolidx: int | None
    dateformat: DateFormat
    labels: tuple[str, ...]
    added: tuple[str, ...] = ()
    own: Mapping[str, int] = field(default_factory=dict)
    only: tuple[tuple[int, Condition], ...] = ()
    once_per_day: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    text_labels: tuple[str, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many cells a record must have."""
        return len(self.labels)

    @property
    def known_columns(self) -> dict[str, int]:
        """The columns of which the rules know the cells: the mapped ones, and others by their index as text."""
        mapped = self.columns
        named = {*self.own.values(), *(index for index, _ in self.only)}
        others = sorted(named - set(mapped.values()))
        return mapped | {f"{index}": index for index in others}

    @property
    def own_columns(self) -> dict[str, int]:
        """Those of the mapped columns that the file has."""
        return {name: index for name, index in self.columns.items() if name not in self.texts}

    @property
    def read_columns(self) -> dict[str, int]:
        """Those of the known columns whose cells are read from the file."""
        return {name: index for name, index in self.known_columns.items() if name not in self.texts}

    @property
    def of_clean(self) -> ResolvedLayout:
        """The layout of the clean file, which has a column for each of the `texts`, and none that was `added`."""
        return replace(
            self,
            labels=(*self.labels, *self.text_labels),
            texts={},
            text_labels=(),
            added=(),
            only=(),
            once_per_day=False,
        )

    def name_of(self, index: int) -> str:
        """What a column is called among those that are known."""
        return next(name for name, place in self.known_columns.items() if place == index)

    @property
    def columns(self) -> dict[str, int]:
        """The mapped columns and their zero-based indices, in the order of `COLUMNS`; only those that there are."""
        found = {**self._of_api(), **self.others}
        return {name: index for name in COLUMNS if (index := found.get(name)) is not None}

    @property
    def form_fields(self) -> dict[str, int]:
        """The indices of the mapped columns under the API's field names."""
        return {field: index for name, index in self.columns.items() if (field := COLUMNS[name].form_field)}

    def _of_api(self) -> dict[str, int | None]:
        return {name: getattr(self, COLUMNS[name].form_field) for name in COLUMNS if name in OF_API}

    def label(self, column: str) -> str:
        """The heading label of a known column (its index as text where the file has no heading or no label)."""
        index = self.known_columns[column]
        return (*self.labels, *self.text_labels)[index] or str(index)

    def as_dict(self) -> dict[str, str | int | None]:
        """The layout under the API's field names, as JSON and the form use them."""
        return {
            "fieldseparator": self.fieldseparator.value,
            "quotecharacter": self.quotecharacter.value,
            "firstrow": self.firstrow.value,
            **{COLUMNS[name].form_field: index for name, index in self._of_api().items()},
            **self.others,
            "dateformat": self.dateformat.pattern,
        }


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a file and how it is written; what is `None` was not given.

    `email`, `date`, `title` and `note` are heading labels or zero-based indices. `fieldseparator`, `quotecharacter`
    and `firstrow` take the API's words as strings or enums. `dateformat` is a Java date pattern. `encoding` is a name
    that Python knows; without it a file is UTF-8. `table_line` is the physical line of the heading (without one, of the
    first row), from 1; left out, the table with the people is found. `rules` are own rules, each `module:name`.
    `title_text`, `date_text` and `note_text` hold for every row of a file that has no such column; with a `date_text`
    the dateformat is `yyyy-MM-dd`. Rows for which one of `only`, each `COLUMN=VALUE` or `COLUMN!=VALUE`, does not hold
    are left out; with `once_per_day` of those with one email, title and day all but the earliest.
    `others` are columns of registered rules (`preflight.rules.register`) by their names.

    Raises `LayoutError` for a word that the API does not have and `DateFormatError` for an unusable pattern.
    """

    email: ColumnName | None = field(default=None, metadata=_column("email"))
    date: ColumnName | None = field(default=None, metadata=_column("date"))
    title: ColumnName | None = field(default=None, metadata=_column("title"))
    note: ColumnName | None = field(default=None, metadata=_column("note"))
    dateformat: str | None = field(
        default=None, metadata=_said("a Java date pattern; see `preflight formats`", "PATTERN", _checked_pattern)
    )
    fieldseparator: Separator | str | None = field(
        default=None, metadata=_said(", ".join(Separator), "NAME", _checked_word(Separator))
    )
    quotecharacter: Quote | str | None = field(
        default=None, metadata=_said(", ".join(Quote), "NAME", _checked_word(Quote))
    )
    firstrow: FirstRow | str | None = field(
        default=None, metadata=_said("is the first row a heading? Y, N", "Y|N", _checked_word(FirstRow))
    )
    encoding: str | None = field(default=None, metadata=_said("the file's encoding, if not UTF-8 or UTF-16", "NAME"))
    table_line: int | None = field(
        default=None,
        metadata=_said(
            "the line of the table's heading (of its first row, with --firstrow N), where it is not found or another",
            "N",
            _checked_line,
            types=(str, int),
            of_source=True,
        ),
    )
    title_text: str | None = field(
        default=None, metadata=_text("the title of every row, where no column has it", "TEXT", _checked_text)
    )
    date_text: str | day | None = field(
        default=None, metadata=_text("the day of every row", "YYYY-MM-DD", _checked_day, types=(str, day))
    )
    note_text: str | None = field(default=None, metadata=_text("the note of every row", "TEXT", _checked_text))
    only: Sequence[str] | None = field(
        default=None,
        metadata=_said(
            "leave out the rows that do not have this (COLUMN!=VALUE: that have it)",
            "COLUMN=VALUE",
            _checked_conditions,
            several=True,
            of_source=True,
        ),
    )
    once_per_day: bool | None = field(
        default=None,
        metadata=_said("of rows with one email, title and day leave out all but the earliest", "", of_source=True),
    )
    rules: Sequence[str] | None = field(
        default=None,
        metadata=_said(
            "judge by a rule of your own, too: a Python function with @preflight.rule above it",
            "MODULE:NAME",
            _checked_texts,
            name="rule",
            several=True,
        ),
    )

    others: Mapping[str, ColumnName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.others:
            if name not in COLUMNS or name in OF_API:
                raise LayoutError(f"no rule has a column {shown(name)}; there are {', '.join(COLUMNS)}")
            _checked_column(name, self.others[name])
        for name, one in options_of(Layout).items():
            if name in _FIELDS and (value := getattr(self, name)) is not None and one.check is not None:
                object.__setattr__(self, name, one.check(name, value))
        for column, text in TEXTS.items():
            if getattr(self, column) is not None and getattr(self, text) is not None:
                raise LayoutError(f"{option(column)} and {option(text)} both say the {column}; give one of them")
        if self.date_text is not None:
            if self.dateformat not in (None, DAY_PATTERN):
                told = f"{option('date_text')} is sent as {DAY_PATTERN}"
                raise LayoutError(f"{told}; leave {option('dateformat', self.dateformat or '')} out")
            object.__setattr__(self, "dateformat", DAY_PATTERN)

    def __getattr__(self, name: str) -> ColumnName | None:
        """The column of a registered rule that is none of the API's."""
        if name in COLUMNS and name not in OF_API:
            return self.others.get(name)
        raise AttributeError(f"a layout has no {shown(name)}")

    @classmethod
    def of(cls, **given: Any) -> Layout:
        """A layout of what is given by name, the columns of registered rules among it."""
        others = {name: given.pop(name) for name in [*given] if name in COLUMNS and name not in OF_API}
        return cls(**given, others={name: value for name, value in others.items() if value is not None})

    @staticmethod
    def more_options() -> dict[str, Option]:
        """The options of the columns of registered rules."""
        return {name: option_of(_column(name)) for name in COLUMNS if name not in OF_API}

    @classmethod
    def from_profile(cls, path: str | PathLike[str]) -> Layout:
        """Read a TOML profile whose keys are this class's fields; those for sending are passed over.

        Raises `InputError` when the file cannot be read and `LayoutError` when its text is not such a profile.
        """
        profile = {key: value for key, value in of_profile(path).items() if key not in OF_SENDING}
        try:
            return cls.from_dict(profile)
        except LayoutError as error:
            raise type(error)(f"the profile {shown_file(path)}: {error}") from error

    @classmethod
    def from_dict(cls, profile: Mapping[str, Any]) -> Layout:
        """A layout from keys and values as a profile has them; raises `LayoutError` for a key it does not know."""
        known, given = options_of(cls), dict[str, Any]()
        for key, value in profile.items():
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else "the keys are " + ", ".join(known)
                raise LayoutError(f"unknown key {shown(key)}; {hint}")
            given[key] = known[key].of_profile(key, value)
        return cls.of(**given)

    def over(self, other: Layout) -> Layout:
        """This layout with what it leaves open taken from `other` (options over a profile); several values add up."""
        given = {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}
        for name, one in options_of(Layout).items():
            if one.several and name in given:
                given[name] = tuple(dict.fromkeys((*given[name], *(getattr(other, name) or ()))))
        for column, text in TEXTS.items():
            if column in given or text in given:
                anew: dict[str, Any] = {column: None, text: None}
                if text == "date_text" and other.date_text is not None:
                    anew["dateformat"] = None
                other = replace(other, **anew)
        return replace(other, **given | {"others": {**other.others, **self.others}})

    @property
    def texts(self) -> dict[str, str]:
        """The text of each column that is not in the file."""
        given = {column: getattr(self, text) for column, text in TEXTS.items()}
        return {column: str(text) for column, text in given.items() if text is not None}

    def resolve(self, heading: Sequence[str] | None, width: int) -> ResolvedLayout:
        """This layout against a file: `heading` is its first row's cells when `firstrow` is `Y`, else None.

        `width` is the number of cells that a record must have. A separator, quote character or `firstrow` that was not
        given takes its default: `COMMA`, `DOUBLE_QUOTE`, `Y`; `preflight.detect` tells them, and the columns, from the
        file. Raises `LayoutError` for anything that is missing, unknown or ambiguous.
        """
        if self.dateformat is None:
            raise LayoutError(
                f"no date format was given; name it with {option('dateformat')} (`preflight formats` lists them)"
            )
        given = {name: value for name in COLUMNS if (value := getattr(self, name)) is not None}
        columns = {name: column_index(name, value, heading, width) for name, value in given.items()}
        texts = self.texts
        if missing := [name for name in required_columns() if name not in columns and name not in texts]:
            raise LayoutError(missing_columns(missing, heading))
        _check_distinct(columns)
        self._refuse_unwritable(texts)
        labels = tuple(heading) if heading is not None else tuple(map(str, range(width)))
        text_labels = tuple(map(str, range(width, width + len(texts))))
        if heading is not None:
            text_labels = tuple(self._free_label(TEXT_LABELS[name], labels) for name in texts)
        columns |= {name: width + place for place, name in enumerate(texts)}
        return ResolvedLayout(
            fieldseparator=self.separator,
            quotecharacter=self.quote,
            firstrow=FirstRow(self.firstrow or FirstRow.Y),
            emailcolidx=columns["email"],
            datecolidx=columns["date"],
            titlecolidx=columns["title"],
            notecolidx=columns.get("note"),
            others={name: index for name, index in columns.items() if name not in OF_API},
            dateformat=any_format(self.dateformat),
            labels=labels,
            only=tuple(_condition_on(text, heading, width) for text in self.only or ()),
            once_per_day=bool(self.once_per_day),
            texts=texts,
            text_labels=text_labels,
        )

    def _refuse_unwritable(self, texts: Mapping[str, str]) -> None:
        """Raise `LayoutError` for a text that would need quotes that the layout does not have."""
        for column, text in texts.items():
            if self.quote is Quote.NONE and self.separator.character in text:
                raise LayoutError(
                    f"{option(TEXTS[column])} {shown(text)} cannot be written: it holds the field separator "
                    f"({self.separator}), and the file is read without a quote character (NONE)"
                )

    def _free_label(self, label: str, taken: Sequence[str]) -> str:
        """A label that no column of the file has."""
        others, blank = {_folded(one) for one in taken}, " "
        if self.quote is Quote.NONE and self.separator is Separator.SPACE:
            blank = "_"
        numbered = (f"{label} {number}".removesuffix(" 1").replace(" ", blank) for number in count(1))
        return next(one for one in numbered if _folded(one) not in others)

    @property
    def least_width(self) -> int:
        """How many cells a record has at least, as far as the columns are given by index."""
        given = (str(getattr(self, name)) for name in COLUMNS)
        return 1 + max(map(int, filter(_is_index, given)), default=0)

    @property
    def separator(self) -> Separator:
        """The separator, `COMMA` when none was given."""
        return Separator(self.fieldseparator or Separator.COMMA)

    @property
    def quote(self) -> Quote:
        """The quote character, `DOUBLE_QUOTE` when none was given."""
        return Quote(self.quotecharacter or Quote.DOUBLE_QUOTE)


def of_sending(path: str | PathLike[str] | None) -> dict[str, str]:
    """What a profile says of where a file is sent; nothing where there is no profile. Raises what `of_profile` does."""
    return {key: value for key, value in of_profile(path).items() if key in OF_SENDING} if path is not None else {}


_FIELDS = frozenset(one.name for one in fields(Layout))


def of_profile(path: str | PathLike[str]) -> dict[str, Any]:
    """The keys and values of a TOML profile.

    Raises `InputError` when the file cannot be read and `LayoutError` when its text is not TOML, or a key for sending
    has no text.
    """
    import tomllib  # few have a profile, and all would wait for its import

    try:
        profile = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read the profile {shown_file(path)}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LayoutError(f"the profile {shown_file(path)} is not UTF-8 text: byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(f"the profile {shown_file(path)} is not valid TOML: {error}") from error
    for key in OF_SENDING:
        if not isinstance(profile.get(key, ""), str):
            raise LayoutError(f"the profile {shown_file(path)}: {key} must be a text")
    return profile


def _condition_on(text: str, heading: Sequence[str] | None, width: int) -> tuple[int, Condition]:
    """The column that a condition names, and the condition."""
    meant = list(conditions(text))
    for one in meant:
        with suppress(LayoutError):
            return column_index("only", one.column, heading, width), one
    return column_index("only", meant[0].column, heading, width), meant[0]


def column_index(name: str, given: ColumnName, heading: Sequence[str] | None, width: int) -> int:
    """The index of the column that `--name` gives by its label or index; raises `LayoutError` when there is none."""
    if isinstance(given, str):
        found = [i for i, label in enumerate(heading or ()) if label == given]
        found = found or [i for i, label in enumerate(heading or ()) if _folded(label) == _folded(given)]
        if len(found) > 1:
            raise LayoutError(f"columns {listed(found)} are all labelled {shown(given)}; give {option(name)} an index")
        if found:
            return found[0]
        if not _is_index(given):
            raise LayoutError(_unknown_label(name, given, heading))
    index = int(given)
    if index >= width:
        raise LayoutError(
            f"{option(name, index)} is past the end: a row has {width} cell{'s'[: width > 1]}, the last index is "
            f"{width - 1}"
        )
    return index


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _unknown_label(name: str, given: str, heading: Sequence[str] | None) -> str:
    if heading is None:
        return f"{option(name)} {shown(given)} is a label, but firstrow is N: give a zero-based index"
    near = difflib.get_close_matches(_folded(given), [_folded(label) for label in heading], n=1)
    if near:
        label = next(label for label in heading if _folded(label) == near[0])
        return f"no column is labelled {shown(given)}; did you mean {shown(label)}?"
    return f"no column is labelled {shown(given)}; the headings are {headings(heading)}"


def _check_distinct(columns: Mapping[str, int]) -> None:
    by_index: dict[int, str] = {}
    for name, index in columns.items():
        if by_index.setdefault(index, name) != name:
            raise LayoutError(
                f"{option(by_index[index])} and {option(name)} are both column {index}; each needs its own"
            )


def missing_columns(names: Sequence[str], heading: Sequence[str] | None) -> str:
    """What to say when nothing tells which columns these are."""
    seen = f"; the headings are {headings(heading)}" if heading else ", by index from 0"
    name = f"name {'it' if len(names) == 1 else 'them'} with {listed(list(map(option, names)))}"
    return f"no column was given for the {listed(names)}; {name}{seen}"


def headings(labels: Sequence[str]) -> str:
    """The first labels, as many as a person would read."""
    more = len(labels) - MOST_HEADINGS
    return ", ".join(shown(label, 40) for label in labels[:MOST_HEADINGS]) + (f" and {more:,} more" if more > 0 else "")


def listed(items: Sequence[object]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    *before, last = map(str, items)
    return f"{', '.join(before)} and {last}" if before else last


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()
