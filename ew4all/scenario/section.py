"""What all sections of a scenario share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OrElse", "Section", "at_most_one", "must_be_lonlat", "short_form"]


@dataclass(frozen=True)
class OrElse:
    """What a JSON Schema allows in the place of a section: the short form of it."""

    other: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        """Return the schema of either."""
        return {"anyOf": [dict(self.other), handler(core)]}


class Section(BaseModel):
    """A section: strict types, no unknown keys, nothing changes once it is read."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=False,
        use_attribute_docstrings=True,
    )  # fmt: skip


def short_form(value: Any, key: str) -> Any:
    """Return a section from the one value that may stand in its place."""
    return (
        {key: value}
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else value
    )


def at_most_one(section: Section, names: Iterable[str], what: str) -> list[str]:
    """Return which of some keys are given.

    Raises
    ------
    ValueError
        More than one is.
    """
    said = [name for name in names if getattr(section, name) not in (None, {}, [], ())]
    if len(said) > 1:
        msg = f"{what} is {', '.join(names)}: give one of them, not {' and '.join(said)}"
        raise ValueError(msg)
    return said


def must_be_lonlat(points: Iterable[Sequence[float]], what: str) -> None:
    """Refuse points that are no pairs of longitude and latitude, degrees.

    Raises
    ------
    ValueError
        Says which order is meant.
    """
    if any(len(p) != 2 or abs(p[0]) > 360 or abs(p[1]) > 90 for p in points):
        msg = f"{what} are pairs of [longitude, latitude] in degrees, longitude first"
        raise ValueError(msg)
