"""People to count: rasters with groups, and census areas spread over a grid, cell by cell and shape by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import oracles
import pytest
import shapely
from affine import Affine
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS, Geod
from raster_files import transform_of, write_tif

from ew4all.coverage.overlay import union
from ew4all.coverage.queries import Column
from ew4all.errors import ColumnError, GeometryError, OptionError, PopulationValueError
from ew4all.grid import Block, Grid
from ew4all.readers.cells import Cells, PolygonShare
from ew4all.readers.layers import open_layers
from ew4all.readers.people import CensusPeople, Layers, RasterPeople, open_people
from ew4all.reprojection import to_crs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BOX = shapely.box
GEOD = Geod(ellps="WGS84")
SHAPE = (30, 40)
TRANSFORM = transform_of()
NOISE = np.random.default_rng(5)
ADULTS = NOISE.gamma(0.5, 40.0, SHAPE).astype(np.float32)
CHILDREN = NOISE.gamma(0.5, 20.0, SHAPE).astype(np.float32)
EVERYWHERE = Layers((), None, ())
AREA = shapely.Polygon([(10.031, 4.952), (10.337, 4.911), (10.252, 4.733), (10.083, 4.744)])


def shapes(*geometries: Any) -> Any:
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out


def raster(array: Any) -> tuple[Any, Affine, str]:
    return array, TRANSFORM, "EPSG:4326"


def census(people: list[float], areas: list[Any], crs: Any = "EPSG:4326") -> Any:
    return gpd.GeoDataFrame({"people": people}, geometry=areas, crs=crs)


def all_cells(reader: Any, grid: Grid, rows: int = 7, cols: int = 11) -> NDArray[np.float64]:
    out = np.zeros(grid.shape)
    for block in grid.blocks(rows, cols):
        out[block.row0 : block.row1, block.col0 : block.col1] = reader.read(block)
    return out


# Rasters.


def test_a_raster_is_one_group_without_a_name() -> None:
    people = open_people(raster(ADULTS), unit="count")
    assert isinstance(people, RasterPeople)
    assert people.groups == ()
    assert (people.unit, people.crs.to_epsg()) == ("count", 4326)
    assert people.everybody() == pytest.approx([ADULTS.sum(dtype=float)], rel=1e-12)


def test_people_of_each_group_inside_shapes() -> None:
    people = open_people({"adults": raster(ADULTS), "children": raster(CHILDREN)}, unit="count")
    assert people.groups == ("adults", "children")
    asked = shapes(AREA, None, BOX(9.0, 4.0, 11.0, 6.0))
    found = people.inside(asked, EVERYWHERE)
    assert found.place == {}
    share = oracles.fractions(AREA, people.grid)
    for sums, group, total in zip(found.sums, (ADULTS, CHILDREN), people.everybody(), strict=True):
        assert sums.shape == (3, 1)
        expected = [(share * group).sum(), 0.0, group.sum(dtype=float)]
        assert_allclose(sums[:, 0], expected, rtol=1e-9)
        assert total == pytest.approx(group.sum(dtype=float), rel=1e-12)


def test_columns_of_a_raster_file_read_in_tiles_are_those_of_arrays(tmp_path: Path) -> None:
    on_off = (NOISE.random(SHAPE) < 0.5).astype(np.uint8)
    share = NOISE.random(SHAPE).astype(np.float32)
    path = write_tif(tmp_path / "people.tif", ADULTS, tiled=True, blockxsize=16, blockysize=16)
    columns = (Column((0,)), Column((0, 1)), Column((1,)))
    found = []
    for source in (raster(ADULTS), path):
        people = open_people(source, unit="count")
        rasters, _ = open_layers({"2g": raster(on_off), "4g": raster(share)}, people.grid)
        inside = people.inside(shapes(AREA), Layers(rasters, None, columns))
        found.append([inside.sums[0][0, inside.place[c]] for c in columns])
    assert_allclose(found[0], found[1], rtol=1e-12)
    here = oracles.fractions(AREA, people.grid) * ADULTS
    expected = [(here * x).sum() for x in (on_off, np.maximum(on_off, share), share)]
    assert_allclose(found[0], expected, rtol=1e-9)


def test_cells_of_a_raster_hold_the_people_of_all_groups() -> None:
    people = open_people({"adults": raster(ADULTS), "children": raster(CHILDREN)}, unit="count")
    both = ADULTS.astype(float) + CHILDREN
    assert_allclose(all_cells(people.cells(None), people.grid), both, rtol=1e-12)
    share = oracles.fractions(AREA, people.grid)
    assert_allclose(all_cells(people.cells(AREA), people.grid), both * share, rtol=1e-9, atol=1e-9)


def test_a_density_is_counted_by_the_area_of_cells() -> None:
    people = open_people(raster(np.full(SHAPE, 100.0)), unit="per_km2")
    assert people.unit == "per_km2"
    (sums,), _, _ = people.inside(shapes(BOX(10.0, 4.7, 10.4, 5.0)), EVERYWHERE)
    lon, lat = [10.0, 10.4, 10.4, 10.0], [4.7, 4.7, 5.0, 5.0]
    # Geodesics between the corners of so small a box lie within 1e-4 of its parallels.
    expected = 100.0 * GEOD.polygon_area_perimeter(lon, lat)[0] / 1e6
    assert sums[0, 0] == pytest.approx(expected, rel=1e-4)
    assert sums[0, 0] == pytest.approx(people.everybody()[0], rel=1e-12)


# Census areas.


def test_people_of_census_areas_are_spread_by_area() -> None:
    """Half of an area holds half of its people, whatever its neighbours hold."""
    areas = [BOX(10, 4, 10.2, 4.1), BOX(10.2, 4, 10.3, 4.1), BOX(10.3, 4, 10.31, 4.1)]
    people = open_people(census([1000.0, 10.0, 0.0], areas), column="people")
    assert isinstance(people, CensusPeople)
    assert people.everybody() == [1010.0]
    asked = shapes(
        BOX(10.1, 4, 10.2, 4.1), BOX(10.15, 4, 10.25, 4.1), BOX(0, 0, 1, 1), None, BOX(9, 3, 11, 5)
    )
    (sums,), _, _ = people.inside(asked, EVERYWHERE)
    assert_allclose(sums[:, 0], [500.0, 250.0 + 5.0, 0.0, 0.0, 1010.0], rtol=1e-9)


def test_a_part_between_parallels_holds_people_by_its_area_on_the_ellipsoid() -> None:
    """One degree at 59 N is larger than one at 60 N; a plain share would give half."""
    people = open_people(census([1000.0], [BOX(10, 58, 12, 60)]), column="people")
    (sums,), _, _ = people.inside(shapes(BOX(10, 58, 12, 59)), EVERYWHERE)
    south, north = (
        Grid(Affine(2.0, 0.0, 10.0, 0.0, -1.0, top), 1, 1, CRS(4326)).cell_area_km2()[0, 0]
        for top in (59.0, 60.0)
    )
    assert sums[0, 0] == pytest.approx(1000.0 * south / (south + north), rel=1e-9)
    assert sums[0, 0] > 507.0


def random_areas(number: int) -> list[Any]:
    """Polygons beside each other that fill a box, most of them smaller than the cells of the grid."""
    noise = np.random.default_rng(number)
    whole = BOX(10.0, 4.0, 10.02, 4.015)
    points = shapely.MultiPoint(noise.random((number, 2)) * [0.02, 0.015] + [10.0, 4.0])
    cells = shapely.voronoi_polygons(points, extend_to=whole)
    return [c.intersection(whole) for c in shapely.get_parts(cells)]


def test_areas_smaller_than_a_cell_keep_their_people() -> None:
    areas = random_areas(900)
    numbers = np.random.default_rng(1).gamma(0.3, 300.0, len(areas))
    people = open_people(census(list(numbers), areas), column="people")
    # Each area asked for by itself gives its people, though a cell holds parts of several.
    (sums,), _, _ = people.inside(shapes(*areas), EVERYWHERE)
    assert_allclose(sums[:, 0], numbers, rtol=1e-7, atol=1e-9)
    assert all_cells(people.cells(None), people.grid).sum() == pytest.approx(
        numbers.sum(), rel=1e-9
    )


def test_zones_over_census_areas_add_up_to_everybody() -> None:
    areas = random_areas(60)
    people = open_people(census(list(range(60)), areas), column="people")
    noise = np.random.default_rng(9)
    points = shapely.MultiPoint(noise.random((7, 2)) * [0.02, 0.015] + [10.0, 4.0])
    cells = shapely.voronoi_polygons(points, extend_to=BOX(9.9, 3.9, 10.1, 4.1))
    (sums,), _, _ = people.inside(shapes(*shapely.get_parts(cells)), EVERYWHERE)
    assert sums.sum() == pytest.approx(sum(range(60)), rel=1e-9)


def test_census_people_under_a_coverage_raster() -> None:
    """The raster covers the west half of the area; its cells do not fit those of the grid."""
    people = open_people(census([800.0], [BOX(10, 4, 10.2, 4.1)]), column="people")
    west = np.zeros((10, 20), np.uint8)
    west[:, :10] = 1
    layer = (west, Affine(0.01, 0.0, 10.0, 0.0, -0.01, 4.1), "EPSG:4326")
    rasters, _ = open_layers({"4g": layer}, people.grid)
    column = Column((0,))
    asked = shapes(BOX(10, 4, 10.2, 4.1), BOX(10.05, 4, 10.15, 4.05))
    (sums,), place, _ = people.inside(asked, Layers(rasters, None, (column,)))
    assert_allclose(sums[:, 0], [800.0, 200.0], rtol=1e-4)
    assert_allclose(sums[:, place[column]], [400.0, 100.0], rtol=1e-4)


def test_cells_of_census_people_inside_a_shape_add_up_to_the_shape() -> None:
    areas = random_areas(80)
    people = open_people(census([7.0] * 80, areas), column="people")
    shape = shapely.Point(10.009, 4.007).buffer(0.004)
    (sums,), _, _ = people.inside(shapes(shape), EVERYWHERE)
    assert all_cells(people.cells(shape), people.grid).sum() == pytest.approx(sums[0, 0], rel=1e-9)


def test_projected_census_areas_are_spread_in_their_own_crs() -> None:
    areas = [
        BOX(500_000, 1_300_000, 502_000, 1_301_000),
        BOX(502_000, 1_300_000, 503_000, 1_301_000),
    ]
    people = open_people(census([900.0, 50.0], areas, "EPSG:32620"), column="people")
    assert people.crs.to_epsg() == 32620
    (sums,), _, _ = people.inside(shapes(BOX(501_000, 1_299_000, 502_500, 1_302_000)), EVERYWHERE)
    assert sums[0, 0] == pytest.approx(450.0 + 25.0, rel=1e-6)


@pytest.mark.parametrize("split", [False, True])
def test_census_areas_on_both_sides_of_the_antimeridian(split: bool) -> None:
    """Fiji: one area east of it, one west, one across, written in one piece or in two."""
    across = BOX(179.9, -17.0, 180.1, -16.9)
    if split:
        across = shapely.MultiPolygon(
            [BOX(179.9, -17.0, 180.0, -16.9), BOX(-180.0, -17.0, -179.9, -16.9)]
        )
    else:
        ring = [(179.9, -17.0), (-179.9, -17.0), (-179.9, -16.9), (179.9, -16.9)]
        across = shapely.Polygon(ring)
    areas = [BOX(179.5, -17, 179.9, -16.9), BOX(-179.9, -17, -179.5, -16.9), across]
    people = open_people(census([100.0, 200.0, 40.0], areas), column="people")
    assert people.grid.width < 1500, "the grid does not run round the world"
    assert people.everybody() == [340.0]
    asked = shapes(BOX(*people.grid.bounds), BOX(180.0, -18, 181, -16))
    (sums,), _, _ = people.inside(asked, EVERYWHERE)
    assert_allclose(sums[:, 0], [340.0, 220.0], rtol=1e-9)


def test_a_feature_without_a_polygon_and_without_people_is_noted() -> None:
    people = open_people(census([10.0, 0.0], [BOX(10, 4, 11, 5), None]), column="people")
    assert any("without a polygon and without people" in note for note in people.notes)
    with pytest.raises(PopulationValueError, match="cannot be placed"):
        open_people(census([10.0, 3.0], [BOX(10, 4, 11, 5), None]), column="people")


def test_people_in_an_area_without_extent_cannot_be_placed() -> None:
    flat = shapely.Polygon([(10, 4), (11, 4), (12, 4)])
    people = open_people(census([10.0, 3.0], [BOX(10, 4, 11, 5), flat]), column="people")
    with pytest.raises(GeometryError, match="area without extent"):
        people.inside(shapes(BOX(10, 4, 11, 5)), EVERYWHERE)


def test_options_of_rasters_and_of_polygons_are_not_mixed() -> None:
    areas = census([10.0], [BOX(10, 4, 11, 5)])
    with pytest.raises(OptionError, match="population is a raster; leave the column out"):
        open_people(raster(ADULTS), unit="count", column="people")
    with pytest.raises(OptionError, match="the unit per_km2 is for rasters"):
        open_people(areas, unit="per_km2", column="people")
    with pytest.raises(ColumnError, match="--population-column"):
        open_people(areas)


# People by cell, and the uncovered among them.


@pytest.mark.parametrize("kind", ["raster", "census"])
def test_uncovered_people_by_cell_are_those_outside_polygons_and_by_the_larger_raster(
    kind: str,
) -> None:
    if kind == "raster":
        people = open_people(raster(ADULTS), unit="count")
    else:
        areas = [BOX(10.0, 4.7, 10.2, 5.0), BOX(10.2, 4.7, 10.4, 5.0)]
        people = open_people(census([5000.0, 300.0], areas), column="people")
    grid = people.grid
    two = [NOISE.random(SHAPE).astype(np.float32), (NOISE.random(SHAPE) < 0.4).astype(np.uint8)]
    rasters, _ = open_layers({"2g": raster(two[0]), "4g": raster(two[1])}, grid)
    sites = union([shapely.Point(10.1, 4.85).buffer(0.05), shapely.Point(10.14, 4.9).buffer(0.03)])
    cells = Cells.of(people, AREA, None, rasters, sites)
    rest = AREA.difference(sites)
    covered = np.maximum(*(layer.share(grid.whole).astype(float) for layer in rasters))
    everybody = all_cells(people.cells(None), grid)
    got = np.zeros(grid.shape)
    for block in grid.blocks(16, 9):
        part = cells.read(block)
        view = slice(block.row0, block.row1), slice(block.col0, block.col1)
        assert_allclose(part.people, everybody[view], rtol=1e-12, atol=1e-12)
        assert part.uncovered is not None
        got[view] = part.uncovered
    inside = all_cells(people.cells(rest), grid)
    assert_allclose(got, inside * (1.0 - covered), rtol=1e-9, atol=1e-12)
    column = Column((0, 1))
    found = people.inside(shapes(rest), Layers(rasters, None, (column,)))
    numbers = found.sums[0][0]
    assert got.sum() == pytest.approx(numbers[0] - numbers[found.place[column]], rel=1e-9)


def test_without_a_layer_nobody_is_known_to_be_uncovered() -> None:
    people = open_people(raster(ADULTS), unit="count")
    part = Cells.of(people, AREA, None, [], None).read(Block(0, 5, 0, 5))
    assert part.uncovered is None
    assert_array_equal(part.people, ADULTS[:5, :5])


def test_polygons_over_the_whole_area_leave_nobody_uncovered() -> None:
    people = open_people(raster(ADULTS), unit="count")
    part = Cells.of(people, AREA, None, [], AREA.buffer(0.01)).read(people.grid.whole)
    assert part.uncovered is not None
    assert not part.uncovered.any()


def test_polygons_as_shares_of_cells() -> None:
    people = open_people(raster(ADULTS), unit="count")
    share = PolygonShare.of(AREA, people.grid)
    assert not share.binary
    block = Block(3, 20, 5, 33)
    got = share.share(block)
    assert got.dtype == np.float32
    assert_allclose(got, oracles.fractions(AREA, people.grid)[3:20, 5:33], atol=1e-7)


def test_people_in_a_crs_of_metres_are_those_of_the_same_cells_in_degrees() -> None:
    """One raster of density 1 in UTM: the people inside a lon/lat polygon are its area."""
    grid_transform = Affine(200.0, 0.0, 590_000.0, 0.0, -200.0, 1_400_000.0)
    source = (np.ones((400, 300)), grid_transform, "EPSG:32620")
    people = open_people(source, unit="per_km2")
    lonlat = shapely.Polygon([(-62.10, 12.40), (-61.75, 12.45), (-61.9, 12.1)])
    (drawn,) = to_crs(shapes(lonlat), CRS(4326), people.grid)
    (sums,), _, _ = people.inside(shapes(drawn), EVERYWHERE)
    lon, lat = shapely.get_coordinates(shapely.segmentize(lonlat, 0.01)).T
    expected = abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6
    # Bent edges are followed to 2 % of a cell: at most 4 m along 130 km of border.
    assert sums[0, 0] == pytest.approx(expected, abs=0.004 * 130.0)
    assert sums[0, 0] == pytest.approx(expected, rel=1e-4)
