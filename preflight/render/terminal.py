"""The summary of a check for a terminal: that of `preflight.render.text`, with verdict and problems as tables.

Colours only repeat what words and marks say, so that nothing is lost with `NO_COLOR` or on a black-and-white terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from preflight.model.codes import CODES
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.render.kinds import Kind, kinds_of, more_than_shown, places_of
from preflight.render.marking import parts_of
from preflight.render.text import as_warning, codes_by_line, parts, wrapped
from preflight.text.display import as_message, visible

LONGEST_CELL = 120
"""Limit for the displayed characters of a cell."""

_STYLES = {"error": "bold red", "warning": "yellow"}
_MARKED, _ESCAPE = "reverse", "cyan"


def styled(report: Report, width: int) -> Group:
    """The summary for a terminal of this width."""
    shown: list[RenderableType] = []
    for name, (heading, *lines) in parts(report, width).items():
        shown.append(Text(heading, "bold"))
        if name == "verdict":
            shown.append(_verdict_table(report))
        elif name == "problems":
            kinds = kinds_of(report)
            shown += [_problem_table(report, kinds), *map(Text, filter(None, [more_than_shown(report, kinds)]))]
        else:
            for line in lines:
                indent = line[: len(line) - len(line.lstrip())]
                shown += map(Text, wrapped(line.lstrip(), width, indent, f"{indent}  "))
        shown.append(Text())
    return Group(*shown)


def _verdict_table(report: Report) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    for line, codes in codes_by_line(report).items():
        codes_found = Text("good", "green")
        if codes:
            pieces = [
                Text.assemble((kind.code, _STYLES[kind.severity]), f"{as_warning(kind.code)} {count:,}")
                for kind, count in codes
            ]
            codes_found = Text(", ").join(pieces)
        table.add_row(line, codes_found)
    return table


def _problem_table(report: Report, kinds: Sequence[Kind]) -> Table:
    longest = max(map(len, CODES))
    table = Table(box=box.HORIZONTALS, expand=True, pad_edge=False, header_style="dim", border_style="dim")
    table.add_column("row", justify="right")
    table.add_column("problem", ratio=1, min_width=longest, max_width=max(28, longest), overflow="fold")
    table.add_column("cell, what is wrong, suggestion", ratio=3, overflow="fold")
    for kind in kinds:
        what = _what(kind, report)
        for first, *others in kind.alike():
            also = [Text(f"also {places_of(others)}", "dim")] if others else []
            table.add_row(_where(first), what, Text("\n").join([*_told(first, kind), *also]))
            what = Text()
        if more := kind.number - len(kind.shown):
            table.add_row("", what, Text(f"and {more:,} more" if kind.shown else "not shown", "dim"))
            what = Text()
        if kind.action:
            table.add_row("", what, Text(kind.action, "italic"))
        table.add_section()
    return table


def _where(problem: Problem) -> Text:
    if not problem.row:
        return Text("file", "bold")
    return Text.assemble((f"{problem.row}", "bold"), (f"\nline {problem.line}", "dim"))


def _what(kind: Kind, report: Report) -> Text:
    severity = "warning" if kind.code in report.warnings else "error"
    number = f"\n{kind.counted}" if kind.number > 1 else ""
    column = f"\n{kind.column}" if kind.column else ""
    return Text.assemble((kind.code, _STYLES[severity]), " (warning)" * (severity == "warning"), column, number)


def _told(problem: Problem, kind: Kind) -> list[Text]:
    lines = [Text(visible(problem.column, 40), "dim")] if problem.column and not kind.column else []
    lines += [_cell(problem)] if problem.value else []
    lines.append(Text(as_message(problem.message, 400)))
    if problem.suggestion:
        lines.append(Text.assemble(("→ ", "dim"), (visible(problem.suggestion, LONGEST_CELL), "green")))
    return lines


def _cell(problem: Problem) -> Text:
    """The cell, with the parts at fault marked, and escapes in a colour of their own."""
    cell = Text()
    for part in parts_of(problem, LONGEST_CELL):
        styles = [_MARKED] * part.marked + [_ESCAPE] * part.escape
        cell.append(part.text, " ".join(styles) or None)
    return cell


def styled_verdict(line: str) -> Text:
    """The last line with its first words in colour."""
    text = Text(line)
    text.highlight_regex("^NOT (READY|MERGED)", _STYLES["error"])
    text.highlight_regex("^(READY|MERGED|NOTHING TO MERGE|Kept)", "bold green")
    return text
