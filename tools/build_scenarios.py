"""Build the inputs of the shipped scenarios that are invented: a valley and a large country.

From the root of the checkout::

    python -m tools.build_scenarios --out ew4all/scenario/data

Both lie in the empty South Pacific, so that nobody takes them for a place that exists. No network, no clock; draws are from
fixed seeds: run twice with the same versions of the libraries, it writes the same bytes. What was chosen, and why, is in the
story beside each scenario.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer

NOTE: Final = "invented; demo data, not for operations"

# The valley, metres in UTM 6 S.
VALLEY_CRS: Final = "EPSG:32706"
EAST_M, NORTH_M, CELL_M = 500_000.0, 6_700_000.0, 100.0
COLUMNS, ROWS = 90, 260
VILLAGES: Final = (  # name, kilometres down the valley, people
    ("Head", 2.0, 600), ("Mill", 5.5, 1100), ("Chapel", 9.0, 1700), ("Bridge", 13.0, 3200), ("Ford", 17.0, 4300),
    ("Market", 23.0, 23_000),
)  # fmt: skip
COMMUNES: Final = (("V1", "Upper Valley", 0.0, 7.0), ("V2", "Chapel", 7.0, 11.0), ("V3", "Middle Valley", 11.0, 19.5), ("V4", "Market", 19.5, 26.0))  # fmt: skip
SCATTERED: Final = 2600
WAVE_M_S: Final = 2.6
OVER_75: Final = 0.12

# The country, degrees.
WEST, NORTH, CELL_DEG = -150.0, -24.0, 0.05
WIDE, HIGH = 240, 200
PEOPLE: Final = 62_000_000
TOWNS: Final = 130
PROVINCES: Final = 12


def river_m(down_m: Any) -> Any:
    """Return the easting of the river, metres from the western edge, by the distance down the valley."""
    return 4500.0 + 700.0 * np.sin(down_m / 3600.0) + 250.0 * np.sin(down_m / 1100.0)


def valley(out: Path) -> None:
    """Write the valley."""
    out.mkdir(parents=True, exist_ok=True)
    transform = Affine(CELL_M, 0, EAST_M, 0, -CELL_M, NORTH_M)
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    down_m, across_m = (row + 0.5) * CELL_M, (column + 0.5) * CELL_M
    off_m = np.abs(across_m - river_m(down_m))
    floor_m = 500.0 + 500.0 * down_m / (ROWS * CELL_M)
    beside_m = np.maximum(0.0, off_m - floor_m)
    height = 900.0 - 0.018 * down_m + 0.42 * beside_m**0.98
    rng = np.random.default_rng(20260626)
    people = np.zeros((ROWS, COLUMNS))
    for _, km, count in VILLAGES:
        # Old villages keep a little off the water; the spread grows with the number of people.
        wide_m = 160.0 + 3.6 * np.sqrt(count)
        near = (
            np.hypot(down_m - km * 1000.0, (across_m - river_m(km * 1000.0) - 0.6 * wide_m) * 1.2)
            / wide_m
        ) ** 2
        weight = np.where(beside_m < 250.0, np.exp(-near / 2), 0.0) * rng.gamma(
            2.0, 0.5, people.shape
        )
        people += count * weight / weight.sum()
    rural = np.where(beside_m < 400.0, 1.0, 0.0) * (rng.random(people.shape) < 0.12)
    people += SCATTERED * rural / rural.sum()
    old = people * OVER_75 * rng.uniform(0.7, 1.3, people.shape)
    sixteenth = 1.0 / 16.0
    for name, part in (("0_74", people - old), ("75_plus", old)):
        _raster(
            out / f"people_{name}.tif",
            np.round(part / sixteenth) * sixteenth,
            transform,
            VALLEY_CRS,
            "float32",
        )
    _raster(out / "heights.tif", np.round(height), transform, VALLEY_CRS, "int16")
    minutes = np.where(off_m < 900.0, 8.0 + down_m / WAVE_M_S / 60.0, -1.0)
    _raster(out / "arrival_min.tif", np.round(minutes), transform, VALLEY_CRS, "int16")
    down = np.arange(0.0, ROWS * CELL_M + 1, 200.0)
    half = 90.0 + 260.0 * down / down[-1]
    bank = [(EAST_M + river_m(d) + side * h, NORTH_M - d) for side, order in ((-1, 1), (1, -1)) for d, h in list(zip(down, half, strict=True))[::order]]  # fmt: skip
    flood = shapely.Polygon(bank).buffer(0)
    _shapes(out / "flood.geojson", [(flood, {"name": "Flash flood"})], VALLEY_CRS)
    # The warning area is drawn by hand in a hurry: the valley floor by its communes, wider than the flood.
    warned = [shapely.Polygon([(EAST_M + river_m(d) + s * 1100.0, NORTH_M - d) for s, o in ((-1, 1), (1, -1)) for d in down[::o]]).buffer(0)]  # fmt: skip
    _shapes(out / "warning_area.geojson", [(warned[0], {"name": "Valley floor"})], VALLEY_CRS)
    boxes = [
        (shapely.box(EAST_M, NORTH_M - b * 1000.0, EAST_M + COLUMNS * CELL_M, NORTH_M - a * 1000.0), {"id": code, "name": name})
        for code, name, a, b in COMMUNES
    ]  # fmt: skip
    _shapes(out / "communes.geojson", boxes, VALLEY_CRS)
    sites = [  # name, km down, metres beside the river, operator, technologies, metres
        ("N1", 2.4, 900, "North", "2g", 20), ("N2", 8.6, 700, "North", "2g 4g", 25), ("N3", 13.4, -600, "North", "2g 4g", 30),
        ("N4", 17.6, 500, "North", "2g 4g", 25), ("N5", 22.6, 300, "North", "2g 4g 5g", 35), ("N6", 24.0, -700, "North", "2g 4g", 30),
        ("S1", 9.4, 800, "South", "4g", 25), ("S2", 16.2, -500, "South", "4g", 25), ("S3", 22.9, 600, "South", "4g 5g", 35),
    ]  # fmt: skip
    places = [_lonlat(km, beside) for _, km, beside, *_ in sites]
    _table(
        out / "sites.csv", ("site", "lon", "lat", "operator", "technologies", "height_m", "note"),
        [(name, *at, operator, what, high, NOTE) for (name, _, _, operator, what, high), at in zip(sites, places, strict=True)],
    )  # fmt: skip
    sirens = [(5.6, 60), (9.1, 80), (13.1, 90), (17.1, 90), (22.4, -500), (23.3, 450)]
    _table(out / "sirens.csv", ("lon", "lat", "rated_dbc", "note"), [(*_lonlat(km, beside), 115, NOTE) for km, beside in sirens])  # fmt: skip


def _lonlat(km: float, beside_m: float) -> tuple[float, float]:
    x, y = EAST_M + float(river_m(km * 1000.0)) + beside_m, NORTH_M - km * 1000.0
    lon, lat = Transformer.from_crs(VALLEY_CRS, 4326, always_xy=True).transform(x, y)
    return round(lon, 6), round(lat, 6)


def country(out: Path) -> None:
    """Write the large country."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20260909)
    transform = Affine(CELL_DEG, 0, WEST, 0, -CELL_DEG, NORTH)
    row, column = np.mgrid[0:HIGH, 0:WIDE]
    y, x = (row + 0.5) / HIGH, (column + 0.5) / WIDE
    angle = np.arctan2(y - 0.5, x - 0.5)
    edge = 0.44 + 0.035 * np.sin(3 * angle + 0.6) + 0.02 * np.sin(7 * angle)
    land = np.hypot(x - 0.5, y - 0.5) < edge
    at = np.argwhere(land)
    towns = at[rng.choice(len(at), TOWNS, replace=False)]
    size = (np.arange(TOWNS) + 1.0) ** -0.85
    people = np.zeros((HIGH, WIDE))
    for (r, c), share in zip(towns, size / size.sum(), strict=True):
        wide = 0.9 + 9.0 * share**0.5
        near = np.exp(-np.hypot(row - r, column - c) / wide) * land
        people += 0.68 * share * near / near.sum()
    rural = rng.gamma(0.5, 1.0, people.shape) * land * (0.15 + np.exp(-3.0 * np.abs(y - 0.4)))
    people = PEOPLE * (people + 0.32 * rural / rural.sum())
    whole = np.floor(people)
    # Whole people, by the largest remainder, so that they add up.
    short = int(PEOPLE - whole.sum())
    order = np.argsort(-(people - whole).ravel(), kind="stable")[:short]
    whole.ravel()[order] += 1.0
    _raster(
        out / "people.tif",
        np.where(land, whole, -1.0),
        transform,
        "EPSG:4326",
        "float32",
        nodata=-1.0,
    )
    density = people / (5.0 * 5.5)
    layers = {
        "2g_a": density > 0.35, "2g_b": density > 1.2, "4g_a": density > 1.8, "4g_b": density > 4.0, "4g_c": density > 25.0,
        "5g_a": density > 400.0,
    }  # fmt: skip
    for name, covered in layers.items():
        share = _smooth(covered.astype(float)) * land
        _raster(
            out / f"coverage_{name}.tif",
            np.round(100.0 * np.minimum(1.0, 1.02 * share)) / 100.0,
            transform,
            "EPSG:4326",
            "float32",
        )
    shape = shapely.Polygon(
        [
            (WEST + CELL_DEG * WIDE * (0.5 + e * np.cos(a)), NORTH - CELL_DEG * HIGH * (0.5 + e * np.sin(a)))
            for a in np.linspace(-np.pi, np.pi, 361)[:-1]
            for e in (0.455 + 0.035 * np.sin(3 * a + 0.6) + 0.02 * np.sin(7 * a),)
        ]
    )  # fmt: skip
    capitals = shapely.MultiPoint([(WEST + CELL_DEG * (c + 0.5), NORTH - CELL_DEG * (r + 0.5)) for r, c in towns[:PROVINCES]])  # fmt: skip
    cells = shapely.voronoi_polygons(capitals, extend_to=shape)
    zones = []
    for k, capital in enumerate(capitals.geoms):
        cell = next(c for c in cells.geoms if c.contains(capital))
        zones.append(
            (
                shapely.intersection(cell, shape),
                {"id": f"P{k + 1:02d}", "name": f"Province {k + 1}"},
            )
        )
    _shapes(out / "provinces.geojson", zones, "EPSG:4326")


