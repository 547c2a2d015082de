"""The table with the people in a report: where it starts and ends, what is left out, the title that stands there."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from preflight import Layout, check
from preflight.cli.main import main
from preflight.detect.layout import detect
from preflight.errors import UnclearError
from preflight.inputs.source import Source

PEOPLE = [("Ana", "Almeida"), ("Bo", "Brandt"), ("Cleo", "Cruz"), ("Dev", "Das"), ("Eli", "Ekholm")]


def rows(text: str, people: list[tuple[str, str]] = PEOPLE) -> str:
    """A row a person: `{n}` is their number, `{mail}` their address."""
    return "".join(
        text.format(first=first, last=last, mail=f"{first.lower()}@acme-corp.com", n=n) + "\n"
        for n, (first, last) in enumerate(people)
    )


class Report(NamedTuple):
    """A report: its text, the line of the heading, the lines left out, the title that is offered, and the rows."""

    text: str
    heading: int
    left_out: list[tuple[int, int]]
    title: str = ""
    rows: int = len(PEOPLE)
    encoding: str = "utf-8"


ZOOM = "Attended,User Name (Original Name),Email,Join Time,Leave Time\n"
HOST = "Host Details\n" + ZOOM + "Yes,Hosty,host@acme-corp.com,03/22/2026 07:13:27 PM,03/22/2026 08:13:27 PM\n"
PLAIN = "First Name,Last Name,Email,Session,Date\n" + rows("{first},{last},{mail},Lead Scoring,01/1{n}/2026")

REPORTS = {
    "a meeting's summary, in German": Report(
        "Besprechungszusammenfassung\nGesamtzahl der Teilnehmer\t5\nBesprechungstitel\tLead-Bewertung\n"
        "Startzeit der Besprechung\t17.2.2026, 10:00:00\n\n"
        "Vollständiger Name\tBeitrittszeit\tAustrittszeit\tDauer\tE-Mail\tRolle\tTeilnehmer-ID (UPN)\n"
        + rows("{first} {last}\t17.2.2026, 10:0{n}:00\t17.2.2026, 11:00:00\t59 Min.\t{mail}\tTeilnehmer\t{mail}"),
        6, [(1, 5)], "Lead-Bewertung", encoding="utf-16",
    ),
    "the same people again, in French": Report(
        "1. Résumé\nTitre de la réunion\tScoring des prospects\nParticipants présents\t5\n\n2. Participants\n"
        "Nom\tPremière connexion\tE-mail\tID participant (UPN)\tRôle\n"
        + rows("{first} {last}\t17/02/2026 10:0{n}:00\t{mail}\t{mail}\tParticipant")
        + "\n3. Activités en réunion\nNom\tHeure de connexion\tE-mail\tRôle\n"
        + rows("{first} {last}\t17/02/2026 10:0{n}:00\t{mail}\tParticipant"),
        6, [(1, 5), (12, 12), (13, 19)], "Scoring des prospects", encoding="utf-16",
    ),
    "a table of its own for the webinar": Report(
        'Registration Report\nReport Generated:,"Mar 24, 2026 6:26 PM"\n'
        "Topic,Webinar ID,Scheduled Time,Duration (minutes),# Registered\n"
        'Lead Scoring,847 5984 1045,"Mar 22, 2026 7:00 PM",60,5\n\nAttendee Details\n'
        "First Name,Last Name,Email,Registration Time,Approval Status,Source Name\n"
        + rows("{first},{last},{mail},2026-03-15 11:23:0{n},approved,"),
        7, [(1, 6)], "Lead Scoring",
    ),
    "a host before, and others without an address after": Report(
        "Attendee Report\nTopic,Webinar ID,Actual Start Time\nLead Scoring,847,03/22/2026 07:13:27 PM\n"
        + HOST + "Attendee Details\n" + ZOOM
        + rows("Yes,{first} {last},{mail},03/22/2026 07:1{n}:27 PM,03/22/2026 08:13:27 PM", PEOPLE[:2])
        + "Other Attended\nUser Name,Join Time,Leave Time\n14155550100,03/22/2026 07:13:27 PM,03/22/2026 08:13:27 PM\n",
        8, [(1, 3), (4, 6), (7, 7), (11, 13)], "Lead Scoring", 2,
    ),
    "one person in a meeting": Report(
        "Meeting ID,Topic,Start Time,User Email,Participants,\n"
        "812,Weekly Call,10/05/2026 05:55 PM,host@acme-corp.com,1,\n\n"
        "Name (Original Name),User Email,Join Time,Guest\nAna,ana@acme-corp.com,10/05/2026 06:00 PM,Yes\n",
        4, [(1, 2), (3, 3)], "Weekly Call", 1,
    ),
    "nobody told an address": Report(
        "Meeting ID,Topic,Start Time,User Email,Participants,\n"
        "812,Weekly Call,10/05/2026 05:55 PM,host@acme-corp.com,2,\n\n"
        "Name (Original Name),User Email,Join Time,Guest\n" + "Ana,,10/05/2026 06:00 PM,Yes\n" * 2,
        4, [(1, 2), (3, 3)], "Weekly Call", 2,
    ),
    "the first person told none": Report(
        "Participant report\n\nName,User Email,Join Time\nPhone User,,10/05/2026 06:00 PM\n"
        + rows("{first} {last},{mail},10/05/2026 06:0{n} PM"),
        3, [(1, 2)], rows=6,
    ),
    "values with their names": Report(
        "Event: Lead Scoring Summit\nDate: 01/13/2026\nLocation: Berlin\n\nName,Email,Checked in\n"
        + rows("{first} {last},{mail},01/1{n}/2026 10:00"),
        5, [(1, 4)], "Lead Scoring Summit",
    ),
    "values beside their names, in Spanish": Report(
        "Nombre del evento,Puntuación de leads\nFecha,13/01/2026\nAsistentes,5\n\n"
        "Nombre,Apellidos,Correo electrónico,Fecha de asistencia\n" + rows("{first},{last},{mail},1{n}/01/2026"),
        5, [(1, 4)], "Puntuación de leads",
    ),
    "a table above, in Portuguese": Report(
        "Reunião,ID,Início\nPontuação de leads,812,13/01/2026 10:00\n\nNome,E-mail,Hora de entrada\n"
        + rows("{first} {last},{mail},13/01/2026 10:0{n}"),
        4, [(1, 3)], "Pontuação de leads",
    ),
    "a title in quotes": Report(
        'Session detail for "Lead Scoring":\n\nName\tEmail\tAttended\tStart time\n'
        + rows("{first} {last}\t{mail}\tYes\t2026-01-1{n} 10:00:00"),
        3, [(1, 2)], "Lead Scoring", encoding="utf-16",
    ),
    "filled up with separators": Report(
        'Attendee Report,,,,\nEvent Title:,Lead Scoring,,,\nEvent Date:,"Jan 13, 2026",,,\n,,,,\n'
        "Email,First Name,Last Name,Company,Live Date\n" + rows("{mail},{first},{last},Acme,01/1{n}/2026")
        + ",,,,\nPowered by ON24,,,,\n",
        5, [(1, 4), (11, 12)], "Lead Scoring",
    ),
    "labels below one another": Report(
        "Webinar Name,,,\nVoting in public,,,\nTotal Attended,,,\n5,,,\nSession Details,,,\n"
        "Attended,Name,Email,Join Time\n"
        + rows("Yes,{first},{mail},01/1{n}/2026 10:00"),
        6, [(1, 5)], "Voting in public",
    ),
    "two labels in a row, their values below": Report(
        "Attendee Report\nWebinar Name,Webinar ID\nSession A,123-456-789\nAttendee Details\n"
        "Attended,Name,Email,Join Time\n" + rows("Yes,{first},{mail},01/1{n}/2026 10:00"),
        5, [(1, 4)], "Session A",
    ),
    "totals": Report(PLAIN + "Total attendees: 5\n", 1, [(7, 7)]),
    "totals in cells": Report(PLAIN + "Total,,,,5\n,,,,\nReport generated on 01/30/2026 by Ola,,,,\n", 1, [(7, 9)]),
    "totals, in German": Report(
        "Vorname;Nachname;E-Mail;Veranstaltung;Datum\n" + rows("{first};{last};{mail};Messe;1{n}.01.2026")
        + "Gesamt;5\n\nErstellt am 30.01.2026\n", 1, [(7, 9)],
    ),
    "a footer with an address": Report(
        PLAIN + "\nContact: support@acme-corp.com\nSupport,help@acme-corp.com\n", 1, [(7, 9)]
    ),
    "a footer with an address, as wide as the rows": Report(
        PLAIN + "Exported by ola@acme-corp.com on 01/30/2026,,,,\n", 1, [(7, 7)]
    ),
    "a copyright": Report(
        PLAIN + "\n\nLead Scoring Webinar 2026 - Members\nCopyright (c) 2000-2026 tool, inc.\n", 1, [(7, 10)]
    ),
    "polls with the same people": Report(
        PLAIN + "\nPoll Details\nQuestion,User,Email,Answer\n" + rows("How was it?,{first},{mail},Good"),
        1, [(7, 7), (8, 14)],
    ),
    "the event's name alone": Report(
        "Company confidential\nLead Summit 2026 - Attendee Report\nGenerated on 02/18/2026 09:00 AM\n\n"
        "First Name,Last Name,Email,Check-in Date\n" + rows("{first},{last},{mail},01/1{n}/2026"),
        5, [(1, 4)], "Lead Summit 2026",
    ),
    "nothing but the names of parts": Report(
        "Summary\nSession Details:\nOrganizer: Jane Doe\nDate: February 17\n1. List of attendees\n"
        "support@acme-corp.com or +49\nFebruary 17, 2026\n"
        "First Name,Last Name,Email,Check-in Date\n" + rows("{first},{last},{mail},01/1{n}/2026"),
        8, [(1, 7)],
    ),
    "no-shows": Report(
        "Attendees\nName,Email,Date,Webinar\n" + rows("{first},{mail},01/1{n}/2026,Lead", PEOPLE[:2])
        + "\nNo-shows\nName,Email,Date,Webinar\n" + rows("{first},{mail},01/1{n}/2026,Lead", PEOPLE[2:]),
        2, [(1, 1), (5, 5), (6, 10)], rows=2,
    ),
    "labels in a language that is not known": Report(
        "Ataskaita\nPavadinimas;Švinas\n\nVardas;Pavardė;Adresas;Dalyvavimo diena\n"
        + rows("{first};{last};{mail};1{n}-01-2026"),
        4, [(1, 3)],
    ),
    "a second heading row": Report(
        "Respondent ID,Start Date,Which webinar did you attend?,Contact\n,,Open-Ended Response,Email Address:\n"
        + rows("118{n},01/1{n}/2026 10:00:12 AM,Lead Scoring,{mail}"),
        1, [(2, 2)],
    ),
    "a row of units": Report(
        "Name,Email,Joined,Duration\n,,(UTC),[min]\n" + rows("{first},{mail},2026-01-1{n} 10:00,40"), 1, [(2, 2)],
    ),
    "three heading rows": Report(
        "StartDate,RecipientEmail,Q1\nStart Date,Recipient Email,Which webinar did you attend?\n"
        '"{{""ImportId"":""startDate""}}","{{""ImportId"":""recipientEmail""}}","{{""ImportId"":""QID1""}}"\n'.format()
        + rows("2026-01-1{n} 10:00:00,{mail},Lead Scoring"),
        1, [(2, 2), (3, 3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_the_table_with_the_people_is_found(name: str, tmp_path: Path) -> None:
    report = REPORTS[name]
    path = tmp_path / "in.csv"
    path.write_text(report.text, encoding=report.encoding)
    with Source(path) as source:
        try:
            table = detect(source, Layout()).table
        except UnclearError as error:
            skipped, offered = error.skipped, [one["text"] for one in error.choices if one["column"] == "title-text"]
        else:
            skipped, offered = [one._asdict() for one in table.skipped], [one.text for one in table.titles]
        assert source.first_line == report.heading
    assert [(one["first"], one["last"]) for one in skipped] == report.left_out
    assert offered == ([report.title] if report.title else [])
    given = Layout(email=guess("mail", report), date=1, title=0, dateformat="MM/dd/yyyy")
    found = check(path, given, max_shown=1_000)
    assert found.rows == report.rows
    left_out = {line for first, last in report.left_out for line in range(first, last + 1)}
    assert not {one.line for one in found.examples} & left_out


def guess(part: str, report: Report) -> int:
    """The column of addresses: any will do to count the rows."""
    heading = report.text.splitlines()[report.heading - 1]
    cells = heading.split("\t" if "\t" in heading else ";" if ";" in heading else ",")
    return next((i for i, cell in enumerate(cells) if part in cell.lower() and i > 1), 2)


PLAIN_TABLES = [
    PLAIN,
    PLAIN + "\n\n",
    PLAIN + "Nia,nia@acme-c",
    PLAIN + "Nia Nov",
    "Email,Date,Title\na@acme-corp.com,01/13/2026,Demo\n\nb@acme-corp.com,01/14/2026,Demo\n",
    "Email,Date,Title\na@acme-corp.com,01/13/2026,Demo\n\n,01/14/2026,Demo\n",
    "Email,Date,Title\na@acme-corp.com,01/13/2026,Demo\nEmail,Date,Title\nb@acme-corp.com,01/14/2026,Demo\n",
    "a@acme-corp.com,01/13/2026,Demo\nb@acme-corp.com,01/14/2026,Demo\n",
    "Email,Date,Title\nnobody,x,\n,,\nno one,y,\n",
    "Email,Date,Title\na@acme-corp.com,01/13/2026\nthe rest of a note that broke off here\n",
]


@pytest.mark.parametrize("text", PLAIN_TABLES)
def test_a_plain_table_is_the_whole_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    report = check(path, Layout(email=0, date=1, title=2, dateformat="MM/dd/yyyy"))
    assert report.skipped_lines == ()
    headings = text.startswith(("Email", "First"))
    assert report.rows == len(text.splitlines()) - headings


def test_several_tables_with_people_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    heading = "Name,Email,Date,Webinar\n"
    path.write_text(
        "Online\n" + heading + rows("{first},{mail},01/1{n}/2026,Lead", PEOPLE[:3]) + "\nOn site\n" + heading
        + rows("{first},{mail},01/1{n}/2026,Lead", PEOPLE[3:]),
        encoding="utf-8",
    )  # fmt: skip
    with pytest.raises(UnclearError) as error:
        check(path, Layout())
    assert error.value.code == "table"
    assert error.value.says == (
        f"`{path}` has 2 tables with people; name the line on which the right one starts with `table_line`"
    )
    assert error.value.lines == (
        "  line 2: `Online`: `Name`, `Email`, `Date`, `Webinar`; 3 rows with an address",
        "  line 8: `On site`: `Name`, `Email`, `Date`, `Webinar`; 2 rows with an address",
    )
    assert [one["option"] for one in error.value.choices] == ["--table-line 2", "--table-line 8"]
    assert error.value.options == {"table-line": "2"}


PAGE_MARKS = ["Page 1 of 2", "- Seite 1 von 2 -,,,", "Pagina 1", "Attendee List - Lead Summit"]


@pytest.mark.parametrize("line", PAGE_MARKS)
def test_pages_are_one_table(line: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    heading = "Name,Email,Date,Webinar\n"
    pages = [heading + rows("{first},{mail},01/1{n}/2026,Lead", some) for some in (PEOPLE[:3], PEOPLE[3:])]
    path.write_text(f"Attendee List - Lead Summit\n\n{pages[0]}{line}\n{pages[1]}", encoding="utf-8")
    report = check(path, Layout(dateformat="MM/dd/yyyy"))
    assert (report.good_rows, report.bad_rows, len(report.skipped_lines)) == (len(PEOPLE), 2, 1)


def test_a_table_like_the_one_with_people_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    tables = ["Name,Email,Date\n" + rows("{first},{mail},01/1{n}/2026", PEOPLE[:3])] * 3
    path.write_text("Attendees (3)\n" + "\nRoom B\n".join(tables[:2]) + "\nSpeakers\n" + tables[2], encoding="utf-8")
    with pytest.raises(UnclearError) as error:
        check(path, Layout())
    assert [one["option"] for one in error.value.choices] == ["--table-line 2", "--table-line 8"]


def test_an_export_with_other_columns_below_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    first, second = rows("{mail},01/1{n}/2026,Lead", PEOPLE), rows("{mail},{first},01/1{n}/2026,Lead", PEOPLE[:1])
    path.write_text(f"Email,Date,Event\n{first}Email,Name,Date,Event\n{second}", encoding="utf-8")
    with pytest.raises(UnclearError) as error:
        check(path, Layout())
    assert [one["rows"] for one in error.value.choices] == [len(PEOPLE), 1]


def test_a_table_with_times_of_joining_is_the_likeliest(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    tables = [rows("{first},{mail},01/1{n}/2026", PEOPLE[:3]), rows("{first},{mail},9:55,10:00", PEOPLE[:3])]
    path.write_text(
        f"Registrants (3)\nName,Email,Date\n{tables[0]}\nAttendees (3)\nName,Email,Joined,Left\n{tables[1]}",
        encoding="utf-8",
    )
    with pytest.raises(UnclearError) as error:
        check(path, Layout())
    assert error.value.options == {"table-line": "8"}


def test_the_rows_that_a_spreadsheet_shows_above_are_counted(tmp_path: Path) -> None:
    path, person = tmp_path / "in.csv", "a@x.com;2024-01-25;Demo\n"
    path.write_text('Report;"two\nlines"\n\nEmail;Date;Event\n' + person * 2, encoding="utf-8")
    assert check(path, Layout()).rows_above == 3


def test_outputs_contain_the_table_only(tmp_path: Path) -> None:
    path, clean, bad = tmp_path / "in.csv", tmp_path / "clean.csv", tmp_path / "bad.csv"
    good = "Yes,Ana,ana@acme-corp.com,01/13/2026\r\n", 'Yes,"Bo, B",bo@acme-corp.com,01/14/2026\r\n'
    heading = "Attended,Title,Email,Event Date\r\n"
    path.write_text(
        "Attendee Report\r\nTopic,Lead Scoring\r\n\r\n" + heading + good[0] + "No,Cleo,,--\r\n" + good[1]
        + "\r\nTotal,2\r\n", newline="", encoding="utf-8",
    )  # fmt: skip
    report = check(path, Layout(title="Title", dateformat="MM/dd/yyyy"), clean=clean, bad_rows=bad)
    assert clean.read_bytes().decode() == heading + "".join(good)
    assert bad.read_text("utf-8-sig").splitlines()[1].startswith("No,Cleo,,'--,2,6,")
    assert [(one.row, one.line) for one in report.examples if one.row] == [(2, 6), (2, 6)]
    assert [one.described() for one in report.skipped_lines] == [
        "lines 1 to 3: before the table: `Attendee Report`",
        "lines 8 to 9: after the table: `Total`, `2`",
    ]
    assert report.as_dict()["skipped_lines"][1] == {"first": 8, "last": 9, "what": "after the table: `Total`, `2`"}


@pytest.mark.parametrize("people", [5_000, 150_000])
@pytest.mark.parametrize("end", ["\nTotal,x\n", "Total attendees: 12\n", "\nPoll Details\nQuestion,Email\nQ,a@b.com\n"])
def test_a_footer_of_a_large_file_is_found(people: int, end: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    rows = [f"person{n}@acme-corp.com,01/13/2026,Lead Scoring for everybody\n" for n in range(people)]
    odd = ",01/13/2026,Lead Scoring for everybody\n\n" * 100
    path.write_text("".join(["Report\n\nEmail,Date,Title\n", *rows, odd, *rows[:2_000], end]), encoding="utf-8")
    report = check(path, Layout(dateformat="MM/dd/yyyy"))
    assert report.bad_rows == 200
    blank = "Poll" in end  # before another table
    assert [one.first for one in report.skipped_lines] == [1, report.rows + 4, *[report.rows + 5] * blank]
    assert report.skipped_lines[-1].last == report.rows + 3 + len(end.splitlines())


def test_a_data_frame_is_the_whole_table() -> None:
    import pandas as pd

    frame = pd.DataFrame({"Email": ["a@acme-corp.com", None, None], "Date": ["01/13/2026", None, None],
                          "Title": ["Demo", None, "Total"]})  # fmt: skip
    report = check(frame, Layout(dateformat="MM/dd/yyyy"))
    assert (report.rows, report.bad_rows, report.skipped_lines) == (3, 2, ())


TWO = (
    "Online\nName,Email,Date,Webinar\nAna,ana@acme-corp.com,01/13/2026,Lead\n\n"
    "On site\nName,Email,Date,Webinar\nBo,bo@acme-corp.com,01/14/2026,Lead\nCleo,,,\n\nTotal,3\n"
)


@pytest.mark.parametrize(
    ("line", "firstrow", "rows", "left_out"),
    [
        (2, None, [3], [(1, 1), (4, 4), (5, 8), (9, 10)]),
        (6, None, [7, 8], [(1, 3), (4, 5), (9, 10)]),
        (7, "N", [7, 8], [(1, 3), (4, 4), (5, 6), (9, 10)]),
        ("6", "Y", [7, 8], [(1, 3), (4, 5), (9, 10)]),
    ],
)
def test_the_line_of_the_table_can_be_given(
    line: int | str, firstrow: str | None, rows: list[int], left_out: list[tuple[int, int]], tmp_path: Path
) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text(TWO, encoding="utf-8")
    layout = Layout(1, 2, 3, dateformat="MM/dd/yyyy", firstrow=firstrow, table_line=line)  # type: ignore[arg-type]
    report = check(path, layout, clean=clean)
    assert report.rows == len(rows)
    assert clean.read_text("utf-8") == "".join(
        TWO.splitlines(keepends=True)[number - 1] for number in ([int(line)] if firstrow != "N" else []) + rows[:1]
    )
    assert [(one.first, one.last) for one in report.skipped_lines] == left_out


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (TWO, ["--table-line", "11"], "--table-line 11 is past the end: {path} has 10 lines"),
        (TWO, ["--table-line", "99"], "--table-line 99 is past the end: {path} has 10 lines"),
        (TWO.rstrip(), ["--table-line", "11"], "--table-line 11 is past the end: {path} has 10 lines"),
        (TWO, ["--table-line", "4"], "line 4 of {path} is blank; --table-line takes the heading's line"),
        ("sep=;\n" + TWO, ["--table-line", "1"], "--table-line 1 is the `sep=` line; the table starts after it"),
    ],
)
def test_a_line_that_starts_no_table_is_refused(
    text: str, options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path), "--clean", str(clean), *options]) == 2
    assert capsys.readouterr() == ("", f"preflight: {says.format(path=f'`{path}`')}\n")
    assert not clean.exists()


@pytest.mark.parametrize("line", ["0", "x", "-1", "1.5"])
def test_the_line_must_be_a_number(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "in.csv"), f"--table-line={line}"]) == 2
    assert capsys.readouterr().err == f"preflight: --table-line `{line}` is not a line number; lines count from 1\n"


def test_the_table_line_is_not_repeated_for_bad_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, clean, bad = tmp_path / "in.csv", tmp_path / "clean.csv", tmp_path / "bad.csv"
    path.write_text(TWO, encoding="utf-8")
    asked = ["--table-line", "6", "--clean", str(clean), "--bad-rows", str(bad)]
    assert main(["check", str(path), *asked]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert "--table-line" not in last.partition("Next: ")[2]
    bad.write_text(bad.read_text("utf-8-sig").replace("Cleo,,,", "Cleo,cleo@acme-corp.com,01/14/2026,Lead"), "utf-8")
    assert main(shlex.split(last.partition("Next: preflight ")[2])) == 0
    assert clean.read_text("utf-8").splitlines()[1:] == [
        "Bo,bo@acme-corp.com,01/14/2026,Lead", "Cleo,cleo@acme-corp.com,01/14/2026,Lead"
    ]  # fmt: skip
    profile = tmp_path / "profile.toml"
    profile.write_text("table_line = 6\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["check", str(path), "--profile", str(profile), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["rows"] == 2


def test_a_question_lists_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text(TWO, encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"preflight: `{path}` has 2 tables with people; name the line on which the right one starts with --table-line\n"
        "  line 2: `Online`: `Name`, `Email`, `Date`, `Webinar`; 1 row with an address\n"
        "  line 6: `On site`: `Name`, `Email`, `Date`, `Webinar`; 1 row with an address\n"
        f"Next: preflight check {path} --table-line 2\n"
    )
    assert main(["check", str(path), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "table"
    assert [one["option"] for one in error["choices"]] == ["--table-line 2", "--table-line 6"]
