"""Messages over the Internet to installations: handed out at a finite rate, delayed by sleeping devices, kept while there is no data.

Shared by warning apps and web push. Unlike a broadcast, a message that cannot be delivered waits at the push service until the
alert ends: a device that comes back gets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.normal import quantile
from ew4all.errors import EmptyLayerError
from ew4all.sim.channels.receivers import (
    Noticing,
    Untaken,
    able_of_all,
    area_share,
    for_area,
    mass,
    newest,
    people_of,
    phone_columns,
    phones_on,
    rate_of,
)
from ew4all.sim.delay import Delay
from ew4all.sim.population import Exposure
from ew4all.sim.world import HOUR_S
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.parameters import Parameter
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["Push", "delay_of"]

AGAIN_S: Final = 30.0
"""A new text sounds within this time on devices that have another already, and receive it."""

_LOOK_S: Final = 300.0
"""How often devices are looked at where nothing else changes."""

_FEW: Final = 1e-5
"""A smaller share of the people in the area who come back is left until the next look."""

_TINY: Final = 1e-15

_CASES: Final = 192
"""Cases of equal chance that stand for a delay."""

_SHARES: Final = np.array([0.0, 0.02, *np.linspace(0.08, 0.92, 15), 0.95, 0.97, 0.985, 0.995, 1.0])
"""Where a delay is cut: its quantiles at these shares are exact."""


@dataclass(frozen=True)
class Push:
    """Messages to installations of one kind.

    Attributes
    ----------
    has
        Parameter that says how many people have one: ``installed`` or ``subscribed``.
    only_phones
        All are on phones; else `on_phone` of them, and the others on computers.
    """

    name: str
    parameters: tuple[Parameter, ...]
    has: str
    only_phones: bool = True

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        """Say how rows differ: by phone, service, fixed network, and place.

        Raises
        ------
        EmptyLayerError
            No cell ever gives anybody data, and there is no fixed network; or nobody has it.
        """
        rows = world.rows
        used = world.service.technology[np.unique(rows.service)]
        mobile = bool((_data_of(values)[used[used >= 0]] > 0).any())
        if not (mobile or values["fixed_network"] > 0):
            msg = (
                f"{self.name}: no cell or coverage layer gives anybody data and {self.name}.fixed_network is 0, so nothing "
                "arrives; give a network with 3g, 4g or 5g, or leave the channel out"
            )
            raise EmptyLayerError(msg)
        kind, row = rows.kinds(
            *phone_columns(world), *world.columns("indoors", "mains"), rows.in_area
        )
        inside = rows.in_area[row]
        # Who is outside has it for a place inside, or the sender cannot tell where they are.
        wanted = np.where(inside, values["placed"], values["outside"])
        can = values[self.has] * values["allowed"] * wanted
        if not can.any():
            msg = (
                f"{self.name}: nobody has it ({self.name}.{self.has}, allowed and placed must be above 0); set them, or leave "
                "the channel out"
            )
            raise EmptyLayerError(msg)
        return Exposure(kind, can, row)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Send it to all installations, and deliver what is kept as devices come back, until the alert ends."""
        values, susceptible = stage.values, stage.exposure.susceptible
        over, sounds_again = newest(stage, notice.identifier)
        noticing = _Noticing(stage)
        end_s = stage.now_s + notice.duration_s
        yield stage.env.timeout(values["prepare_s"])
        if over():
            return
        stage.record("on_air")
        placed = for_area(stage, values["outside"] / max(values["placed"], _TINY))
        stage.alert(susceptible * placed)
        noticing.refresh()
        untaken: Untaken = stage.kept.setdefault("untaken", Untaken.begin(susceptible.size))
        able, part = able_of_all(stage, placed * _able(stage, only_phones=self.only_phones))
        untaken.change(able)
        if sounds_again:
            noticing.sound_again(untaken.served() * part, AGAIN_S)
        messages = mass(people_of(stage), susceptible * placed)
        _deliver(stage, untaken, part, _usual_delay(values, messages / values["rate_per_s"]), over)
        people = people_of(stage)
        people /= max(float(people.sum()), _TINY) * area_share(stage)
        while not over() and stage.now_s < end_s:
            yield stage.wait(min(_LOOK_S, end_s - stage.now_s))
            able, part = able_of_all(stage, placed * _able(stage, only_phones=self.only_phones))
            untaken.change(able)
            noticing.refresh()
            if sounds_again:
                noticing.sound_again(untaken.served() * part, AGAIN_S)
            if stage.now_s < end_s and mass(people, part * untaken.left * susceptible) > _FEW:
                _deliver(stage, untaken, part, Delay.exponential(values["resync_s"]), over)
        stage.record("off_air")
        while not over():
            # What has arrived is still found by whoever looks.
            yield stage.wait(HOUR_S)
            noticing.refresh()


class _Noticing(Noticing):
    """As on any phone, but some installations sound although it is silent."""

    def __init__(self, stage: Stage) -> None:
        values = stage.values
        at_once = (values["noticed_awake"], values["noticed_asleep"])
        super().__init__(stage, at_once, values["looks_every_s"])

    def now(self) -> F64:
        """Return the share of each kind that notices at once at this moment."""
        stage = self.stage
        silent = stage.world.silent_now(stage.now_s)[stage.exposure.row]
        return super().now() * (1.0 - silent * (1.0 - stage.values["breaks_silence"]))


