"""What is assumed about power, damage, backhaul and repair: one table, each row with its source, each value replaceable.

Confidence: ``published`` (read in the named source), ``fitted`` (found by `tools/fit_repair.py` from published series),
``recalled`` (a published figure that could not be looked up again here), ``judgement`` (chosen; no publication gives it).
Fragility curves are rows of a table of their own: `ew4all.coverage.outages.fragility`.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.errors import AssumptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REPAIR_CLASSES", "TABLE", "OutageDefault", "markdown", "resolve"]

REPAIR_CLASSES: Final = ("mainland", "island")
"""Sets of repair parameters: neighbours can send crews by road, or cannot."""


@dataclass(frozen=True, slots=True)
class OutageDefault:
    """One row: `value` in `unit`, allowed from `low` to `high`, where it comes from and how sure that is."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    source: str
    confidence: str


_CHOSEN = "chosen for this project"
_FIT = "fitted by tools/fit_repair.py to shares of FCC DIRS reports: "
_STORMS = "Florence, Ida, Irma, Helene"
_MIX = "Ida, Louisiana, 30 August 2021: 65 % power, 31 % backhaul, 9 % damage of the sites out (The Advertiser, RCR Wireless), scaled to 1"
_R = OutageDefault
_INF = math.inf

TABLE: Final[tuple[OutageDefault, ...]] = (
    # Power
    _R("battery_median_h", 4.0, "h", 0.0, 1e4, "KDDI 2011: 3 h on average (Asahi); sites of one to eight hours are told", "judgement"),
    _R("battery_beta", 0.6, "-", 0.0, 3.0, "spread of the logarithm; " + _CHOSEN, "judgement"),
    _R("hub_battery_median_h", 10.0, "h", 0.0, 1e4, "8 to 12 h; " + _CHOSEN, "judgement"),
    _R("generator_share", 0.15, "fraction", 0.0, 1.0, "sites with a fixed generator; no publication found", "judgement"),
    _R("hub_generator_share", 0.6, "fraction", 0.0, 1.0, "hubs with a fixed generator; " + _CHOSEN, "judgement"),
    _R("fuel_median_h", 48.0, "h", 0.0, 1e5, "a full tank; " + _CHOSEN, "judgement"),
    _R("fuel_beta", 0.3, "-", 0.0, 3.0, _CHOSEN, "judgement"),
    _R("refuel_interval_h", 36.0, "h", 0.1, _INF, "between visits of the tanker once the road is open; inf: none; " + _CHOSEN, "judgement"),
    _R("restart_h", 0.25, "h", 0.0, 48.0, "from power to service; " + _CHOSEN, "judgement"),
    _R("shedding_factor", 1.0, "-", 1.0, 4.0, "how much longer a battery lasts with 5G and capacity layers off; 1.5 to 2.5 if done, 1: not done", "recalled"),
    # Grid and repair, by class
    _R("mainland_mains_tau_d", 4.8, "d", 1e-3, _INF, "until 63 % of the mains are back; " + _FIT + _STORMS, "fitted"),
    _R("mainland_mains_shape", 0.605, "-", 0.1, 10.0, "of the Weibull times until mains are back; below 1: many soon and some late, 1: exponential; " + _FIT + _STORMS, "fitted"),
    _R("mainland_crews", 0.0377, "-", 0.0, 10.0, _FIT + _STORMS + "; see crews_exponent", "fitted"),
    _R("island_mains_tau_d", 168.0, "d", 1e-3, _INF, "until 63 % of the mains are back; " + _FIT + "Maria (Puerto Rico, US Virgin Islands)", "fitted"),
    _R("island_mains_shape", 1.0, "-", 0.1, 10.0, "as mainland_mains_shape; Maria's shares do not tell it (the best lowers the misfit by 1 %), so the simplest was taken", "judgement"),
    _R("island_crews", 0.0056, "-", 0.0, 10.0, _FIT + "Maria (Puerto Rico, US Virgin Islands)", "fitted"),
    _R("crews_exponent", 0.5, "-", 0.0, 1.0, "crews at work = value of the class x sites^(1-e) x jobs^e; " + _FIT + "of 0, 1/2, 1 the one of least misfit on the mainland", "fitted"),
    _R("cause_power", 0.62, "fraction", 0.0, 1.0, _MIX, "published"),
    _R("cause_transport", 0.295, "fraction", 0.0, 1.0, _MIX, "published"),
    _R("cause_damage", 0.085, "fraction", 0.0, 1.0, _MIX, "published"),
    _R("link_work_h", 6.0, "h", 0.0, 1e4, "median of a crew's work on a link; the number of crews is fitted to it; " + _CHOSEN, "judgement"),
    _R("site_work_h", 24.0, "h", 0.0, 1e4, "median of a crew's work on a damaged site; the number of crews is fitted to it; " + _CHOSEN, "judgement"),
    _R("work_beta", 0.6, "-", 0.0, 3.0, _CHOSEN, "judgement"),
    _R("crew_travel_h", 2.0, "h", 0.0, 1e3, "to each job; " + _CHOSEN, "judgement"),
    _R("mobilise_h", 12.0, "h", 0.0, 1e3, "from the hazard to the first crews at work; " + _CHOSEN, "judgement"),
    _R("access_blocked_share", 0.6, "fraction", 0.0, 1.0, "access was blocked in about 60 to 67 % of incidents, Australian fires 2019-20 (ACMA)", "published"),
    _R("access_median_h", 24.0, "h", 0.0, 1e4, "until a blocked road opens; " + _CHOSEN, "judgement"),
    _R("access_beta", 0.7, "-", 0.0, 3.0, _CHOSEN, "judgement"),
    _R("cable_repair_d", 14.0, "d", 0.0, 1e4, "a ship repairs a submarine cable in one to several weeks (Tonga 2022: five); " + _CHOSEN, "judgement"),
    _R("feeder_km", 5.0, "km", 0.0, 1e3, "sites in one square of this side hang on one feeder and lose and regain mains together; 0: each alone; " + _CHOSEN, "judgement"),
    # Backhaul where no links are given
    _R("sites_per_hub", 17.0, "-", 2.0, 1e4, "one hub in 15 to 20 sites; " + _CHOSEN, "judgement"),
    _R("fibre_km", 5.0, "km", 0.0, 1e3, "sites within this distance of their hub have fibre; " + _CHOSEN, "judgement"),
    _R("fibre_road_km", 1.0, "km", 0.0, 100.0, "sites within this distance of a main road have fibre, where roads are given; " + _CHOSEN, "judgement"),
    _R("chain_hops", 3.0, "-", 1.0, 50.0, "longest chain of microwave hops; " + _CHOSEN, "judgement"),
    # Shaking
    _R("intensity_common_share", 0.5, "fraction", 0.0, 1.0, "share of the variance of intensity to acceleration that is common to all sites of one event; " + _CHOSEN, "judgement"),
    # Wind
    _R("gust_factor", 1.0, "-", 0.5, 3.0, "from the wind given to a 3-s gust; 1: it is one already. WMO/TD-No. 1555 (Harper et al. 2010) has factors for 1-min and 10-min means", "judgement"),
    # Detector squares
    _R("square_km", 10.0, "km", 0.01, 1e3, "squares in which measurements are counted; " + _CHOSEN, "judgement"),
    # Kits
    _R("kit_speed_kmh", 40.0, "km/h", 0.1, 1e3, "straight line over time on damaged roads; " + _CHOSEN, "judgement"),
    _R("kit_setup_h", 2.0, "h", 0.0, 1e3, "satellite kit or generator; " + _CHOSEN, "judgement"),
    _R("cell_setup_h", 6.0, "h", 0.0, 1e3, "cell on wheels: placed in 12 to 48 h with its transport; " + _CHOSEN, "judgement"),
    _R("dispatch_h", 6.0, "h", 0.0, 1e3, "when the state of the sites is known and kits leave their depots; " + _CHOSEN, "judgement"),
    _R("dispatch_every_h", 24.0, "h", 1.0, _INF, "kits that are left are decided on anew; " + _CHOSEN, "judgement"),
    # Warning
    _R("reload_h", 0.05, "h", 0.0, 48.0, "from a site's restart until the CBC has loaded the warning again; " + _CHOSEN, "judgement"),
    # Detector
    _R("detector_alpha", 0.01, "fraction", 1e-12, 0.5, "an area is flagged once a working one would be silent that long with this chance (radio.md 4.5)", "judgement"),
)  # fmt: skip
"""All defaults. A row's `name` is the key of `resolve` and of ``--assume``."""

