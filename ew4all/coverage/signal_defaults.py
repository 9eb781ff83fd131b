"""What coverage maps assume where nothing is given: one table, each row with its source, each value an argument."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.cell_defaults import RadioDefault, default, markdown_of
from ew4all.errors import AssumptionError
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SIGNAL_DEFAULTS", "Radio", "markdown"]

_CHOSEN = "chosen for this project"
_PRACTICE = "common practice of planners; no publication was read"

SIGNAL_DEFAULTS: Final = (
    RadioDefault(
        "reach_km",
        35.0,
        "km",
        source="timing advance of GSM ends there (3GPP TS 45.010); farther places are not computed",
        confidence="published",
    ),
    RadioDefault(
        "tail_sd",
        3.0,
        "sd",
        source=f"a cell is left out where it would be usable at 1 place in 740; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault("vertical_beamwidth_deg", 10.0, "deg", source=_PRACTICE),
    RadioDefault(
        "antenna_floor_db",
        20.0,
        "dB",
        source=f"{_PRACTICE}; 3GPP TR 38.901 Table 7.3-1 has 30, without reflections",
    ),
    RadioDefault("site_correlation", 0.5, "fraction", source=f"of shadowing; {_PRACTICE}"),
    RadioDefault(
        "indoor_share",
        0.75,
        "fraction",
        source=f"of people by day, 0.95 at night; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault(
        "suburban_from_per_km2",
        300.0,
        "people/km2",
        source=f"mean over 1 km; {_CHOSEN}, as the degree of urbanisation has it",
        confidence="judgement",
    ),
    RadioDefault(
        "urban_from_per_km2",
        1500.0,
        "people/km2",
        source=f"mean over 1 km; {_CHOSEN}, as the degree of urbanisation has it",
        confidence="judgement",
    ),
    RadioDefault(
        "clutter_suburban_db",
        6.0,
        "dB",
        source=f"over terrain; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault(
        "clutter_urban_db",
        12.0,
        "dB",
        source=f"over terrain; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault(
        "terrain_step_m",
        100.0,
        "m",
        source=f"between the points of a profile; {_CHOSEN}",
        confidence="judgement",
    ),
)
"""Defaults of the map itself; those of cells and phones are `ew4all.cells.DEFAULTS`."""

_VALUES: Final = {row.name: row.value for row in SIGNAL_DEFAULTS}


def _levels() -> dict[str, float]:
    return {t: default("decode_level_dbm", t).value for t in TECHNOLOGIES}


@dataclass(frozen=True)
class Radio:
    """What a map assumes of air, phones and people.

    Attributes
    ----------
    decode_dbm
        Level at which a phone decodes a broadcast, by technology.
    camp_dbm
        Level below which a phone does not stay on a layer (q-RxLevMin), where it lies above `decode_dbm`; by technology.
    shadowing_sd_db, site_correlation
        Spread of levels around their median, and its correlation between sites.
    body_loss_db
        Taken off every level before it is compared.
    indoor_share, building_mix
        Of people; None: the mix of `ew4all.coverage.reception`.
    """

    decode_dbm: Mapping[str, float] = field(default_factory=_levels)
    camp_dbm: Mapping[str, float] = field(default_factory=dict)
    shadowing_sd_db: float = default("shadowing_sd_db").value
    site_correlation: float = _VALUES["site_correlation"]
    body_loss_db: float = default("body_loss_db").value
    mobile_height_m: float = default("mobile_height_m").value
    indoor_share: float = _VALUES["indoor_share"]
    building_mix: Mapping[str, float] | None = None
    reach_km: float = _VALUES["reach_km"]
    tail_sd: float = _VALUES["tail_sd"]
    vertical_beamwidth_deg: float = _VALUES["vertical_beamwidth_deg"]
    antenna_floor_db: float = _VALUES["antenna_floor_db"]
    suburban_from_per_km2: float = _VALUES["suburban_from_per_km2"]
    urban_from_per_km2: float = _VALUES["urban_from_per_km2"]
    clutter_suburban_db: float = _VALUES["clutter_suburban_db"]
    clutter_urban_db: float = _VALUES["clutter_urban_db"]
    terrain_step_m: float = _VALUES["terrain_step_m"]

    @classmethod
    def assuming(cls, values: Mapping[str, float]) -> Radio:
        """Return the defaults with some of them replaced; levels are ``decode_4g_dbm`` and ``camp_4g_dbm``.

        Raises
        ------
        AssumptionError
            A name does not exist, or a value is out of its range.
        """
        made = cls()
        found: dict[str, Any] = {}
        levels = {f"{kind}_{t}_dbm": (kind, t) for kind in ("decode", "camp") for t in TECHNOLOGIES}
        plain = {
            name for name in cls.__dataclass_fields__ if isinstance(getattr(made, name), float)
        }
        for name, value in values.items():
            if name in levels:
                kind, technology = levels[name]
                old = found.get(f"{kind}_dbm", getattr(made, f"{kind}_dbm"))
                found[f"{kind}_dbm"] = {**old, technology: float(value)}
            elif name in plain:
                found[name] = float(value)
            else:
                near = difflib.get_close_matches(name, {*levels, *plain}, n=1)
                guess = f" (did you mean {near[0]}?)" if near else ""
                msg = (
                    f"there is no assumption called {name!r}{guess}; those of a coverage map are "
                    f"{', '.join([*sorted(plain), *levels])}"
                )
                raise AssumptionError(msg)
        return replace(made, **found)

    def __post_init__(self) -> None:
        """Refuse values that no network has."""
        limits = {
            "shadowing_sd_db": (0.1, 30.0),
            "site_correlation": (0.0, 0.99),
            "body_loss_db": (0.0, 60.0),
            "mobile_height_m": (0.5, 20.0),
            "indoor_share": (0.0, 1.0),
            "reach_km": (0.1, 120.0),
            "tail_sd": (0.0, 6.0),
            "vertical_beamwidth_deg": (1.0, 360.0),
            "antenna_floor_db": (0.0, 60.0),
            "suburban_from_per_km2": (0.0, 1e6),
            "urban_from_per_km2": (self.suburban_from_per_km2, 1e7),
            "clutter_suburban_db": (0.0, 60.0),
            "clutter_urban_db": (0.0, 60.0),
            "terrain_step_m": (10.0, 1000.0),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                msg = f"the assumption {name} lies between {low:g} and {high:g}, but got {value:g}"
                raise AssumptionError(msg)
        for kind in ("decode_dbm", "camp_dbm"):
            for technology, value in getattr(self, kind).items():
                if not -160.0 <= value <= -20.0:
                    msg = f"{kind} of {technology} is a level between -160 and -20 dBm, but got {value:g}"
                    raise AssumptionError(msg)

    def decodes_dbm(self, technology: str) -> float:
        """Level before the body at which half of the places can camp and decode."""
        return max(self.camps_dbm(technology), self.decode_dbm[technology] + self.body_loss_db)

    def camps_dbm(self, technology: str) -> float:
        """Level before the body at which half of the places can camp."""
        return self.camp_dbm.get(technology, self.decode_dbm[technology]) + self.body_loss_db

    @property
    def choice_db(self) -> float:
        """Scale of the choice between two cells by shadowing: a logistic distribution in place of the normal."""
        spread = self.shadowing_sd_db * np.sqrt(2.0 * (1.0 - self.site_correlation))
        return float(spread) / 1.70

    @property
    def clutter_db(self) -> tuple[float, float, float]:
        """Loss by clutter over terrain, by environment."""
        return 0.0, self.clutter_suburban_db, self.clutter_urban_db


def markdown() -> str:
    """Return the table in Markdown, for documents; it ends with a line break."""
    return markdown_of(SIGNAL_DEFAULTS)
