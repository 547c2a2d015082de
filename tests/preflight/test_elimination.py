"""The date format by elimination: what is settled, what is not, and what is said of it."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.dates.known import EXAMPLE, KNOWN_FORMATS
from preflight.detect import dateformat as elimination
from preflight.detect.dateformat import Choice, Elimination
from preflight.model.findings import as_dictionary


def eliminated(*runs: list[str]) -> Choice:
    found, row = Elimination(), 1
    for run in runs:
        found.add(pa.array(run, pa.string()), np.arange(row, row + len(run)))
        row += len(run)
    return found.result()


SETTLED = [
    (["01/25/2024", "03/04/2024"], "MM/dd/yyyy", "reads all 2 dates; `dd/MM/yyyy` is ruled out by row 1: `01/25/2024`"),
    (["03/04/2024", "25/01/2024"], "dd/MM/yyyy", "reads all 2 dates; `MM/dd/yyyy` is ruled out by row 2: `25/01/2024`"),
    (["01/25/24"], "MM/dd/yy", "reads the only date; `dd/MM/yy` is ruled out by row 1: `01/25/24`"),
    (["2024-01-02"], "yyyy-MM-dd", "reads the only date"),
    (["2.1.2024"], "dd.MM.yyyy", "reads the only date"),
    (["20240102", "", "N/A", " "], "yyyyMMdd", "reads the only date"),
    (["25 January 2024"], "dd MMMM yyyy", "reads the only date"),
    (["25 Jan 2024"], "dd MMM yyyy", "reads the only date"),
    (["25 May 2024"], "dd MMM yyyy", "reads the only date"),
    (["Thu, 25 Jan 2024"], "EEE, dd MMM yyyy", "reads the only date"),
    (["Thursday, 25 January 2024"], "EEEE, dd MMMM yyyy", "reads the only date"),
    (
        ["01/13/2024 02:30 PM"],
        "MM/dd/yyyy hh:mm a",
        "reads the only date; `dd/MM/yyyy hh:mm a` is ruled out by row 1: `01/13/2024 02:30 PM`",
    ),
    (["2024-01-25T01:02:03Z"], "yyyy-MM-dd'T'HH:mm:ssXXX", "reads the only date"),
    (["03/03/2024"], "MM/dd/yyyy", "reads the only date"),
    (
        ["01/25/2024"] * 9 + ["x"],
        "MM/dd/yyyy",
        "reads 9 of 10 dates, not row 10: `x`; `dd/MM/yyyy` is ruled out by row 1: `01/25/2024`",
    ),
    (["2024-01-25"] * 9 + ["25.01.2024"], "yyyy-MM-dd", "reads 9 of 10 dates, not row 10: `25.01.2024`"),
]


@pytest.mark.parametrize(("texts", "pattern", "why"), SETTLED)
def test_what_is_settled(texts: list[str], pattern: str, why: str) -> None:
    found = eliminated(texts)
    assert (found.chosen.pattern if found.chosen else None, found.why) == (pattern, why)
    assert [one.pattern for one in found.remaining] == [pattern]


OPEN = [
    (["03/04/2024", "05/04/2024"],
     "all 2 dates fit `MM/dd/yyyy` (2 rows) and `dd/MM/yyyy` (2 rows); row 1, `03/04/2024`, is 2024-03-04 or 2024-04-03: choose with --dateformat MM/dd/yyyy or --dateformat dd/MM/yyyy"),
    (["03/04/2024 01:00 PM"],
     'the only date fits `MM/dd/yyyy hh:mm a` (1 row) and `dd/MM/yyyy hh:mm a` (1 row); row 1, `03/04/2024 01:00 PM`, is 2024-03-04 or 2024-04-03: choose with --dateformat "MM/dd/yyyy hh:mm a" or --dateformat "dd/MM/yyyy hh:mm a"'),
    (["03/04/2024"] * 9 + ["x"],
     "the dates fit `MM/dd/yyyy` (9 rows) and `dd/MM/yyyy` (9 rows); row 1, `03/04/2024`, is 2024-03-04 or 2024-04-03: choose with --dateformat MM/dd/yyyy or --dateformat dd/MM/yyyy"),
    (["01/25/2024"] * 98 + ["25/01/2024"],
     "both orders of day and month stand in the date column: 98 rows fit only `MM/dd/yyyy` and 1 only `dd/MM/yyyy` (`MM/dd/yyyy` fails at row 99: `25/01/2024`; `dd/MM/yyyy` at row 1: `01/25/2024`); choose with --dateformat"),
    (["01/25/2024", "2024-01-25"],
     "no known format reads enough of the 2 dates: `MM/dd/yyyy` reads 1, not row 2: `2024-01-25`; `yyyy-MM-dd` reads 1, not row 1: `01/25/2024`; choose with --dateformat"),
    (["x", "y" * 300], "no known date format reads any date (row 1: `x`); name theirs with --dateformat, or another column with --date"),
    (["y" * 300], "no known date format reads any date (row 1: `yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…`); name theirs with --dateformat, or another column with --date"),
    (["", "NULL"], "the date column is blank in every row; name its format with --dateformat"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "why"), OPEN)
def test_what_is_open(texts: list[str], why: str) -> None:
    found = eliminated(texts)
    assert (found.chosen, found.why) == (None, why)


def test_numbers_of_rows_and_the_first_that_does_not_fit() -> None:
    found = eliminated(["03/04/2024", "", "03/04/2024"], ["x", "01/25/2024", "x"])
    tried = {one.pattern: (one.rows, one.misfit and one.misfit.row, one.only) for one in found.tried}
    assert (found.dates, found.missing) == (5, 1)
    assert tried["MM/dd/yyyy"] == (3, 4, 1)
    assert tried["dd/MM/yyyy"] == (2, 4, 0)
    assert tried["yyyy-MM-dd"] == (0, 1, 0)


@pytest.mark.parametrize("known", KNOWN_FORMATS, ids=lambda known: known.pattern)
def test_every_known_format_is_found_from_its_own_dates(known: object) -> None:
    text = known.dateformat.format(EXAMPLE)  # type: ignore[attr-defined]
    found = eliminated([text])
    assert found.chosen is not None
    assert found.chosen.pattern == known.pattern  # type: ignore[attr-defined]


texts = st.lists(
    st.sampled_from(["01/25/2024", "25/01/2024", "03/04/2024", "3/4/24", "2024-01-02", "", "x", "x "]), max_size=8
)


@settings(max_examples=40)
@given(texts, texts, st.integers(1, 3))
def test_runs_and_batches_make_no_difference(one: list[str], two: list[str], at_once: int) -> None:
    whole = eliminated(one + two)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(elimination, "TEXTS_AT_ONCE", at_once)
        parted = eliminated(one, two)
    assert (parted.why, parted.dates, parted.missing) == (whole.why, whole.dates, whole.missing)
    assert [one.as_dict() for one in parted.tried] == [one.as_dict() for one in whole.tried]


def test_a_dictionary_array_is_taken_as_it_is() -> None:
    found = Elimination()
    found.add(as_dictionary(pa.array(["01/25/2024"] * 3)), np.arange(1, 4))
    assert found.result().dates == 3
