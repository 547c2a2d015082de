"""A layout resolved against the heading of a file: all values are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from preflight.dates.format import DateFormat
from preflight.layouts.columns import COLUMNS, OF_API
from preflight.layouts.condition import Condition
from preflight.layouts.words import FirstRow, Quote, Separator


@dataclass(frozen=True, slots=True)
class ResolvedLayout:
    """A layout in which every column is a zero-based index and every word an enum.

    `labels` are the heading's cells, or the column indices as text if `firstrow` is `N`; `width` is the number of cells
    that a record must have. `columns` are the indices of the mapped columns, in the order of `COLUMNS`. `added` are the
    labels that a bad-rows file has after the heading's: see `records.badrows`. `own` are the columns of own rules by
    their codes. `texts` are columns that the file does not have, each with the text for every row; in the clean file
    they follow the file's own columns, with the labels `text_labels`. `sheet` is the name of a workbook's sheet; a line
    number is then a row of the sheet.
    """

    fieldseparator: Separator
    quotecharacter: Quote
    firstrow: FirstRow
    columns: dict[str, int]
    dateformat: DateFormat
    labels: tuple[str, ...]
    added: tuple[str, ...] = ()
    own: Mapping[str, int] = field(default_factory=dict)
    only: tuple[tuple[int, Condition], ...] = ()
    once_per_day: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    text_labels: tuple[str, ...] = ()
    sheet: str = ""

    @property
    def width(self) -> int:
        """The number of cells that a record must have."""
        return len(self.labels)

    @property
    def known_columns(self) -> dict[str, int]:
        """The columns whose cells the rules can read: the mapped ones, and others by their index as text."""
        mapped = self.columns
        named = {*self.own.values(), *(index for index, _ in self.only)}
        others = sorted(named - set(mapped.values()))
        return mapped | {f"{index}": index for index in others}

    @property
    def own_columns(self) -> dict[str, int]:
        """The mapped columns that the file has."""
        return {name: index for name, index in self.columns.items() if name not in self.texts}

    @property
    def read_columns(self) -> dict[str, int]:
        """The known columns that the file has."""
        return {name: index for name, index in self.known_columns.items() if name not in self.texts}

    @property
    def of_clean(self) -> ResolvedLayout:
        """The layout of the clean file, which has a column for each of `texts`, and no `added` ones."""
        return replace(
            self,
            labels=(*self.labels, *self.text_labels),
            texts={},
            text_labels=(),
            added=(),
            only=(),
            once_per_day=False,
            sheet="",
        )

    def name_of(self, index: int) -> str:
        """The name of the known column with this index."""
        return next(name for name, place in self.known_columns.items() if place == index)

    @property
    def form_fields(self) -> dict[str, int]:
        """The indices of the mapped columns under the API's field names."""
        return {field: index for name, index in self.columns.items() if (field := COLUMNS[name].form_field)}

    def label(self, column: str) -> str:
        """The heading label of a known column; its index as text without a heading, or if the label is blank."""
        index = self.known_columns[column]
        return (*self.labels, *self.text_labels)[index] or str(index)

    def as_dict(self) -> dict[str, str | int | None]:
        """The layout by the API's field names, for JSON and the upload form."""
        return {
            "fieldseparator": self.fieldseparator.value,
            "quotecharacter": self.quotecharacter.value,
            "firstrow": self.firstrow.value,
            **{COLUMNS[name].form_field: self.columns.get(name) for name in COLUMNS if name in OF_API},
            **{name: index for name, index in self.columns.items() if name not in OF_API},
            "dateformat": self.dateformat.pattern,
        }
