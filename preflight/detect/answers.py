"""The detection of a whole file, with all open questions in one error: those about its columns, and about its dates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from preflight.dates.counted import SourceReading
from preflight.detect.datechoice import Choice
from preflight.detect.inspection import Inspection, look_through
from preflight.detect.sheets import detect_file
from preflight.errors import PreflightError, UnclearError
from preflight.inputs.source import Progress, Source
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
        raise _asked_at_once(source, given, error, reading, fix) from None


def with_dateformat(
    source: Source, detection: Detection, reading: SourceReading | None, fix: Collection[str]
) -> Detection:
    """The detection completed by the detected date format, if none was given, with its evidence and warnings.

    `reading` says how dates are read if they are normalized, `fix` has the kinds of fixes that are applied before.
    Raises `LayoutError` if the format cannot be determined.
    """
    if detection.layout.dateformat is not None:
        return detection
    found = look_through(source, detection, reading, fix)
    if found.dateformat is None:
        raise _asked_at_once(source, detection.layout, found.open_format(), reading, fix)
    return replace(detection, layout=found.resolved, evidence=found.detected, doubts=found.doubts)


def inspect(
    file: str | PathLike[str],
    layout: Layout,
    reading: SourceReading | None = None,
    fix: Collection[str] = (),
    *,
    progress: Progress | None = None,
) -> Inspection:
    """Inspect a whole file in one pass. Raises `LayoutError` and `InputError` as `preflight.check` does.

    `reading` says how dates are read if they are normalized, `fix` has the kinds of fixes that are applied before. An
    open date format, or an option that contradicts the file, does not raise here: see `Inspection.profile`.
    """
    with Source(file, layout.encoding, progress, layout=layout) as source:
        return look_through(source, detected(source, layout, reading, fix), reading, fix)


def _asked_at_once(
    source: Source, given: Layout, error: UnclearError, reading: SourceReading | None, fix: Collection[str]
) -> UnclearError:
    """The error with the questions about the dates that follow if its likeliest answers are right.

    `given` is the layout that raised the error. For `reading` and `fix` see `with_dateformat`.
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
        if not answers or answers[0].items() <= options.items():
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
