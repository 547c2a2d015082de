"""The HTML report in a real browser: nothing leaves it, the table works, hostile cells stay text, anyone can use it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from preflight import Layout, check
from tests.browser import chromium, opened

ROOT = Path(__file__).parents[2]
LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title,Note\n"
HOSTILE = [
    "<script>document.title='run'</script>",
    "</script></style></td></table><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "' onmouseover='alert(3)' x='",
    "{{ 7*7 }}{% raw %}",
    "evil\u202egnp.exe\u2066",
    "<!--",
    "&lt;b&gt;",
    "javascript:alert(4)",
    "]]>",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def report_of(folder: Path, text: str, layout: Layout = LAYOUT, **options: Any) -> Path:
    source, page = folder / "in.csv", folder / "report.html"
    source.write_text(text, encoding="utf-8", newline="")
    check(source, layout, reports=[page], **options)
    return page


@pytest.fixture(scope="module")
def webinar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("webinar") / "report.html"
    check(ROOT / "fixtures" / "webinar-bad.csv", Layout(dateformat="MM/dd/yyyy"), reports=[page])
    return page


BAD_ROWS = [
    "nobody{},01/25/2024,Webinar,",
    "a{}@x.com,02/30/2024,Webinar,",
    "a{}@x.com,01/25/2024,,",
    "a{}@x.com,01/25/2024,Webinar",
    'a{}@x.com,01/25/2024,The "Webinar",',
    "a{}@x.com,2024-01-25,Webinar,",
]


@pytest.fixture(scope="module")
def hundreds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 bad rows, 50 of each of six kinds in turn."""
    rows = [BAD_ROWS[i % len(BAD_ROWS)].format(i) for i in range(300)]
    return report_of(tmp_path_factory.mktemp("hundreds"), HEADING + "\n".join(rows) + "\n")


def listed(page: Page, code: str) -> list[str]:
    """The rows of a group that are seen."""
    group = page.locator(".group", has=page.locator(f"#kind-{code}"))
    rows = group.locator("table.rows > tbody > tr:not(.more):visible")
    return [" ".join(row.split()) for row in rows.all_inner_texts()]


def says(page: Page, status: str) -> None:
    """Wait for the page to say what was found: a form takes its time to be reset."""
    expect(page.get_by_role("status")).to_have_text(status)


def test_the_verdict_comes_first(browser: Browser, webinar: Path) -> None:
    with opened(browser, webinar) as page:
        assert page.title().startswith("10 bad rows: ")
        verdict = page.get_by_label("Verdict").inner_text()
        assert verdict.startswith(
            "Not ready: 10 of 13 rows have to be mended or deleted first. The other 3 can be sent."
        )
        figures = page.locator(".figures").inner_text().split("\n")
        assert figures[:2] == ["Rows", "3 of 13"]
        assert figures[-2:] == ["Dates", "2024-02-06 to 2024-02-07"]
        layout = page.locator("details.read")
        assert layout.get_attribute("open") is None
        assert layout.locator("summary").inner_text() == (
            "How the file was read: email in column A, date in column B, title in column C, note in column D; dates as "
            "MM/dd/yyyy"
        )


def test_the_next_step_is_copied(browser: Browser, webinar: Path) -> None:
    with opened(browser, webinar) as page:
        command = page.locator("code.command").first.inner_text()
        assert command.startswith("check('")
        page.get_by_role("button", name="Copy").first.press("Enter")
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        box = page.get_by_role("searchbox", name="Find in the rows")
        box.press("Control+V")
        assert box.input_value() == command


def test_a_kind_has_a_headline_and_the_fault_is_marked_in_its_row(browser: Browser, webinar: Path) -> None:
    with opened(browser, webinar) as page:
        page.get_by_role("link", name="A name stands next to the address").press("Enter")
        heading = page.get_by_role("heading", name="A name stands next to the address")
        expect(heading).to_be_focused()
        group = page.locator(".group", has=heading)
        assert group.locator(".code").inner_text() == "email-display-name"
        assert group.locator("tbody mark").all_text_contents() == ["Jean-Luc Moreau <", ">"]
        assert group.locator("tbody th").inner_text() == "7"
        assert group.locator("tbody td").all_inner_texts() == [
            "6",
            "Jean-Luc Moreau <jl.moreau@moreau-et-fils.fr>\nSuggestion jl.moreau@moreau-et-fils.fr",
            "02/06/2024",
            "Webinar Lead Scoring",
            "",
            "A name stands beside the address jl.moreau@moreau-et-fils.fr.",
        ]


