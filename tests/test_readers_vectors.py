from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS
from shapely import MultiPolygon, Point, Polygon, box

from ew4all.errors import (
    CapError,
    EmptyLayerError,
    EW4AllError,
    GeometryError,
    InputError,
    MissingCrsError,
    OptionError,
    ReadError,
    SwappedAxesError,
)
from ew4all.geometry import area_km2
from ew4all.readers.vectors import read_vector

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
FORMATS = {
    "a.gpkg": "GPKG",
    "a.shp": "ESRI Shapefile",
    "a.fgb": "FlatGeobuf",
    "a.geojson": "GeoJSON",
}


def polygon(*rings: list[list[Any]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def geojson(path: Path, *shapes: Any, **members: Any) -> Path:
    features = [
        {"type": "Feature", "properties": {"n": k}, "geometry": shape}
        for k, shape in enumerate(shapes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


def write(path: Path, shapes: list[Any], crs: str | None = "EPSG:4326", **options: Any) -> Path:
    """Write shapes with a column n that counts from 0."""
    options.setdefault("geometry_type", "Polygon")
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
        field_data=[np.arange(len(shapes))],
        fields=["n"],
        crs=crs,
        **options,
    )
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.geojson"


# --- formats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_the_same_layer(tmp_path: Path, name: str) -> None:
    shapes = [box(170, -20, 171, -19), box(172, -20, 173, -18)]
    file = write(tmp_path / name, shapes, driver=FORMATS[name])
    layer = read_vector(file, "hazard")
    order = np.argsort(layer.table["n"])  # FlatGeobuf sorts by place
    assert shapely.equals(layer.geometries[order], np.array(shapes)).all()
    assert layer.crs == CRS(4326)
    assert layer.table["n"][order].tolist() == [0, 1]
    assert layer.geometries[order][1].bounds == (172, -20, 173, -18)
    assert (layer.name, layer.path, layer.notes) == (f"hazard {file}", str(file), ())


@pytest.mark.parametrize("crs", ["EPSG:32758", "EPSG:3460", "OGC:CRS84"])
def test_the_crs_of_the_file_is_kept(tmp_path: Path, crs: str) -> None:
    file = write(tmp_path / "a.gpkg", [box(1, 2, 3, 4)], crs=crs)
    assert read_vector(str(file), "area").crs == CRS(4326 if crs == "OGC:CRS84" else crs)


def test_a_zipped_shapefile_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.shp", [box(0, 0, 1, 1)], driver="ESRI Shapefile")
    file = tmp_path / "a.shp.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for part in tmp_path.glob("a.*"):
            if part.suffix != ".zip":
                archive.write(part, part.name)
    assert len(read_vector(file, "area").geometries) == 1


@pytest.mark.parametrize("name", ["a.shp", "a.fgb", "a.gpkg"])
def test_a_layer_without_crs_is_refused(tmp_path: Path, name: str) -> None:
    options = {"driver": FORMATS[name]}
    with pytest.warns(UserWarning, match="crs"):
        write(tmp_path / name, [box(0, 0, 1, 1)], crs=None, **options)
    with pytest.raises(MissingCrsError, match=r"area .*a\."):
        read_vector(tmp_path / name, "area")


def test_a_local_crs_has_no_place_on_earth() -> None:
    local = (
        'ENGCRS["site",EDATUM["site"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],UNIT["m",1]]'
    )
    frame = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=local)
    with pytest.raises(MissingCrsError, match="without a place on Earth"):
        read_vector(frame, "area")


def test_one_layer_of_several_is_picked(tmp_path: Path) -> None:
    file = write(tmp_path / "a.gpkg", [box(0, 0, 1, 1)], layer="flood")
    points = {"geometry_type": "Point", "layer": "towns", "append": True}
    write(file, [Point(0, 0)], **points)
    layer = read_vector(file, "hazard")
    assert layer.geometries[0].equals(box(0, 0, 1, 1))
    assert "flood alone has polygons" in layer.notes[0]
    write(file, [box(5, 5, 7, 7)], layer="fire", append=True)
    with pytest.raises(OptionError, match=r"3 layers .*flood.*fire.*'a.gpkg\|flood'"):
        read_vector(file, "hazard")
    for named in (f"{file}|fire", f"{file}|layername=fire"):
        assert read_vector(named, "hazard").geometries[0].area == 4
    assert read_vector(file, "hazard", layer="fire").geometries[0].area == 4
    with pytest.raises(OptionError, match=r"no layer 'smoke'.*flood, towns, fire"):
        read_vector(f"{file}|smoke", "hazard")


def test_a_table_has_no_shapes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,people\n1,5\n")
    with pytest.raises(EmptyLayerError, match=r"table without shapes .*; give a layer with shapes"):
        read_vector(tmp_path / "a.csv", "zones")


# --- files that are damaged ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FORMATS, "a.dbf"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.98])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, name: str, share: float) -> None:
    source = "a.shp" if name == "a.dbf" else name
    shapes = [box(k, 0, k + 1, 1) for k in range(100)]
    write(tmp_path / source, shapes, driver=FORMATS[source])
    file = tmp_path / name
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(ReadError, match=source):
        read_vector(tmp_path / source, "hazard")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("no.geojson", "no.xml", "no.wkt"):
        with pytest.raises(ReadError, match=name):
            read_vector(tmp_path / name, "area")


@pytest.mark.parametrize("name", ["a.geojson", "a.tif", "a.gpkg", "a.xyz"])
def test_text_is_no_vector_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hello")
    with pytest.raises(ReadError, match="GDAL says"):
        read_vector(tmp_path / name, "area")


def test_an_empty_collection_is_refused(path: Path) -> None:
    with pytest.raises(EmptyLayerError, match="no feature"):
        read_vector(geojson(path), "area")


# --- shapes that GeoJSON gets wrong --------------------------------------------------------------


def test_null_geometries_are_counted_and_keep_their_place(path: Path) -> None:
    layer = read_vector(geojson(path, polygon(SQUARE), None, polygon(SQUARE)), "zones")
    assert shapely.is_missing(layer.geometries).tolist() == [False, True, False]
    assert "1 of 3 features has no geometry and is left out: feature 2" in layer.notes[0]
    empty = {"type": "Polygon", "coordinates": []}
    layer = read_vector(geojson(path, polygon(SQUARE), None, empty), "zones")
    assert "2 of 3 features have no geometry and are left out: features 2 and 3" in layer.notes[0]
    with pytest.raises(EmptyLayerError, match="none of its 2 features"):
        read_vector(geojson(path, None, empty), "zones")


def test_multipolygons_labelled_polygon_are_named(path: Path) -> None:
    wrong = {"type": "Polygon", "coordinates": [[SQUARE]]}
    words = 'labelled "Polygon" while their coordinates are nested as a MultiPolygon'
    with pytest.raises(EmptyLayerError, match=words) as error:
        read_vector(geojson(path, wrong, wrong), "zones")
    assert 'change their "type" to "MultiPolygon"' in str(error.value)
    with pytest.raises(GeometryError, match=words) as error:
        read_vector(geojson(path, polygon(SQUARE), None, wrong, polygon(SQUARE)), "zones")
    assert "1 of 4 features" in str(error.value)
    assert "(feature 3)" in str(error.value)
    backwards = {"type": "MultiPolygon", "coordinates": [SQUARE]}
    with pytest.raises(GeometryError, match="nested as a Polygon"):
        read_vector(geojson(path, polygon(SQUARE), backwards), "zones")
    for label in ([], {}, "Polygone"):
        odd = {"type": label, "coordinates": [SQUARE]}
        with pytest.raises(GeometryError, match="no coordinate"):
            read_vector(geojson(path, polygon(SQUARE), odd), "zones")


def test_a_coordinate_that_is_none_is_not_lost_in_silence(path: Path) -> None:
    wrong = polygon([[0, 0], [1, 0], [None, 1], [0, 0]])
    with pytest.raises(GeometryError, match="2 features with coordinates, of which GDAL reads 1"):
        read_vector(geojson(path, wrong, polygon(SQUARE)), "zones")


def test_an_open_ring_is_closed_with_a_note(path: Path) -> None:
    hole = [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4]]
    layer = read_vector(geojson(path, polygon(SQUARE), polygon(SQUARE[:4], hole)), "area")
    assert layer.geometries[1].area == pytest.approx(1 - 0.02)
    assert layer.notes == (
        f"area {path}, feature 2: a ring was not closed; its first vertex is repeated",
    )


@pytest.mark.parametrize(
    "ring",
    [
        [[0, 0]],
        [[0, 0], [1, 0]],
        [[0, 0], [1, 0], [0, 0]],
        [[0, 0], [1, 0], [1, 0], [0, 0]],
        [[0, 0]] * 4,
    ],
)
def test_a_ring_of_fewer_than_three_points_is_refused(path: Path, ring: list[list[int]]) -> None:
    with pytest.raises(GeometryError, match="feature 2: a ring"):
        read_vector(geojson(path, polygon(SQUARE), polygon(ring)), "area")
    with pytest.raises(GeometryError, match="feature 1: a ring"):
        read_vector(geojson(path, polygon(SQUARE, ring)), "area")


def test_repeated_vertices_are_harmless(path: Path) -> None:
    layer = read_vector(geojson(path, polygon([SQUARE[0], *SQUARE, SQUARE[-1]])), "area")
    assert layer.geometries[0].area == 1
    assert layer.notes == ()


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_a_coordinate_that_is_no_number_is_refused(path: Path, value: str) -> None:
    geojson(path, polygon(SQUARE), polygon([[0, 0], [1, 0], ["?", 1], [0, 0]]))
    path.write_text(path.read_text().replace('"?"', value))
    with pytest.raises(GeometryError, match="feature 2: a coordinate is NaN or infinite"):
        read_vector(path, "area")


def test_points_and_lines_beside_polygons_are_left_out_and_told(path: Path) -> None:
    point = {"type": "Point", "coordinates": [0, 0]}
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    layer = read_vector(geojson(path, point, polygon(SQUARE), line), "hazard")
    assert shapely.is_missing(layer.geometries).tolist() == [True, False, True]
    assert "features 1 and 3 left out, of type LineString and Point" in layer.notes[0]
    with pytest.raises(GeometryError, match="2 features of type LineString and Point"):
        read_vector(geojson(path, point, line), "hazard")


def test_polygons_are_taken_out_of_a_collection(path: Path) -> None:
    point = {"type": "Point", "coordinates": [0, 0]}
    parts = {"type": "GeometryCollection", "geometries": [polygon(SQUARE), point]}
    only = {"type": "GeometryCollection", "geometries": [point]}
    layer = read_vector(geojson(path, parts, polygon(SQUARE), only), "hazard")
    assert layer.geometries[0].equals(box(0, 0, 1, 1))
    assert layer.geometries[2] is None
    assert "feature 3 left out" in layer.notes[0]
    assert "feature 1: points and lines beside polygons" in layer.notes[1]


def test_heights_are_dropped(path: Path) -> None:
    layer = read_vector(geojson(path, polygon([[*xy, 5.0] for xy in SQUARE])), "hazard")
    assert not layer.geometries[0].has_z
    assert layer.crs == CRS(4326)
    solid = Polygon([(0, 0, 1), (1, 0, 1), (1, 1, 1)])
    assert not read_vector(solid, "hazard").geometries[0].has_z


@pytest.mark.parametrize("form", ["geometry", "feature"])
def test_a_bare_shape_is_a_layer(path: Path, form: str) -> None:
    shape = polygon(SQUARE)
    if form == "feature":
        shape = {"type": "Feature", "properties": {}, "geometry": shape}
    path.write_text(json.dumps(shape))
    assert len(read_vector(path, "area").geometries) == 1


def test_the_old_crs_member_is_honoured_or_refused(path: Path) -> None:
    def member(name: str) -> dict[str, Any]:
        return {"type": "name", "properties": {"name": name}}

    metres = polygon([[500_000, 0], [600_000, 0], [600_000, 9], [500_000, 0]])
    layer = read_vector(geojson(path, metres, crs=member("urn:ogc:def:crs:EPSG::32758")), "area")
    assert layer.crs == CRS(32758)
    for plain in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"):
        assert read_vector(geojson(path, polygon(SQUARE), crs=member(plain)), "a").crs == CRS(4326)
    for unknown in (member("fiji:1"), None, {"type": "name"}, "EPSG:4326"):
        with pytest.raises(MissingCrsError, match="'crs' member"):
            read_vector(geojson(path, polygon(SQUARE), crs=unknown), "area")


# --- degrees that are none -----------------------------------------------------------------------


def test_exchanged_axes_are_named(path: Path) -> None:
    swapped = polygon([[-18, 177], [-17, 177], [-17, 178], [-18, 177]])
    with pytest.raises(SwappedAxesError, match="latitude and longitude exchanged"):
        read_vector(geojson(path, swapped), "area")
    with pytest.raises(SwappedAxesError, match="exchanged"):
        read_vector("POLYGON((-18 177, -17 177, -17 178, -18 177))", "area")


def test_metres_in_a_geographic_crs_are_refused(path: Path) -> None:
    metres = polygon([[500_000, 8e6], [600_000, 8e6], [600_000, 8.1e6], [500_000, 8e6]])
    with pytest.raises(InputError, match="its CRS is wrong") as error:
        read_vector(geojson(path, metres), "area")
    assert not isinstance(error.value, SwappedAxesError)
    stray = [[0.2, 0.2], [0.4, 1e300], [0.4, 0.4], [0.2, 0.2]]
    with pytest.raises(InputError, match="its CRS is wrong"):
        read_vector(geojson(path, polygon(SQUARE, stray)), "area")


def test_longitudes_may_run_on_beyond_180(path: Path) -> None:
    layer = read_vector(
        geojson(path, polygon([[177, -19], [182, -19], [182, -16], [177, -19]])), "a"
    )
    assert layer.geometries[0].bounds[2] == 182


# --- memory --------------------------------------------------------------------------------------


def test_shapes_in_memory_carry_no_crs() -> None:
    square, pair = box(0, 0, 1, 1), MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)])
    array = np.array([square, None], dtype=object)
    for source, count in ((square, 1), (pair, 1), ([square, pair], 2), ((pair,), 1), (array, 2)):
        layer = read_vector(source, "area")
        assert len(layer.geometries) == count
        assert layer.crs is None
        assert layer.path is None
    assert array[0] is square