def _smooth(share: Any) -> Any:
    """Return shares of cells covered: three by three cells together, since coverage does not end at the edge of a cell."""
    padded = np.pad(share, 1, mode="edge")
    parts = [
        padded[r : r + share.shape[0], c : c + share.shape[1]] for r in range(3) for c in range(3)
    ]
    return 0.6 * share + 0.4 * np.mean(parts, axis=0)


def _raster(
    path: Path, values: Any, transform: Affine, crs: str, dtype: str, nodata: float | None = None
) -> None:
    options: dict[str, Any] = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": dtype, "crs": crs,
        "transform": transform, "nodata": nodata, "compress": "deflate", "zlevel": 9, "tiled": True, "blockxsize": 256,
        "blockysize": 256, "predictor": 3 if dtype.startswith("float") else 2,
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as file:
        file.write(values.astype(dtype), 1)
        file.update_tags(NOTE=NOTE)


def _shapes(path: Path, rows: list[tuple[Any, dict[str, str]]], crs: str) -> None:
    to_lonlat = Transformer.from_crs(crs, 4326, always_xy=True)
    features = []
    for shape, properties in rows:
        found = shapely.transform(shape, lambda xy: np.column_stack(to_lonlat.transform(*xy.T)))
        geometry = shapely.geometry.mapping(shapely.set_precision(shapely.normalize(found), 1e-5))
        features.append(
            {"type": "Feature", "properties": {**properties, "note": NOTE}, "geometry": geometry}
        )
    document = {"type": "FeatureCollection", "name": path.stem, "note": NOTE, "features": features}
    path.write_text(json.dumps(document) + "\n", "utf-8")


def _table(path: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the shipped scenarios")
    out = parser.parse_args().out
    valley(out / "valley")
    country(out / "country")


if __name__ == "__main__":
    main()
