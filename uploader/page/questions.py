"""The open questions about a file with their answers, and proposals for known exports. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from preflight.errors import InputError, PreflightError, UnclearError
from preflight.layouts.condition import Condition, conditions
from preflight.model.fixes import FIXES
from preflight.model.report import Report
from preflight.render.plainwords import unlabelled
from preflight.text.display import shown, visible
from preflight.text.dressing import without_formula
from uploader.page.rows import LONGEST_LABEL


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question: the choices it makes, as in JSON, a label, and details in a few lines."""

    choices: Mapping[str, Any]
    label: str
    details: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: its option, its text, and the answers; `typed` is the option of a typed answer, or empty."""

    name: str
    says: str
    answers: Sequence[Answer]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed choices for a known tool's export: the tool's name, the choices, and a description of each.

    `boxes` are those that leave rows out, which answer no question: each with its field, value, and description.
    """

    name: str
    choices: Mapping[str, Any]
    lines: Sequence[str]
    boxes: Sequence[tuple[str, str, str]]


STAND_INS = ("TITLE", "YYYY-MM-DD")
"""The placeholders in a proposal for a title and a day that only the user knows."""


def proposal_of(error: PreflightError | None) -> Proposal | None:
    """The proposal for a known export, or for a file in another encoding; None for another file."""
    if isinstance(error, InputError) and (encoding := error.options.get("encoding")):
        return _proposal(f"text in {encoding}", {"encoding": str(encoding)})
    if not isinstance(error, UnclearError) or not error.export:
        return None
    return _proposal(str(error.export["export"]), error.options)


def proposal_to_leave_out(report: Report) -> Proposal | None:
    """The proposal for a known export: to leave out rows of people who did not attend, or repeated joins."""
    return _proposal(str(report.export["export"]), wanted) if (wanted := report.leaving_others_out) else None


def _proposal(name_of_export: str, options: Mapping[str, str | list[str] | None]) -> Proposal | None:
    """The proposal of some options; None where only the user knows their values."""
    choices: dict[str, Any] = {}
    lines: list[str] = []
    boxes: list[tuple[str, str, str]] = []
    for name, value in options.items():
        if value in STAND_INS:
            continue
        choice: Any = True if value is None else value.split(",") if name == "fix" and isinstance(value, str) else value
        choices[name.replace("-", "_")] = choice
        for one in choice if isinstance(choice, list) else [choice]:
            lines.append(_in_words(name, one))
            if name in _FIELDS:
                boxes.append((_FIELDS[name], "yes" if one is True else one, lines[-1]))
    return Proposal(name_of_export, choices, lines, boxes) if choices else None


_FIELDS = {"only": "add.only", "once-per-day": "choice.once_per_day"}


def rows_in_which(condition: str, one: Condition, label: str) -> str:
    """The rows that meet a condition of `only`, in plain words; `one` is its reading, `label` its column's."""
    value = visible(condition.strip()[len(one.column) :].lstrip()[1 + one.negated :].strip(), LONGEST_LABEL)
    return f"rows in which {visible(label, LONGEST_LABEL)} {'is not' if one.negated else 'is'} {value or 'blank'}"


def _in_words(name: str, value: object) -> str:
    """A choice in plain words."""
    if name == "only":
        one = next(conditions(str(value)))
        return f"only the {rows_in_which(str(value), one, one.column)}"
    text = shown(value, 120)
    said = {
        "title-text": f"the title {text} in every row",
        "date-text": f"the day {text} in every row",
        "fix": FIXES.get(str(value), text),
        "once-per-day": "each person once per title and day",
        "normalize-dates": "the dates written as yyyy-MM-dd",
        "dateformat": f"dates as {text}",
    }
    return said.get(name, f"{name.replace('-', ' ')}: {text}")


_ASKED = {
    "email": "Which column has the addresses of the people?",
    "date": "Which column has the day of the touch point?",
    "title": "Which column has the title of the event?",
    "dateformat": "How are the dates written?",
    "table": "Which table has the people?",
    "sheet": "Which sheet has the people?",
}
_TYPED = {"title": "title_text", "date": "date_text", "dateformat": "dateformat"}


def questions_of(error: PreflightError | None) -> list[Question]:
    """The open questions of an error, with their answers; none if nothing can be chosen."""
    if not isinstance(error, UnclearError):
        return []
    answers: dict[str, list[Answer]] = {}
    for choice in error.choices:
        asked = str(choice.get("column", ""))
        name = asked.removesuffix("-text")
        if (answer := _answer(asked, choice, error)) is not None:
            answers.setdefault(name, []).append(answer)
    names = dict.fromkeys([*error.questions, *answers])
    return [
        Question(name, _ASKED.get(name, f"Which column is the {name}?"), answers.get(name, []), _TYPED.get(name, ""))
        for name in names
    ]


def _answer(asked: str, choice: Mapping[str, Any], error: UnclearError) -> Answer | None:
    if asked == "dateformat" and "dateformat" in choice:
        read = [
            f"{shown(one['value'], 40)} in row {one['row']:,} is {_day(one['day'])}" for one in choice.get("reads", ())
        ]
        return Answer({"dateformat": choice["dateformat"]}, choice["dateformat"], read)
    if asked == "dateformat":  # dates that need several options together
        named = {name.replace("-", "_"): True if value is None else value for name, value in error.options.items()}
        if named == {"fix": "formula"}:
            before = str(choice["sample"])
            says = f"{shown(before, 60)} is then written as {shown(without_formula(before), 60)}"
            return Answer({"fix": ["formula"]}, 'take the `="…"` off', [says])
        return Answer(named, str(choice["option"]).replace("--", ""), ["The dates are then written as yyyy-MM-dd."])
    if asked == "table":
        rows = f"{choice['rows']:,} rows with an address"
        label = visible(str(choice["label"]), LONGEST_LABEL) or "a table"
        return Answer({"table_line": str(choice["line"])}, f"line {choice['line']}: {label}", [choice["sample"], rows])
    if asked == "sheet":
        return Answer({"sheet": choice["label"]}, visible(str(choice["label"]), LONGEST_LABEL), [choice["sample"]])
    if asked.endswith("-text"):
        where = f"from line {choice['line']}"
        if choice["label"]:
            where += f", {shown(choice['label'], LONGEST_LABEL)}"
        column = asked.removesuffix("-text")
        return Answer({f"{column}_text": choice["text"]}, f"No column: {shown(choice['text'])} in every row", [where])
    if "number" not in choice:
        return None
    label = visible(str(choice["label"]), LONGEST_LABEL) or unlabelled(int(choice["number"]))
    several = f"{choice['distinct']:,} different" if choice["distinct"] != 1 else "the same in every row"
    sample = f"such as {shown(choice['sample'], 60)}, {several}" if choice["sample"] else "blank"
    return Answer({asked: str(choice["number"])}, label, [sample])


def _day(iso: object) -> str:
    """A day with the month as a word, which is not ambiguous between countries."""
    try:
        day = date.fromisoformat(str(iso))
    except ValueError:
        return str(iso) if iso else "no date"
    return f"{day.day} {day:%B %Y}"
