"""Which part of a cell is marked, for the problems that real files have: where each rule says that the fault is."""

from __future__ import annotations

import html
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.dates.format import DateFormat
from preflight.model.codes import CODES
from preflight.model.findings import factorized
from preflight.model.problems import Diagnosis, Problem
from preflight.render.marking import parts_of
from preflight.rules import domain, doubtful, email, note, title
from preflight.rules.datefault import explain
from preflight.text.display import _PLAINLY_SEEN, LONGEST_VALUE, shown, shown_each, visible
from preflight.text.spans import WHOLE, Spans, differing, from_end, resolved

LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")


def problem(value: str, code: str, spans: Spans = ()) -> Problem:
    return Problem(1, 2, "", code, CODES[code].severity, value, "What is wrong.", "", spans)


def marked_of(value: str, fault: Diagnosis | None) -> tuple[str, str]:
    assert fault is not None
    return fault.code, marked(problem(value, fault.code, fault.spans))


def marked(found: Problem, limit: int = 240) -> str:
    """The visible cell with what is marked in brackets."""
    told = "".join(f"[{part.text}]" if part.marked else part.text for part in parts_of(found, limit))
    return told.replace("][", "")


EMAILS = [
    ("", "email-missing", ""),
    (" ", "email-missing", "[ ]"),
    (" ana@x.com", "email-invisible", "[ ]ana@x.com"),
    ("ana@x.com\u00a0", "email-invisible", "ana@x.com[\\xa0]"),
    ("an\u200ba@x.com ", "email-invisible", "an[\\u200b]a@x.com[ ]"),
    ("Ana <ana@x.com>", "email-display-name", "[Ana <]ana@x.com[>]"),
    ("a@x.com;b@x.com", "email-several", "[a@x.com;b@x.com]"),
    ("nobody", "email-syntax", "[nobody]"),
    ("mailto:ana@x.com", "email-syntax", "[mailto:]ana@x.com"),
    ("mailto:ana@x.com?subject=Hi", "email-syntax", "[mailto:]ana@x.com[?subject=Hi]"),
    ("ana＠x.com", "email-syntax", "ana[＠]x.com"),
    ("ana@x.com'", "email-syntax", "ana@x.com[']"),
    ("a na@x.com", "email-syntax", "a[ ]na@x.com"),
    ("a(n)a@x.com", "email-syntax", "a[(]n[)]a@x.com"),
    ("a,b@x.com", "email-syntax", "a[,]b@x.com"),
    ("josé@x.com", "email-syntax", "jos[é]@x.com"),
    (".ana@x.com", "email-syntax", "[.]ana@x.com"),
    ("ana.@x.com", "email-syntax", "ana[.]@x.com"),
    ("a..na@x.com", "email-syntax", "a[..]na@x.com"),
    ("@x.com", "email-syntax", "[@]x.com"),
    ("ana@", "email-syntax", "ana[@]"),
    ("ana@@x.com", "email-syntax", "ana@[@]x.com"),
    ("ana@x..com", "email-syntax", "ana@x[..]com"),
    ("ana@.x.com", "email-syntax", "ana@[.]x.com"),
    ("ana@x.com.", "email-syntax", "ana@x.com[.]"),
    ("ana@x,com", "email-syntax", "ana@x[,]com"),
    ("ana@x_y.com", "email-syntax", "ana@x[_]y.com"),
    ("ana@x.com>", "email-syntax", "ana@x.com[>]"),
    ("ana@-x.com", "email-syntax", "ana@[-]x.com"),
    ("ana@x-.com", "email-syntax", "ana@x[-].com"),
    ("ana@ab--cd.com", "email-syntax", "ana@ab[--]cd.com"),
    ("ana@[1.2.3.4]", "email-syntax", "ana@[[]1.2.3.4[]]"),
    ("ana@brightwater", "email-syntax", "ana@[brightwater]"),
    ("ana@x.123", "email-syntax", "ana@x.[123]"),
    ("ana@x.local", "email-syntax", "ana@x.[local]"),
    (f"ana@{'b' * 64}.com", "email-syntax", f"ana@[{'b' * 64}].com"),
]


