"""Settlement points: read from files, tables and memory, and people placed by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.testing import assert_allclose
from raster_files import transform_of

from ew4all.errors import (
    ColumnError,
    EmptyLayerError,
    GeometryError,
    InputError,
    NoIntersectionError,
    OptionError,
    PopulationValueError,
    ReadError,
    SwappedAxesError,
)
from ew4all.intake import open_study
from ew4all.readers.population import open_population
from ew4all.readers.refine import refine_population
from ew4all.readers.settlements import read_settlements

if TYPE_CHECKING:
    from pathlib import Path

WGS84 = "EPSG:4326"
COARSE = Affine(0.1, 0.0, 10.0, 0.0, -0.1, 5.0)
PEOPLE = np.array([[8.0, 0.0, 12.0], [100.0, 30.0, 7.0]])
TOWNS = geopandas.GeoDataFrame(
    {"Population": [300, 100, 50], "name": ["A", "B", "C"]},
    geometry=shapely.points([[10.01, 4.99], [10.09, 4.91], [10.26, 4.86]]),
    crs=WGS84,
)
FINE = {"4g": (np.ones((8, 12), np.uint8), transform_of(cell=0.025), WGS84)}
"""Coverage on cells a quarter as wide."""


def refined(source: Any, coverage: Any = FINE, crs: str = WGS84, transform: Affine = COARSE) -> Any:
    population = open_population((PEOPLE, transform, crs), unit="count")
    return refine_population(population, source, coverage=coverage)


def whole(result: Any) -> Any:
    return result.people(result.grid.whole)


def expected() -> Any:
    out = np.repeat(np.repeat(PEOPLE / 16, 4, 0), 4, 1)
    out[:4, :4] = 0.0
    out[0, 0], out[3, 3] = 6.0, 2.0
    out[4:, 8:] = 0.0
    out[5, 10] = 7.0
    return out


def test_people_live_in_the_towns_of_their_cell() -> None:
    result = refined(TOWNS)
    assert result.parts == (4, 4)
    assert_allclose(whole(result), expected(), rtol=1e-12)
    notes = " ".join(result.notes)
    assert "people are taken from column 'Population'" in notes
    assert "142 people live in 3 cells without any weight" in notes


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "shp"])
def test_vector_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"towns.{suffix}"
    TOWNS.to_file(path)
    assert_allclose(whole(refined(path)), expected(), rtol=1e-12)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("names", [("lon", "lat"), ("Longitude", "Latitude"), ("x", "y")])
def test_tables(tmp_path: Path, delimiter: str, names: tuple[str, str]) -> None:
    header = ["name", names[1], names[0], "pop_max"]
    rows = [
        [name, str(point.y), str(point.x), str(people)]
        for name, point, people in zip(
            TOWNS["name"], TOWNS.geometry, TOWNS["Population"], strict=True
        )
    ]
    path = tmp_path / "towns.csv"
    text = "\n".join(delimiter.join(row) for row in [header, *rows]) + "\n\n"
    path.write_text(text, encoding="utf-8-sig")
    assert_allclose(whole(refined(path)), expected(), rtol=1e-12)


def test_points_in_another_crs() -> None:
    assert_allclose(whole(refined(TOWNS.to_crs("EPSG:32632"))), expected(), rtol=1e-12)


def test_points_in_memory_have_the_same_weight() -> None:
    result = refined(list(TOWNS.geometry))
    assert_allclose(whole(result)[[0, 3], [0, 3]], [4.0, 4.0])
    assert "every point has the same weight" in " ".join(result.notes)


def test_a_multipoint_shares_its_people() -> None:
    frame = geopandas.GeoDataFrame(
        {"people": [6.0, None]},
        geometry=[shapely.MultiPoint([[10.01, 4.99], [10.09, 4.91]]), shapely.Point(10.03, 4.99)],
        crs=WGS84,
    )
    result = refined(frame)
    assert_allclose(whole(result)[[0, 3, 0], [0, 3, 1]], [4.0, 4.0, 0.0])
    assert "feature 2 without a number of people left out" in " ".join(result.notes)


def test_points_outside_are_told() -> None:
    far = shapely.points([[10.01, 4.99], [60.0, 4.9], [10.01, 60.0]])
    result = refined(list(far))
    assert "2 of 3 points lie outside" in " ".join(result.notes)
    with pytest.raises(NoIntersectionError, match="no settlement lies in the population"):
        refined(list(far[1:]))


def test_longitudes_a_turn_apart_are_the_same_place() -> None:
    east = Affine(0.1, 0.0, 179.9, 0.0, -0.1, 5.0)
    points = shapely.points([[179.96, 4.94], [-179.96, 4.94]])
    fine = {"4g": (np.ones((8, 12), np.uint8), transform_of(179.9, 5.0, 0.025), WGS84)}
    result = refined(list(points), fine, transform=east)
    people = whole(result)
    assert people[2, 2] == pytest.approx(8.0)
    assert people[:4, 4:8].sum() == 0.0
    assert_allclose(people.reshape(2, 4, 3, 4).sum((1, 3)), PEOPLE)


def test_cells_are_as_wide_as_the_finest_coverage() -> None:
    layers = {**FINE, "3g:A": (np.ones((8, 12), np.uint8), transform_of(cell=0.01), WGS84)}
    assert refined(TOWNS, layers).parts == (10, 10)
    assert refined(TOWNS, {"4g": [FINE["4g"], layers["3g:A"]]}).parts == (10, 10)
    polygons = {"4g": [shapely.box(10, 4.9, 10.1, 5)]}
    assert refined(TOWNS, polygons).parts == refined(TOWNS, {}).parts == (120, 120)


def test_cells_that_are_fine_enough_are_refused() -> None:
    coarse = {"4g": (np.ones((2, 2), np.uint8), transform_of(cell=0.2), WGS84)}
    with pytest.raises(OptionError, match="leave the refinement out"):
        refined(TOWNS, coarse)


def test_a_study_with_points() -> None:
    covered = np.zeros((8, 12), np.uint8)
    covered[0, 0] = 1
    coverage = {"4g": (covered, *FINE["4g"][1:])}
    result = open_study((PEOPLE, COARSE, WGS84), coverage=coverage, refine=TOWNS).reach()
    assert result.people.covered["4g"] == pytest.approx(6.0)
    assert result.people.total == pytest.approx(PEOPLE.sum())


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("name,pop\nA,3\n", ColumnError, "needs columns of longitude"),
        ("lon,lat,pop\n", EmptyLayerError, "has no row"),
        ("", EmptyLayerError, "is empty"),
        ("lon,lat,pop\n10,north,3\n", GeometryError, "line 2: lat is 'north'"),
        ("lon,lat,pop\n10,nan,3\n", GeometryError, "feature 1: a coordinate is NaN"),
        ("lon,lat,pop\n10,5\n", ReadError, r"\(line 2\) has 2 fields"),
        ("lon,lat,pop\n10,5,many\n", ColumnError, "'pop' holds something else than numbers"),
        ("lon,lat,pop\n10,5,-3\n", PopulationValueError, "feature 1: .* negative"),
        ("lon,lat,pop\n10,5,inf\n", PopulationValueError, "infinite"),
        ("lon,lat,pop\n10,5,0\n", EmptyLayerError, "no point with people"),
        ("lon,lat,pop\n5,120,3\n", SwappedAxesError, "exchanged"),
        ("lon,lat,pop\n500000,120,3\n", InputError, "not .* assign the right CRS"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, error: type[Exception], words: str) -> None:
    path = tmp_path / "towns.csv"
    path.write_text(text)
    with pytest.raises(error, match=words) as caught:
        read_settlements(path, "the refinement")
    assert type(caught.value) is error
    assert "towns.csv" in str(caught.value)


def test_what_is_no_table_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReadError, match="no text in UTF-8"):
        read_settlements(tmp_path / "a.csv", "the refinement")
    for name in ("none.csv", "none.gpkg"):
        with pytest.raises(ReadError, match=name):
            read_settlements(tmp_path / name, "the refinement")


def test_what_is_no_point() -> None:
    with pytest.raises(GeometryError, match=r"feature 2 of type Polygon.*rasterise"):
        read_settlements([shapely.Point(1, 1), shapely.box(0, 0, 1, 1)], "the refinement")
    with pytest.raises(InputError, match="a dict is neither points nor a raster"):
        read_settlements({}, "the refinement")
    with pytest.raises(GeometryError, match="feature 1: a coordinate is NaN"):
        read_settlements([shapely.Point(np.nan, 1)], "the refinement")
    found = read_settlements([None, shapely.Point(1, 1)], "the refinement")
    assert "feature 1 without a point left out" in found.notes[0]


def test_real_towns(shared_data: Path) -> None:
    """GeoNames places of small islands: people in a column, other countries beside it."""
    path = shared_data / "data" / "places" / "geonames_cities500_selected.csv"
    grenada = shared_data / "data" / "population" / "grd_worldpop_100m_bbox.tif"
    towns = read_settlements(path, "the refinement")
    assert towns.weight.size > 1000
    assert towns.notes[-1].endswith("people are taken from column 'population'")
    population = open_population(grenada, unit="count")
    fine = {"4g": (np.ones((4, 4), np.uint8), Affine(1e-4, 0, -61.7, 0, -1e-4, 12.1), WGS84)}
    result = refine_population(population, path, coverage=fine)
    block = population.grid.block_of_bounds((-61.78, 12.03, -61.73, 12.08))
    assert block is not None
    down, across = result.parts
    people = result.people(
        type(block)(block.row0 * down, block.row1 * down, block.col0 * across, block.col1 * across)
    )
    sums = people.reshape(block.shape[0], down, block.shape[1], across).sum((1, 3))
    assert_allclose(sums, population.people(block), rtol=1e-9, atol=1e-9)


def test_an_empty_point_has_no_place_and_stops_nothing() -> None:
    found = read_settlements([shapely.Point(1, 2), shapely.Point()], "refinement")
    assert found.x.tolist() == [1.0]


def test_a_file_without_features_asks_for_points(tmp_path: Path) -> None:
    path = tmp_path / "none.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    with pytest.raises(EmptyLayerError, match="give a layer with points"):
        read_settlements(path, "refinement")
