"""Parts, `--only-new`, `settle`, several files and several processes combined: nothing twice, nothing lost.

The counting server knows what arrived.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.uploader.counting_server import CountingServer, Fate, Row
from tests.uploader.forked import Ended
from tests.uploader.user import AL, AS, BO, COLUMNS, CY, DI, DOMAIN, ED, User, parts_of

RUNS = Fate(job="runs")
LOST = Fate("lost")


def there(server: CountingServer) -> dict[str, int]:
    """The number of times each address is on the server, by its name."""
    return {email.removesuffix(DOMAIN): count for email, count in Counter(sorted(server.emails())).items()}


def named_commands(ended: Ended) -> list[list[str]]:
    """The commands in a message, without the first word."""
    return [shlex.split(one) for one in re.findall(r"`uploader ([^`]+)`", ended.said)]


def settled_as_told(user: User, ended: Ended, word: str) -> Ended:
    """Run the `settle` command with `word` in a message, as written there."""
    (command,) = {shlex.join(one) for one in named_commands(ended) if one[0] == "settle" and word in one}
    return user.run(*shlex.split(command))


# 1: rows are looked up again before each part


@pytest.mark.parametrize("options", [[], ["--only-new"]], ids=["plain", "only new"])
def test_rows_that_came_between_two_parts_are_not_sent_again(user: User, options: list[str]) -> None:
    x, y = user.file("x.csv", [AL, BO, CY]), user.file("y.csv", [CY, DI])
    user.server.fates.append(RUNS)
    assert user.send(x, options=[*parts_of(1), "--timeout", 0]).code == 4
    assert user.send(y).code == 0
    user.server.end_jobs()
    if not options:
        again = user.send(x, options=parts_of(1))
        assert again.code == 3
        assert "(1 in upload 2, confirmed)" in again.err
        assert there(user.server) == {"al": 1, "cy": 1, "di": 1}
    assert user.send(x, options=[*parts_of(1), "--only-new"]).code == 0
    assert there(user.server) == {"al": 1, "bo": 1, "cy": 1, "di": 1}
    nothing = user.send(x, options=[*parts_of(1), "--only-new"])
    assert (nothing.code, len(user.server.arrived)) == (0, 3)


def test_rows_that_another_process_sends_between_two_parts_are_not_sent_again(user: User) -> None:
    x, y = user.file("x.csv", [AL, BO]), user.file("y.csv", [BO])
    held = user.server.hold("upload taken")
    first = user.begin_send(x, options=parts_of(1))
    assert held.reached.wait(60)
    assert user.send(y).code == 0
    held.let_go()
    ended = first.wait()
    assert ended.code == 3, ended.said
    assert ended.err == (
        "uploader: nothing more was sent: these rows were sent already, on 2023-11-14 22:13 UTC as job job-2 (upload "
        "2, confirmed); --again sends them once more, and they count twice\n"
    )
    assert there(user.server) == {"al": 1, "bo": 1}
    for options in ([], ["--only-new"]):
        user.send(x, options=[*parts_of(1), *options])
        assert there(user.server) == {"al": 1, "bo": 1}
    assert user.send(x, options=[*parts_of(1), "--only-new"]).code == 0


# 2: a part is identified by its number, not its bytes


@pytest.mark.parametrize("options", [[], ["--only-new"], ["--again"]], ids=["plain", "only new", "again"])
def test_equal_rows_in_equal_parts_are_all_sent(user: User, options: list[str]) -> None:
    x = user.file("x.csv", [AL, AL, AL, AL])
    ended = user.send(x, options=[*parts_of(2), *options])
    assert (ended.code, [len(upload.rows) for upload in user.server.arrived]) == (0, [2, 2])
    assert "all 4 rows were appended in 2 parts" in ended.out
    assert user.outcomes() == ["confirmed", "confirmed"]


def test_equal_parts_go_on_where_they_stopped(user: User) -> None:
    x = user.file("x.csv", [AL, AL, AL])
    user.server.fates.extend([Fate(), RUNS])
    assert user.send(x, options=[*parts_of(1), "--timeout", 0]).code == 4
    user.server.end_jobs()
    assert user.send(x, options=parts_of(1)).code == 0
    assert there(user.server) == {"al": 3}


# 3: an unconfirmed upload is not taken for delivered


def test_only_new_follows_the_jobs_that_have_the_rows(user: User) -> None:
    user.server.fates.append(RUNS)
    assert user.send(user.file("x.csv", [AL, BO]), options=["--no-wait"]).code == 0
    y = user.file("y.csv", [BO])
    ended = user.send(y, options=["--only-new", "--timeout", 0])
    assert ended.code == 4, ended.said
    assert "upload 1" in ended.said
    user.server.end_jobs()
    assert user.send(y, options=["--only-new"]).code == 0
    assert user.outcomes() == ["confirmed"]
    assert there(user.server) == {"al": 1, "bo": 1}


@pytest.mark.parametrize("job", ["rejects", "miscounts"])
def test_only_new_names_what_was_rejected(user: User, job: str) -> None:
    user.server.fates.append(Fate(job=job))  # type: ignore[arg-type]
    x = user.file("x.csv", [AL, BO])
    assert user.send(x).code == 4
    for _ in range(2):
        ended = user.send(x, options=["--only-new"])
        assert ended.code == 4, ended.said
        assert "upload 1" in ended.said
    assert len(user.server.arrived) == 1


def test_only_new_sends_what_a_job_that_failed_did_not_append(user: User) -> None:
    user.server.fates.append(Fate(job="fails"))
    x = user.file("x.csv", [AL, BO])
    assert user.send(x).code == 4
    ended = user.send(x, options=["--only-new"])
    assert (ended.code, len(user.server.arrived)) == (3, 1)
    assert settled_as_told(user, ended, "--not-sent").code == 0
    assert user.send(x, options=["--only-new"]).code == 0
    assert there(user.server) == {"al": 1, "bo": 1}


# 4: every state can be resolved, and the message says how


def test_a_part_in_doubt_that_had_arrived_is_settled_and_the_rest_follows(user: User) -> None:
    x = user.file("x.csv", [AL, BO, CY])
    user.server.fates.extend([Fate(), LOST])
    ended = user.send(x, options=parts_of(1))
    assert ended.code == 4
    assert settled_as_told(user, ended, "--sent").code == 0
    assert user.send(x, options=parts_of(1)).code == 0
    assert there(user.server) == {"al": 1, "bo": 1, "cy": 1}


@pytest.mark.parametrize(("job", "appended"), [("miscounts", {"al": 1, "bo": 1}), ("rejects", {"bo": 1})])
def test_a_part_whose_counts_differ_is_settled_and_the_rest_follows(
    user: User, job: str, appended: dict[str, int]
) -> None:
    x = user.file("x.csv", [AL, BO])
    user.server.fates.append(Fate(job=job))  # type: ignore[arg-type]
    ended = user.send(x, options=parts_of(1))
    assert (ended.code, len(user.server.arrived)) == (4, 1)
    assert settled_as_told(user, ended, "--sent").code == 0
    ended = user.send(x, options=parts_of(1))
    assert there(user.server) == appended
    assert ended.code == (0 if appended.get("al") else 4), ended.said
    stays = user.send(x, options=[*parts_of(1), "--only-new"])
    assert (stays.code, len(user.server.arrived)) == (ended.code, 2)


def test_rows_that_an_upload_in_doubt_has_are_not_sent_before_it_is_settled(user: User) -> None:
    user.server.fates.append(Fate("broken"))
    user.send(user.file("y.csv", [AL, BO]))
    x = user.file("x.csv", [AL])
    refused = user.send(x)
    assert (refused.code, refused.err) == (
        3,
        "uploader: nothing was sent: 1 of 1 row was sent before (1 in upload 1, in doubt); upload 1: look in Act-On, "
        "then settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`; --again sends them once "
        "more, and they count twice\n",
    )
    assert settled_as_told(user, refused, "--not-sent").code == 0
    assert user.send(x).code == 0
    assert there(user.server) == {"al": 1}


@pytest.mark.parametrize(("job", "settled"), [("fails", "--not-sent"), ("forgotten", "--sent")])
def test_a_part_whose_job_failed_or_was_forgotten_is_settled_and_the_rest_follows(
    job: Literal["fails", "forgotten"], settled: str, user: User
) -> None:
    x = user.file("x.csv", [AL, BO])
    user.server.fates.append(Fate(job=job))
    ended = user.send(x, options=parts_of(1))
    assert (ended.code, len(user.server.arrived)) == (4, 1)
    assert settled_as_told(user, ended, settled).code == 0
    assert user.send(x, options=parts_of(1)).code == 0
    assert there(user.server) == {"al": 1, "bo": 1}


def test_an_unfinished_part_is_named_before_rows_of_other_uploads(user: User) -> None:
    x = user.file("x.csv", [AL, BO])
    user.server.fates.append(Fate(job="fails"))
    assert user.send(x, options=parts_of(1)).code == 4
    assert user.send(user.file("y.csv", [BO])).code == 0
    refused = user.send(x, options=parts_of(1))
    assert refused.code == 3
    assert settled_as_told(user, refused, "--not-sent").code == 0
    refused = user.send(x, options=parts_of(1))
    assert refused.code == 3
    assert "(1 in upload 2, confirmed); --only-new sends the other 1" in refused.err
    assert user.send(x, options=[*parts_of(1), "--only-new"]).code == 0
    assert there(user.server) == {"al": 1, "bo": 1}


# 5: a good row stays good


def test_a_part_has_the_rows_that_were_cut(user: User) -> None:
    x = user.folder / "x.csv"
    rows = [f"{AL[0]},{AL[1]},A,plain", *(f'{row[0]},{row[1]},{row[2]},"in quotes"' for row in (BO, CY, DI))]
    x.write_text("\n".join(["Email,Date,Title,Note", *rows, ""]), encoding="utf-8")
    layout = [*AS, *COLUMNS, "--note", "Note", "--quotecharacter", "NONE", "--base-url", user.server.url]
    ended = user.run("send", x, *layout, "--max-bytes", 140)
    assert ended.code == 0, ended.said
    assert there(user.server) == {"al": 1, "bo": 1, "cy": 1, "di": 1}
    assert len(user.server.arrived) > 1
    for entry, upload in zip(user.history(), user.server.arrived, strict=True):
        assert entry["rows"] == len(upload.rows)
    titles = [len({row[2] for row in upload.rows}) for upload in user.server.arrived]
    assert [entry["titles"] for entry in user.history()] == titles
    assert sum(int(upload.form["titlecount"]) for upload in user.server.arrived) == 3


def test_the_rows_that_are_left_over_stay_good(user: User) -> None:
    x = user.folder / "x.csv"
    layout = [*AS, *COLUMNS, "--note", "Note", "--quotecharacter", "NONE", "--base-url", user.server.url]
    heading, first = "Email,Date,Title,Note", f"{AL[0]},{AL[1]},A,plain"
    x.write_text(f"{heading}\n{first}\n", encoding="utf-8")
    assert user.run("send", x, *layout).code == 0
    rows = [first, *(f'{row[0]},{row[1]},{row[2]},"in quotes"' for row in (BO, CY, DI))]
    x.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    ended = user.run("send", x, *layout, "--only-new")
    assert ended.code == 0, ended.said
    assert there(user.server) == {"al": 1, "bo": 1, "cy": 1, "di": 1}
    assert [entry["rows"] for entry in user.history()] == [1, 3]


# 6: Ctrl-C after several uploads says what arrived


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_while_a_later_part_waits_tells_of_the_earlier_ones(user: User, name: str) -> None:
    user.now = None  # its pauses are real
    x = user.file("x.csv", [AL, BO])
    user.server.fates.extend([Fate(), Fate("busy", rows=40)])
    running = user.begin_send(x, options=parts_of(1))
    running.said("trying again in 40 s")
    running.signal(name)
    ended = running.wait()
    assert (ended.code, there(user.server)) == (4, {"al": 1})
    assert "nothing was sent" not in ended.said
    user.server.fates.clear()
    assert user.send(x, options=parts_of(1)).code == 0
    assert there(user.server) == {"al": 1, "bo": 1}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_between_two_files_tells_of_the_first(user: User, name: str) -> None:
    x, pipe = user.file("x.csv", [AL]), user.folder / "pipe.csv"
    os.mkfifo(pipe)
    running = user.begin_send(x, pipe)
    writer = os.open(pipe, os.O_WRONLY)  # opened after the command has begun to read it
    running.interrupt(name)
    ended = running.wait()
    os.close(writer)
    assert (ended.code, there(user.server), user.outcomes()) == (4, {"al": 1}, ["confirmed"])
    assert "nothing was sent" not in ended.said


# 7: an upload belongs to its sender while that lives


@pytest.mark.parametrize("moment", ["upload begun", "upload taken", "status asked"])
@pytest.mark.parametrize("word", ["--not-sent", "--sent"])
def test_nobody_settles_during_a_send(user: User, moment: str, word: str) -> None:
    x = user.file("x.csv", [AL])
    held = user.server.hold(moment)  # type: ignore[arg-type]
    running = user.begin_send(x)
    assert held.reached.wait(60)
    before = user.history()
    refused = user.run("settle", 1, word)
    assert refused.code not in (0, 4, 70), refused.said
    assert str(running.pid) in refused.err
    assert user.history() == before
    assert user.send(x).code == (0 if moment == "status asked" else 3)  # two processes can follow a job
    held.let_go()
    assert running.wait().code == 0
    assert (there(user.server), user.outcomes()) == ({"al": 1}, ["confirmed"])


def test_a_sender_that_was_killed_holds_nothing(user: User) -> None:
    x = user.file("x.csv", [AL])
    held = user.server.hold("upload begun")
    running = user.begin_send(x)
    assert held.reached.wait(60)
    running.signal("SIGKILL")
    assert running.wait().code == -signal.SIGKILL
    user.server.fates.append(Fate("broken"))
    held.let_go()
    refused = user.send(x)
    assert refused.code == 3
    assert settled_as_told(user, refused, "--not-sent").code == 0
    user.server.fates.clear()
    assert user.send(x).code == 0
    assert there(user.server) == {"al": 1}


def test_a_job_that_ends_after_it_was_settled_as_not_sent_has_the_last_word(user: User) -> None:
    x = user.file("x.csv", [AL])
    user.server.fates.append(RUNS)
    user.send(x, options=["--no-wait"])
    assert user.run("settle", 1, "--not-sent").code == 0
    user.server.end_jobs()
    assert user.run("status", "job-1", "--base-url", user.server.url).code == 0
    assert user.outcomes() == ["confirmed"]
    refused = user.send(x)
    assert (refused.code, there(user.server)) == (3, {"al": 1})
    assert user.send(user.file("y.csv", [AL, BO]), options=["--only-new"]).code == 0
    assert there(user.server) == {"al": 1, "bo": 1}


# 11: the job id of an earlier upload says nothing


def test_a_job_id_that_was_given_before_leaves_the_upload_in_doubt(user: User) -> None:
    assert user.send(user.file("x.csv", [AL])).code == 0
    user.server.fates.append(Fate("repeated", job="fails"))
    y = user.file("y.csv", [BO])
    ended = user.send(y)
    assert (ended.code, user.outcomes()) == (4, ["confirmed", "in-doubt"])
    assert settled_as_told(user, ended, "--not-sent").code == 0
    assert user.send(y).code == 0
    assert there(user.server) == {"al": 1, "bo": 1}


# 13: files without a common row are sent side by side


def test_files_without_a_common_row_are_sent_side_by_side(user: User) -> None:
    x, y = user.file("x.csv", [AL, BO]), user.file("y.csv", [CY, DI])
    held = user.server.hold("upload taken")
    running = user.begin_send(x, options=parts_of(1))
    assert held.reached.wait(60)
    assert user.send(y, options=parts_of(1)).code == 0
    held.let_go()
    assert running.wait().code == 0
    assert there(user.server) == {"al": 1, "bo": 1, "cy": 1, "di": 1}


def test_many_files_without_a_common_row_are_sent_side_by_side(user: User) -> None:
    rows: list[Row] = [AL, BO, CY, DI, ED]
    files: list[Path] = [user.file(f"{number}.csv", [row]) for number, row in enumerate(rows)]
    running = [user.begin_send(file) for file in files]
    assert [one.wait().code for one in running] == [0] * len(files)
    assert sorted(user.server.count().values()) == [1] * len(files)


def test_a_common_row_of_two_files_is_sent_once(user: User) -> None:
    files = [user.file(f"{number}.csv", [AL, row]) for number, row in enumerate((BO, CY, DI))]
    running = [user.begin_send(file) for file in files]
    codes = sorted(one.wait().code for one in running)
    assert (codes, there(user.server)["al"]) == ([0, 3, 3], 1)
    assert [user.send(file, options=["--only-new"]).code for file in files] == [0, 0, 0]
    assert there(user.server) == {"al": 1, "bo": 1, "cy": 1, "di": 1}


# 6: the outcome of the last part is not that of all


@pytest.mark.parametrize("answer", ["refused", "busy"])
def test_a_part_that_is_turned_away_after_others_says_that_no_more_was_sent(user: User, answer: Any) -> None:
    user.server.fates.extend([Fate(), Fate(answer, rows=3600)])
    ended = user.send(user.file("x.csv", [AL, BO]), options=[*parts_of(1), "--timeout", 1])
    assert ended.code == 3
    told = {"refused": "refused, nothing was taken: HTTP 400: ", "busy": "nothing more was sent: HTTP 429: "}
    assert ended.err.startswith(f"uploader: {told[answer]}")
    assert there(user.server) == {"al": 1}
