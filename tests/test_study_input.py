"""Inputs of a study that do not fit, each refused with its role, its extent or the option to change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from made_country import (
    AREA,
    BOX,
    SHAPE,
    SITES_A,
    TRANSFORM,
    count,
    people_in,
    raster,
    study,
)  # fmt: skip

from ew4all.errors import (
    EmptyLayerError,
    GeometryError,
    NoIntersectionError,
    OptionError,
    SwappedAxesError,
)


def test_options_that_do_not_fit_are_refused() -> None:
    intensity = raster(np.ones(SHAPE))
    with pytest.raises(OptionError, match="hazard is a raster; say from which value"):
        study(hazard=intensity)
    with pytest.raises(OptionError, match="the hazard is no raster"):
        study(hazard=[AREA], hazard_min=3.0)
    with pytest.raises(OptionError, match="the hazard is no raster"):
        study([AREA], hazard_min=3.0)
    with pytest.raises(OptionError, match="both a warning area and a CAP alert"):
        study([AREA], cap="alert.xml")
    with pytest.raises(OptionError, match="no zones were given"):
        study([AREA], zone_id="id")


@pytest.mark.parametrize("role", ["area", "hazard", "zones", "coverage"])
def test_layers_that_lie_elsewhere_are_refused_by_name(role: str) -> None:
    def given(shape: Any) -> dict[str, Any]:
        return {role: {"4g": [shape]} if role == "coverage" else [shape]}

    with pytest.raises(
        NoIntersectionError, match=f"{role}.*x 20.*the population raster spans x 10"
    ):
        study(**given(BOX(20, 4, 21, 5)))
    with pytest.raises(SwappedAxesError, match=f"{role}.*latitude and longitude exchanged"):
        study(**given(BOX(4.7, 10.1, 4.9, 10.3)))
    with pytest.raises(EmptyLayerError, match=role):
        study(**given(shapely.Polygon()))


def test_a_ring_that_crosses_itself_is_mended_and_noted() -> None:
    bow_tie = shapely.Polygon([(10.1, 4.7), (10.3, 4.9), (10.3, 4.7), (10.1, 4.9)])
    found = count([bow_tie])
    expected = people_in(
        shapely.MultiPolygon(
            [
                shapely.Polygon([(10.1, 4.7), (10.2, 4.8), (10.1, 4.9)]),
                shapely.Polygon([(10.3, 4.7), (10.3, 4.9), (10.2, 4.8)]),
            ]
        )
    )
    assert found.people.in_area == pytest.approx(expected, rel=1e-9)
    assert any("area" in note and "mended" in note for note in found.notes)


def test_zones_over_each_other_are_refused() -> None:
    zones = [BOX(10.0, 4.6, 10.4, 5.0), BOX(10.3, 4.6, 10.6, 5.0)]
    with pytest.raises(GeometryError, match="zones '1' and '2' overlap by 33%"):
        study([AREA], zones=zones)


def test_a_share_of_an_operator_without_a_layer_is_refused() -> None:
    with pytest.raises(OptionError, match=r"'Digicell', which has no coverage layer.*: Digicel"):
        count([AREA], coverage={"4g:Digicel": [SITES_A]}, operator_share={"Digicell": 0.5})


def test_arguments_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(OptionError, match="coverage is a mapping"):
        study([AREA], coverage=raster(np.ones(SHAPE)))
    with pytest.raises(OptionError, match="market share of A is a number"):
        study([AREA], operator_share={"A": "0.5"})
    with pytest.raises(OptionError, match="workers is 1 or more"):
        study([AREA], workers=0)
    with pytest.raises(OptionError, match=r"ends in \.xml or \.cap"):
        study(cap="area.geojson")


def test_what_stands_in_for_a_missing_input_is_noted() -> None:
    assert any("no hazard was given" in note for note in count([AREA]).notes)
    assert any("no warning area was given" in note for note in count(hazard=[AREA]).notes)
    assert not any("was given" in note for note in count([AREA], hazard=[AREA]).notes)


def test_shapes_taken_together_and_outside_the_people_are_noted() -> None:
    west, south, _, north = AREA.bounds
    notes = count([AREA, BOX(west - 20, south, west - 10, north)]).notes
    assert any("2 shapes are taken together as one area" in note for note in notes)
    assert any("% of its extent lies outside the population raster" in note for note in notes)
    assert not any("outside the population" in note for note in count([AREA]).notes)


HALF = np.ones((40, 30), np.uint8)
"""As coverage, west of 10.3 E."""


@pytest.mark.parametrize(
    ("transform", "crs", "beyond"),
    [
        (TRANSFORM, 4326, 0.5),
        (Affine(0.01, 0.0, 370.0, 0.0, -0.01, 5.0), 4326, 0.5),
        (Affine(1113.1949, 0, 1113194.9, 0, -1120, 557305.3), 3857, 0.5),
        (Affine(0.01, 0.0, 10.05, 0.0, -0.02, 5.3), 4326, 0.25),
        (Affine(0.02, 0.0, 10.0, 0.0, -0.01, 5.0), 4326, None),
        (Affine(12.0, 0.0, -180.0, 0.0, -4.5, 90.0), 4326, None),
        (Affine(8.0, 0.0, -60.0, 0.0, -4.5, 90.0), 4326, None),
    ],
)
def test_a_coverage_raster_that_ends_inside_the_area_is_told(
    transform: Affine, crs: int, beyond: float | None
) -> None:
    area = BOX(10.2, 4.7, 10.4, 4.9)
    found = count([area], coverage={"4g": (HALF, transform, crs)})
    told = [note for note in found.notes if "of the warning area lies outside" in note]
    if beyond is None:
        assert found.people.covered["4g"] == pytest.approx(found.people.in_area)
        assert told == []
        return
    (note,) = told
    assert "outside coverage 4g (array), where nobody is counted as covered" in note
    assert float(note.partition("%")[0]) == pytest.approx(100.0 * beyond, abs=0.02)


def test_only_what_counts_people_can_lie_outside_a_coverage_raster() -> None:
    """Polygons have no extent in which they speak, and beyond the population raster nobody is counted."""
    beyond = BOX(10.2, 4.7, 11.4, 4.9)
    for coverage in (raster(np.ones(SHAPE, np.uint8)), [BOX(10.2, 4.7, 10.3, 4.9)]):
        notes = count([beyond], coverage={"4g": coverage}).notes
        assert not any("of the warning area lies outside" in note for note in notes)


def test_market_shares_are_told_beside_the_waterfall() -> None:
    found = count([AREA], coverage={"4g:A": [SITES_A]}, operator_share={"A": 0.6})
    assert any("have a signal of their own operator" in note for note in found.notes)
