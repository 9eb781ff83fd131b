"""Warning-area coordinates against a decoder written from Android's description, bit by bit."""

from __future__ import annotations

import math
import random

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.cbs import (
    LAT_STEP_DEG,
    LON_STEP_DEG,
    MAX_OCTETS,
    MAX_VERTICES,
    AreaCircle,
    coordinate,
    decode_warning_area_coordinates,
    inside,
    outward,
    polygon_octets,
    warning_area_coordinates,
)
from ew4all.errors import DecodeError, GeometryError, MessageError
from ew4all.grid import GEOID

SQUARE = ((20.0, 10.0), (21.0, 10.0), (21.0, 11.0), (20.0, 11.0))

lon_degs = st.floats(-180.0, 180.0)
lat_degs = st.floats(-90.0, 90.0)


def naive_decode(octets: bytes) -> list[tuple[int, list[float]]]:
    """Read a row of ones and zeros, as a phone does."""
    bits = "".join(f"{octet:08b}" for octet in octets)
    out: list[tuple[int, list[float]]] = []
    while bits:
        kind, length = int(bits[:4], 2), int(bits[4:14], 2)
        body, bits = bits[16 : 8 * length], bits[8 * length :]
        if kind == 1:
            out.append((kind, [int(body[:8], 2)]))
        elif kind == 2:
            values: list[float] = []
            for k in range((length - 2) * 8 // 44):
                part = body[44 * k : 44 * k + 44]
                values += [
                    int(part[22:], 2) * 360.0 / 2**22 - 180.0,
                    int(part[:22], 2) * 180.0 / 2**22 - 90.0,
                ]
            out.append((kind, values))
        else:
            assert kind == 3
            out.append(
                (
                    kind,
                    [
                        int(body[22:44], 2) * 360.0 / 2**22 - 180.0,
                        int(body[:22], 2) * 180.0 / 2**22 - 90.0,
                        int(body[44:64], 2) / 64.0 * 1000.0,
                    ],
                )
            )
    return out


def test_one_square_by_hand() -> None:
    """Latitude 10 is step 2330168.9 of 2**22 and longitude 20 step 2330168.9 as well."""
    octets = warning_area_coordinates([SQUARE], max_wait_s=60)
    assert coordinate(20.0, 10.0) == (2330168, 2330168)
    assert octets[:3] == bytes([0x10, 3 << 2, 60])
    assert octets[3:5] == bytes([0x20, 24 << 2])
    assert len(octets) == 3 + polygon_octets(4)
    first = int.from_bytes(octets[5:11], "big") >> 4
    assert (first >> 22, first & (1 << 22) - 1) == (2330168, 2330168)


@given(lon_degs, lat_degs)
def test_coordinates_are_rounded_down_by_less_than_a_step(lon: float, lat: float) -> None:
    lat_steps, lon_steps = coordinate(lon, lat)
    assert 0 <= lat_steps < 2**22
    assert 0 <= lon_steps < 2**22
    lat_back, lon_back = lat_steps * LAT_STEP_DEG - 90.0, lon_steps * LON_STEP_DEG - 180.0
    assert -1e-12 <= lat - lat_back <= LAT_STEP_DEG + 1e-12
    assert -1e-12 <= lon - lon_back <= LON_STEP_DEG + 1e-12
    assert coordinate(lon_back, lat_back) == (lat_steps, lon_steps)


def test_the_far_corner_is_put_one_step_lower() -> None:
    assert coordinate(180.0, 90.0) == (2**22 - 1, 2**22 - 1)
    assert coordinate(-180.0, -90.0) == (0, 0)


def coded(place: tuple[float, float]) -> tuple[int, int]:
    return coordinate(*place)


rings = st.lists(
    st.tuples(lon_degs, lat_degs),
    min_size=3,
    max_size=40,
    unique_by=coded,
)
circles = st.builds(AreaCircle, lon_degs, lat_degs, st.floats(0.0, 5e6))


@given(
    st.lists(rings, max_size=3),
    st.lists(circles, max_size=3),
    st.none() | st.integers(0, 255),
)
def test_a_phone_reads_what_was_written(
    polygons: list[list[tuple[float, float]]], round_ones: list[AreaCircle], wait: int | None
) -> None:
    if not polygons and not round_ones:
        return
    octets = warning_area_coordinates(polygons, round_ones, wait)
    area = decode_warning_area_coordinates(octets)
    naive = naive_decode(octets)
    assert [len(ring) for ring in area.polygons] == [len(ring) for ring in polygons]
    assert [v for kind, v in naive if kind == 2] == [
        [x for place in ring for x in place] for ring in area.polygons
    ]
    assert [v for kind, v in naive if kind == 3] == [
        [c.lon_deg, c.lat_deg, c.radius_m] for c in area.circles
    ]
    assert area.max_wait_s == (None if wait == 255 else wait)
    again = warning_area_coordinates(area.polygons, (), area.max_wait_s) if polygons else b""
    assert decode_warning_area_coordinates(again).polygons == area.polygons if polygons else True


def test_a_repeated_first_vertex_is_left_out() -> None:
    assert warning_area_coordinates([(*SQUARE, SQUARE[0])]) == warning_area_coordinates([SQUARE])


@given(st.floats(-179.9, 179.9), st.floats(-80.0, 80.0), st.floats(0.0, 3e5), st.floats(0, 360))
def test_a_coded_circle_holds_the_given_one(
    lon: float, lat: float, radius_m: float, azimuth: float
) -> None:
    octets = warning_area_coordinates((), [AreaCircle(lon, lat, radius_m)])
    held = decode_warning_area_coordinates(octets).circles[0]
    far_lon, far_lat, _ = GEOID.fwd(lon, lat, azimuth, radius_m)
    distance_m = GEOID.inv(held.lon_deg, held.lat_deg, far_lon, far_lat)[2]
    assert distance_m <= held.radius_m + 0.01
    assert held.radius_m <= radius_m + 15.625 + 12.0


def test_a_polygon_as_small_as_a_house_is_coded_once_it_was_enlarged() -> None:
    house = shapely.box(5.00001, 50.00001, 5.00008, 50.00005)
    octets = warning_area_coordinates([list(outward(house).exterior.coords)])
    assert shapely.Polygon(decode_warning_area_coordinates(octets).polygons[0]).covers(house)


def test_vertices_that_the_coding_cannot_tell_apart_are_one() -> None:
    doubled = [place for lon, lat in SQUARE for place in ((lon, lat), (lon + 1e-9, lat + 1e-9))]
    assert (
        len(decode_warning_area_coordinates(warning_area_coordinates([doubled])).polygons[0]) == 4
    )


def test_a_circle_without_extent_still_marks_a_place() -> None:
    area = decode_warning_area_coordinates(
        warning_area_coordinates((), [AreaCircle(5.0, 50.0, 0.0)])
    )
    assert area.circles[0].radius_m >= 15.625
    assert inside(area, 5.0, 50.0)


def star(vertices: int, centre: tuple[float, float], seed: int) -> shapely.Polygon:
    draw = random.Random(seed)
    rays = [(2.0 * math.pi * k / vertices, draw.uniform(0.2, 1.0)) for k in range(vertices)]
    return shapely.Polygon(
        [(centre[0] + r * math.cos(a), centre[1] + r * math.sin(a)) for a, r in rays]
    )


@pytest.mark.parametrize("seed", range(60), ids=str)
def test_outward_covers_and_the_coding_holds_it(seed: int) -> None:
    draw = random.Random(f"outward {seed}")
    centre = (draw.uniform(-178.0, 178.0), draw.uniform(-88.0, 88.0))
    polygon = star(draw.randint(3, 60), centre, seed)
    if draw.random() < 0.3:
        polygon = polygon.difference(shapely.Point(centre).buffer(0.05))
        polygon = max(shapely.get_parts(polygon), key=lambda part: part.area)
    if draw.random() < 0.3:  # as small as a street
        polygon = shapely.affinity.scale(polygon, 1e-3, 1e-3)
    grown = outward(polygon)
    assert grown.covers(polygon)
    ring = grown.exterior.coords[:-1]
    steps = [coordinate(lon, lat) for lon, lat in ring]
    back = [(lon * LON_STEP_DEG - 180.0, lat * LAT_STEP_DEG - 90.0) for lat, lon in steps]
    assert back == list(ring)
    assert len(ring) <= 2 * len(polygon.exterior.coords) + 2
    far = shapely.hausdorff_distance(grown.exterior, polygon.exterior)
    assert far < 8.0 * LON_STEP_DEG


def test_rounding_down_alone_would_lose_area() -> None:
    polygon = star(12, (30.0, 10.0), 3)
    octets = warning_area_coordinates([list(polygon.exterior.coords)])
    assert not shapely.Polygon(decode_warning_area_coordinates(octets).polygons[0]).covers(polygon)
    octets = warning_area_coordinates([list(outward(polygon).exterior.coords)])
    assert shapely.Polygon(decode_warning_area_coordinates(octets).polygons[0]).covers(polygon)


def test_a_border_on_the_antimeridian_stays_within_the_coding() -> None:
    west = shapely.box(-180.0, -20.0, -179.0, -19.0)
    assert outward(west).covers(west)
    east = shapely.box(179.0, -20.0, 180.0, -19.0)
    grown = outward(east)
    assert grown.bounds[2] == 180.0 - LON_STEP_DEG
    assert grown.covers(shapely.box(179.0, -20.0, 180.0 - LON_STEP_DEG, -19.0))


@pytest.mark.parametrize(
    "shape",
    [
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
        shapely.Polygon(),
        shapely.box(179.0, 0.0, 181.0, 1.0),
        shapely.Point(0, 0),
    ],
    ids=["two", "empty", "across 180", "point"],
)
def test_outward_refuses_what_is_not_one_polygon_on_earth(shape: object) -> None:
    with pytest.raises(GeometryError):
        outward(shape)


def test_room() -> None:
    ring = [(0.001 * k, 0.001 * (k % 2)) for k in range(MAX_VERTICES)]
    octets = warning_area_coordinates([ring])
    assert len(octets) == polygon_octets(MAX_VERTICES) == 1020
    assert len(decode_warning_area_coordinates(octets).polygons[0]) == MAX_VERTICES
    with pytest.raises(MessageError, match="186 vertices"):
        warning_area_coordinates([[*ring, (1.0, 1.0)]])
    with pytest.raises(MessageError, match=f"{MAX_OCTETS} are allowed"):
        warning_area_coordinates([ring, SQUARE])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (((), ()), "needs a polygon or a circle"),
        (([SQUARE[:2]],), "2 vertices"),
        (([[(5.0, 50.0), (5.00001, 50.0), (5.0, 50.00001)]],), "1 vertices.*outward"),
        (([[]],), "0 vertices"),
        (([[SQUARE[0], SQUARE[1], SQUARE[0]]],), "2 vertices"),
        (([[(181.0, 0.0), (182.0, 0.0), (182.0, 1.0)]],), "antimeridian"),
        (([[(0.0, 91.0), (1.0, 0.0), (2.0, 1.0)]],), "outside"),
        (([[(math.nan, 0.0), (1.0, 0.0), (2.0, 1.0)]],), "outside"),
        (((), [AreaCircle(0.0, 0.0, -1.0)]), "radius"),
        (((), [AreaCircle(0.0, 0.0, math.nan)]), "radius"),
        (((), [AreaCircle(0.0, 0.0, 2e7)]), "16384 km"),
        (([SQUARE], (), 256), "wait time"),
        (([SQUARE], (), -1), "wait time"),
    ],
    ids=[
        "nothing", "two vertices", "too small", "empty", "back and forth", "across 180", "beyond the pole", "not a number",
        "negative", "no number", "too far", "wait", "negative wait",
    ],
)  # fmt: skip
def test_bad_areas_are_refused(arguments: tuple[object, ...], says: str) -> None:
    with pytest.raises(MessageError, match=says):
        warning_area_coordinates(*arguments)  # type: ignore[arg-type]


