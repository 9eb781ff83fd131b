"""Ours and the peers, each with the same task: six totals of every polygon.

The totals are people; people under each of four coverage layers; people under any of them. Everybody starts from the
same validated shapely geometries and arrays. What can be made ready once for a raster (packed layers, products) is
made in `Country` and shown beside the times, not in them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from exactextract import Operation, exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import NumPyRasterSource
from rasterio.features import geometry_mask
from rasterstats import zonal_stats

from benchmarks import data
from benchmarks.gdal_zonal import LentRasters, LentZones, gdal_version, zonal_sums
from benchmarks.race import time_of
from ew4all.coverage.exposure import totals
from ew4all.coverage.sources import ArraySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.reprojection import Geometries
    from ew4all.units import F64

TOTALS = 2 + data.LAYERS

OURS = "ew4all, 1 thread"
OURS_2 = "ew4all, 2 threads"
EXACTEXTRACT = "exactextract, as documented (GeoDataFrame)"
EXACTEXTRACT_WKB = "exactextract, polygons as WKB"
EXACTEXTRACT_WEIGHTS = "exactextract, people as weights"
GDAL = f"GDAL {gdal_version() or '>= 3.12'} zonal-stats, fractional"
HAS_GDAL = gdal_version() is not None
RASTERIO = "rasterio mask + numpy"
RASTERSTATS = "rasterstats"

EXACT = (EXACTEXTRACT, EXACTEXTRACT_WKB, EXACTEXTRACT_WEIGHTS, GDAL)
"""Peers with exact fractions of cells."""

BEST = (EXACTEXTRACT, EXACTEXTRACT_WKB)
"""exactextract's best formulation: sums over pre-multiplied rasters."""


@dataclass
class Country:
    """The raster in memory, and what can be made ready from it; `took_s` says how long each took."""

    size: int
    took_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grid = data.grid_of(self.size)
        self.stored = data.stored_people(self.size)
        self.layers = data.layers(self.size)
        self.cases = data.cases(self.size)

    def _timed(self, name: str, work: Callable[[], Any]) -> Any:
        self.took_s[name], result = time_of(work)
        return result

    @cached_property
    def people(self) -> NDArray[np.float32]:
        """People, 0 where there are no data."""
        zero = np.float32(0)
        work = lambda: np.where(self.stored == data.NODATA, zero, self.stored)  # noqa: E731
        return self._timed("nodata", work)

    @cached_property
    def any_layer(self) -> NDArray[np.uint8]:
        """Covered by any layer."""
        return self._timed("any", lambda: np.bitwise_or.reduce(self.layers))

    @cached_property
    def source(self) -> ArraySource:
        """Layers packed to bits, for ours."""
        people, layers = self.people, [*self.layers, self.any_layer]
        ArraySource.of(
            self.grid.crop(self.grid.whole._replace(row1=1)), people[:1], [a[:1] for a in layers]
        )
        return self._timed("packing", lambda: ArraySource.of(self.grid, people, layers))

    @cached_property
    def products(self) -> list[NDArray[np.float32]]:
        """People x each layer, for who can only sum a raster."""
        people, layers, zero = self.people, [*self.layers, self.any_layer], np.float32(0)
        work = lambda: [people, *(np.where(layer, people, zero) for layer in layers)]  # noqa: E731
        return self._timed("products", work)

    def prepared_s(self, *names: str) -> float:
        """Return how long the things named took, in seconds."""
        return sum(self.took_s[name] for name in names)


def ours(country: Country, shapes: Geometries, workers: int | Executor = 1) -> F64:
    """Count with this package."""
    return totals(shapes, country.source, workers=workers)


def _lent(country: Country, arrays: list[NDArray[Any]], **more: Any) -> list[NumPyRasterSource]:
    wkt = country.grid.crs.to_wkt()
    bounds = country.grid.bounds
    return [
        NumPyRasterSource(array, *bounds, name=f"r{k}", srs_wkt=wkt, **more)
        for k, array in enumerate(arrays)
    ]


