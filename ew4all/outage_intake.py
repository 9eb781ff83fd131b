"""What `ew4all.outage_study` is given, as what `ew4all.coverage.outages` takes: cells, hazards, observations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.outages.backhaul import SUBMARINE
from ew4all.coverage.outages.observed import Observed, areas_out, named_down, silent_squares
from ew4all.coverage.outages.threats import Blackout, Cut, Threat
from ew4all.errors import InputError, NoIntersectionError, OptionError
from ew4all.readers.given_cells import cells_of
from ew4all.readers.hazard_values import parsed, read_hazard
from ew4all.readers.outage_tables import read_down, read_measurements
from ew4all.readers.point_values import inside_polygons
from ew4all.readers.provenance import SourceNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.cells import Cells
    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.power import Plant

__all__ = [
    "at_least_one", "cables_cut", "compacted", "feeders_out", "inside", "read_observed", "read_sites", "read_threats",
]  # fmt: skip


def read_sites(sites: Any, options: Mapping[str, Any]) -> tuple[Cells, list[str], list[SourceNote]]:
    """Return the cells of a list, or those that are given, with notes and inputs; a list without a cell is refused."""
    given = cells_of(sites, options, unit=None)
    cells = given.cells
    if len(cells) == 0:
        msg = "the list holds no cell, so nothing can fail"
        raise InputError(msg)
    return cells, list(given.notes), list(given.sources)


def inside(cells: Cells, within: Any, inputs: list[SourceNote]) -> Cells:
    """Return the cells whose site lies in polygons; InputError where none does."""
    inputs.append(SourceNote.of("within", within, None))
    places = cells.sites
    inside = inside_polygons(within, places.lon_deg, places.lat_deg, "within")
    if not inside.any():
        msg = f"none of the {len(places)} sites lies in the polygons of {within}; check their coordinates"
        raise NoIntersectionError(msg)
    return cells.take(inside[cells.site])


def compacted(cells: Cells) -> Cells:
    """Return them with sites numbered anew, where some have no cell any more."""
    used, number = np.unique(cells.site, return_inverse=True)
    if used.size == int(cells.site.max()) + 1:
        return cells
    return replace(cells, site=number.astype(np.int32))


def at_least_one(members: int) -> int:
    """Return the number of members, or refuse none."""
    if members < 1:
        msg = f"an ensemble has at least one member, but got {members}"
        raise OptionError(msg)
    return members


def read_threats(
    hazard: Mapping[str, Any],
    backhaul: Backhaul,
    values: Mapping[str, float],
    relation: str,
    notes: list[str],
    inputs: list[SourceNote],
) -> tuple[list[Threat], list[Blackout]]:
    """Return the hazards, and the areas without mains; notes and inputs are added to."""
    threats: list[Threat] = []
    blackouts: list[Blackout] = []
    for name, source in hazard.items():
        layer = parsed(name, source)
        one, told = read_hazard(layer, backhaul, values, relation=relation)
        notes += told
        inputs.append(
            SourceNote.of(f"hazard {layer.kind}", layer.source, None, unit=layer.unit or None)
        )
        if isinstance(one, Threat):
            threats.append(one)
        else:
            blackouts.append(one)
    return threats, blackouts


def feeders_out(names: Sequence[str], plant: Plant, backhaul: Backhaul) -> list[Blackout]:
    """Return the blackout of named feeders, if any; a name that no site has is refused."""
    if not names:
        return []
    if plant.feeder is None:
        msg = "--feeder-out needs a column feeder in the table of --power"
        raise OptionError(msg)
    unknown = sorted(set(names) - {str(name) for name in plant.feeder})
    if unknown:
        known = ", ".join(sorted({str(n) for n in plant.feeder} - {""})[:5])
        msg = f"no site hangs on the feeder {unknown[0]!r}; feeders are {known}"
        raise InputError(msg)
    nodes = np.zeros(backhaul.id.size, np.bool_)
    nodes[: backhaul.sites] = np.isin(plant.feeder, list(names))
    return [Blackout(nodes)]


def cables_cut(cut: bool, backhaul: Backhaul) -> list[Cut]:
    """Return the cut of all submarine cables, if it is wanted; a network without one is refused."""
    if not cut:
        return []
    cables = backhaul.kind == SUBMARINE
    if not cables.any():
        msg = "--cable-cut needs a link of kind submarine, and the links hold none"
        raise InputError(msg)
    return [Cut(cables)]


def read_observed(
    source: Any,
    hours: tuple[float, float] | None,
    cells: Cells,
    values: Mapping[str, float],
    inputs: list[SourceNote],
) -> Observed:
    """Return what was observed: a list of sites, or layers before and now."""
    places = cells.sites
    if not isinstance(source, dict):
        inputs.append(SourceNote.of("observed", source, None))
        return named_down(places.id, read_down(source), f"the list of sites {source}")
    if set(source) != {"baseline", "current"}:
        msg = f"an observation has a baseline and a current layer, but got {', '.join(source) or 'nothing'}"
        raise OptionError(msg)
    inputs += [SourceNote.of(role, source[role], None) for role in ("baseline", "current")]
    before, now = (read_measurements(source[role]) for role in ("baseline", "current"))
    if (before is None) != (now is None):
        msg = "baseline and current must both be measurements, or both polygons"
        raise OptionError(msg)
    if before is None or now is None:
        lon, lat = places.lon_deg, places.lat_deg
        return areas_out(
            *(inside_polygons(source[r], lon, lat, r) for r in ("baseline", "current"))
        )
    if hours is None:
        msg = "measurements need the hours in which they were taken: --observed-hours BASELINE,CURRENT, for instance 336,12"
        raise OptionError(msg)
    return silent_squares(
        places.lon_deg, places.lat_deg, before, now, baseline_h=hours[0], current_h=hours[1],
        square_km=values["square_km"], alpha=values["detector_alpha"],
    )  # fmt: skip
