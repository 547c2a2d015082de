"""The target of an upload: validation of destination, action, account and filename."""

from __future__ import annotations

import difflib
import unicodedata
from enum import StrEnum

from preflight.text.display import shown
from uploader.errors import UsageError


class CustomEventAction(StrEnum):
    """`customeventaction` of the API: the kind of touch point of every row of a file."""

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
    """`destination` if it can be the name of a custom event, else `UsageError`.

    The name decides whether rows are added to an existing event or a new one is created, and neither can be undone. So
    blanks and invisible characters at its ends are refused rather than trimmed.
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
    """`action` as the enum; raises `UsageError`, with the nearest action, if the API has no such one."""
    try:
        return CustomEventAction(action)
    except ValueError:
        near = difflib.get_close_matches(str(action).upper(), list(CustomEventAction), n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        allowed = ", ".join(CustomEventAction)
        raise UsageError(f"unknown customeventaction {shown(action)}; {guess}allowed are {allowed}") from None


def checked_titlecount(titlecount: int) -> int:
    """`titlecount` if it is 0 or more, else `UsageError`."""
    if not isinstance(titlecount, int):
        raise TypeError(f"titlecount takes a whole number, or None to be counted, not {titlecount!r}")
    if titlecount < 0:
        raise UsageError(f"titlecount must be 0 or more, not {titlecount}")
    return titlecount


def checked_account(account: str | None) -> str | None:
    """`account` if it can be the name of an account, else `UsageError`."""
    if account is not None:
        _refuse_unprintable("account", account)
        if account != account.strip():
            raise UsageError(f"the account {shown(account)} begins or ends with a blank: remove it")
    return account


def checked_filename(filename: str) -> str:
    """`filename` if it is a bare, printable name, else `UsageError`."""
    if not filename.strip() or filename in (".", ".."):
        raise UsageError("the filename is blank: give the name that Act-On will show, such as events.csv")
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
