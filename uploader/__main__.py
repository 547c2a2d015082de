"""`python -m uploader`: the same as the `uploader` command."""

from __future__ import annotations

from uploader.cli.main import command

command()
