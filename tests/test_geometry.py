from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from shapely import MultiPolygon, Point, Polygon, box

from ew4all.errors import EmptyLayerError, GeometryError, NoIntersectionError, SwappedAxesError
from ew4all.geometry import (
    area_km2,
    circle,
    in_frame,
    must_meet,
    on_grid,
    ragged,
    to_crs,
    unwrap,
)
from ew4all.grid import Grid
from ew4all.mending import repaired
from ew4all.reprojection import only_polygons, to_lonlat

WGS84 = CRS(4326)
GEOD = Geod(ellps="WGS84")
BOW_TIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
FIJI = Polygon([(177, -19), (-178, -19), (-178, -16), (177, -16)])
FIJI_CUT = MultiPolygon([box(177, -19, 180, -16), box(-180, -19, -178, -16)])


def grid(
    west: float,
    north: float,
    columns: int,
    rows: int,
    cell: float = 0.01,
    crs: str | int = 4326,
) -> Grid:
    return Grid(Affine(cell, 0, west, 0, -cell, north), rows, columns, CRS(crs))


EASTERN = grid(176, -15, 700, 500)  # longitudes run on to 183
WORLD = grid(-180, 90, 720, 360, 0.5)


def array(*shapes: shapely.Geometry | None) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = list(shapes)
    return out


def star(points: int, turns: int) -> Polygon:
    """Ring of straight lines that runs `turns` times around the origin."""
    angle = np.arange(points) * 2 * np.pi * turns / points
    return Polygon(np.column_stack([np.cos(angle), np.sin(angle)]))


# --- ragged arrays -------------------------------------------------------------------------------


def test_ragged_holds_every_ring_in_order() -> None:
    holed = box(0, 0, 9, 9) - box(1, 1, 2, 2) - box(3, 3, 4, 4)
    shapes = array(
        None, holed, Polygon(), MultiPolygon([box(20, 0, 21, 1), holed]), box(5, 5, 6, 6)
    )
    out = ragged(shapes)
    assert out.count == 5
    assert out.ring_polygon.tolist() == [1, 1, 1, 3, 3, 3, 3, 4]
    assert out.ring_is_hole.tolist() == [False, True, True, False, False, True, True, False]
    assert out.ring_offsets[0] == 0
    assert out.ring_offsets[-1] == len(out.coords) == 8 * 5
    for start, stop in zip(out.ring_offsets[:-1], out.ring_offsets[1:], strict=True):
        assert (out.coords[start] == out.coords[stop - 1]).all()
    areas = [
        Polygon(out.coords[start:stop]).area
        for start, stop in zip(out.ring_offsets[:-1], out.ring_offsets[1:], strict=True)
    ]
    signed = np.where(out.ring_is_hole, -1, 1) * areas
    assert np.bincount(out.ring_polygon, signed).tolist() == [0, 79, 0, 80, 1]


def test_plain_polygons_take_the_short_way_to_the_same_arrays() -> None:
    plain = array(box(0, 0, 1, 1), Polygon(), box(2, 0, 3, 1))
    long = array(*plain, None)
    assert shapely.get_type_id(plain).tolist() == [3, 3, 3]
    a, b = ragged(plain), ragged(long)
    assert (a.coords == b.coords).all()
    assert a.ring_offsets.tolist() == b.ring_offsets.tolist() == [0, 5, 10]
    assert a.ring_polygon.tolist() == b.ring_polygon.tolist() == [0, 2]
    assert (a.count, b.count) == (3, 4)


def test_ragged_of_nothing() -> None:
    for shapes in ([], [None], [Polygon()]):
        out = ragged(shapes)
        assert out.count == len(shapes)
        assert out.ring_offsets.tolist() == [0]
        assert out.coords.shape == (0, 2)


def test_ragged_takes_polygons_only() -> None:
    with pytest.raises(GeometryError, match="a Point has no area"):
        ragged([box(0, 0, 1, 1), Point(0, 0)])


