"""Titles are counted and their variants grouped as plain dicts do it, however they come and however many there are."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import InputError, Layout, Problem, Report, check
from preflight.evidence import titles
from preflight.evidence.titles import TitleTally, cells_of, read_known_titles
from preflight.model.findings import distinct, factorized
from preflight.model.reported import Spelling
from preflight.records.cells import arrow_of
from preflight.rules.title import judge_titles, variants
from preflight.text.spelling import each_on_one_line, folded, on_one_line, plainly_folded
from tests.cells import series

pytestmark = pytest.mark.usefixtures("as_typed")

some_titles = st.lists(
    st.sampled_from(["A", " A", "A ", "a", "A  b", "a B", "A b", "ÄB", "äb", "C", "d", "E"]), min_size=1
)


def tallied(texts: Sequence[str], run: int, known: Sequence[str] = ()) -> TitleTally:
    """The titles counted `run` rows at a time; every third row is bad, the n-th row is on line 2 n."""
    tally = TitleTally(known)
    for at in range(0, len(texts), run):
        codes, values = factorized(series(texts[at : at + run]))
        row = np.arange(at + 1, at + 1 + len(codes))
        tally += distinct(codes, arrow_of(values), row % 3 != 0, row, row * 2)
    return tally


def good(texts: Sequence[str]) -> list[tuple[int, str]]:
    return [(row, text) for row, text in enumerate(texts, start=1) if row % 3]


@given(some_titles, st.integers(1, 12), st.lists(st.sampled_from(["A", "c", "C ", "zz"])), st.sampled_from([100, 3, 1]))
def test_titlecount_is_exact_with_any_limit(texts: list[str], run: int, known: list[str], most: int) -> None:
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


def test_titles_are_kept_up_to_a_limit_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(titles, "MOST_TITLES", 2)
    tally = tallied(["A", "B ", "", "C", "A", "", "B", "C ", "", "K"], 4, known=["K"])
    found = tally.titles()
    tally.close()
    assert list(tally.spellings) == ["A", "B ", "B", "K"]  # what is told apart without a text more is no new one
    assert (found.counts, found.known, found.unlisted) == ({"A": 2, "B": 2, "K": 1}, {"K"}, 1)
    assert (found.distinct, found.new_count, tally.rows, tally.edged_rows) == (4, 3, 7, 2)


@given(some_titles, st.integers(1, 12))
def test_variants_equal_those_of_a_simple_grouping(texts: list[str], run: int) -> None:
    groups: dict[str, dict[str, Spelling]] = {}
    for row, text in good(texts):
        group = groups.setdefault(" ".join(text.split()).casefold(), {})
        before = group.get(text, Spelling(text, 0, row, row * 2))
        group[text] = before._replace(rows=before.rows + 1)
    assert variants(tallied(texts, run)) == [tuple(group.values()) for group in groups.values() if len(group) > 1]


def test_a_title_is_folded_to_its_spoken_form() -> None:
    assert folded(" Webinar\u00a0 \u200bSTRASSE\t") == folded("webinar straße") == "webinar strasse"
    assert plainly_folded(" Webinar\u00a0 \u200bSTRASSE\t") == "webinar strasse"


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


def test_known_titles_are_not_counted_in_any_reading(tmp_path: Path) -> None:
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
def test_nearly_unique_titles_suggest_the_wrong_column(tmp_path: Path, repeated: int, warned: bool) -> None:
    titles = [f"t{number}" for number in range(30 - repeated)] + ["t0"] * repeated
    report = checked(tmp_path, titles)
    assert report.warnings == ({"title-nearly-unique": 1} if warned else {})
    if warned:
        count = 30 - repeated
        message = (
            f"30 rows have {count} different titles, and titlecount is {count}: most likely --title names the wrong"
        )
        assert report.examples == (Problem(0, 0, "Title", "title-nearly-unique", "warning", "", f"{message} column."),)


def test_few_rows_may_have_different_titles(tmp_path: Path) -> None:
    assert checked(tmp_path, [f"t{number}" for number in range(29)]).warnings == {}


@pytest.mark.parametrize("most", [2, 3])
def test_many_groups_are_counted_and_the_first_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    for module in ("title", "builtin"):
        monkeypatch.setattr(f"preflight.rules.{module}.MOST_GROUPS", most)
    monkeypatch.setattr("preflight.rules.builtin.MOST_SPELLINGS", 2)
    report = checked(tmp_path, ["z1", "Z1", "b2", "B2", "a3", "A3", "\u200bz1"])
    assert report.warnings == {"title-variant": 3}
    listed = [["z1", "Z1"], ["b2", "B2"], ["a3", "A3"]][:most]
    assert [[one.title for one in group] for group in report.title_variants] == listed
    whole = [problem for problem in report.of_file if not problem.row]
    says = "3 titles are spelled in several ways; the first 2 are listed."
    assert whole == ([Problem(0, 0, "Title", "title-variant", "warning", "", says)] if most == 2 else [])
    assert [(one.row, one.line, one.value, one.suggestion) for one in report.of_file if one.row] == [
        (2, 3, "Z1", "z1"), (4, 5, "B2", "b2"), (6, 7, "A3", "a3"),
    ][:most]  # fmt: skip


def test_the_first_title_with_outer_blanks_is_shown(tmp_path: Path) -> None:
    report = checked(tmp_path, ["A", " Z\n", "  B", "  B"])
    (told,) = [problem for problem in report.of_file if problem.code == "title-blank-edges"]
    assert (told.row, told.line, told.value, told.suggestion, told.spans) == (2, 3, " Z\n", "Z", ((0, 1), (2, 3)))
    assert told.message == (
        "3 rows have a title with blanks at its ends, this is the first. titlecount is 3 without such blanks, 3 with "
        "them."
    )


def test_long_spellings_are_truncated_in_messages(tmp_path: Path) -> None:
    long, known = "abcdefghi " * 7, f"{'n' * 61}"
    report = checked(tmp_path, [long + "x", long + "X", f"{known}\u200b"], known_titles=[known])
    first, second = (problem.message for problem in report.of_file)
    assert first.startswith(f"`{long[:59]}…` (row 1) and `{long[:59]}…` (row 2) differ only in case or blanks. ")
    named = f"`{known[:59]}…`"
    assert second == f"{named} (row 3) is most likely the known title {named}: titlecount would be 2, not 3."


def test_of_equally_common_spellings_the_one_without_outer_blanks_is_usual(tmp_path: Path) -> None:
    report = checked(tmp_path, ["demo ", "Demo", "DEMO", "expo", "Expo"])
    assert [one.suggestion for one in report.of_file if one.code == "title-variant"] == ["Demo", "expo"]


def test_titles_beyond_the_limit_count_in_every_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles, "MOST_TITLES", 3)
    tally = tallied(["A", "a", "bad", "\uff21", "B", "bad", "C", "A"], 4, known=["D"])
    found, groups = tally.titles(), variants(tally)
    tally.close()
    says = (
        "`A` (2 rows from row 1), `a` (row 2) and `\uff21` (row 4) differ only in what programs change: case, blanks, "
        "quotes, dashes, the form of a letter. titlecount is 5 as counted, without blanks at the ends; 5 as written, 4 "
        "with case folded, 4 with inner blanks folded, too, 3 with all such spellings as one, at most."
    )
    assert [one.fault.message for one in judge_titles(tally, found, groups)] == [says]


SPELLINGS = [
    ("Caf\u00e9", "Cafe\u0301"),  # NFC, NFD
    ("\ufb01nal 2", "final \uff12"),  # NFKC
    ("Lead\u200bScoring", "Lead\u00adScoring"),
    ("Tips & Tricks", "Tips &amp; Tricks"),
    ('It\'s "new" - now', "It\u2019s \u201cnew\u201d \u2013 now"),
    ("Lead Scoring", "'Lead Scoring"),
    ("Lead  Scoring", "lead scoring"),
    ("Lead Scoring", "Lead\nScoring"),
    ("Tips, Tricks", '"Tips, Tricks"'),
]


@pytest.mark.parametrize(("one", "two"), SPELLINGS)
def test_spellings_that_programs_change_are_one_title(one: str, two: str) -> None:
    assert folded(one) == folded(two)


@pytest.mark.parametrize(("one", "two"), [("A", "B"), ("Part 1", "Part 2"), ("C", "C++"), ("A-B", "AB"), ("'", '"')])
def test_different_titles_are_not_variants(one: str, two: str) -> None:
    assert folded(one) != folded(two)


@given(st.text())
def test_composed_and_decomposed_forms_are_one_title(text: str) -> None:
    forms = {folded(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(forms) == 1
    assert "\n" not in on_one_line(text) + folded(text)


def test_a_similar_known_title_is_named_with_the_resulting_titlecount(tmp_path: Path) -> None:
    titles = ["Tips &amp; Tricks", "Demo", "Tips &amp; Tricks", "\u2018Ask us\u2019", "ask us\u2019", "\u2018Ask us'"]
    known = ["Tips & Tricks", "'Ask us'", "Other"]
    report = checked(tmp_path, titles, known_titles=known)
    readings = (
        "titlecount is 5 as counted, without blanks at the ends; 5 as written, 5 with case folded, 5 with inner blanks "
        "folded, too, 1 with all such spellings as one."
    )
    assert told(report) == [
        (1, 2, "title-variant", "Tips &amp; Tricks", "Tips & Tricks",
         "`Tips &amp; Tricks` (2 rows from row 1) is most likely the known title `Tips & Tricks`: titlecount would be "
         "4, not 5."),
        (4, 5, "title-variant", "\u2018Ask us\u2019", "'Ask us'",
         "`\u2018Ask us\u2019` (row 4), `ask us\u2019` (row 5) and `\u2018Ask us'` (row 6) differ only in what "
         f"programs change: case, blanks, quotes, dashes, the form of a letter. {readings} Each is most likely the "
         "known title `'Ask us'`: titlecount would be 2, not 5."),
    ]  # fmt: skip


MISSING = ["NULL", "n/a", "NaN", "-", "--", "#N/A", "#REF!", "undefined", "{{title}}", "[object Object]", " null "]


def test_a_long_placeholder_is_truncated_in_the_message(tmp_path: Path) -> None:
    (one,) = (problem for problem in checked(tmp_path, ["A", "{{" + "x" * 40 + "}}"]).examples if problem.row)
    assert one.message == "`{{" + "x" * 37 + "…` stands for no title."


@pytest.mark.parametrize("title", MISSING)
def test_a_word_for_nothing_is_not_a_title(title: str, tmp_path: Path) -> None:
    report = checked(tmp_path, ["Webinar", title])
    assert report.problems == {"title-missing": 1}
    assert report.examples[0].message == f"`{title}` stands for no title."


def test_a_line_break_in_a_title_is_warned_of_and_never_suggested(tmp_path: Path) -> None:
    report = checked(tmp_path, ["Lead \n Scoring", "lead\nscoring", "Demo"])
    assert report.warnings == {"title-variant": 1, "title-newline": 2}
    assert {problem.suggestion for problem in report.examples} == {"Lead Scoring", "lead scoring"}
    assert report.examples[0].message == "The title has a line break inside; how Act-On reads it is not documented."


KNOWN = [
    ("Tips\nTricks\n\n Demo \n", {"Tips", "Tricks", "Demo"}),
    ("\ufeffTitle\r\n\"Tips, Tricks\"\r\nDemo\r\n", {"Tips, Tricks", "Demo"}),
    ('"Event Title"\n"Say ""hi"""\n"Two\nlines"', {'Say "hi"', "Two\nlines"}),
    ('"Lead" is dead\n"Tips, Tricks";;\n"open', {'"Lead" is dead', "Tips, Tricks", '"open'}),
    ("Tips, Tricks, and more\n", {"Tips, Tricks, and more"}),
    ("Title\n", {"Title"}),
    ("", set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "titles"), KNOWN)
def test_known_titles_are_read_from_lines_and_from_csv(text: str, titles: set[str], tmp_path: Path) -> None:
    path = tmp_path / "known.csv"
    path.write_bytes(text.encode())
    assert read_known_titles(path) == titles


def test_known_titles_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "known.csv"
    path.write_bytes(b"Tips\nCaf\xe9\n")
    with pytest.raises(InputError, match=rf"^the known titles `{path}` are not UTF-8 text: byte 8$"):
        read_known_titles(path)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip).filter(bool)))
def test_titles_saved_as_csv_are_the_same_titles(known: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([title] for title in known)
    assert list(filter(None, cells_of(text.getvalue()))) == known


@given(st.lists(st.text(st.sampled_from("ab \t\n\r\x0b\u2028\u00a0\x1cé")), max_size=8))
def test_texts_are_put_on_one_line_together_as_one_by_one(texts: list[str]) -> None:
    assert each_on_one_line(pa.array(texts, pa.string())).to_pylist() == list(map(on_one_line, texts))
