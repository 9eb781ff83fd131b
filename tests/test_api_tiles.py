"""Tiles: every pixel has the colour of its cell, every shape lies where it should, and nothing is larger than it may be."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from affine import Affine
from made_layers import PEOPLE, ZONES, keep_results, write_results
from made_service import make_client, service_of
from PIL import Image
from pyproj import CRS

from ew4all.api.features.table import Table
from ew4all.api.layers.facts import raster_facts
from ew4all.api.problems import Problem
from ew4all.api.settings import Limits
from ew4all.api.tiling.raster import picture_tile
from ew4all.api.tiling.styles import Style, colours
from ew4all.api.tiling.vector import EXTENT, vector_tile
from ew4all.api.tiling.zooms import limits_of
from ew4all.grid import Grid
from ew4all.writers.rasters import write_cog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from starlette.testclient import TestClient

# rio-tiler calls rasterio, which multiplies as affine no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

# At zoom 6 the raster, 10 to 14 E and 0 to 4 N, lies within this tile: 11.25 to 16.875 E for x 34.
Z, X, Y = 6, 34, 31


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("tiles")
    write_results(folder / "out")
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out")
        yield client


@pytest.fixture(scope="module")
def paths(client: TestClient) -> dict[str, str]:
    layers = client.get("/v1/layers").json()["layers"]
    return {one["name"]: f"/v1/layers/{one['id']}" for one in layers}


def picture(content: bytes) -> NDArray[np.uint8]:
    return np.array(Image.open(io.BytesIO(content)).convert("RGBA"))


def lonlat_of(size: int, z: int, x: int, y: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Longitude of each column and latitude of each row of a tile, at the middle of the pixel."""
    step = (np.arange(size) + 0.5) / size
    lon = (x + step) / 2**z * 360.0 - 180.0
    down = (y + step) / 2**z
    lat = np.degrees(np.arctan(np.sinh(math.pi * (1.0 - 2.0 * down))))
    return lon, lat


@pytest.mark.parametrize("size", [256, 512])
def test_every_pixel_has_the_colour_of_its_cell(
    client: TestClient, paths: dict[str, str], size: int
) -> None:
    """The naive twin: a loop over the pixels, without any library for maps."""
    low, high = 0.0, 20.0
    address = f"{paths['uncovered.tif']}/xyz/{Z}/{X}/{Y}.png?tilesize={size}&rescale=0,20"
    found = picture(client.get(address).content)
    assert found.shape == (size, size, 4)
    table = colours("uncovered")
    lon, lat = lonlat_of(size, Z, X, Y)
    compared = 0
    for row in range(0, size, 5):
        for column in range(0, size, 5):
            right, down = lon[column] - 10.0, 4.0 - lat[row]
            if min(abs(v - round(v)) for v in (right, down)) < 0.05:
                continue  # a warped picture may choose either cell at their edge
            expected = (0, 0, 0, 0)
            if 0 <= right < 4 and 0 <= down < 4:
                people = float(PEOPLE[int(down), int(right)])
                if people > 0:
                    expected = table[round(255 * (people - low) / (high - low))]
            if expected[3]:
                assert tuple(found[row, column]) == expected, (row, column)
            else:
                assert found[row, column, 3] == 0, (row, column)
            compared += 1
    assert compared > 0.7 * (size / 5) ** 2


def test_webp_shows_the_same_places(client: TestClient, paths: dict[str, str]) -> None:
    path = f"{paths['uncovered.tif']}/xyz/{Z}/{X}/{Y}"
    png, webp = (client.get(f"{path}.{kind}") for kind in ("png", "webp"))
    assert webp.headers["content-type"] == "image/webp"
    assert webp.headers["etag"] != png.headers["etag"]
    np.testing.assert_array_equal(picture(png.content)[..., 3], picture(webp.content)[..., 3])


@pytest.mark.parametrize("colormap", ["people", "viridis", "cividis", "grey", "distinct"])
def test_colours_are_chosen(client: TestClient, paths: dict[str, str], colormap: str) -> None:
    address = f"{paths['uncovered.tif']}/xyz/{Z}/{X}/{Y}.png?colormap={colormap}&rescale=0,20"
    found = {tuple(p) for p in picture(client.get(address).content).reshape(-1, 4).tolist()}
    seen = {colours(colormap)[k] for k in range(256)}
    assert {p for p in found if p[3]} <= seen
    legend = client.get(f"{paths['uncovered.tif']}/legend?colormap={colormap}&rescale=0,20").json()
    assert legend["rescale"] == [0, 20]
    assert len(legend["entries"]) >= 5


