"""What the rows of a file show together, at the bounds up to which it is kept and believed."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import errno
import tempfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from preflight import OutputError
from preflight.dates.format import DateFormat
from preflight.evidence import domains, parted, titles
from preflight.evidence.datelimits import DateLimits
from preflight.evidence.dates import DateEvidence, gathered, judged_whole, readings
from preflight.evidence.domains import DomainEvidence, DomainTally, Mistyped, _one_keystroke
from preflight.evidence.earliest import Earliest
from preflight.evidence.parted import Parted
from preflight.evidence.titles import TitleTally
from preflight.model.findings import Distinct
from preflight.model.problems import Diagnosis
from preflight.model.reported import Domains, NearMiss, Spelling
from preflight.model.timeline import Stretch, Timeline

KINDS = (np.uint64, np.int64)

A, B, C = 1, (1 << 62) + 5, (3 << 62) + 2
"""Hashes of which no two have the first two bits in common."""


def some(*hashes: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return np.array(hashes, np.uint64), np.arange(first, first + len(hashes))


@pytest.mark.parametrize("held", [0, 2, 5, 6, 100])
def test_rows_with_equal_hashes_are_grouped_in_order(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted, "MAX_HELD", held)
    monkeypatch.setattr(parted, "PARTS", 4)
    files = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **how: files.append(make(**how)) or files[-1])
    with closing(Parted(*KINDS)) as rows:
        rows.add(*some(A, B, C))
        rows.add(*some(A, C, C + 1, first=3))
        parts = [list(zip(*(column.tolist() for column in part), strict=True)) for part in rows.parts()]
    whole = [(A, 0), (B, 1), (C, 2), (A, 3), (C, 4), (C + 1, 5)]
    if held >= 6:
        assert (parts, files) == ([whole], [])
    else:
        assert parts == [[(A, 0), (A, 3)], [(B, 1)], [(C, 2), (C, 4), (C + 1, 5)]]
        assert [file.closed for file in files] == [True]
    with closing(Parted(*KINDS)) as nothing:
        assert list(nothing.parts()) == []


def test_many_rows_with_equal_hashes_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted, "MAX_HELD", 500)
    hashes = np.array([A, C] * 1_000, np.uint64)
    with closing(Parted(*KINDS)) as rows, Earliest(times=False) as visits:
        for at in range(0, 2_000, 1_000):
            few = (hashes[at : at + 1_000], np.arange(at + 1, at + 1_001))
            rows.add(*few)
            visits.add(*few, np.empty(0, np.int64))
        kept = np.concatenate([part[1] for part in rows.parts()]).tolist()
        left_out = visits.left_out(2_000)
    assert kept == [*range(1, 2_000, 2), *range(2, 2_001, 2)]
    assert np.flatnonzero(~left_out).tolist() == [0, 1]


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**how: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parted, "MAX_HELD", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OutputError) as told, closing(Parted(*KINDS)) as rows:
        rows.add(*some(1, 2))
    assert str(told.value) == f"cannot write a temporary file in {tempfile.gettempdir()}: No space left on device"


def of(rows: dict[str, int], *addresses: tuple[str, int, int], meant: dict[str, str] | None = None) -> DomainEvidence:
    texts, row, line = ([one[i] for one in addresses] for i in range(3))
    return DomainEvidence(rows, meant or {}, texts, np.array(row, np.int64), np.array(line, np.int64))


def tally(*found: DomainEvidence) -> DomainTally:
    whole = DomainTally()
    for one in found:
        whole += one
    return whole


CROP, CORP = NearMiss("acmecrop.com", 2, "acmecorp.com", 20), {"acmecrop.com": 2, "acmecorp.com": 20}


def test_rare_addresses_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.evidence.domains.MOST_REMEMBERED", 2)
    whole = tally(*(of(CORP, (f"a{i}@acmecrop.com", i, i)) for i in range(4)))
    assert [row.address for row in whole.judged()[1]] == ["a0@acmecrop.com", "a1@acmecrop.com"]


def test_domains_and_near_misses_of_a_file() -> None:
    whole = tally(
        of({"acmecrop.com": 1, "acmecorp.com": 12, "gmial.com": 3}, ("A@AcmeCrop.com", 4, 5), ("x@rare.com", 6, 7),
           meant={"gmial.com": "gmail.com"}),
        of({"acmecrop.com": 1, "acmecorp.com": 8, "gmail.com": 1}, ("b@acmecrop.com", 9, 11)),
    )  # fmt: skip
    found, mistyped, count = whole.judged()
    assert found == Domains(
        4, {"acmecorp.com": 20, "gmial.com": 3, "acmecrop.com": 2, "gmail.com": 1},
        (NearMiss("gmial.com", 3, "gmail.com", 1), CROP),
    )  # fmt: skip
    assert (mistyped, count) == ([Mistyped(4, 5, "A@AcmeCrop.com", CROP), Mistyped(9, 11, "b@acmecrop.com", CROP)], 2)


@pytest.mark.parametrize(
    ("rare", "common", "misses"),
    [(1, 10, 1), (1, 9, 0), (2, 19, 0), (10, 100, 1), (10, 99, 0), (11, 110, 0)],
)
def test_a_near_miss_is_rare_beside_a_common_domain(rare: int, common: int, misses: int) -> None:
    found = tally(of({"acmecrop.com": rare, "acmecorp.com": common})).near_misses()
    assert found == ({"acmecrop.com": NearMiss("acmecrop.com", rare, "acmecorp.com", common)} if misses else {})


def test_domains_beyond_the_limits_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("MOST_LISTED", 2), ("MOST_REMEMBERED", 2), ("MOST_ROWS", 1), ("MOST_DOMAINS", 4)):
        monkeypatch.setattr(domains, name, most)
    places = [("a@acmecrop.com", i, i) for i in range(2)]
    whole = tally(
        of(CORP, *places, meant={"a.com": "x.com", "b.com": "x.com", "c.com": "x.com"}),
        of({"one.com": 1, "two.com": 1, "three.com": 1}, ("a@acmecrop.com", 7, 7), meant={"d.com": "x.com"}),
        of({"four.com": 9, "one.com": 4}),
    )
    found, mistyped, count = whole.judged()
    assert (found.distinct, dict(found.rows)) == (5, {"acmecorp.com": 20, "one.com": 5})
    assert [miss.domain for miss in found.near_misses] == ["acmecrop.com", "a.com"]
    assert (mistyped, count) == ([Mistyped(0, 0, "a@acmecrop.com", CROP)], 2)
    monkeypatch.setattr(domains, "MOST_ROWS", 9)
    assert [one.row for one in whole.judged()[1]] == [0, 1]


def test_a_rare_domain_is_compared_with_the_most_common_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"northwind.com": 10, "acmecorp.com": 20, "northwnd.com": 1, "acmecrop.com": 1, "northwimd.com": 1}
    rows |= {f"{i}.com": 1 for i in range(1_100)} | {"nortwind.com": 1}
    rare = {miss.domain: miss.meant for miss in tally(of(rows)).near_misses().values()}
    assert rare == {
        "northwnd.com": "northwind.com", "acmecrop.com": "acmecorp.com", "northwimd.com": "northwind.com",
        "nortwind.com": "northwind.com",
    }  # fmt: skip
    monkeypatch.setattr(domains, "MOST_COMPARED", 1)
    assert list(tally(of(rows)).near_misses()) == ["acmecrop.com"]
    both = {"acmecor.com": 1, "acmecorn.com": 30, "acmecorp.com": 40}
    monkeypatch.undo()
    assert tally(of(both)).near_misses()["acmecor.com"].meant == "acmecorp.com"
    assert tally(of(CORP, meant={"acmecrop.com": "x.com"})).near_misses() == {}
    assert tally(of(CORP, meant={"acmecorp.com": "x.com"})).near_misses() == {}


KEYSTROKES = [
    ("acmecrop.com", "acmecorp.com", True),
    ("acmecorp.con", "acmecorp.com", True),
    ("acmecorp.de", "acmecorp.com", False),
    ("acmecorp.com.au", "acmecorp.con.au", False),
    ("acme.com", "acne.com", False),
    ("acmes.com", "acnes.com", True),
    ("acmes.com", "acme.com", False),
    ("acme1corp.com", "acme2corp.com", False),
    ("acme1corp.com", "acmecorp.com", False),
    ("acme1corp.com", "acme1crop.com", True),
    ("a.acmecorp.com", "acmecorp.com", False),
    ("acmecrop.con", "acmecorp.com", False),
    ("acm-berlin.de", "acn-berlin.de", False),
    ("acme-berlin.de", "acne-berlin.de", True),
    ("acme-berlin.de", "acmeberlin.de", True),
    ("ab-berlni.de", "ab-berlin.de", True),
    ("acmecorp.com", "acmecorp.com", False),
]


@pytest.mark.parametrize(("domain", "right", "typed"), KEYSTROKES)
def test_the_distance_of_one_keystroke(domain: str, right: str, typed: bool) -> None:
    assert _one_keystroke(domain, right) is typed


def found_of(*rows: tuple[str, int, int, int]) -> Distinct:
    texts, *numbers = zip(*rows, strict=True)
    return Distinct(list(texts), *(np.array(column, np.int64) for column in numbers))


def test_titles_are_counted_with_their_first_rows() -> None:
    whole = TitleTally(["Known ", "Other"])
    whole += found_of(("A", 2, 1, 2), (" A", 1, 3, 4), ("Known", 1, 5, 6))
    whole += found_of(("A", 3, 7, 8), ("B ", 2, 9, 10))
    assert (whole.rows, whole.edged_rows, whole.known) == (9, 3, {"Known", "Other"})
    assert list(whole.spellings.values()) == [
        Spelling("A", 5, 1, 2), Spelling(" A", 1, 3, 4), Spelling("Known", 1, 5, 6), Spelling("B ", 2, 9, 10),
    ]  # fmt: skip
    told = whole.titles()
    assert (told.counts, told.known, told.unlisted, told.spellings) == (
        {"A": 6, "Known": 1, "B": 2}, {"Known"}, 0, 4,
    )  # fmt: skip
    assert (told.distinct, told.new_count) == (3, 2)


def test_titles_beyond_the_limit_are_counted_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles, "MOST_TITLES", 2)
    whole = TitleTally(["Known"])
    whole += found_of(("A", 1, 1, 2), ("B ", 1, 2, 3), ("C", 1, 3, 4))
    whole += found_of(
        ("D", 1, 4, 6), ("C ", 1, 5, 7), ("A ", 2, 6, 8), ("B", 3, 7, 9), ("Known ", 1, 8, 10), ("C", 1, 9, 11)
    )
    assert list(whole.spellings.values()) == [
        Spelling("A", 3, 1, 2), Spelling("B ", 1, 2, 3), Spelling("B", 3, 7, 9), Spelling("Known", 1, 8, 10),
    ]  # fmt: skip
    told = whole.titles()
    assert (told.unlisted, told.distinct, told.new_count, told.spellings) == (2, 5, 4, 6)
    assert told.counts == {"A": 3, "B": 4, "Known": 1}
    assert whole.edged_rows == 5
    whole.close()


NOW = datetime(2026, 6, 29, 12, tzinfo=UTC)


def limits_say(text: str, has_time: bool = False, **limits: date) -> tuple[str, str]:
    found = fault_of(DateLimits(now=NOW, **limits), text, has_time)
    return found.code, found.message


def fault_of(limits: DateLimits, text: str, has_time: bool) -> Diagnosis:
    (fault,) = limits.faults(pa.array(["x"]), np.array([text], "datetime64[us]"), has_time)
    return fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1989-12-31T23:59:59", ("date-old", "`x` is read as 1989-12-31 and lies before 1990-01-01.")),
        ("2026-07-01", ("date-future", "`x` is read as 2026-07-01 and lies more than a day ahead of now.")),
        ("1969-12-31", ("date-implausible", "`x` is read as 1969-12-31, before 1970. Correct it, or allow such dates with "
                        'oldest="1969-12-31".')),
        ("1970-01-01", ("date-implausible", "`x` is read as 1970-01-01, which programs write where they know no date. "
                        'Correct it, or allow such dates with oldest="1970-01-01".')),
        ("1970-01-02", ("date-old", "`x` is read as 1970-01-02 and lies before 1990-01-01.")),
        ("2036-06-29T12:00:01", ("date-implausible", "`x` is read as 2036-06-29, more than 10 years ahead. Correct it, or "
                                 'allow such dates with newest="2036-06-29".')),
        ("2036-06-29T12:00:00", ("date-future", "`x` is read as 2036-06-29 and lies more than a day ahead of now.")),
    ],
)  # fmt: skip
def test_the_message_for_an_unexpected_date(text: str, told: tuple[str, str]) -> None:
    assert limits_say(text) == told


def test_the_message_for_given_limits_and_times() -> None:
    named = {"oldest": date(2024, 1, 2), "newest": date(2024, 12, 31)}
    assert (
        limits_say("2024-01-01", **named)[1]
        == "`x` is read as 2024-01-01 and lies before 2024-01-02, the oldest date expected."
    )
    assert limits_say("2025-01-01T10:30:05.5", True, **named)[1] == (
        "`x` is read as 2025-01-01 10:30:05 and lies after 2024-12-31, the newest date expected."
    )
    limits = DateLimits(now=datetime(2026, 6, 29, 2, tzinfo=timezone(timedelta(hours=3))))
    assert (str(limits.first), str(limits.last)) == ("1990-01-01T00:00:00.000000", "2026-06-29T23:00:00.000000")
    leap = DateLimits(now=datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert fault_of(leap, "2034-02-28T12:00:01", False).code == "date-implausible"
    assert fault_of(leap, "2034-02-28T12:00:00", False).code == "date-future"
    same = DateLimits(date(2024, 1, 1), date(2024, 1, 1))
    assert (str(same.first), str(same.last)) == ("2024-01-01T00:00:00.000000", "2024-01-01T23:59:59.999999")


def evidence(chosen: list[str], other: list[str] | None, rows: list[int]) -> DateEvidence:
    instants = [np.array(days, "datetime64[us]") for days in (chosen, other or [])]
    read = readings(instants[0], instants[1] if other is not None else None, DateLimits(now=NOW))
    return gathered("t2", np.array(rows), read)


def test_evidence_of_rows_for_the_order_of_day_and_month() -> None:
    told = evidence(
        ["2024-03-04", "2024-01-25", "NaT", "NaT", "2024-05-05", "2024-01-01"],
        ["2024-04-03", "NaT", "2024-01-25", "2024-01-26", "2024-05-05", "2024-01-01"],
        [2, 3, 4, 5, 6, 0],
    )
    assert (told.read, told.only_chosen, told.only_other, told.both, told.example) == (11, 3, 9, 2, "t2")
    assert (told.days, told.chosen, told.other) == (frozenset(), None, None)
    days = [f"2024-01-{day:02d}" for day in (9, 3, 4, 5, 6, 7)]
    either = evidence(
        [*days, "2026-07-01"], [f"2024-{day:02d}-01" for day in (9, 3, 4, 5, 6, 7)] + ["2026-01-07"], [1] * 6 + [5]
    )
    january = (date(2024, 1, 3) - date(1970, 1, 1)).days
    assert either.days == frozenset(range(january, january + 5))
    assert either.chosen == Stretch(january, (date(2026, 7, 1) - date(1970, 1, 1)).days, 5)
    assert either.other == Stretch(
        (date(2024, 3, 1) - date(1970, 1, 1)).days, (date(2026, 1, 7) - date(1970, 1, 1)).days, 0
    )
    assert (either.chosen.days, Stretch(3, 3, 0).days) == (911, 1)
    without = evidence(days, None, [1] * 6)
    assert (without.read, without.both, without.chosen) == (6, 0, None)


US, EU = "`MM/dd/yyyy`", "`dd/MM/yyyy`"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (DateEvidence(only_other=1, example="e"), f"1 row fits only {EU} (the first: `e`), none only {US}, 0 both: {EU} is the likelier order, choose it if so."),
        (DateEvidence(only_other=1, example="e" * 50), f"1 row fits only {EU} (the first: `{'e' * 39}…`), none only {US}, 0 both: {EU} is the likelier order, choose it if so."),
        (DateEvidence(only_other=2, only_chosen=1, example="e"), f"2 rows fit only {EU} (the first: `e`), 1 only {US}, 0 both: both orders stand in one column, as a half-converted spreadsheet leaves them."),
        (DateEvidence(both=9, chosen=Stretch(0, 19, 1), other=Stretch(0, 4, 0)), f"Every date fits both {US} and {EU}: the first puts 1 row into the future, the other none; choose the other if that is right."),
        (DateEvidence(both=9, chosen=Stretch(0, 19, 2), other=Stretch(0, 4, 0)), f"Every date fits both {US} and {EU}: the first puts 2 rows into the future, the other none; choose the other if that is right."),
        (DateEvidence(both=9, chosen=Stretch(0, 19, 2), other=Stretch(0, 4, 1)), ""),
        (DateEvidence(both=9, chosen=Stretch(0, 19, 0), other=Stretch(0, 4, 0), days=frozenset(range(5))), f"Every date fits both {US} and {EU}: the first spreads them over 20 days, the other over 5; choose the other if that is right."),
        (DateEvidence(both=9, chosen=Stretch(0, 18, 0), other=Stretch(0, 4, 0), days=frozenset(range(5))), ""),
        (DateEvidence(both=9, chosen=Stretch(0, 19, 0), other=Stretch(0, 4, 0), days=frozenset(range(4))), ""),
        (DateEvidence(both=0, chosen=Stretch(0, 19, 1), other=Stretch(0, 4, 0)), ""),
        (DateEvidence(both=9, only_chosen=1, chosen=Stretch(0, 19, 1), other=Stretch(0, 4, 0)), ""),
    ],
)  # fmt: skip
def test_evidence_against_the_order_of_day_and_month(found: DateEvidence, says: str) -> None:
    told = judged_whole(found, DateFormat("MM/dd/yyyy"))
    assert [(one.code, one.message) for one in told] == ([("date-swapped", says)] if says else [])


def test_evidence_of_two_runs() -> None:
    one = DateEvidence(1, 0, 0, 1, "", frozenset({1, 9}), Stretch(1, 9, 1), Stretch(2, 3, 0))
    two = DateEvidence(2, 0, 0, 2, "x", frozenset({0, 2, 3, 4}), Stretch(0, 4, 2), Stretch(1, 9, 5))
    both = one + two
    assert (both.read, both.both, both.example, both.days) == (3, 3, "x", frozenset({0, 1, 2, 3, 4}))
    assert (both.chosen, both.other) == (Stretch(0, 9, 3), Stretch(1, 9, 5))
    assert (one + DateEvidence()).chosen == (DateEvidence() + one).chosen == Stretch(1, 9, 1)
    for apart in (DateEvidence(only_chosen=1), DateEvidence(only_other=1)):
        told = one + apart
        assert (told.days, told.chosen, told.other) == (frozenset(), None, None)
    four = DateEvidence(only_chosen=2, only_other=3, timeline=Timeline({1: 2}, "day"), of_good=Timeline({1: 1}, "day"))
    five = DateEvidence(only_chosen=4, timeline=Timeline({1: 3, 2: 1}, "day"), of_good=Timeline({2: 1}, "day"))
    assert four + five == DateEvidence(
        only_chosen=6, only_other=3, timeline=Timeline({1: 5, 2: 1}, "day"), of_good=Timeline({1: 1, 2: 1}, "day")
    )