def test_titles_dates_and_fixes_are_shown(browser: Browser, tmp_path: Path) -> None:
    rows = [
        " a@x.com,01/01/2024,Webinar A,",
        "b@x.com,03/30/2024,webinar a,",
        "c@x.com,03/30/2024,Webinar  A,",
        "d@x.com,01/01/1985,Trade Show,",
        "e@x.com,02/30/2024,Trade Show,",
        "f@x,03/30/2024,Trade Show,",
    ]
    page_file = report_of(
        tmp_path, HEADING + "\n".join(rows), known_titles={"Trade Show"}, fix=["blanks"], clean=tmp_path / "clean.csv"
    )
    with opened(browser, page_file) as page:
        titles = page.get_by_role("region", name="Titles")
        assert " ".join(titles.locator(".sum").inner_text().split()) == "4 distinct − 1 known = 3 new: titlecount"
        shown = [" ".join(row.split()) for row in titles.locator("tbody tr").all_inner_texts()]
        assert shown == ["Webinar A new 1", "webinar a new 1", "Webinar A new 1", "Trade Show known 1"]
        assert titles.locator(".variants li").all_inner_texts() == [
            "Webinar A 1 row, first in row 2",
            "webinar a 1 row, first in row 3",
            "Webinar  A 1 row, first in row 4",
        ]
        assert titles.locator(".variants mark").all_text_contents() == ["  "]
        dates = page.get_by_role("region", name="Dates")
        assert [" ".join(row.split()) for row in dates.locator("tbody tr").all_inner_texts()] == [
            "2024-01-01, Monday 1",
            "2024-03-30, Saturday 3 1 bad",
            "earlier than expected: 1985-01-01 1",
            "no date 1 bad",
        ]
        fixed = page.get_by_role("region", name="Fixed").locator("tbody tr")
        assert fixed.all_inner_texts() == ["2\tEmail\tblanks\t\n a@x.com\n\t\na@x.com"]


