"""The titlecount of an upload, how it was counted, and the numbers under other readings of the titles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from preflight.model.reported import Titles
from preflight.text.spelling import plainly_folded


@dataclass(frozen=True, slots=True)
class TitleCount:
    """`sent` is the number sent, `counted` the computed one: `distinct` titles less the `known` ones.

    `from_ledger` of the known titles come from the ledger, the others from `known_titles`. `with_blanks` is the number
    of new titles if blanks at the ends make another title, `case_folded` that if case and inner blanks make none.
    `unconfirmed` are the ids of uploads that brought some of the new titles if they arrived.
    """

    sent: int
    counted: int
    distinct: int
    known: int
    from_ledger: int
    with_blanks: int
    case_folded: int
    unconfirmed: tuple[int, ...] = ()

    @property
    def plain(self) -> bool:
        """True if the check's report says all: every reading gives one number, and the ledger adds nothing."""
        readings = {self.sent, self.counted, self.with_blanks, self.case_folded}
        return len(readings) == 1 and not self.from_ledger and not self.unconfirmed

    def as_dict(self) -> dict[str, Any]:
        """The numbers as `--json` prints them."""
        return asdict(self)


def count_titles(
    titles: Titles,
    given: int | None,
    from_ledger: frozenset[str],
    known: frozenset[str],
    unconfirmed: Iterable[tuple[int, str]],
) -> TitleCount:
    """The titlecount of `titles`, which were compared with the `known` ones; `given`, if any, is sent instead.

    `from_ledger` are the known titles that come from the ledger. `unconfirmed` are pairs of an upload's id and a title
    that becomes known when the upload is confirmed.
    """
    new = titles.new
    case_folded = (
        len({plainly_folded(title) for title in new} - {plainly_folded(title) for title in known}) + titles.unlisted
    )
    among = frozenset(new)
    return TitleCount(
        sent=titles.new_count if given is None else given,
        counted=titles.new_count,
        distinct=titles.distinct,
        known=len(titles.known),
        from_ledger=len(titles.known & from_ledger),
        with_blanks=titles.new_count + titles.spellings - titles.distinct,
        case_folded=case_folded,
        unconfirmed=tuple(sorted({id for id, title in unconfirmed if title in among})),
    )
