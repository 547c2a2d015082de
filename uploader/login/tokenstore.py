"""Storage of a login's tokens: the system's keyring if there is one, else a private file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from preflight.outputs.leftovers import own_path
from preflight.text.display import shown, shown_file
from uploader.account.hosts import canonical_base_url
from uploader.errors import TokenError
from uploader.ledger.privacy import Notice, keep_from_others
from uploader.masking import from_outside, hide

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "touchpoint-preflight"
"""The service name of our entries in a keyring, one for each base URL and ledger."""

LOCK_TIMEOUT = 60.0
"""Seconds to wait for another process that is renewing a token."""

LIFETIME = 3600.0
"""Lifetime of an access token in seconds, if the endpoint states none."""

LONGEST_NAME = 100
"""Characters of a base URL in a file name; a longer one is replaced by its hash."""


@dataclass(frozen=True, slots=True, repr=False)
class SavedLogin:
    """A stored login: what the renewal of the access token needs, never the password.

    `expires` is the end of the access token (seconds since the epoch), `lifetime` its lifetime in seconds. `refreshing`
    is true while the refresh token is being used; it stays true if the process dies before the answer is saved. Older
    versions stored neither `lifetime` nor `username`.
    """

    client_id: str
    client_secret: str
    access_token: str
    refresh_token: str
    expires: float
    refreshing: bool = False
    lifetime: float = LIFETIME
    username: str = ""


class _Place(Protocol):
    name: str

    def read(self) -> str | None: ...

    def write(self, text: str) -> None: ...

    def remove(self) -> bool: ...


class TokenStore:
    """The stored login of one base URL and one ledger; a file is stored beside the ledger.

    A login belongs to one ledger, so that two accounts are never mixed up. It is found under any path of the ledger and
    any spelling of the host; older versions stored it under the path and URL as given, which are tried, too. `notice`
    is called if a file's mode was corrected. Every method raises `TokenError` if keyring or file cannot be used.
    """

    def __init__(self, base_url: str, ledger: str | PathLike[str], *, notice: Notice = lambda line: None) -> None:
        urls = dict.fromkeys((canonical_base_url(base_url), base_url))
        paths = dict.fromkeys((true_path(ledger), Path(ledger).absolute()))
        self._accounts = [f"{url} {path}" for path in paths for url in urls]
        self._files = _different([_file_of(url, path) for path in paths for url in urls])
        self._notice = notice

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Context manager for a file lock, so that no other process uses the same refresh token."""
        from filelock import FileLock, Timeout

        path = self._files[0]
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(path.with_suffix(".lock"), timeout=LOCK_TIMEOUT, mode=0o600)
            lock.acquire()
        except Timeout as error:
            raise TokenError("another uploader has been renewing the token for a minute: try again later") from error
        except OSError as error:
            raise TokenError(f"cannot lock {shown_file(path)}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def load(self) -> SavedLogin | None:
        """The stored login; `None` if there is none."""
        for place in self._places():
            text = place.read()
            if text is not None:
                kept = _parsed(text, place.name)
                hide(kept.client_secret, kept.access_token, kept.refresh_token)
                return kept
        return None

    def save(self, kept: SavedLogin) -> str:
        """Store `kept` in the best place only; returns the name of that place."""
        best, *others = self._places()
        best.write(json.dumps(asdict(kept)))
        for place in others:
            place.remove()
        return best.name

    def remove(self) -> bool:
        """Remove the login; true if there was one."""
        return sum(place.remove() for place in self._places()) > 0

    def _places(self) -> list[_Place]:
        """The places of a login, the best first."""
        keyrings = [_Keyring.of_the_system(account) for account in self._accounts]
        files = [_File(path, self._notice) for path in self._files]
        return [*(keyring for keyring in keyrings if keyring is not None), *files]


def true_path(path: str | PathLike[str]) -> Path:
    """The canonical path of a file: absolute, without links, each name in the case of its folder."""
    found = Path(os.path.realpath(path))
    spelled = Path(found.anchor)
    for name in found.parts[1:]:
        spelled /= _in_its_case(spelled, name)
    return spelled


def _in_its_case(folder: Path, name: str) -> str:
    """`name` in the case of its entry in `folder`, for file systems that ignore case."""
    try:
        names = os.listdir(folder) if (folder / name).exists() else [name]
    except OSError:  # a folder without read permission
        return name
    return name if name in names else next((one for one in names if one.casefold() == name.casefold()), name)


def _different(files: list[Path]) -> list[Path]:
    """`files` without duplicates under another path."""
    found: dict[str, Path] = {}
    for file in files:
        found.setdefault(os.path.join(os.path.realpath(file.parent), file.name), file)
    return list(found.values())


def _file_of(base_url: str, ledger: Path) -> Path:
    host = quote(base_url.split("://", 1)[1], safe="")
    if len(host) > LONGEST_NAME:
        host = sha256(base_url.encode()).hexdigest()
    return ledger.with_name(f"{ledger.name}.login-{host}.json")


def _parsed(text: str, place: str) -> SavedLogin:
    with suppress(ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        found = json.loads(text)
        values = {field.name: found[field.name] for field in fields(SavedLogin) if field.name in found}
        kept = SavedLogin(**values)
        words = (kept.client_id, kept.client_secret, kept.access_token, kept.refresh_token, kept.username)
        if all(isinstance(word, str) for word in words):
            return replace(kept, expires=float(kept.expires), lifetime=float(kept.lifetime))
    raise TokenError(f"the login kept in {place} cannot be read: log in again with `uploader login`")


class _Keyring:
    """An entry in the system's keyring."""

    def __init__(self, backend: KeyringBackend, account: str) -> None:
        self._backend = backend
        self._account = account
        self.name = "the system's keyring"

    @classmethod
    def of_the_system(cls, account: str) -> _Keyring | None:
        """The keyring, if the library recommends one; raises `TokenError` if it cannot be loaded."""
        try:
            import keyring

            backend = keyring.get_keyring()
        except Exception as error:  # a backend that the user configured may be missing, or fail in any way
            raise TokenError(
                f"the system's keyring cannot be loaded: {shown(error)}; correct the settings of keyring"
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
            why = from_outside(str(error), 80) or type(error).__name__
        else:
            return
        raise TokenError(f"the system's keyring cannot be used: `{why}`; unlock it and try again")


class _File:
    """A file of mode 0600, replaced atomically; if others can read it, its mode is corrected on reading."""

    def __init__(self, path: Path, notice: Notice) -> None:
        self._path = path
        self._notice = notice
        self.name = f"{shown_file(path)}, which only you can read"

    def read(self) -> str | None:
        with self._failures():
            try:
                keep_from_others(self._path, self._notice)
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
            said = f"the login's file {shown_file(self._path)} cannot be used: {why}"
        else:
            return
        raise TokenError(said)  # outside `except`, so without the cause, which holds the content
