"""Cells on a grid: levels against the models and geodesics, camping by hand, and what must hold whatever the network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from ew4all.cells import Cells
from ew4all.coverage import network as module
from ew4all.coverage.network import LAYERS, Network
from ew4all.coverage.normal import cdf
from ew4all.coverage.propagation.antenna import SectorAntenna, below_horizon_deg
from ew4all.coverage.propagation.loss_kernels import median_loss_db
from ew4all.coverage.reception import indoor_probability
from ew4all.coverage.signal_defaults import SIGNAL_DEFAULTS, Radio, markdown
from ew4all.errors import (
    AssumptionError,
    EmptyLayerError,
    GridMismatchError,
    UnknownTechnologyError,
)
from ew4all.grid import GEOID, Block, Grid, lonlat
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from pathlib import Path

CELL = 1.0 / 1200.0
LESOTHO = Grid(Affine(CELL, 0.0, 27.0, 0.0, -CELL, -29.0), 300, 400, CRS.from_epsg(4326))
GRIDS = {
    "degrees": LESOTHO,
    "degrees, far north": Grid(
        Affine(CELL * 2, 0.0, 25.0, 0.0, -CELL, 69.0), 300, 300, CRS.from_epsg(4326)
    ),
    "south up": Grid(Affine(CELL, 0.0, 27.0, 0.0, CELL, -29.3), 300, 300, CRS.from_epsg(4326)),
    "UTM": Grid(Affine(100.0, 0.0, 4.5e5, 0.0, -100.0, 6.72e6), 300, 300, CRS.from_epsg(32735)),
    "turned UTM": Grid(
        Affine(80.0, 60.0, 4.5e5, 60.0, -80.0, 6.72e6), 300, 300, CRS.from_epsg(32735)
    ),
    "Mollweide": Grid(
        Affine(100.0, 0.0, 2.6e6, 0.0, -100.0, -3.52e6), 300, 300, CRS.from_string("ESRI:54009")
    ),
    "Web Mercator": Grid(
        Affine(100.0, 0.0, 3.0e6, 0.0, -100.0, -3.4e6), 300, 300, CRS.from_epsg(3857)
    ),
}
WHOLE = Block(0, 300, 0, 300)


def some_cells(grid: Grid, count: int = 25, seed: int = 1) -> Cells:
    """Cells of all kinds at random places of a grid and around it."""
    rng = np.random.default_rng(seed)
    column = rng.uniform(-0.2, 1.2, count) * grid.width
    row = rng.uniform(-0.2, 1.2, count) * grid.height
    lon, lat = lonlat(grid.crs).transform(*grid.xy(column, row))
    azimuth = np.where(rng.random(count) < 0.4, np.nan, rng.uniform(0.0, 360.0, count))
    return Cells.of(
        lon,
        lat,
        rng.choice(["2g", "4g", "5g"], count),
        operator=rng.choice(["A", "B"], count),
        azimuth_deg=azimuth,
        downtilt_deg=rng.choice([0.0, 4.0], count),
        environment=rng.integers(0, 3, count),
        power_dbm=np.round(rng.uniform(30.0, 46.0, count)),
    )


def level_of(network: Network, k: int, lon: float, lat: float, code: int) -> float:
    """Level of one cell at a place, by the models themselves and the geodesic."""
    cells = network.cells
    azimuth, _, away = GEOID.inv(cells.lon_deg[k], cells.lat_deg[k], lon, lat)
    loss = median_loss_db(
        cells.frequency_mhz[k],
        max(away, 1.0),
        cells.height_m[k],
        network.radio.mobile_height_m,
        code,
    )
    antenna = SectorAntenna(cells.beamwidth_deg[k], downtilt_deg=cells.downtilt_deg[k])
    below = below_horizon_deg(away, cells.height_m[k], network.radio.mobile_height_m)
    return float(
        network.eirp_dbm[k] - loss - antenna.loss_db(azimuth - cells.azimuth_deg[k], below)
    )


@pytest.mark.parametrize("name", GRIDS)
def test_levels_are_those_of_the_models_along_geodesics(name: str) -> None:
    grid = GRIDS[name]
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 3, grid.shape).astype(np.uint8)

    class Patches:
        def read(self, block: Block) -> np.ndarray:
            return codes[block.row0 : block.row1, block.col0 : block.col1]

    network = Network.of(some_cells(grid), grid, Patches())
    technology = TECHNOLOGIES.index("4g")
    signal = network.signal(WHOLE, "4g")
    checked = 0
    for row, col in rng.integers(0, 300, (40, 2)):
        x, y = grid.xy(np.array([col + 0.5]), np.array([row + 0.5]))
        lon, lat = (float(v[0]) for v in lonlat(grid.crs).transform(x, y))
        naive = sorted(
            (
                level_of(network, k, lon, lat, int(codes[row, col]))
                for k in np.flatnonzero(network.cells.technology == technology)
                if GEOID.inv(network.cells.lon_deg[k], network.cells.lat_deg[k], lon, lat)[2]
                < 0.999 * network.placed.tables.reach_m[k]
            ),
            reverse=True,
        )
        for place, level in enumerate(naive[:4]):
            # Half a step of distance, direction and angle; the edge of a beam is steepest.
            assert signal.level_dbm[place, row, col] == pytest.approx(level, abs=0.35)
            checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    ("technology", "code", "height_m", "level_dbm", "radius_km"),
    [("4g", 2, 30.0, -115.0, 4.54), ("4g", 1, 30.0, -115.0, 8.53), ("2g", 1, 30.0, -94.0, 8.96)],
)
def test_worked_radii(
    technology: str, code: int, height_m: float, level_dbm: float, radius_km: float
) -> None:
    """Radii of the planning note: 46 dBm, 17 dBi, 2 dB in 10 MHz at 800 MHz; GSM 900 with 43 dBm and 15 dBi."""
    frequency = 900.0 if technology == "2g" else 800.0
    cells = Cells.of(
        [27.0], [-29.125], technology, height_m=height_m, frequency_mhz=frequency, azimuth_deg=90.0
    )
    network = Network.of(cells, LESOTHO, code)
    row = network.signal(Block(150, 151, 0, 400), technology).level_dbm[0, 0]
    last = np.flatnonzero(row >= level_dbm).max()
    lon = 27.0 + (last + 0.5) * CELL
    _, _, away = GEOID.inv(27.0, -29.125, lon, -29.0 - 150.5 * CELL)
    assert away / 1000.0 == pytest.approx(radius_km, abs=0.1)


@pytest.mark.parametrize("name", ["degrees", "turned UTM", "Mollweide"])
def test_the_same_bits_whatever_the_blocks(name: str) -> None:
    grid = GRIDS[name]
    network = Network.of(some_cells(grid, 60), grid, 1)
    whole = network.camping(grid.whole)
    for rows, cols in ((64, 64), (7, 133), (300, 1)):
        for block in (b for k, b in enumerate(grid.blocks(rows, cols)) if k % 17 == 0):
            part = network.camping(block)
            window = (
                slice(None),
                slice(block.row0, block.row1),
                slice(block.col0, block.col1),
            )
            assert np.array_equal(part.cell, whole.cell[window])
            assert part.probability.tobytes() == whole.probability[window].tobytes()


def test_more_cells_than_a_key_can_number_are_done_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = Network.of(some_cells(LESOTHO, 60), LESOTHO)
    block = Block(100, 131, 100, 140)
    whole = network.signal(block, "4g")
    most = 10
    monkeypatch.setattr(module, "MOST_CELLS", most)
    assert (
        network.placed.meets(block) & (network.cells.technology == 2)[network.placed.owner]
    ).sum() > most
    with pytest.raises(GridMismatchError, match="more than 10 cells of one technology"):
        network.signal(block, "4g")
    monkeypatch.undo()
    assert np.array_equal(
        network._in_halves(block, network.cells.technology == 2, 4).cell, whole.cell
    )


networks = st.builds(
    lambda seed, count: Network.of(some_cells(LESOTHO, count, seed), LESOTHO, 1),
    st.integers(0, 10_000),
    st.integers(1, 40),
)
BLOCK = Block(120, 152, 80, 112)


@settings(max_examples=15)
@given(networks, st.integers(0, 10_000))
def test_a_dead_cell_raises_no_level_and_no_probability(network: Network, seed: int) -> None:
    alive = np.random.default_rng(seed).random(len(network.cells)) < 0.7
    for technology in network.technologies():
        before, after = (network.signal(BLOCK, technology, alive=a) for a in (None, alive))
        worse = np.nan_to_num(after.level_dbm, nan=-999.0) <= np.nan_to_num(
            before.level_dbm, nan=-999.0
        )
        assert worse.all()
        for indoor in (False, True):
            shares = [
                network.service_probability(BLOCK, technology, alive=a, indoor=indoor)
                for a in (None, alive)
            ]
            assert (shares[1] <= shares[0]).all()
    total = [network.camping(BLOCK, alive=a).probability.sum(axis=0) for a in (None, alive)]
    assert (total[1] <= total[0] + 1e-6).all()
    cell = network.camping(BLOCK, alive=alive).cell
    assert alive[np.unique(cell[cell >= 0])].all()


@settings(max_examples=15)
@given(networks, st.floats(0.5, 20.0))
def test_more_power_lowers_no_level(network: Network, more_db: float) -> None:
    stronger = replace(
        network, cells=replace(network.cells, power_dbm=network.cells.power_dbm + more_db)
    )
    for technology in network.technologies():
        weak, strong = (n.signal(BLOCK, technology).level_dbm for n in (network, stronger))
        assert (np.nan_to_num(strong, nan=-999.0) >= np.nan_to_num(weak, nan=-999.0)).all()


@settings(max_examples=15)
@given(networks, st.floats(0.0, 1.0))
def test_probabilities_of_a_place_add_up_to_one_at_most(network: Network, indoor: float) -> None:
    camping = network.camping(BLOCK, indoor_share=indoor)
    assert (camping.probability >= 0.0).all()
    assert (camping.probability[camping.cell < 0] == 0.0).all()
    assert camping.probability.sum(axis=0).max(initial=0.0) <= 1.0 + 1e-6
    for operator in network.operators():
        mine = network.camping(BLOCK, operator, indoor_share=indoor)
        used = np.unique(mine.cell[mine.cell >= 0])
        assert (network.cells.operator[used] == operator).all()


def test_camping_by_hand() -> None:
    """One pixel: two 4g cells, one 2g cell. Margins are read off the signal, the rest is worked out here."""
    cells = Cells.of(
        [27.1, 27.16, 27.12],
        [-29.1, -29.1, -29.1],
        ["4g", "4g", "2g"],
        height_m=30.0,
        azimuth_deg=np.nan,
    )
    network = Network.of(cells, LESOTHO, 1)
    block = Block(120, 121, 160, 161)
    layers = [t for t in LAYERS if t in {"4g", "2g"}]
    assert layers == ["4g", "2g"]
    levels = {t: network.signal(block, t).level_dbm[:, 0, 0].astype(float) for t in layers}
    four = levels["4g"][:2] - (-122.0 + 3.0)
    two = levels["2g"][0] - (-102.0 + 3.0)
    expected = np.zeros(8)
    for share, of in ((0.4, _outside), (0.6, _inside)):
        first, second = of(four[0], 800.0), of(two, 900.0)
        scale = 8.0 * np.sqrt(2.0 * 0.5) / 1.70
        weight = np.exp((four - four[0]) / scale)
        expected[:2] += share * first * weight / weight.sum()
        expected[4] += share * max(0.0, second - first)
    found = network.camping(block, indoor_share=0.6)
    assert found.probability[:, 0, 0] == pytest.approx(expected, abs=2e-5)
    assert set(found.cell[:, 0, 0].tolist()) == {0, 1, 2, -1}
    assert scale == pytest.approx(4.7, abs=0.01)


def _outside(margin: float, mhz: float) -> float:
    assert 800.0 <= mhz <= 900.0
    return float(cdf(margin / 8.0))


def _inside(margin: float, mhz: float) -> float:
    return float(
        0.7 * indoor_probability(margin, 8.0, mhz, 1)
        + 0.3 * indoor_probability(margin, 8.0, mhz, 2)
    )


def test_a_barred_layer_leaves_its_phones_to_the_next() -> None:
    """A phone stays on 4g from -130 dBm but decodes from -122: between, it hears nothing, and 2g does not help."""
    cells = Cells.of([27.1, 27.1], [-29.1, -29.1], ["4g", "2g"], height_m=30.0)
    block = Block(120, 121, 300, 301)

    for indoor in (0.0, 1.0):

        def totals(camp_dbm: float, share: float = indoor) -> tuple[float, float]:
            radio = Radio(
                camp_dbm={"4g": camp_dbm}, decode_dbm={**Radio().decode_dbm, "4g": -100.0}
            )
            found = Network.of(cells, LESOTHO, 1, radio=radio).camping(block, indoor_share=share)
            return float(found.probability[:4].sum()), float(found.probability[4:].sum())

        stays, leaves = totals(-150.0), totals(-100.0)
        assert stays[0] == pytest.approx(leaves[0])
        assert stays[1] < 0.1 * leaves[1]


def test_of_two_equal_cells_the_first_is_best() -> None:
    cells = Cells.of([27.1] * 3, [-29.1] * 3, "4g", height_m=30.0)
    assert (
        Network.of(cells, LESOTHO).signal(BLOCK, "4g").cell[:3] == np.arange(3)[:, None, None]
    ).all()


def test_touched_blocks_are_those_that_change() -> None:
    network = Network.of(some_cells(LESOTHO, 30, seed=5), LESOTHO, 2)
    blocks = list(LESOTHO.blocks(50, 50))
    alive = np.ones(30, np.bool_)
    alive[[3, 17]] = False
    touched = network.touched([3, 17], blocks)
    assert len(touched) > 0
    for block in set(blocks) - set(touched):
        for technology in network.technologies():
            before, after = (network.signal(block, technology, alive=a) for a in (None, alive))
            assert np.array_equal(before.cell, after.cell)
    assert network.touched(np.zeros(30, np.bool_), blocks) == []
    assert network.touched([3, 17], blocks, alive=alive) == []


def test_across_the_antimeridian() -> None:
    """A grid that runs to 182 degrees, and the whole world's rows where a cell stands at its seam."""
    fiji = Grid(Affine(CELL, 0.0, 179.8, 0.0, -CELL, -17.0), 200, 480, CRS.from_epsg(4326))
    cells = Cells.of([-179.95, 179.95], [-17.08, -17.08], "4g")
    signal = Network.of(cells, fiji).signal(Block(96, 97, 0, 480), "4g")
    # Equally far from both, at 180 degrees.
    middle = round((180.0 - 179.8) / CELL)
    assert signal.cell[0, 0, middle - 30] == 1
    assert signal.cell[0, 0, middle + 30] == 0
    assert signal.level_dbm[0, 0, middle - 30] == pytest.approx(
        signal.level_dbm[0, 0, middle + 29], abs=0.05
    )
    world = Grid(Affine(0.05, 0.0, -180.0, 0.0, -0.05, 90.0), 3600, 7200, CRS.from_epsg(4326))
    far = Network.of(cells, world)
    for column in (0, 7199):
        found = far.signal(Block(2141, 2142, column, column + 1), "4g")
        assert set(found.cell[:2, 0, 0].tolist()) == {0, 1}


