"""People per cell: from counts and densities, with the unit known or refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
from affine import Affine
from exactextract import exact_extract
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS, Transformer
from raster_files import change_unseen, transform_of, write_tif
from rasterio.features import geometry_mask

from ew4all.errors import (
    EmptyLayerError,
    GridMismatchError,
    OptionError,
    PopulationUnitError,
    PopulationValueError,
)
from ew4all.grid import Block, Grid
from ew4all.readers.population import open_population
from ew4all.readers.population_unit import unit_in

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FINE = transform_of(west=-61.8, north=12.6, cell=1 / 1200)
UTM20 = Affine(100.0, 0.0, 600_000.0, 0.0, -100.0, 1_400_000.0)


def town(rows: int = 90, cols: int = 70) -> NDArray[np.float32]:
    """People per 100 m cell around a town, whole numbers so that sums are exact."""
    row, col = np.indices((rows, cols))
    people = 60.0 * np.exp(-((row - rows / 2) ** 2 + (col - cols / 2) ** 2) / 200.0)
    return np.round(people).astype(np.float32)


def test_counts_stay_as_they_are_stored() -> None:
    people = town()
    population = open_population((people, FINE, 4326))
    block = Block(10, 30, 5, 60)
    found = population.people(block)
    assert found.dtype == np.float32
    assert np.shares_memory(found, people)
    assert_array_equal(found, people[10:30, 5:60])
    assert population.unit == "count"
    assert population.survey.sum_people == people.sum(dtype=np.float64)
    assert population.survey.inhabited_cells == np.count_nonzero(people)
    assert population.groups == ()
    assert "people per cell is assumed" in population.notes[0]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("uint8", "f4"), ("int16", "f4"), ("int32", "f8"), ("float32", "f4"), ("float64", "f8")],
)
def test_counts_keep_every_digit(dtype: str, expected: str) -> None:
    people = town().astype(dtype)
    population = open_population((people, FINE, 4326), unit="count")
    assert population.people(population.grid.whole).dtype == population.dtype == np.dtype(expected)
    assert_array_equal(population.people(population.grid.whole), people)


@pytest.mark.parametrize(("unit", "factor"), [("per_km2", 1.0), ("per_ha", 100.0)])
@pytest.mark.parametrize(("transform", "crs"), [(FINE, 4326), (UTM20, 32620)])
def test_densities_are_multiplied_by_the_area_of_the_cell(
    unit: str, factor: float, transform: Affine, crs: int
) -> None:
    density = town(400, 50)
    population = open_population((density, transform, crs), unit=unit)
    grid = Grid(transform, 400, 50, CRS(crs))
    expected = density * (factor * grid.cell_area_km2())
    block = Block(7, 380, 3, 41)
    assert population.people(block).dtype == np.float64
    assert_allclose(population.people(block), expected[7:380, 3:41], rtol=1e-9)
    assert_allclose(population.survey.sum_people, expected.sum(), rtol=1e-9)
    assert population.survey.largest_density_per_km2 == pytest.approx(factor * 60.0)


def test_a_density_gives_the_people_of_the_counts_it_was_made_from(tmp_path: Path) -> None:
    people = town()
    area = Grid(UTM20, *people.shape, CRS(32620)).cell_area_km2()
    path = write_tif(tmp_path / "d.tif", people / area, UTM20, "EPSG:32620", unit="people/km2")
    population = open_population(path)
    assert population.unit == "per_km2"
    assert population.notes == ()
    assert_allclose(population.people(population.grid.whole), people, rtol=1e-12)


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (UTM20, 32620),
        (Affine(8e-4, 2e-4, -61.8, 2e-4, -8e-4, 12.6), 4326),
        (Affine(8e-4, 0.0, -61.8, 0.0, 8e-4, 12.0), 4326),
    ],
    ids=["utm", "turned", "south up"],
)
def test_counts_on_any_grid_are_the_same_people(transform: Affine, crs: int) -> None:
    people = town()
    population = open_population((people, transform, crs))
    assert population.survey.sum_people == people.sum(dtype=np.float64)
    grid = Grid(transform, *people.shape, CRS(crs))
    density = people / np.broadcast_to(grid.cell_area_km2(), people.shape)
    assert population.survey.largest_density_per_km2 == pytest.approx(density.max(), rel=1e-9)


def test_cells_without_data_hold_nobody(tmp_path: Path) -> None:
    people = town()
    people[0, :3] = np.nan
    people[1, :4] = -99999.0
    path = write_tif(tmp_path / "a.tif", people, FINE, nodata=-99999.0)
    population = open_population(path)
    found = population.people(population.grid.whole)
    assert_array_equal(found[:2, :4], 0.0)
    assert_array_equal(found[2:], people[2:])
    assert population.survey.valid_cells == people.size - 7
    assert np.isfinite(population.survey.sum_people)


@pytest.mark.parametrize("mark", [-9999.0, np.nan])
def test_a_raster_without_any_data_is_refused_and_zeros_are_nobody(
    tmp_path: Path, mark: float
) -> None:
    empty = write_tif(tmp_path / "a.tif", np.full((9, 9), mark, np.float32), FINE, nodata=mark)
    for _ in range(2):  # what one pass found is kept
        with pytest.raises(EmptyLayerError, match=r"a\.tif holds no data in any cell.*no data' \("):
            open_population(empty, unit="count")
    with pytest.raises(EmptyLayerError, match=r"array.* holds no data in any cell"):
        open_population((np.full((9, 9), np.nan), FINE, 4326), unit="count")
    with pytest.raises(EmptyLayerError, match=r"group 'old' .*holds no data"):
        open_population({"young": (np.zeros((9, 9)), FINE, 4326), "old": empty}, unit="count")
    zeros = write_tif(tmp_path / "b.tif", np.zeros((9, 9), np.float32), FINE, nodata=mark)
    assert open_population(zeros, unit="count").survey.sum_people == 0.0


def test_the_array_of_the_caller_is_never_written_to() -> None:
    people = town()
    people[0, :3] = np.nan
    before = people.copy()
    population = open_population((people, FINE, 4326))
    assert population.people(population.grid.whole)[0, 0] == 0.0
    assert_array_equal(people, before)


def test_a_mark_above_all_counts_holds_nobody(tmp_path: Path) -> None:
    people = town().astype(np.uint16)
    people[3, 3] = 65535
    population = open_population(write_tif(tmp_path / "a.tif", people, FINE, nodata=65535))
    assert population.people(Block(3, 4, 3, 4))[0, 0] == 0.0


def test_scaled_counts_are_people(tmp_path: Path) -> None:
    stored = (town() * 10).astype(np.int16)
    stored[0, 0] = -1
    path = write_tif(tmp_path / "a.tif", stored, FINE, scale=0.1, nodata=-1)
    population = open_population(path)
    assert population.dtype == np.float64
    assert_allclose(population.people(population.grid.whole)[1:], town()[1:])
    assert population.people(population.grid.whole)[0, 0] == 0.0


@pytest.mark.parametrize("value", [-9999.0, -3.4e38, -1e-6])
def test_negative_people_are_refused_with_count_value_and_place(
    tmp_path: Path, value: float
) -> None:
    people = town()
    people[80, :5] = -1e-9
    people[85, 60] = value
    path = write_tif(tmp_path / "a.tif", people, FINE)
    with pytest.raises(PopulationValueError) as caught:
        open_population(path)
    message = str(caught.value)
    assert "6 cells hold a negative number of people" in message
    assert f"{np.float32(value):.10g}" in message
    assert f"longitude {-61.8 + 60.5 / 1200:.5f}, latitude {12.6 - 85.5 / 1200:.5f}" in message
    assert "-a_nodata" in message
    assert "a.tif" in message


def test_infinite_people_are_refused() -> None:
    people = town()
    people[4, 5] = np.inf
    with pytest.raises(PopulationValueError, match="1 cells hold no finite number"):
        open_population((people, FINE, 4326))


def test_only_wanted_tiles_are_read(tmp_path: Path) -> None:
    people = town()
    options: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    population = open_population(write_tif(tmp_path / "a.tif", people, FINE, **options))
    block = Block(8, 64, 0, 64)
    tiles = np.zeros((4, 4), bool)
    tiles[1, 2:] = tiles[0, 0] = True
    found = population.people(block, tiles=tiles)
    expected = np.zeros_like(people)
    expected[16:32, 32:64] = people[16:32, 32:64]
    expected[8:16, :16] = people[8:16, :16]
    assert_array_equal(found, expected[8:64, :64])


def test_unwanted_tiles_of_a_density_hold_nobody(tmp_path: Path) -> None:
    options: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    path = write_tif(tmp_path / "a.tif", town(), FINE, **options)
    population = open_population(path, unit="per_km2")
    block = Block(0, 64, 0, 64)
    tiles = np.zeros((4, 4), bool)
    tiles[2, 1] = True
    found = population.people(block, tiles=tiles)
    assert_array_equal(found[32:48, 16:32], population.people(block)[32:48, 16:32])
    assert np.count_nonzero(found) <= 256


def test_threads_and_repetition_give_the_same_bits(tmp_path: Path) -> None:
    people = np.random.default_rng(3).gamma(0.3, 20.0, (1500, 2100)).astype(np.float32)
    options: dict[str, Any] = {"tiled": True, "blockxsize": 256, "blockysize": 256}
    first = write_tif(tmp_path / "a.tif", people, FINE, **options)
    other = write_tif(tmp_path / "b.tif", people, FINE, **options)
    one, many = open_population(first, workers=1), open_population(other, workers=4)
    assert one.survey == many.survey
    blocks = list(one.grid.blocks(256, 512))
    with ThreadPoolExecutor(4) as pool:
        for block, found in zip(blocks, pool.map(many.people, blocks), strict=True):
            assert_array_equal(found, one.people(block))
    assert one.survey.sum_people == pytest.approx(people.sum(dtype=np.float64), rel=1e-12)


def test_what_one_pass_found_is_kept_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(tmp_path / "cache"))
    path = write_tif(tmp_path / "a.tif", town(), FINE)
    first = open_population(path)
    passes: list[int] = []
    again = open_population(path, progress=lambda *_: passes.append(1))
    assert again.survey == first.survey
    assert passes == []
    write_tif(path, town() * 2, FINE)
    assert open_population(path).survey.sum_people == 2 * first.survey.sum_people
    change_unseen(path, lambda: write_tif(path, town() * 3, FINE))
    assert open_population(path).survey.sum_people == 3 * first.survey.sum_people


def test_groups_share_their_cells_and_add_up(tmp_path: Path) -> None:
    people = town()
    young = write_tif(tmp_path / "young.tif", people, FINE)
    old = write_tif(tmp_path / "old.tif", people * 3, FINE)
    population = open_population({"young": young, "old": old})
    assert population.groups == ("young", "old")
    assert_array_equal(population.people(Block(40, 50, 30, 40), 1), 3 * people[40:50, 30:40])
    assert population.sum_people(1) == 3 * population.sum_people(0)
    assert population.survey.sum_people == 4 * population.sum_people(0)
    shifted = write_tif(tmp_path / "s.tif", people, transform_of(-61.8, 12.6 + 1 / 2400, 1 / 1200))
    with pytest.raises(GridMismatchError, match=r"'young'.*'old'"):
        open_population({"young": young, "old": shifted})
    with pytest.raises(OptionError, match="no group"):
        open_population({})


def test_groups_in_different_units_are_refused(tmp_path: Path) -> None:
    one = write_tif(tmp_path / "a.tif", town(), FINE, unit="people")
    other = write_tif(tmp_path / "b.tif", town(), FINE, unit="people per hectare")
    with pytest.raises(PopulationUnitError, match=r"different units.*count.*per_ha"):
        open_population({"a": one, "b": other})


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("people/km2", "per_km2"),
        ("persons per square kilometre", "per_km2"),
        ("people per sq. km", "per_km2"),
        ("inhabitants km^-2", "per_km2"),
        ("1/km²", "per_km2"),
        ("Population density (people per sq km)", "per_km2"),
        ("persons per hectare", "per_ha"),
        ("people/ha", "per_ha"),
        ("people ha-1", "per_ha"),
        ("people", "count"),
        ("Persons", "count"),
        ("number of people per grid-cell", "count"),
        ("people per pixel", "count"),
        ("population count", "count"),
        ("people/m2", None),
        ("population density", None),
        ("per hand", None),
        ("m", None),
    ],
)
def test_a_unit_is_read_from_words(text: str, unit: str | None) -> None:
    assert unit_in(text) == unit


def test_the_tag_of_ours_is_the_unit(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", town(), FINE, tags={"EW4ALL_UNIT": "per_ha"})
    assert open_population(path).unit == "per_ha"


def test_a_description_is_a_unit_and_a_density_without_area_is_none(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", town(), FINE, description="Population per km2, 2020")
    assert open_population(path).unit == "per_km2"
    path = write_tif(tmp_path / "b.tif", town(), FINE, description="Population density")
    with pytest.raises(PopulationUnitError, match="Population density"):
        open_population(path)
    path = write_tif(tmp_path / "grd_pd_2020_1km.tif", town(), FINE)
    with pytest.raises(PopulationUnitError, match="its name is 'grd_pd_2020_1km'"):
        open_population(path)
    assert open_population(path, unit="count").unit == "count"


def test_a_unit_that_nobody_knows_is_refused_unless_told(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", town(), FINE, unit="people/m2")
    with pytest.raises(PopulationUnitError, match="'people/m2'"):
        open_population(path)
    assert open_population(path, unit="per_ha").unit == "per_ha"
    with pytest.raises(OptionError, match="per_km2"):
        open_population(path, unit="per_mile")


def test_what_the_caller_says_wins_and_the_contradiction_is_noted(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", town(), FINE, unit="people")
    population = open_population(path, unit="per_ha")
    assert population.unit == "per_ha"
    assert "says that its unit is count, but per_ha was asked for" in population.notes[0]


def test_a_density_on_a_fine_grid_is_no_count() -> None:
    people = town()
    density = people / Grid(FINE, *people.shape, CRS(4326)).cell_area_km2()
    with pytest.raises(PopulationUnitError, match="found nowhere") as caught:
        open_population((density, FINE, 4326))
    message = str(caught.value)
    assert f"as per_km2: {people.sum():,.0f} people" in message
    assert "--population-unit" in message
    with pytest.raises(PopulationUnitError, match="cannot be in count"):
        open_population((10 * density, FINE, 4326), unit="count")


def test_more_people_than_the_world_has_are_refused() -> None:
    people = np.full((100, 100), 2e6, np.float32)
    with pytest.raises(PopulationUnitError, match="more than the world has"):
        open_population((people, transform_of(cell=0.5, north=60), 4326))


def test_people_outside_the_world_are_refused() -> None:
    crs = CRS("ESRI:54009")
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(179.9, -17.0)
    transform = Affine(1000.0, 0.0, x - 40_000, 0.0, -1000.0, y)
    people = np.zeros((70, 90), np.float32)
    people[20, 10] = 500.0
    assert open_population((people, transform, crs)).survey.sum_people == 500.0
    people[0, 89] = 7.0
    with pytest.raises(PopulationValueError, match="is not defined"):
        open_population((people, transform, crs))


def test_real_counts_pass(shared_data: Path) -> None:
    for name, people in (("grd_worldpop_100m_bbox", 89_117.284), ("wsm_spc_popgrid_100m", 202_100)):
        population = open_population(shared_data / f"data/population/{name}.tif")
        assert population.unit == "count"
        assert population.survey.sum_people == pytest.approx(people, rel=1e-8)


@pytest.mark.parametrize("name", ["grd_worldpop_100m_bbox", "wsm_spc_popgrid_100m"])
def test_real_counts_made_densities_are_refused_as_counts(shared_data: Path, name: str) -> None:
    counted = open_population(shared_data / f"data/population/{name}.tif")
    people = counted.people(counted.grid.whole)
    density = people / counted.grid.cell_area_km2()
    with pytest.raises(PopulationUnitError):
        open_population((density, counted.grid.transform, counted.grid.crs))
    again = open_population((density, counted.grid.transform, counted.grid.crs), unit="per_km2")
    assert again.survey.sum_people == pytest.approx(counted.survey.sum_people, rel=1e-9)


@pytest.mark.parametrize(
    ("country", "by_centre", "exact"),
    [("lso", 1.33, 1.267), ("moz", 25.55, 25.302), ("mwi", 15.63, 15.380)],
)
def test_real_density_gives_the_people_of_countries(
    shared_data: Path, tmp_path: Path, country: str, by_centre: float, exact: float
) -> None:
    path = shared_data / "data/population/africa_worldpop_2020_density_20km.tif"
    population = open_population(path, unit="per_km2")
    people, transform = population.people(population.grid.whole), population.grid.transform
    zones = geopandas.read_file(shared_data / f"data/admin/{country}_adm1_cod.json")[["geometry"]]
    # The published figures (about 1.33, 25.5 and 15.6 million) count cells by their centre.
    inside = geometry_mask(zones.make_valid(), people.shape, transform, invert=True)
    assert people[inside].sum() / 1e6 == pytest.approx(by_centre, abs=0.005)
    counts = write_tif(tmp_path / "counts.tif", people, transform)
    found = exact_extract(str(counts), zones, "sum", output="pandas")["sum"].sum()
    assert found / 1e6 == pytest.approx(exact, abs=0.0005)


def test_real_density_is_refused_without_a_unit(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "data/population/africa_worldpop_2020_density_20km.tif"
    nameless = tmp_path / "africa.tif"
    nameless.write_bytes(path.read_bytes())
    with pytest.raises(PopulationUnitError, match="3,700,602 people") as caught:
        open_population(nameless)
    assert "leave no room for a single town" in str(caught.value)
    assert "as per_km2: 1,213,215,648 people, at most 21,181" in str(caught.value)
    told = open_population(nameless, unit="count")
    assert "hard to believe" in told.notes[0]
