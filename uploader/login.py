"""Login: the password grant, and access tokens renewed with refresh tokens that work once.

One POST through our own funnel rather than an OAuth library: the request is two lines, and the libraries repeat it, or
write the password and the tokens to the debug log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

from uploader.answers import Answer
from uploader.auth import TOKEN_VARIABLE, checked_token, token_from
from uploader.body import PlainForm
from uploader.calls import Calls, Notice, UnansweredError
from uploader.endpoint import TOKEN_PATH, base_url_option
from uploader.errors import TokenError
from uploader.ledgerpath import ledger_option
from uploader.limits import Limits
from uploader.masking import hide
from uploader.tokenstore import Kept, TokenStore

ANSWER_TIMEOUT = 30.0
"""Seconds to wait for the token endpoint's answer."""
PATIENCE = 60.0
"""Seconds in which the token endpoint is asked again when it could not be reached or had too many calls."""
MARGIN = 60.0
"""Seconds before its end at which an access token is renewed, so that it does not expire on its way."""
LIFETIME = 3600.0
"""Seconds that an access token lives when the endpoint does not say."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What the password grant takes."""

    client_id: str
    client_secret: str
    username: str
    password: str


VARIABLES = {
    "client_id": "ACTON_CLIENT_ID",
    "client_secret": "ACTON_CLIENT_SECRET",
    "username": "ACTON_USERNAME",
    "password": "ACTON_PASSWORD",
}
"""The environment variables that hold credentials."""

SECRET = frozenset({"client_secret", "password"})


def credentials_from(environment: Mapping[str, str], prompt: Callable[[str, bool], str]) -> Credentials:
    """The credentials in `environment`; `prompt` asks for what is missing there, given a label and whether to hide it.

    Raises `TokenError` when one stays empty.
    """
    found = {}
    for name, variable in VARIABLES.items():
        value = environment.get(variable, "")
        found[name] = value or prompt(name.replace("_", " "), name in SECRET)
        if not found[name]:
            raise TokenError(
                f"not logged in: no {name.replace('_', ' ')} was given; set {variable}, or type it on a terminal"
            )
    return Credentials(**found)


