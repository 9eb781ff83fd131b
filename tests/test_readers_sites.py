"""Lists of sites: every form in which they come, what is done to their rows, and what is refused."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.cells import TECHNOLOGIES
from ew4all.errors import (
    ColumnError,
    EmptyLayerError,
    EW4AllError,
    GeometryError,
    InputError,
    OptionError,
    ReadError,
    SwappedAxesError,
    TableValueError,
    UnknownTechnologyError,
)
from ew4all.readers.sites import CellList, account_lines, read_cells

if TYPE_CHECKING:
    from pathlib import Path

OCID = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
SQUARE = shapely.box(27.0, -30.0, 28.0, -29.0)
NOW = 1_700_000_000
YEAR = 31_557_600


def row(
    radio: str = "LTE",
    cell: Any = 1024,
    *,
    net: Any = 1,
    area: Any = 7,
    lon: Any = 27.5,
    lat: Any = -29.3,
    samples: Any = 10,
    updated: Any = NOW,
) -> str:
    return f"{radio},651,{net},{area},{cell},0,{lon},{lat},1000,{samples},1,1600000000,{updated},0"


def ocid(*rows: str) -> str:
    return "\n".join([OCID, *rows]) + "\n"


def read(folder: Path, text: str | bytes, name: str = "list.csv", **options: Any) -> CellList:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_cells(path, **options)
    assert f"{sum(a.rows for a in found.account):,} row" in account_lines(found.account)[0]
    return found


def fates(found: CellList) -> dict[str, tuple[str, int, str]]:
    """Return fate, number and place of each reason, by its first words."""
    return {" ".join(a.reason.split()[:3]): (a.fate, a.rows, a.where) for a in found.account}


def technologies(found: CellList) -> list[str]:
    return [TECHNOLOGIES[k] for k in found.cells.technology]


# Forms.


def test_opencellid_with_its_header(tmp_path: Path) -> None:
    found = read(tmp_path, ocid(row("LTE", 1024), row("GSM", 5, lon=27.7), row("UMTS", 65536 * 3), row("NR", 2**30)))  # fmt: skip
    cells = found.cells
    assert cells.id.tolist() == ["651-1-7-1024", "651-1-7-5", "651-1-7-196608", "651-1-7-1073741824"]  # fmt: skip
    assert technologies(found) == ["4g", "2g", "3g", "5g"]
    assert set(cells.operator.tolist()) == {"651-1"}
    assert cells.tai.tolist() == ["651-1-7", "LAI 651-1-7", "LAI 651-1-7", "651-1-7"]
    assert cells.site.tolist() == [0, 1, 0, 0]
    # `range` is no radius and no height, and nothing else of the list is taken for a parameter.
    assert set(cells.assumed_counts().values()) == {4}
    assert any("column range is not used" in note for note in found.notes)


@pytest.mark.parametrize("name", ["510.csv", "510.csv.gz", "510.txt"])
def test_opencellid_without_its_header(tmp_path: Path, name: str) -> None:
    data = (row() + "\n" + row("GSM", 9, lon=27.7) + "\n").encode()
    found = read(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name)
    assert found.cells.id.tolist() == ["651-1-7-1024", "651-1-7-9"]
    assert found.account[0].where == "lines 1 and 2"
    assert any("has no header" in note for note in found.notes)


def test_names_of_an_export(tmp_path: Path) -> None:
    text = "Unnamed: 0,radio,MCC,MNC,TAC,CID,LON,LAT,RANGE,SAM,updated,Network\n40,GSM,651,1,117,11201,27.5,-29.3,27324,7,1443966345,Vodacom\n"
    cells = read(tmp_path, text).cells
    assert cells.id.tolist() == ["651-1-117-11201"]
    assert cells.operator.tolist() == ["Vodacom"]
    assert cells.tai.tolist() == ["LAI 651-1-117"]


def test_an_enodeb_is_a_site(tmp_path: Path) -> None:
    """Its number is the cell's without the lowest eight bits, in its own network (3GPP TS 23.003, 19.6)."""
    text = ocid(
        row(cell=256 * 9 + 1, lon=27.5), row(cell=256 * 9 + 255, lon=27.503), row(cell=256 * 10, lon=27.506),
        row("UMTS", 256 * 9 + 2, lon=27.509), row(cell=256 * 9 + 2, net=2, lon=27.512),
    )  # fmt: skip
    cells = read(tmp_path, text).cells
    assert cells.site.tolist() == [0, 0, 1, 2, 3]
    assert cells.site_id.tolist() == ["eNB 651-1-9", "eNB 651-1-9", "eNB 651-1-10", "site of 651-1-7-2306", "eNB 651-2-9"]  # fmt: skip
    assert cells.lon_deg[0] == pytest.approx(27.5015)


