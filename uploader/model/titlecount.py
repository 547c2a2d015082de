"""How an upload's titlecount came about, and where another reading of the titles would give another number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from preflight.model.report import Titles
from preflight.text.spelling import plainly_folded


@dataclass(frozen=True, slots=True)
class TitleCount:
    """`sent` is the number that is sent, `counted` the one that was worked out: `distinct` titles less the `known`.

    Of the known ones `from_ledger` are known from the ledger, the others were given. `with_blanks` is how many there
    are with blanks at the ends of titles, `case_folded` how many are new when case and inner blanks make no other
    title. `unconfirmed` are uploads, by their ids, that brought some of the new ones if they arrived.
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
        """True when there is nothing to say of it beyond the check's own words."""
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
    """Account for the titlecount of `titles`, which were compared with the `known` ones; `given` wins over it.

    `from_ledger` are those of the known titles that come from the ledger; `unconfirmed` pairs an upload's id with a
    title that is known once it is confirmed.
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
