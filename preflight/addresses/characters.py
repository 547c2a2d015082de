"""Locates the characters that make a text an invalid email address.

`email-validator` decides whether an address is valid (`preflight.addresses.valid`), but its reasons give no positions.
The order of the search is the same: before the first @, then after it.
"""

from __future__ import annotations

import re

from preflight.text.spans import WHOLE, Spans, matches

MAX_LOCAL, MAX_LABEL, MAX_ADDRESS = 64, 63, 254
"""Maximum length of the local part, of a label of the domain, and of the address (RFC 5321)."""

_NOT_IN_LOCAL = re.compile(r"[^A-Za-z0-9_!#$%&'*+/=?^`{|}~.-]+")
_NOT_IN_DOMAIN = re.compile(r"[^\w.\u3002\uff0e\uff61\u00b7-]+|_+")
_PERIODS = re.compile(r"^\.+|\.{2,}|\.+$")
_HYPHENS = re.compile(r"(?<![^.])-+|-+(?![^.])|(?<=(?<=[.])[A-Za-z0-9]{2})--|(?<=\A[A-Za-z0-9]{2})--")
_LABEL = re.compile(r"[^.]+")


def out_of_place(text: str) -> Spans:
    """The spans of the invalid characters in a text that is no address; `WHOLE` if there is no @."""
    at = text.find("@")
    if at < 0:
        return WHOLE
    if at in (0, len(text) - 1):
        return ((at, at + 1),)
    return _before(text[:at]) or _behind(text, at + 1) or ((at + 1, None),)


def _before(local: str) -> Spans:
    found = matches(_NOT_IN_LOCAL, local) or matches(_PERIODS, local)
    return found or (((MAX_LOCAL, len(local)),) if len(local) > MAX_ADDRESS else ())


def _behind(text: str, start: int) -> Spans:
    domain = text[start:]
    found = matches(_NOT_IN_DOMAIN, domain) or matches(_PERIODS, domain) or matches(_HYPHENS, domain)
    if not found:
        labels = [match.span() for match in _LABEL.finditer(domain)]
        long = [span for span in labels if span[1] - span[0] > MAX_LABEL]
        found = tuple(long[:1])
        if not found and len(text) > MAX_ADDRESS:
            found = ((MAX_ADDRESS - start, len(domain)),) if start < MAX_ADDRESS else ()
        elif not found and len(labels) > 1:
            found = (labels[-1],)  # only the top level remains: without a letter, or reserved
    return tuple((first + start, None if last is None else last + start) for first, last in found)
