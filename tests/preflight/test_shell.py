"""Commands to paste: what a shell makes of a quoted text is that text, whatever it is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight.cli.options import OneLineParser
from preflight.text.shell import command, file_word, is_alike_everywhere, option_words, quoted

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12) | st.text(
    "a -$`\"'\\%!;&|<>()*?[]{}~#^=,@:\u201c\u2019\u200bé\n\t\x1b", max_size=12
)
NASTY = ["", " ", "-x", "it's", 'a "b" c', "50%.csv", "$HOME", "`id`", "a\\", "!x", "a\nb", "tail\n", "\u200b", "##[x]"]


def of_msvcrt(line: str) -> list[str]:
    """The words of a command line as a Windows program takes them (its C runtime's rules)."""
    words: list[str] = []
    word, quotes, begun = "", False, False
    for piece in re.findall(r'\\+"|\\+|"|[^\\"]', line):
        if piece.startswith("\\") and piece.endswith('"'):
            slashes = len(piece) - 1
            word, begun = word + "\\" * (slashes // 2), True
            if slashes % 2:
                word += '"'
            else:
                quotes = not quotes
        elif piece == '"':
            quotes, begun = not quotes, True
        elif piece in " \t" and not quotes:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + piece, True
    return [*words, word] if begun else words


def of_cmd(line: str) -> list[str]:
    """The words of a line that is typed at cmd.exe: it expands `%name%`, and obeys marks outside quotes."""
    assert "%" not in line
    outside = re.sub(r'"[^"]*"', "", line)
    assert not re.search(r"[&|<>^()!]", outside)
    return of_msvcrt(line)


def of_powershell(line: str) -> list[str]:
    """The words of a line that is typed at PowerShell, as far as our quoting goes; see about_Quoting_Rules."""
    words = []
    for word in re.findall(r"(?:'(?:[^'\u2018\u2019\u201a\u201b]|['\u2018-\u201b]{2})*'|\"[^\"]*\"|[^\s'\"])+", line):
        if word[0] == "'":
            words.append(re.sub("['\u2018\u2019\u201a\u201b](['\u2018\u2019\u201a\u201b])", r"\1", word[1:-1]))
        elif word[0] == '"':
            inner = re.sub(r"\$\(\[char\]([0-9]+)\)", lambda one: chr(int(one[1])), word[1:-1])
            assert not re.search('[`"\u201c\u201d\u201e]', word[1:-1])
            words.append(inner.encode("utf-16", "surrogatepass").decode("utf-16"))
        else:
            assert re.fullmatch(r"[\w./:+=\\-]+", word)
            words.append(word)
    return words


@given(st.lists(TEXTS, min_size=1, max_size=4))
@example(NASTY)
@example(["-\x1f"])  # which printf, asked to write it, took for an option
@settings(deadline=None)
def test_a_posix_shell_reads_the_words_back(words: list[str]) -> None:
    typed = command(["printf", "%s\\0", *words], windows=False)
    if any(word.endswith("\n") for word in words):  # which takes $'…', and not every shell has that
        done = subprocess.run(["bash", "-c", typed], capture_output=True, check=True)
    else:
        done = subprocess.run(["sh", "-c", typed], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == words
    assert typed.isprintable()
    assert "##" not in typed


@given(st.binary(min_size=1, max_size=8).filter(lambda name: b"\0" not in name and not name.endswith(b"\n")))
@example(b"\xff\xfe")
@settings(deadline=None, max_examples=30)
def test_undecodable_names_are_read_back_byte_for_byte(name: bytes) -> None:
    typed = command(["printf", "%s", os.fsdecode(name)], windows=False)
    assert subprocess.run(["sh", "-c", typed], capture_output=True, check=True).stdout == name


@given(TEXTS.filter(is_alike_everywhere))
@example("web inar's (1).csv")
@example("x&y|z;<>.csv")
def test_a_form_common_to_all_shells_is_read_by_each(text: str) -> None:
    typed = quoted(text, windows=False)
    assert typed == quoted(text, windows=True)
    assert shlex.split(typed) == of_cmd(typed) == of_powershell(typed) == [text]


@given(TEXTS.filter(lambda text: text and '"' not in text))
@example("C:\\data folder\\x.csv")
@example("tail\\")
@example("it\u2019s $5")
@example("\U000e0100")
def test_powershell_reads_a_word_back(text: str) -> None:
    typed = quoted(text, windows=True)
    got = of_powershell(typed)
    if typed.startswith('"') and text.endswith("\\") and is_printed(text):  # the program's own rules halve these
        got = of_msvcrt(typed)
    assert got == [text]
    assert typed.isprintable()


def is_printed(text: str) -> bool:
    return "$([char]" not in quoted(text, windows=True)


@pytest.mark.parametrize(
    ("text", "posix", "windows"),
    [
        ("events.csv", "events.csv", "events.csv"),
        ("MM/dd/yyyy", "MM/dd/yyyy", "MM/dd/yyyy"),
        ("my events.csv", '"my events.csv"', '"my events.csv"'),
        ("it's.csv", '"it\'s.csv"', '"it\'s.csv"'),
        ("50% off.csv", "'50% off.csv'", '"50% off.csv"'),
        ("$5.csv", "'$5.csv'", "'$5.csv'"),
        ("C:\\x y\\z.csv", "'C:\\x y\\z.csv'", '"C:\\x y\\z.csv"'),
        ("C:\\x\\z.csv", "'C:\\x\\z.csv'", "C:\\x\\z.csv"),
        ("a\nb", "\"$(printf 'a\\012b')\"", '"a$([char]10)b"'),
        ("", "''", "''"),
    ],
)
def test_quoted_forms(text: str, posix: str, windows: str) -> None:
    assert (quoted(text, windows=False), quoted(text, windows=True)) == (posix, windows)


@given(TEXTS, TEXTS)
@example("--", "--")
def test_no_value_is_mistaken_for_an_option(file: str, value: str) -> None:
    parser = OneLineParser()
    parser.add_argument("file")
    parser.add_argument("--title")
    given = parser.parse_args([file_word(file), *option_words("title", value)])
    assert given.title == value
    assert given.file in (file, f"./{file}")
