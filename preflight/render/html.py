"""A Report as one self-contained HTML page; its content security policy forbids all requests.

The templates escape all text of the file; the script contains no data and creates no markup. The macros of
`problems.html.jinja` and the styles of `report.css` also serve other pages (`environment`, `resource`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from preflight.model.report import Report
from preflight.render.charts import (
    LEAST_SHARE,
    date_bars,
    domain_bars,
    near_miss_bars,
    title_bars,
)
from preflight.render.groups import Group, groups_of, in_turn, is_in_spreadsheet, row_of, shown_row
from preflight.render.marking import spaced_parts, with_code
from preflight.render.plainwords import dates_sent, layout_said, plain_steps, sentence, short_layout
from preflight.text.asking import is_in_python, is_on_command_line, option
from preflight.text.display import counted, named, stem_of, visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_MARKUP = 1_500_000
"""Limit for the markup of the rows of all groups, in bytes."""

MOST_SHOWN = 5
"""Limit for the unfolded rows of a group."""

MOST_PRINTED, MOST_PRINTED_ROWS = 8, 3
"""Limits for the printed groups, and the rows of each; `report.css` has the same."""

MOST_VARIANTS, MOST_SPELLINGS, MOST_FIXES = 10, 6, 100
"""Limits for the displayed title variants, spellings of each, and fixes."""

LONGEST_CELL = 240
"""Limit for the displayed characters of a cell."""


@dataclass(frozen=True, slots=True)
class BadRowsDownload:
    """A bad-rows file of the first bad rows, as `--bad-rows` writes it, and its number of rows."""

    content: bytes
    rows: int


class Drawn(NamedTuple):
    """A group and the markup of its rows: the visible ones and the folded ones."""

    group: Group
    shown: Sequence[Markup]
    folded: Sequence[Markup]


def render_page(report: Report, download: BadRowsDownload | None = None) -> str:
    """The page of a report, with its `samples` as rows; its size is bounded."""
    numbered = is_in_spreadsheet(report) and not report.layout.added
    word, rest = sentence(report)
    style, script = resource("report.css"), resource("report.js")
    content = base64.b64encode(download.content).decode() if download else ""
    given = {
        "report": report,
        "file": visible(named(report.file), 300),
        "stem": visible(stem_of(report.file), 100),
        "word": word,
        "sentence": rest,
        "steps": report.steps or plain_steps(report),
        "bad_share": round(max(LEAST_SHARE, 100 * report.bad_rows / report.rows), 2) if report.bad_rows else 0,
        "download": download,
        "download_url": f"data:text/csv;charset=utf-8;base64,{content}" if download else "",
        "short_layout": short_layout(report),
        "layout": layout_said(report),
        "in_spreadsheet": is_in_spreadsheet(report),
        "numbered": numbered,
        "fixes": [
            (fix, spaced_parts(fix.before, LONGEST_CELL), spaced_parts(fix.after, LONGEST_CELL))
            for fix in report.fixes.examples[:MOST_FIXES]
        ],
        "style": style,
        "script": script,
        "style_hash": hash_of(style),
        "script_hash": hash_of(script),
    }
    template = environment().get_template("report.html.jinja")
    return template.render(**given, **_problems(report, numbered), **_columns(report))


def _problems(report: Report, numbered: bool) -> dict[str, Any]:
    """The problems by kind, and what the page leaves out of them."""
    groups = drawn(report, numbered)
    listed = sum(len(one.shown) + len(one.folded) for one in groups)
    return {
        "groups": groups,
        "errors": [one for one in groups if one.group.kind.severity == "error"],
        "warned": [one for one in groups if one.group.kind.severity == "warning"],
        "listed": listed,
        "left_out": report.found - listed,
        "list_of_all": "--report OUT.csv" if is_on_command_line() else "report.frame" if is_in_python() else "",
        "not_printed": _not_printed(groups),
    }


def _columns(report: Report) -> dict[str, Any]:
    """The columns as a whole: charts of dates, titles and domains, and values that are nearly equal."""
    dates = date_bars(report)
    return {
        "dates": dates,
        "dates_sent": dates_sent(report),
        "places": {bar.label: place for place, bar in enumerate(dates.columns)},
        "titles": title_bars(report),
        "variants": [
            [(one, spaced_parts(one.title, LONGEST_CELL)) for one in group[:MOST_SPELLINGS]]
            for group in report.title_variants[:MOST_VARIANTS]
        ],
        "domains": domain_bars(report),
        "near_misses": near_miss_bars(report),
    }


def drawn(report: Report, numbered: bool) -> list[Drawn]:
    """The groups with as many rows as `MOST_MARKUP` allows: the first of each, then the second, and so on."""
    groups = groups_of(report)
    problem_row: Any = problems_module().problem_row
    rows: dict[str, list[Markup]] = {group.kind.code: [] for group in groups}
    room = MOST_MARKUP
    for group, sample in in_turn(groups):
        markup = problem_row(group, row_of(group, sample, report), numbered)
        room -= len(markup.encode("utf-8", "replace"))
        if room < 0:
            break
        rows[group.kind.code].append(markup)
    parted = ((group, rows[group.kind.code]) for group in groups)
    return [Drawn(group, markups[:MOST_SHOWN], markups[MOST_SHOWN:]) for group, markups in parted]


def _not_printed(groups: Sequence[Drawn]) -> str:
    """A sentence about the rows that are not printed; empty if all are."""
    left_out = sum(len(one.shown) + len(one.folded) for one in groups) - sum(
        min(len(one.shown), MOST_PRINTED_ROWS) for one in groups[:MOST_PRINTED]
    )
    kinds = len(groups) - MOST_PRINTED
    if left_out <= 0:
        return ""
    of_kinds = f", and all rows of {counted(kinds, 'kind')} of problems" if kinds > 0 else ""
    rows = counted(left_out, "row")
    return f"Only the first {MOST_PRINTED_ROWS} rows of a kind are printed; {rows} of the page are left out{of_kinds}."


@cache
def environment() -> Environment:
    """The Jinja environment of this room's templates, with autoescaping."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    names = ("report.html.jinja", "problems.html.jinja")
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=DictLoader({name: resource(name) for name in names}),
    )
    made.filters["with_code"] = with_code
    made.globals |= {"counted": counted, "option": option, "shown_row": shown_row}
    made.globals["problems"] = made.get_template("problems.html.jinja").make_module()
    return made


def problems_module() -> Any:
    """The macros of `problems.html.jinja`; calling one is faster than rendering a template for each row."""
    return environment().globals["problems"]


@cache
def resource(name: str) -> str:
    """The text of a file of this room: a template, the style sheet, the script."""
    return (files("preflight.render") / name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """The hash of a style sheet or script for a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
