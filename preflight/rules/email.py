"""The email cell, which must hold exactly one valid address (`preflight.addresses.valid`).

To judge an address takes microseconds, so each is split at the end of its local part. The end, usually @ and one of few
domains, is judged once for all addresses with a short plain local part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from string import ascii_letters, digits
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.alike import all_alike, judged_alike
from preflight.addresses.characters import out_of_place
from preflight.addresses.valid import (
    CERTAINLY_SHORT,
    LONGEST_JUDGED,
    invalid_because,
    without_invisible,
    without_mailto,
)
from preflight.model.arrays import Mask, Positions
from preflight.model.faults import HERE, Faults, Told
from preflight.model.findings import Findings, findings, in_order, of_each
from preflight.model.problems import Diagnosis
from preflight.records.cells import arrow_of
from preflight.records.texts import matching
from preflight.text.buffers import between, bytes_of, edges_of
from preflight.text.display import shown
from preflight.text.spans import WHOLE, Spans, differing, from_end, matches, outside
from preflight.text.whitespace import INVISIBLE, is_blank, is_invisible, name_of, strip_blanks

_LOCAL = ascii_letters + digits + "_!#$%&'*+/=?^`{|}~-."
_LABEL = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"  # no two hyphens in a row: the library judges `xn--`
# No special-use name (arpa, invalid, local, localhost, onion, test) has 2, 3, 6 or 8 letters.
_TOP_LEVEL = r"(?:[A-Za-z]{2,3}|[A-Za-z]{6}|[A-Za-z]{8}|(?i:info|name|mobi|asia|shop|tech|club|site|blog|store|cloud))"
CERTAINLY_VALID = rf"^@(?:{_LABEL}\.)+{_TOP_LEVEL}$"
"""RE2 pattern of @ and a domain that the library accepts, in texts of at most `CERTAINLY_SHORT` bytes."""

_PLAIN_END = rf"^(?:@[A-Za-z0-9.@-]{{0,{CERTAINLY_SHORT - 2}}})?$"
"""RE2 pattern of ends that give the same fault after every plain local part."""

_DOUBTFUL, _NOTHING = -1, -2

MISSING = Diagnosis("email-missing", "The email is blank.", spans=WHOLE)
_UNSEEN = re.compile(rf"[\s{INVISIBLE}]+")
_SEPARATORS = re.compile(r"[\s;,|/]+")
_BRACKETS = re.compile(r"[<(]\s*([^<>()]*@[^<>()]*?)\s*[>)]")
_NOT_MENDABLE = re.compile(r"[A-Za-z0-9!#$%&'*+.=?@^_`{}~-]*")


def ends_of(cells: pd.Series[str]) -> Any:
    """The end of each cell, as a dictionary-encoded Arrow array: from the first character not allowed in a local part.

    The end of a valid address is the @ and the domain.
    """
    return pc.ascii_ltrim(arrow_of(cells), _LOCAL).dictionary_encode()


def check(cells: pd.Series[str], ends: Any) -> Findings:
    """Find cells that do not hold exactly one valid address; `ends` are from `ends_of`."""
    texts, rows = arrow_of(cells), cells.index.to_numpy()
    verdicts, faults = _judged_once(ends.dictionary)
    codes = ends.indices.to_numpy(zero_copy_only=False)
    plain = _have_plain_local_part(texts, pc.binary_length(ends.dictionary).to_numpy().take(codes))
    verdict = np.where(plain, verdicts.take(codes), _DOUBTFUL)
    verdict[np.diff(edges_of(texts)) == 0] = len(faults)
    known, doubtful = np.flatnonzero(verdict >= 0), np.flatnonzero(verdict == _DOUBTFUL)
    judged = _judged_together(texts.take(pa.array(doubtful)), rows[doubtful])
    return in_order([Findings(rows[known], verdict[known], Faults([[*faults, MISSING]])), *judged])


def _judged_once(ends: Any) -> tuple[npt.NDArray[np.int64], list[Diagnosis]]:
    """The verdict on each end after a short plain local part, and the list of faults.

    A verdict is an index into the list, `_NOTHING`, or `_DOUBTFUL` if the whole address has to be judged.
    """
    certain = matching(ends, CERTAINLY_VALID)
    verdicts = np.where(certain, _NOTHING, _DOUBTFUL)
    faults: list[Diagnosis] = []
    doubtful = np.flatnonzero(~certain)
    doubtful = doubtful[matching(ends.take(pa.array(doubtful)), _PLAIN_END)]
    for code, end in zip(doubtful.tolist(), ends.take(pa.array(doubtful)).to_pylist(), strict=True):
        fault = _fault_before(end)
        verdicts[code] = _NOTHING if fault is None else len(faults)
        faults += [] if fault is None else [fault]
    return verdicts, faults


@judged_alike
def _fault_before(end: str) -> Diagnosis | None:
    fault = judge(f"a{end}")
    return fault and replace(fault, spans=from_end(fault.spans, len(end) + 1))


def _have_plain_local_part(texts: Any, end_bytes: Any) -> Mask:
    """The mask of short texts with a local part that has no dot at its start, before another dot or before an @."""
    edges, lengths = edges_of(texts), pc.binary_length(texts).to_numpy()
    text, edges = bytes_of(texts)[edges[0] : edges[-1]], edges - edges[0]
    plain: Mask = (lengths > end_bytes) & (lengths <= CERTAINLY_SHORT)
    if not len(text):
        return plain
    plain &= text.take(edges[:-1], mode="clip") != ord(".")
    dot = text == ord(".")  # a scan of all bytes is cheaper than a regex on each text
    after = 1 + np.flatnonzero(dot[:-1] & (dot[1:] | (text[1:] == ord("@"))))
    cell = np.searchsorted(edges, after, "right") - 1
    plain[cell[edges[cell] < after]] = False
    return plain


class _Shared(NamedTuple):
    """The fault that texts which are alike have in common. The suggestion is the text from `start` to `stop`, if any.

    `HERE` stands for the suggestion in the message. Unless `for_all`, each of the texts is judged alone.
    """

    fault: Diagnosis | None
    for_all: bool = True
    start: int = 0
    stop: int = 0


def judge(text: str) -> Diagnosis | None:
    """The problem of one email cell; None if it is valid."""
    fault, for_all, start, stop = _shared(text)
    if not for_all:
        return judge_alone(text)
    if fault is None or not stop:
        return fault
    return replace(fault, message=fault.message.replace(HERE, text[start:stop]), suggestion=text[start:stop])


def _judged_together(texts: Any, rows: Positions) -> list[Findings]:
    """The problems of texts, one for each of `rows`."""
    if not len(rows):
        return []
    codes, different = all_alike(texts)
    shared = list(map(_shared, different))
    kinds = [(not one.for_all, one.stop > 0, one.fault is not None) for one in shared]
    alone, mended, faulty = np.array(kinds, np.bool_).reshape(-1, 3)[codes].T
    alone, alike, mended = np.flatnonzero(alone), np.flatnonzero(faulty & ~alone & ~mended), np.flatnonzero(mended)
    _, first, same = np.unique([id(one.fault) for one in shared], return_index=True, return_inverse=True)
    return [
        findings(rows[alone], list(map(judge_alone, texts.take(pa.array(alone)).to_pylist()))),
        Findings(rows[alike], same[codes[alike]], Faults([[shared[code].fault or MISSING for code in first.tolist()]])),
        of_each(rows[mended], _mended(texts.take(pa.array(mended)), codes[mended], different, shared)),
    ]


def _mended(texts: Any, codes: npt.NDArray[np.int32], different: Sequence[str], shared: Sequence[_Shared]) -> Told:
    """The faults of texts with a part of the text as suggestion; text i is alike to `different[codes[i]]`."""
    used, heads = np.unique(codes, return_inverse=True)
    faults = [fault for code in used.tolist() if (fault := shared[code].fault) is not None]
    spans = [[len(different[code][:at].encode()) for at in shared[code][2:]] for code in used.tolist()]
    start, stop = np.array(spans, np.int64).reshape(-1, 2)[heads].T + edges_of(texts)[:-1]
    suggestions = between(bytes_of(texts), start, stop).cast(pa.string())
    return Told(faults, heads, suggestions, suggestions)


@judged_alike
def _shared(text: str) -> _Shared:
    fault = judge_alone(text)
    if fault is None or (fault.code != "email-display-name" and not fault.suggestion):
        return _Shared(fault)
    said, start = shown(fault.suggestion), text.find(fault.suggestion)
    if not fault.suggestion or text.count(fault.suggestion) != 1 or fault.message.count(said) > 1:
        return _Shared(fault, for_all=False)
    if said in fault.message and said != f"`{fault.suggestion}`":
        return _Shared(fault, for_all=False)
    message = fault.message.replace(said, f"`{HERE}`")
    return _Shared(replace(fault, message=message), True, start, start + len(fault.suggestion))


def judge_alone(text: str) -> Diagnosis | None:
    """The same as `judge`, without cached results for texts that are alike."""
    if is_blank(text):
        return MISSING
    reason = invalid_because(text)
    if reason is None:
        return None
    if text[-1] == "'" and invalid_because(bare := text.strip("'")) is None:
        says = f"A spreadsheet's ' stands after the address. {reason}"
        return Diagnosis("email-syntax", says, bare, spans=differing(text, bare))
    if _NOT_MENDABLE.fullmatch(text):  # without blanks, brackets, separators and look-alikes
        return _syntax(reason, out_of_place(text))
    return _surrounded(text, reason) or _display_name(text) or _several(text) or _mendable(text, reason)


@lru_cache(maxsize=1024)
def _syntax(reason: str, spans: Spans) -> Diagnosis:
    return Diagnosis("email-syntax", reason, spans=spans)


def _surrounded(text: str, reason: str) -> Diagnosis | None:
    """An address that is valid without blanks and invisible characters."""
    if len(text) > LONGEST_JUDGED or not _UNSEEN.search(text):
        return None
    mended = without_invisible(text).strip()
    if mended == text or invalid_because(mended) is not None:
        return None
    places = {_place(text, i): name_of(c) for i, c in enumerate(text) if is_invisible(c)}
    message = " and ".join(f"{name} {place}" for place, name in places.items())
    says = f"There is {message} the address {shown(mended)}. {reason}"
    return Diagnosis("email-invisible", says, mended, spans=matches(_UNSEEN, text))


def _place(text: str, i: int) -> str:
    if all(map(is_invisible, text[:i])):
        return "before"
    return "after" if all(map(is_invisible, text[i:])) else "inside"


def _display_name(text: str) -> Diagnosis | None:
    match = _BRACKETS.search(text)
    if match is None or _BRACKETS.search(text, match.end()):
        return None
    beside = strip_blanks(text[: match.start()] + text[match.end() :])
    angle = match[0][0] == "<"
    if "@" in beside and not angle:
        return None
    mended = match[1] if invalid_because(match[1]) is None else ""
    what = "A name stands beside" if beside else f"{'Angle brackets' if angle else 'Brackets'} stand around"
    says = f"{what} the address {shown(match[1])}."
    return Diagnosis("email-display-name", says, mended, spans=outside(text, *match.span(1)))


def _several(text: str) -> Diagnosis | None:
    parts = [bracketed[1] if (bracketed := _BRACKETS.search(p)) else p for p in _SEPARATORS.split(text)]
    if len(parts) < 2:
        return None
    addresses = [part for part in parts if "@" in part and invalid_because(part) is None]
    if len(addresses) < 2:
        return None
    says = f"The cell holds {len(addresses)} addresses; a row belongs to one."
    return Diagnosis("email-several", says, spans=WHOLE)


def _mendable(text: str, reason: str) -> Diagnosis:
    """An address with the library's reason, and a suggestion if replacing look-alikes makes it valid."""
    seen = without_invisible(text).strip()
    mended = (bare := without_mailto(seen)).translate(_LOOK_ALIKES)
    certain = len(text) <= LONGEST_JUDGED and mended != text and invalid_because(mended) is None
    if certain:
        says = reason if bare == seen else f"`mailto:` stands before the address. {reason}"
        return Diagnosis("email-syntax", says, mended, spans=differing(text, mended))
    return _syntax(reason, out_of_place(text))


_LOOK_ALIKES: dict[int, Any] = {ord("\uff20"): "@", ord("\ufe6b"): "@", ord("\uff0e"): "."}
