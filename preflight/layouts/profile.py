"""Profiles: TOML files with the options of a layout, and where a file is sent."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from preflight.errors import InputError, LayoutError
from preflight.text.display import shown_file

OF_SENDING = ("destination", "customeventaction", "account")
"""Keys of a profile that say where a file is sent, not how it is laid out."""


def of_sending(path: str | PathLike[str] | None) -> dict[str, str]:
    """What a profile says of where a file is sent; nothing where there is no profile. Raises what `of_profile` does."""
    return {key: value for key, value in of_profile(path).items() if key in OF_SENDING} if path is not None else {}


def of_profile(path: str | PathLike[str]) -> dict[str, Any]:
    """The keys and values of a TOML profile.

    Raises `InputError` when the file cannot be read and `LayoutError` when its text is not TOML, or a key for sending
    has no text.
    """
    import tomllib  # few have a profile, and all would wait for its import

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
