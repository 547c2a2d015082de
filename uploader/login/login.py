"""Login: the password grant, and the renewal of access tokens with refresh tokens that work once.

No OAuth library is used: the request is two lines, and the libraries repeat it, or write the password and the tokens to
the debug log.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from os import PathLike
from typing import Any

from preflight.text.asking import is_on_page
from uploader.account.hosts import base_url_option
from uploader.acton.endpoint import ALLOWED, TOKEN_PATH
from uploader.errors import TokenError
from uploader.http.calls import LONGEST_PAUSE, Calls, Notice
from uploader.http.transport import UnansweredError
from uploader.ledger.opening import limits_at
from uploader.ledger.path import ledger_option
from uploader.login.credentials import Credentials
from uploader.login.form import PlainForm
from uploader.login.tokenstore import LIFETIME, SavedLogin, TokenStore
from uploader.masking import LONGEST_SEARCHED, hide
from uploader.wire.answer import Answer
from uploader.wire.auth import TOKEN_VARIABLE, checked_token, token_from
from uploader.wire.limits import Limits, moment

ANSWER_TIMEOUT = 30.0
"""Seconds to wait for the token endpoint's answer."""
PATIENCE = 60.0
"""Seconds in which a request to the token endpoint is repeated if it never left, or was turned away with 429."""
MARGIN = 60.0
"""Seconds before its end at which an access token is renewed, so that it does not expire on its way; at most a quarter
of its lifetime."""
MAX_REPEATS = 1
"""How often a password login that was turned away with 429 is repeated: each counts as one of five logins an hour."""
LONGEST_TOKEN = 10_000
"""Characters of a token; servers limit headers to some 8 KB."""
LONGEST_LIFETIME = 1e9
"""Seconds; a longer lifetime is invalid."""

Count = Callable[[Callable[[], bool]], AbstractContextManager[None]]
"""Callable that returns a context manager, which counts a login, and uncounts it unless the given callable says that it
left; see `Limits.login`."""


