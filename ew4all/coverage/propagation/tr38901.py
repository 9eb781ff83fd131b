"""3GPP TR 38.901: rural macro (RMa) and urban macro (UMa), with and without line of sight, and the mean of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ew4all.coverage.propagation.free_space import free_space_db
from ew4all.coverage.propagation.link import Link, Loss, Range, beyond

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = ["RMa", "UMa", "rma_p_los", "uma_p_los"]

Sight: TypeAlias = Literal["los", "nlos", "mixed"]

C_M_S = 299_792_458.0
SOURCE = "3GPP TR 38.901 v19.4, tables 7.4.1-1 and 7.4.2-1"


def rma_p_los(distance_m: ArrayLike) -> F64:
    """Return the probability of line of sight in RMa (table 7.4.2-1)."""
    distance = np.asarray(distance_m, np.float64)
    return np.exp(-np.maximum(distance - 10.0, 0.0) / 1000.0)


def uma_p_los(distance_m: ArrayLike, mobile_m: ArrayLike) -> F64:
    """Return the probability of line of sight in UMa (table 7.4.2-1); mobiles up to 23 m."""
    distance = np.maximum(np.asarray(distance_m, np.float64), 18.0)
    near = 18.0 / distance
    p = near + np.exp(-distance / 63.0) * (1.0 - near)
    higher = np.clip((np.asarray(mobile_m, np.float64) - 13.0) / 10.0, 0.0, 1.0) ** 1.5
    p = p * (1.0 + 1.25 * higher * (distance / 100.0) ** 3 * np.exp(-distance / 150.0))
    return np.where(np.asarray(distance_m) <= 18.0, 1.0, np.minimum(p, 1.0))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Losses and spreads with and without line of sight, and the probability of the former."""

    los: F64
    nlos: F64
    los_sd: F64
    nlos_sd: float
    p_los: F64

    def of(self, sight: Sight) -> tuple[F64, F64]:
        """Loss and spread: of one state, or mean and total spread of the mixture."""
        if sight == "los":
            return self.los, self.los_sd
        if sight == "nlos":
            return self.nlos, np.full(self.nlos.shape, self.nlos_sd)
        p, q = self.p_los, 1.0 - self.p_los
        within = p * self.los_sd**2 + q * self.nlos_sd**2
        between = p * q * (self.nlos - self.los) ** 2
        return p * self.los + q * self.nlos, np.sqrt(within + between)


