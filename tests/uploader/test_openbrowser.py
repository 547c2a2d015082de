"""The page in a real browser: from a file to rows that arrived, by mouse, by keyboard, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.uploader.counting_server import CountingServer
from tests.uploader.pageserver import TOKEN, PageCommand
from tests.workbooks import written

FIXTURES = Path(__file__).parents[2] / "fixtures"
MENDED = "arun.iyer@iyer-consulting.in"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def act_on() -> Iterator[CountingServer]:
    with CountingServer() as server:
        yield server


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, act_on: CountingServer) -> Iterator[PageCommand]:
    with PageCommand(tmp_path_factory.mktemp("user"), act_on.url) as command:
        yield command


@contextmanager
def visited(browser: Browser, url: str, width: int = 1280, **more: Any) -> Iterator[Page]:
    """A page; afterwards asserts that it made requests only to its own server and logged no errors."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    try:
        yield page
        own = "/".join(url.split("/")[:4])
        assert [one for one in asked if not one.startswith((own, "data:"))] == []
        assert said == []
        assert TOKEN not in page.content()
    finally:
        context.close()


def well_made(page: Page) -> None:
    """Assert that a page is accessible, and that nothing is cut off on the right."""
    found = Axe().run(page).response["violations"]
    assert [(one["id"], node["target"]) for one in found for node in one["nodes"]] == []
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window


def chosen(page: Page, text: str) -> None:
    """Choose the answer with this text."""
    page.locator("label.answer", has_text=text).locator("input[type=radio]").check()


def send(page: Page, rows: int, action: str = "CUSTOM_ATTENDED") -> None:
    """Rehearse and send the file, as the page asks."""
    page.get_by_role("link", name="Review and send").click()
    page.get_by_label("The custom event, as Act-On shows its name").fill("Webinars")
    page.get_by_label("The people in the file").select_option(action)
    well_made(page)
    page.get_by_role("button", name="Rehearse it").click()
    expect(page.locator("#job h2")).to_have_text("Rehearsed", timeout=20_000)
    expect(page.locator("#job")).to_contain_text("Rehearsal only: nothing left this machine.")
    page.get_by_label("Type the number of rows").fill(str(rows))
    page.get_by_role("button", name=f"Send {rows} row").click()
    expect(page.locator("#job h2")).to_have_text("Sent", timeout=20_000)
    expect(page.get_by_text("Send the file to another custom event, or as another action")).to_be_visible()
    expect(page.get_by_role("button", name=f"Send {rows} row")).to_be_hidden()
    well_made(page)


def test_a_zoom_export_is_asked_about_mended_by_typing_and_sent_once(
    browser: Browser, command: PageCommand, act_on: CountingServer, tmp_path: Path
) -> None:
    source = tmp_path / "zoom.csv"
    text = (FIXTURES / "zoom-webinar.csv").read_text(encoding="utf-8").replace(MENDED, MENDED.removesuffix(".in"))
    source.write_text(text, encoding="utf-8")
    with visited(browser, command.url) as page:
        well_made(page)
        page.get_by_label("A CSV file").set_input_files(source)  # which is sent at once
        expect(page.get_by_text("Which column has the title of the event?")).to_be_visible()
        expect(page.locator("main")).to_contain_text("It looks like: Zoom webinar attendee report")
        well_made(page)
        chosen(page, "Lead Scoring for Beginners")
        page.get_by_label("Only the rows in which Attended is Yes").uncheck()
        page.get_by_label("Each person once per title and day").uncheck()
        page.get_by_role("button", name="Read it this way").first.click()
        known = page.get_by_role("region", name="It looks like: Zoom webinar attendee report")
        expect(page.get_by_role("heading", name="Rows to mend")).to_be_visible()
        expect(known).to_have_count(0)  # as all rows were kept
        page.get_by_text("Rows to leave out").click()
        expect(page.get_by_role("button", name="Only the rows in which Attended is Yes")).to_be_visible()
        well_made(page)
        page.get_by_label("Keep only rows in which").select_option("Attended")
        page.get_by_label("this", exact=True).fill("Yes")
        page.get_by_role("button", name="Leave the others out").click()
        expect(page.get_by_text("Only rows in which Attended is Yes")).to_be_visible()
        page.get_by_role("button", name="Send each person once").click()
        expect(known).to_have_count(0)
        cell = page.get_by_label("Row 5, Email")
        expect(cell).to_have_value(MENDED.removesuffix(".in"))
        well_made(page)
        cell.fill(MENDED)
        cell.press("Enter")
        expect(page.locator("#verdict")).to_contain_text("Ready: ")
        page.reload()
        expect(page.locator("#verdict")).to_contain_text("Ready: ")
        send(page, 4)
    (arrived,) = [one for one in act_on.arrived if one.form["filename"] == "zoom.csv"]
    at = int(arrived.form["emailcolidx"])
    assert sorted(row[at] for row in arrived.rows) == sorted(
        ["ines.marques@porto-textil.pt", "tom@okoye-sons.com", MENDED, "chloe.dubois@atelier-dubois.fr"]
    )
    assert {row[int(arrived.form["titlecolidx"])] for row in arrived.rows} == {"Lead Scoring for Beginners"}
    assert source.read_text(encoding="utf-8") == text
    with visited(browser, command.url) as page:
        expect(page.get_by_role("row", name="zoom.csv")).to_contain_text("Webinars4confirmed")
        well_made(page)


