"""Where Act-On answers: its paths, and what an upload may weigh."""

from __future__ import annotations

from urllib.parse import quote

MAX_BYTES = 400_000_000
"""The endpoint takes 400 MB a file; the smaller reading of MB, which is right under both."""

UPLOAD_PATH = "/api/1/customevents"
TOKEN_PATH = "/token"  # noqa: S105 - a path


def status_path(job_id: str) -> str:
    """The path that tells a job's state."""
    return f"{UPLOAD_PATH}/{quote(job_id, safe='')}/status"
