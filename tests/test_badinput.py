"""Invalid options are one line in both commands, and nothing is written; the mends of --fix are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from preflight.cli.main import main as preflight
from preflight.model.fixes import FIXES
from uploader.cli.main import main as uploader

SAYS = [
    (["--date", "Date", "--title-text", " "],
     "--title-text is blank; give a text that holds for every row, or leave it out"),
    (["--date", "Date", "--title-text", "a\nb"], "--title-text `a\\nb` contains a line break; give a text of one line"),
    (["--title", "Title", "--title-text", "X"], "--title and --title-text both say the title; give one of them"),
    (["--date", "Date", "--date-text", "2026-02-03"], "--date and --date-text both say the date; give one of them"),
    (["--date-text", "2026-02-31"], "--date-text: '2026-02-31' is not a day written as YYYY-MM-DD"),
    (["--only", "Quux=1"],
     "no column is labelled `Quux`; the headings are `Email`, `Date`, `Title`, `Note`, `Extra`"),
    (["--only", "Extra=maybe"],
     "--only Extra=maybe leaves no row of `e.csv`; `preflight inspect` shows what each column holds"),
    (["--only", "Extra=x", "--only", "Extra!=x"],
     "--only Extra=x and --only 'Extra!=x' leave no row of `e.csv`; `preflight inspect` shows what each column holds"),
    (["--only", "Extra"], "--only `Extra` has no `=`; write COLUMN=VALUE or COLUMN!=VALUE"),
    (["--normalize-dates", "--zone", "Mars/Base"],
     "--zone `Mars/Base` is no time zone; give a place, as in `America/New_York` or `Europe/Berlin`"),
    (["--normalize-dates", "--locale", "xx_QQ"],
     "--locale `xx_QQ` is not a language of the CLDR; give a code such as `de` or `pt-BR`"),
    (["--zone", "Europe/Berlin"], "--zone Europe/Berlin says how dates are normalized; add --normalize-dates"),
    (["--table-line", "99"], "--table-line 99 is past the end: `e.csv` has 7 lines"),
    (["--title-text", "TITLE"], "--title-text TITLE stands for the event's title: put that in its place"),
    (["--date-text", "YYYY-MM-DD"],
     "--date-text YYYY-MM-DD stands for the event's day, such as 2026-01-31: put that in its place"),
]  # fmt: skip
HEADING = "Email,Date,Title,Note,Extra\n"
GOOD = "".join(f"a{n}@acme-corp.com,01/{13 + n}/2026,Lead,note,x\n" for n in range(6))
CHECK = ["check", "e.csv", "--clean", "c.csv", "--bad-rows", "b.csv"]
SEND = ["send", "e.csv", "--destination", "W", "--customeventaction", "CUSTOM_GENERAL", "--rehearse"]


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    Path("e.csv").write_text(HEADING + GOOD, encoding="utf-8")


@pytest.mark.parametrize(("options", "says"), SAYS, ids=[" ".join(options) for options, _ in SAYS])
@pytest.mark.parametrize(("name", "main", "words"), [("preflight", preflight, CHECK), ("uploader", uploader, SEND)],
                         ids=["check", "send"])  # fmt: skip
def test_a_bad_option_is_one_line(
    name: str,
    main: Callable[[Sequence[str]], int],
    words: list[str],
    options: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*words, *options]) == 2
    assert capsys.readouterr() == ("", f"{name}: {says}\n")
    assert [one.name for one in Path().iterdir()] == ["e.csv"]


BAD = [
    ("blanks", "  b@acme-corp.com ,01/20/2026,Lead,note,x\n"),
    ("blanks", 'b@acme-corp.com,01/20/2026, "Lead, Scoring",note,x\n'),
    ("blanks", "b@acme-corp.com,01/20/2026\u00a0,Lead,note,x\n"),
    ("formula", '"=""b@acme-corp.com""",01/20/2026,Lead,note,x\n'),
    ("formula", 'b@acme-corp.com,"=""01/20/2026""",Lead,note,x\n'),
    ("invisible", "b\u200b@acme-corp.com,01/20/2026,Lead,note,x\n"),
    ("invisible", "b@acme-corp.com,\u200e01/20/2026,Lead,note,x\n"),
    ("mailto", "mailto:b@acme-corp.com,01/20/2026,Lead,note,x\n"),
    ("display-name", "Jo <b@acme-corp.com>,01/20/2026,Lead,note,x\n"),
    ("short-rows", "b@acme-corp.com,01/20/2026,Lead\n"),
    ("trailing-separators", "b@acme-corp.com,01/20/2026,Lead,note,x,,\n"),
]
MENDS_NO_BAD_ROW = {"domain-case", "newlines-in-notes", "encoding"}
"""Kinds of fixes for warnings only, or for nothing."""


def test_every_kind_of_fix_is_tested() -> None:
    assert {kind for kind, _ in BAD} == FIXES.keys() - MENDS_NO_BAD_ROW


@pytest.mark.parametrize(("kind", "row"), BAD)
def test_the_verdict_counts_what_each_kind_of_fix_mends(
    kind: str, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("e.csv").write_text(HEADING + GOOD + row + "nobody,01/20/2026,Lead,note,x\n", encoding="utf-8")
    assert preflight(["check", "e.csv"]) == 1
    says = f"NOT READY: 2 bad rows, 1 of which --fix mends ({kind}), to be collected and mended. Next: "
    assert capsys.readouterr().out.splitlines()[-1].startswith(says)
    assert preflight(["check", "e.csv", f"--fix={kind}", "--clean", "c.csv"]) == 1
    assert capsys.readouterr().out.startswith("e.csv: 8 rows, 7 good rows, 1 bad row\n")