_ROWS: Final = {row.name: row for row in TABLE}


def resolve(overrides: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return every value by name, the given ones in place of the defaults.

    Raises
    ------
    AssumptionError
        No such row, or a value that is out of its range or no number.
    """
    values = {row.name: row.value for row in TABLE}
    for name, value in (overrides or {}).items():
        row = _ROWS.get(name)
        if row is None:
            near = difflib.get_close_matches(name, _ROWS, 1)
            hint = f"; did you mean {near[0]}?" if near else ";"
            msg = f"there is no outage assumption '{name}'{hint} the names are in docs/outages.md"
            raise AssumptionError(msg)
        if math.isnan(value) or not row.low <= value <= row.high:
            msg = (
                f"the outage assumption {name}={value:g} {row.unit} is out of its range, "
                f"{row.low:g} to {row.high:g} {row.unit}"
            )
            raise AssumptionError(msg)
        values[name] = float(value)
    mix = sum(values[f"cause_{cause}"] for cause in ("power", "transport", "damage"))
    if abs(mix - 1.0) > 1e-6:
        msg = f"cause_power, cause_transport and cause_damage add up to {mix:g}; give shares that add up to 1"
        raise AssumptionError(msg)
    return values


def markdown() -> str:
    """Return the table as docs/outages.md has it."""
    lines = ["| name | value | unit | confidence | source |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{row.name}` | {row.value:g} | {row.unit} | {row.confidence} | {row.source} |"
        for row in TABLE
    ]
    return "\n".join(lines) + "\n"
