"""Measures that could close a gap: kinds, places, prices, and whom each acts on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.planning.costs import COSTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.units import F32, I32

__all__ = [
    "KINDS",
    "NEEDS_SITE",
    "Effect",
    "Kind",
    "Measure",
    "Price",
    "counted",
    "in_usd",
    "price_of",
]

SIGNAL: Final = "signal"
PLACE: Final = "place"
RADIO: Final = "radio"
SITE: Final = "site"
KIT: Final = "kit"
DEVICE: Final = "device"
SWITCH: Final = "switch"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of measure.

    Attributes
    ----------
    acts
        ``signal``: gives a signal to those who have none and a phone that can show a warning; ``place``: reaches whoever is
        there; ``radio``: those there who have a set; ``site``: keeps a site on air while the mains are out; ``kit``: a signal while they are out; ``device``: gives phones
        to those with a signal and none that can; ``switch``: whether the networks broadcast at all.
    per
        What is counted for the price: ``one``, or ``person``.
    """

    name: str
    label: str
    acts: str
    per: str = "one"


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("new_site", "new mobile site", SIGNAL),
        Kind("new_technology", "new technology on a site", SIGNAL),
        Kind("battery", "battery for a site", SITE),
        Kind("generator", "generator for a site", SITE),
        Kind("second_backhaul", "second backhaul of a site", SITE),
        Kind("satellite_kit", "satellite kit, pre-positioned", KIT),
        Kind("siren", "siren", PLACE),
        Kind("fm_transmitter", "FM transmitter", RADIO),
        Kind("community_radio", "community radio", RADIO),
        Kind("warden", "warden team", PLACE),
        Kind("device_programme", "device programme", DEVICE, "person"),
        Kind("cell_broadcast", "cell broadcast itself", SWITCH, "person"),
    )
}
"""Kinds by name, in the order of tables."""

NEEDS_SITE: Final = (*(k.name for k in KINDS.values() if k.acts == SITE), "new_technology")
"""Kinds that act on a site that there is."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure that could be taken.

    Attributes
    ----------
    id
        Unique.
    lon_deg, lat_deg
        NaN where it has no place of its own (a zone, the country).
    cost
        Over the years of the plan, in its currency; None: unpriced.
    site
        Site it acts on, or ``""``.
    zone
        Zone it acts in, or ``""``: everywhere.
    options
        What its row says of it: ``height_m``, ``rated_dbc``, ``radius_km``, ``share``, ``technology``.
    is_generated
        Whether it was proposed here, not given.
    """

    id: str
    kind: str
    name: str
    lon_deg: float = math.nan
    lat_deg: float = math.nan
    cost: float | None = None
    site: str = ""
    zone: str = ""
    options: Mapping[str, float | str] | None = None
    is_generated: bool = False

    def number(self, name: str, default: float) -> float:
        """Return an option, or the default."""
        value = (self.options or {}).get(name, default)
        return float(value)


def counted(number: int) -> str:
    """Return how many measures there are.

    >>> counted(1), counted(1200)
    ('1 measure', '1,200 measures')
    """
    return f"{number:,} measure{'' if number == 1 else 's'}"


@dataclass(frozen=True, eq=False)
class Effect:
    """Whom a measure acts on: cells, and the share of those there whom it would reach by itself.

    `cell` has the shape (cells,), rising; `chance` 0..1. What "those there" are depends on the kind, see `Kind.acts`. A measure
    for a site acts on all whom that can serve: `site` is its number, `lift` the chance that the site is on air while the mains are
    out, of all the times when it would not be.
    """

    cell: I32
    chance: F32
    site: int = -1
    lift: float = 0.0


@dataclass(frozen=True, slots=True)
class Price:
    """Capital and yearly running cost of one, in the currency of the plan; None: no price."""

    capital: float | None
    year: float | None

    def total(self, years: float) -> float | None:
        """Return what a plan of some years pays."""
        if self.capital is None or self.year is None:
            return None
        return self.capital + years * self.year


_ROWS: Final = {row.name: row for row in COSTS}
_PER_UNIT: Final = {"EUR": "usd_per_eur", "GBP": "usd_per_gbp"}


def in_usd(name: str, costs: Mapping[str, float | None]) -> float | None:
    """Return a row of the table in the currency of plans; None: no price."""
    value = costs[name]
    if value is None:
        return None
    rate = _PER_UNIT.get(_ROWS[name].currency)
    if rate is None:
        return value
    of = costs[rate]
    return None if of is None else value * of


def price_of(kind: str, costs: Mapping[str, float | None], people: float = 0.0) -> Price:
    """Return the price of a measure of a kind.

    Parameters
    ----------
    costs
        From `ew4all.planning.costs.resolve`.
    people
        Whom it equips (``device_programme``), or who live in the country (``cell_broadcast``).
    """
    capital = in_usd(kind, costs)
    year = in_usd(f"{kind}_year", costs) if f"{kind}_year" in costs else 0.0
    if KINDS[kind].per == "person" and capital is not None:
        capital *= people
        if kind == "cell_broadcast":
            least = in_usd("cell_broadcast_least", costs)
            capital = None if least is None else max(capital, least)
    return Price(capital, year)
