"""What `ew4all.gaps` is given, as a study: every input is read and checked, and every decision is noted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas
import numpy as np
import shapely
from pyproj import CRS

from ew4all.coverage.gaps import Places
from ew4all.coverage.overlay import apart, union
from ew4all.coverage.waterfall import operator_factor
from ew4all.errors import OptionError
from ew4all.gap_assumptions import STEPS, TABLE, rates_of, resolved
from ew4all.gap_given import open_groups
from ew4all.gap_ground import Ground
from ew4all.gap_hazards import open_hazards
from ew4all.gap_layers import degraded, must_pair, open_channels, signal_layers
from ew4all.gap_people import side_km
from ew4all.gap_zonings import ZoneChoice, cells_over, of_level
from ew4all.geometry import area_km2, must_meet, on_grid
from ew4all.intake import EVERYBODY, footprint, open_study
from ew4all.readers.facilities import FacilityPoints, open_facilities
from ew4all.readers.provenance import SourceNote
from ew4all.readers.vectors import read_vector
from ew4all.readers.zones import Zones, read_zones
from ew4all.reprojection import only_polygons
from ew4all.study import outline
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.outages.on_air import Outage
    from ew4all.gap_people import PartOfPeople
    from ew4all.readers.people import PeopleSource
    from ew4all.study import Study

__all__ = ["GapStudy", "filled", "open_gaps"]

_MOSTLY: Final = 0.5
"""Zones whose box fills less of the population's are taken as the study area: the rest is another country."""

_MOST_OVERLAP: Final = 0.5
"""Of the smaller of two zones; beyond it one lies inside the other, and they are two levels of zones."""

_AREA_COLUMN: Final = "people"


@dataclass(frozen=True, eq=False)
class GapStudy:
    """Everything that a gap analysis needs, read and checked.

    Attributes
    ----------
    study
        People, zones and signal layers from files.
    has_people
        Whether there is a population; without one each square kilometre stands for one person.
    after
        The same ground with the signal layers of a degraded network, where these were given.
    groups
        Group to its people, on the cells of the population.
    values
        Value of every assumption.
    choice
        What the zones are.
    facilities
        Facilities to look up, as they were read.
    is_bounded
        Whether the study area was given, and did not follow from population and zones.
    """

    study: Study
    ground: Ground
    has_people: bool
    outage: Outage | None
    after: Ground | None
    groups: Mapping[str, PeopleSource | PartOfPeople]
    values: Mapping[str, float]
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]
    choice: ZoneChoice = field(default_factory=ZoneChoice)
    facilities: tuple[FacilityPoints, ...] = ()
    is_bounded: bool = False


