"""What a scenario opens: people by day and night, a network with an outage, an area drawn in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from made_scenarios import SMALL

from ew4all.errors import GridMismatchError, InputError, OptionError
from ew4all.scenario import day_night as day_night_
from ew4all.scenario import load_scenario, scenario_from
from ew4all.scenario.day_night import day_weight, people_between
from ew4all.sim.audience import Audience
from ew4all.sim.folding import fold

if TYPE_CHECKING:
    from pathlib import Path


def raster(path: Path, people: Any, west: float = 30.0) -> str:
    options: dict[str, Any] = {
        "driver": "GTiff", "height": people.shape[0], "width": people.shape[1], "count": 1, "dtype": "float32",
        "crs": "EPSG:4326", "transform": Affine(0.01, 0, west, 0, -0.01, -10), "nodata": -1.0,
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as file:
        file.write(people.astype(np.float32), 1)
    return str(path)


@pytest.fixture
def two(tmp_path: Path) -> dict[str, str]:
    day, night = np.zeros((20, 20)), np.full((20, 20), 10.0)
    day[8:12, 8:12] = 250.0
    night[0, 0] = -1.0  # no data there by night
    return {"day": raster(tmp_path / "day.tif", day), "night": raster(tmp_path / "night.tif", night)}  # fmt: skip


def test_people_are_between_their_day_and_their_night(two: dict[str, str]) -> None:
    (people, _, _), notes = people_between(two["day"], two["night"], 0.25, "count")
    assert people.sum() == pytest.approx(0.25 * 4000 + 0.75 * 3990)
    assert people[9, 9] == pytest.approx(0.25 * 250 + 0.75 * 10)
    assert people[0, 0] == 0.0
    assert any("4,000 people by day, 3,990 by night" in note for note in notes)


def test_the_hour_of_the_issue_decides_where_people_are(two: dict[str, str]) -> None:
    given = {"schema": "ew4all/scenario/1", "population": {**two, "unit": "count"}, "channels": ["radio"]}  # fmt: skip
    at = {}
    for zero in ("03:00", "11:00"):
        inputs = scenario_from({**given, "zero": zero}).inputs()
        at[zero] = fold(inputs.ground, block=inputs.block).people
        assert {source.role for source in inputs.sources} >= {"population by day", "population by night"}  # fmt: skip
    assert at == pytest.approx({"03:00": 3990.0, "11:00": 4000.0})
    half = {**given, "population": {**two, "unit": "count", "day_weight": 0.5}}
    inputs = scenario_from(half).inputs()
    assert fold(inputs.ground, block=inputs.block).people == pytest.approx(3995.0)


def test_weight_of_the_day_runs_from_0_to_1() -> None:
    weights = [day_weight(Audience.usual(), hour) for hour in np.arange(0, 24, 0.5)]
    assert min(weights) == 0.0
    assert max(weights) == 1.0
    assert weights[6] < 0.1
    assert weights[22] > 0.9
    flat = Audience.usual(hourly={"at_work": [0.02] * 24})
    assert day_weight(flat, 12.0) == 0.0


def test_rasters_that_cannot_be_put_together(
    two: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = raster(tmp_path / "elsewhere.tif", np.full((20, 20), 10.0), west=31.0)
    with pytest.raises(GridMismatchError):
        people_between(two["day"], elsewhere, 0.5, "count")
    monkeypatch.setattr(day_night_, "MOST_CELLS", 100)
    with pytest.raises(InputError, match="cut both"):
        people_between(two["day"], two["night"], 0.5, "count")


def test_an_outage_is_of_the_sites_of_the_run_and_members_differ() -> None:
    scenario = load_scenario("grenada-beryl")
    outages = scenario.outages()
    assert outages is not None
    assert len(outages) == 20
    inputs = [scenario.inputs(member=k, outages=outages) for k in (0, 1)]
    epochs = [one.ground.service.epochs for one in inputs]  # type: ignore[attr-defined]
    assert len(epochs[0]) > 2
    assert not np.array_equal(epochs[0].start_s, epochs[1].start_s)
    sites = [source for source in inputs[0].sources if source.role == "sites"]
    assert [source.path for source in sites] == [scenario.network.sites]
    with pytest.raises(OptionError, match="no member 20"):
        scenario.inputs(member=20, outages=outages)
    assert scenario.outages(3) is not None
    assert load_scenario("national-test").outages() is None


def test_an_area_may_be_drawn_in_the_file() -> None:
    corners = [[-61.80, 12.0], [-61.55, 12.0], [-61.55, 12.25], [-61.80, 12.25]]
    scenario = scenario_from({**SMALL, "alert": {"polygon": corners}})
    study = scenario.inputs().study
    assert study.area is not None
    assert study.area.bounds == pytest.approx((-61.80, 12.0, -61.55, 12.25))
    assert scenario.alert.cap is None
