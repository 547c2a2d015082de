"""The title cell, which a touch point needs, and what the titles of a file show together.

That is spellings of one title, blanks at the ends, the wrong column.

Whether Act-On sees two titles where only case or blanks differ is not documented; so each warning says what titlecount
is under each reading. A title that is a known one but for its spelling is said to be most likely that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.evidence.titles import TitleTally, trimmed
from preflight.model.arrays import Positions
from preflight.model.findings import Findings, Told, in_order, of_bad_values
from preflight.model.problems import Diagnosis, Placed
from preflight.model.report import Spelling, Titles
from preflight.text.asking import option
from preflight.text.display import shown
from preflight.text.nothing import SOMETHING, is_nothing
from preflight.text.spans import WHOLE, Spans, differing, line_breaks
from preflight.text.spelling import each_on_one_line, folded, on_one_line, plainly_folded
from preflight.text.whitespace import is_blank

if TYPE_CHECKING:
    import pandas as pd

MISSING = Diagnosis("title-missing", "The title is blank.", spans=WHOLE)
LINE_BREAK = "The title has a line break inside; how Act-On reads it is not documented."

FEWEST_ROWS = 30
"""Rows from which on titles that hardly repeat say that the column is wrong."""

NEARLY_UNIQUE = 0.8
"""Titles a row from which on they hardly repeat."""

MOST_GROUPS = 1_000
"""Groups of spellings that are listed; all are counted."""

MOST_SPELLINGS = 20
"""Spellings of a group that the report has."""

MOST_NAMED = 5
"""Spellings that a message names."""

Group = tuple[Spelling, ...]


def of_distinct(titles: pd.Series[str], codes: Positions, values: pd.Index[str]) -> Findings:
    """Find the titles that are blank or a word for nothing, and those with a line break inside.

    `codes` and `values` are the titles as `factorize` tells them.
    """
    import pyarrow as pa

    from preflight.records.cells import arrow_of  # imports pandas, which the process that adds up does not need
    from preflight.records.texts import matching

    texts = arrow_of(values)
    broken, nothing = matching(texts, "[\r\n]"), ~matching(texts, SOMETHING)
    nothing[nothing] = list(map(is_nothing, texts.filter(pa.array(nothing)).to_pylist()))
    broken &= ~nothing
    missing = list(map(_missing, texts.filter(pa.array(nothing)).to_pylist()))
    found = [of_bad_values(titles, codes, nothing, missing)]
    if broken.any():
        over_lines = texts.filter(pa.array(broken))
        heads, spans = [Diagnosis("title-newline", LINE_BREAK, "a suggestion")], partial(_breaks, over_lines)
        told = Told(heads, np.zeros(len(over_lines), np.int64), over_lines, each_on_one_line(over_lines), spans)
        found.append(of_bad_values(titles, codes, broken, told))
    return in_order(found)


def _missing(title: str) -> Diagnosis:
    if is_blank(title):
        return MISSING
    return Diagnosis("title-missing", f"{shown(title, 40)} stands for no title.", spans=WHOLE)


def _breaks(titles: Any, place: int) -> Spans:
    return line_breaks(titles[place].as_py())


def variants(tally: TitleTally) -> list[Group]:
    """The groups of spellings of one title (see `preflight.text.spelling`), or of a known title that none is.

    Each is in the order of the file, with its spellings as written, blanks at the ends included. Groups come in the
    order of their first rows.
    """
    groups, known = defaultdict(list), tally.known_by_spelling
    for spelling in tally.spellings.values():
        groups[folded(spelling.title)].append(spelling)
    several = [
        tuple(sorted(group, key=_place))
        for spelt, group in groups.items()
        if len(group) > 1 or (spelt in known and trimmed(group[0].title) not in tally.known)
    ]
    return sorted(several, key=lambda group: group[0].row)


def judge_titles(tally: TitleTally, titles: Titles, groups: list[Group]) -> Iterator[Placed]:
    """The warnings that the titles of a file's good rows give together, of `groups` only the first `MOST_GROUPS`."""
    if tally.rows >= FEWEST_ROWS and titles.distinct >= NEARLY_UNIQUE * tally.rows:
        says = (
            f"{tally.rows:,} rows have {titles.distinct:,} different titles, and titlecount is {titles.new_count:,}: "
            f"most likely {option('title')} names the wrong column."
        )
        yield Placed(0, 0, "", Diagnosis("title-nearly-unique", says))
    if len(groups) > MOST_GROUPS:
        says = f"{len(groups):,} titles are spelled in several ways; the first {MOST_GROUPS:,} are listed."
        yield Placed(0, 0, "", Diagnosis("title-variant", says))
    if tally.edged_rows:
        first = min((kept for text, kept in tally.spellings.items() if text != trimmed(text)), key=_place)
        rows = "1 row has a title" if tally.edged_rows == 1 else f"{tally.edged_rows:,} rows have a title"
        says = f"{rows} with blanks at its ends, this is the first. {_without_blanks(tally, titles)}"
        edges = differing(first.title, trimmed(first.title))
        fault = Diagnosis("title-blank-edges", says, on_one_line(first.title), spans=edges)
        yield Placed(first.row, first.line, first.title, fault)
    readings = _readings(tally, titles) if groups else ""
    for group in groups[:MOST_GROUPS]:
        known, usual = tally.known_by_spelling.get(folded(group[0].title), ""), usual_of(group, tally)
        odd = next((spelling for spelling in group if spelling.title != usual), group[0])
        says = f"{_differ(group)} {readings}" if len(group) > 1 else ""
        if known:
            says = f"{says} {_known(group, known, titles)}".lstrip()
        fault = Diagnosis("title-variant", says, on_one_line(usual), spans=differing(odd.title, usual))
        yield Placed(odd.row, odd.line, odd.title, fault)


