from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from ew4all.errors import ColumnError, EW4AllError, PopulationValueError, ZoneIdError
from ew4all.readers.census import read_census
from ew4all.readers.zones import read_zones

if TYPE_CHECKING:
    from pathlib import Path


def frame(shapes: list[Any] | None = None, **columns: list[Any]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values()))) if columns else 2
    shapes = shapes or [box(k, 0, k + 1, 1) for k in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


# --- zones ---------------------------------------------------------------------------------------


def test_columns_are_taken_as_told() -> None:
    zones = read_zones(frame(a=["x", "y"], b=["X", "Y"]), "a", "b")
    assert (zones.ids, zones.names) == (("x", "y"), ("X", "Y"))
    assert zones.layer.notes == ()
    assert read_zones(frame(Code=["x", "y"]), "CODE").ids == ("x", "y")


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ([1, 12], ("1", "12")),
        ([1.0, 12.0], ("1", "12")),
        ([1.5, 2.0], ("1.5", "2")),
        ([" a ", "b"], ("a", "b")),
        (["012", "12"], ("012", "12")),
        ([2**53 + 1, 2**53 + 2], (str(2**53 + 1), str(2**53 + 2))),
    ],
)
def test_an_identifier_is_text_as_a_person_would_write_it(
    values: list[Any], ids: tuple[str, ...]
) -> None:
    assert read_zones(frame(id=values), "id").ids == ids


def test_an_identifier_that_a_float_cannot_hold_is_refused() -> None:
    with pytest.raises(ZoneIdError, match="too large to be read exactly"):
        read_zones(frame(id=[2.0**60, 1.0]), "id")


@pytest.mark.parametrize(
    ("columns", "id_column", "name_column"),
    [
        (["ADM1_PCODE", "ADM1_EN", "ADM2_PCODE", "ADM2_EN"], "ADM2_PCODE", "ADM2_EN"),
        (["Region.Country", "Region.ID", "Region.Region"], "Region.ID", "Region.Region"),
        (["wof:id", "wof:name"], "wof:id", "wof:name"),
        (["NAME", "zone_id", "id"], "zone_id", "NAME"),
        (["GID_0", "NAME_1", "GID_1"], "GID_1", "NAME_1"),
    ],
)
def test_usual_columns_are_found_and_told(
    columns: list[str], id_column: str, name_column: str
) -> None:
    zones = read_zones(frame(**{c: [f"{c} 1", f"{c} 2"] for c in columns}))
    assert zones.ids == (f"{id_column} 1", f"{id_column} 2")
    assert zones.names == (f"{name_column} 1", f"{name_column} 2")
    assert f"'{id_column}'" in zones.layer.notes[0]
    assert f"'{name_column}'" in zones.layer.notes[1]


def test_a_usual_column_that_is_no_key_gives_way_to_one_that_is() -> None:
    zones = read_zones(frame(id=[0, 0], pcode=["a", "b"]))
    assert zones.ids == ("a", "b")
    with pytest.raises(ZoneIdError, match="'id' repeats '0'"):
        read_zones(frame(id=[0, 0], pcode=["a", "a"]))


def test_names_fall_back_on_identifiers() -> None:
    assert read_zones(frame(id=[1, 2])).names == ("1", "2")
    assert read_zones(frame(id=[1, 2], name=["a", None])).names == ("a", "2")
    assert read_zones(frame(id=[1, 2], name=["same", "same"])).names == ("same", "same")


def test_a_layer_without_columns_is_numbered() -> None:
    for source in (
        [box(0, 0, 1, 1), None, box(1, 0, 2, 1)],
        "POLYGON((0 0,1 0,1 1,0 0))\nPOLYGON((1 0,2 0,2 1,1 0))",
    ):
        zones = read_zones(source)
        assert zones.ids == zones.names == ("1", "2")
        assert any("numbered 1 to 2" in note for note in zones.layer.notes)
    with pytest.raises(ColumnError, match="no column 'code'; its columns are: none"):
        read_zones([box(0, 0, 1, 1)], "code")


