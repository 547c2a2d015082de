"""Calls: every request to the endpoint goes through `Calls.ask`, which repeats only what is safe to repeat.

A request that never left this machine, or was turned away with 429, is repeated after a pause; one turned away with 401
once, with a renewed token. Any other answer is returned; without one, `UnansweredError.began` says whether the request
may have arrived.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from uploader.http import transport
from uploader.http.body import Content
from uploader.http.transport import UnansweredError
from uploader.masking import hide, masked
from uploader.wire.answer import Answer
from uploader.wire.attempts import Stopwatch
from uploader.wire.auth import Bearer, Tokens
from uploader.wire.limits import Limits, in_memory
from uploader.wire.session import new_session
from uploader.wire.url import checked_base_url

PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each repeat of a request that never left this machine."""
LONGEST_PAUSE = 60.0
"""Largest pause, in seconds, after a 429 without `Retry-After`."""

Notice = Callable[[str], None]
"""Callable that takes one line for the user, such as why a call takes long."""


class Calls:
    """Requests to one base URL, which must be HTTPS or loopback; otherwise raises `UsageError`.

    `limits` count the calls; by default only those of this object. The other parameters are those of `Client`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        limits: Limits | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        notice: Notice = lambda line: None,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.host = self.base_url.split("://", 1)[1]
        self.limits = limits or Limits(in_memory(), self.base_url, now=clock, sleep=sleep)
        self.sleep = sleep
        self.clock = clock
        self._session = session or new_session(self.base_url)
        self._notice = notice

    def __repr__(self) -> str:
        return f"Calls({self.base_url!r})"

    def ask(
        self,
        method: str,
        path: str,
        tokens: Tokens | None = None,
        *,
        read_timeout: float,
        deadline: float,
        connect_timeout: float = transport.CONNECT_TIMEOUT,
        content: Callable[[], Content] | None = None,
        repeats: int | None = None,
    ) -> Answer:
        """The answer to one request; `content` makes the body, a new one for each repeat.

        No repeat starts after `deadline` (on `clock`), and none after `repeats` answers with 429, if given: then the
        last answer is returned, even a 429. Raises `UnansweredError`, `LimitError`, and the errors of `tokens`.
        """
        token = tokens.access_token() if tokens is not None else ""
        hide(token)
        unsent = turned_away = 0
        renewed = False
        while True:
            self.limits.take_turn()
            body = content() if content is not None else None
            try:
                answer = self._sent(method, path, token, body, (connect_timeout, read_timeout))
            except UnansweredError as error:
                began = body is not None and body.bytes_read > 0
                given_up = began or error.settled or unsent == len(PAUSES)
                if given_up or not self._paused(PAUSES[unsent], str(error), deadline):
                    raise UnansweredError(f"{self.host}: {error}", began=began) from error
                unsent += 1
                continue
            if body is not None and answer.status in (401, 429):
                body.bytes_read = 0  # turned away: Ctrl-C from here on leaves nothing in doubt
            if answer.status == 429:
                pause = answer.retry_after
                pause = min(2.0**turned_away, LONGEST_PAUSE) if pause is None else max(pause, 1.0)
                if turned_away == repeats or not self._paused(pause, "too many calls (HTTP 429)", deadline):
                    return answer
                turned_away += 1
            elif answer.status == 401 and tokens is not None and not renewed:
                fresh = tokens.renewed(token)
                if fresh is None:
                    return answer
                hide(fresh)
                token, renewed = fresh, True
            else:
                return answer

    def _sent(self, method: str, path: str, token: str, body: Content | None, timeout: tuple[float, float]) -> Answer:
        """The answer to one request; adds an attempt to the active recordings. Raises `UnansweredError`."""
        attempt = Stopwatch(method, path)
        try:
            answer = transport.send(self._session, method, self.base_url + path, Bearer(token), body, timeout=timeout)
        except UnansweredError as error:
            attempt.failed(str(error))
            raise
        except KeyboardInterrupt:
            attempt.failed("interrupted")
            raise
        attempt.answered(answer)
        return answer

    def _paused(self, pause: float, why: str, deadline: float) -> bool:
        """Wait `pause` seconds, with a notice, and return True; False at once if that would exceed `deadline`."""
        if self.clock() + pause > deadline:
            return False
        self._notice(masked(f"{self.host}: {why}; trying again in {pause:.0f} s"))
        self.sleep(pause)
        return True
