"""From what a user gives to a `Study`: every input is read and checked, and every decision is noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from ew4all import assumptions
from ew4all.coverage.overlay import union
from ew4all.coverage.waterfall import operator_factor
from ew4all.errors import GeometryError, OptionError
from ew4all.geometry import FAR, must_meet, on_grid, within
from ew4all.readers.layers import PolygonLayer, RasterLayer, is_raster, open_layers
from ew4all.readers.levels import HazardRaster, open_hazard_raster
from ew4all.readers.modelled import ModelledLayer
from ew4all.readers.people import PeopleSource, open_people, refinement_of
from ew4all.readers.provenance import SourceNote
from ew4all.readers.vectors import VectorLayer, read_vector
from ew4all.readers.warning_areas import WarningArea, must_be_usable, read_warning_area
from ew4all.readers.zones import chosen, read_zones, zone_shapes
from ew4all.study import WORKERS, Study, outline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.grid import Block, Grid

EVERYBODY = (
    "neither a hazard nor a warning area was given: everybody in the population is taken as in area"
)

_OUTSIDE_NOTED = 1e-4
_BORDER_PIECES = 64


def open_study(
    population: Any,
    area: Any = None,
    *,
    hazard: Any = None,
    hazard_min: float | None = None,
    hazard_band: int | None = None,
    hazard_where: Mapping[str, Any] | None = None,
    cap: Any = None,
    at: datetime | str | None = None,
    geocodes: Any = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    sites: Any = None,
    sites_options: Mapping[str, Any] | None = None,
    dem: Any = None,
    landcover: Any = None,
    outage: Any = None,
    operator_share: Mapping[str, float] | None = None,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    zones_where: Mapping[str, Any] | None = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    refine: Any = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
    sites_in_area: bool = False,
    sites_near: Callable[[Grid], Block | None] | None = None,
) -> Study:
    """Read and check every input; see `ew4all.reach` for the parameters.

    Parameters
    ----------
    zones_where
        From column to value: which features of `zones` are meant.
    sites_in_area
        Whether the signal of `sites` is wanted in the warning area alone: a continent is then no hindrance.
    sites_near
        Where given, the signal of `sites` is wanted in the warning area, in the hazard's footprint, where any of the sites reaches,
        and in the cells of the population's grid that this returns; see `ew4all.network_window`.

    Raises
    ------
    InputError, ReadError
        One of the inputs; nothing was computed.
    """
    _check_options(coverage, operator_share, workers)
    _check_sites(sites, coverage, coverage_min, dem, landcover, outage, sites_options)
    steps = dict(assume or {})
    if sites is not None:
        # Propagation is a second of imports, which a run with coverage layers need not pay.
        from ew4all.network_window import sites_window
        from ew4all.reach_network import open_network_coverage, split_assumptions

        steps, _, _ = split_assumptions(steps)
    assumptions.resolve(steps)
    must_be_usable(area, cap, geocodes, at)
    people = open_people(
        population,
        unit=population_unit,
        column=population_column,
        refine=refine,
        coverage=coverage,
        progress=progress,
    )
    grid = people.grid
    notes = list(people.notes)
    sources = _population_notes(population, people)
    refined = refinement_of(people)
    if refined is not None:
        sources.append(SourceNote.of("refinement", refine, refined.weights.crs))
    warned = None
    if area is not None or cap is not None:
        warned = warning_footprint(
            read_warning_area(area, cap, geocodes=geocodes, at=at), grid, notes, sources
        )
    endangered, raster = None, None
    _check_hazard_options(hazard, hazard_band, hazard_where)
    if hazard is not None and is_raster(hazard):
        if hazard_min is None:
            msg = "the hazard is a raster; say from which value on it endangers people (--hazard-min, hazard_min=)"
            raise OptionError(msg)
        raster = open_hazard_raster(
            hazard, hazard_min, grid, band=1 if hazard_band is None else hazard_band
        )
        endangered = window_of(raster, grid)
        notes += raster.notes
        drawn_in = raster.raster.grid.crs
        sources.append(SourceNote.of("hazard", hazard, drawn_in, unit=f">= {hazard_min:g}"))
    elif hazard_min is not None:
        msg = "a hazard threshold was given, but the hazard is no raster; leave hazard_min out"
        raise OptionError(msg)
    elif hazard is not None:
        endangered = footprint(hazard, "hazard", grid, notes, sources, hazard_where)
    if hazard is not None and warned is None:
        notes.append("no warning area was given: the hazard is taken as the warning area")
    elif hazard is None and warned is not None:
        notes.append("no hazard was given: everybody in the warning area is taken as at risk")
    elif hazard is None:
        notes.append(EVERYBODY)
    counted = endangered if warned is None and raster is None else warned
    rasters, polygons = open_layers(coverage or {}, grid, coverage_min=coverage_min)
    modelled = None
    if sites is not None:
        modelled = open_network_coverage(
            sites, people, dem=dem, landcover=landcover, outage=outage, assume=assume, read=sites_options,
            window=sites_window(grid, warned, endangered, in_area=sites_in_area, near=sites_near),
            within_reach=sites_near is not None,
        )  # fmt: skip
        notes += modelled.notes
        sources += modelled.sources
    raster_layers = rasters if modelled is None else modelled.layers
    layers: list[RasterLayer | ModelledLayer | PolygonLayer] = [*raster_layers, *polygons]
    # Names and sums are checked before anything is counted.
    operator_factor(operator_share or {}, {k.operator: 1.0 for k in layers if k.operator}, 1.0)
    for layer in layers:
        notes += layer.notes
        if isinstance(layer, ModelledLayer):
            continue
        role = f"coverage {layer.technology}" + (f":{layer.operator}" if layer.operator else "")
        if isinstance(layer, PolygonLayer):
            crs, path, unit = layer.layer.crs, layer.layer.path, "polygons"
        else:
            crs, path, unit = layer.raster.grid.crs, layer.raster.path, "cells"
        sources.append(SourceNote.of(role, path, crs, unit=unit, provenance=layer.provenance))
    if counted is not None:
        notes += _ends_inside(rasters, counted, grid)
    shapes = tuple(_shape(layer.layer, grid, notes) for layer in polygons)
    found = None if zones is None else read_zones(zones, zone_id, zone_name, zones_where)
    outlines = np.empty(0, dtype=object)
    if found is not None:
        outlines = zone_shapes(found, grid, notes)
        sources.append(SourceNote.of("zones", found.layer.path, found.layer.crs))
    elif zone_id is not None or zone_name is not None:
        msg = "a column of zones was named, but no zones were given"
        raise OptionError(msg)
    return Study(
        people=people,
        area=counted,
        hazard=warned if endangered is None else endangered,
        hazard_raster=raster,
        rasters=tuple(raster_layers),
        polygons=tuple(polygons),
        polygon_shapes=shapes,
        zones=found,
        zone_shapes=outlines,
        operator_share=dict(operator_share or {}),
        assume=steps,
        sources=tuple(sources),
        notes=tuple(dict.fromkeys(notes)),
        title=title,
        workers=WORKERS if workers is None else workers,
        progress=progress,
        outage=None if modelled is None else modelled.outage,
    )


def _population_notes(population: Any, people: PeopleSource) -> list[SourceNote]:
    given = population.values() if isinstance(population, Mapping) else [population]
    return [
        SourceNote.of("population", source, people.crs, unit=people.unit, total=total)
        for source, total in zip(given, people.everybody(), strict=True)
    ]


def footprint(
    source: Any,
    role: str,
    grid: Grid,
    notes: list[str],
    sources: list[SourceNote],
    where: Mapping[str, Any] | None = None,
) -> BaseGeometry:
    """Return the shapes of a layer as one on the grid; what was decided goes to `notes`, the file to `sources`."""
    layer = read_vector(source, role)
    if where:
        layer = chosen(layer, where)
    return _laid(layer, role, grid, notes, [SourceNote.of(role, layer.path, layer.crs)], sources)


def warning_footprint(
    warning: WarningArea, grid: Grid, notes: list[str], sources: list[SourceNote]
) -> BaseGeometry:
    """Return a warning area as one shape on the grid; see `footprint`."""
    return _laid(warning.layer, warning.role, grid, notes, warning.sources, sources)


def _laid(
    layer: VectorLayer,
    role: str,
    grid: Grid,
    notes: list[str],
    files: Sequence[SourceNote],
    sources: list[SourceNote],
) -> BaseGeometry:
    notes += layer.notes
    drawn = int((~shapely.is_missing(layer.geometries)).sum())
    if drawn > 1:
        notes.append(f"{layer.name}: its {drawn} shapes are taken together as one {role}")
    sources += files
    told = len(notes)
    shape = _shape(layer, grid, notes)
    # An intersection of 100,000 vertices takes 40 ms, and most shapes lie inside.
    if within(shape.bounds, grid.bounds) or any(FAR in note for note in notes[told:]):
        return shape
    inside = shapely.area(shapely.intersection(shape, shapely.box(*grid.bounds)))
    if inside < (1.0 - _OUTSIDE_NOTED) * shape.area:
        notes.append(
            f"{layer.name}: {1.0 - inside / shape.area:.1%} of its extent lies outside the population raster, where "
            "nobody is counted"
        )
    return shape


def _check_hazard_options(hazard: Any, band: Any, where: Any) -> None:
    if band is not None and (isinstance(band, bool) or not isinstance(band, int)):
        msg = f"hazard_band is the number of a band, from 1, but got {band!r}"
        raise OptionError(msg)
    if where is not None and not isinstance(where, Mapping):
        msg = f"hazard_where is a mapping from column to value, such as {{'class': 'high'}}, not a {type(where).__name__}"
        raise OptionError(msg)
    cells = hazard is not None and is_raster(hazard)
    if band is not None and not cells:
        msg = "a band of the hazard was named, but the hazard is no raster; leave hazard_band out"
        raise OptionError(msg)
    if where and (hazard is None or cells):
        msg = "features of the hazard were chosen, but the hazard is no polygon layer; leave hazard_where out"
        raise OptionError(msg)


def _check_options(coverage: Any, operator_share: Any, workers: Any) -> None:
    for name, given in (("coverage", coverage), ("operator_share", operator_share)):
        if given is not None and not isinstance(given, Mapping):
            msg = f"{name} is a mapping, such as {{'4g': FILE}} or {{'Operator A': 0.4}}, not a {type(given).__name__}"
            raise OptionError(msg)
    for name, share in (operator_share or {}).items():
        if isinstance(share, bool) or not isinstance(share, int | float):
            msg = f"the market share of {name} is a number, 0 to 1, but got {share!r}"
            raise OptionError(msg)
    if isinstance(workers, int) and workers < 1:
        msg = f"workers is 1 or more, but got {workers}"
        raise OptionError(msg)


def _check_sites(
    sites: Any,
    coverage: Any,
    coverage_min: Any,
    dem: Any,
    landcover: Any,
    outage: Any,
    options: Any,
) -> None:
    if sites is not None:
        if coverage or coverage_min is not None:
            msg = (
                "cell sites take the place of coverage layers; give --sites or --coverage, not both"
            )
            raise OptionError(msg)
        return
    for name, given in (
        ("--dem", dem),
        ("--landcover", landcover),
        ("--outage", outage),
        ("an option for lists of sites", options),
    ):
        if given is not None:
            msg = f"{name} is of use with cell sites only; give --sites, or leave it out"
            raise OptionError(msg)


def _shape(layer: VectorLayer, grid: Grid, notes: list[str]) -> BaseGeometry:
    shapes, mended = on_grid(layer.geometries, layer.crs or grid.crs, grid, layer.name)
    notes += mended
    must_meet(shapes, grid, layer.name)
    return union(shapes)


def window_of(hazard: HazardRaster, grid: Grid) -> BaseGeometry:
    """Return a polygon around a hazard raster: nobody outside it is at risk.

    A raster of the world has corners that lie nowhere in most projections; then the window is the whole population.
    """
    extent = _extent_of(hazard.raster.grid, grid, hazard.name)
    if extent is None:
        return outline(grid)
    window: BaseGeometry = shapely.buffer(extent, 2.0 * max(grid.cell_size), join_style="mitre")
    return window


def _ends_inside(layers: Sequence[RasterLayer], area: BaseGeometry, grid: Grid) -> list[str]:
    """Say which coverage rasters end inside the warning area; what lies beyond the population raster is told elsewhere."""
    # An intersection of 100,000 vertices takes 30 ms, and most areas lie inside.
    is_whole = within(area.bounds, grid.bounds)
    inside = area if is_whole else shapely.intersection(area, outline(grid))
    box = shapely.box(*inside.bounds)
    notes = []
    for layer in layers:
        extent = _extent_of(layer.raster.grid, grid, layer.name)
        if extent is None or inside.area == 0.0 or shapely.covers(extent, box):
            continue
        beyond = shapely.area(shapely.difference(inside, extent)) / inside.area
        if beyond > _OUTSIDE_NOTED:
            notes.append(
                f"{beyond:.2%} of the warning area lies outside {layer.name}, where nobody is counted as covered by it"
            )
    return notes


def _extent_of(raster: Grid, grid: Grid, what: str) -> BaseGeometry | None:
    """Return the border of a raster in the CRS of the population, or None where that has no place for all of it."""
    if not _comes_back(raster, grid):
        return None
    # A side of more than 180 degrees in one step would be read as a jump across the antimeridian.
    border = shapely.segmentize(outline(raster), _longest_side(raster) / _BORDER_PIECES)
    try:
        shapes, _ = on_grid([border], raster.crs, grid, what)
    except GeometryError:  # the raster holds a pole
        return None
    return union(shapes)


def _longest_side(grid: Grid) -> float:
    west, south, east, north = grid.bounds
    return max(east - west, north - south)


def _comes_back(raster: Grid, grid: Grid) -> bool:
    """Whether the border of a raster, taken to the CRS of the population and back, is where it was."""
    if raster.crs == grid.crs:
        return True
    to_grid = Transformer.from_crs(raster.crs, grid.crs, always_xy=True)
    border = shapely.segmentize(shapely.box(*raster.bounds), _longest_side(raster) / _BORDER_PIECES)
    x, y = shapely.get_coordinates(border).T
    found = to_grid.transform(
        *to_grid.transform(x, y, errcheck=False), direction="INVERSE", errcheck=False
    )
    return bool(np.abs(np.array(found) - (x, y)).max() < max(raster.cell_size))
