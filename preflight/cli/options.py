"""The options of a dataclass (`preflight.layouts.option`) on the command line: its parser, and what was given."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from itertools import pairwise
from typing import Any, NoReturn, TypeVar

from preflight.errors import LayoutError, OutputError, UnclearError
from preflight.layouts.layout import Layout
from preflight.layouts.option import Option, option_name, options_of, whole_number
from preflight.model.options import CheckOptions
from preflight.text.display import as_json, one_line, shown

GITHUB = "github"
"""The report that is printed instead of written: annotations for a workflow's log."""

OF_READING = ("fieldseparator", "quotecharacter", "firstrow", "encoding", "table_line", "sheet")
"""The options of a layout that say how the cells are read, not what is in them."""
OF_DATES = ("normalize_dates", "zone", "locale", "fix")
"""The options of a check that say how dates are read."""

Made = TypeVar("Made")
Repeated = Mapping[str, str | list[str] | None]
"""Options by name, to be said again: with a value, with several, or as switches."""


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the usage, and exits with 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.color = False  # from Python 3.14 on it would write escape sequences of its own
        self.bare: dict[str, Option] = {}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse the arguments; an option in `bare` that stands alone takes no word after it for its value."""
        args = list(sys.argv[1:] if args is None else args)
        self._wants_json = "--json" in args
        end = args.index("--") if "--" in args else len(args)
        for arg, following in pairwise(args[:end]):
            if arg in self.bare and _is_value_of(self.bare[arg], following):
                self.error(f"argument {arg}: its value stands behind `=`: write {arg}={following}")
        said = [f"{arg}={self.bare[arg].bare}" if arg in self.bare else arg for arg in args[:end]]
        return super().parse_known_args(said + args[end:], namespace)

    def format_help(self) -> str:
        """The help, in which the value of an option in `bare` stands where it is to be written."""
        text = super().format_help()
        for name in self.bare:
            text = text.replace(f"{name} [", f"{name}[=")
        return text

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """The value of an argument; `--option=--` has one, which Python 3.11 and 3.12 lose."""
        if action.option_strings and arg_strings == ["--"]:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        """End the command; with `--json` on stdout, too."""
        if getattr(self, "_wants_json", False):
            print(as_json({"error": {"code": "usage", "message": one_line(message), "choices": []}}))
        self.exit(2, f"{self.prog}: {one_line(message)}; see {self.prog} --help\n")


def add_options(
    parser: OneLineParser,
    kind: type,
    names: Collection[str] | None = None,
    *,
    group: argparse._ArgumentGroup | None = None,
) -> None:
    """Add the options of a dataclass to a parser, to a group of it if there is one; all of them, or those named."""
    defaults = {one.name: one for one in fields(kind)}
    for field, one in options_of(kind).items():
        if names is None or field in names:
            _add(parser, group or parser, field, one, defaults[field].default if field in defaults else None)


def made(kind: type[Made], options: argparse.Namespace, **given: Any) -> Made:
    """The dataclass of what was given on the command line, and of what is `given` here instead."""
    named = {field: getattr(options, field, None) for field in options_of(kind)}
    make: Callable[..., Made] = getattr(kind, "of", kind)
    return make(**({field: value for field, value in named.items() if value is not None} | given))


def add_layout_options(parser: OneLineParser) -> None:
    """Add the LAYOUT options to a command."""
    group = parser.add_argument_group(
        "layout", "where things are in the file; what is left out is detected, options win over a profile"
    )
    group.add_argument(
        "--profile", metavar="FILE.toml", help="read the layout from a TOML file with these names as keys"
    )
    add_options(parser, Layout, group=group)


def as_type(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """What reads an option's text, as argparse takes it."""

    def typed(text: str) -> Any:
        try:
            return read(text)
        except LayoutError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


def port_number(text: str) -> int:
    """The number of a port, 0 for a free one."""
    if (port := whole_number(text)) > 65535:
        raise LayoutError(f"{text!r} will not do: the highest port is 65535")
    return port


