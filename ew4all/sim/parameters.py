"""What a channel or a behaviour assumes: rows with value, unit, range, source, and how sure that is."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.errors import AssumptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFIDENCES: Final = ("published", "derived", "fitted", "recalled", "judgement")
"""Read in the source; computed from a published figure; fitted to published series; recalled, not read; chosen."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of a table of assumptions.

    Attributes
    ----------
    name
        What a scenario calls it, unique within its channel.
    value, low, high
        Default and plausible range, in `unit`; an ensemble draws from a triangle over them.
    least, most
        Bounds of what is possible at all.
    confidence
        One of `CONFIDENCES`.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    source: str
    confidence: str
    least: float = 0.0
    most: float = math.inf

    def __post_init__(self) -> None:
        """Refuse a row that contradicts itself."""
        if not self.least <= self.low <= self.value <= self.high <= self.most:
            msg = f"parameter {self.name}: {self.least} <= {self.low} <= {self.value} <= {self.high} <= {self.most} is wrong"
            raise AssumptionError(msg)
        if self.confidence not in CONFIDENCES:
            msg = f"parameter {self.name}: confidence {self.confidence!r} is not one of {', '.join(CONFIDENCES)}"
            raise AssumptionError(msg)


def share(
    name: str, value: float, low: float, high: float, source: str, confidence: str = "judgement"
) -> Parameter:
    """Return a row that is a share, 0 to 1."""
    return Parameter(name, value, "share", low, high, source, confidence, most=1.0)


def time(
    name: str, value: float, low: float, high: float, source: str, confidence: str = "judgement"
) -> Parameter:
    """Return a row in seconds, 1 or more."""
    return Parameter(name, value, "s", low, high, source, confidence, least=1.0)


def resolve(table: Iterable[Parameter], given: Mapping[str, float], owner: str) -> dict[str, float]:
    """Return the value of each parameter, those of `given` in the place of defaults.

    Raises
    ------
    AssumptionError
        A name that the table does not have, or a value that is not possible; `owner` says whose table it is.
    """
    rows = {row.name: row for row in table}
    for name, value in given.items():
        row = rows.get(name)
        if row is None:
            near = difflib.get_close_matches(name, rows, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(rows)}"
            msg = f"{owner} has no parameter {name!r}{hint}"
            raise AssumptionError(msg)
        if not row.least <= value <= row.most:  # NaN too
            msg = f"{owner}: {name} is {value:g} {row.unit}, but must lie in {row.least:g}..{row.most:g}"
            raise AssumptionError(msg)
    return {name: float(given.get(name, row.value)) for name, row in rows.items()}


def markdown(table: Iterable[Parameter]) -> str:
    """Return a table of parameters in Markdown, for documents; it ends with a line break."""
    lines = [
        "| parameter | value | range | source | confidence |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {row.value:g} {row.unit} | {row.low:g}–{row.high:g} | {row.source} | {row.confidence} |"
        for row in table
    ]
    return "\n".join(lines) + "\n"
