"""Problem codes and date formats as text tables, generated from their registries."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from preflight.dates.compose import DATES, JOINERS, TIMES, WEEKDAYS, ZONES
from preflight.dates.counted import COUNTED
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.zones import AMBIGUOUS, OFFSETS
from preflight.model.codes import CODES, ProblemCode


def render_codes() -> str:
    """Every problem code, one per line."""
    width = max(map(len, CODES))
    lines = [f"{kind.code:<{width}}  {kind.severity:<7}  {kind.subject:<5}  {kind.headline}" for kind in CODES.values()]
    return "\n".join(lines) + "\n"


def render_code(kind: ProblemCode) -> str:
    """The full description of a problem code."""
    effect = "the row is bad" if kind.severity == "error" else "the row stays good"
    if kind.subject == "file" and kind.severity == "error":
        effect = "no row is judged, none may be sent"
    writes = f"  suggests    a mended cell, where there is one reading; --accept {kind.code} writes it\n"
    return (
        f"{kind.code}: {kind.headline}\n"
        f"  severity    {kind.severity} ({effect})\n"
        f"  concerns    {kind.subject}\n"
        f"  meaning     {kind.meaning}\n"
        f"  what to do  {kind.action}\n"
        f"{writes if kind.suggests else ''}"
    )


def render_formats() -> str:
    """The date formats: pattern, strptime, example, remarks."""
    rows = [("pattern", "strptime", "example", "remarks"), *_format_rows()]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]).rstrip() for row in rows
    ]
    return "\n".join([*lines, "", *_composed(), "", *_normalized()]) + "\n"


def _composed() -> Iterator[str]:
    """The parts of composed formats."""
    yield "Other date formats, detected and for --dateformat, are composed of these parts, in this order:"
    parts = (("weekday", WEEKDAYS[1:]), ("date", DATES), ("joiner", JOINERS), ("time", TIMES), ("zone", ZONES[1:]))
    for name, patterns in parts:
        listed = " | ".join(f"`{pattern}`" if pattern != pattern.strip() else pattern for pattern in patterns)
        yield from textwrap.wrap(f"{name}: {listed}", 120, initial_indent="  ", subsequent_indent="    ")


def _normalized() -> Iterator[str]:
    """The additional forms of dates that are normalized."""
    yield "With --normalize-dates, which sends yyyy-MM-dd and the time in ISO form (=day: only the day), also:"
    texts = [
        f"z: a zone as a word: {', '.join(OFFSETS)}, GMT+1, UTC-05:00, America/New_York",
        f"z with --zone AREA/CITY only, as they mean several: {', '.join(AMBIGUOUS)}",
        "SSS: one to nine digits after the second, sent to the millisecond",
        "a: p. m. and the like; blanks of other kinds (U+202F before AM), invisible characters",
        "of a range of times the start: 10:00 – 11:00; dashes for hyphens; years of Japanese eras",
        "MMM, MMMM, EEE, EEEE: the names of --locale LANG, and its ways to write a date",
        *(f"{name}: {what}, where --dateformat {name} says so" for name, what in COUNTED.items()),
        "--zone AREA/CITY converts instants (times with a zone, Unix time) to the days of that place",
    ]
    for text in texts:
        yield from textwrap.wrap(text, 120, initial_indent="  ", subsequent_indent="    ")


def _format_rows() -> Iterator[tuple[str, str, str, str]]:
    for known in KNOWN_FORMATS:
        yield known.pattern, known.strptime, known.example, known.remarks
