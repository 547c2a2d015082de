"""The start page, and the pages of a file: the data of their templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from preflight import InputError
from preflight.model.codes import CODES
from preflight.model.fixes import FIXES
from preflight.model.report import Report
from preflight.render.plainwords import Said, layout_said
from preflight.text.display import counted, local_time, one_line, visible
from uploader.editing.store import Store, too_large
from uploader.editing.work import Work
from uploader.page.fields import FIELDS, WORDS
from uploader.page.questions import proposal_of, proposal_to_leave_out, questions_of, rows_in_which
from uploader.page.rendering import part, render
from uploader.page.rows import Position, columns_of, kinds_of, rows_of, tabs_of, view_of
from uploader.page.sending import Services
from uploader.page.settling import Known, sent_as_it_is

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


def start(store: Store, services: Services | None, largest: int, root: str, says: str = "", fine: bool = False) -> str:
    """The start page: a file of at most `largest` bytes to choose, and the stored files; with `services` also uploads.

    `says` is a message about what was done, `fine` if it was.
    """
    files = []
    for one in store.all():
        changed = f"{counted(one.changed, 'row')} changed or taken out, " if one.changed else ""
        message = f"{changed}{local_time(datetime.fromtimestamp(one.used))}"
        files.append({"id": one.id, "name": visible(one.name), "used": message})
    known = Known.of(services) if services is not None else Known()
    given: dict[str, Any] = {"largest": largest, "too_large": too_large(largest)}
    given |= {"files": files, "known": known, "sent": known.uploads[:MOST_SENT]}
    return render("start", root=root, front=services is not None, says=says, fine=fine, wait=False, **given)


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


def file(work: Work, services: Services, where: Position, root: str, says: str = "") -> str:
    """The page of a checked file."""
    with work.lock:
        given = _about(work, where.here, root) | {"says": says}
        if work.error is not None:
            return render("file", **given)
        report = work.report
        assert report is not None  # noqa: S101 - there is one without an error
        fault = report.contradiction
        numbers = work.numbers()
        given |= {"numbers": numbers, "refused": fault.message if fault else "", "unfitting": work.unfitting}
        given |= {"sent": sent_as_it_is(work, services)}
        given |= {"read": _how_read(report), "columns": columns_of(report), "warnings": _warnings(report)}
        if fault is None:
            given |= {"kinds": kinds_of(work.grid), "view": view_of(work.grid, report, where, numbers)}
            given |= {
                "proposal": proposal_to_leave_out(report),
                "only": _only(work, report),
                "fixable": _fixable(work, report),
            }
        return render("file", **given)


def live(work: Work, services: Services, where: Position, numbers: Sequence[int], whole: bool) -> dict[str, str]:
    """The parts of the page to update after a change of rows, by element id: the `whole` grid, or these rows."""
    with work.lock:
        report = work.report
        assert report is not None  # noqa: S101 - rows were changed
        columns, counts = columns_of(report), work.numbers()
        parts = {
            "verdict": part("verdict", counts, where.here, "", sent_as_it_is(work, services)),
            "kinds": part("kinds", kinds_of(work.grid), where.here),
            "tabs": part("tabs", tabs_of(counts), where.state, where.code),
        }
        parts |= {f"fix-{kind}": part("fix", kind, says) for kind, says, _ in _fixable(work, report, even_none=True)}
        if whole:
            return parts | {"grid": part("grid", view_of(work.grid, report, where, counts))}
        rows = rows_of(work.grid, work.grid.get(numbers))
        return parts | {f"row-{row.number}": part("grid_row", row, columns) for row in rows}


def _about(work: Work, here: str, root: str) -> dict[str, Any]:
    """The data that every page of a file has."""
    said = work.choices.said
    error = one_line(str(getattr(work.error, "says", work.error))) if work.error is not None else ""
    return {
        "root": root,
        "here": here,
        "name": visible(work.kept.name),
        "wait": False,
        "error": error.replace(str(work.kept.source), work.kept.name),
        "readable": not isinstance(work.error, InputError) or bool(work.error.options),
        "questions": questions_of(work.error),
        "proposal": proposal_of(work.error),
        "fields": FIELDS,
        "words": WORDS,
        "said": said,
    }


def _warnings(report: Report) -> list[dict[str, Any]]:
    lines: dict[str, list[str]] = {}
    for one in (*report.of_file, *report.of_kinds):
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


def _fixable(work: Work, report: Report, *, even_none: bool = False) -> list[tuple[str, str, bool]]:
    """The kinds of fixes that apply to the file: kind, description with count, and whether it is chosen.

    With `even_none` also those that rows changed by hand no longer need.
    """
    chosen = work.choices.said.get("fix", [])
    found: list[tuple[str, str, bool]] = []
    for kind, does in FIXES.items():
        if kind in chosen:
            found.append((kind, f"{does}: {counted(report.fixes.counts.get(kind, 0), 'time')}", True))
            continue
        number = report.mendable.fix.get(kind, 0) + work.grid.more_fixable[kind]
        if number or even_none:
            found.append((kind, f"{does}: {counted(number, 'change')} in this file", False))
    return found


def _only(work: Work, report: Report) -> list[tuple[str, str]]:
    """The conditions that a row must meet, each as it was chosen, and in plain words."""
    labels = {one.place: one.label for one in columns_of(report)}
    chosen = zip(work.choices.said.get("only", ()), report.layout.only, strict=True)
    return [(text, rows_in_which(text, one, labels[place])) for text, (place, one) in chosen]


def _how_read(report: Report) -> list[Said]:
    """The layout of a file part by part, as in its report, and the number of rows left out."""
    said = list(layout_said(report))
    if report.left_out:
        said.append(Said("Rows left out", f"{report.left_out:,}, as you chose", "", ""))
    return said


def download_name(name: str, made: str) -> str:
    """The name of a download, from the source's name."""
    stem, ending = made.rsplit(".", 1)
    return f"{Path(name).stem}-{stem}.{ending}"
