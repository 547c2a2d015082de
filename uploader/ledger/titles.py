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
        statement = "SELECT title FROM known_title WHERE endpoint = ? AND account = ? AND destination = ?"
        return frozenset(title for (title,) in self.database.read(statement, place[:3]))

    def places_with_titles(self, destination: str) -> list[Place]:
        """The places, without an action, at which titles of the custom event `destination` are known."""
        statement = "SELECT DISTINCT endpoint, account FROM known_title WHERE destination = ? ORDER BY 1, 2"
        found = self.database.read(statement, (destination,))
        return [Place(endpoint, account, destination, "") for endpoint, account in found]

    def unconfirmed_titles(self, place: Place) -> Iterator[tuple[int, str]]:
        """The titles, with their upload's id, of unconfirmed uploads to a custom event that may have arrived."""
        with self.database.failures():
            found = self.database.db.execute(
                "SELECT upload, title FROM upload_title JOIN upload ON upload.id = upload WHERE endpoint = ? AND "  # noqa: S608
                f"account = ? AND destination = ? AND settled <> 'sent' AND {ARRIVED} ORDER BY upload",
                place[:3],
            )
            yield from iter(found.fetchone, None)

    def mend_titles(self, *places: Place, add: Iterable[str], remove: Iterable[str]) -> None:
        """Add the titles in `add` to the first of `places`, then remove those in `remove` from all.

        A title that was added stays known if an upload with it, said to have arrived, did not arrive after all.
        Raises `UsageError` for a title to be removed that none of them has.
        """
        with self.database.changing() as db:
            added = [(*places[0][:3], title) for title in add]
            db.executemany("INSERT OR IGNORE INTO known_title VALUES (?, ?, ?, ?)", added)
            db.executemany(f"DELETE FROM upload_title WHERE upload IN ({_SAID_TO_BE_THERE}) AND title = ?", added)  # noqa: S608
            known = {place: self.known_titles(place) for place in places}
            for title in remove:
                having = [place for place, titles in known.items() if title in titles]
                if not having:
                    raise UsageError(f"{shown(title)} is not among the known titles of {shown(places[0].destination)}")
                where = "endpoint = ? AND account = ? AND destination = ? AND title = ?"
                values = ((*place[:3], title) for place in having)
                db.executemany(f"DELETE FROM known_title WHERE {where}", values)  # noqa: S608 - our own words

    def _know_titles(self, id: int, *, for_certain: bool) -> None:
        """Make the titles of entry `id` known; unless that is `for_certain`, the new ones can be unlearned."""
        db = self.database.db
        if not for_certain:
            db.execute(f"DELETE FROM upload_title WHERE upload = :id AND title IN ({_KNOWN})", {"id": id})  # noqa: S608
        db.execute(f"INSERT OR IGNORE INTO known_title {_OF_UPLOAD}", {"id": id})
        if for_certain:
            same = "SELECT title FROM upload_title WHERE upload = :id"
            db.execute(f"DELETE FROM upload_title WHERE upload IN ({_SETTLED}) AND title IN ({same})", {"id": id})  # noqa: S608
            db.execute("DELETE FROM upload_title WHERE upload = :id", {"id": id})

    def _unlearn_titles(self, id: int) -> None:
        """Forget the titles that became known as a person stated that entry `id` arrived."""
        row = "(endpoint, account, destination, title)"
        self.database.db.execute(f"DELETE FROM known_title WHERE {row} IN ({_OF_UPLOAD})", {"id": id})  # noqa: S608


_OF_UPLOAD = (
    "SELECT endpoint, account, destination, title FROM upload_title JOIN upload ON upload.id = upload_title.upload "
    "WHERE upload.id = :id"
)
_KNOWN = (
    "SELECT known_title.title FROM known_title JOIN upload USING (endpoint, account, destination) WHERE upload.id = :id"
)
_SAID_TO_BE_THERE = "SELECT id FROM upload WHERE endpoint = ? AND account = ? AND destination = ? AND settled = 'sent'"
_SETTLED = (
    "SELECT other.id FROM upload JOIN upload AS other USING (endpoint, account, destination) "
    "WHERE upload.id = :id AND other.settled = 'sent'"
)
