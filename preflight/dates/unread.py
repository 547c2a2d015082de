"""Texts that no Java date pattern reads: what they are, and how to make them readable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from preflight.dates.compose import fits
from preflight.dates.pattern import MONTHS
from preflight.dates.respelling import DASH, ERA, respelled_year, start_of
from preflight.dates.source import days_read
from preflight.dates.zones import AMBIGUOUS, fixed_offset, is_place, place_named
from preflight.text.asking import fix_option, option
from preflight.text.display import counted, shown
from preflight.text.locales import folded, language_of, language_of_weekday, words_of
from preflight.text.whitespace import INVISIBLE

LONGEST = 100
"""Limit for the length of such texts in characters."""

_SERIAL = re.compile(r"([2-7][0-9]{4})(?:[.,]([0-9]{1,12}))?")
_SERIAL_START = datetime(1899, 12, 30)
_UNIX = re.compile(r"(1[0-9]{9})(?:\.[0-9]{1,9})?|(1[0-9]{12})|(1[0-9]{15})")
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in MONTHS)
_NO_YEAR = re.compile(
    rf"(?:[^\W\d_]{{2,9}}[.,]? )?[0-9]{{1,2}}\.?[-/ ]?(?:{_MONTH})|[0-9]{{1,2}}[/.-][0-9]{{1,2}}\.?", re.IGNORECASE
)
_NO_DAY = re.compile(
    rf"(?:{_MONTH})[-/, ]+[0-9]{{4}}|[0-9]{{1,2}}[/.-][0-9]{{4}}|(?:19|20)[0-9]{{2}}(?:[/.-][0-9]{{1,2}})?",
    re.IGNORECASE,
)
_NO_YEAR_OR_DAY = re.compile(rf"(?:[^\W\d_]{{2,9}}[.,]? )?(?:{_MONTH})[-/ ]?[0-9]{{1,2}}", re.IGNORECASE)
_FORMULA = re.compile(r'="([^"]*)"|=""([^"]*)""')
_HIDDEN = re.compile(f"[{INVISIBLE}\u00a0\u2007\u2009\u202f]")
_ZONE = re.compile(
    r"[0-9]:[0-9]{2}.*?[ 0-9(](\(?((?:GMT|UTC|UT)(?: ?[+-][0-9]{1,2}(?::?[0-9]{2})?)?"
    r"|(?!SAT|OCT)[A-Z]{2,4}T|[ECMP]T|MSK|WITA|WIB|MES?Z|(?![AP]M )[A-Z][A-Za-z. ]{1,40} Time"
    r"(?: \(US (?:and|&) Canada)?|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\)?)(?: [0-9]{4})?$"
)
_ZONE_NAME = re.compile(r":[0-9]{2}.*[+-][0-9]{2}:?[0-9]{2} (\([^()]*\)|[A-Z]{3,5})$")
_DASH = re.compile(f"(?<=[0-9]){DASH.pattern}(?=[0-9])")
_TO = "(?: (?:-|to|bis|au|al|tot) | ?[–—→] ?)"
_ORDER = "(?:[.]|st|nd|rd|th)?"
_DAYS = re.compile(
    rf"(?:19|20)[0-9]{{2}}(?:[./-][0-9]{{1,2}}){{0,2}}{_TO}.*(?:19|20)[0-9]{{2}}"
    rf"|(?<![0-9./-])[0-9]{{1,2}}{_ORDER} ?[-–—] ?[0-9]{{1,2}}{_ORDER},? (?:[^\W\d_]+[.]? )?(?:19|20)[0-9]{{2}}"
    rf"|(?<![0-9./-])[0-9]{{1,2}}[.] ?[-–—] ?[0-9]{{1,2}}[.] ?[0-9]{{1,2}}[.] ?[0-9]{{4}}"
)
_ORDINAL = re.compile(r"\b[0-9]{1,2}(?:st|nd|rd|th)\b", re.IGNORECASE)
_OTHER_HALF = re.compile(r"[0-9] ?([ap]\.? m\.|[ap]\.m\.)", re.IGNORECASE)
_HALF_BEFORE = re.compile(r"([上下]午|午[前後]|오[전후]) ?([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_OF_MONTH = re.compile(r"[0-9] de ([^\W\d_]{3}\.) de [0-9]{4}")
"""A Portuguese month that is spelt as in English: `13 de mar. de 2026`."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_FRACTION = re.compile(r"[0-9]:[0-9]{2}:[0-9]{2}[.,]([0-9]{1,2}|[0-9]{4,9})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Unread:
    """The meaning of a text: its `kind` in the plural, the predicate of a message about it (`says`), and a `remedy`.

    `date` is the date that a number means, in UTC if it is an instant. `bare` is the text without the part that makes
    it unreadable; `zoned` if this part is a zone. `options` are the options with which such dates are read, by name.
    """

    kind: str
    says: str
    remedy: str
    date: datetime | None = None
    bare: str = ""
    zoned: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def unread(text: str, normalized: bool = False, locale: str = "") -> Unread | None:
    """The meaning of a text; None if it is unknown, or if some pattern may read the text.

    `normalized` if the dates are normalized; `locale` is the language of their names: see `preflight.dates.source`.
    """
    plain = text.strip(" \t")
    if not plain or len(plain) > LONGEST:
        return None
    found = _number(plain.strip(), normalized) or _wrapped(plain, normalized) or _partial(plain, normalized)
    return found or _zoned(plain, normalized) or _foreign(plain, normalized, locale)


