"""What outages are read from: links, power, stocks, lists, measurements, hazards. And everything that can be wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.cells import Cells
from ew4all.coverage.outages.backhaul import FIBRE, MICROWAVE, SUBMARINE, lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.threats import Blackout, Threat
from ew4all.errors import (
    ColumnError,
    EmptyLayerError,
    GeometryError,
    InputError,
    MissingCrsError,
    NoIntersectionError,
    OptionError,
    ReadError,
    TableValueError,
)
from ew4all.readers.hazard_values import parsed, read_hazard
from ew4all.readers.links import near_lines, read_links
from ew4all.readers.outage_tables import read_down, read_measurements, read_plant, read_stocks
from ew4all.readers.point_values import inside_polygons, polygon_values, raster_values

if TYPE_CHECKING:
    from pathlib import Path

VALUES = resolve()


def network_sites() -> Any:
    names = ["a", "b", "c"]
    return Cells.of([10.0, 10.1, 10.5], [0.0, 0.0, 0.0], ["4g"] * 3, site_id=names).sites


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(
    folder: Path,
    features: list[tuple[list[tuple[float, float]], dict[str, str]]],
    kind: str = "LineString",
) -> Path:
    shapes = [
        {"type": "Feature", "properties": p, "geometry": {"type": kind, "coordinates": xy}}
        for xy, p in features
    ]
    return written(
        folder, "lines.geojson", json.dumps({"type": "FeatureCollection", "features": shapes})
    )


def raster(
    folder: Path,
    values: Any,
    *,
    crs: str | None = "EPSG:4326",
    nodata: float | None = None,
    name: str = "r.tif",
) -> str:
    """Cells of 0.1 degrees from 9.95 on, so that sites lie in the middle of theirs; the last value is repeated up to 10.55."""
    array = np.asarray(values, np.float32)
    array = np.pad(array, ((0, 0), (0, 6 - array.shape[1])), mode="edge")
    path = folder / name
    with rasterio.open(
        path, "w", driver="GTiff", height=array.shape[0], width=array.shape[1], count=1, dtype="float32",
        crs=crs, transform=Affine(0.1, 0, 9.95, 0, -0.2, 0.1), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(array, 1)
    return str(path)


# Links


def test_links_of_a_table(tmp_path: Path) -> None:
    path = written(
        tmp_path, "links.csv",
        "from;to;Type;status;lon_a;lat_a;lon_b;lat_b\na;b;Fiber optic;operational;;;;\nb;X1;MW;operational;;;10.2;0.1\n"
        "c;X1;submarine cable;live;;;10.2;0.1\na;c;fibre;Planned;;;;\n",
    )  # fmt: skip
    found = read_links(path, network_sites(), VALUES, core=["X1"])
    assert found.id.tolist() == ["a", "b", "c", "X1"]
    assert [found.kind[k] for k in range(3)] == [FIBRE, MICROWAVE, SUBMARINE]
    assert found.core.tolist() == [False, False, False, True]
    assert (found.lon_deg[3], found.lat_deg[3]) == (10.2, 0.1)
    assert found.notes == ("links.csv: 1 links are planned or retired and left out",)


def test_sites_without_a_link_are_joined_and_the_core_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "links.csv", "a,b,kind\na,b,fibre\n")
    found = read_links(path, network_sites(), VALUES)
    assert found.joined.all()
    assert found.kind.tolist() == [FIBRE, MICROWAVE]
    assert found.notes == (
        "1 of 3 sites are in no link; each is joined to its nearest node",
        "no core was named: b, the node with most links (2), is taken for it",
    )


def test_a_core_by_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "links.csv", "a,b,kind\na,b,fibre\nb,c,fibre\n")
    assert read_links(path, network_sites(), VALUES, core=["10.49,0.0"]).core.tolist() == [
        False,
        False,
        True,
    ]
    with pytest.raises(
        InputError, match="the core 'nowhere' is neither a node of the links nor a place"
    ):
        read_links(path, network_sites(), VALUES, core=["nowhere"])


def test_lines_of_a_transmission_map(tmp_path: Path) -> None:
    """Ends within 0.5 km of a site are that site; lines that meet share a node; loops, points and plans are left out."""
    path = lines(
        tmp_path,
        [
            (
                [(10.001, 0.001), (10.05, 0.02), (10.1, 0.0)],
                {"type": "Fibre", "status": "Operational"},
            ),
            ([(10.1, 0.0), (10.3, 0.3)], {"type": "Microwave", "status": "Operational"}),
            ([(10.3001, 0.3001), (10.5, 0.0)], {"type": "Microwave", "status": "Operational"}),
            ([(10.0, 0.0), (10.5, 0.0)], {"type": "Fibre", "status": "Planned"}),
            ([(10.0, 0.0), (10.2, 0.1), (10.0, 0.0)], {"type": "Fibre", "status": "Operational"}),
        ],
    )
    found = read_links(path, network_sites(), VALUES, core=["a"])
    assert found.id.tolist() == ["a", "b", "c", "node 10.3000,0.3000"]
    ends = {(int(a), int(b)): int(k) for a, b, k in zip(found.a, found.b, found.kind, strict=True)}
    assert ends == {(0, 1): FIBRE, (1, 3): MICROWAVE, (2, 3): MICROWAVE}
    assert found.joined.all()
    assert any("1 lines are planned or retired" in note for note in found.notes)
    assert any("1 lines end where they begin" in note for note in found.notes)


def test_lines_that_say_no_kind_are_fibre_with_a_note(tmp_path: Path) -> None:
    path = lines(tmp_path, [([(10.0, 0.0), (10.1, 0.0)], {"name": "x"})])
    found = read_links(path, network_sites(), VALUES, core=["a"])
    assert found.kind.tolist() == [FIBRE, MICROWAVE]
    assert any("they count as fibre" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "a,b,kind\na,x,fibre\n",
            InputError,
            "line 2: 'x' is neither a site nor a node with a place",
        ),
        ("a,b,kind\na,a,fibre\n", InputError, "line 2: the link joins 'a' to itself"),
        (
            "a,b,kind\na,b,pigeon\n",
            InputError,
            "line 2: the link is of kind 'pigeon'; kinds are fibre",
        ),
        ("a,b\na,b\n", ColumnError, "no column kind or type"),
        ("a,kind\na,fibre\n", ColumnError, "no column b or to"),
        ("a,b,kind\n", EmptyLayerError, "no row below its header"),
        ("a,b,kind,status\na,b,fibre,planned\n", EmptyLayerError, "holds no link in service"),
        ("a,b,kind,lon_b,lat_b\na,x,fibre,ten,0\n", TableValueError, "lon_b is 'ten'"),
    ],
)
def test_links_that_are_wrong(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read_links(written(tmp_path, "links.csv", text), network_sites(), VALUES)


def test_sites_along_main_roads(tmp_path: Path) -> None:
    path = lines(
        tmp_path, [([(9.9, 0.005), (10.12, 0.005)], {}), ([(10.52, -1.0), (10.52, 1.0)], {})]
    )
    assert near_lines(path, network_sites(), 1.0).tolist() == [True, True, False]
    assert near_lines(path, network_sites(), 2.5).tolist() == [True, True, True]
    with pytest.raises(EmptyLayerError, match="hold no line"):
        near_lines(
            lines(tmp_path, [([(9, -1), (11, -1), (11, 1), (9, -1)], {})], "MultiPoint"),
            network_sites(),
            1.0,
        )


def test_a_map_without_lines_is_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path, "p.geojson",
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}]}',
    )  # fmt: skip
    with pytest.raises(EmptyLayerError, match="holds no link in service"):
        read_links(path, network_sites(), VALUES)
    with pytest.raises(ReadError):
        read_links(tmp_path / "absent.geojson", network_sites(), VALUES)


# Tables


IDS = np.array(["a", "b", "c"])


def test_power_of_sites(tmp_path: Path) -> None:
    path = written(
        tmp_path, "power.csv", "site,battery_h,fuel_h,feeder,people\nc,8,,north,100\na,,0,,5\n"
    )
    plant = read_plant(path, IDS)
    assert_array_equal(plant.battery_h, [np.nan, np.nan, 8.0])
    assert_array_equal(plant.fuel_h, [0.0, np.nan, np.nan])
    assert plant.feeder is not None
    assert plant.feeder.tolist() == ["", "", "north"]
    assert_array_equal(plant.people, [5.0, 0.0, 100.0])


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "site,battery_h\nx,1\n",
            InputError,
            "line 2: site 'x' does not exist; sites are called like 'a'",
        ),
        ("site,battery_h\na,1\na,2\n", InputError, "line 3: site 'a' is named twice"),
        ("site,battery_h\na,-1\n", InputError, "battery_h is -1; it cannot be negative"),
        ("site,battery_h\na,long\n", TableValueError, "battery_h is 'long'"),
        ("battery_h\n1\n", ColumnError, "no column site or site_id"),
        (
            "site,colour\na,red\n",
            ColumnError,
            "none of battery_h, fuel_h, feeder, people, road_open_h",
        ),
    ],
)
def test_power_that_is_wrong(tmp_path: Path, text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read_plant(written(tmp_path, "power.csv", text), IDS)


def test_stocks_in_depots(tmp_path: Path) -> None:
    text = "depot,lon,lat,kind,count,role,transport_h,setup_h,by\nP,10,0,satellite,2,responders,3,,air\nP,10,0,generator,1,,,1,\n"
    one, two = read_stocks(written(tmp_path, "kits.csv", text))
    assert (one.purpose, one.transport_h, one.setup_h, one.by) == ("responders", 3.0, None, "air")
    assert (two.purpose, two.transport_h, two.setup_h, two.by) == ("power", None, 1.0, "road")


@pytest.mark.parametrize(
    ("row", "error", "words"),
    [
        ("P,10,0,kite,1,", TableValueError, "kind is 'kite'"),
        ("P,10,0,cell,1.5,", InputError, "line 2: count is 1.5"),
        ("P,10,0,cell,1,guard", InputError, "line 2: there is no role 'guard'"),
        ("P,10,0,cell,1,responders", OptionError, "depot P: there is no role 'responders' here"),
        ("P,x,0,cell,1,", TableValueError, "lon is 'x'"),
        ("P,10,99,cell,1,", InputError, "which is nowhere"),
    ],
)
def test_stocks_that_are_wrong(
    tmp_path: Path, row: str, error: type[Exception], words: str
) -> None:
    text = f"depot,lon,lat,kind,count,role\n{row}\n"
    with pytest.raises(error, match=words):
        read_stocks(written(tmp_path, "kits.csv", text))


def test_lists_of_sites_that_are_down(tmp_path: Path) -> None:
    assert read_down(written(tmp_path, "1.txt", "a\n\n b \n")) == ["a", "b"]
    assert read_down(written(tmp_path, "2.csv", "site\na\n")) == ["a"]
    assert read_down(written(tmp_path, "3.csv", "site,note\na,x\nb,y\n")) == ["a", "b"]
    assert read_down(written(tmp_path, "4.csv", "site,state\na,up\nb,DOWN\n")) == ["b"]
    with pytest.raises(InputError, match="line 2: state is 'maybe'; write up or down"):
        read_down(written(tmp_path, "5.csv", "site,state\na,maybe\n"))
    with pytest.raises(EmptyLayerError, match="is empty"):
        read_down(written(tmp_path, "6.csv", "\n"))
    with pytest.raises(ReadError, match="cannot be read"):
        read_down(tmp_path / "absent.csv")
    with pytest.raises(ColumnError, match="no column site"):
        read_down(written(tmp_path, "7.csv", "tower,state\na,up\n"))
    (tmp_path / "8.csv").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(ReadError, match="no text in UTF-8"):
        read_down(tmp_path / "8.csv")


def test_measurements(tmp_path: Path) -> None:
    found = read_measurements(written(tmp_path, "m.csv", "Longitude,Latitude\n10,1\n11,2\n"))
    assert found is not None
    lon, lat = found
    assert lon.tolist() == [10.0, 11.0]
    assert lat.tolist() == [1.0, 2.0]
    with pytest.raises(ColumnError, match="no column lon or longitude"):
        read_measurements(written(tmp_path, "n.csv", "place,lat\nx,1\n"))


def test_measurements_as_points_and_areas_as_polygons(tmp_path: Path) -> None:
    found = read_measurements(lines(tmp_path, [((10.0, 1.0), {}), ((11.0, 2.0), {})], "Point"))  # type: ignore[list-item]
    assert found is not None
    assert [v.tolist() for v in found] == [[10.0, 11.0], [1.0, 2.0]]
    square = [[(9, -1), (11, -1), (11, 1), (9, -1)]]
    assert read_measurements(lines(tmp_path, [(square, {})], "Polygon")) is None  # type: ignore[list-item]
    with pytest.raises(GeometryError, match="neither points nor polygons, but LineString"):
        read_measurements(lines(tmp_path, [([(10, 1), (11, 1)], {})]))


# Hazards


def test_the_cell_of_a_raster_in_which_a_point_lies(tmp_path: Path) -> None:
    path = raster(tmp_path, [[1.0, 2.0, -9999.0]], nodata=-9999.0)
    found = raster_values(
        path, np.array([10.0, 10.1, 10.14, 10.31, 99.0, np.nan]), np.zeros(6), "the hazard"
    )
    assert_array_equal(found.values, [1.0, 2.0, 2.0, np.nan, np.nan, np.nan])
    assert "2 of 6 points lie outside" in found.notes[0]
    assert "no data at 1 of 6 points" in found.notes[1]
    with pytest.raises(
        NoIntersectionError,
        match=r"covers lon 9.95 to 10.55, lat -0.10 to 0.10, but the sites lie at lon 50.00",
    ):
        raster_values(path, np.array([50.0]), np.zeros(1), "the hazard")
    with pytest.raises(MissingCrsError):
        raster_values(
            raster(tmp_path, [[1.0]], crs=None, name="n.tif"),
            np.array([10.0]),
            np.zeros(1),
            "the hazard",
        )


def test_a_raster_in_another_system(tmp_path: Path) -> None:
    path = tmp_path / "utm.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=1, width=2, count=1, dtype="float32", crs="EPSG:32632",
        transform=Affine(100_000, 0, 550_000, 0, -100_000, 50_000),
    ) as file:  # fmt: skip
        file.write(np.array([[3.0, 4.0]], np.float32), 1)
    found = raster_values(str(path), np.array([10.0, 11.0]), np.zeros(2), "the hazard")
    assert found.values.tolist() == [3.0, 4.0]


def test_the_largest_of_the_polygons_around_a_point(tmp_path: Path) -> None:
    def square(west: float, east: float) -> list[Any]:
        return [[(west, -1), (east, -1), (east, 1), (west, 1), (west, -1)]]

    path = lines(
        tmp_path, [(square(9, 11), {"kt": "34"}), (square(10.05, 11), {"kt": "64"})], "Polygon"
    )  # type: ignore[list-item]
    lon = np.array([10.0, 10.1, 20.0])
    assert polygon_values(str(path), lon, np.zeros(3), "the wind", "kt").values.tolist() == [
        34.0,
        64.0,
        0.0,
    ]
    assert polygon_values(str(path), lon, np.zeros(3), "the wind").values.tolist() == [
        1.0,
        1.0,
        0.0,
    ]
    assert inside_polygons(str(path), lon, np.zeros(3), "x").tolist() == [True, True, False]
    with pytest.raises(ColumnError, match="no column 'knots'; it has kt"):
        polygon_values(str(path), lon, np.zeros(3), "the wind", "knots")
    with pytest.raises(ColumnError, match="name the column with their strength behind a #"):
        polygon_values(str(path), lon, np.zeros(3), "the wind", needs_column=True)
    with pytest.raises(NoIntersectionError, match="no site lies in a polygon"):
        polygon_values(str(path), lon + 50.0, np.zeros(3), "the wind")


def hazard(name: str, source: Any) -> tuple[Any, tuple[str, ...]]:
    return read_hazard(parsed(name, source), lay_out(network_sites(), VALUES), VALUES)


def test_units_of_hazards(tmp_path: Path) -> None:
    path = raster(tmp_path, [[20.0, 40.0, 60.0]])
    threat, notes = hazard("wind:km/h", path)
    assert_allclose(threat.at_nodes, [20 / 3.6, 40 / 3.6, 60 / 3.6], rtol=1e-6)
    assert notes == ()
    threat, notes = hazard("wind", path)
    assert_allclose(threat.at_nodes, [20.0, 40.0, 60.0])
    assert notes == ("the wind layer: no unit was named; it is taken as m/s",)
    assert_allclose(
        hazard("pga", raster(tmp_path, [[0.1, 0.2, 0.3]], name="pga.tif"))[0].at_nodes,
        [0.1, 0.2, 0.3],
        rtol=1e-6,
    )
    assert_allclose(hazard("shaking:%g", path)[0].at_nodes, [0.2, 0.4, 0.6], rtol=1e-6)
    threat, notes = hazard("mmi", raster(tmp_path, [[0.0, 6.0, 7.0]]))
    assert_allclose(threat.at_nodes * 981.0, [0.0, 10 ** (7.6 / 3.7), 10 ** (8.6 / 3.7)], rtol=1e-6)
    assert_allclose(threat.sigma_ln, 0.35 * np.log(10.0))
    assert "Worden et al. (2012)" in notes[0]
    assert "0.35 in log10" in notes[0]


def test_what_lies_between_two_sites_meets_their_link(tmp_path: Path) -> None:
    path = raster(tmp_path, [[10.0, 70.0, 10.0]])
    sites = Cells.of([10.0, 10.4], [0.0, 0.0], ["4g"] * 2).sites
    threat, _ = read_hazard(parsed("wind", path), lay_out(sites, VALUES), VALUES)
    assert isinstance(threat, Threat)
    assert threat.at_nodes.tolist() == [10.0, 10.0]
    assert threat.at_links is not None
    assert threat.at_links.tolist() == [70.0]


def test_areas_without_mains_are_a_blackout(tmp_path: Path) -> None:
    path = lines(
        tmp_path, [([[(10.05, -1), (11, -1), (11, 1), (10.05, 1), (10.05, -1)]], {})], "Polygon"
    )  # type: ignore[list-item]
    found, notes = hazard("power", str(path))
    assert isinstance(found, Blackout)
    assert found.nodes.tolist() == [False, True, True]
    assert notes == ("mains are out at 2 of 3 sites",)


@pytest.mark.parametrize(
    ("name", "values", "error", "words"),
    [
        (
            "hail",
            [[1.0, 1.0, 1.0]],
            OptionError,
            "no kind of hazard 'hail'; use one of wind, flood, shaking, fire, power, mmi, pga",
        ),
        (
            "wind:furlong",
            [[1.0, 1.0, 1.0]],
            OptionError,
            "wind is not measured in 'furlong' here; use one of m/s",
        ),
        (
            "shaking",
            [[6.0, 6.0, 6.0]],
            OptionError,
            "does not say whether it holds intensity or acceleration",
        ),
        ("pga", [[6.0, 6.0, 6.0]], InputError, "would be 6 g at a site, which no shaking is"),
        ("mmi", [[60.0, 6.0, 6.0]], InputError, "an intensity of 60 is no MMI"),
        ("wind", [[200.0, 2.0, 3.0]], InputError, "would be 200 m/s at a site"),
        ("flood", [[-2.0, 2.0, 3.0]], InputError, "would be -2 m at a site"),
        ("flood", [[np.nan, np.nan, np.nan]], NoIntersectionError, "holds no data at any site"),
    ],
)
def test_hazards_that_are_wrong(
    tmp_path: Path, name: str, values: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        hazard(name, raster(tmp_path, values))