def test_a_regulators_list_gives_antennas(tmp_path: Path) -> None:
    text = (
        "Site ID;Operator;Longitude;Latitude;Technology;Azimut;Tilt;Hauteur;Band;Beamwidth;Power_W\n"
        "A;Op;27,5;-29,3;4G;120;3;25,5;800/1800;70;20\n"
        "A;Op;27,5;-29,3;2G;-10;;25,5;900;65;20\n"
        "A;Other;27,5;-29,3;5G;;;0;n78;;\n"
    )
    found = read(tmp_path, text)
    cells = found.cells
    assert technologies(found) == ["4g", "4g", "2g", "5g"]
    assert cells.frequency_mhz.tolist() == [800.0, 1800.0, 900.0, 3550.0]
    assert cells.azimuth_deg.tolist()[:3] == [120.0, 120.0, 350.0]
    assert np.isnan(cells.azimuth_deg[3])
    assert cells.beamwidth_deg.tolist() == [70.0, 70.0, 65.0, 360.0]
    assert cells.height_m.tolist() == [25.5, 25.5, 25.5, 40.0]
    assert cells.downtilt_deg.tolist() == [3.0, 3.0, 0.0, 0.0]
    assert cells.power_dbm[0] == pytest.approx(43.0103, abs=1e-4)
    assert cells.operator.tolist() == ["Op", "Op", "Op", "Other"]
    assert set(cells.site.tolist()) == {0}
    assert set(cells.site_id.tolist()) == {"A"}
    assert len(set(cells.id.tolist())) == 4


def test_columns_of_itu(tmp_path: Path) -> None:
    text = (
        "ict_id,source_ict_id,source_cell_id,lat,lon,operator_name,radio_type,downlink_frequency_mhz,max_channel_bandwidth_mhz,"
        "eirp_dbm,tower_height,antenna_height,mechanical_tilt_degrees,electrical_tilt_degrees,azimuth_degrees,antenna_gain,"
        "antenna_horizontal_beamwidth_degrees\n"
        "u1,S1,C1,-29.3,27.5,Op,4G,806,10,62,40,35,2,4,120,17,70\n"
        "u2,S2,C2,-29.4,27.5,Op,3G,,,,40,,,,,,\n"
    )
    cells = read(tmp_path, text).cells
    assert cells.id.tolist() == ["C1", "C2"]
    assert cells.site_id.tolist() == ["S1", "S2"]
    # Radiated power is what leaves the antenna, whatever the split.
    assert cells.power_dbm[0] + cells.gain_dbi[0] - cells.feeder_loss_db[0] == 62.0
    assert cells.height_m.tolist() == [35.0, 40.0]
    assert cells.downtilt_deg.tolist() == [6.0, 0.0]
    assert cells.beamwidth_deg.tolist() == [70.0, 360.0]
    assert cells.frequency_mhz.tolist() == [806.0, 900.0]
    assert cells.bandwidth_mhz[0] == 10.0


def test_bands_of_several_technologies(tmp_path: Path) -> None:
    text = "site,lon,lat,tech,band\nA,27.5,-29.3,LTE 800 / NR 3500 / GSM900,\nB,27.6,-29.3,2G/5G,900/3500\nC,27.7,-29.3,5G,B20\n"
    found = read(tmp_path, text)
    pairs = list(zip(technologies(found), found.cells.frequency_mhz.tolist(), strict=True))
    assert pairs == [("4g", 800.0), ("5g", 3500.0), ("2g", 900.0), ("2g", 900.0), ("5g", 900.0), ("5g", 3500.0), ("5g", 806.0)]  # fmt: skip
    told = [note for note in found.notes if "not which belongs to which" in note]
    assert len(told) == 1
    assert "line 3:" in told[0]


