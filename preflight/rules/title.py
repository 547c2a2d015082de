"""The title cell, which is required, and the titles of a file as a whole.

As a whole: spellings of one title, blanks at the ends, the wrong column.

Whether Act-On distinguishes titles by case or blanks is not documented, so warnings give titlecount for each case. A
title that differs from a known one by spelling only is reported as most likely the known one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from preflight.evidence.titles import TitleTally, trimmed
from preflight.model.arrays import Positions
from preflight.model.faults import HERE, Told
from preflight.model.findings import Findings, in_order, of_bad_values
from preflight.model.problems import Diagnosis, Placed
from preflight.model.reported import Spelling, Titles
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
"""Minimum number of rows for the warning `title-nearly-unique`."""

NEARLY_UNIQUE = 0.8
"""Minimum ratio of distinct titles to rows for that warning."""

MOST_GROUPS = 1_000
"""Maximum number of groups of spellings that are listed; all are counted."""

MOST_SPELLINGS = 20
"""Maximum number of spellings of a group in the report."""

MOST_NAMED = 5
"""Maximum number of spellings named in a message."""

Group = tuple[Spelling, ...]


def of_distinct(titles: pd.Series[str], codes: Positions, values: pd.Index[str]) -> Findings:
    """Find titles that are blank or a word for nothing, and titles with a line break.

    `codes` and `values` are the titles from `factorize`.
    """
    from preflight.records.cells import arrow_of  # imports pandas, which the main process does not need
    from preflight.records.texts import holding, matching

    texts = arrow_of(values)
    broken, nothing = holding(texts, "\r\n"), ~matching(texts, SOMETHING)
    nothing[nothing] = list(map(is_nothing, texts.filter(pa.array(nothing)).to_pylist()))
    broken &= ~nothing
    missing = list(map(_missing, texts.filter(pa.array(nothing)).to_pylist()))
    found = [of_bad_values(titles, codes, nothing, missing)]
    if broken.any():
        over_lines = texts.filter(pa.array(broken))
        heads, spans = [Diagnosis("title-newline", LINE_BREAK, HERE)], partial(_breaks, over_lines)
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
    """The groups of spellings of one title (see `preflight.text.spelling`), or of a known title spelled otherwise.

    Spellings are as written, with blanks at their ends, in file order. Groups are in the order of their first rows.
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
    """Yield the warnings for the titles of all good rows; of `groups` only the first `MOST_GROUPS`."""
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
    """The known title of a group, else its most frequent spelling without blanks at its ends."""
    known = tally.known_by_spelling.get(folded(group[0].title), "")
    most = max(group, key=lambda spelling: (spelling.rows, spelling.title == trimmed(spelling.title)))
    return known or trimmed(most.title)


def suggested_titles(tally: TitleTally, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Suggestions from the titles as a whole: the code and the suggested title, by title as written."""
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
    """The sentence on how the spellings of a group differ."""
    plain = len({plainly_folded(spelling.title) for spelling in group}) == 1
    what = "case or blanks" if plain else "what programs change: case, blanks, quotes, dashes, the form of a letter"
    return f"{_named(group)} differ only in {what}."


def _known(group: Group, known: str, titles: Titles) -> str:
    """The sentence on the known title of a group, and titlecount with it."""
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
    """The sentence on titlecount with and without blanks at the ends of titles."""
    return f"titlecount is {titles.new_count:,} without such blanks, {_as_written(tally, titles):,} with them."


def _readings(tally: TitleTally, titles: Titles) -> str:
    """The sentence on titlecount for each way of comparing titles."""
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
