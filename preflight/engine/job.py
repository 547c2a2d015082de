"""The task of a worker, `Job`, the same for all chunks of a file, and its result, `Judgement`. Both can be pickled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from preflight.model.fixes import Acceptance
from preflight.text.asking import Naming, present_naming

if TYPE_CHECKING:
    from preflight.engine.summary import Verdict
    from preflight.evidence.datelimits import DateLimits
    from preflight.layouts.resolved import ResolvedLayout
    from preflight.outputs.judged import Judged
    from preflight.records.run import Records
    from preflight.rules import RuleMaker


class Judgement(NamedTuple):
    """The summary of a run of records, the part for each output, and the records that fixes may mend.

    `to_mend` holds few records. They are judged later, together with those of other runs (`mendable`), because each
    call has a fixed cost.
    """

    verdict: Verdict
    parts: list[Any]
    to_mend: Records | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """How the records of one file are judged, in any process. `token` identifies the job.

    `parts_of` are the functions that make each output's part of a chunk. `fingerprints` is True if hashes of touch
    points are collected. The other fields are those of `preflight.engine.judging.Judge`. By default rows are judged
    without fixes, and no output gets a part.
    """

    layout: ResolvedLayout
    rules: Sequence[RuleMaker]
    limits: DateLimits
    token: bytes = b""
    source: str = ""
    tolerant: bool = False
    fix: Collection[str] = ()
    accept: Acceptance = field(default_factory=Acceptance)
    only_previews: bool = False
    key: bytes = b""
    max_shown: int = 0
    parts_of: Sequence[Callable[[Judged], Any]] = ()
    naming: Naming = field(default_factory=present_naming)
    fingerprints: bool = False
