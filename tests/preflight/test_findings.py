"""Findings as columns are the findings one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from preflight.layouts.words import Quote, Separator
from preflight.model.codes import CODES
from preflight.model.faults import HERE, Told
from preflight.model.findings import Finding, Findings, findings, in_order, of_each
from preflight.model.problems import Diagnosis
from preflight.outputs.problemtexts import ProblemTexts, one_line
from preflight.records.grammar import Dialect
from preflight.records.texts import concatenated

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
def test_findings_of_several_rules_are_in_row_order(parts: list[dict[int, Diagnosis | None]], number: int) -> None:
    together = in_order(list(map(found, parts)))
    one_by_one = [Finding(i, fault) for part in parts for i, fault in sorted(part.items()) if fault is not None]
    expected = sorted(one_by_one, key=lambda finding: finding.row)
    assert list(together) == expected == list(in_order([in_order([found(part)]) for part in parts]))
    assert len(together) == len(expected)
    assert list(together.first(number)) == expected[:number]
    seen = Counter[str]()
    numbers = [seen.update([one.fault.code]) or seen[one.fault.code] for one in expected]
    wanted = [one for i, (one, nth) in enumerate(zip(expected, numbers, strict=True)) if i < number or nth <= 2]
    assert list(together.first(number, 2)) == wanted
    assert together.codes() == Counter(fault.code for _, fault in expected)
    assert list(together.where(together.of({"title-missing"}))) == [
        finding for finding in expected if finding.fault.code == "title-missing"
    ]


HEADS = [
    Diagnosis("email-syntax", f"It is {HERE}.", "yes", spans=((0, 1),)),
    Diagnosis("mojibake", f"{HERE} it is", "yes", "note"),
    Diagnosis("mojibake", "It is.", "yes", "title"),
]
TOLD = st.lists(st.tuples(st.sampled_from(range(3)), st.sampled_from("ab"), st.sampled_from("cd")), max_size=8)


def told(each: list[tuple[int, str, str]]) -> Told:
    heads, said, suggestions = zip(*each, strict=True) if each else ((), (), ())
    texts = (pa.array(column, pa.string()) for column in (said, suggestions))
    return Told(HEADS, np.array(heads, np.int64), *texts)


@st.composite
def with_columns(draw: st.DrawFn) -> tuple[Findings, list[Diagnosis]]:
    """The findings of two rules, between them one that has its faults as columns; and these one by one."""
    each = draw(TOLD)
    rows = sorted(draw(st.lists(st.integers(0, 9), min_size=len(each), max_size=len(each))))
    columns = of_each(np.array(rows, np.int64), told(each))
    heads = [(HEADS[i], said, suggestion) for i, said, suggestion in each]
    one_by_one = [
        Diagnosis(head.code, head.message.replace(HERE, said), suggestion, head.column, head.spans)
        for head, said, suggestion in heads
    ]
    return in_order([found(draw(PART)), columns, found(draw(PART))]), one_by_one


@given(with_columns(), st.data())
def test_columnar_faults_equal_single_faults(drawn: tuple[Findings, list[Diagnosis]], data: st.DataObject) -> None:
    together, of_columns = drawn
    faults = [*together.faults]
    assert [fault for fault in faults if HERE in fault.message] == []
    assert [fault for fault in faults if fault not in FAULTS] == of_columns
    assert together.faults.at(np.arange(len(faults))) == faults
    heads = [together.faults.heads[i] for i in together.faults.head_of.tolist()]
    assert [(head.code, head.column, head.suggestion != "") for head in heads] == [
        (fault.code, fault.column, fault.suggestion != "") for fault in faults
    ]
    places = [i for i in range(len(faults)) if data.draw(st.booleans())]
    *messages, suggestions = together.faults.told(np.array(places, np.int64))
    assert concatenated(messages).to_pylist() == [faults[i].message.encode() for i in places]
    assert suggestions.to_pylist() == [faults[i].suggestion for i in places]


def suggested_by(faults: Sequence[Diagnosis], labels: Mapping[str, str]) -> str:
    """The suggestions cell of one row."""
    of_errors = [one for one in faults if one.suggestion and CODES[one.code].severity == "error"]
    found = dict.fromkeys((labels.get(one.subject, one.subject), one.suggestion) for one in of_errors)
    return " | ".join(value if len(found) == 1 else f"{label}: {value}" for label, value in found)


@given(with_columns())
def test_texts_of_many_rows_equal_those_of_each_row(drawn: tuple[Findings, list[Diagnosis]]) -> None:
    together, _ = drawn
    first = np.append(np.flatnonzero(np.diff(together.rows, prepend=-1)), len(together))
    labels, dialect, no_row = {"email": "Email"}, Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), first[:-1] < 0
    of_rows = [tuple(one.fault for one in row) for _, row in groupby(together, key=lambda finding: finding.row)]
    codes = ["|".join(one.code for one in faults) for faults in of_rows]
    lines = [" | ".join(map(one_line, faults)) for faults in of_rows]
    for codes_only, expected in ((True, codes), (False, lines)):
        texts = ProblemTexts(together, first, labels, dialect, codes_only)
        plain, cells = (
            texts.problems(no_row, pa.array([], pa.binary()), in_quotes=in_quotes) for in_quotes in (False, True)
        )
        assert plain.cast(pa.string()).to_pylist() == expected
        assert cells.cast(pa.string()).to_pylist() == [dialect.joined([text]) for text in expected]
    suggestions = texts.of_rows(texts.suggestions()).cast(pa.string())
    assert suggestions.to_pylist() == [suggested_by(faults, labels) for faults in of_rows]
    begin = texts.begin_with(lambda fault: fault.code == "mojibake")[texts.number]
    assert begin.tolist() == [faults[0].code == "mojibake" for faults in of_rows]
