"""The note cell, and mojibake in titles and notes.

A note is optional, and its problems are only warnings: Act-On documents neither a maximum length nor line breaks.
Mojibake is UTF-8 text that was decoded with another encoding.
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
from preflight.model.faults import HERE, Told
from preflight.model.findings import NONE, Findings, factorized, findings, in_order, of_bad_values
from preflight.model.problems import Diagnosis
from preflight.records.cells import arrow_of
from preflight.records.texts import matching
from preflight.text.buffers import between, bytes_of, edges_of
from preflight.text.display import shown, shown_each
from preflight.text.mojibake import BESIDE, CANDIDATE, mended, mended_part
from preflight.text.spans import Spans, line_breaks, matches
from preflight.text.spelling import each_on_one_line, on_one_line

_CANDIDATES = re.compile(f"(?:{CANDIDATE})+")
_READ = "The text was read in the wrong encoding once; it most likely says {}."

LONGEST_NOTE = 20_000
"""Characters; longer notes give a warning. Act-On documents no limit."""

LONGEST_READ = 1_000
"""Number of characters of a cell in which mojibake is searched."""

LINE_BREAK = "The note has a line break inside; how Act-On reads it is not documented."


def check(cells: pd.Series[str]) -> Findings:
    """Find very long notes, and notes with line breaks."""
    notes = arrow_of(cells)

    def found(mask: Any, fault_of: Callable[[str], Diagnosis]) -> Findings:
        chosen = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
        return findings(cells.index.to_numpy()[chosen], list(map(fault_of, notes.take(chosen).to_pylist())))

    if not len(notes):
        return NONE
    long = pc.max(pc.binary_length(notes)).as_py() > LONGEST_NOTE  # bytes are an upper bound of characters
    return in_order(
        [
            found(pc.greater(pc.utf8_length(notes), LONGEST_NOTE), _too_long) if long else NONE,
            found(pc.match_substring_regex(notes, "[\r\n]"), _broken) if _may_break(notes) else NONE,
        ]
    )


def _may_break(notes: Any) -> bool:
    """Whether any note has a line break: one scan of all bytes is cheaper than a regex on each note."""
    text = bytes_of(notes)
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
    """Find cells with mojibake. A column of ASCII only, as most are, is recognized by one scan of its bytes."""
    texts = arrow_of(cells)
    if _all_ascii(texts):
        return NONE
    looked_at = cells[matching(texts, CANDIDATE)]
    codes, values = factorized(looked_at)
    texts = arrow_of(values)
    bad, known, read = _misread(texts)
    of_known = of_bad_values(looked_at, codes, bad, _faults_of(texts.filter(pa.array(bad)), read, column))
    others = texts.filter(pa.array(~known)).to_pylist()
    faults = [_mojibake(text, column) for text in others]
    bad = ~known
    bad[bad] = [fault is not None for fault in faults]
    return in_order([of_known, of_bad_values(looked_at, codes, bad, [fault for fault in faults if fault is not None])])


def _misread(texts: Any) -> tuple[Mask, Mask, Any]:
    """The mask of texts that are mojibake, the mask of texts for which that is decided, and the former texts mended.

    The others have to be judged one by one: long texts, those without a visible ASCII character, and doubtful ones.
    """
    known = pc.and_(pc.less_equal(pc.utf8_length(texts), LONGEST_READ), pc.match_substring_regex(texts, "[!-~]"))
    before, part, after = _in_parts(texts)
    coded = part.dictionary_encode()
    read, number = list(map(mended_part, coded.dictionary.to_pylist())), coded.indices.to_numpy()
    pairs = np.array([(one is not None, decided) for one, decided in read], np.bool_).reshape(-1, 2)
    mistaken, decided = pairs[number].T
    known = decided & known.to_numpy(zero_copy_only=False)
    bad = mistaken & known
    parts = pa.array([one for one, _ in read], pa.string()).take(pa.array(number[bad]))
    before, after = before.filter(pa.array(bad)), after.filter(pa.array(bad))
    return bad, known, pc.binary_join_element_wise(before, parts, after, "")


def _in_parts(texts: Any) -> list[Any]:
    """The parts of texts with mojibake: the ASCII before and after, and between them what `mended_part` reads."""
    edges, block = edges_of(texts), bytes_of(texts)
    others = np.flatnonzero(block[: edges[-1]] >= 0x80)
    start = np.maximum(edges[:-1], others[np.searchsorted(others, edges[:-1])] - BESIDE)
    stop = np.minimum(edges[1:], others[np.searchsorted(others, edges[1:]) - 1] + 1 + BESIDE)
    parts = (edges[:-1], start), (start, stop), (stop, edges[1:])
    return [between(block, *ends).cast(pa.string()) for ends in parts]


def _faults_of(texts: Any, read: Any, column: str) -> Told:
    """The faults of texts that are mojibake; `read` are the mended texts."""
    suggestions = each_on_one_line(read) if column == "title" else read
    head, heads = Diagnosis("mojibake", _READ.format(HERE), HERE, column), np.zeros(len(read), np.int64)
    return Told([head], heads, shown_each(read), suggestions, partial(_spans_in, texts))


def _spans_in(texts: Any, place: int) -> Spans:
    return _spans(texts[place].as_py())


def _spans(text: str) -> Spans:
    return matches(_CANDIDATES, text, 0, LONGEST_READ)


def _all_ascii(texts: Any) -> bool:
    return bool(bytes_of(texts).max(initial=0) < 0x80)


def _mojibake(text: str, column: str) -> Diagnosis | None:
    read = mended(text[:LONGEST_READ])
    if read is None:
        return None
    suggestion = read if len(text) <= LONGEST_READ else ""
    suggestion = on_one_line(suggestion) if column == "title" else suggestion
    return Diagnosis("mojibake", _READ.format(shown(read)), suggestion, column, spans=_spans(text))
