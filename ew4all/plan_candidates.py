"""Measures proposed where none are given: at the people left out, on high ground, and at the sites there are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import OptionError
from ew4all.planning.candidates import peaks
from ew4all.planning.measures import (
    DEVICE,
    KINDS,
    NEEDS_SITE,
    PLACE,
    RADIO,
    SIGNAL,
    Measure,
    Price,
    price_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.gap_intake import GapStudy
    from ew4all.plan_crowd import PlanCells
    from ew4all.planning.rows import Crowd
    from ew4all.units import F64

__all__ = ["PER_KIND", "SiteList", "must_be_near", "priced", "proposed"]

PER_KIND: Final = 40
"""Places proposed for each kind."""

_LEAST_PEOPLE: Final = 20.0
_SITE_KM: Final = 6.0
_UPGRADE_KM: Final = 10.0
_KIT_KM: Final = 3.0
_SIREN_KM: Final = 1.0
_MARGIN_DEG: Final = 1.5
"""From further away nothing reaches anybody: 150 km and more."""
_CLIMB: Final = 0.25
"""A mast is moved to the highest ground within this part of its reach."""


@dataclass(frozen=True, eq=False)
class SiteList:
    """Sites there are; arrays of shape (sites,).

    Attributes
    ----------
    newest
        Number of the newest technology on each.
    served
        People whom each is the strongest site of.
    """

    id: Sequence[str]
    lon_deg: F64
    lat_deg: F64
    newest: Any
    served: F64


def proposed(
    opened: GapStudy,
    cells: PlanCells,
    crowd: Crowd,
    values: Mapping[str, float],
    *,
    kinds: Sequence[str],
    per_kind: int = PER_KIND,
    sites: SiteList | None = None,
    terrain: Any = None,
    broadcasts: bool = True,
) -> list[Measure]:
    """Return measures to choose from, by kind.

    Parameters
    ----------
    kinds
        Those wanted, from `KINDS`.
    per_kind
        Most places of each kind.
    sites
        None: none are known, and kinds that act on one are left out.
    terrain
        `ew4all.coverage.terrain.Terrain`; masts are put on high ground nearby.
    broadcasts
        Whether the networks broadcast warnings as well as they could; if not, `cell_broadcast` is proposed.
    """
    found: list[Measure] = []
    for kind in kinds:
        acts = KINDS[kind].acts
        if kind in NEEDS_SITE:
            if sites is not None:
                found += _at_sites(kind, cells, crowd, sites, per_kind)
        elif acts == DEVICE:
            found += _programmes(opened)
        elif kind == "cell_broadcast":
            if not broadcasts:
                found.append(
                    Measure(
                        "cell_broadcast", kind, "cell broadcast in all networks", is_generated=True
                    )
                )
        else:
            found += _at_people(kind, acts, cells, crowd, values, per_kind, terrain)
    return found


def _at_people(
    kind: str, acts: str, cells: PlanCells, crowd: Crowd, values: Mapping[str, float], most: int, terrain: Any
) -> list[Measure]:  # fmt: skip
    radius = {
        "new_site": _SITE_KM,
        "satellite_kit": _KIT_KM,
        "siren": _SIREN_KM,
    }.get(kind) or values[f"{kind}_km"]
    people = crowd.people * crowd.value * cells.unreached
    if acts == SIGNAL:  # also where the networks do not broadcast yet: that may be another measure
        people = crowd.people * crowd.value * crowd.missed * np.maximum(1.0 - crowd.signal, 0.0)
    elif acts not in {PLACE, RADIO}:  # kits go to where many are served as usual
        people = crowd.people * crowd.value * crowd.missed * crowd.signal
    at = peaks(cells.lon_deg, cells.lat_deg, people, radius, most, _LEAST_PEOPLE)
    lon, lat = cells.lon_deg[at], cells.lat_deg[at]
    if terrain is not None and kind in {"new_site", "fm_transmitter", "community_radio"}:
        lon, lat = _uphill(terrain, lon, lat, _CLIMB * min(radius, 8.0))
    digits = len(str(max(len(at), 1)))
    return [
        Measure(
            f"{kind}-{k + 1:0{digits}d}", kind, f"{KINDS[kind].label} {k + 1}", float(lon[k]), float(lat[k]),
            is_generated=True,
        )
        for k in range(len(at))
    ]  # fmt: skip


def _uphill(terrain: Any, lon: F64, lat: F64, km: float) -> tuple[F64, F64]:
    """Return the highest of some places around each."""
    angle = np.radians(np.arange(0.0, 360.0, 30.0))
    ring = np.concatenate([[0.0], *([r * km] * angle.size for r in (0.25, 0.5, 0.75, 1.0))])
    turn = np.concatenate([[0.0], *([angle] * 4)])
    north = ring * np.cos(turn) / 111.2
    east = ring * np.sin(turn) / 111.2
    lons = lon[:, None] + east / np.cos(np.radians(lat))[:, None]
    lats = lat[:, None] + north
    height = np.asarray(terrain.at(lons.ravel(), lats.ravel()), np.float64).reshape(lons.shape)
    best = np.argmax(np.where(np.isnan(height), -np.inf, height), axis=1)
    rows = np.arange(lon.size)
    return lons[rows, best], lats[rows, best]


def _at_sites(
    kind: str, cells: PlanCells, crowd: Crowd, sites: SiteList, most: int
) -> list[Measure]:
    worth = sites.served.copy()
    if kind == "new_technology":
        from ew4all.plan_effects import Nearby
        from ew4all.units import TECHNOLOGIES

        worth = np.zeros(len(sites.id))
        uncovered = crowd.people * crowd.value * crowd.missed * np.maximum(1.0 - crowd.signal, 0.0)
        nearby = Nearby(cells)
        for k in np.flatnonzero(sites.newest < TECHNOLOGIES.index("4g")):
            near, _ = nearby.within(sites.lon_deg[k], sites.lat_deg[k], _UPGRADE_KM)
            worth[k] = uncovered[near].sum()
    order = np.lexsort((np.arange(worth.size), -worth))
    chosen = [int(k) for k in order[:most] if worth[k] > 0.0]
    return [
        Measure(
            f"{kind}-{sites.id[k]}", kind, _at(kind, str(sites.id[k])), float(sites.lon_deg[k]),
            float(sites.lat_deg[k]), site=str(sites.id[k]), is_generated=True,
        )
        for k in chosen
    ]  # fmt: skip


def _at(kind: str, site: str) -> str:
    """Return the name of a measure at a site: whatever a list calls it, 'site' stands there once.

    >>> _at("battery", "A02"), _at("new_technology", "site of 651-1-99")
    ('battery for site A02', 'new technology on site of 651-1-99')
    """
    words = KINDS[kind].label.removesuffix(" a site")
    return f"{words} {site}" if site.lower().startswith("site") else f"{words} site {site}"


def _programmes(opened: GapStudy) -> list[Measure]:
    zones = opened.study.zones
    if zones is None:
        return [Measure("device_programme", "device_programme", "device programme everywhere", is_generated=True)]  # fmt: skip
    return [
        Measure(f"device_programme-{i}", "device_programme", f"device programme in {n}", zone=str(i), is_generated=True)
        for i, n in zip(zones.ids, zones.names, strict=True)
    ]  # fmt: skip


def must_be_near(measures: Sequence[Measure], cells: PlanCells) -> None:
    """Refuse places that lie far from everybody, but not with longitude and latitude in turn.

    Raises
    ------
    OptionError
        Longitude and latitude of some look swapped.
    """
    first = float(cells.lon_deg[0])
    east = (cells.lon_deg - first + 180.0) % 360.0 - 180.0
    # Once, not for each of ten thousand measures: a country has a million cells.
    west_most, east_most = float(east.min()) - _MARGIN_DEG, float(east.max()) + _MARGIN_DEG
    south = float(cells.lat_deg.min()) - _MARGIN_DEG
    north = float(cells.lat_deg.max()) + _MARGIN_DEG

    def is_near(lon: float, lat: float) -> bool:
        x = (lon - first + 180.0) % 360.0 - 180.0
        return west_most <= x <= east_most and south <= lat <= north

    placed = [m for m in measures if math.isfinite(m.lon_deg)]
    swapped = [
        m for m in placed if not is_near(m.lon_deg, m.lat_deg) and is_near(m.lat_deg, m.lon_deg)
    ]
    if swapped:
        m = swapped[0]
        also = f" ({len(swapped):,} of {len(placed):,} are like it)" if len(swapped) > 1 else ""
        msg = (
            f"measure {m.id} is at lon {m.lon_deg:g}, lat {m.lat_deg:g}, far from everybody, but in the study area with the two "
            f"in turn{also}; swap the columns lon and lat"
        )
        raise OptionError(msg)


def priced(
    measures: Sequence[Measure], costs: Mapping[str, float | None], years: float, people: Mapping[str, float], everybody: float
) -> list[Measure]:  # fmt: skip
    """Return measures with their cost over the years of the plan; what has no price keeps None.

    Parameters
    ----------
    costs
        From `ew4all.planning.costs.resolve`; for what the options ``cost`` and ``cost_year`` of a measure leave out.
    people
        Name of a device programme to the people whom it equips.
    everybody
        People of the country.
    """
    out = []
    for measure in measures:
        is_device = KINDS[measure.kind].acts == DEVICE
        count = people.get(measure.id, 0.0) if is_device else everybody
        usual = price_of(measure.kind, costs, count)
        own = Price(_own(measure, "cost", usual.capital), _own(measure, "cost_year", usual.year))
        out.append(replace(measure, cost=own.total(years)))
    return out


def _own(measure: Measure, name: str, usual: float | None) -> float | None:
    """Return what a list says of a cost, else the usual one: what is left out is not free."""
    value = measure.number(name, math.nan if usual is None else usual)
    return None if math.isnan(value) else value
