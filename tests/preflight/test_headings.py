"""Heading labels: which words name which column, in seven languages, and which row is a heading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.labels import translations, words
from preflight.labels.days import Days, days_of, distance_of_day
from preflight.labels.headings import day_comes_first, is_a_form, looks_like_heading
from preflight.labels.people import Whose, is_email_label, is_of_a_person, whose_address
from preflight.labels.splitting import is_known, words_of
from preflight.labels.titles import is_bare_title, is_note_label, is_title_label

TITLES = [
    "Event", "Workshop", "Webinar Name", "eventname", "WebinarTitle", "Session Topic", "Name of the event",
    "Meeting topic",
    "Online-Seminar", "Virtual Event Name", "Symposium", "Ereignis",
    "Veranstaltung", "Veranstaltungsname", "Titel der Veranstaltung", "Webinartitel", "Seminar",
    "Événement", "Nom de l'événement", "Titre du webinaire", "Atelier",
    "Evento", "Nombre del evento", "Título del taller", "Nome do evento", "Título da sessão",
    "Vergadertitel", "Mötesrubrik", "Název akce", "Tapahtuman nimi", "Esemény neve", "Event_Name__c",
    "Nome dell'evento", "Titolo evento", "Convegno", "Evenement", "Naam van het evenement", "Sessie",
]  # fmt: skip
NO_TITLES = [
    "Title", "Titel", "Topic", "Event ID", "Event Date", "Event Type", "Event Type Name", "Event Location",
    "Session URL",
    "Campaign Name", "form_name", "Which webinar?", "Did you attend the webinar?", "Name", "Job Title", "Anrede",
    "Rolle", "Função", "Société", "Ticket Type", "Approval Status", "Organizer", "Event 2", "",
]  # fmt: skip


@pytest.mark.parametrize("label", TITLES)
def test_a_word_for_an_event_names_the_title(label: str) -> None:
    assert is_title_label(label)
    assert not is_of_a_person(label)


@pytest.mark.parametrize("label", NO_TITLES)
def test_other_words_do_not_name_the_title(label: str) -> None:
    assert not is_title_label(label)


@pytest.mark.parametrize("word", sorted(words.EVENT))
def test_every_word_for_an_event_is_found_in_any_spelling(word: str) -> None:
    assert is_title_label(word.upper())
    assert is_title_label(f"  {word} name ")


WORDS_OF_NO_EVENT = sorted(
    (words.PERSON | words.ELSE | words.DATE | words.GIVEN_NAME | words.NAME | words.CRM) - words.EVENT
)


@given(st.lists(st.sampled_from(WORDS_OF_NO_EVENT), min_size=1, max_size=4), st.sampled_from([" ", "_", "-", " / "]))
def test_words_that_name_no_event_do_not_name_the_title(words: list[str], joint: str) -> None:
    label = joint.join(words)
    assert is_title_label(label) is False
    assert is_title_label(label.title()) is False


def test_a_topic_is_the_title_in_a_meeting_export() -> None:
    assert is_title_label("Topic", ["Topic", "Join Time", "Leave Time"])
    assert not is_title_label("Topic", ["Topic", "Date"])


@pytest.mark.parametrize("label", ["Title", "Subject", "Campaign", "Argomento", "Content", "Titel", "Titre", "Título"])
def test_a_bare_title_label_is_not_certain(label: str) -> None:
    assert is_bare_title(label)
    assert not is_title_label(label)


DAYS = [
    (Days.EVENT, ["Date", "Event Date", "customEventDate", "Join Time", "First Join", "Webinar Attended On", "Datum",
                  "Första anslutning",
                  "Session Date", "Event Start Time", "Veranstaltungsdatum", "Teilnahmedatum", "Date de l'événement",
                  "Fecha del evento", "Data do evento", "Data evento", "Datum evenement",
                  "event_date (metadata)"]),
    (Days.START, ["Start Date", "Start Time", "Startdatum", "Start Date & Time", "Start Date (UTC)"]),
    (Days.END, ["End Date", "Leave Time", "Last Leave", "Event End Time", "Enddatum", "Date de fin", "Fecha de fin",
                "Follow-up Date", "Next Contact", "Kündigungsdatum", "Fecha de caducidad"]),
    (Days.CREATED, ["Create Date", "created_at", "created_time", "Erstelldatum", "Event Created Date & Time"]),
    (Days.CHANGED, ["Last Modified Date", "Last Activity Date", "Updated At", "Letzte Änderung", "Ändrad senast"]),
    (Days.NEVER, ["Birthday", "Date of Birth", "Geburtsdatum", "Date de naissance", "Fecha de nacimiento",
                  "Data de nascimento", "Data di nascita", "Geboortedatum", "Anniversary"]),
    (Days.OTHER, ["Registration Time", "Timestamp", "Zeitstempel", "Submit Date (UTC)", "Order Date", "Anmeldedatum",
                  "Contract Start Date", "Date d'inscription"]),
]  # fmt: skip


@pytest.mark.parametrize(("days", "label"), [(days, label) for days, labels in DAYS for label in labels])
def test_the_meaning_of_a_date_label(days: Days, label: str) -> None:
    assert days_of(label) is days


WHOSE = [
    (Whose.OWN, ["Email", "E-Mail-Adresse", "Work Email (primary)", "Adresse électronique", "Correo electrónico"]),
    (Whose.ATTENDEE, ["Attendee Email", "Invitee Email", "Teilnehmer-E-Mail",
                      "E-Mail des Teilnehmers", "E-mail des participants"]),
    (Whose.USER, ["User Email"]),
    (Whose.SOMEBODY_ELSE, ["Organizer Email", "Contact Owner Email", "Host", "Referrer", "Sales Rep Email",
                           "Veranstalter E-Mail",
                           "Bucher E-Mail", "E-Mail Vorgesetzter", "Rechnungs-E-Mail", "Mitarbeiter-E-Mail",
                           "Secondary Email", "Buyer Email", "E-Mail des Käufers"]),
    (Whose.UNTOLD, ["Contact information", "Participant ID (UPN)", "Kontakt"]),
]  # fmt: skip


@pytest.mark.parametrize(("whose", "label"), [(whose, label) for whose, labels in WHOSE for label in labels])
def test_the_owner_of_an_address_label(whose: Whose, label: str) -> None:
    assert whose_address(label) is whose


def test_to_and_from_name_owners_only_together() -> None:
    assert whose_address("To Email Address") is Whose.OWN
    assert whose_address("To Email Address", ["From Email Address"]) is Whose.SOMEBODY_ELSE


@pytest.mark.parametrize(
    ("labels", "first"),
    [
        (["Horodateur", "Adresse e-mail", "Société"], True),
        (["Nombre", "Primera unión", "Correo electrónico"], True),
        (["Imię", "Adres e-mail", "Data wydarzenia"], True),
        (["Förnamn", "E-postadress", "Evenemang"], False),
        (["姓名", "电子邮件", "活动日期"], False),
        (["Datum", "Email", "Event"], False),
        (["Date", "Email", "Nombre"], False),
        (["Timestamp", "Email Address", "Which session?"], False),
    ],
)
def test_headings_with_the_day_first(labels: list[str], first: bool) -> None:
    assert day_comes_first(labels) is first


@pytest.mark.parametrize(
    ("labels", "is_one"),
    [
        (["Start time", "Completion time", "Email", "Webinar", "What did you like?"], True),
        (["Start time", "Email", "Company", "Which session do you want?"], True),
        (["Start Time", "Email", "Leave Time", "How did you hear about us?"], False),
        (["Beginn", "E-Mail", "Teilgenommen", "Woher kennen Sie uns?"], False),
        (["Start Date", "Email", "Webinar Name", "What is your question?"], False),
        (["Start Date", "Email", "Company"], False),
    ],
)
def test_a_question_beside_columns_of_an_event_makes_no_form(labels: list[str], is_one: bool) -> None:
    assert is_a_form(labels) is is_one


def test_days_nearer_to_the_event_come_first() -> None:
    labels = ["Check-in", "Last Login", "Event Date", "Attended", "Date", "Submission Date", "Start", "Registered"]
    assert [distance_of_day(label) for label in labels] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_a_label_about_an_address_is_not_an_address_label() -> None:
    for label in ("Email Opt-in", "Mailing City", "Email Status", "Email Domain", "Organizer Email"):
        assert not is_email_label(label)
    for label in ("Email", "E-mail address", "EMAIL_ADDRESS", "Your work email", "Email ID", "E-Mail", "Correo"):
        assert is_email_label(label)


def test_note_labels() -> None:
    assert all(map(is_note_label, ("Note", "Comments", "Event Notes", "Bemerkung", "Commentaire", "Observações")))
    assert not any(map(is_note_label, ("Description", "Note ID", "Notebook")))


def test_listed_words_are_in_their_folded_form() -> None:
    lists = [value for value in vars(words).values() if isinstance(value, frozenset)]
    assert len(lists) > 10
    assert {word for words in lists for word in words if words_of(word) != (word,)} == set()


TRANSLATED = [
    ("Tytuł spotkania", "title meeting"), ("Отметка времени", "timestamp time"), ("KAYIT ZAMANI", "registered time"),
    ("Datum konání", "datum held"), ("Liittymisaika", "joined"), ("Esemény dátuma", "event date"),
    ("Email2", "email 2"), ("Evenemangsnamn", "event name"), ("Tidsstämpel", "timestamp"),
    ("e-post", "email"), ("ユーザー名（元の名前）", "user name original full name"),
    ("申込日時", "registered time"), ("会议 ID", "meeting id"),
    ("参加的活动", "attended of event"), ("이메일 주소", "email address"),
    ("ゲストである", "ケストてある"), ("Webinarplattform", "webinarplattform"), ("Evenemangsplats", "evenemangsplats"),
    ("Postanschrift", "postanschrift"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "words"), TRANSLATED)
def test_labels_in_further_languages_have_english_words(label: str, words: str) -> None:
    assert words_of(label) == tuple(words.split())


def test_translations_have_words_that_the_lists_know() -> None:
    english = {word for words in translations.MEANINGS for word in words.split()}
    assert {word for word in english if not is_known(word)} <= {"of", "region", "question"}


ROWS = [
    (["Email", "x"], True),
    (["Event Date", "x"], True),
    (["Webinar", "Comments"], True),
    (["Webinar", "x"], False),  # a title may be that
    (["ana@x.com", "01/25/2024", "Webinar"], False),
    ([], False),
]


@pytest.mark.parametrize(("cells", "is_heading"), ROWS)
def test_rows_that_look_like_a_heading(cells: list[str], is_heading: bool) -> None:
    assert looks_like_heading(cells) is is_heading
