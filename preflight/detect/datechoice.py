"""The choice of a column's date format, from the trials of all formats, or the question that a person has to answer.

A format is settled if

* it reads every date of the column, and every other such format reads the same dates (as `MM/dd/yyyy` and `MM/dd/yy` do
  with four-digit years); of these the published and most exact one is chosen; or
* it reads more dates than any other, at least half of them, and has no rival: a format that reads the dates as other
  days and reads more than a fifth as many, unless this format reads all of its dates, too, and enough rows fit only
  this one.

A choice with too little evidence has a warning, `Choice.faults`. In dates with dots the day comes first, unless the
rows contradict it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from preflight.dates.compose import without_fraction
from preflight.dates.trials import FEWEST_PERCENT, FEWEST_ROWS, SHOWN, Cell, Odd, Trials, Tried, is_order_of
from preflight.model.problems import Diagnosis
from preflight.text.asking import option, typed
from preflight.text.display import counted, shown

MOST_OFFERED = 3
"""Limit for the formats offered to choose from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The result of the elimination.

    `dates` is the number of cells with content, `missing` that of the others. `tried` are all formats, the likeliest
    first; `remaining` are the possible ones, one for each way to read the dates. `chosen` is the settled format or
    None, `faults` are its warnings. `why` is the evidence, or the question if none is settled, in one line; `offered`
    are then the formats to choose from, and `cells` up to two dates on which they differ. If no format reads enough of
    the dates, `options` are the options with which they can be read, by name; if none reads any, `cells` is one date.
    """

    dates: int
    missing: int
    tried: tuple[Tried, ...]
    remaining: tuple[Tried, ...]
    chosen: Tried | None
    why: str
    faults: tuple[Diagnosis, ...] = ()
    offered: tuple[Tried, ...] = ()
    cells: tuple[Cell, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The formats to choose from, for programs: the option, the number of rows read, and the `cells` as read."""
        read = " ".join(typed(name, value) for name, value in self.options.items())
        sample = {"sample": self.cells[0].text} if self.cells else {}
        return ([{"option": read, **sample}] if read else []) + [
            {
                "option": typed("dateformat", one.pattern),
                "dateformat": one.pattern,
                "rows": one.rows,
                "reads": [{"row": cell.row, "value": cell.text, "day": one.reads(cell)} for cell in self.cells],
            }
            for one in self.offered
        ]

    @property
    def answers(self) -> list[dict[str, str | list[str] | None]]:
        """The options that answer the question, by name, the likeliest first; a switch has the value None."""
        read: dict[str, str | list[str] | None] = {
            name.replace("_", "-"): value or None for name, value in self.options.items()
        }
        return ([read] if read else []) + [{"dateformat": one.pattern} for one in self.offered]


def choose(trials: Trials, missing: int) -> Choice:
    """Choose between the formats that were tried on a column with `missing` blank cells."""
    remaining, chosen, why = _decided(trials, missing)
    faults = tuple(_faults(trials, chosen)) if chosen is not None else ()
    offered = () if chosen is not None else remaining or _offered(trials)
    cells = _cells(trials, offered)
    options: Mapping[str, str] = {}
    if trials.dates and not trials.kinds() and (likely := _likeliest_odd(trials)).meaning is not None:
        options, cells = likely.meaning.options, (likely.cell,)
    if chosen is None and not remaining and trials.kinds():
        options = _read_anyhow(trials, trials.kinds()[0])[1]
    return Choice(
        trials.dates, missing, tuple(trials.ordered()), remaining, chosen, why, faults, offered, cells, options
    )


def _decided(trials: Trials, missing: int) -> tuple[tuple[Tried, ...], Tried | None, str]:
    """The remaining formats, the settled one or None, and the reason."""
    if not trials.dates and not missing:
        says = "the cells of every row are at fault, so that no date can be read"
        return (), None, f"{says}; name the format with {option('dateformat')}, and each row is told what is wrong"
    if not trials.dates:
        return (), None, f"the date column is blank in every row; name its format with {option('dateformat')}"
    kinds = trials.kinds()
    if not kinds:
        return (), None, _nothing_reads(trials)
    best = kinds[0]
    level = [kind for kind in kinds if kind.rows == best.rows and not trials.gives_way(kind, best)]
    if best.rows == trials.dates and len(level) == 1:
        return (best,), best, _settled(trials, best)
    if best.rows == trials.dates:
        level = trials.narrowest_first(level)
        return tuple(level), None, _open(trials, level)
    if best.rows * 2 >= trials.dates:
        pairs = [trials.pair(best, other) for other in level[1:]]
        if pairs and all(pair.different and pair.both == best.rows for pair in pairs):  # the same rows fit each
            return tuple(level), None, _open(trials, level)
        if len(level) == 1 and all(trials.is_outdone(other, best) for other in kinds[1:]):
            return (best,), best, _settled(trials, best)
    return (), None, _none(trials, kinds)


