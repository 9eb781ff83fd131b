"""A cell broadcast while it is on air: who could receive it, the first broadcast, repetitions, and cells that come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.sim.channels.cb_delay import first_wave, repeat_wave, repetition_s
from ew4all.sim.channels.receivers import Noticing, Untaken, rate_of
from ew4all.sim.world import HOUR_S
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.channels.cb_delay import Wave
    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.stage import Stage

    F64 = NDArray[np.float64]

AGAIN_S: Final = 30.0
"""An update sounds within this time on phones that have an alert already."""

_FEW: Final = 1e-6
"""A repetition that reaches a smaller share of people is left to the next one: they stay within reach of it."""

_LOOK_S: Final = 300.0
"""How often it is computed anew which phones are on, where nothing else changes."""


class OnAir:
    """One alert, or one of its updates.

    Parameters
    ----------
    stage
        Of the channel.
    notice
        What is sent.
    """

    def __init__(self, stage: Stage, notice: Notice) -> None:
        world, self.row = stage.world, stage.exposure.row
        self.stage, self.notice, values = stage, notice, stage.values
        rows, kinds = world.rows, self.row.size
        self.untaken: Untaken = stage.kept.setdefault("untaken", Untaken.begin(kinds))
        self.noticing = Noticing(
            stage, (values["noticed_awake"], values["noticed_asleep"]), values["looks_every_s"]
        )
        people = np.bincount(stage.exposure.kind, rows.people, kinds)
        self.people = people / max(people.sum(), 1e-300)
        # Somebody who moves finds the service of others of the same zone, operator and side of the area's border.
        self.place, _ = rows.kinds(rows.zone, rows.operator, rows.in_area)
        self.place = self.place[self.row]
        self.capable = world.audience.capable(world.groups)[rows.group[self.row]]
        self.willing = self._willing()
        self.decoded = np.array([values[f"decoded_{t}"] for t in TECHNOLOGIES])
        self.on_air = np.zeros(kinds)
        self.returned_s = np.full(kinds, np.inf)
        self.technology = np.full(kinds, -1)
        self.phone_on, self.looked_s = np.zeros(kinds), -np.inf
        self.start_s = stage.now_s

    def run(self) -> Process:
        """Play it: a SimPy process."""
        stage, notice = self.stage, self.notice
        before = stage.kept.get("version", {}).get(notice.identifier, 0)
        self.version = before + 1
        stage.kept.setdefault("version", {})[notice.identifier] = self.version
        stage.record("on_air")
        if before:
            self.noticing.sound_again(AGAIN_S)
        end_s = self.start_s + notice.duration_s
        self._look(restarts=False)
        used = np.unique(stage.world.service.technology)
        used = used[used >= 0]
        first, again = (
            make(
                notice.pages,
                stage.values,
                geofenced=notice.device_geofenced,
                used=tuple(used.tolist()),
            )
            for make in (first_wave, repeat_wave)
        )
        period_s = repetition_s(notice.pages, stage.values)
        self._broadcast(first)
        # Repetitions follow the first broadcast of the cells, which lies behind the core and the fan-out.
        lead_s = float((first.mean_s - again.mean_s)[used].mean())
        next_s = self.start_s + lead_s + period_s
        while not self.is_over() and stage.now_s < end_s:
            yield stage.wait(min(next_s, end_s) - stage.now_s)
            if self.is_over() or stage.now_s >= end_s:
                break
            self._look(restarts=True)
            if stage.now_s >= next_s:
                self._broadcast(again)
                next_s += period_s
        stage.record("off_air")
        while not self.is_over():
            # What is on the screen is still found by whoever looks, and by whoever wakes up.
            yield stage.wait(HOUR_S)
            self.noticing.refresh()

    def is_over(self) -> bool:
        """Whether it was cancelled, replaced by an update, or the channel is out of use."""
        stage = self.stage
        newest = stage.kept["version"][self.notice.identifier]
        return stage.is_over(self.notice.identifier) or newest != self.version

    def _willing(self) -> F64:
        """Return the share of capable phones of each kind that show this alert."""
        stage, values = self.stage, self.stage.values
        world, rows = stage.world, stage.world.rows
        willing = np.ones(self.row.size)
        if not self.notice.national:
            out = world.audience.of_groups("opted_out", world.groups)
            willing -= out[rows.group[self.row]]
        if self.notice.device_geofenced:
            share, fixed = values["geofenced_share"], 1.0 - values["geofence_no_fix"]
            near = np.where(
                rows.in_area[self.row],
                1.0 - values["geofence_inside_error"],
                values["geofence_near"],
            )
            willing *= 1.0 - share * fixed * (1.0 - near)
        return willing

    def _look(self, *, restarts: bool) -> None:
        """See which cells carry the alert and which phones could receive it now."""
        stage, now_s = self.stage, self.stage.now_s
        world, values = stage.world, stage.values
        service = world.rows.service[self.row]
        technology = world.service.carries(now_s)[service].astype(int)
        target = np.where(technology >= 0, stage.service_share()[self.row], 0.0)
        target *= values["network_broadcasts"]
        # A cell that comes back is loaded anew after a while; one that fails is off at once.
        rising = target > self.on_air
        self.returned_s = np.where(rising, np.minimum(self.returned_s, now_s), np.inf)
        ready = ~rising | (self.returned_s + values["reload_s"] <= now_s) if restarts else True
        if restarts and np.any(rising & ready):
            stage.record("restart", float(self.people[rising & ready].sum()))
        self.on_air = np.where(ready, target, self.on_air)
        self.technology = np.where(self.on_air > 0, technology, -1)
        if now_s >= self.looked_s + _LOOK_S or not restarts:
            self._look_at_phones()
        self._count_able()

    def _look_at_phones(self) -> None:
        stage = self.stage
        on = stage.world.phone_on_now(stage.now_s, stage.mains)
        self.phone_on, self.looked_s = on[self.row], stage.now_s
        self.noticing.refresh()

    def _count_able(self) -> None:
        stage, values = self.stage, self.stage.values
        susceptible = np.maximum(stage.exposure.susceptible, 1e-300)
        own = np.take_along_axis(self.capable, np.maximum(self.technology, 0)[:, None], 1)[:, 0]
        there, usual = self._elsewhere()
        moved_s = max(0.0, stage.now_s - self.start_s)
        moved = -np.expm1(-values["moves_per_h"] * moved_s / HOUR_S)
        shows = self.on_air * own + (1.0 - self.on_air) * moved * there * usual
        stage.alert(self.on_air + (1.0 - self.on_air) * moved * there)
        self.untaken.change(self.phone_on * self.willing * np.minimum(1.0, shows / susceptible))

    def _elsewhere(self) -> tuple[F64, F64]:
        """Return the share of people around each kind who have the alert on air, and how capable its own phones are there."""
        size = int(self.place.max(initial=-1)) + 1
        weight = np.bincount(self.place, self.people, size)
        served = np.bincount(self.place, self.people * self.on_air, size)
        there = served / np.maximum(weight, 1e-300)
        mix = (
            np.stack(
                [
                    np.bincount(
                        self.place, self.people * self.on_air * (self.technology == t), size
                    )
                    for t in range(len(TECHNOLOGIES))
                ],
                axis=1,
            )
            / np.maximum(served, 1e-300)[:, None]
        )
        return there[self.place], (self.capable * mix[self.place]).sum(axis=1)

    def _broadcast(self, wave: Wave) -> None:
        """Send it once: who is able and decodes it gets it, after the delays of the wave."""
        known = np.where(self.technology >= 0, self.technology, TECHNOLOGIES.index("4g"))
        share = self.untaken.left * self.decoded[known]
        if share @ self.people < _FEW:
            return
        self.stage.record("broadcast", float(share @ self.people))
        self.untaken.left -= share
        self.stage.env.process(self._roll(wave, share, wave.share[:, known]))

    def _roll(self, wave: Wave, share: F64, grown: F64) -> Process:
        """Let a wave roll: some pieces in time, each with a constant rate.

        Parameters
        ----------
        share
            Of each kind, that gets it in the end, shape (kinds,).
        grown
            Part of these by each edge of the wave, shape (points, kinds).
        """
        stage, begin_s, key, untaken = self.stage, self.stage.now_s, object(), self.untaken
        could = untaken.able
        lost = np.zeros(share.size)
        for k in range(wave.edges_s.size - 1):
            yield stage.env.timeout(max(0.0, begin_s + wave.edges_s[k] - stage.now_s))
            if self.is_over():
                untaken.give_back(share * (1.0 - grown[k]), could)
                break
            part = share * (grown[k + 1] - grown[k])
            # Cells that failed since the wave began send nothing more.
            still = np.minimum(1.0, untaken.able / np.maximum(could, 1e-300))
            lost += part * (1.0 - still)
            hit = untaken.reach(part * still)
            stage.hold(key, rate_of(hit, wave.edges_s[k + 1] - wave.edges_s[k]))
        else:
            yield stage.env.timeout(max(0.0, begin_s + wave.edges_s[-1] - stage.now_s))
        stage.hold(key, None)
        back = untaken.able >= could
        untaken.left += np.where(back, lost, 0.0)
        untaken.dark += np.where(back, 0.0, lost)
