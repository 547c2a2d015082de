"""Notes, and what is said of the text of titles and notes alike.

A note is optional and never an error; two things about it are undocumented and worth a warning. Mojibake is text that
was UTF-8 once and was read as something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.arrays import Mask
from preflight.model.findings import NONE, Findings, Told, factorized, findings, in_order, of_bad_values
from preflight.model.problems import Diagnosis
from preflight.records.cells import arrow_of
from preflight.text.display import shown
from preflight.text.mojibake import CANDIDATE, WITH_NEIGHBOURS, mended, mended_part
from preflight.text.spans import Spans, line_breaks, matches
from preflight.text.spelling import on_one_line

_CANDIDATES = re.compile(f"(?:{CANDIDATE})+")

LONGEST_NOTE = 20_000
"""Characters; a note beyond this is warned of. Act-On documents no limit."""

LONGEST_READ = 1_000
"""Characters of a cell that are looked at."""

LINE_BREAK = "The note has a line break inside; how Act-On reads it is not documented."


def check(cells: pd.Series[str]) -> Findings:
    """Find notes that are very long, and notes that go over several lines."""
    notes = arrow_of(cells)

    def found(mask: Any, fault_of: Callable[[str], Diagnosis]) -> Findings:
        chosen = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
        return findings(cells.index.to_numpy()[chosen], list(map(fault_of, notes.take(chosen).to_pylist())))

    if not len(notes):
        return NONE
    long = pc.max(pc.binary_length(notes)).as_py() > LONGEST_NOTE  # in bytes, of which a character has one at least
    return in_order(
        [
            found(pc.greater(pc.utf8_length(notes), LONGEST_NOTE), _too_long) if long else NONE,
            found(pc.match_substring_regex(notes, "[\r\n]"), _broken) if _may_break(notes) else NONE,
        ]
    )


def _may_break(notes: Any) -> bool:
    """One look at the bytes of all notes, which spares most files a look at each."""
    text = np.frombuffer(notes.buffers()[2] or b"", np.uint8)
    if text.min(initial=0xFF) > ord("\r"):
        return False
    return bool((text == ord("\n")).any() or (text == ord("\r")).any())


def _too_long(note: str) -> Diagnosis:
    says = f"The note has {len(note):,} characters, more than {LONGEST_NOTE:,}."
    return Diagnosis("note-long", says, spans=((LONGEST_NOTE, None),))


def _broken(note: str) -> Diagnosis:
    return _broken_at(line_breaks(note))


@lru_cache(maxsize=1024)
def _broken_at(spans: Spans) -> Diagnosis:
    return Diagnosis("note-newline", LINE_BREAK, spans=spans)


def check_mojibake(cells: pd.Series[str], column: str) -> Findings:
    """Find the cells of a column that hold mojibake; one look at the bytes of all spares most columns more."""
    texts = arrow_of(cells)
    if _all_ascii(texts):
        return NONE
    looked_at = cells[pc.match_substring_regex(texts, CANDIDATE).to_numpy(zero_copy_only=False)]
    codes, values = factorized(looked_at)
    texts = arrow_of(values)
    mistaken, known = _mistaken(texts)
    bad = mistaken & known
    head = Diagnosis("mojibake", "", "a suggestion", column)
    of_known = of_bad_values(looked_at, codes, bad, Told(head, texts.filter(pa.array(bad)), partial(_said, column)))
    others = texts.filter(pa.array(~known)).to_pylist()
    faults = [_mojibake(text, column) for text in others]
    bad = ~known
    bad[bad] = [fault is not None for fault in faults]
    return in_order([of_known, of_bad_values(looked_at, codes, bad, [fault for fault in faults if fault is not None])])


def _mistaken(texts: Any) -> tuple[Mask, Mask]:
    """Which of some texts were read in the wrong encoding, and of which it is known, as it is of most.

    Only those are known that are not cut and have a letter or the like in ASCII, so that something is suggested.
    """
    known = pc.and_(pc.less_equal(pc.utf8_length(texts), LONGEST_READ), pc.match_substring_regex(texts, "[!-~]"))
    found = pc.extract_regex(texts, f"(?P<part>{WITH_NEIGHBOURS})").field(0).dictionary_encode()
    read = [(mended is not None, known) for mended, known in map(mended_part, found.dictionary.to_pylist())]
    mistaken, told = np.array(read, np.bool_).reshape(-1, 2)[found.indices.to_numpy()].T
    return mistaken, told & known.to_numpy(zero_copy_only=False)


def _all_ascii(texts: Any) -> bool:
    values = texts.buffers()[-1]
    return values is None or bool(np.frombuffer(values, np.uint8).max(initial=0) < 0x80)


def _said(column: str, text: str) -> Diagnosis:
    fault = _mojibake(text, column)
    if fault is None:
        raise AssertionError("only what is mojibake is asked about")
    return fault


def _mojibake(text: str, column: str) -> Diagnosis | None:
    read = mended(text[:LONGEST_READ])
    if read is None:
        return None
    suggestion = read if len(text) <= LONGEST_READ else ""
    suggestion = on_one_line(suggestion) if column == "title" else suggestion
    says = f"The text was read in the wrong encoding once; it most likely says {shown(read)}."
    return Diagnosis("mojibake", says, suggestion, column, spans=matches(_CANDIDATES, text, 0, LONGEST_READ))
