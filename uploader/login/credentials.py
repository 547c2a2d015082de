"""What the password grant takes, out of the environment or from a person at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from uploader.errors import TokenError
from uploader.masking import hide


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What the password grant takes; its secrets are never shown. Raises `TokenError` for what is no text."""

    client_id: str
    client_secret: str
    username: str
    password: str

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if any("\ud800" <= character <= "\udfff" for character in value):  # a byte that is no text
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
    """The credentials in `environment`; `prompt` asks for what is missing there, given a label and whether to hide it.

    `known` is told the user name before the password is asked for. Raises `TokenError` when one stays empty, or is no
    text.
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
    """What a person types; `None` when the terminal's encoding cannot read it."""
    try:
        return prompt(name.replace("_", " "), name in SECRET)
    except UnicodeDecodeError:
        return None


def _not_text(name: str) -> TokenError:
    return TokenError(
        f"not logged in: the {name.replace('_', ' ')} is not UTF-8 text; set {VARIABLES[name]} in UTF-8, or type it"
    )