@pytest.fixture(scope="module")
def ten_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A row every five days for ten years, each tenth of them bad."""
    days = (date(2014, 1, 1) + timedelta(days=5 * i) for i in range(730))
    rows = [f"{'nobody' if i % 10 == 0 else f'a{i}@x.com'},{day:%m/%d/%Y},Webinar,\n" for i, day in enumerate(days)]
    return report_of(tmp_path_factory.mktemp("years"), HEADING + "".join(rows))


def test_ten_years_of_dates_are_drawn_by_the_quarter_with_the_bad_rows(browser: Browser, ten_years: Path) -> None:
    with opened(browser, ten_years) as page:
        dates = page.get_by_role("region", name="Dates")
        picture = dates.locator("svg.time")
        assert picture.get_attribute("aria-label") == "Rows by quarter, from 2014-01 to 2023-10"
        assert dates.locator("svg.time text").all_text_contents() == [
            "At most 19 rows a quarter",
            "2014-01",
            "2017-04",
            "2020-07",
            "2023-10",
        ]
        assert dates.locator("svg.time rect.expected").count() == 40
        assert dates.locator("svg.time rect.expected title").first.text_content() == "2014-01: 18 rows, 2 bad"
        assert dates.locator("svg.time rect.error").count() == 40
        drawn, card = (box for box in (picture.bounding_box(), dates.bounding_box()) if box is not None)
        assert drawn["width"] > 0.8 * card["width"]


def test_domains_are_shown_with_near_misses(browser: Browser, tmp_path: Path) -> None:
    rows = [f"a{i}@acme-corp.com,01/25/2024,Webinar,\n" for i in range(40)]
    rows += ["b@acme-crop.com,01/25/2024,Webinar,\n", "c@gmial.com,01/25/2024,Webinar,\n"]
    with opened(browser, report_of(tmp_path, HEADING + "".join(rows))) as page:
        mistyped, most = page.get_by_role("region", name="Email domains").locator("table").all()
        assert [" ".join(row.split()) for row in mistyped.locator("tbody tr").all_inner_texts()] == [
            "acme-crop.com 1",
            "for acme-corp.com 40",
            "gmial.com 1",
            "for gmail.com 0",
        ]
        assert most.locator("tbody tr").first.inner_text().split() == ["acme-corp.com", "40"]
        marked = page.locator("table.rows tr", has_text="c@gmial.com").locator("mark").all_text_contents()
        assert marked == ["ia"]


def test_a_search_finds_rows_or_says_that_there_is_none(browser: Browser, hundreds: Path) -> None:
    with opened(browser, hundreds) as page:
        assert len(listed(page, "date-impossible")) == 5
        box = page.get_by_role("searchbox", name="Find in the rows")
        box.fill("A121@x.com")
        says(page, "1 of the 300 rows on this page")
        assert [row.split()[0] for row in listed(page, "date-impossible")] == ["123"]
        expect(page.locator(".group:visible")).to_have_count(1)
        expect(page.locator("table.rows:visible")).to_have_count(1)
        box.fill("no such text")
        says(page, "No row on this page has “no such text”.")
        expect(page.locator(".group:visible")).to_have_count(0)
        page.get_by_role("link", name="No calendar has this date").click()
        says(page, "")
        expect(page.get_by_role("heading", name="No calendar has this date")).to_be_focused()
        box.fill("a121@x.com")
        page.get_by_role("button", name="Show all").click()
        says(page, "")
        expect(page.locator(".group:visible")).to_have_count(6)
        assert len(listed(page, "date-impossible")) == 5
        page.locator(".group", has=page.locator("#kind-date-impossible")).locator("summary").first.click()
        assert len(listed(page, "date-impossible")) == 50


def test_the_download_is_the_bad_rows_file(browser: Browser, tmp_path: Path) -> None:
    text = HEADING + '=cmd(),01/25/2024,"=HYPERLINK(""u"")",é\na@x.com,01/25/2024,T,\nb@x.com,13/25/2024,T,\n'
    page_file = report_of(tmp_path, text, bad_rows=tmp_path / "bad.csv")
    with opened(browser, page_file) as page:
        with page.expect_download() as told:
            page.get_by_role("link", name="Download the 2 bad rows (CSV)").click()
        assert told.value.suggested_filename == "in-bad.csv"
        assert Path(told.value.path()).read_bytes() == (tmp_path / "bad.csv").read_bytes()
        assert b"'=cmd()" in (tmp_path / "bad.csv").read_bytes()


def test_hostile_cells_stay_text(browser: Browser, tmp_path: Path) -> None:
    cells = ['"' + cell.replace('"', '""') + '"' for cell in HOSTILE]
    text = HEADING + "".join(f"{cell},{cell},{cell},{cell}\na@x.com,01/25/2024,{cell},\n" for cell in cells)
    source = tmp_path / "<img src=x onerror=alert(5)>.csv"
    source.write_text(text, encoding="utf-8")
    page_file = tmp_path / "report.html"
    check(source, LAYOUT, reports=[page_file])
    with opened(browser, page_file) as page:
        assert page.title().startswith("10 bad rows: ")
        assert page.locator("script").count() == 1
        assert page.locator("img").count() == 0
        assert page.locator("[onerror], [onmouseover]").count() == 0
        seen = page.locator("body").inner_text()
        for cell in HOSTILE:
            shown = cell.replace("\u202e", "\\u202e").replace("\u2066", "\\u2066")
            assert shown in seen
        assert "\u202e" not in page.content()
        assert page.locator("table.rows td.cell i").first.text_content() == "\\u202e"


def test_cells_of_a_megabyte(browser: Browser, tmp_path: Path) -> None:
    text = HEADING + "".join(f"{c * 1_000_000},{c * 100_000},T,{c * 1_000_000}\n" for c in "<\u200b")
    page_file = report_of(tmp_path, text)
    with opened(browser, page_file) as page:
        assert page.get_by_label("Verdict").get_by_role("link").count() == 0
        assert "2 of the bad rows are not in this page" in page.get_by_label("Verdict").inner_text()
        assert page.locator("html").evaluate("html => html.scrollWidth") <= 1280
    assert page_file.stat().st_size < 200_000


def test_without_scripts_every_row_is_shown(browser: Browser, hundreds: Path) -> None:
    with opened(browser, hundreds, script=False) as page:
        assert page.locator("table.rows > tbody > tr:not(.more)").count() == 300
        assert page.get_by_role("searchbox").count() == page.get_by_role("button").count() == 0
        assert page.locator("code.command").first.evaluate("code => getComputedStyle(code).userSelect") == "all"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with problems of twenty kinds, long texts in all cells, and more columns than fit."""
    return report_of(
        tmp_path_factory.mktemp("everything"),
        worst_file(),
        Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy"),
        fix=["blanks"],
    )


