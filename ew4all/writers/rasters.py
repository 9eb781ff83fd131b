"""People per cell as a cloud-optimised GeoTIFF, written block by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ew4all.errors import WriteError
from ew4all.grid import Block, Grid, must_match
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["NODATA", "write_cog"]

NODATA = -1.0
"""Marks cells that a raster of people says nothing about. Not NaN, which some map servers show as black."""

_TILE = 512
_CACHE_MB = 64
_OVERVIEWS = "each cell of an overview is the average of the cells it stands for, for display; add up people at full resolution"


def write_cog(
    path: Path,
    grid: Grid,
    blocks: Iterable[tuple[Block, NDArray[np.float32]]],
    *,
    nodata: float = NODATA,
    description: str,
    unit: str = "people",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write one band of people per cell as a COG with overviews.

    Blocks go to a tiled file beside `path` first, so that a raster of any size needs little memory; tiles without a
    value take no place in either file. The same blocks give the same bytes.

    Parameters
    ----------
    path
        File to write.
    grid
        Cells of the whole raster.
    blocks
        Windows and their values, shape of the window, in any order; blocks must not overlap. Cells in no block
        hold `nodata`.
    nodata
        Value of cells without a number; NaN is possible.
    description, unit
        Of the band.
    tags
        Added to the file, for instance a notice.

    Raises
    ------
    GridMismatchError
        A block's values do not have the shape of its window.
    WriteError
        The file cannot be written.
    """
    rough = path.with_name(f".{path.stem}.rough.tif")
    # What GDAL says while it copies a file comes through as a CPLE error, for which rasterio has no public name.
    with writing(path, RasterioError, CPLE_BaseError), rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        try:
            _write_tiles(rough, grid, blocks, nodata, description, unit, dict(tags or {}))
            rasterio.shutil.copy(
                rough,
                path,
                driver="COG",
                compress="DEFLATE",
                predictor="YES",
                blocksize=_TILE,
                overview_resampling="AVERAGE",
                sparse_ok=True,
                bigtiff="IF_SAFER",
            )
            _must_be_whole(path, grid)
        finally:
            rough.unlink(missing_ok=True)


def _write_tiles(
    path: Path,
    grid: Grid,
    blocks: Iterable[tuple[Block, NDArray[np.float32]]],
    nodata: float,
    description: str,
    unit: str,
    tags: dict[str, str],
) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=grid.width,
        height=grid.height,
        count=1,
        dtype="float32",
        crs=grid.crs.to_wkt(),
        transform=grid.transform,
        nodata=nodata,
        tiled=True,
        blockxsize=_TILE,
        blockysize=_TILE,
        sparse_ok=True,
        compress="DEFLATE",
        zlevel=1,
        bigtiff="IF_SAFER",
    ) as raster:
        raster.set_band_description(1, description)
        raster.set_band_unit(1, unit)
        raster.update_tags(**tags, OVERVIEWS=_OVERVIEWS)
        for block, values in blocks:
            must_match(f"the values of {block}", values.shape, block.shape)
            empty = np.isnan(values) if math.isnan(nodata) else values == np.float32(nodata)
            if not empty.all():
                window = Window(block.col0, block.row0, block.shape[1], block.shape[0])
                raster.write(values.astype(np.float32, copy=False), 1, window=window)


def _must_be_whole(path: Path, grid: Grid) -> None:
    """GDAL writes the end of a file when it closes it, and a full disk at that moment raises nothing."""
    with rasterio.open(path) as raster:
        if raster.shape != grid.shape:
            msg = f"cannot write {path.name}: it was cut short"
            raise WriteError(msg)
        levels = raster.overviews(1)
    for level in range(-1, len(levels)):
        options = {} if level < 0 else {"overview_level": level}
        with rasterio.open(path, **options) as raster:
            rows, cols = raster.shape
            for window in (Window(0, 0, 1, 1), Window(cols - 1, rows - 1, 1, 1)):
                raster.read(1, window=window)
