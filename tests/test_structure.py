"""Imports point one way, and the names that a package exports are the documented ones."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import preflight
import uploader

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(ROOT) for name in ("preflight", "uploader") for path in (ROOT / name).rglob("*.py"))


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


@cache
def imports_of(module: Path) -> frozenset[str]:
    """Dotted names of our own modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return frozenset(name for name in found if name.split(".")[0] in ("preflight", "uploader"))


def dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


ROOMS = (
    *("cli", "console", "many", "merging", "engine", "executors", "mending", "opening", "sheets", "outputs", "render"),
    *("rules", "evidence", "detect", "tools", "tables", "restoring"),
    *("inputs", "records", "workbooks", "remote", "model", "labels", "layouts", "dates", "addresses", "text"),
)
"""The packages of `preflight` from top to bottom: each imports only later ones."""

NEIGHBOURS = {("outputs", "rules"), ("outputs", "detect"), ("rules", "detect"), ("evidence", "detect")}
"""Rooms on one level: neither imports the other."""

MAX_MODULES = 12
"""A room with more modules should be split."""

AT_THE_DOOR = {"preflight", "preflight.__main__", "preflight.errors", "preflight.signals"}
"""Modules outside the rooms: the package's names, its command, the errors, which every room raises, and the signals,
which any room may delay."""

OFFERED = {
    "preflight",
    "preflight.console.annotating",
    "preflight.cli.options",
    "preflight.console.progress",
    "preflight.cli.proposal",
    "preflight.cli.commands",
    "preflight.cli.next_command",
    "preflight.cli.refusal",
    "preflight.console.running",
    "preflight.console.streams",
    "preflight.errors",
    "preflight.model.fixes",
    "preflight.layouts.columnnames",
    "preflight.layouts.condition",
    "preflight.layouts.layout",
    "preflight.layouts.option",
    "preflight.layouts.profile",
    "preflight.layouts.words",
    "preflight.merging.rows",
    "preflight.model.options",
    "preflight.model.codes",
    "preflight.model.problems",
    "preflight.model.report",
    "preflight.model.reported",
    "preflight.outputs.leftovers",
    "preflight.text.fingerprint",
    "preflight.inputs.frames",
    "preflight.records.grammar",
    "preflight.records.scanner",
    "preflight.render.marking",
    "preflight.render.plainwords",
    "preflight.render.terminal",
    "preflight.render.text",
    "preflight.signals",
    "preflight.text.spelling",
    "preflight.engine.cleanfile",
    "preflight.outputs.file",
    "preflight.evidence.titles",
    "preflight.text.asking",
    "preflight.text.display",
    "preflight.text.dressing",
    "preflight.text.shell",
}
"""The modules of `preflight` that `uploader` may import."""


def room_of(name: str) -> str | None:
    """The room of a module of `preflight`, None for a module outside."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else None


OF_PREFLIGHT, OF_UPLOADER = ([m for m in MODULES if m.parts[0] == name] for name in ("preflight", "uploader"))


def test_every_module_lies_in_a_room() -> None:
    for module in OF_PREFLIGHT:
        name = dotted(module)
        assert name in AT_THE_DOOR or room_of(name) is not None, f"{module} lies in no room"
        assert len(name.split(".")) <= 3, f"{module} lies in a room of a room"


def test_preflight_imports_go_down() -> None:
    for module in OF_PREFLIGHT:
        own = room_of(dotted(module))
        imported = imports_of(module)
        assert not any(name.split(".")[0] == "uploader" for name in imported), f"{module} imports the uploader"
        if own is None:  # outside the rooms only the errors and signals import nothing
            assert dotted(module) not in ("preflight.errors", "preflight.signals") or not imported, module
            continue
        rooms = {room for name in imported if (room := room_of(name)) is not None and room != own}
        for room in rooms:
            assert ROOMS.index(room) > ROOMS.index(own), f"{module} imports {room}, which is above {own}"
            assert (own, room) not in NEIGHBOURS, f"{module} imports {room}, which is beside {own}"
        assert not imported & {"preflight", "preflight.__main__"}, f"{module} imports what stands at the door"


def test_the_uploader_uses_what_preflight_offers() -> None:
    for module in OF_UPLOADER:
        for name in imports_of(module):
            if name.split(".")[0] == "preflight" and (ROOT / Path(*name.split("."))).with_suffix(".py").exists():
                assert name in OFFERED, f"{module} imports {name}"


UPLOADER_ROOMS = (
    *("cli", "page", "web", "editing", "render", "sending", "delivery", "preparing", "login", "ledger"),
    *("acton", "account", "model", "http", "wire"),
)
"""The packages of `uploader` from top to bottom: each imports only later ones."""

UPLOADER_DOOR = {"uploader", "uploader.__main__", "uploader.errors", "uploader.masking"}
"""Modules outside the rooms: the package's names, the command, the errors, and the masking of all error messages."""


