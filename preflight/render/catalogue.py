"""The problem codes and the date formats as tables of text, generated from their registries."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.dates.known import KNOWN_FORMATS
from preflight.model.problems import CODES, ProblemCode


def render_codes() -> str:
    """Every problem code, a line each."""
    width = max(map(len, CODES))
    lines = [f"{kind.code:<{width}}  {kind.severity:<7}  {kind.subject:<5}  {kind.meaning}" for kind in CODES.values()]
    return "\n".join(lines) + "\n"


def render_code(kind: ProblemCode) -> str:
    """One problem code, whole."""
    effect = "the row is bad" if kind.severity == "error" else "the row stays good"
    if kind.subject == "file" and kind.severity == "error":
        effect = "no row is judged, none may be sent"
    writes = f"  suggests    a mended cell, where there is one reading; --accept {kind.code} writes it\n"
    return (
        f"{kind.code}\n"
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
    return "\n".join(lines) + "\n"


def _format_rows() -> Iterator[tuple[str, str, str, str]]:
    for known in KNOWN_FORMATS:
        yield known.pattern, known.strptime, known.example, known.remarks
