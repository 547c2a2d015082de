"""An option is contradicted where the file leaves no doubt, and nowhere else."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from preflight import Layout, Quote, Separator
from preflight.detect.layout import detect
from preflight.inputs.source import Source

pytestmark = pytest.mark.usefixtures("as_typed")

HEADING = ["Email", "Date", "Title", "Note"]
ROW = ["ana@acme-corp.com", "01/25/2024", "Webinar", "asked"]


def contradiction(folder: Path, text: str, **given: str) -> str | None:
    path = folder / "in.csv"
    path.write_text(text, encoding="utf-8")
    with Source(path) as source:
        fault = detect(source, Layout(**given)).contradiction  # type: ignore[arg-type]
    return None if fault is None else fault.suggestion


SPOILED = ["{}x", "x{}", "W{}ebinar", "words{}", "{}", "{}{}", "x{}{}y"]


@pytest.mark.parametrize(("separator", "quote", "title"), list(product(Separator, Quote, SPOILED)))
def test_one_spoiled_row_contradicts_nothing(separator: Separator, quote: Quote, title: str, tmp_path: Path) -> None:
    spoiled = [*ROW[:2], title.replace("{}", quote.character or '"'), ROW[3]]
    text = "".join(separator.character.join(row) + "\n" for row in [HEADING, ROW, spoiled, ROW])
    assert contradiction(tmp_path, text, fieldseparator=separator, quotecharacter=quote, firstrow="Y") is None


APOSTROPHES = [
    "Ana O'Brien",
    "D'Arcy's talk",
    "don't miss",
    "we're live",
    "l'avenir",
    "L'Oréal",
    "'t Hooft",
    "'s-Gravenhage",
]


@pytest.mark.parametrize("title", APOSTROPHES)
def test_apostrophes_are_not_taken_for_single_quotes(title: str, tmp_path: Path) -> None:
    text = "".join(",".join(row) + "\n" for row in [HEADING, ROW, [*ROW[:2], title, ""]])
    assert contradiction(tmp_path, text, quotecharacter="SINGLE_QUOTE") == "--quotecharacter DOUBLE_QUOTE"
    quoted = text + "ana@acme-corp.com,01/25/2024,'a, b',\n"  # somebody did mean them
    assert contradiction(tmp_path, quoted, quotecharacter="SINGLE_QUOTE") is None


@pytest.mark.parametrize(("given", "other"), [(a, b) for a, b in product(Separator, Separator) if a is not b])
def test_a_different_separator_is_named(given: Separator, other: Separator, tmp_path: Path) -> None:
    text = "".join(other.character.join(row) + "\n" for row in [HEADING, ROW, ROW])
    assert contradiction(tmp_path, text, fieldseparator=given) == f"--fieldseparator {other}"
    assert contradiction(tmp_path, text, fieldseparator=other) is None


def test_quotes_kept_around_cells_contradict_the_quote_character(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("".join('"' + '","'.join(row) + '"\n' for row in [HEADING, ROW, ROW]), encoding="utf-8")
    with Source(path) as source:
        fault = detect(source, Layout(quotecharacter="SINGLE_QUOTE")).contradiction
    assert fault is not None
    assert fault.message == (
        "quotecharacter SINGLE_QUOTE was given, but with it cells keep the quotes around them; use --quotecharacter "
        "DOUBLE_QUOTE."
    )


SPACES = (
    "fieldseparator SPACE cuts texts of several words into cells: {} rows looked at have more cells than the first "
    "row; no layout reads this file, save it with commas."
)


@pytest.mark.parametrize(
    ("titles", "seen"),
    [
        (["On cats"], "1 of 2"),
        (["On cats", "On dogs"], "2 of 3"),
        (["On cats", "Dogs"], None),
        (["On cats", "On dogs", "On cows", "Hens"], "3 of 5"),
    ],
)
def test_a_blank_separator_is_contradicted_by_titles_of_several_words(
    titles: list[str], seen: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    rows = "".join(f"ana@acme-corp.com 01/25/2024 {title}\n" for title in titles)
    path.write_text(f"Email Date Title\n{rows}", encoding="utf-8")
    for given in (Layout(fieldseparator="SPACE"), Layout()):
        with Source(path) as source:
            fault = detect(source, given).contradiction
        assert (fault and fault.message) == (seen and SPACES.format(seen))
