"""Hashes that old ledgers have stay as they were made."""

from __future__ import annotations

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