def test_a_column_map(tmp_path: Path) -> None:
    text = "a,b,c,d,e,height\nA,27.5,-29.3,4G,33,7\n"
    options = {"site": "a", "lon": "b", "lat": "c", "technology": "d", "height_m": "E", "gain_dbi": None}  # fmt: skip
    assert read(tmp_path, text, columns=options).cells.height_m.tolist() == [33.0]
    short = {"site": "a", "lon": "b", "lat": "c", "tech": "d", "azimuth": "e"}
    assert read(tmp_path, text, columns=short).cells.azimuth_deg.tolist() == [33.0]
    with pytest.raises(OptionError, match=r"'power' \(did you mean power_dbm or power_w\?\)"):
        read(tmp_path, text, columns={"power": "e"})
    with pytest.raises(ColumnError, match=r"no column 'z' \(for site\); its columns are: a, b, c"):
        read(tmp_path, text, columns={"site": "z"})
    with pytest.raises(OptionError, match=r"'heigth_m' \(did you mean height_m\?\)"):
        read(tmp_path, text, columns={"heigth_m": "e"})
    with pytest.raises(ColumnError, match="no columns of longitude and latitude"):
        read(tmp_path, text)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "frame"])
def test_points_in_a_vector_file(tmp_path: Path, suffix: str) -> None:
    frame = gpd.GeoDataFrame(
        {"technology": ["4G", "2G/3G"], "operator": ["A", None], "height": [30.0, np.nan]},
        geometry=gpd.points_from_xy([27.5, 27.6], [-29.3, -29.4]),
        crs=4326,
    )
    path: Any = frame
    if suffix != "frame":
        path = tmp_path / f"sites.{suffix}"
        (frame.to_crs(32735) if suffix == "gpkg" else frame).to_file(path, engine="pyogrio")
    found = read_cells(path)
    assert technologies(found) == ["4g", "2g", "3g"]
    assert found.cells.lon_deg == pytest.approx([27.5, 27.6, 27.6], abs=1e-7)
    assert found.cells.lat_deg == pytest.approx([-29.3, -29.4, -29.4], abs=1e-7)
    assert found.cells.height_m.tolist() == [30.0, 40.0, 40.0]
    assert found.account[0].where == "features 1 and 2"


def test_shapes_that_are_no_points(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"technology": ["4G"]}, geometry=[SQUARE], crs=4326)
    frame.to_file(tmp_path / "a.geojson", engine="pyogrio")
    with pytest.raises(GeometryError, match="feature 1 of type Polygon; a site is one point"):
        read_cells(tmp_path / "a.geojson")


# Rows.


def test_the_same_cell_twice(tmp_path: Path) -> None:
    text = ocid(
        row("GSM", 5, samples=3, lon=27.1), row("GSM", 5, samples=9), row("GSM", 5, area=8), row("GSM", 5, net=2),
        row("GSM", 5, samples=9, lon=27.2, updated=NOW + 1),
    )  # fmt: skip
    found = read(tmp_path, text)
    assert found.cells.id.tolist() == ["651-1-8-5", "651-2-7-5", "651-1-7-5"]
    assert fates(found)["the same cell"] == ("merged", 2, "lines 2 and 3")
    assert found.cells.lon_deg[2] == pytest.approx(27.2)


def test_a_cell_of_4g_is_one_whatever_its_tracking_area(tmp_path: Path) -> None:
    found = read(tmp_path, ocid(row(area=7, samples=99), row(area=8, updated=NOW + 9)))
    assert found.cells.tai.tolist() == ["651-1-8"]
    assert fates(found)["the same cell"] == ("merged", 1, "line 2")


