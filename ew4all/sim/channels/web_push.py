"""Web push: a message to browsers that follow a site, on phones and on computers. See `push`."""

from __future__ import annotations

from typing import Final

from ew4all.sim.channels.push import Push
from ew4all.sim.parameters import Parameter, share, time

__all__ = ["PARAMETERS", "web_push"]

PARAMETERS: Final[tuple[Parameter, ...]] = (
    share("subscribed", 0.03, 0.002, 0.15, "chosen: people who follow a site of the authority or a news site that passes warnings on; 5 to 15 % of visitors of media sites do (iZooto)"),
    share("allowed", 0.80, 0.50, 0.92, "70 to 85 % of a list of mixed age is delivered, 90 % of fresh subscriptions (ReachBell 2026)", "published"),
    share("placed", 0.90, 0.50, 1.0, "chosen: of these, to whom the site sends this alert"),
    share("outside", 0.50, 0.0, 1.0, "chosen: the same of people outside the area; few sites know places"),
    share("on_phone", 0.70, 0.40, 0.95, "chosen: subscriptions on phones, the others on computers"),
    share("at_computer", 0.25, 0.05, 0.50, "chosen: of people awake in buildings, who are at a computer with its browser open"),
    share("data", 0.95, 0.70, 0.99, "as app"),
    share("data_2g", 0.10, 0.0, 0.30, "chosen: of phones in 2G service, those with data that get a message through"),
    share("fixed_network", 0.60, 0.05, 0.95, "as app"),
    Parameter("rate_per_s", 2000.0, "1/s", 100.0, 20000.0, "chosen: each message is encrypted for its browser and handed to one of several push services", "judgement", least=0.01),
    time("prepare_s", 60.0, 5.0, 600.0, "chosen: the site takes the alert over"),
    time("delay_median_s", 15.0, 2.0, 60.0, "chosen: as app, and later"),
    Parameter("delay_sigma", 1.0, "log", 0.5, 1.5, "chosen: spread of its logarithm", "judgement", least=0.01),
    share("held_back", 0.30, 0.10, 0.60, "chosen: browsers that get it only when they are used"),
    time("held_back_s", 1800.0, 600.0, 7200.0, "chosen: until they are"),
    time("resync_s", 120.0, 10.0, 1200.0, "chosen: mean time until a device that is back has what was kept"),
    share("breaks_silence", 0.0, 0.0, 0.1, "browsers follow the silence of the phone", "recalled"),
    share("noticed_awake", 0.60, 0.3, 0.85, "chosen: one message of many"),
    share("noticed_asleep", 0.05, 0.0, 0.2, "chosen: woken by its sound"),
    Parameter("looks_every_s", 1800.0, "s", 300.0, 5400.0, "chosen: mean time until somebody awake finds it", "judgement", least=1.0),
)  # fmt: skip


def web_push() -> Push:
    """Return the channel."""
    return Push("web_push", PARAMETERS, "subscribed", only_phones=False)
