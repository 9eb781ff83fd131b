"""What the models of this package share: a link, its loss, and what is told about a model's range."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ew4all.units import F64

__all__ = [
    "ENVIRONMENTS",
    "Link",
    "Loss",
    "Model",
    "Range",
    "beyond",
    "environment_codes",
    "no_share",
]

ENVIRONMENTS: Final = ("open", "suburban", "urban")
"""Their places are the codes that kernels and rasters use: 0 open, 1 suburban, 2 urban."""

Codes: TypeAlias = "NDArray[np.int64]"


class Range(IntFlag):
    """Why a loss should not be trusted; bits of `Loss.flags`, 0 where all is well."""

    FREQUENCY = 1
    DISTANCE = 2
    BASE_HEIGHT = 4
    MOBILE_HEIGHT = 8
    SURROUNDINGS = 16  # heights of buildings, widths of streets, angles, shares of places
    STRETCHED = 32  # outside the letter of the model, inside what practice accepts
    BELOW_FREE_SPACE = 64  # the formula gives less loss than free space
    NOT_A_NUMBER = 128

    def words(self) -> str:
        """Say it for people; empty where all is well."""
        return ", ".join(_WORDS[flag] for flag in Range if flag in self)

    @property
    def outside(self) -> bool:
        """Whether the model does not hold at all, rather than with a reservation."""
        return bool(self & ~(Range.STRETCHED | Range.BELOW_FREE_SPACE))


_WORDS: Final = {
    Range.FREQUENCY: "frequency outside the model's range",
    Range.DISTANCE: "distance outside the model's range",
    Range.BASE_HEIGHT: "height of the base station outside the model's range",
    Range.MOBILE_HEIGHT: "height of the mobile outside the model's range",
    Range.SURROUNDINGS: "surroundings, angle or share of places outside the model's range",
    Range.STRETCHED: "stretched beyond the letter of the model",
    Range.BELOW_FREE_SPACE: "less than free space",
    Range.NOT_A_NUMBER: "a number is missing",
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """Links between a base station and a mobile; numbers and arrays broadcast against each other.

    Attributes
    ----------
    distance_m
        Along the ground.
    frequency_mhz
        Of the carrier.
    base_height_m, mobile_height_m
        Antennas above ground.
    environment
        ``"open"``, ``"suburban"`` or ``"urban"``, or an array of their codes 0, 1, 2.
    large_city
        Whether towns are large: Hata's correction of the mobile's height, COST 231's 3 dB.
    building_height_m, street_width_m
        Means around the mobile, for TR 38.901 RMa.
    profile_distance_m, profile_height_m
        Terrain from base to mobile, above sea level, for models that use it; then one distance only, that of its end.
    """

    distance_m: ArrayLike
    frequency_mhz: ArrayLike
    base_height_m: ArrayLike = 30.0
    mobile_height_m: ArrayLike = 1.5
    environment: str | NDArray[np.integer] = "urban"
    large_city: ArrayLike = False
    building_height_m: ArrayLike = 5.0
    street_width_m: ArrayLike = 20.0
    profile_distance_m: F64 | None = None
    profile_height_m: F64 | None = None

    def columns(self) -> tuple[F64, F64, F64, F64]:
        """Distance in m, frequency in MHz, heights of base and mobile, as float arrays."""
        wanted = (self.distance_m, self.frequency_mhz, self.base_height_m, self.mobile_height_m)
        return tuple(np.asarray(column, np.float64) for column in wanted)  # type: ignore[return-value]

    @property
    def environments(self) -> Codes:
        """Codes of the environment."""
        return environment_codes(self.environment)

    @property
    def slant_m(self) -> F64:
        """Distance between the antennas over flat ground."""
        distance, _, base, mobile = self.columns()
        return np.hypot(distance, base - mobile)


@dataclass(frozen=True, eq=False)
class Loss:
    """Loss of links.

    Attributes
    ----------
    db
        Median loss between isotropic antennas; also where flags are set, unless it is NaN.
    flags : uint8
        Bits of `Range`.
    sd_db
        Spread over places at that distance that the model states; NaN where it states none.
    """

    db: F64
    flags: NDArray[np.uint8]
    sd_db: F64

    @classmethod
    def of(
        cls, db: F64, flags: NDArray[np.uint8], free_space: F64, sd_db: ArrayLike = np.nan
    ) -> Loss:
        """Complete the flags by what the loss itself tells."""
        db = np.asarray(db, np.float64)
        flags = np.broadcast_to(flags, db.shape).copy()
        flags[db < free_space - 1e-9] |= np.uint8(Range.BELOW_FREE_SPACE)
        flags[~np.isfinite(db)] |= np.uint8(Range.NOT_A_NUMBER)
        return cls(db, flags, np.broadcast_to(np.asarray(sd_db, np.float64), db.shape))


class Model(Protocol):
    """What every model of `MODELS` can do."""

    @property
    def name(self) -> str:
        """What the calculator calls it."""

    @property
    def source(self) -> str:
        """Where it is published."""

    def loss_db(self, link: Link) -> Loss:
        """Return the loss; out-of-range links are flagged, never refused."""


def environment_codes(environment: str | NDArray[np.integer]) -> Codes:
    """Return the codes of environments.

    Raises
    ------
    OptionError
        It is none of `ENVIRONMENTS`.
    """
    if isinstance(environment, str):
        if environment not in ENVIRONMENTS:
            msg = f"there is no environment {environment!r}; there are {', '.join(ENVIRONMENTS)}"
            raise OptionError(msg)
        return np.asarray(ENVIRONMENTS.index(environment), np.int64)
    codes = np.asarray(environment, np.int64)
    if codes.size and not 0 <= codes.min() <= codes.max() < len(ENVIRONMENTS):
        msg = f"codes of environments are 0 to {len(ENVIRONMENTS) - 1}, but got {codes.min()} to {codes.max()}"
        raise OptionError(msg)
    return codes


def no_share(value: ArrayLike) -> NDArray[np.uint8]:
    """Return a flag where a value is not strictly between 0 and 1, 0 elsewhere."""
    value = np.asarray(value, np.float64)
    inside = (value > 0.0) & (value < 1.0)
    return np.where(inside, np.uint8(0), np.uint8(Range.SURROUNDINGS))


def beyond(flag: Range, value: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.uint8]:
    """Return `flag` where a value is outside low..high (or is none), 0 elsewhere."""
    # The tolerance keeps a value that came out of a conversion of units, such as GHz to MHz, on its own border.
    value = np.asarray(value, np.float64)
    margin = 1e-9 * np.abs(value)
    inside = (value >= np.asarray(low) - margin) & (value <= np.asarray(high) + margin)
    return np.where(inside, np.uint8(0), np.uint8(flag))
