"""Where the access token comes from, what can be one, and how a request carries it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import requests
from requests.auth import AuthBase

from uploader.errors import TokenError
from uploader.masking import hide

TOKEN_VARIABLE = "ACTON_ACCESS_TOKEN"  # noqa: S105 - the variable's name, not a token


class Bearer(AuthBase):
    """Puts the token into the header.

    An auth object rather than a plain header, because requests would replace a plain one by a `.netrc` entry. Its repr
    hides the token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(****)"


class Anonymous(AuthBase):
    """No token; an object all the same, because requests would look for one in `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Tokens(Protocol):
    """Where calls get their access token from."""

    def access_token(self) -> str:
        """The token to send; raises `TokenError` when there is none."""

    def renewed(self, stale: str) -> str | None:
        """Another token after the server refused `stale`, or `None` when none can be had; raises `TokenError`."""


class GivenToken:
    """One token that cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = checked_token(token)

    def __repr__(self) -> str:
        return "GivenToken(****)"

    def access_token(self) -> str:
        return self._token

    def renewed(self, stale: str) -> str | None:
        return None


def token_from(environment: Mapping[str, str]) -> str | None:
    """The access token in `environment`, if any; raises `TokenError` when what is there cannot be one."""
    token = environment.get(TOKEN_VARIABLE)
    return checked_token(token, TOKEN_VARIABLE) if token else None


def checked_token(token: str, name: str = "the token") -> str:
    """`token` when a header can carry it; raises `TokenError`, which never shows any of it.

    Visible ASCII is what RFC 6750 allows and a little more: enough to keep a line break out of the headers.
    """
    if token[:7].lower() == "bearer ":
        raise TokenError(f"{name} begins with `Bearer `: give the token alone")
    if not token:
        raise TokenError(f"{name} is empty")
    if not all("!" <= character <= "~" for character in token):
        raise TokenError(f"{name} holds a blank, a line break or another character that no token has; copy it again")
    hide(token)
    return token
