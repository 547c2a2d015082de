"""Imports point one way, and the names that a package exports are the documented ones."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import preflight
import uploader

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(ROOT) for name in ("preflight", "uploader") for path in (ROOT / name).rglob("*.py"))


def imports_of(module: Path) -> set[str]:
    """Dotted names of our own modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.split(".")[0] in ("preflight", "uploader")}


def dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


LAYERS = [
    {
        "preflight.errors",
        "preflight.show",
        "preflight.blanks",
        "preflight.problems",
        "preflight.fixes",
        "preflight.added",
        "preflight.mojibake",
        "preflight.emaildomains",
        "preflight.nopandas",
    },
    {
        "preflight.datepattern",
        "preflight.dateformat",
        "preflight.datereader",
        "preflight.javadate",
        "preflight.knownformats",
        "preflight.dateorder",
    },
    {"preflight.datefault"},
    {"preflight.layout", "preflight.timeline"},
    {
        "preflight.records",
        "preflight.lines",
        "preflight.scanning",
        "preflight.encoding",
        "preflight.inputfile",
        "preflight.filekind",
        "preflight.source",
        "preflight.output",
        "preflight.findings",
        "preflight.fingerprint",
        "preflight.dateevidence",
        "preflight.badrows",
        "preflight.spreadsheet",
        "preflight.report",
    },
    {
        "preflight.cells",
        "preflight.distinct",
        "preflight.domainevidence",
        "preflight.duplicates",
        "preflight.titles",
        "preflight.titleevidence",
        "preflight.rules",
        "preflight.processes",
        "preflight.workers",
    },
    {"preflight.rewriting", "preflight.fixing"},
    {"preflight.headings", "preflight.columns", "preflight.columnfinder", "preflight.dialects"},
    {"preflight.contradiction", "preflight.detect"},
    {"preflight.reading", "preflight.elimination", "preflight.inspection"},
    {"preflight.wholefile"},
    {"preflight.judging"},
    {"preflight.sinks", "preflight.badrowsfile", "preflight.normalizing"},
    {
        "preflight.onepass",
        "preflight.pipeline",
        "preflight.htmlreport",
        "preflight.render",
        "preflight.options",
        "preflight.progress",
        "preflight.streams",
    },
    {"preflight.merging", "preflight.nextcommand"},
    {"preflight"},
    {"preflight.cli"},
    {"preflight.__main__"},
]
"""What is in one layer may import its own layer and those above it in this list."""


def layer_of(name: str) -> int | None:
    for depth, names in enumerate(LAYERS):
        if name in names or any(name.startswith(f"{parent}.") for parent in names - {"preflight"}):
            return depth
    return None


@pytest.mark.parametrize("module", [m for m in MODULES if m.parts[0] == "preflight"], ids=str)
def test_preflight_imports_point_one_way(module: Path) -> None:
    own = layer_of(dotted(module))
    assert own is not None, f"{module} is in no layer of LAYERS"
    for name in imports_of(module):
        assert not name.startswith("uploader"), f"{module} imports {name}"
        depth = layer_of(name) if name != "preflight" else LAYERS.index({"preflight"})
        assert depth is None or depth <= own, f"{module} imports {name}, which is further down"


@pytest.mark.parametrize("module", [m for m in MODULES if "rehearsal" in m.name], ids=str)
def test_the_rehearsal_is_a_second_opinion(module: Path) -> None:
    assert not any(name.startswith("preflight") for name in imports_of(module))


@pytest.mark.parametrize("module", [m for m in MODULES if m.name not in ("cli.py", "__main__.py")], ids=str)
def test_only_the_commands_print_read_the_environment_or_exit(module: Path) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    read = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & {"print", "input", "exit"}
    forks = module.name == "processes.py"  # a forked process must end without finishing what it was forked from
    assert not read & {"os.environ", "os.getenv", "sys.exit", *(() if forks else ("os._exit",))}


@pytest.mark.parametrize("package", [preflight, uploader])
def test_exported_names_are_there_and_sorted(package: object) -> None:
    names = list(package.__all__)  # type: ignore[attr-defined]
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(hasattr(package, name) for name in names)
