"""Commands in forked processes end as others do, and are interrupted at the given point."""

from __future__ import annotations

import signal

import pytest

from tests.uploader.forked import Spoil
from tests.uploader.user import AL, BO, User


def test_a_command_ends_with_its_exit_code_and_output(user: User) -> None:
    ended = user.send(user.file("x.csv", [AL, BO]))
    assert (ended.code, ended.err, ended.where) == (0, "", "")
    assert ended.out.endswith("Confirmed: all 2 rows were appended. Nothing more to do.\n")
    assert user.server.emails() == [AL[0], BO[0]]
    assert user.outcomes() == ["confirmed"]
    assert user.run("send").code == 2


@pytest.mark.parametrize("what", ["statement", "line"])
def test_a_signal_comes_at_the_given_point(user: User, what: str) -> None:
    x = user.file("x.csv", [AL, BO])
    counted = user.send(x, options=["--again"], spoil=Spoil(what, 0))
    assert (counted.code, counted.reached > 20) == (0, True)
    for number in (5, 15):
        ended = user.send(x, options=["--again"], spoil=Spoil(what, number))
        assert (ended.code, ended.reached, ended.where != "") == (-signal.SIGKILL, number, True)
    assert len(user.server.arrived) == 1
