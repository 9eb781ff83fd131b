"""What the values of a raster mean: a share, or a level that must reach a threshold.

A coverage raster holds 0 and 1, a share in 0..1, or a level with a threshold: at least so much is
covered. A hazard raster holds an intensity with a threshold. Nothing else is guessed. Cells without
data are not covered, and not at risk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all import __version__
from ew4all.errors import CoverageValueError, EmptyLayerError, OptionError
from ew4all.readers.alignment import Aligned
from ew4all.readers.fingerprint import recall, remember
from ew4all.readers.rasters import open_raster
from ew4all.readers.tiles import each_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid
    from ew4all.readers.rasters import Raster

DECODE_DBM: Final = {"2g": -102, "3g": -110, "4g": -122, "5g": -120, "any": -122}
"""Lowest level at which a broadcast is still received (RxLev, RSCP, RSRP, SS-RSRP), outdoors."""

_SHARE_TOLERANCE = 1e-6
_FIRST_CELLS = 1 << 18
_EITHER = 255
"""The mark of 'no data' in many files, and 'covered' in as many masks; nobody but the user can tell."""


@dataclass(frozen=True)
class AtLeast:
    """Covered, or at risk, is what reaches a threshold."""

    minimum: float
    is_level_dbm: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """0 or 1."""
        return np.dtype(np.uint8)

    def share(self, raster: Raster, block: Block) -> NDArray[Any]:
        """Return 1 where the value is at least the threshold."""
        values, valid = raster.values(block)
        if self.is_level_dbm:
            held = values if valid is None else values[valid]
            if held.size and held.max() >= 0:
                msg = (
                    f"{raster.name}: the threshold {self.minimum:g} is a signal level in dBm, but "
                    f"the raster holds {held.min():g}..{held.max():g} and no signal reaches 0 dBm; "
                    "leave the threshold out for a raster of 0 and 1, or mark the cells without "
                    f"signal with `gdal_edit.py -a_nodata {held.max():g} {raster.path or 'FILE'}`"
                )
                raise CoverageValueError(msg)
        # NaN compares as false; in a raster's own type, so that 0.1 reaches 0.1.
        reached = values >= self.minimum
        if valid is not None:
            reached &= valid
        return reached.view(np.uint8)


@dataclass(frozen=True)
class Fraction:
    """The value is the share covered."""

    key: str
    technology: str
    dtype: np.dtype[Any]
    option: str | None = "--coverage-min"
    """What takes a threshold instead; None where nothing does."""

    def share(self, raster: Raster, block: Block) -> NDArray[Any]:
        """Return the values, or raise where one is not in 0..1."""
        stored = raster.read(block)
        if stored.dtype.kind == "u":
            low, high = 0, stored.max()
        else:
            with np.errstate(invalid="ignore"):
                low, high = stored.min(), stored.max()
        # Most blocks are plain, and looking for marks of 'no data' takes longer than adding them up. NaN is never plain;
        # a mark of 0 means the same as 0.
        marked = raster.nodata is not None and bool(0 < raster.nodata <= high)
        scaled = (raster.scale, raster.offset) != (1.0, 0.0)
        if low >= 0 and high <= 1 and not (marked or raster.has_mask or scaled):
            return stored.astype(self.dtype, copy=False)
        valid = raster.valid(block, stored)
        values = raster.meant(stored)
        if valid is not None:
            values = np.where(valid, values, values.dtype.type(0))
        low, high = values.min(), values.max()
        whole = self.dtype == np.uint8
        if low < 0 or high > 1 + (0.0 if whole else _SHARE_TOLERANCE):
            held = values if valid is None else values[valid]
            raise self._refusal(raster, float(held.min()), float(held.max()))
        if high > 1:
            values = np.minimum(values, 1)
        return values.astype(self.dtype, copy=False)

    def _refusal(self, raster: Raster, low: float, high: float) -> CoverageValueError:
        if self.option is None:
            fix = (
                "divide percent by 100"
                if low >= 0 and high <= 100
                else "mark cells without data with `gdal_edit.py -a_nodata VALUE FILE`"
            )
            return CoverageValueError(
                f"{raster.name} holds {low:g}..{high:g}, but shares are 0..1; {fix}"
            )
        if high <= 0 and low < -20:
            level = DECODE_DBM[self.technology]
            fix = (
                "these look like signal levels in dBm: say from which level on there is coverage, "
                f"for instance {self.option} {self.key}={level}"
            )
        elif low >= 0 and high == _EITHER:
            fix = (
                "255 may mean covered or no data: for covered say "
                f"{self.option} {self.key}=128, for no data run `gdal_edit.py -a_nodata 255 FILE`"
            )
        elif low >= 0 and high <= 100:
            fix = (
                "if these are percent divide them by 100, or say what counts as covered, for "
                f"instance {self.option} {self.key}=50"
            )
        else:
            fix = (
                f"say from which value on there is coverage with {self.option} {self.key}=VALUE, "
                "or mark cells without data with `gdal_edit.py -a_nodata VALUE FILE`"
            )
        return CoverageValueError(
            f"{raster.name} holds {low:g}..{high:g}, but coverage is 0 and 1 or a share in 0..1; "
            f"{fix}"
        )


@dataclass(frozen=True, eq=False)
class HazardRaster:
    """Where an intensity reaches a threshold."""

    name: str
    aligned: Aligned
    notes: tuple[str, ...]

    @property
    def raster(self) -> Raster:
        """The hazard as it is stored."""
        return self.aligned.raster

    @property
    def binary(self) -> bool:
        """Whether `share` is uint8 of 0 and 1 (on the population's own cells), else float32."""
        return self.aligned.binary

    def share(self, block: Block, tiles: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """Return the share of each population cell at risk; see `Aligned.share`."""
        return self.aligned.share(block, tiles)


def open_hazard_raster(
    source: Any,
    minimum: float,
    grid: Grid,
    *,
    band: int = 1,
    tile: tuple[int, int] | None = None,
) -> HazardRaster:
    """Open a hazard raster: at risk is where its value is at least `minimum`.

    Parameters
    ----------
    source
        What `open_raster` takes.
    minimum
        Threshold in the raster's own unit.
    band
        Band of the raster, from 1.
    grid, tile
        Population grid and the lattice of its tiles.

    Raises
    ------
    OptionError
        The threshold is not a finite number.
    NoIntersectionError
        The raster does not meet the population.
    ReadError, MissingCrsError, InputError
        See `open_raster`.
    """
    if not np.isfinite(minimum):
        msg = f"the hazard threshold {minimum} is no finite number"
        raise OptionError(msg)
    raster = open_raster(source, "the hazard raster", band=band)
    aligned = Aligned(raster, grid, tile or raster.tile, AtLeast(float(minimum)))
    low, high = _extremes(raster)
    unit = f" {raster.unit}" if raster.unit else " (the file states no unit)"
    note = f"{raster.name} holds {low:g}..{high:g}{unit}; at risk is {minimum:g} and above"
    if high < minimum:
        note += ", which no cell reaches: check the threshold's unit"
    return HazardRaster(raster.name, aligned, (*raster.notes, note))


def must_hold_data(raster: Raster) -> None:
    """Raise where no cell of a raster holds data; it is read up to the first that does.

    Raises
    ------
    EmptyLayerError
        There is none.
    ReadError
        The file is damaged.
    """
    if raster.nodata is None and not raster.has_mask and raster.dtype.kind != "f":
        return
    more = raster.path or "", raster.band, __version__
    if recall("held", raster.identity, *more):
        return
    for block in raster.grid.blocks(*raster.block_shape(_FIRST_CELLS)):
        valid = raster.valid(block, raster.read(block))
        if valid is None or valid.any():
            remember("held", raster.identity, True, *more)
            return
    raise EmptyLayerError(raster.without_data)


def _extremes(raster: Raster) -> tuple[float, float]:
    """Return the smallest and largest value of a raster; NaN where it holds no data at all."""
    kept = recall("extremes", raster.identity, raster.path or "", raster.band, __version__)
    if kept is not None:
        return tuple(kept)

    def of(block: Block) -> tuple[float, float] | None:
        values, valid = raster.values(block)
        held = values if valid is None else values[valid]
        return (float(held.min()), float(held.max())) if held.size else None

    found = [limits for limits in each_block(raster, of) if limits is not None]
    if not found:
        raise EmptyLayerError(raster.without_data)
    limits = min(low for low, _ in found), max(high for _, high in found)
    remember("extremes", raster.identity, limits, raster.path or "", raster.band, __version__)
    return limits
