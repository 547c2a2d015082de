"""Updates the list of top-level domains, before a release.

    python tests/toplevel.py public_suffix_list.dat

The list is that of publicsuffix.org, which the package `publicsuffixlist` also contains; its ICANN section has all of
them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LIST = Path(__file__).resolve().parents[1] / "preflight" / "addresses" / "toplevel.txt"


def top_level_domains(suffixes: str) -> list[str]:
    """The last labels of all rules of the ICANN section, in ASCII."""
    section = suffixes.partition("===BEGIN ICANN DOMAINS===")[2].partition("===END ICANN DOMAINS===")[0]
    rules = [line.strip() for line in section.splitlines() if line.strip() and not line.startswith("//")]
    return sorted({rule.rpartition(".")[2].encode("idna").decode() for rule in rules})


def main(path: str) -> None:
    """Write the list, with the date of its source."""
    suffixes = Path(path).read_text(encoding="utf-8")
    version = re.search(r"VERSION: (\d{4}-\d{2}-\d{2})", suffixes)
    if version is None:
        sys.exit("the list has no line with its VERSION")
    LIST.write_text("\n".join([f"# {version[1]}", *top_level_domains(suffixes)]) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
