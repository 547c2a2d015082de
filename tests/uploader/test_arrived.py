"""What an interrupted run says of its uploads, and when all of its rows arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.uploader.test_ledger import INTENT, begin
from uploader.ledger.ledger import Ledger
from uploader.model.entry import Operation
from uploader.model.job import Job
from uploader.model.outcome import Outcome
from uploader.sending.run import all_arrived, what_arrived

CONFIRMED, DIFFERS, REFUSED = Outcome.CONFIRMED, Outcome.COUNTS_DIFFER, Outcome.REFUSED


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "l.db") as opened:
        yield opened


def file_sent(ledger: Ledger, name: str, outcomes: Sequence[Outcome], parts: int) -> list[int]:
    """The ids of the uploads of a file of `parts` parts, the first of which were begun and have these outcomes."""
    operation: Operation | int = Operation(place=INTENT.place, source=name, whole=name, parts=parts)
    ids = []
    for part, outcome in enumerate(outcomes, 1):
        intent = replace(INTENT, sha256=f"{name}{part}", whole=name, part=part, parts=parts)
        id = begin(ledger, intent, operation=operation, again=True)
        entry = ledger.entry(id)
        assert entry is not None
        operation = entry.operation or 0
        rejected = {CONFIRMED: 0, DIFFERS: 1}.get(outcome)
        ledger.record(id, outcome, None if rejected is None else Job("77", "ok", 2 - rejected, rejected))
        ids.append(id)
    return ids


SEE = "; see `uploader history --ledger l.db`"
SETTLE = "look in Act-On, then settle it with `uploader settle {0} --ledger l.db --sent` or `uploader settle {0} "
SETTLE += "--ledger l.db --not-sent`"
REST = "; the same command goes on with the other parts"


@pytest.mark.parametrize(
    ("outcomes", "parts", "says"),
    [
        ([], 1, ""),
        ([REFUSED], 1, ""),
        ([Outcome.NOT_SENT], 2, ""),
        ([CONFIRMED], 1, f"upload 1 (confirmed) was begun{SEE}"),
        ([CONFIRMED], 2, f"upload 1 (part 1 of 2, confirmed) was begun{REST}{SEE}"),
        ([CONFIRMED, REFUSED], 2, f"upload 1 (part 1 of 2, confirmed) was begun{REST}{SEE}"),
        (
            [CONFIRMED, CONFIRMED],
            2,
            f"upload 1 (part 1 of 2, confirmed), upload 2 (part 2 of 2, confirmed) were begun{SEE}",
        ),
        (
            [CONFIRMED, CONFIRMED],
            3,
            f"upload 1 (part 1 of 3, confirmed), upload 2 (part 2 of 3, confirmed) were begun{REST}{SEE}",
        ),
        ([Outcome.IN_DOUBT], 2, f"upload 1 (part 1 of 2, in doubt) was begun; {SETTLE.format(1)}{SEE}"),
        (
            [CONFIRMED, DIFFERS],
            3,
            "upload 1 (part 1 of 3, confirmed), upload 2 (part 2 of 3, not fully confirmed) were begun; look in "
            f"Act-On, then accept it as it is with `uploader settle 2 --ledger l.db --sent`{SEE}",
        ),
    ],
)
def test_a_run_says_what_it_began_and_what_comes_next(
    outcomes: list[Outcome], parts: int, says: str, ledger: Ledger
) -> None:
    told = what_arrived(ledger, file_sent(ledger, "a", outcomes, parts))
    assert told == says.replace(" --ledger l.db", ledger.option)


def test_entries_that_the_ledger_does_not_have_are_skipped(ledger: Ledger) -> None:
    assert what_arrived(ledger, [7]) == ""
    told = what_arrived(ledger, [*file_sent(ledger, "a", [CONFIRMED], 1), 7])
    assert told == f"upload 1 (confirmed) was begun; see `uploader history{ledger.option}`"


@pytest.mark.parametrize(
    ("sent", "files", "relied_on", "whole"),
    [
        ([([CONFIRMED], 1)], 1, [], True),
        ([([CONFIRMED], 1)], 2, [], False),
        ([([CONFIRMED], 1), ([CONFIRMED], 1)], 2, [], True),
        ([([CONFIRMED], 2)], 1, [], False),
        ([([CONFIRMED, CONFIRMED], 2)], 1, [], True),
        ([([CONFIRMED, REFUSED], 2)], 1, [], False),
        ([([CONFIRMED, DIFFERS], 2)], 1, [], False),
        ([([DIFFERS], 1), ([CONFIRMED], 1)], 2, [], False),
        ([([CONFIRMED], 1)], 1, [CONFIRMED], True),
        ([([CONFIRMED], 1)], 1, [CONFIRMED, DIFFERS], False),
        ([([CONFIRMED], 1)], 1, [Outcome.SENT], False),
    ],
)
def test_all_arrived_if_every_row_of_every_file_is_confirmed(
    sent: list[tuple[list[Outcome], int]], files: int, relied_on: list[Outcome], whole: bool, ledger: Ledger
) -> None:
    earlier = [id for one in relied_on for id in file_sent(ledger, "earlier", [one], 1)]
    begun = [id for name, (outcomes, parts) in enumerate(sent) for id in file_sent(ledger, str(name), outcomes, parts)]
    assert all_arrived(ledger, begun, files, earlier) is whole


def test_the_parts_of_an_earlier_run_count_for_a_file_that_was_gone_on_with(ledger: Ledger) -> None:
    ids = file_sent(ledger, "a", [CONFIRMED, CONFIRMED], 2)
    assert all_arrived(ledger, ids[1:], 1, [])
