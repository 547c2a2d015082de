"""One spoiled record: it alone is named, with its row and line, and no other is lost, shifted, merged or blamed."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from preflight.layouts.words import Quote, Separator
from preflight.records.grammar import STRAY_QUOTE, UNCLOSED_QUOTE, WELL_FORMED, Dialect
from preflight.records.scanner import read_records

WIDTH = 3
LINE_ENDS = ["\n", "\r\n", "\r"]


@dataclass
class File:
    """Good records as text with their line ends, and one that is spoiled."""

    dialect: Dialect
    good: list[str]
    spoiled: int
    spoiled_text: str

    @property
    def data(self) -> bytes:
        return "".join((*self.good[: self.spoiled], self.spoiled_text, *self.good[self.spoiled + 1 :])).encode()


@st.composite
def files(draw: st.DrawFn) -> File:
    """A good file in any dialect with any line ends, in which one record gets a quote or a separator too many or few.

    A quoted cell has something before its first separator or line end: `",x"` with a quote too many before it reads
    as well with the quotes changed about, and nobody can tell which was meant.
    """
    separator, quote = draw(st.sampled_from(Separator)), draw(st.sampled_from(Quote))
    s, q = separator.character, quote.character
    ends = st.sampled_from(LINE_ENDS if draw(st.booleans()) else [draw(st.sampled_from(LINE_ENDS))])
    plain = st.text(st.sampled_from("abé;|"), max_size=3).map(lambda text: text.replace(s, "x"))
    quoted = st.builds(
        lambda start, parts: q + (start + "".join(parts) if start else "") + q,
        st.sampled_from(["", "a", "é", q * 2 + "a"]),
        st.lists(st.sampled_from(["b", s, q * 2, "\n", "\r\n"]), max_size=4),
    )
    cell = plain | quoted if q else plain
    cells = draw(st.lists(st.lists(cell, min_size=WIDTH, max_size=WIDTH), min_size=2, max_size=12))
    good = [s.join(row) + draw(ends) for row in cells]
    if draw(st.booleans()):
        good[-1] = s.join(cells[-1])  # the last line need not end
    spoiled = draw(st.integers(0, len(cells) - 1))
    row = list(cells[spoiled])
    column = draw(st.integers(0, WIDTH - 1))
    kinds = ["missing", "extra", *(["quote", "after", "unclosed"] if q else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "missing":
        row.pop(column)
    elif kind == "extra":
        row.insert(column, "")
    elif kind == "quote":
        at = draw(st.integers(0, len(row[column])))
        row[column] = row[column][:at] + q + row[column][at:]
    elif kind == "after":
        row[column] = f"{q}a{q}b"
    else:
        row[column] = f"{q}a"
    end = (
        good[spoiled][len(s.join(cells[spoiled])) :] if spoiled < len(cells) - 1 else draw(st.sampled_from(["", "\n"]))
    )
    return File(Dialect(separator, quote), good, spoiled, s.join(row) + end)


def lines_in(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@given(files(), st.integers(1, 60))
def test_only_the_spoiled_record_is_named(file: File, size: int) -> None:
    data, dialect = file.data, file.dialect
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    found = []
    for records in read_records(blocks, dialect):
        for i in range(len(records)):
            whole = bytes(records.block[records.start[i] : records.end[i]]).decode()
            right = records.fault[i] == WELL_FORMED and len(dialect.split(records.raw(i))) == WIDTH
            found.append((whole, int(records.line[i]), right, int(records.fault[i])))

    assert "".join(text for text, *_ in found).encode() == data
    before, after = file.good[: file.spoiled], file.good[file.spoiled + 1 :]
    line = 1 + sum(map(lines_in, before))
    assert [text for text, _, right, _ in found[: len(before)] if right] == before
    rest = found[len(found) - len(after) :] if after else []
    assert [text for text, _, right, _ in rest if right] == after
    own = found[len(before) : len(found) - len(after)]
    assert "".join(text for text, *_ in own) == file.spoiled_text
    assert own[0][1] == line
    if lines_in(file.spoiled_text.rstrip("\r\n")) == 0:
        assert len(own) == 1
        valid = own[0][2]  # two quotes side by side may just be an escaped one, or an empty cell
        assert not valid or own[0][3] not in (STRAY_QUOTE, UNCLOSED_QUOTE)
