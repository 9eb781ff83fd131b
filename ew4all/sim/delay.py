"""Delays as distribution functions on a few points, and the rates that reproduce them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.normal import quantile
from ew4all.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    F64 = NDArray[np.float64]

POINTS: Final = 24
"""Pieces into which a delay is cut: its quantiles are then exact at 25 points."""

_INSTANT_S: Final = 1.0
"""What happens at once takes this long: the engine's finest step."""

_NOBODY_LEFT: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Delay:
    """A delay in seconds: `share[i]` of all cases take at most `edges_s[i]`; between edges the hazard is constant.

    Both have shape (pieces + 1,); the first share is 0 and the last 1.
    """

    edges_s: F64
    share: F64

    def __post_init__(self) -> None:
        """Refuse what is no distribution of a delay."""
        rising = np.all(np.diff(self.edges_s) > 0) and np.all(np.diff(self.share) >= 0)
        if not (rising and self.edges_s[0] >= 0 and self.share[0] == 0 and self.share[-1] == 1):
            msg = "a delay needs edges that rise from 0 or later, and shares that rise from 0 to 1"
            raise InputError(msg)

    @classmethod
    def instant(cls, after_s: float = 0.0) -> Delay:
        """Let everybody wait the same time."""
        return cls(np.array([after_s, after_s + _INSTANT_S]), np.array([0.0, 1.0]))

    @classmethod
    def uniform(cls, low_s: float, high_s: float, pieces: int = 8) -> Delay:
        """Let all times between two be equally likely."""
        return cls(np.linspace(low_s, high_s, pieces + 1), np.linspace(0.0, 1.0, pieces + 1))

    @classmethod
    def exponential(cls, mean_s: float, after_s: float = 0.0) -> Delay:
        """Take a constant chance per second, begun after a pause; cut at its quantiles."""
        share = _shares()
        return cls(after_s - mean_s * np.log1p(-np.minimum(share, 1.0 - 1e-6)), share)

    @classmethod
    def lognormal(cls, median_s: float, sigma: float, after_s: float = 0.0) -> Delay:
        """Take a median and the spread of the logarithm."""
        share = _shares()
        z = np.array([quantile(float(p)) for p in np.clip(share, 1e-4, 1.0 - 1e-4)])
        return cls(after_s + median_s * np.exp(sigma * z), share)

    def rates(self, hit: ArrayLike) -> F64:
        """Return the rate per second in each piece that brings a share `hit` of people with this delay.

        Parameters
        ----------
        hit
            Share 0..1 that is reached in the end, shape (kinds,).

        Returns
        -------
        array, shape (pieces, kinds)
        """
        left = np.maximum(
            1.0 - np.multiply.outer(self.share, np.asarray(hit, np.float64)), _NOBODY_LEFT
        )
        result: F64 = np.log(left[:-1] / left[1:]) / np.diff(self.edges_s)[:, None]
        return result


def _shares() -> F64:
    # Finer at both ends, where few cases lie but the first and the last people are.
    ends = np.array([0.0, 0.01, 0.03, 0.97, 0.99, 1.0])
    return np.unique(np.concatenate([ends, np.linspace(0.0, 1.0, POINTS - 3)]))
