"""What formats that were tried on a column come to beside each other, at the very bounds."""

from __future__ import annotations

import pytest

from preflight.dates.format import DateFormat
from preflight.dates.trials import Cell, Pair, Span, Trials, Tried, likelihood

US, EU, ISO = "MM/dd/yyyy", "dd/MM/yyyy", "yyyy-MM-dd"


def tried(pattern: str, rows: int, **others: int | bool) -> Tried:
    return Tried(DateFormat(pattern), rows=rows, **others)  # type: ignore[arg-type]


def trials(*formats: Tried, both: int = 0, different: int = 0, dates: int = 100, first: int = 0) -> Trials:
    """Formats, of which the first two read so many cells both, and so many as different days."""
    pair = Pair(both, different, {formats[0].pattern: Span(first, 9), formats[-1].pattern: Span(0, 9)})
    pairs = {frozenset((formats[0].pattern, formats[1].pattern)): pair} if len(formats) > 1 else {}
    return Trials({one.pattern: one for one in formats}, pairs, dates, [])


def test_a_trial_describes_its_format() -> None:
    one = tried(US, 3)
    assert (one.pattern, one.as_dict()) == (US, {"dateformat": US, "rows": 3, "ruled_out_by": None})
    one.misfit = Cell(7, "25/01/2024")
    assert one.as_dict() == {"dateformat": US, "rows": 3, "ruled_out_by": {"row": 7, "value": "25/01/2024"}}
    assert (one.reads(Cell(1, "01/25/2024")), one.reads(one.misfit)) == ("2024-01-25", "")
    assert str(one.misfit) == "row 7: `25/01/2024`"
    assert str(Cell(1, "x" * 41)) == f"row 1: `{'x' * 39}…`"
    assert str(Cell(1, "x" * 40)) == f"row 1: `{'x' * 40}`"


def test_a_span_includes_both_ends_and_grows_both_ways() -> None:
    pair = Pair()
    pair.widen(US, Span(5, 5))
    assert (pair.spans, pair.spans[US].days) == ({US: Span(5, 5)}, 1)
    pair.widen(US, Span(3, 4))
    pair.widen(US, Span(4, 9))
    pair.widen(EU, Span(100, 101))
    assert pair.spans == {US: Span(3, 9), EU: Span(100, 101)}
    assert pair.spans[US].days == 7


def test_the_first_two_different_cells_are_shown() -> None:
    pair = Pair()
    pair.show([Cell(1, "a"), Cell(2, "a"), Cell(3, "b"), Cell(4, "c")])
    pair.show([Cell(5, "d")])
    assert pair.examples == [Cell(1, "a"), Cell(3, "b")]


def test_formats_are_ordered_by_likelihood() -> None:
    by_rows = [tried(US, 1, published=True, exact=9), tried(US, 2)]
    by_use = [tried("MM.dd.yyyy", 2, published=True, exact=9), tried("dd.MM.yyyy", 2)]
    by_page = [tried(US, 2, exact=9), tried(EU, 2, published=True)]
    by_look = [tried(US, 2, published=True, exact=1), tried(EU, 2, published=True, exact=2)]
    for pair in (by_rows, by_use, by_page, by_look):
        assert likelihood(pair[0]) < likelihood(pair[1])


def test_one_format_represents_each_reading_of_the_column() -> None:
    formats = [
        tried(US, 2, reading=1),
        tried("M/d/yyyy", 2, reading=1, exact=1),
        tried(EU, 3, reading=2),
        tried(ISO, 0, reading=3),
    ]
    assert [one.pattern for one in trials(*formats).kinds()] == [EU, "M/d/yyyy"]


