"""Which rows were sent: the packed hashes that a ledger keeps, looked up by where and with what they were sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from uploader.ledger.database import Database
from uploader.model.entry import Place

ARRIVED = "coalesce(outcome, '') NOT IN ('not-sent', 'refused')"
LINEAGE = (
    "WITH RECURSIVE lineage (id) AS (SELECT ? UNION SELECT continues FROM operation JOIN lineage USING (id)) "
    "SELECT id FROM lineage WHERE id IS NOT NULL"
)
"""An operation, given by its id or NULL, and those that it continues."""

Rows = Iterator[tuple[int, bytes]]
"""Packed row hashes, each piece with the id of the upload that has it."""

InCommon = Callable[[str, Rows], int]
"""Counts the rows of an upload that is to begin among those of others, given what their hashes are made with."""


class SentRows:
    """What a ledger in `database` has of rows."""

    database: Database

    def sent_rows(self, places: Collection[Place], hashed_with: str, *, but: int | None = None, after: int = 0) -> Rows:
        """The packed hashes of rows that arrived at `places`, or may have, made with `hashed_with`; each upload's id.

        The uploads of the operation `but`, and of those that it continues, are left out, as it knows which rows they
        had; only uploads after id `after` count.
        """
        with self.database.failures():
            found = self.database.db.execute(
                "SELECT upload, hashes FROM sent_rows JOIN upload ON upload.id = upload WHERE hashed_with = ? AND "  # noqa: S608
                f"{ARRIVED} AND operation NOT IN ({LINEAGE}) AND upload.id > ? AND {any_of(places)} ORDER BY upload",
                (hashed_with, but, after, *values_of(places)),
            )
            yield from iter(found.fetchone, None)  # the cursor itself would be closed, perhaps after the ledger

    def hashes_made_with(self, places: Collection[Place]) -> list[str]:
        """What the row hashes of uploads to `places` were made with: more than one text where names have changed."""
        with self.database.failures():
            found = self.database.db.execute(
                "SELECT DISTINCT hashed_with FROM upload WHERE id IN (SELECT upload FROM sent_rows) "  # noqa: S608
                f"AND {any_of(places)}",
                values_of(places),
            )
            return sorted(text for (text,) in found)

    def _newer_rows(self, looked_up: int, operation: int | None, places: Collection[Place], in_common: InCommon) -> str:
        for text in self.hashes_made_with(places):
            rows = self.sent_rows(places, text, but=operation, after=looked_up)
            if count := in_common(text, rows):
                message = f"{count:,} rows are" if count > 1 else "1 row is"
                return f"{message} in an upload to the same place that began meanwhile; send once more to be told which"
        return ""


def any_of(places: Collection[Place]) -> str:
    return (
        f"(endpoint, account, destination, customeventaction) IN (VALUES {', '.join(['(?, ?, ?, ?)'] * len(places))})"
    )


def values_of(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(text for place in places for text in place)
