"""Profiles: TOML files with the options of a layout and of an upload."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from preflight.errors import InputError, LayoutError
from preflight.text.display import shown_file

OF_SENDING = ("destination", "customeventaction", "account")
"""Keys of a profile that belong to the upload, not to the layout."""


def of_sending(path: str | PathLike[str] | None) -> dict[str, str]:
    """The upload's keys of a profile; empty without a profile. Raises the errors of `of_profile`."""
    return {key: value for key, value in of_profile(path).items() if key in OF_SENDING} if path is not None else {}


def of_profile(path: str | PathLike[str]) -> dict[str, Any]:
    """The keys and values of a TOML profile.

    Raises `InputError` when the file cannot be read, and `LayoutError` when it is not TOML or a key of the upload is
    not a text.
    """
    import tomllib  # rarely needed, so imported late

    try:
        profile = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read the profile {shown_file(path)}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LayoutError(f"the profile {shown_file(path)} is not UTF-8 text: byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(f"the profile {shown_file(path)} is not valid TOML: {error}") from error
    for key in OF_SENDING:
        if not isinstance(profile.get(key, ""), str):
            raise LayoutError(f"the profile {shown_file(path)}: {key} must be a text")
    return profile
