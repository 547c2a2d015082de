"""The hashes of old ledgers do not change."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from uploader.preparing.oldhashes import old_touch_point_hashes

EMAILS, TITLES = ["Ana@Acme.com ", "b" * 33, "c" * 300], ["Webinar " * 5, "", "d" * 80]
DATES = np.array(["2024-01-02", "1969-12-31", "2024-01-02"], "datetime64[D]")


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_hashes_are_those_that_commit_95e1f08_made(kind: pa.DataType) -> None:
    key = b"a key for the tests"
    columns = pa.array(EMAILS, kind), pa.array(TITLES, kind)
    (hashes,) = old_touch_point_hashes(*columns, [DATES], key)
    assert hashes.tolist() == [10326302479171067682, 12763908427417385978, 14542515990100722109]
    ((second,),) = old_touch_point_hashes(*(column.slice(1, 1) for column in columns), [DATES[1:2]], key)
    assert second == hashes[1]
    assert [len(one) for one in old_touch_point_hashes(*(column.slice(3) for column in columns), [DATES[3:]], key)] == [
        0
    ]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_texts_of_every_length_have_the_hashes_that_commit_95e1f08_made(kind: pa.DataType) -> None:
    lengths = range(300)
    emails = pa.array([("Ab1@é\u00a0" * 60)[:length] for length in lengths], kind)
    titles = pa.array([("xyz Ü!" * 60)[: 299 - length] for length in lengths], kind)
    dates = (np.arange(300) * 86_400_000_123 - 2**40).view("datetime64[us]")
    (hashes,) = old_touch_point_hashes(emails, titles, [dates], b"k")
    sha256 = hashlib.sha256(hashes.astype("<u8").tobytes()).hexdigest()
    assert sha256 == "d44478b7f60b6ff65e71a2ae25bbffa63ca18327988bf0f29a2c79868ac96dcb"


def test_texts_at_the_bounds_of_pieces_have_the_hashes_that_commit_95e1f08_made() -> None:
    lengths = (31, 32, 33, 255, 256, 257)
    emails, titles = (pa.array([letter * length for length in lengths]) for letter in "ab")
    (hashes,) = old_touch_point_hashes(emails, titles, [np.full(6, "2024-01-02", "datetime64[us]")], b"k")
    assert hashes.tolist() == [
        9601917019039272369,
        661970197605495343,
        3692338495990945237,
        2540373791339671797,
        15719722498151587122,
        10974811532194813836,
    ]
