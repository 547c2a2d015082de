"""The proxies of a session: what of them nobody sees, and whether one leads anywhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote

import requests

from uploader.errors import UsageError
from uploader.http.url import checked_base_url
from uploader.masking import hide

NO_PROXY = "the proxy setting is not http://[USER:PASSWORD@]HOST:PORT"


def leads_somewhere(proxy: str | None) -> bool:
    """False for a proxy that can be none: the libraries would fail in ways of their own."""
    if not proxy:
        return True
    host = proxy.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    try:
        checked_base_url(f"https://{host}")
    except UsageError:
        return False
    return True


def hide_secrets(session: requests.Session, proxies: Mapping[str, str | None]) -> None:
    """Never show what the user's own settings hold: a proxy, or the library, may repeat it."""
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
