"""The HTML report in a real browser: nothing leaves it, the table works, hostile cells stay text, anyone can use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
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


def listed(page: Page) -> list[str]:
    return [" ".join(row.split()) for row in page.locator("table.list tbody tr").all_inner_texts()]


def says(page: Page, status: str) -> None:
    """Wait for the page to say how many problems it lists: a form takes its time to be reset."""
    expect(page.get_by_role("status")).to_have_text(status)


def test_the_verdict_comes_first(browser: Browser, webinar: Path) -> None:
    with opened(browser, webinar) as page:
        assert page.title().startswith("10 bad rows: ")
        verdict = page.get_by_label("Verdict").inner_text()
        assert verdict.startswith("Not ready\n\n10 of 13 rows may not be sent.")
        figures = page.locator(".figures").inner_text().split("\n")
        assert "titlecount" in figures
        assert "2 2 distinct − 0 known" in figures
        assert page.locator(".main svg").get_attribute("aria-label") == "Rows by day, from 2024-02-06 to 2024-02-07"


def test_what_is_wrong_is_marked_in_its_cell(browser: Browser, webinar: Path) -> None:
    with opened(browser, webinar) as page:
        marked = page.locator("table.list tr", has_text="date-year").locator("mark")
        assert marked.all_inner_texts() == ["24"]
        around = page.locator("table.list tr", has_text="email-display-name").locator("mark")
        assert around.all_text_contents() == ["Jean-Luc Moreau <", ">"]


def test_titles_dates_and_fixes_are_shown(browser: Browser, tmp_path: Path) -> None:
    rows = [
        " a@x.com,01/01/2024,Webinar A,",
        "b@x.com,03/30/2024,webinar a,",
        "c@x.com,03/30/2024,Webinar  A,",
        "d@x.com,01/01/1985,Trade Show,",
        "e@x.com,02/30/2024,Trade Show,",
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
            "Webinar A 1 row, first row 1",
            "webinar a 1 row, first row 2",
            "Webinar  A 1 row, first row 3",
        ]
        assert titles.locator(".variants mark").all_text_contents() == ["  "]
        dates = page.get_by_role("region", name="Dates")
        drawn = dates.locator("svg rect")
        assert drawn.evaluate_all("all => all.map(one => [one.getAttribute('x'), one.textContent])") == [
            [None, "1985-01-01: 1 row"],
            ["0", "2024-01-01: 1 row"],
            ["12", "2024-03-25: 2 rows"],
            [None, "no date: 1 row"],
        ]
        fixed = page.get_by_role("region", name="Fixed").locator("tbody tr")
        assert fixed.all_inner_texts() == ["1\tEmail\tblanks\t a@x.com\ta@x.com"]


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
        marked = page.locator("table.list tr", has_text="c@gmial.com").locator("mark").all_text_contents()
        assert marked == ["ia"]


def test_filters(browser: Browser, hundreds: Path) -> None:
    with opened(browser, hundreds) as page:
        says(page, "1–50 of 300")
        page.get_by_role("combobox", name="Problem").select_option("date-impossible")
        says(page, "1–50 of 50, of 300 in all")
        assert all("date-impossible" in row for row in listed(page))
        page.get_by_role("searchbox", name="Text").fill("no such text")
        says(page, "0–0 of 0, of 300 in all")
        page.get_by_role("button", name="Show all").click()
        says(page, "1–50 of 300")
        page.get_by_role("combobox", name="Column").select_option("whole row")
        assert all("missing-cell" in row or "stray-quote" in row for row in listed(page))
        page.get_by_role("searchbox", name="Text").fill("STRAY")
        assert all("stray-quote" in row for row in listed(page))
        page.get_by_role("link", name="title-missing").click()
        says(page, "1–50 of 50, of 300 in all")
        assert all("title-missing" in row for row in listed(page))


def test_sorting_and_paging_by_keyboard(browser: Browser, hundreds: Path) -> None:
    def rows() -> list[int]:
        return [int(row.split()[0]) for row in listed(page)]

    with opened(browser, hundreds) as page:
        first = rows()
        assert first == sorted(first)
        page.locator("table.list").get_by_role("button", name="Row").press("Enter")
        assert page.locator("table.list th", has_text="Row").get_attribute("aria-sort") == "descending"
        last = rows()
        assert last == sorted(last, reverse=True)
        assert last[0] > first[-1]
        page.locator("table.list").get_by_role("button", name="Problem").press("Enter")
        assert page.locator("table.list th", has_text="Row").get_attribute("aria-sort") is None
        assert all("date-format" in row for row in listed(page))
        page.get_by_role("button", name="Next").press("Enter")
        says(page, "51–100 of 300")
        for _ in range(4):
            page.get_by_role("button", name="Next").click()
        assert page.get_by_role("button", name="Next").is_disabled()
        says(page, "251–300 of 300")
        page.get_by_role("button", name="Previous").click()
        says(page, "201–250 of 300")


def test_the_download_is_the_bad_rows_file(browser: Browser, tmp_path: Path) -> None:
    text = HEADING + '=cmd(),01/25/2024,"=HYPERLINK(""u"")",é\na@x.com,01/25/2024,T,\nb@x.com,13/25/2024,T,\n'
    page_file = report_of(tmp_path, text, bad_rows=tmp_path / "bad.csv")
    with opened(browser, page_file) as page:
        with page.expect_download() as told:
            page.get_by_role("link", name="Download the 2 bad rows (CSV)").click()
        assert told.value.suggested_filename == "bad-rows.csv"
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
        assert page.locator("table.list td.cell i").first.inner_text() == "\\u202e"


def test_cells_of_a_megabyte(browser: Browser, tmp_path: Path) -> None:
    text = HEADING + "".join(f"{c * 1_000_000},{c * 1_000_000},T,{c * 1_000_000}\n" for c in "<\u200b\u202e&é")
    page_file = report_of(tmp_path, text)
    with opened(browser, page_file) as page:
        assert page.get_by_label("Verdict").get_by_role("link").count() == 0
        assert "5 of the bad rows are not in this page" in page.get_by_label("Verdict").inner_text()
        assert page.locator("html").evaluate("html => html.scrollWidth") <= 1280
    assert page_file.stat().st_size < 200_000


@pytest.mark.parametrize("script", [True, False])
def test_on_paper_and_without_scripts_every_listed_problem_stands_there(
    browser: Browser, hundreds: Path, script: bool
) -> None:
    with opened(browser, hundreds, script=script) as page:
        if script:
            page.emulate_media(media="print")
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert len(listed(page)) == 300
        assert page.get_by_role("searchbox", name="Text").is_hidden()
        if script:
            page.evaluate("dispatchEvent(new Event('afterprint'))")
            assert len(listed(page)) == 50


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["bad", "warned", "good"])
def test_anyone_can_use_it(browser: Browser, tmp_path: Path, scheme: str, kind: str) -> None:
    rows = {
        "good": "a@x.com,01/25/2024,Webinar,\n",
        "warned": 'a@x.com,01/25/1984,Webinar,"two\nlines"\nb@x.com,01/25/2095,Webinar,\n',
        "bad": " a@x.com,01/25/1984,Webinar,\nb@x.com,02/30/2024,,\nc@x.com,01/02/2024,T,\n",
    }
    page_file = report_of(tmp_path, HEADING + rows[kind])
    with opened(browser, page_file, scheme=scheme) as page:
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.locator("html").evaluate("html => html.scrollWidth") <= width
            found = violations(page)
            assert [one for one in found if one["impact"] in ("serious", "critical")] == []


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe-core has against the page: rule, impact, where."""
    page.evaluate(AXE_SCRIPT)
    result = page.evaluate("axe.run().then(JSON.stringify)")
    return [
        {"id": one["id"], "impact": one["impact"], "where": [node["html"][:200] for node in one["nodes"]]}
        for one in json.loads(result)["violations"]
    ]
