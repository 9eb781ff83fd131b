"""References to files: what a client writes in the place of a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FileReference", "references_in"]

_PATTERN: Final = r"^(upload|layer|demo):[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
_REFERENCE: Final = re.compile(_PATTERN)

FileReference = Annotated[
    str,
    Field(
        pattern=_PATTERN,
        description="a file of the service: `upload:ID`, `layer:ID` or `demo:NAME`",
        examples=["demo:population.tif"],
    ),
]


def references_in(inputs: Mapping[str, Any]) -> list[str]:
    """Return every reference in inputs, each once, in their order."""
    return list(dict.fromkeys(_found(inputs)))


def _found(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _REFERENCE.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _found(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner)