def open_gaps(
    population: Any,
    zones: Any,
    *,
    within: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    sites: Any = None,
    sites_options: Mapping[str, Any] | None = None,
    dem: Any = None,
    landcover: Any = None,
    outage: Any = None,
    coverage_after: Mapping[str, Any] | None = None,
    operator_share: Mapping[str, float] | None = None,
    channels: Mapping[str, Any] | None = None,
    channel_min: Mapping[str, float] | None = None,
    sirens: Any = None,
    hazards: Mapping[str, Any] | None = None,
    groups: Mapping[str, Any] | None = None,
    facilities: Mapping[str, Any] | None = None,
    h3: int | None = None,
    grid_km: float | None = None,
    level: int | None = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    refine: Any = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
) -> GapStudy:
    """Read and check every input; see `ew4all.gaps` for the parameters.

    Raises
    ------
    InputError, ReadError
        One of the inputs; nothing was computed.
    """
    choice = ZoneChoice(h3, grid_km, level)
    _must_be_one_zoning(choice, zones, zone_id)
    assume = dict(assume or {})
    mine = {k: v for k, v in assume.items() if sites is None or _is_ours(k)}
    values = resolved(mine)
    of_people = {
        "--population-unit": population_unit,
        "--population-column": population_column,
        "--refine": refine,
        "--group": groups or None,
        "--channel": channels or None,
        "--sirens": sirens,
    }
    of_sites = {
        "--dem": dem,
        "--landcover": landcover,
        "--outage": outage,
        "an option for lists of sites": sites_options,
    }
    if population is None:
        _must_do_without_people(zones, within, of_people)
    _must_be_one_network(sites, coverage, of_sites)
    must_pair(coverage_after, coverage)
    given_people, column = population, population_column
    if population is None:
        given_people, column = _extent(within if zones is None else zones), _AREA_COLUMN
    drawn = zones if level is None else of_level(zones, level)
    study = open_study(
        given_people, coverage=coverage, coverage_min=coverage_min, operator_share=operator_share if sites is None else None,
        population_unit=population_unit, population_column=column, refine=refine, workers=workers, progress=progress,
        title=title,
    )  # fmt: skip
    if not choice.is_made:
        study = _with_zones(study, drawn, zone_id, zone_name)
    grid = study.grid
    notes = [note for note in study.notes if note != EVERYBODY]
    sources = list(study.sources)
    if population is None:
        notes = [n for n in notes if n not in study.people.notes]
        sources = [s for s in sources if s.role != "population"]
    area = _study_area(study, within, notes, sources)
    if choice.is_made:
        made = read_zones(cells_over(choice, area, grid), "id", "name")
        shapes, _ = on_grid(made.layer.geometries, made.layer.crs or grid.crs, grid, "zones")
        study = replace(study, zones=made, zone_shapes=apart(shapes, made.ids, grid)[0])
    window = grid.block_of_bounds(area.bounds) or grid.whole
    if population is not None:
        notes += choice.finer_than(side_km(grid, window))
    named: list[Any] = [*study.rasters, *study.polygons]
    readers: Sequence[Any] = study.rasters
    hit = None
    if sites is not None:
        from ew4all.reach_network import open_network_coverage

        modelled = open_network_coverage(
            sites, study.people, dem=dem, landcover=landcover, outage=outage, read=sites_options, window=window,
            assume={k: v for k, v in assume.items() if k not in mine},
        )  # fmt: skip
        notes += modelled.notes
        sources += modelled.sources
        hit = modelled.outage
        readers = named = list(modelled.layers)
    # Names and sums are checked, and what is decided is told, before anything is counted.
    shares = dict(operator_share or {})
    notes += operator_factor(shares, {k.operator: 1.0 for k in named if k.operator}, 1.0)[1]
    signals, layers = signal_layers(readers, study.polygons, study.polygon_shapes, shares)
    opened, channel_layers = open_channels(
        channels or {}, channel_min or {}, sirens, values, grid, bool(signals), notes, sources
    )
    found_hazards = open_hazards(hazards or {}, grid, notes, sources)
    places = Places(signals, opened, rates_of(values), shares)
    ground = Ground(
        study.people,
        area,
        places,
        (*layers, *channel_layers),
        found_hazards,
        study.workers,
        progress,
    )
    after = None
    if coverage_after is not None:
        after = degraded(ground, coverage_after, coverage_min, notes, sources)
    opened_groups = open_groups(
        groups or {}, study.people, notes, sources, unit=population_unit, refine=refine, coverage=coverage
    )  # fmt: skip
    points = open_facilities(facilities or {}, notes, sources)
    return GapStudy(
        study,
        ground,
        population is not None,
        hit,
        after,
        opened_groups,
        values,
        tuple(sources),
        tuple(notes),
        choice,
        points,
        is_bounded=within is not None,
    )


def filled(shape: BaseGeometry) -> BaseGeometry:
    """Return polygons without their holes."""
    parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(only_polygons(shape))]
    return union(np.array(parts, dtype=object))


def _is_ours(name: str) -> bool:
    known = {*STEPS, *(row.name for row in TABLE)}
    known |= {f"{step}_{t}" for step in (STEPS[0], STEPS[2]) for t in TECHNOLOGIES}
    return name in known


