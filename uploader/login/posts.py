"""What is posted to the token endpoint: plain forms, each that leaves counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from urllib.parse import urlencode

from uploader.masking import hide


class PlainForm:
    """Form fields without a file, URL-encoded, as the token endpoint takes them.

    `left` is true once it was asked for, whatever the server made of it.
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
    """The bodies of one call to the token endpoint, anew for each repeat. Inside `with`, those that leave are counted.

    `count` is a context manager that counts a login, and takes that back when it is told that the body never left.
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
        """The next body; raises `LimitError` when it may not leave."""
        form = PlainForm(self._fields)
        self._counted.close()
        if self._count is not None:
            self._counted.enter_context(self._count(lambda: form.left))
        self._made.append(form)
        return form

    @property
    def may_be_taken(self) -> bool:
        """True when one has left and was not turned away for certain."""
        return any(form.bytes_read > 0 for form in self._made)
