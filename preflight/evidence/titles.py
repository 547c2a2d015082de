"""Distinct titles to titlecount: the number of titles of the good rows that are new to the custom event.

Titles are compared without blanks at their ends. Whether Act-On folds case or inner blanks is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from preflight.errors import InputError
from preflight.evidence.parted import Parted
from preflight.model.reported import Spelling, Titles
from preflight.text.display import shown_file
from preflight.text.spelling import folded

if TYPE_CHECKING:
    from preflight.evidence.parted import Columns
    from preflight.model.findings import Distinct

MOST_TITLES = 100_000
"""Maximum number of distinct titles, as written, that are kept as texts; more are counted by hash. Beyond this many,
the column is most likely wrong anyway."""


def trimmed(title: str) -> str:
    """The title without blanks at its ends, as it is compared."""
    return title.strip()


class TitleTally:
    """Counts the rows of each title run by run, in bounded memory.

    `known` are the titles that the custom event already has. `rows` counts all rows, `edged_rows` those whose title has
    blanks at its ends. `spellings` are the titles as written. Beyond `MOST_TITLES`, titles are counted by Python's
    `hash`: 64 bits of SipHash with the process's own key (`preflight.text.fingerprint` has the odds of a collision).
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.known = frozenset(map(trimmed, known))
        self.rows = 0
        self.edged_rows = 0
        self.spellings: dict[str, Spelling] = {}
        self._of_edged: set[str] = set()
        self._beyond: Parted | None = None

    @cached_property
    def known_by_spelling(self) -> Mapping[str, str]:
        """The known titles by their folded spelling; of several with one, the first in alphabetical order."""
        return {folded(title): title for title in sorted(self.known, reverse=True)}

    def __iadd__(self, titles: Distinct) -> Self:
        """Count the titles of the next rows. Raises `OutputError` if a temporary file cannot be written."""
        self.rows += int(titles.rows.sum())
        bare = list(map(trimmed, titles.texts))
        beyond = bare if bare == titles.texts and self._are_beyond(bare) else self._listed(titles, bare)
        if beyond:
            self._count_hashes(beyond)
        return self

    def _listed(self, titles: Distinct, bare: Sequence[str]) -> list[str]:
        """Count the titles that are kept as texts; returns the others, without blanks at their ends."""
        beyond = []
        columns = (column.tolist() for column in titles[1:])
        for text, title, rows, row, line in zip(titles.texts, bare, *columns, strict=True):
            if title != text:
                self.edged_rows += rows
            if text in self.spellings or len(self.spellings) < MOST_TITLES:
                self._count(Spelling(text, rows, row, line))
            elif title in self.spellings or title in self._of_edged or title in self.known:
                self._count(Spelling(title, rows, row, line))
            else:
                beyond.append(title)
        return beyond

    def titles(self) -> Titles:
        """The counted titles. Call it once, after all rows."""
        parts = self._beyond.parts() if self._beyond is not None else ()
        unlisted = sum(len(_once_each(hashes)[0]) for hashes in parts)
        counts: dict[str, int] = {}
        for text, spelling in self.spellings.items():
            title = trimmed(text)
            counts[title] = counts.get(title, 0) + spelling.rows
        return Titles(counts, self.known & counts.keys(), unlisted, len(self.spellings) + unlisted)

    def close(self) -> None:
        """Close the temporary file, if there is one."""
        if self._beyond is not None:
            self._beyond.close()

    def _are_beyond(self, titles: Collection[str]) -> bool:
        """Whether all of these titles, without blanks at their ends, are counted by hash."""
        kept = (self.spellings.keys(), self._of_edged, self.known)
        return len(self.spellings) >= MOST_TITLES and all(one.isdisjoint(titles) for one in kept)

    def _count(self, found: Spelling) -> None:
        before = self.spellings.get(found.title)
        self.spellings[found.title] = found if before is None else before._replace(rows=before.rows + found.rows)
        if before is None and found.title != trimmed(found.title):
            self._of_edged.add(trimmed(found.title))

    def _count_hashes(self, titles: Sequence[str]) -> None:
        if self._beyond is None:
            self._beyond = Parted(np.uint64, thin=_once_each)
        self._beyond.add(np.fromiter(map(hash, titles), np.int64, len(titles)).view(np.uint64))


def _once_each(hashes: Columns) -> Columns:
    return (np.unique(hashes[0]),)


def read_known_titles(path: str | PathLike[str]) -> frozenset[str]:
    """Read titles from a UTF-8 text file with one per line, or from a CSV file of one column, heading or not.

    A quoted line is a cell of a CSV file (`"Tips, Tricks"`) and may span several lines. Blank lines are skipped. Raises
    `InputError` if the file cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the known titles {shown_file(path)}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the known titles {shown_file(path)} are not UTF-8 text: byte {error.start}") from error
    titles = [trimmed(title) for title in cells_of(text)]
    titles = [title for title in titles if title]
    if len(titles) > 1 and folded(titles[0]) in _HEADINGS:
        del titles[0]
    return frozenset(titles)


_HEADINGS = frozenset(
    {"title", "titles", "event title", "event titles", "event name", "known title", "known titles", "touch point title",
     "webinar title", "webinar name", "titel", "titre", "t\u00edtulo", "titolo"}
)  # fmt: skip
_LINE = re.compile(r'[ \t]*"((?:[^"]|"")*)"[,;\t ]*(?:\r\n?|\n|$)|([^\r\n]*)(?:\r\n?|\n|$)')


def cells_of(text: str) -> Iterable[str]:
    """Yield the lines of a text; a quoted cell that fills its lines is yielded without its quotes."""
    for quoted, line in _LINE.findall(text):
        yield quoted.replace('""', '"') if quoted else line
