"""People to count: a population raster (or one for each group), or census areas spread over a grid.

Both answer the same two questions: how many live inside each of some shapes, and how many in each cell inside one
shape. People of a census area are spread evenly over it, by area on the ellipsoid: its share inside a shape is found
by cutting the polygons, so that the grid's cells do not matter to the count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from ew4all.coverage.exposure import Fractions, Progress, totals
from ew4all.coverage.overlay import pieces_of
from ew4all.errors import GeometryError, OptionError
from ew4all.geometry import on_grid, ragged
from ew4all.grid import Block, Grid
from ew4all.readers.census import Census, read_census
from ew4all.readers.layers import is_raster
from ew4all.readers.population import Population, open_population
from ew4all.readers.raster_sources import session
from ew4all.readers.refine import Refined, refine_population
from ew4all.readers.sidecar import Prepared, prepared_sums
from ew4all.readers.stack import PeopleReader, RasterStack, ShareReader

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.queries import Column
    from ew4all.reprojection import Geometries
    from ew4all.units import F64, People

FINEST_CELL_DEG = 1.0 / 1200.0
FINEST_CELL_M = 100.0
MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class Layers:
    """Raster layers and the columns that are asked of them."""

    coverage: Sequence[ShareReader]
    hazard: ShareReader | None
    columns: tuple[Column, ...]
    polygons: Sequence[ShareReader] = ()


class CellReader(Protocol):
    """People of each cell, block by block."""

    def read(self, block: Block) -> F64:
        """People in the cells of a block."""


class Inside(NamedTuple):
    """What was counted: numbers of each shape for each group, where each column stands among them, and notes."""

    sums: list[F64]
    place: dict[Column, int]
    notes: tuple[str, ...]


class PeopleSource(Protocol):
    """People to count."""

    @property
    def grid(self) -> Grid:
        """Grid on which they are counted."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups; empty where everybody is one group."""

    @property
    def unit(self) -> str:
        """Unit of the source as stored."""

    @property
    def crs(self) -> CRS:
        """CRS of the source."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Decisions that were taken in reading."""

    def everybody(self) -> list[float]:
        """People of each group in the whole source."""

    def inside(
        self,
        shapes: Geometries,
        layers: Layers,
        *,
        workers: int | Executor = 1,
        progress: Progress | None = None,
    ) -> Inside:
        """People inside each shape, for each group."""

    def cells(self, shape: BaseGeometry | None) -> CellReader:
        """People of each cell inside a shape; None is everywhere."""


def _stack(people: PeopleReader, layers: Layers, group: int, *, in_memory: bool) -> RasterStack:
    return RasterStack(
        people, layers.coverage, layers.hazard, layers.columns, group, in_memory, layers.polygons
    )


@dataclass(frozen=True)
class RasterPeople:
    """People of a population raster."""

    population: Population | Refined

    @property
    def grid(self) -> Grid:
        """Grid of the raster."""
        return self.population.grid

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""
        return self.population.groups

    @property
    def unit(self) -> str:
        """Unit of the stored values."""
        return self.population.unit

    @property
    def crs(self) -> CRS:
        """CRS of the raster."""
        return self.population.grid.crs

    @property
    def notes(self) -> tuple[str, ...]:
        """Decisions that were taken in reading."""
        return self.population.notes

    @property
    def _members(self) -> range:
        return range(len(self.population.rasters))

    def everybody(self) -> list[float]:
        """People of each group in the whole raster."""
        return [self.population.sum_people(g) for g in self._members]

    def inside(
        self,
        shapes: Geometries,
        layers: Layers,
        *,
        workers: int | Executor = 1,
        progress: Progress | None = None,
    ) -> Inside:
        """People inside each shape, for each group."""
        population = self.population
        is_plain = isinstance(population, Population)
        in_memory = is_plain and all(raster.path is None for raster in population.rasters)
        stacks = [_stack(population, layers, g, in_memory=in_memory) for g in self._members]
        polygons = ragged(shapes)
        stored, notes = (
            prepared_sums(population, stacks)
            if isinstance(population, Population)
            else Prepared(None, ())
        )
        # The calling thread reads too, and enters GDAL's environment once instead of for every tile.
        with session():
            sums = [
                totals(
                    polygons,
                    stack,
                    workers=workers,
                    stored=None if stored is None else stored[group],
                    progress=progress,
                )
                for group, stack in enumerate(stacks)
            ]
        return Inside(sums, stacks[0].place, notes)

    def cells(self, shape: BaseGeometry | None) -> CellReader:
        """People of each cell inside a shape; None is everywhere."""
        part = None if shape is None else Fractions.of(ragged([shape]), self.grid)
        return _RasterCells(self.population, part)


@dataclass(frozen=True)
class _RasterCells:
    population: Population | Refined
    part: Fractions | None

    def read(self, block: Block) -> F64:
        people = np.zeros(block.shape)
        for group in range(len(self.population.rasters)):
            people += self.population.people(block, group)
        return people if self.part is None else people * self.part.read(block)


@dataclass(frozen=True)
class _CellAreas:
    """The area of each cell in the place of people, square kilometres."""

    grid: Grid

    @property
    def tile(self) -> tuple[int, int]:
        return self.grid.shape

    def people(self, block: Block, group: int = 0) -> People:
        del group
        return np.ascontiguousarray(np.broadcast_to(self.grid.cell_area_km2(block), block.shape))


