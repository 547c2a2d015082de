"""The pages: the data of each template."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData

from preflight import PreflightError
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.fixes import FIXES
from preflight.model.problems import CODES
from preflight.model.report import Report
from preflight.text.display import counted, one_line, shown, visible
from uploader.model.entry import Entry
from uploader.page import views
from uploader.page.grid import BAD, GOOD, OUT, Grid
from uploader.page.rendering import part, render
from uploader.page.sending import ACTIONS, Sending
from uploader.page.store import Store
from uploader.page.work import Work

CSV, HTML = "text/csv; charset=utf-8", "text/html; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MADE = {
    "clean.csv": ("clean", CSV),
    "bad-rows.csv": ("bad_rows", CSV),
    "bad-rows.xlsx": ("workbook", XLSX),
    "report.html": ("page", HTML),
}
"""The downloads by name: the attribute of `MendedFile`, or `workbook`, and the media type."""

_WORDS = {
    "fieldseparator": [(one.value, f"{one.value.lower()} ({one})") for one in Separator],
    "quotecharacter": [(one.value, f"{one.value.lower().replace('_', ' ')} ({one})") for one in Quote],
    "firstrow": [(FirstRow.Y.value, "the heading (Y)"), (FirstRow.N.value, "data (N)")],
    "normalize_dates": [("yes", "yyyy-MM-dd, with the time"), ("day", "yyyy-MM-dd, without the time")],
}
_FIELDS = {
    "email": ("Email column", "label, or number from 0"),
    "date": ("Date column", "label, or number from 0"),
    "dateformat": ("Date format", "such as dd.MM.yyyy"),
    "title": ("Title column", "label, or number from 0"),
    "title_text": ("One title for every row", ""),
    "date_text": ("One date for every row", "2026-05-31"),
    "note": ("Note column", "label, or number from 0"),
    "normalize_dates": ("Write the dates as", ""),
    "zone": ("Time zone for the dates", "such as Europe/Berlin"),
    "locale": ("Language of month names", "such as de"),
    "fieldseparator": ("Separator", ""),
    "quotecharacter": ("Quote character", ""),
    "firstrow": ("The first row is", ""),
    "encoding": ("Encoding", "such as cp1252"),
    "sheet": ("Sheet of the workbook", "its name"),
    "table_line": ("Line of the heading", "its number"),
    "oldest": ("Warn of dates before", "1990-01-01"),
    "newest": ("Warn of dates after", "2026-12-31"),
}


@dataclass(frozen=True, slots=True)
class Position:
    """The rows that a page shows: their state, problem code and start; `here` is the address of the file."""

    here: str
    state: str = BAD
    code: str = ""
    start: int = 0

    @classmethod
    def of(cls, here: str, form: FormData) -> Position:
        """The position from which a form was sent."""
        start = str(form.get("start", "0"))
        number = int(start) if start.isascii() and start.isdecimal() and len(start) < 10 else 0
        return cls(here, str(form.get("state", BAD)), str(form.get("code", "")), number)

    def query(self, path: str) -> str:
        """The URL of the same rows."""
        return f"{path}?state={quote(self.state)}&code={quote(self.code)}&start={self.start}#grid"


def start(store: Store, sent: Callable[[], Sequence[Entry]] | None, root: str, says: str = "") -> str:
    """The start page: a file to choose, and the stored files; with `sent` also the last uploads."""
    files = []
    for one in store.all():
        message = f"{counted(one.changed, 'row')} changed, {_ago(one.used)}" if one.changed else _ago(one.used)
        files.append({"id": one.id, "name": visible(one.name), "used": message})
    lately = _sent_lately(sent) if sent is not None else []
    return render("start", root=root, front=sent is not None, files=files, says=says, wait=False, sent=lately)


def _sent_lately(sent: Callable[[], Sequence[Entry]]) -> list[dict[str, str]]:
    return [
        {
            "when": one.when,
            "filename": visible(one.filename, 60),
            "destination": visible(one.destination, 60),
            "rows": f"{one.rows:,}",
            "outcome": one_line(one.described),
        }
        for one in sent()
    ]


def checking(work: Work, here: str, root: str) -> str:
    """The page of a file while it is checked."""
    done, size = work.done or (0, None)
    share = min(100, 100 * done // size) if size else None
    message = f"{share} % of it" if share is not None else f"{done >> 20:,} MiB"
    return render(
        "file", root=root, here=here, name=visible(work.kept.name), wait=True, progress=message, share=share, says=""
    )


def refused(work: Work, here: str, root: str, error: str) -> str:
    """The page of a file with an error."""
    given = _about(work, here, root) | {"error": error, "says": ""}
    return render("file", **given)


def file(work: Work, where: Position, root: str, says: str = "") -> str:
    """The page of a checked file."""
    with work.lock:
        given = _about(work, where.here, root) | {"says": says}
        if work.error is not None:
            return render("file", **given)
        report = work.report
        assert report is not None  # noqa: S101 - there is one without an error
        fault = report.contradiction
        given |= {"numbers": work.numbers(), "refused": fault.message if fault else "", "unfitting": work.unfitting}
        given |= {"read": views.how_read(report), "columns": views.columns_of(report), "warnings": _warnings(report)}
        if fault is None:
            given |= {"kinds": views.kinds_of(work.grid), "view": _view(work.grid, report, where)}
            given |= {
                "proposal": views.proposal_to_leave_out(report),
                "can_leave_out": True,
                "fixable": _fixable(work, report),
            }
        return render("file", **given)


def live(work: Work, where: Position, numbers: Sequence[int], whole: bool) -> dict[str, str]:
    """The parts of the page to update after a change of rows, by element id: the `whole` grid, or these rows."""
    with work.lock:
        report = work.report
        assert report is not None  # noqa: S101 - rows were changed
        columns = views.columns_of(report)
        parts = {
            "verdict": part("verdict", work.numbers(), where.here, ""),
            "kinds": part("kinds", views.kinds_of(work.grid), where.here),
        }
        if whole:
            return parts | {"grid": part("grid", _view(work.grid, report, where))}
        rows = views.rows_of(work.grid, work.grid.get(numbers))
        return parts | {f"row-{row.number}": part("grid_row", row, columns) for row in rows}


def send(work: Work, sending: Sending, here: str, root: str, form: FormData, says: str) -> str:
    """The page on which a file is rehearsed and sent."""
    name = visible(work.kept.name)
    given: dict[str, Any] = {"root": root, "here": here, "name": name, "says": says, "error": "", "before": []}
    job = sending.job_of(work)
    given |= {"job": job, "wait": job.running}
    try:
        if not work.checked():
            raise work.error or PreflightError("the layout does not fit the file")
        mended = work.mended_file()
    except PreflightError as error:
        return render("send", **given | {"error": one_line(str(error))})
    report, layout = mended.report, mended.report.layout
    removed = work.grid.taken_out()
    chosen = {one: str(form.get(one) or work.kept.about(one)) for one in ("destination", "customeventaction")}
    chosen |= {"filename": str(form.get("filename") or f"{Path(work.kept.name).stem}.csv")}
    columns = {
        one: f"{shown(layout.texts[one])} for every row" if one in layout.texts else visible(layout.label(one), 60)
        for one in layout.columns
    }
    given |= {
        "report": report,
        "removed": removed,
        "titles": [visible(title, 60) for title in list(report.titles.counts)[:8]],
        "warnings": list(report.warnings.items()),
        "number": sending.number(),
        "chosen": chosen | {"only_new": form.get("only_new") == "yes"},
        "actions": ACTIONS,
        "where": {"note": "", **columns, "dateformat": report.clean_dateformat},
        "endpoint": sending.services.where,
        "before": [_sent_before(one) for one in work.kept.sendings()],
    }
    return render("send", **given)


def download_name(name: str, made: str) -> str:
    """The name of a download, from the source's name."""
    stem, ending = made.rsplit(".", 1)
    return f"{Path(name).stem}-{stem}.{ending}"


