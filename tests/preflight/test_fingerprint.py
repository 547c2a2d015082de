"""Hashes are equal where texts and touch points are, whatever the array they come in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.text.fingerprint import (
    LONGEST_IN_PIECES,
    PIECE,
    Fingerprints,
    Hashes,
    text_hashes,
    touch_point_hashes,
    trimmed_texts,
)

KEY = b"a key for the tests"
lengths = st.sampled_from([0, 1, 7, 8, 9, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, LONGEST_IN_PIECES - 1]) | st.integers(
    0, LONGEST_IN_PIECES + 40
)
texts = st.text("aé\0", max_size=4) | st.text("xyß", max_size=40) | lengths.map("a".__mul__) | st.text(max_size=20)
columns = st.lists(texts, max_size=30)
string_types = st.sampled_from([pa.string(), pa.large_string()])


@given(columns, string_types)
def test_hashes_are_equal_just_where_texts_are(column: list[str], kind: pa.DataType) -> None:
    hashes = text_hashes(pa.array(column, kind), KEY).tolist()
    assert len(set(zip(column, hashes, strict=True))) == len(set(column)) == len(set(hashes))


@given(columns, string_types, st.data())
def test_a_text_has_one_hash_in_every_slice(column: list[str], kind: pa.DataType, data: st.DataObject) -> None:
    whole = pa.array(column, kind)
    start = data.draw(st.integers(0, len(column)))
    count = data.draw(st.integers(0, len(column) - start))
    part = text_hashes(whole.slice(start, count), KEY)
    assert part.tolist() == text_hashes(whole, KEY)[start : start + count].tolist()
    assert part.tolist() == text_hashes(pa.array(column[start : start + count], pa.string()), KEY).tolist()
    assert not set(part.tolist()) & set(text_hashes(whole, b"another key").tolist())


@given(st.lists(st.text("a~! \t\x1f\x7f\u00a0é", max_size=4), max_size=6), string_types, st.integers(0, 6))
def test_texts_are_trimmed_whether_there_is_a_blank_among_them_or_not(
    column: list[str], kind: pa.DataType, start: int
) -> None:
    part = pa.array(column, kind).slice(start)
    assert trimmed_texts(part).equals(pc.utf8_trim_whitespace(part))


def test_hashes_of_alike_texts_spread_evenly() -> None:
    """Numbers counted up differ in a few bits of a word or two: the case in which a weak hash shows."""
    alike = pa.array([f"contact.{number:08}@example.com" for number in range(200_000)])
    hashes = text_hashes(alike, KEY)
    expected = 200_000**2 / 2**33
    for part in (hashes >> np.uint64(32), hashes & np.uint64(0xFFFFFFFF), (hashes >> np.uint64(16)).astype(np.uint32)):
        assert expected / 4 <= 200_000 - len(np.unique(part)) <= expected * 4
    set_bits = np.unpackbits(hashes.view(np.uint8)).mean()
    assert abs(set_bits - 0.5) < 0.001


def test_a_touch_point_is_its_folded_email_its_instant_and_its_trimmed_title() -> None:
    emails = pa.array(["Ana@Acme.com", "ana@acme.com", " ana@ACME.com ", "ana@acme.co"])
    dates = np.array(["2024-01-02", "2024-01-02", "2024-01-02", "2024-01-02"], "datetime64[D]")
    titles = pa.array(["Webinar", " Webinar\u00a0", "Webinar", "Webinar"])
    hashes = touch_point_hashes(emails, dates, titles, KEY).tolist()
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]
    assert touch_point_hashes(emails, dates, titles.dictionary_encode(), KEY).tolist() == hashes
    other_day = touch_point_hashes(emails, dates + np.timedelta64(1, "D"), titles, KEY).tolist()
    other_title = touch_point_hashes(emails, dates, pa.array(["webinar"] * 4), KEY).tolist()
    assert not set(hashes) & set(other_day)
    assert not set(hashes) & set(other_title)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_check_gives_the_hashes_of_the_good_rows_in_order(tmp_path: Path, quote: str) -> None:
    rows = [("a@x.com", "1/2/2024", "T"), ("nobody", "1/2/2024", "T"), ("A@X.com", "01/02/2024", f"{quote} T{quote}")]
    rows += [("b@x.com", "1/2/2024", "T"), ("b@x.com", "1/2/2024", "t")]
    file = tmp_path / "events.csv"
    file.write_text("Email,Date,Title\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    taken: list[int] = []
    layout = Layout(dateformat="MM/dd/yyyy")
    report = check(file, layout, fingerprints=Fingerprints(KEY, lambda hashes: taken.extend(hashes.tolist())))
    assert len(taken) == report.good_rows == 4
    assert taken[0] == taken[1]
    assert len(set(taken)) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.lists(st.sampled_from(["a@x.com", "b@x.com", "bad", ""]), min_size=1, max_size=20))
def test_hashes_are_the_same_from_file_to_file(tmp_path: Path, emails: list[str]) -> None:
    runs: list[Hashes] = []
    for line_end in ("\n", "\r\n"):
        file = tmp_path / "events.csv"
        lines = ["Email,Date,Title", *(f"{email},1/2/2024,T" for email in emails)]
        file.write_bytes(line_end.join(lines).encode())
        hashes: list[Hashes] = []
        check(file, Layout(dateformat="MM/dd/yyyy"), fingerprints=Fingerprints(KEY, hashes.append))
        runs.append(np.concatenate(hashes))
    assert runs[0].tolist() == runs[1].tolist()
