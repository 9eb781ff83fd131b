"""Stations that break in on their programme: who has a set on, who switches on and off, and who hears which repetition.

Shared by radio and television. Somebody with a set listens or does not: two states, with a constant chance to stop and one to
begin that keeps the audience of the hour in balance. Every station has its own moment to break in and repeats from there,
so that a repetition finds, of those left, whoever has begun to listen since the last one. That is followed exactly for people
by kind; power and alerts of others change who can listen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import EmptyLayerError
from ew4all.sim.channels.receivers import (
    Untaken,
    able_of_all,
    area_share,
    for_area,
    newest,
    people_of,
    rate_of,
)
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.parameters import Parameter
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["Broadcaster"]

_FEW: Final = 2e-5
"""A repetition that would reach a smaller share of the people in the area is left to the next one, which then finds them too."""

_PIECES: Final = (6, 2)
"""Parts in time of the first break-in over all stations, and of a repetition."""

_TINY: Final = 1e-15


@dataclass(frozen=True)
class Broadcaster:
    """Stations of one kind.

    Attributes
    ----------
    activity
        Hourly table of who has a set on: ``radio`` or ``tv``.
    """

    name: str
    parameters: tuple[Parameter, ...]
    activity: str

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        """Say how rows differ: who could listen, whose power fails, and who is in the area.

        Raises
        ------
        EmptyLayerError
            No station carries the alert, or nobody has a set.
        """
        rows = world.rows
        kind, row = rows.kinds(rows.zone, rows.in_area, *world.columns("activity", "mains"))
        able = np.where(rows.in_area[row], 1.0, values["outside"])
        able *= values["carries"] * values["audience"]
        if not able.any():
            msg = (
                f"{self.name}: no station carries the alert to anybody with a set; give {self.name}.carries and "
                f"{self.name}.audience above 0, or leave the channel out"
            )
            raise EmptyLayerError(msg)
        return Exposure(kind, able, row)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Break in, and repeat the message while the alert is in force."""
        values = stage.values
        over, _ = newest(stage, notice.identifier)
        end_s = stage.now_s + notice.duration_s
        next_s = stage.now_s + values["break_in_from_s"]
        audience: _Audience = stage.kept.setdefault("audience", _Audience(stage, self.activity))
        first = True
        while not over() and next_s < end_s:
            while stage.now_s < next_s and not over():
                yield stage.wait(next_s - stage.now_s)
                audience.look(stage)
            if over():
                break
            if first:
                stage.record("on_air")
            audience.hear(stage, over, first=first)
            first = False
            next_s += values["repeat_s"]
        while stage.now_s < end_s and not over():
            yield stage.wait(end_s - stage.now_s)
        if not first:
            # A station is still at its last repetition when the next one would be due.
            stage.notice(audience.noticed, 0.0)
            stage.record("off_air")


