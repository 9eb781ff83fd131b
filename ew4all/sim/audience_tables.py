"""Hours of the day and habits of people: every default number of the audience, with its source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.sim.parameters import Parameter, share

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
        Plausible factor of the odds, up and down.
    confidence
        As in `Parameter`.
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
        (0.83, 0.90, 0.93, 0.95, 0.93, 0.86, 0.67, 0.45, 0.29, 0.18, 0.11, 0.07,
         0.05, 0.05, 0.05, 0.05, 0.04, 0.03, 0.03, 0.04, 0.07, 0.17, 0.38, 0.63),
        1.2,
        "asleep, in a building",
        "adds up to the 8.74 h a day of the American Time Use Survey 2013 (15 and over; read at second hand); shape recalled, "
        "below its 0.88 in personal care with sleep at midnight (read at second hand)",
        "fitted",
    ),
    Hourly(
        "outdoors",
        (0.01, 0.006, 0.004, 0.003, 0.005, 0.012, 0.03, 0.06, 0.08, 0.11, 0.13, 0.14,
         0.14, 0.14, 0.14, 0.14, 0.14, 0.14, 0.13, 0.11, 0.08, 0.04, 0.03, 0.02),
        1.8,
        "in the open, in no vehicle",
        "mean 7.6 % of the day: National Human Activity Pattern Survey, United States 1992-94, n = 9,386 (Klepeis et al. 2001, "
        "read at second hand); hours chosen by daylight. Warm and rural places have more",
        "fitted",
    ),
    Hourly(
        "driving",
        (0.01, 0.006, 0.004, 0.003, 0.007, 0.02, 0.05, 0.09, 0.09, 0.07, 0.07, 0.08,
         0.08, 0.08, 0.08, 0.10, 0.11, 0.12, 0.09, 0.07, 0.05, 0.04, 0.03, 0.02),
        1.8,
        "in a vehicle, as driver or passenger",
        "mean about 6 % of the day in enclosed vehicles: the same survey (abstract read); hours chosen, with peaks at 8 and 17 h",
        "fitted",
    ),
    Hourly(
        "at_work",
        (0.02, 0.02, 0.02, 0.02, 0.02, 0.03, 0.08, 0.16, 0.24, 0.30, 0.31, 0.31,
         0.28, 0.29, 0.30, 0.29, 0.25, 0.17, 0.10, 0.07, 0.05, 0.05, 0.04, 0.03),
        1.5,
        "at work, of all people and all days of the week",
        "adds up to the 3.46 h a day of the American Time Use Survey 2013 (read at second hand); hours chosen",
        "fitted",
    ),
    Hourly(
        "radio",
        (0.03, 0.03, 0.02, 0.02, 0.02, 0.03, 0.05, 0.18, 0.27, 0.25, 0.23, 0.20,
         0.18, 0.17, 0.15, 0.13, 0.11, 0.15, 0.13, 0.09, 0.07, 0.06, 0.05, 0.04),
        1.7,
        "listening to the radio, at home or elsewhere",
        "United Kingdom, October to December 1992, ages 4 and over: 27 % at 8 h, 11 % at 16 h, 15 % at 17 h, 2 % at 4 h (descriptions "
        "of a published graph), straight between; its mean of 11 % is that of 2019 (RAJAR: 18.7 h a week)",
        "derived",
    ),
    Hourly(
        "tv",
        (0.10, 0.06, 0.04, 0.03, 0.03, 0.03, 0.03, 0.05, 0.07, 0.07, 0.06, 0.05,
         0.08, 0.14, 0.13, 0.12, 0.17, 0.25, 0.32, 0.36, 0.38, 0.38, 0.32, 0.21),
        1.7,
        "watching television in a building",
        "the same graph: 8 % in the morning, 15 % at 14 h, 45 % at 20 to 21 h, 3 % at 3 h, times 0.85 for a day on which viewing "
        "is shorter: 3.5 h here, 2.8 h as main activity in the American Time Use Survey 2013",
        "derived",
    ),
)  # fmt: skip
"""Shares by hour. `outdoors`, `driving`, `at_work`, `radio` and `tv` are awake; all days of the week together."""

_FITTED: Final = "product of ownership, phones on, phones that can and no opt-out fitted to the Netherlands, June 2020, and Norway, June 2023 (validation/); row {} of ew4all.assumptions has {}"


AUDIENCE: Final = (
    share("phone_owned", 0.97, 0.56, 0.98, "people of 12 and over; " + _FITTED.format("has_phone", 0.95), "fitted"),
    share(
        "phone_on_awake", 0.98, 0.90, 0.99, "on, in no flight mode; " + _FITTED.format("device_on", 0.96), "fitted"
    ),
    share("phone_on_asleep", 0.85, 0.65, 0.95, "chosen (reference/radio.md 5.4)"),
    share(
        "silent_awake", 0.30, 0.10, 0.60,
        "chosen: phone set so that messages without priority make no sound",
    ),
    share(
        "silent_asleep", 0.75, 0.50, 0.90,
        "25 % of owners in the United Kingdom do not silence it at night (a radio station's page, undated)", "derived",
    ),
    share(
        "capable_2g", 0.90, 0.50, 0.99,
        "chosen: cell broadcast is as old as GSM, but a menu entry switches it on in old phones",
    ),
    share(
        "capable_3g", 0.33, 0.20, 0.97,
        "66.7 % of opted-in phones on 3G missed the test of 11 August 2021 in the United States (FCC, quoted by Warren "
        "News). Where 3G phones of before 2012 are rare, use the value of 4G", "derived",
    ),
    share(
        "capable_4g", 0.98, 0.34, 0.99,
        "97 % of active phones in Norway, January 2026 (DSB, quoted by digi.no); " + _FITTED.format("device_capable", 0.97), "fitted",
    ),
    share("capable_5g", 0.98, 0.80, 0.99, "as 4G", "fitted"),
    share("opted_out", 0.01, 0.0, 0.40, _FITTED.format("not_opted_out", 0.98), "fitted"),
    Parameter(
        "battery_full_s", 12 * 3600.0, "s", 6 * 3600.0, 24 * 3600.0,
        "chosen (reference/radio.md 5.3): without mains all phones last so long", "judgement",
    ),
    Parameter(
        "battery_run_down_s", 30 * 3600.0, "s", 15 * 3600.0, 60 * 3600.0,
        "chosen (reference/radio.md 5.3): then the share still charged falls by this time constant", "judgement", least=1.0,
    ),
    Parameter(
        "indoors_turnover_s", 2 * 3600.0, "s", 1800.0, 6 * 3600.0,
        "chosen: after this time 63 % of those awake are indoors or not regardless of where they were", "judgement", least=1.0,
    ),
)  # fmt: skip
"""Phones and where people are. No group has an age below 12 in mind: younger children are warned by whom they are with."""

RESPONSE: Final = (
    share(
        "understood", 0.90, 0.70, 0.98,
        "chosen: grasps who should do what; 46 % of those warned in July 2021 in Germany did not know how to protect themselves "
        "(Thieken et al. 2023), with a message that said less",
    ),
    share(
        "language_known", 0.97, 0.80, 1.0,
        "chosen: understands a language of the text, where the scenario gives no shares of languages",
    ),
    share(
        "confirming", 0.60, 0.30, 0.90,
        "chosen: looks for a second source before acting; searching first is the rule after a warning (Bean, on wireless "
        "emergency alerts; Mileti), its share was not read",
    ),
    Parameter(
        "confirming_median_s", 300.0, "s", 60.0, 1800.0,
        "chosen: time until it is confirmed", "judgement", least=1.0,
    ),
    Parameter("confirming_sigma", 0.9, "log", 0.4, 1.5, "chosen: spread of its logarithm", "judgement", least=0.01),
    share(
        "never_acting", 0.12, 0.05, 0.20,
        "5 to 20 % never leave (USACE, LifeSim technical reference)", "published",
    ),
    Parameter(
        "action_scale_per_h", 5.2, "1/h^shape", 0.3, 8.0,
        "half act within 8 minutes of the alert (LifeSim user guide, an example, not a recommendation); 0.3 gives half in 2.3 h, "
        "as at Oroville 2017, where most left after 2 to 3 h", "derived", least=1e-3,
    ),
    Parameter(
        "action_shape", 1.0, "1", 0.5, 2.1,
        "range of b in the delay curves of Lindell (USACE code); 1 is a constant chance per minute", "derived", least=0.1,
    ),
    Parameter(
        "action_fastest_s", 1800.0, "s", 300.0, 5700.0,
        "Rayleigh and Sorensen-Mileti forms: 1 - exp(-t^2 / 1800), t in minutes (Tweedie 1986, recalled); 5 to 95 minutes are "
        "tabled in reference/validation.md 8.5", "recalled", least=1.0,
    ),
    Parameter(
        "action_contagion_per_min", 0.02, "1/min", 0.0, 0.06,
        "Sorensen-Mileti form: slow and fast cases tabled in reference/validation.md 8.5", "derived",
    ),
)  # fmt: skip
"""From noticing a warning to acting on it."""

ODDS: Final = tuple(
    Parameter(
        f"{table.name}_odds", 1.0, "odds ratio", 1.0 / table.spread, table.spread,
        f"chosen: how far the hourly table `{table.name}` may be off, at all hours alike; of those awake, but for `asleep`",
        "judgement",
    )
    for table in HOURLY
)  # fmt: skip
"""One number a table by which a scenario or an ensemble makes it larger or smaller; shares stay within 0..1."""

BEHAVIOUR: Final = (*AUDIENCE, *ODDS, *RESPONSE)
"""What a scenario may replace under `behaviour`."""

_OLD: Final = 0.88

GROUP_FACTORS: Final[Mapping[tuple[float, float], Mapping[str, float]]] = {
    (75.0, math.inf): {
        "phone_owned": 0.92,
        **{f"capable_{technology}": _OLD for technology in ("2g", "3g", "4g", "5g")},
    },
}
"""Youngest age and the age beyond the oldest, to factors on rows of `BEHAVIOUR`.

75 and over: together 0.81, 73 of 90 % in the Netherlands in June 2020 (derived); how it splits into phones owned and phones
that can is chosen.
"""


def hourly_markdown() -> str:
    """Return the hourly tables in Markdown, in percent, for documents; it ends with a line break."""
    lines = [
        "| table | share of people at 0, 1, ... 23 h, % | odds up to | what | source | confidence |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {' '.join(f'{100 * share:.3g}' for share in row.by_hour)} | x {row.spread:g} | {row.meaning} | "
        f"{row.source} | {row.confidence} |"
        for row in HOURLY
    ]
    return "\n".join(lines) + "\n"
