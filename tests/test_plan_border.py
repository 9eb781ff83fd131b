"""Who is served from across a border: a made border whose strip is counted by hand, and a naive twin of any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from ew4all.cells import Cells
from ew4all.errors import OptionError
from ew4all.plan_border import are_home, joined
from ew4all.plan_feasibility import feasibility

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.feasibility_results import Border

CELL = 0.002
"""Width of a cell of people, degrees."""

WEST, BORDER, EAST = 28.0, 28.1, 28.2
NORTH, SOUTH = -29.0, -29.04
ROWS, COLUMNS = 20, 100
STRIP = 15
MIDDLE = 0.5 * (NORTH + SOUTH)
COUNTRY = shapely.box(WEST, SOUTH, BORDER, NORTH)
SHARP = {"shadowing_sd_db": 0.1}
"""Hardly any shadowing: the nearer of two equal cells serves everybody."""


def people(each: float = 2.0) -> tuple[Any, Affine, str]:
    return (
        np.full((ROWS, COLUMNS), each),
        Affine(CELL, 0.0, WEST, 0.0, -CELL, NORTH),
        "EPSG:4326",
    )


def two_sites(home_lon: float, abroad_lon: float) -> Cells:
    return Cells.of(
        [home_lon, abroad_lon], [MIDDLE, MIDDLE], ["4g", "4g"], operator=["651-1", "655-1"]
    )


def border_case(cells: Cells, **more: Any) -> Border:
    found = feasibility(
        people(),
        population_unit="count",
        country=[COUNTRY],
        sites=cells,
        **{"assume": SHARP, **more},
    ).border
    assert found is not None
    return found


def test_the_strip_whose_best_server_lies_abroad_is_counted() -> None:
    # Sites 45 cells and 15 cells from the border: the bisector lies 15 cells inside the country.
    border = border_case(two_sites(BORDER - 45 * CELL, BORDER + 15 * CELL))
    strip = STRIP * ROWS * 2.0
    assert border.inside.people == pytest.approx(COLUMNS / 2 * ROWS * 2.0)
    assert border.inside.abroad == pytest.approx(strip)
    assert border.inside.home == pytest.approx(border.inside.people - strip)
    # The country's cell reaches them too: with its network alone nobody is lost.
    assert border.inside.only_abroad == pytest.approx(0.0, abs=1e-6)
    assert border.outside is not None
    assert border.outside.home == pytest.approx(0.0, abs=1e-6)
    assert (border.cells_home, border.cells_abroad) == (1, 1)


def test_the_other_way_round_people_abroad_are_warned_too() -> None:
    border = border_case(two_sites(BORDER - 15 * CELL, BORDER + 45 * CELL))
    assert border.inside.abroad == pytest.approx(0.0, abs=1e-6)
    assert border.outside is not None
    assert border.outside.home == pytest.approx(STRIP * ROWS * 2.0)


def test_whom_no_cell_of_the_country_serves() -> None:
    # A cell at home that is far too weak for the border leaves the strip to the neighbour alone.
    cells = Cells.of(
        [WEST + 5 * CELL, BORDER + 3 * CELL],
        [MIDDLE, MIDDLE],
        ["4g", "4g"],
        power_dbm=[-30.0, 46.0],
    )
    border = border_case(cells)
    inside = border.inside
    assert inside.only_abroad > 0.4 * inside.people
    assert inside.only_abroad <= inside.abroad + 1e-9
    assert inside.home + inside.abroad + inside.unserved == pytest.approx(inside.people, abs=1e-6)


def test_zones_add_up_and_the_strip_is_in_the_zone_at_the_border() -> None:
    half = 0.5 * (WEST + BORDER)
    zones = [shapely.box(WEST, SOUTH, half, NORTH), shapely.box(half, SOUTH, BORDER, NORTH)]
    border = border_case(two_sites(BORDER - 45 * CELL, BORDER + 15 * CELL), zones=zones)
    for key in ("people", "home", "abroad", "only_abroad"):
        parts = sum(getattr(zone, key) for zone in border.zones)
        assert parts == pytest.approx(getattr(border.inside, key), abs=1e-6)
    assert [round(zone.abroad) for zone in border.zones] == [0, 600]


def test_it_is_mapped(tmp_path: Path) -> None:
    feasibility(
        people(), population_unit="count", country=[COUNTRY], sites=two_sites(BORDER - 45 * CELL, BORDER + 15 * CELL),
        assume=SHARP, out=tmp_path, formats="html",
    )  # fmt: skip
    with rasterio.open(tmp_path / "border_abroad.tif") as raster:
        abroad, transform = raster.read(1), raster.transform
    inside = abroad[:, transform.c + (np.arange(abroad.shape[1]) + 0.5) * transform.a < BORDER]
    # Only the columns of the strip at the border, over the whole height.
    assert (inside[:, -STRIP:] > 0.99).all()
    assert (inside[:, :-STRIP] < 0.01).all()
    assert (tmp_path / "border.png").stat().st_size > 10_000
    assert "served best from abroad" in (tmp_path / "feasibility.html").read_text("utf-8")


@pytest.mark.parametrize("seed", range(4))
def test_any_border_is_that_of_a_naive_twin(seed: int, tmp_path: Path) -> None:
    draw = np.random.default_rng(seed)
    count = 9
    cells = Cells.of(
        draw.uniform(WEST, EAST, count), draw.uniform(SOUTH, NORTH, count), draw.choice(["2g", "4g"], count),
        power_dbm=draw.uniform(10.0, 40.0, count),
    )  # fmt: skip
    weights = draw.exponential(3.0, (ROWS, COLUMNS))
    raster = (weights, people()[1], "EPSG:4326")
    found = feasibility(
        raster,
        population_unit="count",
        country=[COUNTRY],
        sites=cells,
        out=tmp_path,
        formats="html",
    )
    border = found.border
    assert border is not None
    home = cells.lon_deg <= BORDER
    shares = {}
    for kind in ("home", "abroad", "only_abroad"):
        with rasterio.open(tmp_path / f"border_{kind}.tif") as raster_file:
            shares[kind] = np.maximum(raster_file.read(1), 0.0)
    network = _network(cells, raster)
    camping = network.camping(network.grid.whole, indoor_share=0.0)
    alone = network.camping(network.grid.whole, indoor_share=0.0, alive=home).probability.sum(
        axis=0
    )
    twin = np.zeros((2, *weights.shape))
    for k in range(camping.cell.shape[0]):
        for row, column in np.ndindex(weights.shape):
            cell = camping.cell[k, row, column]
            if cell >= 0:
                twin[0 if home[cell] else 1, row, column] += camping.probability[k, row, column]
    only = np.minimum(np.maximum(twin.sum(axis=0) - alone, 0.0), twin[1])
    west = slice(0, COLUMNS // 2)
    for kind, part in zip(shares, (twin[0], twin[1], only), strict=True):
        np.testing.assert_allclose(shares[kind], part, atol=2e-6)
        expected = float((part * weights)[:, west].sum())
        assert getattr(border.inside, kind) == pytest.approx(expected, rel=1e-5, abs=1e-3)
    # Served by the country alone, or from abroad only: together all who are served.
    served = border.inside.home + border.inside.abroad
    covered = found.reach.people.covered["any"]
    assert served - border.inside.only_abroad == pytest.approx(covered, rel=1e-5)


def _network(cells: Cells, raster: Any) -> Any:
    from ew4all.reach_network import open_network_coverage
    from ew4all.readers.people import open_people

    return open_network_coverage(cells, open_people(raster, unit="count")).layers[0].network


def test_networks_by_name_or_country_code_wherever_they_stand() -> None:
    cells = two_sites(BORDER - 45 * CELL, BORDER + 15 * CELL)
    everywhere = border_case(cells, home=["651", "655-1"])
    assert everywhere.inside.abroad == 0.0
    assert everywhere.outside is not None
    assert everywhere.outside.home > 0.9 * everywhere.outside.people
    assert everywhere.decided_by == "its network (651, 655-1)"


def test_a_network_that_is_not_there_is_told() -> None:
    with pytest.raises(
        OptionError, match=r"no cell belongs to the home network '652'.*651-1, 655-1"
    ):
        border_case(two_sites(28.05, 28.15), home=["652"])


def test_a_list_without_a_cell_of_the_country_is_refused() -> None:
    with pytest.raises(OptionError, match="all stand abroad"):
        border_case(two_sites(28.15, 28.16))


def test_sites_abroad_from_a_list_of_their_own() -> None:
    cells = two_sites(BORDER - 45 * CELL, BORDER + 15 * CELL)
    apart = border_case(cells.take([0]), foreign_sites=cells.take([1]))
    together = border_case(cells)
    assert apart.inside == together.inside
    assert (apart.sites_home, apart.sites_abroad) == (1, 1)


def test_lists_are_joined_with_sites_of_their_own() -> None:
    cells = two_sites(28.0, 28.1)
    both = joined(cells, cells)
    assert both.site.tolist() == [0, 1, 2, 3]
    assert len(both) == 4


def test_a_site_on_the_border_is_the_countrys() -> None:
    from ew4all.readers.people import open_people

    grid = open_people(people(), unit="count").grid
    found, words = are_home(two_sites(BORDER, BORDER + 1e-6), COUNTRY, grid)
    assert found.tolist() == [True, False]
    assert words == "where its site stands"


def test_without_a_neighbour_the_reason_is_told() -> None:
    # The population ends at the border, and no cell abroad is known.
    values, transform, crs = people()
    inside = (values[:, : COLUMNS // 2], transform, crs)
    found = feasibility(
        inside, population_unit="count", country=[COUNTRY], sites=two_sites(28.02, 28.05)
    )
    assert found.border is None
    assert "--foreign-sites" in found.border_note
