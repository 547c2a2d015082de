"""Findings as columns are the findings one by one."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from preflight.model.findings import Finding, Findings, findings, in_order
from preflight.model.problems import Diagnosis

FAULTS = [
    Diagnosis("email-missing", "A"),
    Diagnosis("title-missing", "B"),
    Diagnosis("title-missing", "C"),
    Diagnosis("mojibake", "D"),
]
PART = st.dictionaries(st.integers(0, 9), st.sampled_from([*FAULTS, None]))
"""What one rule says of some rows."""


def found(part: dict[int, Diagnosis | None]) -> Findings:
    ordered = sorted(part.items())
    return findings(np.array([position for position, _ in ordered], np.int64), [fault for _, fault in ordered])


@given(st.lists(PART, min_size=1, max_size=4), st.integers(0, 12))
def test_they_are_those_of_each_rule_in_the_order_of_the_rows(
    parts: list[dict[int, Diagnosis | None]], number: int
) -> None:
    together = in_order(list(map(found, parts)))
    one_by_one = [Finding(i, fault) for part in parts for i, fault in sorted(part.items()) if fault is not None]
    expected = sorted(one_by_one, key=lambda finding: finding.row)
    assert list(together) == expected == list(in_order([in_order([found(part)]) for part in parts]))
    assert len(together) == len(expected)
    assert list(together.first(number)) == expected[:number]
    assert together.codes() == Counter(fault.code for _, fault in expected)
    assert list(together.where(together.of({"title-missing"}))) == [
        finding for finding in expected if finding.fault.code == "title-missing"
    ]
    rows, kinds, sets = together.by_row()
    assert [(i, sets[kind]) for i, kind in zip(rows.tolist(), kinds.tolist(), strict=True)] == [
        (i, tuple(fault for _, fault in group)) for i, group in groupby(expected, key=lambda finding: finding.row)
    ]
