"""What an upload is for: its custom event, action and names, as Act-On can mean them."""

from __future__ import annotations

import difflib
import unicodedata
from enum import StrEnum

from preflight.text.display import shown
from uploader.errors import UsageError


class CustomEventAction(StrEnum):
    """`customeventaction` in the API's words: what kind of touch point every row of the file is."""

    CUSTOM_DOWNLOADED = "CUSTOM_DOWNLOADED"
    CUSTOM_REGISTERED = "CUSTOM_REGISTERED"
    CUSTOM_ATTENDED = "CUSTOM_ATTENDED"
    CUSTOM_GENERAL = "CUSTOM_GENERAL"
    CUSTOM_GENERAL1 = "CUSTOM_GENERAL1"
    CUSTOM_GENERAL2 = "CUSTOM_GENERAL2"
    CUSTOM_GENERAL3 = "CUSTOM_GENERAL3"
    CUSTOM_GENERAL4 = "CUSTOM_GENERAL4"
    CUSTOM_GENERAL5 = "CUSTOM_GENERAL5"


def checked_destination(destination: str) -> str:
    """`destination` when it can be the name of a custom event; raises `UsageError` when not.

    The name decides whether an existing event is added to or a new one made, and neither can be undone: blanks and
    invisible characters at its ends, which nobody means, are refused rather than trimmed.
    """
    if not destination.strip():
        raise UsageError("the destination is blank: give the name of the custom event as Act-On shows it")
    _refuse_unprintable("destination", destination)
    if any(unicodedata.category(end) in ("Zs", "Cf") for end in (destination[0], destination[-1])):
        raise UsageError(
            f"the destination {shown(destination)} begins or ends with a blank or an invisible character: remove it"
        )
    return destination


def checked_action(action: CustomEventAction | str) -> CustomEventAction:
    """`action` as the enum; raises `UsageError`, naming the nearest word, when the API has no such action."""
    try:
        return CustomEventAction(action)
    except ValueError:
        near = difflib.get_close_matches(str(action).upper(), list(CustomEventAction), n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        allowed = ", ".join(CustomEventAction)
        raise UsageError(f"unknown customeventaction {shown(action)}; {guess}allowed are {allowed}") from None


def checked_titlecount(titlecount: int) -> int:
    """`titlecount` when it is a number of titles; raises `UsageError` when it is negative."""
    if titlecount < 0:
        raise UsageError(f"titlecount must be 0 or more, not {titlecount}")
    return titlecount


def checked_account(account: str | None) -> str | None:
    """`account` when it can be the name of an account; raises `UsageError` for one that a ledger could not tell."""
    if account is not None:
        _refuse_unprintable("account", account)
        if account != account.strip():
            raise UsageError(f"the account {shown(account)} begins or ends with a blank: remove it")
    return account


def checked_filename(filename: str) -> str:
    """`filename` when it is a bare, printable name; raises `UsageError` when not."""
    if not filename.strip() or filename in (".", ".."):
        raise UsageError("the filename is blank: give the name that Act-On shall show, such as events.csv")
    _refuse_unprintable("filename", filename)
    if "/" in filename or "\\" in filename:
        raise UsageError(f"the filename {shown(filename)} holds a path: give the bare name")
    return filename


def _refuse_unprintable(what: str, text: str) -> None:
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise UsageError(
                f"the {what} {shown(text)} holds a control character or line break at position {position}: remove it"
            )
