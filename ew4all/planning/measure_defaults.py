"""What is assumed of measures: one table, each row with its source, each value replaceable by ``--assume``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.sim.parameters import Parameter, markdown, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TABLE", "markdown_rows", "resolved"]

_CHOSEN = "chosen for this project"


def _share(name: str, value: float, low: float, high: float, source: str, confidence: str = "judgement") -> Parameter:  # fmt: skip
    return Parameter(name, value, "share", low, high, source, confidence, most=1.0)


def _over(name: str, value: float, unit: str, low: float, high: float, source: str, confidence: str = "judgement") -> Parameter:  # fmt: skip
    return Parameter(name, value, unit, low, high, source, confidence, least=0.0, most=1e6)


TABLE: Final = (
    _over("plan_years", 5.0, "years", 1.0, 20.0, f"running costs that a budget has to pay, not discounted; {_CHOSEN}"),
    # The network without mains
    _share("outage_share", 0.2, 0.0, 0.6, f"of warnings, those that come while the mains are out; {_CHOSEN}"),
    _over("outage_hours", 8.0, "h", 1.0, 72.0, f"since the mains went, when such a warning comes; {_CHOSEN}"),
    _share("backhaul_up", 0.85, 0.5, 0.99, f"of sites with power, those whose one backhaul works by then; {_CHOSEN}"),
    _share("second_backhaul_up", 0.98, 0.8, 1.0, f"the same with a second way; {_CHOSEN}"),
    _over("new_battery_h", 24.0, "h", 8.0, 72.0, "median life of the battery of a measure: 24 h, as proposed for sites of municipal offices in Japan in 2020 (press)", "published"),
    _over("new_fuel_h", 72.0, "h", 24.0, 240.0, f"median time that the tank of a new generator lasts; {_CHOSEN}"),
    # Sites
    _share("signal_least", 0.02, 0.0, 0.2, f"a cell in which a new site is received less often than that is left out; {_CHOSEN}"),
    _over("new_site_height_m", 40.0, "m", 15.0, 80.0, f"a mast in open country; {_CHOSEN}"),
    _over("satellite_kit_height_m", 12.0, "m", 4.0, 20.0, f"a mast on a trailer; {_CHOSEN}"),
    _over("satellite_kit_dbm", 37.0, "dBm", 30.0, 46.0, f"power of a small cell, 5 W; {_CHOSEN}"),
    _share("satellite_kit_ready", 0.5, 0.1, 0.9, f"of outages, those in which the kit is up before the warning; {_CHOSEN}"),
    # Sirens, radio, people
    _over("siren_dbc", 120.0, "dBC", 105.0, 130.0, f"at 30.48 m; {_CHOSEN}"),
    _over("fm_transmitter_km", 40.0, "km", 15.0, 80.0, f"around 1 kW on high ground, terrain not considered; {_CHOSEN}"),
    _over("community_radio_km", 12.0, "km", 5.0, 25.0, f"around 100 W, terrain not considered; {_CHOSEN}"),
    _over("warden_km", 1.5, "km", 0.3, 5.0, f"that a team walks; {_CHOSEN}"),
    _over("warden_people", 600.0, "people", 100.0, 2000.0, "told by a team in half an hour: 986 people in about 45 min with many volunteers in Confluence; most that one team can", "judgement"),
    _share("warden_finds", 0.9, 0.5, 1.0, f"of people within its reach, those found at home; {_CHOSEN}"),
    _share("device_uptake", 0.7, 0.2, 0.95, f"of people without a capable phone, those who get and keep one; {_CHOSEN}"),
    # The new channel while the mains are out
    _share("siren_without_mains", 0.95, 0.5, 1.0, f"sirens with a battery of their own that still sound; {_CHOSEN}"),
    _share("radio_without_mains", 0.8, 0.3, 1.0, f"stand-by power at the transmitter, and sets with batteries or in cars; {_CHOSEN}"),
    # Cell broadcast itself
    _share("cell_broadcast_target", 0.99, 0.93, 1.0, "network_broadcasts once it is introduced: as `ew4all assumptions` has it"),
)  # fmt: skip
"""Assumptions of measures; those of phones and channels are the gaps' own."""


def resolved(given: Mapping[str, float]) -> dict[str, float]:
    """Return the value of every row, with some of them replaced.

    Raises
    ------
    AssumptionError
        A name that does not exist, or a value that is not possible.
    """
    return resolve(TABLE, given, "measures")


def markdown_rows() -> str:
    """Return the table in Markdown, for documents."""
    return markdown(TABLE)
