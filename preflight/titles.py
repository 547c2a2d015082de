"""Distinct titles to titlecount: how many titles of the good rows the custom event does not have yet.

Titles are compared with the blanks at their ends trimmed; whether Act-On folds case or inner blanks is not documented.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from preflight.errors import InputError
from preflight.findings import as_dictionary
from preflight.report import Titles
from preflight.show import shown

if TYPE_CHECKING:
    import pandas as pd


def trimmed(title: str) -> str:
    """A title as it is compared: no blanks at its ends."""
    return title.strip()


class TitleTally:
    """Counts the rows of each title, chunk by chunk."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, titles: pd.Series) -> None:
        """Count the titles of some rows."""
        encoded = as_dictionary(titles)
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        counts = np.bincount(indices, minlength=len(encoded.dictionary)).tolist()
        for title, count in zip(encoded.dictionary.to_pylist(), counts, strict=True):
            if count:
                title = trimmed(title)
                self._counts[title] = self._counts.get(title, 0) + count

    def against(self, known: Iterable[str]) -> Titles:
        """The titles counted so far, those in `known` told apart."""
        return Titles(dict(self._counts), frozenset(map(trimmed, known)) & self._counts.keys())


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
