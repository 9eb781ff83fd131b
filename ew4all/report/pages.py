"""Templates of HTML pages and documents: one place that says how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["template"]


def template(name: str, *, trim: bool = False) -> Template:
    """Return a template: what is put in is escaped, and a name that is not given is an error.

    Parameters
    ----------
    trim
        Leave out the line breaks and indents of the template's own statements.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates"), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=trim,
    ).get_template(name)
