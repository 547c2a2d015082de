"""URLs of remote files, such as `s3://bucket/events.csv`."""

from __future__ import annotations

import os
import re
from os import PathLike
from urllib.parse import urlsplit

EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
"""The supported schemes, each with the extra that installs its library."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # one letter is a Windows drive
_PASSWORD = re.compile(r"(?<=://)[^/@]*:[^/@]*(?=@)")


def scheme_of(file: str | PathLike[str]) -> str | None:
    """The scheme of a URL in lower case; None for the path of a local file."""
    found = _URL.match(os.fspath(file))
    return found[1].lower() if found is not None else None


def is_remote(file: str | PathLike[str]) -> bool:
    """Whether a file's name is a URL, of any scheme."""
    return scheme_of(file) is not None


def without_password(file: str | PathLike[str]) -> str:
    """A file's name without the user and password of a URL, for messages."""
    return _PASSWORD.sub("…", os.fspath(file))


def place_of(file: str | PathLike[str]) -> str:
    """A key that is equal for two names of one file: the real path of a local file, or the URL itself."""
    return os.fspath(file) if is_remote(file) else os.path.normcase(os.path.realpath(file))


def name_of(file: str | PathLike[str]) -> str:
    """A file's name without its folders."""
    return os.path.basename(urlsplit(os.fspath(file)).path if is_remote(file) else os.fspath(file))


def sidecar_url(url: str) -> str:
    """The URL of the sidecar of a remote file, named as `preflight.outputs.sidecar` names one."""
    return f"{url[:-4] if url.lower().endswith('.csv') else url}.preflight.json"
