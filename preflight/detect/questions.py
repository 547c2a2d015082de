"""What to ask where a file does not say which column is which: each choice with its number, label and a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from preflight.errors import LayoutError, UnclearError
from preflight.layouts.columnnames import column_index, headings
from preflight.tables.columns import Columns, Holds
from preflight.tables.preamble import TitleText
from preflight.text.asking import typed
from preflight.text.display import counted, shown
from preflight.text.shell import is_alike_everywhere

MOST_SHOWN = 12
"""Choices of one question that a message lists; `--json` has them all."""

_NOUNS = {Holds.ADDRESSES: "different address", Holds.DATES: "different date"}


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column of a file: its index from 0, its label, a cell of it, what it holds, and how many different texts.

    `label` is as the heading has it, empty without one. The figures are those of the rows that were looked at.
    """

    number: int
    label: str
    sample: str
    holds: Holds
    distinct: int

    def as_dict(self) -> dict[str, object]:
        """As `--json` prints it."""
        return {
            "number": self.number,
            "label": self.label,
            "sample": self.sample,
            "holds": self.holds.value,
            "distinct": self.distinct,
        }

    def told(self) -> str:
        """In a line: `2 `Company`: `Acme Corp`, 5 different texts`."""
        label = f" {shown(self.label, 40)}" if self.label else ""
        if self.holds is Holds.NOTHING:
            return f"{self.number}{label}: blank"
        noun = _NOUNS.get(self.holds, "different text")
        many = f"{self.distinct:,} {noun}es" if noun.endswith("address") and self.distinct != 1 else None
        return f"{self.number}{label}: {shown(self.sample, 40)}, {many or counted(self.distinct, noun)}"


@dataclass(frozen=True, slots=True)
class Question:
    """Which column is `name`: what is wrong, and the columns that it could be, the likeliest first.

    `texts` are found beside the table, and could be it in every row.
    """

    name: str
    says: str
    choices: Sequence[ColumnSeen]
    texts: Sequence[TitleText] = ()


def columns_seen(labels: Sequence[str] | None, columns: Columns) -> list[ColumnSeen]:
    """Every column of a file."""
    return [
        ColumnSeen(
            i, labels[i] if labels is not None else "", columns.sample(i), columns.holds(i), columns.different(i)
        )
        for i in range(columns.width)
    ]


def column_option(name: str, column: ColumnSeen, labels: Sequence[str] | None) -> str:
    """What `--name` takes for a column; `labels` are None without a heading."""
    return label_or_index(name, column.number, labels)


def label_or_index(name: str, index: int, labels: Sequence[str] | None) -> str:
    """A column as `--name` takes it: its label where that names no other and any shell takes it, else its index."""
    if labels is not None and is_alike_everywhere(label := labels[index]):
        try:
            if column_index(name, label, labels, len(labels)) == index:
                return label
        except LayoutError:
            pass
    return str(index)


def choice(name: str, column: ColumnSeen, option: str) -> dict[str, object]:
    """A column that `name` could be, for programs."""
    return {**column.as_dict(), "column": name, "option": typed(name, option)}


def unclear(questions: Sequence[Question], faults: Sequence[str], labels: Sequence[str] | None) -> UnclearError:
    """The error that asks all that is open; `faults` are what is wrong with what was given."""
    lines: list[str] = []
    choices: list[dict[str, object]] = []
    options: dict[str, str] = {}
    for question in questions:
        option = {one.number: column_option(question.name, one, labels) for one in question.choices}
        choices += [{**one.as_dict(), "column": f"{question.name}-text"} for one in question.texts]
        for one in question.choices:
            choices.append(choice(question.name, one, option[one.number]))
        several = len(questions) > 1
        lines += [f"  {question.name + ' ' if several else ''}{one.told()}" for one in question.texts]
        lines += [f"  {question.name + ' ' if several else ''}{one.told()}" for one in question.choices[:MOST_SHOWN]]
        if (more := len(question.choices) - MOST_SHOWN) > 0:
            lines.append(f"  … and {more} more")
        if question.texts:
            options[f"{question.name}-text"] = question.texts[0].text
        elif question.choices:
            options[question.name] = option[question.choices[0].number]
    says = [*faults, *(one.says for one in questions)]
    if labels and not all(one.choices or one.texts for one in questions):
        says.append(f"the headings are {headings(labels)}")
    if faults or len(options) < len(questions):
        options = {}
    error = UnclearError("; ".join(says), lines, choices, options)
    error.questions = {} if faults else {one.name: one.says for one in questions}
    return error