class Login:
    """The login for the base URL of `calls`, kept in `store`; gives access tokens and renews them.

    `options` are those with which `uploader login` finds the same account, as typed after its name. `now` tells the
    time in seconds since the epoch. Every method raises `TokenError`, which holds no secret, and `LimitError`.
    """

    def __init__(
        self, calls: Calls, store: TokenStore, *, options: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self.host = calls.host
        self._log_in = f"log in with `uploader login{options}`"
        self._calls = calls
        self._store = store
        self._now = now
        self._kept: Kept | None = None

    @classmethod
    def of(
        cls,
        base_url: str,
        ledger: str | PathLike[str],
        *,
        limits: Limits | None = None,
        notice: Notice = lambda line: None,
    ) -> Login:
        """The login that goes with `base_url` and a ledger, the path of which is all that is used of it here."""
        calls = Calls(base_url, limits=limits, notice=notice)
        options = base_url_option(calls.base_url) + ledger_option(ledger)
        return cls(calls, TokenStore(calls.base_url, ledger), options=options)

    def __repr__(self) -> str:
        return f"Login({self._calls.base_url!r})"

    def log_in(self, credentials: Credentials) -> str:
        """Get tokens for `credentials` and keep them in place of any others; the name of the place they are in."""
        fields = {
            "grant_type": "password",
            "username": credentials.username,
            "password": credentials.password,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        subject = f"not logged in to {self.host}"
        with self._store.lock():
            id = self._calls.limits.begin_login()
            try:
                answer = self._ask(fields)
            except UnansweredError as error:
                if not error.began:
                    self._calls.limits.cancel_login(id)
                raise TokenError(
                    f"{subject}: {error}; check the network and the base URL, then log in again"
                ) from error
            if answer.status != 200:
                raise TokenError(f"{subject}: {answer.words}{_hint(answer)}")
            self._kept = self._tokens(answer, credentials.client_id, credentials.client_secret, subject)
            return self._store.save(self._kept)

    def log_out(self) -> bool:
        """Forget the tokens on this machine; true when there were any."""
        with self._store.lock():
            self._kept = None
            return self._store.remove()

    def access_token(self) -> str:
        """An access token that lives a minute at least, renewed if need be."""
        if self._kept is None or self._stale(self._kept):
            with self._store.lock():
                self._kept = self._loaded()
                if self._stale(self._kept):
                    self._kept = self._refreshed(self._kept)
        return self._kept.access_token

    def renewed(self, stale: str) -> str | None:
        """A token in place of `stale`, which the server refused: one that another process got, or a new one."""
        with self._store.lock():
            self._kept = self._loaded()
            if self._kept.access_token == stale:
                self._kept = self._refreshed(self._kept)
        return self._kept.access_token

    def _stale(self, kept: Kept) -> bool:
        return kept.expires - MARGIN <= self._now()

    def _loaded(self) -> Kept:
        kept = self._store.load()
        if kept is None:
            raise TokenError(
                f"no access token for {self.host}: {self._log_in}, or set {TOKEN_VARIABLE}; `uploader send --rehearse` "
                "tries everything without an account"
            )
        if kept.refreshing:
            raise TokenError(
                f"renewing the access token for {self.host} broke off before the answer was saved: the refresh "
                f"token may be spent; {self._log_in}"
            )
        return kept

    def _refreshed(self, kept: Kept) -> Kept:
        """New tokens; marked as being renewed in the store until they are saved."""
        subject = f"the access token for {self.host} has expired and could not be renewed"
        if not kept.refresh_token:
            raise TokenError(f"{subject}: no refresh token came with it; {self._log_in}")
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": kept.refresh_token,
            "client_id": kept.client_id,
            "client_secret": kept.client_secret,
        }
        self._store.save(replace(kept, refreshing=True))
        try:
            answer = self._ask(fields)
        except UnansweredError as error:
            if error.began:
                raise TokenError(f"{subject}: {error}; the refresh token may be spent: {self._log_in}") from error
            self._store.save(kept)
            raise TokenError(f"{subject}: {error}; check the network, then try again") from error
        if 300 <= answer.status < 500:
            self._store.save(kept)  # turned away, so not spent
            hint = "too many calls: try again later" if answer.status == 429 else self._log_in
            raise TokenError(f"{subject}: {answer.words}; {hint}")
        if answer.status != 200:
            raise TokenError(f"{subject}: {answer.words}; the refresh token may be spent: {self._log_in}")
        renewed = self._tokens(answer, kept.client_id, kept.client_secret, subject)
        self._store.save(renewed)
        return renewed

    def _ask(self, fields: Mapping[str, str]) -> Answer:
        hide(*(fields.get(name, "") for name in ("password", "client_secret", "refresh_token")))
        return self._calls.ask(
            "POST",
            TOKEN_PATH,
            content=lambda: PlainForm(fields),
            read_timeout=ANSWER_TIMEOUT,
            deadline=self._calls.clock() + PATIENCE,
        )

    def _tokens(self, answer: Answer, client_id: str, client_secret: str, subject: str) -> Kept:
        """The tokens in `answer`; nothing of it is shown when it is not the documented one, as it may hold them."""
        said: dict[str, Any] = answer.json or {}
        access, refresh, seconds = (said.get(name) for name in ("access_token", "refresh_token", "expires_in"))
        if not isinstance(access, str):
            raise TokenError(f"{subject}: the answer is not the documented one; check the base URL, and {self._log_in}")
        lifetime = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else LIFETIME
        return Kept(
            client_id,
            client_secret,
            access_token=checked_token(access, "the access token that the server gave"),
            refresh_token=refresh if isinstance(refresh, str) else "",
            expires=self._now() + lifetime,
        )


def tokens_for(
    base_url: str, ledger: str | PathLike[str], environment: Mapping[str, str], limits: Limits, notice: Notice
) -> str | Login:
    """The access token in `environment`, or the login that goes with the ledger; raises `TokenError` without either.

    A login is looked at now, so that a missing one, or one that cannot be renewed, is found out before any work.
    """
    token = token_from(environment)
    if token is not None:
        return token
    login = Login.of(base_url, ledger, limits=limits, notice=notice)
    login.access_token()
    return login


def _hint(answer: Answer) -> str:
    match answer.status, (answer.json or {}).get("error"):
        case 401, _:
            return "; check the client id and secret"
        case 403, "invalid_grant":
            return "; check the user name and password"
        case 429, _:
            return "; too many calls: try again later"
        case status, _ if status < 400:
            return "; redirects are not followed: check the region or base URL"
        case _:
            return ""
