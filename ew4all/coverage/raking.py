"""Arithmetic of population sources that are brought to the same totals: years, official figures, who is where by day.

Everything works on people by place (zones, and the rest). People of a place are multiplied by one factor, so that what is
counted inside a place (covered or not, at risk or not) keeps its share of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["Raked", "dissimilarity", "raked", "total_of_year"]


class Raked(NamedTuple):
    """Factor of each place, and people of the official figure who have no place to be put (shape of the factors)."""

    factor: F64
    unplaced: F64


def raked(people: F64, official: F64) -> Raked:
    """Return what brings people to an official figure, place by place.

    Parameters
    ----------
    people
        People of each place by a source, 0 or more.
    official
        Figure that each place must have, 0 or more; NaN leaves a place as it is.

    Returns
    -------
    Raked
        ``people * factor + unplaced`` is the official figure. Where nobody lives by the source there is no share to keep:
        the factor is 1, and the whole figure is unplaced.
    """
    known = ~np.isnan(official)
    empty = known & (people <= 0.0)
    factor = np.ones(people.shape)
    np.divide(official, people, out=factor, where=known & ~empty)
    return Raked(factor, np.where(empty, official, 0.0))


def dissimilarity(a: F64, b: F64) -> float:
    """Return the share of people who would have to move to another place for two sources to agree, 0..1.

    It is the index of dissimilarity: half the sum of differences of shares. Totals do not matter. NaN where one of the
    sources has nobody.
    """
    total_a, total_b = float(a.sum()), float(b.sum())
    if total_a <= 0.0 or total_b <= 0.0:
        return float("nan")
    return min(0.5 * float(np.abs(a / total_a - b / total_b).sum()), 1.0)


def total_of_year(year: float, years: NDArray[np.int64], people: F64) -> float:
    """Return the total of a year between those of a series, growing by the same share each year in between.

    Parameters
    ----------
    year
        Inside the series.
    years
        Rising.
    people
        More than 0.
    """
    return float(np.exp(np.interp(year, years, np.log(people))))
