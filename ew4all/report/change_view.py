"""People who gained or lost a signal, gathered into the pixels of maps, and the colours they are shown in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_rgba
from matplotlib.image import imsave

from ew4all.change_study import CellChange
from ew4all.report.furniture import nice
from ew4all.report.palette import UNCOVERED
from ew4all.report.view import extent_of, gather, north_up, pixels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ew4all.change_study import ChangeStudy
    from ew4all.coverage.exposure import Progress
    from ew4all.grid import Block
    from ew4all.units import F64

__all__ = [
    "GAINED",
    "LOST",
    "PALE",
    "UNTOLD",
    "ChangeView",
    "coarser",
    "painted",
    "png_of",
    "scale_of",
]

BLOCK: Final = (512, 1024)
GAINED: Final = LinearSegmentedColormap.from_list("gained", ["#8fb4d3", "#3d78ab", "#0b2f5b"])
LOST: Final = UNCOVERED
PALE: Final = "#cfd7de"
"""Where people live whose signal did not change."""

UNTOLD: Final = "#b3a89a"
"""Where most people are unknown at one of the dates."""


@dataclass(frozen=True)
class ChangeView:
    """Pixels of the whole grid, of `factor` x `factor` cells each, between two dates of one course.

    Arrays have the first row in the north; they are filled by `blocks`.
    """

    study: ChangeStudy
    pair: tuple[int, int, int]
    factor: int
    pixels: CellChange

    @classmethod
    def of(cls, study: ChangeStudy, c: int, i: int, j: int) -> ChangeView:
        """Choose the size of pixels."""
        factor, shape = pixels_of(study.grid.whole)
        return cls(study, (c, i, j), factor, CellChange(*(np.zeros(shape) for _ in range(4))))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the pixels, in the grid's CRS."""
        grid = self.study.grid
        return extent_of(grid, grid.whole, self.factor, self.pixels.people.shape)

    def blocks(self, progress: Progress | None = None) -> Iterator[tuple[Block, CellChange]]:
        """Yield the people of each block, and gather the pixels on the way."""
        grid = self.study.grid
        blocks = list(grid.blocks(*BLOCK))
        for done, block in enumerate(blocks):
            found = self.study.cells(*self.pair, block)
            for counts, pixels in zip(found, self.pixels, strict=True):
                gather(block, counts, grid.whole, self.factor, pixels)
            yield block, found
            if progress:
                progress(done + 1, len(blocks))

    def north_up(self) -> CellChange:
        """Return the pixels as a map draws them."""
        return CellChange(*(north_up(self.study.grid, pixels) for pixels in self.pixels))


def coarser(pixels: CellChange, most: int) -> CellChange:
    """Return pixels added up so that no side has more than `most`."""
    factor = max(1, -(-max(pixels.people.shape) // most))
    if factor == 1:
        return pixels

    def added(values: F64) -> F64:
        rows, cols = (np.arange(0, n, factor) for n in values.shape)
        summed: F64 = np.add.reduceat(np.add.reduceat(values, rows, axis=0), cols, axis=1)
        return summed

    return CellChange(*(added(values) for values in pixels))


def scale_of(pixels: CellChange) -> LogNorm:
    """Logarithmic scale over the people gained and lost, between round numbers."""
    moved = np.concatenate([pixels.gained.ravel(), pixels.lost.ravel()])
    moved = moved[moved > 1e-6]
    if moved.size == 0:
        return LogNorm(1.0, 100.0, clip=True)
    top = 2.0 * nice(float(np.quantile(moved, 0.998)))
    bottom = nice(max(float(np.quantile(moved, 0.1)), top / 2000.0))
    return LogNorm(min(bottom, top / 20.0), top, clip=True)


def painted(pixels: CellChange, norm: LogNorm) -> NDArray[np.uint8]:
    """Return colours: blue where more people gained a signal, orange where more lost it, grey where nobody can tell.

    Returns
    -------
    array, shape (rows, columns, 4)
        Transparent where nobody lives.
    """
    people = pixels.people
    picture = np.zeros((*people.shape, 4), np.uint8)
    picture[people > 0.0] = _bytes(PALE)
    picture[(people > 0.0) & (pixels.unknown > 0.5 * people)] = _bytes(UNTOLD)
    least = 0.5 * float(norm.vmin or 0.0)
    for one, other, ramp in (
        (pixels.gained, pixels.lost, GAINED),
        (pixels.lost, pixels.gained, LOST),
    ):
        some = (one > other) & (one >= least)
        picture[some] = ramp(norm(one[some]), bytes=True)
    return picture


def png_of(picture: NDArray[np.uint8]) -> bytes:
    """Return colours as a PNG."""
    out = io.BytesIO()
    imsave(out, picture, format="png")
    return out.getvalue()


def _bytes(colour: str) -> NDArray[np.uint8]:
    return np.rint(255.0 * np.array(to_rgba(colour))).astype(np.uint8)
