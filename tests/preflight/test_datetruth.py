"""DateFormat against the JDK: the table under `fixtures/dates` always, a live JDK with fresh texts where there is one."""

# ruff: noqa: E501 - patterns, texts and messages stand here whole
from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from preflight.dates.format import DateFormat
from preflight.dates.java import read_leniently, read_soundly
from tests.preflight.datetruth import (
    MOMENTS,
    NOW,
    PATTERNS,
    TRAPS,
    Truth,
    ask_java,
    composed,
    is_plain,
    random_pattern,
    read_table,
    texts_for,
)
from tests.tool import needed

FIRST, LAST = -12_212_553_600_000, 253_402_300_800_000
"""The milliseconds of 1583-01-01 and 10000-01-01."""


@pytest.fixture(scope="module")
def jdk() -> None:
    """A JDK to ask; without one only the table is held against `DateFormat`."""
    needed("java", "default-jdk-headless")
    needed("javac", "default-jdk-headless")


needs_java = pytest.mark.usefixtures("jdk")


def verdicts(truths: Iterable[Truth], now: datetime) -> tuple[int, int, int]:
    """Numbers of texts, of accepted ones and of plain ones that both modes read; fails on any that is wrong."""
    by_pattern: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        by_pattern[truth.pattern].append(truth)
    texts = accepted = plain = 0
    unsound, refused = [], []
    for pattern, group in by_pattern.items():
        judged = DateFormat(pattern, now=now).judge(pa.array([truth.text for truth in group], pa.large_string()))
        for truth, instant in zip(group, judged, strict=True):
            texts += 1
            agreed = truth.agreed
            wanted = agreed is not None and FIRST <= agreed < LAST and is_plain(pattern, truth.text)
            plain += wanted
            if np.isnat(instant):
                if wanted:
                    refused.append(truth)
                continue
            accepted += 1
            if agreed is None or instant != np.datetime64(agreed, "ms"):
                unsound.append((truth, instant))
    assert not unsound
    assert not refused
    return texts, accepted, plain


Record = Callable[[str, object], None]


@pytest.mark.parametrize("table", MOMENTS)
def test_no_verdict_contradicts_the_table(table: str, record_property: Record) -> None:
    texts, accepted, plain = verdicts(read_table(table), MOMENTS[table])
    for name, value in (("texts", texts), ("unsound", 0), ("accepted", accepted), ("complete", f"{plain}/{plain}")):
        record_property(name, value)
    print(
        f"\n{table}: {texts:,} texts, {accepted:,} accepted, 0 of them unsound; {plain:,} of {plain:,} plain dates read (100 %)"
    )
    assert accepted > 1_000


def test_the_table_has_the_stated_size() -> None:
    table = read_table("2026")
    assert len(table) >= 20_000
    assert len({truth.pattern for truth in table}) >= 30
    assert {truth.text for truth in table} >= set(TRAPS)
    assert {truth.pattern for truth in table} == set(PATTERNS)


def test_the_table_has_the_known_traps_of_the_jdk() -> None:
    stored = {(truth.pattern, truth.text): truth for truth in read_table("2026")}
    for text, day, strict in (
        ("25/01/2011", "2013-01-01", False),
        ("01/25/2023 10:30", "2023-01-25", True),
        ("02/30/2023", "2023-03-02", False),
    ):
        truth = stored["MM/dd/yyyy", text]
        assert truth.lenient is not None
        assert truth.lenient.milliseconds == np.datetime64(day, "ms").astype(int)
        assert (truth.strict is not None) == strict
        assert truth.agreed is None


@needs_java
def test_a_live_jdk_writes_the_same_table() -> None:
    rng = random.Random(0)
    for table, now in MOMENTS.items():
        truths = rng.sample(read_table(table), 1_000)
        asked = ask_java([(truth.pattern, truth.text) for truth in truths], now)
        for old, new in zip(truths, asked, strict=True):
            for before, after in ((old.lenient, new.lenient), (old.strict, new.strict)):
                assert (before and (before.milliseconds, before.end)) == (after and (after.milliseconds, after.end)), (
                    old
                )


