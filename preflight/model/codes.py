"""The problem codes, each with severity, meaning and action; `preflight codes` prints this catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from preflight.errors import LayoutError
from preflight.text.display import nearest, shown

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class ProblemCode:
    """One kind of problem.

    `subject` is the name of the column (for an own rule, its label or index), `row` for the record itself, `cell` for a
    cell of any column, or `file` for all rows. A row with an `error` is a bad row; a `warning` leaves it good. An error
    of the file means that no row was judged. A code that `suggests` may have a mended cell as its suggestion.
    `headline` is a short description; by default the first sentence of the meaning.
    """

    code: str
    severity: Severity
    subject: str
    meaning: str
    action: str
    suggests: bool = False
    headline: str = ""

    def __post_init__(self) -> None:
        if not self.headline:
            object.__setattr__(self, "headline", self.meaning.partition(". ")[0].removesuffix("."))


_SUGGESTING = frozenset(
    {"email-syntax", "email-display-name", "email-invisible", "email-typo", "email-doubtful", "date-format",
     "date-year", "date-weekday", "date-trailing", "title-variant", "title-blank-edges", "title-newline", "mojibake"}
)  # fmt: skip


def _code(
    code: str, severity: Severity, subject: str, headline: str, meaning: str, action: str
) -> tuple[str, ProblemCode]:
    return code, ProblemCode(code, severity, subject, meaning, action, code in _SUGGESTING, headline)


CODES: dict[str, ProblemCode] = dict([
    _code("layout-mismatch", "error", "file", "The separator or the quote character does not fit the file",
          "The separator or the quote character that was given cannot be right; the message has the one that would be.",
          "Check again with the option that the message names, or without it: what is not given is detected."),
    _code("firstrow-mismatch", "error", "file", "The heading is not where the layout says",
          "firstrow Y was given for a file without a heading, which would lose its first row, or N for one with it.",
          "Check again with the option that the message names, or without it: what is not given is detected."),
    _code("hidden-cells", "warning", "file", "A workbook hides some of what it holds",
          "Rows or columns of the table are hidden (by a filter, perhaps), or a sheet is; the message names them. "
          "Hidden rows are checked and sent as all others.",
          "Look whether they are meant to be sent; delete those that are not, or leave rows out with --only."),
    _code("merged-cells", "warning", "file", "Cells of a workbook are merged",
          "Merged cells have their value in the first one only: to a program, the others are blank.",
          "Undo the merging, and write the value into each cell."),
    _code("blank-row", "error", "row", "The row is blank",
          "The record is empty, or holds nothing but separators and blanks.",
          "Delete the row; it is left out of the clean file."),
    _code("missing-cell", "error", "row", "The row has too few cells",
          "The record has fewer cells than the heading (or than most records).",
          "Add the missing cell where it belongs; nothing is padded, as the cells may have shifted."),
    _code("extra-cell", "error", "row", "The row has too many cells",
          "The record has more cells than the heading (or than most records).",
          "Put the cell that holds a separator in quotes, or remove the surplus cell."),
    _code("stray-quote", "error", "row", "A quote is out of place",
          "A quote stands inside an unquoted cell, or text follows a closing quote.",
          "Double the quote and put the whole cell in quotes, or remove the quote."),
    _code("unclosed-quote", "error", "row", "A quote opens and is never closed",
          "A cell opens with a quote that is never closed.",
          "Close the quote, or remove it."),
    _code("encoding-error", "error", "row", "Some characters cannot be read",
          "The record holds bytes that are not text in the stated encoding.",
          "Save the file in one encoding (UTF-8 is best), or name the right one with --encoding."),
    _code("nul-byte", "error", "row", "The row is damaged: it holds NUL bytes",
          "The record holds a NUL byte, which no text file should.",
          "Export the file again; NUL bytes come from a damaged file or a wrong encoding."),
    _code("row-newline", "warning", "row", "A cell has a line break inside",
          "A cell that is not mapped has a line break inside, so that the row goes over several lines; or a label of "
          "the heading has one, reported once per label. How Act-On reads it is not documented.",
          "Replace the line break with a blank if the counts do not add up, or export without that column."),
    _code("email-missing", "error", "email", "The email address is missing",
          "The email cell is blank.",
          "Add the address, or delete the row: a touch point belongs to an address."),
    _code("email-syntax", "error", "email", "The email address is not valid",
          "The email cell does not hold a valid address; the message has the reason.",
          "Correct the address."),
    _code("email-several", "error", "email", "More than one address stands in the cell",
          "The email cell holds more than one address.",
          "Make one row for each address; in a bad-rows file clear `preflight_row` in the rows that you add."),
    _code("email-display-name", "error", "email", "A name stands next to the address",
          "The email cell holds a name beside the address, as in `Jo <jo@example.com>`.",
          "Keep only the address."),
    _code("email-invisible", "error", "email", "Blanks or invisible characters stand in the address",
          "The address is right but for blanks or invisible characters around or inside it.",
          "Use the suggestion, which has them removed."),
    _code("email-typo", "warning", "email", "The address looks mistyped",
          "The domain is one keystroke from a large provider's, or rare in this file and so near to a common one.",
          "Use the suggestion if it is right; the address is never changed unasked."),
    _code("email-doubtful", "warning", "email", "The address is most likely nobody's",
          "The address is valid, and most likely nobody's: a spreadsheet's `'` or www. is part of it, `*` hides "
          "letters of it, its top-level domain does not exist, or it is a placeholder (`noemail@`, `none@`, `na@`).",
          "Correct the address, or delete the row; the suggestion has the superfluous part removed."),
    _code("date-missing", "error", "date", "The date is missing",
          "The date cell is blank, or holds a word for nothing (NULL, N/A, none).",
          "Add the date, or delete the row."),
    _code("date-format", "error", "date", "The date cannot be read",
          "The date is not written in the chosen date format, or is one of too many bad ones to say more.",
          "Rewrite the date, or choose the format that the file uses."),
    _code("date-impossible", "error", "date", "No calendar has this date",
          "The date has the right form but no calendar has it (February 30, month 13).",
          "Correct the date; Act-On may roll it over to another day."),
    _code("date-year", "error", "date", "The year cannot be right",
          "The year has the wrong number of digits, or lies before 1583.",
          "Write the year in four digits (two under `yy`); Act-On may store year 11 for `11`."),
    _code("date-weekday", "error", "date", "The weekday does not go with the date",
          "The weekday is not the one that the date falls on.",
          "Correct the weekday or the date."),
    _code("date-trailing", "error", "date", "Something stands after the date",
          "Text follows the date; Act-On ignores it in silence.",
          "Remove what follows the date, or choose a format that reads it."),
    _code("date-implausible", "error", "date", "The date is too far back or ahead to be meant",
          "The date lies before 1970 or more than ten years ahead, or is a placeholder (9999-12-31, 1900-01-01, "
          "1970-01-01), and --oldest or --newest does not allow it.",
          "Correct the date; if such dates are meant, name the oldest with --oldest or the newest with --newest."),
    _code("date-future", "warning", "date", "The date lies in the future",
          "The date lies more than a day ahead of now, or after the day that --newest names.",
          "Correct the date if it is wrong; if such dates are meant, name the newest with --newest."),
    _code("date-old", "warning", "date", "The date is older than expected",
          "The date lies before 1990, or before the day that --oldest names.",
          "Correct the date if it is wrong; if such dates are meant, name the oldest with --oldest."),
    _code("date-locale", "warning", "date", "Months or weekdays are written as words",
          "Months or weekdays are words; whether the server reads them depends on its locale. Reported once per file.",
          "Send the dates as numbers: --normalize-dates writes them as yyyy-MM-dd."),
    _code("date-swapped", "warning", "date", "Day and month may be swapped",
          "The column as a whole contradicts the chosen order of day and month: rows fit only the other order, or it "
          "fits better. Reported once per file; rows that fit both orders stay good, and may be a wrong day.",
          "Choose the other order with --dateformat if it is the right one, or export the file again from its source."),
    _code("date-order", "warning", "date", "No row proves whether the day or the month comes first",
          "A format was chosen whose order of day and month no row proves: with dots the day comes first. Reported "
          "once per file, if no format was given.",
          "Look at the days; name the format with --dateformat, this one or the other."),
    _code("title-missing", "error", "title", "The title is missing",
          "The title cell is blank, or holds a word for nothing (NULL, N/A, --, #REF!, an unfilled `{{title}}`).",
          "Add the title of the touch point."),
    _code("title-variant", "warning", "title", "One title is spelt in several ways",
          "Titles of the file, or one and a known title, differ only in what programs change on the way: case, blanks, "
          "invisible characters, Unicode form, `&amp;`, quotes, dashes, a leading `'`. Reported once for all spellings "
          "of a title, at the first row with an unusual one, with the titlecount under each reading.",
          "Write the title in one way; which reading Act-On has is not documented."),
    _code("title-blank-edges", "warning", "title", "Titles have blanks at their ends",
          "Titles have blanks at their ends; titlecount ignores these. Reported once per file, at the first such row.",
          "Remove the blanks; whether Act-On does is not documented."),
    _code("title-newline", "warning", "title", "The title has a line break inside",
          "The title has a line break inside; how Act-On reads it is not documented.",
          "Use the suggestion, which has a blank instead."),
    _code("title-nearly-unique", "warning", "title", "Nearly every row has a title of its own",
          "Nearly every row has a title of its own: most likely the wrong column. Reported once per file.",
          "Name the right column with --title, if it is another."),
    _code("note-long", "warning", "note", "The note is very long",
          "The note is longer than 20,000 characters; no limit is documented.",
          "Shorten the note if Act-On rejects the row."),
    _code("note-newline", "warning", "note", "The note has a line break inside",
          "The note has a line break inside; how Act-On reads it is not documented.",
          "Replace the line break with a blank if the counts do not add up."),
    _code("mojibake", "warning", "cell", "Letters are garbled",
          "A title or note was read in the wrong encoding before it was saved, as in `MÃ¼ller` for `Müller`.",
          "Use the suggestion, or better, export the file again as UTF-8; Act-On would show the text as it stands."),
    _code("duplicate-row", "warning", "row", "The same row stands earlier in the file",
          "An earlier row has the same email (in any case), date and title. It would count twice in the lead's score.",
          "Delete the row, or leave it if the person did it twice that day; --once-per-day keeps the earliest."),
    _code("repeat-visit", "warning", "row", "The same person comes again at another time",
          "An earlier row has the same email (in any case), title and day, at another time, as when a person joins "
          "again. It would count again in the lead's score. Days are those of UTC if the dates have a zone.",
          "Delete the row, or leave it if each visit is to count; --once-per-day keeps the earliest."),
])  # fmt: skip
"""Every problem code by name, in the order of the catalogue; codes of imported own rules come last."""


BUILT_IN = frozenset(CODES)
"""The built-in codes, which own rules may not use."""


def in_order_of_codes(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by code in the order of the catalogue; unknown codes come last, sorted."""
    places = {code: place for place, code in enumerate(CODES)}
    return {code: counts[code] for code in sorted(counts, key=lambda code: (places.get(code, len(places)), code))}


