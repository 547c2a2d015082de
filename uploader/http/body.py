"""The body of an upload: framed by urllib3, and streamed from the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol

from urllib3.filepost import encode_multipart_formdata

FILE_PART = "file"
"""The file part's name in the endpoint page's own samples; a generated OpenAPI mirror says `File`."""

BLOCK = 64 * 1024
"""Bytes of the file per block; larger blocks exceed the cache and are slower."""

Progress = Callable[[int, int | None], None]
"""Callback with the bytes done and the total (`None` if unknown)."""


class Content(Protocol):
    """A request body, which can be sent once.

    `bytes_read` above 0 means that some of it may have arrived; it is reset to 0 when the server turned the request
    away.
    """

    content_type: str
    bytes_read: int

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes | memoryview]: ...


class Body:
    """A multipart body: the form fields in order, then the file, which is read while it is sent. Can be sent once.

    urllib3 writes everything but the file's bytes. These go from one reused buffer to the socket: through the encoder
    each block would be copied twice, which costs half the throughput.

    `bytes_read` is the number of bytes handed to the connection: above 0, some may have left.
    """

    def __init__(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None = None) -> None:
        frame, self.content_type = encode_multipart_formdata(
            [*fields.items(), (FILE_PART, (fields["filename"], b"", "text/csv"))]
        )
        start, boundary, end = frame.rpartition(b"\r\n--")
        self._start, self._end = start, boundary + end
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._progress = progress
        self.bytes_read = 0

    def __len__(self) -> int:
        return len(self._start) + self._size + len(self._end)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The blocks of the body, each valid until the next one. Raises `OSError` if the file has shrunk."""
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
