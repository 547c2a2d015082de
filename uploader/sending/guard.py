"""The destination guard: an upload to a custom event that does not exist would create it, for ever.

So the account's custom events are listed before the first upload to a destination. A name that is not among them is
refused unless it may be created. Without a list there is a notice, and the upload goes on.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from preflight.model.report import Report
from preflight.text.asking import option
from preflight.text.display import shown
from uploader.delivery.client import Client
from uploader.errors import ListError, NotSentError, UnknownDestinationError
from uploader.model.outcome import Outcome
from uploader.preparing.target import Target


@dataclass(frozen=True, slots=True)
class Ready:
    """An upload that is about to be posted: `rows` rows of the file with this `report`."""

    report: Report
    rows: int
    destination: str
    customeventaction: str


class Consent(Protocol):
    """Consent of a person, requested before anything of a file is posted."""

    def may_create(self, question: str, ready: Ready) -> bool:
        """True if Act-On may create the destination and the rows may be sent; `question` names the destination."""

    def may_send(self, ready: Ready) -> bool:
        """True if the rows may be sent."""


NEAR_MATCHES = 3
NEARNESS = 0.7
"""Least similarity of a suggested name (`difflib` ratio, 0 to 1)."""


def guard(target: Target, client: Client, consent: Consent | None, ready: Ready) -> None:
    """Check the destination and request consent, before the first part is posted.

    A destination that passed is not looked up again for the same `client`. Raises `UnknownDestinationError`, and
    `NotSentError` without consent.
    """
    destination = target.place.destination
    if not target.order.create and destination not in client.passed_destinations:
        _check_destination(target, client, consent, ready)
        client.passed_destinations.add(destination)
    if consent is not None and not consent.may_send(ready):
        raise NotSentError("nothing was sent: the answer was no")


def _check_destination(target: Target, client: Client, consent: Consent | None, ready: Ready) -> None:
    """Raise `UnknownDestinationError` for a destination that does not exist, unless `consent` lets Act-On create it.

    If an upload to it was confirmed before, the list may lag, and there is only a notice.
    """
    destination = shown(target.place.destination)
    try:
        events = client.custom_events()
    except ListError as error:
        client.notice(f"{destination} was not looked up among the custom events: {error}")
        return
    if events is None or target.place.destination in events:
        return
    among = f"among the {len(events):,} custom events" if len(events) != 1 else "a custom event"
    message = f"{destination} is not {among} of the account"
    if _had_one_confirmed(target):
        client.notice(f"{message}, although an upload to it was confirmed: the list may lag, it is sent all the same")
        return
    near = " or ".join(map(shown, near_matches(target.place.destination, events)))
    if len(events) == 1:
        message += f"; its only one is {shown(events[0])}."
    else:
        message += f"; did you mean {near}?" if near else ", and none has a name like it."
    question = f"{message} Act-On would make {destination}, for ever: create it"
    if consent is None or not consent.may_create(question, ready):
        raise UnknownDestinationError(
            f"nothing was sent: {message} {option('create')} lets Act-On make {destination}, for ever"
        )


def _had_one_confirmed(target: Target) -> bool:
    """True if an upload to the destination, with any action, was confirmed."""
    events = {place[:3] for place in target.places}
    return any(entry.outcome is Outcome.CONFIRMED and entry.place[:3] in events for entry in target.ledger.entries())


def near_matches(name: str, names: Sequence[str]) -> list[str]:
    """The `names` most similar to `name`: first those that differ in case, blanks and Unicode form only."""
    by_form: dict[str, list[str]] = {}
    for other in dict.fromkeys(names):
        by_form.setdefault(_form(other), []).append(other)
    forms = [_form(name), *difflib.get_close_matches(_form(name), by_form, n=NEAR_MATCHES, cutoff=NEARNESS)]
    return [other for form in dict.fromkeys(forms) for other in by_form.get(form, ())][:NEAR_MATCHES]


def _form(name: str) -> str:
    """`name` for comparison: NFKC, case-folded, without blanks and invisible characters."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in plain if unicodedata.category(character)[0] not in "CZ")
