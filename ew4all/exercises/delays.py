"""How long it takes until what players ask for is there, and what it does: one table, each number replaceable.

Only few of these are measured. What is a judgement says so; an exercise that rehearses logistics should set its own.
"""

from __future__ import annotations

from typing import Final

from ew4all.scenario.values import duration_s
from ew4all.sim.parameters import Parameter, resolve

__all__ = ["DELAYS", "delay_of"]

_HOUR_S: Final = 3600.0
_CHOSEN: Final = "chosen: a stock in the country, an open road; as kit_setup_h in ew4all.coverage.outages plus an hour of travel"

DELAYS: Final = (
    Parameter("satellite_delay_s", 3 * _HOUR_S, "s", _HOUR_S, 72 * _HOUR_S, _CHOSEN + "; from abroad it takes days", "judgement"),
    Parameter("satellite_sites", 1.0, "sites", 1.0, 4.0, "chosen: sites that one satellite kit links again", "judgement", least=1.0),
    Parameter("generator_delay_s", 3 * _HOUR_S, "s", _HOUR_S, 48 * _HOUR_S, _CHOSEN, "judgement"),
    Parameter("generator_sites", 1.0, "sites", 1.0, 4.0, "chosen: sites that one generator powers", "judgement", least=1.0),
    Parameter(
        "roaming_delay_s", 2 * _HOUR_S, "s", 0.5 * _HOUR_S, 24 * _HOUR_S,
        "chosen: operators with an agreement, who only have to switch it on; without one it takes days", "judgement",
    ),
)  # fmt: skip
"""From the request on, exercise time, and what each thing serves."""


def delay_of(text: str) -> tuple[str, float]:
    """Return the name and value of a text such as ``satellite_delay_s = 30 min`` or ``satellite_sites = 2``.

    Raises
    ------
    ValueError
        It is none, or the value is out of its bounds.
    """
    name, sign, said = (part.strip() for part in text.partition("="))
    if not sign:
        msg = f"{text[:60]!r} is no delay; write one such as satellite_delay_s = 30 min"
        raise ValueError(msg)
    try:
        value = float(said)
    except ValueError:
        value = duration_s(said)
    resolve(DELAYS, {name: value}, "delays")
    return name, value