def test_the_maps_differ_in_lightness_from_one_end_to_the_other() -> None:
    """So they are told apart by those who see no colours."""
    for name in ("people", "uncovered", "hazard", "grey", "viridis", "cividis", "magma"):
        red, green, blue, _ = np.array([colours(name)[k] for k in range(256)], dtype=float).T
        lightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        steps = np.diff(lightness)
        assert (steps <= 0.6).all() or (steps >= -0.6).all(), name
        assert abs(lightness[-1] - lightness[0]) > 100, name


def test_our_maps_have_the_colours_of_our_figures() -> None:
    from matplotlib.colors import to_rgba

    from ew4all.report.palette import PEOPLE as BLUES
    from ew4all.report.palette import UNCOVERED

    for name, figure in (("people", BLUES), ("uncovered", UNCOVERED)):
        for at in (0, 85, 170, 255):
            wanted = np.array(to_rgba(figure(at / 255)))
            assert np.abs(np.array(colours(name)[at]) / 255 - wanted).max() < 0.02


@pytest.mark.parametrize(
    ("rest", "status", "code"),
    [
        ("uncovered.tif/xyz/6/0/0.png", 404, "tile-outside"),
        ("uncovered.tif/xyz/2/4/0.png", 404, "tile-outside"),
        ("uncovered.tif/xyz/25/0/0.png", 400, "invalid-request"),
        ("uncovered.tif/xyz/6/34/31.mvt", 404, "wrong-kind"),
        ("zones.gpkg/xyz/6/34/31.png", 404, "wrong-kind"),
        ("uncovered.tif/xyz/6/34/31.jpg", 400, "invalid-request"),
        ("uncovered.tif/xyz/6/34/31.png?colormap=rainbow", 400, "invalid-request"),
        ("uncovered.tif/xyz/6/34/31.png?rescale=5,5", 400, "bad-rescale"),
        ("uncovered.tif/xyz/6/34/31.png?rescale=nan,1", 400, "invalid-request"),
        ("uncovered.tif/xyz/6/34/31.png?tilesize=100000", 400, "invalid-request"),
        ("uncovered.tif/xyz/6/34/31.png?url=http://127.0.0.1/a.tif", 400, "unknown-parameter"),
        ("uncovered.tif/xyz/6/34/31.png?expression=b1*2", 400, "unknown-parameter"),
        ("run.json/xyz/6/34/31.png", 404, "not-on-a-map"),
        ("run.json/tilejson.json", 404, "not-on-a-map"),
        ("zones.gpkg/legend", 404, "no-legend"),
    ],
)
def test_what_is_not_there_is_told(
    client: TestClient, paths: dict[str, str], rest: str, status: int, code: str
) -> None:
    name, _, tail = rest.partition("/")
    answer = client.get(f"{paths[name]}/{tail}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_tile_is_drawn_once_and_not_sent_twice(client: TestClient, paths: dict[str, str]) -> None:
    address = f"{paths['uncovered.tif']}/xyz/{Z}/{X}/{Y}.png?rescale=0,19"
    tiles = service_of(client).tiles
    first = client.get(address)
    held = tiles.bytes
    again = client.get(address)
    assert again.content == first.content
    assert tiles.bytes == held > 0
    assert first.headers["cache-control"] == "public, max-age=3600"
    assert "content-encoding" not in first.headers
    tag = first.headers["etag"]
    for given in (tag, f'"x", {tag}', "*"):
        same = client.get(address, headers={"If-None-Match": given})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == tag
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    other = client.get(address.replace("0,19", "0,18"))
    assert other.headers["etag"] != tag


def test_rows_come_first_in_the_tiles_of_ogc(client: TestClient, paths: dict[str, str]) -> None:
    home = paths["uncovered.tif"]
    ogc = client.get(f"{home}/tiles/WebMercatorQuad/{Z}/{Y}/{X}")
    assert ogc.headers["content-type"] == "image/png"
    assert ogc.content == client.get(f"{home}/xyz/{Z}/{X}/{Y}.png").content
    assert client.get(f"{home}/tiles/WorldCRS84Quad").status_code == 400
    tileset = client.get(f"{home}/tiles/WebMercatorQuad").json()
    assert tileset["dataType"] == "map"
    # The equator is the edge of two rows, and belongs to the southern one.
    assert tileset["tileMatrixSetLimits"][1] == {
        "tileMatrix": "1", "minTileRow": 0, "maxTileRow": 1, "minTileCol": 1, "maxTileCol": 1,
    }  # fmt: skip
    items = [k for k in tileset["links"] if k["rel"] == "item"]
    assert {k["type"] for k in items} == {"image/png", "image/webp"}
    filled = items[0]["href"].format(tileMatrix=Z, tileRow=Y, tileCol=X)
    assert client.get(filled).content == ogc.content
    (listed,) = client.get(f"{home}/tiles").json()["tilesets"]
    assert listed["tileMatrixSetURI"] == client.get("/tileMatrixSets/WebMercatorQuad").json()["uri"]


def test_limits_hold_the_tiles_that_there_are() -> None:
    """Those of morecantile, except for a tile that is only touched."""
    import morecantile

    quad = morecantile.tms.get("WebMercatorQuad")
    for box in (
        [-61.85, 11.95, -61.35, 12.57],
        [-179.9, -80.0, 179.9, 80.0],
        [10.01, -5.0, 14.0, 4.0],
    ):
        for zoom in (0, 3, 8):
            mine = limits_of(box, zoom)
            theirs = [quad.tile(box[0], box[3], zoom), quad.tile(box[2], box[1], zoom)]
            assert (mine["minTileCol"], mine["minTileRow"]) == (theirs[0].x, theirs[0].y)
            assert (mine["maxTileCol"], mine["maxTileRow"]) == (theirs[1].x, theirs[1].y)


def test_tilejson_leads_to_tiles(client: TestClient, paths: dict[str, str]) -> None:
    raster = client.get(f"{paths['uncovered.tif']}/tilejson.json?colormap=grey").json()
    assert raster["bounds"] == [10.0, 0.0, 14.0, 4.0]
    assert raster["tileSize"] == 512
    assert raster["minzoom"] <= 6
    tile = client.get(raster["tiles"][0].format(z=Z, x=X, y=Y))
    assert picture(tile.content).shape == (512, 512, 4)
    vector = client.get(f"{paths['zones.parquet']}/tilejson.json").json()
    (layer,) = vector["vector_layers"]
    tile = client.get(vector["tiles"][0].format(z=Z, x=X, y=Y))
    assert list(mapbox_vector_tile.decode(tile.content)) == [layer["id"]] == ["zones"]
    assert layer["fields"] == {"id": "string", "name": "string", "uncovered": "number"}


def test_shapes_lie_where_they_should(client: TestClient, paths: dict[str, str]) -> None:
    content = client.get(f"{paths['zones.gpkg']}/xyz/{Z}/{X}/{Y}.mvt").content
    options = {"y_coord_down": True}
    found = mapbox_vector_tile.decode(content, default_options=options)["zones"]["features"]
    assert [f["properties"] for f in found] == [
        {"id": "west", "name": "West", "uncovered": 22.0},
        {"id": "east", "name": "East", "uncovered": 53.0},
    ]
    lon, lat = lonlat_of(64, Z, X, Y)
    steps = (np.arange(64) + 0.5) / 64 * EXTENT
    for feature in found:
        zone = ZONES[feature["properties"]["id"]]
        drawn = shapely.geometry.shape(feature["geometry"])
        assert drawn.is_valid
        right, down = np.meshgrid(steps, steps)
        inside = shapely.contains_xy(drawn, right.ravel(), down.ravel())
        places = np.meshgrid(lon, lat)
        wanted = shapely.contains_xy(zone, places[0].ravel(), places[1].ravel())
        np.testing.assert_array_equal(inside, wanted)
    empty = client.get(f"{paths['zones.gpkg']}/xyz/6/0/0.mvt")
    assert (empty.status_code, empty.content) == (204, b"")


def test_the_same_content_under_another_name_is_another_tile(
    client: TestClient, paths: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "areas.parquet").write_bytes(client.get(f"{paths['zones.parquet']}/file").content)
    job = keep_results(service_of(client), folder)
    for path, name in (
        (paths["zones.parquet"], "zones"),
        (f"/v1/layers/{job}.areas.parquet", "areas"),
    ):
        tile = client.get(f"{path}/xyz/{Z}/{X}/{Y}.mvt").content
        assert list(mapbox_vector_tile.decode(tile)) == [name]
    # And a page of its features links to itself.
    for collection in (
        f"{job}.areas",
        paths["zones.parquet"].split("/")[-1].removesuffix(".parquet"),
    ):
        page = client.get(f"/collections/{collection}/items").json()
        assert f"/collections/{collection}/" in page["links"][0]["href"]


def test_a_raster_in_blocks_that_are_too_large_is_not_drawn(tmp_path: Path) -> None:
    write_results(tmp_path / "out")
    with make_client(tmp_path, workers=0, limits={"tile_cells": 10}) as client:
        job = keep_results(service_of(client), tmp_path / "out")
        answer = client.get(f"/v1/layers/{job}.uncovered.tif/xyz/{Z}/{X}/{Y}.png")
        assert (answer.status_code, answer.json()["code"]) == (404, "blocks-too-large")


def squares(count: int) -> Table:
    """Squares in a row, each larger than the one before."""
    at, side = np.arange(count) * 0.2, 0.05 + np.arange(count) * 1e-3
    shapes = shapely.box(at, 0.0, at + side, side)
    return Table(tuple(map(str, range(count))), shapes, {"size": list(range(count))})


def test_of_too_many_features_the_largest_are_kept() -> None:
    content, left_out = vector_tile(squares(50), "squares", 5, 16, 15, Limits(tile_features=20))
    found = mapbox_vector_tile.decode(content)["squares"]["features"]
    assert [f["properties"]["size"] for f in found] == list(range(30, 50))
    assert left_out == 30
    assert vector_tile(squares(50), "squares", 5, 16, 15, Limits())[1] == 0


def test_a_coast_with_too_many_vertices_is_simplified_further() -> None:
    turn = np.linspace(0.0, 2.0 * math.pi, 40_001)[:-1]
    reach = 2.0 + 0.2 * np.sin(200.0 * turn)
    coast = shapely.Polygon(
        np.column_stack((3.0 + reach * np.cos(turn), 3.0 + reach * np.sin(turn)))
    )
    table = Table(("1",), np.array([coast], dtype=object), {})
    sizes = {}
    for most in (100_000, 300, 60):
        content, _ = vector_tile(table, "coast", 4, 8, 7, Limits(tile_vertices=most))
        (feature,) = mapbox_vector_tile.decode(content)["coast"]["features"]
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        sizes[most] = int(shapely.get_num_coordinates(shape))
        assert sizes[most] <= most + 10
    assert sizes[60] < sizes[300] < sizes[100_000] < 40_000


def test_zooms_that_would_read_too_many_cells_are_not_served(
    client: TestClient, paths: dict[str, str]
) -> None:
    from dataclasses import replace

    from ew4all.api.identity import LOCAL
    from ew4all.api.layers.catalogue import find_layer
    from ew4all.api.tiling.zooms import zooms_of

    layer = find_layer(service_of(client), LOCAL, paths["uncovered.tif"].rpartition("/")[2])
    large = replace(layer, facts={**layer.facts, "width": 40_000, "height": 40_000})
    # 1.6e9 cells of 4 degrees: at zoom 6 they fill a tile, and each further zoom reads a quarter of them.
    assert zooms_of(large, 64_000_000)[0] == 6 + 3
    assert (
        zooms_of(replace(large, facts={**large.facts, "overviews": [2, 4, 8]}), 64_000_000)[0] == 0
    )
    assert zooms_of(layer, 64_000_000) == (0, 1)


def test_a_raster_over_the_180th_meridian_is_drawn_on_both_sides(tmp_path: Path) -> None:
    """Columns of one degree from 176 E to 176 W, each with its number."""
    grid = Grid(Affine(1.0, 0.0, 176.0, 0.0, -1.0, 4.0), 8, 8, CRS(4326))
    values = np.tile(np.arange(1, 9, dtype=np.float32), (8, 1))
    path = tmp_path / "islands.tif"
    write_cog(path, grid, [(b, values) for b in grid.blocks(8, 8)], description="people")
    assert raster_facts(path)["bbox"] == [176.0, -4.0, -176.0, 4.0]
    style = Style("grey", 0.0, 8.0, "people", hides_zero=True)
    seen = set()
    for x in (0, 63):
        found = picture(picture_tile(path, style, 6, x, 31, size=256, kind="png"))
        lon, _ = lonlat_of(256, 6, x, 31)
        for column in range(0, 256, 3):
            right = (lon[column] - 176.0) % 360.0
            if right < 8 and abs(right - round(right)) > 0.05:
                number = int(right) + 1
                seen.add(number)
                assert tuple(found[200, column]) == colours("grey")[round(255 * number / 8)]
    assert seen == set(range(1, 9))
    with pytest.raises(Problem, match="lies outside"):
        picture_tile(path, style, 6, 32, 31, size=256, kind="png")
