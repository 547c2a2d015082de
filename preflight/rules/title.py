"""The title cell, which a touch point needs, and what the titles of a file come to together.

That is spellings of one title, blanks at the ends, the wrong column.

Whether Act-On sees two titles where only case or blanks differ is not documented; so each warning says what titlecount
is under each reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from preflight.model.findings import Findings, judged_once
from preflight.model.problems import Fault, Placed
from preflight.model.report import Spelling, Titles
from preflight.rules.titles import TitleTally, trimmed
from preflight.text.asking import option
from preflight.text.display import shown
from preflight.text.whitespace import INVISIBLE, is_blank

if TYPE_CHECKING:
    import pandas as pd

MISSING = Fault("title-missing", "The title is blank.")

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

_DROPPED = dict.fromkeys(map(ord, INVISIBLE))


def check(titles: pd.Series[str]) -> Findings:
    """Find the blank titles: nothing, or only blanks and invisible characters, no-break spaces among them."""
    return judged_once(titles, lambda values: [MISSING if is_blank(title) else None for title in values])


def folded(title: str) -> str:
    """A title without what nobody sees or reads out: case, blanks beyond one between words, invisible characters."""
    return " ".join(title.translate(_DROPPED).split()).casefold()


def variants(tally: TitleTally) -> list[Group]:
    """The groups of spellings that differ only in case, blanks or invisible characters, each in the order of the file.

    A group's spellings are as written, blanks at the ends included. Groups come in the order of their first rows.
    """
    groups = defaultdict(list)
    for spelling in tally.spellings.values():
        groups[folded(spelling.title)].append(spelling)
    several = [tuple(sorted(group, key=_place)) for group in groups.values() if len(group) > 1]
    return sorted(several, key=lambda group: group[0].row)


def judge_titles(tally: TitleTally, titles: Titles, groups: list[Group]) -> Iterator[Placed]:
    """The warnings that the titles of a file's good rows give together, of `groups` only the first `MOST_GROUPS`."""
    if tally.rows >= FEWEST_ROWS and titles.distinct >= NEARLY_UNIQUE * tally.rows:
        says = (
            f"{tally.rows:,} rows have {titles.distinct:,} different titles, and titlecount is {titles.new_count:,}: "
            f"most likely {option('title')} names the wrong column."
        )
        yield Placed(0, 0, "", Fault("title-nearly-unique", says))
    if len(groups) > MOST_GROUPS:
        says = f"{len(groups):,} titles are spelled in several ways; the first {MOST_GROUPS:,} are listed."
        yield Placed(0, 0, "", Fault("title-variant", says))
    if tally.edged_rows:
        first = min((kept for text, kept in tally.spellings.items() if text != trimmed(text)), key=_place)
        rows = "1 row has a title" if tally.edged_rows == 1 else f"{tally.edged_rows:,} rows have a title"
        says = f"{rows} with blanks at its ends, this is the first. {_without_blanks(tally, titles)}"
        yield Placed(first.row, first.line, first.title, Fault("title-blank-edges", says, trimmed(first.title)))
    readings = _readings(tally, titles) if groups else ""
    for group in groups[:MOST_GROUPS]:
        usual = trimmed(
            max(group, key=lambda spelling: (spelling.rows, spelling.title == trimmed(spelling.title))).title
        )
        odd = next(spelling for spelling in group if spelling.title != usual)
        says = f"{_named(group)} differ only in case or blanks. {readings}"
        yield Placed(odd.row, odd.line, odd.title, Fault("title-variant", says, usual))


def _named(group: Group) -> str:
    told = [f"{shown(spelling.title, 60)} ({_rows(spelling)})" for spelling in group[:MOST_NAMED]]
    if len(group) > MOST_NAMED:
        told.append(f"{len(group) - MOST_NAMED:,} more")
    return f"{', '.join(told[:-1])} and {told[-1]}"


def _rows(spelling: Spelling) -> str:
    return f"row {spelling.row}" if spelling.rows == 1 else f"{spelling.rows:,} rows from row {spelling.row}"


def _without_blanks(tally: TitleTally, titles: Titles) -> str:
    """What titlecount is with and without blanks at the ends of titles."""
    return f"titlecount is {titles.new_count:,} without such blanks, {_as_written(tally, titles):,} with them."


def _readings(tally: TitleTally, titles: Titles) -> str:
    """What titlecount is when titles are compared in one way or another."""
    case = len({title.casefold() for title in titles.new} - {title.casefold() for title in tally.known})
    all_folded = len({folded(title) for title in titles.new} - {folded(title) for title in tally.known})
    return (
        f"titlecount is {titles.new_count:,} as counted, without blanks at the ends; {_as_written(tally, titles):,} as "
        f"written, {case + titles.unlisted:,} with case folded, {all_folded + titles.unlisted:,} with inner blanks "
        f"folded, too{', at most' if titles.unlisted else ''}."
    )


def _as_written(tally: TitleTally, titles: Titles) -> int:
    return sum(trimmed(text) not in tally.known for text in tally.spellings) + titles.unlisted


def _place(spelling: Spelling) -> tuple[int, str]:
    return spelling.row, spelling.title