def worst_file() -> str:
    long = "long text of many words " * 40
    others = ",".join([long] * 8)
    odd = ["nobody", "Jo <a{}@x.com>", "a{}@x.com; b@x.com", "", " a{}@x.com", "a{}@gmial.com", "www.a{}@x.com"]
    odd += ["noemail@x{}.com"]
    bad = ["02/30/2024", "01/25/24", "01/25/2024 10:30", "", "12/31/9999", "01/25/1985", "2024-01-25", "01/01/1931"]
    rows = [f"{odd[i % 8].format(i)},{bad[i // 8 % 8]},{long}{i % 30},{long},{others}" for i in range(600)]
    rows += [f"a{i}@x.com,01/25/2024,T{i % 3},,{others},more" for i in range(60)]
    rows += [f"a{i}@x.com,01/25/2024,T{i % 3}" for i in range(60)]
    rows += [f'a{i}@x.com,01/25/2024,The "T{i}",{long},{others}' for i in range(60)]
    rows += [f"a{i}@x.com,01/25/2024,NULL,MÃ¼ller {long},{others}" for i in range(60)]
    heading = HEADING.strip() + "," + ",".join(f"{long[:60]} {i}" for i in range(8))
    return "\n".join([heading, *rows, ""])


def test_at_most_ten_pages_are_printed_with_a_note_on_the_rest(browser: Browser, everything: Path) -> None:
    with opened(browser, everything) as page:
        assert page.locator(".group").count() >= 18
        assert not page.locator(".printed").is_visible()
        page.emulate_media(media="print")
        said = page.locator(".printed").inner_text()
        assert said.startswith("Only the first 3 rows of a kind are printed; ")
        expect(page.locator(".group:visible")).to_have_count(8)
        assert len(listed(page, "email-syntax")) == 3
        assert page.get_by_role("searchbox").count() == 0
        printed = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "1.5cm"))  # type: ignore[arg-type]
        assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 10


ROWS = {
    "good": "a@x.com,01/25/2024,Webinar,\n",
    "warned": 'a@x.com,01/25/1984,Webinar,"two\nlines"\nb@x.com,01/25/2095,Webinar,\n',
    "bad": " a@x.com,01/25/1984,Webinar,\nb@x.com,02/30/2024,,\nc@x.com,01/02/2024,T\n" + "n,01/25/2024,T,\n" * 9,
    "contradicted": "a;b;c;d\n",
}


@pytest.mark.parametrize("kind", ROWS)
def test_the_page_is_accessible(browser: Browser, tmp_path: Path, kind: str) -> None:
    """Wide and light; with all that is folded away open; narrow and dark."""
    layout = replace(LAYOUT, fieldseparator="SEMICOLON") if kind == "contradicted" else LAYOUT
    rows = ROWS[kind] if kind != "contradicted" else ROWS["good"] * 20
    with opened(browser, report_of(tmp_path, HEADING + rows, layout)) as page:
        page.evaluate(AXE_SCRIPT)
        assert violations(page) == []
        for details in page.locator("details > summary:visible").all():
            details.click()
        if (box := page.get_by_role("searchbox")).count():
            box.fill("nothing")
            box.fill("")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 400, "height": 900})
        assert page.locator("html").evaluate("html => html.scrollWidth") <= 400
        assert violations(page) == []


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe-core has against the page: rule, impact, where."""
    result = page.evaluate("axe.run({resultTypes: ['violations']}).then(JSON.stringify)")
    return [
        {"id": one["id"], "impact": one["impact"], "where": [node["html"][:200] for node in one["nodes"]]}
        for one in json.loads(result)["violations"]
    ]
