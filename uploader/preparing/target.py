"""The place an order goes to, under all its account names, and what the ledger knows of it."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.account.hosts import canonical_base_url
from uploader.ledger.ledger import Ledger
from uploader.model.entry import Place
from uploader.preparing.hashes import hashed_with
from uploader.preparing.order import Order


@dataclass(frozen=True, slots=True)
class Known:
    """The titles that a custom event has: `all`, and those from the ledger."""

    all: frozenset[str]
    from_ledger: frozenset[str]


@dataclass(frozen=True, slots=True)
class Target:
    """An `order` with the `place` it goes to, and the `ledger` of earlier uploads.

    Uploads to any of `places`, which includes `place`, count as earlier ones.
    """

    order: Order
    ledger: Ledger
    place: Place
    places: tuple[Place, ...]

    @property
    def hashed_with(self) -> str:
        """The text of the hash key of the order's rows."""
        return hashed_with(self.place)

    def known_titles(self) -> Known:
        """The titles that the order's custom event has now."""
        from_ledger = frozenset[str]().union(*map(self.ledger.known_titles, self.places))
        return Known(frozenset(self.order.check.known_titles) | from_ledger, from_ledger)


def target_of(order: Order, ledger: Ledger, base_url: str, username: str = "") -> Target:
    """The target of an order at `base_url`; `username` is that of the login, empty without one.

    If the account is named by the login only, uploads under the blank name count, too: they may be from before it.
    """
    destination, action = order.endpoint.target(order.destination, order.customeventaction)
    named = order.account if order.account is not None else username
    place = Place(canonical_base_url(base_url), named, destination, action)
    return Target(order, ledger, place, (place,) if order.account is not None else place.with_nameless)
