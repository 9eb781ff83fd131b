"""Settlements as areas with a name: points with a circle, polygons, and what cannot be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from numpy.testing import assert_allclose

from ew4all.errors import ColumnError, EmptyLayerError, GeometryError, ReadError
from ew4all.geometry import area_km2
from ew4all.readers.settlement_areas import read_settlement_areas

if TYPE_CHECKING:
    from pathlib import Path


def geojson(path: Path, *features: tuple[dict[str, Any], Any]) -> Path:
    found = [
        {
            "type": "Feature",
            "properties": facts,
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for facts, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}), "utf-8")
    return path


def test_a_table_of_points(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("Name;Lon;Lat;population\nUpper;10.1;4.9;30\n;10.2;4.8;20\n", "utf-8")
    got = read_settlement_areas(path, radius_m=500.0)
    assert got.names == ("Upper", "settlement 2")
    assert_allclose(area_km2(got.geometries, got.crs), np.pi * 0.25, rtol=1e-3)
    assert any("within 500 m of its point" in n for n in got.notes)


def test_points_of_a_file_in_another_crs(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.GeoDataFrame(
        {"place": ["Port"]}, geometry=[shapely.Point(500_000.0, 552_000.0)], crs=32632
    )
    frame.to_file(tmp_path / "p.gpkg")
    got = read_settlement_areas(tmp_path / "p.gpkg")
    assert got.names == ("Port",)
    middle = got.geometries[0].centroid
    assert_allclose((middle.x, middle.y), (9.0, 4.994), atol=2e-3)


def test_polygons_keep_their_shape_and_name(tmp_path: Path) -> None:
    box = shapely.box(10.0, 4.0, 10.1, 4.1)
    path = geojson(tmp_path / "z.geojson", ({"id": "a", "name": "Hill"}, box))
    got = read_settlement_areas(path)
    assert got.names == ("Hill",)
    assert got.geometries[0].equals(box)


def test_points_without_names_or_without_a_place(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "p.geojson",
        ({"kind": "x"}, shapely.Point(10.0, 4.0)),
        ({"kind": "y"}, None),
        ({"kind": "z"}, shapely.Point(10.2, 4.0)),
    )
    got = read_settlement_areas(path)
    assert got.names == ("settlement 1", "settlement 3")
    assert any("feature 2 without a point left out" in n for n in got.notes)


def test_points_beside_polygons(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "m.geojson",
        ({"name": "a"}, shapely.Point(10.0, 4.0)),
        ({"name": "b"}, shapely.box(10.0, 4.0, 10.1, 4.1)),
    )
    with pytest.raises(GeometryError, match="mixes points and other shapes"):
        read_settlement_areas(path)


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("name,lon,lat\n", EmptyLayerError, "has no row"),
        ("name,easting\nx,1\n", ColumnError, "longitude"),
        ("name,lon,lat\nx,here,4\n", GeometryError, "which is no number"),
    ],
)
def test_tables_that_cannot_be_read(
    tmp_path: Path, text: str, error: type[Exception], match: str
) -> None:
    path = tmp_path / "v.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(error, match=match):
        read_settlement_areas(path)
    with pytest.raises(ReadError):
        read_settlement_areas(tmp_path / "none.csv")


def test_a_radius_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("name,lon,lat\nx,10,4\n", "utf-8")
    with pytest.raises(GeometryError, match="has no area"):
        read_settlement_areas(path, radius_m=0.0)
