"""`preflight inspect`: the layout and date format of a file, the evidence, and the next command."""

from __future__ import annotations

import argparse
import shutil
from typing import Any

from preflight.cli.commands import STANDS_FOR, WHERE, check, refuse_placeholders
from preflight.cli.exitcodes import READY
from preflight.cli.options import (
    OF_DATES,
    OneLineParser,
    add_layout_options,
    add_options,
    as_type,
    layout_from,
    made,
    refuse_to_overwrite,
    repeated_options,
)
from preflight.errors import LayoutError, UnclearError
from preflight.layouts.option import file_to_write
from preflight.layouts.profile import of_sending
from preflight.model.options import CheckOptions
from preflight.text.display import as_json, stem_of, visible


def add_inspect(commands: argparse._SubParsersAction[OneLineParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "inspect",
        help="detect a file's layout and date format, and show the evidence",
        description="Read a whole file, and show its layout and the format of its dates, with the evidence.",
    )
    parser.add_argument("file", metavar="FILE", help="the CSV file or workbook to inspect")
    parser.add_argument(
        "--save",
        metavar="PROFILE.toml",
        type=as_type(file_to_write),
        help="write the layout as a profile for --profile",
    )
    for name in WHERE:
        metavar, meaning = STANDS_FOR[name]
        parser.add_argument(f"--{name}", metavar=metavar, help=f"{meaning}; kept in the profile")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    add_options(parser, CheckOptions, OF_DATES)
    add_layout_options(parser)
    parser.set_defaults(run=inspect_file)


def inspect_file(options: argparse.Namespace) -> int:
    """Print what was detected in a file, save it as a profile if requested, and raise the open questions."""
    from preflight.cli.refusal import error_object
    from preflight.console.progress import bar
    from preflight.detect.answers import inspect
    from preflight.detect.questions import rows_wanted
    from preflight.render.inspection import render_inspection

    refuse_placeholders(options)
    layout, where = layout_from(options), of_sending(options.profile)
    asked = made(CheckOptions, options)
    where |= {name: value for name in WHERE if (value := getattr(options, name)) is not None}
    if options.save is not None:
        refuse_to_overwrite([options.save], {"--profile": options.profile, "FILE": options.file})
    try:
        with bar("inspecting") as progress:
            found = inspect(options.file, layout, asked.reading, asked.fix, progress=progress)
    except UnclearError as error:
        _print_columns(options, error)
        raise
    try:
        profile, still_open = found.profile(), None
    except LayoutError as error:  # raised after the evidence is printed
        profile, still_open = {}, error
    if options.json:
        print(as_json(found.as_dict() | ({"error": error_object(still_open)} if still_open else {})))
        options.printed = True
    else:
        print(render_inspection(found, shutil.get_terminal_size((100, 24)).columns), end="")
    if still_open is not None:
        raise still_open
    given, saved = repeated_options(options), ""
    if options.save:
        _save(options.save, profile | where)
        saved = f"Saved as {visible(options.save)}. "
        given = {name: value for name, value in given.items() if name.replace("-", "_") in OF_DATES}
        given |= {"profile": options.save}
    if not options.json and (saved or not is_kept_in_profile(options)):
        wanted = rows_wanted(layout, export) if (export := found.detection.export()) is not None else {}
        fixed = {"clean": f"{stem_of(options.file)}-clean.csv"} if asked.fix else {}
        print(f"{saved}Next: {check(options.file, {**given, **wanted, **fixed})}")
    return READY


def _print_columns(options: argparse.Namespace, error: UnclearError) -> None:
    """Print the columns of a file of which some are in question."""
    from preflight.cli.refusal import error_object
    from preflight.render.inspection import render_columns

    if options.json:
        fields = {
            "file": options.file,
            "columns": [dict(one) for one in error.columns],
            "skipped_lines": [dict(one) for one in error.skipped],
        }
        print(as_json(fields | {"export": dict(error.export) or None, "error": error_object(error)}))
        options.printed = True
    else:
        known = str(error.export.get("says", ""))
        print(render_columns(options.file, error.columns, error.skipped, known), end="")


def _save(path: str, profile: dict[str, Any]) -> None:
    import tomli_w

    from preflight.outputs.file import OutputFile

    with OutputFile(path) as out:
        out.write(tomli_w.dumps(profile).encode())


def is_kept_in_profile(options: argparse.Namespace) -> bool:
    """Whether the layout goes into a profile: `--save` was given, or a destination or action."""
    return options.save is not None or any(getattr(options, name) is not None for name in WHERE)
