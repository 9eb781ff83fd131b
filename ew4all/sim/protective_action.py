"""From noticing a warning to acting on it: confirming it first, and the curves of protective action.

Three forms that warning research uses, as shares of those who will ever act. All are hazards with an explicit ceiling: the
usual code multiplies a density, not a hazard, by those who are left, so that broadcast alone stops at 63 %
(`sorensen_mileti` reproduces that on request).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.normal import quantile
from ew4all.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from ew4all.sim.audience import Audience

    F64 = NDArray[np.float64]

_HOUR_S: Final = 3600.0
_MINUTE_S: Final = 60.0
_PIECES: Final = 200
"""Cases of equal chance that stand for the time of confirming."""

_FINE: Final = 200
"""Points on the shorter of the two scales of time in the Sorensen-Mileti form: its error is under 1e-5."""


def weibull(time_s: ArrayLike, scale_per_h: float, shape: float, ceiling: float = 1.0) -> F64:
    """Return the share that acts within a time: ``ceiling (1 - exp(-scale t^shape))``, t in hours.

    References
    ----------
    USACE, LifeSim technical reference manual, eq. 9 (after Lindell).
    """
    hours = np.maximum(0.0, np.asarray(time_s, np.float64)) / _HOUR_S
    share: F64 = -ceiling * np.expm1(-scale_per_h * hours**shape)
    return share


def rayleigh(time_s: ArrayLike, fastest_s: float, ceiling: float = 1.0) -> F64:
    """Return the share that acts within a time, quickest at `fastest_s`: ``ceiling (1 - exp(-t^2 / 2 fastest^2))``."""
    ratio = np.maximum(0.0, np.asarray(time_s, np.float64)) / fastest_s
    share: F64 = -ceiling * np.expm1(-0.5 * ratio * ratio)
    return share


def sorensen_mileti(
    time_s: ArrayLike,
    fastest_s: float,
    contagion_per_s: float,
    ceiling: float = 1.0,
    *,
    density: bool = False,
) -> F64:
    """Return the share warned, or acting, by broadcast and contagion: ``P' = (h + contagion P) (ceiling - P)``.

    Parameters
    ----------
    time_s
        Seconds since the start.
    fastest_s
        When broadcast is quickest: its hazard is ``h = t / fastest^2``.
    contagion_per_s
        Rate at which those who know tell those who do not.
    ceiling
        Share that can be reached at all, 0..1.
    density
        Take the density of the Rayleigh form for h, as published code does; broadcast alone then stops at 63 %.

    References
    ----------
    Sorensen and Mileti, as in USACE go-consequences (re-derived; `reference/validation.md` 8.5).
    """
    times = np.maximum(0.0, np.asarray(time_s, np.float64))
    if ceiling <= 0.0:
        return np.zeros(times.shape)
    spread = contagion_per_s * ceiling
    step_s = min(fastest_s, 1.0 / spread if spread > 0 else np.inf) / _FINE
    # With v = 1 / (ceiling - P) the equation is linear: v' = (h + contagion ceiling) v - contagion.
    points = int(np.ceil(times.max(initial=0.0) / step_s)) + 2
    # The times themselves are among the points, so that nothing is lost between two of these.
    grid = np.union1d(step_s * np.arange(points, dtype=np.float64), times)

    def exponent(at: F64) -> F64:
        half = 0.5 * (at / fastest_s) ** 2
        total: F64 = (-np.expm1(-half) if density else half) + spread * at
        return total

    falls = np.exp(-exponent(grid))
    area = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(grid) * (falls[1:] + falls[:-1]))])
    left = np.exp(-exponent(times)) / (
        1.0 / ceiling - contagion_per_s * np.interp(times, grid, area)
    )
    share: F64 = np.clip(ceiling - left, 0.0, ceiling)
    return share


FORMS: Final[Mapping[str, Callable[[F64, Mapping[str, float]], F64]]] = {
    "weibull": lambda t, v: weibull(t, v["action_scale_per_h"], v["action_shape"]),
    "rayleigh": lambda t, v: rayleigh(t, v["action_fastest_s"]),
    "sorensen_mileti": lambda t, v: sorensen_mileti(
        t, v["action_fastest_s"], v["action_contagion_per_min"] / _MINUTE_S
    ),
}
"""Curves of protective action by name: share of those who act, since it was confirmed."""


@dataclass(frozen=True, eq=False)
class Response:
    """What people do once they have noticed: who acts, and how long that takes.

    Attributes
    ----------
    acting
        Share of those warned who will ever act: understood, and not among those who never do.
    grid_s, share
        Time since noticing, rising from 0, and the share of those who act that has begun by then. Both shape (points,).
    area_s
        Integral of `share` from 0, seconds.
    """

    acting: float
    grid_s: F64
    share: F64
    area_s: F64

    @classmethod
    def of(
        cls, audience: Audience, languages: Sequence[str] = (), form: str = "weibull"
    ) -> Response:
        """Take the values of behaviour.

        Parameters
        ----------
        languages
            Those of the text; they count where the scenario says who understands which. Without any, `language_known`.
        form
            One of `FORMS`.

        Raises
        ------
        OptionError
            A form that does not exist.
        """
        if form not in FORMS:
            msg = f"there is no form {form!r} of protective action; there are {', '.join(FORMS)}"
            raise OptionError(msg)
        values = audience.values
        grid = _grid()
        at_once = FORMS[form](grid, values)
        chance = (np.arange(_PIECES) + 0.5) / _PIECES
        confirmed_s = values["confirming_median_s"] * np.exp(
            values["confirming_sigma"] * quantile(chance)
        )
        later = np.zeros(grid.size)
        for after_s in confirmed_s:
            later += np.interp(grid - after_s, grid, at_once, left=0.0)
        confirming = values["confirming"]
        known = audience.understanding(languages) if languages else values["language_known"]
        acting = values["understood"] * known * (1.0 - values["never_acting"])
        return cls.from_curve(
            acting, grid, (1.0 - confirming) * at_once + confirming * later / _PIECES
        )

    @classmethod
    def from_curve(cls, acting: float, grid_s: F64, share: F64) -> Response:
        """Take a curve on points.

        Raises
        ------
        InputError
            It is no distribution of a delay.
        """
        rising = (
            grid_s.shape == share.shape
            and grid_s.size > 1
            and grid_s[0] == 0.0
            and bool(np.all(np.diff(grid_s) > 0))
            and bool(np.all(np.diff(share) >= -1e-12))
            and share[0] >= 0.0
            and share[-1] <= 1.0 + 1e-12
        )
        if not (rising and 0.0 <= acting <= 1.0):
            msg = (
                "a response needs times that rise from 0, shares that never fall within 0..1 "
                f"and an acting share of 0..1 (it is {acting:g})"
            )
            raise InputError(msg)
        pieces = 0.5 * np.diff(grid_s) * (share[1:] + share[:-1])
        return cls(acting, grid_s, share, np.concatenate([[0.0], np.cumsum(pieces)]))

    def begun(self, since_s: ArrayLike) -> F64:
        """Return the share of those who act that has begun within a time since noticing, seconds."""
        since = np.asarray(since_s, np.float64)
        return np.where(since < 0, 0.0, np.interp(since, self.grid_s, self.share))

    def begun_between(self, since_s: F64, until_s: F64) -> F64:
        """Return the mean of `begun` over a span of times since noticing, for people who noticed at any time within it."""
        span = np.maximum(until_s - since_s, 1e-9)
        return np.clip((self._area(until_s) - self._area(since_s)) / span, 0.0, 1.0)

    def within_s(self, share: float) -> float:
        """Return the time since noticing within which a share of those who act has begun, seconds."""
        return float(np.interp(share, self.share, self.grid_s))

    def _area(self, since_s: F64) -> F64:
        since = np.maximum(since_s, 0.0)
        beyond = np.maximum(since - self.grid_s[-1], 0.0)
        area: F64 = np.interp(since, self.grid_s, self.area_s) + beyond * self.share[-1]
        return area


def _grid() -> F64:
    """Return times from 0 to 30 days: 5 s apart for two hours, then 1 % apart."""
    near = np.arange(0.0, 2 * _HOUR_S, 5.0)
    far = np.geomspace(2 * _HOUR_S, 30 * 24 * _HOUR_S, 600)
    return np.concatenate([near, far])
