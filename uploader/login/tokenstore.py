"""Where a login's tokens are kept: the system's keyring where there is one, else a file for its owner alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
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
from uploader.ledger.privacy import keep_from_others
from uploader.masking import from_outside, hide

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "touchpoint-preflight"
"""The name under which a keyring shows our entries, one for each base URL and ledger."""

LOCK_TIMEOUT = 60.0
"""Seconds to wait for another process that is renewing a token."""


LIFETIME = 3600.0
"""Seconds that an access token lives when the endpoint does not say."""

LONGEST_NAME = 100
"""Characters of a base URL in a file's name; a longer one is there by its hash."""

Notice = Callable[[str], None]
"""Hears, in one line, what was mended."""


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """What a login leaves behind: all that the next access token takes, never the password.

    `expires` is when the access token does (seconds since the epoch), `lifetime` how long it lives in all. `refreshing`
    is true while the refresh token is being spent; it stays so when the process dies before it has saved the answer.
    Stores of older versions have neither `lifetime` nor `username`.
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
    """The login for one account: one base URL, and one ledger, beside which a file is kept.

    What is sent with a login is written into its ledger and no other, so that two accounts are never taken for one. It
    is found by whatever path leads to the ledger, and whatever spelling to the same host; what an older version kept
    under the very words that it was given is found under these. `notice` hears what was mended. Every method raises
    `TokenError` when keyring or file cannot be used.
    """

    def __init__(self, base_url: str, ledger: str | PathLike[str], *, notice: Notice = lambda line: None) -> None:
        urls = dict.fromkeys((canonical_base_url(base_url), base_url))
        paths = dict.fromkeys((true_path(ledger), Path(ledger).absolute()))
        self._accounts = [f"{url} {path}" for path in paths for url in urls]
        self._files = _different([_file_of(url, path) for path in paths for url in urls])
        self._notice = notice

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from spending the same refresh token."""
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

    def load(self) -> Kept | None:
        """The login, if there is one."""
        for place in self._places():
            text = place.read()
            if text is not None:
                kept = _parsed(text, place.name)
                hide(kept.client_secret, kept.access_token, kept.refresh_token)
                return kept
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
        """Where a login may be, the best place first."""
        keyrings = [_Keyring.of_the_system(account) for account in self._accounts]
        files = [_File(path, self._notice) for path in self._files]
        return [*(keyring for keyring in keyrings if keyring is not None), *files]


def true_path(path: str | PathLike[str]) -> Path:
    """The one path of a file, however it is written: absolute, no links, names in the case in which they are there."""
    found = Path(os.path.realpath(path))
    spelled = Path(found.anchor)
    for name in found.parts[1:]:
        spelled /= _in_its_case(spelled, name)
    return spelled


def _in_its_case(folder: Path, name: str) -> str:
    """`name` as `folder` has it, where the file system takes another spelling for the same."""
    try:
        names = os.listdir(folder) if (folder / name).exists() else [name]
    except OSError:  # a folder that may be passed through but not listed
        return name
    return name if name in names else next((one for one in names if one.casefold() == name.casefold()), name)


def _different(files: list[Path]) -> list[Path]:
    """`files` without those that are an earlier one by another path."""
    found: dict[str, Path] = {}
    for file in files:
        found.setdefault(os.path.join(os.path.realpath(file.parent), file.name), file)
    return list(found.values())


def _file_of(base_url: str, ledger: Path) -> Path:
    host = quote(base_url.split("://", 1)[1], safe="")
    if len(host) > LONGEST_NAME:
        host = sha256(base_url.encode()).hexdigest()
    return ledger.with_name(f"{ledger.name}.login-{host}.json")


def _parsed(text: str, place: str) -> Kept:
    with suppress(ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        found = json.loads(text)
        values = {field.name: found[field.name] for field in fields(Kept) if field.name in found}
        kept = Kept(**values)
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
            why = from_outside(str(error), 80) or type(error).__name__
        else:
            return
        raise TokenError(f"the system's keyring cannot be used: `{why}`; unlock it and try again")


class _File:
    """A file of mode 0600, replaced as a whole; one that others can read is made private when it is read."""

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
        raise TokenError(said)  # here, and so without an error that holds what was read