def _or_read(remedy: str, normalized: bool, **options: str) -> dict[str, Any]:
    """The remedy, completed by the options with which such texts are read, if these were not given."""
    if not normalized:
        options = {"normalize_dates": "", **options}
    if not options:
        return {"remedy": remedy}
    options_named = " and ".join(option(name, value) for name, value in options.items())
    return {"remedy": f"{remedy}, or have them read with {options_named}", "options": options}


def _number(plain: str, normalized: bool) -> Unread | None:
    if match := _SERIAL.fullmatch(plain):
        seconds = round(float(f"0.{match[2] or 0}") * 86400)
        date = _SERIAL_START + timedelta(days=int(match[1]), seconds=seconds)
        message = date.isoformat(" ") if match[2] else date.date().isoformat()
        remedy = "show the column as dates (yyyy-mm-dd) in the spreadsheet and export it again"
        way_out = _or_read(remedy, normalized, dateformat="excel")
        return Unread(
            "a spreadsheet's numbers of days", f"is a spreadsheet's number for {message}", date=date, **way_out
        )
    if match := _UNIX.fullmatch(plain):
        unit = "seconds" if match[1] else "milliseconds" if match[2] else "microseconds"
        ticks = int(match[match.lastindex or 1])
        date = datetime(1970, 1, 1) + timedelta(**{unit: ticks})
        days = {"seconds": 86_400, "milliseconds": 86_400_000, "microseconds": 86_400_000_000}[unit]
        remedy = f"make dates of them first, in a spreadsheet by =A1/{days}+25569 shown as yyyy-mm-dd"
        message = f"{date:%Y-%m-%d %H:%M:%S} UTC"
        name = {"seconds": "unix", "milliseconds": "unix-ms"}.get(unit)
        way_out = _or_read(remedy, normalized, dateformat=name) if name else {"remedy": remedy}
        says = f"is Unix time, the {unit} since 1970, and stands for {message}"
        return Unread(f"Unix time in {unit}", says, date=date, **way_out)
    return None


def _wrapped(plain: str, normalized: bool) -> Unread | None:
    """The meaning of a text that contains more than a date."""
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
        remedy = f"{remedy}, or have them fixed with {fix_option('formula')}"
        says, fix = "is a formula around a text, for Excel to leave it alone", {"fix": "formula"}
        return Unread('formulas (="…")', says, remedy, bare=bare, options=fix)
    if plain[0] in "'’‘`" and re.search("[0-9]", plain):
        way_out = _or_read("take it off, in a spreadsheet with Find and Replace", normalized)
        says, bare = "has a spreadsheet's ' before it, which marks text", plain[1:].strip()
        return Unread("texts after an apostrophe", says, bare=bare, **way_out)
    if match := _HIDDEN.search(plain):
        code = f"U+{ord(match[0]):04X}"
        name = unicodedata.name(match[0], "").lower()
        says = f"has {code} ({name}) at position {match.start() + 1}, which nobody sees"
        bare = _HIDDEN.sub(lambda found: "" if found[0] in INVISIBLE else " ", plain).strip()
        way_out = _or_read("take such characters out with Find and Replace", normalized)
        return Unread(f"texts with {code} ({name})", says, bare=bare, **way_out)
    return None


