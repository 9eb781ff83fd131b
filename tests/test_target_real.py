"""Lesotho as OpenCelliD has it: a district is warned, operator by operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely

import ew4all
from ew4all.errors import EmptySelectionError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def inputs(shared_data: Path) -> dict[str, Any]:
    data = shared_data / "data"
    districts = json.loads((data / "admin/lso_adm2_cod.json").read_text("utf-8"))["features"]
    shape = next(f["geometry"] for f in districts if f["properties"]["ADM2_EN"] == "Qiloane")
    return {
        "sites": data / "towers/lso_opencellid.csv",
        "population": data / "population/africa_worldpop_2020_density_20km.tif",
        "population_unit": "per_km2",
        "area": shapely.geometry.shape(shape),
        "country": data / "admin/lso_adm1_cod.json",
        "max_age_years": 100.0,
        "resolution_m": 1000.0,
    }


def test_a_district_of_lesotho(inputs: dict[str, Any]) -> None:
    result = ew4all.target(**inputs)
    assert {o.name for o in result.operators} == {"651-1", "651-2"}
    # 98.6 km2 of district, of which each operator reaches some.
    assert result.in_area_km2 == pytest.approx(98.6, rel=0.01)
    assert all(o.outcome.reached > 0.0 for o in result.operators)
    rules = {r.rule: r.outcome for r in result.rules}
    served = result.outcome.reached + result.outcome.missed
    # What the planning note found on paper: sites in the area miss many, touching disturbs far more.
    assert rules["site_inside"].missed > 0.25 * served
    assert result.outcome.missed < 0.1 * served
    assert rules["coverage_touches"].over_reach > 1.5 * result.outcome.over_reach
    assert rules["coverage_touches"].missed == pytest.approx(0.0, abs=1e-6 * served)
    assert any("rows are used" in n for n in result.notes)


def test_tracking_areas_of_lesotho_are_coarse(inputs: dict[str, Any]) -> None:
    cells = ew4all.target(**inputs, urgency="imminent")
    codes = ew4all.target(**inputs, urgency="imminent", groups="tai")
    assert cells.outcome.missed == codes.outcome.missed == 0.0
    assert codes.outcome.over_reach > 2.0 * cells.outcome.over_reach
    assert len(codes.groups) < len(cells.cells)


def test_a_place_without_a_cell(inputs: dict[str, Any]) -> None:
    kalahari = shapely.box(22.0, -24.5, 22.1, -24.4)
    with pytest.raises(
        EmptySelectionError, match=r"no cell serves this area: the nearest site, .* km south-east"
    ):
        ew4all.target(**{**inputs, "area": kalahari})