def test_a_place_without_a_cell_has_no_service() -> None:
    cells = Cells.of([20.0], [-29.1], "4g")
    network = Network.of(cells, LESOTHO)
    signal = network.signal(BLOCK, "4g")
    assert (signal.cell == -1).all()
    assert np.isnan(signal.level_dbm).all()
    assert (network.camping(BLOCK).probability == 0.0).all()
    assert (network.service_probability(BLOCK, "4g") == 0.0).all()
    assert network.camping(BLOCK, alive=np.zeros(1, np.bool_)).cell.shape == (4, 32, 32)


def test_bad_questions() -> None:
    network = Network.of(some_cells(LESOTHO, 10), LESOTHO)
    with pytest.raises(UnknownTechnologyError, match="'lte'; use one of 2g"):
        network.signal(BLOCK, "lte")
    with pytest.raises(EmptyLayerError, match="'C'; the operators are A, B"):
        network.camping(BLOCK, "C")
    with pytest.raises(GridMismatchError, match=r"shape \(3,\), but there are 10 cells"):
        network.camping(BLOCK, alive=np.ones(3, np.bool_))


def test_assumptions_are_replaced_by_name() -> None:
    radio = Radio.assuming({"decode_4g_dbm": -118.0, "camp_4g_dbm": -110.0, "reach_km": 20.0})
    assert radio.decodes_dbm("4g") == -107.0
    assert Radio.assuming({"decode_4g_dbm": -118.0}).decodes_dbm("4g") == -115.0
    assert radio.reach_km == 20.0
    assert all(row.name in markdown() for row in SIGNAL_DEFAULTS)
    with pytest.raises(AssumptionError, match="did you mean shadowing_sd_db"):
        Radio.assuming({"shadowing_db": 8.0})
    with pytest.raises(AssumptionError, match="indoor_share lies between 0 and 1, but got 75"):
        Radio.assuming({"indoor_share": 75.0})
    with pytest.raises(AssumptionError, match="decode_dbm of 4g is a level"):
        Radio.assuming({"decode_4g_dbm": 118.0})


