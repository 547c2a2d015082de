"""Questions about ambiguous columns: each choice with its number, label and a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from preflight.errors import LayoutError, UnclearError
from preflight.layouts.columnnames import column_index, headings
from preflight.layouts.layout import Layout
from preflight.layouts.words import TEXT_STANDS_FOR
from preflight.tables.columns import Columns, Holds
from preflight.tables.preamble import TextAbove
from preflight.text.asking import typed
from preflight.text.display import counted, shown
from preflight.text.shell import is_alike_everywhere

if TYPE_CHECKING:
    from preflight.tools.recognize import Export

MOST_SHOWN = 12
"""Limit for the choices of a question in a message; `--json` has all."""

_NOUNS = {Holds.ADDRESSES: "different address", Holds.DATES: "different date"}


class ColumnSummary(NamedTuple):
    """One column of a file.

    `number` is its index from 0, `label` its label in the heading (empty without one), `sample` a cell, `holds` its
    content, `distinct` the number of distinct texts in the rows examined.
    """

    number: int
    label: str
    sample: str
    holds: Holds
    distinct: int

    def described(self) -> str:
        """A description in one line: `2 `Company`: `Acme Corp`, 5 different texts`."""
        label = f" {shown(self.label, 40)}" if self.label else ""
        if self.holds is Holds.NOTHING:
            return f"{self.number}{label}: blank"
        noun = _NOUNS.get(self.holds, "different text")
        many = f"{self.distinct:,} {noun}es" if noun.endswith("address") and self.distinct != 1 else None
        return f"{self.number}{label}: {shown(self.sample, 40)}, {many or counted(self.distinct, noun)}"


@dataclass(frozen=True, slots=True)
class Question:
    """The question which column is `name`.

    `says` is the problem, `choices` are the possible columns, the likeliest first. `texts` were found outside the table
    and could be the value of every row. `likely` is False if even the first choice most likely means something else.
    """

    name: str
    says: str
    choices: Sequence[ColumnSummary]
    texts: Sequence[TextAbove] = ()
    likely: bool = True


def columns_seen(labels: Sequence[str] | None, columns: Columns) -> list[ColumnSummary]:
    """Every column of a file."""
    return [
        ColumnSummary(
            i, labels[i] if labels is not None else "", columns.sample(i), columns.holds(i), columns.different(i)
        )
        for i in range(columns.width)
    ]


def label_or_index(name: str, index: int, labels: Sequence[str] | None) -> str:
    """The value of the option `name` for a column: its label if unique and safe in any shell, else its index."""
    if labels is not None and is_alike_everywhere(label := labels[index]):
        try:
            if column_index(name, label, labels, len(labels)) == index:
                return label
        except LayoutError:
            pass
    return str(index)


def choice(name: str, column: ColumnSummary, option: str) -> dict[str, object]:
    """A column that `name` could be, for programs."""
    return {**column._asdict(), "column": name, "option": typed(name, option)}


def unclear(
    questions: Sequence[Question],
    faults: Sequence[str],
    labels: Sequence[str] | None,
    given: Layout,
    export: Export | None,
) -> UnclearError:
    """The error with all open questions; `faults` are the errors of given options.

    A proposal of the known `export` takes precedence over the likeliest choice.
    """
    lines: list[str] = []
    choices: list[dict[str, object]] = []
    options: dict[str, str | list[str] | None] = {}
    for question in questions:
        option = {one.number: label_or_index(question.name, one.number, labels) for one in question.choices}
        choices += [{**one.as_dict(), "column": f"{question.name}-text"} for one in question.texts]
        for one in question.choices:
            choices.append(choice(question.name, one, option[one.number]))
        several = len(questions) > 1
        lines += [f"  {question.name + ' ' if several else ''}{one.described()}" for one in question.texts]
        lines += [
            f"  {question.name + ' ' if several else ''}{one.described()}" for one in question.choices[:MOST_SHOWN]
        ]
        if (omitted := len(question.choices) - MOST_SHOWN) > 0:
            lines.append(f"  … and {omitted} more")
        options |= _proposed(question, labels, export) or _likeliest(question, labels)
    says = [*faults, *(one.says for one in questions)]
    if labels and not all(one.choices or one.texts for one in questions):
        lines.append(f"  the headings are {headings(labels)}")
    if faults or len(options) < len(questions):
        options = {}
    elif export is not None:
        options |= rows_wanted(given, export)
    if export is not None:
        lines.append(f"  known export: {export.described}")
    error = UnclearError("; ".join(says), lines, choices, options)
    error.questions = {} if faults else {one.name: one.says for one in questions}
    return error


def _likeliest(question: Question, labels: Sequence[str] | None) -> dict[str, str | None]:
    """The option of the likeliest choice; if none is likely, the option with a placeholder for a text."""
    if question.texts:
        return {f"{question.name}-text": question.texts[0].text}
    if question.choices and question.likely:
        return {question.name: label_or_index(question.name, question.choices[0].number, labels)}
    return {name: text for name, text in TEXT_STANDS_FOR.items() if name == f"{question.name}-text"}


def _proposed(question: Question, labels: Sequence[str] | None, export: Export | None) -> dict[str, str | None]:
    """The option that the export proposes; empty if it has no proposal."""
    name = question.name
    if export is None or (name == "date" and question.texts):
        return {}
    if name in export.columns:
        return {name: label_or_index(name, export.columns[name], labels)}
    if name == "title" and export.title is not None:
        return {"title-text": export.title.text}
    return _likeliest(replace(question, likely=False), labels) if name == "title" and export.untitled else {}


def rows_wanted(given: Layout, export: Export) -> dict[str, str | list[str] | None]:
    """The options of a known export that leave out rows, unless they were given."""
    wanted: dict[str, str | list[str] | None] = {}
    if export.only and not given.only:
        wanted["only"] = list(export.only)
    if export.once_per_day and given.once_per_day is None:
        wanted["once-per-day"] = None
    return wanted
