"""`reach` with cell sites in the place of coverage layers, before and after an outage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from typer.testing import CliRunner

import ew4all
from ew4all.cells import Cells
from ew4all.cli import app
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.surroundings import FinerPeople
from ew4all.errors import AssumptionError, EW4AllError, InputError, OptionError
from ew4all.grid import Block, Grid
from ew4all.network_intake import network_on
from ew4all.readers.modelled import layers_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ew4all.coverage.network import Network

ROWS, COLS, SIZE = 60, 80, 200.0
TRANSFORM = Affine(SIZE, 0.0, 500_000.0, 0.0, -SIZE, 9_000_000.0)
PEOPLE = np.random.default_rng(11).gamma(0.6, 20.0, (ROWS, COLS)).astype(np.float32)
POPULATION = (PEOPLE, TRANSFORM, "EPSG:32735")
GRID = Grid(TRANSFORM, ROWS, COLS, CRS.from_epsg(32735))


def cells() -> Cells:
    """Weak 2g of A in the west, of B in the east; 4g of A in the middle; two sites carry A, one B."""
    from pyproj import Transformer

    x = np.array([502_100.0, 508_300.0, 508_300.0, 514_100.0])
    y = np.array([8_993_900.0, 8_994_300.0, 8_994_300.0, 8_991_100.0])
    lon, lat = Transformer.from_crs(32735, 4326, always_xy=True).transform(x, y)
    return Cells.of(
        lon, lat, ["2g", "2g", "4g", "2g"],
        id=["a1", "a2", "a3", "b1"], operator=["A", "A", "A", "B"],
        site_id=["west", "middle", "middle", "east"], power_dbm=[0.0, -3.0, 5.0, 2.0],
    )  # fmt: skip


def network() -> Network:
    reader = FinerPeople(_Array(PEOPLE), 0, 0, 1)
    return network_on(cells(), GRID, reader, Radio()).network


class _Array:
    def __init__(self, people: Any) -> None:
        self.people = people.astype(np.float64)

    def read(self, block: Block) -> Any:
        return self.people[block.row0 : block.row1, block.col0 : block.col1]


def outage(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def covered(result: ew4all.Reach) -> Mapping[str, float]:
    return result.people.covered


def test_cells_count_like_the_rasters_that_they_make() -> None:
    net = network()
    layers = {
        f"{t}:{o}": (net.service_probability(GRID.whole, t, o), TRANSFORM, "EPSG:32735")
        for t, o in (("2g", "A"), ("4g", "A"), ("2g", "B"))
    }
    modelled = ew4all.reach(POPULATION, sites=cells(), population_unit="count")
    read = ew4all.reach(POPULATION, coverage=layers, population_unit="count")
    assert covered(modelled) == pytest.approx(covered(read), rel=1e-6)
    assert [o.name for o in modelled.operators] == ["A", "B"]
    for mine, theirs in zip(modelled.operators, read.operators, strict=True):
        assert mine.covered == pytest.approx(theirs.covered, rel=1e-6)
    assert modelled.outage is None
    assert 0.05 < covered(modelled)["any"] / modelled.people.in_area < 0.95


def test_the_union_over_operators_is_one_network_open_to_all() -> None:
    net = network()
    every = net.service_probability(GRID.whole, "2g").astype(float)
    found = covered(ew4all.reach(POPULATION, sites=cells(), population_unit="count"))["2g"]
    assert found == pytest.approx(float((PEOPLE * every).sum()), rel=1e-6)


def test_coarse_people_get_the_mean_of_the_parts_of_their_cells() -> None:
    factor = 4
    fine = network()
    layer = layers_of(fine, factor)[0]
    coarse = Block(2, 13, 1, 17)
    whole = fine.service_probability(GRID.whole, layer.technology, layer.operator).astype(float)
    means = whole.reshape(ROWS // factor, factor, COLS // factor, factor).mean(axis=(1, 3))
    np.testing.assert_allclose(layer.share(coarse), means[2:13, 1:17], rtol=1e-6, atol=1e-9)


def test_unions_are_taken_where_people_are_not_averaged_yet() -> None:
    """On coarse cells of people, half with 2g and half with 4g is all of the cell, not half."""
    fine = network()
    layers = {(k.technology, k.operator): k for k in layers_of(fine, 4)}
    every = [fine.service_probability(GRID.whole, t).astype(float) for t in ("2g", "4g")]
    for key, union in ((("any", None), np.maximum(*every)), (("2g", None), every[0])):
        means = union.reshape(ROWS // 4, 4, COLS // 4, 4).mean(axis=(1, 3))
        found = layers[key].share(Block(0, ROWS // 4, 0, COLS // 4))
        np.testing.assert_allclose(found, means, rtol=1e-6, atol=1e-9)
    mine = [fine.service_probability(GRID.whole, t, "A").astype(float) for t in ("2g", "4g")]
    means = np.maximum(*mine).reshape(ROWS // 4, 4, COLS // 4, 4).mean(axis=(1, 3))
    found = layers["any", "A"].share(Block(0, ROWS // 4, 0, COLS // 4))
    np.testing.assert_allclose(found, means, rtol=1e-6, atol=1e-9)
    assert (found < layers["any", None].share(Block(0, ROWS // 4, 0, COLS // 4)) - 0.01).any()


def test_where_no_cell_reaches_nothing_is_computed_and_nobody_served() -> None:
    (layer, *_) = layers_of(network(), 2)
    dead = layer.with_alive(np.zeros(4, np.bool_))
    assert not dead.share(Block(0, 30, 0, 40)).any()


def test_without_a_site_its_people_are_lost_and_nobody_else(tmp_path: Path) -> None:
    down = outage(tmp_path / "down.csv", "site\nmiddle\n")
    found = ew4all.reach(POPULATION, sites=cells(), population_unit="count", outage=down)
    before = ew4all.reach(POPULATION, sites=cells(), population_unit="count")
    left = ew4all.reach(POPULATION, sites=cells().take([0, 3]), population_unit="count")
    assert found.people == before.people
    assert found.outage is not None
    after = found.outage.after.people
    assert after.covered["4g"] == 0.0
    # Alone, the two cells stand in surroundings of their own: the same, since the people are.
    assert after.covered["2g"] == pytest.approx(covered(left)["2g"], rel=1e-9)
    assert after.in_area == found.people.in_area
    assert (found.outage.sites_down, found.outage.sites) == (1.0, 3)
    assert (found.outage.cells_down, found.outage.cells) == (2.0, 4)
    assert after.uncovered is not None
    assert after.uncovered + after.covered["any"] == pytest.approx(after.in_area, rel=1e-12)


def test_an_ensemble_is_the_mean_of_its_members(tmp_path: Path) -> None:
    texts = {"one": "site\nwest\n", "two": "site\nwest\neast\n", "none": "site\n\n"}
    alone = []
    for name in ("one", "two"):
        down = outage(tmp_path / f"{name}.csv", texts[name])
        effect = ew4all.reach(POPULATION, sites=cells(), population_unit="count", outage=down).outage  # fmt: skip
        assert effect is not None
        alone.append(effect.after.people.covered)
    both = outage(tmp_path / "both.csv", "member,site\n0,west\n1,west\n1,east\n")
    effect = ew4all.reach(POPULATION, sites=cells(), population_unit="count", outage=both).outage
    assert effect is not None
    for technology in ("2g", "4g", "any"):
        mean = (alone[0][technology] + alone[1][technology]) / 2.0
        assert effect.after.people.covered[technology] == pytest.approx(mean, rel=1e-12)
    assert (effect.members, effect.sites_down, effect.cells_down) == (2, 1.5, 1.5)


def test_with_every_site_down_nobody_is_covered(tmp_path: Path) -> None:
    down = outage(tmp_path / "down.csv", "cell\na1\na2\na3\nb1\n")
    effect = ew4all.reach(POPULATION, sites=cells(), population_unit="count", outage=down).outage
    assert effect is not None
    assert set(effect.after.people.covered.values()) == {0.0}
    assert effect.after.people.uncovered == pytest.approx(effect.after.people.in_area)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    population = tmp_path / "people.tif"
    with rasterio.open(
        population, "w", driver="GTiff", width=COLS, height=ROWS, count=1, dtype="float32",
        crs="EPSG:32735", transform=TRANSFORM,
    ) as raster:  # fmt: skip
        raster.write(PEOPLE, 1)
    made = cells()
    rows = ["lon,lat,technology,operator,site,id,power_dbm"]
    for k in range(len(made)):
        technology = ("2g", "2g", "4g", "2g")[k]
        rows.append(
            f"{made.lon_deg[k]:.12f},{made.lat_deg[k]:.12f},{technology},{made.operator[k]},{made.site_id[k]},{made.id[k]},{made.power_dbm[k]}"
        )
    sites = outage(tmp_path / "sites.csv", "\n".join(rows) + "\n")
    down = outage(tmp_path / "down.csv", "site\nmiddle\n")
    return {"population": str(population), "sites": str(sites), "outage": str(down)}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_the_command_counts_as_the_library_does(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = run(
        "reach", "--population", files["population"], "--population-unit", "count", "--sites", files["sites"],
        "--outage", files["outage"], "--out", str(out), "--json", "--quiet",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    result = ew4all.reach(
        POPULATION, sites=cells(), population_unit="count", outage=files["outage"]
    )
    assert result.outage is not None
    after = document["outage"]["people"]
    assert after["covered"] == pytest.approx(result.outage.after.people.covered, rel=1e-5)
    assert document["people"]["covered"] == pytest.approx(covered(result), rel=1e-5)
    names = {p.name for p in out.iterdir()}
    assert {"uncovered.tif", "uncovered_after.tif", "map.png", "map_after.png"} <= names
    with rasterio.open(out / "uncovered_after.tif") as raster:
        people = raster.read(1, masked=True)
    assert float(people.sum()) == pytest.approx(after["uncovered"], rel=1e-5)
    table = (out / "zones.csv").read_text(encoding="utf-8").splitlines()
    row = dict(zip(table[0].split(","), table[1].split(","), strict=True))
    assert float(row["uncovered_after"]) == after["uncovered"]
    assert float(row["covered_any_after"]) == after["covered"]["any"]
    roles = {entry["role"] for entry in json.loads((out / "run.json").read_text())["inputs"]}
    assert {"sites", "outage", "population"} <= roles


def test_the_terminal_shows_before_and_after(files: dict[str, str]) -> None:
    found = run(
        "reach", "--population", files["population"], "--population-unit", "count", "--sites", files["sites"],
        "--outage", files["outage"],
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "Before and after the outage" in found.stdout
    assert "1 of 3 sites and 2 of 4 cells are off the air" in found.stdout
    assert "covered by 4G" in found.stdout


def test_assumptions_go_where_they_belong() -> None:
    few = {"population_unit": "count", "sites": cells()}
    plain = covered(ew4all.reach(POPULATION, **few))["2g"]
    deaf = ew4all.reach(POPULATION, **few, assume={"decode_2g_dbm": -80.0, "has_phone": 0.5})
    assert covered(deaf)["2g"] < plain
    assert deaf.assumptions["has_phone"] == 0.5
    assert "decode_2g_dbm" not in deaf.assumptions
    with pytest.raises(AssumptionError, match="has_fone"):
        ew4all.reach(POPULATION, **few, assume={"has_fone": 0.5})
    with pytest.raises(AssumptionError, match="decode_2g_dbm"):
        ew4all.reach(POPULATION, population_unit="count", assume={"decode_2g_dbm": -80.0})


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"coverage": {"4g": POPULATION}}, OptionError, "not both"),
        ({"sites": None, "dem": "x.tif"}, OptionError, "--dem is of use with cell sites only"),
        ({"sites": None, "outage": "x.csv"}, OptionError, "--outage is of use with cell sites"),
        ({"sites_options": {"technology": "4g"}}, OptionError, "for lists of sites, but cells"),
        ({"outage": "nowhere.csv"}, EW4AllError, "nowhere.csv"),
    ],
)
def test_options_that_do_not_go_together(options: Any, error: Any, words: str) -> None:
    given = {"sites": cells(), "population_unit": "count", **options}
    with pytest.raises(error, match=words):
        ew4all.reach(POPULATION, **given)


def test_an_unknown_site_is_named(tmp_path: Path) -> None:
    down = outage(tmp_path / "down.csv", "site\nwest\nsouth\n")
    with pytest.raises(InputError, match=r"line 3: the network has no site 'south'"):
        ew4all.reach(POPULATION, sites=cells(), population_unit="count", outage=down)


def test_cells_far_from_the_people_are_no_answer() -> None:
    far = Cells.of([10.0], [50.0], ["4g"])
    with pytest.raises(InputError, match="no cell reaches the population"):
        ew4all.reach(POPULATION, sites=far, population_unit="count")