def _must_be_one_zoning(choice: ZoneChoice, zones: Any, zone_id: str | None) -> None:
    if choice.is_made and zones is not None:
        msg = "zones are polygons of a file, cells of H3 or squares of a grid; give one of --zones, --h3 and --grid-km (--within FILE sets the study area)"
        raise OptionError(msg)
    if choice.level is not None and (choice.is_made or zones is None):
        msg = "an administrative level is one of a file of zones; give --zones with --level"
        raise OptionError(msg)
    if choice.level is not None and zone_id is not None:
        msg = "the column of zones follows from --level; give --level or --zone-id, not both"
        raise OptionError(msg)


def _must_do_without_people(zones: Any, within: Any, of_people: Mapping[str, Any]) -> None:
    if zones is None and within is None:
        msg = "gaps are counted in people or, without a population, in square kilometres of zones; give --population or --zones"
        raise OptionError(msg)
    for name, given in of_people.items():
        if given is not None:
            msg = f"{name} is about people, and there is no population; give --population, or leave it out"
            raise OptionError(msg)


def _must_be_one_network(sites: Any, coverage: Any, of_sites: Mapping[str, Any]) -> None:
    if sites is not None and coverage:
        msg = "cell sites take the place of coverage layers; give --sites or --coverage, not both"
        raise OptionError(msg)
    for name, given in of_sites.items():
        if given is not None and sites is None:
            msg = f"{name} is of use with cell sites only; give --sites, or leave it out"
            raise OptionError(msg)


def _extent(source: Any) -> geopandas.GeoDataFrame:
    """Return zones as one area with a person a square kilometre."""
    layer = read_vector(source, "zones")
    crs = layer.crs or CRS.from_epsg(4326)
    shapes = np.array(
        [g for g in shapely.make_valid(layer.geometries) if g is not None], dtype=object
    )
    whole = filled(union(np.array([only_polygons(g) for g in shapes], dtype=object)))
    one = np.empty(1, dtype=object)
    one[0] = whole
    return geopandas.GeoDataFrame({_AREA_COLUMN: area_km2(one, crs)}, geometry=one, crs=crs)


def _with_zones(study: Study, zones: Any, zone_id: str | None, zone_name: str | None) -> Study:
    """Return the study with its zones, overlaps taken from the later one: `ew4all.gap_quality` measures and tells them."""
    if zones is None:
        if zone_id is not None or zone_name is not None:
            msg = "a column of zones was named, but no zones were given"
            raise OptionError(msg)
        return study
    read = zones if isinstance(zones, Zones) else read_zones(zones, zone_id, zone_name)
    layer, grid = read.layer, study.grid
    shapes, mended = on_grid(layer.geometries, layer.crs or grid.crs, grid, layer.name)
    must_meet(shapes, grid, layer.name)
    shapes, _ = apart(shapes, read.ids, grid, _MOST_OVERLAP)
    return replace(
        study,
        zones=read,
        zone_shapes=shapes,
        notes=(*study.notes, *layer.notes, *mended),
        sources=(*study.sources, SourceNote.of("zones", layer.path, layer.crs)),
    )


def _study_area(
    study: Study, within: Any, notes: list[str], sources: list[SourceNote]
) -> BaseGeometry:
    grid = study.grid
    if within is not None:
        return footprint(within, "study area", grid, notes, sources)
    whole = outline(grid)
    drawn = [g for g in study.zone_shapes if g is not None]
    if not drawn:
        return whole
    box = shapely.box(*shapely.total_bounds(np.array(drawn, dtype=object)))
    if shapely.intersection(box, whole).area >= _MOSTLY * whole.area:
        return whole
    notes.append(
        "the population reaches far beyond the zones: the study area is the zones and what they enclose, and nobody beyond is "
        "counted; give --within to set it otherwise"
    )
    return filled(union(np.array(drawn, dtype=object)))
