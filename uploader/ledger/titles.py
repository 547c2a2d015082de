"""The titles that a custom event is known to have, and those it has if an upload arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from preflight.text.display import shown
from uploader.errors import UsageError
from uploader.ledger.database import Database
from uploader.ledger.sentrows import ARRIVED
from uploader.model.entry import Place


class KnownTitles:
    """The titles in the ledger in `database`."""

    database: Database

    def known_titles(self, place: Place) -> frozenset[str]:
        """The titles that a custom event has: those of confirmed uploads, and those added by hand."""
        with self.database.failures():
            statement = "SELECT title FROM known_title WHERE endpoint = ? AND account = ? AND destination = ?"
            return frozenset(title for (title,) in self.database.db.execute(statement, place[:3]))

    def unconfirmed_titles(self, place: Place) -> Iterator[tuple[int, str]]:
        """The titles, with their upload's id, of unconfirmed uploads to a custom event that may have arrived."""
        with self.database.failures():
            found = self.database.db.execute(
                "SELECT upload, title FROM upload_title JOIN upload ON upload.id = upload WHERE endpoint = ? AND "  # noqa: S608
                f"account = ? AND destination = ? AND {ARRIVED} ORDER BY upload",
                place[:3],
            )
            yield from iter(found.fetchone, None)

    def mend_titles(self, place: Place, *, add: Iterable[str], remove: Iterable[str]) -> None:
        """Add the titles in `add`, then remove those in `remove`; raises `UsageError` for one that is not known."""
        with self.database.changing() as db:
            db.executemany("INSERT OR IGNORE INTO known_title VALUES (?, ?, ?, ?)", ((*place[:3], t) for t in add))
            known = self.known_titles(place)
            for title in remove:
                if title not in known:
                    raise UsageError(f"{shown(title)} is not among the known titles of {shown(place.destination)}")
                where = "endpoint = ? AND account = ? AND destination = ? AND title = ?"
                db.execute(f"DELETE FROM known_title WHERE {where}", (*place[:3], title))  # noqa: S608 - our own words

    def _know_titles(self, id: int) -> None:
        self.database.db.execute(
            "INSERT OR IGNORE INTO known_title SELECT endpoint, account, destination, title FROM upload_title "
            "JOIN upload ON upload.id = upload_title.upload WHERE upload.id = ?",
            (id,),
        )
        self.database.db.execute("DELETE FROM upload_title WHERE upload = ?", (id,))
