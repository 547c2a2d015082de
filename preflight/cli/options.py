"""The command-line options that say a layout, the same for every command that reads a file."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import fields, replace
from datetime import date
from typing import Any, NoReturn

from preflight.errors import LayoutError
from preflight.model.fixes import FIXES, fix_kinds
from preflight.model.layout import FirstRow, Layout, Quote, Separator
from preflight.text.display import as_json, one_line


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the usage, and exits with 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.color = False  # from Python 3.14 on it would write escape sequences of its own

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse the arguments; a bare `--fix` asks for every kind, and takes no word after it for its value."""
        args = list(sys.argv[1:] if args is None else args)
        self._wants_json = "--json" in args
        end = args.index("--") if "--" in args else len(args)
        bare = [f"--fix={','.join(FIXES)}" if arg == "--fix" else arg for arg in args[:end]]
        return super().parse_known_args(bare + args[end:], namespace)

    def error(self, message: str) -> NoReturn:
        """End the command; with `--json` on stdout, too."""
        if getattr(self, "_wants_json", False):
            print(as_json({"error": {"code": "usage", "message": one_line(message), "choices": []}}))
        self.exit(2, f"{self.prog}: {one_line(message)}; see {self.prog} --help\n")


def add_layout_options(parser: argparse.ArgumentParser) -> None:
    """Add the LAYOUT options to a command."""
    group = parser.add_argument_group(
        "layout", "where things are in the file; what is left out is told from it, options win over a profile"
    )
    group.add_argument(
        "--profile", metavar="FILE.toml", help="read the layout from a TOML file with these names as keys"
    )
    group.add_argument("--email", metavar="COL", help="the email column: its heading label or index, from 0")
    group.add_argument("--date", metavar="COL", help="the date column")
    group.add_argument("--title", metavar="COL", help="the title column")
    group.add_argument("--note", metavar="COL", help="the note column, if there is one")
    group.add_argument("--dateformat", metavar="PATTERN", help="a Java date pattern; see `preflight formats`")
    group.add_argument("--fieldseparator", metavar="NAME", help=f"{_one_of(Separator)}")
    group.add_argument("--quotecharacter", metavar="NAME", help=f"{_one_of(Quote)}")
    group.add_argument("--firstrow", metavar="Y|N", help=f"is the first row a heading? {_one_of(FirstRow)}")
    group.add_argument("--encoding", metavar="NAME", help="the file's encoding, if not UTF-8 or UTF-16")
    add_rule_option(group)


def add_rule_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the option that names own rules."""
    parser.add_argument(
        "--rule",
        metavar="MODULE:NAME",
        dest="rules",
        action="append",
        help="judge by a rule of your own, too: a Python function with @preflight.rule above it; may be repeated",
    )


def add_date_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which dates are expected."""
    parser.add_argument("--oldest", metavar="YYYY-MM-DD", type=_day, help="warn of dates before this (default: 1990)")
    parser.add_argument(
        "--newest", metavar="YYYY-MM-DD", type=_day, help="warn of dates after this (default: a day ahead of now)"
    )


def add_fix_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that ask for fixes."""
    parser.add_argument(
        "--fix",
        metavar="KIND,…",
        nargs="?",
        type=_fix_kinds,
        default=(),
        help=f"fix what has one reading, all of it or the kinds after `=`: {', '.join(FIXES)}",
    )
    parser.add_argument("--fixes", metavar="OUT.csv", type=file_to_write, help="list every fix here")


def file_to_write(text: str) -> str:
    """The name of a file to write, for argparse: no output goes to stdout, which the summary has."""
    if text == "-":
        raise argparse.ArgumentTypeError("`-` names no file to write; a file of that name is `./-`")
    return text


def layout_from(options: argparse.Namespace) -> Layout:
    """The layout that the options say, over the profile if they name one; raises `LayoutError` or `InputError`."""
    given = Layout(**{field.name: getattr(options, field.name) for field in fields(Layout)})
    profile = Layout.from_profile(options.profile) if options.profile else Layout()
    rules = (*(given.rules or ()), *(profile.rules or ()))
    if rules:
        look_for_rules_here()
    return replace(given.over(profile), rules=rules or None)


def look_for_rules_here() -> None:
    """Let the modules of own rules be found in the working folder, as `python -m` does."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def repeated_options(options: argparse.Namespace) -> dict[str, str | list[str]]:
    """The options of layout, dates and known titles as they were given, by their names, to be said again."""
    names = ("profile", *(field.name for field in fields(Layout)), "oldest", "newest", "known_titles")
    given = {name: getattr(options, name) for name in names}
    told = {name: value if name == "rules" else str(value) for name, value in given.items() if value is not None}
    return {"rule" if name == "rules" else name.replace("_", "-"): value for name, value in told.items()}


def _fix_kinds(text: str) -> tuple[str, ...]:
    try:
        return fix_kinds(text.split(","))
    except LayoutError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _day(text: str) -> date:
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # Python reads other ISO forms, such as week dates
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day written as YYYY-MM-DD") from None


def _one_of(words: type[Separator] | type[Quote] | type[FirstRow]) -> str:
    return ", ".join(words)
