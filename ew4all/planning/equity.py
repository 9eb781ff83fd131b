"""How unevenly those who are left out are spread over places: Lorenz curve, Gini coefficient, ratios of groups.

Places are put in the order of the share of their people who are left out, the lowest first. The curve then tells, for the
first so many of all people, how many of those left out live among them (Lorenz, "Methods of measuring the concentration of
wealth", 1905; with people as weights as in Lerman and Yitzhaki, "Improving the accuracy of estimates of Gini
coefficients", 1989). The Gini coefficient is twice the area between the curve and the diagonal: 0 where every place has
the same share, and close to 1 where everybody who is left out lives in a small place. What is uneven within a place is not
seen, so that coarser zones have a smaller coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = ["Lorenz", "lorenz", "ratio"]


@dataclass(frozen=True, eq=False)
class Lorenz:
    """A Lorenz curve.

    Attributes
    ----------
    people, left_out
        Cumulated shares of all people, and of those left out, 0..1; arrays of shape (places + 1,) that begin with 0 and end
        with 1.
    """

    people: F64
    left_out: F64

    @property
    def gini(self) -> float:
        """Gini coefficient, 0..1."""
        area = float(np.trapezoid(self.left_out, self.people))
        return min(max(1.0 - 2.0 * area, 0.0), 1.0)

    @property
    def points(self) -> list[list[float]]:
        """Return the points of the curve, from (0, 0) to (1, 1)."""
        return np.column_stack([self.people, self.left_out]).tolist()  # type: ignore[no-any-return]


def lorenz(people: ArrayLike, left_out: ArrayLike) -> Lorenz | None:
    """Return the curve of those left out over places; None where nobody is left out.

    Parameters
    ----------
    people, left_out
        People of each place, and those of them who are left out; shape (places,). Places without people do not count.

    Raises
    ------
    ValueError
        The shapes differ, or a number is negative, not finite, or larger than the people of its place.
    """
    everybody, out = np.asarray(people, np.float64), np.asarray(left_out, np.float64)
    if everybody.shape != out.shape or everybody.ndim != 1:
        msg = f"people {everybody.shape} and left out {out.shape} must be one number a place"
        raise ValueError(msg)
    if not (np.isfinite(everybody).all() and (out >= 0.0).all() and (out <= everybody).all()):
        msg = "people left out must be 0 or more and at most the people of their place"
        raise ValueError(msg)
    lived = everybody > 0.0
    everybody, out = everybody[lived], out[lived]
    if not out.size or out.sum() <= 0.0:
        return None
    order = np.argsort(out / everybody, kind="stable")
    return Lorenz(_cumulated(everybody[order]), _cumulated(out[order]))


def ratio(people: float, left_out: float, all_people: float, all_left_out: float) -> float | None:
    """Return the share left out of a group over that of everybody; None where one of them has nobody."""
    if people <= 0.0 or all_people <= 0.0 or all_left_out <= 0.0:
        return None
    return (left_out / people) / (all_left_out / all_people)


def _cumulated(values: F64) -> F64:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    found: F64 = sums / sums[-1]
    return found
