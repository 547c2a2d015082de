"""Text encodings: UTF-8, UTF-16 with its byte order mark, and others if named by the user; none is guessed.

A file in another encoding is rejected with a proposal from charset-normalizer and a word decoded with it.
"""

from __future__ import annotations

import codecs
import re
from encodings.aliases import aliases

import numpy as np
import pyarrow as pa

from preflight.errors import InputError, LayoutError
from preflight.model.arrays import Mask
from preflight.records.grammar import count_line_ends
from preflight.records.run import Records
from preflight.text.asking import option
from preflight.text.display import nearest, shown, shown_input

WITH_ACCENTS = ["cp1252", "cp1250", "cp1254", "cp1257", "mac_roman"]
"""Encodings of spreadsheets and CRMs for languages in Latin letters, mostly ASCII; the most likely first."""

WITH_OTHER_LETTERS = [
    "cp1251", "cp1253", "cp1255", "cp1256", "koi8_r", "cp932", "euc_jp", "gb18030", "big5", "cp949", *WITH_ACCENTS,
]  # fmt: skip
"""The same for texts with few ASCII letters."""

_FIRST_LETTER = b"\xc0"
"""The first letter in the code pages of Windows; a single lower byte is a dash, a quote or another mark."""

_WESTERN = frozenset("äöüÄÖÜßéèêëÉÈÊàâáãåæÀÂÁÃÅÆçÇñÑóòôõøœÓÔÕØŒíìîïÍúùûÚ‘’‚“”„«»‹›–—…•·®©™°§€£¡¿ªº\u00a0") | {
    *map(chr, range(0x80))
}
"""ASCII, frequent letters of Western European languages, and typographic marks."""