def _about(work: Work, here: str, root: str) -> dict[str, Any]:
    """The data that every page of a file has."""
    said = work.choices.said
    error = one_line(str(getattr(work.error, "says", work.error))) if work.error is not None else ""
    fields = [
        {
            "name": name,
            "label": label,
            "hint": hint,
            "words": _WORDS.get(name, ()),
            "value": "yes" if said.get(name) is True else str(said.get(name, "")),
        }
        for name, (label, hint) in _FIELDS.items()
    ]
    return {
        "root": root,
        "here": here,
        "name": visible(work.kept.name),
        "wait": False,
        "error": error.replace(str(work.kept.source), work.kept.name),
        "questions": views.questions_of(work.error),
        "proposal": views.proposal_of(work.error),
        "fields": fields,
        "only": said.get("only", []),
        "once": bool(said.get("once_per_day")),
        "can_leave_out": False,
        "fixable": [],
        "read": [],
        "unfitting": 0,
        "warnings": [],
    }


@dataclass(frozen=True, slots=True)
class GridView:
    """The data of a page of the grid."""

    here: str
    state: str
    code: str
    start: int
    most: int
    page: int
    pages: int
    tabs: Sequence[tuple[str, str, int]]
    columns: Sequence[views.Column]
    rows: Sequence[views.Row]