@pytest.mark.parametrize(("cell", "code", "shown"), EMAILS)
def test_emails(cell: str, code: str, shown: str) -> None:
    assert marked_of(cell, email.judge(cell)) == (code, shown)


def test_emails_of_a_file_are_marked_alike_whatever_stands_before_the_at_sign() -> None:
    cells = [cell.replace("ana", before) for before in ("ana", "contact.12") for cell, *_ in EMAILS]
    shown = [told.replace("ana", before) for before in ("ana", "contact.12") for *_, told in EMAILS]
    frame = pd.DataFrame({"Email": cells, "Date": "01/02/2024", "Title": "Lead Scoring", "Note": ""})
    found = check(frame, LAYOUT, max_shown=200).examples
    assert [marked(one) for one in found if one.code.startswith("email-")] == shown


MISPLACED = st.sampled_from(' ,;()<>[]:"é\t')


@given(st.sampled_from(["ana", "contact.12", "o'neil"]), st.data(), MISPLACED)
def test_an_invalid_character_in_an_address_is_marked_alone(local: str, data: st.DataObject, character: str) -> None:
    at = data.draw(st.integers(1, len(local) - 1))
    cell = f"{local[:at]}{character}{local[at:]}@example.com"
    fault = email.judge(cell)
    assert fault is not None
    if fault.code == "email-syntax":
        assert resolved(fault.spans, len(cell)) == [(at, at + 1)]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("'ana@x.com", "[']ana@x.com"),
        ("noemail@x.com", "[noemail@x.com]"),
        ("www.ana@x.com", "[www.]ana@x.com"),
        ("ana@www.x.com", "ana@[www.]x.com"),
        ("ana@x.cmo2x", "ana@x.[cmo2x]"),
    ],
)
def test_doubtful_addresses(cell: str, shown: str) -> None:
    assert marked_of(cell, doubtful.doubt(cell)) == ("email-doubtful", shown)


@pytest.mark.parametrize(
    ("cell", "right", "shown"),
    [
        ("ana@gmial.com", "gmail.com", "ana@gm[ia]l.com"),
        ("ana@Gmail.con", "gmail.com", "ana@Gmail.co[n]"),
        ("ana@gmaill.com", "gmail.com", "ana@gmail[l].com"),
        ("ana@gmal.com", "gmail.com", "ana@gm[al].com"),
    ],
)
def test_mistyped_domains(cell: str, right: str, shown: str) -> None:
    assert marked_of(cell, domain.mistyped(cell, right)) == ("email-typo", shown)


