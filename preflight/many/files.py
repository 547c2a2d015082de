"""File name patterns, and the names of each file's outputs: `{name}` in an output is the input's name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence

from preflight.errors import InputError, LayoutError, OutputError
from preflight.model.options import CheckOptions, File
from preflight.remote import store
from preflight.remote.url import is_remote, name_of, place_of
from preflight.text.asking import option
from preflight.text.display import shown_file, stem_of

NAME = "{name}"
"""Placeholder, in the name of an output, for the input's name without its ending."""


def expanded(names: Sequence[str]) -> list[str]:
    """The files of names and patterns (`*.csv`, also in a store), each once.

    The name of an existing file is not a pattern. Raises `InputError` for a pattern without a match.
    """
    found = [file for name in names for file in (_matching(name) if is_pattern(name) else [name])]
    return list({_identity_of(file): file for file in reversed(found)}.values())[::-1]


def _identity_of(file: str) -> str:
    try:
        return file if file == "-" else place_of(file)
    except ValueError:  # the invalid name is reported when the file is opened
        return file


def is_pattern(name: str) -> bool:
    """Whether a name is a pattern and no local file has that name."""
    return glob.has_magic(name) and (is_remote(name) or not os.path.exists(name))


def _matching(pattern: str) -> list[str]:
    found = store.matching(pattern) if is_remote(pattern) else sorted(glob.glob(pattern, recursive=True))
    if not found:
        raise InputError(f"no file matches {shown_file(pattern)}")
    return found


def options_for(file: File, options: CheckOptions) -> CheckOptions:
    """The options for one of several files, with `{name}` replaced in the names of its outputs."""
    if not options.outputs:
        return options
    stem = stem_of(name_of(file))
    return options.with_outputs(lambda path: os.fspath(path).replace(NAME, stem))


def refuse_one_output_for_all(options: CheckOptions) -> None:
    """Raise `LayoutError` for an output without `{name}`, which all files would share."""
    given = (("clean", options.clean), ("bad_rows", options.bad_rows), ("fixes", options.fixes))
    for name, path in (*given, *(("report", one) for one in options.reports)):
        if path is not None and NAME not in os.fspath(path):
            folder, last = os.path.split(os.fspath(path))
            better = option(name, os.path.join(folder, f"{NAME}-{last}"))
            raise LayoutError(
                f"{option(name, os.fspath(path))} names one output for several files; write {NAME} for the name of "
                f"each: {better}"
            )


def without_clashes(files: Iterable[File], options: CheckOptions) -> Iterator[File]:
    """Yield the files; raises `OutputError` at the first one that shares an output, or that an output would replace."""
    if not options.outputs:
        yield from files
        return
    written, read = dict[str, File](), dict[str, File]()
    for file in files:
        read[place_of(file)] = file
        for path in options_for(file, options).outputs:
            before = written.setdefault(place := place_of(path), file)
            if before is not file:
                raise OutputError(
                    f"{shown_file(before)} and {shown_file(file)} would both be written to {shown_file(path)}: {NAME} "
                    "stands for a file's name without its folder; check them one after the other"
                )
            if place in read:
                raise OutputError(f"cannot write {shown_file(path)}: it is one of the files to check")
        if place_of(file) in written:
            raise OutputError(f"cannot write {shown_file(file)}: it is one of the files to check")
        yield file