def test_half_an_identity_is_none(tmp_path: Path) -> None:
    """Without its network or location area a number belongs to many cells."""
    text = "operator,lon,lat,radio,lac,ci\nA,27.5,-29.3,GSM,7,5\nB,27.5,-29.3,GSM,7,5\nA,27.6,-29.3,GSM,,5\nA,27.5,-29.3,GSM,7,5\n"
    found = read(tmp_path, text)
    assert found.cells.id.tolist() == ["cell 5 2g 1", "cell 5 2g 2", "cell 5 2g 3"]
    assert found.cells.operator.tolist() == ["A", "B", "A"]
    assert set(found.cells.tai.tolist()) == {""}
    assert fates(found)["the same cell"] == ("merged", 1, "line 5")


def test_rows_that_differ_in_anything_are_two_cells(tmp_path: Path) -> None:
    text = "site,lon,lat,tech,tilt\nA,27.5,-29.3,4G,3\nA,27.5,-29.3,4G,3\nA,27.5,-29.3,4G,4\nA 4g 1,27.5,-29.3,4G,3\n"
    found = read(tmp_path, text)
    assert found.cells.downtilt_deg.tolist() == [3.0, 4.0, 3.0]
    assert len(set(found.cells.id.tolist())) == 3
    assert fates(found)["the same cell"] == ("merged", 1, "line 3")


def test_technologies_with_one_number_are_two_cells(tmp_path: Path) -> None:
    found = read(tmp_path, ocid(row("GSM", 5), row("UMTS", 5)))
    assert found.cells.id.tolist() == ["651-1-7-5 2g", "651-1-7-5 3g"]


def test_old_rows(tmp_path: Path) -> None:
    text = ocid(row(cell=1, updated=NOW - 6 * YEAR), row(cell=2, updated=NOW - 4 * YEAR), row(cell=3), row(cell=4, updated=""))  # fmt: skip
    found = read(tmp_path, text)
    assert found.cells.id.tolist() == ["651-1-7-2", "651-1-7-3", "651-1-7-4"]
    assert fates(found)["last seen more"] == ("dropped", 1, "line 2")
    assert len(read(tmp_path, text, max_age_years=None).cells) == 4
    assert len(read(tmp_path, text, max_age_years=100).cells) == 4
    assert len(read(tmp_path, text, max_age_years=3).cells) == 2
    with pytest.raises(OptionError, match="above 0, but got -1"):
        read(tmp_path, text, max_age_years=-1.0)


def test_dates_are_read_as_words_too_and_one_to_come_makes_nothing_old(tmp_path: Path) -> None:
    text = ocid(row(cell=1, updated="2012-05-06"), row(cell=2, updated="2023-11-14T10:00:00Z"), row(cell=3, updated=4_000_000_000))  # fmt: skip
    found = read(tmp_path, text)
    assert found.cells.id.tolist() == ["651-1-7-2", "651-1-7-3"]
    assert any("at a time to come" in note for note in found.notes)


def test_most_rows_old_is_said(tmp_path: Path) -> None:
    old = [row(cell=k, updated=NOW - 9 * YEAR) for k in range(3)]
    notes = read(tmp_path, ocid(*old, row(cell=9))).notes
    assert any("most rows of the list are old" in note for note in notes)


@pytest.mark.parametrize("country", [SQUARE, (27.0, -30.0, 28.0, -29.0)])
def test_far_outside_the_country(tmp_path: Path, country: Any) -> None:
    # 0.3 degrees of longitude are 29 km here, 0.5 are 48 km.
    text = ocid(row(cell=1), row(cell=2, lon=28.3, updated=NOW - 9 * YEAR), row(cell=3, lon=28.5, updated=NOW - 9 * YEAR))  # fmt: skip
    found = read(tmp_path, text, country=country, max_age_years=None)
    assert found.cells.id.tolist() == ["651-1-7-1", "651-1-7-2"]
    assert fates(found)["more than 35"] == ("dropped", 1, "line 4")
    # Where a row lies is told before how old it is.
    assert fates(read(tmp_path, text, country=country))["more than 35"] == ("dropped", 1, "line 4")
    assert any(note.startswith("1 rows lie outside the country") for note in found.notes)