def test_the_document_holds_the_table_of_defaults(repository: Path) -> None:
    assert (repository / "docs" / "coverage.md").read_text(encoding="utf-8").endswith(markdown())


def test_the_metric_is_the_geodesic_within_reach() -> None:
    """35 km at 70 degrees: the middle-latitude formula holds to 1e-5."""
    grid = GRIDS["degrees, far north"]
    metric = Network.of(some_cells(grid, 1), grid).placed.metric
    to_lonlat = Transformer.from_crs(grid.crs, 4326, always_xy=True)
    rng = np.random.default_rng(3)
    for _ in range(50):
        column, row, angle = rng.uniform(0, 300), rng.uniform(0, 300), rng.uniform(0, 2 * np.pi)
        c, r = column + 350 * np.cos(angle), row + 350 * np.sin(angle)
        ends = to_lonlat.transform(*grid.xy(np.array([column, c]), np.array([row, r])))
        _, _, away = GEOID.inv(ends[0][0], ends[1][0], ends[0][1], ends[1][1])
        a, shift, b = metric.at(np.zeros(1, np.int32), np.array([0.5 * (row + r)]))
        found = np.sqrt(a * (c - column + shift * (r - row)) ** 2 + b * (r - row) ** 2)[0]
        assert found == pytest.approx(away, rel=2e-5)
