"""The buffers of Arrow arrays of texts as numpy arrays, without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def as_strings(texts: Any) -> Any:
    """Texts as one Arrow array of strings, large or not."""
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        texts = texts.cast(pa.large_string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def bytes_of(texts: Any) -> npt.NDArray[np.uint8]:
    """The bytes that an Arrow array of strings or binaries lies in; a slice has those around it, too."""
    return np.frombuffer(texts.buffers()[-1] or b"", np.uint8)


def edges_of(texts: Any) -> npt.NDArray[np.int64]:
    """The offset in these bytes of the start of each text, and of the end of the last."""
    is_large = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    edges = np.frombuffer(texts.buffers()[1], np.int64 if is_large else np.int32)
    return edges[texts.offset : texts.offset + len(texts) + 1].astype(np.int64, copy=False)


def between(block: Any, start: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]) -> Any:
    """Parts of a block of bytes as an Arrow array of binaries, copied once."""
    edges = np.stack([start, stop], 1).astype(np.int32)
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(block)]
    with_gaps = pa.BinaryArray.from_buffers(pa.binary(), max(0, edges.size - 1), buffers)
    return with_gaps.take(pa.array(np.arange(0, edges.size, 2)))
