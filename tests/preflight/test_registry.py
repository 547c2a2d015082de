"""A rule for a new column is one class: layout option, label detection, reports and the catalogue follow from it."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from preflight import CODES, Checked, ColumnSpec, Finished, Layout, LayoutError, ProblemCode, Rule, check, register
from preflight.cli.main import main
from preflight.detect.answers import inspect
from preflight.layouts.columns import COLUMNS
from preflight.model.findings import NONE, judged_once
from preflight.model.problems import Diagnosis, Placed
from preflight.records.cells import Chunk
from preflight.rules import REGISTERED
from preflight.rules.builtin import rule_makers

PHONE = ColumnSpec(
    "phone",
    "the column of phone numbers",
    labels=("Phone", "Telefon", "Phone number"),
    test=lambda cell: re.fullmatch("[-+0-9 /]+", cell) is not None,
)


class PhoneRule(Rule):
    """The phone cell: there, and no number of many people."""

    columns = (PHONE,)
    codes = (
        ProblemCode("phone-missing", "error", "phone", "The phone cell is blank.", "Add the number."),
        ProblemCode("phone-blanks", "warning", "phone", "The number has blanks.", "Take them out.", suggests=True),
        ProblemCode("phone-shared", "warning", "phone", "Many people have one number.", "Look at it."),
    )

    def check(self, chunk: Chunk) -> Checked:
        if "phone" not in chunk.frame:
            return Checked(NONE)
        phones = chunk.frame["phone"]
        return Checked(
            judged_once(phones, lambda values: [self._fault(cell) for cell in values]),
            lambda good: Counter(phones[good]),
        )

    def finish(self, stats: Counter[str] | None) -> Finished:
        shared = [number for number, rows in (stats or {}).items() if rows > 2]
        placed = [
            Placed(0, 0, number, Diagnosis("phone-shared", f"`{number}` is the phone of many.")) for number in shared
        ]
        return Finished(placed, {"phone-shared": len(placed)})

    @staticmethod
    def _fault(cell: str) -> Diagnosis | None:
        if not cell.strip():
            return Diagnosis("phone-missing", "The phone is blank.")
        bare = cell.replace(" ", "")
        return Diagnosis("phone-blanks", "The number has blanks.", bare) if bare != cell else None


@pytest.fixture
def registered() -> Iterator[None]:
    """The rule in the registry, and everything as it was afterwards."""
    before = [dict(one) for one in (COLUMNS, CODES, REGISTERED)]
    register(PhoneRule)
    yield
    for one, was in zip((COLUMNS, CODES, REGISTERED), before, strict=True):
        one.clear()
        one.update(was)  # type: ignore[arg-type]


EVENTS = """Email,Date,Event Title,{label}
a@x.com,01/22/2024,Lead Scoring,+1 555
b@x.com,01/23/2024,Lead Scoring,
c@x.com,01/24/2024,Lead Scoring,1555
"""


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS.format(label="Telefon"), encoding="utf-8")
    return path


@pytest.mark.usefixtures("registered")
def test_a_check_reports_and_mends_by_the_new_rule(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = [
        f"--{kind}={tmp_path / name}"
        for kind, name in (("clean", "c.csv"), ("bad-rows", "b.csv"), ("report", "r.html"))
    ]
    assert main(["check", str(events), "--dateformat", "MM/dd/yyyy", *outputs]) == 1
    told = capsys.readouterr().out
    assert "title 2 `Event Title`, phone 3 `Telefon`\n" in told
    assert "  phone  phone-missing 1, phone-blanks (warning) 1\n" in told
    assert "  row 2 (line 3), Telefon: phone-missing\n    The phone is blank.\n" in told
    assert "phone-missing" in (tmp_path / "r.html").read_text(encoding="utf-8")
    with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as bad:
        assert [one["preflight_problems"] for one in csv.DictReader(bad)] == ["phone-missing: The phone is blank."]
    assert main(["check", str(events), "--dateformat", "MM/dd/yyyy", "--accept", "phone-blanks", outputs[0]]) == 1
    assert (tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "a@x.com,01/22/2024,Lead Scoring,+1555",
        "c@x.com,01/24/2024,Lead Scoring,1555",
    ]


@pytest.mark.usefixtures("registered")
def test_the_layout_has_an_option_a_key_and_a_label_for_the_new_column(
    events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert re.search(r"--phone COL +the column of phone numbers\n", capsys.readouterr().out)
    found = inspect(events, Layout(dateformat="MM/dd/yyyy"))
    assert found.layout.columns == {"email": 0, "date": 1, "title": 2, "phone": 3}
    assert found.detected["phone"] == "its label is `Telefon`"
    assert found.profile()["phone"] == "Telefon"
    profile = tmp_path / "p.toml"
    profile.write_text('dateformat = "MM/dd/yyyy"\nphone = "Mobil"\n', encoding="utf-8")
    assert Layout.from_profile(profile) == Layout(dateformat="MM/dd/yyyy", others={"phone": "Mobil"})
    events.write_text(EVENTS.format(label="Mobil"), encoding="utf-8")
    assert "phone" not in inspect(events, Layout(dateformat="MM/dd/yyyy")).layout.columns
    for given in (
        ["--phone", "Mobil", "--dateformat", "MM/dd/yyyy"],
        ["--phone", "3", "--profile", str(profile)],
        ["--profile", str(profile)],
    ):
        assert main(["check", str(events), *given, "--json"]) == 1
        report = json.loads(capsys.readouterr().out)
        assert (report["layout"]["phone"], report["problems"]) == (3, {"phone-missing": 1})
    assert main(["check", str(events), "--phone", "Mobil", "--dateformat", "MM/dd/yyyy"]) == 1
    assert "--phone Mobil" in capsys.readouterr().out.splitlines()[-1]
    assert main(["check", str(events), "--phone", "Fax", "--dateformat", "MM/dd/yyyy"]) == 2
    assert "no column is labelled `Fax`" in capsys.readouterr().err


@pytest.mark.usefixtures("registered")
def test_the_label_is_accepted_only_for_matching_cells(events: Path) -> None:
    events.write_text(EVENTS.format(label="Phone").replace("555", "none"), encoding="utf-8")
    assert "phone" not in inspect(events, Layout(dateformat="MM/dd/yyyy")).layout.columns


@pytest.mark.usefixtures("registered")
def test_the_catalogue_explains_the_codes_of_the_new_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes", "phone-blanks"]) == 0
    assert capsys.readouterr().out == (
        "phone-blanks: The number has blanks\n"
        "  severity    warning (the row stays good)\n"
        "  concerns    phone\n"
        "  meaning     The number has blanks.\n"
        "  what to do  Take them out.\n"
        "  suggests    a mended cell, where there is one reading; --accept phone-blanks writes it\n"
    )
    assert main(["codes"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    codes = [kind.code for kind in PhoneRule.codes]
    assert [code for code in listed if code in codes] == codes  # other tests of this process may have added theirs


@pytest.mark.usefixtures("registered")
def test_evidence_of_the_column_adds_up_over_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.engine.parallel.MAX_RECORDS", 2)
    frame = pd.DataFrame(
        {
            "Email": [f"a{i}@x.com" for i in range(7)],
            "Date": "01/22/2024",
            "Event Title": "T",
            "Phone": ["1", "2", "1", " ", "1", "2", "3"],
        }
    )
    with ThreadPoolExecutor(2) as executor:
        report = check(frame, Layout(dateformat="MM/dd/yyyy"), executor=executor)
    assert report.warnings == {"phone-shared": 1}
    (told,) = (one for one in report.examples if one.code == "phone-shared")
    assert (told.column, told.value, told.message) == ("Phone", "1", "`1` is the phone of many.")


def test_without_the_rule_its_column_is_unknown(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "phone" not in COLUMNS
    with pytest.raises(SystemExit):
        main(["check", str(events), "--phone", "Telefon"])
    assert "unrecognized arguments: --phone Telefon" in capsys.readouterr().err
    assert check(events, Layout(dateformat="MM/dd/yyyy")).ok
    with pytest.raises(LayoutError, match=r"^no rule has a column `phone`; there are email, date, title, note$"):
        Layout(others={"phone": "Telefon"})


def test_the_built_in_rules_follow_the_same_protocol() -> None:
    makers: list[Any] = list(rule_makers())
    assert [maker.__name__ for maker in makers] == ["EmailRule", "DateRule", "TitleRule", "NoteRule"]
    assert all(issubclass(maker, Rule) for maker in makers)
    assert [spec.name for maker in makers for spec in maker.columns] == [*COLUMNS]
    of_columns = {code for code, kind in CODES.items() if kind.subject in COLUMNS}
    assert {kind.code for maker in makers for kind in maker.codes} == of_columns


TAKEN = [
    (ColumnSpec("email", "another"), "there is a column `email` already; choose another name for your rule's"),
    (ColumnSpec("dateformat", "x"), "`dateformat` is an option of the layout; choose another name for your column"),
    (ColumnSpec("Phone", "x"), "`Phone` is not a valid column name; use lower-case letters, as in phone"),
]


@pytest.mark.parametrize(("spec", "message"), TAKEN)
def test_a_name_that_is_taken_is_refused(spec: ColumnSpec, message: str) -> None:
    before = dict(COLUMNS)
    with pytest.raises(LayoutError) as raised:
        register(type("Odd", (Rule,), {"columns": (spec,)}))
    assert str(raised.value) == message
    assert before == COLUMNS
    with pytest.raises(LayoutError, match=r"^`email-missing` is a built-in problem code; "):
        register(type("Odd", (Rule,), {"codes": (CODES["email-missing"],)}))
