"""A state machine that sends overlapping files in every way, with every fault, and compares the results with a server.

The faults are those of the server and of what stands before it (`counting_server`), signals at any moment, a ledger
that cannot be written, and a clock that jumps.

In any order of steps: no row is there twice unless `--again` asked for it; exit code 0 comes only if every row is
there; the ledger agrees with the server; no token or address is stored anywhere; and from every state the commands in
the messages lead to an end.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.uploader.counting_server import Arrived, CountingServer, Fate, Moment, Row, Trouble
from tests.uploader.forked import TROUBLES, Commands, Ended, Running, Spoil
from tests.uploader.user import AS, COLUMNS, DOMAIN, HEADING, LENGTH, TOKEN, TOUCH_POINTS, User, new_folder, parts_of

ECHO = f"{DOMAIN} cannot be read"
"""The server's answer may be shown, with the address it echoes, but not stored."""

MOST_STEPS_TO_AN_END = 12
MISCOUNTED = ("rejects", "miscounts", "exceeds", "blurs")
"""The ends of jobs whose counts are not those of the rows."""
NOTHING_ARRIVED = ("not-sent", "refused")
SIGNALS = ("SIGKILL", "SIGINT", "SIGTERM", "SIGHUP")


@dataclass(frozen=True)
class How:
    """The options of a send: `rows` per part (0 for all), the treatment of rows sent before, and how long to wait."""

    rows: int = 0
    mode: str = ""
    wait: bool = True
    timeout: int = 3
    receipt: bool = False

    @property
    def options(self) -> list[str]:
        """The options as command-line arguments."""
        parts = parts_of(self.rows) if self.rows else []
        return [
            *parts,
            *([self.mode] if self.mode else []),
            *([] if self.wait else ["--no-wait"]),
            *("--timeout", str(self.timeout)),
        ]


HOWS = st.builds(
    How,
    rows=st.sampled_from([0, 0, 1, 2]),
    mode=st.sampled_from(["", "", "--only-new", "--only-new", "--again"]),
    wait=st.sampled_from([True, True, True, False]),
    timeout=st.sampled_from([3, 3, 0]),
    receipt=st.booleans(),
)
FATES = st.lists(
    st.builds(
        Fate,
        answer=st.sampled_from(
            ["given"] * 8
            + ["continued", "twice", "lost", "lost", "cut", "error", "page", "seen", "odd", "strange", "repeated"]
            + ["broken", "broken", "refused", "moved", "away", "busy"]
        ),
        job=st.sampled_from(
            ["ok"] * 6 + ["fails", "rejects", "miscounts", "exceeds", "blurs", "runs", "runs", "locked", "forgotten"]
        ),
        rows=st.integers(1, 2),
    ),
    max_size=3,
)
SPOILS = st.builds(Spoil, st.just("statement"), st.integers(1, 90), st.sampled_from(SIGNALS)) | st.builds(
    Spoil, st.just("line"), st.integers(3, 2500), st.sampled_from(SIGNALS)
)
MOMENTS: st.SearchStrategy[Moment] = st.sampled_from(
    ["upload begun", "upload taken", "upload answered", "status asked", "status answered"]
)
PATIENCE = {"upload begun": 60.0, "upload taken": 60.0, "status asked": 0.9}
"""Least seconds for which a sender waits at a moment; `How.timeout` limits its wait for the state of a job."""

TROUBLES_OF_STATUS: st.SearchStrategy[list[Trouble]] = st.lists(
    st.sampled_from(["", "page", "cut", "reset", "error", "moved", "busy", "twice", "continued"]), max_size=4
)
TROUBLES_OF_LEDGER = st.builds(Spoil, st.just("statement"), st.integers(1, 90), st.sampled_from(sorted(TROUBLES)))
NAMES = ("x.csv", "y.csv", "z.csv")
PICK = st.integers(0, 99)