def test_a_missing_column_is_refused_with_those_there_are() -> None:
    with pytest.raises(ColumnError, match="no column 'code'; its columns are: a, b"):
        read_zones(frame(a=[1, 2], b=[1, 2]), "code")
    with pytest.raises(ColumnError, match="no column 'label'; its columns are: a, b"):
        read_zones(frame(a=[1, 2], b=[1, 2]), "a", "label")
    with pytest.raises(ColumnError, match=r"--zone-id COLUMN\) of: a, b"):
        read_zones(frame(a=[1, 2], b=[1, 2]))


@pytest.mark.parametrize("null", [None, "", "  ", np.nan])
def test_a_null_identifier_is_refused(null: Any) -> None:
    with pytest.raises(ZoneIdError, match=r"null or empty in features 2 and 4"):
        read_zones(frame(id=["a", null, "b", null]), "id")


def test_a_repeated_identifier_is_refused_with_its_features() -> None:
    with pytest.raises(ZoneIdError) as error:
        read_zones(frame(id=["a", "b", "a", "b", "a"]), "id")
    assert "'a' (features 1, 3 and 5), 'b' (features 2 and 4)" in str(error.value)
    assert "counted twice" in str(error.value)
    with pytest.raises(ZoneIdError, match=r"repeats '1'"):
        read_zones(frame(id=[1, "1"]), "id")
    many = [str(k // 2) for k in range(40)]
    with pytest.raises(ZoneIdError, match="and 15 more"):
        read_zones(frame(id=many), "id")


def test_outside_is_no_zone() -> None:
    with pytest.raises(ZoneIdError, match="feature 2: 'outside'"):
        read_zones(frame(id=["a", "outside"]), "id")


def test_features_without_a_polygon_are_left_out_unchecked() -> None:
    shapes = [None, box(0, 0, 1, 1), Point(0, 0), box(1, 0, 2, 1)]
    zones = read_zones(frame(shapes, id=[None, "a", "a", "b"], n=[1, 2, 3, 4]), "id")
    assert zones.ids == ("a", "b")
    assert zones.layer.table["n"].tolist() == [2, 4]
    assert len(zones.layer.geometries) == 2
    assert "feature 1" in zones.layer.notes[0]
    assert "feature 3" in zones.layer.notes[1]
    # Feature numbers in messages are those of the file.
    with pytest.raises(ZoneIdError, match="features 2 and 4"):
        read_zones(frame(shapes, id=[None, "a", None, "a"]), "id")


def test_the_councils_of_vanuatu_are_66_zones(shared_data: Path) -> None:
    path = shared_data / "data/hazards/vut_tc_lola_2023_regional_impacts.geojson"
    zones = read_zones(path, "Region.ID", "Region.Region")
    assert len(zones.ids) == len(zones.layer.geometries) == 66
    assert (zones.ids[0], zones.names[0]) == ("VU02043", "West Malo")
    assert "1 of 67 features has no geometry and is left out: feature 16" in zones.layer.notes[0]
    assert zones.layer.table["Total_Population"].sum() == 306_701


@pytest.mark.parametrize(
    ("name", "count", "first"),
    [
        ("admin/wsm_districts_with_flood_impacts.geojson", 43, "Gagaifomauga I"),
        ("admin/grd_wof_adm0_adm1.geojson", 8, "Grenada"),
        ("admin/vut_provinces.geojson", 6, "TORBA"),
        ("admin/moz_adm3_cod.json", 409, "Ancuabe"),
        ("admin/hti_adm2_cod.json", 140, "Abricots"),
        ("hazards/gbr_reppir_sites.geojson", 18, "AWE_Aldermaston"),
        ("alerts/can_thunderstorm_2012.cap", 2, "Windsor - Leamington - Essex County"),
    ],
)
def test_real_zones_need_no_columns_told(
    shared_data: Path, name: str, count: int, first: str
) -> None:
    zones = read_zones(shared_data / "data" / name)
    assert len(set(zones.ids)) == count
    assert zones.names[0] == first


def test_the_coverage_of_ibiza_is_no_set_of_zones(shared_data: Path) -> None:
    with pytest.raises(ZoneIdError, match=r"'0' \(features 1 and 390\)"):
        read_zones(shared_data / "data/coverage/esp_ibiza_itu_mobile_coverage.gpkg")


# --- census areas --------------------------------------------------------------------------------


def test_census_areas_carry_their_people() -> None:
    census = read_census(frame(People=[10, 20]), "people")
    assert census.people.tolist() == [10.0, 20.0]
    assert census.people.dtype == np.float64
    assert len(census.layer.geometries) == 2
    assert census.layer.notes == ()


def test_people_without_a_polygon_are_never_lost() -> None:
    shapes = [box(0, 0, 1, 1), None, None]
    with pytest.raises(PopulationValueError, match="feature 3 without a polygon and with 7 people"):
        read_census(frame(shapes, n=[1.0, 0.0, 7.0]), "n")
    census = read_census(frame(shapes, n=[1.0, 0.0, np.nan]), "n")
    assert census.people.tolist() == [1.0]
    assert len(census.layer.geometries) == 1
    assert "features 2 and 3 without a polygon and without people" in census.layer.notes[-1]


def test_people_at_a_point_are_never_lost() -> None:
    with pytest.raises(PopulationValueError, match="feature 2 without a polygon"):
        read_census(frame([box(0, 0, 1, 1), Point(0, 0)], n=[1, 2]), "n")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, -2.0], "negative in feature 2"),
        ([1.0, np.inf], "infinite in feature 2"),
        ([1.0, -np.inf], "negative in feature 2"),
        ([np.nan, 1.0], "null, which is not the same as 0, in feature 1"),
    ],
)
def test_people_who_cannot_be_are_refused(values: list[float], words: str) -> None:
    with pytest.raises(PopulationValueError, match=words):
        read_census(frame(n=values), "n")


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("size", "no column 'size'; its columns of numbers are: n, share"),
        (None, r"--population-column\): its columns of numbers are: n, share"),
        ("text", "'text' does not hold numbers"),
        ("flag", "'flag' does not hold numbers"),
    ],
)
def test_the_column_must_hold_numbers(column: str | None, words: str) -> None:
    columns = {"n": [1, 2], "share": [0.5, 0.5], "text": ["1", "2"], "flag": [True, False]}
    with pytest.raises(ColumnError, match=words):
        read_census(frame(**columns), column)


