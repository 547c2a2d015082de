"""Callbacks and collectors of a check, for the commands, for merging and for the uploader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.engine.details import Details
    from preflight.engine.summary import Verdict
    from preflight.inputs.source import Progress
    from preflight.layouts.resolved import ResolvedLayout
    from preflight.model.report import Report
    from preflight.model.reported import Step
    from preflight.outputs.file import Digest
    from preflight.outputs.sinks import Output
    from preflight.text.fingerprint import Fingerprints


@dataclass(frozen=True, slots=True)
class Hooks:
    """Callbacks and collectors of a check.

    `fingerprints` collects a hash of each good row's touch point. `digest` (as of `hashlib`) is updated with the bytes
    of the clean file. `begin` is called with the layout before any row is judged; an exception from it ends the check.
    `progress` is called with the share of the file that is done. `outputs` are written in addition to those of the
    options. `name` replaces the file's own name in the report. `steps` returns the next steps for a report. `executor`
    judges the chunks, if given; `judged` is called when its work is done. `details` collects what the report shows on
    request.
    """

    fingerprints: Fingerprints | None = None
    digest: Digest | None = None
    begin: Callable[[ResolvedLayout], None] | None = None
    progress: Progress | None = None
    outputs: Sequence[Output] = ()
    name: str | None = None
    steps: Callable[[Report], Sequence[Step]] = lambda report: ()
    judged: Callable[[], None] = lambda: None
    executor: Executor | None = None
    details: Details | None = None

    def take(self, verdict: Verdict) -> None:
        """Add the hashes of the next good rows to the fingerprints, if they are collected."""
        if self.fingerprints is not None:
            self.fingerprints.take(verdict.visits if self.fingerprints.by_day else verdict.touch_points)
