"""The packed row hashes of uploads in a ledger, by place and by the text of their key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from uploader.ledger.database import Database
from uploader.model.entry import Place

ARRIVED = "coalesce(outcome, '') NOT IN ('not-sent', 'refused')"
LINEAGE = (
    "WITH RECURSIVE lineage (id) AS (SELECT ? UNION SELECT continues FROM operation JOIN lineage USING (id)) "
    "SELECT id FROM lineage WHERE id IS NOT NULL"
)
"""Subquery: the ids of an operation (a parameter, may be NULL) and of those it continues."""

Rows = Iterator[tuple[int, bytes]]
"""Packed row hashes, each blob with the id of its upload."""

CountCommon = Callable[[str, Rows], int]
"""Callable that counts the rows of a new upload among those of others; it takes the text of their key, and them."""


class SentRows:
    """The rows of the uploads of the ledger in `database`."""

    database: Database

    def sent_rows(self, places: Collection[Place], hashed_with: str, *, but: int | None = None, after: int = 0) -> Rows:
        """The packed hashes, with their upload's id, of rows that arrived at `places`, or may have.

        Only hashes with this text of their key, `hashed_with`, and of uploads after id `after`. Uploads of the
        operation `but`, and of those it continues, are left out: the operation itself knows their rows.
        """
        with self.database.failures():
            found = self.database.db.execute(
                "SELECT upload, hashes FROM sent_rows JOIN upload ON upload.id = upload WHERE hashed_with = ? AND "  # noqa: S608
                f"{ARRIVED} AND operation NOT IN ({LINEAGE}) AND upload.id > ? AND {any_of(places)} ORDER BY upload",
                (hashed_with, but, after, *values_of(places)),
            )
            yield from iter(found.fetchone, None)  # `yield from found` would close the cursor, perhaps after the ledger

    def hash_texts(self, places: Collection[Place]) -> list[str]:
        """The texts of the hash keys of uploads to `places`; several if names have changed."""
        found = self.database.read(
            "SELECT DISTINCT hashed_with FROM upload WHERE id IN (SELECT upload FROM sent_rows) "  # noqa: S608
            f"AND {any_of(places)}",
            values_of(places),
        )
        return sorted(text for (text,) in found)

    def _newer_rows(
        self, last_compared: int, operation: int | None, places: Collection[Place], count_common: CountCommon
    ) -> str:
        for text in self.hash_texts(places):
            rows = self.sent_rows(places, text, but=operation, after=last_compared)
            if count := count_common(text, rows):
                message = f"{count:,} rows are" if count > 1 else "1 row is"
                return f"{message} in an upload to the same place that began meanwhile; send again to see which"
        return ""


def any_of(places: Collection[Place]) -> str:
    return (
        f"(endpoint, account, destination, customeventaction) IN (VALUES {', '.join(['(?, ?, ?, ?)'] * len(places))})"
    )


def values_of(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(text for place in places for text in place)
