"""Domains of large email providers, frequent misspellings of them, and real domains that look similar.

A domain counts as mistyped if its name is one keystroke from a provider's (`gmial.com`: an extra, missing or wrong
letter, or two swapped ones), if its ending is a known misspelling (`gmail.con`), or both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase

PROVIDERS = {
    "gmail": "com",
    "googlemail": "com",
    "yahoo": "com co.uk ca fr de it es ie in co.in com.br com.mx com.ar com.au co.id co.jp com.sg com.hk co.nz gr",
    "hotmail": "com co.uk ca fr de it es be nl se no dk gr com.br com.ar com.mx com.au co.jp",
    "outlook": "com fr de it es pt be dk at ie com.br com.ar com.au co.id",
    "icloud": "com",
    "protonmail": "com ch",
    "rediffmail": "com",
    "btinternet": "com",
    "comcast": "net",
    "verizon": "net",
    "sbcglobal": "net",
    "bellsouth": "net",
    "earthlink": "net",
    "laposte": "net",
    "t-online": "de",
    "freenet": "de",
    "wanadoo": "fr",
    "libero": "it",
    "yandex": "com ru",
    "aol": "com co.uk de fr",
    "live": "com co.uk ca fr de it nl be se no dk com.mx com.au com.ar",
    "msn": "com",
    "gmx": "com net de at ch",
}
"""Large providers by name, with their endings."""

FEWEST_LETTERS = 5
"""Minimum length of a name to look for mistakes in it. Shorter names are too similar to others."""

_REAL = """
    mail email ymail rmail fmail hmail imail tmail vmail xmail zmail jmail kmail amail cmail dmail smail umail wmail
    pmail bmail omail qmail nmail gail cloud ucloud acloud ecloud xcloud vcloud mcloud scloud wahoo yazoo yahoos libera
    liberi libro liber frenet comcash online wanado tandex
"""
REAL = frozenset(_REAL.split())
"""Names of real domains that are one keystroke from a provider's."""

ENDINGS = {
    "com": "con cmo ocm comm coom cim cpm vom xom dom com.com om cm c0m col cok cop cin comn clm ccom",
    "net": "nte ner ney met nett ent ne nrt het net.net",
    "org": "ogr orgg prg orh rog",
    "de": "ded dee",
    "fr": "ftr frr",
}
"""Misspellings of endings, without those that are endings of real addresses."""

_MISTYPED_ENDING = {wrong: right for right, several in ENDINGS.items() for wrong in several.split()}


@lru_cache(maxsize=1 << 14)
def meant(domain: str) -> str | None:
    """The provider's domain for a mistyped one; None if it is not mistyped. `domain` is in lower case."""
    name, _, ending = domain.partition(".")
    provider = name if name in PROVIDERS else _near_names().get(name)
    if provider is None:
        return None
    endings = PROVIDERS[provider].split()
    right = ending if ending in endings else right_ending(ending)
    if name == provider and right == "com" and ending == "co" and len(name) < FEWEST_LETTERS:
        return None
    return f"{provider}.{right}" if right in endings and f"{provider}.{right}" != domain else None


def right_ending(ending: str) -> str:
    """The correct ending for a mistyped one; empty if it is not mistyped."""
    return "com" if ending == "co" else _MISTYPED_ENDING.get(ending, "")


def is_real(domain: str) -> bool:
    """Whether a domain is known to be real: a provider's own, or one that only looks like a provider's."""
    name, _, ending = domain.partition(".")
    return name in REAL or ending in PROVIDERS.get(name, "").split()


@lru_cache(maxsize=1)
def provider_like() -> frozenset[str]:
    """The names, up to the first dot, of providers, similar real domains and mistyped ones; others need no check."""
    return frozenset(PROVIDERS) | REAL | frozenset(_near_names())


@lru_cache(maxsize=1)
def _near_names() -> dict[str, str]:
    """Names with one mistake, mapped to the providers' names."""
    near: dict[str, str] = {}
    for name in PROVIDERS:
        if len(name) >= FEWEST_LETTERS:
            for wrong in _one_mistake(name):
                near.setdefault(wrong, name)
    return {wrong: name for wrong, name in near.items() if wrong not in REAL and wrong not in PROVIDERS}


def _one_mistake(name: str) -> Iterator[str]:
    letters = ascii_lowercase + "01-"
    for i in range(len(name) + 1):
        before, after = name[:i], name[i:]
        yield from (before + letter + after for letter in letters)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