DATES = [
    ("MM/dd/yyyy", "", "date-missing", ""),
    ("MM/dd/yyyy", "N/A", "date-missing", "[N/A]"),
    ("MM/dd/yyyy", "5/14/26", "date-year", "5/14/[26]"),
    ("MM/dd/yyyy", "06/02/24", "date-year", "06/02/[24]"),
    ("MM/dd/yyyy", "06/02/0024", "date-year", "06/02/[0024]"),
    ("MM/dd/yyyy", "06/02/20244", "date-year", "06/02/[20244]"),
    ("MM/dd/yyyy", "27/12/2024", "date-format", "[27]/12/2024"),
    ("MM/dd/yyyy", "27/12/24", "date-format", "[27]/12/[24]"),
    ("dd/MM/yyyy", "12/27/2024", "date-format", "12/[27]/2024"),
    ("MM/dd/yyyy", "02/30/2024", "date-impossible", "02/[30]/2024"),
    ("MM/dd/yyyy", "00/31/2024", "date-impossible", "[00]/31/2024"),
    ("MM/dd/yyyy", "32/13/2024", "date-impossible", "[32]/13/2024"),
    ("MM/dd/yyyy", "002/03/2024", "date-format", "[002]/03/2024"),
    ("MM/dd/yyyy", "-2/03/2024", "date-format", "[-2]/03/2024"),
    ("MM/dd/yyyy HH:mm", "02/03/2024 25:10", "date-impossible", "02/03/2024 [25]:10"),
    ("MM/dd/yyyy HH:mm", "02/03/2024 10:75", "date-impossible", "02/03/2024 10:[75]"),
    ("MM/dd/yyyy hh:mm a", "02/03/2024 13:10 PM", "date-impossible", "02/03/2024 [13]:10 PM"),
    ("yyyy-MM-dd'T'HH:mmX", "2024-02-03T10:10+19", "date-impossible", "2024-02-03T10:10[+19]"),
    ("EEE, MMM dd, yyyy", "Mon, Jan 25, 2024", "date-weekday", "[Mon], Jan 25, 2024"),
    ("MM/dd/yyyy", "02/07/2024 10:30", "date-trailing", "02/07/2024[ 10:30]"),
    ("MM/dd/yyyy", "02/07/2024x", "date-trailing", "02/07/2024[x]"),
    ("MM/dd/yyyy", "2024-02-07", "date-format", "[2024-02-07]"),
    ("MM/dd/yyyy", "soon", "date-format", "[soon]"),
    ("MM/dd/yyyy", "02/xx/2024", "date-format", "02/[xx/2024]"),
    ("MM/dd/yyyy", "02/07", "date-format", "[02/07]"),
    ("MM/dd/yyyy", "45000", "date-format", "[45000]"),
    ("MM/dd/yyyy", "'02/07/2024", "date-format", "[']02/07/2024"),
    ("MM/dd/yyyy", '="02/07/2024"', "date-format", '[="]02/07/2024["]'),
    ("MM/dd/yyyy", "02/\u200e07/2024", "date-format", "02/[\\u200e]07/2024"),
    ("yyyy-MM-dd HH:mm:ss", "2024-02-07 10:30:00 CEST", "date-trailing", "2024-02-07 10:30:00[ CEST]"),
]


@pytest.mark.parametrize(("pattern", "cell", "code", "shown"), DATES)
def test_dates(pattern: str, cell: str, code: str, shown: str) -> None:
    assert marked_of(cell, explain(DateFormat(pattern), cell)) == (code, shown)


@given(st.integers(13, 31), st.integers(1, 12), st.integers(1900, 2100))
def test_the_day_of_swapped_day_and_month_is_marked(day: int, month: int, year: int) -> None:
    cell = f"{day:02d}/{month:02d}/{year}"
    fault = explain(DateFormat("MM/dd/yyyy"), cell)
    assert resolved(fault.spans, len(cell)) == [(0, 2)]


def test_unexpected_dates_are_marked_whole() -> None:
    cells = ["01/02/2024", "01/02/1985", "01/01/1900", "01/02/2999"]
    frame = pd.DataFrame({"Email": "a@x.com", "Date": cells, "Title": [*"abcd"], "Note": ""})
    assert [(one.code, marked(one)) for one in check(frame, LAYOUT).examples] == [
        ("date-old", "[01/02/1985]"),
        ("date-implausible", "[01/01/1900]"),
        ("date-implausible", "[01/02/2999]"),
    ]


def test_titles_and_notes() -> None:
    titles = pd.Series(["", "--", "one\ntwo", "Caf\u00c3\u00a9"], dtype="string[pyarrow]")
    found = title.of_distinct(titles, *factorized(titles))
    assert [(titles[row], *marked_of(titles[row], fault)) for row, fault in found] == [
        ("", "title-missing", ""),
        ("--", "title-missing", "[--]"),
        ("one\ntwo", "title-newline", "one[\\n]two"),
    ]
    assert [marked_of(titles[row], fault) for row, fault in note.check_mojibake(titles, "title")] == [
        ("mojibake", "Caf[Ã©]")
    ]
    notes = pd.Series(["one\r\ntwo\n", "x" * 20_002], dtype="string[pyarrow]")
    assert [(fault.code, fault.spans) for _, fault in note.check(notes)] == [
        ("note-newline", ((3, 5), (8, 9))),
        ("note-long", ((20_000, None),)),
    ]


