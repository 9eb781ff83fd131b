"""Word of mouth: people who are warned tell others, in person and by telephone, within a zone and across zones.

Contagion: of the people not warned, each is told at a rate that is the talk of this channel times the share of people warned
among those whom one meets (`population.Mixing`). Alone and with constant talk that is the logistic curve. Talk lasts as
long as the alert is in force and fades after it: a test is over when its attention is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.sim.channels.receivers import phone_columns
from ew4all.sim.parameters import Parameter
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["PARAMETERS", "WordOfMouth"]

PARAMETERS: Final = (
    Parameter(
        "told_per_min", 0.0125, "1/min", 0.006, 0.06,
        "talk times its duration is 0.50 (0.40 to 0.58) in six national tests, from those warned directly and those warned in all "
        "(reference/validation.md 1.4: Netherlands 2017 to 2020, New Zealand 2018 and 2019; logistic), over 30 minutes on air and "
        "`fades_s`. High: 0.06 of USACE code", "derived",
    ),
    Parameter("fades_s", 600.0, "s", 60.0, 3600.0, "chosen: time constant with which talk ends after the alert", "judgement", least=1.0),
    Parameter(
        "asleep", 0.3, "share", 0.1, 0.6,
        "chosen: somebody asleep is told at this part of the rate, by whoever takes the trouble to wake them", "judgement", most=1.0,
    ),
    Parameter(
        "by_phone", 0.15, "share", 0.05, 0.8,
        "part of the talk that needs a telephone of the person told, on and in service; so that of those missed directly in the Netherlands, "
        "June 2020, who mostly had none, as many were told as in six tests (validation/)", "fitted", most=1.0,
    ),
    Parameter("alone", 0.03, "share", 0.0, 0.15, "chosen: people whom nobody tells", "judgement", most=1.0),
    Parameter(
        "outside", 0.3, "share", 0.0, 1.0,
        "chosen: people outside the warning area are told at this part of the rate", "judgement", most=1.0,
    ),
)  # fmt: skip

_LOOK_S: Final = 300.0
"""How often the talk is computed anew; while it fades, at a tenth of its time constant where that is shorter."""

_SILENT: Final = 0.01
"""Talk that has faded to this part is over."""


@dataclass(frozen=True)
class WordOfMouth:
    """People tell each other."""

    name: str = "word_of_mouth"
    parameters: tuple[Parameter, ...] = PARAMETERS
    is_word_of_mouth: bool = True

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        """Say how rows differ: awake, with a telephone in service, and inside the area."""
        rows = world.rows
        kind, row = rows.kinds(*phone_columns(world), rows.in_area)
        return Exposure(kind, np.full(row.size, 1.0 - values["alone"]), row)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Let people talk while the alert is in force, and let the talk fade after that.

        An alert that is cancelled is still talked about for a while; several alerts at a time make no more talk than one.
        """
        fades_s = stage.values["fades_s"]
        ends: dict[str, float] = stage.kept.setdefault("ends_s", {})
        ends[notice.identifier] = stage.now_s + notice.duration_s
        inside: dict[str, NDArray[np.bool_]] = stage.kept.setdefault("inside", {})
        inside[notice.identifier] = stage.world.rows.in_area[stage.exposure.row]
        if stage.kept.get("talking"):
            return
        stage.kept["talking"] = True
        stage.alert(np.ones(stage.exposure.row.size))
        stage.record("on_air")
        while stage.is_on:
            for identifier, end_s in ends.items():
                if stage.is_over(identifier):
                    ends[identifier] = min(end_s, stage.now_s)
            end_s = max(ends.values())
            step_s = min(_LOOK_S, end_s - stage.now_s)
            if stage.now_s >= end_s:
                step_s = min(_LOOK_S, 0.1 * fades_s)
            talk = _mean_talk(stage.now_s - end_s, step_s, fades_s)
            if talk < _SILENT:
                break
            stage.hold("talk", talk * _told(stage, np.any([inside[name] for name in ends], axis=0)))
            yield stage.wait(step_s)
        stage.hold("talk", None)
        stage.kept["talking"] = False
        ends.clear()
        stage.record("off_air")


def _mean_talk(since_end_s: float, step_s: float, fades_s: float) -> float:
    """Return the mean part of the talk that goes on over a step; 1 before the end."""
    if since_end_s < 0.0:
        return 1.0
    part = math.exp(-since_end_s / fades_s)
    return part * -math.expm1(-step_s / fades_s) * fades_s / step_s


def _told(stage: Stage, inside: NDArray[np.bool_]) -> F64:
    """Return the rate per second at which each kind is told, if everybody else were warned; `inside` the area of an alert or not."""
    world, row, values = stage.world, stage.exposure.row, stage.values
    awake = world.awake_now(stage.now_s)[row]
    served = world.service.technology_at(stage.now_s)[world.rows.service[row]] >= 0
    phone = world.phone_on_now(stage.now_s, stage.mains)[row] * stage.service_share()[row] * served
    # Before the alert those without a telephone are met in person as often as the others.
    way = 1.0 - values["by_phone"] * (1.0 - phone)
    where = np.where(inside, 1.0, values["outside"])
    told: F64 = (
        values["told_per_min"] / 60.0 * way * where * (awake + (1.0 - awake) * values["asleep"])
    )
    return told
