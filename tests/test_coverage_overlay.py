"""Polygons laid over each other: areas that must add up, and zones that may overlap a little but not much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
import strategies
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ew4all.coverage.overlay import apart, clip, pieces_of, union, without
from ew4all.errors import GeometryError
from ew4all.grid import Grid

BOX = shapely.box
GRID = Grid(Affine(0.1, 0.0, 10.0, 0.0, -0.1, 5.0), 50, 50, CRS.from_epsg(4326))
PLAIN = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 8.0), 8, 8, CRS.from_epsg(32620))


def shapes(*geometries: Any) -> Any:
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out


def area(geometry: Any) -> float:
    return 0.0 if geometry is None else float(geometry.area)


def test_a_union_counts_what_overlaps_once() -> None:
    both = union([BOX(0, 0, 2, 2), None, BOX(1, 1, 3, 3), shapely.Polygon()])
    assert both.area == pytest.approx(7.0)
    assert union([None, BOX(0, 0, 1, 1)]).equals(BOX(0, 0, 1, 1))
    assert union([None, shapely.Polygon()]).is_empty
    assert union([]).is_empty


def test_a_union_of_shapes_that_touch_is_one_polygon() -> None:
    both = union([BOX(0, 0, 1, 1), BOX(1, 0, 2, 1)])
    assert both.geom_type == "Polygon"
    assert both.area == pytest.approx(2.0)


CUTS = {
    # name: (shape, mask, area inside the mask)
    "inside": (BOX(1, 1, 2, 2), BOX(0, 0, 3, 3), 1.0),
    "around": (BOX(0, 0, 3, 3), BOX(1, 1, 2, 2), 1.0),
    "the same": (BOX(0, 0, 3, 3), BOX(0, 0, 3, 3), 9.0),
    "across": (BOX(0, 0, 2, 2), BOX(1, 1, 3, 3), 1.0),
    "beside": (BOX(0, 0, 1, 1), BOX(2, 0, 3, 1), 0.0),
    "with a border in common": (BOX(0, 0, 1, 1), BOX(1, 0, 2, 1), 0.0),
    "with a corner in common": (BOX(0, 0, 1, 1), BOX(1, 1, 2, 2), 0.0),
    "in a hole": (BOX(1, 1, 2, 2), BOX(0, 0, 3, 3).difference(BOX(1, 1, 2, 2)), 0.0),
    "around a hole": (BOX(0, 0, 3, 3), BOX(0, 0, 3, 3).difference(BOX(1, 1, 2, 2)), 8.0),
    "a border and a part": (
        BOX(0, 0, 4, 1),
        shapely.Polygon([(0, 1), (3, 1), (3, 0), (5, 0), (5, 2), (0, 2)]),
        1.0,
    ),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_shape_is_cut_into_what_lies_inside_a_mask_and_what_does_not(name: str) -> None:
    shape, mask, inside = CUTS[name]
    (kept,), (rest,) = clip(shapes(shape), mask), without(shapes(shape), mask)
    assert area(kept) == pytest.approx(inside, abs=1e-12)
    assert area(rest) == pytest.approx(shape.area - inside, abs=1e-12)
    for part in (kept, rest):
        assert part is None or part.geom_type in {"Polygon", "MultiPolygon"}
        assert part is None or (part.is_valid and not part.is_empty)


def test_what_is_not_there_is_not_cut() -> None:
    given_shapes = shapes(None, BOX(0, 0, 1, 1), shapely.Polygon())
    for cut in (clip, without):
        assert cut(given_shapes, None) is given_shapes
        out = cut(given_shapes, BOX(0.5, 0, 9, 9))
        assert (out[0], out[2]) == (None, None)
        assert out[1].area == pytest.approx(0.5)
    assert given_shapes[1].equals(BOX(0, 0, 1, 1)), "the shapes themselves are left alone"


@given(st.data())
def test_parts_of_random_polygons_add_up(data: st.DataObject) -> None:
    drawn = [data.draw(strategies.polygons(PLAIN)) for _ in range(3)]
    mask = data.draw(strategies.polygons(PLAIN))
    inside, outside = clip(shapes(*drawn), mask), without(shapes(*drawn), mask)
    for shape, kept, rest in zip(drawn, inside, outside, strict=True):
        tolerance = 1e-9 * max(1.0, shape.area)
        assert area(kept) + area(rest) == pytest.approx(shape.area, abs=tolerance)
        assert area(kept) == pytest.approx(shape.intersection(mask).area, abs=tolerance)


def test_pieces_are_every_shape_with_every_area_it_meets() -> None:
    areas = shapes(BOX(0, 0, 1, 1), BOX(1, 0, 2, 1), BOX(9, 9, 10, 10))
    asked = shapes(BOX(0.5, 0, 1.5, 1), None, BOX(0, 0, 0.25, 1))
    piece, shape, of = pieces_of(asked, areas)
    found = {(int(s), int(a)): g.area for g, s, a in zip(piece, shape, of, strict=True)}
    # The third shape touches no second area, and the first two areas share only a border.
    assert found == pytest.approx({(0, 0): 0.5, (0, 1): 0.5, (2, 0): 0.25})


def test_pieces_of_nothing_are_none() -> None:
    for asked in (shapes(None), shapes(BOX(5, 5, 6, 6))):
        piece, shape, of = pieces_of(asked, shapes(BOX(0, 0, 1, 1)))
        assert len(piece) == len(shape) == len(of) == 0


def test_zones_beside_each_other_are_left_alone() -> None:
    zones = shapes(BOX(10, 0, 11, 1), None, BOX(11, 0, 12, 1), BOX(11, 1, 12, 2))
    out, notes = apart(zones, ["a", "b", "c", "d"], GRID)
    assert out is zones
    assert notes == []


def test_a_small_overlap_stays_with_the_first_zone_and_is_noted() -> None:
    zones = shapes(BOX(10, 0, 11.01, 1), BOX(11, 0, 12, 1), BOX(12, 0, 13, 1))
    out, notes = apart(zones, ["a", "b", "c"], GRID)
    assert [g.area for g in out] == pytest.approx([1.01, 0.99, 1.0])
    assert shapely.union_all(out).area == pytest.approx(sum(g.area for g in out))
    (note,) = notes
    # 0.01 x 1 degree at the equator.
    assert "1 pairs of neighbouring zones overlap, by 123 km2 in all" in note
    assert zones[1].area == pytest.approx(1.0), "the zones themselves are left alone"


def test_a_place_in_three_zones_goes_to_the_first_alone() -> None:
    zones = shapes(BOX(10, 0, 11, 1), BOX(10.96, 0, 12, 1), BOX(10.98, 0.98, 11.5, 3.0))
    out, _ = apart(zones, ["a", "b", "c"], GRID)
    assert sum(g.area for g in out) == pytest.approx(shapely.union_all(zones).area)
    assert out[0].equals(zones[0])


def test_zones_over_each_other_are_refused_by_name() -> None:
    zones = shapes(BOX(10, 0, 11, 1), BOX(20, 0, 21, 1), BOX(10.9, 0, 12, 1), BOX(20.2, 0, 21.2, 1))
    message = "zones 'far' and 'farther' overlap by 80% of the smaller one.*counted twice"
    with pytest.raises(GeometryError, match=message):
        apart(zones, ["one", "far", "other", "farther"], GRID)


def test_a_zone_around_another_is_refused() -> None:
    """A country with its own districts: two levels in one file."""
    zones = shapes(BOX(10, 0, 13, 3), BOX(11, 1, 12, 2))
    with pytest.raises(GeometryError, match="100%"):
        apart(zones, ["country", "district"], GRID)
    enclave = shapes(BOX(10, 0, 13, 3).difference(BOX(11, 1, 12, 2)), BOX(11, 1, 12, 2))
    assert apart(enclave, ["country", "district"], GRID) == (enclave, [])
