"""The embedded demo case: what it promises about its files, and what it is built from."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from lxml import etree

from ew4all.demo import CASE, NOTICE, extra, folder
from tools import build_demo
from tools.demo import model

if TYPE_CHECKING:
    from pathlib import Path

NATIONAL_TOTAL = 111_454
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
RASTERS = sorted(folder().glob("*.tif"))
GEOJSON = sorted(folder().glob("*.geojson"))


@pytest.fixture(scope="module")
def people() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes, latitudes and people of the cells that have any."""
    with rasterio.open(CASE.population) as raster:
        values = raster.read(1, masked=True).filled(0.0)
        row, col = np.nonzero(values)
        lon, lat = raster.transform @ (col + 0.5, row + 0.5)
    return lon, lat, values[row, col].astype(np.float64)


def shape_of(path: Path) -> shapely.Geometry:
    return geopandas.read_file(path).union_all()


def test_case_stays_small() -> None:
    sizes = {path.name: path.stat().st_size for path in folder().iterdir()}
    assert sum(sizes.values()) < 1_000_000, sizes


def test_arguments_name_existing_files() -> None:
    arguments = CASE.arguments()
    paths = [arguments[name] for name in ("population", "hazard", "cap", "zones")]
    assert all(path.is_file() for path in [*paths, *arguments["coverage"].values()])
    operators = {name.partition(":")[2] for name in arguments["coverage"]}
    assert operators == set(arguments["operator_share"])
    assert sum(arguments["operator_share"].values()) == pytest.approx(1.0)


def test_arguments_cannot_change_the_case() -> None:
    CASE.arguments()["coverage"].clear()
    assert len(CASE.coverage) == 5


def test_extra_names_a_missing_file() -> None:
    assert extra("sites.csv").is_file()
    with pytest.raises(FileNotFoundError, match=r"towers\.csv"):
        extra("towers.csv")


