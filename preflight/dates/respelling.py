"""The respelling of dates that are normalized: the same steps for a text and for its form, in which each digit is 0.

* In NFC, with one kind of blank, and without invisible characters, a spreadsheet's `'` before it, and the `ASIDE`.
* Of a range of times only the start: `10:00 – 11:00 EST` is `10:00 EST`, `2:00 – 3:00 PM` is `2:00 PM`, and
  `11:00 – 1:00 PM`, as 11 PM would come after its end, `11:00 AM`.
* `Mon, 2026-01-19` for `2026-01-19 (Mon)` and `2026-01-19(月)`; a blank for ` · ` and ` | `.
* `-` for other hyphens and dashes, `10:00 AM` for `午前10:00`, `2026年` for `令和8年` and `2026년`, ` 2026` for ` '26`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from preflight.dates.zones import WORD
from preflight.text.whitespace import INVISIBLE

if TYPE_CHECKING:
    import pyarrow as pa

BLANKS = " \t\u00a0\u2007\u2009\u202f"
HALF = rf"[AaPp](?:\.?[{BLANKS}]?[Mm]\.?)"

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_MARK = re.compile(r"^ ?['’‘`]")
"""The mark of a spreadsheet before a text."""
_MOVED = [
    (re.compile(rf"(?:{words}) ?([0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?)"), rf"\1 {half}")
    for words, half in (("上午|午前|오전", "AM"), ("下午|午後|오후", "PM"))
]
"""Halves of the day before the time, as in Chinese, Japanese and Korean, and the English form."""
_BEHIND = [
    (
        re.compile(
            rf"(?i)^(.*[0-9日]) ?(?:[(（](?:{english}[a-z]{{0,6}}|{words})[)）]|(?:星期|周){words[-1]})(.*)$"
        ),
        rf"{english}, \1\2",
    )
    for english, words in (
        ("Mon", "[月월]|周一"), ("Tue", "[火화]|周二"), ("Wed", "[水수]|周三"), ("Thu", "[木목]|周四"),
        ("Fri", "[金금]|周五"), ("Sat", "[土토]|周六"), ("Sun", "[日일]|周日"),
    )
]  # fmt: skip
"""A weekday in brackets behind the day, and the form with it before the date."""
_ASIDE = re.compile(
    r"(?i)((?:\bGMT|:[0-9]{2}(?:[.,][0-9]{1,9})?(?: ?[AP]M)? ?)[+-][0-9]{2}:?[0-9]{2}) "
    r"(?:\([^()]*\)|[A-Z]{3,5}|[A-Z]+/[A-Z_/]+)[ \t]*$|\b([0-9]{1,2})(?:(?:st|nd|rd|th|er)\b(?: of\b)?|º)"
)
"""Ignored text; the groups have the text to keep."""

_TIME = r"[0-9]{1,2}(?:[:.h][0-9]{2}){1,2}(?:[.,][0-9]{1,9})?"
_MINUTE = "[0-9]{1,2}[:.h][0-9]{2}"
_CLOCK = f"(?:{_TIME}|[0-9]{{1,2}})"
_DAY = "(?:.*[0-9].*[^0-9./:-])"
_BEFORE = "(?:.*[^0-9./:-])?"
_TO = "(?: (?:-|to|until|till|bis|al?|à|até|tot|do) | ?[–—→〜～~] ?)"
_ZONE = WORD.replace("[A-Za-z]{1,5}", "(?:UT|Z|[A-Z]{3,5})")
_REST = rf"((?: ?(?:Uhr|h|{_ZONE}))? ?)$"
_RANGE = re.compile(
    rf"^({_DAY}{_TIME}){_TO}{_BEFORE}{_TIME}{_REST}"
    rf"|^({_DAY}{_CLOCK} ?{HALF}){_TO}{_BEFORE}{_CLOCK} ?{HALF}{_REST}"
    rf"|^({_DAY}{_TIME}(?: ?{HALF})? ?(?:Uhr|h|{_ZONE})){_TO}{_BEFORE}{_TIME}.*$"
    rf"|^((?:[^0-9]|[0-9]{{1,2}}[^0-9]|[0-9]{{4}}[^0-9-])(?:.*[^0-9./:-])?{_MINUTE})-{_MINUTE}{_REST}"
)
"""A range of times, of one day or from one to another; the groups have its start, and a zone at its end."""
_RANGE_OF_HALF = (
    rf"^(?P<day>{_DAY})(?P<hour>[0-9]{{1,2}})(?P<minute>(?:[:.][0-9]{{2}})?)(?:{_TO}|-)"
    rf"(?P<end_hour>[0-9]{{1,2}})(?P<end_minute>(?:[:.][0-9]{{2}})?) ?(?P<half>{HALF})(?P<zone>{_REST[1:-2]})$"
)
"""A range of times of which only the end has AM or PM."""
_AFTER_YEAR = re.compile(r"[0-9]{4},? (?:at |@ )?$")
_MAY_BE_RANGE = re.compile(rf"[0-9][:.h][0-9].*[0-9][:.h][0-9]|[0-9][^0-9]+[0-9]{{1,2}} ?{HALF}")
_IS_BETWEEN = re.compile(rf"{_TO}|-{_MINUTE}|-[0-9]{{1,2}} ?{HALF}")
DASH = re.compile("[\u2010-\u2014]")
_START = r"\1\2\3\4\5\6\7"
_STEPS = (
    (_INVISIBLE, ""), (re.compile(f"[{BLANKS}]+"), " "), (_MARK, ""), *_MOVED, (_RANGE, _START), (DASH, "-"),
    (re.compile(" [·|] "), " "), *_BEHIND,
    (re.compile(" (?:de|von|from|desde|van|dalle) ([0-9]{1,2}[:h][0-9]{2})"), r" \1"),
    (_ASIDE, r"\1\2"),
    (re.compile(r"\(((?:GMT|UTC)[+-][0-9]{1,2}:?[0-9]{2})\) [A-Z][A-Za-z/&,_ .()]+$"), r"\1"),
    (re.compile(" ['’]([0-9]{2})\\b"), r" 20\1"),
    (re.compile("([0-9]{4}) ?[년年] ?([0-9]{1,2}) ?[월月] ?([0-9]{1,2}) ?[일日]"), r"\1年\2月\3日"),
)  # fmt: skip

_FIRST_YEARS = {"令和": 2019, "平成": 1989, "昭和": 1926}
ERA = re.compile(rf"({'|'.join(_FIRST_YEARS)}) ?([0-9]{{1,2}}|元) ?年")
"""The year of a Japanese era; the first one is 元年."""


def cleaned(texts: pa.Array) -> pa.Array:
    """The texts, respelled."""
    import pyarrow.compute as pc

    texts = pc.utf8_normalize(texts, "NFC")
    for pattern, spelled in _STEPS:
        texts = _starts(texts) if pattern is _RANGE else pc.replace_substring_regex(texts, pattern.pattern, spelled)
    if pc.any(pc.match_substring_regex(texts, ERA.pattern)).as_py():
        import pyarrow as pa

        return pa.array([text and ERA.sub(respelled_year, text) for text in texts.to_pylist()], texts.type)
    return texts


def cleaned_form(form: str) -> str:
    """The form of a text, respelled."""
    form = unicodedata.normalize("NFC", form)
    for pattern, spelled in _STEPS:
        form = start_of(form) or form if pattern is _RANGE else pattern.sub(spelled, form)
    return re.sub("[0-9]", "0", ERA.sub("0000年", form))


def start_of(text: str) -> str:
    """The start of a range of times; empty if the text is none."""
    if not (_MAY_BE_RANGE.search(text) and _IS_BETWEEN.search(text)):  # hardly any other text, which is read slowly
        return ""
    import pyarrow as pa

    start = _starts(pa.array([text]))[0].as_py()
    return str(start) if start != text else ""


def _starts(texts: pa.Array) -> pa.Array:
    """The texts, of those that are a range of times only the start."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.replace_substring_regex(texts, _RANGE.pattern, _START)  # RE2 never backtracks
    found = pc.extract_regex(texts, _RANGE_OF_HALF)
    if found.null_count == len(found):
        return texts
    return pc.coalesce(pa.array([one and _start(**one) for one in found.to_pylist()], texts.type), texts)


def _start(day: str, hour: str, minute: str, end_hour: str, end_minute: str, half: str, zone: str) -> str | None:
    """The start of a `_RANGE_OF_HALF`, in the half of the day in which it comes before the end.

    None if its hour may be the year, as in `3 January 11 - 3 PM`.
    """
    if not minute and not _AFTER_YEAR.search(day):
        return None
    if zone and not minute:  # no pattern has a zone after an hour alone
        minute = ":00"
    start, end = (int(h) % 12 * 60 + int(m[1:] or 0) for h, m in ((hour, minute), (end_hour, end_minute)))
    return f"{day}{hour}{minute} {'AP'[('p' in half.casefold()) is (start <= end)]}M{zone}"


def respelled_year(year: re.Match[str]) -> str:
    """The year of a match of `ERA` by the common calendar, such as `2026年` for `令和8年`."""
    number = 1 if year[2] == "元" else int(year[2])
    return f"{_FIRST_YEARS[year[1]] + number - 1}年"