def layout_from(options: argparse.Namespace) -> Layout:
    """The layout that the options say, over the profile if they name one; raises `LayoutError` or `InputError`."""
    profile = Layout.from_profile(options.profile) if options.profile else Layout()
    layout = made(Layout, options).over(profile)
    if layout.rules:
        look_for_rules_here()
    return layout


def check_options_from(options: argparse.Namespace) -> CheckOptions:
    """What is asked of the check; raises `LayoutError`, or `InputError` where a file that it names cannot be read.

    No output may take the place of a file that is read: raises `OutputError`.
    """
    reports = [path for path in options.reports or () if path != GITHUB]
    if is_annotated(options) and options.json:
        raise LayoutError("--report github and --json both print to stdout: give one of them")
    asked = made(CheckOptions, options, reports=reports, known_titles=_known_titles(options.known_titles))
    inputs = {"--known-titles": options.known_titles, "--profile": options.profile}
    refuse_to_overwrite(asked.outputs, inputs)
    return asked


def is_annotated(options: argparse.Namespace) -> bool:
    """Whether GitHub's annotations are to be printed."""
    return GITHUB in (options.reports or ())


def refuse_to_overwrite(outputs: Collection[str | os.PathLike[str]], inputs: Mapping[str, str | None]) -> None:
    """Raise `OutputError` for an output that is one of the inputs, which are by the options that name them."""
    for path in outputs:
        for name, read in inputs.items():
            if read is not None and os.path.realpath(path) == os.path.realpath(read):
                raise OutputError(f"cannot write {shown(path)}: it is the file that {name} names")


def look_for_rules_here() -> None:
    """Let the modules of own rules be found in the working folder, as `python -m` does."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def repeated_options(options: argparse.Namespace) -> Repeated:
    """The options of layout and check as they were given, by their names, to be said again in the next command."""
    fields: dict[str, str | list[str] | None] = {}
    if options.profile is not None:
        fields["profile"] = str(options.profile)
    for kind in (Layout, CheckOptions):
        for field, one in options_of(kind).items():
            value = getattr(options, field, None)
            if one.in_next and value not in (None, False, ()):
                fields[option_name(field, one)] = _said(one, value)
    return fields


def as_looked_at(options: argparse.Namespace, error: UnclearError) -> Repeated:
    """The options of a command for a look at its file; without the columns where one that was given is not there."""
    if error.is_of_given:
        layout = layout_from(options)
        given = {name: getattr(layout, name) for name in OF_READING}
        return {name.replace("_", "-"): str(value) for name, value in given.items() if value is not None}
    others = {option_name(field, one) for field, one in options_of(CheckOptions).items() if field not in OF_DATES}
    return {name: value for name, value in repeated_options(options).items() if name not in others}


def _is_value_of(option: Option, word: str) -> bool:
    """True for a word that an option would take for its value, and that is the name of no file."""
    try:
        return option.read(word) is not None and not os.path.exists(word)
    except LayoutError:
        return False


def _said(option: Option, value: Any) -> str | list[str] | None:
    if not option.metavar or value is True or (option.bare and value == option.read(option.bare)):
        return None
    if option.several:
        return [str(one) for one in value]
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _add(parser: OneLineParser, group: argparse._ActionsContainer, field: str, option: Option, default: Any) -> None:
    name = f"--{option_name(field, option)}"
    if not option.metavar:
        action = "store_false" if default is True else "store_true"
        group.add_argument(name, dest=field, action=action, default=default, help=option.help)
        return
    how: dict[str, Any] = {"dest": field, "metavar": option.metavar, "type": as_type(option.read), "help": option.help}
    if option.several:
        group.add_argument(name, action="append", **how | {"help": f"{option.help}; may be repeated"})
        return
    if option.bare:
        parser.bare[name] = option
        how["nargs"] = "?"
    required = default is MISSING and not option.in_profile
    group.add_argument(name, required=required, default=None if default is MISSING else default or None, **how)


def _known_titles(path: str | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    from preflight.evidence.titles import read_known_titles

    return read_known_titles(path)
