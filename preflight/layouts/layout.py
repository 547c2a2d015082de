"""Layout: the format of a file and the positions of its columns.

The words are the API's own (`fieldseparator`, `quotecharacter`, `firstrow`, `dateformat`), so that a layout can be
sent unchanged. A profile is a TOML file with the same keys.
"""

from __future__ import annotations

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
from preflight.layouts.option import Check, Option, option_field, option_of, options_of
from preflight.layouts.profile import OF_SENDING, of_profile
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.text.asking import option
from preflight.text.display import nearest, shown, shown_file

TEXTS = {"title": "title_text", "date": "date_text", "note": "note_text"}
"""The columns that a layout may replace by one text for all rows, in the order in which the clean file has them."""

TEXT_LABELS = {"title": "Event Title", "date": "Event Date", "note": "Note"}
DAY_PATTERN = "yyyy-MM-dd"
"""The date format of `date_text`."""


def _option(help: str, metavar: str, check: Check | None = None, **others: Any) -> Any:
    """A field that is an option of a layout, which the next command repeats."""
    return option_field(help, metavar, check=check, in_next=True, **others)


def _text(help: str, metavar: str, check: Check, **others: Any) -> Any:
    """A field with a text for every row, which becomes a column of the clean file."""
    return _option(help, metavar, check, of_source=True, **others)


def _column(name: str) -> Any:
    """A field that gives the position of a column."""
    return _option(COLUMNS[name].help, "COL", checked_column, types=(str, int))


