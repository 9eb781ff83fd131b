"""Television: a break-in and a crawl on screen; sets need the mains. See `broadcasters`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.sim.channels.broadcasters import Broadcaster
from ew4all.sim.parameters import share, time

if TYPE_CHECKING:
    from ew4all.sim.parameters import Parameter

__all__ = ["PARAMETERS", "tv"]

PARAMETERS: Final[tuple[Parameter, ...]] = (
    share(
        "carries", 0.80, 0.40, 0.97,
        "as radio, 79.8 to 93.6 % (FCC, through trade press), of programmes as they are broadcast; less where much is streamed", "derived",
    ),
    share("audience", 0.85, 0.40, 0.95, "chosen: people who watch at all on a day; 43 % have a set at home in 8 African countries 2017 (Afrobarometer)"),
    time("session_s", 7200.0, 1800.0, 4 * 3600.0, "chosen: how long somebody watches in the mean; 3.5 hours a day, in two spells"),
    time("break_in_from_s", 60.0, 5.0, 300.0, "chosen: the first station breaks in (reference/validation.md 8.10: 1 to 5 minutes)"),
    time("break_in_over_s", 240.0, 10.0, 900.0, "chosen: the last one so much later"),
    time("repeat_s", 300.0, 60.0, 1800.0, "chosen: a crawl on screen comes round and is read"),
    share("noticed", 0.90, 0.6, 0.98, "chosen: of those who watch, see it and take it in"),
    share("noticed_asleep", 0.60, 0.3, 0.8, "chosen: as a telephone, of sleepers whose set wakes up by itself"),
    share("battery_set", 0.03, 0.0, 0.2, "chosen: viewers with a set that needs no mains"),
    time("turn_to_s", 7200.0, 1800.0, 6 * 3600.0, "as radio"),
    share("turn_to", 0.0, 0.0, 0.3, "chosen: nobody turns to television for want of mains"),
    share("transmitter_backup", 0.90, 0.5, 0.99, "chosen: stations that go on where the mains are out"),
    share("wakes_up", 0.0, 0.0, 0.3, "sets that switch themselves on for a warning: none in most places"),
    share("outside", 0.50, 0.0, 1.0, "chosen: of people outside the warning area, those with the same programme; television is less local than radio"),
)  # fmt: skip


def tv() -> Broadcaster:
    """Return the channel."""
    return Broadcaster("tv", PARAMETERS, "tv")
