"""What all sections of a scenario share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Section", "at_most_one", "short_form"]


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
