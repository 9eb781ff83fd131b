"""How a target run ends: nobody and everybody are told, and the folder holds what was counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import oracles
import pytest
import rasterio
import shapely
from made_sites import AREA, PEOPLE, POPULATION, SHAPE, chosen, found, made_cells, opened
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.coverage.target_choice import Demand
from ew4all.errors import EmptySelectionError, OptionError
from ew4all.target_intake import open_target
from ew4all.target_library import target
from ew4all.target_rows import target_of

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.target_results import Target
    from ew4all.targets import TargetStudy


@pytest.fixture(scope="module")
def plain() -> TargetStudy:
    return opened()


@pytest.fixture(scope="module")
def result(plain: TargetStudy) -> Target:
    return target_of(plain)


def _people(study: TargetStudy) -> Any:
    return np.asarray(study.places.people(study.grid.whole), np.float64)


# Nobody and everybody, never in silence


def test_no_cell_serves_the_area() -> None:
    far = shapely.box(10.001, 4.765, 10.011, 4.775)
    cells = made_cells()
    cells = cells.take(cells.lon_deg > 10.2)
    with pytest.raises(
        EmptySelectionError, match=r"no cell serves this area: the nearest site, site \d+ .* km"
    ) as told:
        found(far, cells=cells, assume={"reach_km": 3.0})
    assert "north" in str(told.value) or "east" in str(told.value)


def test_no_cell_is_worth_it() -> None:
    with pytest.raises(
        EmptySelectionError, match=r"the highest share is 0\.\d+ \(cell \d+\); lower"
    ):
        found(shapely.Point(10.16, 4.88).buffer(0.004), demand=Demand(tau=0.99))
    with pytest.raises(EmptySelectionError, match="budget"):
        found(shapely.Point(10.16, 4.88).buffer(0.004), demand=Demand(budget=0.0))


def test_nobody_lives_there() -> None:
    empty = np.zeros(SHAPE, np.float32)
    empty[:10] = 5.0
    population = (empty, POPULATION[1], POPULATION[2])
    options: dict[str, Any] = {"population_unit": "count", "workers": 1}
    with pytest.raises(EmptySelectionError, match="nobody lives in the warning area"):
        target_of(open_target(made_cells(), population, AREA, **options))
    got = target_of(
        open_target(made_cells(), population, AREA, demand=Demand(measure="area"), **options)
    )
    assert got.cells
    assert got.in_area_people == 0.0
    assert got.outcome.reached_km2 > 0.85 * got.in_area_km2


def test_signal_only_where_nobody_lives() -> None:
    cells = made_cells()
    west = cells.take(cells.lon_deg < 10.05)
    people = np.zeros(SHAPE, np.float32)
    people[:, 150:] = 9.0
    area = shapely.box(10.0, 4.77, 10.319, 4.99)
    population = (people, POPULATION[1], POPULATION[2])
    with pytest.raises(EmptySelectionError, match="only parts of it where nobody lives"):
        target_of(
            open_target(
                west, population, area, population_unit="count", assume={"reach_km": 8.0}, workers=1
            )
        )


def test_every_cell_is_told() -> None:
    everywhere = shapely.box(10.0, 4.76, 10.32, 5.0)
    got = found(everywhere, demand=Demand(tau=0.0))
    if len(got.cells) == got.network_cells:
        assert any("every one of the" in n for n in got.notes)


def test_part_of_the_area_beyond_every_cell_is_unserved() -> None:
    cells = made_cells()
    cells = cells.take(cells.lon_deg < 10.08)
    west = shapely.box(10.0, 4.78, 10.32, 4.98)
    got = found(west, cells=cells, assume={"reach_km": 4.0})
    grid = opened(west).grid
    want = float((oracles.fractions(west, grid) * _people(opened(west))).sum())
    assert_allclose(got.in_area_people, want, rtol=1e-6)
    assert got.outcome.unserved > 0.4 * want


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"threshold": 0.1, "weight": 0.2}, "threshold and weight each say how far to go"),
        ({"urgency": "soon"}, "evacuation or imminent"),
        ({"threshold": 1.5}, "0 to 1"),
        ({"geofence": {"colour": 1.0}}, "geo-fencing has no 'colour'"),
        ({"area": None}, "one warning area is needed"),
        ({"cap": "alert.xml"}, "not both"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], match: str) -> None:
    given = {"area": AREA, "population_unit": "count", **options}
    with pytest.raises(OptionError, match=match):
        target(made_cells(), POPULATION, **given)


def test_cells_near_the_edge_of_the_population_are_told(result: Target) -> None:
    got = found(shapely.Point(10.03, 4.97).buffer(0.02))
    assert any("stand within 5 km of the edge of the population" in n for n in got.notes)
    assert not any("of the edge of the population" in n for n in result.notes)


# The folder


def test_the_folder_holds_what_was_counted(tmp_path: Path) -> None:
    options: dict[str, Any] = {"population_unit": "count", "groups": "tai", "geofence_share": 0.5}
    result = target(made_cells(), POPULATION, AREA, out=tmp_path / "one", workers=1, **options)
    folder = tmp_path / "one"
    names = {p.name for p in folder.iterdir()}
    assert names == {
        "cells.csv", "cells.geojson", "curve.csv", "groups.csv", "map.png", "missed.tif", "operators.csv",
        "over_reach.geojson", "over_reach.tif", "rules.csv", "run.json", "target.json", "tradeoff.png", "unserved.tif",
    }  # fmt: skip
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["command"] == "target"
    assert record["settings"]["groups"] == "tai"
    assert set(record["outputs"]) == names
    for name, people in (
        ("missed", result.outcome.missed),
        ("unserved", result.outcome.unserved),
        ("over_reach", result.outcome.shown_over_reach),
    ):
        with rasterio.open(folder / f"{name}.tif") as raster:
            values = raster.read(1, masked=True)
            assert raster.units == ("people",)
        assert_allclose(values.sum(dtype=np.float64), people, rtol=1e-4, atol=0.05)
    document = json.loads((folder / "target.json").read_text("utf-8"))
    assert document["schema"] == "ew4all/target/1"
    assert document["people"]["reached"] == result.outcome.reached
    points = json.loads((folder / "cells.geojson").read_text("utf-8"))["features"]
    assert {p["id"] for p in points} == chosen(result)
    shape = json.loads((folder / "over_reach.geojson").read_text("utf-8"))["features"][0]
    disturbed = shapely.geometry.shape(shape["geometry"])
    assert disturbed.is_valid
    assert not disturbed.is_empty
    rows = (folder / "curve.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + len(result.choice.curve)
    # The same bytes for any number of workers, pictures apart.
    target(made_cells(), POPULATION, AREA, out=tmp_path / "two", workers=3, **options)
    for name in sorted(names):
        if not name.endswith(".png"):
            assert (folder / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_nothing_is_written_where_nothing_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(EmptySelectionError):
        target(
            made_cells(),
            POPULATION,
            AREA,
            threshold=1.0,
            population_unit="count",
            out=tmp_path / "x",
        )
    assert not (tmp_path / "x").exists()


def test_people_of_the_made_country_are_whole(plain: TargetStudy) -> None:
    # The grid of the network shows as much as cells reach: here everything.
    assert_array_equal(plain.grid.shape, SHAPE)
    assert_allclose(_people(plain).sum(), PEOPLE.sum(dtype=np.float64), rtol=1e-6)
