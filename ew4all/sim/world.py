"""What all channels share: rows of people, the service of their phones, the mains, the clock and the audience by hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import GridMismatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.audience import Audience
    from ew4all.sim.rows import Rows

    F64 = NDArray[np.float64]

HOUR_S: Final = 3600.0


@dataclass(frozen=True, eq=False)
class Service:
    """Histories of service: which technology serves people in each epoch, and whether that cell carries the alert.

    Attributes
    ----------
    technology
        Index into `ew4all.units.TECHNOLOGIES`, -1 without service; shape (histories, epochs).
    addressed
        Whether the serving cell is among those addressed, same shape.
    start_s
        When each epoch begins, shape (epochs,), rising; the first is where the run begins or earlier.
    """

    technology: NDArray[np.int8]
    addressed: NDArray[np.bool_]
    start_s: F64

    def __post_init__(self) -> None:
        """Refuse tables that do not belong together."""
        shape = (self.technology.shape[0], self.start_s.size)
        if self.technology.shape != shape or self.addressed.shape != shape:
            msg = (
                f"service histories of shapes {self.technology.shape} and {self.addressed.shape} do not "
                f"fit {self.start_s.size} epochs"
            )
            raise GridMismatchError(msg)

    def epoch(self, time_s: float) -> int:
        """Return the epoch that a time lies in."""
        return max(0, int(np.searchsorted(self.start_s, time_s, side="right")) - 1)

    def technology_at(self, time_s: float) -> NDArray[np.int8]:
        """Return which technology serves each history, shape (histories,); -1: none."""
        now: NDArray[np.int8] = self.technology[:, self.epoch(time_s)]
        return now

    def carries(self, time_s: float) -> NDArray[np.int8]:
        """Return the technology on which each history gets the broadcast, -1: none, shape (histories,)."""
        k = self.epoch(time_s)
        found: NDArray[np.int8] = np.where(self.addressed[:, k], self.technology[:, k], -1).astype(
            np.int8
        )
        return found


@dataclass(frozen=True, eq=False)
class Mains:
    """When the supply of each zone fails and comes back, seconds; infinite where it does not. Shape (zones,)."""

    lost_s: F64
    back_s: F64

    @classmethod
    def never_lost(cls, zones: int) -> Mains:
        """Power everywhere, all the time."""
        return cls(np.full(zones, np.inf), np.full(zones, np.inf))

    def out(self, time_s: float) -> NDArray[np.bool_]:
        """Return whether the supply of each zone is out now, shape (zones,)."""
        found: NDArray[np.bool_] = (self.lost_s <= time_s) & (time_s < self.back_s)
        return found


@dataclass(frozen=True, eq=False)
class World:
    """Everything that channels look at. Times are seconds since the scenario's zero.

    Attributes
    ----------
    zones, groups, operators
        Names that `rows` has indices into.
    siren_db
        Outdoor level of each siren class at the person, dBC, shape (classes,).
    zero_hour
        Local time of the scenario's zero, hours 0..24.
    """

    rows: Rows
    zones: tuple[str, ...]
    groups: tuple[str, ...]
    operators: tuple[str, ...]
    service: Service
    siren_db: F64
    mains: Mains
    audience: Audience
    zero_hour: float

    def hour(self, time_s: float) -> float:
        """Return the local time of day, hours 0..24."""
        return float((self.zero_hour + time_s / HOUR_S) % 24.0)
