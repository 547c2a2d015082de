"""The text of a check of several files: a line for each, and their totals."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.model.report import Report
from preflight.model.several import Failure, SpeltIn, Summary
from preflight.render.text import as_warning, titles_found
from preflight.text.display import as_message, counted, named, shown, visible

SHOWN_CODES = 4
"""Limit for the problem codes in the line of a file."""

SHOWN = 10
"""Limit for the listed touch points in several files, and for the listed titles with different spellings."""

HEADING = f"{'rows':>11} {'good':>11} {'bad':>9} {'titles':>7}  file"


def line_of(found: Report | Failure) -> str:
    """The line for one file."""
    if isinstance(found, Failure):
        none = f"{'-':>11} {'-':>11} {'-':>9} {'-':>7}"
        return f"{none}  {visible(named(found.file))}: not checked: {as_message(found.message, 600)}"
    numbers = f"{found.rows:>11,} {found.good_rows:>11,} {found.bad_rows:>9,} {found.titlecount:>7,}"
    codes = list({**found.problems, **found.warnings}.items())
    parts = [f"{code} {count:,}{as_warning(code)}" for code, count in codes[:SHOWN_CODES]]
    if len(codes) > SHOWN_CODES:
        parts.append(f"{len(codes) - SHOWN_CODES} codes more")
    left_out = [f"{found.left_out:,} left out"] if found.left_out else []
    return f"{numbers}  {visible(named(found.file))}{': ' if parts or left_out else ''}{', '.join([*left_out, *parts])}"


def totals(summary: Summary) -> Iterator[str]:
    """The totals of all files, line by line."""
    good, bad = counted(summary.good_rows, "good row"), counted(summary.bad_rows, "bad row")
    left_out = f", {summary.left_out:,} left out" if summary.left_out else ""
    failed = f"; {counted(summary.failed, 'file')} could not be checked" if summary.failed else ""
    yield f"{counted(summary.files, 'file')}: {counted(summary.rows, 'row')}, {good}, {bad}{left_out}{failed}"
    yield ""
    yield f"titlecount {summary.titlecount:,} of all files together"
    yield from titles_found(summary.titles)
    if summary.shared.count:
        yield ""
        yield from _shared(summary)
    if summary.variants:
        yield ""
        yield from _variants(summary)


def _shared(summary: Summary) -> Iterator[str]:
    shared = summary.shared
    stand = "1 touch point stands" if shared.count == 1 else f"{shared.count:,} touch points stand"
    yield f"In several files: {stand} in more than one of {counted(shared.files, 'file')}, and would count again"
    for one, other in shared.examples[:SHOWN]:
        yield f"  row {one.row} of {visible(one.file)} and row {other.row} of {visible(other.file)}"
    if shared.count > SHOWN:
        yield f"  and {shared.count - SHOWN:,} more"
    yield "  To do: delete them from one file, or send with --only-new, which leaves out what was sent before."


def _variants(summary: Summary) -> Iterator[str]:
    yield f"Spelt differently in different files: {counted(summary.variants, 'title')}"
    for group in summary.title_variants[:SHOWN]:
        yield f"  {', '.join(map(_spelt, group[:3]))}{f', {len(group) - 3} more' if len(group) > 3 else ''}"
    if summary.variants > SHOWN:
        yield f"  and {summary.variants - SHOWN:,} more"


def _spelt(one: SpeltIn) -> str:
    return f"{shown(one.title, 60)} ({counted(one.rows, 'row')}, first in {visible(one.file)})"
