"""Titles are counted and their variants grouped as plain dicts do it, however they come and however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import Layout, Problem, Report, check
from preflight.model.distinct import distinct
from preflight.model.findings import factorized
from preflight.model.report import Spelling
from preflight.rules import titles
from preflight.rules.title import folded, variants
from preflight.rules.titles import TitleTally
from tests.cells import series

pytestmark = pytest.mark.usefixtures("as_typed")

some_titles = st.lists(
    st.sampled_from(["A", " A", "A ", "a", "A  b", "a B", "A b", "ÄB", "äb", "C", "d", "E"]), min_size=1
)


def tallied(texts: Sequence[str], run: int, known: Sequence[str] = ()) -> TitleTally:
    """The titles counted `run` rows at a time; every third row is bad, the n-th row is on line 2 n."""
    tally = TitleTally(known, b"key")
    for at in range(0, len(texts), run):
        codes, values = factorized(series(texts[at : at + run]))
        row = np.arange(at + 1, at + 1 + len(codes))
        tally.add(distinct(codes, values.tolist(), row % 3 != 0, row, row * 2))
    return tally


def good(texts: Sequence[str]) -> list[tuple[int, str]]:
    return [(row, text) for row, text in enumerate(texts, start=1) if row % 3]


@given(some_titles, st.integers(1, 12), st.lists(st.sampled_from(["A", "c", "C ", "zz"])), st.sampled_from([100, 3, 1]))
def test_titlecount_is_exact_whatever_is_kept(texts: list[str], run: int, known: list[str], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(titles, "MOST_TITLES", most)
        tally = tallied(texts, run, known)
        found = tally.titles()
        tally.close()
    expected = Counter(text.strip() for _, text in good(texts))
    already = {text.strip() for text in known} & expected.keys()
    assert found.distinct == len(expected)
    assert found.known == already
    assert found.new_count == len(expected.keys() - already)
    assert tally.rows == len(good(texts))
    assert tally.edged_rows == sum(text != text.strip() for _, text in good(texts))
    assert found.counts.items() <= expected.items()
    if most == 100:
        assert dict(found.counts) == dict(expected)
        assert not found.unlisted


@given(some_titles, st.integers(1, 12))
def test_variants_equal_a_plain_grouping(texts: list[str], run: int) -> None:
    groups: dict[str, dict[str, Spelling]] = {}
    for row, text in good(texts):
        group = groups.setdefault(" ".join(text.split()).casefold(), {})
        before = group.get(text, Spelling(text, 0, row, row * 2))
        group[text] = before._replace(rows=before.rows + 1)
    assert variants(tallied(texts, run)) == [tuple(group.values()) for group in groups.values() if len(group) > 1]


def test_a_title_is_folded_to_what_is_read_out() -> None:
    assert folded(" Webinar\u00a0 \u200bSTRASSE\t") == folded("webinar straße") == "webinar strasse"


def checked(tmp_path: Path, titles: Sequence[str], **options: object) -> Report:
    """A check of a file with these titles; the addresses all differ."""
    rows = [f'{number}@x.com,01/25/2024,"{title}"' for number, title in enumerate(titles)]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["Email,Date,Title", *rows]), encoding="utf-8")
    return check(file, Layout(dateformat="MM/dd/yyyy"), **options)  # type: ignore[arg-type]


def told(report: Report) -> list[tuple[int, int, str, str, str, str]]:
    return [(p.row, p.line, p.code, p.value, p.suggestion, p.message) for p in report.examples]


def test_spellings_of_a_title_are_one_warning_with_titlecount_under_each_reading(tmp_path: Path) -> None:
    report = checked(tmp_path, ["Webinar A", "webinar a", "Webinar  A", "Webinar A ", "Webinar A", "Webinar B"])
    readings = (
        "titlecount is 4 as counted, without blanks at the ends; 5 as written, 3 with case folded, 2 with inner blanks "
        "folded, too."
    )
    named = "`Webinar A` (2 rows from row 1), `webinar a` (row 2), `Webinar  A` (row 3) and `Webinar A ` (row 4)"
    assert report.titlecount == 4
    assert report.warnings == {"title-variant": 1, "title-blank-edges": 1}
    assert told(report) == [
        (2, 3, "title-variant", "webinar a", "Webinar A", f"{named} differ only in case or blanks. {readings}"),
        (
            4,
            5,
            "title-blank-edges",
            "Webinar A ",
            "Webinar A",
            "1 row has a title with blanks at its ends, this is the first. titlecount is 4 without such blanks, 5 with "
            "them.",
        ),
    ]
    assert [[spelling.title for spelling in group] for group in report.title_variants] == [
        ["Webinar A", "webinar a", "Webinar  A", "Webinar A "]
    ]
    assert report.as_dict()["title_variants"][0][0] == {"title": "Webinar A", "rows": 2, "row": 1, "line": 2}


def test_titles_that_are_known_count_under_no_reading(tmp_path: Path) -> None:
    report = checked(tmp_path, ["Trade Show", "trade show", "Demo"], known_titles=["Trade Show"])
    assert report.titlecount == 2
    assert (
        "titlecount is 2 as counted, without blanks at the ends; 2 as written, 1 with case folded, 1 with inner blanks "
        "folded, too."
    ) in report.examples[0].message


def test_a_title_with_many_spellings_names_some_of_them(tmp_path: Path) -> None:
    report = checked(tmp_path, ["abc", "Abc", "aBc", "abC", "ABc", "AbC", "ABC"])
    assert "`ABc` (row 5) and 2 more differ only" in report.examples[0].message


@pytest.mark.parametrize(("repeated", "warned"), [(0, True), (6, True), (7, False)])
def test_nearly_as_many_titles_as_rows_are_the_wrong_column(tmp_path: Path, repeated: int, warned: bool) -> None:
    titles = [f"t{number}" for number in range(30 - repeated)] + ["t0"] * repeated
    report = checked(tmp_path, titles)
    assert report.warnings == ({"title-nearly-unique": 1} if warned else {})
    if warned:
        count = 30 - repeated
        message = (
            f"30 rows have {count} different titles, and titlecount is {count}: most likely --title names the wrong"
        )
        assert report.examples == (Problem(0, 0, "Title", "title-nearly-unique", "warning", "", f"{message} column."),)


def test_few_rows_may_have_a_title_each(tmp_path: Path) -> None:
    assert checked(tmp_path, [f"t{number}" for number in range(29)]).warnings == {}


def test_many_groups_are_counted_and_the_first_are_listed(tmp_path: Path) -> None:
    report = checked(tmp_path, [f"{case}{n}" for n in range(1_200) for case in "tT"] * 2, max_shown=5_000)
    assert report.warnings == {"title-variant": 1_200}
    assert len(report.title_variants) == 1_000
    listed = [problem for problem in report.examples if problem.code == "title-variant"]
    assert listed[0].message == "1,200 titles are spelled in several ways; the first 1,000 are listed."
    assert [problem.row for problem in listed[1:4]] == [2, 4, 6]
    assert len(listed) == 1_001