def test_import_stays_light() -> None:
    code = (
        "import sys, ew4all.demo;"
        "heavy = {'numpy', 'rasterio', 'shapely', 'geopandas', 'pyproj', 'matplotlib'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- people


def test_population_is_a_class_grid_of_counts() -> None:
    with rasterio.open(CASE.population) as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.dtypes == ("float32",)
        assert raster.nodata == -99999.0
        assert raster.units == ("people",)
        assert raster.descriptions == ("people per cell",)
        assert raster.tags()["EW4ALL_UNIT"] == "count"
        assert raster.transform.a == pytest.approx(1 / 1200)
        origin = np.array([raster.transform.c, raster.transform.f]) * 1200
        assert np.allclose(origin, np.round(origin), atol=1e-6)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.block_shapes == [(256, 256)]
        assert raster.overviews(1) == []


def test_people_add_up_to_the_national_total_exactly() -> None:
    with rasterio.open(CASE.population) as raster:
        values = raster.read(1)
    land = values[values != -99999.0]
    assert land.min() >= 0.0
    assert land.sum(dtype=np.float64) == NATIONAL_TOTAL


def test_people_live_on_three_islands_at_plausible_densities(
    people: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    lon, lat, count = people
    # The coast follows WorldPop's cells, some of whose edges run through centres of ours.
    land = shape_of(extra("outline.geojson")).buffer(1e-6)
    assert shapely.contains_xy(land, lon, lat).all()
    cell_km2 = np.prod(model.M_PER_DEGREE) / 1200**2 / 1e6
    density_per_km2 = count / cell_km2
    assert 3000 < density_per_km2.max() < 9000
    densest = int(np.argmax(count))
    assert np.hypot(lon[densest] + 61.752, lat[densest] - 12.053) < 0.02  # Saint George's
    petite_martinique = (lon > -61.41) & (lat > 12.50)
    assert 300 < count[petite_martinique].sum() < 1500
    carriacou = (lat > 12.43) & ~petite_martinique
    assert 5000 < count[carriacou].sum() < 11000
    islets_between = (lat > 12.25) & (lat < 12.43)
    assert not islets_between.any()


def test_whole_units_add_up_and_follow_the_largest_remainder() -> None:
    split = model.whole_units(np.array([0.5, 0.26, 0.24]), 10)
    assert split.tolist() == [5.0, 3.0, 2.0]


# ---- zones


def test_every_cell_with_people_lies_in_exactly_one_zone(
    people: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    lon, lat, count = people
    zones = geopandas.read_file(CASE.zones)
    assert zones[CASE.zone_id].tolist() == [f"GD-{code}" for code in model.PARISHES]
    assert zones[CASE.zone_name].is_unique
    inside = np.stack([shapely.contains_xy(zone, lon, lat) for zone in zones.geometry])
    assert (inside.sum(axis=0) == 1).all()
    assert (inside @ count).sum() == pytest.approx(NATIONAL_TOTAL, rel=1e-12)


def test_zones_share_their_edges_and_hold_whole_cells(
    people: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    lon, lat, _ = people
    zones = geopandas.read_file(CASE.zones)
    assert zones.is_valid.all()
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    half = 0.5 / 1200
    cells = shapely.box(lon - half, lat - half, lon + half, lat + half)
    country = zones.union_all()
    shapely.prepare(country)
    assert shapely.contains(country, cells).all()


# ---- hazard and alert


@pytest.mark.parametrize("threshold_kt", [34, 50, 64], ids=str)
def test_swath_equals_the_reference(shared_data: Path, threshold_kt: int) -> None:
    reference = geopandas.read_file(shared_data / "data/hazards/tc_beryl_2024_wind_swath.geojson")
    ours = geopandas.read_file(extra("wind_swaths.geojson"))
    theirs = reference[reference["threshold_kt"] == threshold_kt].union_all()
    theirs = theirs.intersection(model.hazard_box())
    mine = ours[ours["threshold_kt"] == threshold_kt].union_all()
    assert mine.intersection(theirs).area / mine.union(theirs).area > 0.999


def test_fixes_are_those_of_the_best_track(shared_data: Path) -> None:
    path = shared_data / "data/hazards/tc_beryl_2024_ibtracs.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        published = {row["ISO_TIME"].replace(" ", "T") + "Z": row for row in csv.DictReader(stream)}
    for fix in build_demo.rows_of("beryl_fixes.csv"):
        row = published[fix["time_utc"]]
        assert (fix["lat"], fix["lon"]) == (row["USA_LAT"], row["USA_LON"])
        for name in (name for name in fix if name.endswith("_nmi")):
            assert float(fix[name]) == float(row[f"USA_{name.removesuffix('_nmi').upper()}"]), name


def test_wind_field_reaches_each_radius_in_its_quadrant() -> None:
    field = model.wind_field(-61.4, 12.4, [60.0, 30.0, 0.0, 15.0])
    west, south, east, north = field.bounds
    assert (north - 12.4) * 60 == pytest.approx(60.0, rel=0.01)  # a nautical mile is a minute
    assert (12.4 - south) * 60 == pytest.approx(30.0, rel=0.01)
    assert (east + 61.4) * 60 * np.cos(np.radians(12.4)) == pytest.approx(60.0, rel=0.01)
    assert (-61.4 - west) * 60 * np.cos(np.radians(12.4)) == pytest.approx(15.0, rel=0.01)
    assert not field.contains(shapely.Point(-61.5, 12.3))


def test_hazard_is_the_64_kt_swath() -> None:
    hazard = geopandas.read_file(CASE.hazard)
    swaths = geopandas.read_file(extra("wind_swaths.geojson"))
    assert hazard["threshold_kt"].tolist() == [64]
    assert hazard.geometry[0].equals(swaths.loc[swaths["threshold_kt"] == 64, "geometry"].iloc[0])
    assert swaths["threshold_kt"].tolist() == [34, 50, 64]
    assert swaths.geometry[0].covers(swaths.geometry[1])
    assert swaths.geometry[1].covers(swaths.geometry[2])


def test_shipped_hazard_and_alert_are_what_the_script_builds(tmp_path: Path) -> None:
    build_demo.build_hazard(tmp_path)
    assert (tmp_path / "alert.xml").read_bytes() == CASE.cap.read_bytes()
    for path in sorted(tmp_path.glob("*.geojson")):
        built, shipped = shape_of(path), shape_of(extra(path.name))
        assert built.symmetric_difference(shipped).area < 1e-9


def test_alert_is_an_exercise_in_cap_order() -> None:
    alert = etree.parse(CASE.cap).getroot()
    assert alert.tag == f"{CAP}alert"
    assert [etree.QName(child).localname for child in alert] == [
        "identifier", "sender", "sent", "status", "msgType", "scope", "note", "info",
    ]  # fmt: skip
    assert [etree.QName(child).localname for child in alert.find(f"{CAP}info")] == [
        "language", "category", "event", "responseType", "urgency", "severity", "certainty",
        "effective", "onset", "expires", "senderName", "headline", "description", "instruction",
        "area",
    ]  # fmt: skip
    assert alert.findtext(f"{CAP}status") == "Exercise"
    assert alert.findtext(f"{CAP}note") == f"EXERCISE: {NOTICE}"
    assert not re.search(r"[\s,<&]", alert.findtext(f"{CAP}identifier"))
    for name in ("sent", "effective", "onset", "expires"):
        stamp = next(alert.iter(f"{CAP}{name}")).text
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", stamp), name
    for name in ("event", "headline", "description", "instruction", "areaDesc"):
        assert next(alert.iter(f"{CAP}{name}")).text.startswith("EXERCISE"), name


def test_alert_polygon_is_the_closed_warning_area() -> None:
    text = etree.parse(CASE.cap).getroot().findtext(f".//{CAP}polygon")
    ring = [tuple(map(float, pair.split(","))) for pair in text.split()]
    assert ring[0] == ring[-1]
    assert 11 <= len(ring) <= 31
    lat, lon = np.array(ring).T
    polygon = shapely.Polygon(np.column_stack((lon, lat)))
    assert polygon.is_valid
    assert polygon.equals(shape_of(extra("area.geojson")))


def test_warning_area_differs_from_the_footprint_both_ways(
    people: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    lon, lat, count = people
    at_risk = shapely.contains_xy(shape_of(CASE.hazard), lon, lat)
    in_area = shapely.contains_xy(shape_of(extra("area.geojson")), lon, lat)
    assert count[at_risk].sum() == pytest.approx(75_424, rel=0.005)
    assert count[in_area].sum() == pytest.approx(70_634, rel=0.005)
    assert count[at_risk & ~in_area].sum() > 5000
    assert count[in_area & ~at_risk].sum() > 2000


# ---- coverage


def served(path: Path, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Whether each point has signal, read in the plainest way."""
    if path.suffix == ".gpkg":
        return shapely.contains_xy(shape_of(path), lon, lat)
    with rasterio.open(path) as raster:
        values = raster.read(1)
        col, row = ~raster.transform @ (lon, lat)
    assert set(np.unique(values)) == {0, 1}
    return values[row.astype(int), col.astype(int)] == 1


def test_coverage_leaves_plausible_gaps(people: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    lon, lat, count = people
    layers = {name: served(path, lon, lat) for name, path in CASE.coverage.items()}
    share = {name: count[layer].sum() / count.sum() for name, layer in layers.items()}
    assert share["2g:Operator A"] > share["3g:Operator A"] > share["4g:Operator A"] > 0.7
    assert share["2g:Operator B"] > share["4g:Operator B"] > 0.6
    any_4g = layers["4g:Operator A"] | layers["4g:Operator B"]
    any_2g = layers["2g:Operator A"] | layers["2g:Operator B"]
    assert 0.85 < count[any_4g].sum() / count.sum() < 0.95
    assert 0.97 < count[any_2g].sum() / count.sum() < 0.995
    in_area = shapely.contains_xy(shape_of(extra("area.geojson")), lon, lat)
    uncovered = ~np.any(list(layers.values()), axis=0)
    assert 500 < count[in_area & uncovered].sum() < 2000


def test_polygon_coverage_says_whose_it_is_and_what_it_is() -> None:
    for name, path in CASE.coverage.items():
        technology, _, operator = name.partition(":")
        if path.suffix == ".gpkg":
            layer = geopandas.read_file(path)
            assert layer.crs.to_epsg() == 4326
            assert layer.is_valid.all()
            row = layer.iloc[0]
            found = row["technology"], row["operator"], row["provenance"]
        else:
            with rasterio.open(path) as raster:
                tags = raster.tags()
            found = tuple(tags[f"EW4ALL_{key}"] for key in ("TECHNOLOGY", "OPERATOR", "PROVENANCE"))
        assert found == (technology, operator, "modelled")


def test_shipped_coverage_is_what_the_script_builds_and_builds_again(tmp_path: Path) -> None:
    with rasterio.open(CASE.population) as raster:
        values = raster.read(1)
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        build_demo.build_coverage(tmp_path / run, values)
    built = sorted((tmp_path / "first").iterdir())
    assert len(built) == 6
    for path in built:
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name
        # Another GDAL may pack the same content in other bytes.
        if path.suffix == ".gpkg":
            assert shape_of(path).symmetric_difference(shape_of(extra(path.name))).area < 1e-9
        elif path.suffix == ".tif":
            with rasterio.open(path) as mine, rasterio.open(extra(path.name)) as shipped:
                assert (mine.read(1) == shipped.read(1)).all()
        else:
            assert path.read_text(encoding="utf-8") == extra(path.name).read_text(encoding="utf-8")


def test_sites_stand_on_land_and_serve_what_the_layers_say() -> None:
    with extra("sites.csv").open(newline="", encoding="utf-8") as stream:
        sites = list(csv.DictReader(stream))
    land = shape_of(extra("outline.geojson"))
    assert len({site["site"] for site in sites}) == len(sites) == 39
    for site in sites:
        assert land.contains(shapely.Point(float(site["lon"]), float(site["lat"]))), site
    layers = {f"{t}:{site['operator']}" for site in sites for t in site["technologies"].split()}
    assert layers == set(CASE.coverage)


# ---- notices


@pytest.mark.parametrize("path", RASTERS, ids=[path.name for path in RASTERS])
def test_rasters_carry_the_notice(path: Path) -> None:
    with rasterio.open(path) as raster:
        assert raster.tags()["EW4ALL_NOTE"] == NOTICE
        assert NOTICE in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]


@pytest.mark.parametrize("path", GEOJSON, ids=[path.name for path in GEOJSON])
def test_geojson_carries_the_notice_and_is_valid(path: Path) -> None:
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert collection["note"] == NOTICE
    assert all(feature["properties"]["note"] == NOTICE for feature in collection["features"])
    assert geopandas.read_file(path).is_valid.all()


def test_tables_carry_the_notice_and_no_clock() -> None:
    with extra("sites.csv").open(newline="", encoding="utf-8") as stream:
        assert all(NOTICE in row["note"] for row in csv.DictReader(stream))
    for path in sorted(folder().glob("*.gpkg")):
        assert geopandas.read_file(path)["note"].str.contains(NOTICE).all()
        database = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
        try:
            contents = database.execute("SELECT last_change, description FROM gpkg_contents")
            assert contents.fetchall() == [
                ("2024-07-01T00:00:00.000Z", f"illustrative, modelled; {NOTICE}")
            ]
        finally:
            database.close()


def test_licences_name_every_file_and_source() -> None:
    text = extra("LICENCES.md").read_text(encoding="utf-8")
    for path in folder().iterdir():
        name = re.sub(r"coverage_.*", "coverage_*", path.name)
        assert path.name == "LICENCES.md" or f"`{name}`" in text, path
    for words in ("GeoNames", "WorldPop", "IBTrACS", "CC BY 4.0", "public domain", NOTICE):
        assert words in text


def test_build_refuses_another_version_of_a_package(tmp_path: Path) -> None:
    with pytest.raises(build_demo.PackageError, match="is not there"):
        build_demo.package_file(tmp_path, build_demo.GEONAMES, "any")
    (tmp_path / build_demo.GEONAMES).write_bytes(b"not the wheel")
    with pytest.raises(build_demo.PackageError, match="has SHA-256"):
        build_demo.package_file(tmp_path, build_demo.GEONAMES, "any")