_WEST = ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "àèéìíòóùú", "áâãàçéêíóôõúü", "ëéèïóöüáê", "åäöé", "æøåéö")
_ALPHABETS = [
    ("cp1252", *_WEST),
    ("cp1250", "ąćęłńóśźż"), ("cp1254", "çğıi̇öşüâ"), ("cp1250", "áčďéěíňóřšťúůýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    ("cp1250", "áäčďéíĺľňóôŕšťúýž"), ("cp1252", "áðéíóúýþæö"), ("cp1257", "äöõüšž", "ąčęėįšųūž", "āčēģīķļņšūž"),
    ("cp1252", "äöüßàâæçéèêëîïôœùûÿáíñóúìòãõåø"), ("cp1250", "ąćęłńóśźżäöüéá"),
    ("cp850", *_WEST),
]  # fmt: skip
"""Encodings with the letters of languages beyond a to z, the most likely first: German, French, Spanish, Italian,
Portuguese, Dutch, Swedish, Danish; Polish; Turkish; Czech, Hungarian, Romanian, Croatian; Slovak; Icelandic; Estonian,
Lithuanian, Latvian; at last a text in several Western languages, one in Polish with German names, and one that Excel
saved as `CSV (MS-DOS)`."""

_IN_NO_WORD = re.compile(
    "[A-Za-z]{3}[¹³]|[A-Za-z][¿¡¢£¯¼½¾¶¦¬¤¥]|[¹³£¯¼½¾¶¦¬¤¥][A-Za-z]|[A-Za-z][„“”ˆ‰™†‡•][A-Za-z]|[a-z][À-ÖØ-Þ]"
    "|[A-Za-z]œ[cklw]|œæ"
)
"""Marks and capitals beside a letter, as a text has in a wrong encoding."""

_NOT_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
_LINE = re.compile(rb"[^\r\n]+")
_WORD_NOT_ASCII = re.compile(rb"(?<![A-Za-z])[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_BETWEEN_WORDS = re.compile(rb"[ ,;\t\r\n\"]")
_WORD_BYTES = 30
"""Maximum number of bytes shown before and after an undecodable byte of a word."""

GUESSED_BY = 1 << 20
"""Number of bytes, from a record that is not UTF-8, that the proposed encoding is based on."""

_EVIDENCE_BYTES = 1 << 16
_UTF_16_SIGN = 0.3
"""Minimum share of NUL among the even or the odd bytes of UTF-16."""

_OTHER_NULS = 0.05
"""Maximum ratio of NUL among the other bytes, of letters such as U+6700."""


def normal_encoding(name: str) -> str:
    """The codec's name for a text encoding; raises `LayoutError`, with a near match, for an unknown one."""
    codec = _text_codec(name)
    if codec is None:
        known = filter(_text_codec, [*aliases, *aliases.values()])
        hint = nearest(name.lower().replace("-", "_"), known, "utf-8, utf-16 and cp1252 are common ones")
        raise LayoutError(f"unknown encoding {shown(name)}; {hint}")
    return "utf-8" if codec == "utf-8-sig" else codec


def _text_codec(name: str) -> str | None:
    """The codec's name for a text encoding; None if there is none."""
    try:
        codec = codecs.lookup(name).name
        "a".encode(codec)  # raises for codecs of bytes; an empty text would not
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if codec in _NOT_TEXT else codec


def byte_order_mark(first: bytes, encoding: str | None) -> tuple[str, int] | None:
    """The encoding by the byte order mark, and its length; None without a mark, or if `encoding` contradicts it."""
    if first.startswith(codecs.BOM_UTF8) and encoding in (None, "utf-8"):
        return "utf-8", len(codecs.BOM_UTF8)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark) and encoding in (None, "utf-16", name):
            return name, len(mark)
    return None


def plain_but_unnamed(first: bytes) -> str | None:
    """The encoding that the first bytes clearly show but that has to be named: UTF-32, or UTF-16 without its mark."""
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if byte_order_mark(first, None) is not None:
        return None
    start = first[:_EVIDENCE_BYTES]
    for name, at in (("utf-16-le", 1), ("utf-16-be", 0)):
        half, other = start[at::2], start[1 - at :: 2]
        if half.count(0) > _UTF_16_SIGN * len(half) and other.count(0) <= _OTHER_NULS * half.count(0):
            return name
    return None


def not_utf_8(name: str, records: Records, i: int, around: bytes) -> InputError:
    """The error for a file whose record i is not UTF-8; `around` is the text around that record."""
    record, line = records.raw(i), int(records.line[i])
    at = first_undecodable_byte(record)
    line += count_line_ends(record[:at])
    byte = at - max(record[:at].rfind(end) for end in (b"\n", b"\r"))
    says = f"{shown_input(name)} is not UTF-8 text: line {line}, byte {byte} is 0x{record[at]:02x}"
    if mostly_utf_8(around):
        return InputError(
            f"{says}, but most of it is; mend that line, or say {option('encoding', 'utf-8')} to check the others"
        )
    looks = looks_like(bytes(records.block[int(records.start[i]) :][:GUESSED_BY]))
    if looks is None:
        return InputError(f"{says}; name its encoding with {option('encoding')}, or save it as UTF-8")
    word = _word(record, at).decode(looks, "replace")
    error = InputError(
        f"{says}; it looks like {looks} ({shown(word, 40)}): say {option('encoding', looks)}, or save it as UTF-8"
    )
    error.options = {"encoding": looks}
    return error


def mostly_utf_8(text: bytes) -> bool:
    """Whether most of the lines that are not ASCII are UTF-8: other encodings hardly ever pass as UTF-8."""
    telling = [line for line in _LINE.findall(text[:GUESSED_BY]) if not line.isascii()]
    return 2 * sum(reads_as(line, "utf-8") for line in telling) > len(telling)


def find_undecodable(records: Records) -> Mask:
    """The mask of records with bytes that are not UTF-8."""
    found = np.zeros(len(records), np.bool_)
    if not len(records) or _is_utf8(memoryview(records.block)[records.start[0] : records.end[-1]]):
        return found
    found[:] = [not reads_as(raw, "utf-8") for raw in records.raws(np.arange(len(records)))]
    return found


def _is_utf8(text: memoryview) -> bool:
    """Whether a text is UTF-8. Arrow validates several times faster than decoding, and without a copy."""
    offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def first_undecodable_byte(raw: bytes) -> int:
    """The index of the first byte that is not UTF-8; raises `ValueError` if there is none."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    raise ValueError("every byte is UTF-8")


def looks_like(text: bytes) -> str | None:
    """The likely encoding of bytes that are not UTF-8, by charset-normalizer; None if unknown."""
    from charset_normalizer import from_bytes

    telling = b"\n".join(line for line in _LINE.findall(text) if not line.isascii())[:_EVIDENCE_BYTES]
    words = b"".join(word for word in _WORD_NOT_ASCII.findall(telling) if len(word) > 1 or word >= _FIRST_LETTER)
    other = sum(byte > 0x7F for byte in words)
    accents = other <= max(2, len(words) / 2)
    if not words and _is_western(telling, "cp1252"):
        return "cp1252"
    if b"\r" in text and b"\n" not in text and words and _is_western(telling, "mac_roman"):
        return "mac_roman"  # the format of `CSV (Macintosh)`
    if accents and (by_letters := _by_letters(telling)) is not None:
        return by_letters
    proposed = WITH_ACCENTS if accents else WITH_OTHER_LETTERS
    found = from_bytes(telling, cp_isolation=proposed)
    best = [match for match in found if match.chaos == found[0].chaos and match.coherence >= found[0].coherence - 0.1]
    same = {normal_encoding(name) for match in best for name in match.could_be_from_charset}
    likely = [name for name in proposed if normal_encoding(name) in same]
    if not likely and accents:  # too little text for charset-normalizer
        likely = [name for name in WITH_ACCENTS if reads_as(telling, name)]
    return likely[0] if likely else None


def _by_letters(text: bytes) -> str | None:
    """The encoding in which all letters of a text are those of one language; None if there is none."""
    western = text.decode("cp1252", "replace")
    words = re.findall(r"\w+", western.lower())
    for encoding, *alphabets in _ALPHABETS:
        if not reads_as(text, encoding):
            continue
        decoded = text.decode(encoding)
        letters = {one for one in decoded if one.isalpha() and not one.isascii() and one not in "ªº"}
        if not letters or _IN_NO_WORD.search(decoded):
            continue
        if encoding == "cp1252" and letters <= {*"êó"} and any("ê" in one and {*one} & {*"kwz"} for one in words):
            return "cp1250"  # `Kępa`, as Polish has and no language with an ê
        if any({*"".join(letters).lower()} <= {*alphabet} for alphabet in alphabets):
            return "cp1252" if decoded == western else encoding
    return None


def _is_western(text: bytes, encoding: str) -> bool:
    """Whether a text has no characters but those of `_WESTERN`."""
    return reads_as(text, encoding) and {*text.decode(encoding)} <= _WESTERN


def reads_as(text: bytes, encoding: str) -> bool:
    """Whether a text can be decoded with an encoding."""
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _word(record: bytes, at: int) -> bytes:
    """The word around a byte, at most `_WORD_BYTES` on either side."""
    before, behind = record[max(0, at - _WORD_BYTES) : at], record[at : at + _WORD_BYTES]
    return _BETWEEN_WORDS.split(before)[-1] + _BETWEEN_WORDS.split(behind)[0]
