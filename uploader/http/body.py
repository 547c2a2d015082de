"""The bodies of requests: an upload, framed by requests-toolbelt and streamed from the file, and a plain form."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol
from urllib.parse import urlencode

from requests_toolbelt import MultipartEncoder

FILE_PART = "file"
"""The file part's name in the endpoint page's own samples; a generated OpenAPI mirror says `File`."""

BLOCK = 64 * 1024
"""Bytes of the file that are given to the socket at a time; bigger blocks fall out of the cache and are slower."""

Progress = Callable[[int, int | None], None]
"""Called with bytes done and bytes in all."""


class Content(Protocol):
    """A request's body as the client sends it: once.

    `bytes_read` above 0 means that some of it may have arrived; it is 0 again when the server turned the request away.
    """

    content_type: str
    bytes_read: int

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes | memoryview]: ...


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


class Body:
    """The form fields in their order, then the file, which is read while the body leaves; can be sent once.

    The encoder writes everything but the file's bytes. These go from one reused buffer straight to the socket: through
    the encoder they would be copied into two fresh blocks of memory each, which costs half the throughput.

    `bytes_read` is how much of the body has been asked for: above 0, some of it may have left.
    """

    def __init__(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None = None) -> None:
        frame = MultipartEncoder({**fields, FILE_PART: (fields["filename"], b"", "text/csv")})
        self._end = f"\r\n--{frame.boundary_value}--\r\n".encode()
        self._start = frame.to_string().removesuffix(self._end)
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._progress = progress
        self.content_type: str = frame.content_type
        self.bytes_read = 0

    def __len__(self) -> int:
        return len(self._start) + self._size + len(self._end)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The body's blocks; each is valid until the next is asked for. Raises `OSError` when the file has shrunk."""
        for block in self._blocks():
            self.bytes_read += len(block)
            if self._progress is not None:
                self._progress(self.bytes_read, len(self))
            yield block

    def _blocks(self) -> Iterator[bytes | memoryview]:
        yield self._start
        buffer = memoryview(bytearray(BLOCK))
        left = self._size
        while left > 0:
            size = self._stream.readinto(buffer[: min(BLOCK, left)])  # type: ignore[attr-defined]
            if not size:
                raise OSError("the file became shorter while it was sent")
            left -= size
            yield buffer[:size]
        yield self._end
