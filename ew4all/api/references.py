"""References to files: what a client writes in the place of a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FileReference", "ScenarioReference", "places_in", "references_in"]

_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_VERSION: Final = r"(@[1-9][0-9]{0,8})?"
"""Of what is stored in versions; without it, the latest."""
_PATTERN: Final = rf"^((upload|layer|demo):{_NAME}|alert:{_NAME}{_VERSION})$"
_SCENARIO: Final = rf"^(scenario:{_NAME}{_VERSION}|upload:{_NAME}|[a-z0-9][a-z0-9-]{{0,63}})$"
_REFERENCE: Final = re.compile(rf"(upload|layer|demo):{_NAME}|(alert|scenario):{_NAME}{_VERSION}")

FileReference = Annotated[
    str,
    Field(
        pattern=_PATTERN,
        description="a file of the service: `upload:ID`, `layer:ID`, `demo:NAME`, or `alert:ID[@VERSION]` where a CAP alert is wanted",
        examples=["demo:population.tif"],
    ),
]
ScenarioReference = Annotated[
    str,
    Field(
        pattern=_SCENARIO,
        description="a scenario: `scenario:ID[@VERSION]` that is stored, `upload:ID`, or the name of one that comes with ew4all",
        examples=["grenada-beryl"],
    ),
]


def references_in(inputs: Mapping[str, Any]) -> list[str]:
    """Return every reference in inputs, each once, in their order."""
    return list(dict.fromkeys(t for t in texts_in(inputs) if _REFERENCE.fullmatch(t)))


def places_in(value: Any, place: str) -> dict[str, list[str]]:
    """Return where each text of a document stands: JSON Pointers that begin with `place`."""
    out: dict[str, list[str]] = {}
    if isinstance(value, str):
        out[value] = [place]
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in pairs:
            escaped = str(step).replace("~", "~0").replace("/", "~1")
            for text, places in places_in(inner, f"{place}/{escaped}").items():
                out.setdefault(text, []).extend(places)
    return out


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text of a document; keys are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
