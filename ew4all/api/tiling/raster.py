"""Picture tiles of raster layers, read and drawn by rio-tiler and titiler. Heavy: imported with the first tile."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import rasterio
from affine import Affine
from rasterio.vrt import WarpedVRT
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader
from titiler.core.resources.enums import ImageType
from titiler.core.utils import render_image

from ew4all.api.problems import Problem
from ew4all.api.tiling.styles import Style, colours
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rio_tiler.models import ImageData

__all__ = ["picture_tile"]

_ENVIRONMENT: Final = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_NUM_THREADS": "1",
}


def picture_tile(
    path: Path, style: Style, z: int, x: int, y: int, *, size: int, kind: str
) -> bytes:
    """Return a tile of WebMercatorQuad as PNG or WebP; cells without a value are transparent.

    Parameters
    ----------
    path
        A GeoTIFF, and taken for nothing else.
    size
        Side of the tile, pixels.
    kind
        ``png`` or ``webp``.

    Raises
    ------
    Problem
        404: the tile lies outside of the layer.
    ReadError
        The file cannot be read.
    """
    try:
        with rasterio.Env(**_ENVIRONMENT), rasterio.open(path, driver="GTiff") as raster:
            pieces = list(_pieces(raster, z, x, y, size))
    except rasterio.errors.RasterioError as error:
        msg = f"the layer cannot be read as GeoTIFF ({type(error).__name__}): make it again"
        raise ReadError(msg) from error
    if not pieces:
        told = f"the tile {z}/{x}/{y} lies outside of the layer; its bounds are in the TileJSON"
        raise Problem(404, "tile-outside", told)
    image = pieces[0]
    for other in pieces[1:]:
        gaps = np.ma.getmaskarray(image.array)
        values = np.where(gaps, other.array.data, image.array.data)
        image.array = np.ma.array(values, mask=gaps & np.ma.getmaskarray(other.array))
    return _drawn(image, style, kind)


def _pieces(raster: Any, z: int, x: int, y: int, size: int) -> Iterator[ImageData]:
    """Yield what a tile shows of a raster: twice where that goes on beyond 180 degrees, on both sides of the map."""
    for turn in _turns(raster):
        with ExitStack() as open_ones:
            seen = raster
            if turn:
                t = raster.transform
                moved = Affine(t.a, t.b, t.c + turn, t.d, t.e, t.f)
                grid = {"transform": moved, "width": raster.width, "height": raster.height}
                seen = WarpedVRT(
                    raster, src_crs=raster.crs, src_transform=moved, crs=raster.crs, **grid
                )
                open_ones.enter_context(seen)
            reader = open_ones.enter_context(Reader(None, dataset=seen))
            with suppress(TileOutsideBounds):
                yield reader.tile(x, y, z, tilesize=size, indexes=1)


def _turns(raster: Any) -> list[float]:
    turns = [0.0]
    if raster.crs is not None and raster.crs.is_geographic:
        turns += [-360.0] if raster.bounds.right > 180.0 else []
        turns += [360.0] if raster.bounds.left < -180.0 else []
    return turns


def _drawn(image: ImageData, style: Style, kind: str) -> bytes:
    values = image.array
    if style.hides_zero:
        values = np.ma.masked_where(values.data <= 0, values, copy=False)
    if style.colormap == "distinct":
        steps = np.mod(values.filled(0), 8).astype(np.uint8)
    else:
        share = (values.filled(style.low).astype(np.float64) - style.low) / (style.high - style.low)
        steps = np.rint(255.0 * np.clip(share, 0.0, 1.0)).astype(np.uint8)
    image.array = np.ma.array(steps, mask=np.ma.getmaskarray(values) | ~np.isfinite(values.data))
    options: dict[str, Any] = {"zlevel": 6} if kind == "png" else {}
    content, _ = render_image(
        image, colormap=colours(style.colormap), output_format=ImageType(kind), **options
    )
    return bytes(content)
