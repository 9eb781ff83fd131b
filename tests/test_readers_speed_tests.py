"""Speed tests by quadkey and by place: what a tile is, what it is not, and every malformed file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from raster_files import transform_of

import ew4all
from ew4all.coverage.change_defaults import TABLE, resolve
from ew4all.coverage.quadkeys import boxes, quadkeys_of, tiles_at, tiles_of
from ew4all.errors import (
    AssumptionError,
    ColumnError,
    EmptyLayerError,
    InputError,
    NoIntersectionError,
    ReadError,
    TableValueError,
)
from ew4all.readers.speed_tests import holds_tests, read_tests

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.readers.speed_tests import SpeedTests

HEADER = "quadkey,tile,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices"
"""As Ookla's open data has it."""

WEST, NORTH, CELL = -61.8, 12.2, 0.01
KEYS = quadkeys_of(
    12, *tiles_at(12, np.array([-61.75, -61.65, -61.55]), np.array([12.15, 12.15, 12.15]))
)


def table(path: Path, *rows: str, header: str = HEADER) -> str:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def row(key: str, kbps: Any, tests: Any) -> str:
    return f'{key},"POLYGON((0 0, 1 0, 1 1, 0 0))",{kbps},100,30,{tests},1'


def read(path: Any, **assume: float) -> SpeedTests:
    return read_tests(path, resolve(assume), "coverage 4g@2024-07-01")


def test_tiles_are_covered_uncovered_or_unknown(tmp_path: Path) -> None:
    path = table(
        tmp_path / "q.csv", row(KEYS[0], 5000, 3), row(KEYS[1], 0, 2), row(KEYS[2], 900, 0)
    )
    found = read(path)
    assert found.quadkey == tuple(sorted(KEYS[:2]))
    _, x, y = tiles_of(KEYS[:2])
    assert found.known.equals(shapely.union_all(boxes(12, x, y)))
    assert found.covered is not None
    assert found.covered.equals(boxes(12, x[:1], y[:1])[0])
    assert any("1 rows have no test; nothing is known there" in note for note in found.notes)


def test_thresholds(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", row(KEYS[0], 200, 3), row(KEYS[1], 300, 1))
    by_key = dict(zip(KEYS, (0, 1, 2), strict=True))
    for assume, covered, known in (
        ({}, 2, 2),
        ({"min_kbps": 256.0}, 1, 2),
        ({"min_kbps": 300.0}, 1, 2),
        ({"min_tests": 2.0}, 1, 1),
    ):
        found = read(path, **assume)
        assert (found.is_covered.sum(), found.is_known.sum()) == (covered, known), assume
        assert all(key in by_key for key in found.quadkey)
    with pytest.raises(EmptyLayerError, match="no tile has 4 tests"):
        read(path, min_tests=4.0)


def test_points_are_gathered_in_tiles_weighted_by_tests(tmp_path: Path) -> None:
    header = "longitude;latitude;download_kbps;samples"
    rows = ("-61.7501;12.1501;100;1", "-61.7502;12.1502;400;3", "-61.6;12.15;0;2", ";;50;1")
    path = table(tmp_path / "p.csv", *rows, header=header)
    found = read(path, zoom=12.0)
    assert found.level == 12
    assert sorted(found.tests.tolist()) == [2.0, 4.0]
    assert sorted(found.kbps.tolist()) == [0.0, 325.0]
    assert found.is_covered.sum() == 1
    assert any("1 of 4 rows have no place (coordinates)" in note for note in found.notes)
    plain = read(table(tmp_path / "plain.csv", "-61.75,12.15", header="lon,lat"))
    assert (plain.tests.tolist(), plain.is_covered.tolist()) == ([1.0], [True])
    assert any("no column of tests" in note for note in plain.notes)
    assert any("no column of download speeds" in note for note in plain.notes)


def test_parquet_and_shapes(tmp_path: Path) -> None:
    """Ookla's Parquet has quadkeys as text and WKT beside them; its Shapefile has polygons; points come as GeoPackage."""
    columns = {
        "quadkey": KEYS[:2],
        "tile": ["POLYGON EMPTY"] * 2,
        "avg_d_kbps": [10, 0],
        "tests": [1, 1],
    }
    pq.write_table(pa.table(columns), tmp_path / "q.parquet")
    found = read(tmp_path / "q.parquet")
    assert (found.is_covered.sum(), found.is_known.sum()) == (1, 2)
    _, x, y = tiles_of(KEYS[:2])
    frame = gpd.GeoDataFrame({"quadkey": KEYS[:2], "avg_d_kbps": [10, 0], "tests": [1, 1]}, geometry=list(boxes(12, x, y)), crs=4326)  # fmt: skip
    frame.to_file(tmp_path / "tiles.shp")
    assert holds_tests(tmp_path / "tiles.shp")
    assert read(tmp_path / "tiles.shp").known.equals(found.known)
    points = gpd.GeoDataFrame({"tests": [1]}, geometry=[shapely.Point(-61.75, 12.15)], crs=4326)
    points.to_crs(32620).to_file(tmp_path / "points.gpkg")
    assert holds_tests(tmp_path / "points.gpkg")
    assert read(tmp_path / "points.gpkg", zoom=12.0).quadkey == (KEYS[0],)


def test_what_is_no_speed_test(tmp_path: Path) -> None:
    polygons = gpd.GeoDataFrame(
        {"x": [1.0], "y": [2.0]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326
    )
    polygons.to_file(tmp_path / "a.gpkg")
    polygons.to_parquet(tmp_path / "a.parquet")
    table(tmp_path / "wkt.csv", '"POINT(1 2)",3', header="wkt,value")
    for path in (
        "a.gpkg",
        "a.parquet",
        "wkt.csv",
        "absent.csv",
        "absent.gpkg",
        "absent.parquet",
        "raster.tif",
    ):
        assert not holds_tests(tmp_path / path), path
    assert not holds_tests("POLYGON((0 0, 1 0, 1 1, 0 0))")
    assert not holds_tests(polygons)


@pytest.mark.parametrize(
    ("header", "rows", "error", "words"),
    [
        (HEADER, [row("01230", 1, 1), row("0124x", 1, 1)], TableValueError, "row 2: '0124x' is no quadkey"),
        (HEADER, [row("01230", 1, 1), row("1230", 1, 1)], TableValueError, "row 2: the quadkey '1230' has 4 digits"),
        (HEADER, [row("01230", "fast", 1)], TableValueError, "row 1: avg_d_kbps is 'fast', which is no number"),
        (HEADER, [row("01230", -1, 1)], TableValueError, "row 1: avg_d_kbps is -1; it is 0 or more"),
        (HEADER, [row("01230", 1, -2)], TableValueError, "row 1: tests is -2"),
        (HEADER, [row("", 1, 1)], EmptyLayerError, "no row with a place and a test"),
        (HEADER, [row("01230", 1, 0), row("01231", 1, "")], EmptyLayerError, "nothing is known of any place"),
        ("lon,lat,tests", [",,1", "1,,1"], EmptyLayerError, "no row with a place and a test"),
        ("lon,lat", ["12,99"], TableValueError, "row 1: lat is 99, which is beyond 90 degrees"),
        ("lon,lat", ["191,9"], TableValueError, "row 1: lon is 191"),
        ("name,tests", ["a,1"], ColumnError, "neither a column quadkey nor columns lon and lat"),
        ("lon,lat", [], EmptyLayerError, "no row below its header"),
    ],
)  # fmt: skip
def test_bad_files_are_one_sentence(
    tmp_path: Path, header: str, rows: list[str], error: type[Exception], words: str
) -> None:
    path = table(tmp_path / "bad.csv", *rows, header=header)
    with pytest.raises(error, match=words.replace("(", r"\(")) as raised:
        read(path)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, InputError)


def test_quadkeys_as_numbers_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"quadkey": [1230, 1231], "tests": [1, 1]}), tmp_path / "n.parquet")
    with pytest.raises(TableValueError, match="stored as a number, which drops zeros"):
        read(tmp_path / "n.parquet")
    with pytest.raises(ReadError, match="absent"):
        read(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("assume", "words"),
    [
        ({"zoom": 30.0}, "zoom is a whole number of 1 to 23, but got 30"),
        ({"zoom": 15.5}, "zoom is a whole number"),
        ({"min_kbps": -1.0}, "min_kbps is 0 or more"),
        ({"min_test": 2.0}, "did you mean 'min_tests'"),
        ({"min_tests": float("nan")}, "min_tests is a whole number of 1 or more"),
    ],
)
def test_assumptions_out_of_range(assume: dict[str, float], words: str) -> None:
    with pytest.raises(AssumptionError, match=words):
        resolve(assume)


