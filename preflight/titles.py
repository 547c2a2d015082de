"""Distinct titles to titlecount: how many titles of the good rows the custom event does not have yet.

Titles are compared with the blanks at their ends trimmed; whether Act-On folds case or inner blanks is not documented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path

from preflight.errors import InputError
from preflight.report import Titles
from preflight.show import shown


def trimmed(title: str) -> str:
    """A title as it is compared: no blanks at its ends."""
    return title.strip()


def against(counts: Mapping[str, int], known: Iterable[str]) -> Titles:
    """The titles that were counted, those in `known` told apart."""
    return Titles(dict(counts), frozenset(map(trimmed, known)) & counts.keys())


def read_known_titles(path: str | PathLike[str]) -> frozenset[str]:
    """The titles in a UTF-8 text file, one a line; blank lines are passed over.

    Raises `InputError` when the file cannot be read as such.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the known titles {shown(path)}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the known titles {shown(path)} are not UTF-8 text: byte {error.start}") from error
    return frozenset(title for line in text.split("\n") if (title := trimmed(line)))