def test_a_known_export_is_read_by_one_click(browser: Browser, command: PageCommand, tmp_path: Path) -> None:
    source = tmp_path / "known.csv"
    source.write_text((FIXTURES / "zoom-webinar.csv").read_text().replace("Ines", "Inez"))
    with visited(browser, command.url) as page:
        page.get_by_label("A CSV file").set_input_files(source)
        page.get_by_role("button", name="Read it as that").click()
        expect(page.locator("#verdict")).to_contain_text("Ready: all 4 rows may be sent.")
        expect(page.locator("#verdict")).to_contain_text("Left out3")


ZOOM = (FIXTURES / "zoom-webinar.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "alone", "says"),
    [
        ("Email,Event Date\na@b.example,01/25/2026\n", True, "Ready: the row may be sent."),
        (ZOOM.replace("Tom", "Tim"), False, "Ready: all 4 rows may be sent."),  # the proposed rows
    ],
)
def test_a_typed_answer_is_the_chosen_one(
    content: str, alone: bool, says: str, browser: Browser, command: PageCommand, tmp_path: Path
) -> None:
    source = tmp_path / "typed.csv"
    source.write_text(content, encoding="utf-8")
    with visited(browser, command.url) as page:
        page.get_by_label("A CSV file").set_input_files(source)
        radio = page.locator("label.answer", has_text="No column: one title in every row").get_by_role("radio")
        expect(radio).to_be_checked(checked=alone)
        title = page.get_by_label("The title of every row")
        title.press_sequentially("Lead Summit")
        expect(radio).to_be_checked()
        title.press("Enter")
        expect(page.locator("#verdict")).to_contain_text(says)
        page.get_by_role("button", name="Forget this file").click()


def test_what_takes_seconds_says_so(browser: Browser, command: PageCommand, tmp_path: Path) -> None:
    source = tmp_path / "held.csv"
    source.write_text("Email\n")
    with visited(browser, command.url) as page:
        page.evaluate("addEventListener('submit', (event) => event.preventDefault())")  # as if no answer came
        page.get_by_label("A CSV file").set_input_files(source)
        expect(page.locator("#says")).to_have_text("Copying the file …")
        page.evaluate("document.getElementById('drop').dataset.largest = 5")
        page.get_by_label("A CSV file").set_input_files(FIXTURES / "zoom-webinar.csv")
        too_large = "the file is larger than 2,147,483,648 bytes; check it on the command line"
        expect(page.locator("#says")).to_have_text(too_large)