class _Audience:
    """Who listens, of those whom the message has not reached, and of those who have only overheard it."""

    def __init__(self, stage: Stage, activity: str) -> None:
        self.stage, self.activity = stage, activity
        kinds = stage.exposure.row.size
        self.untaken = Untaken.begin(kinds)
        self.people = people_of(stage) * stage.exposure.susceptible
        self.people /= max(float(people_of(stage).sum()), _TINY)
        self.few = _FEW * area_share(stage)
        self.at_s = stage.now_s
        self.usual = self._usual()
        # Of those left, and of those who overheard it: the part that has a set on.
        self.left_on, self.overheard_on = self.usual.copy(), np.zeros(kinds)
        self.overheard = np.zeros(kinds)
        self.noticed: F64 = np.full(kinds, stage.values["noticed"])
        self.part: F64 | float = 1.0
        self._count(stage)

    def look(self, stage: Stage) -> None:
        """Let people switch on and off up to now, and see whose power is there; `stage` is that of an alert."""
        before = self.usual
        self.usual, span_s = self._usual(), stage.now_s - self.at_s
        self.at_s = stage.now_s
        for name in ("left_on", "overheard_on"):
            on = getattr(self, name)
            setattr(self, name, _switch(on, before, self.usual, span_s, stage.values["session_s"]))
        self._count(stage)

    def hear(self, stage: Stage, over: Callable[[], bool], *, first: bool) -> None:
        """Send the message of an alert once, each station at its time."""
        untaken, values = self.untaken, stage.values
        self.look(stage)
        stage.alert(self._on_air(stage))
        on, noticed = self.left_on, np.full(self.usual.size, values["noticed"])
        if first and values["wakes_up"] > 0.0:
            woken = (1.0 - on) * values["wakes_up"] * self._mains()
            awake = stage.world.awake_now(stage.now_s)[stage.exposure.row]
            wakes = awake * values["noticed"] + (1.0 - awake) * values["noticed_asleep"]
            noticed = (on * noticed + woken * wakes) / np.maximum(on + woken, _TINY)
            on = on + woken
        part = self.part
        hit = part * untaken.left * on
        if not first and hit @ self.people < self.few and self.overheard @ self.people < self.few:
            return
        stage.record("broadcast", float(hit @ self.people))
        # Whoever overheard it may notice this time.
        again = part * values["noticed"] * self.overheard_on if not first else np.zeros(on.size)
        self.noticed = noticed
        stage.notice(noticed, rate_of(again, values["repeat_s"]))
        missed = (1.0 - noticed) * hit
        still = self.overheard * (1.0 - again)
        listening = (
            self.overheard * self.overheard_on * (1.0 - part * (values["noticed"] * (not first)))
        )
        self.overheard = still + missed
        self.overheard_on = (listening + missed) / np.maximum(self.overheard, _TINY)
        untaken.left = untaken.left - hit
        # None of those left for this alert had a set on; those who are left for another may.
        self.left_on = (1.0 - part) * self.left_on / np.maximum(1.0 - part * on, _TINY)
        stage.env.process(self._roll(hit, noticed, over, _PIECES[0 if first else 1]))

    def _roll(self, hit: F64, noticed: F64, over: Callable[[], bool], pieces: int) -> Process:
        """Reach a share of each kind, evenly over the time in which stations break in."""
        stage, key = self.stage, object()
        span_s, able = stage.values["break_in_over_s"] / pieces, self.untaken.able
        for k in range(pieces):
            if over():
                self._give_back(hit * (1.0 - k / pieces), noticed, able)
                break
            stage.hold(key, rate_of(self.untaken.reach(hit / pieces), span_s))
            yield stage.env.timeout(span_s)
        stage.hold(key, None)

    def _give_back(self, share: F64, noticed: F64, able: F64) -> None:
        """Take back people whose station had not broken in yet; their sets are on."""
        untaken, before = self.untaken, self.untaken.left.copy()
        untaken.give_back(share, able)
        came = untaken.left - before
        self.left_on = (before * self.left_on + came) / np.maximum(untaken.left, _TINY)
        missed = np.minimum(self.overheard, (1.0 - noticed) * share)
        listening = np.maximum(0.0, self.overheard * self.overheard_on - missed)
        self.overheard = self.overheard - missed
        self.overheard_on = listening / np.maximum(self.overheard, _TINY)

    def _count(self, stage: Stage) -> None:
        """Count who could be reached; whoever is able again has a set on as others have."""
        before = self.untaken.left
        able, self.part = able_of_all(
            stage, for_area(stage, stage.values["outside"]) * self._powered()
        )
        self.untaken.change(able)
        came = np.maximum(0.0, self.untaken.left - before)
        total = np.maximum(self.untaken.left, _TINY)
        self.left_on = ((total - came) * self.left_on + came * self.usual) / total

    def _usual(self) -> F64:
        """Return the share of each kind that has a set on at this hour, of those who ever do and have power for it."""
        stage, values = self.stage, self.stage.values
        world, row, now_s = stage.world, stage.exposure.row, stage.now_s
        on = world.activity_now(self.activity, now_s)[row] / max(values["audience"], _TINY)
        rows = world.rows
        without_s = np.where(rows.mains_lost, stage.mains.out_for_s(now_s)[rows.zone], 0.0)[row]
        turns = values["turn_to"] * world.awake_now(now_s)[row]
        on = np.where(without_s > values["turn_to_s"], np.maximum(on, turns), on)
        return np.minimum(1.0, on)

    def _mains(self) -> F64:
        stage = self.stage
        return stage.world.mains_now(stage.now_s, stage.mains)[stage.exposure.row]

    def _powered(self) -> F64:
        """Return the share of each kind whose set and station have power."""
        stage, values = self.stage, self.stage.values
        outside = 1.0 - stage.world.indoors_now(stage.now_s)[stage.exposure.row]
        without = outside + (1.0 - outside) * values["battery_set"]
        mains = self._mains()
        return self._transmitter() * (mains + (1.0 - mains) * without)

    def _transmitter(self) -> F64:
        stage, row = self.stage, self.stage.exposure.row
        out = stage.mains.out(stage.now_s)[stage.world.rows.zone[row]]
        return np.where(out, stage.values["transmitter_backup"], 1.0)

    def _on_air(self, stage: Stage) -> F64:
        """Return the share of each kind where a station carries it."""
        values = stage.values
        inside = stage.world.rows.in_area[stage.exposure.row]
        return self._transmitter() * values["carries"] * np.where(inside, 1.0, values["outside"])


def _switch(on: F64, before: F64, usual: F64, span_s: float, session_s: float) -> F64:
    """Let some people switch on and off for a time.

    Parameters
    ----------
    on
        Part of them that has a set on.
    before, usual
        That of everybody, at the start and now.
    span_s, session_s
        The time, and for how long somebody listens in the mean.
    """
    # What the hour asks for happens first, with as few changes as it takes.
    begins = np.maximum(0.0, usual - before) / np.maximum(1.0 - before, _TINY)
    stays = np.minimum(1.0, usual / np.maximum(before, _TINY))
    on = on * stays + (1.0 - on) * np.minimum(1.0, begins)
    kept = np.exp(-span_s / np.maximum(session_s * (1.0 - usual), _TINY))
    result: F64 = usual + (on - usual) * kept
    return result
