"""Radio: stations interrupt their programme; sets run on batteries and in vehicles. See `broadcasters`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.sim.channels.broadcasters import Broadcaster
from ew4all.sim.parameters import share, time

if TYPE_CHECKING:
    from ew4all.sim.parameters import Parameter

__all__ = ["PARAMETERS", "radio"]

PARAMETERS: Final[tuple[Parameter, ...]] = (
    share(
        "carries", 0.85, 0.55, 0.97,
        "stations that pass an alert on: 79.8 to 93.6 % in tests of the United States, 2018 to 2023 (FCC, through trade press)", "published",
    ),
    share(
        "audience", 0.70, 0.45, 0.92,
        "chosen: people who listen at all on a day; 90 % do in a week (United Kingdom, RAJAR), 68 % at least a few times a week in Africa "
        "(Afrobarometer 2023, through AP)",
    ),
    time("session_s", 5400.0, 1800.0, 10800.0, "chosen: how long somebody listens in the mean; 18.7 h a week (RAJAR 2019) are some four hours a day of those who listen, in two or three spells"),
    time("break_in_from_s", 60.0, 5.0, 300.0, "chosen: the first station interrupts its programme (reference/validation.md 8.10: 1 to 5 minutes; radio.md 6: seconds where a machine does it)"),
    time("break_in_over_s", 240.0, 10.0, 900.0, "chosen: the last one so much later; 15 minutes where people decide (reference/radio.md 6)"),
    time("repeat_s", 600.0, 120.0, 1800.0, "chosen: a station says it again"),
    share("noticed", 0.80, 0.5, 0.95, "chosen: of those with the set on who take in what it says"),
    share("noticed_asleep", 0.60, 0.3, 0.8, "chosen: as a telephone, of sleepers whose set wakes up by itself"),
    share("battery_set", 0.50, 0.15, 0.80, "chosen: listeners with a set that needs no mains; 77 % of adults in the United States, August 2006 (Omnitel for AMS, through Radio World)"),
    time("turn_to_s", 7200.0, 1800.0, 6 * 3600.0, "after two hours without mains (reference/radio.md 6, chosen there)"),
    share("turn_to", 0.30, 0.1, 0.6, "chosen: of those awake with a battery set, who listens then at a time, where the hour has fewer"),
    share("transmitter_backup", 0.90, 0.5, 0.99, "chosen: stations that go on where the mains are out"),
    share("wakes_up", 0.0, 0.0, 0.3, "sets that switch themselves on for a warning: alarm radios, digital radio with warning function; none in most places (reference/radio.md 6)"),
    share("outside", 0.30, 0.0, 1.0, "chosen: of people outside the warning area, those with the same programme; 1 for national stations"),
)  # fmt: skip


def radio() -> Broadcaster:
    """Return the channel."""
    return Broadcaster("radio", PARAMETERS, "radio")
