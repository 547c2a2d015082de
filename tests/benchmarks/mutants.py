"""Mutation testing: how many small changes of the code the tests notice.

    python -m tests.benchmarks.mutants [AREA…] [--sample 150] [--seed 1] [--list]

mutmut changes one expression of one function at a time (`<` to `<=`, a number by one, a text, an argument); `trying.py`
runs the tests that call the function. The job works on a copy of the project, area by area, on a random sample of the
mutants. For each area it prints the number of mutants, of those tried and of those killed, and the change of each
survivor. Survivors that no test could notice are listed by hand in `equivalent_mutants.toml`, each with its reason, and
are not counted. It exits with 1 below `LEAST_KILLED`, and if an entry of that list matches no mutant
(all areas); `--list` only checks the list.

Needs mutmut (extra `benchmarks`), and a system that can fork.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).resolve().parents[2]
LEAST_KILLED = 0.9
"""The least share of the tried mutants that the tests must kill."""
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
"""Mutants equivalent to the code: `function`, the lines it `was`, the lines it is `now`, and `why`."""
IN_ANY_LETTERS = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES|PRAGMA|TABLE|ORDER BY|EXCLUDED|BEGIN IMMEDIATE|COMMIT|ROLLBACK)\b"
    r"|\.pragma\(|= \?|\"endpoint, |[\"']utf-"
)
"""Matches a line with SQL or the name of an encoding."""
FALSE_OR_NONE = re.compile(r"\b(copy|zero_copy_only|warn|header|check_utf8|ignore_empty_lines|use_threads)=None")
"""Arguments of numpy, Arrow and pandas for which None means False."""
COMMENT = re.compile("  # .*")
Change = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A function, the lines that a mutant removes from it, and those it adds."""
TRYING = "tests.benchmarks.trying"
"""The pytest plugin that tries the mutants."""


