"""Hours of the day and habits of people: every default number of the audience, with its source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.sim.parameters import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Hourly:
    """A share of all people by hour.

    Attributes
    ----------
    by_hour
        Shares at 0, 1, ... 23 h local time.
    spread
        Plausible factor up and down.
    """

    name: str
    by_hour: tuple[float, ...]
    spread: float
    meaning: str
    source: str
    confidence: str


HOURLY: Final = (
    Hourly(
        "asleep",
        (0.80, 0.88, 0.92, 0.94, 0.93, 0.86, 0.67, 0.45, 0.28, 0.18, 0.11, 0.07,
         0.05, 0.04, 0.04, 0.04, 0.04, 0.03, 0.03, 0.04, 0.07, 0.17, 0.38, 0.62),
        1.2, "asleep, in a building", "shape recalled from time-use surveys", "recalled",
    ),
    Hourly(
        "outdoors",
        (0.01, 0.01, 0.00, 0.00, 0.00, 0.01, 0.03, 0.06, 0.08, 0.11, 0.13, 0.14,
         0.14, 0.14, 0.14, 0.14, 0.14, 0.14, 0.13, 0.11, 0.08, 0.04, 0.03, 0.02),
        1.5, "in the open, not in a vehicle", "recalled", "recalled",
    ),
    Hourly(
        "driving",
        (0.01, 0.01, 0.00, 0.00, 0.01, 0.02, 0.05, 0.09, 0.09, 0.07, 0.07, 0.08,
         0.08, 0.08, 0.08, 0.10, 0.11, 0.12, 0.09, 0.07, 0.05, 0.04, 0.03, 0.02),
        1.5, "in a vehicle", "recalled", "recalled",
    ),
    Hourly(
        "at_work",
        (0.02, 0.02, 0.02, 0.02, 0.02, 0.03, 0.07, 0.15, 0.23, 0.28, 0.29, 0.29,
         0.26, 0.27, 0.28, 0.27, 0.23, 0.16, 0.10, 0.07, 0.05, 0.05, 0.04, 0.03),
        1.5, "at work", "recalled", "recalled",
    ),
    Hourly(
        "radio",
        (0.03, 0.02, 0.01, 0.01, 0.02, 0.05, 0.13, 0.22, 0.23, 0.21, 0.20, 0.19,
         0.18, 0.17, 0.16, 0.17, 0.18, 0.17, 0.13, 0.09, 0.07, 0.06, 0.06, 0.05),
        1.7, "listening to the radio", "recalled", "recalled",
    ),
    Hourly(
        "tv",
        (0.11, 0.06, 0.03, 0.02, 0.01, 0.01, 0.02, 0.05, 0.07, 0.07, 0.07, 0.07,
         0.09, 0.10, 0.09, 0.10, 0.12, 0.17, 0.22, 0.28, 0.36, 0.40, 0.32, 0.21),
        1.7, "watching television", "recalled", "recalled",
    ),
)  # fmt: skip
"""Shares by hour. `outdoors`, `driving`, `at_work`, `radio` and `tv` are awake."""

BEHAVIOUR: Final = (
    Parameter("phone_owned", 0.95, "share", 0.56, 0.98, "as has_phone of ew4all.assumptions", "judgement", most=1),
    Parameter("phone_on_awake", 0.96, "share", 0.90, 0.98, "as device_on of ew4all.assumptions", "judgement", most=1),
    Parameter("phone_on_asleep", 0.85, "share", 0.65, 0.95, "reference/radio.md 5.4", "judgement", most=1),
    Parameter("capable_2g", 0.90, "share", 0.50, 0.99, "chosen", "judgement", most=1),
    Parameter("capable_3g", 0.33, "share", 0.20, 0.97, "FCC 2021", "derived", most=1),
    Parameter("capable_4g", 0.97, "share", 0.34, 0.99, "as device_capable of ew4all.assumptions", "judgement", most=1),
    Parameter("capable_5g", 0.97, "share", 0.80, 0.99, "as device_capable of ew4all.assumptions", "judgement", most=1),
    Parameter("opted_out", 0.02, "share", 0.0, 0.40, "as not_opted_out of ew4all.assumptions", "judgement", most=1),
    Parameter("language_known", 1.0, "share", 0.80, 1.0, "chosen", "judgement", most=1),
    Parameter("battery_full_s", 12 * 3600.0, "s", 6 * 3600.0, 24 * 3600.0, "reference/radio.md 5.3", "judgement"),
    Parameter("battery_run_down_s", 30 * 3600.0, "s", 15 * 3600.0, 60 * 3600.0, "reference/radio.md 5.3", "judgement", least=1),
    Parameter("indoors_turnover_s", 2 * 3600.0, "s", 1800.0, 6 * 3600.0, "chosen", "judgement", least=1),
    Parameter("silent_awake", 0.30, "share", 0.1, 0.6, "chosen", "judgement", most=1),
    Parameter("silent_asleep", 0.75, "share", 0.5, 0.9, "validation.md 6.2", "judgement", most=1),
)  # fmt: skip

GROUP_FACTORS: Final[Mapping[tuple[float, float], Mapping[str, float]]] = {
    (75.0, math.inf): {"phone_owned": 0.92, "capable_2g": 0.88, "capable_3g": 0.88, "capable_4g": 0.88, "capable_5g": 0.88},
}  # fmt: skip
"""Youngest age and age beyond, to factors on rows of `BEHAVIOUR`."""
