"""The page's templates, which escape the content of files, and their assets: styles and a script."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from preflight.render.marking import with_code
from preflight.text.display import counted, one_line, visible


class Asset(NamedTuple):
    """A static file of the page: its content and media type."""

    content: bytes
    kind: str


ASSETS = {
    "report.css": ("preflight.render", "text/css"),
    "page.css": ("uploader.page", "text/css"),
    "page.js": ("uploader.page", "text/javascript"),
}
"""The assets by name: package and media type."""


def render(name: str, /, **given: Any) -> str:
    """A page from its template."""
    return _environment().get_template(f"{name}.html.jinja").render(**given)


def part(name: str, *given: Any) -> str:
    """A part of a page from its macro."""
    macro = getattr(_parts(), name)
    return str(macro(*given)).strip()


@cache
def asset(name: str) -> Asset | None:
    """The asset of this name; None for an unknown name."""
    if name not in ASSETS:
        return None
    package, kind = ASSETS[name]
    return Asset((files(package) / name).read_bytes(), f"{kind}; charset=utf-8")


def _sentence(message: str) -> str:
    """A message as a sentence: a capital first, a full stop last."""
    text = message[:1].upper() + message[1:]
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


@cache
def _parts() -> Any:
    return _environment().get_template("parts.html.jinja").module


@cache
def _environment() -> Environment:
    loader = ChoiceLoader([PackageLoader("uploader.page", ""), PackageLoader("preflight.render", "")])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"with_code": with_code, "sentence": _sentence, "json": json.dumps}
    made.globals |= {"counted": counted, "one_line": one_line, "visible": visible}
    return made
