"""Everything that the command prints goes through here."""

from __future__ import annotations

import sys

from preflight.text.display import as_json, one_line
from uploader.masking import masked


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII."""
    print_out(f"{as_json(value)}\n")


def print_out(text: str) -> None:
    """Print data, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(message: str) -> None:
    """Say something to a person, in one line without secrets."""
    sys.stderr.write(f"uploader: {one_line(masked(message))}\n")
