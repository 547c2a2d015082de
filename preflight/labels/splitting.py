"""The words of a label: case-folded, without accents, compounds split into listed words."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache
from itertools import chain

from preflight.labels import translations
from preflight.labels import words as known
from preflight.text.spelling import unaccented

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_JOINED = re.compile(
    r"\b(?:(e) (mails?|post\w*)|(user) (agent)|(registered) (for)|(trade) (show|fair)|(touch) (point)|(custom) (event)"
    r"|(round) (table)|(master) (class)|(live) (stream)|(web) (event)|(check|checked) (in|out)|(sign|signed) (up)"
    r"|(logged) (in)|(opt) (in|out)|(follow) (up)|(job) (title)|(time) (zone|stamp)|(web) (site)|(date) (time)"
    r"|(correo) (?:electronico))\b"
)
_PHRASES = {
    "marca temporal": "timestamp", "marca de tiempo": "timestamp", "carimbo de data hora": "timestamp",
    "informazioni cronologiche": "timestamp", "salon professionnel": "tradeshow", "correo electronico": "email",
    "adresse electronique": "email", "adresse de messagerie": "email", "seminario web": "webinar",
    "seminario online": "webinar", "seminario on line": "webinar", "seminario en linea": "webinar",
    "seminaire en ligne": "webinar", "posta elettronica": "email", "indirizzo di posta elettronica": "email",
}  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z]{4})(?=[0-9]+(?![A-Za-z0-9]))")
"""Where words without a blank are parted: `firstName`, `Email2`."""
_CUSTOM = re.compile(r"(?<=\w)__c\b")
"""The end of a custom field's name in Salesforce."""
_SPLIT = re.compile(r"[\W_]+")
_KNOWN = frozenset().union(
    known.EVENT, known.PERHAPS_EVENT, known.NAME, known.BARE_TITLE, known.GIVEN_NAME, known.PERSON, known.ELSE,
    known.NOTE, known.LIKELY_NOTE, known.EMAIL, known.ADDRESS, known.PERSONS_OWN, known.SOMEBODY_ELSE, known.DATE,
    known.ITS_DAY, known.NO_EVENTS_DAY, known.BIRTH, known.LATER_OR_BEFORE, known.CRM, known.FORM,
    known.HINTS_OF_TITLE,
)  # fmt: skip
_LEAST_PART = 3


def plain_words_of(label: str) -> list[str]:
    """The words of a label as they are spelt, case-folded and without accents."""
    return _SPLIT.sub(" ", unaccented(_CAMEL.sub(" ", _CUSTOM.sub("", label)))).split()


@lru_cache(maxsize=4096)
def words_of(label: str) -> tuple[str, ...]:
    """The words of a label in order, including those in brackets; those of further languages in English."""
    text = " ".join(plain_words_of(label))
    for phrase, word in _PHRASES.items():
        text = re.sub(rf"\b{phrase}\b", word, text) if phrase in text else text
    text = _JOINED.sub(lambda match: "".join(filter(None, match.groups())), text)
    words = text.split()
    of_des = [i > 0 and words[i - 1] == "des" and word not in _KNOWN for i, word in enumerate(words)]
    words = [word.removesuffix("s") if after else word for word, after in zip(words, of_des, strict=True)]
    return tuple(part for word in words for part in _split(word))


def mentions(label: str, meaning: Set[str]) -> bool:
    """Whether a label contains one of the words of a meaning."""
    return not meaning.isdisjoint(words_of(label))


def is_known(word: str) -> bool:
    """Whether a word is in one of the lists."""
    return word in _KNOWN


def _split(word: str) -> tuple[str, ...]:
    """A compound split into the fewest listed words, in English; the word itself if that is impossible."""
    if word in _KNOWN or len(word) > 40:
        return (word,)
    if word in translations.WHOLE_WORDS:
        return translations.translated(word)
    parts = _parts(word) if len(word) >= 2 * _LEAST_PART else None
    if parts is None:
        return translations.translated(word) or (word,)
    return tuple(chain.from_iterable((part,) if part in _KNOWN else translations.translated(part) for part in parts))


def _parts(word: str) -> tuple[str, ...] | None:
    if word in _KNOWN or word in translations.WHOLE_WORDS:
        return (word,)
    found: list[tuple[str, ...]] = []
    for end in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
        if word[:end] in _KNOWN or word[:end] in translations.WHOLE_WORDS:
            for link in ("", "s", "n", "en"):
                rest = word[end:].removeprefix(link)
                if len(rest) >= _LEAST_PART and word[end:].startswith(link) and (others := _parts(rest)):
                    found.append((word[:end], *others))
    return min(found, key=len) if found else None


def without_aside(label: str) -> str:
    """The label without the parts in brackets."""
    return _ASIDE.sub(" ", label)
