"""The API's words for how a file is written."""

from __future__ import annotations

from enum import StrEnum

TEXT_STANDS_FOR = {"title-text": "TITLE", "date-text": "YYYY-MM-DD"}
"""What stands in a proposed command for a text that no file has, until a person puts it there."""


class Separator(StrEnum):
    """`fieldseparator` in the API's words."""

    COMMA = "COMMA"
    TAB = "TAB"
    SEMICOLON = "SEMICOLON"
    SPACE = "SPACE"

    @property
    def character(self) -> str:
        """The character itself."""
        return {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "SPACE": " "}[self.value]


class Quote(StrEnum):
    """`quotecharacter` in the API's words."""

    NONE = "NONE"
    SINGLE_QUOTE = "SINGLE_QUOTE"
    DOUBLE_QUOTE = "DOUBLE_QUOTE"

    @property
    def character(self) -> str:
        """The character itself; empty for `NONE`."""
        return {"NONE": "", "SINGLE_QUOTE": "'", "DOUBLE_QUOTE": '"'}[self.value]


class FirstRow(StrEnum):
    """`firstrow` in the API's words: is the first row a heading?"""

    Y = "Y"
    N = "N"