# --- circles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("latitude", [0.0, -16.5, 60.0, 85.0])
@pytest.mark.parametrize("radius_m", [10.0, 5_000.0, 200_000.0])
def test_a_circle_has_the_area_of_a_cap_of_the_earth(latitude: float, radius_m: float) -> None:
    shape = circle(10, latitude, radius_m)
    assert shape.is_valid
    cap_km2 = 2 * np.pi * 6371.0**2 * (1 - np.cos(radius_m / 6371e3))
    # The mean radius stands in for the ellipsoid's curvature, which enters by (r / R)^2 only;
    # the cap of 10 m is lost in the rounding of the cosine.
    wanted = np.pi * (radius_m / 1e3) ** 2 if radius_m < 100 else cap_km2
    assert area_km2(array(shape), WGS84)[0] == pytest.approx(wanted, rel=1e-6)
    lon, lat = shapely.get_coordinates(shape).T
    far = GEOD.inv(np.full(lon.size, 10.0), np.full(lon.size, latitude), lon, lat)[2]
    assert np.allclose(far, radius_m, rtol=1e-4)


def test_a_circle_over_the_antimeridian_runs_on() -> None:
    west, _, east, _ = circle(179.9, -17, 50_000).bounds
    assert 179 < west < 179.9
    assert 180 < east < 181


