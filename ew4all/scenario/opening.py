"""From a scenario to the inputs of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.errors import OptionError
from ew4all.readers.provenance import SourceNote
from ew4all.run_hazard import Arrival
from ew4all.run_intake import RunInputs, open_run
from ew4all.run_network import OutageCourse
from ew4all.scenario.day_night import day_weight, people_between
from ew4all.scenario.planning import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.outages.ensemble import Ensemble
    from ew4all.scenario.document import Scenario
    from ew4all.scenario.inputs import Network

__all__ = ["open_scenario", "outages_of"]

_KEPT_OF_OUTAGE = (
    "hazard", "links", "core", "roads", "power", "feeder_out", "cable_cut", "kits", "observed", "repair", "days", "seed",
    "relation", "assume",
)  # fmt: skip


def open_scenario(
    scenario: Scenario,
    *,
    member: int | None = None,
    outages: Ensemble | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
) -> RunInputs:
    """Read and check the inputs of a scenario; see `Scenario.inputs`."""
    hazard, alert, network, run = scenario.hazard, scenario.alert, scenario.network, scenario.run
    siren = scenario.channels.used().get("siren")
    notes: list[str] = []
    sources: list[SourceNote] = []
    options: dict[str, Any] = {
        "hazard": hazard.footprint, "hazard_min": hazard.min, "hazard_band": hazard.band, "hazard_where": hazard.where,
        "cap": alert.cap, "title": scenario.name, **_people(scenario, notes, sources), **_zones(scenario),
    }  # fmt: skip
    population = options.pop("population")
    if network.sites is not None:
        cells, told, read = _cells(network)
        notes += told
        sources += read
        options |= {"sites": cells, "dem": network.dem, "landcover": network.landcover}
    else:
        options |= {"coverage": network.coverage, "coverage_min": network.coverage_min}
    if hazard.classes is not None:
        options["edges_s"] = hazard.classes
    found = open_run(
        population,
        alert.area if alert.polygon is None else _drawn(alert.polygon),
        arrival=_arrival(scenario),
        outage=_course(scenario, member, outages),
        addressed=network.cells,
        tau=network.tau,
        one_network=network.one_network,
        sirens=None if siren is None else getattr(siren, "points", None),
        from_s=run.since,
        until_s=run.since + run.duration,
        operator_share=network.operator_share,
        service_values=network.service,
        assume=network.assume,
        workers=workers,
        progress=progress,
        **{key: value for key, value in options.items() if value is not None},
    )
    # What was read here is in memory for `open_run`, which therefore knows no file of it.
    known = [source for source in found.sources if source.path is not None]
    return replace(
        found, notes=tuple(dict.fromkeys([*notes, *found.notes])), sources=(*sources, *known)
    )


def outages_of(scenario: Scenario, members: int | None = None) -> Ensemble | None:
    """Return the possible courses of a scenario's outage; see `Scenario.outages`."""
    outage = scenario.network.outage
    if outage is None:
        return None
    from ew4all.outage_study import study_outage

    cells, _, _ = _cells(scenario.network)
    options = {name: getattr(outage, name) for name in _KEPT_OF_OUTAGE}
    given = {name: value for name, value in options.items() if value is not None}
    return study_outage(cells, members=members or outage.members, **given).ensemble


def _course(
    scenario: Scenario, member: int | None, outages: Ensemble | None
) -> OutageCourse | None:
    outage = scenario.network.outage
    if outage is None:
        return None
    ensemble = outages if outages is not None else outages_of(scenario)
    assert ensemble is not None
    if member is None:
        member = (
            _typical(ensemble, outage.days) if outage.member == "typical" else int(outage.member)
        )
    if not 0 <= member < len(ensemble):
        msg = f"the outage has no member {member}; its {len(ensemble)} members are numbered from 0"
        raise OptionError(msg)
    options: dict[str, Any] = {} if outage.epochs is None else {"most_epochs": outage.epochs}
    return OutageCourse(
        ensemble.timelines[member],
        outage.at,
        temporary_addressed=outage.temporary_addressed,
        **options,
    )


def _typical(ensemble: Ensemble, days: float) -> int:
    """Return the member with the median of site-hours out, the lower of two."""
    lost = [float(timeline.hours_out(days * 86400.0).sum()) for timeline in ensemble.timelines]
    return int(np.argsort(lost, kind="stable")[(len(lost) - 1) // 2])


def _cells(network: Network) -> tuple[Any, list[str], tuple[Any, ...]]:
    """Read the sites once, so that the outage and the run number them alike."""
    from ew4all.outage_intake import compacted, read_sites
    from ew4all.reach_network import split_assumptions

    _, of_cells, _ = split_assumptions(network.assume or {})
    options: dict[str, Any] = {
        "columns": network.columns, "technology": network.technology, "max_age_years": network.max_age_years,
        "assume": of_cells or None,
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value is not None}
    cells, notes, sources = read_sites(network.sites, given)
    return compacted(cells), notes, tuple(sources)


def _arrival(scenario: Scenario) -> Arrival | float | None:
    said = scenario.hazard.arrival
    if said is None or said.at is not None:
        return None if said is None else said.at
    front = None
    if said.front is not None:
        import shapely

        front = shapely.LineString(said.front)
    return Arrival(
        said.raster, said.isochrones, front, said.speed_m_s, said.bearing_deg, said.unit, said.column, said.band,
        said.since,
    )  # fmt: skip


def _drawn(corners: Sequence[Sequence[float]]) -> Any:
    """Return a polygon of longitudes and latitudes as a layer that says so."""
    import geopandas
    import shapely

    return geopandas.GeoDataFrame(geometry=[shapely.Polygon(corners)], crs=4326)


def _people(scenario: Scenario, notes: list[str], sources: list[SourceNote]) -> Mapping[str, Any]:
    said = scenario.population
    if said.day is not None and said.night is not None:
        plan = plan_of(scenario)
        hour = (plan.zero_hour + plan.issued_s / 3600.0) % 24.0
        weight = said.day_weight if said.day_weight is not None else day_weight(plan.audience, hour)
        people, told = people_between(said.day, said.night, weight, said.unit)
        notes += [
            f"people are at {hour:.1f} h local time: {weight:.0%} as by day, the rest as by night",
            *told,
        ]
        sources += [
            SourceNote.of(f"population by {name}", path, None)
            for name, path in (("day", said.day), ("night", said.night))
        ]
        return {"population": people, "population_unit": "count", "refine": said.refine}
    options = {
        "population_unit": said.unit,
        "population_column": said.column,
        "refine": said.refine,
    }
    return {"population": said.groups or said.raster, **options}


def _zones(scenario: Scenario) -> Mapping[str, Any]:
    said = scenario.zones
    return {} if said is None else {"zones": said.file, "zone_id": said.id, "zone_name": said.name}
