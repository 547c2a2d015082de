"""Writes a touch-point file in which every row has the same kind of problem, often each with a different text.

    python tests/benchmarks/worst.py --kind "distinct addresses" --rows 1000000 OUT.csv

The rows are those of `generate.py`, all but the first thousand with the problem.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from generate import FIRST, HEADING, lines

Spoil = Callable[[list[str], int], list[str]]
"""Callable that takes the cells of the n-th good record and n, and returns the cells of a bad one; the last cell, the
note, is written as it is."""

ADDRESSES: tuple[Callable[[int], str], ...] = (
    lambda n: f"contact..{n}@acme-corp.com",
    lambda n: f"contact.{n}@acme_corp.com",
    lambda n: f"contact {n}@acme-corp.com",
    lambda n: f"contact.{n}@localhost",
    lambda n: f"contact.{n}.@gmail.com",
    lambda n: f"contact({n})@gmail.com",
    lambda n: f"contact.{n}@-{n}.com",
    lambda n: f"cöntact.{n}@gmail.com",
    lambda n: f"contact.{n}@gmail..com",
    lambda n: f"contact.{n}@host.{n}",
)
MENDED: tuple[Callable[[int], str], ...] = (
    lambda n: f" contact.{n}@gmail.com",
    lambda n: f"contact.{n}@gmail.com\u00a0",
    lambda n: f"Jo Doe <contact.{n}@gmail.com>",
    lambda n: f"mailto:contact.{n}@gmail.com",
    lambda n: f"contact.{n}@gmail.com'",
)


def _with(index: int, text: Callable[[list[str], int], str]) -> Spoil:
    return lambda cells, n: [*cells[:index], text(cells, n), *cells[index + 1 :]]


def _second(n: int) -> str:
    return f"{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}"


WORST: Mapping[str, Spoil] = {
    "no at sign": _with(2, lambda cells, n: f"contact.{n}"),
    "distinct addresses": _with(2, lambda cells, n: ADDRESSES[n % len(ADDRESSES)](n)),
    "mended addresses": _with(2, lambda cells, n: MENDED[n % len(MENDED)](n)),
    "several addresses": _with(2, lambda cells, n: f"contact.{n}@gmail.com; info.{n}@gmail.com"),
    "doubtful addresses": _with(2, lambda cells, n: f"contact.{n}@acme-{n}.nowhere"),
    "mistyped domains": _with(2, lambda cells, n: f"contact.{n}@gmial.com"),
    "other dates": _with(3, lambda cells, n: f"{cells[3][6:]}-{cells[3][:2]}-{cells[3][3:5]} {_second(n)}"),
    "no dates": _with(3, lambda cells, n: f"day {n}"),
    "padded dates": _with(3, lambda cells, n: f"{cells[3]} "),
    "impossible dates": _with(3, lambda cells, n: f"{13 + n % 80}/{cells[3][3:]}"),
    "implausible dates": _with(3, lambda cells, n: f"{cells[3][:6]}{1600 + n % 300}"),
    "no titles": _with(4, lambda cells, n: ""),
    "no title words": _with(4, lambda cells, n: "N/A"),
    "distinct titles": _with(4, lambda cells, n: f"{cells[4]} {n}"),
    "mojibake notes": _with(5, lambda cells, n: f"mÃ¼ller {n}"),
    "mojibake titles": _with(4, lambda cells, n: f"MÃ¼nchen {n}"),
    "broken titles": _with(4, lambda cells, n: f'"{cells[4]}\n{n}"'),
    "short rows": lambda cells, n: cells[:-1],
    "shorter rows": lambda cells, n: cells[:3],
    "long rows": lambda cells, n: [*cells, str(n)],
    "trailing commas": lambda cells, n: [*cells, ""],
    "stray quotes": _with(4, lambda cells, n: f'{cells[4][:4]}"{n}{cells[4][4:]}'),
    "quotes after blanks": _with(4, lambda cells, n: f' "{cells[4]}, {n}"'),
    "open quotes": _with(4, lambda cells, n: f'"{cells[4]}'),
    "formulas": _with(4, lambda cells, n: f'="{cells[4]} {n}"'),
    "numbers": lambda cells, n: [f"00{n}", f"+{n}", "", *cells[3:]],
    "NUL bytes": _with(5, lambda cells, n: f"\0{n}"),
    "blank rows": lambda cells, n: [""] * 6,
    "headings": lambda cells, n: HEADING.split(","),
    "one row": lambda cells, n: [FIRST[0], "Chen", "jo@gmail.com", "01/25/2024", "Webinar Oslo", "once"],
    "everything": lambda cells, n: [*cells[:2], f"contact {n}", f"day {n}", "", f"mÃ¼ller {n}"],
}
"""The problems by name. With `one row` all but the first are duplicates."""


GOOD = 1_000
"""Good rows at the start, from which the file's layout is detected."""


def write(out: Path, kind: str, rows: int) -> None:
    """Write a file of this many rows."""
    good = lines(rows, bad_per_mille=0)
    with out.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{next(good)}\n")
        for number, line in enumerate(good):
            cells = line.split(",", 5)
            file.write(",".join(cells if number < GOOD else WORST[kind](cells, number)) + "\n")


def main() -> None:
    """Write the file described on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kind", choices=WORST, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    write(options.out, options.kind, options.rows)


if __name__ == "__main__":
    main()
