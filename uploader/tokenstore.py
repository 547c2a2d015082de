"""Where a login's tokens are kept: the system's keyring where there is one, else a file for its owner alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from preflight.outputs.leftovers import own_path
from preflight.text.display import shown
from uploader.errors import TokenError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "touchpoint-preflight"
"""The name under which a keyring shows our entries, one for each base URL and ledger."""

LOCK_TIMEOUT = 60.0
"""Seconds to wait for another process that is renewing a token."""


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """What a login leaves behind: all that the next access token takes, never the password.

    `expires` is when the access token does (seconds since the epoch). `refreshing` is true while the refresh token is
    being spent; it stays so when the process dies before it has saved the answer.
    """

    client_id: str
    client_secret: str
    access_token: str
    refresh_token: str
    expires: float
    refreshing: bool = False


class _Place(Protocol):
    name: str

    def read(self) -> str | None: ...

    def write(self, text: str) -> None: ...

    def remove(self) -> bool: ...


class TokenStore:
    """The login for one account: one base URL, and one ledger, beside which a file is kept.

    What is sent with a login is written into its ledger and no other, so that two accounts are never taken for one.
    Every method raises `TokenError` when keyring or file cannot be used.
    """

    def __init__(self, base_url: str, ledger: str | PathLike[str]) -> None:
        path = Path(ledger).absolute()
        self._account = f"{base_url} {path}"
        self._path = path.with_name(f"{path.name}.login-{quote(base_url.split('://', 1)[1], safe='')}.json")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from spending the same refresh token."""
        from filelock import FileLock, Timeout

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._path.with_suffix(".lock"), timeout=LOCK_TIMEOUT, mode=0o600)
            lock.acquire()
        except Timeout as error:
            raise TokenError("another uploader has been renewing the token for a minute: try again later") from error
        except OSError as error:
            raise TokenError(f"cannot lock {shown(self._path)}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def load(self) -> Kept | None:
        """The login, if there is one."""
        for place in self._places():
            text = place.read()
            if text is not None:
                return _parsed(text, place.name)
        return None

    def save(self, kept: Kept) -> str:
        """Keep `kept` in the best place and nowhere else; what that place is called."""
        best, *others = self._places()
        best.write(json.dumps(asdict(kept)))
        for place in others:
            place.remove()
        return best.name

    def remove(self) -> bool:
        """Forget the login; true when there was one."""
        return sum(place.remove() for place in self._places()) > 0

    def _places(self) -> list[_Place]:
        file = _File(self._path)
        keyring = _Keyring.of_the_system(self._account)
        return [keyring, file] if keyring is not None else [file]


def _parsed(text: str, place: str) -> Kept:
    try:
        found = json.loads(text)
        return Kept(**{field.name: found[field.name] for field in fields(Kept)})
    except (ValueError, TypeError, KeyError) as error:
        raise TokenError(f"the login kept in {place} cannot be read: log in again with `uploader login`") from error


class _Keyring:
    """An entry in the system's keyring."""

    def __init__(self, backend: KeyringBackend, account: str) -> None:
        self._backend = backend
        self._account = account
        self.name = "the system's keyring"

    @classmethod
    def of_the_system(cls, account: str) -> _Keyring | None:
        """The keyring, when there is one that the library recommends; raises `TokenError` when it cannot be loaded."""
        try:
            import keyring

            backend = keyring.get_keyring()
        except Exception as error:  # a backend that the user configured may be missing, or fail in any way
            raise TokenError(
                f"the system's keyring cannot be loaded: {shown(error)}; mend keyring's settings"
            ) from error
        return cls(backend, account) if backend.priority >= 1 else None

    def read(self) -> str | None:
        with self._failures():
            return self._backend.get_password(SERVICE, self._account)

    def write(self, text: str) -> None:
        with self._failures():
            self._backend.set_password(SERVICE, self._account, text)

    def remove(self) -> bool:
        if self.read() is None:
            return False
        with self._failures():
            self._backend.delete_password(SERVICE, self._account)
        return True

    @contextmanager
    def _failures(self) -> Iterator[None]:
        from keyring.errors import KeyringError

        try:
            yield
        except KeyringError as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise TokenError(f"the system's keyring cannot be used: {shown(why)}; unlock it and try again") from error


class _File:
    """A file of mode 0600, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"{shown(path, 400)}, which only you can read"

    def read(self) -> str | None:
        with self._failures():
            try:
                return self._path.read_text(encoding="utf-8")
            except FileNotFoundError:
                return None

    def write(self, text: str) -> None:
        with self._failures():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = own_path(self._path.parent)
            descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                with open(descriptor, "w", encoding="utf-8") as stream:
                    stream.write(text)
                    stream.flush()
                    os.fsync(stream.fileno())
                os.replace(name, self._path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise

    def remove(self) -> bool:
        with self._failures():
            try:
                self._path.unlink()
            except FileNotFoundError:
                return False
        return True

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not text"
            raise TokenError(f"the login's file {shown(self._path)} cannot be used: {why}") from error
