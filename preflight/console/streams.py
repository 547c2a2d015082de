"""The standard streams as the commands need them: what is printed is never obeyed, and printing never fails.

All that a command prints, and all that a library prints for it, goes through the two `Stream`s that `guarded` puts in
place of stdout and stderr. So no print has to remember what a terminal or a CI runner would do with a text.
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
"""What a CI runner takes for a command: `::` at a line's start, after blanks of any kind (GitHub); `##[`, `##vso[`,
`##teamcity[` anywhere in a line (GitHub's older form, Azure Pipelines, TeamCity)."""
_LONGEST_OPENING = 32
"""Characters of a line in which `_OBEYED` may begin to match."""
_OWN_COMMAND = re.compile(r"::[a-z-]+[ :]|::[0-9a-f]{32}::")
_STYLING = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\r)")
"""What rich writes to colour a text and to move the cursor."""


@contextmanager
def guarded(command: str) -> Iterator[None]:
    """Put a `Stream` in place of stdout and stderr; `command` is the name under which a failing stdout is told of.

    A stream that was closed (`>&-`, as some schedulers start commands) swallows what is written.
    """
    _open_closed()
    before = sys.stdout, sys.stderr

    def tell(error: OSError | ValueError) -> None:
        if not isinstance(error, BrokenPipeError):  # its reader (`head`, say) has gone, and wants no more
            sys.stderr.write(f"{command}: cannot write the output: {getattr(error, 'strerror', None) or error}\n")

    sys.stderr = _guarded(sys.stderr, lambda error: None)
    sys.stdout = _guarded(sys.stdout, tell)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def guard_stderr() -> None:
    """Put a `Stream` in place of what somebody put in place of stderr."""
    sys.stderr = _guarded(sys.stderr, lambda error: None)


def write_commands(text: str) -> None:
    """Write lines to stdout that a CI runner is to obey; what they quote from outside must be escaped in them."""
    if isinstance(sys.stdout, Stream):
        sys.stdout.write_commands(text)
    else:
        sys.stdout.write(text)


def console(*, stderr: bool = False) -> Console:
    """A console of rich's, the styles of which reach the terminal, and nothing else that it would obey."""
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
    """A text stream that writes into `stream` what may be written, and loses the rest once that fails.

    Characters that nobody sees, controls and what a CI runner would obey are written as escapes, line feeds as they
    are. `failed` hears why writing failed, once; from then on what is written goes nowhere. Nothing is ever raised.
    """

    def __init__(self, stream: Any, failed: Callable[[OSError | ValueError], None]) -> None:
        super().__init__()
        self._stream = stream
        self._failed = failed
        self._line = ""
        self._lost = False

    def write(self, text: str) -> int:
        """Write `text`, defused."""
        self._put(self._defused(text))
        return len(text)

    def write_commands(self, text: str) -> None:
        """Write `text` with the commands that its lines begin with."""
        for line in text.splitlines(keepends=True):
            own = _OWN_COMMAND.match(line)
            if own is not None and not self._line:
                self._line = "-"
                self._put(own[0] + self._defused(line[own.end() :]))
            else:
                self.write(line)

    def styled(self) -> _Styled:
        """This stream for rich, which styles what it writes."""
        return _Styled(self)

    def write_styled(self, text: str) -> None:
        """Write `text` with the styles and cursor movements in it."""
        pieces = _STYLING.split(text)
        self._put("".join(piece if i % 2 else self._defused(piece) for i, piece in enumerate(pieces)))

    def flush(self) -> None:
        """Hand over what was written."""
        if not self._lost:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._lose(error)

    def isatty(self) -> bool:
        """True when a person sees it."""
        try:
            return bool(self._stream.isatty())
        except ValueError:  # it was closed
            return False

    def fileno(self) -> int:
        """The number of the file beneath."""
        return int(self._stream.fileno())

    def writable(self) -> bool:
        """True always."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream beneath."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def buffer(self) -> Any:
        """The bytes beneath, which nobody guards."""
        return self._stream.buffer

    def _put(self, text: str) -> None:
        if not self._lost:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._lose(error)

    def _lose(self, error: OSError | ValueError) -> None:
        """Take the writing for lost, and the file beneath for `os.devnull`: Python would try it again at its end."""
        self._lost = True
        with suppress(OSError, ValueError):
            number = self._stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            if nowhere != number:
                os.close(nowhere)
        self._failed(error)

    def _defused(self, text: str) -> str:
        first, *others = _plain(text).split("\n")
        lines = [self._unobeyed(first)]
        for line in others:
            self._line = ""
            lines.append(self._unobeyed(line))
        return "\n".join(lines)

    def _unobeyed(self, text: str) -> str:
        """`text` as it may follow what of the line was written before."""
        written = self._line

        def broken(obeyed: re.Match[str]) -> str:
            at = max(obeyed.end() - len(obeyed[0].lstrip()), len(written))  # what is written is written
            line = obeyed.string
            return line[obeyed.start() : at] + escaped_character(line[at]) + line[at + 1 : obeyed.end()]

        line = _OBEYED.sub(broken, written + text)
        # Of a line that does not begin with a command any more only its end may still become one.
        self._line = line if line.strip() in ("", ":") else f"-{line[-_LONGEST_OPENING:]}"
        return line[len(written) :]


class _Styled:
    """A `Stream` as rich takes it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.flush, self.isatty, self.fileno = stream.flush, stream.isatty, stream.fileno
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        """Write what rich rendered."""
        self._stream.write_styled(text)
        return len(text)


def _plain(text: str) -> str:
    """`text` with every character that nobody sees but blanks and line feeds as an escape."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or is_plain(c) else escaped_character(c) for c in text)


def _guarded(stream: Any, failed: Callable[[OSError | ValueError], None]) -> Any:
    if isinstance(stream, Stream):  # a command within a command
        return stream
    if stream is None:
        stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  open as long as the process
    elif isinstance(stream, io.TextIOWrapper):
        with suppress(ValueError):  # it was closed
            stream.reconfigure(errors="backslashreplace")  # a character that the terminal lacks becomes its escape
    return Stream(stream, failed)


def _open_closed() -> None:
    """Give the numbers of closed streams to `os.devnull`: no output may get one, as a library may still write to it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
