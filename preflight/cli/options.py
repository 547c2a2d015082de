"""Command-line options from the fields of a dataclass (`preflight.layouts.option`): the parser and its results."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from itertools import pairwise
from typing import Any, NoReturn, TypeVar, cast

from preflight.console.version import VERSION
from preflight.errors import LayoutError, OutputError, UnclearError
from preflight.layouts.layout import Layout
from preflight.layouts.option import Option, option_name, options_of, whole_number
from preflight.model.options import CheckOptions
from preflight.text.display import as_json, nearest, one_line, shown

GITHUB = "github"
"""The report that is printed, not written: annotations for a workflow's log."""

OF_READING = ("fieldseparator", "quotecharacter", "firstrow", "encoding", "table_line", "sheet")
"""The options of a layout for the format of the file, not for its columns."""
OF_DATES = ("normalize_dates", "zone", "locale", "fix")
"""The options of a check that affect how dates are read."""

Made = TypeVar("Made")
Repeated = Mapping[str, str | list[str] | None]
"""Options that a command repeats, by name, with a value, several values, or None for a switch."""


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports wrong arguments in one line, without the usage, and exits with 2."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_abbrev=False, **kwargs)
        self.color = False  # from Python 3.14 on argparse would write escape sequences
        self.bare: dict[str, Option] = {}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse the arguments; an option of `bare` without `=VALUE` does not take the next word as its value."""
        args = list(sys.argv[1:] if args is None else args)
        self._wants_json, self._called = "--json" in args, args[:1]
        end = args.index("--") if "--" in args else len(args)
        for arg, following in pairwise(args[:end]):
            if arg in self.bare and _is_value_of(self.bare[arg], following):
                self.error(f"argument {arg}: its value follows a `=`: write {arg}={following}")
        said = [f"{arg}={self.bare[arg].bare}" if arg in self.bare else arg for arg in args[:end]]
        return super().parse_known_args(said + args[end:], namespace)

    def format_help(self) -> str:
        """The help, with the value of an option of `bare` as `[=VALUE]`."""
        text = super().format_help()
        for name in self.bare:
            text = text.replace(f"{name} [", f"{name}[=")
        return text

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """The value of an argument; Python 3.11 and 3.12 lose the value of `--option=--`."""
        if action.option_strings and arg_strings == ["--"]:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    @property
    def _command(self) -> argparse.ArgumentParser:
        """The parser of the command that was called."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and (called := {*action.choices} & {*self._called}):
                return cast("OneLineParser", action.choices[called.pop()])
        return self

    def error(self, message: str) -> NoReturn:
        """Report the error, with `--json` on stdout, too, and exit with 2."""
        prog = self.prog
        if (unknown := message.removeprefix("unrecognized arguments: --")) != message:
            known, prog = self._command._option_string_actions, self._command.prog
            hint = nearest(re.split("[ =]", unknown)[0], [one.strip("-") for one in known], "")
            message += hint.replace("did you mean ", "; did you mean --")
        if getattr(self, "_wants_json", False):
            print(as_json({"error": {"code": "usage", "message": one_line(message), "choices": []}}))
        self.exit(2, f"{prog}: {one_line(message)}; see {prog} --help\n")


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add `--version`, which prints the command's name and version, to a command."""
    parser.add_argument("--version", action="version", version=f"%(prog)s {VERSION}", help="print the version and exit")


def add_options(
    parser: OneLineParser,
    kind: type,
    names: Collection[str] | None = None,
    *,
    group: argparse._ArgumentGroup | None = None,
) -> None:
    """Add the options of a dataclass to a parser, or to a group of it; all options, or those of the fields `names`."""
    defaults = {one.name: one for one in fields(kind)}
    for field, one in options_of(kind).items():
        if names is None or field in names:
            _add(parser, group or parser, field, one, defaults[field].default if field in defaults else None)


def made(kind: type[Made], options: argparse.Namespace, **given: Any) -> Made:
    """An instance of the dataclass with the options of the command line; values `given` here take precedence."""
    named = {field: getattr(options, field, None) for field in options_of(kind)}
    make: Callable[..., Made] = getattr(kind, "of", kind)
    return make(**({field: value for field, value in named.items() if value is not None} | given))


def add_layout_options(parser: OneLineParser) -> None:
    """Add the LAYOUT options to a command."""
    group = parser.add_argument_group(
        "layout", "the format of the file and its columns; what is left out is detected, options override a profile"
    )
    group.add_argument(
        "--profile", metavar="FILE.toml", help="read the layout from a TOML file with these names as keys"
    )
    add_options(parser, Layout, group=group)


def as_type(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """`read` as a `type` for argparse: its `LayoutError` becomes the message about the argument."""

    def typed(text: str) -> Any:
        try:
            return read(text)
        except LayoutError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return typed


def add_port(parser: argparse.ArgumentParser) -> None:
    """Add the option `--port` of a local server."""
    parser.add_argument(
        "--port", type=as_type(_port_number), default=0, metavar="N", help="the port (default: a free one)"
    )


def _port_number(text: str) -> int:
    """A port number; 0 is any free port."""
    if (port := whole_number(text)) > 65535:
        raise LayoutError(f"{text!r} is not a port: the highest port is 65535")
    return port


def layout_from(options: argparse.Namespace) -> Layout:
    """The layout of the options, which override those of the profile; raises `LayoutError` or `InputError`."""
    profile = Layout.from_profile(options.profile) if options.profile else Layout()
    layout = made(Layout, options).over(profile)
    if layout.rules:
        look_for_rules_here()
    return layout


def check_options_from(options: argparse.Namespace) -> CheckOptions:
    """The check's options.

    Raises `LayoutError` for contradicting options, `InputError` if a file that they name cannot be read, and
    `OutputError` for an output that would overwrite such a file.
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
    """Raise `OutputError` for an output that is one of the inputs; `inputs` maps an option to its file."""
    for path in outputs:
        for name, read in inputs.items():
            if read is not None and os.path.realpath(path) == os.path.realpath(read):
                raise OutputError(f"cannot write {shown(path)}: it is the file that {name} names")


def look_for_rules_here() -> None:
    """Add the working directory to the module path, as `python -m` does, for the modules of own rules."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def repeated_options(options: argparse.Namespace) -> Repeated:
    """The given options of layout and check that the next command repeats, by name."""
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
