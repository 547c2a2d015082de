"""Writes a realistic touch-point file of any size, the same for the same seed.

    python tests/benchmarks/generate.py --rows 1000000 OUT.csv

1 % of the rows are bad (bad addresses, dates, titles and structure in turn), a third of the notes are quoted and hold
separators; there are 40 titles, 700 days, and half as many addresses as rows. `--written` writes the same rows in
another format. `--visits` writes one row per join, with its time: three in ten repeat a person and event. They are in
the order of time, or `shuffled`.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import random
from collections.abc import Iterator
from pathlib import Path

HEADING = "First Name,Last Name,Email,Event Date,Event Title,Note"
FIRST = ["Ana", "Björn", "Chloé", "David", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jamal", "Katja", "Liam", "Mei"]
LAST = ["Almeida", "Brandt", "Chen", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jones", "Kowalski"]
DOMAINS = ["acme-corp.com", "gmail.com", "northwind.co.uk", "contoso.de", "fabrikam.fr", "initech.io", "umbrella.org"]
TOPICS = ["Webinar", "Trade Show", "Workshop", "Download", "Demo Day"]
PLACES = ["Berlin", "Boston", "Lisbon", "London", "Madrid", "Oslo", "Paris", "Tokyo"]
WORDS = [
    "asked",
    "for",
    "a",
    "follow",
    "up",
    "call",
    "about",
    "pricing",
    "and",
    "the",
    "new",
    "release",
    "next",
    "quarter",
    "with",
    "their",
    "team",
    "lead",
]
BAD_PER_MILLE = 10
WRITTEN = ("plain", "quotes", "newlines", "crlf", "tab", "utf-16")
VISITS = ("ordered", "shuffled")
JOINS = 2_000
AGAIN = 0.3


def address(person: int) -> str:
    """The address of a person."""
    return f"contact.{person}@{DOMAINS[person % len(DOMAINS)]}"


def good_row(number: int, rows: int, pick: random.Random) -> list[str]:
    """The cells of a good record; `number` selects the address, which two rows share."""
    person = number % max(1, rows // 2)
    first, last = FIRST[person % len(FIRST)], LAST[person // 7 % len(LAST)]
    day = datetime.date(2023, 1, 2) + datetime.timedelta(days=pick.randrange(700))
    title = f"{TOPICS[pick.randrange(5)]} {PLACES[pick.randrange(8)]}"
    note = " ".join(pick.choices(WORDS, k=pick.randrange(1, 7)))
    if pick.randrange(3) == 0:
        note = f'"{note}, ""{pick.choice(PLACES)}"""'
    return [first, last, address(person), f"{day:%m/%d/%Y}", title, note]


def joins(rows: int, pick: random.Random) -> Iterator[list[str]]:
    """The cells of good records, one per join: one event a day with `JOINS` of them, in the order of time."""
    people = list[int]()
    for number in range(rows):
        event, join = divmod(number, JOINS)
        people = people if join else []
        people.append(pick.choice(people) if people and pick.random() < AGAIN else pick.randrange(rows))
        start = datetime.datetime(2023, 1, 2, 15) + datetime.timedelta(days=event, minutes=join * 90 // JOINS)
        first, last, _, _, _, note = good_row(people[-1], rows, pick)
        title = f"{TOPICS[event % 5]} {PLACES[event % 8]}"
        yield [first, last, address(people[-1]), f"{start:%m/%d/%Y %H:%M}", title, note]


def spoil(cells: list[str], kind: int) -> list[str]:
    """The record with one problem, the kinds in turn."""
    email, date, title = cells[2], cells[3], cells[4]
    spoiled = [
        {2: email.replace("@", "")},
        {2: email.replace("@", "@@")},
        {2: ""},
        {3: "02/30/2024"},
        {3: f"{date[6:]}-{date[:2]}-{date[3:5]}"},
        {3: ""},
        {4: ""},
        {4: title[:4] + '"' + title[4:]},
    ]
    if kind == len(spoiled):
        return cells[:-1]
    return [spoiled[kind].get(index, cell) for index, cell in enumerate(cells)]


def lines(rows: int, seed: int = 1, bad_per_mille: int = BAD_PER_MILLE, visits: str = "") -> Iterator[str]:
    """The lines of the file without line ends, the heading first."""
    pick = random.Random(seed)
    yield HEADING
    of_joins = list(joins(rows, pick)) if visits else []
    if visits == "shuffled":
        pick.shuffle(of_joins)
    for number in range(rows):
        cells = of_joins[number] if visits else good_row(number, rows, pick)
        if number * bad_per_mille // 1000 != (number + 1) * bad_per_mille // 1000:
            cells = spoil(cells, number * bad_per_mille // 1000 % 9)
        yield ",".join(cells)


def as_written(line: str, how: str) -> str:
    """A line in another format: `quotes` in every cell, `newlines` in every note, or with TAB."""
    if how not in ("quotes", "newlines", "tab"):
        return line
    cells = next(csv.reader([line]))
    text = io.StringIO()
    if how == "newlines" and len(cells) == 6:
        cells[5] = cells[5].replace(" ", "\n", 1) + "\n"
    quoting = csv.QUOTE_ALL if how == "quotes" else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter="\t" if how == "tab" else ",", quoting=quoting, lineterminator="\n").writerow(cells)
    return text.getvalue().removesuffix("\n")


def main() -> None:
    """Write the file described on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bad-per-mille", type=int, default=BAD_PER_MILLE)
    parser.add_argument("--written", choices=WRITTEN, default="plain")
    parser.add_argument("--visits", choices=VISITS, default="")
    options = parser.parse_args()
    encoding = "utf-16" if options.written == "utf-16" else "utf-8"
    end = "\r\n" if options.written == "crlf" else "\n"
    with options.out.open("w", encoding=encoding, newline="") as out:
        for line in lines(options.rows, options.seed, options.bad_per_mille, options.visits):
            out.write(as_written(line, options.written) + end)


if __name__ == "__main__":
    main()