def _partial(plain: str, normalized: bool) -> Unread | None:
    """The meaning of an incomplete date, or of a time with more digits than Java reads."""
    for form, lack in ((_NO_YEAR, "year"), (_NO_DAY, "day"), (_NO_YEAR_OR_DAY, "year or no day")):
        if form.fullmatch(plain):
            remedy = "show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again"
            return Unread(f"dates without a {lack.removesuffix(' or no day')}", f"has no {lack}", remedy)
    if start := start_of(plain):
        says = f"is a range of times, and a touch point has one: it starts at {shown(start)}"
        way_out = _or_read("keep the start", normalized)
        return Unread("ranges of times", says, bare=start, **way_out)
    if _DAYS.search(plain):
        says = "is a range of days, and a touch point has one"
        remedy = f"write the day that counts, or say it for all rows with {option('date_text')}"
        return Unread("ranges of days", says, remedy, options={"date_text": "YYYY-MM-DD"})
    if match := _DASH.search(plain):
        says = (
            f"has U+{ord(match[0]):04X} ({unicodedata.name(match[0]).lower()}) for a hyphen, which Act-On does not read"
        )
        way_out = _or_read("replace it", normalized)
        return Unread("dates with dashes for hyphens", says, bare=DASH.sub("-", plain), **way_out)
    if match := ERA.search(plain):
        says = f"counts its year in a Japanese era ({shown(match[0])}), which Act-On does not read"
        way_out = _or_read("write the year as in 2026", normalized)
        return Unread("dates of a Japanese era", says, bare=ERA.sub(respelled_year, plain), **way_out)
    if match := _ORDINAL.search(plain):
        says = f"writes its day as an ordinal ({shown(match[0])}), which Act-On does not read"
        bare, way_out = _ORDINAL.sub(lambda day: day[0][:-2], plain), _or_read("write the day as a number", normalized)
        return Unread("dates with the day as an ordinal", says, bare=bare, **way_out)
    if match := _ZONE_NAME.search(plain):
        where = "in brackets" if match[1].startswith("(") else "after its offset"
        says = f"has the name of its time zone {where} ({shown(match[1])}), which Act-On does not read"
        bare, way_out = plain[: match.start(1)].rstrip(), _or_read("take it out", normalized)
        return Unread(f"times with the zone's name {where}", says, bare=bare, **way_out)
    if match := _FRACTION.search(plain):
        digits = counted(len(match[1]), "digit")
        says = f"has {digits} after the second, which Act-On reads as so many milliseconds"
        bare = plain[: match.start(1) - 1] + plain[match.end(1) :]
        way_out = _or_read("export the times to the second", normalized)
        kind = "times with parts of a second" if len(match[1]) < 3 else "times with parts of a millisecond"
        return Unread(kind, says, bare=bare, **way_out)
    return None


def _zoned(plain: str, normalized: bool) -> Unread | None:
    """The meaning of a time with a zone that is not a number."""
    match = _ZONE.search(plain)
    if match is None:
        return None
    bare = (plain[: match.start(1)].rstrip() + plain[match.end(1) :]).strip()
    names, kind = f"names its time zone ({shown(match[2])})", "times with the zone as a word"
    without = "export the times without a zone, or with an offset such as -05:00"
    if not normalized:
        says = f"{names}, which Act-On reads by a list of its own"
        return Unread(kind, says, bare=bare, zoned=True, **_or_read(without, normalized))
    if fixed_offset(match[2]) is not None or is_place(place_named(match[2]) or match[2]):
        remedy = "put `z` where the zone stands in the date format"
        return Unread(kind, f"{names}, which the date format does not read", remedy, bare=bare, zoned=True)
    places = AMBIGUOUS.get(match[2].upper(), ())
    if not places:
        return Unread(kind, f"{names}, which is not known", without, bare=bare, zoned=True)
    says = f"{names}, which " + (f"differs between {_and(places)}" if places[1:] else f"has changed in {places[0]}")
    remedy = f"say whose it is with {option('zone', places[0])}"
    return Unread(kind, says, remedy, bare=bare, zoned=True, options={"zone": places[0]})


def respelled(text: str) -> Unread | None:
    """The meaning of a text without another one that is a date, but only for a `SourceFormat`; else None."""
    plain = text.strip(" \t")
    if len(plain) > LONGEST or fits(plain) or not days_read(plain):
        return None
    says = "is a date in a form that Act-On does not read"
    return Unread("dates in a form of their own", says, **_or_read("write it as yyyy-mm-dd", normalized=False))


def _and(places: tuple[str, ...]) -> str:
    return f"{', '.join(places[:-1])} and {places[-1]}"


def _foreign(plain: str, normalized: bool, locale: str) -> Unread | None:
    """The meaning of a date whose month or half of the day is in another language."""
    if match := _OTHER_HALF.search(plain):
        half = f"{match[1][0].upper()}M"
        bare = plain[: match.start(1)] + half + plain[match.end(1) :]
    elif match := _HALF_BEFORE.search(plain):
        half = "PM" if match[1] in ("下午", "午後", "오후") else "AM"
        bare = f"{plain[: match.start()]}{match[2]} {half}{plain[match.end() :]}"
    if match:
        says = f"has {shown(match[1])} for {half}, which Act-On does not read"
        return Unread("times with the half of the day in other letters", says, bare=bare,
                      **_or_read("export the times with AM and PM", normalized))  # fmt: skip
    if len(re.findall("[0-9]+", plain)) < 2:
        return None
    read = [names for each in ("", locale) for names in (words_of(each).months, words_of(each).weekdays)]
    words = [word for word in _WORD.findall(plain) if not any(folded(word) in names for names in read)]
    if not words:
        return None
    what, word = "month", next((word for word in words if language_of(word)), "")
    language = language_of(word)
    if not language and (match := _OF_MONTH.search(plain)) is not None:
        word, language = match[1], "pt"
    if not word:
        what, word, language = "weekday", words[0], language_of_weekday(words[0])
    if not language:
        return None
    way_out = _or_read("show the column as numbers (yyyy-mm-dd) and export it again", normalized, locale=language)
    says = f"names its {what} in another language ({shown(word)}), and Act-On reads the English ones"
    return Unread(f"dates with {what}s in another language", says, **way_out)
