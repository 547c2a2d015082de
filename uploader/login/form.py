"""The body of a request to the token endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from uploader.masking import hide


class PlainForm:
    """URL-encoded form fields, as the token endpoint expects them.

    `left` is true once the body was handed to the connection, whatever the answer. Secrets in the fields are hidden.
    """

    content_type = "application/x-www-form-urlencoded"

    def __init__(self, fields: Mapping[str, str]) -> None:
        hide(*(fields.get(name, "") for name in ("password", "client_secret", "refresh_token")))
        self._content = urlencode(fields).encode()
        self.bytes_read = 0
        self.left = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        self.bytes_read = len(self._content)
        self.left = True
        yield self._content
