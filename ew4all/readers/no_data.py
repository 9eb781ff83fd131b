"""Cells of a raster that hold no data inside a region: how many, how large, and who lives there.

They hold nobody in a population, and are without a signal, a channel or a hazard elsewhere. That may be what the file means
(a raster of settlements, of a flood) or a fault of it, and only who made it knows: callers tell it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely

from ew4all.coverage.exposure import Fractions
from ew4all.coverage.overlay import clip
from ew4all.coverage.queries import Column
from ew4all.coverage.workers import in_order
from ew4all.errors import GeometryError, NoIntersectionError
from ew4all.geometry import area_km2, on_grid, ragged
from ew4all.readers.alignment import Aligned
from ew4all.readers.people import Layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Block, Grid
    from ew4all.readers.people import PeopleSource
    from ew4all.readers.rasters import Raster
    from ew4all.reprojection import Geometries

__all__ = ["NoData", "no_data_in", "people_without"]

_CELLS: Final = 1 << 20
_MOSTLY: Final = 0.5
_TOLD_KM2: Final = 0.01
_TOLD_SHARE: Final = 1e-6
_EDGE_SHARE: Final = 1e-4
"""Edges that are drawn anew in another projection leave so much of a region beyond a raster that holds it."""


class NoData(NamedTuple):
    """What a raster does not tell of a region.

    Attributes
    ----------
    cells, of_cells
        Cells without data, of all that lie in the region by half or more.
    nan_cells
        Those of them that hold NaN, where that is not the mark of the file.
    km2
        Extent of the cells without data, cut at the border of the region.
    beyond_km2
        Extent of the region beyond the raster.
    """

    cells: int
    of_cells: int
    nan_cells: int
    km2: float
    beyond_km2: float

    def said(self, where: str) -> str:
        """Return it as words: a part of a sentence."""
        parts = []
        if self.km2:
            nan = f", {self.nan_cells:,} of them NaN" if self.nan_cells else ""
            parts.append(
                f"{self.cells:,} of {self.of_cells:,} cells in the {where} hold no data ({_words(self.km2)}{nan})"
            )
        if self.beyond_km2:
            parts.append(f"{_words(self.beyond_km2)} of the {where} lie beyond its edge")
        return " and ".join(parts)


@dataclass(frozen=True)
class _Holds:
    """1 where a cell holds data; see `ew4all.readers.alignment.Rule`."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """0 or 1."""
        return np.dtype(np.uint8)

    def share(self, raster: Raster, block: Block) -> NDArray[Any]:
        valid = raster.valid(block, raster.read(block))
        return np.ones(block.shape, np.uint8) if valid is None else valid.view(np.uint8)


def no_data_in(
    raster: Raster, region: BaseGeometry, grid: Grid, workers: int | Executor
) -> NoData | None:
    """Measure the cells without data of a region, in the raster's own cells.

    Parameters
    ----------
    region
        In the CRS of `grid`.

    Returns
    -------
    NoData or None
        None where nothing is missing, or where the region has no shape in the CRS of the raster.

    Raises
    ------
    ReadError
        The file is damaged.
    """
    try:
        drawn, _ = on_grid([region], grid.crs, raster.grid, raster.name)
    except (GeometryError, NoIntersectionError):  # it holds a pole, or the whole world
        return None
    part = clip(drawn, _extent(raster.grid))[0]
    window = None if part is None else raster.grid.block_of_bounds(part.bounds)
    sums = np.zeros(5)
    if window is not None and _may_lack(raster):
        fractions = Fractions.of(ragged(_one(part)), raster.grid)

        def count(block: Block) -> NDArray[np.float64]:
            return _counted(raster, fractions, block)

        blocks = raster.grid.blocks(*raster.block_shape(_CELLS), within=window)
        threads = workers if isinstance(workers, int) else 1
        for of_block in in_order(count, ((block,) for block in blocks), threads):
            sums += of_block
        inside_km2 = float(sums[3])
    else:
        inside_km2 = 0.0 if part is None else float(area_km2(_one(part), raster.grid.crs)[0])
    whole_km2 = float(area_km2(_one(region), grid.crs)[0])
    beyond_km2, least = whole_km2 - inside_km2, max(_TOLD_KM2, _EDGE_SHARE * whole_km2)
    km2 = float(sums[4]) if sums[4] > max(_TOLD_KM2, _TOLD_SHARE * whole_km2) else 0.0
    found = NoData(
        int(sums[1]), int(sums[0]), int(sums[2]), km2, beyond_km2 if beyond_km2 > least else 0.0
    )
    return found if found.km2 or found.beyond_km2 else None


def people_without(
    layers: Sequence[Aligned], region: BaseGeometry, people: PeopleSource, workers: int | Executor
) -> list[float]:
    """Return for each layer the people of a region in its cells without data, and beyond its edge; in one pass over them."""
    if not layers:
        return []
    readers = [Aligned(one.raster, one.grid, one.tile, _Holds()) for one in layers]
    columns = tuple(Column((k,)) for k in range(len(readers)))
    found = people.inside(_one(region), Layers(readers, None, columns), workers=workers)
    sums = np.sum([part[0] for part in found.sums], axis=0)
    lost = [float(sums[0] - sums[found.place[column]]) for column in columns]
    return [one if one > _TOLD_SHARE * float(sums[0]) else 0.0 for one in lost]


def _may_lack(raster: Raster) -> bool:
    return raster.nodata is not None or raster.has_mask or raster.dtype.kind == "f"


def _counted(raster: Raster, fractions: Fractions, block: Block) -> NDArray[np.float64]:
    """Return cells, cells without data, NaN among them, km2, and km2 without data of a block."""
    share = fractions.read(block)
    if not share.any():
        return np.zeros(5)
    km2 = share * raster.grid.cell_area_km2(block)
    here = share >= _MOSTLY
    stored = raster.read(block)
    valid = raster.valid(block, stored)
    if valid is None:
        return np.array([here.sum(), 0, 0, km2.sum(), 0.0])
    lost = here & ~valid
    is_mark = raster.nodata is not None and np.isnan(raster.nodata)
    nan = 0 if stored.dtype.kind != "f" or is_mark else (lost & np.isnan(stored)).sum()
    return np.array([here.sum(), lost.sum(), nan, km2.sum(), km2[~valid].sum()])


def _extent(grid: Grid) -> BaseGeometry:
    x, y = grid.xy(
        np.array([0.0, grid.width, grid.width, 0.0]), np.array([0.0, 0.0, grid.height, grid.height])
    )
    return shapely.Polygon(np.column_stack([x, y]))


def _words(km2: float) -> str:
    return f"{km2:,.0f} km2" if km2 >= 100.0 else f"{km2:.3g} km2"


def _one(shape: BaseGeometry) -> Geometries:
    out = np.empty(1, dtype=object)
    out[0] = shape
    return out
