"""Land cover as surroundings of radio paths: open, suburban, urban, or built over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyproj import Transformer

from ew4all.coverage.surroundings import BUILT
from ew4all.errors import InputError, OptionError
from ew4all.grid import Block
from ew4all.readers.rasters import Raster, open_raster
from ew4all.readers.tiles import each_block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.grid import Grid

__all__ = ["LEGENDS", "LandCover", "open_land_cover"]

CODES: Final = {"open": 0, "suburban": 1, "urban": 2, "built": BUILT}

LEGENDS: Final[Mapping[str, tuple[frozenset[int], Mapping[int, str]]]] = {
    # ESA WorldCover, product user manual: 50 built-up.
    "ESA WorldCover": (frozenset((*range(10, 101, 10), 95)), {50: "built"}),
    # GHS-SMOD, GHSL data package: degree of urbanisation, level 2.
    "GHS-SMOD": (
        frozenset((10, 11, 12, 13, 21, 22, 23, 30)),
        {30: "urban", 23: "urban", 22: "suburban", 21: "suburban"},
    ),
    # MCD12Q1 user guide, IGBP classification: 13 urban and built-up.
    "MODIS IGBP": (frozenset((*range(1, 18), 255)), {13: "built"}),
}
"""Classes that a legend may hold, and those that are not open country."""

_MOST_CLASSES = 64


@dataclass(frozen=True, eq=False)
class LandCover:
    """A raster of classes seen through a grid: the class at the centre of each pixel.

    `codes` maps class to code; others, and what lies beyond the raster, are open.
    """

    raster: Raster
    grid: Grid
    codes: Mapping[int, int]

    @cached_property
    def _transformer(self) -> Transformer | None:
        if self.raster.grid.crs == self.grid.crs:
            return None
        return Transformer.from_crs(self.grid.crs, self.raster.grid.crs, always_xy=True)

    def read(self, block: Block) -> NDArray[np.uint8]:
        """Return 0 open, 1 suburban, 2 urban or `BUILT` for each pixel of a block."""
        columns = np.arange(block.col0, block.col1) + 0.5
        rows = np.arange(block.row0, block.row1) + 0.5
        x, y = self.grid.xy(*np.meshgrid(columns, rows))
        if self._transformer is not None:
            x, y = (np.asarray(v) for v in self._transformer.transform(x, y, errcheck=False))
        a, b, c, d, e, f = self.raster.grid.inverse
        if self.raster.grid.is_geographic:
            west, _, east, _ = self.raster.grid.bounds
            x = x - 360.0 * np.round((x - 0.5 * (west + east)) / 360.0)
        column, row = np.floor(a * x + b * y + c), np.floor(d * x + e * y + f)
        height, width = self.raster.grid.shape
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        out = np.zeros(block.shape, np.uint8)
        if not inside.any():
            return out
        i, j = row[inside].astype(np.int64), column[inside].astype(np.int64)
        window = Block(int(i.min()), int(i.max()) + 1, int(j.min()), int(j.max()) + 1)
        stored = self.raster.read(window)
        valid = self.raster.valid(window, stored)
        classes = stored[i - window.row0, j - window.col0]
        codes = np.zeros(classes.size, np.uint8)
        for value, code in self.codes.items():
            codes[classes == value] = code
        if valid is not None:
            codes[~valid[i - window.row0, j - window.col0]] = 0
        out[inside] = codes
        return out


def open_land_cover(
    source: Any, grid: Grid, classes: Mapping[str, str] | None = None
) -> tuple[LandCover, tuple[str, ...]]:
    """Open a raster of land cover classes.

    Parameters
    ----------
    source
        See `open_raster`; whole numbers.
    classes
        Class to ``open``, ``suburban``, ``urban`` or ``built`` (suburban or urban as people live there). None: by one of
        `LEGENDS`, which is found by the classes that occur.

    Raises
    ------
    InputError
        The raster does not hold classes, or no legend fits.
    OptionError
        A class is no number or has no such meaning.
    """
    raster = open_raster(source, "the land cover raster")
    if raster.dtype.kind not in "iu":
        msg = f"{raster.name} holds {raster.dtype}; land cover is whole numbers, one for each class"
        raise InputError(msg)
    if classes is not None:
        return LandCover(raster, grid, _given(classes)), raster.notes
    found: set[int] = set()
    for values in each_block(raster, lambda block: _classes(raster, block)):
        found |= values
        if len(found) > _MOST_CLASSES:
            break
    for name, (known, meanings) in LEGENDS.items():
        if found and found <= known:
            codes = {value: CODES[word] for value, word in meanings.items()}
            note = (
                f"{raster.name} is read by the legend of {name}: "
                + ", ".join(f"{value} is {word}" for value, word in meanings.items())
                + ", the rest is open"
            )
            return LandCover(raster, grid, codes), (*raster.notes, note)
    some = ", ".join(str(v) for v in sorted(found)[:20])
    msg = (
        f"{raster.name} holds the classes {some}, which fit none of the legends {', '.join(LEGENDS)}; say which are "
        "towns, for instance --landcover-class 50=built (open, suburban, urban or built; the rest is open)"
    )
    raise InputError(msg)


def _classes(raster: Raster, block: Block) -> set[int]:
    stored = raster.read(block)
    valid = raster.valid(block, stored)
    return {int(v) for v in np.unique(stored if valid is None else stored[valid])}


def _given(classes: Mapping[str, str]) -> dict[int, int]:
    codes = {}
    for value, word in classes.items():
        try:
            codes[int(value)] = CODES[word]
        except (ValueError, KeyError) as error:
            msg = f"--landcover-class is CLASS=open|suburban|urban|built, for instance 50=built, not {value}={word}"
            raise OptionError(msg) from error
    return codes
