"""People cell by cell: in the warning area, and not covered there. For rasters and maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from ew4all.coverage.exposure import Fractions
from ew4all.coverage.overlay import without
from ew4all.geometry import ragged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Block, Grid
    from ew4all.readers.people import CellReader, PeopleSource
    from ew4all.readers.stack import ShareReader
    from ew4all.units import F64


@dataclass(frozen=True)
class PolygonShare:
    """Coverage polygons as the share of each cell that they cover."""

    part: Fractions

    @classmethod
    def of(cls, shape: BaseGeometry, grid: Grid) -> PolygonShare:
        """Sort the edges once."""
        return cls(Fractions.of(ragged([shape]), grid))

    @property
    def binary(self) -> bool:
        """Shares of cells are not 0 or 1."""
        return False

    def share(self, block: Block) -> NDArray[np.float32]:
        """Share of each cell of a block inside the polygons."""
        return self.part.read(block).astype(np.float32)


class CellCounts(NamedTuple):
    """People of the cells of a block: all, and those in the area without any coverage (None: no layer)."""

    people: F64
    uncovered: F64 | None


@dataclass(frozen=True)
class Cells:
    """Reader of people and uncovered people by cell."""

    grid: Grid
    everybody: CellReader
    outside_polygons: CellReader | None
    rasters: Sequence[ShareReader]
    area_raster: ShareReader | None
    has_coverage: bool

    @classmethod
    def of(
        cls,
        people: PeopleSource,
        area: BaseGeometry | None,
        area_raster: ShareReader | None,
        rasters: Sequence[ShareReader],
        polygons: BaseGeometry | None,
    ) -> Cells:
        """Prepare the part of the area outside the coverage polygons.

        Parameters
        ----------
        area, area_raster
            Warning area as a shape, or as a raster inside a shape; a shape of None is everywhere.
        rasters
            Every coverage raster.
        polygons
            Union of every coverage polygon, in the grid's CRS.
        """
        shape = shapely.box(*people.grid.bounds) if area is None else area
        rest = without(np.array([shape], dtype=object), polygons)[0]
        return cls(
            people.grid,
            people.cells(None),
            None if rest is None else people.cells(rest),
            rasters,
            area_raster,
            bool(rasters) or polygons is not None,
        )

    def read(self, block: Block) -> CellCounts:
        """Return the people of a block."""
        people = self.everybody.read(block)
        if not self.has_coverage:
            return CellCounts(people, None)
        if self.outside_polygons is None:
            return CellCounts(people, np.zeros(block.shape))
        uncovered = self.outside_polygons.read(block)
        if self.area_raster is not None:
            uncovered *= self.area_raster.share(block)
        if self.rasters and uncovered.any():
            covered: NDArray[Any] = self.rasters[0].share(block)
            for layer in self.rasters[1:]:
                covered = np.maximum(covered, layer.share(block))
            uncovered *= np.subtract(1.0, covered, dtype=np.float64)
        return CellCounts(people, uncovered)


@dataclass(frozen=True)
class MeanCells:
    """The mean of several readers of the same people, as the members of an outage are."""

    members: tuple[Cells, ...]

    def read(self, block: Block) -> CellCounts:
        """Return the people of a block."""
        found = [cells.read(block) for cells in self.members]
        uncovered = [counts.uncovered for counts in found if counts.uncovered is not None]
        return CellCounts(found[0].people, np.mean(uncovered, axis=0) if uncovered else None)
