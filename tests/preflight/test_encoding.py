"""Encodings by name, byte order mark and bytes, at the limits of each."""

from __future__ import annotations

import codecs
from encodings.aliases import aliases

import pytest

from preflight import LayoutError
from preflight.layouts.words import Quote, Separator
from preflight.records.encoding import (
    byte_order_mark,
    first_undecodable_byte,
    looks_like,
    mostly_utf_8,
    normal_encoding,
    not_utf_8,
    plain_but_unnamed,
)
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records

COMMON = "utf-8, utf-16 and cp1252 are common ones"


@pytest.mark.parametrize(
    ("name", "codec"),
    [("UTF8", "utf-8"), ("utf-8-sig", "utf-8"), ("Latin-1", "iso8859-1"), ("UTF_16", "utf-16"), ("CP1252", "cp1252")],
)
def test_an_encoding_is_named_after_its_codec(name: str, codec: str) -> None:
    assert normal_encoding(name) == codec


UNKNOWN = [
    ("UTF-9", "did you mean utf_8?"),
    ("CP-1522", "did you mean cp1252?"),
    ("mac-rman", "did you mean mac_roman?"),
    ("x", COMMON),
    ("base64", COMMON),  # a codec of bytes, as are the next two
    ("hex", COMMON),
    ("rot13", COMMON),
    ("punycode", COMMON),
    ("undefined", COMMON),
]


@pytest.mark.parametrize(("name", "hint"), UNKNOWN)
def test_a_codec_that_does_not_encode_text_is_unknown(name: str, hint: str) -> None:
    with pytest.raises(LayoutError) as error:
        normal_encoding(name)
    assert str(error.value) == f"unknown encoding `{name}`; {hint}"


@pytest.mark.parametrize("name", sorted({*aliases.values()}))
def test_every_codec_of_python_encodes_text_or_is_unknown(name: str) -> None:
    try:
        encoding = normal_encoding(name)
    except LayoutError:
        return
    assert isinstance(codecs.getincrementaldecoder(encoding)("strict").decode(b""), str)
    assert "a".encode(encoding).decode(encoding) == "a"


MARKS = [
    (codecs.BOM_UTF8, None, ("utf-8", 3)),
    (codecs.BOM_UTF8, "utf-8", ("utf-8", 3)),
    (codecs.BOM_UTF8, "cp1252", None),
    (codecs.BOM_UTF16_LE, None, ("utf-16-le", 2)),
    (codecs.BOM_UTF16_BE, None, ("utf-16-be", 2)),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16-be", 2)),
    (codecs.BOM_UTF16_LE, "utf-16-le", ("utf-16-le", 2)),
    (codecs.BOM_UTF16_LE, "utf-16-be", None),
    (codecs.BOM_UTF16_LE, "utf-8", None),
    (b"", None, None),
]


@pytest.mark.parametrize(("mark", "encoding", "told"), MARKS)
def test_a_byte_order_mark_counts_if_it_fits_the_given_encoding(
    mark: bytes, encoding: str | None, told: tuple[str, int] | None
) -> None:
    assert byte_order_mark(mark + b"text", encoding) == told


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (codecs.BOM_UTF32_LE + b"a\0\0\0", "utf-32"),
        (codecs.BOM_UTF32_BE + b"\0\0\0a", "utf-32"),
        (codecs.BOM_UTF16_LE + b"a\0" * 10, None),
        (b"a\0" * 4 + b"ab" * 6, "utf-16-le"),
        (b"\0a" * 4 + b"ab" * 6, "utf-16-be"),
        (b"a\0" * 3 + b"ab" * 7, None),  # not more than the share
        (b"a\0" * 9 + b"\0a", None),
        ("Email\tDate of event\t最初\n".encode("utf-16-le") * 9, "utf-16-le"),  # U+6700 has a NUL, too
        (b"ab" * (1 << 15) + b"a\0" * (1 << 16), None),  # what comes later is no evidence
        (b"a\0" * (1 << 15) + b"\0a", "utf-16-le"),
        (b"", None),
    ],
)
def test_wide_encodings_are_recognized_by_nul_bytes(first: bytes, told: str | None) -> None:
    assert plain_but_unnamed(first) == told


@pytest.mark.parametrize(
    ("text", "mostly"),
    [
        (b"\xff\n" + "é\n".encode() * 2, True),
        (b"\xff\n" + "é\n".encode(), False),  # as many are not
        (b"\xff\n" + b"plain\n" * 5, False),
        ("é\r".encode() * 2 + b"\xff", True),
        (b"\xff\n" + b" " * (1 << 20) + "é\n".encode() * 2, False),  # what comes later is no evidence
    ],
)
def test_a_text_is_mostly_utf_8_by_its_lines_that_are_not_ascii(text: bytes, mostly: bool) -> None:
    assert mostly_utf_8(text) is mostly


def test_the_first_byte_that_is_not_utf_8() -> None:
    assert first_undecodable_byte("é".encode() + b"\xff\xff") == 2
    with pytest.raises(ValueError, match=r"^every byte is UTF-8$"):
        first_undecodable_byte("é".encode())


WORDS = [
    (b'a,"caf\xe9 au lait"', 7, "café"),
    (b"\xe9", 1, "é"),
    (b"a;\xe9t\xe9;b", 3, "été"),
    (b"a\tl\xe9\tb", 4, "lé"),
    (b"x" * 31 + b"\xe9 K\xf6ln caf\xe9", 32, "x" * 30 + "é"),
    (b"y" * 40 + b"\xe9" + b"z" * 40, 41, "y" * 30 + "é" + "z" * 8 + "…"),
    (b" caf\xe9-gastronomie-und-kochkunstverein", 5, "café-gastronomie-und-kochkunstver"),
]