class World:
    """The state that runs of the machine share: the forked commands, the server, and counters."""

    def __init__(self, commands: Commands, server: CountingServer) -> None:
        self.commands, self.server = commands, server
        self.runs = self.steps = self.sent = self.signals = self.findings = 0
        self.on_finding: Callable[[BaseException], None] = lambda error: None
        """Called for the first run that ends with an error; later ones only minimize it."""

    @classmethod
    @contextlib.contextmanager
    def made(cls) -> Iterator[World]:
        """Context manager for a world."""
        with Commands() as commands, CountingServer() as server:
            yield cls(commands, server)

    @property
    def told(self) -> str:
        """A line with the number of steps so far."""
        return f"{self.runs:,} runs, {self.steps:,} commands, {self.sent:,} uploads, {self.signals:,} signals"

    def machine(self) -> type[RuleBasedStateMachine]:
        """The machine class for this world."""
        return type("Machine", (SendingMachine,), {"world": self})

    def found(self, error: BaseException) -> None:
        """Record that a run ended with an error; some errors are Hypothesis' own and no finding."""
        if not isinstance(error, Exception) or isinstance(error, HypothesisException):
            return
        self.findings += 1
        if self.findings == 1:
            self.on_finding(error)


@dataclass(frozen=True)
class Sending:
    """A running send: the command's number, its files by name, its options, and the rows on the server before it."""

    number: int
    names: tuple[str, ...]
    how: How
    before: int


