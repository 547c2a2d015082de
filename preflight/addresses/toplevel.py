"""The existing top-level domains: dated data in `toplevel.txt`, updated for each release by `tests/toplevel.py`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

RESERVED = frozenset({"example", "test"})
"""Top-level domains reserved for examples and tests (RFC 2606). They do not exist but are accepted."""


@lru_cache(maxsize=1)
def top_level_domains() -> tuple[str, frozenset[str]]:
    """The date of the list (yyyy-MM-dd), and the domains in ASCII and lower case."""
    first, *domains = Path(__file__).with_name("toplevel.txt").read_text(encoding="ascii").splitlines()
    return first.removeprefix("# "), frozenset(domains)


def exists(top_level: str) -> bool:
    """Whether a top-level domain exists or is reserved for examples. Any case; ASCII or Unicode."""
    name = top_level.lower()
    if name in top_level_domains()[1] or name in RESERVED:
        return True
    try:
        return not name.isascii() and name.encode("idna").decode() in top_level_domains()[1]
    except UnicodeError:
        return False
