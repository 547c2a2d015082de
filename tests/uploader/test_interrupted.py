"""A send that is interrupted, terminated or killed anywhere: its message agrees with the server, and nothing is left.

Signals come at lines spread over all that a send executes, SIGKILL before each commit of the ledger.
"""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.uploader.counting_server import CountingServer, Fate, Row
from tests.uploader.forked import Commands, Ended, Spoil
from tests.uploader.user import AL, BO, CY, DOMAIN, TOKEN, User, new_folder, parts_of
from uploader.wire.connection import _Timely

MOST_SENDS_TO_THE_END = 6
TO_THE_END = 3
"""One in so many interrupted sends is continued to its end."""


@dataclass(frozen=True)
class Send:
    """A send of some files with some options; `earlier` rows were sent before."""

    name: str
    files: tuple[tuple[Row, ...], ...]
    options: tuple[str, ...] = ()
    earlier: tuple[Row, ...] = ()

    def __str__(self) -> str:
        return self.name


ONE = Send("one file", ((AL, BO),))
PARTS = Send("two parts", ((AL, BO),), tuple(parts_of(1)))
EQUAL = Send("equal parts", ((AL, AL),), tuple(parts_of(1)))
FILES = Send("two files", ((AL,), (BO,)))
NEW_PARTS = Send("only new in parts", ((AL, BO, CY),), ("--only-new", *parts_of(1)), (AL,))


class Trial:
    """A send by a new user, and its result."""

    def __init__(self, commands: Commands, server: CountingServer, folder: Path, what: Send) -> None:
        server.forget()
        self.user, self.what, self.server = User(commands, server, folder), what, server
        if what.earlier:
            assert self.user.send(self.user.file("earlier.csv", what.earlier)).code == 0
        self.before = len(server.arrived)
        self.files = [self.user.file(f"{number}.csv", rows) for number, rows in enumerate(what.files)]

    def send(self, spoil: Spoil | None = None) -> Ended:
        """Send the files."""
        return self.user.send(*self.files, options=self.what.options, spoil=spoil)

    @property
    def arrived(self) -> bool:
        """True if something of this send has arrived."""
        return len(self.server.arrived) > self.before

    @property
    def complete(self) -> bool:
        """True if every row is there, as often as the files have it."""
        wanted = Counter(itertools.chain(*self.what.files, self.what.earlier))
        if self.what.earlier:
            wanted -= Counter(self.what.earlier)
        return Counter(row for upload in self.server.arrived for row in upload.appended) == wanted

    def fault(self, ended: Ended) -> str:
        """What is wrong with the end of an interrupted send; empty for nothing."""
        outcomes = self.user.outcomes()
        own = outcomes[1:] if self.what.earlier else outcomes
        maybe = [outcome for outcome in own if outcome not in ("not-sent", "refused")]
        if "Traceback" in ended.err or ended.code not in (0, 4, 130):
            return "it crashed, or ended unheard"
        if ended.code == 0 and not self.complete:
            return "0, and rows are missing"
        if ended.code == 130 and (self.arrived or maybe):
            return "130, and something arrived, or may have"
        if ended.code == 4 and not maybe:
            return "4, and nothing arrived"
        if ended.code == 4 and self.complete and set(own) == {"confirmed"}:
            return "4, and all is confirmed"
        if "nothing was sent" in ended.err and (self.arrived or maybe):
            return "`nothing was sent`, and something arrived, or may have"
        return self.left()

    def left(self) -> str:
        """Files on the disk that should not be there."""
        if left := sorted(path.name for path in self.user.temporary.rglob("*")):
            return f"left behind: {left}"
        kept = b"".join(file.read_bytes() for file in self.user.data.rglob("*") if file.is_file())
        return "the ledger keeps secrets" if TOKEN.encode() in kept or DOMAIN.encode() in kept else ""

    def end(self) -> str:
        """Run the commands in the messages, and send again, until all rows are there; returns what went wrong."""
        last = ""
        for _ in range(MOST_SENDS_TO_THE_END):
            ended = self.send()
            if left := self.left():
                return left
            if self.complete and (ended.code in (0, 3) or len(self.files) > 1):
                return ""
            if ended.said == last:
                return f"no way out: {ended.err}"
            last = ended.said
            for id in dict.fromkeys(re.findall(r"`uploader settle (\d+)[^`]*`", ended.said)):
                (entry,) = [one for one in self.user.history() if one["id"] == int(id)]
                word = "--sent" if self.user.uploads_of(entry) else "--not-sent"
                self.user.run(*shlex.split(f"settle {id} {word}"))
        return f"no end: {last}"