@pytest.mark.parametrize("source", [5, {"type": "Polygon"}, [1, 2], ["POLYGON"], object()])
def test_what_is_no_layer_is_refused(source: object) -> None:
    with pytest.raises(InputError, match=r"area \(in memory\)"):
        read_vector(source, "area")


def test_no_shape_in_memory_is_refused() -> None:
    for nothing in ([], [None], [Polygon()]):
        with pytest.raises(EmptyLayerError):
            read_vector(nothing, "area")


def test_a_geodataframe_brings_crs_and_columns() -> None:
    frame = gpd.GeoDataFrame(
        {"id": [1, 2], "name": ["a", None], "people": [1.5, np.nan]},
        geometry=[box(0, 0, 1, 1), None],
        crs="EPSG:32758",
        index=[7, 7],
    )
    frame["code"] = frame["id"].astype("Int64")
    layer = read_vector(frame, "zones")
    assert layer.crs == CRS(32758)
    assert layer.table["id"].tolist() == [1, 2]
    assert layer.table["code"].dtype.kind == "i"
    assert layer.table["name"].tolist() == ["a", None]
    assert set(layer.table) == {"id", "name", "people", "code"}
    assert layer.geometries[1] is None
    assert read_vector(frame.geometry, "zones").crs == CRS(32758)
    frame.loc[frame["id"] == 2, "code"] = None
    assert np.isnan(read_vector(frame, "zones").table["code"][1])


