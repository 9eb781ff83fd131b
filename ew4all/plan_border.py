"""Which side of a border serves whom: cells of both sides on one grid, as phones hear them.

A phone knows no border. Where the strongest usable cell stands abroad, it may camp there, and a national warning passes it by;
where the country's cells are the strongest abroad, people there are warned as well. Both are counted with every cell open to
every phone. Networks keep their own subscribers as long as they can, so that `abroad` is the most there can be; whom no cell of
the country serves at all (`only_abroad`) is lost for certain.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.cells import Cells
from ew4all.coverage.signal_defaults import Radio
from ew4all.errors import OptionError
from ew4all.feasibility_results import Border, Spill
from ew4all.reach_network import open_network_coverage, split_assumptions
from ew4all.readers.layers import open_layers
from ew4all.results import OUTSIDE
from ew4all.writers.rasters import rasters_together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.network import Network
    from ew4all.grid import Block, Grid
    from ew4all.results import PeopleCount, Reach
    from ew4all.study import Study
    from ew4all.units import F32

__all__ = [
    "BorderPicture",
    "are_home",
    "border_of",
    "has_neighbours",
    "joined",
    "lonlat_shape",
    "window_of",
]

BLOCK: Final = (512, 512)
PICTURE_PIXELS: Final = 1100

_KINDS: Final = ("home", "abroad", "only_abroad")
_LAYERS: Final = ("2g", "3g", "4g")
"""Layers of coverage stand for `_KINDS`, so that they are counted as all coverage is; no technology is meant."""

_ABOUT: Final = {
    "home": "share of people whose best server is a cell of the country",
    "abroad": "share of people whose best server is a cell abroad",
    "only_abroad": "share of people whose best server is abroad and whom no cell of the country serves",
}


@dataclass(frozen=True, eq=False)
class BorderPicture:
    """Shares of every so manieth pixel, for a map; the first row in the north.

    `home` and `abroad`, shape (rows, columns), are NaN where nothing was computed. `extent` is west, south, east, north in
    the CRS of `grid`.
    """

    home: F32
    abroad: F32
    extent: tuple[float, float, float, float]
    grid: Grid
    country: BaseGeometry
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    is_home: NDArray[np.bool_]


def lonlat_shape(shape: BaseGeometry, grid: Grid) -> BaseGeometry:
    """Return a shape of the grid's CRS in longitude and latitude."""
    to_lonlat = Transformer.from_crs(grid.crs, 4326, always_xy=True)
    return shapely.transform(shape, lambda xy: np.column_stack(to_lonlat.transform(*xy.T)))


def joined(first: Cells, second: Cells) -> Cells:
    """Return the cells of two lists as one; sites of the second are numbered on."""
    moved = replace(
        second, site=(second.site + int(first.site.max(initial=-1)) + 1).astype(np.int32)
    )
    columns = {
        f.name: np.concatenate([getattr(first, f.name), getattr(moved, f.name)])
        for f in fields(Cells)
    }
    return Cells(**columns)


def are_home(
    cells: Cells, country: BaseGeometry, grid: Grid, home: Sequence[str] = ()
) -> tuple[NDArray[np.bool_], str]:
    """Return which cells are the country's own, and by what that was decided.

    Parameters
    ----------
    country
        In the grid's CRS.
    home
        Operators, or country codes (MCC) with which operators' codes begin; empty: by where a cell stands.

    Raises
    ------
    OptionError
        No cell belongs to one of `home`.
    """
    if not home:
        shape = lonlat_shape(country, grid)
        shapely.prepare(shape)
        # Centimetres from the border either side may be meant: a site on it is the country's.
        return shapely.intersects_xy(shape, cells.lon_deg, cells.lat_deg), "where its site stands"
    mine = np.zeros(len(cells), np.bool_)
    for name in home:
        own = (cells.operator == name) | np.char.startswith(cells.operator, f"{name}-")
        if not own.any():
            known = ", ".join(sorted({str(o) for o in cells.operator if o})[:12]) or "none is named"
            msg = f"no cell belongs to the home network {name!r}; operators in the list: {known}"
            raise OptionError(msg)
        mine |= own
    return mine, f"its network ({', '.join(home)})"


