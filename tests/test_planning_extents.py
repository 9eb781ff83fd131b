"""Boxes and places of results: what lies apart, by hand."""

from __future__ import annotations

import pytest

from ew4all.planning.extents import Extent, are_apart, extent_of, extent_words, share_inside

LESOTHO: Extent = (27.0, -30.7, 29.5, -28.6)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (LESOTHO, (-61.8, 11.9, -61.4, 12.5), True),
        (LESOTHO, (16.0, -35.0, 33.0, -22.0), False),
        (LESOTHO, (27.0, -28.0, 29.5, -27.0), True),
        (LESOTHO, (30.0, -30.7, 31.0, -28.6), True),
        ((177.0, -19.0, 182.0, -16.0), (-179.5, -18.0, -178.2, -17.0), False),
        ((177.0, -19.0, 182.0, -16.0), (-177.0, -18.0, -176.0, -17.0), True),
        ((298.2, 11.9, 298.6, 12.5), (-61.8, 11.9, -61.4, 12.5), False),
    ],
)
def test_boxes_apart(one: Extent, other: Extent, *, apart: bool) -> None:
    assert are_apart(one, other) is apart
    assert are_apart(other, one) is apart


def test_places_in_a_box() -> None:
    places = [(28.0, -29.5), (29.58, -29.5), (29.7, -29.5), (28.0, 29.5)]
    assert share_inside(places, LESOTHO) == 0.5, "what is 0.08 degrees beside it counts"
    assert share_inside([(-178.5, -17.0)], (177.0, -19.0, 182.0, -16.0)) == 1.0


def test_a_box_is_read_or_not_there() -> None:
    assert extent_of({"extent_deg": [1, 2, 3, 4]}) == (1.0, 2.0, 3.0, 4.0)
    assert extent_of({"extent_deg": [1, 2]}) is None
    assert extent_of({}) is None
    assert extent_words(LESOTHO) == "longitude 27.00 to 29.50, latitude -30.70 to -28.60"
