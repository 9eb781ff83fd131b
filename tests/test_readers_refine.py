"""Refined populations: people move inside their cell, and no cell loses or gains anybody."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import Transformer
from raster_files import transform_of, write_tif

from ew4all.errors import (
    EmptyLayerError,
    NoIntersectionError,
    OptionError,
    PopulationValueError,
)
from ew4all.grid import Block
from ew4all.intake import open_study
from ew4all.readers import raster_sources, refine
from ew4all.readers.people import open_people
from ew4all.readers.population import open_population
from ew4all.readers.refine import Refined, refine_population

if TYPE_CHECKING:
    from pathlib import Path

WGS84 = "EPSG:4326"
COARSE = Affine(0.1, 0.0, 10.0, 0.0, -0.1, 5.0)
PEOPLE = np.array([[8.0, 0.0, 12.0], [100.0, 30.0, 7.0]])


def refined(
    source: Any, people: Any = PEOPLE, transform: Affine = COARSE, **options: Any
) -> Refined:
    population = open_population((people, transform, WGS84), unit="count")
    return refine_population(population, source, **options)


def whole(result: Refined, group: int = 0) -> Any:
    return result.people(result.grid.whole, group)


def by_coarse_cell(result: Refined, fine: Any) -> Any:
    down, across = result.parts
    rows, cols = fine.shape
    return fine.reshape(rows // down, down, cols // across, across).sum(axis=(1, 3))


def finer(array: Any, cell: float = 0.05, west: float = 10.0, north: float = 5.0) -> Any:
    return np.asarray(array), transform_of(west, north, cell), WGS84


def test_people_go_where_the_weights_are() -> None:
    weights = np.array(
        [
            [1, 0, 5, 5, 0, 0],
            [1, 2, 5, 5, 0, 3],
            [0, 0, 1, 1, 1, 2],
            [0, 0, 1, 1, 3, 1],
        ]
    )
    result = refined(finer(weights))
    assert result.parts == (2, 2)
    expected = [
        [2, 0, 0, 0, 0, 0],
        [2, 4, 0, 0, 0, 12],
        [25, 25, 7.5, 7.5, 1, 2],
        [25, 25, 7.5, 7.5, 3, 1],
    ]
    assert_allclose(whole(result), expected, rtol=1e-12)
    assert result.grid.transform == Affine(0.05, 0.0, 10.0, 0.0, -0.05, 5.0)
    (note,) = (n for n in result.notes if "placed inside" in n)
    assert "divided into 2 x 2 (4 x 6 in all) and keeps its count" in note
    assert "100 people live in 1 cells without any weight and are spread evenly" in note


def test_cells_that_lie_across_two_population_cells_give_each_their_share() -> None:
    weights = finer([[3.0, 0.0, 3.0]], cell=0.2 / 3)
    result = refined(weights, np.array([[12.0, 40.0]]), Affine(0.1, 0, 10, 0, -0.2 / 3, 5))
    assert result.parts == (1, 2)
    # The second half of the first population cell lies a third under the first weight.
    assert_allclose(whole(result), [[9.0, 3.0, 10.0, 30.0]], rtol=1e-6)


def test_what_lies_beyond_the_weights_is_spread_evenly() -> None:
    weights = np.ones((2, 2))
    weights[0, 0] = 3.0
    result = refined(finer(weights))
    fine = whole(result)
    assert_allclose(fine[:2, :2], [[4, 4 / 3], [4 / 3, 4 / 3]])
    assert_allclose(fine[2:, :2], 25.0)
    assert_allclose(by_coarse_cell(result, fine), PEOPLE)
    assert any("149 people live in 4 cells" in note for note in result.notes)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
@pytest.mark.parametrize("hide", ["nodata", "mask"])
def test_cells_without_data_have_no_weight(tmp_path: Path, dtype: str, hide: str) -> None:
    weights = np.full((4, 6), 9, dtype)
    weights[0, 0] = 4
    if hide == "nodata":
        path = write_tif(tmp_path / "w.tif", weights, transform_of(cell=0.05), nodata=9)
    else:
        path = write_tif(tmp_path / "w.tif", weights, transform_of(cell=0.05), mask=weights != 9)
    assert_allclose(whole(refined(path))[:2, :2], [[8, 0], [0, 0]])


def test_nan_is_no_weight() -> None:
    weights = np.full((4, 6), np.nan)
    weights[3, 5] = 2.0
    assert whole(refined(finer(weights)))[3, 5] == pytest.approx(7.0)


@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 4),
    cols=st.integers(1, 4),
    cell=st.floats(0.011, 0.09),
    shift=st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
    crs=st.sampled_from([WGS84, "EPSG:32632"]),
)
def test_every_cell_keeps_its_count(
    seed: int, rows: int, cols: int, cell: float, shift: tuple[float, float], crs: str
) -> None:
    rng = np.random.default_rng(seed)
    people = rng.gamma(0.5, 1000.0, (rows, cols)) * (rng.random((rows, cols)) < 0.8)
    people[0, 0] = 5.0
    weights = rng.gamma(0.3, 1.0, (40, 40)) * (rng.random((40, 40)) < 0.5)
    weights[:3, :3] = weights[20, 20] = 1.0
    west, north = 10.0 + shift[0] / 10, 5.0 + shift[1] / 10
    if crs != WGS84:
        west, north = Transformer.from_crs(WGS84, crs, always_xy=True).transform(west, north)
        cell *= 111e3
    source = (weights, transform_of(west, north, cell), crs)
    result = refined(source, people)
    fine = whole(result)
    assert (fine >= 0.0).all()
    assert_allclose(by_coarse_cell(result, fine), people, rtol=1e-12, atol=1e-12)


def test_a_block_is_a_window_of_the_whole() -> None:
    rng = np.random.default_rng(4)
    people = rng.gamma(1.0, 50.0, (7, 5))
    weights = rng.gamma(0.5, 1.0, (7 * 3, 5 * 3)) * (rng.random((21, 15)) < 0.4)
    result = refined((weights, Affine(0.1 / 3, 0, 10, 0, -0.1 / 3, 5), WGS84), people)
    fine = whole(result)
    for _ in range(30):
        (row0, row1), (col0, col1) = (np.sort(rng.choice(n + 1, 2, False)) for n in fine.shape)
        block = Block(int(row0), int(row1), int(col0), int(col1))
        assert_array_equal(result.people(block), fine[row0:row1, col0:col1])
    copy = pickle.loads(pickle.dumps(result))
    assert_array_equal(whole(copy), fine)


@pytest.mark.parametrize("shape", [(2, 3), (12, 18)])
def test_windows_are_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int]
) -> None:
    """Whatever is asked, no more than some blocks of finer cells are read at once."""
    parts = 2400 // shape[0], 3600 // shape[1]
    weights = np.random.default_rng(1).integers(0, 3, (2400, 3600)).astype(np.uint8)
    path = write_tif(
        tmp_path / "w.tif", weights,
        Affine(1 / parts[1], 0, 10, 0, -1 / parts[0], 5), tiled=True, blockxsize=256, blockysize=256,
    )  # fmt: skip
    people = np.random.default_rng(2).gamma(1.0, 500.0, shape)
    sizes = []
    read = raster_sources.File.read

    def counted(self: Any, block: Block) -> Any:
        sizes.append(block.shape[0] * block.shape[1])
        return read(self, block)

    monkeypatch.setattr(raster_sources.File, "read", counted)
    result = refined(path, people, Affine(1, 0, 10, 0, -1, 5))
    assert result.parts == parts
    fine = whole(result)
    assert max(sizes) <= max(parts[0] * parts[1], (2 * refine.TILE_SIDE) ** 2)
    assert_allclose(by_coarse_cell(result, fine), people, rtol=1e-12)
    rows, cols = result.tile
    assert rows % parts[0] == 0
    assert cols % parts[1] == 0


@pytest.mark.parametrize(("value", "words"), [(-2.0, "holds -2"), (np.inf, "holds inf")])
def test_negative_and_infinite_weights_are_refused(value: float, words: str) -> None:
    weights = np.ones((4, 6))
    weights[1, 2] = value
    weights = np.where(np.arange(6) == 2, weights, 1.0)
    people = np.ones((2, 3))
    with pytest.raises(PopulationValueError, match=f"{words} at longitude 10.125.* 4.925"):
        refined(finer(weights), people)


@pytest.mark.parametrize("cell", [0.1, 0.2, 0.0995])
def test_a_coarser_raster_is_refused(cell: float) -> None:
    with pytest.raises(OptionError, match="is not finer than the population raster"):
        refined(finer(np.ones((3, 3)), cell))


def test_a_raster_elsewhere_is_refused() -> None:
    with pytest.raises(NoIntersectionError, match="does not meet the population"):
        refined(finer(np.ones((4, 4)), west=50.0))


def test_weights_where_nobody_lives_are_refused() -> None:
    weights = np.zeros((4, 6))
    weights[:2, 2:4] = 1.0
    with pytest.raises(EmptyLayerError, match=r"no weight in any cell .* with people"):
        refined(finer(weights))


def test_a_refinement_of_polygons_is_refused() -> None:
    frame = geopandas.GeoDataFrame({"people": [5]}, geometry=[shapely.box(10, 4, 11, 5)], crs=WGS84)
    with pytest.raises(OptionError, match="the population is polygons"):
        open_people(frame, column="people", refine=finer(np.ones((4, 6))))


def test_far_too_many_cells_are_made_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refine, "MOST_CELLS", 600)
    result = refined(finer(np.ones((200, 300)), cell=0.001))
    assert result.parts == (10, 10)
    assert any("are 10.0 times as wide as is called for" in note for note in result.notes)
    assert_allclose(by_coarse_cell(result, whole(result)), PEOPLE)


def test_a_density_is_turned_into_people_first() -> None:
    density = open_population((PEOPLE, COARSE, WGS84), unit="per_km2")
    result = refine_population(density, finer(np.random.default_rng(0).random((4, 6))))
    assert result.unit == "per_km2"
    expected = density.people(density.grid.whole)
    assert_allclose(by_coarse_cell(result, whole(result)), expected, rtol=1e-12)


def test_each_group_is_placed_by_the_same_weights() -> None:
    groups = {"adults": (PEOPLE, COARSE, WGS84), "children": (PEOPLE / 4, COARSE, WGS84)}
    population = open_population(groups, unit="count")
    weights = np.random.default_rng(0).random((4, 6))
    weights[:2, :2] = 0.0
    result = refine_population(population, finer(weights))
    assert result.groups == ("adults", "children")
    assert_allclose(whole(result, 1), whole(result, 0) / 4)
    assert any("10 people live in 1 cells" in note for note in result.notes)


def test_the_survey_is_kept_until_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = write_tif(tmp_path / "p.tif", PEOPLE, COARSE)
    weights = np.ones((4, 6))
    weights[:2, :2] = 0.0
    path = write_tif(tmp_path / "w.tif", weights, transform_of(cell=0.05))
    first = refine_population(open_population(people, unit="count"), path)
    monkeypatch.setattr(Refined, "unplaced", None)
    again = refine_population(open_population(people, unit="count"), path)
    assert again.notes == first.notes
    monkeypatch.undo()
    weights[:] = 1.0
    write_tif(path, weights, transform_of(cell=0.05))
    third = refine_population(open_population(people, unit="count"), path)
    assert not any("without any weight" in note for note in third.notes)


def coverage(people: Any = PEOPLE) -> tuple[Any, Any]:
    """Weights and coverage on cells a tenth as wide."""
    rng = np.random.default_rng(9)
    shape = people.shape[0] * 10, people.shape[1] * 10
    weights = rng.gamma(0.4, 1.0, shape) * (rng.random(shape) < 0.3)
    covered = (rng.random(shape) < 0.5).astype(np.uint8)
    return finer(weights, 0.01), finer(covered, 0.01)


def test_a_study_counts_where_people_were_placed() -> None:
    weights, covered = coverage()
    zones = [
        shapely.box(10 + 0.1 * c, 4.9 - 0.1 * r, 10.1 + 0.1 * c, 5 - 0.1 * r)
        for r in range(2)
        for c in range(3)
    ]
    asked = {"coverage": {"4g": covered}, "zones": zones, "population_unit": "count"}
    population = (PEOPLE, COARSE, WGS84)
    coarse = open_study(population, **asked).reach()
    result = open_study(population, refine=weights, **asked).reach()
    assert [z.people.total for z in result.zones[:6]] == pytest.approx(
        PEOPLE.ravel().tolist(), rel=1e-9
    )
    share = weights[0].reshape(2, 10, 3, 10)
    expected = (
        PEOPLE * (share * covered[0].reshape(share.shape)).sum((1, 3)) / share.sum((1, 3))
    ).sum()
    assert result.people.covered["4g"] == pytest.approx(expected, rel=1e-6)
    assert result.people.total == pytest.approx(PEOPLE.sum(), rel=1e-12)
    bounds = coarse.bounds["4g"]
    assert bounds.fewest <= result.people.covered["4g"] <= bounds.most
    assert not result.bounds
    assert any("placed inside its cells" in note for note in result.notes)
    roles = [(i.role, i.crs) for i in result.inputs]
    assert ("refinement", "EPSG:4326") in roles


def test_workers_do_not_change_bits(tmp_path: Path) -> None:
    people = np.random.default_rng(3).gamma(1.0, 100.0, (30, 40))
    weights, covered = coverage(people)
    path = write_tif(tmp_path / "p.tif", people, COARSE)
    area = shapely.Point(12, 3.5).buffer(1.3)
    found = [
        open_study(
            path,
            area,
            coverage={"4g": covered},
            refine=weights,
            workers=n,
            population_unit="count",
        )
        .reach()
        .people
        for n in (1, 3)
    ]
    assert found[0] == found[1]


def test_cells_of_a_study_add_up() -> None:
    weights, covered = coverage()
    study = open_study((PEOPLE, COARSE, WGS84), coverage={"4g": covered}, refine=weights)
    cells = study.cells().read(study.grid.whole)
    assert cells.people.shape == (20, 30)
    assert cells.people.sum() == pytest.approx(PEOPLE.sum())
    assert cells.uncovered is not None
    assert cells.uncovered.sum() == pytest.approx(study.reach().people.uncovered, rel=1e-6)


def test_a_real_grid_comes_back_from_its_sums(shared_data: Path) -> None:
    """Samoa at 2 km, refined by the 100 m grid that it was summed from, is that grid."""
    path = shared_data / "data" / "population" / "wsm_spc_popgrid_100m.tif"
    with rasterio.open(path) as file:
        people = np.nan_to_num(file.read(1, masked=True).astype(np.float64).filled(0.0))
        transform, crs = file.transform, file.crs.to_wkt()
    rows, cols = (n // 20 * 20 for n in people.shape)
    people = people[:rows, :cols]
    sums = people.reshape(rows // 20, 20, cols // 20, 20).sum((1, 3))
    population = open_population((sums, transform @ Affine.scale(20), crs), unit="count")
    result = refine_population(population, path)
    assert result.parts == (20, 20)
    assert_allclose(whole(result), people, rtol=1e-6, atol=1e-9)
    assert whole(result).sum() == pytest.approx(sums.sum(), rel=1e-12)
