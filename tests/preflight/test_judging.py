"""Runs of records judged: what is there before any is, and what fixes would mend of the bad ones."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight.addresses.domains import provider_like
from preflight.engine import judging
from preflight.engine.job import Job
from preflight.engine.judging import Judge, judge_run, mend_records
from preflight.evidence.datelimits import DateLimits
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow
from preflight.model.fixes import FIXES, Mendable
from preflight.outputs.judged import Judged
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records
from preflight.rules.builtin import RowRule, rule_makers

LAYOUT = Layout(0, 1, 2, 4, "MM/dd/yyyy", firstrow=FirstRow.N).resolve(None, 5)
DIALECT = Dialect(LAYOUT.fieldseparator, LAYOUT.quotecharacter)
RULES = [*rule_makers(), RowRule]
ROWS = [
    "a@x.com,01/25/2024,T,c,n",
    "nobody,01/25/2024,T,c,n",
    " a@x.com,01/25/2024,T,c,n",
    " mailto:Jo <a@x.com> ,01/25/2024,T,c,n",
    "a@x.com,\u00a001/25/2024,T,c,n",
    " a@x.com,\u00a001/25/2024\u200b,T,c,n",
    "nobody,\u00a001/25/2024,T,c,n",
    "a@x.com,01/25/2024 then,T,c,n",
    "a@x.com,soon,T,c,n",
    "a@x.com,01/25/2024,T",
    "a@x.com,01/25/2024",
    "nobody,01/25/2024,T",
    " a@x.com,01/25/2024,T",
    "a@x.com,01/25/2024,T,c,n,,",
    'a@x.com, "01/25/2024",T,c,n',
    'a@x.com,="01/25/2024",T',
    'a@x.com,01/25/2024,T,c"c,n',
    ",,,,",
]


@example(ROWS, 0, 7)
@example([ROWS[9], *ROWS[::-1]], 2, 9)
@settings(max_examples=8)
@given(st.lists(st.sampled_from(ROWS), min_size=1, max_size=12), st.sampled_from([0, 2, 1_000]), st.integers(0, 12))
def test_the_predicted_number_of_fixes_is_right(rows: list[str], few: int, split: int) -> None:
    (whole,) = read_records(["\n".join(rows).encode()], DIALECT)
    runs = [run for run in (whole.between(0, split), whole.between(split, len(rows))) if len(run)]
    job, told, to_mend = Job(LAYOUT, RULES, DateLimits(), token=b"any"), Mendable(), []
    fixing, mended, number = Judge(Job(LAYOUT, RULES, DateLimits(), fix=FIXES)), 0, Counter[str]()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judging, "FEW", few)
        first = 1
        for run in runs:
            judgement = judge_run(job, run, first)
            told += judgement.verdict.mendable
            to_mend += [judgement.to_mend] if judgement.to_mend is not None else []
            fixed, _ = fixing.judge(run, first)
            good_now = judgement.verdict.bad & ~fixed.bad
            mended += good_now.sum()
            number.update(fix.kind for fix in fixed.chunk.fixes if good_now[fix.row - first])
            first += len(run)
    told += mend_records(job, to_mend) if to_mend else Mendable()
    assert (told.fix_rows, told.fix) == (mended, number)
    assert all(len(records) <= few for records in to_mend)


def test_warm_up_judges_a_good_row_before_the_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Judged] = []
    judge = Judge.judge
    monkeypatch.setattr(Judge, "judge", lambda self, *given: seen.append(judge(self, *given)[0]))
    provider_like.cache_clear()
    judging.warm_up()
    (judged,) = seen
    assert judged.chunk.frame.to_dict("index") == {
        1: {"email": "a@gmail.com", "date": "01/25/2024", "title": "T", "note": "N"}
    }
    assert (judged.bad.tolist(), judged.problems) == ([False], [])
    assert provider_like.cache_info().currsize == 1  # whose making takes longer than all else
