"""The rehearsal's token endpoint: password grant, and refresh tokens that work once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials that the token endpoint accepts."""

    client_id: str
    client_secret: str
    username: str
    password: str


def _error(status: int, error: str, description: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": error, "error_description": description}


class TokenIssuer:
    """Issues tokens for `account`, or without one for any credentials.

    `lifetime` of an access token and `clock` are in seconds. `logins` and `refreshes` count the issued tokens.
    """

    def __init__(
        self, account: Account | None, lifetime: float = 3600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.logins = 0
        self.refreshes = 0
        self._account = account
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}
        self._refresh_token: str | None = None

    def grant(self, fields: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The HTTP status and the answer to a request for tokens."""
        account, given = self._account, fields.get
        if account and (given("client_id"), given("client_secret")) != (account.client_id, account.client_secret):
            return _error(401, "access_denied", "Wrong client id or secret.")
        with self._lock:
            match given("grant_type"):
                case "password":
                    if account and (given("username"), given("password")) != (account.username, account.password):
                        return _error(403, "invalid_grant", "Wrong email or password.")
                    self.logins += 1
                case "refresh_token":
                    if self._refresh_token is None or given("refresh_token") != self._refresh_token:
                        return _error(403, "invalid_grant", "Invalid refresh token.")
                    self.refreshes += 1
                case _:
                    return _error(400, "unsupported_grant_type", "Use password or refresh_token.")
            return 200, self._issued()

    def knows(self, token: str) -> bool:
        """True if the access token was issued here, or expired by `expire`."""
        with self._lock:
            return token in self._ends

    def valid(self, token: str) -> bool:
        """True if the access token was issued here and has not expired."""
        with self._lock:
            return self._ends.get(token, 0.0) > self._clock()

    def expire(self, token: str) -> None:
        """Expire `token` and every issued access token."""
        with self._lock:
            self._ends = dict.fromkeys([*self._ends, token], float("-inf"))

    def _issued(self) -> dict[str, Any]:
        token, self._refresh_token = str(uuid4()), str(uuid4())
        self._ends[token] = self._clock() + self._lifetime
        return {
            "access_token": token,
            "refresh_token": self._refresh_token,
            "token_type": "Bearer",
            "expires_in": int(self._lifetime),
            "scope": "default",
        }
