"""Simplified areas hold the area that they are made from, whatever its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.alerts.cbs import decode_warning_area_coordinates
from ew4all.alerts.simplify import for_cap, for_device
from ew4all.alerts.simplify_rings import merged, reduced
from ew4all.errors import GeometryError

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry


def star(vertices: int, seed: int, lon: float = 10.0, lat: float = 50.0) -> BaseGeometry:
    """Return a ragged ring around a place."""
    draw = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * np.pi, vertices, endpoint=False)
    radius = 0.1 + 0.3 * draw.random(vertices)
    return shapely.Polygon(
        np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)])
    )


def of_cap(geometry: BaseGeometry, most: int = 100) -> BaseGeometry:
    """Return the area that a CAP file would name, after checking its form."""
    rings, result = for_cap(geometry, most)
    assert result.vertices == sum(len(ring.points) for ring in rings) <= most
    assert result.added_km2 >= 0.0
    for ring in rings:
        assert ring.points[0] == ring.points[-1]
        assert all(abs(lat) <= 90.0 and abs(lon) <= 180.0 for lat, lon in ring.points)
    parts = [shapely.Polygon([(lon, lat) for lat, lon in ring.points]) for ring in rings]
    assert all(part.is_valid for part in parts)
    return shapely.union_all(parts)


def of_device(geometry: BaseGeometry, most: int = 1024) -> BaseGeometry:
    octets, _ = for_device(geometry, most)
    assert len(octets) <= most
    rings = decode_warning_area_coordinates(octets).polygons
    return shapely.union_all([shapely.Polygon(ring) for ring in rings])


@settings(max_examples=12)
@given(st.integers(3, 250), st.integers(0, 10_000), st.sampled_from([10, 12, 25, 100]))
def test_a_ragged_area_is_covered(vertices: int, seed: int, most: int) -> None:
    area = star(vertices, seed)
    assert of_cap(area, most).covers(area)
    assert of_device(area, 300).covers(area)


@settings(max_examples=6)
@given(st.integers(2, 30), st.integers(0, 10_000))
def test_many_islands_are_covered(islands: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    area = shapely.union_all([star(12, seed + k, *(draw.random(2) * 4.0)) for k in range(islands)])
    assert of_cap(area, 40).covers(area)
    assert of_device(area, 200).covers(area)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_hostile_areas_are_covered(seed: int) -> None:
    """Of any size down to metres: islands, combs, holes, needles, on and across the antimeridian."""
    draw = np.random.default_rng(seed)
    size = 10.0 ** draw.uniform(-4.0, 0.9)
    lon, lat = draw.uniform(-170.0, 170.0), draw.uniform(-80.0, 80.0)
    places = [(lon, lat), (180.0 + draw.normal() * size, lat)]
    for lon, lat in places:
        parts = [
            shapely.transform(
                star(int(draw.integers(3, 120)), seed + k, 0.0, 0.0),
                lambda xy, lon=lon, lat=lat: xy * size * draw.uniform(0.1, 2.0, 2) + [lon, lat],
            )
            for k in range(int(draw.integers(1, 12)))
        ]
        area = shapely.union_all([shapely.make_valid(part) for part in parts])
        area = area.intersection(shapely.box(-540.0, -89.9, 540.0, 89.9))
        for most in (10, 30, 100):
            for_cap(area, most)  # which checks that its result covers the area
        for octets in (100, 1024):
            for_device(area, octets)


def test_a_small_area_keeps_its_coordinates() -> None:
    area = shapely.Polygon([(1.123456789, 2.0), (3.0, 2.0), (3.0, 4.0)])
    rings, result = for_cap(area)
    assert rings[0].points == ((2.0, 1.123456789), (2.0, 3.0), (4.0, 3.0), (2.0, 1.123456789))
    assert result.notes == ()
    assert result.added_km2 == 0.0


def test_holes_are_filled_and_told() -> None:
    area = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    rings, result = for_cap(area)
    assert len(rings) == 1
    assert "1 holes are filled" in result.notes[1]
    assert result.added_km2 == pytest.approx(12_300, rel=0.01)


def test_area_across_the_antimeridian_is_cut_there() -> None:
    fiji = shapely.Point(180.0, -17.0).buffer(1.0, quad_segs=64)  # runs on beyond 180
    covered = of_cap(fiji, 30)
    west, _, east, _ = covered.bounds
    assert (west, east) == (-180.0, 180.0)
    for turn in (0.0, -360.0):
        moved = shapely.transform(fiji, lambda xy, turn=turn: xy + [turn, 0.0])  # noqa: RUF005
        here = moved.intersection(shapely.box(-180, -90, 180, 90))
        assert covered.covers(here)
    # Cut at the antimeridian by the file, as GeoJSON asks for.
    cut = shapely.MultiPolygon([shapely.box(178, -19, 180, -16), shapely.box(-180, -19, -179, -16)])
    assert of_cap(cut).covers(cut)
    # The coding cannot write the last 9.5 m before it.
    writable = shapely.box(-180, -90, 180 - 360 / 2**22, 90)
    assert of_device(cut).covers(cut.intersection(writable))


def test_less_room_never_gives_a_smaller_area() -> None:
    area = star(300, 7)
    areas = [of_cap(area, most).area for most in (10, 20, 40, 80, 150)]
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] < 1.4 * area.area  # of a ring that is all spikes


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (shapely.Point(0, 0), "no area"),
        (shapely.Polygon(), "no area"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "not valid"),
        (shapely.box(0, 80, 1, 91), "beyond the poles"),
    ],
)
def test_no_area_is_an_error(geometry: BaseGeometry, said: str) -> None:
    for make in (for_cap, for_device):
        with pytest.raises(GeometryError, match=said):
            make(geometry)  # type: ignore[operator]


def test_limits_that_nothing_fits_are_refused() -> None:
    with pytest.raises(GeometryError, match="too few"):
        for_cap(shapely.box(0, 0, 1, 1), 9)
    with pytest.raises(GeometryError, match="40 to 1024"):
        for_device(shapely.box(0, 0, 1, 1), 39)


def test_steps_only_add() -> None:
    area = star(200, 3)
    for budget in range(190, 10, -20):
        (fewer,) = reduced([area], budget)
        assert len(fewer.exterior.coords) <= budget
        assert fewer.buffer(1e-9).covers(area)


@pytest.mark.parametrize("size", [1e-6, 1e-5, 1e-4, 1e-3])
def test_areas_finer_than_the_steps_of_the_coding(size: float) -> None:
    """A step is 4.8 m by 9.5 m: a house, a needle and a comb still come out as areas that hold them."""
    house = shapely.box(8.0, 50.0, 8.0 + size, 50.0 + size)
    needle = shapely.Polygon([(8, 50), (9, 50 + size), (8, 50 + size / 10)])
    comb = shapely.union_all(
        [
            shapely.box(8 + 2 * k * size, 50, 8 + (2 * k + 1) * size, 50 + 20 * size)
            for k in range(30)
        ]
        + [shapely.box(8, 50, 8 + 59 * size, 50 + size / 2)]
    )
    for area in (house, needle, comb):
        assert of_cap(area, 12).covers(area)
        assert of_device(area).covers(area)


def test_parts_that_touch_in_a_point_are_joined() -> None:
    parts = [shapely.box(0, 0, 1, 1), shapely.box(1, 1, 1.1, 1.1), shapely.box(3, 0, 4, 1)]
    (joined,) = merged(parts, 1)
    assert all(joined.covers(part) for part in parts)
    two = merged(parts, 2)
    assert len(two) == 2
    assert sum(part.area for part in two) < 2.1


def test_real_areas(shared_data: Path) -> None:
    """Islands of Grenada and Samoa, a storm's swath, flooded districts: covered to the last point."""
    from ew4all.readers.vectors import read_vector

    for name in (
        "admin/grd_wof_adm0_adm1.geojson",
        "admin/wsm_districts_with_flood_impacts.geojson",
        "hazards/tc_beryl_2024_wind_swath.geojson",
    ):
        layer = read_vector(shared_data / "data" / name, "area")
        shapes = [g for g in layer.geometries if g is not None and g.area]
        area = shapely.union_all(shapes)
        assert of_cap(area).covers(area), name
        assert of_device(area).covers(area), name