def test_a_box_in_another_order(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="west, south, east, north"):
        read(tmp_path, ocid(row()), country=(27.0, 28.0, -30.0, -29.0))


def test_places_that_are_none(tmp_path: Path) -> None:
    text = ocid(row(cell=1), row(cell=2, lon=0, lat=0), row(cell=3, lon="", lat=""), row(cell=4, lon="x"), row(cell=5, lat=95), row(cell=6))  # fmt: skip
    found = read(tmp_path, text)
    assert found.cells.id.tolist() == ["651-1-7-1", "651-1-7-6"]
    told = {a.where: (a.fate, a.reason) for a in found.account}
    assert told["line 3"] == ("dropped", "at 0, 0: the place was not known")
    assert told["line 4"] == ("dropped", "no coordinates")
    assert told["line 5"] == ("dropped", "coordinates are no numbers")
    assert told["line 6"] == ("dropped", "coordinates off the Earth")
    with pytest.raises(TableValueError, match=r"no row has a usable place.*at 0, 0.*line 2"):
        read(tmp_path, ocid(row(lon=0, lat=0)))


def test_exchanged_coordinates(tmp_path: Path) -> None:
    with pytest.raises(SwappedAxesError, match=r"2 of 2 rows.*\(lines 2 and 3\).*exchanged"):
        read(tmp_path, ocid(row(lon=-8, lat=114), row(cell=2, lon=-8.1, lat=114.2)))
    with pytest.raises(SwappedAxesError, match=r"2 of 2 rows \(lines 2 and 3\) lie in the country"):
        read(tmp_path, ocid(row(lon=-29.3, lat=27.5), row(cell=2, lon=-29.4, lat=27.4)), country=SQUARE)  # fmt: skip
    found = read(tmp_path, ocid(row(cell=1), row(cell=2), row(cell=3, lon=-29.3, lat=27.5)), country=SQUARE)  # fmt: skip
    assert fates(found)["latitude and longitude"] == ("dropped", 1, "line 4")


@pytest.mark.parametrize(
    ("radio", "bits"), [("GSM", 16), ("UMTS", 28), ("LTE", 28), ("NR", 36)]
)  # fmt: skip
def test_cell_identities_out_of_their_bits(tmp_path: Path, radio: str, bits: int) -> None:
    found = read(tmp_path, ocid(row(radio, 2**bits), row(radio, 2**bits - 1), row(radio, -1)))
    assert found.cells.id.tolist() == [f"651-1-7-{2**bits - 1}"]
    assert fates(found)["cell identity out"] == ("dropped", 1, "line 2")
    assert f"out of {bits} bits" in {a.where: a.reason for a in found.account}["line 2"]
    assert fates(found)["cell is no"] == ("dropped", 1, "line 4")


def test_technologies_that_are_not_known(tmp_path: Path) -> None:
    found = read(tmp_path, ocid(row("FOO"), row("CDMA", 3), row("", 4), row(cell=5)))
    told = {a.where: a.reason for a in found.account if a.fate == "dropped"}
    assert told["line 2"] == "unknown technology 'FOO'"
    assert "CDMA" in told["line 3"]
    assert told["line 4"] == "no technology"
    assert any("--sites-technology" in note for note in found.notes)
    assert technologies(read(tmp_path, ocid(row("", 4), row("GSM", 5)), technology="4g")) == ["4g", "2g"]  # fmt: skip
    with pytest.raises(UnknownTechnologyError, match=r"unknown technology 'FOO' \(line 2\)"):
        read(tmp_path, ocid(row("FOO")))


