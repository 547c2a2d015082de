"""Standard streams for the commands: terminals and CI runners obey no printed text, and printing never raises.

Everything that a command or one of its libraries prints goes through the two `Stream`s with which `guarded` replaces
stdout and stderr. So a `print` need not escape text from outside.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from preflight.text.display import escaped_character, is_plain

if TYPE_CHECKING:
    from rich.console import Console

_OBEYED = re.compile(r"\A\s*::|##[A-Za-z]{0,20}\[")
"""Commands of CI runners: `::` at a line's start, after whitespace of any kind (GitHub); `##[`, `##vso[`, `##teamcity[`
anywhere in a line (GitHub's older form, Azure Pipelines, TeamCity)."""
_LONGEST_OPENING = 32
"""Characters at a line's end in which a match of `_OBEYED` may begin."""
_OWN_COMMAND = re.compile(r"::[a-z-]+[ :]|::[0-9a-f]{32}::")
_STYLING = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\r)")
"""The sequences that rich writes to colour text and to move the cursor."""


@contextmanager
def guarded(command: str) -> Iterator[None]:
    """Context manager that replaces stdout and stderr by `Stream`s; `command` names the command in messages.

    A failing stdout is reported once on stderr. A stream that was closed (`>&-`, as some schedulers start commands)
    discards what is written.
    """
    _open_closed()
    before = sys.stdout, sys.stderr

    def report(error: OSError | ValueError) -> None:
        if not isinstance(error, BrokenPipeError):  # the reader, such as `head`, has enough
            sys.stderr.write(f"{command}: cannot write the output: {getattr(error, 'strerror', None) or error}\n")

    sys.stderr = _guarded(sys.stderr, lambda error: None)
    sys.stdout = _guarded(sys.stdout, report)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def guard_stderr() -> None:
    """Replace stderr by a `Stream` again, after a library has replaced it."""
    sys.stderr = _guarded(sys.stderr, lambda error: None)


def write_commands(text: str) -> None:
    """Write commands for a CI runner to stdout; text from outside must be escaped by the caller."""
    if isinstance(sys.stdout, Stream):
        sys.stdout.write_commands(text)
    else:
        sys.stdout.write(text)


def console(*, stderr: bool = False) -> Console:
    """A rich console whose styles reach the terminal, while control characters in its texts are escaped."""
    from rich.console import Console
    from rich.segment import Segment

    class Guarded(Console):
        def render(self, *args: Any, **kwargs: Any) -> Iterator[Segment]:
            for segment in super().render(*args, **kwargs):
                yield segment if segment.control else Segment(_plain(segment.text), segment.style)

    stream: Any = sys.stderr if stderr else sys.stdout
    file: Any = stream.styled() if isinstance(stream, Stream) else stream
    return Guarded(highlight=False, file=file)


class Stream(io.TextIOBase):
    """A text stream that writes escaped text to `stream`, and discards it after a failure.

    Invisible characters, control characters except line feeds, and commands of CI runners are written as escapes. The
    first error is passed to `failed`; everything written later is discarded. No method raises.
    """

    def __init__(self, stream: Any, failed: Callable[[OSError | ValueError], None]) -> None:
        super().__init__()
        self._stream = stream
        self._failed = failed
        self._line = ""
        self._lost = False

    def write(self, text: str) -> int:
        """Write `text`, escaped."""
        self._put(self._escaped(text))
        return len(text)

    def write_commands(self, text: str) -> None:
        """Write `text` and keep the commands at the start of its lines."""
        for line in text.splitlines(keepends=True):
            own = _OWN_COMMAND.match(line)
            if own is not None and not self._line:
                self._line = "-"
                self._put(own[0] + self._escaped(line[own.end() :]))
            else:
                self.write(line)

    def styled(self) -> _Styled:
        """A wrapper for rich that keeps its styles."""
        return _Styled(self)

    def write_styled(self, text: str) -> None:
        """Write `text` and keep its styles and cursor movements."""
        pieces = _STYLING.split(text)
        self._put("".join(piece if i % 2 else self._escaped(piece) for i, piece in enumerate(pieces)))

    def flush(self) -> None:
        """Flush the underlying stream."""
        if not self._lost:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._lose(error)

    def isatty(self) -> bool:
        """Whether the underlying stream is a terminal."""
        try:
            return bool(self._stream.isatty())
        except ValueError:  # closed
            return False

    def fileno(self) -> int:
        """The file descriptor of the underlying stream."""
        return int(self._stream.fileno())

    def writable(self) -> bool:
        """Always True."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the underlying stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def buffer(self) -> Any:
        """The underlying binary stream, which is not guarded."""
        return self._stream.buffer

    def _put(self, text: str) -> None:
        if not self._lost:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._lose(error)

    def _lose(self, error: OSError | ValueError) -> None:
        """Discard further text, and redirect the file to `os.devnull`, as Python would flush it again at exit."""
        self._lost = True
        with suppress(OSError, ValueError):
            number = self._stream.fileno()
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, number)
            if devnull != number:
                os.close(devnull)
        self._failed(error)

    def _escaped(self, text: str) -> str:
        first, *others = _plain(text).split("\n")
        lines = [self._without_commands(first)]
        for line in others:
            self._line = ""
            lines.append(self._without_commands(line))
        return "\n".join(lines)

    def _without_commands(self, text: str) -> str:
        """`text` with commands escaped, including those that begin in the part of the line written before."""
        written = self._line

        def escaped(obeyed: re.Match[str]) -> str:
            at = max(obeyed.end() - len(obeyed[0].lstrip()), len(written))  # the first character not yet written
            line = obeyed.string
            return line[obeyed.start() : at] + escaped_character(line[at]) + line[at + 1 : obeyed.end()]

        line = _OBEYED.sub(escaped, written + text)
        # Once a line has other text at its start, a command can only begin in its last characters.
        self._line = line if line.strip() in ("", ":") else f"-{line[-_LONGEST_OPENING:]}"
        return line[len(written) :]


class _Styled:
    """A `Stream` as the file of a rich console."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.flush, self.isatty, self.fileno = stream.flush, stream.isatty, stream.fileno
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        """Write text that rich has rendered."""
        self._stream.write_styled(text)
        return len(text)


def _plain(text: str) -> str:
    """`text` with every invisible character, except spaces and line feeds, as an escape."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or is_plain(c) else escaped_character(c) for c in text)


def _guarded(stream: Any, failed: Callable[[OSError | ValueError], None]) -> Any:
    if isinstance(stream, Stream):  # nested commands
        return stream
    if stream is None:
        stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  open until the process ends
    elif isinstance(stream, io.TextIOWrapper):
        with suppress(ValueError):  # closed
            stream.reconfigure(errors="backslashreplace")  # escapes characters that the encoding lacks
    return Stream(stream, failed)


def _open_closed() -> None:
    """Open `os.devnull` under the descriptors of closed streams: else an output file could get one of them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