def test_titles_judged_over_the_whole_file() -> None:
    titles = [" Lead Scoring ", "Lead Scoring", "Lead  Nurturing", "Lead Nurturing", "Lead Nurturing"]
    frame = pd.DataFrame({"Email": "a@x.com", "Date": "01/02/2024", "Title": titles, "Note": [*"abcde"]})
    found = check(frame, LAYOUT).examples
    assert [(one.code, marked(one)) for one in found if one.code.startswith("title-")] == [
        ("title-blank-edges", "[ ]Lead Scoring[ ]"),
        ("title-variant", "[ ]Lead Scoring[ ]"),
        ("title-variant", "Lead [ ]Nurturing"),
    ]


RECORDS = [
    (b'a@x.com,01/02/2024,said "call me",', "stray-quote", 'a@x.com,01/02/2024,[said "call me"],'),
    (b'a"b,01/02/2024,a"b,', "stray-quote", '[a"b],01/02/2024,a"b,'),
    (b'"a@x.com",01/02/2024,"T"x,', "stray-quote", '"a@x.com",01/02/2024,["T"x],'),
    ('"ä@x.com",01/02/2024,"T"x,'.encode(), "stray-quote", '"ä@x.com",01/02/2024,["T"x],'),
    (b'"a@x.com",01/02/2024,"T,', "unclosed-quote", '"a@x.com",01/02/2024,["T,]'),
    (b"a@x.com,01/02/2024,T", "missing-cell", "a@x.com,01/02/2024,T"),
    (b"a@x.com,01/02/2024,T,,", "extra-cell", "a@x.com,01/02/2024,T,,"),
    (b"a@x.com,01/02/2024,a\0\0b,\0", "nul-byte", "a@x.com,01/02/2024,a[\\x00\\x00]b,[\\x00]"),
    ("a@x.com,01/02/2024,ä".encode() + b"\xff\xfe!,", "encoding-error", "a@x.com,01/02/2024,ä[\ufffd\ufffd]!,"),
]


