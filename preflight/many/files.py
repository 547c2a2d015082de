"""Which files are meant, and where the outputs of each go: `{name}` in an output stands for the file's name."""

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
"""What stands for the name of the file that is checked, without its ending, in the name of an output."""


def expanded(names: Sequence[str]) -> list[str]:
    """The files that names and patterns (`*.csv`, also of a store) mean, each once; a file that is there is no pattern.

    Raises `InputError` for a pattern that nothing matches.
    """
    found = [file for name in names for file in (_matching(name) if is_pattern(name) else [name])]
    return list({_told_apart_by(file): file for file in reversed(found)}.values())[::-1]


def _told_apart_by(file: str) -> str:
    try:
        return file if file == "-" else place_of(file)
    except ValueError:  # what is wrong with its name is said when it is opened
        return file


def is_pattern(name: str) -> bool:
    """Whether a name is a pattern, and not the name of a local file."""
    return glob.has_magic(name) and (is_remote(name) or not os.path.exists(name))


def _matching(pattern: str) -> list[str]:
    found = store.matching(pattern) if is_remote(pattern) else sorted(glob.glob(pattern, recursive=True))
    if not found:
        raise InputError(f"no file matches {shown_file(pattern)}")
    return found


def options_for(file: File, options: CheckOptions) -> CheckOptions:
    """The options for one of several files: its name stands in those of its outputs."""
    if not options.outputs:
        return options
    stem = stem_of(name_of(file))
    return options.with_outputs(lambda path: os.fspath(path).replace(NAME, stem))


def refuse_one_output_for_all(options: CheckOptions) -> None:
    """Raise `LayoutError` for an output that would be the same of each file."""
    given = (("clean", options.clean), ("bad_rows", options.bad_rows), ("fixes", options.fixes))
    for name, path in (*given, *(("report", one) for one in options.reports)):
        if path is not None and NAME not in os.fspath(path):
            folder, last = os.path.split(os.fspath(path))
            better = option(name, os.path.join(folder, f"{NAME}-{last}"))
            raise LayoutError(
                f"{option(name, os.fspath(path))} names one file for what comes of several; write {NAME} for the name "
                f"of each: {better}"
            )


def refuse_clashes(files: Iterable[File], options: CheckOptions) -> None:
    """Raise `OutputError` where two of several files have one output, or an output is one of the files."""
    for _ in without_clashes(files, options):
        pass


def without_clashes(files: Iterable[File], options: CheckOptions) -> Iterator[File]:
    """The files, as they come; raises `OutputError` as `refuse_clashes` does, as soon as that is known."""
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
                raise OutputError(f"cannot write {shown_file(path)}: it is a file that is checked")
        if place_of(file) in written:
            raise OutputError(f"cannot write {shown_file(file)}: it is a file that is checked")
        yield file
