"""Where a temporary file finds no room, or none can be made, that is said in one line."""

from __future__ import annotations

import errno
import io
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from preflight import Layout, OutputError, check
from preflight.evidence.duplicates import Duplicates
from preflight.evidence.parted import Parted
from preflight.inputs.openers import _Kept

ROOT = Path(__file__).parents[2]
LAYOUT = Layout(dateformat="MM/dd/yyyy HH:mm")
TEXT = "Email,Date,Title,Note\n" + "".join(f"a{i}@x,01/25/2024 10:00,T,{i}\n" for i in range(400))
GOOD = TEXT.replace("@x", "@x.com").encode()


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file take more bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def held_in_parts() -> None:
    with closing(Parted(np.uint64, np.int64)) as rows:
        rows.add(np.arange(1000, dtype=np.uint64), np.arange(1000))


def looked_through_for_repeats() -> None:
    found = Duplicates()
    try:
        found.add(np.arange(1000, dtype=np.uint64), np.arange(1000), np.arange(1000))
    finally:
        found.close()


WAYS: dict[str, Callable[[], object]] = {
    "parts": held_in_parts,
    "repeats": looked_through_for_repeats,
    "once per day": lambda: check(io.BytesIO(GOOD), Layout(dateformat="MM/dd/yyyy HH:mm", once_per_day=True)),
    "problems": lambda: check(io.BytesIO(TEXT.encode()), LAYOUT).frame,
    "a frame": lambda: check(pd.read_csv(io.BytesIO(GOOD)), LAYOUT),
    "a workbook": lambda: check(ROOT / "fixtures" / "visitors.xlsx"),
    "a pipe": lambda: check(Pipe(GOOD), LAYOUT),
}


@pytest.mark.parametrize("way", [way for way in WAYS if way != "a workbook"])
def test_a_full_disk_is_one_line(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.evidence.parted.MAX_HELD", 10)
    monkeypatch.setattr("preflight.engine.repeats.MOST_HELD", 10)
    monkeypatch.setattr("preflight.engine.details.MAX_HELD", 10)
    for size in (0, 700, 4_100, 8_200):
        with room_for(size), pytest.raises(OutputError) as told:
            WAYS[way]()
        assert str(told.value) == f"cannot write a temporary file in {tempfile.gettempdir()}: File too large"


@pytest.mark.parametrize("way", ["problems", "a frame", "a pipe", "a workbook"])
def test_no_folder_for_temporary_files_is_one_line(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("preflight.engine.details.MAX_HELD", 10)
    monkeypatch.setattr("tempfile.gettempdir", none)
    monkeypatch.setattr("tempfile._sanitize_params", lambda *_: none())
    with pytest.raises(OutputError) as told:
        WAYS[way]()
    assert str(told.value) == (
        "no folder takes a temporary file; name one that you may write to in the environment variable TMPDIR"
    )


def test_a_stream_whose_making_was_interrupted_can_be_closed() -> None:
    """The interpreter closes it as it finalizes it, and since Python 3.13 prints what that raises."""
    made = _Kept.__new__(_Kept)
    made.close()
    assert made.closed