@pytest.mark.parametrize(
    ("lon", "lat", "radius_m", "words"),
    [
        (0, 89, 200_000, "holds a pole"),
        (0, -89, 200_000, "holds a pole"),
        (0, 0, 0, "has no area"),
        (0, 0, -5, "has no area"),
        (0, 91, 5, "has no area"),
        (np.nan, 0, 5, "has no area"),
        (0, 0, np.inf, "has no area"),
    ],
)
def test_a_circle_that_cannot_be_drawn(lon: float, lat: float, radius_m: float, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        circle(lon, lat, radius_m)


def test_a_circle_that_only_just_misses_the_pole_is_whole_or_refused() -> None:
    to_pole_m = GEOD.inv(0, 88, 0, 90)[2]
    with pytest.raises(GeometryError, match="holds a pole"):
        circle(0, 88, to_pole_m * 0.999999)
    assert circle(0, 88, to_pole_m * 0.999).is_valid


# --- the antimeridian ----------------------------------------------------------------------------


def test_a_ring_over_the_antimeridian_runs_on() -> None:
    assert unwrap(FIJI).bounds == (177, -19, 182, -16)
    eastward = Polygon([(-178, -19), (177, -19), (177, -16), (-178, -16)])
    assert unwrap(eastward).bounds == (-183, -19, -178, -16)
    assert unwrap(FIJI).area == unwrap(eastward).area == 15


def test_what_does_not_cross_is_left_alone() -> None:
    for shape in (box(0, 0, 1, 1), FIJI_CUT, box(-180, -90, 180, 90), Polygon()):
        assert unwrap(shape) is shape


def test_holes_follow_their_shell_over_the_antimeridian() -> None:
    near = [(178, -18), (179, -18), (179, -17)]
    beyond = [(-179.5, -18), (-178.5, -18), (-178.5, -17)]
    across = [(179.5, -18.5), (-179.5, -18.5), (-179.5, -18.2)]
    shape = unwrap(Polygon(FIJI.exterior.coords, [near, beyond, across]))
    assert shape.is_valid
    assert shape.area == pytest.approx(15 - 0.5 - 0.5 - 0.15)
    assert shape.bounds == (177, -19, 182, -16)


def test_only_the_part_that_crosses_is_moved() -> None:
    shape = unwrap(MultiPolygon([FIJI, box(10, 0, 11, 1)]))
    assert shape.geoms[0].bounds == (177, -19, 182, -16)
    assert shape.geoms[1].equals(box(10, 0, 11, 1))


def test_a_ring_around_a_pole_is_refused() -> None:
    with pytest.raises(GeometryError, match="around a pole"):
        unwrap(Polygon([(-150, -70), (-30, -70), (90, -70), (170, -70)]))


@pytest.mark.parametrize("shape", [unwrap(FIJI), FIJI_CUT, box(-183, -19, -178, -16)])
@pytest.mark.parametrize("where", [EASTERN, WORLD, grid(-185, -15, 900, 500)])
def test_fiji_is_whole_in_every_frame(shape: shapely.Geometry, where: Grid) -> None:
    out = in_frame(array(None, shape), where)
    assert out[0] is None
    assert out[1].is_valid
    assert out[1].area == pytest.approx(15)
    assert box(*where.bounds).covers(out[1])


def test_a_shape_beyond_the_frame_is_left_for_the_extents_to_tell() -> None:
    out = in_frame(array(box(10, 0, 11, 1)), EASTERN)
    assert out[0].equals(box(10, 0, 11, 1))
    with pytest.raises(NoIntersectionError):
        must_meet(out, EASTERN, "hazard")


def test_fiji_from_file_to_grid() -> None:
    for where in (EASTERN, WORLD):
        shapes, notes = on_grid([FIJI, None, Polygon(), FIJI_CUT], WGS84, where, "hazard x")
        assert [s is None for s in shapes] == [False, True, True, False]
        assert shapes[0].area == pytest.approx(15)
        assert shapes[0].equals(shapes[3])
        assert len(notes) == 1
        assert "hazard x, feature 1: a step of more than 180 degrees" in notes[0]


@pytest.mark.parametrize("where", [EASTERN, WORLD])
def test_fiji_from_its_own_projection_to_the_grid(where: Grid) -> None:
    there = Transformer.from_crs(4326, 3460, always_xy=True)
    x, y = there.transform(*np.array([[177, -19], [182, -19], [182, -16], [177, -16]]).T)
    shapes, notes = on_grid([Polygon(np.column_stack([x, y]))], CRS(3460), where, "zones")
    assert notes == []
    assert shapes[0].is_valid
    straight = area_km2(array(Polygon(np.column_stack([x, y]))), CRS(3460))[0]
    # Edges are straight in the map, so they bulge: 27 km2 more than between the parallels.
    assert area_km2(shapes, WGS84)[0] == pytest.approx(straight, rel=2e-4)


# --- invalid shapes ------------------------------------------------------------------------------


def test_a_valid_shape_is_left_alone() -> None:
    shape = Polygon([(0, 0), (0, 0), (4, 0), (4, 4), (4, 4), (0, 4), (0, 0)])
    assert repaired(shape, "x") == (shape, None)


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (BOW_TIE, 0.5),
        (Polygon([(0, 0), (4, 0), (4, 4), (2, 4), (2, 2), (2, 4), (0, 4)]), 16),  # spike
        (Polygon([(0, 0), (4, 0), (4, 4), (2, 4), (2, 6), (2, 4), (0, 4)]), 16),  # whisker
        (Polygon([(0, 0), (3, 0), (3, 3), (0, 0), (-3, 0), (-3, -3)]), 9),  # touches itself
        (Polygon([*box(0, 0, 1, 1).exterior.coords, *box(0, 0, 1, 1).exterior.coords]), 1),
        (MultiPolygon([box(0, 0, 1, 1), box(1, 0, 2, 1)]), 2),  # share an edge
        (Polygon(box(0, 0, 9, 9).exterior.coords, [box(0, 0, 1, 9).exterior.coords]), 72),
    ],
)
def test_what_has_one_reading_is_mended_and_told(shape: shapely.Geometry, area: float) -> None:
    mended, note = repaired(shape, "zones, feature 3")
    assert mended.is_valid
    assert mended.area == pytest.approx(area)
    assert note is not None
    assert note.startswith("zones, feature 3: ")
    assert "mended" in note


@pytest.mark.parametrize(
    "shape",
    [
        star(5, 2),  # the middle is wound twice
        MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)]),
        MultiPolygon([box(0, 0, 9, 9), box(1, 1, 8, 8)]),  # a hole, or an island?
    ],
)
def test_what_has_two_readings_is_refused_with_both(shape: shapely.Geometry) -> None:
    with pytest.raises(GeometryError, match=r"zones, feature 3 .*even-odd .*, union ") as error:
        repaired(shape, "zones, feature 3")
    assert "mend the ring" in str(error.value)


SLIVER = (11, 0), (11.1, 0), (11.1, 0.1)


def holed(*hole: tuple[float, float]) -> Polygon:
    return Polygon(box(0, 0, 10, 10).exterior.coords, [hole])


