"""Fixes cells before the rules check them, so that verdicts, titles and all outputs use the fixed text.

A kind of fix is a function from text to text. The requested kinds are repeated until the text no longer changes, which
makes fixing idempotent. An email is only changed into a valid address, and no cell becomes blank, except for notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.valid import LONGEST_JUDGED, invalid_because, without_invisible, without_mailto
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import Quote, Separator
from preflight.model.arrays import Positions
from preflight.model.fixes import CellFix
from preflight.records.cells import Chunk, arrow_of
from preflight.records.grammar import Dialect
from preflight.records.texts import matching
from preflight.restoring.rewriting import cell_spans, rewritten
from preflight.rules.note import LONGEST_READ
from preflight.text.buffers import bytes_of
from preflight.text.dressing import DATE_FIXES, without_formula
from preflight.text.mojibake import CANDIDATE, mended
from preflight.text.whitespace import INVISIBLE, is_blank


class Step(NamedTuple):
    """A fix of one text."""

    kind: str
    before: str
    after: str


_MEANINGFUL_INSIDE = "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Joiners and direction marks, which matter between letters of some scripts and in emoji."""

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_MEANINGLESS = re.compile("[" + "".join(set(INVISIBLE) - set(_MEANINGFUL_INSIDE)) + "]")
_LINE_BREAKS = re.compile("[\r\n]+")
# Text with a second address, or a separator of addresses, would be ambiguous.
_NAMED = re.compile(r"[^<>@;]*<([^<>]*)>\s*")
_MARKS = "".join({mark.character for mark in (*Separator, *Quote)}) + "\r\n\0"
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

TO_LOOK_AT = {
    "email": r"[^!-;?-~]|(?i:^mailto:)|@.*[A-Z]",
    "date": r"^[^!-<>-~]|[^!-~]$|[^ -~]",
    "title": r"^[^!-<>-~]|[^!-~]$|[^\x00-\x7f]",
    "note": rf"[\r\n]|{CANDIDATE}",
}
"""RE2 patterns by column, which match every cell that a fix may change, and some others."""

_PLAIN = bytes(byte for byte in range(ord("!"), ord("~") + 1) if byte not in b":<=>ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Bytes; no pattern matches a text of only these. A scan of a whole column is faster than a pattern on each cell."""


def _without_invisible_ends(title: str) -> str:
    return _MEANINGLESS.sub("", title).strip(INVISIBLE)


def _without_name(email: str) -> str:
    match = _NAMED.fullmatch(email)
    return match[1] if match else email


def _with_small_domain(email: str) -> str:
    # Only ASCII: other letters, such as the Greek sigma, have several lower-case forms, which are different domains.
    local, at, domain = email.rpartition("@")
    return local + at + domain.translate(_ASCII_LOWER)


def _in_its_encoding(text: str) -> str:
    read = mended(text) if len(text) <= LONGEST_READ else None
    # The mended text must not need quotes, as the cell may have none.
    return text if read is None or any(read.count(c) > text.count(c) for c in _MARKS) else read


_FIXES_OF: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "email": {
        "invisible": without_invisible,
        "blanks": str.strip,
        "display-name": _without_name,
        "mailto": without_mailto,
        "domain-case": _with_small_domain,
        "formula": without_formula,
    },
    "date": DATE_FIXES,
    "title": {
        "formula": without_formula,
        "encoding": _in_its_encoding,
        "invisible": _without_invisible_ends,
        "blanks": str.strip,
    },
    "note": {"encoding": _in_its_encoding, "newlines-in-notes": lambda note: _LINE_BREAKS.sub(" ", note)},
}


def steps(column: str, text: str, kinds: Collection[str]) -> list[Step]:
    """The fixes of the requested kinds that a cell of the column needs, in order."""
    mending = [(kind, mend) for kind, mend in _FIXES_OF[column].items() if kind in kinds]
    found: list[Step] = []
    after, before = text, None
    while after != before:
        before = after
        for kind, mend in mending:
            if (fixed := mend(after)) != after:
                found.append(Step(kind, after, fixed))
                after = fixed
    return found if found and _may_become(column, text, after) else []


