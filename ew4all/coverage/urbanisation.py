"""Town and country by the Degree of Urbanisation, level 1, on squares of about a kilometre.

The method is that which the UN Statistical Commission endorsed in 2020 (Eurostat, OECD, UN-Habitat, World Bank, FAO,
ILO: Applying the Degree of Urbanisation, 2021): a *city* is a cluster of squares of at least 1,500 people a km2 that
touch by their sides, with 50,000 people; a *town* (towns, suburbs) a cluster of at least 300 a km2 that touch by sides or
corners, with 5,000 people, outside cities; the rest is *rural*. Simplified here: squares are cells of the population
taken together, about 1 km wide and not of an equal-area grid; density is by the whole square, not its land; gaps in
cities are not filled and their borders not smoothed, and no built-up area enters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage import cluster_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["CITY", "NAMES", "RURAL", "TOWN", "degree_of_urbanisation"]

RURAL: Final = 0
TOWN: Final = 1
CITY: Final = 2
NAMES: Final = ("rural", "town", "city")

CITY_FROM_PER_KM2: Final = 1500.0
CITY_PEOPLE: Final = 50_000.0
TOWN_FROM_PER_KM2: Final = 300.0
TOWN_PEOPLE: Final = 5_000.0


def degree_of_urbanisation(people: F64, km2: F64) -> NDArray[np.uint8]:
    """Return `RURAL`, `TOWN` or `CITY` for each square.

    Parameters
    ----------
    people, km2
        Of each square, shape (rows, columns).
    """
    density = np.divide(people, km2, out=np.zeros_like(people), where=km2 > 0.0)
    out = np.full(people.shape, RURAL, np.uint8)
    towns = _clusters(people, density >= TOWN_FROM_PER_KM2, TOWN_PEOPLE, corners=True)
    cities = _clusters(people, density >= CITY_FROM_PER_KM2, CITY_PEOPLE, corners=False)
    out[towns] = TOWN
    out[cities] = CITY
    return out


def _clusters(
    people: F64, mask: NDArray[np.bool_], least: float, *, corners: bool
) -> NDArray[np.bool_]:
    """Return the squares of clusters in which at least so many people live."""
    number = np.empty(mask.shape, np.int32)
    count = cluster_kernels.label(np.ascontiguousarray(mask), corners, number)
    held = np.bincount(number.ravel(), people.ravel(), count + 1)
    large: NDArray[np.bool_] = held >= least
    large[0] = False
    found: NDArray[np.bool_] = large[number]
    return found