def uploader_room_of(name: str) -> str | None:
    """The room of a module of `uploader`, None for a module outside."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in (*UPLOADER_ROOMS, "rehearsal") else None


@pytest.mark.parametrize(
    "room", [*(f"preflight/{room}" for room in ROOMS), *(f"uploader/{room}" for room in [*UPLOADER_ROOMS, "rehearsal"])]
)
def test_a_room_has_a_docstring_and_at_most_a_dozen_modules(room: str) -> None:
    folder = ROOT / room
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MAX_MODULES


def test_every_module_of_the_uploader_lies_in_a_room_and_its_imports_go_down() -> None:
    for module in OF_UPLOADER:
        name = dotted(module)
        own = uploader_room_of(name)
        assert name in UPLOADER_DOOR or own is not None, f"{module} lies in no room"
        assert len(name.split(".")) <= 3, f"{module} lies in a room of a room"
        rooms = {room for other in imports_of(module) if (room := uploader_room_of(other)) is not None and room != own}
        if own == "rehearsal":
            assert not rooms, f"{module} imports {rooms}"
        elif own is not None:
            rooms -= {"rehearsal"} if own == "cli" else set()
            below = UPLOADER_ROOMS[UPLOADER_ROOMS.index(own) + 1 :]
            assert rooms <= set(below), f"{module} imports {rooms - set(below)}, which is above {own}"
            assert not imports_of(module) & {"uploader", "uploader.__main__"}, (
                f"{module} imports what stands at the door"
            )


NAMED_ONLY = {("uploader.errors", "uploader.sending.delivery")}
"""Imports for an annotation alone that may close a circle: an error names the delivery that it carries."""


def test_no_modules_import_each_other() -> None:
    names = {dotted(module): imports_of(module) for module in MODULES}
    graph = {
        name: {other for other in imported & names.keys() - {name} if (name, other) not in NAMED_ONLY}
        for name, imported in names.items()
    }
    assert len([*TopologicalSorter(graph).static_order()]) == len(MODULES)  # raises CycleError, which names them


THE_WAY = ("delivery", "acton", "http")
"""The rooms between the clean file and the confirmed job, from top to bottom."""

MOST_LINES = 900
"""Most lines of all files in these rooms together."""


def test_the_way_from_the_clean_file_to_the_confirmed_job_is_short() -> None:
    modules = [path for room in THE_WAY for path in (ROOT / "uploader" / room).glob("*.py")]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules) < MOST_LINES


ACTONS_OWN = {"acton", "account"}
"""The rooms with code specific to Act-On."""

ONLY_HERE = {"uploader.acton.endpoint", "uploader.account.hosts", "uploader.account.target"}
"""The modules of these rooms that others may import: the endpoint, its hosts, and the validation of targets."""


def test_code_specific_to_act_on_is_behind_its_endpoint() -> None:
    for module in [m for m in OF_UPLOADER if not ACTONS_OWN & {*m.parts}]:
        used = {name for name in imports_of(module) if uploader_room_of(name) in ACTONS_OWN}
        of_modules = {name for name in used if (ROOT / Path(*name.split("."))).with_suffix(".py").exists()}
        assert of_modules <= ONLY_HERE, module
        assert not used or not {"http", "wire"} & {*module.parts}, module


def test_the_rehearsal_is_a_second_opinion() -> None:
    for module in [m for m in MODULES if "rehearsal" in m.parts]:
        assert not any(name.startswith("preflight") for name in imports_of(module)), module


COMMANDS = {"cli", "console"}
"""The rooms of the commands."""


def test_only_the_commands_print_read_the_environment_or_exit() -> None:
    for module in [m for m in MODULES if not COMMANDS & {*m.parts[:-1]} and m.name != "__main__.py"]:
        nodes = [*ast.walk(tree_of(module))]
        called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        read = {
            f"{node.value.id}.{node.attr}"
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        assert not called & {"print", "input", "exit"}, module
        forks = module.name in ("pool.py", "forked.py")  # a worker must end with its command, whatever it is doing
        assert not read & {"os.environ", "os.getenv", "sys.exit", *(() if forks else ("os._exit",))}, module


@pytest.mark.parametrize("package", [preflight, uploader])
def test_exported_names_exist_and_are_sorted(package: object) -> None:
    names = list(package.__all__)  # type: ignore[attr-defined]
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(hasattr(package, name) for name in names)


def test_lazily_imported_names_are_listed() -> None:
    assert set(preflight.__all__) <= set(dir(preflight))
