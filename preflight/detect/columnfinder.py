"""The columns of email, date, title and note: as given, or detected if label and content leave no doubt.

An upload cannot be undone. So every doubt that a careful colleague would have becomes a `Question`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from preflight.detect.questions import ColumnSummary, Question, unclear
from preflight.detect.titlecandidates import could_be_notes, could_be_titles, is_likely, stands_alone, title_candidates
from preflight.errors import LayoutError
from preflight.labels.attendance import is_an_activity
from preflight.labels.days import Days, days_of, distance_of_day, is_bare_date, is_date_label
from preflight.labels.headings import is_a_crm, is_a_form, is_label_of
from preflight.labels.people import Whose, is_email_label, whose_address
from preflight.labels.splitting import mentions
from preflight.labels.titles import is_bare_title, is_note_label, is_own_note_label, is_title_label
from preflight.labels.words import NAME, REGISTRANT
from preflight.layouts.columnnames import column_index
from preflight.layouts.columns import COLUMNS, ColumnSpec
from preflight.layouts.layout import TEXTS, Layout
from preflight.tables.columns import DIFFERENT, FEWEST_CELLS, MOSTLY, REPEATED, Columns, Holds
from preflight.tables.preamble import TextAbove
from preflight.text.asking import option
from preflight.text.display import shown

if TYPE_CHECKING:
    from preflight.tools.recognize import Export

_ASKED = {"email": "the person's own", "date": "the event's day", "title": "the event's title"}
"""The column that a question asks for."""

_NO_TITLE = frozenset({*Holds} - {Holds.TEXTS, Holds.NOTHING})


def find_columns(
    given: Layout,
    labels: Sequence[str] | None,
    seen: Sequence[ColumnSummary],
    columns: Columns,
    texts: Callable[[str], Sequence[TextAbove]],
    export: Callable[[], Export | None],
) -> tuple[Layout, dict[str, str]]:
    """The layout with an index for each column that was not given, and the evidence by column.

    The note is optional. `labels` are those of the heading, None without one; `seen` describes all columns, `columns`
    has their cells. `texts` finds titles and days in the lines before the table, by the column's name, `export`
    recognizes a known export; both are called only for a question. Raises one `UnclearError` for all columns that are
    ambiguous or missing.
    """
    search = _Search(given, labels, seen, columns, texts)
    for name in COLUMNS:
        search.find(name)
    search.ask_about_a_day_above()
    if search.faults or search.questions:
        faults = list(search.faults.values())
        if faults and not search.questions:
            raise LayoutError("; ".join(faults))
        known = export()
        error = unclear(search.questions, faults, labels, given, known)
        error.found, error.export = search.found, known.as_dict() if known is not None else {}
        raise error
    fields: dict[str, Any] = {name: search.found[name] for name in search.evidence}
    return Layout.of(**fields).over(given), search.evidence


class _Search:
    """The search for the columns of one file, one after the other; a settled column is no candidate for the others."""

    def __init__(
        self,
        given: Layout,
        labels: Sequence[str] | None,
        seen: Sequence[ColumnSummary],
        columns: Columns,
        texts: Callable[[str], Sequence[TextAbove]],
    ) -> None:
        self.found: dict[str, int] = {}
        self.evidence: dict[str, str] = {}
        self.faults: dict[str, str] = {}
        self.questions: list[Question] = []
        self._texts = given.texts
        self._labels = labels
        self._columns = columns
        self._all = seen
        self._texts_above = texts
        width = len(labels) if labels is not None else columns.width
        for name in COLUMNS:
            value = getattr(given, name)
            if value is not None:
                try:
                    self.found[name] = column_index(name, value, labels, width)
                except LayoutError as error:
                    self.faults[name] = str(error)
        self._tests = {"email": self._email, "date": self._date, "title": self._title, "note": self._note}

    def find(self, name: str) -> None:
        """Find one column, unless it was given."""
        if name not in self.found and name not in self.faults and name not in self._texts:
            find = self._tests.get(name)
            if find is not None:
                find()
            else:
                self._registered(COLUMNS[name])

    def _registered(self, spec: ColumnSpec) -> None:
        """Find the column of a registered rule by its labels and its test; ask for it if it is required."""
        labelled = [one for one in self._free() if is_label_of(spec, one.label)]
        fits = [one for one in labelled if spec.test is None or self._columns.share_of(one.number, spec.test) >= MOSTLY]
        if len(fits) == 1:
            self._settle(spec.name, fits[0])
        elif fits:
            self._ask(spec.name, f"{len(fits)} columns may each be the {spec.name}", fits)
        elif spec.required:
            self._ask(spec.name, f"no column is the {spec.name} for certain", labelled)

    def _settle(self, name: str, column: ColumnSummary, why: str = "") -> None:
        self.found[name] = column.number
        self.evidence[name] = why or f"its label is {shown(column.label, 40)}"

    def _ask(
        self, name: str, says: str, choices: Sequence[ColumnSummary], *, likely: bool = True, above: bool = False
    ) -> None:
        """Ask for a column, or for a text above the table: `above` if it is likelier than the choices."""
        wanted = _ASKED.get(name, "it")
        texts = self._texts_above(name) if name == "title" or above or not choices else ()
        message = f"{says}; name {wanted} with {option(TEXTS[name] if texts and not choices else name)}"
        if name in TEXTS and not choices and not texts:
            message += f", or say it for all rows with {option(TEXTS[name])}"
        self.questions.append(Question(name, message, choices, texts, likely))

    def _free(self) -> list[ColumnSummary]:
        return [one for one in self._all if one.number not in self.found.values()]

    def _email(self) -> None:
        holding = [one for one in self._free() if one.holds is Holds.ADDRESSES]
        labelled = [one for one in self._free() if is_email_label(one.label)]
        empty = [one for one in labelled if one not in holding]
        whose = {one.number: whose_address(one.label, self._labels or ()) for one in self._all}
        alike = [one for one in holding if one.distinct == 1 and self._columns.filled(one.number) >= FEWEST_CELLS]
        likely = sorted(
            holding,
            key=lambda one: (
                len(holding) > len(alike) > 0 and one in alike, -whose[one.number], mentions(one.label, REGISTRANT)
            ),
        )  # fmt: skip
        if not holding:
            inside = [one for one in self._free() if self._columns.holds_addresses_inside(one.number)]
            inside.sort(key=lambda one: -whose[one.number])
            if len(labelled) == 1:
                self._settle("email", labelled[0])
            elif inside:
                self._ask("email", "addresses stand only beside other text, a name or other addresses", inside)
            else:
                self._ask("email", "no column holds addresses", labelled)
        elif empty:
            seen = f"column {empty[0].number} {shown(empty[0].label, 40)} holds no addresses, another one does"
            self._ask("email", seen, [*likely, *empty])
        elif len(holding) == 1:
            if whose[holding[0].number] is Whose.SOMEBODY_ELSE:
                seen = f"the only addresses are those of {shown(holding[0].label, 40)}, by its label somebody else's"
                self._ask("email", seen, likely)
            else:
                self._settle("email", holding[0], self._why_content(holding[0], "addresses"))
        else:
            first, second = (whose[one.number] for one in likely[:2])
            if first <= second or first <= Whose.UNTOLD or second is Whose.OWN:
                self._ask("email", f"{len(holding)} columns hold addresses", likely)
            else:
                self._settle("email", likely[0])

    def _date(self) -> None:
        holding = [one for one in self._free() if one.holds is Holds.DATES]
        days = {one.number: self._days_of(one) for one in self._all}
        likely = sorted(
            [one for one in holding if days[one.number] is not Days.NEVER],
            key=lambda one: (-days[one.number], distance_of_day(one.label)),
        )
        labelled = [
            one
            for one in self._free()
            if is_date_label(one.label) and not self._columns.holds_counts(one.number) and one not in holding
        ]
        if not likely:
            self._date_without_dates(labelled, holding)
            return
        empty = [one for one in labelled if days[one.number] is Days.EVENT]
        event = [one for one in likely if days[one.number] is Days.EVENT]
        if len(own := [one for one in event if not is_bare_date(one.label)]) == 1:
            event = own
        if len(event) == 1:
            self._settle("date", event[0], "" if len(likely) > 1 else self._why_content(event[0], "dates"))
        elif event:
            self._ask("date", f"{len(event)} columns hold dates that may be the event's", likely)
        elif empty:
            seen = f"column {empty[0].number} {shown(empty[0].label, 40)} holds no dates that are known, another does"
            self._ask("date", seen, [*likely, *empty])
        elif len(likely) == 1 and self._may_be_taken_alone(days[likely[0].number]):
            self._settle("date", likely[0], self._why_content(likely[0], "dates"))
        elif len(likely) == 1:
            self._ask("date", f"the only dates are those of {shown(likely[0].label, 40)}", likely, above=True)
        elif [days[one.number] for one in likely].count(Days.START) == 1:
            self._settle("date", likely[0])
        else:
            self._ask("date", f"{len(likely)} columns hold dates", likely, above=True)

    def ask_about_a_day_above(self) -> None:
        """Ask about the only dates, those of registrations for example, if another question is open and a day above."""
        place = self.found.get("date") if self.questions and "date" in self.evidence else None
        column = next((one for one in self._all if one.number == place), None)
        if column is not None and self._days_of(column) < Days.START and self._texts_above("date"):
            del self.found["date"], self.evidence["date"]
            self._ask("date", f"the only dates are those of {shown(column.label, 40)}", [column], above=True)

    def _date_without_dates(self, labelled: Sequence[ColumnSummary], holding: Sequence[ColumnSummary]) -> None:
        """Find the date by its label, or by Unix time, where no column holds dates that may be the event's."""
        labelled = [one for one in labelled if one.holds is not Holds.TIMES]
        plain = [one for one in labelled if self._days_of(one) is Days.EVENT] or labelled
        stamps = [one for one in self._free() if self._columns.holds_unix_time(one.number)]
        of_day = [one for one in stamps if self._days_of(one) is Days.EVENT and not is_title_label(one.label)]
        if len(plain or of_day) == 1:
            self._settle("date", (plain or of_day)[0])
            return
        only = f"no column holds dates but {shown(holding[0].label, 40)}" if holding else "no column holds dates"
        self._ask("date", only, plain or of_day or stamps)

    def _days_of(self, column: ColumnSummary) -> Days:
        """The kind of dates of a column by its label; the start of a form is not the event's.

        Dates of the last century are birthdays if no label says else.
        """
        days = days_of(column.label, self._labels or ())
        if days is Days.START and is_a_form(self._labels or ()):
            return Days.OTHER
        old = self._labels is not None and self._columns.holds_old_dates(column.number)
        return Days.NEVER if days is Days.OTHER and old else days

    def _may_be_taken_alone(self, days: Days) -> bool:
        if days is Days.CREATED:
            return not is_a_crm(self._labels or ())
        return days not in (Days.CHANGED, Days.END)

    def _why_content(self, column: ColumnSummary, what: str) -> str:
        """The share of cells as evidence; empty if the label is the evidence."""
        if (is_email_label if what == "addresses" else is_date_label)(column.label):
            return ""
        shares = self._columns.share_of_addresses if what == "addresses" else self._columns.share_of_dates
        share = shares[column.number]
        return f"{'all' if share == 1 else f'{share:.0%}'} of its cells looked at are {what}"

    def _title(self) -> None:
        if self._labels is None:
            self._title_without_heading()
            return
        free = [one for one in self._free() if not is_note_label(one.label)]
        choices = title_candidates(free, self._labels)
        coded = [one for one in choices if not mentions(one.label, NAME) and self._columns.holds_codes(one.number)]
        if plain := [one for one in choices if one not in coded]:  # beside which codes under `event` are ids
            choices = [*plain, *coded]
            free = [one for one in free if one not in coded]
        labelled = [one for one in free if is_title_label(one.label, self._labels) and not self._refuted(one)]
        if len(labelled) == 1:
            self._settle("title", labelled[0])
        elif labelled:
            self._ask("title", f"{len(labelled)} columns may each be the title", choices)
        elif len(bare := self._bare(free)) == 1 and stands_alone(bare[0], choices, self._labels):
            self._settle("title", bare[0])
        else:
            says = "no column is the title for certain" if choices else "no column could be the title"
            likely = bool(choices) and is_likely(choices[0], self._labels) and not self._refuted(choices[0])
            self._ask("title", says, choices, likely=likely)

    def _bare(self, free: Sequence[ColumnSummary]) -> list[ColumnSummary]:
        return [one for one in free if is_bare_title(one.label) and not self._refuted(one)]

    def _refuted(self, column: ColumnSummary) -> bool:
        """Whether the cells of a column with a title's label are not titles; a few bad rows do not count."""
        is_log = column.holds is Holds.TEXTS and self._columns.share_of(column.number, is_an_activity) >= MOSTLY
        return is_log or (column.holds in _NO_TITLE and self._columns.filled(column.number) >= FEWEST_CELLS)

    def _title_without_heading(self) -> None:
        """Find the title without a heading: the only column of texts, or the only one whose texts repeat.

        Texts of which hardly any repeats are rather names or notes.
        """
        numbers = {*self._columns.with_texts()}
        texts = [one for one in self._free() if one.number in numbers and one.holds is Holds.TEXTS]
        if len(texts) == 1 and could_be_titles(self._columns, texts[0].number):
            self._settle("title", texts[0], "it is the only column of texts left")
            return
        if len(texts) == 1:
            says = f"there is no heading, and most texts of column {texts[0].number} stand there once, as no titles do"
            self._ask("title", says, texts, likely=False)
            return
        repeat = [one for one in texts if self._columns.share_of_different(one.number) <= REPEATED]
        others = [one for one in texts if one not in repeat]
        if len(repeat) == 1 and all(self._columns.share_of_different(one.number) >= DIFFERENT for one in others):
            self._settle("title", repeat[0], "its texts repeat, the others do not")
        elif texts:
            texts.sort(key=lambda one: one.distinct)
            likely = could_be_titles(self._columns, texts[0].number)
            self._ask("title", f"{len(texts)} columns may each be the title", texts, likely=likely)
        else:
            self._ask("title", "no column could be the title", [])

    def _note(self) -> None:
        """Find the note by its label; without a heading, the only column of notes left after a detected title."""
        if self._labels is not None:
            notes = [one for one in self._free() if is_note_label(one.label) and one.holds is not Holds.IDS]
            notes = [one for one in notes if is_own_note_label(one.label)] or notes
            if len(notes) == 1:
                self._settle("note", notes[0])
            return
        if "title" in self.evidence:
            with_texts = {*self._columns.with_some_texts()}
            free = [one for one in self._free() if one.number in with_texts]
            texts = [one for one in free if one.holds in (Holds.TEXTS, Holds.NOTHING)]
            if len(texts) == 1 and could_be_notes(self._columns, texts[0].number):
                self._settle("note", texts[0], "it is the only column of texts left")