def exactextract_documented(
    country: Country, shapes: Geometries, strategy: str
) -> Callable[[], F64]:
    """Sums over pre-multiplied rasters, polygons as a GeoDataFrame (made beforehand)."""
    frame = gpd.GeoDataFrame(geometry=shapes, crs=country.grid.crs)
    rasters = _lent(country, country.products)
    return lambda: exact_extract(
        rasters, frame, ["sum"], output="pandas", strategy=strategy
    ).to_numpy(dtype=np.float64)


def exactextract_wkb(country: Country, shapes: Geometries, strategy: str) -> Callable[[], F64]:
    """Do the same, with a source of polygons of ours: its own one writes and reads GeoJSON, half of the time for d."""
    rasters = _lent(country, country.products)
    source = WkbFeatures(shapes, country.grid.crs.to_wkt())
    return lambda: exact_extract(
        rasters, source, ["sum"], output="pandas", strategy=strategy
    ).to_numpy(dtype=np.float64)


def exactextract_weights(country: Country, shapes: Geometries, strategy: str) -> Callable[[], F64]:
    """Layers weighted by people: no product is needed, but more is read and multiplied."""
    people = _lent(country, [country.people])[0]
    layers = _lent(country, [*country.layers, country.any_layer])
    wanted = [Operation("sum", "people", people)]
    wanted += [
        Operation("weighted_sum", f"layer{k}", layer, people) for k, layer in enumerate(layers)
    ]
    source = WkbFeatures(shapes, country.grid.crs.to_wkt())
    # The operations do not keep the rasters alive; the list that is handed over does.
    return lambda: exact_extract(
        [people, *layers], source, wanted, output="pandas", strategy=strategy
    ).to_numpy(dtype=np.float64)


class WkbFeature(Feature):  # type: ignore[misc]
    """A polygon for exactextract, and what it writes to it."""

    def __init__(self, wkb: bytes | None = None) -> None:
        super().__init__()
        self.wkb = wkb
        self.values: dict[str, Any] = {}

    def geometry(self) -> bytes | None:
        return self.wkb

    def set(self, name: str, value: Any) -> None:
        self.values[name] = value

    def get(self, name: str) -> Any:
        return self.values[name]

    def fields(self) -> list[str]:
        return list(self.values)


class WkbFeatures(FeatureSource):  # type: ignore[misc]
    """Polygons for exactextract, encoded when they are asked for."""

    def __init__(self, shapes: Geometries, wkt: str) -> None:
        super().__init__()
        self.shapes, self.wkt = shapes, wkt

    def count(self) -> int:
        return len(self.shapes)

    def __iter__(self) -> Iterator[WkbFeature]:
        for wkb in shapely.to_wkb(self.shapes):
            yield WkbFeature(wkb)

    def srs_wkt(self) -> str:
        return self.wkt


def gdal(rasters: LentRasters, zones: LentZones, strategy: str) -> Callable[[], F64]:
    """GDAL's fractional sums over the same products, lent and handed over beforehand."""
    return lambda: zonal_sums(rasters, zones, strategy)


def rasterio_mask(country: Country, shapes: Geometries) -> F64:
    """Centres of cells; one histogram of our packed layers gives all totals, which is the quickest that numpy can."""
    out = np.zeros((len(shapes), TOTALS))
    bits = np.arange(1 << (TOTALS - 1))
    has = (bits[:, None] >> np.arange(TOTALS - 1)) & 1
    plane = country.source.planes[0]
    for row, shape in zip(out, shapes, strict=True):
        block = country.grid.block_of_bounds(shape.bounds)
        if block is None:
            continue
        window = country.grid.crop(block)
        inside = geometry_mask([shape], window.shape, window.transform, invert=True)
        cells = slice(block.row0, block.row1), slice(block.col0, block.col1)
        by_bits = np.bincount(
            plane[cells][inside], weights=country.people[cells][inside], minlength=bits.size
        )
        row[0] = by_bits.sum()
        row[1:] = by_bits @ has
    return out


def rasterstats(country: Country, shapes: Geometries) -> F64:
    """Centres of cells; one call for each product."""
    a, b, c, d, e, f = tuple(country.grid.transform)[:6]
    out = np.zeros((len(shapes), TOTALS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k, product in enumerate(country.products):
            found = zonal_stats(
                list(shapes), product, affine=Affine(a, b, c, d, e, f), stats=["sum"], nodata=-1.0
            )
            out[:, k] = [one["sum"] or 0.0 for one in found]
    return out
