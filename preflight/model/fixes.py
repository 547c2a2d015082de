"""The kinds of fixes, with names and meanings: the changes that may be made to a cell on request.

A fix is made only if there is one reading. A person has to mend typing errors, dates, and several addresses in a cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from preflight.errors import LayoutError
from preflight.text.display import nearest, shortened, shown

FIXES: Mapping[str, str] = {
    "blanks": "takes blanks off the ends of an email, a date, a title, a cell in quotes; writes plain ones in a date",
    "formula": 'takes `="…"` off a cell, which keeps spreadsheets from changing it',
    "invisible": "takes characters without a width out of an email, a date or a title",
    "mailto": "takes `mailto:` off an email",
    "display-name": "takes the name and the angle brackets off `Jo <jo@example.com>`",
    "domain-case": "writes the domain of an email in small letters",
    "newlines-in-notes": "writes a blank for the line breaks in a note",
    "short-rows": "adds the blank cells that are missing at a row's end, where only notes and unmapped cells are",
    "trailing-separators": "takes separators off a row's end that have nothing behind them",
    "encoding": "mends a title or a note that was read in the wrong encoding, as in `MÃ¼ller`",
}
"""Every kind of fix by name, with its meaning."""


class Fix(NamedTuple):
    """One change in one cell: its text `before` and `after` a fix of this `kind`.

    `row`, `line` and `column` are as in `Problem`. Several fixes of one cell follow one another, each starting with the
    result of the previous one.
    """

    row: int
    line: int
    column: str
    kind: str
    before: str
    after: str

    def shortened(self) -> Fix:
        """The fix with very long texts truncated."""
        return self._replace(before=shortened(self.before), after=shortened(self.after))


class CellFix(NamedTuple):
    """A fix in a chunk: the number of its `row`, and the mapped column (`email`, `title`, `note`)."""

    row: int
    column: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fixes:
    """The fixes of a file: the requested kinds, the number of fixes of each, and the first fixes.

    The kinds include the problem codes whose suggestions are accepted. In a `preview` nothing was changed.
    """

    kinds: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Fix, ...] = ()
    preview: bool = False

    @property
    def total(self) -> int:
        """The number of fixes."""
        return sum(self.counts.values())

    def merged(self, later: Fixes) -> Fixes:
        """The fixes of two files together, without examples, as these belong to rows of one file."""
        kinds = tuple(dict.fromkeys((*self.kinds, *later.kinds)))
        added = Counter(self.counts) + Counter(later.counts)
        counts = {kind: added[kind] for kind in kinds if added[kind]}
        return Fixes(kinds, counts, (), self.preview or later.preview)

    def as_dict(self) -> dict[str, Any]:
        """The fixes as `--json` prints them."""
        return {
            "counts": dict(self.counts),
            "examples": [fix._asdict() for fix in self.examples],
            "truncated": len(self.examples) < self.total,
        } | ({"preview": True} if self.preview else {})


@dataclass(frozen=True, slots=True)
class Mendable:
    """What `fix` and `accept` could still mend; the values of several runs of rows can be added.

    `fix_rows` is the number of bad rows that fixes would make good, `fix` the number of fixes by kind. `accept` is the
    number of suggestions by problem code; accepting all of them makes `accept_rows` bad rows good.
    """

    fix_rows: int = 0
    fix: Counter[str] = field(default_factory=Counter)
    accept_rows: int = 0
    accept: Counter[str] = field(default_factory=Counter)

    def __add__(self, later: Mendable) -> Mendable:
        return Mendable(
            self.fix_rows + later.fix_rows,
            self.fix + later.fix,
            self.accept_rows + later.accept_rows,
            self.accept + later.accept,
        )

    def in_order(self, codes: Iterable[str]) -> Mendable:
        """The same with the counts in the order of `FIXES` and of `codes`."""
        fix = Counter({kind: self.fix[kind] for kind in FIXES if self.fix[kind]})
        accept = Counter({code: self.accept[code] for code in codes if self.accept[code]})
        return Mendable(self.fix_rows, fix, self.accept_rows, accept)

    def as_dict(self) -> dict[str, Any]:
        """The numbers as `--json` prints them."""
        return {
            "fix": {"rows": self.fix_rows, "kinds": dict(self.fix)},
            "accept": {"rows": self.accept_rows, "codes": dict(self.accept)},
        }


def fix_kinds(names: Iterable[str]) -> tuple[str, ...]:
    """The named kinds, each once, in the order of `FIXES`; raises `LayoutError` for an unknown name."""
    if isinstance(names, str) or not isinstance(names, Iterable):  # a text is an iterable of its characters
        raise TypeError(f"fix takes the names of fixes, not {names!r}: fix=('blanks', 'mailto') or fix=FIXES")
    wanted = set(names)
    for name in sorted(wanted - FIXES.keys()):
        hint = nearest(name, FIXES, f"there are {', '.join(FIXES)}")
        raise LayoutError(f"no fix is called {shown(name)}; {hint}")
    return tuple(name for name in FIXES if name in wanted)


OF_WHOLE_FILE = frozenset({"email-typo", "title-variant", "title-blank-edges"})
"""Codes whose suggestions need the whole file."""


class OfFile(NamedTuple):
    """The suggestions of the whole file: new text and code of titles by their text, domains by the mistyped one."""

    titles: Mapping[str, tuple[str, str]]
    domains: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The `codes` whose suggestions are accepted, and the suggestions of the whole file."""

    codes: Collection[str] = ()
    of_file: OfFile = field(default_factory=lambda: OfFile({}, {}))

    @property
    def needs_whole_file(self) -> bool:
        """Whether a suggestion may need the whole file."""
        return not OF_WHOLE_FILE.isdisjoint(self.codes)
