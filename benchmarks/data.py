"""What is measured: rasters and polygons of a made-up country, the same in every run.

People are in a raster of 3 arc-seconds, float32, 12 % of it without data and 24 % empty; four 0/1 coverage layers lie
on the same cells. Each row of chunks has a generator of its own, so that a file of any size is written window by
window and holds the same numbers as the array in memory.

Polygons, in cells of the raster (its side being 10,000):

a
    One of 60 vertices over a fifth of the raster: a hazard footprint.
b
    One of 100,000 vertices over a fifth of the raster: a coast.
c
    1,000 Voronoi zones of some 200 vertices that tile the raster: districts.
d
    10,000 overlapping polygons of 24 vertices and 6,600 cells each, two thirds of the raster in sum: cell footprints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from ew4all.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NODATA = np.float32(-99999.0)
LAYERS = 4
CHUNK = 512
PATCH = 32
"""Cells on a side of the patches that are sea, empty or covered alike: files with some structure to compress."""

CELL_DEG = 1.0 / 1200.0
SIDE = 10_000

CASES = {
    "a": "1 polygon, 60 vertices, 20 % of the raster",
    "b": "1 polygon, 100,000 vertices, 20 % of the raster",
    "c": "1,000 zones that tile the raster",
    "d": "10,000 polygons of 24 vertices, overlapping",
}


def grid_of(size: int) -> Grid:
    """Return a grid of `size` x `size` cells of 3 arc-seconds, north up, its lower left corner at 0, 0."""
    return Grid(
        Affine(CELL_DEG, 0.0, 0.0, 0.0, -CELL_DEG, size * CELL_DEG), size, size, CRS.from_epsg(4326)
    )


def chunks_of_people(size: int) -> Iterator[NDArray[np.float32]]:
    """Yield people as stored, nodata included, in chunks of rows."""
    for row0 in range(0, size, CHUNK):
        rng = np.random.default_rng([1, row0 // CHUNK])
        rows = min(CHUNK, size - row0)
        people = 12.0 * rng.standard_exponential((rows, size), dtype=np.float32)
        kind = _patches(rng.random((CHUNK // PATCH, -(-size // PATCH)), dtype=np.float32))
        kind = kind[:rows, :size]
        people[kind < 0.36] = 0.0
        people[kind < 0.12] = NODATA
        yield people


def chunks_of_layer(size: int, layer: int) -> Iterator[NDArray[np.uint8]]:
    """Yield one 0/1 layer in chunks of rows; layer ``k`` covers 0.4 + 0.15 k of the raster."""
    for row0 in range(0, size, CHUNK):
        rng = np.random.default_rng([2 + layer, row0 // CHUNK])
        low = rng.random((CHUNK // PATCH, -(-size // PATCH)), dtype=np.float32)
        covered = (low < 0.4 + 0.15 * layer).astype(np.uint8)
        yield _patches(covered)[: min(CHUNK, size - row0), :size]


def stored_people(size: int) -> NDArray[np.float32]:
    """Return people as a raster file would hold them."""
    return np.concatenate(list(chunks_of_people(size)))


def layers(size: int) -> list[NDArray[np.uint8]]:
    """Return the coverage layers."""
    return [np.concatenate(list(chunks_of_layer(size, k))) for k in range(LAYERS)]


def cases(size: int) -> dict[str, NDArray[Any]]:
    """Return the polygons of each case, in the CRS of `grid_of`."""
    found = {"c": on_raster(zones(1000), size), "d": on_raster(footprints(10_000), size)}
    for name in ("a", "b"):
        found[name] = np.array([one(name, size)], dtype=object)
    return {name: found[name] for name in CASES}


def one(case: str, size: int) -> shapely.Polygon:
    """Return the polygon of case a or b."""
    footprint = blob(60, roughness=0.05, seed=1, radius=2520.0)
    return on_raster(footprint if case == "a" else coast(100_000), size)


def coast(vertices: int) -> shapely.Polygon:
    """Return the fractal polygon of case b with as many vertices."""
    return blob(vertices, roughness=0.15, seed=2, radius=2500.0, smoothness=0.8)


def on_raster(shapes: Any, size: int) -> Any:
    """Scale polygons from 0..10,000 to the CRS of a raster of `size` cells on a side."""
    return shapely.transform(shapes, lambda xy: xy * (size / SIDE * CELL_DEG))


def blob(
    vertices: int,
    *,
    roughness: float,
    seed: int,
    radius: float,
    smoothness: float = 1.0,
    centre: tuple[float, float] = (SIDE / 2, SIDE / 2),
) -> shapely.Polygon:
    """Return a star-shaped polygon whose radius is a sum of waves; a small `smoothness` gives a fractal coast."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * np.pi, vertices, endpoint=False)
    away = np.ones(vertices)
    wave = 1
    while wave < vertices / 2:
        height = roughness / wave**smoothness * rng.normal()
        away += height * np.sin(wave * angle + rng.uniform(0.0, 2.0 * np.pi))
        wave = wave * 2 if wave > 8 else wave + 1
    away = radius * np.maximum(away, 0.2)
    x, y = centre
    return shapely.Polygon(np.column_stack([x + away * np.cos(angle), y + away * np.sin(angle)]))


def zones(count: int) -> NDArray[Any]:
    """Return zones that tile the raster, with a vertex every 6 of 10,000 parts of it."""
    points = np.random.default_rng(3).uniform(0.0, SIDE, (count, 2))
    whole = shapely.box(0.0, 0.0, SIDE, SIDE)
    tiles = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=whole)
    return shapely.segmentize(shapely.intersection(shapely.get_parts(tiles), whole), 6.0)


def footprints(count: int) -> NDArray[Any]:
    """Return small polygons at random places."""
    rng = np.random.default_rng(4)
    out = np.empty(count, dtype=object)
    for k in range(count):
        x, y = rng.uniform(60.0, SIDE - 60.0, 2)
        out[k] = blob(24, roughness=0.08, seed=10 + k, radius=46.0, centre=(x, y))
    return out


def _patches(low: NDArray[Any]) -> NDArray[Any]:
    return low.repeat(PATCH, axis=0).repeat(PATCH, axis=1)
