"""The command-line options that say a layout, the same for every command that reads a file."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import NoReturn

from preflight.layout import FirstRow, Layout, Quote, Separator


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the usage, and exits with 2."""

    def error(self, message: str) -> NoReturn:
        """End the command."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def add_layout_options(parser: argparse.ArgumentParser) -> None:
    """Add the LAYOUT options to a command."""
    group = parser.add_argument_group("layout", "where things are in the file; options win over a profile")
    group.add_argument(
        "--profile", metavar="FILE.toml", help="read the layout from a TOML file with these names as keys"
    )
    group.add_argument("--email", metavar="COL", help="the email column: its heading label or index, from 0")
    group.add_argument("--date", metavar="COL", help="the date column")
    group.add_argument("--title", metavar="COL", help="the title column")
    group.add_argument("--note", metavar="COL", help="the note column, if there is one")
    group.add_argument("--dateformat", metavar="PATTERN", help="a Java date pattern; see `preflight formats`")
    group.add_argument("--fieldseparator", metavar="NAME", help=f"{_one_of(Separator)} (default: COMMA)")
    group.add_argument("--quotecharacter", metavar="NAME", help=f"{_one_of(Quote)} (default: DOUBLE_QUOTE)")
    group.add_argument(
        "--firstrow", metavar="Y|N", help=f"is the first row a heading? {_one_of(FirstRow)} (default: Y)"
    )
    group.add_argument("--encoding", metavar="NAME", help="the file's encoding (default: UTF-8)")


def layout_from(options: argparse.Namespace) -> Layout:
    """The layout that the options say, over the profile if they name one; raises `LayoutError` or `InputError`."""
    given = Layout(**{field.name: getattr(options, field.name) for field in fields(Layout)})
    return given.over(Layout.from_profile(options.profile)) if options.profile else given


def _one_of(words: type[Separator] | type[Quote] | type[FirstRow]) -> str:
    return ", ".join(words)
