"""The input as text: pipes, compression, encodings, `sep=` lines, bounds, and rejected files."""

from __future__ import annotations

import errno
import gzip
import io
import os
import re
import stat
import struct
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from preflight import InputError, Layout, LayoutError, PreflightError, check
from preflight.inputs.decoding import is_binary
from preflight.inputs.openers import InputFile
from preflight.inputs.source import Bounds, Source
from preflight.records.encoding import first_undecodable_byte
from tests import workbooks
from tests.workbooks import people

pytestmark = pytest.mark.usefixtures("as_typed")

TEXT = "Email,Date,Title\nana@acme-corp.com,01/25/2024,Müller\nbo@acme-corp.com,01/26/2024,Müller\n"
LAYOUT = Layout(dateformat="MM/dd/yyyy")


def written(folder: Path, data: bytes) -> Path:
    path = folder / "events.csv"
    path.write_bytes(data)
    return path


def piped(folder: Path, data: bytes) -> Path:
    """A named pipe that somebody writes `data` into."""
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True).start()
    return pipe


def as_standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def text_of(source: Source) -> bytes:
    return b"".join(source.blocks())


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_like_a_file(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_standard_input(monkeypatch, gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    report = check("-", Layout(), clean=tmp_path / "clean.csv")  # without a date format it is read twice
    assert (report.file, report.rows, report.ok, report.layout.dateformat.pattern) == ("-", 2, True, "MM/dd/yyyy")
    assert (tmp_path / "clean.csv").read_bytes() == TEXT.encode()
    assert not sys.stdin.buffer.closed


@pytest.mark.parametrize("packed", [False, True])
def test_a_named_pipe_is_read_like_a_file(packed: bool, tmp_path: Path) -> None:
    pipe = piped(tmp_path, gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    assert check(pipe, Layout()).ok


def test_gzip_is_recognized_by_its_bytes_and_progress_counts_compressed_ones(tmp_path: Path) -> None:
    rows = "".join(f"ana@acme-corp.com,01/25/2024,Webinar {number}\n" for number in range(300_000))
    data = gzip.compress(("Email,Date,Title\n" + rows).encode(), 1)
    told: list[tuple[int, int | None]] = []
    report = check(written(tmp_path, data), LAYOUT, progress=lambda *done: told.append(done))
    assert report.rows == 300_000
    assert told == sorted(told)
    assert told[-1] == (len(data), len(data))


def test_progress_of_a_pipe_has_no_total(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    check(piped(tmp_path, TEXT.encode()), LAYOUT, progress=lambda *done: told.append(done))
    assert told == [(len(TEXT.encode()), None)]


@given(st.binary(max_size=300), st.lists(st.integers(1, 50), max_size=5))
def test_an_unseekable_stream_is_copied_and_read_again(data: bytes, sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        as_standard_input(patched, b"x" + data)
        stream = InputFile("-")
        for size in sizes:
            assert stream.read(size) == (b"x" + data)[:size]
            stream.rewind()
        assert stream.read(1000) == b"x" + data
        assert stream.done == len(data) + 1
        stream.close()


def test_the_copy_of_a_stream_is_private_and_deleted_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    make = tempfile.TemporaryFile

    def watched(*args: object, **options: object) -> object:
        stream = make(*args, **options)  # type: ignore[call-overload]
        kept.append(stat.S_IMODE(os.fstat(stream.fileno()).st_mode))
        return stream

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    as_standard_input(monkeypatch, TEXT.encode())
    check("-", LAYOUT)
    assert [mode & 0o077 for mode in kept] == [0]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_or_empty_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^there is no standard input to read; name a file$"):
        Source("-")
    as_standard_input(monkeypatch, b"")
    with pytest.raises(InputError, match=r"^standard input is empty$"):
        Source("-")


def test_a_byte_order_mark_names_the_encoding(tmp_path: Path) -> None:
    for encoding, told in (("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le")):
        with Source(written(tmp_path, TEXT.encode(encoding))) as source:
            assert (source.encoding, source.marked) == (told, True)
            assert text_of(source) == TEXT.encode()
    with Source(written(tmp_path, TEXT.encode())) as source:
        assert (source.encoding, source.marked) == ("utf-8", False)


SEP_LINES = [
    (b"sep=;\n", "SEMICOLON", 2),
    (b"SEP=,\r\n", "COMMA", 2),
    (b'"sep=\t"\r', "TAB", 2),
    (b"\xef\xbb\xbfsep=;  \r\n", "SEMICOLON", 2),
    (b"sep=;x\n", None, 1),
    (b"sep=\n", None, 1),
    (b"\nsep=;\n", None, 1),
]


@pytest.mark.parametrize(("start", "separator", "first_line"), SEP_LINES)
def test_a_sep_line_is_removed_and_counted(
    start: bytes, separator: str | None, first_line: int, tmp_path: Path
) -> None:
    with Source(written(tmp_path, start + TEXT.encode())) as source:
        assert (source.separator, source.first_line) == (separator, first_line)
        assert text_of(source).endswith(TEXT.encode())
        assert (b"sep=" in text_of(source).lower()) == (separator is None)


def test_the_layout_of_a_csv_file_has_no_sheet(tmp_path: Path) -> None:
    """As in a profile that is for workbooks, too."""
    given = Layout(sheet="People", encoding="utf-8", email="Email")
    with Source(written(tmp_path, TEXT.encode()), layout=given) as source:
        assert source.described(given) == Layout(encoding="utf-8", email="Email")
        assert source.described(LAYOUT) == LAYOUT


def test_a_sep_line_alone_is_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^`.*` is empty$"):
        Source(written(tmp_path, b"sep=;"))


def workbook(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


SHEET = "open it in a spreadsheet and save it as CSV (UTF-8, comma-separated)"
EXPORT = "export the data as CSV (UTF-8) where it came from"
UNPACK = "unpack it and check the CSV file inside"
NO_TEXT = [
    (workbook("[Content_Types].xml", "xl/workbook.xml"), f"an Excel workbook (.xlsx), not CSV text; {SHEET}"),
    (workbook("[Content_Types].xml", "word/document.xml"), f"a Word document (.docx), not CSV text; {EXPORT}"),
    (workbook("events.csv"), f"a zip archive, not CSV text; {UNPACK}"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", f"an old Excel workbook (.xls), not CSV text; {SHEET}"),
    (b"%PDF-1.7\n", f"a PDF document, not CSV text; {EXPORT}"),
    (b"\xef\xbb\xbf \n<!DOCTYPE html>\n<html>", f"a web page (HTML), not CSV text; {SHEET}"),
    ("<table><tr>".encode("utf-16"), f"a web page (HTML), not CSV text; {SHEET}"),
    (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>', f"an XML spreadsheet, not CSV text; {SHEET}"),
    (b"<?xml version='1.0'?><rss>", f"an XML file, not CSV text; {EXPORT}"),
    (b'[{"email": "a@x.com"}]', f"a JSON file, not CSV text; {EXPORT}"),
    (bytes(range(256)) * 2, f"binary data, not CSV text; {EXPORT}"),
    (struct.pack(">300H", *range(300)), f"binary data, not CSV text; {EXPORT}"),  # not utf-16-be
    (b"a" * 440 + b"\2" * 9, f"binary data, not CSV text; {EXPORT}"),
    (gzip.compress(workbook("xl/workbook.xml")), f"an Excel workbook (.xlsx), not CSV text; {SHEET}"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), NO_TEXT, ids=[message.partition(",")[0] for _, message in NO_TEXT])
def test_other_kinds_of_files_are_recognized_by_their_start(data: bytes, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, data)
    with pytest.raises(InputError) as error:
        Source(path)
    assert str(error.value) == f"`{path}` is {message}"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_without_a_mark_is_proposed_not_read(encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.encode(encoding))
    message = f"is not UTF-8 text; it looks like {encoding}: say --encoding {encoding}, or save it as UTF-8"
    with pytest.raises(InputError) as error:
        Source(path)
    assert str(error.value) == f"`{path}` {message}"
    assert check(path, Layout(dateformat="MM/dd/yyyy", encoding=encoding)).ok


@pytest.mark.parametrize(
    "text",
    [
        b"a\x01b\x1fc\x1b\n" * 9,
        b"a" * 442 + b"\2" * 8 + b"\n",
        b"a" * 441 + b"\2" * 9,
        "Почта\n".encode("utf-16-le") * 9,
        "Почта\n".encode("utf-16-be") * 9 + b"\0",
    ],
)
def test_some_control_characters_and_other_letters_are_no_binary_data(text: bytes) -> None:
    assert not is_binary(text)


PROPOSED = [
    ("cp1252", "Café Zürich", "Café"),
    ("cp1252", "Köln", "Köln"),
    ("cp1252", "Müller", "Müller"),
    ("cp1252", "São Paulo", "São"),
    ("cp1252", "Größe – Maß", "Größe"),
    ("cp1251", "Вебинар в Москве для партнёров", "Вебинар"),
    ("cp932", "ウェビナー東京", "ウェビナー東京"),
    ("gb18030", "产品 网络研讨会 北京 上海 客户成功故事", "产品"),
    ("cp949", "웨비나 서울", "웨비나"),
]


@pytest.mark.parametrize(("encoding", "title", "word"), PROPOSED)
def test_another_encoding_is_proposed_with_a_decoded_word(encoding: str, title: str, word: str, tmp_path: Path) -> None:
    line = f"a@x.com,01/25/2024,{title},".encode(encoding)
    before = b'Email,Date,Title,Note\r\na@x.com,01/25/2024,Webinar,"two\r\nlines"\r\n'
    path = written(tmp_path, before + line + b"\r\n")
    with pytest.raises(InputError) as error:
        check(path, LAYOUT)
    at = first_undecodable_byte(line)
    says = f"`{path}` is not UTF-8 text: line 4, byte {at + 1} is 0x{line[at]:02x}; it looks like {encoding} (`{word}`)"
    assert str(error.value) == f"{says}: say --encoding {encoding}, or save it as UTF-8"


def test_a_few_undecodable_bytes_do_not_change_the_encoding_of_a_utf_8_file(tmp_path: Path) -> None:
    path = written(tmp_path, b"Email,Date,Title,Note\n" + "a@x.com,01/25/2024,Köln,\n".encode() * 3 + b"\xff,,,\n")
    with pytest.raises(InputError) as error:
        check(path, LAYOUT)
    says = f"`{path}` is not UTF-8 text: line 5, byte 1 is 0xff, but most of it is"
    assert str(error.value) == f"{says}; mend that line, or say --encoding utf-8 to check the others"


def test_byte_positions_count_from_the_start_of_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, b'Email,Date,Title,Note\na@x.com,01/25/2024,T,"two\r\nlin\xe9s"\n')
    with pytest.raises(
        InputError, match=r"is not UTF-8 text: line 3, byte 4 is 0xe9; it looks like cp1252 \(`linés`\)"
    ):
        check(path, LAYOUT)


def test_a_sep_line_with_another_separator(tmp_path: Path) -> None:
    path = written(tmp_path, b"sep=|\na|b\n")
    with pytest.raises(LayoutError) as error:
        Source(path)
    assert str(error.value) == (
        f"the first line of `{path}` says that `|` separates its cells, which Act-On cannot read; save it with one of "
        "COMMA, TAB, SEMICOLON, SPACE"
    )


def test_a_sep_line_may_be_all_of_the_first_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("START_BYTES", "BLOCK_BYTES"):
        monkeypatch.setattr(f"preflight.inputs.source.{name}", 6)
    with Source(written(tmp_path, b"sep=;\n" + TEXT.encode())) as source:
        assert text_of(source) == TEXT.encode()


@pytest.mark.parametrize("before", ["", "\ufeff", "sep=,\n", "\ufeffsep=,\r\n"])
def test_a_part_of_the_text_is_read_again(before: str, tmp_path: Path) -> None:
    with Source(written(tmp_path, (before + TEXT).encode())) as source:
        assert source.is_text
        for start in (0, 17):
            source.bounds = source.bounds._replace(start=start)
            assert source.again(3, 8) == TEXT.encode()[start + 3 : start + 11]
        assert source.again(len(TEXT), 9) == b""
        blocks, passes = source.text(), source.passes
        next(blocks)
        assert source.again(0, 1) == b"a"
        assert source.passes == passes + 2
        with pytest.raises(
            RuntimeError, match=r"^the file was read from its start again before this pass over it was done$"
        ):
            next(blocks)
    for data in (gzip.compress(TEXT.encode()), TEXT.encode("utf-16")):
        with Source(written(tmp_path, data)) as source:
            assert not source.is_text


def test_the_rows_of_a_sheet_are_found_in_any_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        people(book).write_string(2, 2, "two\nlines")

    with Source(workbooks.written(tmp_path / "book.xlsx", fill), layout=Layout()) as source:
        text, starts = text_of(source), [0]
        for line in text.replace(b"two\nlines", b"two lines").splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for size in (7, 1000):
            monkeypatch.setattr("preflight.inputs.source.BLOCK_BYTES", size)
            assert [source.place_of(row) for row in range(1, 6)] == [
                *zip(starts[:4], [1, 2, 3, 4], strict=True),
                (None, 4),
            ]


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda data: b"\x1f\x8b" + data))
def test_any_bytes_are_text_or_one_of_our_own_errors(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patched:
        as_standard_input(patched, data)
        try:
            with Source("-") as source:
                said = text_of(source)
        except PreflightError as error:
            said = str(error).encode()
    assert said


def test_undecodable_bytes_of_a_marked_utf_16_file_spoil_their_row_only(tmp_path: Path) -> None:
    data = TEXT.encode("utf-16-le").replace("bo@".encode("utf-16-le"), b"b\0\x00\xd8@\0")
    report = check(written(tmp_path, b"\xff\xfe" + data), LAYOUT)
    assert (report.rows, report.bad_rows, report.problems) == (2, 1, {"encoding-error": 1})


LINES = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n"]), min_size=1).map(b"".join)


@given(LINES, st.integers(1, 4))
def test_a_line_starts_after_the_previous_line_end(text: bytes, size: int) -> None:
    starts, lines = [0, *(end.end() for end in re.finditer(rb"\r\n|\r|\n", text))], len(text.splitlines())
    with pytest.MonkeyPatch.context() as patched, Source(io.BytesIO(text)) as source:
        patched.setattr("preflight.inputs.source.BLOCK_BYTES", size)
        assert [source.place_of(line) for line in range(1, lines + 1)] == [
            (start, line) for line, start in enumerate(starts[:lines], 1)
        ]
        assert source.place_of(lines + 2) == (None, lines)


@given(LINES, st.integers(1, 9), st.integers(0, 9), st.none() | st.integers(0, 9))
def test_a_source_returns_the_text_between_its_bounds(text: bytes, size: int, start: int, stop: int | None) -> None:
    with pytest.MonkeyPatch.context() as patched, Source(io.BytesIO(text)) as source:
        patched.setattr("preflight.inputs.source.BLOCK_BYTES", size)
        source.bounds = Bounds(start, stop)
        assert text_of(source) == text[start:stop]
        assert all(len(block) <= size for block in source.text())
        sample, whole = source.sample(size)
        assert len(sample) < 2 * size
        assert text[start:stop].startswith(sample)
        assert len(sample) >= min(size, len(text[start:stop]))
        assert whole == (sample == text[start:stop])


GZIP = gzip.compress(TEXT.encode(), mtime=0)  # the time would stand in the names of tests


@pytest.mark.parametrize("damaged", [GZIP[:3], GZIP[:-9], GZIP[:-6] + b"x" + GZIP[-5:], GZIP[:12] + b"xx" + GZIP[14:]])
def test_a_damaged_or_truncated_gzip_file_is_refused(damaged: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, damaged)
    with pytest.raises(InputError) as error, Source(path) as source:
        text_of(source)
    assert str(error.value) == f"`{path}` is gzip, but damaged or cut short; get it again"


class Failing(io.RawIOBase):
    """A stream whose device fails after the first bytes."""

    def __init__(self, first: bytes) -> None:
        self._first = first

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._first:
            raise OSError(errno.EIO, "Input/output error")
        buffer[: len(self._first)] = self._first
        read, self._first = len(self._first), b""
        return read


@pytest.mark.parametrize("first", [b"", b"Email,"])
def test_an_unreadable_stream_raises_input_error(first: bytes) -> None:
    with pytest.raises(InputError) as error:
        Source(cast(BinaryIO, Failing(first)))
    assert str(error.value) == "cannot read `<buffer>`: Input/output error"


def test_a_seekable_file_is_opened_a_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, TEXT.encode())
    file = InputFile(path)
    again = file.reopened()
    assert again is not None
    with again:
        assert again.read() == TEXT.encode()
    path.unlink()
    with pytest.raises(InputError) as error:
        file.reopened()
    assert str(error.value) == f"cannot read `{path}`: No such file or directory"
    as_standard_input(monkeypatch, TEXT.encode())
    for other in (InputFile(written(tmp_path, gzip.compress(TEXT.encode()))), InputFile("-")):
        assert other.reopened() is None
        other.close()
    file.close()


def test_a_missing_file_raises_input_error(tmp_path: Path) -> None:
    for name, says in {
        str(tmp_path / "none.csv"): "`{}` does not exist",
        f"{tmp_path}/a\0b": "cannot read `{}`: its name holds a NUL character",
    }.items():
        with pytest.raises(InputError) as error:
            Source(name)
        assert str(error.value) == says.format(name.replace("\0", "\\x00"))


class OnlyRead:
    """A stream of the least kind, whose `read` waits for all that is asked for, unless it is the one it has."""

    def __init__(self, data: bytes, method: str) -> None:
        self._stream = io.BytesIO(data)
        setattr(self, method, lambda size: self._stream.read(min(size, 7)))
        if method == "read1":
            self.read = self.refused

    def refused(self, size: int) -> bytes:
        raise AssertionError


@pytest.mark.parametrize("method", ["read", "read1"])
def test_a_stream_needs_only_a_read_method(method: str) -> None:
    with Source(cast(BinaryIO, OnlyRead(TEXT.encode(), method))) as source:
        assert (text_of(source), source.name) == (TEXT.encode(), "<buffer>")


def test_a_seekable_stream_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    with Source(io.BytesIO(TEXT.encode())) as source:
        assert text_of(source) == text_of(source) == TEXT.encode()
    with written(tmp_path, TEXT.encode()).open("rb") as stream, Source(stream) as source:
        assert (text_of(source), source.name) == (TEXT.encode(), str(tmp_path / "events.csv"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        Source(tmp_path)
    assert str(error.value) == f"`{tmp_path}` is a folder, not a file"


def test_progress_of_a_stream_counts_from_its_position() -> None:
    stream = io.BytesIO(b"not of it\n" + TEXT.encode())
    stream.readline()
    told: list[tuple[int, int | None]] = []
    assert check(stream, LAYOUT, progress=lambda *done: told.append(done)).rows == 2
    assert told == [(len(TEXT.encode()), None)]


def test_an_incomplete_character_at_the_end_spoils_its_row_only(tmp_path: Path) -> None:
    report = check(written(tmp_path, b"\xff\xfe" + TEXT.encode("utf-16-le")[:-2] + b"\0"), LAYOUT)
    assert (report.rows, report.bad_rows, report.problems) == (2, 1, {"encoding-error": 1})
