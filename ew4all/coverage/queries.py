"""Which coverage layers answer which question, and which columns of a source hold the answer.

`covered` of a technology is the union over its operators, `any` the union over technologies. A union of polygons is
exact, of raster layers the larger value of each cell. Where both kinds answer one question, people inside the polygons
are covered and the rasters count outside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY = "any"
FEWEST = "fewest"
MOST = "most"


class Layer(Protocol):
    """What is asked of a coverage layer here."""

    @property
    def technology(self) -> str:
        """One of `TECHNOLOGIES`, or ``"any"`` for a layer that does not tell technologies apart."""

    @property
    def operator(self) -> str | None:
        """Name of the operator; None for a national layer."""


@dataclass(frozen=True)
class Query:
    """People covered by a technology (or any) of an operator (or all of them).

    `rasters` and `polygons` are positions among the raster and the polygon layers.
    """

    technology: str
    operator: str | None
    rasters: tuple[int, ...]
    polygons: tuple[int, ...]


@dataclass(frozen=True)
class Column:
    """One number that a source gives for each shape: people x union of raster layers (x hazard raster).

    `rasters` are positions among the raster layers; ``-1 - k`` is polygon layer ``k`` as shares of cells. `bound` counts
    a cell as covered only where all of it is (``fewest``) or where any of it is (``most``): the people of a coarse cell
    may all live in the worst or in the best part of it.
    """

    rasters: tuple[int, ...]
    hazard: bool = False
    bound: str | None = None


def queries(rasters: Sequence[Layer], polygons: Sequence[Layer]) -> tuple[Query, ...]:
    """Return every question that the layers can answer: all operators first, then each operator by name."""
    layers = [*rasters, *polygons]
    operators = sorted({layer.operator for layer in layers if layer.operator is not None})
    found = []
    for operator in (None, *operators):
        mine = [
            k for k, layer in enumerate(layers) if operator is None or layer.operator == operator
        ]
        for technology in (*TECHNOLOGIES, ANY):
            chosen = [k for k in mine if technology in {ANY, layers[k].technology}]
            if chosen:
                n = len(rasters)
                found.append(
                    Query(
                        technology,
                        operator,
                        tuple(k for k in chosen if k < n),
                        tuple(k - n for k in chosen if k >= n),
                    )
                )
    return tuple(found)
