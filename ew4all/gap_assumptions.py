"""What `ew4all gaps` assumes of phones and of channels: one table, each row with its source, each value replaceable.

Of the device steps of `ew4all.assumptions` those that are gaps are used: `network_broadcasts`, `has_phone` and
`device_capable`. Whether a phone is on, opted out of warnings or heard is a matter of the moment, not of planning.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from ew4all import assumptions
from ew4all.coverage.gaps import DATA, PHONE, PLACE, Rates
from ew4all.coverage.queries import ANY
from ew4all.errors import AssumptionError
from ew4all.sim.parameters import Parameter, resolve
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHANNELS", "STEPS", "TABLE", "markdown", "rates_of", "resolved", "share_of"]

STEPS: Final = ("network_broadcasts", "has_phone", "device_capable")
"""Device steps that are gaps."""

CHANNELS: Final = {
    "radio": PLACE,
    "tv": PLACE,
    "satellite": PLACE,
    "wardens": PLACE,
    "siren": PLACE,
    "sms": PHONE,
    "app": DATA,
}
"""Channels with a row or rows of their own, and what each needs; any other name is a layer of places."""


def _share(
    name: str, value: float, low: float, high: float, source: str, confidence: str = "judgement"
) -> Parameter:
    return Parameter(name, value, "share", low, high, source, confidence, most=1.0)


def _level(name: str, value: float, low: float, high: float, source: str, confidence: str) -> Parameter:  # fmt: skip
    return Parameter(name, value, "dB", low, high, source, confidence, most=150.0)


TABLE: Final = (
    _share(
        "radio_owned", 0.74, 0.40, 0.95,
        "of people in radio coverage, with a radio in the home: 8 African countries, 2017 (Afrobarometer, through GhanaWeb, read "
        "at second hand); range chosen", "published",
    ),
    _share(
        "tv_owned", 0.43, 0.15, 0.98,
        "of people in television coverage, with a set in the home: the same survey; range chosen", "published",
    ),
    _share(
        "sms_delivered", 0.94, 0.85, 0.98,
        "of phones with a signal: 94 % of enrolled numbers in the pilot of BE-Alert (CM.com); range of reference/validation.md 8.3",
        "derived",
    ),
    _share(
        "app_internet", 0.72, 0.30, 0.95,
        "of people with a phone, those who use the internet on it: 58 % of the world's people (GSMA 2025, through ITWeb) over 80 % "
        "who own a phone (ITU 2024); range: least developed countries, 25 % over 66 to 80 %; high-income chosen", "derived",
    ),
    _share(
        "app_installed", 0.16, 0.02, 0.60,
        "of these, with a warning app: as the simulation has it (NINA, Germany, December 2022: 13.6 of 84 million people)", "derived",
    ),
    _share(
        "satellite_phone", 0.05, 0.0, 0.30,
        "of people under the sky of a satellite that warns phones directly, with such a phone: chosen; no figure was found",
    ),
    _share("wardens_present", 1.0, 0.5, 1.0, "of people in the layer of wardens: chosen; the layer itself holds the share"),
    _share(
        "siren_works", 0.98, 0.90, 0.995,
        "sirens that sound when told to: as the simulation has it (99.5 % in Austria 2016, 98.7 % in Switzerland, 95 % in Lower "
        "Austria 2018)", "derived",
    ),
    _share(
        "siren_outdoors", 0.08, 0.04, 0.20,
        "of people, in the open: 7.6 % of the day (National Human Activity Pattern Survey, United States 1992-94, read at second hand)",
        "derived",
    ),
    _share("siren_windows_open", 0.5, 0.05, 0.95, "of rooms, with a window open or tilted: chosen, as the simulation has it"),
    _level("siren_ambient_outdoors_db", 55.0, 45.0, 65.0, "noise outdoors by day in suburbs (reference/radio.md 6)", "recalled"),
    _level("siren_ambient_indoors_db", 32.0, 25.0, 50.0, "noise in rooms near the pitch of a siren: as the simulation has it", "fitted"),
    _level("siren_loss_open_db", 13.0, 8.0, 17.0, "of a wall with its window open: as the simulation has it (Locher et al. 2018)", "derived"),
    _level("siren_loss_closed_db", 28.0, 20.0, 33.0, "of a wall with its window closed: the same", "published"),
)  # fmt: skip
"""Assumptions of channels. ``device_capable_4g`` and ``network_broadcasts_4g`` (2g, 3g, 5g) may be given too; they are
`device_capable` and `network_broadcasts` where they are not."""

_SHARES: Final = {
    "radio": ("radio_owned",),
    "tv": ("tv_owned",),
    "sms": ("sms_delivered",),
    "app": ("app_internet", "app_installed"),
    "satellite": ("satellite_phone",),
    "wardens": ("wardens_present",),
}


def resolved(given: Mapping[str, float]) -> dict[str, float]:
    """Return the value of every assumption, with some of them replaced.

    Raises
    ------
    AssumptionError
        A name that does not exist or has no part in gaps, or a value that is not possible.
    """
    rows = {row.name for row in TABLE}
    by_technology = [f"{step}_{t}" for step in (STEPS[0], STEPS[2]) for t in TECHNOLOGIES]
    known = [*STEPS, *by_technology, *sorted(rows)]
    for name in given:
        if name in known:
            continue
        if name in assumptions.DEVICE_STEPS:
            msg = (
                f"{name} is a matter of the moment in which a warning comes, not a gap; gaps know "
                f"{', '.join(STEPS)} and channels: leave it out, or use `ew4all reach`"
            )
            raise AssumptionError(msg)
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; the names are {', '.join(known)}"
        msg = f"there is no assumption called {name!r}{hint}"
        raise AssumptionError(msg)
    found = assumptions.resolve({k: v for k, v in given.items() if k in STEPS})
    values = {step: found[step] for step in STEPS}
    for name in by_technology:
        step = name.rpartition("_")[0]
        # The same check, and the same words, as for the step itself.
        values[name] = (
            assumptions.resolve({step: given[name]})[step] if name in given else values[step]
        )
    mine = {k: v for k, v in given.items() if k in rows}
    return values | resolve(TABLE, mine, "gaps")


def rates_of(values: Mapping[str, float]) -> Rates:
    """Return the shares of people with a phone, and with one that can show what its network broadcasts."""
    broadcast = {t: values[f"{STEPS[0]}_{t}"] * values[f"{STEPS[2]}_{t}"] for t in TECHNOLOGIES}
    return Rates(values[STEPS[1]], {**broadcast, ANY: values[STEPS[0]] * values[STEPS[2]]})


def share_of(channel: str, values: Mapping[str, float]) -> float:
    """Return whom a channel can reach of the people in its layer, or of those with a phone and its signal; 1 for names of the user."""
    share = 1.0
    for name in _SHARES.get(channel, ()):
        share *= values[name]
    return share


def markdown() -> str:
    """Return the table of channels in Markdown, for documents."""
    from ew4all.sim.parameters import markdown as table

    return table(TABLE)
