"""Whether an address is valid: exactly if `email-validator` accepts it.

The verdict is that of `email_validator.validate_email` with `check_deliverability=False`, `allow_smtputf8=False` and
its other defaults.
"""

from __future__ import annotations

import re

from preflight.addresses.alike import judged_alike
from preflight.text.whitespace import INVISIBLE

CERTAINLY_SHORT = 64
"""Length in bytes up to which neither a label (maximum 63) nor the address (254) can be too long."""

LONGEST_JUDGED = 1_000
"""Characters; the library does not get longer texts. Anything over 254 is invalid, and a cell may be a megabyte."""

NO_AT_SIGN = "An email address must have an @-sign."
SEVERAL_AT_SIGNS = "The part after the @-sign contains invalid characters: '@'."
_ATOM = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"
_SEVERAL_AT = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9.-]*@[A-Za-z0-9.@-]*")
_INVISIBLE = re.compile(rf"[{INVISIBLE}]|[^\S \t\n\r\x0b\x0c]")  # with no-break spaces, which are not ASCII
_MAILTO = re.compile(r"mailto:([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)


def invalid_because(text: str) -> str | None:
    """The reason why `email-validator` rejects `text`; None if it accepts it."""
    if "@" not in text and "<" not in text and text.isascii():
        return NO_AT_SIGN  # the library's message, without the time to import it
    if len(text) <= CERTAINLY_SHORT and _SEVERAL_AT.fullmatch(text):
        return SEVERAL_AT_SIGNS  # the library's message, too
    if len(text) > LONGEST_JUDGED:
        return f"The email address is too long ({len(text) - 254} characters too many)."
    return _library_says(text)


@judged_alike
def _library_says(text: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return str(error)
    return None


def without_invisible(text: str) -> str:
    """`text` without invisible characters; plain blanks are kept, as they may replace another character."""
    return _INVISIBLE.sub("", text)


def without_mailto(text: str) -> str:
    """The address of a `mailto:` link without header fields (RFC 6068); any other text unchanged."""
    match = _MAILTO.fullmatch(text)
    return match[1] if match else text