def _offered(trials: Trials) -> tuple[Tried, ...]:
    """The formats to choose from if none remains: the best and its rivals, or those that read most dates."""
    kinds = trials.kinds()
    if not kinds:
        return ()
    best, *others = kinds
    rivals = trials.rivals(best) if best.rows * 2 >= trials.dates else []
    return (best, *(rivals or others))[:MOST_OFFERED]


def _cells(trials: Trials, offered: Sequence[Tried]) -> tuple[Cell, ...]:
    """Up to two dates on which the formats differ: read as different days, or only by one of them."""
    if len(offered) < 2:
        return ()
    misfits = [one.misfit for one in reversed(offered[:2]) if one.misfit is not None]
    return tuple(dict.fromkeys([*trials.pair(*offered[:2]).examples, *misfits]))[:2]


def _faults(trials: Trials, chosen: Tried) -> Iterator[Diagnosis]:
    """Yield the warnings about a settled format."""
    for other in trials.kinds():
        pair = trials.pair(chosen, other)
        if not pair.different:
            continue
        name, rival = shown(chosen.pattern), shown(other.pattern)
        out = chosen.rows - pair.both
        if not out and trials.gives_way(other, chosen):
            says = (
                f"{name} was taken, as dates with dots begin with the day, but no row proves it: {rival} reads "
                f"{'it' if trials.dates == 1 else 'all of them'}, too, and {_both_ways(trials, chosen, other, 1)}. If "
                f"that is right, choose it with {option('dateformat', other.pattern)}."
            )
            yield Diagnosis("date-order", says)
        elif 0 < out < FEWEST_ROWS and out * 100 < FEWEST_PERCENT * trials.dates and trials.is_narrower(other, chosen):
            odd = f"row {other.misfit.row} ({shown(other.misfit.text, SHOWN)})" if other.misfit else ""
            alone = f"{odd} alone rules" if out == 1 else f"{out} rows, the first {odd}, alone rule"
            says = (
                f"{name} was taken, but {alone} {rival} out, which puts the others within "
                f"{counted(pair.spans[other.pattern].days, 'day')}, not {pair.spans[chosen.pattern].days:,}: "
                f"{_both_ways(trials, chosen, other, 1)}. If that is right, mend the odd "
                f"{'row' if out == 1 else 'rows'} and choose it with {option('dateformat', other.pattern)}."
            )
            yield Diagnosis("date-swapped", says)
            return


def _read_anyhow(trials: Trials, best: Tried) -> tuple[int, Mapping[str, str]]:
    """The number of dates read if those are normalized that differ only in the time, and the option.

    0 and no option if there are none, or if dates remain that are read as other days.
    """
    others = trials.with_other_times(best)
    rows = best.rows + sum(other.rows for other in others)
    if not others or rows * 2 < trials.dates or any(one not in others for one in trials.rivals(best)):
        return 0, {}
    whole = {without_fraction(one.pattern) for one in (best, *others)}
    return rows, {"normalize_dates": "" if len(whole) == 1 else "day"}


def _settled(trials: Trials, best: Tried) -> str:
    all_read = best.rows == trials.dates
    says = f"reads {_all(trials)}" if all_read else f"reads {best.rows:,} of {trials.dates:,} dates"
    if best.misfit is not None:
        says += f", not {best.misfit}"
    rows, options = _read_anyhow(trials, best)
    for name, value in options.items():
        says += f"; with {option(name, value)} it reads {'all' if rows == trials.dates else f'{rows:,}'}"
    for other in trials.orders(best):
        if other.misfit is not None and best.rows > trials.pair(best, other).both and best.misfit != other.misfit:
            says += f"; {shown(other.pattern)} is ruled out by {other.misfit}"
    return says