@pytest.mark.parametrize(("record", "byte", "word"), WORDS)
def test_the_word_of_the_first_byte_that_is_not_utf_8_is_shown(record: bytes, byte: int, word: str) -> None:
    (records,) = read_records([b"a,b\n" + record + b"\n"], Dialect(Separator.COMMA, Quote.NONE))
    error = not_utf_8("in.csv", records, 1, b"a,b\n" + record)
    says = f"`in.csv` is not UTF-8 text: line 2, byte {byte} is 0xe9; it looks like cp1252 (`{word}`)"
    assert str(error) == f'{says}: say encoding="cp1252", or save it as UTF-8'
    assert error.options == {"encoding": "cp1252"}


def test_an_incomplete_character_at_the_end_of_the_shown_word_is_marked() -> None:
    record = ("ｱ" + "ウェビナー" * 6).encode("cp932")
    (records,) = read_records([record], Dialect(Separator.COMMA, Quote.NONE))
    assert "looks like cp932 (`ｱウェビナーウェビナーウェビナ\ufffd`)" in str(not_utf_8("in.csv", records, 0, record))


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_byte_positions_count_from_the_start_of_the_line(line_end: bytes) -> None:
    for before, line, byte in ((b"", 1, 4), (b"b" + line_end, 2, 2), (line_end * 2, 3, 2)):
        record = b'"a' + before + b"z\xff" + line_end + b'c\xfe"'
        (records,) = read_records([record], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE))
        assert str(not_utf_8("in.csv", records, 0, "é\n".encode() * 9)) == (
            f"`in.csv` is not UTF-8 text: line {line}, byte {byte} is 0xff, but most of it is; mend that line, or say "
            'encoding="utf-8" to check the others'
        )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Email;Event\nana@acme-corp.com;Webinar – 2026 ©\n", "cp1252"),
        ("Email;Event\nana@acme-corp.com;5 €\n", "cp1252"),
        ("E-Mail;Ort\rana@acme-corp.com;München\r", "mac_roman"),
        ("Courriel;Lieu\rana@acme-corp.com;Orléans – l’été\r", "mac_roman"),
        ("E-Mail;Ort\nana@acme-corp.com;München\n", "cp1252"),
        ("a" * 99_999 + "é", "cp1252"),
    ],
)
def test_punctuation_means_cp1252_and_old_line_ends_a_macintosh(text: str, encoding: str) -> None:
    assert looks_like(text.encode(encoding)) == encoding


OF_ONE_LANGUAGE = [
    ("cp1250", "Imię;Data wejścia;Björn"),
    ("cp1250", "Email;Name\na@x.com;Małgorzata Wiśniewska\nb@x.com;Paweł Kowalski"),
    ("cp1250", "Imie;Wydarzenie\nAna Kępa;Szkolenie\nWójt Wręga;Szkolenie"),
    ("cp1250", "Keresztnév;Esemény\nGyörgy;Őszi vásár\nZoltán;Szűcs"),
    ("cp1250", "Jméno;Událost\nJiří;Veletrh Brno\nŠárka;Snídaně"),
    ("cp1250", "Ime;Prezime\nŽeljko;Šimić\nĐuro;Čačić"),
    ("cp1250", "Meno;Podujatie\nĽubica;Ťažký deň\nMatúš;Chuť"),
    ("cp1254", "Ad;Soyad;Kayıt zamanı;Durum\nAna;Bell;17.03.2026;Kayıtlı"),
    ("cp1257", "Vardas;Įmonė\nŽilvinas;Šiauliai"),
    ("cp1252", "Nafn;Fyrirtæki\nÞórður;Íslandsbanki"),
    ("cp1252", "Naam;Categorie\nDaniël;Café\nZoë;één"),
    ("cp1252", "Nº pedido;Año\nNúñez;¿Qué tal?"),
    ("cp1252", "Nome;Evento\nInês Kowalski;Três passos\nZezé;Português"),
    ("cp850", "Vorname;Ort\nJörg Müller;Köln\nKäthe;Überlingen"),
    ("cp850", "Nombre;Año\nNúñez;mañana\nJosé;acción"),
    ("cp1252", "Name;Fläche\nMüller & Søn;10 m³\nFrançois;x²"),
]


@pytest.mark.parametrize(("encoding", "text"), OF_ONE_LANGUAGE)
def test_an_encoding_is_proposed_by_the_letters_of_a_language(encoding: str, text: str) -> None:
    assert looks_like(text.encode(encoding)) == encoding


def test_bytes_in_no_known_encoding_need_a_given_one() -> None:
    text = bytes(range(0x80, 0x100))
    assert looks_like(text) is None
    (records,) = read_records([text], Dialect(Separator.COMMA, Quote.NONE), 7)
    assert str(not_utf_8("in.csv", records, 0, text)) == (
        "`in.csv` is not UTF-8 text: line 7, byte 1 is 0x80; name its encoding with `encoding`, or save it as UTF-8"
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Köln", "cp1252"),
        ("Łódź i Gdańsk, zażółć gęślą jaźń", "cp1250"),
        ("Москва", "cp1251"),
        ("Три", "cp1251"),  # more than two letters, as there may be of a Latin word
        ("Αθήνα σεμινάριο", "cp1253"),
        ("ウェビナー", "euc_jp"),
        ("台北研討會", "big5"),
        ("产品 网络研讨会 北京", "gb18030"),
    ],
)
def test_candidate_encodings_depend_on_the_share_of_ascii(text: str, encoding: str) -> None:
    assert looks_like(b"plain\n" * 3 + text.encode(encoding)) == encoding
