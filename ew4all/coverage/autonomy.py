"""How long sites and phones last once the mains are gone, as closed forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.normal import cdf
from ew4all.coverage.reception_defaults import value
from ew4all.errors import AssumptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = ["PRESETS", "Autonomy", "lognormal_survival", "phones_on", "share_up"]


def lognormal_survival(time_h: ArrayLike, median_h: ArrayLike, beta: ArrayLike) -> F64:
    """Return the probability that a lognormal life is longer than a time.

    Parameters
    ----------
    time_h, median_h
        In the same unit; a time of 0 or less gives 1, a median of 0 (nothing there) gives 0 for any later time.
    beta
        Standard deviation of the logarithm; 0 makes all lives equal to the median, which is then survived up to it.

    Returns
    -------
    float64, all three broadcast
        NaN where a number is NaN, or a median or `beta` is negative.
    """
    time, median, spread = np.broadcast_arrays(
        *(np.asarray(x, np.float64) for x in (time_h, median_h, beta))
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_ratio = np.log(time / median)
        smooth = cdf(-log_ratio / spread)
        sharp = np.where(time <= median, 1.0, 0.0)
    result = np.where(spread > 0.0, smooth, sharp)
    result = np.where(median > 0.0, result, 0.0)
    result = np.where(time > 0.0, result, 1.0)
    wrong = np.isnan(time) | ~(median >= 0.0) | ~(spread >= 0.0)
    return np.where(wrong, np.nan, result)


def share_up(
    time_h: ArrayLike,
    median_battery_h: ArrayLike,
    beta_battery: ArrayLike,
    generator_share: ArrayLike,
    median_fuel_h: ArrayLike,
    beta_fuel: ArrayLike,
) -> F64:
    """Return the share of sites that still have power some time after the mains went.

    Sites without a generator last as long as their battery, the others as long as their fuel; nobody refuels.

    Parameters
    ----------
    time_h
        Since the mains went.
    median_battery_h, beta_battery, median_fuel_h, beta_fuel
        Lognormal lives, see `lognormal_survival`.
    generator_share
        0 to 1.

    Returns
    -------
    float64, all broadcast
        NaN where a number is NaN or out of its range.
    """
    generator = np.asarray(generator_share, np.float64)
    generator = np.where((generator >= 0.0) & (generator <= 1.0), generator, np.nan)
    on_battery = lognormal_survival(time_h, median_battery_h, beta_battery)
    on_fuel = lognormal_survival(time_h, median_fuel_h, beta_fuel)
    result: F64 = (1.0 - generator) * on_battery + generator * on_fuel
    return result


@dataclass(frozen=True)
class Autonomy:
    """Power reserves of a class of sites.

    Attributes
    ----------
    median_battery_h, beta_battery, median_fuel_h, beta_fuel
        Lognormal lives of batteries, and of the fuel of those that have a generator.
    generator_share
        Sites with a fixed generator, 0 to 1.
    source, confidence
        Where the numbers come from.

    Raises
    ------
    AssumptionError
        A number is out of its range.
    """

    median_battery_h: float = 4.0
    beta_battery: float = 0.6
    generator_share: float = 0.15
    median_fuel_h: float = 48.0
    beta_fuel: float = 0.3
    source: str = "given"
    confidence: str = "given"

    def __post_init__(self) -> None:
        """Refuse reserves that cannot be."""
        limits = {
            "median_battery_h": np.inf,
            "beta_battery": np.inf,
            "generator_share": 1.0,
            "median_fuel_h": np.inf,
            "beta_fuel": np.inf,
        }
        for name, high in limits.items():
            value = getattr(self, name)
            if not 0.0 <= value <= high:
                what = "a share, 0 to 1" if high == 1.0 else "at least 0"
                msg = f"{name} of a class of sites is {what}, but got {value!r}"
                raise AssumptionError(msg)

    def share_up(self, time_h: ArrayLike) -> F64:
        """Return the share of these sites with power, some hours after the mains went; see `share_up`."""
        return share_up(
            time_h,
            self.median_battery_h,
            self.beta_battery,
            self.generator_share,
            self.median_fuel_h,
            self.beta_fuel,
        )


_CHOSEN = "chosen for this project"

PRESETS: Final = {
    "default": Autonomy(
        source=f"{_CHOSEN}; KDDI's sites had 3 h on average in 2011 (Asahi)", confidence="judgement"
    ),
    "hub": Autonomy(
        median_battery_h=10.0,
        generator_share=0.6,
        source=f"{_CHOSEN}: batteries of 8 to 12 h",
        confidence="judgement",
    ),
    "basic": Autonomy(
        median_battery_h=2.0,
        source=f"{_CHOSEN}; one in five sites in the United Kingdom is often said to have an hour or more",
        confidence="judgement",
    ),
    "high_readiness": Autonomy(
        median_battery_h=24.0,
        source="24 h at sites of municipal offices, as proposed in Japan in 2020 (press)",
        confidence="published",
    ),
}
"""Reserves by class of site. What is not stated is that of ``default``."""


def phones_on(
    time_h: ArrayLike,
    on_share: float = value("phones_on_share"),
    from_h: float = value("phones_last_h"),
    decay_h: float = value("phones_decay_h"),
) -> F64:
    """Return the share of phones that are still on, some hours after people could last charge them.

    Parameters
    ----------
    time_h
        Since charging ended; before that, and until `from_h`, the share is `on_share`.
    decay_h
        After `from_h` the share falls by a factor of e in this time.
    """
    waited = np.maximum(np.asarray(time_h, np.float64) - from_h, 0.0)
    result: F64 = on_share * np.exp(-waited / decay_h)
    return result