def _open(trials: Trials, level: Sequence[Tried]) -> str:
    """The message that several formats read the dates, as different days."""
    each = _listed([f"{shown(one.pattern)} ({counted(one.rows, 'row')})" for one in level])
    fit = f"{_all(trials)} fit{'s' if trials.dates == 1 else ''}" if level[0].rows == trials.dates else "the dates fit"
    says = f"{fit} {each}; {_both_ways(trials, level[0], level[1], 2, level)}"
    spans = [trials.pair(one, level[one is level[0]]).spans[one.pattern].days for one in level]
    spread = f"; they span {_listed([f'{days:,}' for days in spans], 'or')} days" if len(set(spans)) > 1 else ""
    return f"{says}{spread}: choose with {_options(level)}"


def _both_ways(trials: Trials, one: Tried, two: Tried, most: int, several: Sequence[Tried] = ()) -> str:
    """The first cells that two formats read as different days, with these days, as part of a message."""
    parts = []
    for cell in trials.pair(one, two).examples[:most]:
        days = dict.fromkeys(filter(None, (each.reads(cell) for each in several or (one, two))))
        parts.append(f"row {cell.row}, {shown(cell.text, SHOWN)}, is {_listed(list(days), 'or')}")
    return "; ".join(parts)


def _nothing_reads(trials: Trials) -> str:
    """The message that no format reads any date, with the kind of the texts if it is known."""
    kinds, first = trials.odd, _likeliest_odd(trials)
    if first.meaning is None:
        says = f"no known date format reads any date ({first.cell})"
        return f"{says}; name theirs with {option('dateformat')}, or another column with {option('date')}"
    rows = f"all {trials.dates:,}" if len(kinds) == 1 else f"{first.rows:,} of {trials.dates:,}"
    kind = f"{rows} cells are {first.meaning.kind}" if trials.dates > 1 else "the only one cannot be read"
    where = f"row {first.cell.row}, {shown(first.cell.text, SHOWN)}, {first.meaning.says}"
    way_out = f"{first.meaning.remedy}, or name another column with {option('date')}"
    return f"no known date format reads any date: {kind} ({where}); {way_out}"


def _likeliest_odd(trials: Trials) -> Odd:
    """The most frequent kind of the dates that no format reads."""
    return max(trials.odd, key=lambda one: one.rows)


def _none(trials: Trials, kinds: Sequence[Tried]) -> str:
    """The message that no format reads enough of the dates, or too many of them fit only a rival."""
    best, *others = kinds
    rivals = trials.rivals(best)
    if rivals and best.rows * 2 >= trials.dates:
        other = rivals[0]
        both = trials.pair(best, other).both
        only, only_other = best.rows - both, other.rows - both
        fit = f"{counted(only, 'row')} {'fits' if only == 1 else 'fit'}"
        says = f"{fit} only {shown(best.pattern)} and {only_other:,} only {shown(other.pattern)}"
        seen = f"{shown(best.pattern)} fails at {best.misfit}; {shown(other.pattern)} at {other.misfit}"
        ways = _both_ways(trials, best, other, 2)
        doubt = f"; {both:,} {'fits' if both == 1 else 'fit'} both: {ways}" if ways else ""
        what = "both orders of day and month stand" if is_order_of(other, best) else "two ways to write dates stand"
        return f"{what} in the date column: {says} ({seen}){doubt}; choose with {_options((best, other))}"
    several = (best, *others)[:MOST_OFFERED]
    read, options = _read_anyhow(trials, best)
    if options:
        each = _listed([f"{shown(one.pattern)} ({counted(one.rows, 'row')})" for one in (best, *others)[:MOST_OFFERED]])
        ways = " or ".join(option(name, value) for name, value in options.items())
        seen = f"the dates differ in what follows the day: {each} read some of them"
        many = "all" if read == trials.dates else f"{read:,}"
        return f"{seen}; have {many} read with {ways}, or choose with {_options(several)}"
    message = "; ".join(f"{shown(one.pattern)} reads {one.rows:,}, not {one.misfit}" for one in several)
    known = max((one for one in trials.odd if one.meaning is not None), key=lambda one: one.rows, default=None)
    what = ""
    if known is not None and known.meaning is not None:
        what = f"; {known.rows:,} are {known.meaning.kind} ({known.cell}): {known.meaning.remedy}"
    return (
        f"no known format reads enough of the {trials.dates:,} dates: {message}{what}; choose with {_options(several)}"
    )


def _all(trials: Trials) -> str:
    return "the only date" if trials.dates == 1 else f"all {trials.dates:,} dates"


def _listed(words: Sequence[str], last: str = "and") -> str:
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _options(several: Sequence[Tried]) -> str:
    return " or ".join(option("dateformat", one.pattern) for one in several)
