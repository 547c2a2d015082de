"""The output of a command that exits with 2: the error or question, the choices, and the next command."""

from __future__ import annotations

from collections.abc import Sequence

from preflight.cli import commands
from preflight.cli.commands import Options
from preflight.errors import PreflightError, UnclearError
from preflight.text.display import as_json, one_line, stem_of


def as_text(name: str, error: Exception, argv: Sequence[str], look: Options | None = None) -> str:
    """The text for stderr: the message, the choices one per line, and the command `name argv` with the likeliest.

    The other choices have a command each, too. For `look` see `next_command`.
    """
    if not isinstance(error, UnclearError):
        options = error.options if isinstance(error, PreflightError) else {}
        following = f". Next: {commands.again(name, argv, options)}" if options else ""
        return f"{name}: {one_line(str(error))}{following}"
    asked = [says for option, says in error.questions.items() if option != "dateformat"]  # which is among the lines
    says = [f"{name}: {one_line(one)}" for one in (asked if len(asked) > 1 else [error.says])]
    following = f"Next: {next_command(name, error, argv, look)}"
    others = [f"  or: {commands.again(name, argv, options)}" for options in error.others]
    return "\n".join([*says, *map(one_line, error.lines), following, *others])


def from_inspect(argv: Sequence[str]) -> list[str]:
    """The arguments of the check that follows `preflight inspect` with the arguments `argv`."""
    return ["check", *(word for word in argv[1:] if word != "--json")]


def with_clean_file(error: UnclearError, file: str, clean: object) -> UnclearError:
    """The error with an option for a clean file added if it proposes fixes and no clean file was requested."""
    if clean is None and "fix" in error.options:
        added: dict[str, str | list[str] | None] = {"clean": f"{stem_of(file)}-clean.csv"}
        error.options, error.others = error.options | added, [{**one, **added} for one in error.others]
    return error


def with_merge(error: UnclearError) -> UnclearError:
    """The error of a check of a bad-rows file with the merge, which knows the answers, as the first proposal."""
    from preflight.opening.provenance import clean_file_of  # which imports Arrow

    if not commands.is_gone(error.file) and (clean := clean_file_of(error.file)):
        error.others = [*filter(None, [error.options]), *error.others]
        error.options = {"merge-into": clean}
    return error


def next_command(name: str, error: UnclearError, argv: Sequence[str], look: Options | None) -> str:
    """The given command with the options of the likeliest answer.

    If there is none, it is the command that inspects the file, with the options `look`. After an inspection (`look` is
    None) it is the given command with placeholders.
    """
    if error.options:
        return commands.again(name, argv, error.options)
    still_open = [*error.questions] or ["dateformat"] * (error.code == "dateformat")
    if look is None and still_open:
        return commands.again(name, argv, {one: commands.STANDS_FOR[one][0] for one in still_open})
    return commands.inspect(error.file, look or {})


def error_object(error: Exception) -> dict[str, object]:
    """The value of `error` in the output of `--json`."""
    code = getattr(error, "code", "usage")
    choices = [dict(one) for one in error.choices] if isinstance(error, PreflightError) else []
    message = error.says if isinstance(error, UnclearError) else str(error)
    return {"code": code, "message": one_line(message), "choices": choices}


def as_json_error(error: Exception) -> str:
    """The JSON object that `--json` prints for an error; with the known export that the file is."""
    export = dict(error.export) if isinstance(error, UnclearError) else {}
    return as_json({"error": error_object(error)} | ({"export": export} if export else {}))
