"""Warning apps: a message to each installation for its place. See `push`."""

from __future__ import annotations

from typing import Final

from ew4all.sim.channels.push import Push
from ew4all.sim.parameters import Parameter, share, time

__all__ = ["PARAMETERS", "app"]

PARAMETERS: Final[tuple[Parameter, ...]] = (
    share(
        "installed", 0.16, 0.02, 0.60,
        "people with any warning app: NINA alone 13.6 million users in Germany, December 2022 (interior ministry, through dts), of 84 million "
        "people. 77 % of those who answered an open survey in 2023", "derived",
    ),
    share("allowed", 0.85, 0.50, 0.95, "chosen: of these, who let it show messages; 71 % for apps of any kind (Accengage 2016, through Adweek)"),
    share("placed", 0.85, 0.60, 0.98, "chosen: of these, whose place it knows, or who follow the place where they are"),
    share("outside", 0.05, 0.0, 0.30, "chosen: of people outside the area, who follow a place in it"),
    share("data", 0.95, 0.70, 0.99, "chosen: of phones in 3G to 5G service, those with data that get a message through"),
    share("data_2g", 0.20, 0.0, 0.50, "chosen: the same in 2G"),
    share("fixed_network", 0.60, 0.05, 0.95, "chosen: of phones indoors, those on a fixed network; it needs the mains"),
    Parameter("rate_per_s", 10000.0, "1/s", 500.0, 100000.0, "600,000 messages a minute: usual quota of Firebase Cloud Messaging for one sender (its documentation)", "published", least=0.01),
    time("prepare_s", 15.0, 5.0, 60.0, "at most 30 s from input to push-out, NINA 2020 (BBK, through BR): the middle", "derived"),
    time("delay_median_s", 10.0, 2.0, 60.0, "5 to 30 s are typical (a vendor's help page, Perkstar)", "derived"),
    Parameter("delay_sigma", 0.9, "log", 0.5, 1.5, "chosen: spread of its logarithm", "judgement", least=0.01),
    share("held_back", 0.12, 0.03, 0.40, "chosen: of devices with data, those asleep to the push service; nearly 15 % are not connected at a time (Google, through MoEngage 2016)"),
    time("held_back_s", 900.0, 300.0, 3600.0, "these come back every 15 minutes on Wi-Fi and 28 on mobile data (MoEngage 2016): about the mean with use of the phone", "derived"),
    time("resync_s", 60.0, 10.0, 600.0, "chosen: mean time until a device that is back has what was kept"),
    share("breaks_silence", 0.50, 0.10, 0.95, "chosen: installations that sound although the phone is silent"),
    share("noticed_awake", 0.85, 0.5, 0.95, "chosen: at once by its sound"),
    share("noticed_asleep", 0.40, 0.1, 0.7, "chosen: woken by its sound"),
    Parameter("looks_every_s", 1200.0, "s", 300.0, 3600.0, "as cell_broadcast", "derived", least=1.0),
)  # fmt: skip


def app() -> Push:
    """Return the channel."""
    return Push("app", PARAMETERS, "installed")