GOOD = warning_area_coordinates([SQUARE], [AreaCircle(5.0, 50.0, 1e3)], 30)


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"", "1 to 1024 octets"),
        (bytes(1025), "1 to 1024 octets"),
        (b"\x20", "10 bits are needed"),
        (GOOD[:-1], "octet 27: a length of 10 octets, and 9 are left"),
        (bytes([0x40, 2 << 2]), "type 4"),
        (bytes([0x10, 1 << 2]), "a length of 1 octets"),
        (bytes([0x10, 2 << 2]), "8 bits are needed"),
        (bytes([0x20, 2 << 2]), "0 vertices"),
        (bytes([0x30, 4 << 2, 0, 0]), "22 bits are needed"),
    ],
    ids=[
        "nothing", "too long", "half a header", "cut", "type", "too short", "no wait", "no vertex",
        "half a circle",
    ],
)  # fmt: skip
def test_broken_octets_are_refused_with_their_place(octets: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        decode_warning_area_coordinates(octets)


@given(st.binary(min_size=1, max_size=80))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        decode_warning_area_coordinates(octets)
    except DecodeError:
        return


def test_who_is_inside() -> None:
    area = decode_warning_area_coordinates(GOOD)
    assert inside(area, 20.5, 10.5)
    assert not inside(area, 21.5, 10.5)
    assert inside(area, 5.01, 50.0)
    assert not inside(area, 5.02, 50.0)