def german(book: xlsxwriter.Workbook) -> None:
    """A sheet as a German colleague would keep it, with real dates, and four bad rows."""
    sheet = book.add_worksheet("Teilnehmer")
    sheet.write_row(0, 0, ["Vorname", "E-Mail", "Datum", "Veranstaltung"])
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    emails = [
        "anna@werk.example",
        "Bernd Böse <bernd@werk.example>",
        "clara@werk",
        "dirk@werk.example",
        "eva@werk.example",
    ]
    for row, email in enumerate(emails, 1):
        sheet.write_row(row, 0, [email[:4], email])
        sheet.write_datetime(row, 2, date(2026, 3, 10 + row), day)
        sheet.write(row, 3, "" if email.startswith("eva") else "Bewertung für Einsteiger")


def test_a_german_workbook_is_mended_by_keyboard_and_by_suggestions_and_sent(
    browser: Browser, command: PageCommand, act_on: CountingServer, tmp_path: Path
) -> None:
    source = written(tmp_path / "teilnehmer.xlsx", german)
    with visited(browser, command.url, color_scheme="dark") as page:
        page.get_by_label("A CSV file").set_input_files(source)
        expect(page.locator("#verdict")).to_contain_text("2 rows may be sent, 3 rows may not.")
        well_made(page)
        page.get_by_role("button", name="Row 2: use bernd@werk.example").click()
        expect(page.locator("#row-2 .state")).to_have_text("good now")
        page.get_by_label("Row 3, E-Mail").focus()
        page.keyboard.press("End")
        page.keyboard.type(".example")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Row 5, E-Mail")).to_be_focused()
        expect(page.locator("#row-3 .state")).to_have_text("good now")
        page.keyboard.press("End")
        page.keyboard.type("oops")
        page.keyboard.press("Escape")
        expect(page.get_by_label("Row 5, E-Mail")).to_have_value("eva@werk.example")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Row 5, Veranstaltung")).to_be_focused()
        page.keyboard.type("Bewertung für Einsteiger")
        page.keyboard.press("Enter")
        expect(page.locator("#verdict")).to_contain_text("Ready: ")
        page.get_by_role("button", name="Row 5: take out").click()
        expect(page.locator("#row-5 .state")).to_have_text("taken out")
        send(page, 4, "CUSTOM_REGISTERED")
    (arrived,) = [one for one in act_on.arrived if one.form["filename"] == "teilnehmer.csv"]
    assert [row[1:] for row in arrived.rows] == [
        (f"{name}@werk.example", f"2026-03-1{number}", "Bewertung für Einsteiger")
        for number, name in enumerate(("anna", "bernd", "clara", "dirk"), 1)
    ]


def test_the_forms_work_without_scripts_on_a_narrow_screen(
    browser: Browser, command: PageCommand, tmp_path: Path
) -> None:
    source = tmp_path / "narrow.csv"
    source.write_text(
        "Email,Event Date,Event Title\na@b,01/25/2026,T\n c@d.example,01/26/2026,T\nx,,\n", encoding="utf-8"
    )
    with visited(browser, command.url, 400, java_script_enabled=False) as page:
        page.get_by_label("A CSV file").set_input_files(source)
        page.get_by_role("button", name="Check it").click()
        page.get_by_label("Row 1, Email").fill("a@b.example")
        page.get_by_role("button", name="Check what was typed").last.click()
        expect(page.locator("#verdict")).to_contain_text("1 row may be sent, 2 rows may not.")
        page.get_by_role("button", name="Use the suggestion").click()
        page.get_by_role("button", name="Row 3: take out").click()
        expect(page.locator("#verdict")).to_contain_text("Ready: ")
        with page.expect_download() as download:
            page.get_by_role("link", name="Clean file (CSV)").click()
        assert download.value.suggested_filename == "narrow-clean.csv"
        assert Path(download.value.path()).read_text(encoding="utf-8").splitlines()[1:] == [
            "a@b.example,01/25/2026,T",
            "c@d.example,01/26/2026,T",
        ]
    with visited(browser, command.url, 400) as page:
        page.get_by_role("link", name="narrow.csv").click()
        page.get_by_role("link", name="Taken out").click()
        well_made(page)
        page.get_by_role("button", name="Row 3: as it was").click()
        expect(page.locator("#verdict")).to_contain_text("2 rows may be sent, 1 row may not.")
        page.get_by_role("button", name="Forget this file").click()
        expect(page.get_by_role("link", name="narrow.csv")).to_have_count(0)