def _may_become(column: str, text: str, after: str) -> bool:
    if column == "email":
        return len(text) <= LONGEST_JUDGED and invalid_because(after) is None
    return column == "note" or not is_blank(after)


class Fixer:
    """Fixes the cells of one file's records."""

    def __init__(self, layout: ResolvedLayout, kinds: Collection[str]) -> None:
        self._kinds = frozenset(kinds)
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._columns = {
            name: index for name, index in layout.own_columns.items() if self._kinds & _FIXES_OF.get(name, {}).keys()
        }

    def fix(self, chunk: Chunk) -> Chunk:
        """The chunk with fixed cells; the changes are added to its `fixes`, in row order."""
        return changed(chunk, self._columns, self._dialect, {name: self._found(name, chunk) for name in self._columns})

    def _found(self, name: str, chunk: Chunk) -> dict[int, list[Step]]:
        """The fixes in one column, by index in the frame."""
        texts = arrow_of(chunk.frame[name])
        if not bytes_of(texts).tobytes().translate(None, _PLAIN):
            return {}
        looked_at = np.flatnonzero(matching(texts, TO_LOOK_AT[name]))
        of_text: dict[str, list[Step]] = {}
        found: dict[int, list[Step]] = {}
        for place, text in zip(looked_at.tolist(), texts.take(pa.array(looked_at)).to_pylist(), strict=True):
            if text not in of_text:
                of_text[text] = steps(name, text, self._kinds)
            if of_text[text]:
                found[place] = of_text[text]
        return found


def changed(
    chunk: Chunk, columns: Mapping[str, int], dialect: Dialect, steps: Mapping[str, Mapping[int, Sequence[Step]]]
) -> Chunk:
    """The chunk with changed cells. `steps` are by column and by index in the chunk's frame.

    `columns` maps each of these columns to its index in the record. The changes are added to the chunk's `fixes`; the
    chunk is returned unchanged if there are none. Without a quote character no text may need quotes.
    """
    replaced, fixes = dict[str, Any](), list(chunk.fixes)
    starts, stops, written = list[Positions](), list[Positions](), list[bytes]()
    for name, in_any_order in steps.items():
        if not in_any_order:
            continue
        found = dict(sorted(in_any_order.items()))
        chosen = np.fromiter(found, np.int64, len(found))
        texts = [taken[-1].after for taken in found.values()]
        replaced[name] = _replaced(chunk.frame[name], chosen, texts)
        rows = chunk.rows[chosen]
        start, stop = cell_spans(chunk.records, rows - chunk.first_row, columns[name], dialect)
        starts.append(start)
        stops.append(stop)
        written += [
            _written(text, chunk.records.block, at, dialect) for text, at in zip(texts, start.tolist(), strict=True)
        ]
        fixes += [
            CellFix(row, name, *step)
            for row, taken in zip(rows.tolist(), found.values(), strict=True)
            for step in taken
        ]
    if not replaced:
        return chunk
    records = rewritten(chunk.records, np.concatenate(starts), np.concatenate(stops), written)
    frame = chunk.frame.assign(**replaced)
    return replace(chunk, records=records, frame=frame, fixes=sorted(fixes, key=attrgetter("row")))


def _written(text: str, block: bytes | memoryview, start: int, dialect: Dialect) -> bytes:
    """The encoded text of a cell to be written at `start`; quotes are doubled if the cell is already in quotes."""
    quote = dialect.quote
    if quote and bytes(block[max(0, start - 1) : start]) == quote.encode():
        return text.replace(quote, quote * 2).encode()
    return dialect.joined([text]).encode()


def _replaced(cells: pd.Series[str], chosen: Positions, texts: Sequence[str]) -> pd.Series[str]:
    """The column with these texts in the chosen cells."""
    mask = np.zeros(len(cells), np.bool_)
    mask[chosen] = True
    values = pc.replace_with_mask(arrow_of(cells), pa.array(mask), pa.array(texts, pa.string()))
    return pd.Series(values.to_pandas(types_mapper=pd.ArrowDtype).array, index=cells.index)
