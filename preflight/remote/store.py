"""Objects in a store, through fsspec: read once into a temporary file, written completely or not at all.

The store's own library finds the credentials in its environment variables, files and services; no function takes any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from glob import has_magic
from io import BufferedRandom
from os import PathLike
from typing import IO, Any

from preflight.errors import (
    InputError,
    OutputError,
    PreflightError,
    changed_while_read,
    discard_temporary_file,
    temporary_file,
    writing_temporary_files,
)
from preflight.remote.url import EXTRAS, scheme_of, without_password
from preflight.text.display import one_line, shown, shown_file

BLOCK_BYTES = 8 << 20
"""Bytes per request."""

_VERSION = ("size", "ETag", "etag", "generation", "md5Hash", "content_md5")
"""Metadata that differ between versions of an object, by the names that the libraries use."""


def fetched(url: str) -> BufferedRandom:
    """The bytes of an object, in a private temporary file without a name.

    Raises `InputError` when the object cannot be read or changes meanwhile, and `OutputError` when the disk is full.
    """
    with _one_line_errors(url, InputError, "read"):
        files, path = _opened(url)
        files.invalidate_cache()
        before = files.info(path)
        if before["type"] == "directory":
            like = shown(f"{url.rstrip('/')}/*.csv")
            raise InputError(f"{shown_file(url)} is a folder, not a file; {like} names all CSV files in it")
        kept = temporary_file()
        try:
            with files.open(path, "rb", block_size=BLOCK_BYTES, cache_type="none") as stream:
                while block := stream.read(BLOCK_BYTES):
                    _keep(kept, block)
            if kept.tell() != before["size"] or _version(files.info(path)) != _version(before):
                raise changed_while_read(shown_file(url))
            kept.seek(0)
        except FileNotFoundError:
            discard_temporary_file(kept)
            raise InputError(f"{shown_file(url)} was removed while it was read") from None
        except BaseException as error:
            discard_temporary_file(kept)
            if _mentions(error, "PreconditionFailed", "pre-conditions", "FileExpired"):
                raise changed_while_read(shown_file(url)) from None
            raise
    return kept


def exists(url: str) -> bool:
    """Whether an object exists."""
    with _one_line_errors(url, OutputError, "write"):
        files, path = _opened(url)
        files.invalidate_cache()
        return bool(files.exists(path))


def matching(pattern: str) -> list[str]:
    """The URLs of the objects that match a pattern with `*`, `?` or `[…]`, sorted."""
    with _one_line_errors(pattern, InputError, "list"):
        files, path = _opened(pattern)
        files.invalidate_cache()
        scheme = pattern.partition("://")[0]
        found = [f"{scheme}://{name}" for name in sorted(files.glob(path))]
        bucket = path.partition("/")[0]
        if not found and not has_magic(bucket) and not files.exists(bucket):
            raise InputError(f"cannot list {shown_file(pattern)}: there is no such bucket")
        return found


def put(local: str | PathLike[str], url: str) -> None:
    """Store a local file under `url`; the object appears when all of it is stored."""
    with _one_line_errors(url, OutputError, "write"):
        files, path = _opened(url)
        files.put_file(str(local), path)


def put_bytes(data: bytes, url: str) -> None:
    """Store bytes under `url`."""
    with _one_line_errors(url, OutputError, "write"):
        files, path = _opened(url)
        files.pipe_file(path, data)


def text_of(url: str) -> str | None:
    """The text of a small object; None if it cannot be read, or is not UTF-8."""
    try:
        with fetched(url) as stream:
            return stream.read().decode("utf-8")
    except (PreflightError, UnicodeDecodeError):
        return None


def copy(url: str, other: str) -> None:
    """Copy an object to another URL."""
    with _one_line_errors(other, OutputError, "write"):
        files, path = _opened(url)
        files.cp_file(path, _opened(other)[1])


def refuse_unwritable(url: str) -> None:
    """Raise `OutputError` if no installed library writes to `url`; for a check before the work begins."""
    if scheme_of(url) in ("http", "https"):
        raise OutputError(f"cannot write {shown_file(url)}: no file is uploaded to a web address; name a local file")
    with _one_line_errors(url, OutputError, "write"):
        _opened(url)


def _opened(url: str) -> tuple[Any, str]:
    """The fsspec file system of `url`, and the path in it; raises `InputError` if there is none."""
    scheme = scheme_of(url)
    if without_password(url) != url:
        raise InputError(
            f"{shown_file(without_password(url))} contains a password; leave it out: credentials are found where the "
            "store's own tools keep them"
        )
    if scheme in ("http", "https"):
        raise InputError(
            f"{shown_file(url)} is a web address, which may give a login page, or another file each time; download "
            "the file, look at it, and check that"
        )
    if scheme not in EXTRAS:
        kinds = ", ".join(f"{one}://" for one in ("s3", "gs", "az"))
        raise InputError(f"{shown_file(url)} is in no supported store; use {kinds} or a local file")
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(url)
    except ImportError:
        raise InputError(f"{shown_file(url)} needs a library; {how_to_install(EXTRAS[scheme])}") from None
    return files, path


def how_to_install(extra: str) -> str:
    """How to install the libraries of an extra, for a message."""
    return f"in the folder that preflight was installed from, run: pip install '.[{extra}]'"


@contextmanager
def _one_line_errors(url: str, kind: type[PreflightError], action: str) -> Iterator[None]:
    """Context manager that turns any exception of a store's library into an error of `kind` with a one-line message."""
    name = shown_file(without_password(url))
    try:
        yield
    except PreflightError as error:
        raise error if isinstance(error, kind | OutputError) else kind(str(error)) from None
    except FileNotFoundError as error:
        if _mentions(error, "bucket", "container"):
            raise kind(f"cannot {action} {name}: there is no such bucket") from None
        raise kind(f"{name} does not exist") from None
    except PermissionError as error:
        raise kind(f"cannot {action} {name}: access is denied ({_reason(error)})") from None
    except Exception as error:  # each library has its own exceptions
        if _mentions(error, "NoCredentials", "DefaultCredentials"):
            reason = "there are no credentials; set them up as for the store's own tools"
            raise kind(f"cannot {action} {name}: {reason}") from None
        raise kind(f"cannot {action} {name}: {_reason(error)}") from None


def _mentions(error: BaseException, *words: str) -> bool:
    message = f"{type(error).__name__} {error}".lower()
    return any(word.lower() in message for word in words)


def _reason(error: Exception) -> str:
    """The message of an error in one line of at most 200 characters."""
    message = " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
    return one_line(message if len(message) <= 200 else f"{message[:199]}…").rstrip(".")


def _version(info: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(info.get(name) for name in _VERSION)


def _keep(kept: IO[bytes], block: bytes) -> None:
    with writing_temporary_files():
        kept.write(block)
        kept.flush()
