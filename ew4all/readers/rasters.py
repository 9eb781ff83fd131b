"""Rasters as sources of windows: a file, an open rasterio dataset or an array, read block by block.

A `Raster` never holds more of a file than is asked for. Its methods may be called from several
threads at once: a file is opened once for each thread that reads it at the same time (a GDAL handle
serves one thread), an open dataset is read under a lock. GDAL's cache of decoded tiles is kept
small, since each tile is needed about once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import MaskFlags

from ew4all.errors import InputError, MissingCrsError
from ew4all.grid import Block, Grid, crs_of, lonlat
from ew4all.readers import fingerprint
from ew4all.readers.raster_sources import File, Held, InMemory, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from numpy.typing import NDArray
    from pyproj import CRS

    from ew4all.readers.raster_sources import Array, Source

ARRAY_TILE: Final = (512, 512)
BLOCK_CELLS: Final = 1 << 21
_OVERHANG_DEG: Final = 0.01
"""Maps of the world warped from another projection may be wider than 360 degrees by so much, and a cell."""
HUGE: Final = 1e30
"""No count, level or intensity is this large: beyond it lie the marks of 'no data' near 3.4e38."""


@dataclass(frozen=True, eq=False)
class Raster:
    """One band of a raster.

    Attributes
    ----------
    name
        How messages name it.
    path
        File or address; None for arrays.
    tile
        Rows and columns of the tiles in which the file is compressed, anchored at the first cell.
        Strips are tiles as wide as the raster.
    nodata
        Value that marks cells without data, in the raster's own type; None where there is none.
    has_mask
        Whether a mask or alpha band says which cells hold data.
    scale, offset
        A cell means ``value * scale + offset``.
    unit, description
        What the file says about its values; empty where it says nothing.
    tags
        Tags of the file and the band.
    identity
        State of the file when it was opened; None where it is no file of this machine.
    notes
        Decisions that were taken when it was opened.
    """

    name: str
    path: str | None
    grid: Grid
    dtype: np.dtype[Any]
    tile: tuple[int, int]
    nodata: Any
    has_mask: bool
    scale: float
    offset: float
    unit: str
    description: str
    tags: Mapping[str, str]
    band: int
    identity: fingerprint.Identity | None
    notes: tuple[str, ...]
    _source: Source = field(repr=False)

    def __enter__(self) -> Raster:
        """Return the raster; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the handles of the file; it opens again where it is read again."""
        self._source.close()

    @property
    def is_fresh(self) -> bool:
        """Whether what `read` returns is new memory, not a view of the caller's array."""
        return self._source.is_fresh

    @property
    def without_data(self) -> str:
        """What is said where no cell holds data."""
        mark = "" if self.nodata is None else f" its value for 'no data' ({self.nodata:g}),"
        return (
            f"{self.name} holds no data in any cell, so it says nothing about any place; check{mark} its mask and the "
            "step that made it"
        )

    def read(self, block: Block) -> Array:
        """Return the cells of a block as they are stored: unscaled, 'no data' included.

        Returns
        -------
        array, shape of the block
            Of the raster's own type. A view where the raster is an array: do not write to it.

        Raises
        ------
        ReadError
            The file is damaged, cut short or gone.
        """
        return self._source.read(block)

    @cached_property
    def marks(self) -> tuple[Any, Any]:
        """Least and largest stored value, in the raster's own type, that means 'no data' beside NaN.

        Both are NaN where no other value does. Files written as -3.4e38 carry -3.4028e38 in some cells; beyond 1e30 any value of that sign is taken for the
        mark.
        """
        if self.nodata is None or np.isnan(self.nodata):
            return np.nan, np.nan
        if self.nodata < -HUGE:
            return -np.inf, np.nextafter(self.dtype.type(-HUGE), self.dtype.type(-np.inf))
        if self.nodata > HUGE:
            return np.nextafter(self.dtype.type(HUGE), self.dtype.type(np.inf)), np.inf
        return self.nodata, self.nodata

    def valid(self, block: Block, stored: Array) -> NDArray[np.bool_] | None:
        """Return which cells of a block hold data, or None where all do.

        Parameters
        ----------
        block, stored
            Block and what `read` returned for it.
        """
        valid = ~np.isnan(stored) if self.dtype.kind == "f" else np.ones(stored.shape, np.bool_)
        low, high = self.marks
        if low == high:
            valid &= stored != low
        elif low < high:
            valid &= ~((stored >= low) & (stored <= high))
        if self.has_mask:
            valid &= self._source.mask(block)
        return None if valid.all() else valid

    def values(self, block: Block) -> tuple[Array, NDArray[np.bool_] | None]:
        """Return the cells of a block as they are meant (scaled), and which hold data (None: all)."""
        stored = self.read(block)
        valid = self.valid(block, stored)
        return (self.meant(stored), valid)

    def meant(self, stored: Array) -> Array:
        """Apply scale and offset, in float64 where there are any."""
        if self.scale == 1.0 and self.offset == 0.0:
            return stored
        return stored.astype(np.float64) * self.scale + self.offset

    def lonlat(self, row: int, col: int) -> tuple[float, float]:
        """Longitude and latitude of a cell's centre."""
        x, y = self.grid.xy(np.array([col + 0.5]), np.array([row + 0.5]))
        lon, lat = lonlat(self.grid.crs).transform(x, y)
        return float(lon[0]), float(lat[0])

    def block_shape(self, cells: int = BLOCK_CELLS) -> tuple[int, int]:
        """Return a block of whole tiles of about `cells` cells, at least one tile."""
        rows, cols = (min(t, s) for t, s in zip(self.tile, self.grid.shape, strict=True))
        side = max(1, round((cells / (rows * cols)) ** 0.5))
        across = min(side, -(-self.grid.width // cols))
        down = max(1, cells // (rows * cols * across))
        return rows * down, cols * across


def open_raster(source: Any, what: str, *, band: int = 1) -> Raster:
    """Open a raster.

    Parameters
    ----------
    source
        A path or GDAL address; an open rasterio dataset (it is used as it is and stays open); or
        ``(array, transform, crs)`` with an array of shape (rows, columns), which is not copied.
        Masked cells of a masked array hold no data.
    what
        How messages name it, for instance ``"the population raster"``.
    band
        Band to read, from 1.

    Raises
    ------
    ReadError
        The file is not there or is no raster.
    MissingCrsError
        It does not say in which CRS it is.
    InputError
        It has no georeference, no such band, or complex numbers; it goes more than once around the Earth.
    """
    if isinstance(source, tuple):
        if band != 1:
            msg = f"{what} (in memory) has no band {band}; an array holds 1"
            raise InputError(msg)
        return _from_array(source, what)
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        fingerprint.must_be_named(path)
        name = f"{what} {path}"
        file = File(path, band, name)
        with file.handle() as dataset:
            return _from_dataset(dataset, name, path, band, file, _identity(dataset))
    if isinstance(source, rasterio.DatasetReader) or hasattr(source, "block_shapes"):
        name = f"{what} {source.name}"
        if source.closed or source.mode not in {"r", "r+"}:
            msg = f"{name} is closed or open for writing only; hand over a dataset open for reading"
            raise InputError(msg)
        path = str(source.name) if Path(source.name).exists() else None
        # What was opened with options, or warped, is not what its file holds: no identity.
        return _from_dataset(source, name, path, band, Held(source, band, name), None)
    msg = (
        f"{what} is a {type(source).__name__}; hand over a path, an open rasterio dataset or "
        "(array, transform, crs)"
    )
    raise InputError(msg)


def _from_dataset(
    dataset: Any,
    name: str,
    path: str | None,
    band: int,
    source: Source,
    identity: fingerprint.Identity | None,
) -> Raster:
    if dataset.count == 0:
        inner = ", ".join(dataset.subdatasets[:5])
        msg = f"{name} is a container of rasters; name one of them: {inner or 'none inside'}"
        raise InputError(msg)
    if not 1 <= band <= dataset.count:
        called = [f"{k} ({text})" for k, text in enumerate(dataset.descriptions, 1) if text]
        msg = f"{name} has no band {band}; it has {dataset.count}"
        msg += f": {', '.join(called)}" if called else ""
        raise InputError(msg)
    at = band - 1
    dtype = np.dtype(dataset.dtypes[at])
    flags = dataset.mask_flag_enums[at]
    has_mask = MaskFlags.per_dataset in flags and MaskFlags.nodata not in flags
    notes = []
    colours = sum(1 for c in dataset.colorinterp if c.name != "alpha")
    if colours > 1:
        notes.append(f"{name} has {dataset.count} bands; band {band} is used")
    return Raster(
        name=name,
        path=path,
        grid=_georeferenced(dataset, name),
        dtype=_checked_dtype(dtype, name),
        tile=tuple(dataset.block_shapes[at]),
        nodata=_nodata(dtype, dataset.nodatavals[at]),
        has_mask=has_mask,
        scale=float(dataset.scales[at]),
        offset=float(dataset.offsets[at]),
        unit=(dataset.units[at] or "").strip(),
        description=(dataset.descriptions[at] or "").strip(),
        tags={**dataset.tags(), **dataset.tags(band)},
        band=band,
        identity=identity,
        notes=tuple(notes),
        _source=source,
    )


def _georeferenced(dataset: Any, name: str) -> Grid:
    if dataset.transform == Affine.identity():
        tied = bool(dataset.gcps[0]) or dataset.rpcs is not None
        fix = (
            "it is tied by control points only: warp it with `gdalwarp`"
            if tied
            else "write its extent with `gdal_edit -a_srs EPSG:4326 -a_ullr WEST NORTH EAST SOUTH`"
        )
        msg = f"{name} has no georeference, so its place on Earth is unknown; {fix}"
        raise MissingCrsError(msg) if dataset.crs is None else InputError(msg)
    crs = crs_of(dataset.crs.to_wkt() if dataset.crs else None, name)
    return _once_around(
        Grid(dataset.transform, dataset.height, dataset.width, _on_earth(crs, name)), name
    )


def _once_around(grid: Grid, name: str) -> Grid:
    west, _, east, _ = grid.bounds
    if not grid.is_geographic or east - west <= 360.0 + max(grid.cell_size[0], _OVERHANG_DEG):
        return grid
    msg = (
        f"{name} spans longitudes {west:.4f}..{east:.4f}, {east - west:.4f} degrees, so that its cells lie over each other "
        "and a place would count twice; cut it to 360 degrees, for instance with `gdal_translate -projwin -180 NORTH 180 "
        "SOUTH`, or give it the right CRS where its coordinates are no degrees"
    )
    raise InputError(msg)


def _on_earth(crs: CRS, name: str) -> CRS:
    if crs.is_geographic or crs.is_projected:
        return crs
    msg = (
        f"{name} is in '{crs.name}', which says nothing about its place on Earth; assign the real "
        "CRS (`gdal_edit -a_srs EPSG:...`)"
    )
    raise MissingCrsError(msg)


def _from_array(source: tuple[Any, ...], what: str) -> Raster:
    name = f"{what} (array)"
    if len(source) != 3:
        msg = f"{name} needs (array, transform, crs), not {len(source)} things"
        raise InputError(msg)
    array, transform, crs = source
    array = np.asanyarray(array)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2:
        msg = f"{name} has shape {array.shape}; one band of (rows, columns) is needed"
        raise InputError(msg)
    if not isinstance(transform, Affine):
        msg = f"{name} needs an affine.Affine as its transform, not {type(transform).__name__}"
        raise InputError(msg)
    hidden = None
    if isinstance(array, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(array) if np.ma.is_masked(array) else None
        array = array.data
    array = numbers(np.asarray(array))
    grid = _once_around(
        Grid(transform, array.shape[0], array.shape[1], _on_earth(crs_of(crs, name), name)), name
    )
    return Raster(
        name=name,
        path=None,
        grid=grid,
        dtype=_checked_dtype(array.dtype, name),
        tile=(min(ARRAY_TILE[0], grid.height), min(ARRAY_TILE[1], grid.width)),
        nodata=None,
        has_mask=hidden is not None,
        scale=1.0,
        offset=0.0,
        unit="",
        description="",
        tags={},
        band=1,
        identity=None,
        notes=(),
        _source=InMemory(array, hidden),
    )


def _checked_dtype(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    if dtype.kind not in "iuf":
        msg = f"{name} holds values of type {dtype}; real numbers are needed"
        raise InputError(msg)
    return dtype


def _nodata(dtype: np.dtype[Any], value: float | None) -> Any:
    """Return the value for 'no data' in the raster's type; None where no cell can hold it."""
    if value is None:
        return None
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return dtype.type(value)
    limits = np.iinfo(dtype)
    if not np.isfinite(value) or value != int(value) or not limits.min <= value <= limits.max:
        return None
    return dtype.type(int(value))


def _identity(dataset: Any) -> fingerprint.Identity | None:
    files = tuple(sorted(dataset.files))
    if not files or not all(fingerprint.is_local(f) and Path(f).exists() for f in files):
        return None
    return fingerprint.identity_of(files)
