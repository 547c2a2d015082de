"""The bodies posted to the token endpoint, and their count as logins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from urllib.parse import urlencode

from uploader.masking import hide


class PlainForm:
    """URL-encoded form fields, as the token endpoint expects them.

    `left` is true once the body was handed to the connection, whatever the answer.
    """

    content_type = "application/x-www-form-urlencoded"

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._content = urlencode(fields).encode()
        self.bytes_read = 0
        self.left = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        self.bytes_read = len(self._content)
        self.left = True
        yield self._content


class Posts:
    """The bodies of one call to the token endpoint, a new one for each repeat. Inside `with` those sent are counted.

    `count(left)` is a context manager that counts a login, and uncounts it at the end unless `left()` is true.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        count: Callable[[Callable[[], bool]], AbstractContextManager[None]] | None = None,
    ) -> None:
        hide(*(fields.get(name, "") for name in ("password", "client_secret", "refresh_token")))
        self._fields = fields
        self._count = count
        self._counted = ExitStack()
        self._made: list[PlainForm] = []

    def __enter__(self) -> Posts:
        return self

    def __exit__(self, *error: object) -> None:
        self._counted.close()

    def next(self) -> PlainForm:
        """The next body; raises `LimitError` if no login is allowed now."""
        form = PlainForm(self._fields)
        self._counted.close()
        if self._count is not None:
            self._counted.enter_context(self._count(lambda: form.left))
        self._made.append(form)
        return form

    @property
    def may_be_taken(self) -> bool:
        """True if a body was sent and not certainly turned away."""
        return any(form.bytes_read > 0 for form in self._made)
