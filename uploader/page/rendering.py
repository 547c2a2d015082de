"""The page's templates, which escape whatever a file holds, and the files that they ask for: styles and a script."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from preflight.text.display import counted, visible


class Asset(NamedTuple):
    """A file that the page asks for."""

    content: bytes
    kind: str


ASSETS = {
    "report.css": ("preflight.render", "text/css"),
    "page.css": ("uploader.page", "text/css"),
    "page.js": ("uploader.page", "text/javascript"),
}
"""The files by name: where they lie, and what they are."""


def render(name: str, /, **given: Any) -> str:
    """A page."""
    return _environment().get_template(f"{name}.html.jinja").render(**given)


def part(name: str, *given: Any) -> str:
    """A part of a page: what a macro of the parts makes of what is given."""
    macro = getattr(_parts(), name)
    return str(macro(*given)).strip()


@cache
def asset(name: str) -> Asset | None:
    """A file that the page asks for; None for a name that is none of them."""
    if name not in ASSETS:
        return None
    package, kind = ASSETS[name]
    return Asset((files(package) / name).read_bytes(), f"{kind}; charset=utf-8")


@cache
def _parts() -> Any:
    return _environment().get_template("parts.html.jinja").module


@cache
def _environment() -> Environment:
    loader = ChoiceLoader([PackageLoader("uploader.page", ""), PackageLoader("preflight.render", "")])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"with_code": _with_code, "json": json.dumps}
    made.globals |= {"counted": counted, "visible": visible}
    return made


def _with_code(message: str) -> Markup:
    """A message with what stands in backticks as code."""
    pieces = message.split("`")
    if len(pieces) % 2 == 0:  # one backtick is a character of the file's
        return escape(message)
    return Markup("").join(Markup("<code>{}</code>").format(one) if i % 2 else one for i, one in enumerate(pieces))
