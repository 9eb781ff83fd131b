"""How long a step takes: fixed, or a distribution that is drawn from by one uniform number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

from ew4all.coverage.normal import quantile
from ew4all.errors import InputError

_HOUR_S: Final = 3600.0
_ENDS: Final = 1e-9
"""A draw of exactly 0 or 1 stands for this close to it: a lognormal has no end."""


class StepTime(Protocol):
    """A duration in seconds, by its quantiles."""

    def at(self, chance: float) -> float:
        """Return the duration that a share of all cases does not exceed; `chance` 0..1."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same time."""

    seconds: float

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        _require(
            math.isfinite(self.seconds) and self.seconds >= 0, f"a fixed time of {self.seconds:g} s"
        )

    def at(self, chance: float) -> float:  # noqa: ARG002 - one contract for all of them
        """Return it."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """All times between two are equally likely."""

    low_s: float
    high_s: float

    def __post_init__(self) -> None:
        """Refuse an empty span."""
        _require(
            0 <= self.low_s <= self.high_s < math.inf,
            f"a uniform time from {self.low_s:g} to {self.high_s:g} s",
        )

    def at(self, chance: float) -> float:
        """Return a quantile, seconds."""
        return self.low_s + chance * (self.high_s - self.low_s)


@dataclass(frozen=True, slots=True)
class Triangle:
    """Most often in the middle of a span, least often at its ends."""

    low_s: float
    mode_s: float
    high_s: float

    def __post_init__(self) -> None:
        """Refuse ends in the wrong order."""
        _require(
            0 <= self.low_s <= self.mode_s <= self.high_s < math.inf,
            f"a triangle over {self.low_s:g}, {self.mode_s:g}, {self.high_s:g} s",
        )

    def at(self, chance: float) -> float:
        """Return a quantile, seconds."""
        span = self.high_s - self.low_s
        if span == 0:
            return self.low_s
        rising = self.mode_s - self.low_s
        if chance * span <= rising:
            return self.low_s + math.sqrt(chance * span * rising)
        return self.high_s - math.sqrt((1.0 - chance) * span * (self.high_s - self.mode_s))


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A median, and the spread of the logarithm."""

    median_s: float
    sigma: float

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        _require(
            0 < self.median_s < math.inf and 0 <= self.sigma < math.inf,
            f"a lognormal time of median {self.median_s:g} s and spread {self.sigma:g}",
        )

    def at(self, chance: float) -> float:
        """Return a quantile, seconds."""
        z = float(quantile(min(max(chance, _ENDS), 1.0 - _ENDS)))
        return self.median_s * math.exp(self.sigma * z)


@dataclass(frozen=True, slots=True)
class Weibull:
    """``F(t) = 1 - exp(-scale t^shape)``, t in hours, of those who take at most `most_s`.

    References
    ----------
    USACE, LifeSim technical reference manual, eq. 9 (after Lindell): delay until a warning is issued, scale 0.1 to 1.8,
    shape 0.5 to 2.1, at most 360 minutes.
    """

    scale_per_h: float
    shape: float
    most_s: float = 6 * _HOUR_S

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        _require(
            0 < self.scale_per_h < math.inf and 0 < self.shape < math.inf and self.most_s > 0,
            f"a Weibull time of scale {self.scale_per_h:g}, shape {self.shape:g}, at most {self.most_s:g} s",
        )

    def at(self, chance: float) -> float:
        """Return a quantile, seconds."""
        within = -math.expm1(-self.scale_per_h * (self.most_s / _HOUR_S) ** self.shape)
        left = -math.log1p(-min(chance, 1.0 - _ENDS) * within)
        return min(self.most_s, _HOUR_S * float((left / self.scale_per_h) ** (1.0 / self.shape)))


@dataclass(frozen=True, slots=True)
class NotBefore:
    """A step that is over at a time of the scenario, or with the step before it if that takes longer."""

    time_s: float

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        _require(math.isfinite(self.time_s), f"an end at {self.time_s:g} s")


def _require(possible: bool, what: str) -> None:
    if not possible:
        msg = f"{what} is not possible: times are 0 or more, finite and in order, spreads 0 or more"
        raise InputError(msg)
