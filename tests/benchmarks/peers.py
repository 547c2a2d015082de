"""The job of `preflight check F --clean C --bad-rows B`, as one would write it with another tool.

    python tests/benchmarks/peers.py (duckdb|polars|pandas) FILE CLEAN BAD

Each prints its counts as JSON: rows, bad_rows, titles. Each uses one address pattern, its own date parser and a test
for blanks, and counts a record with another number of cells than the heading, or with a misplaced quote, as bad. None
keeps the bytes of the clean file or gives reasons; that is less work than preflight does.
"""

from __future__ import annotations

import json
import sys

EMAIL = (
    r"^[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+(\.[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+)*@([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)+[A-Za-z]+$"
)
COLUMNS = ["First Name", "Last Name", "Email", "Event Date", "Event Title", "Note"]


def duckdb(file: str, clean: str, bad: str) -> dict[str, int]:
    """DuckDB: its reader stores rejected rows, SQL judges the rest."""
    import duckdb

    database = duckdb.connect()
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    database.execute(
        f"""
        create table cells as
        select *, coalesce(regexp_full_match("Email", '{EMAIL.replace("'", "''")}')
                  and try_strptime("Event Date", '%m/%d/%Y') is not null and length("Event Date") = 10
                  and trim("Event Title") <> '' and not contains("Event Title", '"'), false) as good
        from read_csv('{file}', header=true, delim=',', quote='"', escape='"', columns={{{columns}}},
                      auto_detect=false, store_rejects=true, strict_mode=true, nullstr='\\0')
        """
    )
    quoted = ", ".join(f'"{name}"' for name in COLUMNS)
    database.execute(f"copy (select {quoted} from cells where good) to '{clean}' (header, delimiter ',')")
    database.execute(f"copy (select {quoted} from cells where not good) to '{bad}' (header, delimiter ',')")
    rejected = database.execute("select count(distinct line), list(distinct csv_line) from reject_errors").fetchone()
    with open(bad, "a", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in rejected[1] or ())
    good, rows = database.execute("select count(*) filter (good), count(*) from cells").fetchone()
    titles = database.execute('select count(distinct trim("Event Title")) from cells where good').fetchone()[0]
    return {"rows": rows + rejected[0], "bad_rows": rows - good + rejected[0], "titles": titles}


def polars(file: str, clean: str, bad: str) -> dict[str, int]:
    """Polars: its reader accepts every line, quotes are judged by the resulting cells."""
    import warnings

    import polars as pl

    warnings.simplefilter("ignore")  # it counts the rows with a stray quote as malformed and reads them all the same

    # Short rows become nulls, which no other cell of this file is; a stray quote stays in the cell.
    cells = pl.read_csv(file, schema=dict.fromkeys(COLUMNS, pl.String), truncate_ragged_lines=True, ignore_errors=True)
    good = (
        pl.col("Email").str.contains(EMAIL)
        & (pl.col("Event Date").str.to_date("%m/%d/%Y", strict=False).is_not_null())
        & (pl.col("Event Title").str.strip_chars() != "")
        & ~pl.col("Event Title").str.contains('"', literal=True)
        & pl.col("Note").is_not_null()
    ).fill_null(False)
    judged = cells.with_columns(good=good)
    kept = judged.filter(pl.col("good")).drop("good")
    left = judged.filter(~pl.col("good")).drop("good")
    kept.write_csv(clean)
    left.write_csv(bad)
    titles = kept["Event Title"].str.strip_chars().n_unique()
    return {"rows": len(cells), "bad_rows": len(left), "titles": titles}


def pandas(file: str, clean: str, bad: str) -> dict[str, int]:
    """Plain pandas: read_csv, str methods, to_datetime, to_csv."""
    import pandas as pd

    cells = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[])
    good = (
        cells["Email"].str.fullmatch(EMAIL[1:-1])
        & pd.to_datetime(cells["Event Date"], format="%m/%d/%Y", errors="coerce").notna()
        & (cells["Event Title"].str.strip() != "")
        & ~cells["Event Title"].str.contains('"', regex=False)
        & cells["Note"].notna()
        & (cells["Note"] != "")
    )
    kept, left = cells[good], cells[~good]
    kept.to_csv(clean, index=False)
    left.to_csv(bad, index=False)
    return {"rows": len(cells), "bad_rows": len(left), "titles": kept["Event Title"].str.strip().nunique()}


if __name__ == "__main__":
    engine, *files = sys.argv[1:]
    print(json.dumps({"duckdb": duckdb, "polars": polars, "pandas": pandas}[engine](*files)))
