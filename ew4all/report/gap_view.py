"""A gap analysis cell by cell: its rasters written, and its people gathered into the pixels of a map, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from affine import Affine
from rasterio import features

from ew4all.coverage.gaps import CELL_BROADCAST
from ew4all.coverage.overlay import union
from ew4all.coverage.queries import ANY
from ew4all.gap_cells import BLOCK, cells_of
from ew4all.grid import Block
from ew4all.report.view import extent_of, gather, pixels_of
from ew4all.writers.rasters import NODATA, rasters_together

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.gap_cells import GapCells
    from ew4all.gap_intake import GapStudy
    from ew4all.units import F64, I64
    from ew4all.writers.rasters import CogFile

__all__ = ["GapView"]

_LEFT_OUT: Final = "people whom cell broadcast cannot reach: no signal, no network that broadcasts, or no phone for it"
_NO_CHANNEL: Final = "people whom no channel reaches"


@dataclass(frozen=True, eq=False)
class GapView:
    """People in pixels of `factor` x `factor` cells; shape (pixel rows, pixel columns), first row as in the grid.

    Attributes
    ----------
    people
        People (square kilometres where there is no population).
    left_out
        Of these, whom cell broadcast cannot reach, without a signal layer whom no channel reaches; zero where neither is
        known. Without a population what no signal covers.
    endangered
        Cells of each pixel inside each hazard that is a raster, by name; of pixels where somebody lives.
    """

    opened: GapStudy
    window: Block
    factor: int
    people: F64
    left_out: F64
    endangered: Mapping[str, F64]

    @classmethod
    def of(cls, opened: GapStudy) -> GapView:
        """Begin with nothing, in the window of the study area."""
        window = opened.ground.window
        factor, shape = pixels_of(window)
        stored = [h.name for h in opened.ground.hazards if h.raster is not None]
        endangered = {name: np.zeros(shape) for name in stored}
        return cls(opened, window, factor, np.zeros(shape), np.zeros(shape), endangered)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the pixels, in the grid's CRS."""
        return extent_of(self.opened.study.grid, self.window, self.factor, self.people.shape)

    def hazard(self) -> BaseGeometry | None:
        """Return all hazards as one shape, in the grid's CRS; of a raster the pixels of which at least half is endangered."""
        shapes = [h.shape for h in self.opened.ground.hazards if h.raster is None]
        transform = self.opened.study.grid.crop(self.window).transform @ Affine.scale(self.factor)
        for cells in self.endangered.values():
            half = (cells >= 0.5 * self.factor**2).astype(np.uint8)
            found = features.shapes(half, mask=half == 1, transform=transform)
            shapes += [shapely.geometry.shape(shape) for shape, _ in found]
        return union(np.array(shapes, dtype=object)) if shapes else None

    def write(self, folder: Path, notice: str | None, progress: Progress | None) -> None:
        """Read the cells; write left_out.tif where a signal is known, no_channel.tif where another channel is.

        Cells where nobody lives hold no value.

        Raises
        ------
        WriteError
            A file cannot be written.
        """
        grid = self.opened.study.grid
        # A country of a continent: overviews of all the empty rest would take a minute.
        own = grid.crop(self.window)
        tags = {"EW4ALL_NOTE": notice} if notice else {}
        blocks = list(grid.blocks(*BLOCK, within=self.window))
        place = {block: k for k, block in enumerate(blocks)}
        with rasters_together() as begin:
            files = {
                name: begin(folder / f"{name}.tif", own, description=text, tags=tags)
                for name, text in self._rasters().items()
            }
            for cells in cells_of(self.opened):
                left = _left_out(cells, has_people=self.opened.has_people)
                self._gather(cells, self.people, cells.people)
                self._gather(cells, self.left_out, left)
                values = {"left_out": left, "no_channel": cells.people * cells.unreached}
                for name, file in files.items():
                    self._put(file, cells, values[name])
                for hazard in self.opened.ground.hazards:
                    if hazard.raster is not None:
                        share = np.asarray(hazard.raster.share(cells.block), np.float64)
                        gather(
                            cells.block,
                            share,
                            self.window,
                            self.factor,
                            self.endangered[hazard.name],
                        )
                if progress:
                    progress(place[cells.block] + 1, len(blocks))
        if progress:
            progress(len(blocks), len(blocks))

    def _rasters(self) -> Mapping[str, str]:
        places = self.opened.ground.places
        if not self.opened.has_people:
            return {}
        wanted = {"left_out": bool(places.signals), "no_channel": bool(places.channels)}
        texts = {"left_out": _LEFT_OUT, "no_channel": _NO_CHANNEL}
        return {name: texts[name] for name, here in wanted.items() if here}

    def _put(self, file: CogFile, cells: GapCells, values: F64) -> None:
        """Write the part of a block that lies in the window; beyond it nobody is in the study area."""
        block, window = cells.block, self.window
        here = np.full(block.shape, NODATA, np.float32)
        here[self._at(cells)] = values
        top, left = max(block.row0, window.row0), max(block.col0, window.col0)
        bottom, right = min(block.row1, window.row1), min(block.col1, window.col1)
        part = Block(
            top - window.row0, bottom - window.row0, left - window.col0, right - window.col0
        )
        rows = slice(top - block.row0, bottom - block.row0)
        file.write(part, here[rows, left - block.col0 : right - block.col0])

    def _at(self, cells: GapCells) -> tuple[I64, I64]:
        return cells.row - cells.block.row0, cells.col - cells.block.col0

    def _gather(self, cells: GapCells, pixels: F64, counts: F64) -> None:
        block = np.zeros(cells.block.shape)
        block[self._at(cells)] = counts
        gather(cells.block, block, self.window, self.factor, pixels)


def _left_out(cells: GapCells, *, has_people: bool) -> F64:
    """People of each cell as `GapBlock.left_out` has them; extent without a signal where there is no population."""
    reached = cells.shares.get(("channel", CELL_BROADCAST) if has_people else ("covered", ANY))
    if reached is not None:
        return cells.people * (1.0 - reached)
    if has_people and ("channels", "none") in cells.shares:
        return cells.people * cells.unreached
    return np.zeros(cells.people.size)