def test_a_hole_outside_its_shell_adds_nothing() -> None:
    with pytest.raises(
        GeometryError, match=r"Hole lies outside shell.*union 102, .*less holes 100"
    ):
        repaired(holed((11, 0), (13, 0), (13, 2)), "x")
    with pytest.raises(GeometryError, match="less holes 98"):
        repaired(holed((8, 4), (12, 4), (12, 5), (8, 5)), "x")
    beside = MultiPolygon([box(20, 0, 30, 10), box(40, 0, 50, 10)])
    both = shapely.GeometryCollection([Point(0, 0), beside, holed(*SLIVER)])
    assert repaired(both, "x")[0].area == 300
    small, note = repaired(holed(*SLIVER), "x")
    assert small.equals(box(0, 0, 10, 10))
    assert note is not None
    assert "all readings of its area agree to 0.1 %" in note


def test_a_shape_without_an_extent_becomes_empty_and_is_told() -> None:
    for flat in (Polygon([(0, 0), (1, 1), (2, 2)]), Polygon([(0, 0)] * 4)):
        shape, note = repaired(flat, "x")
        assert shape.is_empty
        assert note is not None
        assert "encloses no area" in note
    shapes, _ = on_grid([Polygon([(0, 0), (1, 1), (2, 2)])], WGS84, WORLD, "x")
    assert shapes[0] is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_coordinate_that_is_no_number_is_refused(value: float) -> None:
    with np.errstate(invalid="ignore"):
        shape = Polygon([(0, 0), (1, 0), (1, value), (0, 1), (0, 0)])
    with pytest.raises(GeometryError, match="x has a coordinate that is NaN or infinite"):
        repaired(shape, "x")


def test_errors_name_the_layer_and_the_feature() -> None:
    with pytest.raises(GeometryError, match="hazard, feature 2 has rings that cross"):
        on_grid([box(0, 0, 1, 1), star(5, 2)], WGS84, WORLD, "hazard")
    around = Polygon([(-150, -70), (-30, -70), (90, -70), (170, -70)])
    with pytest.raises(GeometryError, match="hazard, feature 1: a ring runs around a pole"):
        on_grid([around], WGS84, WORLD, "hazard")
    polar = Point(0, 0).buffer(2e6)  # around the south pole
    with pytest.raises(GeometryError, match=r"hazard, feature 1: .*around a pole"):
        on_grid([polar], CRS(3031), WORLD, "hazard")
    half = grid(-6.4e6, 6.4e6, 128, 128, 1e5, "+proj=ortho")
    with pytest.raises(GeometryError, match=r"hazard: the vertex .* has no place"):
        on_grid([box(170, 0, 180, 9)], WGS84, half, "hazard")
    with pytest.raises(NoIntersectionError, match=r"hazard spans x 170\.0"):
        on_grid([box(170, 0, 180, 9)], WGS84, grid(0, 0, 9, 9, 1e3, "+proj=ortho"), "hazard")


def test_collections_lose_what_has_no_area() -> None:
    mixed = shapely.GeometryCollection([Point(0, 0), box(0, 0, 1, 1), FIJI_CUT])
    assert only_polygons(mixed).geom_type == "MultiPolygon"
    assert len(only_polygons(mixed).geoms) == 3
    assert only_polygons(shapely.GeometryCollection([box(0, 0, 1, 1)])).equals(box(0, 0, 1, 1))
    assert only_polygons(Point(0, 0)).is_empty


# --- projections ---------------------------------------------------------------------------------


def test_a_long_edge_is_bent_to_within_a_fiftieth_of_a_cell() -> None:
    where = grid(200_000, 8_400_000, 6000, 6000, 100.0, 32758)
    drawn = Polygon([(166, -19), (169, -19), (168, -15)])
    out = to_crs(array(drawn, None), WGS84, where)
    assert out[1] is None
    fine = shapely.segmentize(drawn, 0.0005)
    forward = Transformer.from_crs(4326, 32758, always_xy=True)
    exact = shapely.transform(fine, lambda xy: np.column_stack(forward.transform(*xy.T)))
    off_m = shapely.hausdorff_distance(out[0], exact, densify=0.5)
    assert off_m < 30  # the spacing of the vertices that are compared
    assert shapely.distance(shapely.points(exact.exterior.coords), out[0].exterior).max() < 2.0
    assert out[0].symmetric_difference(exact).area < 2.0 * exact.length
    coarse = shapely.transform(drawn, lambda xy: np.column_stack(forward.transform(*xy.T)))
    assert coarse.symmetric_difference(exact).area > 100 * exact.length  # or nothing is shown
    assert 50 < shapely.get_num_coordinates(out[0]) < 2000


