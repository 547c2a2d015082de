"""The least work of a check whose rules need pandas: no rule, no exact cut of records, no bad rows.

    python tests/benchmarks/least.py FILE CLEAN

The processes are those of preflight: one copies the file to CLEAN and hashes it with SHA-256, without pandas; another
imports pandas, then forks a third. These two parse pieces of the file with Arrow, hold the mapped columns in a
DataFrame, and find the distinct dates and titles. It shows how much of a budget is left for the rules.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys

PIECE_BYTES = 4 << 20
NUMBER_BYTES = 8


def rows_of(file: str, start: int, stop: int) -> int:
    """Parse the lines that start within a part of the file; returns the number of rows that Arrow accepts."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    with open(file, "rb") as stream:
        if start:
            stream.seek(start - 1)
            stream.readline()
        start = stream.tell()
        stream.seek(stop - 1)
        stream.readline()
        size = stream.tell() - start
        stream.seek(start)
        text = stream.read(size)
    if not text:
        return 0
    names = ["first", "last", "email", "date", "title", "note"]
    table = csv.read_csv(
        pa.py_buffer(text),
        csv.ReadOptions(use_threads=False, column_names=names, block_size=size + 1),
        csv.ParseOptions(invalid_row_handler=lambda _: "skip"),
        csv.ConvertOptions(include_columns=names[2:], column_types=dict.fromkeys(names, pa.string())),
    )
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    for column in ("date", "title"):
        frame[column].factorize()
    return len(frame)


def parsed(file: str, parts: int, to_answer: int) -> None:
    """Parse the parts of the file that are read from the pipe `parts`, in two processes; each answers with its rows."""
    import pandas  # noqa: F401 - once for both
    import pyarrow.csv  # noqa: F401

    second = os.fork()
    rows = 0
    while part := os.read(parts, 2 * NUMBER_BYTES):
        rows += rows_of(file, *(int.from_bytes(part[at : at + NUMBER_BYTES]) for at in (0, NUMBER_BYTES)))
    os.write(to_answer, rows.to_bytes(NUMBER_BYTES))
    if second:
        os.waitpid(second, 0)
    os._exit(0)


def copied(file: str, clean: str) -> str:
    """Copy the file; returns its SHA-256."""
    digest, block = hashlib.sha256(), bytearray(PIECE_BYTES)
    with open(file, "rb", buffering=0) as source, open(clean, "wb", buffering=0) as target:
        while size := source.readinto(block):
            digest.update(memoryview(block)[:size])
            target.write(memoryview(block)[:size])
    return digest.hexdigest()


def main(file: str, clean: str) -> None:
    """Fork a process, share the parts of the file, and print the number of rows."""
    size = os.path.getsize(file)
    parts, to_parse = os.pipe()
    answer, to_answer = os.pipe()
    if not (first := os.fork()):
        os.close(to_parse)
        parsed(file, parts, to_answer)
    for start in range(0, size, PIECE_BYTES):
        ends = (start, min(start + PIECE_BYTES, size))
        os.write(to_parse, b"".join(end.to_bytes(NUMBER_BYTES) for end in ends))
    os.close(to_parse)
    digest = copied(file, clean)
    rows = sum(int.from_bytes(os.read(answer, NUMBER_BYTES)) for _ in range(2))
    os.waitpid(first, 0)
    print(json.dumps({"rows": rows, "sha256": digest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
