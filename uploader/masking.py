"""Masking of secrets and addresses in every text that leaves the package: messages, notices, receipts, the ledger.

A server, a proxy or a library may return a secret in another form: escaped for JSON, HTML or a URL, once or several
times, in UTF-16, folded over lines, in another case, truncated. So each text is searched in every unescaped form, too.

The set of secrets is global to the process, so that the traceback of a crash can be masked as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import html5

from preflight.text.display import visible

MASK = "****"

LONGEST_SEARCHED = 20_000
"""Characters of a foreign text that are searched; the shown excerpt is far shorter."""

_LAYERS = 5
"""Levels of nested escapes that are decoded."""
_PREFIX = 12
"""Length of the beginning of a secret that is masked even if the rest is missing."""
_SHORT = 6
"""A secret with fewer characters is masked in foreign texts only, and only as a whole word: masking every `a` would
make our own messages unreadable."""

_SECRETS: dict[str, tuple[str, ...]] = {}
"""The secrets of this process, each with its search keys: one per unescaped form, as a secret may look like an
escape."""

_ESCAPE = re.compile(
    r"""(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})
    | \\(?:u(?P<u4>[0-9a-fA-F]{4})|U(?P<u8>[0-9a-fA-F]{8}))
    | (?P<bytes>(?:\\x[0-9a-fA-F]{2})+|(?:%[0-9a-fA-F]{2})+)
    | %u(?P<percent>[0-9a-fA-F]{4})
    | \\(?P<blank>[nrtbf])
    | \\(?P<same>.)
    | &\#(?P<decimal>[0-9]{1,7});?
    | &\#[xX](?P<hexadecimal>[0-9a-fA-F]{1,6});?
    | &(?P<entity>[A-Za-z][A-Za-z0-9]{1,31};)""",
    re.VERBOSE | re.DOTALL,
)

_AT = re.compile(r"@|\s?[(\[{]\s?at\s?[)\]}]\s?", re.IGNORECASE)
_ENDS_LEFT = frozenset('@<>(),;:[]\\"')
_ENDS_RIGHT = frozenset('@<>(),;"\\')


def hide(*secrets: str) -> None:
    """Add secrets to mask from now on."""
    for secret in secrets:
        if secret:
            _SECRETS[secret] = tuple(dict.fromkeys(_folded(layer.text) for layer in _layers(secret)))


def masked(text: str) -> str:
    """`text` with each secret, in any form, replaced by `****`. Secrets of fewer than six characters stay."""
    return _without(text, _secret_spans(text, short=False, cut=False)) if _SECRETS else text


def from_outside(text: str, limit: int) -> str:
    """The text of a server or a library for a message: one printable line, masked, of at most `limit` characters."""
    cut = len(text) > LONGEST_SEARCHED
    text = text[:LONGEST_SEARCHED]
    return visible(" ".join(_without(text, _secret_spans(text, short=True, cut=cut)).split()), limit)


def without_addresses(text: str) -> str:
    """`text` with each email address, in any form of its `@`, replaced by `****`: servers echo what they received."""
    return _without(text, _address_spans(text))


class _Layer:
    """A text after decoding escapes: its characters, each with its span in the original text."""

    def __init__(self, characters: list[str], spans: list[tuple[int, int]]) -> None:
        self.characters = characters
        self.spans = spans
        self.text = "".join(characters)

    def span(self, first: int, end: int) -> tuple[int, int]:
        """The span in the original text of the characters `first` to `end` (exclusive)."""
        return self.spans[first][0], self.spans[end - 1][1]

    def read(self) -> _Layer | None:
        """The text with one more level of escapes decoded; `None` if it holds no escape."""
        characters: list[str] = []
        spans: list[tuple[int, int]] = []
        done = 0
        for escape in _ESCAPE.finditer(self.text):
            decoded = list(_decoded(escape))
            if not decoded:
                continue
            characters += self.characters[done : escape.start()]
            spans += self.spans[done : escape.start()]
            for character, first, end in decoded:
                characters.append(character)
                spans.append(self.span(escape.start() + first, escape.start() + end))
            done = escape.end()
        if not done:
            return None
        return _Layer(characters + self.characters[done:], spans + self.spans[done:])


def _layers(text: str) -> Iterator[_Layer]:
    layer: _Layer | None = _Layer(list(text), [(place, place + 1) for place in range(len(text))])
    for _ in range(_LAYERS):
        if layer is None:
            return
        yield layer
        layer = layer.read()


def _decoded(escape: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """The decoded characters of an escape, each with its span in the escape; none for an invalid escape."""
    whole = escape[0]
    match escape.lastgroup:
        case "bytes":
            yield from _decoded_bytes(whole)
            return
        case "pair":
            character = bytes.fromhex(whole.replace("\\u", "")).decode("utf-16-be")
        case "u4" | "u8" | "percent" | "hexadecimal" as group:
            character = _character(int(escape[group], 16))
        case "decimal":
            character = _character(int(escape["decimal"]))
        case "entity":
            character = html5.get(escape["entity"], "")[:1]
        case "blank":
            character = " "
        case _:
            character = escape["same"]
    if character:
        yield character, 0, len(whole)


def _decoded_bytes(run: str) -> Iterator[tuple[str, int, int]]:
    """The characters of a run of `%XX` or `\\xXX`, decoded as UTF-8 if valid, else as Latin-1."""
    width = 3 if run[0] == "%" else 4
    content = bytes.fromhex(run.replace("%", "").replace("\\x", ""))
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        sizes = [1] * len(text)
    else:
        sizes = [len(character.encode()) for character in text]
    place = 0
    for character, size in zip(text, sizes, strict=True):
        yield character, place * width, (place + size) * width
        place += size


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else ""


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    """The search form of a character: NFKC, case-folded, without blanks and invisible characters."""
    folded = unicodedata.normalize("NFKC", character).casefold()
    return "".join(one for one in folded if unicodedata.category(one)[0] not in "CZ")


def _folded(text: str) -> str:
    return "".join(map(_fold, text))


def _secret_spans(text: str, *, short: bool, cut: bool) -> Iterator[tuple[int, int]]:
    secrets = tuple(_SECRETS.items())
    for layer in _layers(text):
        folded: list[str] = []
        places: list[int] = []
        for place, character in enumerate(map(_fold, layer.characters)):
            folded += character
            places += [place] * len(character)
        searched = "".join(folded)
        for secret, keys in secrets:
            for key in keys:
                if len(key) >= _SHORT:
                    for first, end in _found(searched, key, cut=cut):
                        yield layer.span(places[first], places[end - 1] + 1)
            if short and len(keys[0]) < _SHORT:
                for found in re.finditer(rf"(?<!\w){re.escape(secret)}(?!\w)", layer.text):
                    yield layer.span(*found.span())


def _found(text: str, key: str, *, cut: bool) -> Iterator[tuple[int, int]]:
    """The spans of `key`, or of a beginning of it, in `text`; in a `cut` text also of a beginning at its end."""
    yield from _beginnings(text, key)
    if "+" in text and (bare := key.replace("+", "")):  # forms encode a blank, which is not compared, as `+`
        places = [place for place, character in enumerate(text) if character != "+"]
        for first, end in _beginnings(text.replace("+", ""), bare):
            yield places[first], places[end - 1] + 1
    if cut:
        for size in range(min(len(key), _PREFIX) - 1, _SHORT - 1, -1):
            if text.endswith(key[:size]):
                yield len(text) - size, len(text)
                return


def _beginnings(text: str, key: str) -> Iterator[tuple[int, int]]:
    """The spans in `text` of the longest beginnings of `key`, at least `_PREFIX` characters each."""
    beginning = key[:_PREFIX]
    first = text.find(beginning)
    while first >= 0:
        end = first + len(beginning)
        while end - first < len(key) and end < len(text) and text[end] == key[end - first]:
            end += 1
        yield first, end
        first = text.find(beginning, end)


def _address_spans(text: str) -> Iterator[tuple[int, int]]:
    for layer in _layers(text):
        characters = [unicodedata.normalize("NFKC", character)[:1] or character for character in layer.characters]
        for at in _AT.finditer("".join(characters)):
            first, end = at.span()
            if first and characters[first - 1] == '"':
                first -= 1
                while first and characters[first - 1] != '"':
                    first -= 1
                first -= first > 0
            while first and not characters[first - 1].isspace() and characters[first - 1] not in _ENDS_LEFT:
                first -= 1
            while end < len(characters) and not characters[end].isspace() and characters[end] not in _ENDS_RIGHT:
                end += 1
            if first < at.start() and end > at.end():
                yield layer.span(first, end)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with each of `spans` replaced by `****`; overlapping spans are merged."""
    pieces: list[str] = []
    done = 0
    for first, end in sorted(spans):
        if first >= done:
            pieces += (text[done:first], MASK)
        done = max(done, end)
    return "".join(pieces) + text[done:]
