"""The kinds of fixes: what may be changed in a cell when it is asked for, one place with name and meaning.

Each has one reading only. A typo, a date, an address among several are for a person to mend.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from preflight.errors import LayoutError
from preflight.text.display import shortened, shown

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
"""Every kind of fix by name: what it does."""


class Fix(NamedTuple):
    """One change in one cell: its text `before` and `after` a fix of that `kind`.

    `row`, `line` and `column` are as in `Problem`. Where a cell needs fixes of several kinds, they
    follow one another, each beginning with what the one before left.
    """

    row: int
    line: int
    column: str
    kind: str
    before: str
    after: str

    def shortened(self) -> Fix:
        """The fix with very long texts cut, as in a finding."""
        return self._replace(before=shortened(self.before), after=shortened(self.after))


class CellFix(NamedTuple):
    """A fix in a chunk: the number of its `row`, and the touch point's column (`email`, `title`, `note`)."""

    row: int
    column: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fixes:
    """What was fixed in a file: the kinds asked for, how often each was needed, and the first of the fixes.

    Among the kinds are the problem codes whose suggestions were accepted. A `preview` lists what would be changed.
    """

    kinds: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Fix, ...] = ()
    preview: bool = False

    @property
    def total(self) -> int:
        """How many fixes there were."""
        return sum(self.counts.values())

    def merged(self, later: Fixes) -> Fixes:
        """The fixes of one file and of a later one, without examples, which tell of rows of one."""
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
    """What `fix` and `accept` could still mend: those of two runs of rows add up.

    `fix_rows` are bad rows that fixes of the kinds in `fix` make good, with how often each is needed. `accept` counts
    the suggestions by problem code; with all of them accepted, `accept_rows` bad rows are good.
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
        """The same with the counts in the order of the kinds and of the codes."""
        fix = Counter({kind: self.fix[kind] for kind in FIXES if self.fix[kind]})
        accept = Counter({code: self.accept[code] for code in codes if self.accept[code]})
        return Mendable(self.fix_rows, fix, self.accept_rows, accept)

    def as_dict(self) -> dict[str, Any]:
        """What could be mended as `--json` prints it."""
        return {
            "fix": {"rows": self.fix_rows, "kinds": dict(self.fix)},
            "accept": {"rows": self.accept_rows, "codes": dict(self.accept)},
        }


def fix_kinds(names: Iterable[str]) -> tuple[str, ...]:
    """The kinds that are named, each once, in the order of `FIXES`; raises `LayoutError` naming a near match."""
    if isinstance(names, str):  # a text is an iterable too, of its letters
        raise TypeError("fix takes the names of fixes, not one text: fix=('blanks', 'mailto')")
    wanted = set(names)
    for name in sorted(wanted - FIXES.keys()):
        near = difflib.get_close_matches(name, FIXES, n=1)
        hint = f"did you mean {near[0]}?" if near else "there are " + ", ".join(FIXES)
        raise LayoutError(f"no fix is called {shown(name)}; {hint}")
    return tuple(name for name in FIXES if name in wanted)


OF_WHOLE_FILE = frozenset({"email-typo", "title-variant", "title-blank-edges"})
"""Codes with suggestions that only the whole file gives."""


class OfFile(NamedTuple):
    """What the whole file suggests: titles by their text, and domains by the mistyped one, each with its code."""

    titles: Mapping[str, tuple[str, str]]
    domains: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The `codes` whose suggestions are accepted, and what the whole file suggests."""

    codes: Collection[str] = ()
    of_file: OfFile = field(default_factory=lambda: OfFile({}, {}))

    @property
    def needs_whole_file(self) -> bool:
        """True where a suggestion may be one that only the whole file gives."""
        return not OF_WHOLE_FILE.isdisjoint(self.codes)