@needs_java
def test_no_verdict_contradicts_a_live_jdk_on_fresh_texts(record_property: Record) -> None:
    seed = random.SystemRandom().randrange(10**9)
    rng = random.Random(seed)
    now = rng.choice(list(MOMENTS.values()))
    patterns = [*PATTERNS, *(random_pattern(rng) for _ in range(100)), *(composed(rng) for _ in range(200))]
    rows = [(pattern, text) for pattern in patterns for text in dict.fromkeys(texts_for(pattern, 60, rng))]
    record_property("seed", seed)
    print(f"\nlive JDK, seed {seed}, formatters made {now}")
    texts, accepted, plain = verdicts(ask_java(rows, now), now)
    print(
        f"{texts:,} fresh texts, {accepted:,} accepted, 0 of them unsound; {plain:,} of {plain:,} plain dates read (100 %)"
    )


@needs_java
def test_the_model_of_lenient_java_agrees_with_a_live_jdk() -> None:
    rng = random.Random(random.SystemRandom().randrange(10**9))
    patterns = [*PATTERNS, *(random_pattern(rng) for _ in range(40))]
    rows = [(pattern, text) for pattern in patterns for text in dict.fromkeys([*texts_for(pattern, 40, rng), *TRAPS])]
    formats = {pattern: DateFormat(pattern, now=NOW) for pattern in patterns}
    told = 0
    for truth in ask_java(rows):
        dateformat = formats[truth.pattern]
        ours = read_leniently(dateformat, truth.text)
        if not ours.sure:
            continue
        assert (ours.failed is None) == (truth.lenient is not None), truth
        if truth.lenient is None:
            continue
        assert ours.end == truth.lenient.end or not truth.text.isascii(), truth
        if ours.stored:
            told += 1
            assert ours.stored == _as_told(truth.lenient.printed, dateformat), truth
    assert told > 1_000


@needs_java
def test_the_model_of_java_agrees_with_a_live_jdk_on_extreme_numbers() -> None:
    """Months and days by the thousand, and years about the change of calendar in 1582."""
    rng = random.Random(random.SystemRandom().randrange(10**9))
    rows = [("yyyy-MM-dd", "1545-1507-13")]
    for _ in range(3_000):
        year = rng.choice((rng.randint(1, 9999), rng.randint(1570, 1595), rng.randint(0, 99)))
        month = rng.choice((rng.randint(-40, 60), rng.randint(-9999, 9999), rng.randint(1, 12)))
        day = rng.choice((rng.randint(-40, 60), rng.randint(-99999, 999999), rng.randint(1, 31)))
        rows.append((rng.choice(("yyyy/MM/dd", "yy/MM/dd")), f"{year}/{month}/{day}"))
    for now in dict.fromkeys(MOMENTS.values()):
        formats = {pattern: DateFormat(pattern, now=now) for pattern, _ in rows}
        for truth in ask_java(rows, now):
            ours = read_leniently(formats[truth.pattern], truth.text)
            assert truth.lenient is not None
            assert not ours.stored or ours.stored == _as_told(truth.lenient.printed, formats[truth.pattern]), truth


def _as_told(printed: str, dateformat: DateFormat) -> str:
    """Java's own print (`2011-01-25T10:30:00.000 AD`) in the words of a message."""
    assert printed.endswith(" AD")
    if not dateformat.has_time:
        return printed[:10]
    time = re.sub(r"\.000$", "", printed[11:-3])
    return f"{printed[:10]} {time}{' UTC' if dateformat.has_zone else ''}"


def test_a_single_text_gets_the_verdict_of_the_column() -> None:
    for table, now in MOMENTS.items():
        groups: dict[str, list[str]] = defaultdict(list)
        for truth in read_table(table):
            groups[truth.pattern].append(truth.text)
        for pattern, texts in groups.items():
            dateformat = DateFormat(pattern, now=now)
            judged = dateformat.judge(pa.array(texts, pa.large_string()))
            for text, instant in zip(texts, judged, strict=True):
                alone = read_soundly(dateformat, text)
                if alone is not None and alone.tzinfo is not None:
                    alone = alone.replace(tzinfo=None) - (alone.utcoffset() or alone - alone)
                assert np.isnat(instant) if alone is None else instant == np.datetime64(alone, "us"), (pattern, text)