def delay_of(fan_out_s: float, median_s: float, sigma: float, held: float, held_s: float) -> Delay:
    """Return how long a message takes.

    Parameters
    ----------
    fan_out_s
        Time in which all are handed out, each moment alike.
    median_s, sigma
        Of the log-normal delay after that.
    held, held_s
        Share of devices that sleep, and the mean of their exponential delay beyond.
    """
    return _delay(fan_out_s, median_s, sigma, held, held_s)


@lru_cache(maxsize=64)
def _delay(*given: float) -> Delay:
    fan_out_s, median_s, sigma, held, held_s = given
    middle, fine = ((np.arange(n) + 0.5) / n for n in (24, _CASES))
    spread = median_s * np.exp(sigma * np.array(_normal()))
    awake_s = np.add.outer(fan_out_s * middle, spread).ravel()
    asleep_s = np.add.outer(np.sort(awake_s)[12::24], -held_s * np.log1p(-fine)).ravel()
    time_s = np.concatenate([awake_s, asleep_s])
    weight = np.concatenate(
        [
            np.full(awake_s.size, (1.0 - held) / awake_s.size),
            np.full(asleep_s.size, held / asleep_s.size),
        ]
    )
    time_s, weight = time_s[weight > 0], weight[weight > 0]
    order = np.argsort(time_s, kind="stable")
    edges = np.interp(_SHARES, np.cumsum(weight[order]) - 0.5 * weight[order], time_s[order])
    # Equal times are told apart by a millisecond.
    edges = np.maximum.accumulate(edges + 1e-3 * np.arange(edges.size))
    return Delay(edges, _SHARES)


@lru_cache(maxsize=1)
def _normal() -> tuple[float, ...]:
    """Return normal quantiles of cases of equal chance: every replica has another delay, all of them need these."""
    return tuple(float(quantile((k + 0.5) / _CASES)) for k in range(_CASES))


def _usual_delay(values: Mapping[str, float], fan_out_s: float) -> Delay:
    return delay_of(
        round(fan_out_s, 3),
        values["delay_median_s"],
        values["delay_sigma"],
        values["held_back"],
        values["held_back_s"],
    )


def _deliver(
    stage: Stage, untaken: Untaken, part: F64 | float, delay: Delay, over: Callable[[], bool]
) -> None:
    share = part * untaken.left
    stage.record("broadcast", mass(people_of(stage), share * stage.exposure.susceptible))
    untaken.left = untaken.left - share
    stage.env.process(_roll(stage, untaken, share, delay, over))


def _roll(
    stage: Stage, untaken: Untaken, share: F64, delay: Delay, over: Callable[[], bool]
) -> Process:
    """Deliver to a share of each kind with a delay; devices without data meanwhile get it when they are back."""
    begin_s, key, could = stage.now_s, object(), untaken.able
    waiting = np.zeros(share.size)
    for k in range(delay.edges_s.size - 1):
        yield stage.env.timeout(max(0.0, begin_s + float(delay.edges_s[k]) - stage.now_s))
        if over():
            untaken.give_back(share * (1.0 - delay.share[k]), could)
            break
        part = share * (delay.share[k + 1] - delay.share[k])
        still = np.minimum(1.0, untaken.able / np.maximum(could, _TINY))
        waiting += part * (1.0 - still)
        span_s = float(delay.edges_s[k + 1] - delay.edges_s[k])
        stage.hold(key, rate_of(untaken.reach(part * still), span_s))
    else:
        yield stage.env.timeout(max(0.0, begin_s + float(delay.edges_s[-1]) - stage.now_s))
    stage.hold(key, None)
    back = untaken.able >= could
    untaken.left = untaken.left + np.where(back, waiting, 0.0)
    untaken.dark = untaken.dark + np.where(back, 0.0, waiting)


def _data_of(values: Mapping[str, float]) -> F64:
    """Return the share of phones in service that have data, by technology."""
    return np.array([values["data_2g" if name == "2g" else "data"] for name in TECHNOLOGIES])


def _able(stage: Stage, *, only_phones: bool) -> F64:
    """Return the share of each kind whose device is on and has data now."""
    world, row, values, now_s = stage.world, stage.exposure.row, stage.values, stage.now_s
    technology: NDArray[Any] = world.service.technology_at(now_s)[world.rows.service[row]]
    served = np.where(technology >= 0, stage.service_share()[row], 0.0)
    mobile = served * _data_of(values)[np.maximum(technology, 0)]
    inside = world.indoors_now(now_s)[row]
    fixed = values["fixed_network"] * world.mains_now(now_s, stage.mains)[row]
    on_phone: F64 = phones_on(stage) * (1.0 - (1.0 - mobile) * (1.0 - inside * fixed))
    if only_phones:
        return on_phone
    awake_inside = np.maximum(0.0, world.awake_now(now_s)[row] - (1.0 - inside))
    # Somebody at a computer has a fixed network wherever there is mains.
    at_computer = awake_inside * values["at_computer"] * world.mains_now(now_s, stage.mains)[row]
    phones = values["on_phone"]
    able: F64 = phones * on_phone + (1.0 - phones) * at_computer
    return able
