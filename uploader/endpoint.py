"""Where Act-On answers: regions, and which base URLs may be used at all."""

from __future__ import annotations

from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from preflight.show import shown
from uploader.errors import UsageError

REGIONS = MappingProxyType({"us": "https://api.actonsoftware.com", "eu": "https://api-eu.actonsoftware.com"})
"""Base URLs by region; EU accounts have a host of their own."""

MAX_BYTES = 400_000_000
"""The endpoint takes 400 MB a file; the smaller reading of MB, which is right under both."""

UPLOAD_PATH = "/api/1/customevents"
TOKEN_PATH = "/token"  # noqa: S105 - a path


def status_path(job_id: str) -> str:
    """The path that tells a job's state."""
    return f"{UPLOAD_PATH}/{quote(job_id, safe='')}/status"


def base_url_option(base_url: str) -> str:
    """What a command needs to reach `base_url`: nothing, ` --region NAME`, or ` --base-url URL`."""
    region = next((name for name, url in REGIONS.items() if url == base_url), None)
    if region is None:
        return f" --base-url {base_url}"
    return "" if region == "us" else f" --region {region}"


def checked_base_url(text: str) -> str:
    """`text` as a base URL: one spelling for one account, small letters, no default port, no trailing slash.

    Raises `UsageError` unless it is HTTPS, or HTTP to a loopback address, and carries nothing but host, port and path:
    the token goes wherever this points.
    """
    if "@" in text:
        raise UsageError("the base URL must hold no user name or password (`@`); the token comes from the environment")
    if not text.isascii() or not text.isprintable() or any(character in text for character in ' \\"<>?#'):
        raise UsageError(f"the base URL {shown(text)} is not one: give https://HOST, without query or fragment")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"the base URL {shown(text)} is not one: {error}") from error
    if parts.scheme not in ("https", "http") or not host:
        raise UsageError(f"the base URL {shown(text)} is not one: give https://HOST")
    if parts.scheme == "http" and not is_loopback(text):
        raise UsageError(f"the base URL {shown(text)} is not HTTPS: only a loopback address may go without")
    netloc = parts.netloc.lower().removesuffix(":443" if parts.scheme == "https" else ":80")
    return f"{parts.scheme}://{netloc}{parts.path}".rstrip("/")


def is_loopback(url: str) -> bool:
    """True when `url` points to this machine by its name or address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