@pytest.fixture
def folders() -> Iterator[Iterator[Path]]:
    """New folders."""
    top = new_folder()

    def made() -> Iterator[Path]:
        for number in itertools.count():
            (folder := top / str(number)).mkdir()
            yield folder

    yield made()
    shutil.rmtree(top)


@pytest.mark.parametrize(
    ("what", "name", "signals"),
    [
        (ONE, "SIGINT", 24),
        (ONE, "SIGHUP", 12),
        (PARTS, "SIGINT", 24),
        (PARTS, "SIGTERM", 12),
        (FILES, "SIGINT", 24),
        (FILES, "SIGHUP", 12),
        (NEW_PARTS, "SIGINT", 24),
    ],
    ids=str,
)
def test_the_message_after_a_signal_agrees_with_the_server(
    what: Send, name: str, signals: int, commands: Commands, counting: CountingServer, folders: Iterator[Path]
) -> None:
    lines = Trial(commands, counting, next(folders), what).send(Spoil("line", 0)).reached
    faults, came = [], 0
    for number in range(1 + lines // signals // 2, lines, max(1, lines // signals)):
        trial = Trial(commands, counting, next(folders), what)
        ended = trial.send(Spoil("line", number, name))
        came += ended.where != ""
        if fault := trial.fault(ended) or (trial.end() if came % TO_THE_END == 0 else ""):
            faults.append((ended.where, number, ended.code, fault, ended.err))
    assert faults == [], "\n".join(map(str, faults))
    assert came >= signals


@pytest.mark.parametrize("what", [EQUAL, NEW_PARTS], ids=str)
def test_a_kill_at_each_transaction_loses_nothing_and_doubles_nothing(
    what: Send, commands: Commands, counting: CountingServer, folders: Iterator[Path]
) -> None:
    """A kill before a transaction begins leaves the same as one before its commit."""
    transactions = Trial(commands, counting, next(folders), what).send(Spoil("transaction", 0)).reached
    faults = []
    for number in range(1, transactions + 1):
        trial = Trial(commands, counting, next(folders), what)
        ended = trial.send(Spoil("transaction", number))
        assert (ended.code, ended.where != "") == (-9, True)
        if fault := trial.end():
            faults.append((ended.where, number, fault))
    assert faults == [], "\n".join(map(str, faults))
    assert transactions > 15


def test_rows_left_out_that_are_not_confirmed_are_no_success_at_the_last_line(
    commands: Commands, counting: CountingServer, folders: Iterator[Path]
) -> None:
    """The upload itself is confirmed, but the row left out is in one with a rejected row."""

    def send_the_rest(spoil: Spoil) -> Ended:
        counting.forget()
        counting.fates.append(Fate(job="rejects"))
        user = User(commands, counting, next(folders))
        assert user.send(user.file("x.csv", [AL, BO])).code == 4
        return user.send(user.file("y.csv", [AL, CY]), options=["--only-new"], spoil=spoil)

    whole = send_the_rest(Spoil("line", 0))
    assert whole.code == 4
    codes = Counter[tuple[int, bool]]()
    for line in range(whole.reached - 400, whole.reached, 50):
        ended = send_the_rest(Spoil("line", line, "SIGTERM"))
        codes[ended.code, "was begun; see `uploader history" in ended.err] += 1
    assert set(codes) <= {(4, True), (4, False)}
    assert codes[4, True]


def test_a_stream_whose_making_was_interrupted_can_be_closed() -> None:
    """The interpreter closes it as it finalizes it, and since Python 3.13 prints what that raises."""
    made = _Timely.__new__(_Timely)
    made.close()
    assert made.closed
