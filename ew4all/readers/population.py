"""Population rasters: people per cell, block by block, from counts or densities, in one or more groups.

A count is handed on as it is stored. A density is multiplied by the geodesic area of its cell.
Cells without data hold nobody; a negative or infinite number of people is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all import __version__
from ew4all.coverage import cleaning
from ew4all.errors import EmptyLayerError, GridMismatchError, OptionError, PopulationValueError
from ew4all.readers.fingerprint import recall, remember
from ew4all.readers.group_files import copies_among
from ew4all.readers.population_unit import (
    PopulationUnit,
    Survey,
    Tally,
    checked_unit,
    decide_unit,
    survey_of,
)
from ew4all.readers.rasters import HUGE, Raster, open_raster
from ew4all.readers.tiles import each_block, wanted
from ew4all.units import PEOPLE_PER_KM2

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid
    from ew4all.units import F64, People

AREA_ROWS: Final = 256
"""Rows for which cell areas are worked out at a time, where every cell has its own."""

_SINGLE: Final = (np.float32, np.float16, np.int8, np.uint8, np.int16, np.uint16)
"""Types whose every value float32 holds exactly."""

_SWEPT: Final = (np.float32, np.float64)
"""Types of which the kernels of `ew4all.coverage.cleaning` are made."""


@dataclass(frozen=True, eq=False)
class Population:
    """People per cell of a grid.

    Attributes
    ----------
    name
        How messages name it.
    unit
        Unit of the stored values; `people` always returns people.
    groups
        Names of the groups, empty where there is one raster.
    rasters, tallies
        One for each group, one where there are no groups.
    notes
        Decisions that were taken.
    """

    name: str
    unit: PopulationUnit
    groups: tuple[str, ...]
    rasters: tuple[Raster, ...]
    tallies: tuple[Tally, ...]
    notes: tuple[str, ...]

    @property
    def grid(self) -> Grid:
        """Cells that all groups share."""
        return self.rasters[0].grid

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of the tiles in which the first raster is compressed."""
        return self.rasters[0].tile

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what `people` returns: float32 where that holds every stored count."""
        plain = self.unit == "count" and all(
            r.dtype.type in _SINGLE and (r.scale, r.offset) == (1.0, 0.0) for r in self.rasters
        )
        return np.dtype(np.float32 if plain else np.float64)

    @property
    def survey(self) -> Survey:
        """Everybody in the raster, over all groups."""
        return survey_of(self.tallies, self.unit)

    def sum_people(self, group: int = 0) -> float:
        """Everybody of one group."""
        return survey_of(self.tallies[group : group + 1], self.unit).sum_people

    def people(
        self, block: Block, group: int = 0, tiles: NDArray[np.bool_] | None = None
    ) -> People:
        """Return people per cell of a block.

        Parameters
        ----------
        block
            Cells asked for.
        group
            Position in `groups`.
        tiles
            For each tile (`tile`, anchored at the first cell) that meets the block whether it is
            needed; the cells of the others are not decoded and hold 0.

        Returns
        -------
        array, shape of the block
            Of type `dtype`, without NaN. Do not write to it: it may be the caller's own array.

        Raises
        ------
        PopulationValueError
            A cell that is read holds a negative or infinite number.
        ReadError
            The file is damaged.
        """
        raster = self.rasters[group]
        parts = wanted(block, self.tile, tiles)
        if parts == [block]:
            out = _counted(raster, block).astype(self.dtype, copy=False)
        else:
            out = np.zeros(block.shape, self.dtype)
            for part in parts:
                out[
                    part.row0 - block.row0 : part.row1 - block.row0,
                    part.col0 - block.col0 : part.col1 - block.col0,
                ] = _counted(raster, part)
        if self.unit == "count":
            return out
        factor = PEOPLE_PER_KM2[self.unit]
        product = np.empty(block.shape)
        for rows in _slices(block):
            area = self.grid.cell_area_km2(_within(block, rows))
            np.multiply(out[rows], factor * area, out=product[rows])
        return product

    def close(self) -> None:
        """Close the files."""
        for raster in self.rasters:
            raster.close()


def open_population(
    source: Any,
    *,
    unit: str | None = None,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Population:
    """Open a population raster, or one for each group.

    The whole raster is read once, to know everybody in it and to check its values and unit; what
    was found is kept in the cache until the file changes.

    Parameters
    ----------
    source
        What `open_raster` takes, or a mapping from group to that (age and sex bands).
    unit
        ``"count"``, ``"per_km2"`` or ``"per_ha"``; found out where None, see `population_unit`.
    workers
        Threads that read.
    progress
        Told how many blocks of how many are done.

    Raises
    ------
    OptionError
        There is no such unit, or no group, or two groups are one file.
    PopulationUnitError
        The unit is neither told nor plain.
    PopulationValueError
        A cell holds a negative or infinite number of people.
    EmptyLayerError
        A raster has no cell with data. One of zeros has: nobody lives there.
    GridMismatchError
        Groups lie on different grids.
    """
    asked = checked_unit(unit)
    if isinstance(source, Mapping):
        if not source:
            msg = "the population has no group; name at least one raster"
            raise OptionError(msg)
        groups = tuple(str(group) for group in source)
        rasters = tuple(
            open_raster(raster, f"the population raster of group '{group}'")
            for group, raster in source.items()
        )
    else:
        groups = ()
        rasters = (open_raster(source, "the population raster"),)
    for other in rasters[1:]:
        _must_share_cells(rasters[0], other)
    copies = copies_among(groups, rasters) if groups else ()
    tallies = tuple(_tally(raster, workers, progress) for raster in rasters)
    for raster, tally in zip(rasters, tallies, strict=True):
        if not tally.valid_cells:
            raise EmptyLayerError(raster.without_data)
    unit_found, notes = decide_unit(asked, rasters, tallies)
    return Population(
        name=rasters[0].name,
        unit=unit_found,
        groups=groups,
        rasters=rasters,
        tallies=tallies,
        notes=tuple(note for raster in rasters for note in raster.notes) + copies + notes,
    )


def _must_share_cells(first: Raster, other: Raster) -> None:
    if first.grid.same_cells(other.grid):
        return
    described = [
        f"{r.name} has {r.grid.height} x {r.grid.width} cells from {r.grid.bounds[:2]} to "
        f"{r.grid.bounds[2:]} ({r.grid.crs.name})"
        for r in (first, other)
    ]
    msg = (
        f"groups must share their cells: {described[0]}, but {described[1]}; a count must not be "
        "resampled, so get all groups from one source and year"
    )
    raise GridMismatchError(msg)


def _counted(raster: Raster, block: Block) -> NDArray[Any]:
    """Return a block with 0 where there is no data, or raise where a value cannot be people."""
    values, _, fault = _cleaned(raster, block)
    if fault is not None:
        raise fault.error(raster)
    return values


@dataclass(frozen=True)
class _Fault:
    """Cells that cannot hold people: how many, the worst value, and where that is."""

    cells: int
    value: float
    row: int
    col: int

    def error(self, raster: Raster) -> PopulationValueError:
        lon, lat = raster.lonlat(self.row, self.col)
        file = raster.path or "FILE"
        if self.value < 0:
            what = "a negative number of people; the smallest is"
            fix = (
                f"if it marks cells without data say so with `gdal_edit.py -a_nodata "
                f"{self.value:.10g} {file}`, else correct them"
            )
        else:
            what = "no finite number of people; one is"
            fix = (
                f"if it marks cells without data say so with `gdal_edit.py -a_nodata VALUE {file}`"
            )
        return PopulationValueError(
            f"{raster.name}: {self.cells:,} cells hold {what} {self.value:.10g} at longitude "
            f"{lon:.5f}, latitude {lat:.5f}; {fix}"
        )


def _cleaned(raster: Raster, block: Block) -> tuple[NDArray[Any], int, _Fault | None]:
    """Return a block with 0 where there is no data, the number of valid cells, and what is wrong."""
    found = swept(raster, block)
    if found is not None:
        return *found, None
    stored = raster.read(block)
    with np.errstate(invalid="ignore"):
        low, high = stored.min(), stored.max()
    marked = raster.nodata is not None and bool(low <= raster.nodata <= high)
    # NaN in a block makes both of its limits NaN, so that it never passes for a plain one.
    if low >= 0 and high < HUGE and not (marked or _is_masked_or_scaled(raster)):
        return stored, stored.size, None
    valid = raster.valid(block, stored)
    values = raster.meant(stored)
    if valid is not None:
        if not (raster.is_fresh or values is not stored):
            values = values.copy()
        np.copyto(values, values.dtype.type(0), where=~valid)
    low, high = values.min(), values.max()
    count = values.size if valid is None else int(np.count_nonzero(valid))
    if low >= 0 and high < HUGE:
        return values, count, None
    wrong = (values < 0) | (values >= HUGE)
    row, col = np.unravel_index(values.argmin() if low < 0 else values.argmax(), values.shape)
    return (
        values,
        count,
        _Fault(
            cells=int(np.count_nonzero(wrong)),
            value=float(values[row, col]),
            row=block.row0 + int(row),
            col=block.col0 + int(col),
        ),
    )


def _is_masked_or_scaled(raster: Raster) -> bool:
    return raster.has_mask or (raster.scale, raster.offset) != (1.0, 0.0)


def swept(raster: Raster, block: Block) -> tuple[NDArray[Any], int] | None:
    """Return a block with 0 where there is no data, and the number of valid cells, in a pass or two.

    None where a cell is negative or infinite, or where the raster is of another kind.
    """
    number = raster.dtype.type
    if number not in _SWEPT or _is_masked_or_scaled(raster):
        return None
    stored = raster.read(block)
    huge = number(HUGE)
    low, high = raster.marks
    if not high >= 0 and cleaning.are_people(stored, huge):
        return stored, stored.size
    values = stored if raster.is_fresh else stored.copy()
    valid, wrong = cleaning.fill_missing(values, number(low), number(high), huge)
    return None if wrong else (values, valid)


def _tally(raster: Raster, workers: int, progress: Callable[[int, int], None] | None) -> Tally:
    kept = recall("tally", raster.identity, raster.path or "", raster.band, __version__)
    if kept is not None:
        return Tally(**kept)
    parts: list[Tally] = []
    faults: list[_Fault] = []
    for part, fault in each_block(
        raster, lambda block: _block_tally(raster, block), workers=workers, progress=progress
    ):
        parts.append(part)
        if fault is not None:
            faults.append(fault)
    if faults:
        negative = [f for f in faults if f.value < 0]
        worst = min(negative or faults, key=lambda f: f.value)
        raise _Fault(sum(f.cells for f in faults), worst.value, worst.row, worst.col).error(raster)
    tally = Tally(
        valid_cells=sum(p.valid_cells for p in parts),
        inhabited_cells=sum(p.inhabited_cells for p in parts),
        inhabited_km2=sum(p.inhabited_km2 for p in parts),
        sum_value=sum(p.sum_value for p in parts),
        sum_value_km2=sum(p.sum_value_km2 for p in parts),
        largest_value=max(p.largest_value for p in parts),
        largest_value_per_km2=max(p.largest_value_per_km2 for p in parts),
    )
    remember("tally", raster.identity, asdict(tally), raster.path or "", raster.band, __version__)
    return tally


def _block_tally(raster: Raster, block: Block) -> tuple[Tally, _Fault | None]:
    values, valid_cells, fault = _cleaned(raster, block)
    if fault is not None:
        return Tally(valid_cells, 0, 0.0, 0.0, 0.0, 0.0, 0.0), fault
    cells, area_km2, total, total_km2, largest = 0, 0.0, 0.0, 0.0, 0.0
    for rows in _slices(block):
        part = values[rows]
        area: F64 = raster.grid.cell_area_km2(_within(block, rows))
        if area.shape[1] == 1:
            inhabited = np.count_nonzero(part, axis=1)[:, None]
            sums = part.sum(axis=1, dtype=np.float64)[:, None]
            peaks = part.max(axis=1)[:, None]
        else:
            inhabited, sums, peaks = part > 0, part.astype(np.float64), part
        cells += int(inhabited.sum())
        if (lost := np.asarray((area == 0.0) & (peaks > 0))).any():
            raise _off_earth(raster, int(np.count_nonzero(lost)))
        area_km2 += float((inhabited * area).sum())
        total += float(sums.sum())
        total_km2 += float((sums * area).sum())
        density = np.divide(peaks, area, out=np.zeros(peaks.shape), where=area > 0.0)
        largest = max(largest, float(density.max()))
    tally = Tally(valid_cells, cells, area_km2, total, total_km2, float(values.max()), largest)
    return tally, None


def _off_earth(raster: Raster, cells: int) -> PopulationValueError:
    return PopulationValueError(
        f"{raster.name}: {cells:,} cells or more hold people where its CRS "
        f"({raster.grid.crs.name}) is not defined, so they live nowhere; its CRS or its extent is "
        "wrong"
    )


def _slices(block: Block) -> list[slice]:
    rows = block.shape[0]
    return [slice(r, min(r + AREA_ROWS, rows)) for r in range(0, rows, AREA_ROWS)]


def _within(block: Block, rows: slice) -> Block:
    return block._replace(row0=block.row0 + rows.start, row1=block.row0 + rows.stop)
