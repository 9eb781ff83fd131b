"""Device programmes and cell broadcast where technologies and networks differ: whom a phone helps, and what it costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from ew4all.plan_measures import choose_measures

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.measure_results import MeasurePlan, PlannedMeasure

PHONE, CAPABLE, NETWORK, UPTAKE, PRICE = 0.95, 0.97, 0.99, 0.7, 40.0
NEW, OLD, NONE = 10_000.0, 20_000.0, 10_000.0


def grid(path: Path, first: int, last: int) -> str:
    values = np.zeros((20, 20), np.float32)
    values[:, first:last] = 1.0
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=4326,
        transform=Affine(0.01, 0.0, 28.0, 0.0, -0.01, -29.0), nodata=-1.0,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return str(path)


def zone(name: str, west: float, east: float) -> dict[str, Any]:
    ring = [[west, -29.2], [east, -29.2], [east, -29.0], [west, -29.0], [west, -29.2]]
    return {
        "type": "Feature",
        "properties": {"id": name, "name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def country(tmp_path: Path) -> dict[str, Any]:
    """100 people a cell: a quarter on 4G, half on 2G alone, a quarter without a signal; a zone each."""
    zones = [zone("new", 28.0, 28.05), zone("old", 28.05, 28.15), zone("none", 28.15, 28.2)]
    (tmp_path / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": zones}))  # fmt: skip
    people = np.full((20, 20), 100.0, np.float32)
    path = tmp_path / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=4326,
        transform=Affine(0.01, 0.0, 28.0, 0.0, -0.01, -29.0),
    ) as file:  # fmt: skip
        file.write(people, 1)
    return {
        "population": str(path), "zones": str(tmp_path / "zones.geojson"), "zone_id": "id", "zone_name": "name",
        "population_unit": "count", "kinds": ("device_programme",), "budget": 1e9,
        "coverage": {"4g": grid(tmp_path / "4g.tif", 0, 5), "2g": grid(tmp_path / "2g.tif", 0, 15)},
    }  # fmt: skip


def rows(plan: MeasurePlan) -> dict[str, PlannedMeasure]:
    every = (*plan.chosen, *plan.others, *plan.unpriced)
    return {row.measure.id.removeprefix("device_programme-"): row for row in every}


def test_a_phone_costs_what_a_phone_costs_whatever_phones_there_are(country: dict[str, Any]) -> None:  # fmt: skip
    """Half of the phones on 2G show no warning: so many are to be replaced, and so many are paid for."""
    found = rows(choose_measures(**country, assume={"device_capable_2g": 0.5}))
    without = {"new": NEW * (1.0 - PHONE * CAPABLE), "old": OLD * (1.0 - PHONE * 0.5)}
    for name, people in without.items():
        assert found[name].measure.cost == pytest.approx(PRICE * UPTAKE * people)
        assert found[name].alone == pytest.approx(NETWORK * UPTAKE * people, rel=1e-6)
    # Where there is no signal the phones cost money, and reach nobody.
    assert found["none"].measure.cost == pytest.approx(PRICE * UPTAKE * NONE * (1.0 - PHONE * CAPABLE))  # fmt: skip
    assert found["none"].alone == 0.0


def test_a_phone_helps_nobody_whose_network_is_silent(country: dict[str, Any]) -> None:
    found = rows(choose_measures(**country, assume={"network_broadcasts_2g": 0.0}))
    assert found["old"].alone == 0.0
    assert found["new"].alone == pytest.approx(NETWORK * UPTAKE * NEW * (1.0 - PHONE * CAPABLE), rel=1e-6)  # fmt: skip


@pytest.mark.parametrize("channels", [{}, {"sms": None}])
def test_a_phone_gives_nobody_a_signal_of_their_network(country: dict[str, Any], tmp_path: Path, channels: dict[str, Any]) -> None:  # fmt: skip
    """Beta alone covers the zone `old`: the programme reaches its 40 % of the people there, not the customers of Alpha too."""
    both = {"4g:Alpha": grid(tmp_path / "a.tif", 0, 5), "4g:Beta": grid(tmp_path / "b.tif", 0, 15)}
    given = {**country, "coverage": both, "channels": channels}
    shared = rows(choose_measures(**given, operator_share={"Alpha": 0.6, "Beta": 0.4}))
    plain = rows(choose_measures(**given))
    assert shared["old"].alone == pytest.approx(0.4 * plain["old"].alone, rel=1e-6)
    assert shared["new"].alone == pytest.approx(plain["new"].alone, rel=1e-6)
    assert shared["old"].measure.cost == pytest.approx(plain["old"].measure.cost)


def test_cell_broadcast_is_introduced_in_all_technologies(country: dict[str, Any]) -> None:
    given = {**country, "kinds": ("cell_broadcast",)}
    each = PHONE * CAPABLE * NETWORK
    silent = choose_measures(**given, assume={"network_broadcasts": 0.0})
    assert silent.reached == pytest.approx(each * (NEW + OLD), rel=1e-6)
    # Said once more of one technology it is no less.
    twice = choose_measures(**given, assume={"network_broadcasts": 0.0, "network_broadcasts_2g": 0.0})  # fmt: skip
    assert twice.reached == pytest.approx(silent.reached)
    # One technology alone is silent: its people are reached.
    old = choose_measures(**given, assume={"network_broadcasts_2g": 0.0})
    assert old.reached == pytest.approx(each * OLD, rel=1e-6)
    # They do broadcast: there is nothing to introduce.
    assert not choose_measures(**given).chosen


def test_phones_help_once_cell_broadcast_is_there(country: dict[str, Any]) -> None:
    """Without it a phone reaches nobody; beside it as many as if it had always been there."""
    there = choose_measures(**country)
    given = {**country, "kinds": ("cell_broadcast", "device_programme")}
    both = choose_measures(**given, assume={"network_broadcasts": 0.0})
    assert {row.measure.kind for row in both.chosen} == {"cell_broadcast", "device_programme"}
    assert both.reached == pytest.approx(PHONE * CAPABLE * NETWORK * (NEW + OLD) + there.reached, rel=1e-6)  # fmt: skip
    assert both.unreached - both.reached == pytest.approx(there.unreached - there.reached)


def test_a_new_site_of_a_silent_technology_reaches_nobody(country: dict[str, Any], tmp_path: Path) -> None:  # fmt: skip
    table = tmp_path / "measures.csv"
    table.write_text("id,kind,lon,lat,cost,technology\na,new_site,28.18,-29.1,1,2g\nb,new_site,28.18,-29.1,1,4g\n")  # fmt: skip
    given = {**country, "kinds": (), "candidates": str(table)}
    plain = rows(choose_measures(**given))
    silent = rows(choose_measures(**given, assume={"network_broadcasts_2g": 0.0}))
    assert silent["a"].alone == 0.0 < plain["a"].alone
    assert silent["b"].alone == pytest.approx(plain["b"].alone, rel=1e-6)
