"""A DataFrame is checked like its CSV file; a report has its problems and its good rows as frames."""

from __future__ import annotations

import io
import json
import warnings
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from preflight import InputError, Layout, LayoutError, Report, check
from preflight.engine import details
from preflight.inputs import frames

ROOT = Path(__file__).parents[2]
US = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
GOOD = {"Email": ["a@x.com", "b@x.com"], "Date": ["01/02/2024", "01/03/2024"], "Title": ["Talk", "Talk"]}


def told(report: Report) -> dict[str, Any]:
    """What a report says but for where the rows came from."""
    return {key: value for key, value in report.as_dict().items() if key not in ("file", "detected")}


CELLS = st.one_of(
    st.sampled_from(["a@x.com", "b@@x.com", "01/02/2024", "13/45/2024", "Talk", "", " ", "a,b", 'q"q', "x\ny", "NULL"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=8),
    st.none(),
    st.integers(-5, 5),
    st.floats(allow_infinity=False, width=16),
    st.booleans(),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=8)


@settings(max_examples=30)
@given(ROWS, st.booleans())
def test_a_frame_is_checked_like_its_csv(rows: list[tuple[Any, ...]], few: bool) -> None:
    frame = pd.DataFrame(rows, columns=["Email", "Date", "Title", "Note"], index=[7] * len(rows))
    text = frame.to_csv(index=False, lineterminator="\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(frames, "ROWS_AT_ONCE", 3 if few else 50_000)
        from_frame = check(frame, US, max_shown=100)
    from_file = check(io.BytesIO(text.encode()), Layout(encoding="utf-8").over(US), max_shown=100)
    assume(not from_file.skipped_lines)  # a frame has nothing outside its table, a file may have a footer
    assert told(from_frame) == told(from_file)
    pd.testing.assert_frame_equal(from_frame.frame, from_file.frame)
    assert from_frame.good.tolist() == from_file.good.tolist()
    assert from_frame.good.index.equals(frame.index)


def test_good_rows_of_a_frame_are_selected_by_its_index() -> None:
    frame = pd.DataFrame({**GOOD, "Email": ["a@x.com", "b@@x.com"]}, index=["same", "same"])
    report = check(frame, dateformat_us())
    assert frame[report.good]["Email"].tolist() == ["a@x.com"]
    assert (report.file, report.good_rows, report.bad_rows) == ("DataFrame", 1, 1)
    assert report.frame[["row", "line", "column", "code"]].values.tolist() == [[2, 3, "Email", "email-syntax"]]


def dateformat_us() -> Layout:
    return Layout(dateformat="MM/dd/yyyy")


def test_good_rows_of_a_file_are_indexed_from_1(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("email,date,title\na@x.com,01/02/2024,T\n\nb@x.com,01/02/2024,T\n", encoding="utf-8")
    good = check(file, dateformat_us()).good
    assert good.to_dict() == {1: True, 2: False, 3: True}


KINDS = [
    pd.Series(["Talk", "Talk"], dtype=object),
    pd.Series(["Talk", "Talk"], dtype="str"),
    pd.Series(["Talk", "Talk"], dtype="string[pyarrow]"),
    pd.Series(["Talk", "Talk"], dtype="category"),
]


@pytest.mark.parametrize("titles", KINDS, ids=lambda titles: str(titles.dtype))
def test_strings_of_every_dtype_are_read(titles: pd.Series[str]) -> None:
    report = check(pd.DataFrame({**GOOD, "Title": titles}), dateformat_us())
    assert report.ok
    assert report.titles.counts == {"Talk": 2}


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_values_are_empty_cells(missing: object) -> None:
    report = check(pd.DataFrame({**GOOD, "Title": ["Talk", missing]}), dateformat_us())
    assert report.problems == {"title-missing": 1}
    report = check(pd.DataFrame({**GOOD, "Date": pd.to_datetime(["2024-01-02", None])}))
    assert report.problems == {"date-missing": 1}


DATES = [
    (["2024-01-02", "2024-01-03"], None, "yyyy-MM-dd", ["2024-01-02", "2024-01-03"]),
    (["2024-01-02 00:00", "2024-01-03 10:30"], None, "yyyy-MM-dd'T'HH:mm:ss",
     ["2024-01-02T00:00:00", "2024-01-03T10:30:00"]),
    (["2024-01-02 00:00", "2024-01-03 10:30:05.250999"], None, "yyyy-MM-dd'T'HH:mm:ss.SSS",
     ["2024-01-02T00:00:00.000", "2024-01-03T10:30:05.250"]),
    (["2024-01-02", "2024-07-03 10:30"], "Europe/Berlin", "yyyy-MM-dd'T'HH:mm:ssXXX",
     ["2024-01-02T00:00:00+01:00", "2024-07-03T10:30:00+02:00"]),
    (["2024-01-02", "2024-01-02"], "UTC", "yyyy-MM-dd'T'HH:mm:ssXXX", ["2024-01-02T00:00:00Z"] * 2),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "zone", "pattern", "written"), DATES)
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_of_datetime64_need_no_date_format(
    dates: list[str], zone: str | None, pattern: str, written: list[str], unit: str, tmp_path: Path
) -> None:
    moments = pd.to_datetime(dates, format="ISO8601").tz_localize(zone).as_unit(unit)
    if unit == "s" and "SSS" in pattern:
        pattern, written = "yyyy-MM-dd'T'HH:mm:ss", [text[:19] for text in written]
    clean = tmp_path / "clean.csv"
    report = check(pd.DataFrame({**GOOD, "Date": moments}), clean=clean)
    assert (report.ok, report.layout.dateformat.pattern) == (True, pattern)
    assert report.detected["dateformat"] == "is how its column of datetime64 is written"
    assert clean.read_text(encoding="utf-8").split("\n")[1:3] == [
        f"a@x.com,{written[0]},Talk",
        f"b@x.com,{written[1]},Talk",
    ]


@pytest.mark.parametrize("dates", [["2024-01-02", "2024-01-03"], ["2024-01-02 10:30", None]])
def test_categorical_dates_are_read(dates: list[str | None], tmp_path: Path) -> None:
    moments = pd.Series(pd.to_datetime(dates))
    told_of = []
    for name, column in (("plain.csv", moments), ("categories.csv", moments.astype("category"))):
        report = check(pd.DataFrame({**GOOD, "Date": column}), clean=tmp_path / name)
        told_of.append((told(report), (tmp_path / name).read_bytes()))
    assert told_of[0] == told_of[1]


OFFSETS = [  # Java has zones from 13 hours behind to 14 ahead, by whole minutes
    (timedelta(hours=-13), "2024-01-02T10:00:00-13:00"),
    (timedelta(hours=-13, minutes=-1), "2024-01-02T23:01:00Z"),
    (timedelta(minutes=-30), "2024-01-02T10:00:00-00:30"),
    (timedelta(minutes=1), "2024-01-02T10:00:00+00:01"),
    (timedelta(hours=5, minutes=45), "2024-01-02T10:00:00+05:45"),
    (timedelta(hours=14), "2024-01-02T10:00:00+14:00"),
    (timedelta(hours=14, minutes=1), "2024-01-01T19:59:00Z"),
    (timedelta(hours=1, seconds=59), "2024-01-02T08:59:01Z"),
]


@pytest.mark.parametrize(("offset", "written"), OFFSETS)
def test_a_date_with_an_offset_beyond_the_range_of_java_is_written_in_utc(offset: timedelta, written: str) -> None:
    moments = pd.Series(pd.to_datetime([None, "2024-01-02 10:00"]).tz_localize(timezone(offset)), index=[7, 7])
    texts, pattern = frames.written_dates(moments, None)
    assert (texts.tolist(), texts.index.tolist(), pattern) == (["", written], [7, 7], "yyyy-MM-dd'T'HH:mm:ssXXX")
    texts, pattern = frames.written_dates(moments, "HH:mm yyyy-MM-dd")
    in_utc = (datetime(2024, 1, 2, 10) - offset).strftime("%H:%M %Y-%m-%d")
    assert (texts.tolist(), texts.index.tolist(), pattern) == (["", in_utc], [7, 7], "HH:mm yyyy-MM-dd")


@pytest.mark.parametrize(("zone", "pattern"), [(None, "yyyy-MM-dd"), ("Asia/Tokyo", "yyyy-MM-dd'T'HH:mm:ssXXX")])
def test_a_date_column_may_have_missing_values_only(zone: str | None, pattern: str) -> None:
    none = pd.Series(pd.to_datetime([None, None]).tz_localize(zone))
    report = check(pd.DataFrame({**GOOD, "Date": none}))
    assert (report.problems, report.layout.dateformat.pattern) == ({"date-missing": 2}, pattern)
    assert frames.written_dates(none, "MM/dd/yyyy")[0].tolist() == ["", ""]


def test_a_frame_is_written_with_the_given_separator_and_quote() -> None:
    columns = {"E;mail": ["a@x.com"] * 2, "It's": ["01/02/2024"] * 2, "Ti\rtle\n": ["it's", "a;b"], 5: ["x", "2\r3"]}
    given = Layout(email=0, date=1, title=2, note=3, fieldseparator="SEMICOLON", quotecharacter="SINGLE_QUOTE")
    frame = pd.DataFrame({**columns, " half \ud83d": [1.5, None]})
    made = frames.as_file(frame, given)
    assert made.stream.read() == (
        b"'E;mail';'It''s';'Ti\rtle\n';5; half \xed\xa0\xbd\n"
        b"a@x.com;01/02/2024;'it''s';x;1.5\r\n"
        b"a@x.com;01/02/2024;'a;b';'2\r3';\r\n"
    )
    assert made.labels == ("E;mail", "It's", "Ti\rtle", "5", "half \ud83d")
    assert made.layout == Layout(encoding="utf-8", firstrow="Y").over(given)
    made.stream.close()
    report = check(pd.DataFrame(columns), dateformat_us().over(given))
    breaks = {"row-newline": 1, "note-newline": 1}  # of the heading, and of the second row
    assert (report.bad_rows, list(report.titles.counts), report.warnings) == (0, ["it's", "a;b"], breaks)


def test_the_written_layout_of_a_frame_is_known() -> None:
    """It is not looked for in the text."""
    with (made := frames.as_file(pd.DataFrame(GOOD), dateformat_us())).stream:
        form = {"fieldseparator": "COMMA", "quotecharacter": "DOUBLE_QUOTE", "firstrow": "Y", "encoding": "utf-8"}
        assert made.layout == Layout(dateformat="MM/dd/yyyy", **form)


def test_columns_of_every_type_are_written_as_to_csv_does() -> None:
    values = {
        "float32": [0.1, None], "float64": [1e16, None], "Int64": [2**53 + 1, None], "boolean": [True, None],
        "timedelta64[ns]": [timedelta(days=1, seconds=2), None], "Float32": [0.1, None], "uint8": [7, 8],
    }  # fmt: skip
    frame = pd.DataFrame({kind: pd.Series(of_kind, dtype=kind) for kind, of_kind in values.items()})
    frame["category"] = pd.Series([0.5, None], dtype="category")
    frame["whole"] = pd.Categorical([7, None])
    with frames.as_file(frame, Layout()).stream as stream:
        assert stream.read().decode() == frame.to_csv(index=False, lineterminator="\n")


def test_nanoseconds_are_dropped_silently() -> None:
    moments = pd.Series(pd.to_datetime(["2024-01-02T03:04:05.678901234"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texts, pattern = frames.written_dates(moments, "yyyy-MM-dd HH:mm:ss.SSS")
    assert (texts.tolist(), pattern) == (["2024-01-02 03:04:05.678"], "yyyy-MM-dd HH:mm:ss.SSS")
    assert frames.written_dates(moments, None)[0].tolist() == ["2024-01-02T03:04:05.678"]


def test_columns_without_names_may_be_declared_as_a_heading() -> None:
    frame = pd.DataFrame([["a@x.com", "01/02/2024", "Talk"]])
    assert check(frame, dateformat_us()).layout.firstrow.value == "N"
    named = Layout(email="0", date="1", title="2", firstrow="Y")
    assert check(frame, named.over(dateformat_us())).titles.counts == {"Talk": 1}


def test_dates_are_written_in_the_given_format(tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    frame = pd.DataFrame({**GOOD, "Date": pd.to_datetime(["2024-01-02", "2024-01-03"])})
    assert check(frame, dateformat_us(), clean=clean).ok
    assert clean.read_text(encoding="utf-8") == "Email,Date,Title\na@x.com,01/02/2024,Talk\nb@x.com,01/03/2024,Talk\n"


def test_the_date_column_may_be_named_by_label_or_by_index() -> None:
    moments = pd.to_datetime(["2024-01-02 10:00", "2024-01-03 11:00"])
    frame = pd.DataFrame({**GOOD, "Other": pd.to_datetime(["2020-01-02"] * 2), "Date": moments})
    for column in ("Date", 1):
        report = check(frame, Layout(date=column))
        assert (report.layout.columns["date"], report.layout.dateformat.pattern) == (1, "yyyy-MM-dd'T'HH:mm:ss")


def test_a_column_without_a_label_has_an_empty_one(tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    check(pd.DataFrame({**GOOD, np.nan: ["x", "y"]}), dateformat_us(), clean=clean)
    assert clean.read_text(encoding="utf-8").splitlines()[0] == "Email,Date,Title,"


def test_columns_without_names_are_recognized_by_their_content() -> None:
    frame = pd.DataFrame(list(zip(*GOOD.values(), strict=True)))
    report = check(frame, dateformat_us())
    assert (report.rows, report.layout.firstrow.value, report.ok) == (2, "N", True)


def test_every_kind_of_line_break_is_kept_in_its_cell(tmp_path: Path) -> None:
    clean = tmp_path / "clean.csv"
    frame = pd.DataFrame({**GOOD, "Note": ["x\ry", "x\r\ny"]})
    report = check(frame, dateformat_us(), clean=clean)
    assert (report.rows, report.bad_rows, report.warnings) == (2, 0, {"note-newline": 2})
    assert clean.read_bytes().count(b'"x\ry"') == 1


def test_a_lone_surrogate_is_a_problem_of_its_row() -> None:
    titles = pd.Series(["Talk \ud83d", "Talk"], dtype=object)
    report = check(pd.DataFrame({**GOOD, "Title": titles}), dateformat_us())
    assert (report.problems, report.good.tolist()) == ({"encoding-error": 1}, [False, True])


REFUSED = [
    (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), Layout(), LayoutError,
     "the DataFrame has 2 rows of column labels; give it one"),
    (pd.DataFrame(GOOD), Layout(quotecharacter="NONE"), LayoutError,
     "a DataFrame is not written without quotes; leave `quotecharacter` out"),
    (pd.DataFrame(GOOD), Layout(table_line=2), LayoutError,
     "a DataFrame is a table as it is; leave `table_line` out"),
    (pd.DataFrame(GOOD).iloc[:0], Layout(), InputError, "`DataFrame` has a heading but no data row"),
    (pd.DataFrame(), Layout(), InputError, "`DataFrame` is empty"),
    ([1], Layout(), TypeError, "check takes a path, a binary file or a DataFrame, not a list"),
    (pd.Series([1]), Layout(), TypeError, "check takes a path, a binary file or a DataFrame, not a Series"),
    (io.StringIO("a"), Layout(), TypeError,
     "check reads bytes, as the encoding is for it to find out; open the file in binary mode"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "layout", "error", "message"), REFUSED)
def test_an_argument_that_is_not_a_table_is_rejected(
    given: Any, layout: Layout, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        check(given, layout)
    assert str(raised.value) == message


class Pipe(io.RawIOBase):
    """A stream that can be read once."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.readinto(buffer)


def test_a_binary_file_is_read_from_its_position_and_stays_open(tmp_path: Path) -> None:
    content = (ROOT / "fixtures" / "webinar-bad.csv").read_bytes()
    file = tmp_path / "events.csv"
    file.write_bytes(b"not of it\n" + content)
    whole = check(ROOT / "fixtures" / "webinar-bad.csv", dateformat_us())
    with file.open("rb") as stream:
        stream.readline()
        for given in (stream, io.BytesIO(content), Pipe(content)):
            report = check(given, dateformat_us())
            assert told(report) == told(whole)
            pd.testing.assert_frame_equal(report.frame, whole.frame)
            assert not given.closed
        assert check(io.BytesIO(content), dateformat_us()).file == "<buffer>"
        stream.seek(10)
        assert check(stream, dateformat_us()).file == str(file)


def test_the_frame_has_every_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 500
    frame = pd.DataFrame({"Email": [f"a{i}@@x.com" for i in range(rows)], "Date": "01/02/2024", "Title": "T"})
    held = check(frame, dateformat_us(), max_shown=3)
    monkeypatch.setattr(details, "MAX_HELD", 1)
    spilled = check(frame, dateformat_us(), max_shown=3)
    assert (len(held.examples), held.truncated, len(held.frame)) == (3, True, rows)
    pd.testing.assert_frame_equal(held.frame, spilled.frame)
    pd.testing.assert_frame_equal(spilled.frame, spilled.frame)  # it can be read again
    assert held.frame["value"].tolist() == frame["Email"].tolist()


def test_the_frame_has_the_problems_of_the_json_report(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report = check(ROOT / "fixtures" / "webinar-bad.csv", dateformat_us(), reports=[path])
    listed = json.loads(path.read_text(encoding="utf-8"))["examples"]
    assert sorted(report.frame.to_dict("records"), key=str) == sorted(listed, key=str)
    assert report.frame["row"].is_monotonic_increasing


def test_a_file_contradicted_by_its_layout_has_no_good_row() -> None:
    report = check(ROOT / "fixtures" / "customEvent.csv", Layout(fieldseparator="TAB"))
    assert report.frame["code"].tolist() == ["layout-mismatch"]
    assert (len(report.good), report.good.any()) == (report.rows, False)


def test_a_report_is_one_line_and_a_page_in_a_notebook() -> None:
    report = check(ROOT / "fixtures" / "webinar-bad.csv", dateformat_us())
    assert repr(report) == f"<Report {ROOT}/fixtures/webinar-bad.csv: 13 rows, 3 good, 10 bad, titlecount 2>"
    page = report._repr_html_()
    assert page.startswith(
        '<iframe sandbox="allow-scripts" style="width: 100%; height: 640px; border: 0" srcdoc="&lt;!'
    )
    assert page.count("email-display-name") >= 1
    assert page.endswith('"></iframe>')


def test_the_options_are_in_the_signature() -> None:
    import inspect

    names = list(inspect.signature(check).parameters)
    assert names[:2] == ["file", "layout"]
    assert {"clean", "bad_rows", "fix", "max_shown"} <= set(names)


@settings(max_examples=40)
@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1)), min_size=1, max_size=5))
def test_instants_are_read_back_to_the_millisecond(moments: list[datetime]) -> None:
    frame = pd.DataFrame({"email": "a@x.com", "date": pd.to_datetime(moments), "title": "T"})
    report = check(frame, Layout(), oldest=date(1970, 1, 1), newest=date(2038, 1, 1))
    assert report.bad_rows == 0


def test_the_date_column_of_a_frame_holds_dates_or_texts() -> None:
    frame = pd.DataFrame({"Email": ["a@x.com"], " When ": pd.to_datetime(["2024-01-02"]), "Date": ["01/02/2024"]})
    assert frames.holds_dates(frame, "When", Layout())
    assert frames.holds_dates(frame, 1, Layout(firstrow="N"))
    assert not frames.holds_dates(frame, "Date", Layout())
    with pytest.raises(LayoutError, match=r"^no column is labelled `Day`; "):
        frames.holds_dates(frame, "Day", Layout())
    unnamed = frame.set_axis(range(3), axis=1)
    with pytest.raises(LayoutError, match=r"^`date` `Date` is a label, but firstrow is N: "):
        frames.holds_dates(frame, "Date", Layout(firstrow="N"))
    past_the_end = "^date=3 is past the end: a row has 3 cells, the last index is 2$"
    with pytest.raises(LayoutError, match=past_the_end):
        frames.holds_dates(frame, 3, Layout())
    with (made := frames.as_file(frame, Layout())).stream, pytest.raises(LayoutError, match=past_the_end):
        made.place_of(3)
    with (made := frames.as_file(unnamed, Layout())).stream, pytest.raises(LayoutError, match="label, but firstrow is"):
        made.place_of("Day")
    assert frames.holds_dates(unnamed, 1, Layout())
    assert not frames.holds_dates(unnamed, 2, Layout())
