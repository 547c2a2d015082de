"""Messages name parameters in Python, and options on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from preflight import InputError, Layout, LayoutError, check
from preflight.cli.main import main
from preflight.text.asking import fix_option, on_command_line, option, with_options
from preflight.text.display import shown_file


def test_an_option_is_named_in_the_style_of_the_caller() -> None:
    assert option("normalize_dates") == "`normalize_dates`"
    assert option("dateformat", "MM/dd/yyyy") == 'dateformat="MM/dd/yyyy"'
    assert option("title", 7) == "title=7"
    with on_command_line():
        assert option("normalize_dates") == "--normalize-dates"
        assert option("dateformat", "MM/dd/yyyy") == "--dateformat MM/dd/yyyy"
        assert option("dateformat", "dd MMM yyyy") == '--dateformat "dd MMM yyyy"'
        assert option("title", 7) == "--title 7"
    assert option("title", 0) == "title=0"


def test_a_fix_and_the_texts_of_the_catalogue_are_named_in_the_style_of_the_caller() -> None:
    text = "Name the right one with --encoding; --normalize-dates=day is -- no more."
    assert fix_option("blanks") == '`fix=["blanks"]`'
    assert with_options(text) == "Name the right one with `encoding`; `normalize_dates`=day is -- no more."
    with on_command_line():
        assert fix_option("blanks") == "`--fix=blanks`"
        assert with_options(text) == text


ASKED = [
    ("email,date,title\na@x.com,03/04/2024,T\n", Layout(), LayoutError,
     'no date format was given: the only date fits `MM/dd/yyyy` (1 row) and `dd/MM/yyyy` (1 row); row 1, '
     '`03/04/2024`, is 2024-03-04 or 2024-04-03: choose with dateformat="MM/dd/yyyy" or dateformat="dd/MM/yyyy"'),
    ("email,date,a,b\na@x.com,2024-01-02,Tea,Talk\n", Layout(), LayoutError,
     "no column is the title for certain; name the event's title with `title`: 2 `a`: `Tea`, 1 different text; "
     "3 `b`: `Talk`, 1 different text"),
    ("Topic,Demo\n\nemail,date,a\na@x.com,2024-01-02,1\n", Layout(), LayoutError,
     "no column could be the title; name the event's title with `title_text`: `Demo`: in line 1, `Topic`; "
     'title_text="Demo"'),
    ("email,date,title\na@x.com,2024-01-02,T\n", Layout(title=9), LayoutError,
     "title=9 is past the end: a row has 3 cells, the last index is 2"),
    ("email,date,title\na@x.com,2024-01-02,M\xfcller und S\xf6hne\n", Layout(), InputError,
     'F is not UTF-8 text: line 2, byte 21 is 0xfc; it looks like cp1252 (`Müller`): say encoding="cp1252", or save it '
     "as UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "layout", "error", "message"), ASKED)
def test_messages_in_python_name_parameters(
    text: str, layout: Layout, error: type[Exception], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(text.encode("cp1252"))
    with pytest.raises(error) as told:
        check(file, layout)
    assert str(told.value) == message.replace("F is", f"{shown_file(file)} is")


def test_a_contradiction_names_the_parameter_in_python_and_the_option_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.csv"
    file.write_text("a@x.com,2024-01-02,Talk\nb@x.com,2024-01-02,Talk\n", encoding="utf-8")
    report = check(file, Layout(firstrow="Y"))
    assert report.contradiction is not None
    assert report.contradiction.suggestion == 'firstrow="N"'
    assert report.contradiction.message.endswith('and lost; use firstrow="N".')
    assert main(["check", str(file), "--firstrow", "Y"]) == 1
    assert "and lost; use --firstrow N. Suggestion: --firstrow N" in capsys.readouterr().out.replace("\n    ", " ")
