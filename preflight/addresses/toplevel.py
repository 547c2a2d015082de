"""The top-level domains: dated data, `toplevel.txt`, which `tests/toplevel.py` writes for each release."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

RESERVED = frozenset({"example", "test"})
"""Domains that are kept for examples and tests (RFC 2606): there are none, and who writes them knows."""


@lru_cache(maxsize=1)
def top_level_domains() -> tuple[str, frozenset[str]]:
    """The day of the list (yyyy-MM-dd), and the domains in ASCII, in small letters."""
    first, *domains = Path(__file__).with_name("toplevel.txt").read_text(encoding="ascii").splitlines()
    return first.removeprefix("# "), frozenset(domains)


def exists(top_level: str) -> bool:
    """True for a top-level domain that there is, and for those kept for examples. In any case; ASCII or not."""
    name = top_level.lower()
    if name in top_level_domains()[1] or name in RESERVED:
        return True
    try:
        return not name.isascii() and name.encode("idna").decode() in top_level_domains()[1]
    except UnicodeError:
        return False
