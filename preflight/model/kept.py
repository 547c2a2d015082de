"""Files that were kept because an output would have replaced them."""

from __future__ import annotations

from typing import NamedTuple

from preflight.text.display import shown_file


class Kept(NamedTuple):
    """An existing file at the path of an output: its name, the name under which it was kept, and the reason."""

    file: str
    kept_as: str
    why: str

    @property
    def described(self) -> str:
        """The message about the file, in one line."""
        return f"Kept {shown_file(self.kept_as)}: {shown_file(self.file)} {self.why}"
