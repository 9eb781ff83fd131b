"""What all channels share: rows of people, the service of their phones, the mains, the clock and the audience by hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import GridMismatchError, OptionError
from ew4all.sim.states import Change, charge

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ew4all.sim.alert_areas import AlertAreas
    from ew4all.sim.audience import Audience
    from ew4all.sim.rows import Rows

    F64 = NDArray[np.float64]

HOUR_S: Final = 3600.0

_SEEN: Final = 12
"""Columns kept for channels that look at the same moment."""


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

    def switched(self, zones: NDArray[np.intp], now_s: float, *, on: bool, plan: Mains) -> Mains:
        """Return the supply after it was switched in some zones now; what happens last holds.

        What is planned for later stays: a cut that lies ahead comes although the supply was switched on before it, and a
        return that lies ahead comes although it was cut before. Where nothing changes, nothing does.

        Parameters
        ----------
        plan
            Supply of the scenario.
        """
        lost, back = self.lost_s.copy(), self.back_s.copy()
        out = self.out(now_s)
        for z in zones:
            ahead = plan.lost_s[z] > now_s
            if on and out[z]:
                lost[z] = plan.lost_s[z] if ahead else lost[z]
                back[z] = plan.back_s[z] if ahead else now_s
            elif not on and not out[z]:
                lost[z] = now_s
                back[z] = plan.back_s[z] if plan.back_s[z] > now_s else np.inf
        return Mains(lost, back)

    def out_for_s(self, time_s: float) -> F64:
        """Return how long the supply of each zone has been out now, seconds, 0 where it is there. Shape (zones,)."""
        return np.where(self.out(time_s), time_s - self.lost_s, 0.0)


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
    states_s
        When the states in `rows` held: the usual moment of issue.
    areas
        Warning areas of alerts that have their own; None: all have that of `rows`.

    Methods that end in `_now` give a value for each row, shape (rows,). It depends on `columns` of its name, so that
    ``rows.kinds(*world.columns("awake", "phone_on"))`` is fine enough for a channel that looks at both.
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
    states_s: float = 0.0
    areas: AlertAreas | None = None

    def seen_from(self, area: str) -> World:
        """Return the world of alerts with this warning area: who is in it, and which cells carry them.

        Raises
        ------
        OptionError
            There is no area of this name.
        """
        if area == "":
            return self
        if self.areas is None:
            msg = f"this run has one warning area, and an alert asks for {area!r}; leave the area of the alert empty"
            raise OptionError(msg)
        if area not in self._views:
            k, areas = self.areas.index(area), self.areas
            service = self.rows.service if areas.history is None else areas.history[k]
            rows = replace(self.rows, in_area=areas.holds(area), service=service)
            self._views[area] = replace(self, rows=rows, service=areas.services[k], areas=None)
        return self._views[area]

    @property
    def told_apart(self) -> World:
        """The world for saying how rows differ: where there are several areas, by the set of them that rows lie in."""
        if self.areas is None:
            return self
        # Whoever is in any area is true in this column, so that it still says "in area".
        code: Any = self.areas.code
        return replace(self, rows=replace(self.rows, in_area=code), areas=None)

    def hour(self, time_s: float) -> float:
        """Return the local time of day, hours 0..24."""
        return float((self.zero_hour + time_s / HOUR_S) % 24.0)

    def columns(self, *states: str) -> tuple[NDArray[Any], ...]:
        """Return what tells rows apart in a state: ``awake``, ``indoors``, ``phone_on``, ``mains`` or ``activity``.

        Raises
        ------
        OptionError
            A state of another name.
        """
        rows = self.rows
        supply = np.where(rows.mains_lost, rows.zone, -1)
        known: dict[str, tuple[NDArray[Any], ...]] = {
            "awake": (rows.awake,),
            "indoors": (rows.awake, rows.indoors),
            "activity": (rows.awake, rows.indoors),
            "phone_on": (rows.awake, rows.phone_on, supply, self._owned),
            "mains": (supply,),
        }
        for state in states:
            if state not in known:
                msg = f"rows have no state {state!r}; they have {', '.join(known)}"
                raise OptionError(msg)
        return tuple(column for state in states for column in known[state])

    def awake_now(self, time_s: float) -> F64:
        """Return the share of each row that is awake."""
        return self._once(("awake", time_s), lambda: self._change(time_s).awake(self.rows.awake))

    def indoors_now(self, time_s: float) -> F64:
        """Return the share of each row that is in a building; all who sleep are, nobody in a vehicle is."""
        rows = self.rows
        return self._once(
            ("indoors", time_s), lambda: self._change(time_s).indoors(rows.awake, rows.indoors)
        )

    def phone_on_now(self, time_s: float, mains: Mains | None = None) -> F64:
        """Return the share of each row with a phone that is on: owned, charged, not in flight mode.

        Parameters
        ----------
        mains
            Supply after decisions of the run, `Engine.mains`; that of the scenario without it.
        """
        return self._once(("phone_on", time_s, mains), lambda: self._phone_on(time_s, mains))

    def mains_now(self, time_s: float, mains: Mains | None = None) -> F64:
        """Return 1 for each row with supply, 0 for the others; `mains` as for `phone_on_now`."""
        out = (mains or self.mains).out(time_s)[self.rows.zone] & self.rows.mains_lost
        return np.where(out, 0.0, 1.0)

    def activity_now(self, name: str, time_s: float) -> F64:
        """Return the share of each row that listens, watches, drives or works now.

        Parameters
        ----------
        name
            An hourly table: ``radio`` and ``at_work`` (anywhere), ``tv`` (in a building), ``driving`` and ``outdoors``
            (not in one).
        """
        hour = self.hour(time_s)
        share = self.audience.at(name, hour)
        if name == "asleep":
            return 1.0 - self.awake_now(time_s)
        up = 1.0 - self.audience.at("asleep", hour)
        inside = up * self.audience.indoors_when_awake(hour)
        awake, outside = self.awake_now(time_s), 1.0 - self.indoors_now(time_s)
        can, of = {
            "tv": (awake - outside, inside),
            "driving": (outside, up - inside),
            "outdoors": (outside, up - inside),
        }.get(name, (awake, up))
        return can * min(1.0, share / of) if of > 0 else np.zeros(len(self.rows))

    def silent_now(self, time_s: float) -> F64:
        """Return the share of the phones of each row that make no sound for a message without priority."""
        awake = self.awake_now(time_s)
        values = self.audience.values
        return awake * values["silent_awake"] + (1.0 - awake) * values["silent_asleep"]

    def _phone_on(self, time_s: float, mains: Mains | None) -> F64:
        rows = self.rows
        charged = tuple(
            np.where(rows.mains_lost, charge(self.audience, out)[rows.zone], 1.0)
            for out in (
                self.mains.out_for_s(self.states_s),
                (mains or self.mains).out_for_s(time_s),
            )
        )
        return self._change(time_s).phone_on(
            self.audience, rows.awake, rows.phone_on, self._owned, (charged[0], charged[1])
        )

    def _once(self, key: tuple[Any, ...], make: Callable[[], F64]) -> F64:
        """Work a column out once for all channels that ask at one time; nobody may write to it."""
        if key not in self._seen:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            column = make()
            column.flags.writeable = False
            self._seen[key] = column
        return self._seen[key]

    @cached_property
    def _views(self) -> dict[str, World]:
        return {}

    @cached_property
    def _seen(self) -> dict[tuple[Any, ...], F64]:
        return {}

    def _change(self, time_s: float) -> Change:
        first = self.zero_hour + self.states_s / HOUR_S
        return Change.between(self.audience, first, self.zero_hour + time_s / HOUR_S)

    @cached_property
    def _owned(self) -> F64:
        owned: F64 = self.audience.of_groups("phone_owned", self.groups)[self.rows.group]
        return owned
