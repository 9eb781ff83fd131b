"""Coverage layers and hazard rasters: whose they are, and what their values mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from numpy.testing import assert_array_equal
from pyproj import CRS
from raster_files import transform_of, write_tif

from ew4all.errors import (
    CoverageValueError,
    EmptyLayerError,
    NoIntersectionError,
    OptionError,
    ReadError,
    UnknownTechnologyError,
)
from ew4all.grid import Block, Grid
from ew4all.readers import levels
from ew4all.readers.layers import is_raster, open_layers, parse_key
from ew4all.readers.levels import open_hazard_raster
from ew4all.readers.population import open_population
from ew4all.readers.rasters import Raster

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GRID = Grid(transform_of(), 20, 30, CRS.from_epsg(4326))


def given(array: NDArray[Any]) -> tuple[Any, ...]:
    return array, transform_of(), 4326


def share_of(array: NDArray[Any], **options: Any) -> NDArray[Any]:
    (layer,), _ = open_layers({"4g": given(array)}, GRID, **options)
    return layer.share(GRID.whole)


def zero_one(kind: type = np.uint8) -> NDArray[Any]:
    return np.random.default_rng(1).integers(0, 2, GRID.shape).astype(kind)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("4g", ("4g", None)),
        ("2G", ("2g", None)),
        (" 5g : Operator A ", ("5g", "Operator A")),
        ("any", ("any", None)),
        ("4g:A:B", ("4g", "A:B")),
    ],
)
def test_a_key_is_a_technology_and_perhaps_an_operator(
    key: str, expected: tuple[str, str | None]
) -> None:
    assert parse_key(key) == expected


def test_an_unknown_technology_is_refused() -> None:
    with pytest.raises(UnknownTechnologyError, match=r"'6g'; use one of 2g, 3g, 4g, 5g"):
        parse_key("6g:Operator A")
    with pytest.raises(UnknownTechnologyError, match="LTE 4g"):
        open_layers({"LTE": given(zero_one())}, GRID)
    with pytest.raises(OptionError, match="no operator"):
        parse_key("4g:")


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.bool_])
def test_whole_numbers_0_and_1_are_binary(kind: type) -> None:
    covered = zero_one(kind)
    (layer,), polygons = open_layers({"4g:Operator A": given(covered)}, GRID)
    assert layer.binary
    assert layer.share(GRID.whole).dtype == np.uint8
    assert_array_equal(layer.share(GRID.whole), covered)
    assert (layer.technology, layer.operator, layer.provenance) == ("4g", "Operator A", "unknown")
    assert polygons == []
    assert layer.notes == ()


def test_shares_are_taken_as_they_are() -> None:
    share = np.random.default_rng(1).random(GRID.shape, dtype=np.float32)
    share[0, 0], share[0, 1] = np.nan, 1.0000001
    found = share_of(share)
    assert found.dtype == np.float32
    assert found[0, 0] == 0.0
    assert found[0, 1] == 1.0
    assert_array_equal(found[1:], share[1:])


def test_cells_without_data_are_not_covered(tmp_path: Path) -> None:
    covered = zero_one()
    covered[2, :5] = 9
    path = write_tif(tmp_path / "a.tif", covered, nodata=9)
    (layer,), _ = open_layers({"4g": path}, GRID)
    assert_array_equal(layer.share(GRID.whole)[2, :5], 0)
    assert_array_equal(layer.share(GRID.whole)[3:], covered[3:])
    level = np.full(GRID.shape, -90, np.int16)
    level[2, :5] = 0
    path = write_tif(tmp_path / "b.tif", level, nodata=0)
    (layer,), _ = open_layers({"4g": path}, GRID, coverage_min=-110)
    assert layer.share(GRID.whole).sum() == GRID.height * GRID.width - 5


def test_a_raster_without_any_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(tmp_path / "cache"))
    ones = np.ones((4, 6), np.uint8)
    marked = write_tif(tmp_path / "a.tif", 255 * ones, nodata=255)
    masked = write_tif(tmp_path / "b.tif", ones, mask=np.zeros((4, 6), np.bool_))
    unknown = (np.full((4, 6), np.nan), transform_of(), 4326)
    for source in (marked, masked, unknown):
        with pytest.raises(EmptyLayerError, match=r"coverage 4g .*holds no data in any cell"):
            open_layers({"4g": source}, GRID)
    open_layers({"4g": (0 * ones, transform_of(), 4326)}, GRID)


def test_data_is_looked_for_up_to_the_first_cell_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(levels, "_FIRST_CELLS", 256)
    signal = np.full((64, 64), np.nan, np.float32)
    signal[20:, :] = -80.0
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    path = write_tif(tmp_path / "a.tif", signal, **tiled)
    read: list[Block] = []
    original = Raster.read
    monkeypatch.setattr(
        Raster, "read", lambda self, block: (read.append(block), original(self, block))[1]
    )
    open_layers({"4g": path}, GRID, coverage_min=-100)
    assert [block.row0 for block in read] == [0, 0, 0, 0, 16]
    open_layers({"4g": path}, GRID, coverage_min=-100)
    assert len(read) == 5


def test_a_mask_of_0_and_255_is_not_guessed_at() -> None:
    """Covered in one file, no data in the next: either guess would leave people out without a word."""
    with pytest.raises(
        CoverageValueError, match=r"255 may mean covered or no data.*=128.*nodata 255"
    ):
        share_of(zero_one() * np.uint8(255))


def test_a_level_is_covered_from_its_threshold_on() -> None:
    level = np.linspace(-130, -60, GRID.height * GRID.width, dtype=np.float32).reshape(GRID.shape)
    level[0, :3] = np.nan
    level[5, 5] = np.float32(-100.1)
    found = share_of(level, coverage_min={"4g": -100.1})
    assert found.dtype == np.uint8
    assert_array_equal(found, np.where(np.isnan(level), False, level >= np.float32(-100.1)))
    assert found[5, 5] == 1


def test_scaled_levels_meet_the_threshold_in_their_unit(tmp_path: Path) -> None:
    stored = np.full(GRID.shape, -11000, np.int16)
    stored[0, 0] = -11001
    path = write_tif(tmp_path / "a.tif", stored, scale=0.01)
    (layer,), _ = open_layers({"4g": path}, GRID, coverage_min=-110)
    assert layer.share(GRID.whole).sum() == GRID.height * GRID.width - 1


def test_the_threshold_of_an_operator_goes_first() -> None:
    level = np.full(GRID.shape, 5.0)
    sources = {"4g:A": given(level), "4g:B": given(level), "3g": given(level)}
    layers, _ = open_layers(sources, GRID, coverage_min={"4g:A": 6, "4g": 5, "3g": 4})
    assert [int(layer.share(GRID.whole)[0, 0]) for layer in layers] == [0, 1, 1]


def test_a_threshold_that_applies_to_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="5g applies to no coverage raster"):
        open_layers({"4g": given(zero_one())}, GRID, coverage_min={"5g": 1})
    with pytest.raises(OptionError, match="no coverage raster"):
        open_layers({"4g": [shapely.box(10, 4, 11, 5)]}, GRID, coverage_min=-100)
    with pytest.raises(OptionError, match="no finite number"):
        open_layers({"4g": given(zero_one())}, GRID, coverage_min=float("nan"))


@pytest.mark.parametrize(
    ("low", "high", "fix"),
    [
        (-128.0, -60.0, r"-128\.\.-60.*dBm.*--coverage-min 4g=-122"),
        (0, 100, r"0\.\.100.*percent.*--coverage-min 4g=50"),
        (0, 4, r"0\.\.4.*--coverage-min 4g="),
        (-1, 1, r"-1\.\.1.*-a_nodata"),
        (0, 254, r"0\.\.254"),
        (0.0, 1.01, r"0\.\.1\.01"),
    ],
)
def test_other_values_are_refused_with_the_call_that_fixes_them(
    low: float, high: float, fix: str
) -> None:
    values = np.full(GRID.shape, low, np.int16 if isinstance(low, int) else np.float32)
    values[7, 9] = high
    with pytest.raises(CoverageValueError, match=fix):
        share_of(values)


def test_the_suggested_level_is_that_of_the_technology() -> None:
    for technology, level in (("2g", -102), ("3g", -110), ("4g", -122), ("5g", -120)):
        source = given(np.full(GRID.shape, -90.0))
        (layer,), _ = open_layers({f"{technology}:A": source}, GRID)
        with pytest.raises(CoverageValueError, match=f"--coverage-min {technology}:A={level}"):
            layer.share(GRID.whole)


def test_a_threshold_in_dbm_on_zeros_and_ones_is_refused() -> None:
    with pytest.raises(CoverageValueError, match=r"no signal reaches 0 dBm.*leave the threshold"):
        share_of(zero_one(), coverage_min=-110)
    background = np.full(GRID.shape, -90.0)
    background[3] = 0.0
    with pytest.raises(CoverageValueError, match="-a_nodata 0"):
        share_of(background, coverage_min=-110)


def test_provenance_is_read_from_the_tag(tmp_path: Path) -> None:
    tags = {"EW4ALL_PROVENANCE": "Measured"}
    path = write_tif(tmp_path / "a.tif", zero_one(), tags=tags)
    (layer,), _ = open_layers({"4g": path}, GRID)
    assert layer.provenance == "measured"
    path = write_tif(tmp_path / "b.tif", zero_one(), tags={"EW4ALL_PROVENANCE": "hearsay"})
    (layer,), _ = open_layers({"4g": path}, GRID)
    assert layer.provenance == "unknown"
    assert "'hearsay', which is none of measured, modelled" in layer.notes[0]


def test_a_layer_on_other_cells_says_so(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.ones((200, 300), np.uint8), transform_of(cell=0.001))
    (layer,), _ = open_layers({"4g": path}, GRID)
    assert not layer.binary
    assert layer.share(GRID.whole).min() == 1.0
    assert "a population cell is 10 times as wide" in layer.notes[0]
    assert layer.aligned.coarseness == pytest.approx(10.0, rel=1e-3)


def test_several_sources_of_one_key_are_several_layers(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", zero_one())
    with rasterio.open(path) as dataset:
        sources = [path, str(path), dataset, given(zero_one()), shapely.box(10, 4, 11, 5)]
        rasters, polygons = open_layers({"4g": sources, "any": [sources[4]] * 2}, GRID)
        assert len(rasters) == 4
        assert all(layer.share(GRID.whole).sum() == zero_one().sum() for layer in rasters)
    found = [(layer.technology, len(layer.layer.geometries)) for layer in polygons]
    assert found == [("4g", 1), ("any", 2)]


def test_raster_or_polygons_is_decided_by_suffix_and_type() -> None:
    assert is_raster("a.tif")
    assert is_raster("/vsicurl/https://example.org/a.TIFF")
    assert is_raster("signal.asc")
    assert is_raster(given(zero_one()))
    for source in (
        "a.gpkg",
        "a.GeoJSON",
        "a.gpkg|layer=4g",
        "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        geopandas.GeoSeries([shapely.box(0, 0, 1, 1)], crs=4326),
        [shapely.box(0, 0, 1, 1)],
        shapely.box(0, 0, 1, 1),
    ):
        assert not is_raster(source)


@pytest.fixture
def table() -> geopandas.GeoDataFrame:
    rows = [
        ("4G", "Operator A", "declared", 0),
        ("4g", "Operator A", "modelled", 1),
        ("4g", "Operator B", "measured", 2),
        ("4g", None, "declared", 3),
        ("2g", "Operator A", "measured", 4),
    ]
    return geopandas.GeoDataFrame(
        {
            "Technology": [r[0] for r in rows],
            "operator": [r[1] for r in rows],
            "provenance": [r[2] for r in rows],
        },
        geometry=[shapely.box(10, 4 - r[3], 11, 5 - r[3]) for r in rows],
        crs=4326,
    )


def test_a_polygon_file_of_several_operators_is_a_layer_each(
    table: geopandas.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "coverage.gpkg"
    table.to_file(path)
    for source in (path, table):
        rasters, layers = open_layers({"4g": source, "2g:Operator A": source}, GRID)
        assert rasters == []
        found = [
            (layer.technology, layer.operator, layer.provenance, len(layer.layer.geometries))
            for layer in layers
        ]
        assert found == [
            ("4g", "Operator A", "declared", 2),
            ("4g", "Operator B", "measured", 1),
            ("4g", None, "declared", 1),
            ("2g", "Operator A", "measured", 1),
        ]
        assert any("mixes provenances (declared, modelled)" in note for note in layers[0].notes)


def test_a_key_picks_its_operator_and_says_which_there_are(table: geopandas.GeoDataFrame) -> None:
    _, (layer,) = open_layers({"4g:Operator B": table}, GRID)
    assert layer.operator == "Operator B"
    assert shapely.equals(layer.layer.geometries[0], table.geometry[2])
    with pytest.raises(EmptyLayerError, match=r"Operator C for 4g.*Operator A, Operator B"):
        open_layers({"4g:Operator C": table}, GRID)
    with pytest.raises(EmptyLayerError, match=r"no row of technology 5g.*2g, 4g"):
        open_layers({"5g": table}, GRID)
    with pytest.raises(UnknownTechnologyError, match=r"column Technology.*'LTE'"):
        open_layers({"4g": table.assign(Technology="LTE")}, GRID)


def test_errors_of_files_name_the_key(tmp_path: Path) -> None:
    text = tmp_path / "text.tif"
    text.write_text("4g")
    with pytest.raises(ReadError, match=r"coverage 4g:A .*text\.tif"):
        open_layers({"4g:A": text}, GRID)
    with pytest.raises(NoIntersectionError, match="coverage 4g"):
        open_layers({"4g": (zero_one(), transform_of(50.0, 50.0), 4326)}, GRID)


def test_a_hazard_is_at_risk_from_its_threshold_on(tmp_path: Path) -> None:
    depth = np.linspace(0, 3, GRID.height * GRID.width, dtype=np.float32).reshape(GRID.shape)
    depth[0, :7] = -9999
    path = write_tif(tmp_path / "flood.tif", depth, nodata=-9999, unit="m")
    hazard = open_hazard_raster(path, 0.5, GRID)
    assert hazard.binary
    assert_array_equal(hazard.share(GRID.whole), depth >= 0.5)
    assert hazard.notes == (
        f"the hazard raster {path} holds {depth[0, 7]:g}..3 m; at risk is 0.5 and above",
    )
    unknown = open_hazard_raster(given(depth.clip(0)), 50, GRID)
    assert "states no unit" in unknown.notes[0]
    assert "which no cell reaches" in unknown.notes[0]
    with pytest.raises(OptionError, match="no finite number"):
        open_hazard_raster(path, float("inf"), GRID)
    with pytest.raises(EmptyLayerError, match="no data in any cell"):
        open_hazard_raster(given(np.full(GRID.shape, np.nan)), 1, GRID)


def test_real_shakemap_reaches_padang(shared_data: Path) -> None:
    path = shared_data / "data/hazards/idn_padang_shakemap_20090930_mmi.tif"
    grid = Grid(transform_of(100.2, -0.7, 0.01), 40, 40, CRS.from_epsg(4326))
    hazard = open_hazard_raster(path, 7.0, grid)
    share = hazard.share(grid.whole)
    assert not hazard.binary
    assert share[20, 20] == 1.0
    with rasterio.open(path) as file:
        cells = file.read(1) >= 7.0
    whole = Grid(file.transform, *cells.shape, CRS.from_epsg(4326))
    on_itself = open_hazard_raster(path, 7.0, whole)
    assert_array_equal(on_itself.share(whole.whole), cells)
    assert "3.02579..8.00983" in on_itself.notes[0]


def test_real_coverage_of_ibiza_is_polygons_of_no_operator(shared_data: Path) -> None:
    path = shared_data / "data/coverage/esp_ibiza_itu_mobile_coverage.gpkg"
    _, (layer,) = open_layers({"any": path}, GRID)
    assert (layer.technology, layer.operator, layer.provenance) == ("any", None, "unknown")
    assert len(layer.layer.geometries) == 770


def test_real_elevation_is_no_coverage(shared_data: Path) -> None:
    population = open_population(shared_data / "data/population/grd_worldpop_100m_bbox.tif")
    dem = shared_data / "data/dem/grd_srtm_30m_bbox.tif"
    (layer,), _ = open_layers({"4g": dem}, population.grid, tile=population.tile)
    with pytest.raises(CoverageValueError, match="--coverage-min 4g="):
        layer.share(population.grid.whole)
    (high,), _ = open_layers({"4g": dem}, population.grid, coverage_min={"4g": 100})
    share = high.share(population.grid.whole)
    assert 0.05 < share.mean() < 0.3
    assert share.max() == 1.0