def test_holes_and_parts_survive_a_projection() -> None:
    holed = box(166, -16, 167, -15) - box(166.2, -15.8, 166.4, -15.6)
    shape = MultiPolygon([holed, box(168, -16, 169, -15)])
    out = to_crs(array(shape), WGS84, grid(0, 0, 1, 1, 100.0, 32758))[0]
    assert [len(part.interiors) for part in out.geoms] == [1, 0]
    assert area_km2(array(out), CRS(32758))[0] == pytest.approx(
        area_km2(array(shape), WGS84)[0], rel=1e-5
    )


def test_the_same_crs_changes_nothing() -> None:
    shapes = array(box(0, 0, 1, 1))
    assert to_crs(shapes, WGS84, WORLD) is shapes


# --- whether layers meet -------------------------------------------------------------------------


def test_layers_that_meet_pass() -> None:
    must_meet(array(None, box(178, -18, 179, -17)), EASTERN, "hazard")


def test_exchanged_axes_are_told_apart_from_another_place() -> None:
    grenada = grid(-61.8, 12.6, 500, 600, 0.001)
    with pytest.raises(SwappedAxesError, match="latitude and longitude exchanged") as error:
        must_meet(array(box(12.0, -61.7, 12.2, -61.6)), grenada, "hazard h.geojson")
    assert "hazard h.geojson" in str(error.value)
    with pytest.raises(NoIntersectionError) as error:
        must_meet(array(box(10, 40, 11, 41)), grenada, "hazard h.geojson")
    assert not isinstance(error.value, SwappedAxesError)
    assert "x 10.0000..11.0000, y 40.0000..41.0000" in str(error.value)
    assert "-61.8000..-61.3000" in str(error.value)


def test_a_layer_of_nothing_is_told() -> None:
    for shapes in (array(None), array(Polygon()), array()):
        with pytest.raises(EmptyLayerError, match="hazard holds no polygon"):
            must_meet(shapes, WORLD, "hazard")


# --- areas ---------------------------------------------------------------------------------------

EARTH_KM2 = 510_065_621.724  # WGS 84


def test_the_whole_earth() -> None:
    assert area_km2(array(box(-180, -90, 180, 90)), WGS84)[0] == pytest.approx(EARTH_KM2, rel=1e-9)
    assert area_km2(array(box(0, 0, 180, 90)), WGS84)[0] == pytest.approx(EARTH_KM2 / 4, rel=1e-9)


def test_a_polygon_around_cells_has_the_area_of_the_cells() -> None:
    where = grid(166, -13, 40, 70, 0.1)
    cells = where.cell_area_km2().sum() * where.width
    assert area_km2(array(box(*where.bounds)), WGS84)[0] == pytest.approx(cells, rel=1e-12)


def test_holes_parts_none_and_direction() -> None:
    one, hole = box(0, 0, 1, 1), box(0.2, 0.2, 0.4, 0.4)
    shapes = array(one, one - hole, hole, None, Polygon(), MultiPolygon([one, box(2, 0, 3, 1)]))
    a = area_km2(shapes, WGS84)
    assert a[1] == pytest.approx(a[0] - a[2], rel=1e-12)
    assert (a[3], a[4]) == (0, 0)
    assert a[5] == pytest.approx(2 * a[0], rel=1e-12)
    assert area_km2(shapely.reverse(shapes), WGS84) == pytest.approx(a, rel=1e-12)
    assert area_km2(array(), WGS84).shape == (0,)
    assert area_km2(array(None), WGS84).tolist() == [0]


