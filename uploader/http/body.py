"""The body of an upload: framed by urllib3, and streamed from the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol

from urllib3.filepost import encode_multipart_formdata

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


class Body:
    """The form fields in their order, then the file, which is read while the body leaves; can be sent once.

    urllib3 writes everything but the file's bytes. These go from one reused buffer straight to the socket: through
    the encoder they would be copied into two fresh blocks of memory each, which costs half the throughput.

    `bytes_read` is how much of the body has been asked for: above 0, some of it may have left.
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
