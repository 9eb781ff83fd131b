"""Cloud-optimised GeoTIFFs, written block by block."""

from __future__ import annotations

import math
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

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
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["NODATA", "CogFile", "rasters_together", "write_cog"]

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
    with rasters_together() as open_raster:
        file = open_raster(path, grid, nodata=nodata, description=description, unit=unit, tags=tags)
        for block, values in blocks:
            file.write(block, values)


@contextmanager
def rasters_together() -> Iterator[Callable[..., CogFile]]:
    """Give what begins a `CogFile`; at the end of the block all of them are finished, or, after an error, none is left."""
    begun: list[CogFile] = []

    def begin(path: Path, grid: Grid, **facts: Any) -> CogFile:
        file = CogFile(path, grid, **facts)
        begun.append(file)
        return file

    # What GDAL says while it copies a file comes through as a CPLE error, for which rasterio has no public name.
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        try:
            yield begin
            for file in begun:
                file.finish()
        finally:
            for file in begun:
                file.discard()


class CogFile:
    """One band that is filled block by block, and becomes a COG when it is finished; begun by `rasters_together`."""

    def __init__(
        self,
        path: Path,
        grid: Grid,
        *,
        nodata: float = NODATA,
        description: str,
        unit: str = "people",
        tags: Mapping[str, str] | None = None,
        dtype: str = "float32",
        resampling: str = "AVERAGE",
        overviews: str = _OVERVIEWS,
    ) -> None:
        """Open the tiled file beside `path` that takes the blocks; see `write_cog`."""
        self._path, self._grid, self._nodata = path, grid, nodata
        self._dtype, self._resampling = np.dtype(dtype), resampling
        self._rough = path.with_name(f".{path.stem}.rough.tif")
        self._raster: Any = None
        with writing(path, RasterioError, CPLE_BaseError):
            self._raster = rasterio.open(
                self._rough,
                "w",
                driver="GTiff",
                width=grid.width,
                height=grid.height,
                count=1,
                dtype=dtype,
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
            )
            self._raster.set_band_description(1, description)
            self._raster.set_band_unit(1, unit)
            self._raster.update_tags(**dict(tags or {}), OVERVIEWS=overviews)

    def write(self, block: Block, values: NDArray[Any]) -> None:
        """Put the values of a block into the file."""
        must_match(f"the values of {block}", values.shape, block.shape)
        empty = (
            np.isnan(values)
            if math.isnan(self._nodata)
            else values == self._dtype.type(self._nodata)
        )
        if empty.all():
            return
        window = Window(block.col0, block.row0, block.shape[1], block.shape[0])
        with writing(self._path, RasterioError, CPLE_BaseError):
            self._raster.write(values.astype(self._dtype, copy=False), 1, window=window)

    def finish(self) -> None:
        """Make the COG."""
        with writing(self._path, RasterioError, CPLE_BaseError):
            self._close()
            rasterio.shutil.copy(
                self._rough,
                self._path,
                driver="COG",
                compress="DEFLATE",
                predictor="YES",
                blocksize=_TILE,
                overview_resampling=self._resampling,
                sparse_ok=True,
                bigtiff="IF_SAFER",
            )
            _must_be_whole(self._path, self._grid)
            self._rough.unlink(missing_ok=True)

    def discard(self) -> None:
        """Close and delete what was begun."""
        with suppress(RasterioError, CPLE_BaseError, OSError):
            self._close()
        self._rough.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._raster is not None:
            self._raster.close()
            self._raster = None


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