class SendingMachine(RuleBasedStateMachine):
    """One user with three files, one ledger and one account."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.runs += 1
        self.server = self.world.server
        self.server.forget()
        self.folder = new_folder()
        self.user = User(self.world.commands, self.server, self.folder)
        self.commands = 0
        self.killed = False
        self.files: dict[str, list[Row]] = {}
        self.sent_files: set[str] = set()
        self.asked_again: Counter[Row] = Counter()
        self.said_not_sent: set[int] = set()
        self.said_sent: set[int] = set()

    def teardown(self) -> None:
        error = sys.exc_info()[1]
        try:
            if self.files and error is None:  # a finding is printed without further output
                self.everything_comes_to_an_end()
        except AssertionError as at_the_end:
            error = at_the_end
            raise
        finally:
            if error is not None:
                self.world.found(error)
            shutil.rmtree(self.folder)

    # Rules

    @initialize(
        contents=st.lists(
            st.lists(st.sampled_from(TOUCH_POINTS), min_size=1, max_size=4), min_size=len(NAMES), max_size=len(NAMES)
        ),
        turned=st.booleans(),
    )
    def files_are_there(self, contents: list[list[Row]], turned: bool) -> None:
        """Three files; the last may have the rows of the first in another order."""
        self.files = dict(zip(NAMES, contents, strict=True))
        if turned:
            self.files[NAMES[2]] = contents[0][::-1]

    @rule(name=st.sampled_from(NAMES), how=HOWS, fates=FATES)
    def send(self, name: str, how: How, fates: list[Fate]) -> None:
        self.server.fates.extend(fates)
        self.sent(self.begin_send(how, name))
        self.server.spare()

    @rule(names=st.permutations(NAMES), how=HOWS, fates=FATES)
    def send_two(self, names: list[str], how: How, fates: list[Fate]) -> None:
        self.server.fates.extend(fates)
        self.sent(self.begin_send(how, *names[:2]))
        self.server.spare()

    @rule(name=st.sampled_from(NAMES), how=HOWS, fates=FATES, spoil=SPOILS)
    def send_spoiled(self, name: str, how: How, fates: list[Fate], spoil: Spoil) -> None:
        """Send with a signal at a random statement of the ledger, or a random line."""
        self.server.fates.extend(fates)
        self.sent(self.begin_send(how, name, spoil=spoil))
        self.server.spare()

    @rule(name=st.sampled_from(NAMES), how=HOWS, fates=FATES, troubles=TROUBLES_OF_STATUS)
    def send_followed_badly(self, name: str, how: How, fates: list[Fate], troubles: list[Trouble]) -> None:
        """Send while answers about the job do not come as documented."""
        self.server.fates.extend(fates)
        self.server.troubles_of_status.extend(troubles)
        self.sent(self.begin_send(how, name))
        self.server.spare()

    @rule(name=st.sampled_from(NAMES), how=HOWS, fates=FATES, trouble=TROUBLES_OF_LEDGER)
    def send_with_a_troubled_ledger(self, name: str, how: How, fates: list[Fate], trouble: Spoil) -> None:
        """Send with a ledger that cannot be written from a random statement on."""
        self.server.fates.extend(fates)
        self.sent(self.begin_send(how, name, spoil=trouble))
        self.server.spare()

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=3), how=HOWS, fates=FATES)
    def send_at_once(self, names: list[str], how: How, fates: list[Fate]) -> None:
        """Send files, or one file several times, at the same time."""
        self.server.fates.extend(fates)
        for begun in [self.begin_send(how, name) for name in names]:
            self.sent(begun, alone=False)
        self.server.spare()

    @rule(hours=st.sampled_from([-24 * 400, -25, -1, 1, 25, 24 * 400]))
    def clock_jumps(self, hours: int) -> None:
        assert self.user.now is not None
        self.user.now += hours * 3600

    @rule(
        names=st.permutations(NAMES),
        files=st.sampled_from([1, 1, 2]),
        how=HOWS,
        fates=FATES,
        moment=MOMENTS,
        signal=st.sampled_from(SIGNALS),
    )
    def send_signalled(
        self, names: list[str], files: int, how: How, fates: list[Fate], moment: Moment, signal: str
    ) -> None:
        """Send with a signal at a moment of the server."""
        self.server.fates.extend(fates)
        begun: list[Running] = []
        come = threading.Event()

        def strike() -> None:
            assert come.wait(60)
            self.world.signals += 1
            begun[0].signal(signal)
            if signal == "SIGKILL":
                begun[0].gone()

        self.server.moments.waiting.append((moment, strike))
        sending, running = self.begin_send(how, *names[:files])
        begun.append(running)
        come.set()
        self.sent((sending, running))
        self.server.moments.waiting.clear()
        self.server.spare()

    @rule(
        name=st.sampled_from(NAMES),
        how=HOWS,
        fates=FATES,
        moment=st.sampled_from(["upload begun", "upload taken", "status asked"]),
        beside=st.lists(st.sampled_from(["settle", "send", "only new", "status"]), min_size=1, max_size=2),
        pick=PICK,
        ending=st.sampled_from(["", "", "SIGKILL", "SIGINT"]),
    )
    def others_beside_a_sender(
        self, name: str, how: How, fates: list[Fate], moment: Moment, beside: list[str], pick: int, ending: str
    ) -> None:
        """Run other commands during a send; then let it continue, or end it with a signal."""
        self.server.fates.extend(fates)
        held = self.server.hold(moment)
        sending, running = self.begin_send(how, name)
        while not held.reached.wait(0.002):
            if running.has_ended():
                break
        else:
            reached = time.monotonic()
            fates_left = list(self.server.fates)
            self.server.spare()
            for number, what in enumerate(beside):
                self.beside(what, pick + number, sending.number, gives_up=reached + PATIENCE[moment])
            self.server.fates.extend(fates_left)
            if ending:
                self.world.signals += 1
                running.signal(ending)
                if ending == "SIGKILL":
                    running.gone()
        held.let_go()
        self.server.moments.waiting.clear()
        running.gone()
        self.server.wait_until_idle()
        self.sent((sending, running), alone=False)
        self.server.spare()

    def beside(self, what: str, pick: int, sender: int, *, gives_up: float) -> None:
        """One command during a send, whose sender may end at the time `gives_up`."""
        open_now = [entry for entry in self.user.history() if self.is_open(entry)]
        held = [entry for entry in open_now if entry["filename"].startswith(f"c{sender}-")]
        if what == "settle" and held:
            ended = self.settle_truly(held[-1], with_job=pick % 2 == 0)
            late = time.monotonic() > gives_up
            assert ended.code == 2 or late, f"settled beside its sender: {ended.said}"
        elif what == "status" and open_now and open_now[-1]["jobId"]:
            self.run("status", open_now[-1]["jobId"], "--base-url", self.server.url)
        elif what in ("send", "only new"):
            mode = "--only-new" if what == "only new" else ""
            self.sent(self.begin_send(How(mode=mode), NAMES[pick % 3]), alone=False)

    @rule(pick=PICK)
    def settle(self, pick: int) -> None:
        """Settle an upload truthfully."""
        entries = [entry for entry in self.user.history() if self.is_open(entry)]
        if entries:
            entry = entries[pick % len(entries)]
            self.settle_truly(entry, with_job=pick % 3 != 0)

    @rule(pick=PICK, wait=st.booleans())
    def status(self, pick: int, wait: bool) -> None:
        jobs = [entry["jobId"] for entry in self.user.history() if entry["jobId"]]
        if jobs:
            options = ["--wait", "--timeout", "2"] if wait else []
            ended = self.run("status", jobs[pick % len(jobs)], *options, "--base-url", self.server.url)
            assert ended.code in (0, 3, 4), ended

    @rule()
    def jobs_end(self) -> None:
        self.server.end_jobs()

    # Invariants

    @invariant()
    def no_row_is_there_twice(self) -> None:
        """A row is there as often as one file has it, and once more for each `--again`."""
        most: Counter[Row] = Counter()
        for name in self.sent_files:
            most |= Counter(self.files[name])
        for (_destination, _action, row), count in self.server.count(appended=False).items():
            allowed = most[row] + self.asked_again[row]
            assert count <= allowed, f"{row[0][:2]} is there {count} times, {allowed} at most were asked for"

    @invariant()
    def the_ledger_tells_the_truth(self) -> None:
        entries, uploads = self.user.history(), self.server.arrived
        jobs = [entry["jobId"] for entry in entries if entry["outcome"] == "confirmed"]
        assert len(jobs) == len(set(jobs)), f"one job confirms two uploads: {jobs}"
        for entry in entries:
            self.entry_is_true(entry)
        for name in {upload.form["filename"] for upload in uploads}:
            here = [upload for upload in uploads if upload.form["filename"] == name]
            told = [e for e in entries if e["filename"] == name and self.may_have_arrived(e)]
            assert len(told) >= len(here), f"{name} arrived {len(here)} times, the ledger knows {told}"

    def entry_is_true(self, entry: dict[str, Any]) -> None:
        found = [u for u in self.user.uploads_of(entry) if u.job_id == entry["jobId"]]
        fate = found[0].fate.job if found else ""
        match entry["outcome"]:
            case "confirmed":
                assert found, f"confirmed, and not on the server: {entry}"
                assert found[0].ended, entry
                assert len(found[0].appended) == len(found[0].rows) == entry["rows"], entry
            case "failed":
                assert fate == "fails", entry
            case "counts-differ":
                assert fate in MISCOUNTED, entry
            case "sent" if entry["id"] not in self.said_sent:
                assert found, entry
            case "sent" | "in-doubt" | "not-sent" | "refused":
                pass
            case other:
                raise AssertionError(f"the ledger says {other}")

    @invariant()
    def no_secret_is_kept(self) -> None:
        """No token or address in the user's data and receipts; no temporary file unless a command was killed."""
        for file in (*self.user.data.rglob("*"), *self.user.receipts.iterdir()):
            if file.is_file():
                content = file.read_bytes()
                assert TOKEN.encode() not in content, f"the token is in {file.name}"
                assert DOMAIN.encode() not in content, f"an address is in {file.name}"
        if not self.killed:
            assert list(self.user.temporary.rglob("*")) == []

    # Commands

    def begin_send(self, how: How, *names: str, spoil: Spoil | None = None) -> tuple[Sending, Running]:
        """Start to send files, each under a name unique to this command."""
        number = self.commands + 1
        files = [self.user.file(f"c{number}-{name}", self.files[name]) for name in names]
        self.sent_files.update(names)
        sending = Sending(number, names, how, len(self.server.arrived))
        receipt = ["--receipt", self.user.receipts / f"c{number}.json"] if how.receipt else []
        options = [*AS, *COLUMNS, *how.options, *receipt, "--base-url", self.server.url]
        return sending, self.begin("send", *files, *options, spoil=spoil)

    def sent(self, begun: tuple[Sending, Running], *, alone: bool = True) -> Ended:
        """Wait for a send, and compare its messages with the server."""
        sending, running = begun
        ended = self.ended(running)
        if alone:
            self.server.wait_until_idle()
        for name in sending.names:
            (self.folder / f"c{sending.number}-{name}").unlink()
        later = self.server.arrived[sending.before :]
        own = [upload for upload in later if alone or upload.form["filename"].startswith(f"c{sending.number}-")]
        self.world.sent += len(own)
        if sending.how.mode == "--again":
            for upload in own:
                self.asked_again.update(upload.rows)
        self.exit_code_is_true(sending, ended, own)
        return ended

    def exit_code_is_true(self, sending: Sending, ended: Ended, own: list[Arrived]) -> None:
        told = f"exit code {ended.code}: {ended.said}"
        assert ended.code in (0, 3, 4, 130, -9), told
        if ended.code == 0:
            for name in sending.names:
                once = sending.how.mode == "--only-new"
                missing = set(self.missing(name, followed=sending.how.wait, once=once)) - self.taken_on_trust
                assert not missing, f"missing {missing}; {told}"
        elif ended.code == 130:
            assert own == [], told
        elif ended.code == 3:
            assert not sending.how.wait or all(upload.appended == upload.rows for upload in own), told
        if own and ended.code != -9:
            assert "nothing was sent" not in ended.err or len(sending.names) > 1, told

    def missing(self, name: str, *, followed: bool = True, once: bool = False) -> list[Row]:
        """The rows of a file missing on the server; of a row that other files have, too, one is enough.

        So is one of each row if `once`: `--only-new` leaves out a row that another operation sent, however often the
        file has it.
        """
        there = Counter(row for u in self.server.arrived for row in (u.appended if followed else u.rows))
        from_others = {row for other, rows in self.files.items() if other != name for row in rows}
        wanted = Counter(self.files[name])
        return [row for row, count in wanted.items() if there[row] < (1 if once or row in from_others else count)]

    @property
    def taken_on_trust(self) -> set[Row]:
        """The rows of uploads that a person settled as sent."""
        return {row for e in self.user.history() if e["id"] in self.said_sent for row in self.rows_of(e)}

    def run(self, *arguments: object) -> Ended:
        """Run a command to its end."""
        return self.ended(self.begin(*arguments))

    def begin(self, *arguments: object, spoil: Spoil | None = None) -> Running:
        self.commands += 1
        self.world.steps += 1
        running = self.user.begin(*arguments, spoil=spoil)
        note(f"{self.commands}: uploader {shlex.join(map(str, arguments))}")
        return running

    def ended(self, running: Running) -> Ended:
        """Wait for a command's end; asserts that its output holds no token and no address."""
        ended = running.wait()
        note(f"   {ended.code} {ended.where} {ended.err.strip()} {(ended.out.splitlines() or [''])[-1]}")
        self.killed |= ended.code == -9
        self.world.signals += bool(ended.where)
        assert ended.code not in (70, 99), ended.said
        assert "Traceback" not in ended.err, ended.err
        assert TOKEN not in ended.said, ended.said
        assert DOMAIN not in ended.said.replace(ECHO, ""), ended.said
        return ended

    # What a person would find out

    def rows_of(self, entry: dict[str, Any]) -> list[Row]:
        return [row for upload in self.user.uploads_of(entry) for row in upload.rows]

    def may_have_arrived(self, entry: dict[str, Any]) -> bool:
        return entry["outcome"] not in NOTHING_ARRIVED or entry["id"] in self.said_not_sent

    def is_open(self, entry: dict[str, Any]) -> bool:
        """True if the upload can be settled."""
        return entry["outcome"] in ("in-doubt", "sent", "failed", "counts-differ") and entry["id"] not in self.said_sent

    def settle_truly(self, entry: dict[str, Any], *, with_job: bool, options: list[str] | None = None) -> Ended:
        """Settle an upload truthfully: as sent unless it is not there, or its job has failed."""
        uploads = self.user.uploads_of(entry)
        arrived = bool(uploads) and (uploads[0].fate.job != "fails" or not uploads[0].ended)
        word = "--sent" if arrived else "--not-sent"
        job = ["--job", uploads[0].job_id] if arrived and with_job and uploads[0].fate.answer != "repeated" else []
        ended = self.run("settle", entry["id"], word, *job, *(options or []))
        if ended.code == 0:
            self.settled(entry, word, bool(job))
        return ended

    def settled(self, entry: dict[str, Any], word: str, with_job: bool = False) -> None:
        if word == "--not-sent":
            self.said_not_sent.add(entry["id"])
        elif not with_job:
            self.said_sent.add(entry["id"])

    # The end

    def everything_comes_to_an_end(self) -> None:
        """With a working server the commands in the messages bring each file to its end."""
        note("the end")
        self.server.end_jobs()
        for name in self.files:
            self.comes_to_an_end(name, How(timeout=3))
            self.comes_to_an_end(name, How(mode="--only-new", timeout=3))
        self.no_row_is_there_twice()
        self.the_ledger_tells_the_truth()
        self.killed = False  # the next send removes what a killed one left
        self.no_secret_is_kept()

    def comes_to_an_end(self, name: str, how: How) -> None:
        """Send `name`, run the commands in the messages, and send again, until all rows are there or rejected."""
        last = ""
        for _ in range(MOST_STEPS_TO_AN_END):
            ended = self.sent(self.begin_send(how, name))
            said = re.sub(r"c\d+-", "", ended.said)
            stays = said == last
            last = said
            missing = set(self.missing(name)) - self.taken_on_trust
            if ended.code == 0 or (ended.code == 3 and not how.mode and not missing):
                return
            if ended.code == 4 and stays:
                assert self.was_rejected(name) >= missing, f"4 for ever, and not for what was rejected: {said}"
                return
            if ended.code == 3 and not how.mode and ("--only-new" in said or self.was_rejected(name) >= missing):
                return  # the other way to proceed must lead on, or say why not
            if parts := re.search(r"--max-bytes (\d+)", ended.err):
                how = replace(how, rows=(int(parts[1]) - len(HEADING)) // LENGTH)
            if not self.do_what_is_said(ended.said):
                assert not stays, f"no way out: {said}"
        raise AssertionError(f"no end after {MOST_STEPS_TO_AN_END} rounds: {last}")

    def was_rejected(self, name: str) -> set[Row]:
        """The rows of a file in uploads whose jobs rejected some rows, or did not report all."""
        odd = [upload for upload in self.server.arrived if upload.fate.job in MISCOUNTED]
        return {row for upload in odd for row in upload.rows} & set(self.files[name])

    def do_what_is_said(self, said: str) -> bool:
        """Run the commands in a message other than sends, truthfully; True if there was one."""
        done: set[str] = set()
        for command in re.findall(r"`uploader ([^`]+)`", said):
            what, *arguments = shlex.split(command)
            if what == "settle" and arguments[0] not in done:
                (entry,) = [one for one in self.user.history() if str(one["id"]) == arguments[0]]
                options = [one for one in arguments[1:] if one not in ("--sent", "--not-sent")]
                job = "--job" in options
                if job:
                    at = options.index("--job")
                    del options[at : at + 2]
                self.settle_truly(entry, with_job=job, options=options)
                done.add(arguments[0])
            elif what == "status":
                self.run("status", *arguments)
                done.add(command)
        return bool(done)
