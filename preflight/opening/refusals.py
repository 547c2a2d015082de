"""Outputs that are refused: they would overwrite another file, or are of an unknown kind."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from preflight.errors import OutputError
from preflight.model.options import CheckOptions, File
from preflight.opening.kinds import BAD_ROWS_KINDS, REPORT_KINDS
from preflight.outputs.sidecar import sidecar_path
from preflight.remote.url import is_remote, place_of, sidecar_url
from preflight.rules.own import FunctionRule
from preflight.text.asking import is_on_command_line
from preflight.text.display import shown, shown_file

OTHER_KINDS = frozenset(
    {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".pdf", ".html", ".htm", ".json", ".xml", ".parquet", ".doc", ".docx"}
    | {".zip", ".gz", ".bz2", ".xz", ".zst"}
)
"""The endings of workbooks, documents and archives: refused for an output that is not written as one."""


def refuse_unwritable(file: File | BinaryIO, options: CheckOptions) -> None:
    """Raise `OutputError` for outputs that would overwrite the input or each other, or of an unknown kind."""
    for report in options.reports:
        if Path(report).suffix.lower() not in REPORT_KINDS:
            raise OutputError(
                f"cannot tell the kind of the report {shown_file(report)}; name it *.csv, *.json or *.html"
                + (", or use `--report github`" if is_on_command_line() else "")
            )
    for path in options.recorded:
        suffix = Path(path).suffix.lower()
        if suffix in OTHER_KINDS and not (path == options.bad_rows and suffix in BAD_ROWS_KINDS):
            what = "*.csv or *.xlsx" if path == options.bad_rows else "*.csv"
            raise OutputError(f"cannot write {shown_file(path)}: it would hold CSV text; name it {what}")
    for path in options.outputs:
        if "\0" in os.fspath(path):
            raise OutputError(f"cannot write {shown_file(path)}: its name holds a NUL character")
    taken = {place_of(file)} if isinstance(file, str | PathLike) else set()
    for path in (*options.outputs, *map(_sidecar_of, options.recorded)):
        try:
            real = place_of(path)
        except ValueError as error:
            raise OutputError(f"cannot write {shown_file(path)}: {error}") from error
        if real in taken and (is_remote(path) or os.path.isfile(real) or not os.path.exists(real)):
            raise OutputError(f"cannot write {shown_file(path)}: it is the file to check, or another output")
        taken.add(real)


def _sidecar_of(path: File) -> File:
    """The sidecar of an output."""
    return sidecar_url(os.fspath(path)) if is_remote(path) else sidecar_path(path)


def refuse_to_replace_rules(rules: Sequence[FunctionRule], options: CheckOptions) -> None:
    """Raise `OutputError` for an output that would overwrite the module of an own rule."""
    written = {os.path.realpath(path): path for path in options.outputs}
    for rule in rules:
        file = getattr(sys.modules.get(rule.judge.__module__), "__file__", None)
        if file is not None and (path := written.get(os.path.realpath(file))) is not None:
            raise OutputError(f"cannot write {shown_file(path)}: it contains the rule {shown(rule.code.code)}")
