"""Text from outside, made safe to display: one line, no control or invisible characters, bounded length."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_HIDING = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks without a glyph: fillers, a joiner, and variation selectors, which can hide any bytes."""
_IN_JSON = re.compile(r"\x7f|#(?=#[A-Za-z]*\[)")
"""Text that `json.dumps` does not escape, but a terminal or a CI runner would obey."""
_PLAINLY_SEEN = "^[ -\\[\\]-~¡-¬®-\u034e…]*$"
"""Texts, for RE2, without a character to escape: ASCII except the backslash, Latin letters and their marks."""
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


MAX_PATH = 400
"""Limit for the length of a path in a message."""
LONGEST_VALUE = 1_000
"""Limit for the length of a cell in a report."""


def shortened(value: str) -> str:
    """A cell's text for a report, truncated to `LONGEST_VALUE` characters, then with `…` at its end."""
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


def visible(text: str, limit: int | None = None) -> str:
    """`text` with every control, format, separator (except the blank) and unassigned character as an escape.

    A text of more than `limit` characters is truncated and ends in `…`.
    """
    cut = text if limit is None or len(text) <= limit else text[: limit - 1] + "…"
    if cut.isprintable() and "\\" not in cut and (cut.isascii() or not _HIDING.search(cut)):
        return cut
    return "".join(c if is_plain(c) and c != "\\" else escaped_character(c) for c in cut)


def is_plain(character: str) -> bool:
    """Whether a character is the blank or has a glyph of its own."""
    return character.isprintable() and not _HIDING.match(character)


def escaped_character(character: str) -> str:
    """A character as an escape, such as `\\n`, `\\x1b` or `\\u2028`."""
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def as_message(message: str, limit: int) -> str:
    """A message in one line of at most `limit` characters; texts from outside must have been made visible before."""
    cut = message if len(message) <= limit else message[: limit - 1] + "…"
    return one_line(cut)


def one_line(message: str) -> str:
    """A message with line breaks and invisible characters as escapes."""
    return message if message.isprintable() else "".join(c if is_plain(c) else escaped_character(c) for c in message)


def as_json(value: object) -> str:
    """`value` as ASCII JSON for printing, without text that a terminal or a CI runner would obey."""
    text = json.dumps(value, indent=2)
    return _IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def shown(value: object, limit: int = 80) -> str:
    """A value for a message: in backticks, visible, at most `limit` characters."""
    return f"`{visible(str(value), limit)}`"


def shown_each(texts: Any, limit: int = 80) -> Any:
    """`shown` of each string of an Arrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    long = pc.greater(pc.utf8_length(texts), limit)
    if pc.any(long).as_py():
        cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(texts, 0, limit - 1), "…", "")
        texts = pc.if_else(long, cut, texts)
    others = pc.invert(pc.match_substring_regex(texts, _PLAINLY_SEEN))
    if pc.any(others).as_py():
        made = pa.array([visible(text) for text in texts.filter(others).to_pylist()], pa.string())
        texts = pc.replace_with_mask(texts, others, made)
    return pc.binary_join_element_wise("`", texts, "`", "")


def shown_file(path: object) -> str:
    """A path for a message: like `shown`, but with a limit that keeps the path usable."""
    return shown(path, MAX_PATH)


def shown_input(file: str) -> str:
    """The name of an input file for messages, of a file in backticks."""
    return named(file) if file == "-" else shown_file(file)


def named(file: str) -> str:
    """The name of an input file for messages; `-` is standard input."""
    return "standard input" if file == "-" else file


_ENDINGS = (".gz", ".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
"""The endings of readable files."""


def stem_of(file: str) -> str:
    """An input file's name without its endings, with which the names of its outputs begin."""
    name = Path(file).name
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return "input" if name in ("", "-") else name


def local_time(moment: datetime, *, seconds: bool = False) -> str:
    """A moment in the local time zone, to the minute or the second, with the zone's name."""
    here = moment.astimezone()
    return f"{here:%Y-%m-%d %H:%M}{f':{here:%S}' if seconds else ''} {here.tzname()}"


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """A hint for an unknown name: the nearest of the known ones, or `otherwise` if none is near."""
    near = get_close_matches(name, [*known], n=1)
    return f"did you mean {near[0]}?" if near else otherwise


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
