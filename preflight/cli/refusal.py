"""What a command says when it exits with 2: what is wrong or open, the choices, and a command that goes on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from preflight.errors import PreflightError, UnclearError
from preflight.text.display import as_json, one_line, visible


def told(name: str, error: Exception, argv: Sequence[str]) -> str:
    """The lines for stderr: the message, the choices one a line, and the command `name argv` with the likeliest.

    Where none is likelier than others, each has its command.
    """
    if not isinstance(error, UnclearError):
        return f"{name}: {one_line(str(error))}"
    says, following = f"{name}: {one_line(error.says)}", f"Next: {next_command(name, error, argv)}"
    others = [f"  or: {command(name, argv, options)}" for options in error.others]
    lines = [says, *map(one_line, error.lines), following, *others]
    return "\n".join(lines) if error.choices else f"{says}. {following}"


def next_command(name: str, error: UnclearError, argv: Sequence[str]) -> str:
    """The command that was given, with options for what was open; a look at the file where nothing is likely."""
    if not error.options:
        return command("preflight", ["inspect", error.file or "FILE"])
    return command(name, argv, error.options)


def command(name: str, argv: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """A command as it is typed, with more options."""
    end = list(argv).index("--") if "--" in argv else len(argv)
    added = [f"--{key}{'=' if value.startswith('-') else ' '}{quoted(value)}" for key, value in (more or {}).items()]
    return " ".join([name, *map(quoted, argv[:end]), *added, *map(quoted, argv[end:])])


def quoted(text: str) -> str:
    """A text as a shell takes it, on one line."""
    return shlex.quote(text) if text.isprintable() else "$'" + visible(text).replace("'", "\\'") + "'"


def error_object(error: Exception) -> dict[str, object]:
    """What `--json` has under `error`."""
    code = error.code if isinstance(error, PreflightError) else "usage"
    choices = [dict(one) for one in error.choices] if isinstance(error, PreflightError) else []
    message = error.says if isinstance(error, UnclearError) else str(error)
    return {"code": code, "message": one_line(message), "choices": choices}


def as_json_error(error: Exception) -> str:
    """The object that `--json` prints where there is nothing else to print."""
    return as_json({"error": error_object(error)})
