"""The HTML report as a file: bounded whatever a file holds, every code represented, escaped, open about cuts."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import CODES, Layout, check
from preflight.outputs.html import MOST_BAD_ROWS
from preflight.render.html import MOST_PROBLEMS

LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title,Note\n"
LARGEST = 3_000_000


def page_of(folder: Path, text: str, layout: Layout = LAYOUT) -> str:
    source, page = folder / "in.csv", folder / "report.html"
    source.write_text(text, encoding="utf-8", newline="")
    check(source, layout, reports=[page])
    assert page.stat().st_size < LARGEST
    return page.read_text(encoding="utf-8")


def listed_codes(page: str) -> list[str]:
    return re.findall(r'<tr data-code="([a-z-]+)"', page)


def test_few_of_one_kind_are_listed_beside_many_of_another(tmp_path: Path) -> None:
    rows = "nobody,01/25/2024,T,\n" * 5_000 + "a@x.com,02/30/2024,T,\n" * 3 + "a@x.com,01/25/2024,,\n"
    page = page_of(tmp_path, HEADING + rows)
    codes = listed_codes(page)
    assert len(codes) == MOST_PROBLEMS
    assert codes.count("date-impossible") == 3
    assert codes[-1] == "title-missing"
    assert "Listed are 2,000 problems of 5,004, some of every kind; 3,004 are left out." in page
    assert f"Download the first {MOST_BAD_ROWS:,} bad rows (CSV)" in page
    assert "3,004 of the bad rows are not in this page" in page


def test_all_of_a_small_file_is_there(tmp_path: Path) -> None:
    page = page_of(tmp_path, HEADING + "nobody,02/30/2024,,\n" * 30)
    assert len(listed_codes(page)) == 90
    assert "left out" not in page
    assert "not in this page" not in page
    assert "Download the 30 bad rows (CSV)" in page


@pytest.mark.parametrize(
    "cell",
    ["\u202e\u200b" * 500, "<" * 1_000, "&'\"" * 300, "é\u202e" * 500, "\n" * 900],
    ids=lambda cell: ascii(cell[:2]),
)
def test_its_size_is_bounded(tmp_path: Path, cell: str) -> None:
    heading = ",".join(["Email", "Date", "Title", "Note", *(f"<column {i}>" for i in range(300))])
    quoted = '"x{}"'.format(cell.replace('"', '""'))
    row = ",".join([quoted, quoted, " ", quoted, *["x"] * 300])
    titled = [
        ",".join(["a@x.com", "01/25/2024", quoted.replace("x", str(i), 1), "n", *["x"] * 300]) for i in range(300)
    ]
    page = page_of(tmp_path, "\n".join([heading, *[row] * 800, *titled, ""]))
    assert set(listed_codes(page)) >= {"email-syntax", "date-format", "title-missing"}
    assert "are left out" in page
    assert "not in this page" in page


def test_the_policy_allows_the_page_s_own_style_and_script_only(tmp_path: Path) -> None:
    page = page_of(tmp_path, HEADING + "nobody,01/25/2024,T,\n")
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])  # type: ignore[index]
    hashes = {
        kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in re.findall(r"<(style|script)>(.*?)</\1>", page, re.DOTALL)
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"(?:src|href)=\"(?!#|data:text/csv)|url\(|@import|fetch\(|style=", page)


def test_the_same_file_gives_the_same_page(tmp_path: Path) -> None:
    text = HEADING + "nobody,02/30/2024,,\n" * 30
    assert page_of(tmp_path, text) == page_of(tmp_path, text)


def test_what_concerns_the_file_as_a_whole_is_listed_first(tmp_path: Path) -> None:
    page = page_of(tmp_path, HEADING + "a@x.com,01/25/2024,T,\nb@x.com,25/01/2024,T,\n")
    assert listed_codes(page) == ["date-swapped", "date-format"]
    assert "<small>whole file</small>" in page


def test_a_layout_that_contradicts_the_file_is_said_instead_of_blaming_rows(tmp_path: Path) -> None:
    rows = "".join(f"a{i}@x.com,01/{i + 10}/2024,Webinar,\n" for i in range(20))
    page = page_of(tmp_path, HEADING + rows, replace(LAYOUT, fieldseparator="SEMICOLON"))
    assert listed_codes(page) == ["layout-mismatch"]
    assert "The layout that was given contradicts the file, so no row was judged" in page
    assert "<small>whole file</small>" in page
    assert "Download" not in page


ANY_CELL = st.text(st.characters(exclude_characters=',"\r\n', exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ANY_CELL, ANY_CELL, ANY_CELL), min_size=1, max_size=5))
def test_no_cell_becomes_markup(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    plain = page_of(tmp_path, HEADING + "x,x,x,\n" * len(rows))
    page = page_of(tmp_path, HEADING + "".join(",".join(row) + ",\n" for row in rows))
    assert set(tags(page)) <= set(tags(plain)) | {
        "<i>",
        "<mark>",
        "<small>",
        "<p>",
        "<rect>",
        "<figure>",
        "<figcaption>",
    }
    assert set(listed_codes(page)) <= set(CODES)
    seen = html.unescape(re.sub("<[^>]*>", "", page.split("<body>")[1]))
    assert all(character.isprintable() or character == "\n" for character in seen.split('"use strict"')[0])


def tags(page: str) -> list[str]:
    return [f"<{name}>" for name in re.findall(r"<([a-z0-9]+)", page.split("<script>")[0])]
