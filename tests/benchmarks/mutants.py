"""Mutants: how many small changes of the code the tests notice.

    python -m tests.benchmarks.mutants [AREA…] [--sample 150] [--seed 1] [--processes 2]

mutmut changes one expression of one function at a time (`<` for `<=`, a number by one, a text, a call's argument) and
runs the tests that call the function. The job works on a copy of the project, area by area, on a random sample of the
mutants. It prints for each area how many there are, how many were tried and how many of those the tests killed, and
the change of each survivor. A person tells which of them no test could notice: those stand in
`equivalent_mutants.toml`, each with its reason, and are not counted. It exits with 1 below `LEAST_KILLED`.

mutmut forks for each mutant from a process that has run the tests already. What that one has imported and cached is
made anew in the fork, or a mutant of what is worked out once would never be run.

Needs mutmut (extra `benchmarks`), and a system that can fork.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAST_KILLED = 0.9
"""The share of the mutants tried that the tests must kill."""
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
"""Mutants that mean the same as the code: `function`, the lines it `was`, the lines it is `now`, and `why`."""
KILLED = ("killed", "timeout", "segfault", "caught by type check")
"""What mutmut calls a mutant that the tests noticed."""


ANEW = """
import json
import sys
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest

OURS = ("preflight", "uploader", "tests")
imported = set()

def pytest_load_initial_conftests():
    for name in list(sys.modules):
        if name.split(".")[0] in OURS:
            del sys.modules[name]

def pytest_runtest_setup():
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in OURS:
            for value in vars(module).values():
                if isinstance(value, _lru_cache_wrapper):
                    value.cache_clear()

def pytest_collection_modifyitems(items):
    known = Path("mutmut-stats.json")
    if known.exists():
        took = json.loads(known.read_text())["duration_by_test"]
        items.sort(key=lambda item: took.get(item.nodeid, 0))

def pytest_collection_finish():
    from mutmut.state import state

    imported.update(state()._stats)

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown():
    from mutmut.state import state

    state()._stats.update(imported)
"""
"""A plugin of pytest: a run begins without our modules, a test without what our functions remember, and the quickest
test is run first, as a mutant needs no other once one has noticed it. What is called while modules are imported may
show in any test: mutmut is told that each one calls it."""


@dataclass(frozen=True)
class Area:
    """A part of the code, and the test files that are to notice a change of it."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


def area(code: str, tests: str) -> Area:
    """An area by its files of code, and its test files by their folder and the ends of their names."""
    folder, *names = tests.split()
    return Area(tuple(code.split()), tuple(f"tests/{folder}/test_{name}.py" for name in names))


AREAS = {
    "rules": area(
        "preflight/rules/* preflight/evidence/*",
        "preflight accepting bounds cases date datefault datemeant domain doubtful duplicates email emaildomains "
        "evidence findings fixing linebreaks marking normalizing own registry row titles timeline",
    ),
    "dates": area(
        "preflight/dates/*",
        "preflight bounds compose date datefault dateformat datetruth elimination java knownformats marking "
        "normalizing sourceformat trials unread zones",
    ),
    "records": area(
        " ".join(f"preflight/records/{name}.py" for name in ("cells", "grammar", "lines", "scanner")),
        "preflight cases cells layouts lines records spoiled frames",
    ),
    "parts": area(
        "uploader/preparing/parts.py uploader/preparing/cutting.py",
        "uploader parts compositions sending_once normalized",
    ),
    "ledger": area(
        "uploader/ledger/*",
        "uploader database lease ledger old_ledgers privacy receipt refusals same_ledger sentrows sending_once "
        "undisturbed",
    ),
    "limits": area("uploader/access/limits.py", "uploader calls limits login"),
}


def main() -> int:
    """Run the job, print its table, and tell by the exit code whether enough mutants were killed."""
    parser = argparse.ArgumentParser(description="How many small changes of the code the tests notice.")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"default: all of {', '.join(AREAS)}")
    parser.add_argument("--sample", type=int, default=150, metavar="N", help="mutants to try an area (default: 150)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the sample (default: 1)")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="mutants tried at a time"
    )
    options = parser.parse_args()
    if unknown := set(options.areas) - set(AREAS):
        parser.error(f"no area is called {', '.join(sorted(unknown))}; there are {', '.join(AREAS)}")
    tried = killed = 0
    for name in options.areas or AREAS:
        area_tried, area_killed = run(name, options.sample, options.seed, options.processes)
        tried, killed = tried + area_tried, killed + area_killed
    print(f"all: {killed} of {tried} killed ({killed / tried:.0%})")
    return 0 if killed >= LEAST_KILLED * tried else 1


