"""Credentials for the password grant, from the environment or typed on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from uploader.errors import TokenError
from uploader.masking import hide


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Credentials for the password grant; the secrets are masked everywhere. Raises `TokenError` for invalid text."""

    client_id: str
    client_secret: str
    username: str
    password: str

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if any("\ud800" <= character <= "\udfff" for character in value):  # a byte that is not UTF-8
                raise _not_text(name)
        hide(self.client_secret, self.password)


VARIABLES = {
    "client_id": "ACTON_CLIENT_ID",
    "client_secret": "ACTON_CLIENT_SECRET",
    "username": "ACTON_USERNAME",
    "password": "ACTON_PASSWORD",
}
"""The environment variables that hold credentials."""

SECRET = frozenset({"client_secret", "password"})


def credentials_from(
    environment: Mapping[str, str],
    prompt: Callable[[str, bool], str],
    known: Callable[[str], object] = lambda username: None,
) -> Credentials:
    """The credentials from `environment`; `prompt(label, hidden)` returns those missing there.

    `known` is called with the user name before the password is requested. Raises `TokenError` for an empty value, or
    one that is not text.
    """
    found: dict[str, str] = {}
    for name, variable in VARIABLES.items():
        value = environment.get(variable, "") or _typed(name, prompt)
        if value is None:
            raise _not_text(name)
        if not value:
            raise TokenError(
                f"not logged in: no {name.replace('_', ' ')} was given; set {variable}, or type it on a terminal"
            )
        found[name] = value
        if name == "username":
            known(value)
    return Credentials(**found)


def _typed(name: str, prompt: Callable[[str, bool], str]) -> str | None:
    """The typed value; `None` if the terminal's encoding cannot decode it."""
    try:
        return prompt(name.replace("_", " "), name in SECRET)
    except UnicodeDecodeError:
        return None


def _not_text(name: str) -> TokenError:
    return TokenError(
        f"not logged in: the {name.replace('_', ' ')} is not UTF-8 text; set {VARIABLES[name]} in UTF-8, or type it"
    )
