"""Hashes are equal where texts and touch points are, whatever the array they come in."""

from __future__ import annotations

import hashlib
import operator
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.text.fingerprint import (
    LONGEST_IN_PIECES,
    PIECE,
    Fingerprints,
    Hashes,
    _numbers,
    _sums,
    _upper_halves,
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


def text_hashes(texts: pa.Array, key: bytes) -> Hashes:
    """The hash of each text, as one column of a touch point has it."""
    return _upper_halves(_sums(texts, lambda texts: texts, _numbers(key, b"text")))


@given(columns, string_types)
def test_hashes_are_equal_only_for_equal_texts(column: list[str], kind: pa.DataType) -> None:
    hashes = text_hashes(pa.array(column, kind), KEY).tolist()
    assert len(set(zip(column, hashes, strict=True))) == len(set(column)) == len(set(hashes))


@given(columns, string_types, st.data())
def test_a_text_has_the_same_hash_in_every_slice(column: list[str], kind: pa.DataType, data: st.DataObject) -> None:
    whole = pa.array(column, kind)
    start = data.draw(st.integers(0, len(column)))
    count = data.draw(st.integers(0, len(column) - start))
    part = text_hashes(whole.slice(start, count), KEY)
    assert part.tolist() == text_hashes(whole, KEY)[start : start + count].tolist()
    assert part.tolist() == text_hashes(pa.array(column[start : start + count], pa.string()), KEY).tolist()
    assert not set(part.tolist()) & set(text_hashes(whole, b"another key").tolist())


@given(st.lists(st.text("a~! \t\x1f\x7f\u00a0é", max_size=4), max_size=6), string_types, st.integers(0, 6))
def test_texts_are_trimmed_with_and_without_blanks(column: list[str], kind: pa.DataType, start: int) -> None:
    part = pa.array(column, kind).slice(start)
    assert trimmed_texts(part).equals(pc.utf8_trim_whitespace(part))


def plain_hash(columns: dict[bytes, bytes], date: int | None = None, key: bytes = KEY) -> int:
    """The hash of a vector of texts and perhaps a date, as its family is defined, in plain numbers."""
    halves = []
    for function in range(2):
        total = 0
        for column, text in {**columns, **({b"date": b""} if date is not None else {})}.items():
            digest = hashlib.shake_256(column + b"\0" + key).digest(2 * 66 * 8 + 64)
            *factors, added = struct.unpack_from("<66Q", digest, function * 66 * 8)
            if date is not None and column == b"date":
                total += factors[0] * (date % 2**32) + factors[1] * (date % 2**64 >> 32)
            elif len(text) > 256:
                long = hashlib.blake2b(text, key=digest[-64:], digest_size=16).digest()
                total += struct.unpack("<2Q", long)[function]
            else:
                words = (len(text), *struct.unpack("<64I", text.ljust(256, b"\0")))
                total += added + sum(map(operator.mul, factors, words))
        halves.append(total % 2**64 >> 32)
    return halves[0] | halves[1] << 32


BOUNDS = (PIECE - 1, PIECE, PIECE + 1, LONGEST_IN_PIECES - 1, LONGEST_IN_PIECES, LONGEST_IN_PIECES + 1)


@given(columns, string_types)
@example(["a" * length for length in BOUNDS], pa.string())
def test_a_hash_follows_its_definition(column: list[str], kind: pa.DataType) -> None:
    expected = [plain_hash({b"text": text.encode()}) for text in column]
    assert text_hashes(pa.array(column, kind), KEY).tolist() == expected


@given(st.lists(st.tuples(texts, texts, st.integers(-(2**62), 2**62)), max_size=6), st.booleans())
def test_the_hash_of_a_touch_point_follows_its_definition(
    rows: list[tuple[str, str, int]], in_dictionaries: bool
) -> None:
    expected = []
    for email, title, date in rows:
        trimmed = pc.utf8_trim_whitespace(pa.array([email, title])).to_pylist()
        email, title = pc.ascii_lower(trimmed[0]).as_py(), trimmed[1]
        expected.append(plain_hash({b"email": email.encode(), b"title": title.encode()}, date))
    emails, titles = (pa.array([row[column] for row in rows], pa.string()) for column in (0, 1))
    if in_dictionaries:
        emails, titles = emails.dictionary_encode(), titles.dictionary_encode()
    dates = np.array([row[2] for row in rows], np.int64).view("datetime64[us]")
    days = np.zeros(len(rows), "datetime64[D]")
    of_instants, of_days = touch_point_hashes(emails, titles, [dates, days], KEY)
    assert of_instants.tolist() == expected
    assert of_days.tolist() == touch_point_hashes(emails, titles, [days], KEY)[0].tolist()


def test_hashes_in_ledgers_do_not_change() -> None:
    emails, titles = pa.array(["Ana@Acme.com", "b" * 300]), pa.array(["Webinar " * 5, ""])
    (hashes,) = touch_point_hashes(emails, titles, [np.array(["2024-01-02", "1969-12-31"], "datetime64[D]")], KEY)
    assert hashes.tolist() == [16799608562414112257, 8826434390784465765]


def test_similar_texts_have_different_hashes() -> None:
    """Numbers counted up differ in a few bits of a word or two: the case in which a weak hash shows."""
    numbers = pc.utf8_lpad(pa.array(range(200_000)).cast(pa.string()), 8, "0")
    alike = pc.binary_join_element_wise("contact.", numbers, "@example.com", "")
    hashes = text_hashes(alike, KEY)
    assert len(np.unique(hashes)) == len(hashes)
    assert abs(np.unpackbits(hashes.view(np.uint8)).mean() - 0.5) < 0.01


@pytest.mark.parametrize("other", ["ana@acme.con", "ana@acme.com\0", "c" * 300])
def test_each_bit_of_two_hashes_agrees_under_half_of_the_keys(other: str) -> None:
    pair = pa.array(["ana@acme.com", other])
    hashes = np.array([text_hashes(pair, b"%d" % number) for number in range(1_000)])
    for alike in (hashes[:, 0] ^ hashes[:, 1], *hashes.T):
        of_bits = np.unpackbits(np.ascontiguousarray(alike).view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
        assert of_bits.min() > 0.42
        assert of_bits.max() < 0.58


def test_a_touch_point_is_identified_by_folded_email_instant_and_trimmed_title() -> None:
    emails = pa.array(["Ana@Acme.com", "ana@acme.com", " ana@ACME.com ", "ana@acme.co"])
    dates = np.array(["2024-01-02", "2024-01-02", "2024-01-02", "2024-01-02"], "datetime64[D]")
    titles = pa.array(["Webinar", " Webinar\u00a0", "Webinar", "Webinar"])
    hashes, other_day = (
        days.tolist() for days in touch_point_hashes(emails, titles, [dates, dates + np.timedelta64(1, "D")], KEY)
    )
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]
    other_title = touch_point_hashes(emails, pa.array(["webinar"] * 4), [dates], KEY)[0].tolist()
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
