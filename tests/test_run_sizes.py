"""How many rows real and large inputs fold to: Lesotho by the radio model, and a made-up country of 5,000 sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from made_run import SOUTH, WEST, country_of, timeline_of

from ew4all.outage_study import study_outage
from ew4all.readers.rasters import open_raster
from ew4all.readers.sites import read_cells
from ew4all.run_hazard import Arrival
from ew4all.run_intake import open_run
from ew4all.run_network import OutageCourse
from ew4all.run_plan import RunPlan
from ew4all.run_study import prepare
from ew4all.sim.coarsening import MOST_ROWS
from ew4all.sim.decisions import Issue, Notice

if TYPE_CHECKING:
    from pathlib import Path

PLAN = RunPlan((), decisions=((0.0, Issue(Notice())),), zero_hour=14.0)


def lesotho_people(data: Path) -> Any:
    with open_raster(data / "population/africa_worldpop_2020_density_20km.tif", "people") as raster:
        block = raster.grid.block_of_bounds((26.9, -30.8, 29.6, -28.4))
        assert block is not None
        density, valid = raster.values(block)
        known = density >= 0 if valid is None else valid & (density >= 0)
        held = np.where(known, density, 0.0).astype(np.float64)
        return held, raster.grid.crop(block).transform, raster.grid.crs.to_string()


@pytest.mark.slow
def test_lesotho_with_three_causes_and_two_operators(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data"
    districts = str(data / "admin/lso_adm1_cod.json")
    cells = read_cells(
        data / "towers/lso_opencellid.csv", country=districts, max_age_years=None
    ).cells
    storm = gpd.GeoDataFrame(
        {"kt": [60.0, 85.0, 105.0]},
        geometry=[shapely.Point(28.0, -29.4).buffer(b) for b in (1.1, 0.6, 0.3)],
        crs=4326,
    )
    path = tmp_path / "storm.gpkg"
    storm.to_file(path)
    outage = study_outage(cells, hazard={"wind:kt": f"{path}#kt"}, members=3, days=2)
    assert np.all(
        outage.first_causes()[outage.typical] > 20
    )  # damage, power, transport, and never out
    inputs = open_run(
        lesotho_people(data),
        shapely.Point(28.0, -29.4).buffer(0.6),
        hazard=shapely.Point(28.1, -29.4).buffer(0.55),
        population_unit="per_km2",
        zones=districts,
        sites=outage.cells,
        outage=OutageCourse(outage.ensemble.timelines[outage.typical], zero_s=3600.0),
        arrival=Arrival(
            front=shapely.LineString([(27.2, -30.2), (27.2, -28.6)]), speed_m_s=8.0, bearing_deg=90.0, start_s=3600.0
        ),
        workers=2,
    )  # fmt: skip
    prepared = prepare(PLAN, inputs)
    sizes = prepared.sizes
    assert len(inputs.zones) == 11
    assert len(inputs.operators) == 2
    assert sizes.pixels > 900_000
    assert sizes.epochs == 12
    assert 1000 < sizes.cohorts < 8000
    assert 3000 < sizes.rows < 20_000 < MOST_ROWS
    assert prepared.steps == ()
    assert inputs.wrong_epochs < 0.01
    assert prepared.world.rows.people.sum() == pytest.approx(
        sum(inputs.study.people.everybody()), rel=1e-9
    )


def country(path: Path, sites: int, edge_km: float, groups: int, zones: int) -> Any:
    made = country_of(path / "cells.csv", sites, edge_km, groups=groups, zones=zones)
    frame = gpd.GeoDataFrame(
        {"id": [f"z{k}" for k in range(len(made.zones))]}, geometry=made.zones, crs=4326
    )
    front = shapely.LineString([(WEST, SOUTH), (WEST, SOUTH + edge_km / 111.0)])
    return open_run(
        made.population,
        made.area,
        hazard=made.hazard,
        population_unit="count",
        sites=made.cells,
        zones=frame,
        zone_id="id",
        sirens=made.sirens,
        outage=OutageCourse(made.timeline, zero_s=1800.0),
        arrival=Arrival(front=front, speed_m_s=edge_km / 21.6, bearing_deg=90.0),
        workers=2,
    )


def test_a_small_country_is_coarsened_to_what_is_asked(tmp_path: Path) -> None:
    inputs = country(tmp_path, 40, 30.0, groups=2, zones=2)
    whole = prepare(PLAN, inputs)
    few = prepare(
        RunPlan((), PLAN.decisions, zero_hour=14.0, most_rows=whole.sizes.rows // 3), inputs
    )
    assert whole.steps == ()
    assert few.sizes.rows <= whole.sizes.rows // 3
    assert few.steps
    assert sum(s.error for s in few.steps if "history" in s.what) <= 0.03
    for note in (step.note() for step in few.steps):
        assert note in few.notes
    assert few.bins.people.sum() == pytest.approx(whole.bins.people.sum(), rel=1e-9)


@pytest.mark.slow
def test_a_country_of_5000_sites_is_played_with_few_rows(tmp_path: Path) -> None:
    """Takes some minutes, nearly all of them in the radio model."""
    inputs = country(tmp_path, 5000, 500.0, groups=3, zones=4)
    prepared = prepare(PLAN, inputs)
    assert prepared.sizes.cohorts > 100_000
    assert prepared.sizes.rows <= MOST_ROWS
    assert sum(s.error for s in prepared.steps if "history" in s.what) <= 0.05
    for step in prepared.steps:
        assert step.note() in prepared.notes
    everybody = sum(inputs.study.people.everybody())
    assert prepared.world.rows.people.sum() == pytest.approx(everybody, rel=1e-9)


def test_timelines_have_three_causes() -> None:
    assert set(timeline_of(500).state.tolist()) == {0, 1, 2, 3}
