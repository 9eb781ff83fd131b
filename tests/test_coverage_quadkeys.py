"""Quadkeys: known tiles, there and back, tiles beside each other without gap or overlap, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ew4all.coverage.quadkeys import FINEST, MOST_LAT_DEG, boxes, quadkeys_of, tiles_at, tiles_of
from ew4all.errors import TableValueError

digits = st.integers(1, FINEST).flatmap(
    lambda n: st.lists(st.text("0123", min_size=n, max_size=n), min_size=1, max_size=8)
)


def test_tiles_as_bing_maps_names_them() -> None:
    """Tile (3, 5) of level 3 is 213 in Microsoft's description of the scheme; the world has four quarters."""
    assert tiles_of(["213"]) == (3, 3, 5)
    assert quadkeys_of(3, np.array([3]), np.array([5])) == ["213"]
    level, x, y = tiles_of(["0", "1", "2", "3"])
    assert (level, x.tolist(), y.tolist()) == (1, [0, 1, 0, 1], [0, 0, 1, 1])
    north_west = boxes(1, x, y)[0]
    np.testing.assert_allclose(north_west.bounds, (-180.0, 0.0, 0.0, MOST_LAT_DEG), atol=1e-13)


@given(digits)
def test_there_and_back(keys: list[str]) -> None:
    level, x, y = tiles_of(keys)
    assert quadkeys_of(level, x, y) == keys
    inside = [box.centroid for box in boxes(level, x, y)]
    lon, lat = (np.array([getattr(p, c) for p in inside]) for c in "xy")
    there = tiles_at(level, lon, lat)
    np.testing.assert_array_equal(there, (x, y))


@given(st.integers(1, FINEST), st.floats(-180.0, 180.0), st.floats(-85.0, 85.0))
def test_a_place_lies_in_its_tile(level: int, lon: float, lat: float) -> None:
    (x,), (y,) = tiles_at(level, np.array([lon]), np.array([lat]))
    west, south, east, north = boxes(level, np.array([x]), np.array([y]))[0].bounds
    wrapped = -180.0 if lon == 180.0 else lon
    slack = 1e-9  # of the two formulas for latitude, and of what 180 swallows
    assert west - slack <= wrapped <= east + slack
    assert south - slack <= lat <= north + slack


def test_neighbours_share_their_edges_to_the_last_bit() -> None:
    """Four quarters are their parent: no gap, no overlap."""
    parent = "0320101023321012"
    children = [parent + c for c in "0123"]
    level, x, y = tiles_of(children)
    whole = boxes(level - 1, *tiles_of([parent])[1:])[0]
    quarters = boxes(level, x, y)
    assert shapely.union_all(quarters).bounds == whole.bounds
    for k in range(4):
        for j in range(k):
            assert shapely.intersection(quarters[k], quarters[j]).area == 0.0
    assert shapely.area(quarters).sum() == pytest.approx(whole.area, rel=1e-9)


def test_a_tile_of_level_16_is_611_m_wide_at_the_equator() -> None:
    box = boxes(16, np.array([32768]), np.array([32767]))[0]
    west, south, east, north = box.bounds
    assert (west, south) == (0.0, 0.0)
    assert (east - west) * 111_319.49 == pytest.approx(611.5, abs=0.1)
    assert north == pytest.approx(east, rel=1e-6)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["0123", "0142"], "row 2: '0142' is no quadkey"),
        (["0123", ""], "row 2: '' is no quadkey"),
        (["0" * 24], "row 1"),
        (["01 3"], "each 0, 1, 2 or 3"),
        (["0123", "123"], "row 2: the quadkey '123' has 3 digits and that of row 1 has 4"),
        (["٠١٢٣"], "no quadkey"),
    ],
)
def test_malformed(keys: list[str], words: str) -> None:
    with pytest.raises(TableValueError, match=words):
        tiles_of(keys, "tests.csv")


def test_rows_of_the_file_are_named() -> None:
    with pytest.raises(TableValueError, match="row 7"):
        tiles_of(["01", "0x"], "tests.csv", [3, 7])