def code_named(name: str) -> ProblemCode:
    """The problem code of this name; raises `LayoutError` for an unknown one."""
    if name not in CODES:
        hint = nearest(name, CODES, "`preflight codes` lists them")
        raise LayoutError(f"no problem code is called {shown(name)}; {hint}")
    return CODES[name]


def codes_to_accept(names: Iterable[str]) -> tuple[str, ...]:
    """The codes whose suggestions are accepted, each once, in the order of `CODES`.

    Raises `LayoutError` for an unknown code, and for one that never has a suggestion.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):  # a text is an iterable of its characters
        raise TypeError(f"accept takes problem codes, not {names!r}: accept=['date-year', 'email-typo']")
    wanted = set(names)
    for name in sorted(wanted):
        if not code_named(name).suggests:
            suggesting = ", ".join(code for code, one in CODES.items() if one.suggests)
            raise LayoutError(f"{shown(name)} never has a suggestion to accept; these may: {suggesting}")
    return tuple(code for code in CODES if code in wanted)


def add_code(kind: ProblemCode) -> None:
    """Add the code of an own rule to the catalogue; raises `LayoutError` for a built-in code."""
    if kind.code in BUILT_IN:
        raise LayoutError(f"`{kind.code}` is a built-in problem code; choose another for your rule")
    CODES[kind.code] = kind