class Login:
    """The login for the base URL of `calls`, kept in `store`; a source of access tokens, which it renews.

    `options` are the options of `uploader login` for the same account, as typed. `now` returns the time in seconds
    since the epoch. Every method raises `TokenError`, which holds no secret, and `LimitError`.
    """

    def __init__(
        self, calls: Calls, store: TokenStore, *, options: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self.host = calls.host
        self._log_in = f"log in with `uploader login{options}`"
        self._calls = calls
        self._store = store
        self._now = now
        self._kept: SavedLogin | None = None

    @classmethod
    def of(
        cls,
        base_url: str,
        ledger: str | PathLike[str],
        *,
        limits: Limits | None = None,
        notice: Notice = lambda line: None,
    ) -> Login:
        """The login for `base_url` and the ledger at this path."""
        limits = limits or limits_at(base_url, ALLOWED)
        calls = Calls(base_url, limits=limits, notice=notice)
        options = base_url_option(calls.base_url) + ledger_option(ledger)
        return cls(calls, TokenStore(calls.base_url, ledger, notice=notice), options=options)

    def __repr__(self) -> str:
        return f"Login({self._calls.base_url!r})"

    @property
    def exists(self) -> bool:
        """True if there are stored tokens, or there is something unreadable in their place."""
        try:
            return self._store.load() is not None
        except TokenError:
            return True

    @property
    def username(self) -> str:
        """The user name of the login; empty without a login, or for one of a version that did not keep it."""
        kept = self._kept or self._store.load()
        return kept.username if kept is not None else ""

    def log_in(self, credentials: Credentials) -> str:
        """Get tokens for `credentials` and store them in place of any others; returns the name of their place.

        Each request with the password counts as a login, also a repeat after a 429.
        """
        fields = {
            "grant_type": "password",
            "username": credentials.username,
            "password": credentials.password,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        subject = f"not logged in to {self.host}"
        self._count_for(credentials.username)
        with self._store.lock():
            try:
                answer = self._ask(PlainForm(fields), count=self._calls.limits.login, repeats=MAX_REPEATS)
            except UnansweredError as error:
                raise TokenError(
                    f"{subject}: {error}; check the network and the base URL, then log in again"
                ) from error
            if answer.status != 200:
                raise TokenError(f"{subject}: {_words(answer)}{_hint(answer) or self._when(answer)}")
            kept = SavedLogin(
                credentials.client_id, credentials.client_secret, "", "", 0.0, username=credentials.username
            )
            self._kept = self._tokens(answer, kept, subject)
            return self._store.save(self._kept)

    def log_out(self) -> bool:
        """Remove the tokens from this machine; true if there were any."""
        with self._store.lock():
            self._kept = None
            return self._store.remove()

    def access_token(self) -> str:
        """An access token that is valid for a minute, or for a quarter of its lifetime; renewed if needed."""
        if self._kept is None or self._stale(self._kept):
            with self._store.lock():
                self._kept = self.stored()
                if self._stale(self._kept):
                    self._kept = self._refreshed(self._kept)
        return self._kept.access_token

    def renewed(self, stale: str) -> str | None:
        """A token in place of `stale`, which the server refused: one that another process renewed, or a new one."""
        with self._store.lock():
            self._kept = self.stored()
            if self._kept.access_token == stale:
                self._kept = self._refreshed(self._kept)
        return self._kept.access_token

    def _when(self, answer: Answer) -> str:
        """When to try again after a 429; empty after any other status."""
        if answer.status != 429:
            return ""
        pause = LONGEST_PAUSE if answer.retry_after is None else answer.retry_after
        return f"; too many calls: try again at {moment(max(self._now() + pause, self._calls.limits.next_login()))}"

    def _count_for(self, username: str) -> None:
        """Count calls from now on for the account of this user name."""
        self._calls.limits = self._calls.limits.of_account(username)

    def _stale(self, kept: SavedLogin) -> bool:
        return kept.expires - min(MARGIN, kept.lifetime / 4) <= self._now()

    def stored(self) -> SavedLogin:
        """The stored login, without a request; raises `TokenError` if there is none, or a spent one."""
        kept = self._store.load()
        if kept is None:
            rehearse = "“Rehearse it”" if is_on_page() else "`uploader send --rehearse`"
            raise TokenError(
                f"no access token for {self.host}: {self._log_in}, or set {TOKEN_VARIABLE}; {rehearse} tries "
                "everything without an account"
            )
        self._count_for(kept.username)
        if kept.refreshing:
            raise TokenError(
                f"the renewal of the access token for {self.host} was interrupted before the answer was saved: the "
                f"refresh token may be spent; {self._log_in}"
            )
        return kept

    def _refreshed(self, kept: SavedLogin) -> SavedLogin:
        """New tokens, saved. Until then the store marks the login as `refreshing`.

        The mark is removed if the refresh token never left, or was turned away, also on Ctrl-C or `LimitError`: then it
        is still good.
        """
        subject = f"the access token for {self.host} has expired and could not be renewed"
        if not kept.refresh_token:
            raise TokenError(f"{subject}: no refresh token came with it; {self._log_in}")
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": kept.refresh_token,
            "client_id": kept.client_id,
            "client_secret": kept.client_secret,
        }
        form = PlainForm(fields)
        answer: Answer | None = None
        try:
            self._store.save(replace(kept, refreshing=True))
            answer = self._ask(form)
        except UnansweredError as error:
            if error.began:
                raise TokenError(f"{subject}: {error}; the refresh token may be spent: {self._log_in}") from error
            raise TokenError(f"{subject}: {error}; check the network, then try again") from error
        finally:
            if form.bytes_read == 0 or (answer is not None and answer.turned_away):
                self._store.save(kept)
        if answer.turned_away:
            hint = "too many calls: try again later" if answer.status == 429 else self._log_in
            raise TokenError(f"{subject}: {_words(answer)}; {hint}")
        if answer.status != 200:
            raise TokenError(f"{subject}: {_words(answer)}; the refresh token may be spent: {self._log_in}")
        renewed = self._tokens(answer, kept, subject)
        self._store.save(renewed)
        return renewed

    def _ask(self, form: PlainForm, count: Count | None = None, repeats: int | None = None) -> Answer:
        """The answer to a post of `form`. `count` counts each request that leaves, also a repeat, as a login."""
        with ExitStack() as counted:

            def content() -> PlainForm:
                counted.close()
                form.left = False
                if count is not None:
                    counted.enter_context(count(lambda: form.left))
                return form

            return self._calls.ask(
                "POST",
                TOKEN_PATH,
                content=content,
                read_timeout=ANSWER_TIMEOUT,
                deadline=self._calls.clock() + PATIENCE,
                repeats=repeats,
            )

    def _tokens(self, answer: Answer, kept: SavedLogin, subject: str) -> SavedLogin:
        """`kept` with the tokens in `answer`; the error for an undocumented answer shows none of it."""
        said: dict[str, Any] = answer.json or {}
        access, refresh = said.get("access_token"), said.get("refresh_token")
        if not isinstance(access, str) or len(access) > LONGEST_TOKEN:
            raise TokenError(f"{subject}: the answer is not the documented one; check the base URL, and {self._log_in}")
        lifetime = _lifetime(said.get("expires_in"))
        tokens = replace(
            kept,
            access_token=checked_token(access, "the access token that the server gave"),
            refresh_token=refresh if isinstance(refresh, str) and len(refresh) <= LONGEST_TOKEN else "",
            expires=self._now() + lifetime,
            lifetime=lifetime,
            refreshing=False,
        )
        hide(tokens.refresh_token)
        return tokens


def _lifetime(said: object) -> float:
    """The lifetime of an access token in seconds, from `expires_in`; `LIFETIME` if that is unusable."""
    if isinstance(said, str) and re.fullmatch("[0-9]{1,9}", said):
        said = int(said)
    good = isinstance(said, int | float) and not isinstance(said, bool) and 0 < said <= LONGEST_LIFETIME
    return float(said) if good else LIFETIME  # type: ignore[arg-type]


def _words(answer: Answer) -> str:
    """The server's message; tokens in an undocumented answer are masked."""
    given = r"""(?:access|refresh|id)_token\\?["']?\s*[:=]\s*\\?["']?([A-Za-z0-9._~+/=-]{16,})"""
    hide(*re.findall(given, answer.text[:LONGEST_SEARCHED]))
    return answer.words


def tokens_for(
    base_url: str, ledger: str | PathLike[str], environment: Mapping[str, str], limits: Limits, notice: Notice
) -> str | Login:
    """The access token in `environment`, or the login of the ledger; raises `TokenError` without either.

    A login is loaded, and renewed if needed, at once, so that a missing or unusable one is found before any work.
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
        case status, _ if 300 <= status < 400:
            return "; redirects are not followed: check the region or base URL"
        case _:
            return ""
