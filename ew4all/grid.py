"""The grid of a raster: where its cells lie, how large they are, and how it is cut into blocks.

A `Grid` is an affine transform (GDAL convention: ``x = a * column + b * row + c``), a shape and a coordinate
reference system. A `Block` is a window of whole cells. All work is done block by block on a lattice that depends on
the grid alone, so that sums come out with the same bits for any number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from affine import Affine
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from ew4all.errors import GridMismatchError, InputError, MissingCrsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.units import F64

GEOID = Geod(ellps="WGS84")
_AREA_NODES = 17
_AREA_SPAN_M = 5e3


class Block(NamedTuple):
    """A window of whole cells, end exclusive."""

    row0: int
    row1: int
    col0: int
    col1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row1 - self.row0, self.col1 - self.col0

    def around(self, *others: Block) -> Block:
        """Return the smallest block that holds this one and others."""
        first, end, left, right = zip(self, *others, strict=True)
        return Block(min(first), max(end), min(left), max(right))


@dataclass(frozen=True)
class Grid:
    """Cells on Earth.

    Parameters
    ----------
    transform
        Affine from (column, row) of a cell corner to coordinates of `crs`.
    height, width
        Number of rows and columns.
    crs
        Coordinate reference system; x is the east or longitude axis (``always_xy``).

    Raises
    ------
    InputError
        The transform cannot be inverted, or the grid has no cell.
    """

    transform: Affine
    height: int
    width: int
    crs: CRS

    def __post_init__(self) -> None:
        """Refuse a grid without cells or with a flat transform."""
        if self.height < 1 or self.width < 1:
            msg = f"a grid of {self.height} x {self.width} cells holds nothing"
            raise InputError(msg)
        # Affine calls a transform degenerate by an absolute epsilon, which a 1e-3 degree cell already meets.
        determinant = self.transform.a * self.transform.e - self.transform.b * self.transform.d
        if not np.isfinite(determinant) or determinant == 0.0:
            msg = f"the raster's transform {tuple(self.transform)[:6]} cannot be inverted"
            raise InputError(msg)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are degrees of longitude and latitude."""
        return bool(self.crs.is_geographic)

    @property
    def is_north_up(self) -> bool:
        """Whether rows and columns run along the axes of the coordinate system."""
        return bool(self.transform.b == 0.0 and self.transform.d == 0.0)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the units of `crs`."""
        right, bottom = self.width, self.height
        x, y = self.xy(np.array([0.0, right, 0.0, right]), np.array([0.0, 0.0, bottom, bottom]))
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    @cached_property
    def cell_size(self) -> tuple[float, float]:
        """Length of a cell along a row and along a column, in the units of `crs`."""
        t = self.transform
        return float(np.hypot(t.a, t.d)), float(np.hypot(t.b, t.e))

    @cached_property
    def inverse(self) -> tuple[float, float, float, float, float, float]:
        """Coefficients from (x, y) to (column, row): ``column = a x + b y + c``, ``row = d x + e y + f``."""
        a, b, c, d, e, f = tuple(self.transform)[:6]
        determinant = a * e - b * d
        ia, ib, id_, ie = e / determinant, -b / determinant, -d / determinant, a / determinant
        return ia, ib, -(ia * c + ib * f), id_, ie, -(id_ * c + ie * f)

    @property
    def whole(self) -> Block:
        """Every cell."""
        return Block(0, self.height, 0, self.width)

    def xy(self, columns: F64, rows: F64) -> tuple[F64, F64]:
        """Return coordinates of places given in cells: (0, 0) is the first cell's corner, (0.5, 0.5) its centre."""
        a, b, c, d, e, f = tuple(self.transform)[:6]
        return a * columns + b * rows + c, d * columns + e * rows + f

    def crop(self, block: Block) -> Grid:
        """Return the grid of one block."""
        a, b, c, d, e, f = tuple(self.transform)[:6]
        x, y = a * block.col0 + b * block.row0 + c, d * block.col0 + e * block.row0 + f
        return Grid(Affine(a, b, x, d, e, y), *block.shape, self.crs)

    def coarsen(self, factor_rows: int, factor_cols: int) -> Grid:
        """Return the grid whose cells are `factor_rows` x `factor_cols` cells of this one (the last may overhang)."""
        a, b, c, d, e, f = tuple(self.transform)[:6]
        return Grid(
            Affine(a * factor_cols, b * factor_rows, c, d * factor_cols, e * factor_rows, f),
            -(-self.height // factor_rows),
            -(-self.width // factor_cols),
            self.crs,
        )

    def blocks(self, rows: int, cols: int, within: Block | None = None) -> Iterator[Block]:
        """Yield the blocks of the lattice of `rows` x `cols` cells that meet `within`, row by row."""
        area = within or self.whole
        for row0 in range(area.row0 // rows * rows, area.row1, rows):
            for col0 in range(area.col0 // cols * cols, area.col1, cols):
                yield Block(row0, min(row0 + rows, self.height), col0, min(col0 + cols, self.width))

    def block_of_bounds(self, bounds: tuple[float, float, float, float]) -> Block | None:
        """Return the cells that a box of this CRS touches, or None where it lies outside."""
        west, south, east, north = bounds
        ia, ib, ic, id_, ie, if_ = self.inverse
        x, y = np.array([west, west, east, east]), np.array([south, north, south, north])
        columns, rows = ia * x + ib * y + ic, id_ * x + ie * y + if_
        row0, row1 = max(0, int(np.floor(rows.min()))), min(self.height, int(np.ceil(rows.max())))
        col0, col1 = (
            max(0, int(np.floor(columns.min()))),
            min(self.width, int(np.ceil(columns.max()))),
        )
        return Block(row0, row1, col0, col1) if row1 > row0 and col1 > col0 else None

    def same_cells(self, other: Grid) -> bool:
        """Whether the cells of both grids coincide (to a thousandth of a cell) in the same CRS."""
        if self.shape != other.shape or self.crs != other.crs:
            return False
        return self.aligned_offset(other) == (0, 0)

    def aligned_offset(self, other: Grid) -> tuple[int, int] | None:
        """Return (row, column) of `other`'s first cell in this grid where cells coincide, else None."""
        if self.crs != other.crs:
            return None
        ia, ib, ic, id_, ie, if_ = self.inverse
        # Three corners fix an affine map; two would let a mirrored or turned grid pass.
        columns, rows = np.array([0.0, other.width, 0.0]), np.array([0.0, 0.0, other.height])
        x, y = other.xy(columns, rows)
        shift = np.array([ia * x + ib * y + ic - columns, id_ * x + ie * y + if_ - rows])
        offset = np.round(shift[:, 0])
        if np.abs(shift - offset[:, None]).max() > 1e-3:
            return None
        return int(offset[1]), int(offset[0])

    def cell_area_km2(self, block: Block | None = None) -> F64:
        """Geodesic area of each cell on the WGS 84 ellipsoid.

        Parameters
        ----------
        block
            Cells asked for; all by default.

        Returns
        -------
        array, shape (rows, 1) for a north-up geographic grid, else (rows, columns)
            Square kilometres. It broadcasts against the cells of the block. 0 where a cell lies
            outside the area in which the CRS is defined (the corners of a world map).

        Notes
        -----
        Between two parallels the area is a closed integral (Snyder, Map Projections - A Working
        Manual, USGS PP 1395, 1987, eq. 3-12). In other grids it is that of a square around the
        cell's centre of some kilometres, its corners taken to longitude and equal-area latitude,
        at Chebyshev nodes of the block with the polynomial through them between (1e-7 or better).
        The areal scale that PROJ offers will not do: for Mollweide and Web Mercator it is that of
        a sphere, wrong by up to 0.7 %.
        """
        block = block or self.whole
        if self.is_geographic and self.is_north_up and not self.crs.is_derived:
            return self._area_between_parallels(block)
        return self._area_by_nodes(block)

    def _area_between_parallels(self, block: Block) -> F64:
        t = self.transform
        latitude = t.f + t.e * np.arange(block.row0, block.row1 + 1, dtype=np.float64)
        # Only rounding may push an edge past a pole; anything more is not a latitude.
        if np.abs(latitude).max() > 90.0 + 1e-6:
            msg = (
                f"the raster's rows reach latitude {latitude[np.abs(latitude).argmax()]:.4f}: its axes are exchanged or "
                "its coordinates are not degrees; give it the right CRS or transform"
            )
            raise InputError(msg)
        per_radian_km2 = np.abs(np.diff(equal_area_km2(np.clip(latitude, -90.0, 90.0))))
        area: F64 = (per_radian_km2 * np.radians(abs(t.a)))[:, None]
        return area

    def _area_by_nodes(self, block: Block) -> F64:
        rows, cols = block.shape
        row, to_rows = nodes_of(block.row0, block.row1)
        col, to_cols = nodes_of(block.col0, block.col1)
        at_nodes = self._area_around(*np.meshgrid(col, row))
        known = np.isfinite(at_nodes)
        if known.all():
            return np.asarray(to_rows @ at_nodes @ to_cols.T)
        if not known.any() or max(rows, cols) <= _AREA_NODES:
            return np.broadcast_to(
                to_rows @ np.where(known, at_nodes, 0.0) @ to_cols.T, (rows, cols)
            )
        # The edge of the map runs through the block.
        half_rows, half_cols = block.row0 + -(-rows // 2), block.col0 + -(-cols // 2)
        area = np.zeros((rows, cols))
        for part in (
            Block(block.row0, half_rows, block.col0, half_cols),
            Block(block.row0, half_rows, half_cols, block.col1),
            Block(half_rows, block.row1, block.col0, half_cols),
            Block(half_rows, block.row1, half_cols, block.col1),
        ):
            if min(part.shape) > 0:
                area[
                    part.row0 - block.row0 : part.row1 - block.row0,
                    part.col0 - block.col0 : part.col1 - block.col0,
                ] = self._area_by_nodes(part)
        return area

    def _area_around(self, col: F64, row: F64) -> F64:
        """Area of a cell centred at each place; infinite or NaN where the CRS is not defined."""
        # PROJ's inverse is good to some micrometres: over a 100 m cell that would be seen.
        side = max(1.0, _AREA_SPAN_M / (max(self.cell_size) * self._unit_m))
        ring = np.array([(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)])
        to_lonlat = lonlat(self.crs)
        lon, height = [], []
        for dx, dy in ring * (side / 2.0):
            x, y = self.xy(col + dx, row + dy)
            degrees, latitude = to_lonlat.transform(x, y, errcheck=False)
            lon.append(np.asarray(degrees))
            height.append(equal_area_km2(np.asarray(latitude)))
        with np.errstate(invalid="ignore"):
            turn = [d - lon[0] for d in lon]
            x = np.radians([d - 360.0 * np.round(d / 360.0) for d in turn])
            y = np.array([h - height[0] for h in height])
            # Around a pole meridians are no parallels: there the plane is that of the polar equal-area projection.
            far = np.abs(height)
            polar = far[0] > _POLAR * POLE_KM2
            radius = np.sqrt(2.0 * np.maximum(POLE_KM2 - far, 0.0))
            x = np.where(polar, radius * np.cos(np.radians(lon)), x)
            y = np.where(polar, radius * np.sin(np.radians(lon)), y)
            twice = (x * np.roll(y, -1, axis=0) - np.roll(x, -1, axis=0) * y).sum(axis=0)
            area: F64 = np.abs(twice) / 2.0 / side**2
        return area

    @cached_property
    def _unit_m(self) -> float:
        if self.is_geographic:
            return 111e3
        return float(self.crs.axis_info[0].unit_conversion_factor)


def equal_area_km2(latitude: F64) -> F64:
    """Area on the ellipsoid between the equator and a parallel, km2 for each radian of longitude."""
    with np.errstate(invalid="ignore"):
        sine, e = np.sin(np.radians(latitude)), np.sqrt(GEOID.es)
        q: F64 = (1.0 - GEOID.es) * (sine / (1.0 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    return GEOID.a**2 / 2.0 / 1e6 * q


POLE_KM2 = float(equal_area_km2(np.array([90.0]))[0])
"""Area of a hemisphere for each radian of longitude."""

_POLAR = 0.97
"""Share of a hemisphere's area, from the equator on, beyond which cells are measured around the pole (76 degrees)."""


def nodes_of(first: int, last: int) -> tuple[F64, F64]:
    """Return places in a run of cells, and the matrix from values there to values at all centres.

    A map that is smooth over a block is known to rounding from its values at few places.

    Chebyshev points of the second kind and Lagrange's polynomial in barycentric form (Berrut and
    Trefethen, SIAM Review 46, 2004, eq. 4.2 and 5.4); all centres where the cells are few.
    """
    centres: F64 = np.arange(first, last, dtype=np.float64) + 0.5
    if centres.size <= _AREA_NODES:
        return centres, np.eye(centres.size)
    angle = np.pi * np.arange(_AREA_NODES) / (_AREA_NODES - 1)
    middle, radius = (centres[0] + centres[-1]) / 2.0, (centres[-1] - centres[0]) / 2.0
    nodes: F64 = middle - radius * np.cos(angle)
    weights = (-1.0) ** np.arange(_AREA_NODES)
    weights[[0, -1]] /= 2.0
    away = centres[:, None] - nodes
    at_node = away == 0.0
    matrix: F64 = weights / np.where(at_node, 1.0, away)
    matrix /= matrix.sum(axis=1, keepdims=True)
    hit = at_node.any(axis=1)
    matrix[hit] = at_node[hit]
    return nodes, matrix


def lonlat(crs: CRS) -> Transformer:
    """Return the transformer from `crs` to longitude and latitude on WGS 84, in that order."""
    return Transformer.from_crs(crs, 4326, always_xy=True)


def crs_of(value: object, what: str) -> CRS:
    """Return a CRS from anything pyproj understands.

    Raises
    ------
    MissingCrsError
        `value` is None or empty.
    InputError
        `value` is not a CRS that PROJ knows.
    """
    if value is None or value == "":
        msg = (
            f"{what} has no coordinate reference system, so its place on Earth is unknown; "
            "write it into the file (for instance `rio edit-info --crs EPSG:4326` or QGIS 'Assign projection')"
        )
        raise MissingCrsError(msg)
    try:
        crs = CRS.from_user_input(value)
    except (CRSError, TypeError, ValueError) as error:
        msg = f"{what} has a coordinate reference system that PROJ does not know: {error}"
        raise InputError(msg) from error
    # CRS84 is EPSG:4326 with longitude first, which is how x and y are read here in any case.
    lonlat_wgs84 = CRS.from_epsg(4326)
    return lonlat_wgs84 if crs.equals(lonlat_wgs84, ignore_axis_order=True) else crs


def must_match(what: str, got: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise `GridMismatchError` unless two shapes are equal."""
    if got != wanted:
        msg = f"{what} has shape {got}, but the population grid is {wanted}; bring it to that grid first"
        raise GridMismatchError(msg)
