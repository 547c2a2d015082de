"""Coverage-guided fuzzing of `check` with atheris: any bytes, any layout.

    python tests/benchmarks/fuzz_check.py --seconds 60 [--corpus FOLDER]

Asserts that only our own errors are raised, that every record is read as by the reference reader at any block size,
that the verdict on every row is the reference's, and that the clean file has its good records byte for byte. A failing
input is written as `crash-…` into the current folder; give its name as the last argument to run it again. Needs `pip
install '.[benchmarks]'`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["preflight"]):
    from preflight import Layout, PreflightError, Quote, Separator, check
    from preflight.model.codes import CODES
    from preflight.records.grammar import STRAY_QUOTE, UNCLOSED_QUOTE, Dialect
    from preflight.records.scanner import read_records

from tests import reference

FAULTS = {0: "", STRAY_QUOTE: "stray-quote", UNCLOSED_QUOTE: "unclosed-quote"}
HEADING = ("date", "email", "title")
FOLDER = Path(tempfile.mkdtemp())


def one_input(data: bytes) -> None:
    """Check some bytes as a file, with a layout chosen by the first of them."""
    given = atheris.FuzzedDataProvider(data)
    separator, quote = given.PickValueInList(list(Separator)), given.PickValueInList(list(Quote))
    size = given.ConsumeIntInRange(1, 64)
    encoding = given.PickValueInList([None, None, "utf-8", "utf-8", "cp1252", "utf-16", "shift_jis"])
    with_heading = given.ConsumeBool()
    body = given.ConsumeBytes(given.remaining_bytes())
    compare_records(body, separator, quote, size)
    if with_heading:
        body = separator.character.join(HEADING).encode() + b"\n" + body
    columns = HEADING if with_heading else (0, 1, 2)
    date, email, title = columns
    layout = Layout(email, date, title, None, "MM/dd/yyyy", separator, quote, "Y" if with_heading else "N", encoding)
    (FOLDER / "in.csv").write_bytes(body)
    try:
        report = check(
            FOLDER / "in.csv", layout, clean=FOLDER / "clean.csv", bad_rows=FOLDER / "bad.csv", max_shown=10**6
        )
    except PreflightError as error:
        message = str(error)
        assert "\n" not in message
        return
    assert report.good_rows + report.bad_rows == report.rows
    # The reference reads only UTF-8, and no footers, so only input that is UTF-8 from its first byte is compared.
    plain = not body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) and not body[:5].lower().startswith(
        b"sep="
    )
    left_out = report.skipped_lines or report.problems.keys() & FILE_PROBLEMS
    if with_heading and encoding in (None, "utf-8") and plain and not left_out:
        compare_verdicts(body, separator, quote, report)


FILE_PROBLEMS = {code for code, kind in CODES.items() if kind.subject == "file"}


def compare_records(body: bytes, separator: Separator, quote: Quote, size: int) -> None:
    """Assert that the records at some block size are those of the reference."""
    blocks = [body[at : at + size] for at in range(0, len(body), size)]
    found = [
        (bytes(run.block[run.start[i] : run.end[i]]), int(run.line[i]), FAULTS[int(run.fault[i])])
        for run in read_records(blocks, Dialect(separator, quote))
        for i in range(len(run))
    ]
    expected = reference.read_records(body, separator.character.encode(), quote.character.encode())
    assert found == [(record.raw, record.line, record.fault) for record in expected], (found, expected)


def compare_verdicts(body: bytes, separator: Separator, quote: Quote, report: object) -> None:
    """Assert that the bad rows and their kinds of problem are those of the reference."""
    heading, *expected = reference.read_records(body, separator.character.encode(), quote.character.encode())
    codes = [reference.row_codes(record, 3, 1, 0, 2) for record in expected]
    found: dict[int, set[str]] = {}
    for problem in report.examples:  # type: ignore[attr-defined]
        if problem.severity == "error":
            subject = CODES[problem.code].subject
            kind = subject if subject in ("email", "date") else problem.code
            found.setdefault(problem.row, set()).add(kind)
    assert [found.get(row, set()) for row in range(1, len(expected) + 1)] == codes, (found, codes)
    good = b"".join(record.raw for record, wrong in zip(expected, codes, strict=True) if not wrong)
    assert (FOLDER / "clean.csv").read_bytes() == heading.raw + good


def main() -> None:
    """Fuzz for the time on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder of inputs to begin with, and to add to")
    parser.add_argument("inputs", nargs="*", help="inputs to run once, instead")
    options = parser.parse_args()
    arguments = [sys.argv[0], f"-max_total_time={options.seconds}", "-max_len=400", *options.inputs]
    if options.corpus:
        options.corpus.mkdir(exist_ok=True)
        arguments.append(str(options.corpus))
    atheris.Setup(arguments, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