@dataclass(frozen=True, eq=False)
class CensusPeople:
    """People of census areas; `areas` are in the grid's CRS."""

    census: Census
    grid: Grid
    areas: Geometries
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Everybody is one group."""
        return ()

    @property
    def unit(self) -> str:
        """Polygons hold counts."""
        return "count"

    @property
    def crs(self) -> CRS:
        """CRS of the polygons."""
        return self.grid.crs

    def everybody(self) -> list[float]:
        """People of all areas."""
        return [float(np.sum(self.census.people))]

    @cached_property
    def _density(self) -> F64:
        """People per square kilometre of each area, whose size is measured as that of its parts will be."""
        measured = totals(
            self.areas, _stack(_CellAreas(self.grid), Layers((), None, ()), 0, in_memory=True)
        )[:, 0]
        if (measured[self.census.people > 0.0] <= 0.0).any():
            msg = f"{self.census.layer.name} has people in an area without extent, who cannot be placed"
            raise GeometryError(msg)
        return np.divide(
            self.census.people, measured, out=np.zeros_like(measured), where=measured > 0.0
        )

    def inside(
        self,
        shapes: Geometries,
        layers: Layers,
        *,
        workers: int | Executor = 1,
        progress: Progress | None = None,
    ) -> Inside:
        """People inside each shape."""
        stack = _stack(_CellAreas(self.grid), layers, 0, in_memory=True)
        piece, shape, area = pieces_of(shapes, self.areas)
        km2 = totals(piece, stack, workers=workers, progress=progress)
        out = np.zeros((len(shapes), km2.shape[1]))
        np.add.at(out, shape, km2 * self._density[area, None])
        return Inside([out], stack.place, ())

    def cells(self, shape: BaseGeometry | None) -> CellReader:
        """People of each cell inside a shape; None is everywhere."""
        if shape is None:
            part = Fractions.of(ragged(self.areas), self.grid, self._density)
        else:
            piece, _, area = pieces_of(np.array([shape], dtype=object), self.areas)
            part = Fractions.of(ragged(piece), self.grid, self._density[area])
        return _CensusCells(self.grid, part)


@dataclass(frozen=True)
class _CensusCells:
    grid: Grid
    part: Fractions

    def read(self, block: Block) -> F64:
        people: F64 = self.part.read(block) * self.grid.cell_area_km2(block)
        return people


def open_people(
    source: Any,
    *,
    unit: str | None = None,
    column: str | None = None,
    refine: Any = None,
    coverage: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> PeopleSource:
    """Open population rasters or census areas.

    Parameters
    ----------
    source
        A raster; a mapping from group to raster; or polygons.
    unit
        Unit of a raster: ``count``, ``per_km2`` or ``per_ha``.
    column
        Column of polygons with their people.
    refine, coverage
        What places the people of a raster inside its cells, and the coverage layers; see `refine_population`.

    Raises
    ------
    OptionError
        A unit or a refinement for polygons, or a column for a raster.
    InputError, ReadError
        See `open_population`, `refine_population` and `read_census`.
    """
    if isinstance(source, Mapping) or is_raster(source):
        if column is not None:
            msg = "a population column was named, but the population is a raster; leave the column out"
            raise OptionError(msg)
        population = open_population(source, unit=unit, progress=progress)
        if refine is None:
            return RasterPeople(population)
        return RasterPeople(
            refine_population(population, refine, coverage=coverage, progress=progress)
        )
    if refine is not None:
        msg = (
            "the population is polygons, whose people are spread over them exactly; a refinement is for a population "
            "raster: leave it out, or give the raster"
        )
        raise OptionError(msg)
    if unit not in {None, "count"}:
        msg = f"the population is polygons with a number of people each; the unit {unit} is for rasters"
        raise OptionError(msg)
    return _census_people(read_census(source, column))


def refinement_of(people: PeopleSource) -> Refined | None:
    """Return the refined population, None where it was taken as it is."""
    found = people.population if isinstance(people, RasterPeople) else None
    return found if isinstance(found, Refined) else None


def _census_people(census: Census) -> CensusPeople:
    layer = census.layer
    crs = layer.crs or CRS.from_epsg(4326)
    west, south, east, north = shapely.total_bounds(layer.geometries)
    finest = FINEST_CELL_DEG if crs.is_geographic else FINEST_CELL_M
    if crs.is_geographic and east - west > 180.0:
        shifted = shapely.transform(layer.geometries, _eastward)
        left, _, right, _ = shapely.total_bounds(shifted)
        if right - left < east - west:
            west, east = left, right
    cell = max(finest, float(np.sqrt((east - west) * (north - south) / MOST_CELLS)))
    # One cell of margin, on a lattice of whole cells.
    col0, row0 = np.floor(west / cell) - 1, np.ceil(north / cell) + 1
    width, height = int(np.ceil(east / cell) + 1 - col0), int(row0 - np.floor(south / cell) + 1)
    grid = Grid(Affine(cell, 0.0, col0 * cell, 0.0, -cell, row0 * cell), height, width, crs)
    areas, notes = on_grid(layer.geometries, crs, grid, layer.name)
    return CensusPeople(census, grid, areas, (*layer.notes, *notes))


def _eastward(xy: F64) -> F64:
    """Longitudes in 0..360, for layers that lie on both sides of the antimeridian."""
    return np.column_stack([xy[:, 0] % 360.0, xy[:, 1]])


__all__ = [
    "CensusPeople",
    "Layers",
    "PeopleSource",
    "RasterPeople",
    "open_people",
    "refinement_of",
]
