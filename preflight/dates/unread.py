"""What a text is that no Java date pattern reads, and the way to one that it does."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from preflight.dates.pattern import MONTHS
from preflight.text.display import shown
from preflight.text.whitespace import INVISIBLE

LONGEST = 100
"""Characters; a longer text is none of these."""

_SERIAL = re.compile(r"([2-7][0-9]{4})(?:[.,]([0-9]{1,12}))?")
_SERIAL_START = datetime(1899, 12, 30)
_UNIX = re.compile(r"(1[0-9]{9})(?:\.[0-9]{1,9})?|(1[0-9]{12})|(1[0-9]{15})")
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in MONTHS)
_NO_YEAR = re.compile(rf"[0-9]{{1,2}}\.?[-/ ]?(?:{_MONTH})|[0-9]{{1,2}}[/.-][0-9]{{1,2}}\.?", re.IGNORECASE)
_NO_DAY = re.compile(
    rf"(?:{_MONTH})[-/, ]+[0-9]{{4}}|[0-9]{{1,2}}[/.-][0-9]{{4}}|(?:19|20)[0-9]{{2}}(?:[/.-][0-9]{{1,2}})?",
    re.IGNORECASE,
)
_NO_YEAR_OR_DAY = re.compile(rf"(?:{_MONTH})[-/ ]?[0-9]{{1,2}}", re.IGNORECASE)
_FORMULA = re.compile(r'="([^"]*)"|=""([^"]*)""')
_HIDDEN = re.compile(f"[{INVISIBLE}\u00a0\u2007\u2009\u202f]")
_ZONE = re.compile(
    r"[0-9]:[0-9]{2}.*?[ 0-9(](\(?((?:GMT|UTC|UT)(?: ?[+-][0-9]{1,2}(?::?[0-9]{2})?)?"
    r"|(?!SAT|OCT)[A-Z]{2,4}T|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\)?)(?: [0-9]{4})?$"
)
_FRACTION = re.compile(r"[0-9]:[0-9]{2}:[0-9]{2}[.,]([0-9]{4,9})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Unread:
    """What a text is: the `kind` in the plural, what to say of this text after it (`says`), the way out (`remedy`).

    `date` is what a number stands for, in UTC where it is an instant. `bare` is the text without what keeps it from
    being read, `zoned` tells that this is a zone.
    """

    kind: str
    says: str
    remedy: str
    date: datetime | None = None
    bare: str = ""
    zoned: bool = False


def unread(text: str) -> Unread | None:
    """What the text is; `None` for what is not known, and for what some pattern may read."""
    plain = text.strip(" \t")
    if not plain or len(plain) > LONGEST:
        return None
    return _number(plain.strip()) or _wrapped(plain) or _partial(plain)


def _number(plain: str) -> Unread | None:
    if match := _SERIAL.fullmatch(plain):
        seconds = round(float(f"0.{match[2] or 0}") * 86400)
        date = _SERIAL_START + timedelta(days=int(match[1]), seconds=seconds)
        told = date.isoformat(" ") if match[2] else date.date().isoformat()
        remedy = "show the column as dates (yyyy-mm-dd) in the spreadsheet and export it again"
        return Unread("a spreadsheet's numbers of days", f"is a spreadsheet's number for {told}", remedy, date)
    if match := _UNIX.fullmatch(plain):
        unit = "seconds" if match[1] else "milliseconds" if match[2] else "microseconds"
        ticks = int(match[match.lastindex or 1])
        date = datetime(1970, 1, 1) + timedelta(**{unit: ticks})
        days = {"seconds": 86_400, "milliseconds": 86_400_000, "microseconds": 86_400_000_000}[unit]
        remedy = f"make dates of them first, in a spreadsheet by =A1/{days}+25569 shown as yyyy-mm-dd"
        told = f"{date:%Y-%m-%d %H:%M:%S} UTC"
        return Unread(
            f"Unix time in {unit}", f"is Unix time, the {unit} since 1970, and stands for {told}", remedy, date
        )
    return None


def _wrapped(plain: str) -> Unread | None:
    """A text that hides the date inside."""
    if not plain.strip("#"):
        remedy = "make the column wider in the spreadsheet and export it again"
        return Unread(
            "what a spreadsheet shows in too narrow a column",
            "is what a spreadsheet shows where the column is too narrow",
            remedy,
        )
    if match := _FORMULA.fullmatch(plain):
        remedy = 'take the =" and the " off, in a spreadsheet by copying the column and pasting its values'
        bare = match[1] or match[2] or ""
        return Unread('formulas (="…")', "is a formula around a text, for Excel to leave it alone", remedy, bare=bare)
    if plain[0] in "'’‘`" and re.search("[0-9]", plain):
        remedy = "take it off, in a spreadsheet with Find and Replace"
        return Unread(
            "texts after an apostrophe",
            "has a spreadsheet's ' before it, which marks text",
            remedy,
            bare=plain[1:].strip(),
        )
    if match := _HIDDEN.search(plain):
        code = f"U+{ord(match[0]):04X}"
        name = unicodedata.name(match[0], "").lower()
        says = f"has {code} ({name}) at position {match.start() + 1}, which nobody sees"
        bare = _HIDDEN.sub(lambda found: "" if found[0] in INVISIBLE else " ", plain).strip()
        return Unread(f"texts with {code} ({name})", says, "take such characters out with Find and Replace", bare=bare)
    return None


def _partial(plain: str) -> Unread | None:
    """A text that says less than a date does, or says a time as no pattern reads it."""
    for form, lack in ((_NO_YEAR, "year"), (_NO_DAY, "day"), (_NO_YEAR_OR_DAY, "year or no day")):
        if form.fullmatch(plain):
            remedy = "show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again"
            return Unread(f"dates without a {lack.removesuffix(' or no day')}", f"has no {lack}", remedy)
    if match := _ZONE.search(plain):
        remedy = "export the times without a zone, or with an offset such as -05:00"
        says = f"names its time zone ({shown(match[2])}), which Java reads by a list of its own"
        bare = (plain[: match.start(1)].rstrip() + plain[match.end(1) :]).strip()
        return Unread("times with the zone as a word", says, remedy, bare=bare, zoned=True)
    if match := _FRACTION.search(plain):
        says = f"has {len(match[1])} digits after the second, which Java reads as so many milliseconds"
        bare = plain[: match.start(1) - 1] + plain[match.end(1) :]
        return Unread("times with parts of a millisecond", says, "export the times to the second", bare=bare)
    return None
