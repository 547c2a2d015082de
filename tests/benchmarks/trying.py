"""A pytest plugin that tries mutants: the tests of the mutated code are collected once, and run in a fork for each
mutant.

`mutants.json` lists the mutants to try; `verdicts.json` says for each whether a test noticed it. The tests first run
once without a mutant, to measure their times and the functions they call: a mutant needs only the tests that call its
function, the quickest first, up to the first that fails. Tests longer than `LONGEST` are not run. A mutant that never
ends counts as noticed, as CI would fail.

A function called during imports may affect any test: a mutant of it is tried in a new process that imports the modules
with it.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import subprocess
import sys
from functools import _lru_cache_wrapper, cache
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

OURS = ("preflight", "uploader", "tests")
LONGEST = 1.0
"""Most CPU seconds of a test that is run for mutants."""
MOST_MEMORY = 4 << 30
"""Memory limit in bytes, for a mutant that allocates without end."""

TIMES = Path("times.json")
Item = pytest.Item


def pytest_collection_modifyitems(items: list[Item]) -> None:
    """Order the tests by their times, if known, the quickest first, without those over the limit."""
    if TIMES.exists():
        items[:] = quickest_first(items, json.loads(TIMES.read_text()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Try the mutants, unless this is the process of one."""
    if os.environ["MUTANT_UNDER_TEST"] != "stats":
        return None
    set_mutant_under_test("stats")
    del os.environ["MUTANT_UNDER_TEST"]  # only this process counts calls, not those that the tests start
    imported = set(state()._stats)
    times, calls = timed(session.items)
    TIMES.write_text(json.dumps(times))
    items = quickest_first(session.items, times)
    verdicts = {"": tried(session, items, "")}
    if verdicts[""] == "survived":
        for mutant in json.loads(Path("mutants.json").read_text()):
            function = mutant.rpartition("__mutmut_")[0]
            if function in imported:
                verdicts[mutant] = tried_apart(session, mutant, sum(times.values()))
            else:
                verdicts[mutant] = tried(session, [item for item in items if function in calls[item.nodeid]], mutant)
            Path("verdicts.json").write_text(json.dumps(verdicts))
    return True


def timed(items: list[Item]) -> tuple[dict[str, float], dict[str, set[str]]]:
    """Run each test once, with new fixtures.

    Returns the CPU seconds of each test that takes no longer than `LONGEST`, and the functions that it calls.
    """
    times, calls = dict[str, float](), dict[str, set[str]]()
    for item in items:
        clear_caches()  # which would hide calls
        state()._stats.clear()
        item.session.testsfailed = 0
        before = sum(os.times()[:4])
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        took = sum(os.times()[:4]) - before
        if item.session.testsfailed:
            pytest.exit(f"{item.nodeid} fails without a mutant", 1)
        if took < LONGEST:
            times[item.nodeid], calls[item.nodeid] = took, set(state()._stats)
    return times, calls


def clear_caches() -> None:
    """Forget the cached results of our functions."""
    for one in caches(len(sys.modules)):
        one.cache_clear()


@cache
def caches(modules: int) -> list[_lru_cache_wrapper[Any]]:
    """The caches of our functions, while as many modules are imported."""
    found = [it for it in gc.get_objects() if isinstance(it, _lru_cache_wrapper) and it.__module__ != __name__]
    return [one for one in found if str(one.__module__).split(".")[0] in OURS]


def quickest_first(items: list[Item], times: dict[str, float]) -> list[Item]:
    """The tests with known times, in order; each fails after ten times as long, and some seconds."""
    known = sorted((item for item in items if item.nodeid in times), key=lambda item: times[item.nodeid])
    for item in known:
        item.add_marker(pytest.mark.timeout(20 + 10 * times[item.nodeid]))
    return known


def tried(session: pytest.Session, items: list[Item], mutant: str) -> str:
    """The verdict on a mutant: its tests are run in a fork, up to the first that fails."""
    if not items:
        return "no tests"
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        return "survived" if status == 0 else "killed"
    failed = True
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        signal.alarm(900)  # ends what the limit of each test does not
        clear_caches()
        set_mutant_under_test(mutant)
        session.testsfailed = 0
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                break
        failed = session.testsfailed > 0
    finally:
        os._exit(failed)


def tried_apart(session: pytest.Session, mutant: str, seconds: float) -> str:
    """The verdict on a mutant of a function that is called during imports."""
    files = sorted({item.nodeid.partition("::")[0] for item in session.items})
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", __name__, *files]
    environment = os.environ | {"MUTANT_UNDER_TEST": mutant}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60 + 10 * seconds, check=False)
    except subprocess.TimeoutExpired:
        return "killed"
    return "survived" if done.returncode == 0 else "killed"