def usual_of(group: Group, tally: TitleTally) -> str:
    """The known title that spellings are of, else the one that most rows have, without the blanks at its ends."""
    known = tally.known_by_spelling.get(folded(group[0].title), "")
    most = max(group, key=lambda spelling: (spelling.rows, spelling.title == trimmed(spelling.title)))
    return known or trimmed(most.title)


def suggested_titles(tally: TitleTally, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """What the titles together suggest for some of them, by the title as it is written: the code, and the title."""
    fields: dict[str, tuple[str, str]] = {}
    if "title-blank-edges" in codes:
        edged = [title for title in tally.spellings if title != trimmed(title)]
        fields |= {title: ("title-blank-edges", on_one_line(title)) for title in edged}
    if "title-variant" in codes:
        for group in variants(tally):
            usual = on_one_line(usual_of(group, tally))
            spellings = {text for one in group for text in (one.title, trimmed(one.title), on_one_line(one.title))}
            fields |= dict.fromkeys(spellings - {usual}, ("title-variant", usual))
    return fields


def _differ(group: Group) -> str:
    """That spellings are one title, and in what they differ."""
    plain = len({plainly_folded(spelling.title) for spelling in group}) == 1
    what = "case or blanks" if plain else "what programs change: case, blanks, quotes, dashes, the form of a letter"
    return f"{_named(group)} differ only in {what}."


def _known(group: Group, known: str, titles: Titles) -> str:
    """Which known title is meant, and what titlecount is then."""
    new = len({trimmed(spelling.title) for spelling in group} - titles.known)
    who = "Each" if len(group) > 1 else _named(group)
    would = f"titlecount would be {titles.new_count - new:,}, not {titles.new_count:,}"
    return f"{who} is most likely the known title {shown(known, 60)}: {would}."


def _named(group: Group) -> str:
    parts = [f"{shown(spelling.title, 60)} ({_rows(spelling)})" for spelling in group[:MOST_NAMED]]
    if len(group) == 1:
        return parts[0]
    if len(group) > MOST_NAMED:
        parts.append(f"{len(group) - MOST_NAMED:,} more")
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _rows(spelling: Spelling) -> str:
    return f"row {spelling.row}" if spelling.rows == 1 else f"{spelling.rows:,} rows from row {spelling.row}"


def _without_blanks(tally: TitleTally, titles: Titles) -> str:
    """What titlecount is with and without blanks at the ends of titles."""
    return f"titlecount is {titles.new_count:,} without such blanks, {_as_written(tally, titles):,} with them."


def _readings(tally: TitleTally, titles: Titles) -> str:
    """What titlecount is when titles are compared in one way or another."""
    case = len({title.casefold() for title in titles.new} - {title.casefold() for title in tally.known})
    plain = len({plainly_folded(title) for title in titles.new} - {plainly_folded(title) for title in tally.known})
    all_folded = len({folded(title) for title in titles.new} - tally.known_by_spelling.keys())
    alike = f", {all_folded + titles.unlisted:,} with all such spellings as one" if all_folded != plain else ""
    return (
        f"titlecount is {titles.new_count:,} as counted, without blanks at the ends; {_as_written(tally, titles):,} as "
        f"written, {case + titles.unlisted:,} with case folded, {plain + titles.unlisted:,} with inner blanks "
        f"folded, too{alike}{', at most' if titles.unlisted else ''}."
    )


def _as_written(tally: TitleTally, titles: Titles) -> int:
    return sum(trimmed(text) not in tally.known for text in tally.spellings) + titles.unlisted


def _place(spelling: Spelling) -> tuple[int, str]:
    return spelling.row, spelling.title
