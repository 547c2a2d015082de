"""What a file does not say is asked about, with choices that can be pasted; what is plain is taken."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from preflight import Layout
from preflight.cli.main import main
from preflight.detect.layout import detect
from preflight.errors import UnclearError
from preflight.inputs.source import Source
from preflight.tables.columns import is_date

pytestmark = pytest.mark.usefixtures("as_typed")

TAKEN = [
    ("Title,Forename,Surname,Email,Workshop,Date\n" + "Mr,Al,Ash,al@example.com,Lead Scoring,25/01/2024\n" * 3,
     {"email": 3, "date": 5, "title": 4}),
    ("Email,Create Date,Webinar Attended On,Webinar Name\n" + "a@example.com,2019-03-14,2024-01-25,Scoring\n" * 3,
     {"email": 0, "date": 2, "title": 3}),
    ("Order Email,Attendee Email,Order Date,Event Date,Event\n"
     "o@example.com,a@example.com,2024-01-02,2024-01-25,Demo\n",
     {"email": 1, "date": 3, "title": 4}),
    ("Zeitstempel,E-Mail-Adresse,Vorname,Veranstaltung\n" + "07.02.2026 00:13:31,a@example.com,Ana,Messe\n",
     {"email": 1, "date": 0, "title": 3}),
    ("Horodateur,Adresse e-mail,Prénom,Nom de l'événement\n" + "07/02/2026 00:13:31,a@example.com,Ana,Salon\n",
     {"email": 1, "date": 0, "title": 3}),
    ("Marca temporal;Correo electrónico;Cargo;Evento\n" + "07/02/2026 0:13:31;a@example.com;Jefa;Feria\n",
     {"email": 1, "date": 0, "title": 3}),
    ("Carimbo de data/hora,E-mail,Função,Título do evento\n" + "07/02/2026 00:13:31,a@example.com,Chefe,Feira\n",
     {"email": 1, "date": 0, "title": 3}),
    ("Data,Indirizzo email,Ruolo,Titolo del convegno\n" + "07/02/2026,a@example.com,Capo,Fiera\n",
     {"email": 1, "date": 0, "title": 3}),
    ("Datum,E-mailadres,Functie,Naam evenement\n" + "07-02-2026,a@example.com,Baas,Beurs\n",
     {"email": 1, "date": 0, "title": 3}),
    ("Email,Topic,Join Time,Leave Time\n" + "a@example.com,Call,2024-01-25 10:00,2024-01-25 11:00\n",
     {"email": 0, "date": 2, "title": 1}),
    ("Email,Start Time,End Time,Event\n" + "a@example.com,2024-01-25 10:00,2024-01-25 11:00,Demo\n",
     {"email": 0, "date": 1, "title": 3}),
    ("Email,Webinar,Date\n" + "a@example.com,Tax 101,2024-01-25\n" * 3, {"email": 0, "date": 2, "title": 1}),
    ("event,email,date,event_name\n" + "".join(f"ev{i},a{i}@example.com,2024-01-25,Demo\n" for i in range(3)),
     {"email": 1, "date": 2, "title": 3}),
    ("Event,Email,Date\n" + "CES26,a@example.com,2024-01-25\n" * 3, {"email": 1, "date": 2, "title": 0}),
    ("Email,Date,Event,City\n" + "".join(f"a@example.com,2024-01-25,T{i},Rome\n" for i in range(3)),
     {"email": 0, "date": 1, "title": 2}),
    ("Email,Date,Event Title,City\n" + "".join(f"a@example.com,2024-01-25,Day{i},Rome\n" for i in range(3)),
     {"email": 0, "date": 1, "title": 2}),
    ("Event,Email,Date,Event Name\n" + "11812340,a@example.com,2024-01-25,Demo\n" * 3,
     {"email": 1, "date": 2, "title": 3}),
    ("メールアドレス,氏名,登録日時,参加日時,イベント名\n"
     + "a@example.com,Ana,2024-01-02,2024-01-25,Demo\n" * 3,
     {"email": 0, "date": 3, "title": 4}),
    ("Imię,Adres e-mail,Data rejestracji,Data wydarzenia,Nazwa wydarzenia\n"
     + "Ana,a@example.com,2024-01-02,2024-01-25,Demo\n" * 3, {"email": 1, "date": 3, "title": 4}),
    ("Ad,E-posta,Doğum tarihi,Etkinlik tarihi,Etkinlik adı\n" + "Ana,a@example.com,2001-01-02,2024-01-25,Demo\n" * 3,
     {"email": 1, "date": 3, "title": 4}),
    ("Имя,Электронная почта,Дата регистрации,Дата мероприятия,Вебинар\n"
     + "Ана,a@example.com,2024-01-02,2024-01-25,Demo\n" * 3, {"email": 1, "date": 3, "title": 4}),
    ("Förnamn,E-postadress,Födelsedatum,Evenemangsdatum,Evenemangsnamn\n"
     + "Ana,a@example.com,2001-01-02,2024-01-25,Demo\n" * 3, {"email": 1, "date": 3, "title": 4}),
    ("姓名,电子邮件地址,报名时间,加入时间,离开时间,活动名称\n"
     + "Ana,a@example.com,2024-01-02 09:00,2024-01-25 10:00,2024-01-25 11:00,Demo\n" * 3,
     {"email": 1, "date": 3, "title": 5}),
    ("이름,이메일 주소,생년월일,참가 시간,나간 시간,행사명\n"
     + "Ana,a@example.com,2001-01-02,2024-01-25 10:00,2024-01-25 11:00,Demo\n" * 3,
     {"email": 1, "date": 3, "title": 5}),
    ("Correo electrónico,Hora de registro,Hora para unirse,Hora de salida,Evento\n"
     + "a@example.com,2024-01-02 09:00,2024-01-25 10:00,2024-01-25 11:00,Demo\n" * 3,
     {"email": 0, "date": 2, "title": 4}),
    ("E-mail,Hora da inscrição,Hora de ingresso,Hora de saída,Evento\n"
     + "a@example.com,2024-01-02 09:00,2024-01-25 10:00,2024-01-25 11:00,Demo\n" * 3,
     {"email": 0, "date": 2, "title": 4}),
    ("E-mail,Heure d’inscription,Heure d’arrivée,Heure de départ,Atelier\n"
     + "a@example.com,2024-01-02 09:00,2024-01-25 10:00,2024-01-25 11:00,Demo\n" * 3,
     {"email": 0, "date": 2, "title": 4}),
    ("".join(f"Ana A{letter},{letter}@example.com,2024-01-25,Scoring\n" for letter in "abcdefghij"),
     {"email": 1, "date": 2, "title": 3, "note": None}),
    ("Jméno,E-mail,Datum narození,Datum akce,Webinar\n" + "Ana,a@example.com,1.2.1980,25.1.2024,Demo\n" * 3,
     {"email": 1, "date": 3, "title": 4}),
    ("Email,Date,Webinar\n" + "a@example.com,1998-01-25,Demo\n" * 3, {"email": 0, "date": 1, "title": 2}),
    ("Email,Event,attended_at\n" + "a@example.com,Demo,1760000000000\n" * 3, {"email": 0, "date": 2, "title": 1}),
    ("Email,Date,Title,Phone,City\na@example.com,2024-01-25,Demo,1,Rio\n", {"email": 0, "date": 1, "title": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "columns"), TAKEN, ids=[text.splitlines()[0] for text, _ in TAKEN])
def test_unambiguous_columns_are_detected(text: str, columns: dict[str, int], tmp_path: Path) -> None:
    layout = found(tmp_path, text)
    assert {name: getattr(layout, name) for name in columns} == columns


ASKED = [
    ("First Name,Last Name,Email,Registration Time,Approval Status\n"
     "Ana,Almeida,a@example.com,2024-01-25 10:00,approved\n",
     ["no column could be the title"]),
    ("a@acme-corp.com,2024-01-25\n" * 3, ["no column could be the title"]),
    ("Email Address,First Name,Birthday,Webinar\na@example.com,Ana,2000-01-25,Demo\n",
     ["no column holds dates but `Birthday`"]),
    ("Organizer Email,Attendee,Session Date,Session Name\nsam@example.org,Ana Almeida,2024-01-25,Demo\n",
     ["the only addresses are those of `Organizer Email`, by its label somebody else's"]),
    ("Email,Event,created_at\n" + "a@example.com,Demo,1760000000\n" * 3, ["no column holds dates"]),
    ("First Name,Title,Email,Date\nAna,CEO,a@example.com,2024-01-25\n", ["no column is the title for certain"]),
    ("Event,Email,Date,Summary\n" + "".join(f"ev{i},a@example.com,2024-01-25,Demo\n" for i in range(3)),
     ["no column is the title for certain"]),
    ("Email,Date,Title,Extra\na@example.com,2024-01-25,Demo,other text\n", ["no column is the title for certain"]),
    ("Email,Date,Webinar\n" + "a@example.com,2024-01-25,Yes\n" * 3, ["no column is the title for certain"]),
    ("Email,Your work email,Date,Event\nanonymous,a@example.com,2024-01-25,Demo\n",
     ["column 0 `Email` holds no addresses, another one does"]),
    ("Email,Start time,Completion time,Event\na@example.com,2024-01-25 10:00,2024-01-25 10:05,Demo\n",
     ["2 columns hold dates"]),
    ("StartDate,EndDate,RecordedDate,RecipientEmail,Event\n2024-01-25,2024-01-25,2024-01-25,a@example.com,Demo\n",
     ["3 columns hold dates"]),
    ("Email,Created,Last Activity Date,Event\na@example.com,2024-01-25,2024-01-26,Demo\n", ["2 columns hold dates"]),
    ("Date,From Email Address,To Email Address,Event\n" + "2024-01-25,ana@example.com,shop@example.org,Demo\n" * 2,
     ["2 columns hold addresses"]),
    ("Email,Contact,Date,Event\n" + "o@x.com,al@x.com,2024-01-25,Demo\no@x.com,bo@x.com,2024-01-25,Demo\n" * 2,
     ["2 columns hold addresses"]),
    ("Email,Time in session,Join Time,Event\n" + "a@example.com,47,3:00 PM,Demo\n" * 3, ["no column holds dates"]),
    ("Email,End Date,Event\na@example.com,2024-01-25,Demo\n", ["the only dates are those of `End Date`"]),
    ("a@example.com,Ana Almeida,2024-01-25\nb@example.com,Bo Brandt,2024-01-25\nc@example.com,Cleo Cruz,2024-01-25\n",
     ["there is no heading, and most texts of column 1 stand there once, as no titles do"]),
    ("Név,E-mail,Születési dátum,Webinar\n" + "Ana,a@example.com,1980.02.01,Demo\n" * 3,
     ["no column holds dates but `Születési dátum`"]),
    ("Attendee,Event,Date\n" + "Ana Almeida <ana@example.com>,Demo,2024-01-25\n" * 3,
     ["addresses stand only beside other text, a name or other addresses"]),
    ("Owner,Attendees,Event,Date\n" + "o (o@x.com),a@x.com; b@x.com,Demo,2024-01-25\n" * 3,
     ["addresses stand only beside other text, a name or other addresses"]),
    ("メール,最終ログイン,セミナー\na@example.com,2024-01-25,Demo\n", ["the only dates are those of `最終ログイン`"]),
    ("E-mail,Date de création,Date de première connexion,Atelier\na@example.com,2024-01-02,2024-01-25,Demo\n",
     ["2 columns hold dates"]),
    ("Email,Data urodzenia,Webinar\na@example.com,2001-01-25,Demo\n", ["no column holds dates but `Data urodzenia`"]),
    ("Email,Doğum tarihi,Webinar\na@example.com,2001-01-25,Demo\n", ["no column holds dates but `Doğum tarihi`"]),
    ("Record ID,Email,Create Date,Contact owner,Event\n1,a@example.com,2024-01-25,Ola,Demo\n",
     ["the only dates are those of `Create Date`"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), ASKED, ids=[text.splitlines()[0] for text, _ in ASKED])
def test_ambiguous_columns_are_asked_about(text: str, says: list[str], tmp_path: Path) -> None:
    with pytest.raises(UnclearError) as error:
        found(tmp_path, text)
    assert [part for part in error.value.says.split("; ") if not part.startswith(("name ", "the headings"))] == says


DAYS = [
    ("2026/3/4 15:00:05", True), ("4 de marzo de 2026 a las 15:00", True), ("mercredi 4 mars 2026 à 15h00", True),
    ("04.03.2026 - 15:00 Uhr", True), ("4.3.2026 klo 15.00", True), ("March 4, 2026 @ 3:00 PM", True),
    ("4th of March 2026", True), ("2026. 03. 04. 15:00", True), ("2026年3月4日 15:00", True),
    ("2026年3月4日(水) 15:00", True), ("March 4, 2026 · 3:00 PM", True),
    ("Wed Mar 04 2026 15:00:05 GMT+0100 (Central European Standard Time)", True), ("203.0.113.9", False),
    ("2026-063", False), ("4 mars", False), ("Room 4, 2026 and later", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "is_one"), DAYS)
def test_texts_that_look_like_dates(text: str, is_one: bool) -> None:
    assert is_date(text) is is_one


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Email,Registered At,Checked In At,Event\na@x.com,2024-01-13,2024-01-25,Demo\n", '--date "Checked In At"'),
        ("Email,Registration Date,First Login,Event\na@x.com,2024-01-13,2024-01-25,Demo\n", '--date "First Login"'),
        ("Horodateur,Courriel,Atelier\n04/03/2026,a@x.com,Demo\n", "--dateformat dd/MM/yyyy"),
        ("Join Time,Email,Workshop,Registration Time\n04/03/2026,a@x.com,Demo,28/02/2026\n", "--dateformat dd/MM/yyyy"),
        ("Datum,Vorname,Email,Messe,Bestelldatum\n04/03/2026,Al,a@x.com,D,02/28/2026\n", "--dateformat MM/dd/yyyy"),
        (
            "Fecha,Correo,Taller\n04/03/2026 3:00 p. m.,a@x.com,D\n",
            '--dateformat "dd/MM/yyyy hh:mm a" --normalize-dates',
        ),
        ("Timestamp,Email,Workshop\n04/03/2026,a@x.com,Demo\n", "--dateformat MM/dd/yyyy"),
        ("E-Mail,Bestelldatum,Eingecheckt am,Messe\na@x.com,2024-01-13,2024-01-25,D\n", '--date "Eingecheckt am"'),
        ("Email,Attended,Joined\na@x.com,Yes,2024-01-25\nb@x.com,No,\n", "--title-text TITLE --only Attended=Yes"),
        ("Correo,Asistió,Fecha\na@x.com,Sí,2024-01-25\nb@x.com,No,\n", '--title-text TITLE --only "Asistió=Sí"'),
        (
            "Email,Attendance state,Joined\na@x.com,ATTENDED,2024-01-25\nb@x.com,NO_SHOW,\n",
            '--title-text TITLE --only "Attendance state=ATTENDED"',
        ),
        ("Email,Checked In,Date\na@x.com,Yes,2024-01-25\nb@x.com,No,\n", '--title-text TITLE --only "Checked In=Yes"'),
        ("Email,Participant,Date\na@x.com,Yes,2024-01-25\nb@x.com,No,\n", "--title-text TITLE --only Participant=Yes"),
        (
            "E-Mail,Teilnahmestatus,Datum\na@x.com,Teilgenommen,2024-01-25\nb@x.com,Abwesend,\n",
            "--title-text TITLE --only Teilnahmestatus=Teilgenommen",
        ),
        ("Email,Present,Date\na@x.com,X,2024-01-25\nb@x.com,,\n", "--title-text TITLE --only Present=X"),
        (
            "E-mail,Ha partecipato,Data\na@x.com,Sì,2024-01-25\nb@x.com,No,\n",
            '--title-text TITLE --only "Ha partecipato=Sì"',
        ),
        (
            "E-mail,Registratietijd,Deelnametijd,Bijgewoond\na@x.com,2024-01-02,2024-01-25,Ja\nb@x.com,2024-01-02,--,Nee\n",
            "--title-text TITLE --only Bijgewoond=Ja",
        ),
        (
            "Email,Registered,Check-in Date\na@x.com,2024-01-02,2024-01-25\nb@x.com,2024-01-03,\n",
            "--date \"Check-in Date\" --title-text TITLE --only 'Check-in Date!='",
        ),
        (
            "Email,Registered,Joined\na@x.com,2024-01-02,2024-01-25\nb@x.com,2024-01-03,--\n",
            "--title-text TITLE --only 'Joined!=--'",
        ),
        (
            "Email,Registered,Joined\na@x.com,2024-01-02,2024-01-25\nb@x.com,2024-01-03,\nc@x.com,2024-01-03,--\n",
            "--title-text TITLE",
        ),
        (
            "E-Mail,Startdatum,Absendedatum,Welche Messe?\na@x.com,2024-01-02,2024-01-03,D\n",
            '--date Absendedatum --title "Welche Messe?"',
        ),
        ("Start Time,End Time,Email,Paid?,Session\n2024-01-02,2024-01-03,a@x.com,yes,D\n", None),
        ("名前,メール,完了時刻,参加するセミナー\nAl,a@x.com,2024-01-25,D\n", '--title "参加するセミナー"'),
        ("Argomento,ID\nBasi,1\n\nE-mail,Data\na@x.com,2024-01-25\n", "--title-text Basi"),
        ("Lista dei partecipanti\n\nE-mail,Data\na@x.com,2024-01-25\n", "--title-text TITLE"),
        (
            "Campaign Name,Name,Email,Member Status,Member First Associated Date\nDemo,Al,a@x.com,Sent,2024-01-25\n",
            '--title "Campaign Name"',
        ),
        ("Email,Participant,Date\na@x.com,Ana,2024-01-25\nb@x.com,Bo,2024-01-25\n", "--title-text TITLE"),
        ("Email,Date,Joined Company\na@x.com,2024-01-02,2024-01-01\nb@x.com,2024-01-03,\n", "--title-text TITLE"),
        ("Email,First Login,Check-in Date,Event\na@x.com,2024-01-13,2024-01-25,Demo\n", '--date "Check-in Date"'),
        ("Name,Email,Date,Course\nAl,a@x.com,2024-01-25,Demo\n", "--title Course"),
        ("Name,Email,Date,Campaign\nAl,a@x.com,2024-01-25,Demo\n", "--title-text TITLE"),
        ("Name,Email,Date,Item Name\nAl,a@x.com,2024-01-25,Demo\n", '--title "Item Name"'),
        (
            "event,email,date,event_type\nview,a@x.com,2024-01-25,Demo\nclick,b@x.com,2024-01-25,Demo\n",
            "--title-text TITLE",
        ),
        ("Date,Email,Event Type,Service\n2024-01-25,a@x.com,Appointment,Demo\n", "--title Service"),
        (
            "Email,Event,When\na@x.com,Demo,7/3/2026 10:30 AM Central Standard Time\n",
            '--dateformat "MM/dd/yyyy hh:mm a z" --normalize-dates',
        ),
        (
            'Email,Event,When\na@x.com,Demo,"Jan 3, 2026, 2 - 3 PM"\nb@x.com,Demo,"Jan 13, 2026, 2:30 - 3 PM"\n',
            "--normalize-dates=day",
        ),
        ("氏名,メール,セミナー名,開催日\nAl,a@x.com,D,2026年1月25日(日) 10:00\n", "--normalize-dates"),
        ("Email,Date Scheduled,Start Time,Event\na@x.com,2024-01-13,2024-01-25,Demo\n", None),
        ("Email,Registered,Entered,Left,Event\na@x.com,2024-01-13,2024-01-25,2024-01-25,Demo\n", None),
        ("Correo,Seminario web,Fecha\na@x.com,Demo,2024-01-25\n", None),
        (
            "Adresse de messagerie,Votre e-mail,Date,Atelier\nanonymous,a@x.com,2024-01-25,Demo\n",
            '--email "Votre e-mail"',
        ),
        ("Email,Termin von,Termin bis,Messe\na@x.com,2024-01-13,2024-01-25,Demo\n", None),
        ("Report for: Sales Up\n\nName,Email,Joined\nAl,a@x.com,2024-01-25\n", '--title-text "Sales Up"'),
        ("Lead Scoring Basics\n\nName,Email,Joined\nAl,a@x.com,2024-01-25\n", '--title-text "Lead Scoring Basics"'),
        ("Email,Attended,Joined\na@x.com,Yes,2024-01-25\nb@x.com,Yes,2024-01-25\n", "--title-text TITLE"),
        (
            "Email,Registered For,Date,Webinar Status\n" + "a@x.com,Demo,2024-01-25,Attended\n",
            '--title "Registered For"',
        ),
        ("Email,Event,Webinar,Date\na@x.com,A,B,2024-01-25\n", "--title Event"),
        ("Email,Event Host,Event City,Date\na@x.com,Al,Rio,2024-01-25\n", "--title-text TITLE"),
        ("First Name,Title,Email,Talk,Date\n" + "Al,CTO,a@x.com,Demo,2024-01-25\n", "--title Talk"),
        ("Attendee,Event,Date\n" + "Al <a@x.com>,Demo,2024-01-25\n" * 3, "--email Attendee"),
        ("Attendees,Event,Date\n" + "a@x.com; b@x.com,D,2024-01-25\n" * 3, "--email Attendees"),
        ("Owner,Attendees,Event,Date\n" + "o (o@x.com),a@x.com; b@x.com,D,2024-01-25\n" * 3, "--email Attendees"),
        ("Email,Date,Webinar Status\n" + "a@x.com,2024-01-25,Attended\n", "--title-text TITLE"),
        ("Vorname,E-Mail,Datum,Titel,Kampagnenname\nAl,a@x.com,2024-01-25,Leiter,Demo\n", "--title Kampagnenname"),
        ("Name:,Email Basics\n\nName,Email,Joined\nAl,a@x.com,2024-01-25\n", '--title-text "Email Basics"'),
        (
            'Date:,"Feb 17, 2026"\nRun Date:,2026-02-18\n\nName,Email,Joined\nAl,a@x.com,9:55 AM\n',
            "--date-text 2026-02-17 --title-text TITLE",
        ),
        (
            "Topic,ID,Start Time\nDemo,1,02/17/2026 09:55 AM\n\nName,Email\nAl,a@x.com\n",
            "--date-text 2026-02-17 --title-text Demo",
        ),
        (
            "Start Time:,02/03/2026\nEnd Time:,02/17/2026\n\nName,Email\nAl,a@x.com\n",
            "--date-text YYYY-MM-DD --title-text TITLE",
        ),
        ("Name,Phone,City\nAl,1,Rio\n\nName,Email,Joined\nAl,a@x.com,2024-01-25\n", "--title-text TITLE"),
        (
            "Email,Joined,Left\na@x.com,2024-01-25 10:00,2024-01-25 10:10\na@x.com,2024-01-25 10:20,2024-01-25 11:00\n",
            "--title-text TITLE --once-per-day",
        ),
        (
            "Registrant Email,Attendee Email,Date,Event\n" + "a@x.com,b@x.com,2024-01-25,Demo\n",
            '--email "Attendee Email"',
        ),
        (
            'Event Date,"Feb 17, 2026"\n\nName,Email,Registration Date\nAl,a@x.com,2026-02-03\n',
            "--date-text 2026-02-17 --title-text TITLE",
        ),
        (
            "Event Date,2026-02-17\n\nEmail,Registered,Created,Event\na@x.com,2026-02-03,2026-02-03,Demo\n",
            "--date-text 2026-02-17",
        ),
        ("Event Date,2026-02-17\n\nEmail,Registration Date,Event\na@x.com,2026-02-03,Demo\n", None),
        ("Email,Session Date,Session Timezone\na@x.com,2024-01-25,Europe/Berlin\n", "--title-text TITLE"),
        ("Email,Event Date,Event City\na@x.com,2024-01-25,Berlin\n", "--title-text TITLE"),
        ("Email,Date,Event Date,Event\na@x.com,2024-01-13,2024-01-25,Demo\n", None),
        ("Email,Date Joined,Event Date,Event\na@x.com,2020-01-13,2024-01-25,Demo\n", '--date "Event Date"'),
        (
            "time,event,email\n" + "2024-01-25,open,a@x.com\n2024-01-25,Email clicked,b@x.com\n" * 2,
            "--title-text TITLE",
        ),
        ("Zeit,Ereignis,E-Mail\n" + "2024-01-25,geöffnet,a@x.com\n" * 3, "--title-text TITLE"),
        ("Date,Event,Email\n" + "2024-01-25,Open Day,a@x.com\n" * 3, None),
        (
            "Topic,ID,Start Time\nDemo,1,02/17/2026 09:55 AM\n\nQuestion Details\n"
            "#,Question,Asker Name,Asker Email\n1,Why?,Al,a@x.com\n",
            "--date-text 2026-02-17 --title-text Demo",
        ),
        (
            "a@x.com,Al,2024-01-25,Acme\nb@x.com,Bo,2024-01-25,Initech\nc@x.com,Cy,2024-01-25,Hooli\n",
            "--title-text TITLE",
        ),
        ("a@x.com,Al,2024-01-25,Demo\nb@x.com,Bo,2024-01-25,Demo\nc@x.com,Cy,2024-01-25,Demo\n", "--title 3"),
        ("Email,Event,Date\na@x.com,Fair,12.-13.03.2026\n", "--date-text YYYY-MM-DD"),
        ("Email,Event,Date\na@x.com,Demo,13 de mar. de 2026\n", "--normalize-dates --locale pt"),
        ("Email,Event,Date\na@x.com,Demo,2026. március 13.\n", "--normalize-dates --locale hu"),
        ("Email,Event,Date\na@x.com,Demo,13. maaliskuuta 2026\n", "--normalize-dates --locale fi"),
        ("Email,Event,Date\na@x.com,Demo,1er mars 2026\n", "--normalize-dates --locale fr"),
        ("Email,Event,Date\na@x.com,Demo,13. Mrz. 2026\n", "--normalize-dates --locale de"),
        ("Email,Event,Date\na@x.com,Demo,13/03/2026 às 16h\n", None),
        ("Email,Event,Check-in,Check-out\na@x.com,Demo,2026-03-13,2026-03-14\n", None),
        (
            "Email,Campaign Name,First Responded Date,Campaign Start Date\na@x.com,Demo,2024-01-25,2024-01-13\n",
            '--date "First Responded Date" --title "Campaign Name"',
        ),
        (
            "Speakers\nName,Email\nSam,s@x.com\n\nAttendees\nName,Email,Joined\n" + "Al,a@x.com,2024-01-25\n" * 3,
            "--title-text TITLE",
        ),
        ("Email,Registration Date,Time in Session,Event\na@x.com,2024-01-13,55 minutes,Demo\n", None),
        ("Email,From Email,To Email,Date,Event\n" + "a@x.com,b@x.com,c@x.com,2024-01-25,Demo\n", None),
    ],
)
def test_the_likeliest_choice_is_proposed(
    text: str, option: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == (0 if option is None else 2)
    said = capsys.readouterr().err
    assert option is None or f"Next: preflight check {path} {option}\n" in said


def test_an_encoding_is_proposed_in_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("Email,Date,Event\na@x.com,2024-01-25,Köln\n".encode("cp1252"))
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.endswith(f", or save it as UTF-8. Next: preflight check {path} --encoding cp1252\n")
    assert [main([command, str(path), "--encoding", "cp1252"]) for command in ("check", "inspect")] == [0, 0]


def found(folder: Path, text: str) -> Layout:
    path = folder / "in.csv"
    path.write_text(text, encoding="utf-8")
    with Source(path, None) as source:
        return detect(source, Layout()).layout


FORM = (
    "#,What is your e-mail?,First name,Which webinar?,City,Start Date (UTC),Submit Date (UTC),Link,Consent\n"
    "068127e3d5e9ca5f5fac8e04fa690000,ana@example.com,Ana,Lead Scoring,Rio,2026-04-01 09:05:14,2026-04-01 09:05:40,"
    "https://example.com/1,Yes\n"
    "068127e3d5e9ca5f5fac8e04fa690001,bo@example.com,Bo,Deliverability,Rio,2026-04-13 09:05:14,2026-04-13 09:05:40,"
    "https://example.com/2,No\n"
)


def test_a_question_can_be_answered_by_pasting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "form export.csv"
    path.write_text(FORM, encoding="utf-8")
    assert main(["check", str(path), "--max-shown", "3"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    command = f'preflight check "{path}" --max-shown 3 --date "Submit Date (UTC)" --title "Which webinar?"'
    assert err == (
        "preflight: 2 columns hold dates; name the event's day with --date\n"
        "preflight: no column is the title for certain; name the event's title with --title\n"
        "  date 6 `Submit Date (UTC)`: `2026-04-01 09:05:40`, 2 different dates\n"
        "  date 5 `Start Date (UTC)`: `2026-04-01 09:05:14`, 2 different dates\n"
        "  title 3 `Which webinar?`: `Lead Scoring`, 2 different texts\n"
        f"Next: {command}\n"
    )
    assert main(shlex.split(command)[1:]) == 0


def test_the_error_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text(FORM, encoding="utf-8")
    assert main(["check", str(path), "--json", "--date", "6"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "error": {
            "code": "columns",
            "message": "no column is the title for certain; name the event's title with --title",
            "choices": [
                {"number": 3, "label": "Which webinar?", "sample": "Lead Scoring", "holds": "texts", "distinct": 2,
                 "column": "title", "option": '--title "Which webinar?"'}
            ],
        }
    }  # fmt: skip
    path.write_text("Name,Title,Email,Date\nAl,CTO,a@x.com,03/04/2024\n", encoding="utf-8")
    assert main(["check", str(path), "--json"]) == 2
    choices = json.loads(capsys.readouterr().out)["error"]["choices"]
    assert [(one["column"], one["option"]) for one in choices] == [
        ("title", "--title Title"), ("dateformat", "--dateformat MM/dd/yyyy"), ("dateformat", "--dateformat dd/MM/yyyy")
    ]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(["check", "--json"])
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_inspect_lists_every_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text(FORM, encoding="utf-8")
    assert main(["inspect", str(path)]) == 2
    assert capsys.readouterr().out == (
        f"{path}\n\nColumns (from 0; of the rows looked at)\n"
        "  0 `#`: ids, such as `068127e3d5e9ca5f5fac8e04fa690000`; 2 different\n"
        "  1 `What is your e-mail?`: addresses, such as `ana@example.com`; 2 different\n"
        "  2 `First name`: texts, such as `Ana`; 2 different\n"
        "  3 `Which webinar?`: texts, such as `Lead Scoring`; 2 different\n"
        "  4 `City`: texts, such as `Rio`; 1 different\n"
        "  5 `Start Date (UTC)`: dates, such as `2026-04-01 09:05:14`; 2 different\n"
        "  6 `Submit Date (UTC)`: dates, such as `2026-04-01 09:05:40`; 2 different\n"
        "  7 `Link`: links, such as `https://example.com/1`; 2 different\n"
        "  8 `Consent`: yes or no, such as `Yes`; 2 different\n\n"
    )
    assert main(["inspect", str(path), "--json", "--date", "6", "--title", "3"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["number"] for one in told["columns"]] == list(range(9))
    assert main(["inspect", str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert [one["holds"] for one in told["columns"]][:2] == ["ids", "addresses"]
    assert told["error"]["code"] == "columns"


def test_several_tables_in_a_file_are_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text(
        "Meeting ID,Topic,Start Time,User Email\n812,Call,10/25/2026,host@example.com\n\n"
        "Name,User Email,Join Time,Guest\n" + "Ana,ana@example.com,10/25/2026,Yes\n" * 3,
        encoding="utf-8",
    )
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err == (
        "preflight: no column could be the title; name the event's title with --title-text\n"
        "  `Call`: in line 2, `Topic`; --title-text Call\n"
        f"Next: preflight check {path} --title-text Call\n"
    )


def test_the_first_date_is_shown_and_words_for_missing_dates_are_not_counted(tmp_path: Path) -> None:
    text = "Email,Left,Registered,Event\na@x.com,--,--,Demo\n" + "a@x.com,2024-01-25 10:00,2024-01-02,Demo\n" * 3
    with pytest.raises(UnclearError) as error:
        found(tmp_path, text)
    assert [line.strip() for line in error.value.lines] == [
        "2 `Registered`: `2024-01-02`, 1 different date",
        "1 `Left`: `2024-01-25 10:00`, 1 different date",
    ]