def test_defaults_stand_in_their_ranges() -> None:
    for default in TABLE:
        assert default.low <= default.value <= default.high
        assert default.source
        assert default.unit


def test_without_a_test_nobody_has_lost_a_signal(tmp_path: Path) -> None:
    """Three tiles before; later one fails, one works, and in one nobody measures."""
    people = np.ones((10, 30))
    west, north = -61.8, 12.2
    before = table(tmp_path / "a.csv", *(row(key, 900, 2) for key in KEYS))
    after = table(tmp_path / "b.csv", row(KEYS[0], 0, 2), row(KEYS[1], 900, 2))
    result = ew4all.change(
        (people, transform_of(west, north), "EPSG:4326"),
        coverage={"4g@2024-07-01": before, "4g@2024-07-02": after},
        workers=1,
    )
    frame = shapely.box(west, north - 0.1, west + 0.3, north)
    _, x, y = tiles_of(KEYS)
    cells = [shapely.intersection(box, frame).area / CELL**2 for box in boxes(12, x, y)]
    flow = result.main.whole.total
    assert flow.lost == pytest.approx(cells[0], rel=1e-9)
    assert flow.kept == pytest.approx(cells[1], rel=1e-9)
    assert flow.covered_to_unknown == pytest.approx(cells[2], rel=1e-9)
    assert flow.gained == 0.0
    assert flow.unknown == pytest.approx(300.0 - cells[0] - cells[1], rel=1e-9)
    last = result.main.total[1]
    assert (last.covered, last.uncovered) == pytest.approx((cells[1], cells[0]))
    assert result.assumptions == {"zoom": 16.0, "min_tests": 1.0, "min_kbps": 0.0}


def test_tests_elsewhere_and_dates_without_a_place_in_common(tmp_path: Path) -> None:
    population = (np.ones((10, 30)), transform_of(-61.8, 12.2), "EPSG:4326")
    one = table(tmp_path / "a.csv", row(KEYS[0], 900, 2))
    other = table(tmp_path / "b.csv", row(KEYS[2], 900, 2))
    far = table(tmp_path / "far.csv", "50,50", header="lon,lat")
    with pytest.raises(NoIntersectionError, match="does not meet the population raster"):
        ew4all.change(population, coverage={"4g@2024-07-01": one, "4g@2024-07-02": far})
    result = ew4all.change(
        population, coverage={"4g@2024-07-01": one, "4g@2024-07-02": other}, workers=1
    )
    flow = result.main.whole.total
    assert (flow.known, flow.gained, flow.lost) == (0.0, 0.0, 0.0)
    assert min(flow.unknown_to_covered, flow.covered_to_unknown) > 1.0
    assert any("their places have nothing in common" in note for note in result.notes)