def test_a_geodataframe_without_crs_is_refused() -> None:
    with pytest.raises(MissingCrsError, match=r"zones \(GeoDataFrame\)"):
        read_vector(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]), "zones")


# --- alerts --------------------------------------------------------------------------------------


def test_a_cap_file_gives_one_feature_an_area(shared_data: Path) -> None:
    layer = read_vector(shared_data / "data/alerts/can_thunderstorm_2012.cap", "area")
    assert layer.table["name"].tolist() == [
        "Windsor - Leamington - Essex County",
        "Chatham-Kent - Rondeau Park",
    ]
    assert layer.crs == CRS(4326)


def test_a_cap_file_that_marks_a_point_is_next_to_no_area_and_says_so(shared_data: Path) -> None:
    layer = read_vector(shared_data / "data/alerts/usgs_earthquake_2010.cap", "area")
    (shape,) = layer.geometries
    assert area_km2(layer.geometries, CRS(4326))[0] == pytest.approx(np.pi * 1e-6, rel=1e-3)
    assert shape.is_valid
    assert any("marks a point" in note and "--area" in note for note in layer.notes)


# --- real files ----------------------------------------------------------------------------------

# Features with a shape, or the reason for the refusal.
REAL: dict[str, int | tuple[type[EW4AllError], str]] = {
    "admin/grd_wof_adm0_adm1.geojson": 8,
    "admin/hti_adm1_cod.json": 10,
    "admin/hti_adm2_cod.json": 140,
    "admin/jam_wof_adm0_adm1.geojson": 15,
    "admin/lso_adm1_cod.json": 10,
    "admin/lso_adm2_cod.json": 78,
    "admin/moz_adm1_cod.json": 11,
    "admin/moz_adm2_cod.json": 157,
    "admin/moz_adm3_cod.json": 409,
    "admin/mwi_adm1_cod.json": 3,
    "admin/mwi_adm2_cod.json": 32,
    "admin/vct_wof_adm0_adm1.geojson": 7,
    "admin/vut_provinces.geojson": 6,
    "admin/wsm_districts_with_flood_impacts.geojson": 43,
    "alerts/can_thunderstorm_2012.cap": 2,
    "alerts/nws_thunderstorm_2003_xee.cap": (CapError, "DOCTYPE"),
    "alerts/usgs_earthquake_2010.cap": 1,
    "alerts/wcatwc_tsunami_2011.cap": (CapError, "2 geocodes"),
    "coverage/esp_ibiza_itu_area.gpkg": 1,
    "coverage/esp_ibiza_itu_mobile_coverage.gpkg": 770,
    "facilities/wsm_flood_facility_clusters.geojson": (GeometryError, "248 features of type Point"),
    "hazards/car_tc_melissa_2025_cems_emsr847.json": (ReadError, "not recognized"),
    "hazards/esp_valencia_flood_2024_gdacs.geojson": 1,
    "hazards/gbr_reppir_sites.geojson": 18,
    "hazards/hti_eq_20210814_usgs_rupture.json": 1,
    "hazards/hti_eq_20210814_usgs_stationlist.json": (GeometryError, "207 features of type Point"),
    "hazards/tc_beryl_2024_wind_radii.geojson": 111,
    "hazards/tc_beryl_2024_wind_swath.geojson": 3,
    "hazards/vut_tc_lola_2023_facility_clusters.geojson": (GeometryError, "1042 features"),
    "hazards/vut_tc_lola_2023_regional_impacts.geojson": 66,
    "hazards/vut_tc_lola_2023_track.geojson": (GeometryError, "LineString"),
    "hazards/vut_tc_lola_2023_track_distance.geojson": 3,
    "hazards/vut_tc_lola_2023_wind_swaths.geojson": 7,
    "malformed/lso_adm2_polygon_label_on_multipolygon.json": (EmptyLayerError, "78 of 78"),
    "population/vut_census_ea_population.geojson": 752,
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_is_read_or_refused_for_a_reason(shared_data: Path, name: str) -> None:
    expected = REAL[name]
    file = shared_data / "data" / name
    if isinstance(expected, tuple):
        with pytest.raises(expected[0], match=expected[1]):
            read_vector(file, "hazard")
        return
    layer = read_vector(file, "hazard")
    assert int((~shapely.is_missing(layer.geometries)).sum()) == expected
    assert layer.crs == CRS(4326)
    assert not shapely.has_z(layer.geometries).any()


def test_no_real_vector_file_is_left_untested(shared_data: Path) -> None:
    kinds = {".geojson", ".json", ".gpkg", ".cap"}
    data = shared_data / "data"
    found = {str(p.relative_to(data)) for p in data.rglob("*") if p.suffix in kinds}
    assert found == set(REAL)


def test_the_point_beside_the_valencia_flood_is_told(shared_data: Path) -> None:
    layer = read_vector(
        shared_data / "data/hazards/esp_valencia_flood_2024_gdacs.geojson", "hazard"
    )
    assert "feature 1 left out, of type Point" in layer.notes[0]
