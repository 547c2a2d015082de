"""`--version` of both commands is the version that the build gives the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

HEAVY = "{'pandas', 'numpy', 'pyarrow', 'requests'} & {*sys.modules}"


@pytest.mark.parametrize("name", ["preflight", "uploader"])
def test_the_version_is_that_of_the_package_and_is_printed_quickly(name: str) -> None:
    version = ProjectMetadata(str(Path(__file__).parents[1]), PluginManager()).version
    run = f"import atexit, sys; atexit.register(lambda: print({HEAVY})); from {name}.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", run, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{name} {version}\nset()\n", "")
