"""Small rasters for tests, written where the test says."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import rasterio
from affine import Affine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CELL_DEG = 0.01


def transform_of(west: float = 10.0, north: float = 5.0, cell: float = CELL_DEG) -> Affine:
    return Affine(cell, 0.0, west, 0.0, -cell, north)


def write_tif(
    path: Path,
    array: NDArray[Any],
    transform: Affine | None = None,
    crs: Any = "EPSG:4326",
    *,
    unit: str | None = None,
    description: str | None = None,
    tags: dict[str, str] | None = None,
    scale: float = 1.0,
    offset: float = 0.0,
    mask: NDArray[np.bool_] | None = None,
    **options: Any,
) -> Path:
    """Write one band, or several from an array of three dimensions, and return the path."""
    bands = array if array.ndim == 3 else array[None]
    count, height, width = bands.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=height,
            width=width,
            count=count,
            dtype=bands.dtype,
            crs=crs,
            transform=transform or transform_of(),
            **options,
        ) as file,
    ):
        file.write(bands)
        file.update_tags(**(tags or {}))
        if unit is not None:
            file.units = [unit] * count
        if description is not None:
            file.descriptions = [description] * count
        if (scale, offset) != (1.0, 0.0):
            file.scales, file.offsets = [scale] * count, [offset] * count
        if mask is not None:
            file.write_mask(mask)
    return path


def change_unseen(path: Path, change: Callable[[], object]) -> None:
    """Change a file and set back its time of modification, as ``cp -p`` and ``rsync -t`` do."""
    before = path.stat()
    time.sleep(0.02)  # clocks of file systems have steps
    change()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
