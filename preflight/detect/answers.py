"""All open questions about a file in one error: those about its columns, and those about its dates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from preflight.dates.counted import SourceReading
from preflight.detect.datechoice import Choice
from preflight.detect.inspection import look_through
from preflight.detect.sheets import detect_file
from preflight.errors import PreflightError, UnclearError
from preflight.inputs.source import Source
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import TEXTS, Layout

if TYPE_CHECKING:
    from preflight.detect.layout import Detection
    from preflight.inputs.frames import FrameFile

MOST_ROUNDS = 3
"""Successive questions about dates: their fixes, how they are read, and their format."""

Options = dict[str, str | list[str] | None]


def detected(
    source: Source,
    given: Layout,
    reading: SourceReading | None,
    fix: Collection[str],
    frame: FrameFile | None = None,
) -> Detection:
    """What `detect_file` finds. Where that is not plain, the error asks for what is open of the dates, too."""
    try:
        return detect_file(source, given, reading, frame)
    except UnclearError as error:
        raise asked_at_once(source, given, error, reading, fix) from None


def asked_at_once(
    source: Source, given: Layout, error: UnclearError, reading: SourceReading | None, fix: Collection[str]
) -> UnclearError:
    """The error with the questions about the dates that follow if its likeliest answers are right.

    `given` is the layout that raised the error. For `reading` and `fix` see `preflight.detect.inspection`.
    """
    if not error.options or not (error.questions or error.code == "dateformat"):
        return error
    options: Options = dict(error.options)
    others: Sequence[Options] = ()
    lines, choices = list(error.lines), list(error.choices)
    questions = dict(error.questions)
    for _ in range(MOST_ROUNDS):
        found = _dates(source, given, options, reading, fix)
        if found is None or found.chosen is not None:
            break
        answers = found.answers
        if not answers or answers[0].keys() <= options.keys():
            break
        lines.append(f"  dateformat: {found.why}")
        choices += [{**one, "column": "dateformat"} for one in found.choices]
        if error.questions:
            questions["dateformat"] = found.why
        options, others = options | answers[0], [options | one for one in answers[1:]]
    if options == error.options:
        return error
    asked = UnclearError(error.says, lines, choices, options)
    asked.code, asked.file, asked.columns, asked.found = error.code, error.file, error.columns, error.found
    asked.skipped, asked.export, asked.questions, asked.others = error.skipped, error.export, questions, others
    return asked


def _dates(
    source: Source, given: Layout, options: Options, reading: SourceReading | None, fix: Collection[str]
) -> Choice | None:
    """The result of the elimination with these answers; None if the file has another error."""
    if "date-text" in options or "dateformat" in options or given.dateformat is not None:
        return None
    fields: dict[str, Any] = {name: options[name] for name in COLUMNS if name in options}
    fields |= {text: options[f"{name}-text"] for name, text in TEXTS.items() if f"{name}-text" in options}
    if "only" in options:
        fields["only"] = tuple(options["only"] or ())
    if options.keys() & {"normalize-dates", "zone", "locale"}:
        before = reading or SourceReading()
        zone, locale = (str(options.get(name) or getattr(before, name)) for name in ("zone", "locale"))
        reading = SourceReading(zone, locale, day=before.day or options.get("normalize-dates") == "day")
    kinds = (*fix, *([str(options["fix"])] if options.get("fix") else ()))
    try:
        layout = Layout.of(**fields).over(given)
        return look_through(source, detect_file(source, layout, reading), reading, kinds).dates
    except PreflightError:
        return None
