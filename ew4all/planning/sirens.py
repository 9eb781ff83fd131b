"""How many sirens a country would need: counted on its own people, square by square."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["SirenNeed", "need", "side_of"]


class SirenNeed(NamedTuple):
    """Sirens that bring some of the people into range, and the people whom they bring into it."""

    sirens: float
    people: float


def side_of(radius_m: float) -> float:
    """Return the side of the largest square that one siren in its middle covers, metres."""
    return math.sqrt(2.0) * radius_m


def need(
    people: NDArray[np.float64], area_km2: NDArray[np.float64], radius_m: float, share: float
) -> SirenNeed:
    """Return how many sirens bring a share of the people into range: the squares with most people first.

    One siren stands in the middle of each square of at most `side_of` the radius. A larger square (people on a coarse grid)
    counts for as many sirens as there are such squares in it, since nobody knows where in it people live.

    Parameters
    ----------
    people, area_km2
        Of each square, shape (squares,).
    share
        Of all the people, 0..1.
    """
    lived: F64 = people[people > 0.0]
    each = np.maximum(1.0, np.ceil(area_km2[people > 0.0] / (2.0 * radius_m**2 / 1e6) - 1e-9))
    wanted = share * float(lived.sum())
    if lived.size == 0 or not wanted > 0.0:
        return SirenNeed(0.0, 0.0)
    # Most people for each siren first; of equal ones the first.
    order = np.argsort(-(lived / each), kind="stable")
    reached = np.cumsum(lived[order])
    count = min(int(np.searchsorted(reached, wanted * (1.0 - 1e-12))) + 1, lived.size)
    return SirenNeed(float(each[order][:count].sum()), float(reached[count - 1]))
