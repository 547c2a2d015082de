"""What a check notes beside its outputs (`outputs.sidecar`): the source, how it was read, and which rows are where.

That is what it takes to add mended rows to the clean file later, and to tell a bad-rows file of another source.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np

from preflight.errors import LayoutError
from preflight.model.arrays import Mask
from preflight.model.layout import Layout
from preflight.model.option import Option, options_of
from preflight.model.options import CheckOptions

NOT_NOTED = ("known_titles",)
"""Options of a check that are not noted: they may be many."""


class Noting:
    """Takes what the pass over a file goes by, and gives what is to be noted about its outputs."""

    def __init__(self, name: str, layout: Layout, options: CheckOptions) -> None:
        self._name = name
        self._made_with = {"layout": noted_layout(layout), "check": noted_options(options)}
        self._sha256 = hashlib.sha256()
        self._rows = 0
        self._bits = bytearray()
        self._odd = np.empty(0, np.bool_)

    def hashed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The text of the source, as it is read."""
        for block in blocks:
            self._sha256.update(block)
            yield block

    def add(self, bad: Mask) -> None:
        """Take which of the next rows are bad."""
        good = np.concatenate([self._odd, ~bad])
        whole = len(good) // 8 * 8
        self._bits += np.packbits(good[:whole]).tobytes()
        self._odd = good[whole:]
        self._rows += len(bad)

    def of_clean(self) -> Mapping[str, Any]:
        """What is noted about a clean file: `good` tells which rows of the source it holds, in their order."""
        bits = bytes(self._bits) + np.packbits(self._odd).tobytes()
        return {**self.of_other(), **self._made_with, "good": base64.b64encode(zlib.compress(bits, 1)).decode()}

    def of_other(self) -> Mapping[str, Any]:
        """What is noted about a bad-rows or fixes file."""
        return {"source": {"name": self._name, "sha256": self._sha256.hexdigest(), "rows": self._rows}}


def good_rows(about: Mapping[str, Any]) -> Mask:
    """Which rows of its source a clean file had when it was written; raises `ValueError` for what is not noted so."""
    try:
        bits = np.frombuffer(zlib.decompress(base64.b64decode(about["good"])), np.uint8)
        return np.unpackbits(bits, count=about["source"]["rows"]).view(np.bool_)
    except (KeyError, TypeError, zlib.error) as error:
        raise ValueError("which rows are in the file is not noted") from error


def noted_layout(layout: Layout) -> dict[str, Any]:
    """A layout as it is noted, with the keys of a profile."""
    return _noted(layout, options_of(Layout))


def noted_options(options: CheckOptions) -> dict[str, Any]:
    """The options that say how rows are judged and changed, as they are noted."""
    known = options_of(CheckOptions)
    return _noted(options, {field: one for field, one in known.items() if one.in_next and field not in NOT_NOTED})


def options_noted(noted: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were noted, as `CheckOptions` takes them; raises `LayoutError` for what none takes."""
    known, given = options_of(CheckOptions), dict[str, Any]()
    for name, value in noted.items():
        if name not in known:
            raise LayoutError(f"no option is called {name}")
        given[name] = tuple(value) if isinstance(value, list) else value
        if isinstance(value, str) and known[name].read is not str:
            given[name] = known[name].read(value)
    return given


def _noted(options: Layout | CheckOptions, known: Mapping[str, Option]) -> dict[str, Any]:
    defaults = {one.name: one.default for one in fields(options)}
    told = {name: getattr(options, name) for name in known}
    return {name: _plain(value) for name, value in told.items() if value not in (None, defaults[name])}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value