@pytest.mark.parametrize(("record", "code", "shown"), RECORDS)
def test_records(record: bytes, code: str, shown: str, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(b"Email,Date,Title,Note\nb@x.com,01/02/2024,T,\n" + record + b"\n")
    found = check(file, Layout(dateformat="MM/dd/yyyy", encoding="utf-8"))
    assert [(one.code, marked(one)) for one in found.examples] == [(code, shown)]


def test_a_fault_beyond_the_shown_text_is_marked_at_its_end() -> None:
    cell = "ana@example.com" + "x" * 2_000 + ".com\u200b"
    frame = pd.DataFrame({"Email": cell, "Date": "01/02/2024", "Title": "T", "Note": ["n" * 30_000]})
    by_code = {one.code: one for one in check(frame, LAYOUT).examples}
    assert len(by_code["note-long"].value) == LONGEST_VALUE
    assert marked(by_code["note-long"], 10) == "…nnnnnnnnn[…]"


def test_marks_are_kept_across_processes_files_and_pages(tmp_path: Path) -> None:
    rows = ["an\u200ba@x.com,01/02/2024,T,", "a@x.com,5/14/26,T,"] * 20_000
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["Email,Date,Title,Note", *rows]), encoding="utf-8")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        report = check(file, LAYOUT, max_shown=2, executor=executor, reports=[tmp_path / "r.html", tmp_path / "r.csv"])
    assert [marked(one) for one in report.examples] == ["an[\\u200b]a@x.com", "5/14/[26]"]
    notebook = html.unescape(report._repr_html_())
    for page in ((tmp_path / "r.html").read_text(encoding="utf-8"), notebook):
        assert "an<mark><i>\\u200b</i></mark>a@x.com" in page
        assert "5/14/<mark>26</mark>" in page
    assert [*report.frame.columns] == ["row", "line", "column", "code", "severity", "value", "message", "suggestion"]
    assert [*report.examples[0].as_dict()] == [*report.frame.columns]
    assert (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(report.frame.columns)


def test_escapes_are_distinguished_from_backslashes_of_the_file() -> None:
    parts = parts_of(problem("C:\\new\t!", "note-long"), 240)
    assert [(part.text, part.escape) for part in parts] == [
        ("C:", False),
        ("\\\\", True),
        ("new", False),
        ("\\t", True),
        ("!", False),
    ]


def test_a_long_cell_is_shown_around_its_fault() -> None:
    cell = "x" * 500 + "\u200b" + "y" * 400
    assert marked(problem(cell, "email-invisible", ((500, 501),)), 30) == "…" + "x" * 10 + "[\\u200b]" + "y" * 14 + "…"


SEEN = st.text(st.sampled_from("ab@ .\\\n\u200b\u202e\"'`é"), max_size=60)
PLACES = st.integers(-70, 70)
SPANS = st.lists(st.tuples(PLACES, PLACES | st.none()), max_size=4).map(tuple)


@given(SEEN, SPANS, st.integers(20, 80))
def test_the_parts_make_up_the_cell(value: str, spans: Spans, limit: int) -> None:
    parts = parts_of(problem(value, "email-syntax", spans), limit)
    text = "".join(part.text for part in parts)
    whole = visible(value)
    assert text.removeprefix("…").removesuffix("…") in whole
    assert len(text) <= limit + 2
    if len(whole) <= limit:
        assert text == whole
        assert "".join(part.text for part in parts if part.escape) == "".join(
            escaped for character in value if len(escaped := visible(character)) > 1
        )
        meant = {i for span in spans for i in range(len(value))[slice(*span)]}
        assert "".join(part.text for part in parts if part.marked) == visible("".join(value[i] for i in sorted(meant)))


@given(SEEN, SEEN, SPANS)
def test_spans_from_the_end_are_the_same_characters_after_any_prefix(text: str, before: str, spans: Spans) -> None:
    exact = tuple(resolved(spans, len(text)))
    assume(text and exact != ((0, len(text)),))
    longer = before + text
    moved = resolved(from_end(exact, len(text)), len(longer))
    assert moved == [(start + len(before), stop + len(before)) for start, stop in exact]
    assert resolved(from_end(WHOLE, len(text)), len(longer)) == [(0, len(longer))]


@given(SEEN, SEEN)
def test_differing_spans_are_the_characters_that_mending_removes(text: str, mended: str) -> None:
    spans = resolved(differing(text, mended), len(text))
    assert bool(spans) == bool(text and mended and text != mended)
    if not spans:
        return
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    kept = [text[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True)]
    assert "".join(kept) == mended if mended in text else mended.startswith(kept[0]) and mended.endswith(kept[-1])


@given(st.lists(st.text(max_size=12) | st.text("abc é\\\n…\u034f", max_size=12), max_size=8), st.integers(2, 12))
def test_texts_are_shown_together_as_one_by_one(texts: list[str], limit: int) -> None:
    assert shown_each(pa.array(texts, pa.string()), limit).to_pylist() == [shown(text, limit) for text in texts]


def test_plainly_visible_characters_need_no_escape() -> None:
    plain = re.compile(_PLAINLY_SEEN.removesuffix("$"))
    seen = [character for character in map(chr, range(0x3000)) if plain.fullmatch(character)]
    assert len(seen) > 700
    assert [visible(character) for character in seen] == seen
