"""A report in plain words: whether the file may be sent, how it was read, what will be sent, and the next steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from preflight.detect.questions import label_or_index
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.report import Report
from preflight.model.reported import Step
from preflight.model.timeline import day_named, month_named
from preflight.render.groups import is_in_spreadsheet
from preflight.render.text import example
from preflight.text import shell
from preflight.text.asking import is_in_python, is_on_page
from preflight.text.display import as_message, counted, shown, stem_of, visible
from preflight.workbooks.notes import column_letters

LONGEST_EVIDENCE = 600
"""Limit for the displayed characters of the evidence for a part of the layout."""

_SEPARATORS = {
    Separator.COMMA: "comma",
    Separator.TAB: "tab",
    Separator.SEMICOLON: "semicolon",
    Separator.SPACE: "space",
}
_QUOTES = {Quote.NONE: "none", Quote.SINGLE_QUOTE: "single quote `'`", Quote.DOUBLE_QUOTE: 'double quote `"`'}
_COLUMNS = {"email": "Email address", "date": "Date", "title": "Title", "note": "Note"}


class Said(NamedTuple):
    """A part of the layout in plain words: its name, its value, the API's word for it, and the evidence."""

    what: str
    value: str
    word: str
    evidence: str


def sentence(report: Report) -> tuple[str, str]:
    """Whether the file may be sent, in a few words, and the rest of the sentence."""
    rows = counted(report.rows - report.left_out, "row")
    if report.contradiction is not None:
        return "Not ready", "The layout that was given contradicts the file, so no row was judged."
    if not report.ok:
        bad = (
            f"{report.bad_rows:,} of {rows} {'has' if report.bad_rows == 1 else 'have'}"
            if report.good_rows
            else f"All {rows} have"
        )
        bad = "The row has" if report.rows == report.left_out + 1 else bad
        others = "row" if report.good_rows == 1 else f"{report.good_rows:,}"
        good = f" The other {others} can be sent." if report.good_rows else ""
        doubtful = not report.good_rows and not report.layout.added
        doubt = " Perhaps the layout does not fit the file: see below." if doubtful else ""
        return "Not ready", f"{bad} to be mended or deleted first.{good}{doubt}"
    all_rows = "The row" if report.good_rows == 1 else f"All {report.good_rows:,} rows"
    if not report.warnings:
        return "Ready", f"{all_rows} may be sent."
    return "Ready, with warnings", f"{all_rows} may be sent; look at {_warned(report)} first."


def _warned(report: Report) -> str:
    if not report.warned_rows:
        return counted(sum(report.warnings.values()), "warning")
    least = "at least " if report.more_are_warned else ""
    return f"{least}{counted(report.warned_rows, 'row')}"


def unlabelled(number: int) -> str:
    """A column without a label: its letters in a spreadsheet, and the number that options take."""
    return f"column {column_letters(number + 1)} ({number})"


def short_layout(report: Report) -> str:
    """The layout in one line."""
    layout = report.layout
    where = [f"{name} in column {column_letters(index + 1)}" for name, index in layout.own_columns.items()]
    return f"{', '.join(where)}; dates as {visible(layout.dateformat.pattern, 60)}"


def layout_said(report: Report) -> Iterator[Said]:
    """Yield the parts of the layout."""
    layout, detected = report.layout, report.detected

    def said(name: str, what: str, value: str, word: str = "") -> Said:
        return Said(what, value, word, as_message(detected.get(name, ""), LONGEST_EVIDENCE))

    for name, index in layout.own_columns.items():
        label = f", `{visible(layout.label(name), 60)}`" if layout.firstrow is FirstRow.Y else ""
        yield said(name, _COLUMNS.get(name, name), f"column {column_letters(index + 1)}{label}", f"{name} {index}")
    for name, text in layout.texts.items():
        yield said(name, _COLUMNS.get(name, name), f"{shown(text)} in every row")
    pattern = layout.dateformat.pattern
    like = example(layout.dateformat)
    value = f"`{visible(pattern, 60)}`{', such as ' * bool(like)}{like}"
    if report.normalized is not None:
        value += f"; in the clean file `{report.clean_dateformat}`"
    yield said("dateformat", "Date format", value, "dateformat")
    separator = layout.fieldseparator
    yield said("fieldseparator", "Separator", _SEPARATORS[separator], f"fieldseparator {separator}")
    quote = layout.quotecharacter
    yield said("quotecharacter", "Quote character", _QUOTES[quote], f"quotecharacter {quote}")
    heading = "yes" if layout.firstrow is FirstRow.Y else "no, the first row is data"
    yield said("firstrow", "Heading", heading, f"firstrow {layout.firstrow}")
    if report.skipped_lines:
        lines = as_message("; ".join(one.described() for one in report.skipped_lines), LONGEST_EVIDENCE)
        yield Said("Left out, outside the table", lines, "", "")
    if layout.added:
        yield Said("Left out, columns of the bad-rows file", ", ".join(layout.added), "", "")


def dates_sent(report: Report) -> str:
    """The first and the last date of the good rows; empty if there are none."""
    good = report.good_timeline
    named = day_named if good.unit == "day" else month_named
    ends = [named(when) for when in good.rows]
    for stretch in filter(None, (good.old, good.future)):
        ends += [day_named(stretch.first), day_named(stretch.last)]
    first, last = min(ends, default=""), max(ends, default="")
    return first if first == last else f"{first} to {last}"


def plain_steps(report: Report) -> tuple[Step, ...]:
    """The next steps if the request is unknown: for several files, in Python, and before sending."""
    if report.contradiction is not None or is_on_page():
        return ()  # the page is the next step itself
    stem = stem_of(report.file)
    clean, bad = f"{stem}-clean.csv", f"{stem}-bad.csv"
    says = "Write the good rows and the bad ones to files of their own, and mend the bad ones in a spreadsheet:"
    if is_in_python():
        file = repr(report.file) if is_in_spreadsheet(report) else "df"
        read = f"Layout({', '.join(f'{name}={value!r}' for name, value in _told(report.layout).items())})"
        if not report.ok:
            return (Step(says, f"check({file}, {read}, clean={clean!r}, bad_rows={bad!r})"),)
        where = 'destination="DESTINATION", customeventaction="ACTION"'
        return (Step("Send it:", f"send({file}, {read}, {where}, client=Client(token))"),)
    if report.ok:
        return ()
    words = ["preflight", "check", shell.file_word(report.file) if stem != "input" else "FILE"]
    for name, value in {**_told(report.layout), "clean": clean, "bad_rows": bad}.items():
        words += shell.option_words(name.replace("_", "-"), str(value))
    return (Step(says, shell.command(words)),)


def _told(layout: ResolvedLayout) -> dict[str, str | int]:
    """The layout as options by their Python names, for a check of the file."""
    labels = layout.labels if layout.firstrow is FirstRow.Y else None
    fields: dict[str, str | int] = {}
    for name, index in layout.own_columns.items():
        column = label_or_index(name, index, labels)
        fields[name] = index if column == str(index) else column
    fields |= {f"{name}_text": text for name, text in layout.texts.items()}
    return fields if "date" in layout.texts else fields | {"dateformat": layout.dateformat.pattern}
