"""Which cells carry a cell broadcast, and who is in their service: at home, elsewhere, or on another operator's network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.sim.channels.receivers import mass
from ew4all.sim.world import HOUR_S
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.stage import Stage

    F64 = NDArray[np.float64]
    Index = NDArray[np.intp]

_TINY: Final = 1e-300


class Cells:
    """Shares of each kind, shape (kinds,); kinds are those of the stage's exposure.

    Parameters
    ----------
    stage
        Of the channel.
    people
        Of each kind, of any sum.

    Attributes
    ----------
    on_air
        Share whose own cell has the message on air.
    technology
        Of that cell, an index; -1 where there is none.
    """

    def __init__(self, stage: Stage, people: F64) -> None:
        self.stage, self.people, self.begin_s = stage, people, stage.now_s
        world, row = stage.world, stage.exposure.row
        rows = world.rows
        self._service = rows.service[row]
        self._operator = rows.operator[row]
        self._side = rows.kinds(rows.zone, rows.in_area)[0][row].astype(np.intp)
        self._place = rows.kinds(rows.zone, rows.in_area, rows.operator)[0][row].astype(np.intp)
        self._capable = world.audience.capable(world.groups)[rows.group[row]]
        self.on_air = np.zeros(row.size)
        self.technology = np.full(row.size, -1)
        self._returned_s = np.full(row.size, np.inf)

    def look(self, *, restarts: bool) -> None:
        """See which cells carry the alert now.

        Parameters
        ----------
        restarts
            A cell that was not on air a moment ago must be loaded anew, which takes a while; one that fails is off at once.
        """
        stage, now_s, values = self.stage, self.stage.now_s, self.stage.values
        technology = stage.world.service.carries(now_s)[self._service].astype(int)
        target = np.where(technology >= 0, self._whole(), 0.0) * values["network_broadcasts"]
        rising = target > self.on_air
        self._returned_s = np.where(rising, np.minimum(self._returned_s, now_s), np.inf)
        ready = ~rising | (self._returned_s + values["reload_s"] <= now_s) | (not restarts)
        if restarts and np.any(rising & ready):
            stage.record("restart", mass(self.people, (rising & ready).astype(np.float64)))
        self.on_air = np.where(ready, target, self.on_air)
        self.technology = np.where(self.on_air > 0, technology, -1)

    def shown(self) -> tuple[F64, F64]:
        """Return who has the message on air around them, and whose phone would show it; the second is at most the first.

        Beside their own cell, people find that of another operator while their own network has failed (limited service),
        and that of another place once they have moved.
        """
        values = self.stage.values
        moved_s = max(0.0, self.stage.now_s - self.begin_s)
        moved = -np.expm1(-values["moves_per_h"] * moved_s / HOUR_S)
        own = np.take_along_axis(self._capable, np.maximum(self.technology, 0)[:, None], 1)[:, 0]
        there, usual = self._around(self._place)
        others, foreign = self._of_others(), self._around(self._side)[1]
        guest = np.minimum(1.0 - self.on_air, self._failed()) * others
        away = np.maximum(0.0, 1.0 - self.on_air - guest) * moved * there
        shows = self.on_air * own + guest * values["limited_service"] * foreign + away * usual
        return self.on_air + guest + away, shows

    def _whole(self) -> F64:
        """Return the part of its service that each kind has left after decisions of the run."""
        return self.stage.service_share()[self.stage.exposure.row]

    def _failed(self) -> F64:
        """Return the share whose own network has failed here: it served them before."""
        service = self.stage.world.service
        now = service.epoch(self.stage.now_s)
        once = np.any(service.technology[self._service, : now + 1] >= 0, axis=1)
        still = service.technology[self._service, now] >= 0
        return np.where(still, 1.0 - self._whole(), np.where(once, 1.0, 0.0))

    def _around(self, place: Index) -> tuple[F64, F64]:
        """Return the share on air in the place of each kind, and how capable the phones of the kind are on the cells there."""
        size = int(place.max(initial=-1)) + 1
        lit = self.people * self.on_air
        weight, served = np.bincount(place, self.people, size), np.bincount(place, lit, size)
        usual = np.zeros(place.size)
        for technology in range(len(TECHNOLOGIES)):
            part = np.bincount(place, lit * (self.technology == technology), size)
            usual += self._capable[:, technology] * (part / np.maximum(served, _TINY))[place]
        return (served / np.maximum(weight, _TINY))[place], usual

    def _of_others(self) -> F64:
        """Return the chance that any other operator has the message on air around each kind."""
        size = int(self._side.max(initial=-1)) + 1
        missing = np.ones(self._side.size)
        for operator in np.unique(self._operator[self._operator >= 0]):
            own = self._operator == operator
            weight = np.bincount(self._side, self.people * own, size)
            served = np.bincount(self._side, self.people * self.on_air * own, size)
            there = (served / np.maximum(weight, _TINY))[self._side]
            missing *= np.where(own, 1.0, 1.0 - there)
        return 1.0 - missing
