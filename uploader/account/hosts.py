"""Where Act-On answers: regions, and which base URLs lead to the same account."""

from __future__ import annotations

from types import MappingProxyType

from preflight.text.shell import quoted
from uploader.access.url import canonical

REGIONS = MappingProxyType({"us": "https://api.actonsoftware.com", "eu": "https://api-eu.actonsoftware.com"})
"""Base URLs by region; EU accounts have a host of their own."""

_SAME_HOSTS = MappingProxyType({"restapi.actonsoftware.com": "api.actonsoftware.com"})
"""Names under which the same accounts answer: the endpoint's page has the first, all newer ones the second."""


def canonical_base_url(base_url: str) -> str:
    """The one spelling of all base URLs that lead to the accounts of `base_url`: the ledger and the limits know an
    endpoint by it. Raises `UsageError` for what is no base URL.
    """
    return canonical(base_url, _SAME_HOSTS)


def base_url_option(base_url: str) -> str:
    """What a command needs to reach `base_url`: nothing, ` --region NAME`, or ` --base-url URL`."""
    region = next((name for name, url in REGIONS.items() if url == base_url), None)
    if region is None:
        return f" --base-url {quoted(base_url)}"
    return "" if region == "us" else f" --region {region}"
