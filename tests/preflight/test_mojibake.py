"""Mojibake is told from genuine text, and mended."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from ftfy.badness import is_bad
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.rules import note
from preflight.text import mojibake
from preflight.text.mojibake import looks_bad, mended


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MÃ¼ller", "Müller"),
        ("itâ€™s", "it’s"),
        ("â€œBerlinâ€\u009d", "“Berlin”"),
        ("MÃƒÂ¼ller", "Müller"),
        ("itâ€™s MÃƒÂ¼ller", "it’s Müller"),
        ("Müller beside MÃ¼ller", "Müller beside Müller"),
        ("Ã‰cole", "École"),
        ("KÃ–LN", "KÖLN"),
        ("Â£5", "£5"),
        ("Î±Î²Î³", "αβγ"),
        ("æ—¥æœ¬èªž", "日本語"),
        ("ðŸ˜€ party", "😀 party"),
    ],
)
def test_misread_text_is_mended(text: str, said: str) -> None:
    assert mended(text) == said


@pytest.mark.parametrize(
    "text",
    [
        *(
            "SÃO PAULO",
            "“AMANHÃ”",
            "AMANHÃ™",
            "CAFÉ”",
            "ÎLE…",
            "À»",
            "naïve Müller",
            "AVÔ”",
            "Ünal®",
            "100€",
            "Ã",
            "Â",
            "",
        ),
        *("\x9bß", "‚Äô", "voilà", "Zażółć gęślą jaźń", "Привет", "日本語", "Straße™", "señor…", "a â b", "cafâ€"),
    ],
)
def test_genuine_text_is_left_alone(text: str) -> None:
    assert mended(text) is None


@given(st.text("aeün Éçß’–€ñ", min_size=1, max_size=30), st.integers(1, 2))
def test_misread_text_is_mended_to_the_original_or_not_at_all(text: str, times: int) -> None:
    misread = text
    for _ in range(times):
        misread = misread.encode().decode("cp1252", "ignore" if text.isascii() else "strict")
    assert mended(misread) in ({None} if misread == text else {text, None})


@given(st.text(max_size=20) | st.text("aÃ¼â€™Â£ÉÃ”Mm ", max_size=20))
def test_mending_is_idempotent(text: str) -> None:
    once = mended(text)
    assert once is None or (len(once) < len(text) and mended(once) is None)


def test_each_cell_with_mojibake_is_warned_of_under_its_column(tmp_path: Path) -> None:
    file, reports = tmp_path / "events.csv", [tmp_path / "report.json"]
    long = "Ã¼" * 501
    file.write_text(
        f"Email,Date,Title,Note\na@x.com,01/25/2024,Webinar,\nb@x.com,01/25/2024,KÃ¶ln,{long}\n", encoding="utf-8"
    )
    report = check(file, Layout(dateformat="MM/dd/yyyy"), reports=reports)
    assert report.ok
    assert report.warnings == {"mojibake": 2}
    says = "The text was read in the wrong encoding once; it most likely says"
    told = [(p.row, p.column, p.message, p.suggestion) for p in report.examples]
    assert told == [
        (2, "Title", f"{says} `Köln`.", "Köln"),
        (2, "Note", f"{says} `{'ü' * 79}…`.", ""),
    ]
    assert len(json.loads(reports[0].read_text(encoding="utf-8"))["examples"][1]["value"]) == 1_000


PIECES = st.sampled_from(
    [*"aZ9 .,?!()\nÃÂâ€œ”“˜™šüÜßœŒØÙà²√≈‚ÄвЂГўВОβ°·»½£¥→█", "\xa0", "\xad", "\x85", "plain text", " "]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_mojibake_is_recognized_by_non_ascii_characters_and_their_neighbours(text: str) -> None:
    assert looks_bad(text) == is_bad(text)


TEXTS = st.one_of(
    st.text(max_size=20), st.text("aÃ¼â€™Â£ÉÃ”Mm 1 - ", max_size=20), st.sampled_from(["mÃ¼ller 12", "Â\u00a0"])
)


@given(TEXTS)
def test_a_text_is_judged_by_its_non_ascii_part_as_if_whole(text: str) -> None:
    def read_whole() -> str | None:
        read, plain = mojibake._read_again(text)
        if mojibake._GENUINE.search(text) or not re.search(mojibake.CANDIDATE, text):
            return None
        if read == text or not plain:
            return mojibake._mended_by_ftfy(text)
        return read if len(read) < len(text) and not looks_bad(read) else None

    assert mended(text) == read_whole()


@settings(max_examples=50)
@given(st.lists(TEXTS | TEXTS.map(lambda text: text * 60), max_size=20), st.sampled_from(["title", "note"]))
def test_cells_are_judged_together_as_one_by_one(texts: list[str], column: str) -> None:
    cells = pd.Series(texts, dtype=pd.ArrowDtype(pa.string()))
    expected = {row: fault for row, text in enumerate(texts) if (fault := note._mojibake(text, column)) is not None}
    found = note.check_mojibake(cells, column)
    assert dict(found) == expected
    suggests = found.which(lambda head: bool(head.suggestion))
    assert suggests.tolist() == [bool(expected[row].suggestion) for row in found.rows.tolist()]
    assert found.codes() == Counter({"mojibake": len(expected)} if expected else {})
