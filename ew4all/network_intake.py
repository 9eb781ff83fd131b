"""From what a user gives to a network on a grid: cells, surroundings, terrain, and the window that a map should show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely
from affine import Affine
from pyproj import Transformer

from ew4all.coverage.ground_metric import frame_at
from ew4all.coverage.network import Network
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.surroundings import FinerPeople, FromDensity, FromLandCover, codes_at
from ew4all.errors import (
    EmptyLayerError,
    EmptySelectionError,
    NoIntersectionError,
    OptionError,
    SwappedAxesError,
    UnknownTechnologyError,
)
from ew4all.grid import GEOID, Block, Grid, lonlat
from ew4all.readers.heights import read_heights
from ew4all.readers.land_cover import open_land_cover
from ew4all.readers.people import PeopleSource, open_people
from ew4all.readers.provenance import SourceNote
from ew4all.readers.zones import zone_shapes
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.cells import Cells
    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.placement import Placed
    from ew4all.coverage.surroundings import PeopleOfCells
    from ew4all.coverage.terrain import Terrain
    from ew4all.readers.zones import Zones
    from ew4all.reprojection import Geometries
    from ew4all.units import F64

__all__ = [
    "PIXEL_M",
    "OpenedNetwork",
    "PlacedNetwork",
    "map_grid",
    "must_reach",
    "network_on",
    "open_network",
]

PIXEL_M: Final = 250.0
"""Cells of people that are wider than this are divided for the map, unless a width is given."""

_MOST_PIXELS = 4_000_000_000
_TOLERANCE = 1.05
_COARSE_M = 1500.0


@dataclass(frozen=True, eq=False)
class OpenedNetwork:
    """A network on the grid of its map.

    Attributes
    ----------
    network
        On the map's grid.
    people
        People as they were read, on their own grid.
    window
        The part of that grid which the map shows; `factor` map pixels lie along each side of its cells.
    sources, notes
        Inputs, and decisions that were taken.
    """

    network: Network
    people: PeopleSource
    window: Block
    factor: int
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]

    @property
    def grid(self) -> Grid:
        """Grid of the map."""
        return self.network.grid

    @property
    def is_part(self) -> bool:
        """Whether the map shows a part of the population only."""
        return self.window != self.people.grid.whole


def open_network(
    cells: Cells,
    population: Any,
    *,
    population_unit: str | None = None,
    population_column: str | None = None,
    dem: Any = None,
    landcover: Any = None,
    landcover_class: Mapping[str, str] | None = None,
    technology: tuple[str, ...] = (),
    zones: Zones | None = None,
    resolution_m: float | None = None,
    assume: Mapping[str, float] | None = None,
    assume_cells: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> OpenedNetwork:
    """Put cells on a grid, with what surrounds them.

    Parameters
    ----------
    cells
        Cells; what their list did not give is chosen anew for their surroundings.
    population, population_unit, population_column
        People; see `open_people`.
    dem
        Raster of heights; None: flat land.
    landcover, landcover_class
        Raster of classes, and what they mean; see `open_land_cover`. None: surroundings by the density of people.
    technology
        Those to keep; all by default.
    zones
        What the map should show; None: as far as the cells reach.
    resolution_m
        Width of a pixel; by default that of a cell of people, divided where it is wider than `PIXEL_M`.
    assume, assume_cells
        See `Radio.assuming` and `Cells.in_environment`.

    Raises
    ------
    InputError, ReadError
        One of the inputs.
    EmptySelectionError
        No cell serves the map.
    """
    radio = Radio.assuming(assume or {})
    kept = _of_technologies(cells, technology)
    people = open_people(
        population, unit=population_unit, column=population_column, progress=progress
    )
    notes = list(people.notes)
    sources = [
        SourceNote.of(
            "population", population, people.crs, unit=people.unit, total=sum(people.everybody())
        )
    ]
    shapes = None if zones is None else zone_shapes(zones, people.grid, notes)
    if zones is not None:
        sources.append(SourceNote.of("zones", zones.layer.path, zones.layer.crs))
    window = _window(kept, people.grid, radio, shapes)
    grid, factor, note = map_grid(people.grid, window, resolution_m)
    notes += note
    reader = FinerPeople(people.cells(None), window.row0, window.col0, factor)
    placed = network_on(
        kept, grid, reader, radio, dem=dem, landcover=landcover, landcover_class=landcover_class,
        assume_cells=assume_cells,
    )  # fmt: skip
    return OpenedNetwork(
        placed.network,
        people,
        window,
        factor,
        (*sources, *placed.sources),
        tuple(dict.fromkeys([*notes, *placed.notes])),
    )


class PlacedNetwork(NamedTuple):
    """A network on a grid, and the inputs and decisions that belong to it."""

    network: Network
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]


def network_on(
    cells: Cells,
    grid: Grid,
    people: FinerPeople,
    radio: Radio,
    *,
    dem: Any = None,
    landcover: Any = None,
    landcover_class: Mapping[str, str] | None = None,
    assume_cells: Mapping[str, float] | None = None,
) -> PlacedNetwork:
    """Put cells on a grid whose people are known; see `open_network`.

    Raises
    ------
    InputError, ReadError
        One of the inputs.
    EmptySelectionError
        No cell serves the grid.
    """
    environment, told, read = _surroundings(
        people, grid, people.factor, radio, landcover, landcover_class
    )
    notes, sources = list(told), list(read)
    column, row = _places(cells, grid)
    cells = cells.in_environment(codes_at(environment, grid, column, row), assume_cells)
    terrain = None
    if dem is not None:
        terrain, words = read_heights(
            dem, grid, 1000.0 * radio.reach_km, step_m=radio.terrain_step_m
        )
        notes += [*words, *_missing(terrain, grid, cells, dem)]
        sources.append(SourceNote.of("terrain", dem, terrain.grid.crs, unit="m"))
    else:
        notes.append("no terrain was given (--dem): land is taken as flat")
    network = Network.of(cells, grid, environment, terrain=terrain, radio=radio)
    if not network.touched(np.arange(len(cells)), [grid.whole]):
        raise _nobody_serves(cells, grid)
    return PlacedNetwork(network, tuple(sources), (*notes, *_assumed(cells)))


def _of_technologies(cells: Cells, wanted: tuple[str, ...]) -> Cells:
    if len(cells) == 0:
        msg = "the list of sites holds no usable cell; its account says what became of every row"
        raise EmptyLayerError(msg)
    unknown = [t for t in wanted if t not in TECHNOLOGIES]
    if unknown:
        msg = f"there is no technology {unknown[0]!r}; use one of {', '.join(TECHNOLOGIES)}"
        raise UnknownTechnologyError(msg)
    if not wanted:
        return cells
    mine = np.isin(cells.technology, [TECHNOLOGIES.index(t) for t in wanted])
    if not mine.any():
        here = ", ".join(TECHNOLOGIES[k] for k in np.unique(cells.technology))
        msg = f"no cell is of {' or '.join(wanted)}; the list holds {here}"
        raise EmptyLayerError(msg)
    return cells.take(mine)


def _window(cells: Cells, grid: Grid, radio: Radio, shapes: Geometries | None) -> Block:
    """Return the cells of people that the map shows."""
    if shapes is not None:
        drawn = shapes[~shapely.is_missing(shapes)]
        return grid.block_of_bounds(tuple(shapely.total_bounds(drawn))) or grid.whole
    placed = must_reach(cells, grid, radio)
    row0, row1, col0, col1 = placed.box
    return Block(
        max(int(row0.min()), 0),
        min(int(row1.max()), grid.height),
        max(int(col0.min()), 0),
        min(int(col1.max()), grid.width),
    )


def map_grid(
    people: Grid, window: Block, resolution_m: float | None
) -> tuple[Grid, int, list[str]]:
    """Return the grid of the map, the pixels along a side of a cell of people, and notes."""
    middle = frame_at(
        people,
        np.array([0.5 * (window.col0 + window.col1)]),
        np.array([0.5 * (window.row0 + window.row1)]),
    ).metric
    wide_m = float((middle[0, 0] * middle[2, 0]) ** 0.25)
    if resolution_m is not None and not resolution_m > 0.0:
        msg = f"the width of a pixel is a number of metres above 0, but got {resolution_m:g}"
        raise OptionError(msg)
    wanted = resolution_m or (PIXEL_M if wide_m > _TOLERANCE * PIXEL_M else wide_m)
    factor = max(1, int(np.ceil(wide_m / wanted / _TOLERANCE)))
    part = people.crop(window)
    a, b, c, d, e, f = tuple(part.transform)[:6]
    grid = Grid(
        Affine(a / factor, b / factor, c, d / factor, e / factor, f),
        part.height * factor,
        part.width * factor,
        people.crs,
    )
    if grid.height * grid.width > _MOST_PIXELS:
        msg = (
            f"the map would have {grid.height:,} x {grid.width:,} pixels; give zones to show less (--zones), or wider pixels "
            "(--resolution-m)"
        )
        raise OptionError(msg)
    notes = []
    if factor > 1:
        notes.append(
            f"a cell of people is about {wide_m:,.0f} m wide: the map divides it into {factor} x {factor} pixels of "
            f"{wide_m / factor:,.0f} m, with people spread evenly"
        )
    elif resolution_m is not None and wide_m < resolution_m / _TOLERANCE:
        notes.append(
            f"the map has the population's cells, about {wide_m:,.0f} m wide, which is finer than the {resolution_m:,.0f} m "
            "asked for"
        )
    return grid, factor, notes


def _pixel_m(grid: Grid) -> F64:
    """Return the sides of a pixel in the middle of a grid."""
    middle = frame_at(grid, np.array([0.5 * grid.width]), np.array([0.5 * grid.height])).metric
    sides: F64 = np.sqrt(middle[[0, 2], 0])
    return sides


def _surroundings(
    people: PeopleOfCells,
    grid: Grid,
    factor: int,
    radio: Radio,
    landcover: Any,
    classes: Mapping[str, str] | None,
) -> tuple[FromDensity | FromLandCover, list[str], list[SourceNote]]:
    density = FromDensity(people, grid, radio)
    if landcover is None:
        if classes:
            msg = "classes of land cover were given without land cover; give the raster with --landcover"
            raise OptionError(msg)
        note = (
            f"surroundings are by people in squares of about 1 km: towns from {radio.urban_from_per_km2:,.0f} a km2, suburbs "
            f"from {radio.suburban_from_per_km2:,.0f}, open country below"
        )
        notes = [note]
        wide_m = float(np.sqrt(np.prod(_pixel_m(grid)))) * factor
        if wide_m > _COARSE_M:
            notes.append(
                f"a cell of people is about {wide_m / 1000.0:,.0f} km wide, so that towns inside it are not seen: give land cover "
                "(--landcover) or a finer population"
            )
        return density, notes, []
    cover, words = open_land_cover(landcover, grid, classes)
    source = SourceNote.of("land cover", landcover, cover.raster.grid.crs, unit="classes")
    return FromLandCover(cover, density), list(words), [source]


def _places(cells: Cells, grid: Grid) -> tuple[F64, F64]:
    x, y = Transformer.from_crs(4326, grid.crs, always_xy=True).transform(
        cells.lon_deg, cells.lat_deg, errcheck=False
    )
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if grid.is_geographic:
        west, _, east, _ = grid.bounds
        x = x - 360.0 * np.round((x - 0.5 * (west + east)) / 360.0)
    a, b, c, d, e, f = grid.inverse
    column, row = a * x + b * y + c, d * x + e * y + f
    known = np.isfinite(column) & np.isfinite(row)
    return np.where(known, column, -1.0), np.where(known, row, -1.0)


def _missing(terrain: Terrain, grid: Grid, cells: Cells, dem: Any) -> list[str]:
    share = terrain.missing_share(grid, grid.whole)
    column, row = _places(cells, grid)
    inside = (column >= 0) & (row >= 0) & (column < grid.width) & (row < grid.height)
    lost = int(np.isnan(terrain.at(cells.lon_deg[inside], cells.lat_deg[inside])).sum())
    notes = []
    if share > 0.0:
        notes.append(
            f"the terrain raster {dem} says nothing about {share:.1%} of the map (sea included, where it is marked as no "
            "data): there nothing is taken to stand in the way, and a phone there to lose nothing to terrain"
        )
    if lost:
        notes.append(
            f"{lost:,} of {int(inside.sum()):,} cells on the map stand where the terrain raster says nothing: they are computed "
            "without terrain"
        )
    return notes


def _assumed(cells: Cells) -> list[str]:
    counts = cells.assumed_counts()
    if not counts:
        return []
    listed = ", ".join(f"{name} of {count:,}" for name, count in counts.items())
    return [
        f"of {len(cells):,} cells the list does not give everything; assumed by surroundings: {listed}"
    ]


def must_reach(cells: Cells, grid: Grid, radio: Radio) -> Placed:
    """Return where cells lie, or raise where none of them reaches the grid of the people.

    Raises
    ------
    SwappedAxesError, NoIntersectionError
        The message holds both extents.
    """
    placed = Network.of(cells, grid, radio=radio).placed
    if placed.owner.size == 0:
        raise _apart(cells, grid)
    return placed


def _apart(cells: Cells, grid: Grid) -> Exception:
    west, south, east, north = (
        float(v)
        for v in (
            cells.lon_deg.min(),
            cells.lat_deg.min(),
            cells.lon_deg.max(),
            cells.lat_deg.max(),
        )
    )
    swapped = replace(cells, lon_deg=cells.lat_deg, lat_deg=np.clip(cells.lon_deg, -90.0, 90.0))
    is_swapped = Network.of(swapped, grid).placed.owner.size > 0
    msg = (
        f"no cell reaches the population: cells span longitude {west:.3f}..{east:.3f}, latitude {south:.3f}..{north:.3f}, the "
        f"population x {grid.bounds[0]:.3f}..{grid.bounds[2]:.3f}, y {grid.bounds[1]:.3f}..{grid.bounds[3]:.3f} "
        f"({grid.crs.name})"
    )
    if is_swapped:
        return SwappedAxesError(
            f"{msg}; with latitude and longitude exchanged they would: exchange the columns if they are, or else give the "
            "population of the place"
        )
    return NoIntersectionError(msg)


def _nobody_serves(cells: Cells, grid: Grid) -> EmptySelectionError:
    x, y = grid.xy(np.array([0.5 * grid.width]), np.array([0.5 * grid.height]))
    lon, lat = lonlat(grid.crs).transform(x, y)
    count = len(cells)
    _, _, away = GEOID.inv(
        np.full(count, lon[0]), np.full(count, lat[0]), cells.lon_deg, cells.lat_deg
    )
    nearest = int(np.argmin(away))
    msg = (
        f"no cell serves this area; the nearest site, {cells.site_id[nearest]}, stands {away[nearest] / 1000.0:,.0f} km from its "
        "middle"
    )
    return EmptySelectionError(msg)
