"""`NAME.preflight.json`, the file beside a clean, bad-rows or fixes file that tells how that was written.

It has the size and the SHA-256 of what was written, by which a file that somebody has changed since is known, and
`about`: what else the writer notes. No cell of a row stands in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Self

from preflight.remote.store import text_of
from preflight.remote.url import is_remote, sidecar_url

VERSION = 1
"""The form of the file. One of another form tells nothing."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """How a file was written: its `size` in bytes, its SHA-256, and what the writer noted `about` it."""

    size: int
    sha256: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str | PathLike[str]) -> Self | None:
        """What stands beside a file; None where there is nothing, or nothing that can be read."""
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

    def tells_of(self, path: Path) -> bool:
        """Whether the file has the bytes that were written."""
        if path.stat().st_size != self.size:
            return False
        with path.open("rb") as stream:
            return self.tells_of_bytes(stream)

    def tells_of_bytes(self, stream: BinaryIO) -> bool:
        """Whether a stream has the bytes that were written."""
        sha256 = hashlib.sha256()
        while block := stream.read(1 << 20):
            sha256.update(block)
        return sha256.hexdigest() == self.sha256

    def as_bytes(self) -> bytes:
        """The text of the file."""
        fields = {"preflight": VERSION, "size": self.size, "sha256": self.sha256, "about": dict(self.about)}
        return f"{json.dumps(fields, ensure_ascii=False, indent=1)}\n".encode("utf-8", "backslashreplace")


def _beside(path: str | PathLike[str]) -> str:
    if is_remote(path):
        return text_of(sidecar_url(os.fspath(path))) or ""
    return sidecar_path(path).read_text(encoding="utf-8")


def sidecar_path(path: str | PathLike[str]) -> Path:
    """The sidecar of a file: `clean.preflight.json` of `clean.csv`; another ending than `.csv` stays in its name."""
    real = Path(os.path.realpath(path))
    stem = real.name[:-4] if real.suffix.lower() == ".csv" else real.name
    return real.with_name(f"{stem}.preflight.json")
