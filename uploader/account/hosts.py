"""Act-On's hosts: the base URL of each region, and which base URLs reach the same accounts."""

from __future__ import annotations

from types import MappingProxyType

from preflight.text.shell import quoted
from uploader.wire.url import canonical

REGIONS = MappingProxyType({"us": "https://api.actonsoftware.com", "eu": "https://api-eu.actonsoftware.com"})
"""Base URLs by region; EU accounts have a host of their own."""

_SAME_HOSTS = MappingProxyType({"restapi.actonsoftware.com": "api.actonsoftware.com"})
"""Further host names of the same accounts: the endpoint's page has the first, all newer pages the second."""


def canonical_base_url(base_url: str) -> str:
    """The canonical form of `base_url`, by which the ledger and the limits identify an endpoint.

    Raises `UsageError` for an invalid base URL.
    """
    return canonical(base_url, _SAME_HOSTS)


def base_url_option(base_url: str) -> str:
    """The option of a command for `base_url`: empty, ` --region NAME`, or ` --base-url URL`."""
    region = next((name for name, url in REGIONS.items() if url == base_url), None)
    if region is None:
        return f" --base-url {quoted(base_url)}"
    return "" if region == "us" else f" --region {region}"
