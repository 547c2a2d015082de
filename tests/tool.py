"""External tools that a test needs: without one the test is skipped, and fails in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def needed(command: str, package: str) -> str:
    """The path of a command from Debian's `package`."""
    found = shutil.which(command)
    if found is None:
        told = f"NOT TESTED: there is no `{command}` here; install Debian's package {package}"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found
