"""The API's words for the format of a file."""

from __future__ import annotations

from enum import StrEnum

TEXT_STANDS_FOR = {"title-text": "TITLE", "date-text": "YYYY-MM-DD"}
"""Placeholders, in a proposed command, for texts that only the user knows."""


class Separator(StrEnum):
    """The API's words for `fieldseparator`."""

    COMMA = "COMMA"
    TAB = "TAB"
    SEMICOLON = "SEMICOLON"
    SPACE = "SPACE"

    @property
    def character(self) -> str:
        """The character itself."""
        return {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "SPACE": " "}[self.value]


class Quote(StrEnum):
    """The API's words for `quotecharacter`."""

    NONE = "NONE"
    SINGLE_QUOTE = "SINGLE_QUOTE"
    DOUBLE_QUOTE = "DOUBLE_QUOTE"

    @property
    def character(self) -> str:
        """The character itself; empty for `NONE`."""
        return {"NONE": "", "SINGLE_QUOTE": "'", "DOUBLE_QUOTE": '"'}[self.value]


class FirstRow(StrEnum):
    """The API's words for `firstrow`: whether the first row is a heading."""

    Y = "Y"
    N = "N"