def run(name: str, sample: int, seed: int, processes: int) -> tuple[int, int]:
    """Try a sample of an area's mutants, print what became of them; the numbers tried and killed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder) / "project", AREAS[name])
        mutmut(copy, "run", "--max-children", "1", "no.mutant.has.this.name")  # makes them, and ends
        made = sorted(verdicts(copy))
        names = random.Random(seed).sample(made, min(sample, len(made)))
        output = mutmut(copy, "run", "--max-children", str(processes), *names)
        found = {mutant: verdict for mutant, verdict in verdicts(copy).items() if mutant in set(names)}
        changes = {
            mutant: changed_lines(mutmut(copy, "show", mutant)) for mutant in found if found[mutant] not in KILLED
        }
        if any(verdict == "not checked" for verdict in found.values()):
            sys.exit(f"{name}: mutmut tried none, or not all of them:\n{output[-4000:]}")
        survivors = sorted(mutant for mutant, change in changes.items() if not is_equivalent(mutant, change))
        tried = len(names) - len(changes) + len(survivors)
        killed = tried - len(survivors)
        alike = f", {len(names) - tried} more mean the same" if tried < len(names) else ""
        print(f"{name}: {len(made)} mutants, {tried} tried, {killed} killed ({killed / tried:.0%}){alike}")
        for mutant in survivors:
            print(f"\n  {found[mutant]}: {mutant}")
            print("".join(f"    {line}\n" for line in changes[mutant]), end="", flush=True)
    return tried, killed


def copied(folder: Path, part: Area) -> Path:
    """A copy of the project with mutmut's settings for an area."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    settings = {
        "source_paths": ["preflight/", "uploader/"],
        "only_mutate": part.code,
        "also_copy": ["fixtures", "README.md", "pyproject.toml", "anew.py"],
        "pytest_add_cli_args_test_selection": part.tests,
        "pytest_add_cli_args": ("-p", "anew"),
        "timeout_multiplier": ("3",),  # times what the tests take, for a mutant that never ends
        "timeout_constant": ("3",),
    }
    lines = [f"{key}=\n" + "".join(f"    {value}\n" for value in values) for key, values in settings.items()]
    (folder / "anew.py").write_text(ANEW, encoding="utf-8")
    (folder / "setup.cfg").write_text("[mutmut]\n" + "".join(lines), encoding="utf-8")
    return folder


def mutmut(folder: Path, *arguments: str) -> str:
    """What mutmut prints for a command; the same examples are tried each time, as in CI."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    environment = os.environ | {"CI": "true", "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def verdicts(folder: Path) -> dict[str, str]:
    """mutmut's word on each mutant by its name."""
    lines = (line.strip().rpartition(": ") for line in mutmut(folder, "results", "--all", "true").splitlines())
    return {name: verdict for name, colon, verdict in lines if colon and "__mutmut_" in name}


def changed_lines(diff: str) -> list[str]:
    """The lines of a diff that it takes away or adds."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def is_equivalent(mutant: str, change: Sequence[str]) -> bool:
    """True for a mutant that means the same: by its kind, or as a person found out."""
    was, now = ([line[1:].strip() for line in change if line[0] == sign] for sign in "-+")
    if is_alike(was, now):
        return True
    function = function_of(mutant)
    known = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return any((one["function"], one["was"], one["now"]) == (function, was, now) for one in known)


def function_of(mutant: str) -> str:
    """The function that mutmut changed: `module.function` or `module.Class.method`."""
    module, _, mangled = mutant.rpartition("__mutmut_")[0].rpartition(".")
    return f"{module}.{mangled.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"


def is_alike(was: Sequence[str], now: Sequence[str]) -> bool:
    """True for SQL and encodings in other letters, and a `zip` that no longer says that all are as long."""
    changed = " ".join(was)
    if [line.upper() for line in was] == [line.upper() for line in now]:
        return (
            re.search(
                r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES|PRAGMA|TABLE|ORDER BY|EXCLUDED)\b|[\"']utf-", changed
            )
            is not None
        )
    strict = re.compile(r",? *strict=(True|False|None)")
    return "strict=True" in changed and strict.sub("", changed) == strict.sub("", " ".join(now)).replace(", )", ")")


if __name__ == "__main__":
    sys.exit(main())