@dataclass(frozen=True)
class RMa:
    """Rural macro: 0.5 to 30 GHz, base 10 to 150 m, mobile 1 to 10 m, buildings 5 to 50 m, streets 5 to 50 m.

    Line of sight 10 m to 10 km, none 10 m to 5 km. The mean over both is flagged as stretched from 5 to 10 km.
    """

    sight: Sight = "mixed"
    source: str = SOURCE

    @property
    def name(self) -> str:
        """What the calculator calls it."""
        return "rma" if self.sight == "mixed" else f"rma_{self.sight}"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss; its spread is 4 dB before the breakpoint, 6 after it, 8 without line of sight."""
        distance, frequency, base, mobile = link.columns()
        buildings = np.asarray(link.building_height_m, np.float64)
        streets = np.asarray(link.street_width_m, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            pair = _rma(link, buildings, streets)
            db, sd = pair.of(self.sight)
            free = free_space_db(frequency, link.slant_m)
        flags = (
            beyond(Range.FREQUENCY, frequency, 500.0, 30_000.0)
            | beyond(Range.DISTANCE, distance, 10.0, 5000.0 if self.sight == "nlos" else 10_000.0)
            | beyond(Range.BASE_HEIGHT, base, 10.0, 150.0)
            | beyond(Range.MOBILE_HEIGHT, mobile, 1.0, 10.0)
            | beyond(Range.SURROUNDINGS, buildings, 5.0, 50.0)
            | beyond(Range.SURROUNDINGS, streets, 5.0, 50.0)
        )
        if self.sight == "mixed":
            flags = flags | beyond(Range.STRETCHED, distance, 0.0, 5000.0)
        return Loss.of(db, flags, free, sd)


def _rma(link: Link, buildings: F64, streets: F64) -> _Pair:
    distance, frequency, base, mobile = link.columns()
    f_ghz = frequency / 1000.0
    slant = np.maximum(link.slant_m, 1.0)
    breakpoint_m = 2.0 * np.pi * base * mobile * frequency * 1e6 / C_M_S
    power = buildings**1.72

    def near(x: F64) -> F64:
        loss: F64 = (
            20.0 * np.log10(40.0 * np.pi * x * f_ghz / 3.0)
            + np.minimum(0.03 * power, 10.0) * np.log10(x)
            - np.minimum(0.044 * power, 14.77)
            + 0.002 * x * np.log10(buildings)
        )
        return loss

    beyond_breakpoint = distance > breakpoint_m
    los = np.where(
        beyond_breakpoint, near(breakpoint_m) + 40.0 * np.log10(slant / breakpoint_m), near(slant)
    )
    log_base = np.log10(base)
    nlos = (
        161.04
        - 7.1 * np.log10(streets)
        + 7.5 * np.log10(buildings)
        - (24.37 - 3.7 * (buildings / base) ** 2) * log_base
        + (43.42 - 3.1 * log_base) * (np.log10(slant) - 3.0)
        + 20.0 * np.log10(f_ghz)
        - (3.2 * np.log10(11.75 * mobile) ** 2 - 4.97)
    )
    nlos = np.maximum(nlos, los)
    return _Pair(los, nlos, np.where(beyond_breakpoint, 6.0, 4.0), 8.0, rma_p_los(distance))


@dataclass(frozen=True)
class UMa:
    """Urban macro: 0.5 to 100 GHz, 10 m to 5 km, base 25 m (others stretched), mobile 1.5 to 22.5 m.

    The effective environment height is 1 m, which is certain for mobiles below 13 m and a draw above.
    """

    sight: Sight = "mixed"
    source: str = SOURCE

    @property
    def name(self) -> str:
        """What the calculator calls it."""
        return "uma" if self.sight == "mixed" else f"uma_{self.sight}"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss; its spread is 4 dB in line of sight and 6 without."""
        distance, frequency, base, mobile = link.columns()
        with np.errstate(divide="ignore", invalid="ignore"):
            db, sd = _uma(link).of(self.sight)
            free = free_space_db(frequency, link.slant_m)
        flags = (
            beyond(Range.FREQUENCY, frequency, 500.0, 100_000.0)
            | beyond(Range.DISTANCE, distance, 10.0, 5000.0)
            | beyond(Range.BASE_HEIGHT, base, 10.0, 150.0)
            | beyond(Range.STRETCHED, base, 25.0, 25.0)
            | beyond(Range.MOBILE_HEIGHT, mobile, 1.5, 22.5)
            | beyond(Range.STRETCHED, mobile, 0.0, 13.0)
        )
        return Loss.of(db, flags, free, sd)


def _uma(link: Link) -> _Pair:
    distance, frequency, base, mobile = link.columns()
    slant = np.maximum(link.slant_m, 1.0)
    base_db = 28.0 + 20.0 * np.log10(frequency / 1000.0)
    heights = np.maximum(base - 1.0, 0.1) * np.maximum(mobile - 1.0, 0.1)
    breakpoint_m = 4.0 * heights * frequency * 1e6 / C_M_S
    far = base_db + 40.0 * np.log10(slant) - 9.0 * np.log10(breakpoint_m**2 + (base - mobile) ** 2)
    los = np.where(distance <= breakpoint_m, base_db + 22.0 * np.log10(slant), far)
    nlos = 13.54 + 39.08 * np.log10(slant) + 20.0 * np.log10(frequency / 1000.0)
    nlos = np.maximum(nlos - 0.6 * (mobile - 1.5), los)
    return _Pair(los, nlos, np.full(los.shape, 4.0), 6.0, uma_p_los(distance, mobile))