def test_the_census_of_vanuatu(shared_data: Path) -> None:
    path = shared_data / "data/population/vut_census_ea_population.geojson"
    census = read_census(path, "Population")
    assert len(census.people) == 752
    assert census.people.sum() == pytest.approx(248_200, abs=1)
    assert len(census.layer.notes) == 1
    assert (
        "is null in features 46, 70, 109, 164, 335, 349, 363, 384 and 5 more"
        in (census.layer.notes[0])
    )
    assert (census.people == 0).sum() == 13


def test_a_few_blank_numbers_are_nobody_and_told_and_many_are_refused() -> None:
    census = read_census(frame(n=[np.nan, *[1.0] * 19]), "n")
    assert census.people.tolist() == [0.0, *[1.0] * 19]
    assert "null in feature 1 of 20; nobody is counted there" in census.layer.notes[0]
    with pytest.raises(PopulationValueError, match="null, which is not the same as 0"):
        read_census(frame(n=[np.nan, np.nan, *[1.0] * 18]), "n")


def test_errors_are_those_of_the_package() -> None:
    with pytest.raises(EW4AllError):
        read_census([box(0, 0, 1, 1)], "n")
    with pytest.raises(KeyError):  # what a caller of pandas expects
        read_census(frame(n=[1, 2]), "size")
