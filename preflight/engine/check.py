"""`check()`: prepares the arguments for the one pass over the file (`onepass`)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from preflight.engine.hooks import Hooks
from preflight.layouts.layout import Layout
from preflight.model.options import CheckOptions, File, refuse_unknown, signature_with_options

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

    from preflight.inputs.source import Progress
    from preflight.layouts.resolved import ResolvedLayout
    from preflight.model.report import Report
    from preflight.outputs.file import Digest
    from preflight.text.fingerprint import Fingerprints


def check(
    file: File | BinaryIO | pd.DataFrame,
    layout: Layout | None = None,
    options: CheckOptions | None = None,
    *,
    fingerprints: Fingerprints | None = None,
    digest: Digest | None = None,
    begin: Callable[[ResolvedLayout], None] | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    **named: Any,
) -> Report:
    """Check touch points against their layout: a file by its name, a binary file or buffer, or a DataFrame.

    The options of `CheckOptions` are given whole or by name; for the others see `Hooks`. What a layout leaves open is
    detected in the file (`preflight.detect`); a date format by elimination, in a pass before. Where an option
    contradicts the file, that is the report's one problem: no row is judged. A DataFrame is checked as the CSV file
    that it would be; its columns of `datetime64` need no date format. Chunks are judged through `executor`, any of
    `concurrent.futures`; without it by threads, where there is much to judge.

    Raises `LayoutError` when the layout does not fit, `InputError` when the file cannot be read as text records,
    `OutputError` when an output cannot be written. Bad rows raise nothing.
    """
    from preflight.engine.details import Details
    from preflight.engine.onepass import one_pass

    if executor is not None:
        from preflight.executors.dask import as_workers

        executor = as_workers(executor)
    hooks = Hooks(fingerprints, digest, begin, progress, executor=executor, details=Details())
    asked = options_with("check", options, named)
    given = layout_given(layout)
    if not _is_frame(file):
        return one_pass(cast("File | BinaryIO", file), given, asked, hooks)
    from preflight.inputs.frames import as_file

    frame = as_file(cast("pd.DataFrame", file), given)
    with frame.stream:
        return one_pass(frame.stream, frame.layout, asked, replace(hooks, details=Details(frame.index)), frame)


def layout_given(layout: Layout | None) -> Layout:
    """The layout that was given, or one that leaves all open; raises `TypeError` for anything else."""
    if layout is not None and not isinstance(layout, Layout):
        raise TypeError(f"layout takes a preflight.Layout, not a {type(layout).__name__}")
    return layout or Layout()


def options_with(function: str, options: CheckOptions | None, named: Mapping[str, Any]) -> CheckOptions:
    """Options given whole, with those that were given by name; raises `TypeError` for anything else."""
    refuse_unknown(function, named, [one.name for one in fields(CheckOptions)])
    if options is not None and not isinstance(options, CheckOptions):
        raise TypeError(f"options takes a preflight.CheckOptions, not a {type(options).__name__}")
    return CheckOptions(**named) if options is None else replace(options, **named)


def _is_frame(file: object) -> bool:
    """True for a DataFrame, False for what can be read; raises `TypeError` for anything else."""
    if isinstance(file, str | PathLike):
        return False
    if (pandas := sys.modules.get("pandas")) is not None and isinstance(file, pandas.DataFrame):
        return True
    if isinstance(file, io.TextIOBase):
        raise TypeError("check reads bytes, as the encoding is for it to find out; open the file in binary mode")
    if hasattr(file, "read"):
        return False
    raise TypeError(f"check takes a path, a binary file or a DataFrame, not a {type(file).__name__}")


check.__signature__ = signature_with_options(check, CheckOptions)  # type: ignore[attr-defined]
