"""What a command says when it exits with 2: what is wrong or open, the choices, and a command that goes on."""

from __future__ import annotations

from collections.abc import Sequence

from preflight.cli import commands
from preflight.cli.commands import Options
from preflight.errors import PreflightError, UnclearError
from preflight.text.display import as_json, one_line, stem_of


def as_text(name: str, error: Exception, argv: Sequence[str], look: Options | None = None) -> str:
    """The lines for stderr: the message, the choices one a line, and the command `name argv` with the likeliest.

    Where none is likelier than others, each has its command. For `look` see `next_command`.
    """
    if not isinstance(error, UnclearError):
        options = error.options if isinstance(error, PreflightError) else {}
        following = f". Next: {commands.again(name, argv, options)}" if options else ""
        return f"{name}: {one_line(str(error))}{following}"
    says, following = f"{name}: {one_line(error.says)}", f"Next: {next_command(name, error, argv, look)}"
    if not (error.choices or error.lines):
        return f"{says}. {following}"
    others = [f"  or: {commands.again(name, argv, options)}" for options in error.others]
    return "\n".join([says, *map(one_line, error.lines), following, *others])


def from_inspect(argv: Sequence[str]) -> list[str]:
    """The check that follows a look at a file, given as `argv` of `preflight`."""
    return ["check", *(word for word in argv[1:] if word != "--json")]


def with_clean_file(error: UnclearError, file: str, clean: object) -> UnclearError:
    """The error with an option for a clean file, where there are fixes to write into one and none was asked for."""
    if clean is None and "fix" in error.options:
        more: dict[str, str | list[str] | None] = {"clean": f"{stem_of(file)}-clean.csv"}
        error.options, error.others = error.options | more, [{**one, **more} for one in error.others]
    return error


def next_command(name: str, error: UnclearError, argv: Sequence[str], look: Options | None) -> str:
    """The command that was given, with options for what was open.

    Where nothing is likely it is a look at the file with the options `look`; where that was had, and `look` is None,
    the options have what stands for their values.
    """
    if error.options:
        return commands.again(name, argv, error.options)
    still_open = [*error.questions] or ["dateformat"] * (error.code == "dateformat")
    if look is None and still_open:
        return commands.again(name, argv, {one: commands.STANDS_FOR[one][0] for one in still_open})
    return commands.inspect(error.file, look or {})


def error_object(error: Exception) -> dict[str, object]:
    """What `--json` has under `error`."""
    code = error.code if isinstance(error, PreflightError) else "usage"
    choices = [dict(one) for one in error.choices] if isinstance(error, PreflightError) else []
    message = error.says if isinstance(error, UnclearError) else str(error)
    return {"code": code, "message": one_line(message), "choices": choices}


def as_json_error(error: Exception) -> str:
    """The object that `--json` prints where there is nothing else to print."""
    return as_json({"error": error_object(error)})