def test_a_list_without_technologies(tmp_path: Path) -> None:
    text = "site,operator,lon,lat\nA,O,27.5,-29.3\n"
    with pytest.raises(ColumnError, match=r"does not say of which technology.*technology='4g'"):
        read(tmp_path, text)
    assert technologies(read(tmp_path, text, technology="2g/4g")) == ["2g", "4g"]
    with pytest.raises(UnknownTechnologyError, match="no technology '6g'; use one of 2g"):
        read(tmp_path, text, technology="6g")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("height", "4000", r"line 3: column 'height' holds 4000, but height_m is 1 to 500 metres"),
        ("height", "-3", "holds -3, but height_m"),
        ("height", "30 m", "line 3: column 'height' holds '30 m', which is no number"),
        ("height", "inf", "height"),
        (
            "power_dbm",
            "20000",
            "line 3: column 'power_dbm' holds 20000, but power_dbm is -20 to 70",
        ),
        ("power_w", "-20", "power_w is 0.0001 to 10000 W"),
        ("azimuth", "720", "azimuth_deg is -180 to 360 degrees clockwise"),
        ("frequency", "800000000", r"8e\+08 \(Hz\?\), but frequency_mhz"),
        ("frequency", "0.8", r"0.8 \(GHz\?\), but frequency_mhz"),
        ("tilt", "90", "downtilt_deg is -30 to 45"),
        ("beamwidth", "400", "beamwidth_deg is 1 to 360"),
    ],
)
def test_absurd_values_are_named_with_their_row(tmp_path: Path, column: str, value: str, said: str) -> None:  # fmt: skip
    text = f"site,lon,lat,tech,{column}\nA,27.5,-29.3,4G,\nB,27.6,-29.3,4G,{value}\n"
    with pytest.raises(TableValueError, match=said):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", EmptyLayerError, "is empty"),
        (OCID + "\n", EmptyLayerError, "has a header and no row"),
        (ocid(row(), "LTE,651"), ReadError, "line 3 has 2 columns and the first line 14"),
        ("a\nb\n", ReadError, "the first line has 1 column"),
        ("1,2,3,4\n", ReadError, "has no header"),
        (b"\x1f\x8b\x08\x00nonsense", ReadError, "compressed file is damaged"),
        (b"\x00\x01\x02" * 50, ReadError, "is no text"),
        (ocid(row(updated=NOW - 9 * YEAR, lon=9), row(cell=2, lon=9)), EmptyLayerError, "no row is left of 2"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used(tmp_path: Path, text: Any, error: type[Exception], said: str) -> None:  # fmt: skip
    with pytest.raises(error, match=said):
        read(tmp_path, text, country=SQUARE)


def test_sources_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="check the path"):
        read_cells(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="a int is no list of sites"):
        read_cells(3)


# Whatever the list.

RADIO = st.sampled_from(["GSM", "UMTS", "LTE", "NR", "CDMA", "XYZ", "", "4G", "2G/3G", "5G NSA"])
NUMBER = st.sampled_from(["", "-1", "0", "1", "65535", "65536", "268435456", "68719476736", "x", "3.5", "9" * 25, "nan", "inf"])  # fmt: skip
WHERE = st.sampled_from(["27.4", "27.41", "-29.3", "0", "", "abc", "200", "95", "nan", "inf", "180"])  # fmt: skip
SEEN = st.sampled_from(["", str(NOW), str(NOW - 9 * YEAR), "2024-01-01", "garbage", "-5", "9" * 17])


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(RADIO, NUMBER, NUMBER, NUMBER, WHERE, WHERE, NUMBER, SEEN), min_size=1, max_size=8),
    options=st.fixed_dictionaries({}, optional={"technology": st.just("4g"), "country": st.just(SQUARE), "max_age_years": st.none()}),
)  # fmt: skip
def test_the_account_adds_up_whatever_the_list(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], options: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    text = ocid(
        *(row(r, cell, net=net, area=area, lon=lon, lat=lat, samples=samples, updated=seen)
          for r, net, area, cell, lon, lat, samples, seen in rows)
    )  # fmt: skip
    try:
        found = read(folder, text, **options)
    except EW4AllError:
        return
    cells = found.cells
    assert sum(a.rows for a in found.account) == len(rows)
    kept = [a.rows for a in found.account if a.fate == "kept"]
    assert 1 <= sum(kept) <= len(cells)
    assert len(set(cells.id.tolist())) == len(cells)
    assert np.isfinite([cells.lon_deg, cells.lat_deg, cells.frequency_mhz, cells.height_m]).all()
    assert (cells.sites.cells > 0).all()
    assert len(set(cells.sites.id.tolist())) == len(cells.sites)