def _view(grid: Grid, report: Report, where: Position) -> GridView:
    state = where.state if where.state in (BAD, OUT, "changed") else BAD
    code = where.code if where.code in CODES and state == BAD else ""
    most = views.rows_of_page(report)
    rows, number = grid.page(state, code, where.start, most)
    start = where.start
    if not rows and number:
        start = (number - 1) // most * most
        rows, number = grid.page(state, code, start, most)
    counts = grid.counts()
    out = sum(several for (was, now), several in counts.items() if now == OUT)
    bad = counts[BAD, BAD] + counts[GOOD, BAD]
    tabs = [(BAD, "Bad", bad), ("changed", "Changed", grid.changed()), (OUT, "Left out", out)]
    columns, shown_rows = views.columns_of(report), views.rows_of(grid, rows)
    page, pages = start // most + 1, max(1, -(-number // most))
    return GridView(where.here, state, code, start, most, page, pages, tabs, columns, shown_rows)


def _warnings(report: Report) -> list[dict[str, Any]]:
    lines: dict[str, list[str]] = {}
    for one in (*report.of_file, *report.examples):
        if one.severity == "warning" and len(lines.setdefault(one.code, [])) < 3:
            where = f"Row {one.row:,}: " if one.row else ""
            message = one_line(f"{where}{one.message}")
            if message not in lines[one.code]:
                lines[one.code].append(message)
    return [
        {
            "code": code,
            "rows": number,
            "headline": CODES[code].headline,
            "lines": lines.get(code, []),
            "suggestions": report.mendable.accept.get(code, 0),
        }
        for code, number in report.warnings.items()
    ]


def _fixable(work: Work, report: Report) -> list[tuple[str, str, bool]]:
    """The kinds of fixes that apply to the file: kind, description with count, and whether it is chosen."""
    chosen = work.choices.said.get("fix", [])
    found: list[tuple[str, str, bool]] = []
    for kind, does in FIXES.items():
        if kind in chosen:
            found.append((kind, f"{does}: {counted(report.fixes.counts.get(kind, 0), 'time')}", True))
        elif number := report.mendable.fix.get(kind, 0):
            found.append((kind, f"{does}: {counted(number, 'change')} in this file", False))
    return found


def _sent_before(one: dict[str, Any]) -> str:
    what = "rehearsed" if one["rehearsed"] else "sent"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["at"]))
    to = f"{counted(one['rows'], 'row')} to {visible(one['destination'], 60)} as {one['customeventaction']}"
    return f"{when}: {what}, {to}: {one['outcome'] or 'outcome unknown'}"


def _ago(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
