"""The sidecar `NAME.preflight.json` of a clean, bad-rows or fixes file, which records how that file was written.

It holds the size and the SHA-256 of the written file, which reveal later changes, and further notes of the writer under
`about`. It holds no cells of rows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Self

from preflight.remote.store import fetched, text_of
from preflight.remote.url import is_remote, sidecar_url

VERSION = 1
"""Version of the format. A sidecar of another version is ignored."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The record of a written file: its `size` in bytes, its SHA-256, and notes of the writer in `about`."""

    size: int
    sha256: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str | PathLike[str]) -> Self | None:
        """The sidecar of a file or URL; None if it is missing or cannot be read."""
        try:
            fields = json.loads(_beside(path))
            if fields["preflight"] != VERSION:
                return None
            return cls(int(fields["size"]), str(fields["sha256"]), dict(fields["about"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @property
    def has_merged_rows(self) -> bool:
        """Whether mended rows were merged into the file."""
        return bool(self.about.get("merged"))

    def matches(self, path: str | PathLike[str]) -> bool:
        """Whether the content of a file or URL is as recorded; an object in a store is downloaded to compare it."""
        with fetched(os.fspath(path)) if is_remote(path) else open(path, "rb") as stream:
            is_as_long = os.fstat(stream.fileno()).st_size == self.size
            return is_as_long and hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256

    def as_bytes(self) -> bytes:
        """The sidecar as JSON in UTF-8."""
        fields = {"preflight": VERSION, "size": self.size, "sha256": self.sha256, "about": dict(self.about)}
        return f"{json.dumps(fields, ensure_ascii=False, indent=1)}\n".encode("utf-8", "backslashreplace")


def _beside(path: str | PathLike[str]) -> str:
    if is_remote(path):
        return text_of(sidecar_url(os.fspath(path))) or ""
    return sidecar_path(path).read_text(encoding="utf-8")


def sidecar_path(path: str | PathLike[str]) -> Path:
    """The path of a file's sidecar: `clean.preflight.json` for `clean.csv`; suffixes other than `.csv` are kept."""
    real = Path(os.path.realpath(path))
    stem = real.name[:-4] if real.suffix.lower() == ".csv" else real.name
    return real.with_name(f"{stem}.preflight.json")