@dataclass(frozen=True)
class Area:
    """A part of the code, and the test files that should notice a change of it."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


def area(code: str, tests: str) -> Area:
    """An area from its files of code, and its test files: for each folder the ends of their names."""
    folders = [folder.split() for folder in tests.split(";")]
    files = [f"tests/{folder}/test_{name}.py" for folder, *names in folders for name in names]
    return Area(tuple(code.split()), tuple(files))


AREAS = {
    "rules": area(
        "preflight/rules/* preflight/evidence/* preflight/addresses/* preflight/engine/judging.py "
        "preflight/engine/repeats.py",
        "preflight accepting addresses atonce badrows bounds cases date datefault datemeant domain doubtful "
        "duplicates email emaildomains evidence findings fixing judging leadson leftout linebreaks marking mojibake "
        "normalizing once own registry row titles timeline",
    ),
    "dates": area(
        "preflight/dates/*",
        "preflight bounds compose date datefault dateformat datetruth elimination java knownformats marking "
        "normalizing sourceformat trials unread zones",
    ),
    "records": area(
        "preflight/records/* preflight/inputs/*",
        "preflight atonce badrows cases cells encoding fixing frames layouts leadson lines records source spoiled "
        "spreadsheet workbooks",
    ),
    "detect": area(
        "preflight/detect/* preflight/labels/*",
        "preflight asking badrows cases cli contradiction detect elimination headings htmlreport layouts leadson "
        "linebreaks questions registry sourceformat table texts tools workbooks",
    ),
    "outputs": area(
        "preflight/outputs/* preflight/restoring/* preflight/mending/*",
        "preflight accepting atonce badrows badworkbook cases doubtful findings fixing htmlreport judging kept "
        "leadson leftout leftovers linebreaks normalizing provenance sinks",
    ),
    "merging": area("preflight/merging/*", "preflight filerows merging nextcommand provenance timeline"),
    "sending": area(
        "uploader/sending/* uploader/preparing/checked.py uploader/preparing/order.py "
        "uploader/preparing/selection.py uploader/preparing/target.py",
        "uploader arrived compositions delivery guard normalized other_endpoint receipt refusals same_ledger "
        "sending_once undisturbed",
    ),
    "delivery": area(
        "uploader/delivery/* uploader/acton/* uploader/http/*",
        "uploader answers calls client compositions delivery endpoint form hostile limits login openserver "
        "other_endpoint sending_once",
    ),
    "hashing": area(
        "preflight/text/fingerprint.py preflight/opening/provenance.py "
        "uploader/preparing/hashes.py uploader/preparing/oldhashes.py",
        "preflight duplicates fingerprint merging provenance once; uploader old_ledgers oldhashes parts sentrows",
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
    "limits": area("uploader/wire/limits.py", "uploader calls limits login"),
}


def main() -> int:
    """Run the job, print its table; returns 0 if enough mutants were killed."""
    parser = argparse.ArgumentParser(description="How many small changes of the code the tests notice.")
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"default: all of {', '.join(AREAS)}")
    parser.add_argument("--sample", type=int, default=150, metavar="N", help="mutants to try an area (default: 150)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the sample (default: 1)")
    parser.add_argument("--list", action="store_true", help="try no mutant, only check the list of equivalent ones")
    options = parser.parse_args()
    if unknown := set(options.areas) - set(AREAS):
        parser.error(f"no area is called {', '.join(sorted(unknown))}; there are {', '.join(AREAS)}")
    tried = killed = 0
    unmatched = listed()
    for name in options.areas or AREAS:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "project"
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
            changes = mutated(copy, AREAS[name])
            unmatched -= {change_of(mutant, lines) for mutant, lines in changes.items()}
            if options.list:
                continue
            area_tried, area_killed = run(name, copy, changes, options.sample, options.seed)
            tried, killed = tried + area_tried, killed + area_killed
    for function, was, now in sorted(unmatched if not options.areas else ()):
        print(f"no mutant is as listed: {function}\n  -{was}\n  +{now}")
    if tried:
        print(f"all: {killed} of {tried} killed ({killed / tried:.0%})")
    return 0 if killed >= LEAST_KILLED * tried and (options.areas or not unmatched) else 1


def run(name: str, folder: Path, changes: Mapping[str, list[str]], sample: int, seed: int) -> tuple[int, int]:
    """Try a sample of an area's mutants in a copy of the project and print the results.

    Returns the numbers tried and killed.
    """
    chosen = random.Random(seed).sample(sorted(changes), min(sample, len(changes)))
    names = [mutant for mutant in chosen if not is_equivalent(mutant, changes[mutant])]
    found = verdicts(folder, AREAS[name], names)
    survivors = [mutant for mutant in names if found[mutant] != "killed"]
    tried, killed = len(names), len(names) - len(survivors)
    alike = f", {len(chosen) - tried} more mean the same" if tried < len(chosen) else ""
    print(f"{name}: {len(changes)} mutants, {tried} tried, {killed} killed ({killed / tried:.0%}){alike}")
    for mutant in survivors:
        print(f"\n  {found[mutant]}: {mutant}")
        print("".join(f"    {line}\n" for line in changes[mutant]), end="", flush=True)
    return tried, killed


def mutated(folder: Path, part: Area) -> dict[str, list[str]]:
    """Write all mutants into the area's files, beside the code; returns the change of each by name."""
    (folder / "setup.cfg").write_text("[mutmut]\nsource_paths=\n    preflight/\n    uploader/\n", encoding="utf-8")
    changes = {}
    for path in sorted(file for pattern in part.code for file in folder.glob(pattern) if file.suffix == ".py"):
        with contextlib.chdir(folder):  # where its settings are
            made = mutate_file_contents(str(path), path.read_text(encoding="utf-8"))
        path.write_text(made.code, encoding="utf-8")
        lines = made.code.splitlines()
        functions = {
            name: [line.replace(name, "NAME") for line in lines[span.start - 1 : span.end]]
            for name, span in made.line_span_by_function_name.items()
        }
        for name in made.mutant_names:
            before = functions[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"]
            changes[get_mutant_name(path.relative_to(folder), name)] = changed_lines(before, functions[name])
    return changes


def changed_lines(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The lines of a function that a mutant removes or adds."""
    return [line for line in difflib.unified_diff(before, after, n=0) if line[:3] not in ("---", "+++", "@@ ")]


def verdicts(folder: Path, part: Area, names: Sequence[str]) -> dict[str, str]:
    """The verdict on each mutant; the same examples are tried each time, as in CI."""
    (folder / "mutants.json").write_text(json.dumps(names), encoding="utf-8")
    options = ["-q", "-p", TRYING, "-p", "no:cacheprovider", f"--basetemp={folder / 'basetemp'}"]
    environment = os.environ | {"CI": "true", "PYTHONPATH": "", "MUTANT_UNDER_TEST": "stats"}
    command = [sys.executable, "-m", "pytest", *options, *part.tests]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    told = folder / "verdicts.json"
    found: dict[str, str] = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
    if not set(names) <= found.keys():
        sys.exit(f"the tests fail without a mutant:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return found


def is_equivalent(mutant: str, change: Sequence[str]) -> bool:
    """True for an equivalent mutant, by its kind or by the list."""
    _, was, now = known = change_of(mutant, change)
    return is_alike(was, now) or known in listed()


@cache
def listed() -> frozenset[Change]:
    """The mutants of `equivalent_mutants.toml`."""
    known = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["mutant"]
    return frozenset((one["function"], tuple(one["was"]), tuple(one["now"])) for one in known)


def change_of(mutant: str, change: Sequence[str]) -> Change:
    """The change of a mutant, without comments."""
    was, now = (tuple(COMMENT.sub("", line[1:]).strip() for line in change if line[0] == sign) for sign in "-+")
    return function_of(mutant), was, now


def function_of(mutant: str) -> str:
    """The function that mutmut changed: `module.function` or `module.Class.method`."""
    module, _, mangled = mutant.rpartition("__mutmut_")[0].rpartition(".")
    return f"{module}.{mangled.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"


def is_alike(was: Sequence[str], now: Sequence[str]) -> bool:
    """True if the change cannot matter.

    That is: SQL and encodings in another case; a `zip` without `strict`; None for False where numpy, Arrow or pandas
    treat it so; the prefix of a temporary file, which has no name where mutants are tried; what only a type checker
    reads in a `cast`.
    """
    changed = " ".join(was)
    if FALSE_OR_NONE.sub(r"\1=False", " ".join(now)) == changed:
        return True
    if [line.upper() for line in was] == [line.upper() for line in now]:
        return IN_ANY_LETTERS.search(changed) is not None
    for there, told in (
        ("strict=True", r",? *strict=(True|False|None)"),
        ("TemporaryFile(", r",? *prefix=[^,)]+"),
        ("cast(", r"(?<![.\w])cast\([^,]+, "),
    ):
        if there in changed and re.sub(told, "", changed) == re.sub(told, "", " ".join(now)).replace(", )", ")"):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
