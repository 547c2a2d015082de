"""A plain validator on one page: slow, whole file in memory, one record at a time.

It shares no code with the packages (except for the address library, which is the rule itself), so that the results can
be compared. Its record reader is the grammar of `preflight.records.grammar` as a loop over characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email


@dataclass(frozen=True)
class Record:
    """One record: its bytes with and without line end, the line it starts on, its cells (None if malformed)."""

    raw: bytes
    text: bytes
    line: int
    cells: list[str] | None
    fault: str = ""


def read_records(data: bytes, separator: bytes, quote: bytes) -> list[Record]:
    """All records of a file, by the grammar."""
    records, at, line, width = [], 0, 1, None
    while at < len(data):
        stop, cells, fault, over_lines = _read_record(data, at, separator, quote)
        if over_lines and not _is_right(cells, width):
            opened, closed = over_lines
            last_line = max(data.rfind(end, 0, closed) for end in (b"\n", b"\r")) + 1
            if _is_right(_read_record(data, last_line, separator, quote)[1], width):
                stop, cells, fault = _end_of_line(data, opened), None, "unclosed-quote"
        end = stop + len(_line_end(data, stop))
        records.append(Record(data[at:end], data[at:stop], line, cells, fault))
        if at == 0 and cells is not None:
            width = len(cells)
        line += data[at:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
        at = end
    return records


def _is_right(cells: list[str] | None, width: int | None) -> bool:
    return cells is not None and width in (None, len(cells))


def _end_of_line(data: bytes, at: int) -> int:
    while at < len(data) and not _line_end(data, at):
        at += 1
    return at


def _line_end(data: bytes, at: int) -> bytes:
    return (
        b"\r\n" if data.startswith(b"\r\n", at) else data[at : at + 1] if data[at : at + 1] in (b"\r", b"\n") else b""
    )


def _read_record(
    data: bytes, at: int, separator: bytes, quote: bytes
) -> tuple[int, list[str] | None, str, tuple[int, int] | None]:
    """The end of a record, its cells, its fault, and the line of its first quoted cell with a line break."""
    cells, stray, over_lines = [], False, None
    while True:
        cell = bytearray()
        if quote and data.startswith(quote, at):
            opened, at = at, at + 1
            while at < len(data) and (data[at : at + 1] != quote or data[at + 1 : at + 2] == quote):
                step = 2 if data[at : at + 1] == quote else 1
                cell += data[at : at + 1]
                at += step
            closed = at < len(data)
            at += 1
            if not closed or (at < len(data) and data[at : at + 1] not in (separator, b"\r", b"\n")):
                end = _end_of_line(data, opened)
                return end, None, "stray-quote" if closed and at <= end else "unclosed-quote", over_lines
            if over_lines is None and (b"\n" in cell or b"\r" in cell):
                over_lines = opened, at
        else:
            while at < len(data) and data[at : at + 1] not in (separator, b"\r", b"\n"):
                stray = stray or (bool(quote) and data[at : at + 1] == quote)
                cell += data[at : at + 1]
                at += 1
        cells.append(cell)
        if data[at : at + 1] != separator:
            texts = None if stray else [c.decode("utf-8", "replace") for c in cells]
            return at, texts, "stray-quote" if stray else "", over_lines
        at += 1


def is_blank(text: str) -> bool:
    """True for a blank cell, as far as these tests write such cells."""
    return not text.strip().strip("\u200b\ufeff").strip()


def is_email(text: str) -> bool:
    """True for a valid address, by the address library."""
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True


def is_date(text: str) -> bool:
    """True for a date in `MM/dd/yyyy` with plain digits, from 1583."""
    parts = text.rstrip(" \t").split("/")
    digits = [part.lstrip(" \t") for part in parts]
    if len(parts) != 3 or not all(d.isascii() and d.isdigit() for d in digits):
        return False
    if not (1 <= len(digits[0]) <= 2 and 1 <= len(digits[1]) <= 2 and len(digits[2]) == 4):
        return False
    try:
        return datetime(int(digits[2]), int(digits[0]), int(digits[1])).year >= 1583
    except ValueError:
        return False


def row_codes(record: Record, width: int, email: int, date: int, title: int) -> set[str]:
    """The problem codes of one record; for each column only the first code that this validator knows."""
    try:
        record.text.decode("utf-8")
    except UnicodeDecodeError:
        return {"encoding-error"}
    if b"\0" in record.text:
        return {"nul-byte"}
    if record.cells is None:
        return {record.fault}
    if all(map(is_blank, record.cells)):
        return {"blank-row"}
    if len(record.cells) != width:
        return {"missing-cell" if len(record.cells) < width else "extra-cell"}
    codes = set()
    if not is_email(record.cells[email]):
        codes.add("email")
    if not is_date(record.cells[date]):
        codes.add("date")
    if is_blank(record.cells[title]):
        codes.add("title-missing")
    return codes