@dataclass(frozen=True, slots=True)
class Layout:
    """The format of a file and the positions of its columns; `None` for what is not given.

    `email`, `date`, `title` and `note` are heading labels or zero-based indices. `fieldseparator`, `quotecharacter` and
    `firstrow` are the API's words as strings or enums. `dateformat` is a Java date pattern. `encoding` is the name of a
    Python codec; the default is UTF-8. `table_line` is the physical line of the heading (without a heading, of the
    first row), from 1; by default the table with the people is detected. `sheet` is the name of a workbook's sheet,
    ignored for other files. `rules` are own rules, each as `module:name`.

    `title_text`, `date_text` and `note_text` are the value of every row of a file without such a column; with
    `date_text` the dateformat is `yyyy-MM-dd`. `only` are conditions, each `COLUMN=VALUE` or `COLUMN!=VALUE`; rows that
    do not meet all of them are left out. With `once_per_day` only the earliest of the rows with the same email, title
    and day is kept; the others are left out. `others` are the columns of registered rules
    (`preflight.rules.register`) by name.

    Raises `LayoutError` for an invalid value and `DateFormatError` for an unusable pattern.
    """

    email: ColumnName | None = _column("email")
    date: ColumnName | None = _column("date")
    title: ColumnName | None = _column("title")
    note: ColumnName | None = _column("note")
    dateformat: str | None = _option("a Java date pattern; see `preflight formats`", "PATTERN", checked_pattern)
    fieldseparator: Separator | str | None = _option(", ".join(Separator), "NAME", checked_word(Separator))
    quotecharacter: Quote | str | None = _option(", ".join(Quote), "NAME", checked_word(Quote))
    firstrow: FirstRow | str | None = _option(
        "whether the first row is a heading: Y or N", "Y|N", checked_word(FirstRow)
    )
    encoding: str | None = _option("the file's encoding, if not UTF-8 or UTF-16", "NAME")
    table_line: int | None = _option(
        "the line of the table's heading (of its first row, with --firstrow N), if the wrong one or none is found",
        "N",
        checked_line,
        types=(str, int),
        of_source=True,
    )
    sheet: str | None = _option("the sheet of a workbook, if several have people", "NAME", checked_text, of_source=True)
    title_text: str | None = _text("the title of every row, if no column has it", "TEXT", checked_text)
    date_text: str | day | None = _text("the day of every row", "YYYY-MM-DD", checked_day, types=(str, day))
    note_text: str | None = _text("the note of every row", "TEXT", checked_text)
    only: Sequence[str] | None = _option(
        "leave out the rows without this value (COLUMN!=VALUE: with it)",
        "COLUMN=VALUE",
        checked_conditions,
        several=True,
        of_source=True,
    )
    once_per_day: bool | None = _option("leave out later rows with the same email, title and day", "", of_source=True)
    rules: Sequence[str] | None = _option(
        "also apply a rule of your own: a Python function decorated with @preflight.rule",
        "MODULE:NAME",
        checked_texts,
        name="rule",
        several=True,
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
        """The column of a registered rule, by its name."""
        if name in COLUMNS and name not in OF_API:
            return self.others.get(name)
        raise AttributeError(f"a layout has no {shown(name)}")

    @classmethod
    def of(cls, **given: Any) -> Layout:
        """A layout of the given values by name, including the columns of registered rules."""
        others = {name: given.pop(name) for name in [*given] if name in COLUMNS and name not in OF_API}
        return cls(**given, others={name: value for name, value in others.items() if value is not None})

    @staticmethod
    def more_options() -> dict[str, Option]:
        """The options of the columns of registered rules."""
        return {name: option_of(_column(name)) for name in COLUMNS if name not in OF_API}

    @classmethod
    def from_profile(cls, path: str | PathLike[str]) -> Layout:
        """Read a TOML profile whose keys are this class's fields; keys for sending are ignored.

        Raises `InputError` when the file cannot be read and `LayoutError` when it is not a valid profile.
        """
        profile = {key: value for key, value in of_profile(path).items() if key not in OF_SENDING}
        try:
            return cls.from_dict(profile)
        except LayoutError as error:
            raise type(error)(f"the profile {shown_file(path)}: {error}") from error

    @classmethod
    def from_dict(cls, profile: Mapping[str, Any]) -> Layout:
        """A layout from the keys and values of a profile; raises `LayoutError` for an unknown key."""
        known, given = options_of(cls), dict[str, Any]()
        for key, value in profile.items():
            if key not in known:
                hint = nearest(key, known, f"the keys are {', '.join(known)}")
                raise LayoutError(f"unknown key {shown(key)}; {hint}")
            given[key] = known[key].of_profile(key, value)
        return cls.of(**given)

    def over(self, other: Layout) -> Layout:
        """This layout with missing values taken from `other`, as options override a profile.

        Options that may be repeated add up.
        """
        given = {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}
        for name, one in options_of(Layout).items():
            if one.several and name in given:
                given[name] = tuple(dict.fromkeys((*given[name], *(getattr(other, name) or ()))))
        for column, text in TEXTS.items():
            if column in given or text in given:
                overridden: dict[str, Any] = {column: None, text: None}
                if text == "date_text" and other.date_text is not None:
                    overridden["dateformat"] = None
                other = replace(other, **overridden)
        return replace(other, **given | {"others": {**other.others, **self.others}})

    @property
    def texts(self) -> dict[str, str]:
        """The texts for every row, by the column that they replace."""
        given = {column: getattr(self, text) for column, text in TEXTS.items()}
        return {column: str(text) for column, text in given.items() if text is not None}

    def resolve(self, heading: Sequence[str] | None, width: int) -> ResolvedLayout:
        """Resolve the layout against the heading of a file.

        `heading` has the cells of the first row if `firstrow` is `Y`, else it is None. `width` is the number of cells
        that a record must have. The defaults for separator, quote character and `firstrow` are `COMMA`, `DOUBLE_QUOTE`
        and `Y`; `preflight.detect` detects them, and the columns, before. Raises `LayoutError` for a missing, unknown
        or ambiguous value.
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
            columns={name: columns[name] for name in COLUMNS if name in columns},
            dateformat=any_format(self.dateformat),
            labels=labels,
            only=tuple(condition_on(text, heading, width) for text in self.only or ()),
            once_per_day=bool(self.once_per_day),
            texts=texts,
            text_labels=text_labels,
            sheet=self.sheet or "",
        )

    def _refuse_unwritable(self, texts: Mapping[str, str]) -> None:
        """Raise `LayoutError` for a text that needs quotes in a layout without a quote character."""
        for column, text in texts.items():
            if self.quote is Quote.NONE and self.separator.character in text:
                raise LayoutError(
                    f"{option(TEXTS[column])} {shown(text)} cannot be written: it holds the field separator "
                    f"({self.separator}), and the file is read without a quote character (NONE)"
                )

    def _free_label(self, label: str, taken: Sequence[str]) -> str:
        """The label, with a number if another column has it."""
        others, blank = {folded(one) for one in taken}, " "
        if self.quote is Quote.NONE and self.separator is Separator.SPACE:
            blank = "_"
        numbered = (f"{label} {number}".removesuffix(" 1").replace(" ", blank) for number in count(1))
        return next(one for one in numbered if folded(one) not in others)

    @property
    def least_width(self) -> int:
        """The number of cells that a record needs for the columns given by index."""
        given = (str(getattr(self, name)) for name in COLUMNS)
        return 1 + max(map(int, filter(is_index, given)), default=0)

    @property
    def separator(self) -> Separator:
        """The separator; the default is `COMMA`."""
        return Separator(self.fieldseparator or Separator.COMMA)

    @property
    def quote(self) -> Quote:
        """The quote character; the default is `DOUBLE_QUOTE`."""
        return Quote(self.quotecharacter or Quote.DOUBLE_QUOTE)


_FIELDS = frozenset(one.name for one in fields(Layout))
