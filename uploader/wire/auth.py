"""Access tokens: their sources, their syntax, and the header that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import requests
from requests.auth import AuthBase

from preflight.text.asking import is_in_python, is_on_page
from uploader.errors import TokenError
from uploader.masking import hide

TOKEN_VARIABLE = "ACTON_ACCESS_TOKEN"  # noqa: S105 - the variable's name, not a token


class Bearer(AuthBase):
    """Adds the token, unless it is empty, to the headers of a request.

    An auth object, because requests would replace a plain header by a `.netrc` entry, and without one look for a token
    there. The repr hides the token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(****)"


class Tokens(Protocol):
    """A source of access tokens."""

    def access_token(self) -> str:
        """The current token; raises `TokenError` if there is none."""

    def renewed(self, stale: str) -> str | None:
        """A new token after the server refused `stale`; `None` if there can be none. Raises `TokenError`."""


class GivenToken:
    """A fixed token that cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = checked_token(token)

    def __repr__(self) -> str:
        return "GivenToken(****)"

    def access_token(self) -> str:
        return self._token

    def renewed(self, stale: str) -> str | None:
        return None


def token_from(environment: Mapping[str, str]) -> str | None:
    """The access token in `environment`, `None` if unset; raises `TokenError` if it is malformed."""
    token = environment.get(TOKEN_VARIABLE)
    return checked_token(token, TOKEN_VARIABLE) if token else None


def checked_token(token: str, name: str = "the token") -> str:
    """`token` if it is visible ASCII, else `TokenError`, which shows no part of it.

    That is slightly more than RFC 6750 allows, and keeps line breaks out of the headers.
    """
    if token[:7].lower() == "bearer ":
        raise TokenError(f"{name} begins with `Bearer `: give the token alone")
    if not token:
        raise TokenError(f"{name} is empty")
    if not all("!" <= character <= "~" for character in token):
        raise TokenError(f"{name} holds a blank, a line break or another character that no token has; copy it again")
    hide(token)
    return token


def how_to_renew() -> str:
    """What to do about a token that the server refuses."""
    if is_in_python():
        return "get a new one"
    renew = f"set a new one in {TOKEN_VARIABLE}, or leave that unset and log in with `uploader login`, which renews it"
    return f"end this page in the window of its command, {renew}; then open it again" if is_on_page() else renew
