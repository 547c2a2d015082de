"""A clean file split between records: into parts of a maximum size, or reduced to selected rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preflight.engine.cleanfile import BLOCK, CleanFile
from preflight.errors import writing_temporary_files
from preflight.text.asking import option
from uploader.errors import NotSentError


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive records of a clean file: the bytes from `start` to `stop` (exclusive), without the heading.

    They are `rows` records, the first with index `first`, from 0.
    """

    start: int
    stop: int
    first: int
    rows: int


class CleanRecords(CleanFile):
    """A clean file that can be split between its records."""

    def cut(self, max_bytes: int, rows: int) -> list[Span]:
        """The spans of the fewest parts of at most `max_bytes` each, heading included; `rows` records in all.

        Raises `NotSentError` if a single record with the heading is larger.
        """
        size = self.path.stat().st_size
        heading = len(self.heading())
        if size <= max_bytes:
            return [Span(heading, size, 0, rows)]
        room, spans, at, row = max(max_bytes - heading, 0), list[Span](), heading, 0
        start, first = at, 0
        for records in self.records():
            starts = at + np.concatenate([[0], np.cumsum(records.end - records.start)])
            at = int(starts[-1])
            while at - start > room:
                fitting = int(starts.searchsorted(start + room, "right")) - 1
                stop, until = int(starts[fitting]), row + fitting
                if stop <= start:
                    raise NotSentError(
                        f"nothing was sent: row {until + 1} alone is larger than {max_bytes:,} bytes with its "
                        f"heading; shorten it, or raise {option('max_bytes')}"
                    )
                spans.append(Span(start, stop, first, until - first))
                start, first = stop, until
            row += len(records)
        return [*spans, Span(start, at, first, row - first)]

    def write(self, span: Span, to: Path) -> None:
        """Write the heading and the records of `span` to the file `to`."""
        with writing_temporary_files(), self.path.open("rb") as source, to.open("wb") as out:
            out.write(self.heading())
            source.seek(span.start)
            left = span.stop - span.start
            while left > 0 and (block := source.read(min(BLOCK, left))):
                out.write(block)
                left -= len(block)

    def write_selected(self, mask: npt.NDArray[np.bool_], to: Path) -> None:
        """Write the heading and the records selected by a mask to the file `to`."""
        row = 0
        with writing_temporary_files(), to.open("wb") as out:
            out.write(self.heading())
            for records in self.records():
                out.write(records.bytes_of(mask[row : row + len(records)]))
                row += len(records)
