"""Layout: where things are in the file and how it is written.

The words are the API's own (`fieldseparator`, `quotecharacter`, `firstrow`, `dateformat`), so that a layout can be
sent as it stands. A profile is a TOML file with the same keys.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date as day
from itertools import count
from os import PathLike
from typing import Any

from preflight.dates.counted import any_format
from preflight.errors import LayoutError
from preflight.layouts.checked import (
    checked_column,
    checked_conditions,
    checked_day,
    checked_line,
    checked_pattern,
    checked_text,
    checked_texts,
    checked_word,
)
from preflight.layouts.columnnames import (
    ColumnName,
    check_distinct,
    column_index,
    condition_on,
    folded,
    is_index,
    missing_columns,
)
from preflight.layouts.columns import COLUMNS, OF_API, required_columns
from preflight.layouts.option import Check, Option, option_of, options_of, said
from preflight.layouts.profile import OF_SENDING, of_profile
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.text.asking import option
from preflight.text.display import shown, shown_file

TEXTS = {"title": "title_text", "date": "date_text", "note": "note_text"}
"""The columns for which a layout may have one text for all rows, in the order in which these follow the file's own."""

TEXT_LABELS = {"title": "Event Title", "date": "Event Date", "note": "Note"}
DAY_PATTERN = "yyyy-MM-dd"
"""The date format of a day that is given for all rows."""


def _said(help: str, metavar: str, check: Check | None = None, **more: Any) -> Mapping[str, Option]:
    """The metadata of a field that is an option of a layout, which is said again in the next command."""
    return said(help, metavar, check=check, in_next=True, **more)


def _text(help: str, metavar: str, check: Check, **more: Any) -> Mapping[str, Option]:
    """The metadata of a field with a text for every row, which the clean file has in a column."""
    return _said(help, metavar, check, of_source=True, **more)


def _column(name: str) -> Mapping[str, Option]:
    """The metadata of a field that names a column."""
    return _said(COLUMNS[name].help, "COL", checked_column, types=(str, int))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a file and how it is written; what is `None` was not given.

    `email`, `date`, `title` and `note` are heading labels or zero-based indices. `fieldseparator`, `quotecharacter`
    and `firstrow` take the API's words as strings or enums. `dateformat` is a Java date pattern. `encoding` is a name
    that Python knows; without it a file is UTF-8. `table_line` is the physical line of the heading (without one, of the
    first row), from 1; left out, the table with the people is found. `sheet` names a workbook's sheet, and
    says nothing of another file. `rules` are own
    rules, each `module:name`.
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
        default=None, metadata=_said("a Java date pattern; see `preflight formats`", "PATTERN", checked_pattern)
    )
    fieldseparator: Separator | str | None = field(
        default=None, metadata=_said(", ".join(Separator), "NAME", checked_word(Separator))
    )
    quotecharacter: Quote | str | None = field(
        default=None, metadata=_said(", ".join(Quote), "NAME", checked_word(Quote))
    )
    firstrow: FirstRow | str | None = field(
        default=None, metadata=_said("is the first row a heading? Y, N", "Y|N", checked_word(FirstRow))
    )
    encoding: str | None = field(default=None, metadata=_said("the file's encoding, if not UTF-8 or UTF-16", "NAME"))
    table_line: int | None = field(
        default=None,
        metadata=_said(
            "the line of the table's heading (of its first row, with --firstrow N), where it is not found or another",
            "N",
            checked_line,
            types=(str, int),
            of_source=True,
        ),
    )
    sheet: str | None = field(
        default=None,
        metadata=_said("the sheet of a workbook, where several have people", "NAME", checked_text, of_source=True),
    )
    title_text: str | None = field(
        default=None, metadata=_text("the title of every row, where no column has it", "TEXT", checked_text)
    )
    date_text: str | day | None = field(
        default=None, metadata=_text("the day of every row", "YYYY-MM-DD", checked_day, types=(str, day))
    )
    note_text: str | None = field(default=None, metadata=_text("the note of every row", "TEXT", checked_text))
    only: Sequence[str] | None = field(
        default=None,
        metadata=_said(
            "leave out the rows that do not have this (COLUMN!=VALUE: that have it)",
            "COLUMN=VALUE",
            checked_conditions,
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
            checked_texts,
            name="rule",
            several=True,
        ),
    )

    others: Mapping[str, ColumnName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.others:
            if name not in COLUMNS or name in OF_API:
                raise LayoutError(f"no rule has a column {shown(name)}; there are {', '.join(COLUMNS)}")
            checked_column(name, self.others[name])
        for name, one in options_of(Layout).items():
            if name in _FIELDS and (value := getattr(self, name)) is not None and one.check is not None:
                object.__setattr__(self, name, one.check(name, value))
        for column, text in TEXTS.items():
            if getattr(self, column) is not None and getattr(self, text) is not None:
                raise LayoutError(f"{option(column)} and {option(text)} both say the {column}; give one of them")
        if self.date_text is not None:
            if self.dateformat not in (None, DAY_PATTERN):
                message = f"{option('date_text')} is sent as {DAY_PATTERN}"
                raise LayoutError(f"{message}; leave {option('dateformat', self.dateformat or '')} out")
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
        check_distinct(columns)
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
            only=tuple(condition_on(text, heading, width) for text in self.only or ()),
            once_per_day=bool(self.once_per_day),
            texts=texts,
            text_labels=text_labels,
            sheet=self.sheet or "",
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
        others, blank = {folded(one) for one in taken}, " "
        if self.quote is Quote.NONE and self.separator is Separator.SPACE:
            blank = "_"
        numbered = (f"{label} {number}".removesuffix(" 1").replace(" ", blank) for number in count(1))
        return next(one for one in numbered if folded(one) not in others)

    @property
    def least_width(self) -> int:
        """How many cells a record has at least, as far as the columns are given by index."""
        given = (str(getattr(self, name)) for name in COLUMNS)
        return 1 + max(map(int, filter(is_index, given)), default=0)

    @property
    def separator(self) -> Separator:
        """The separator, `COMMA` when none was given."""
        return Separator(self.fieldseparator or Separator.COMMA)

    @property
    def quote(self) -> Quote:
        """The quote character, `DOUBLE_QUOTE` when none was given."""
        return Quote(self.quotecharacter or Quote.DOUBLE_QUOTE)


_FIELDS = frozenset(one.name for one in fields(Layout))