def border_of(
    study: Study,
    country: BaseGeometry,
    cells: Cells,
    is_home: NDArray[np.bool_],
    decided_by: str,
    folder: Path,
    *,
    dem: Any = None,
    landcover: Any = None,
    assume: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[Border, BorderPicture, tuple[str, ...]]:
    """Count and map who is served from which side.

    Parameters
    ----------
    study
        Of the country's people, with its zones.
    country
        In the grid's CRS.
    cells, is_home
        Of both sides.
    folder
        Takes ``border_home.tif``, ``border_abroad.tif`` and ``border_only_abroad.tif``.

    Returns
    -------
    border, picture, notes

    Raises
    ------
    InputError, ReadError, WriteError
        One of the inputs, or a raster cannot be written.
    """
    window = window_of(study.grid, country, _reach_km(assume))
    opened = open_network_coverage(
        cells, study.people, dem=dem, landcover=landcover, assume=assume, window=window
    )
    network = opened.layers[0].network
    picture = _write(network, is_home, country, folder, tags, progress)
    paths = {t: str(folder / f"border_{k}.tif") for t, k in zip(_LAYERS, _KINDS, strict=True)}
    border = _counted(study, country, window, paths, network, is_home, decided_by)
    return border, picture, opened.notes


def has_neighbours(study: Study, country: BaseGeometry, assume: Mapping[str, float] | None) -> bool:
    """Whether the population has people abroad whom a cell of the country might reach."""
    window = window_of(study.grid, country, _reach_km(assume))
    box = shapely.box(*study.grid.crop(window).bounds)
    shape = shapely.difference(box, country)
    return not shape.is_empty and _people_in(study, shape) > 0.5


def _people_in(study: Study, shape: BaseGeometry) -> float:
    reader = study.people.cells(shape)
    window = study.grid.block_of_bounds(shape.bounds) or study.grid.whole
    return float(sum(reader.read(b).sum() for b in study.grid.blocks(*BLOCK, within=window)))


def _reach_km(assume: Mapping[str, float] | None) -> float:
    _, _, of_radio = split_assumptions(assume or {})
    return Radio.assuming(of_radio).reach_km


def window_of(grid: Grid, country: BaseGeometry, reach_km: float) -> Block:
    """Return the cells of people in the country and within reach of it."""
    west, south, east, north = country.bounds
    if grid.is_geographic:
        dy = reach_km / 110.5
        widest = min(max(abs(south), abs(north)) + dy, 89.0)
        dx = dy / np.cos(np.radians(widest))
    else:
        dx = dy = 1000.0 * reach_km / grid.crs.axis_info[0].unit_conversion_factor
    box = (west - dx, south - dy, east + dx, north + dy)
    return grid.block_of_bounds(box) or grid.whole


def _write(
    network: Network,
    is_home: NDArray[np.bool_],
    country: BaseGeometry,
    folder: Path,
    tags: Mapping[str, str] | None,
    progress: Progress | None,
) -> BorderPicture:
    """Write the shares on the network's grid as rasters, and keep every so manieth pixel."""
    grid = network.grid
    step = max(1, -(-max(grid.shape) // PICTURE_PIXELS))
    size = tuple(-(-n // step) for n in grid.shape)
    seen = {kind: np.full(size, np.nan, np.float32) for kind in _KINDS[:2]}
    blocks = list(grid.blocks(*BLOCK))
    with rasters_together() as begin:
        files = {
            kind: begin(
                folder / f"border_{kind}.tif", grid, nodata=-1.0, unit="probability", description=_ABOUT[kind],
                tags={"EW4ALL_PROVENANCE": "modelled", **(tags or {})},
            )
            for kind in _KINDS
        }  # fmt: skip
        for done, block in enumerate(blocks):
            if network.touched(np.ones(len(network.cells), np.bool_), [block]):
                shares = _shares(network, block, is_home)
                for kind, values in shares.items():
                    files[kind].write(block, values)
                top, left = -block.row0 % step, -block.col0 % step
                row, col = (block.row0 + top) // step, (block.col0 + left) // step
                for kind, pixels in seen.items():
                    some = shares[kind][top::step, left::step]
                    pixels[row : row + some.shape[0], col : col + some.shape[1]] = some
            if progress:
                progress(done + 1, len(blocks))
    order = slice(None, None, -1) if grid.transform.e > 0.0 else slice(None)
    rows, cols = size
    x, y = grid.xy(np.array([0.0, cols * step]), np.array([0.0, rows * step]))
    extent = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    return BorderPicture(
        seen["home"][order], seen["abroad"][order], extent, grid, country, network.cells.lon_deg, network.cells.lat_deg,
        is_home,
    )  # fmt: skip


def _shares(network: Network, block: Block, is_home: NDArray[np.bool_]) -> dict[str, F32]:
    """Return the shares of each of `_KINDS` in the pixels of a block."""
    # Outdoors, as coverage is counted: what walls take is in the step `received`.
    camping = network.camping(block, indoor_share=0.0)
    mine = is_home[np.maximum(camping.cell, 0)] & (camping.cell >= 0)
    home = np.where(mine, camping.probability, 0.0).sum(axis=0, dtype=np.float64)
    served = camping.probability.sum(axis=0, dtype=np.float64)
    abroad = np.maximum(served - home, 0.0)
    if network.touched(~is_home, [block]):
        own = network.camping(block, alive=is_home, indoor_share=0.0)
        alone = own.probability.sum(axis=0, dtype=np.float64)
        only = np.minimum(np.maximum(served - alone, 0.0), abroad)
    else:
        only = np.zeros(block.shape)
    found = (home, abroad, only)
    return {k: v.astype(np.float32) for k, v in zip(_KINDS, found, strict=True)}


def _counted(
    study: Study,
    country: BaseGeometry,
    window: Block,
    paths: Mapping[str, str],
    network: Network,
    is_home: NDArray[np.bool_],
    decided_by: str,
) -> Border:
    rasters, _ = open_layers(paths, study.grid)
    plain = replace(
        study, rasters=tuple(rasters), polygons=(), polygon_shapes=(), operator_share={}, outage=None,
        hazard_raster=None, hazard=country, area=country,
    )  # fmt: skip
    found = plain.reach()
    inside = _spill("country", "in the country", found.people)
    zones = tuple(_spill(z.id, z.name, z.people) for z in found.zones)
    zones = tuple(z for z in zones if z.id != OUTSIDE or z.people >= 0.5)
    outside = _abroad(plain, country, window)
    sites = network.cells.site
    return Border(
        inside, outside, zones, int(is_home.sum()), int((~is_home).sum()),
        int(np.unique(sites[is_home]).size), int(np.unique(sites[~is_home]).size), decided_by,
    )  # fmt: skip


def _abroad(study: Study, country: BaseGeometry, window: Block) -> Spill | None:
    """Return the people of the window outside the country; None where nobody is known to live there."""
    box = shapely.box(*study.grid.crop(window).bounds)
    shape = shapely.difference(box, country)
    if shape.is_empty:
        return None
    none = np.empty(0, dtype=object)
    elsewhere = replace(study, area=shape, hazard=shape, zones=None, zone_shapes=none)
    people: Reach = elsewhere.reach()
    spill = _spill("abroad", "abroad, within reach", people.people)
    return spill if spill.people > 0.5 else None


def _spill(id_: str, name: str, people: PeopleCount) -> Spill:
    home, abroad, only = (people.covered[t] for t in _LAYERS)
    return Spill(id_, name, people.in_area, home, abroad, only)
