"""A hazard layer, raster or polygons, as what it is at every node and link of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.outages.fragility import KINDS, UNITS
from ew4all.coverage.outages.intensity import RELATIONS, pga_g
from ew4all.coverage.outages.threats import Blackout, Threat
from ew4all.errors import InputError, NoIntersectionError, OptionError
from ew4all.readers.point_values import is_raster, polygon_values, raster_values
from ew4all.readers.vectors import read_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.units import F64

__all__ = ["HazardLayer", "parsed", "read_hazard"]

POWER: Final = "power"
_ALIASES: Final = {"mmi": "shaking:mmi", "pga": "shaking:g", "shakemap": "shaking:mmi"}
_FACTORS: Final = {
    "wind": {"m/s": 1.0, "ms-1": 1.0, "km/h": 1.0 / 3.6, "kt": 0.514444, "mph": 0.44704},
    "flood": {"m": 1.0, "cm": 0.01, "ft": 0.3048},
    "shaking": {"g": 1.0, "%g": 0.01, "cm/s2": 1.0 / 980.665, "gal": 1.0 / 980.665, "m/s2": 1.0 / 9.80665},
    "fire": {"share": 1.0, "%": 0.01},
}  # fmt: skip
_MOST: Final = {"wind": 130.0, "flood": 100.0, "shaking": 5.0, "fire": 1.0}
"""No hazard is that strong, in the unit of `fragility.UNITS`: beyond it the unit is another one."""

_POINTS_A_LINK = 5


@dataclass(frozen=True)
class HazardLayer:
    """What was asked for: the kind, the unit ("" where none was named), the source, and the column of polygons."""

    kind: str
    unit: str
    source: Any
    column: str | None = None


def parsed(name: str, source: Any) -> HazardLayer:
    """Return what ``KIND[:UNIT]`` and ``FILE[#COLUMN]`` ask for.

    Raises
    ------
    OptionError
        No such kind, or no such unit for it.
    """
    kind, _, unit = _ALIASES.get(name.casefold(), name).partition(":")
    kind = kind.casefold()
    if kind not in (*KINDS, POWER):
        msg = f"there is no kind of hazard {kind!r}; use one of {', '.join((*KINDS, POWER, 'mmi', 'pga'))}, as in --hazard wind:kt=FILE"
        raise OptionError(msg)
    units = [*_FACTORS.get(kind, ()), *(["mmi"] if kind == "shaking" else [])]
    if unit and unit.casefold() not in units:
        msg = f"{kind} is not measured in {unit!r} here; use one of {', '.join(units) or 'no unit'}"
        raise OptionError(msg)
    column = None
    if isinstance(source, str) and "#" in source and not is_raster(source):
        source, _, column = source.rpartition("#")
    return HazardLayer(kind, unit.casefold(), source, column)


def read_hazard(
    layer: HazardLayer,
    backhaul: Backhaul,
    values: Mapping[str, float],
    *,
    start_s: float = 0.0,
    relation: str = "worden2012",
) -> tuple[Threat | Blackout, tuple[str, ...]]:
    """Return the hazard at a network, and notes.

    Raises
    ------
    NoIntersectionError
        It meets no site.
    OptionError, InputError
        Polygons of wind, flood or shaking without a column; its unit is not known and not plain; it is negative, or stronger than any such hazard.
    ReadError, MissingCrsError, ColumnError
        See the readers of rasters and polygons.
    """
    what = f"the {layer.kind} layer"
    _must_have_value(layer, what)
    found = _sampler(layer, what)(backhaul.lon_deg, backhaul.lat_deg)
    sites = found.values[: backhaul.sites]
    if not np.isfinite(sites).any():
        msg = f"{what} {layer.source} holds no data at any site"
        raise NoIntersectionError(msg)
    notes = list(found.notes)
    if layer.kind == POWER:
        dark = np.nan_to_num(found.values) > 0.0
        notes.append(
            f"mains are out at {int(dark[: backhaul.sites].sum())} of {backhaul.sites} sites"
        )
        return Blackout(dark, start_s), tuple(notes)
    unit = layer.unit or _unit(layer, found.unit, what, notes)
    along = _along(layer, what, backhaul, found.values)
    at_nodes, sigma_ln = _in_si(found.values, layer.kind, unit, relation, values)
    at_links, _ = _in_si(along, layer.kind, unit, relation, values)
    top = float(np.nanmax(at_nodes))
    if top > _MOST[layer.kind] or np.nanmin(at_nodes) < 0.0:
        worst = top if top > _MOST[layer.kind] else float(np.nanmin(at_nodes))
        msg = (
            f"{what} {layer.source} would be {worst:.4g} {UNITS[layer.kind]} at a site, which no {layer.kind} is; "
            f"name its unit, as in {layer.kind}:{list(_FACTORS[layer.kind])[1]}={layer.source}"
        )
        raise InputError(msg)
    if unit == "mmi":
        notes.append(
            f"{what}: intensity to acceleration by {RELATIONS[relation].source}, standard deviation "
            f"{RELATIONS[relation].sigma_log10:g} in log10"
        )
    return Threat(layer.kind, at_nodes, at_links, start_s, sigma_ln), tuple(notes)


def _must_have_value(layer: HazardLayer, what: str) -> None:
    """Refuse polygons of how much nobody says: 1 m/s of wind would be a disaster without effect.

    Areas that burnt, and areas without mains, are whole as they are.
    """
    if layer.column is not None or layer.kind in {POWER, "fire"} or is_raster(layer.source):
        return
    columns = ", ".join(read_vector(layer.source, what).table)
    msg = (
        f"{what} {layer.source} is polygons, and no column was named that says how much of it there is; write "
        f"--hazard {layer.kind}=FILE#COLUMN (the file has {columns or 'no column: add one'})"
    )
    raise OptionError(msg)


def _sampler(layer: HazardLayer, what: str) -> Callable[[F64, F64], Any]:
    if is_raster(layer.source):
        return lambda lon, lat: raster_values(layer.source, lon, lat, what)
    # An area without mains, or that burns, needs no number.
    graded = layer.kind not in {POWER, "fire"}
    return lambda lon, lat: polygon_values(
        layer.source, lon, lat, what, layer.column, needs_column=graded
    )


def _along(layer: HazardLayer, what: str, backhaul: Backhaul, at_nodes: F64) -> F64:
    """Return the largest value along each link, its ends included."""
    a, b = backhaul.a, backhaul.b
    largest = np.fmax(at_nodes[a], at_nodes[b])
    if a.size == 0:
        return largest
    sampler = _sampler(layer, what)
    shares = np.linspace(0.0, 1.0, _POINTS_A_LINK + 2)[1:-1]
    lon = np.concatenate([(1 - s) * backhaul.lon_deg[a] + s * backhaul.lon_deg[b] for s in shares])
    lat = np.concatenate([(1 - s) * backhaul.lat_deg[a] + s * backhaul.lat_deg[b] for s in shares])
    try:
        between = sampler(lon, lat).values.reshape(shares.size, a.size)
    except NoIntersectionError:  # the ends are inside, the points between them are not
        return largest
    for row in between:
        largest = np.fmax(largest, row)
    return largest


def _unit(layer: HazardLayer, said: str, what: str, notes: list[str]) -> str:
    """Return the unit that a layer says, or the usual one with a note; shaking has none that is usual."""
    known = {*_FACTORS[layer.kind], *(["mmi"] if layer.kind == "shaking" else [])}
    if said.casefold() in known:
        return said.casefold()
    if layer.kind == "shaking":
        msg = (
            f"{what} {layer.source} does not say whether it holds intensity or acceleration; write "
            f"--hazard shaking:mmi={layer.source} or shaking:g={layer.source}"
        )
        raise OptionError(msg)
    if layer.kind != "fire":
        notes.append(f"{what}: no unit was named; it is taken as {UNITS[layer.kind]}")
    return UNITS[layer.kind]


def _in_si(
    found: F64, kind: str, unit: str, relation: str, values: Mapping[str, float]
) -> tuple[F64, float]:
    if unit == "mmi":
        if np.nanmax(found) > 12.0 or np.nanmin(found) < 0.0:
            msg = f"an intensity of {np.nanmax(found):g} is no MMI, which runs from 1 to 12"
            raise InputError(msg)
        # At intensity 0 nothing is felt: no acceleration, not the little that the relation gives.
        felt = np.where(found > 0.0, pga_g(found, relation), np.where(np.isnan(found), np.nan, 0.0))
        return felt, RELATIONS[relation].sigma_ln
    factor = _FACTORS[kind][unit] * (values["gust_factor"] if kind == "wind" else 1.0)
    return found * factor, 0.0
