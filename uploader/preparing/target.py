"""Where an order goes, by every name that the place had, and what is known there already."""

from __future__ import annotations

from dataclasses import dataclass

from uploader.account.hosts import canonical_base_url
from uploader.ledger.ledger import Ledger
from uploader.model.entry import Place
from uploader.preparing.hashes import hashed_with, place_key
from uploader.preparing.order import Order


@dataclass(frozen=True, slots=True)
class Target:
    """Where an order goes: `place`. Uploads to any of `places` count as earlier ones, `place` among them."""

    place: Place
    places: tuple[Place, ...]


def target_of(order: Order, base_url: str, username: str = "") -> Target:
    """Where an order goes at `base_url`, where the login is that of `username`, if there is one.

    An account that nobody named but the login may have gone without a name before: its uploads count, too.
    """
    destination, action = order.endpoint.target(order.destination, order.customeventaction)
    named = order.account if order.account is not None else username
    place = Place(canonical_base_url(base_url), named, destination, action)
    nameless = place._replace(account="")
    return Target(place, (place,) if order.account is not None or place == nameless else (place, nameless))


@dataclass(frozen=True, slots=True)
class Known:
    """The titles that a custom event has: `all` of them, and those that the ledger knows."""

    all: frozenset[str]
    from_ledger: frozenset[str]


def known_titles(order: Order, ledger: Ledger, target: Target) -> Known:
    """The titles that the custom event has by now."""
    from_ledger = frozenset[str]().union(*map(ledger.known_titles, target.places))
    return Known(frozenset(order.check.known_titles) | from_ledger, from_ledger)


def row_key(order: Order, ledger: Ledger, target: Target) -> bytes | None:
    """The key for the hashes of an order's rows; `None` when they are not wanted."""
    return place_key(ledger.key, hashed_with(target.place)) if order.row_ledger else None
