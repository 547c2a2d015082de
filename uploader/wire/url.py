"""Base URLs: validation, and the canonical form of those that reach the same server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address
from urllib.parse import unquote, urlsplit

from preflight.text.display import shown
from uploader.errors import UsageError

_LONGEST = 2_000
"""Characters that a base URL may have."""

_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\.?\Z){_LABEL}(?:\.{_LABEL})*\.?\Z")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*)*")
_ADDRESS_LIKE = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


def checked_base_url(text: str) -> str:
    """`text` as a base URL to connect to, normalized after RFC 3986, section 6.2, without a slash at its end.

    Scheme and host are in lower case, a default port is left out, unneeded escapes are decoded, and the path has
    neither `.` and `..` nor empty segments. A request's URL is this followed by a path.

    Raises `UsageError` unless it is HTTPS, or HTTP to a loopback address, and has nothing but host, port and path: the
    token is sent to it.
    """
    if "@" in text:
        raise UsageError("the base URL must hold no user name or password (`@`); the token comes from the environment")
    if not text.isascii() or not text.isprintable() or any(character in text for character in ' \\"<>?#'):
        raise _invalid(text, "give https://HOST, without query or fragment")
    if len(text) > _LONGEST:
        raise _invalid(text, f"it is longer than {_LONGEST:,} characters")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _invalid(text, str(error)) from error
    if parts.scheme not in ("https", "http") or not host:
        raise _invalid(text, "give https://HOST")
    host = _checked_host(text, host)
    if port == 0:
        raise _invalid(text, "there is no port 0")
    where = "" if port in (None, 443 if parts.scheme == "https" else 80) else f":{port}"
    base_url = f"{parts.scheme}://{host}{where}"
    if parts.scheme == "http" and not is_loopback(base_url):
        raise UsageError(f"the base URL {shown(text)} is not HTTPS: only a loopback address may go without")
    return base_url + _checked_path(text, parts.path)


def canonical(base_url: str, same_hosts: Mapping[str, str]) -> str:
    """The canonical form of a base URL: one for all that reach the same server. Raises `UsageError` as above.

    `same_hosts` maps further names of a host to its canonical one. The result is for comparison, not for connections:
    it drops the dot at the end of a host name.
    """
    parts = urlsplit(checked_base_url(base_url))
    name, colon, port = parts.netloc.partition(":") if "[" not in parts.netloc else (parts.netloc, "", "")
    name = name.rstrip(".")
    return f"{parts.scheme}://{same_hosts.get(name, name)}{colon}{port}{parts.path}"


def is_loopback(url: str) -> bool:
    """True if the host of `url` is localhost or a loopback address."""
    host = urlsplit(url).hostname or ""
    if host in ("localhost", "localhost."):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_host(text: str, host: str) -> str:
    """The host name in lower case, or the address as written in a URL."""
    host = unquote(host).lower()
    if ":" in host or _ADDRESS_LIKE.fullmatch(host):  # a resolver would read `127.1` and `0x7f.1` as addresses, too
        try:
            address = ip_address(host.removesuffix("."))
        except ValueError as error:
            raise _invalid(text, "its host is neither a name nor an address") from error
        if isinstance(address, IPv4Address):
            return str(address)
        if address.scope_id is not None:
            raise _invalid(text, "its address has a zone")
        return f"[{address}]"
    if not host.isascii():
        raise _invalid(text, "write its host in ASCII, as xn--…")
    if not _NAME.match(host) or not all(map(_is_label, host.split("."))):
        raise _invalid(text, "its host is neither a name nor an address")
    return host


def _is_label(label: str) -> bool:
    """False for a label that begins with `xn--` and is no valid A-label (RFC 5890, section 2.3.2.1)."""
    if not label.startswith("xn--"):
        return True
    try:
        return not label[4:].encode().decode("punycode").isascii()
    except UnicodeError:
        return False


def _checked_path(text: str, path: str) -> str:
    if not _PATH.fullmatch(path):
        raise _invalid(text, "its path has a character that must be escaped, or an invalid escape")
    segments: list[str] = []
    for segment in re.sub("%..", lambda escape: _plain(escape[0]), path).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "".join(f"/{segment}" for segment in segments)


def _plain(escape: str) -> str:
    """The character of an unneeded escape, else the escape in upper case."""
    character = chr(int(escape[1:], 16))
    return character if re.fullmatch("[A-Za-z0-9._~-]", character) else escape.upper()


def _invalid(text: str, why: str) -> UsageError:
    return UsageError(f"the base URL {shown(text)} is not valid: {why}")
