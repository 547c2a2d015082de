"""The fate of a file that an output would have taken the place of."""

from __future__ import annotations

from typing import NamedTuple

from preflight.text.display import shown_file


class Kept(NamedTuple):
    """A file that stood where an output was to go: its name, the name under which it was kept, and why it was."""

    file: str
    kept_as: str
    why: str

    @property
    def described(self) -> str:
        """What a person is told of it, in one line."""
        return f"Kept {shown_file(self.kept_as)}: {shown_file(self.file)} {self.why}"