@given(
    st.floats(-179, 179), st.floats(-80, 80), st.floats(0.01, 0.5), st.integers(3, 40), st.data()
)
def test_areas_agree_with_geodesic_polygons_of_short_edges(
    lon: float, lat: float, size: float, points: int, data: st.DataObject
) -> None:
    reach = data.draw(st.lists(st.floats(0.2, 1), min_size=points, max_size=points))
    angle = np.arange(points) * 2 * np.pi / points
    xy = np.column_stack([np.cos(angle), np.sin(angle)]) * np.array(reach)[:, None] * size
    shape = Polygon(xy + np.array([lon, lat]))
    fine = shapely.segmentize(shapely.orient_polygons(shape), size / 500)
    wanted = abs(GEOD.geometry_area_perimeter(fine)[0]) / 1e6
    assert area_km2(array(shape), WGS84)[0] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("crs", [32758, 3857, 3460, 3031])
def test_areas_in_a_projection_are_those_on_the_earth(crs: int) -> None:
    lon, lat = {3031: (40.0, -75.0), 3460: (179.99, -17.0)}.get(crs, (167.0, -16.0))
    forward = Transformer.from_crs(4326, crs, always_xy=True)
    shape = circle(lon, lat, 20_000)
    drawn = shapely.transform(shape, lambda xy: np.column_stack(forward.transform(*xy.T)))
    assert area_km2(array(drawn), CRS(crs))[0] == pytest.approx(np.pi * 400, rel=1e-5)


@pytest.mark.parametrize(("crs", "pole"), [(3413, 90.0), (3031, -90.0)])
def test_a_shape_around_a_pole_is_as_large_as_its_part_of_the_earth(crs: int, pole: float) -> None:
    polar = grid(-4e6, 4e6, 800, 800, 1e4, crs)

    def belt(west: float, one: float, other: float, east: float) -> Polygon:
        return box(west, min(one * pole, other * pole), east, max(one * pole, other * pole))

    cap = belt(-180, 0.85, 1.0, 180)  # cut at the antimeridian
    ring = belt(-180, 0.85, 0.95, 180)
    hole = cap.difference(belt(150, 0.9, 0.92, 170))
    shapes = array(cap, ring, hole)
    drawn, _ = on_grid(shapes, WGS84, polar, "x")
    assert area_km2(drawn, polar.crs) == pytest.approx(area_km2(shapes, WGS84), rel=1e-4)
    back = to_lonlat(drawn, polar)
    assert shapely.is_valid(back).all()
    assert area_km2(back, WGS84) == pytest.approx(area_km2(shapes, WGS84), rel=1e-4)


def test_a_projected_shape_over_the_antimeridian_is_cut_there_in_lonlat() -> None:
    utm = grid(100_000, 8_200_000, 400, 400, 1000, 32701)
    drawn, _ = on_grid([FIJI], WGS84, utm, "x")
    (back,) = to_lonlat(drawn, utm)
    assert shapely.symmetric_difference(back, FIJI_CUT).area < 1e-3
    mercator = grid(-2e7, 2e7, 400, 400, 1e5, 3857)
    wide = box(-100, -60, 150, 60)  # no edge of it jumps
    drawn = to_crs(array(wide), WGS84, mercator)
    (back,) = to_lonlat(array(box(*drawn[0].bounds)), mercator)
    assert shapely.symmetric_difference(back, wide).area < 1e-6


def test_a_long_edge_in_a_projection_is_followed_where_it_was_drawn() -> None:
    drawn = Polygon([(3e5, 8e6), (7e5, 7.2e6), (7.5e5, 8.1e6)])
    back = Transformer.from_crs(32758, 4326, always_xy=True)
    fine = shapely.transform(
        shapely.segmentize(drawn, 500), lambda xy: np.column_stack(back.transform(*xy.T))
    )
    wanted = abs(GEOD.geometry_area_perimeter(fine)[0]) / 1e6
    assert area_km2(array(drawn, None), CRS(32758)) == pytest.approx([wanted, 0], rel=1e-7)


def test_feet_are_not_metres() -> None:
    shape = circle(-100, 44, 20_000)
    forward = Transformer.from_crs(4326, 2241, always_xy=True)  # US survey feet
    drawn = shapely.transform(shape, lambda xy: np.column_stack(forward.transform(*xy.T)))
    assert area_km2(array(drawn), CRS(2241))[0] == pytest.approx(np.pi * 400, rel=1e-4)
