"""The place an order goes to, under all its account names, and the titles known there."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.account.hosts import canonical_base_url
from uploader.ledger.ledger import Ledger
from uploader.model.entry import Place
from uploader.preparing.hashes import hashed_with, place_key
from uploader.preparing.order import Order


@dataclass(frozen=True, slots=True)
class Target:
    """The `place` an order goes to. Uploads to any of `places`, which includes it, count as earlier ones."""

    place: Place
    places: tuple[Place, ...]


def target_of(order: Order, base_url: str, username: str = "") -> Target:
    """The target of an order at `base_url`; `username` is that of the login, empty without one.

    If the account is named by the login only, uploads under the blank name count, too: they may be from before it.
    """
    destination, action = order.endpoint.target(order.destination, order.customeventaction)
    named = order.account if order.account is not None else username
    place = Place(canonical_base_url(base_url), named, destination, action)
    return Target(place, (place,) if order.account is not None else place.with_nameless)


@dataclass(frozen=True, slots=True)
class Known:
    """The titles that a custom event has: `all`, and those from the ledger."""

    all: frozenset[str]
    from_ledger: frozenset[str]


def known_titles(order: Order, ledger: Ledger, target: Target) -> Known:
    """The titles that the order's custom event has now."""
    from_ledger = frozenset[str]().union(*map(ledger.known_titles, target.places))
    return Known(frozenset(order.check.known_titles) | from_ledger, from_ledger)


def row_key(order: Order, ledger: Ledger, target: Target) -> bytes | None:
    """The hash key for an order's rows; `None` without `row_ledger`."""
    return place_key(ledger.key, hashed_with(target.place)) if order.row_ledger else None
