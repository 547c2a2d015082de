"""The requests session: proxies and certificates from the environment, and the masking of secrets in them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import requests
from requests.utils import select_proxy

from uploader.errors import UsageError
from uploader.masking import hide
from uploader.wire.url import checked_base_url, is_loopback

NO_PROXY = "the proxy setting is not http://[USER:PASSWORD@]HOST:PORT"


def new_session(base_url: str) -> requests.Session:
    """A session with proxies and certificates from the environment; without for loopback, which no proxy reaches."""
    session = requests.Session()
    session.trust_env = not is_loopback(base_url)
    session.headers["User-Agent"] = "touchpoint-preflight"
    session.headers["Accept"] = "application/json"
    return session


def settings_for(session: requests.Session, url: str) -> dict[str, Any]:
    """The session's settings for a request to `url`; raises `ValueError` for a malformed proxy."""
    settings: Any = session.merge_environment_settings(url, {}, True, None, None)
    _hide_secrets(session, settings["proxies"])
    if not _is_valid_proxy(select_proxy(url, settings["proxies"])):
        raise ValueError(NO_PROXY)
    return dict(settings)


def _is_valid_proxy(proxy: str | None) -> bool:
    """True for no proxy or a well-formed one; on others the libraries raise unrelated errors."""
    if not proxy:
        return True
    host = proxy.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    try:
        checked_base_url(f"https://{host}")
    except UsageError:
        return False
    return True


def _hide_secrets(session: requests.Session, proxies: Mapping[str, str | None]) -> None:
    """Mask the secrets in the user's settings from now on: a proxy or a library may repeat them."""
    for proxy in proxies.values():
        user_info, at, _host = (proxy or "").partition("//")[2].rpartition("@")
        if not at:
            user_info, at, _host = (proxy or "").rpartition("@")
        user, _colon, password = user_info.partition(":")
        plain = f"{unquote(user)}:{unquote(password)}"
        hide(password, unquote(password))
        if password:
            hide(*(base64.b64encode(plain.encode(encoding, "replace")).decode() for encoding in ("utf-8", "latin-1")))
    for name in ("Authorization", "Proxy-Authorization", "Cookie"):
        hide(str(session.headers.get(name) or "").rpartition(" ")[2])
