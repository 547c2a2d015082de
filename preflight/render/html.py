"""A Report as one HTML page that needs nothing else: no request leaves it, and a policy in it forbids any.

Everything of the file goes through the template's escaping; the script holds no data and makes no markup of any.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING

from preflight.layouts.words import FirstRow
from preflight.model.problems import CODES, Problem
from preflight.model.report import Report
from preflight.render.charts import (
    LEAST_SHARE,
    WHOLE_FILE,
    WHOLE_ROW,
    code_bars,
    date_bars,
    domain_bars,
    near_miss_bars,
    title_bars,
)
from preflight.render.marking import parts_of, spaced_parts
from preflight.text.display import as_message, counted, named, shown, visible

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

MOST_PROBLEMS = 2_000
"""Problems that the table lists, of each code as many as of the others while it has some."""

MOST_MARKUP = 1_500_000
"""Characters of markup that the table may come to, whatever the cells hold."""

MOST_VARIANTS, MOST_SPELLINGS, MOST_FIXES = 10, 6, 100
"""Groups of spellings of one title, spellings of each, and fixes that are shown."""

LONGEST_CELL, LONGEST_MESSAGE = 240, 600
"""Characters of a cell and of a message that are shown."""


@dataclass(frozen=True, slots=True)
class BadRowsDownload:
    """The bad-rows file of the first bad rows, as `--bad-rows` writes it, and how many rows it holds."""

    content: bytes
    rows: int


def render_page(report: Report, problems: Iterable[Problem], download: BadRowsDownload) -> str:
    """The page: `problems` are those to list of the report's, as many as there is room for."""
    page, problem_row = _templates()
    rows = _rows(problem_row, problems)
    style, script = _resource("report.css"), _resource("report.js")
    return page.render(
        report=report,
        file=visible(named(report.file), 300),
        counted=counted,
        layout=_layout(report),
        code_bars=code_bars(report),
        dates=date_bars(report),
        domains=domain_bars(report),
        near_misses=near_miss_bars(report),
        titles=title_bars(report),
        variants=[
            [(one, spaced_parts(one.title, LONGEST_CELL)) for one in group[:MOST_SPELLINGS]]
            for group in report.title_variants[:MOST_VARIANTS]
        ],
        fixes=[
            (fix, spaced_parts(fix.before, LONGEST_CELL), spaced_parts(fix.after, LONGEST_CELL))
            for fix in report.fixes.examples[:MOST_FIXES]
        ],
        kinds=[kind for code, kind in CODES.items() if code in report.problems or code in report.warnings],
        columns=sorted({column for _, column, _ in rows}),
        rows=[markup for _, _, markup in rows],
        found=report.found,
        warnings=sum(report.warnings.values()),
        bad_share=round(max(LEAST_SHARE, 100 * report.bad_rows / report.rows), 2) if report.bad_rows else 0,
        download=download,
        download_url="data:text/csv;charset=utf-8;base64," + base64.b64encode(download.content).decode(),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _layout(report: Report) -> Iterator[tuple[str, str, str]]:
    """(name, value, evidence or empty) of each part of the layout as it was read."""
    layout = report.layout
    values = {
        "fieldseparator": layout.fieldseparator,
        "quotecharacter": layout.quotecharacter,
        "firstrow": f"{layout.firstrow}, {'a' if layout.firstrow is FirstRow.Y else 'no'} heading",
        **{name: f"{index}, `{visible(layout.label(name), 60)}`" for name, index in layout.columns.items()},
        **{name: f"{shown(text)} in every row" for name, text in layout.texts.items()},
        "dateformat": f"`{layout.dateformat.pattern}`"
        + (f", for strptime `{layout.dateformat.strptime}`" if layout.dateformat.strptime else ""),
    }
    if report.normalized is not None:
        values["dateformat"] += f"; in the clean file `{report.clean_dateformat}`"
    if report.skipped_lines:
        values["lines left out"] = as_message("; ".join(one.told() for one in report.skipped_lines), LONGEST_MESSAGE)
    if layout.added:
        values["left out"] = f"{', '.join(layout.added)}, as this is a bad-rows file"
    for name, value in values.items():
        yield name, value, as_message(report.detected.get(name, ""), LONGEST_MESSAGE)


def _rows(problem_row: Callable[..., str], problems: Iterable[Problem]) -> Sequence[tuple[int, str, str]]:
    """(row, column, markup) of each problem that there is room for, in the order of the rows."""
    room, rows = MOST_MARKUP, []
    for number, problem in enumerate(_in_turn(problems)):
        column = visible(problem.column, 60) or (WHOLE_ROW if problem.row else WHOLE_FILE)
        markup = problem_row(
            problem,
            CODES[problem.code],
            column,
            parts_of(problem, LONGEST_CELL),
            as_message(problem.message, LONGEST_MESSAGE),
            visible(problem.suggestion, LONGEST_CELL),
        )
        room -= len(markup.encode("utf-8", "replace"))
        if room < 0 or number == MOST_PROBLEMS:
            break
        rows.append((problem.row, column, markup))
    return sorted(rows, key=lambda row: row[0])


def _in_turn(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The first problem of each code, then the second of each, and so on."""
    order = {code: place for place, code in enumerate(CODES)}
    by_code = groupby(sorted(problems, key=lambda problem: order[problem.code]), attrgetter("code"))
    for turn in zip_longest(*[list(group) for _, group in by_code]):
        yield from filter(None, turn)


@cache
def _templates() -> tuple[Template, Callable[..., str]]:
    """The page's template, and the macro of a row of its table: it costs less a row than a template would."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["with_code"] = _with_code
    page, problem = (environment.from_string(_resource(f"{name}.html.jinja")) for name in ("report", "problem"))
    return page, problem.make_module().problem_row  # type: ignore[attr-defined]


def _with_code(message: str) -> Markup:
    """A message with what stands in backticks as code."""
    from markupsafe import Markup, escape

    pieces = message.split("`")
    if len(pieces) % 2 == 0:  # one backtick is a character of the file's, or its partner was cut away
        return escape(message)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if i % 2 else piece for i, piece in enumerate(pieces)
    )


@cache
def _resource(name: str) -> str:
    return (files("preflight.render") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
