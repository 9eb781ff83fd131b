"""A cell broadcast while it is on air: who could receive it, the first broadcast, repetitions, and cells that come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.sim.channels.cb_cells import Cells
from ew4all.sim.channels.cb_delay import first_wave, repeat_wave, repetition_s
from ew4all.sim.channels.receivers import (
    Noticing,
    Untaken,
    able_of_all,
    area_share,
    mass,
    newest,
    people_of,
    phones_on,
    rate_of,
)
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
"""A new text sounds within this time on phones that have another already, and receive it."""

_FEW: Final = 5e-4
_MANY_OF_A_KIND: Final = 0.02
"""A repetition that reaches fewer people, of those in the area and of each kind, is left to the next one: they stay within its reach."""

_NOBODY: Final = 1e-9


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
        self.row = stage.exposure.row
        self.stage, self.notice, values = stage, notice, stage.values
        kinds = self.row.size
        self.untaken: Untaken = stage.kept.setdefault("untaken", Untaken.begin(kinds))
        self.noticing = Noticing(
            stage, (values["noticed_awake"], values["noticed_asleep"]), values["looks_every_s"]
        )
        people = people_of(stage)
        self.people = people / max(people.sum(), 1e-300)
        self.few = _FEW * area_share(stage)
        self.cells = Cells(stage, self.people)
        self.willing = self._willing()
        self.decoded = np.array([values[f"decoded_{t}"] for t in TECHNOLOGIES])
        self.start_s, self.left_out = stage.now_s, np.zeros(kinds)
        self.part: F64 | float = 1.0
        self.is_over, self.sounds_again = newest(stage, notice.identifier)

    def run(self) -> Process:
        """Play it: a SimPy process."""
        stage, notice = self.stage, self.notice
        stage.record("on_air")
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
                next_s += period_s
                self._broadcast(again, last=next_s >= end_s)
        stage.record("off_air")
        while not self.is_over():
            # What is on the screen is still found by whoever looks, and by whoever wakes up.
            yield stage.wait(HOUR_S)
            self.noticing.refresh()

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
        stage, untaken = self.stage, self.untaken
        self.cells.look(restarts=restarts)
        around, shows = self.cells.shown()
        stage.alert(around)
        shows = np.minimum(1.0, shows / np.maximum(stage.exposure.susceptible, 1e-300))
        before = untaken.left
        able, self.part = able_of_all(stage, phones_on(stage) * self.willing * shows)
        untaken.change(able)
        # Whoever comes into reach now has not had the repetitions before.
        self.left_out[untaken.left > 2.0 * before + _NOBODY] = 0.0
        self.noticing.refresh()
        if self.sounds_again:
            self.noticing.sound_again(untaken.served() * self.part, AGAIN_S)

    def _broadcast(self, wave: Wave, *, last: bool = False) -> None:
        """Send it once: who is able and decodes it gets it, after the delays of the wave."""
        known = np.where(
            self.cells.technology >= 0, self.cells.technology, TECHNOLOGIES.index("4g")
        )
        # Repetitions that were left out count with this one.
        share = (
            self.part
            * self.untaken.left
            * (1.0 - (1.0 - self.decoded[known]) ** (1 + self.left_out))
        )
        reached = mass(self.people, share)
        few = reached < self.few and share.max(initial=0.0) < _MANY_OF_A_KIND
        self.left_out += 1
        if reached < _NOBODY or (few and not last):
            return
        self.left_out[:] = 0.0
        self.stage.record("broadcast", reached)
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
