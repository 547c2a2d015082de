"""Files that no layout reads, but one command makes readable: the messages that propose this command."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from preflight.errors import LayoutError
from preflight.inputs.source import Source
from preflight.labels.people import is_email_label
from preflight.labels.titles import is_bare_title, is_title_label
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import Layout
from preflight.layouts.words import Separator
from preflight.tables.columns import is_address
from preflight.tables.dialect import LEAST_WIDTH, Reading
from preflight.text import shell
from preflight.text.display import named, shown
from preflight.text.whitespace import is_blank

OTHER_SEPARATORS = "|¦^~\x1f"
"""Separators that occur in files, but that Act-On does not accept."""

LOOKED_AT = 100
"""Limit for the lines and rows examined."""

MOST_CELLS = 4
"""Limit for the displayed cells of a row."""

MOST = 0.8
"""The share of lines from which a property counts as that of the file."""


_CURLY_ADDRESS = re.compile("[“„][^\\s“”„,;]+@[^\\s“”„,;]+[“”]")


def refuse_unreadable(source: Source, text: bytes) -> None:
    """Raise `LayoutError` for a file with other separators, or with every line in quotes."""
    lines = [line for line in text[: 1 << 16].decode("utf-8", "replace").splitlines() if not is_blank(line)][:LOOKED_AT]
    for character in OTHER_SEPARATORS:
        if _is_table([line.split(character) for line in lines]):
            code = f"import csv, sys; csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter={character!r}))"
            raise LayoutError(
                f"{source.shown} has {shown(character)} between its cells, which Act-On does not accept; rewrite it "
                f"with commas: {_command(source, code)}"
            )
    inside = [line[1:-1].replace('""', '"') for line in lines if len(line) > 1 and line[0] == line[-1] == '"']
    if len(inside) < MOST * len(lines) and len(inside) < len(lines) - 1:
        return
    for separator in (Separator.COMMA, Separator.SEMICOLON, Separator.TAB):
        character = separator.character
        alone = [line for line in inside if f'"{character}"' not in line]
        if len(alone) == len(inside) and _is_table(list(csv.reader(alone, delimiter=character))):
            rows = f"csv.reader(sys.stdin, delimiter={character!r})"
            code = f"import csv, sys; [print(*row, sep={character!r}) for row in {rows}]"
            raise LayoutError(
                f"every line of {source.shown} is in quotes, so that it is one cell; remove these quotes: "
                f"{_command(source, code)}"
            )


def refuse_other_quotes(source: Source, text: bytes, reading: Reading) -> None:
    """Raise `LayoutError` for cells in curly quotes, and for quotes inside cells that most rows escape with `\\`."""
    lines = [line for line in text[: 1 << 16].decode("utf-8", "replace").splitlines() if not is_blank(line)][:LOOKED_AT]
    curly = sum(_CURLY_ADDRESS.search(line) is not None for line in lines)
    if curly >= MOST * sum("@" in line for line in lines) and curly:
        mark = reading.separator.character
        between = f"[{mark}]" if mark != "\t" else "\\t"
        encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
        code = (
            f'import re, sys; text = sys.stdin.buffer.read().decode("{encoding}"); q = chr(34); '
            f'cell = re.compile(r"(?m)(^|{between})[\\u201c\\u201e](.*?)[\\u201c\\u201d](?={between}|\\r?$)"); '
            "text = cell.sub(lambda m: m[1] + q + m[2].replace(q, q + q) + q, text); "
            "sys.stdout.buffer.write(text.encode())"
        )
        raise LayoutError(
            f"the cells of {source.shown} are in curly quotes (“ ”), which are part of the text in a CSV file; rewrite "
            f'it with the quotes of a CSV file ("): {_command(source, code)}'
        )
    escaped = [line for line in lines if '\\"' in line]
    if 2 * len(escaped) <= len(lines) or not reading.misfits:
        return
    mark = reading.separator.character
    if _is_table(list(csv.reader(lines, delimiter=mark, escapechar="\\", doublequote=False))):
        how = f'delimiter={mark!r}, escapechar="\\\\", doublequote=False'
        code = f"import csv, sys; csv.writer(sys.stdout, delimiter={mark!r}).writerows(csv.reader(sys.stdin, {how}))"
        raise LayoutError(
            f'{source.shown} has `\\"` for a quote inside a cell, which Act-On reads as the end of the cell; rewrite '
            f'it with `""`: {_command(source, code)}'
        )


def refuse_a_label_too_few(source: Source, reading: Reading) -> None:
    """Raise `LayoutError` for a heading with one label less than the rows have cells."""
    labels, rows = [cell.strip() for cell in reading.first], [cells for _, cells in reading.rows[:LOOKED_AT]]
    width = len(labels)
    longer = [cells for cells in rows if len(cells) == width + 1]
    if len(longer) < max(2, MOST * len(rows)) or all(is_blank(cells[width]) for cells in longer):
        return
    place = next((i for i, label in enumerate(labels) if is_email_label(label)), None)
    behind = place is not None and sum(is_address(cells[place + 1]) for cells in longer) > len(longer) / 2
    which, sample = ("first", longer[0][0]) if behind else ("last", longer[0][width])
    raise LayoutError(
        f"the rows of {source.shown} have {width + 1} cells, its heading on line {source.first_line} has {width}; "
        f"add the missing label to the heading, most likely that of the {which} column ({shown(sample, 40)})"
    )


def refuse_rows_unlike_heading(source: Source, reading: Reading, given: Layout) -> None:
    """Raise `LayoutError` where every row that was looked at has more cells than the heading.

    Rows of one width, with the addresses below their label, can be read without the heading: what has no label then
    stands at their end, as in the answers to a poll.
    """
    width = len(reading.first)
    widths = Counter(len(cells) for _, cells in reading.rows)
    if not widths or any(is_blank("".join(cells[width:])) for _, cells in reading.rows):
        return
    usual = widths.most_common(1)[0][0]
    line, cells = next((line, cells) for line, cells in reading.rows if len(cells) == usual)
    end = ", ".join(shown(cell, 20) for cell in cells[-MOST_CELLS:])
    says = (
        f"no row of {source.shown} has the {width} cells of its heading on line {source.first_line}; most have "
        f"{usual}, as line {line}: {end} at its end. A cell with "
        f"{shown(reading.separator.character)} inside must stand in quotes: export the file again, or mend the rows"
    )
    by_label = any(isinstance(getattr(given, name), str) for name in COLUMNS)
    longer = widths[usual] == len(reading.rows) and not by_label and _are_longer_at_the_end(reading)
    error = LayoutError(f"{says}; or read them without the heading" if longer else says)
    error.options = {"table-line": str(line), "firstrow": "N"} if longer else {}
    raise error


def _are_longer_at_the_end(reading: Reading) -> bool:
    """Whether the rows have addresses where the heading has the label, and no title that a separator may divide."""
    places = [place for place, label in enumerate(reading.first) if is_email_label(label)]
    untitled = not any(is_title_label(label, reading.first) or is_bare_title(label) for label in reading.first)
    return untitled and len(places) == 1 and all(is_address(cells[places[0]]) for _, cells in reading.rows)


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the rows have the same width, and addresses."""
    widths = Counter(map(len, rows))
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    with_address = sum(any(map(is_address, row)) for row in rows)
    return width >= LEAST_WIDTH and count >= MOST * len(rows) and 2 * with_address >= len(rows) - 1 and with_address > 0


def _command(source: Source, code: str) -> str:
    file = named(source.name)
    anew = PurePath(file).stem + "-anew.csv"
    return f"{shell.command(['python', '-c', code])} < {shell.quoted(file)} > {shell.quoted(anew)}"
