"""check(): what is asked for, refused or made ready before the one pass over the file (`preflight.engine.onepass`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from os import PathLike
from typing import TYPE_CHECKING

from preflight.engine.processes import processes_for
from preflight.errors import LayoutError
from preflight.model.fixes import fix_kinds
from preflight.text.asking import option

if TYPE_CHECKING:
    from datetime import date

    from preflight.model.layout import Layout, ResolvedLayout
    from preflight.model.report import Report
    from preflight.outputs.file import Digest
    from preflight.records.fingerprint import Fingerprints
    from preflight.records.source import Progress

File = str | PathLike[str]


def check(
    file: File,
    layout: Layout,
    *,
    clean: File | None = None,
    bad_rows: File | None = None,
    reports: Iterable[File] = (),
    known_titles: Iterable[str] = (),
    oldest: date | None = None,
    newest: date | None = None,
    normalize_dates: bool = False,
    fix: Iterable[str] = (),
    fixes: File | None = None,
    max_shown: int = 20,
    fingerprints: Fingerprints | None = None,
    digest: Digest | None = None,
    begin: Callable[[ResolvedLayout], None] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check one touch-point file against its layout.

    The good rows go to `clean`, the bad ones to `bad_rows`, every problem to each of `reports` (`.csv` or `.json`; the
    first of each kind to an `.html` page), as the file is read; the outputs appear under their names when all of it has
    been. `known_titles` exist in the custom event already. Dates before `oldest` (1990 unless given) or after `newest`
    (a day ahead of now) are warned of. The clean file's dates are written in their ISO form when `normalize_dates` is
    true: see `Report.clean_dateformat`. `fix` names the kinds of fixes to make before anything is judged
    (`preflight.model.fixes.FIXES`): the clean file and the bad rows have the fixed cells, and each change is listed in
    `fixes`. The report shows the first `max_shown` findings and fixes. `fingerprints` gets a hash of each good row's
    touch point, `digest` (of `hashlib`, say) is updated with the clean file's bytes. `begin` is told the layout before
    any row is judged; what it raises ends the check.

    What a layout leaves open is told from the file (`preflight.detect`); a date format by elimination, in a pass
    before. Where an option contradicts the file, that is the report's one problem: no row is judged.

    Raises `LayoutError` when the layout does not fit, `InputError` when the file cannot be read as text records,
    `OutputError` when an output cannot be written. Bad rows raise nothing.
    """
    if isinstance(known_titles, str | PathLike):  # a text is an iterable too, of its letters
        raise TypeError("known_titles takes titles, not a path; preflight.read_known_titles reads a file of them")
    if normalize_dates and clean is None:
        raise LayoutError(f"normalized dates go to the clean file; name one with {option('clean')}")
    kinds = fix_kinds(fix)
    if kinds and clean is None:
        raise LayoutError(f"fixed rows go to the clean file; name one with {option('clean')}")
    if fixes is not None and not kinds:
        raise LayoutError(f"nothing is fixed unless asked for; add {option('fix')} to list the fixes")
    with ExitStack() as stack:
        processes = processes_for(file, ("preflight.engine.judging", "numpy.ma"))  # Arrow imports that, too
        if processes is not None:
            stack.callback(processes.close)
        from preflight.engine.onepass import Asked, one_pass  # after the fork, beside what the processes import

        asked = Asked(
            file=file,
            layout=layout,
            clean=clean,
            bad_rows=bad_rows,
            reports=tuple(reports),
            fixes=fixes,
            known_titles=known_titles,
            oldest=oldest,
            newest=newest,
            normalize_dates=normalize_dates,
            fix=kinds,
            max_shown=max_shown,
            fingerprints=fingerprints,
            digest=digest,
            begin=begin,
            progress=progress,
        )
        return one_pass(asked, processes)
