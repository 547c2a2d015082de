"""The pages: the data of each template."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData

from preflight import PreflightError
from preflight.model.codes import CODES
from preflight.model.fixes import FIXES
from preflight.model.report import Report
from preflight.text.display import counted, one_line, visible
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome
from uploader.page import views
from uploader.page.choices import FIELDS, WORDS
from uploader.page.grid import BAD, GOOD, OUT, Grid
from uploader.page.rendering import part, render
from uploader.page.sending import ACTIONS, Sending, Services
from uploader.page.settling import Known, as_decided, decided
from uploader.page.store import Store
from uploader.page.work import Work

MOST_SENT = 10
"""Uploads that the start page lists."""

CSV, HTML = "text/csv; charset=utf-8", "text/html; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MADE = {
    "clean.csv": ("clean", CSV),
    "bad-rows.csv": ("bad_rows", CSV),
    "bad-rows.xlsx": ("workbook", XLSX),
    "report.html": ("page", HTML),
}
"""The downloads by name: the attribute of `MendedFile`, or `workbook`, and the media type."""


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


def start(store: Store, services: Services | None, root: str, says: str = "", fine: bool = False) -> str:
    """The start page: a file to choose, and the stored files; with `services` also the last uploads.

    `says` is a message about what was done, `fine` if it was.
    """
    files = []
    for one in store.all():
        message = f"{counted(one.changed, 'row')} changed, {_ago(one.used)}" if one.changed else _ago(one.used)
        files.append({"id": one.id, "name": visible(one.name), "used": message})
    known = Known.of(services) if services is not None else Known()
    given = {"sent": _sent_lately(known.uploads[:MOST_SENT]), "waiting": known.waiting(), "error": known.error}
    front = services is not None
    return render("start", root=root, front=front, files=files, says=says, fine=fine, wait=False, **given)


def _sent_lately(uploads: Sequence[Entry]) -> list[dict[str, str]]:
    return [
        {
            "when": one.when,
            "filename": visible(one.filename, 60),
            "destination": visible(one.destination, 60),
            "rows": f"{one.rows:,}",
            "outcome": one_line(one.described),
        }
        for one in uploads
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


def send(work: Work, sending: Sending, here: str, root: str, form: FormData, says: str, fine: bool = False) -> str:
    """The page on which a file is rehearsed and sent; for `says` and `fine` see `start`."""
    known = Known.of(sending.services)
    by_id, sendings = {one.id: one for one in known.uploads}, work.kept.sendings()
    job = sending.job_of(work)
    if sendings and not sendings[0]["rehearsed"]:
        job = as_decided(job, by_id.get(sendings[0].get("upload") or 0))
    given: dict[str, Any] = {"root": root, "here": here, "name": visible(work.kept.name), "says": says, "fine": fine}
    given |= {"error": "", "job": job, "wait": job.running, "waiting": known.waiting(), "back": work.kept.id}
    given["before"] = [_sent_before(one, by_id.get(one.get("upload") or 0)) for one in sendings]
    try:
        if not work.checked():
            raise work.error or PreflightError("the layout does not fit the file")
        mended = work.mended_file()
    except PreflightError as error:
        return render("send", **given | {"error": one_line(str(error))})
    report, layout = mended.report, mended.report.layout
    removed = work.grid.taken_out()
    chosen = {one: str(form.get(one) or work.kept.about(one)) for one in ("destination", "customeventaction")}
    chosen |= {"filename": str(form.get("filename") or sent_name(work.kept.name))}
    columns = {
        one: f"`{visible(layout.texts[one])}` for every row" if one in layout.texts else visible(layout.label(one), 60)
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
    }
    return render("send", **given)


def download_name(name: str, made: str) -> str:
    """The name of a download, from the source's name."""
    stem, ending = made.rsplit(".", 1)
    return f"{Path(name).stem}-{stem}.{ending}"


def sent_name(name: str) -> str:
    """The file's name in Act-On unless the user gives another, from the source's name."""
    return f"{Path(name).stem}.csv"


def _about(work: Work, here: str, root: str) -> dict[str, Any]:
    """The data that every page of a file has."""
    said = work.choices.said
    error = one_line(str(getattr(work.error, "says", work.error))) if work.error is not None else ""
    fields = [
        {
            "name": name,
            "label": label,
            "hint": hint,
            "words": WORDS.get(name, ()),
            "value": "yes" if said.get(name) is True else str(said.get(name, "")),
        }
        for name, (label, hint) in FIELDS.items()
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


_ENDED = {
    Outcome.NOT_SENT: "nothing was sent",
    Outcome.REFUSED: "nothing was sent, Act-On refused it",
    Outcome.BAD_ROWS: "nothing was sent, no row is good",
    Outcome.NOTHING_NEW: "nothing was sent, every row had been sent before",
    Outcome.IN_DOUBT: "it may have arrived",
    Outcome.CONFIRMED: "sent and confirmed",
}
"""Outcomes in the history of a file; the others are `sent, not confirmed`."""


def _sent_before(one: dict[str, Any], upload: Entry | None) -> str:
    """A line of the history of a file: a send or rehearsal as stored, and the ledger's `upload` of it."""
    to = f"{counted(one['rows'], 'row')} to {visible(one['destination'], 60)} as {one['customeventaction']}"
    if one["rehearsed"]:
        ended = "rehearsed" if one["outcome"] == Outcome.CONFIRMED else "the rehearsal failed"
    else:
        now = upload.outcome if upload is not None and not one["outcome"] else one["outcome"]
        ended = _ENDED.get(now, f"sent, not confirmed ({now})" if now else "it may have arrived")
    since = decided(upload) if upload is not None and one["outcome"] != Outcome.CONFIRMED else ""
    return f"{_ago(one['at'])}: {to}: {ended}{f'; {since}' if since else ''}"


def _ago(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