OUTDONE = [  # the other format, how many cells it, the best and both read, how many as other days, of how many dates
    (ISO, 90, 10, 10, 0, True),  # it reads nothing otherwise
    (ISO, 90, 30, 30, 1, True),
    (EU, 90, 30, 20, 0, False),  # the other order, which reads cells that the best does not
    (EU, 90, 20, 20, 20, True),
    (EU, 100, 20, 10, 10, True),  # the best reads five times as many
    (EU, 99, 20, 10, 10, False),
    (EU, 90, 20, 19, 19, False),
    (EU, 23, 20, 20, 20, True),  # three rows rule it out
    (EU, 22, 20, 20, 20, False),
    (EU, 20, 20, 20, 20, False),  # nothing rules it out
]


@pytest.mark.parametrize(("pattern", "best", "other", "both", "different", "outdone"), OUTDONE)
def test_formats_that_are_outdone_by_the_best(
    pattern: str, best: int, other: int, both: int, different: int, outdone: bool
) -> None:
    one, two = tried(US, best, reading=1), tried(pattern, other, reading=2)
    found = trials(one, two, both=both, different=different)
    assert found.is_outdone(two, one) == outdone
    assert found.rivals(one) == ([] if outdone else [two])


@pytest.mark.parametrize(("dates", "outdone"), [(10, True), (11, False)])
def test_two_rows_rule_out_an_order_if_they_are_a_fifth_of_the_dates(dates: int, outdone: bool) -> None:
    one, two = tried(US, 10, reading=1), tried(EU, 8, reading=2)
    assert trials(one, two, both=8, different=8, dates=dates).is_outdone(two, one) == outdone


@pytest.mark.parametrize(
    ("best", "other", "gives_way"),
    [
        ("dd.MM.yyyy", "MM.dd.yyyy", True),
        ("dd.MM.yyyy", "MM.dd.yy", True),
        ("MM.dd.yyyy", "dd.MM.yyyy", False),
        ("dd/MM/yyyy", "MM/dd/yyyy", False),
        ("yyyy.MM.dd", "MM.dd.yyyy", False),
    ],
)
def test_an_uncommon_order_gives_way(best: str, other: str, gives_way: bool) -> None:
    one, two = tried(best, 9, reading=1), tried(other, 9, reading=2)
    found = trials(one, two, both=9, different=9)
    assert found.gives_way(two, one) == found.is_outdone(two, one) == gives_way


def test_the_narrower_of_two_spans_is_preferred() -> None:
    one, two = tried(US, 9), tried(EU, 9)
    assert [trials(one, two, first=first).is_narrower(two, one) for first in (-1, 0, 1)] == [True, False, False]


@pytest.mark.parametrize(("dates", "first", "is_last"), [(5, -40, False), (5, -41, True), (4, -41, False)])
def test_formats_that_spread_several_dates_are_last(dates: int, first: int, is_last: bool) -> None:
    one, two = tried(US, 9), tried(EU, 9)
    found = trials(one, two, dates=dates, first=first)  # over 10 - first days and over 10
    assert found.narrowest_first([one, two]) == ([two, one] if is_last else [one, two])


def test_the_swapped_order_is_first_among_formats_that_read_other_days() -> None:
    one, two, three = tried(US, 9, reading=1), tried(EU, 8, reading=2), tried("yy/MM/dd", 9, reading=3)
    pairs = {frozenset((US, other)): Pair(8, 8) for other in (EU, "yy/MM/dd")}
    found = Trials({x.pattern: x for x in (one, two, three)}, pairs, 9, [])
    assert found.orders(one) == [two, three]
    twin = tried("d/M/yyyy", 9, reading=2)
    pairs[frozenset((US, "d/M/yyyy"))] = Pair(8, 8)
    assert Trials({x.pattern: x for x in (one, two, twin)}, pairs, 9, []).orders(one) == [twin]
    assert Trials({ISO: tried(ISO, 9), US: one}, {}, 9, []).orders(tried(ISO, 9)) == []
    assert Trials({US: one}, {}, 9, []).orders(one) == []
    assert Trials({US: one}, {}, 9, []).pair(one, two) == Pair()
