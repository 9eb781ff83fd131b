"""Terrain along rays: the sweep against Bullington's construction profile by profile, and what a map makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from ew4all.cells import Cells
from ew4all.coverage.network import Network
from ew4all.coverage.propagation.loss_kernels import bullington_db, terrain_loss_db
from ew4all.coverage.signal_kernels import RADIALS
from ew4all.coverage.terrain import Terrain
from ew4all.coverage.terrain_kernels import SIGHT_AT_MOST_DB, sample_heights, sweep
from ew4all.grid import GEOID, Block, Grid, lonlat

CELL = 1.0 / 1200.0
GRID = Grid(Affine(CELL, 0.0, 28.0, 0.0, -CELL, -29.0), 400, 400, CRS.from_epsg(4326))
NOTHING_ELSE = -1.0


def swept(
    heights: np.ndarray, base_m: float = 30.0, mhz: float = 800.0, slack_db: float = NOTHING_ELSE
) -> np.ndarray:
    profiles = np.atleast_2d(heights).astype(np.float32)
    out = np.empty(profiles.shape, np.int16)
    sweep(profiles, 100.0, base_m, 1.5, mhz, np.full(profiles.shape[1], slack_db), 128.0, out)
    return out / 128.0


def by_definition(heights: np.ndarray, k: int, base_m: float = 30.0, mhz: float = 800.0) -> float:
    """Loss of the profile up to its point k, and what the slant of the path adds to free space."""
    profile = heights[: k + 1].astype(np.float32).astype(float)
    loss = bullington_db(
        np.arange(k + 1) * 100.0, profile, profile[0] + base_m, profile[k] + 1.5, mhz
    )
    drop, flat = profile[0] + base_m - profile[k] - 1.5, base_m - 1.5
    away = 100.0 * k
    if abs(drop) > 0.05 * away:
        loss += 10.0 * np.log10((away**2 + drop**2) / (away**2 + flat**2))
    return float(np.clip(loss, 0.0, 120.0))


@settings(max_examples=40)
@given(
    st.integers(0, 10_000), st.floats(0.0, 60.0), st.floats(10.0, 80.0), st.floats(400.0, 3500.0)
)
def test_the_sweep_is_bullington_at_every_point(
    seed: int, rough_m: float, base_m: float, mhz: float
) -> None:
    heights = 1500.0 + np.cumsum(np.random.default_rng(seed).normal(0.0, rough_m, 121))
    found = swept(heights, base_m, mhz)[0]
    for k in range(2, 121, 7):
        assert found[k] == pytest.approx(by_definition(heights, k, base_m, mhz), abs=0.005)


def test_flat_land_to_the_horizon_and_beyond() -> None:
    """The same heights everywhere: all points lie on the hull, by the bulge of the Earth."""
    heights = np.full(400, 10.0)
    found = swept(heights)[0]
    for k in range(2, 400, 13):
        assert found[k] == pytest.approx(by_definition(heights, k), abs=0.005)
    assert found[399] > found[200] > 0.0


def test_the_worked_profile() -> None:
    """Planning note 1.3: heights 50 60 90 70 55 50 every km, antennas at 80 and 51.5 m, 0.8 GHz: 25.99 dB."""
    out = np.empty((1, 6), np.int16)
    profile = np.array([[50.0, 60.0, 90.0, 70.0, 55.0, 50.0]], np.float32)
    sweep(profile, 1000.0, 30.0, 1.5, 800.0, np.full(6, NOTHING_ELSE), 128.0, out)
    assert out[0, 5] / 128.0 == pytest.approx(25.99, abs=0.01)


def test_an_edge_below_the_line_of_sight_is_left_out_where_it_cannot_matter() -> None:
    heights = 500.0 + np.cumsum(np.random.default_rng(4).normal(0.0, 8.0, (30, 151)), axis=1)
    exact, quick = swept(heights), swept(heights, slack_db=SIGHT_AT_MOST_DB + 5.0)
    assert (quick <= exact).all()
    assert (exact[quick < exact] <= SIGHT_AT_MOST_DB + 5.0).all()
    assert np.array_equal(np.maximum(quick, 17.4), np.maximum(exact, 17.4))
    assert (quick == 0.0).sum() > (exact == 0.0).sum()


def test_unknown_heights_stand_in_nobodys_way() -> None:
    heights = np.full(60, 100.0)
    heights[20] = 400.0
    assert swept(heights)[0, 40] > 20.0
    heights[20] = np.nan
    flat = swept(np.where(np.isnan(heights), 100.0, heights))[0]
    found = swept(heights)[0]
    assert found[20] == 0.0
    assert found[40] == pytest.approx(flat[40], abs=0.5)
    heights[0] = np.nan
    assert (swept(heights) == 0.0).all()


def test_heights_between_cells() -> None:
    heights = np.add.outer(np.arange(20.0) * 10.0, np.arange(30.0)).astype(np.float32)
    heights[:, 25:] = np.nan
    out = np.empty((1, 11), np.float32)
    sample_heights(heights, np.array([[0.5, 10.5, 20.5]]), np.array([[0.5, 5.5, 10.5]]), out)
    assert out[0] == pytest.approx(np.arange(11) * (2.0 + 10.0))
    sample_heights(heights, np.array([[15.0, 24.9, 34.0]]), np.full((1, 3), 0.5), out)
    assert np.isnan(out[0, -1])
    assert np.isfinite(out[0, :5]).all()


def _hills(grid: Grid, finer: int = 1) -> Terrain:
    rows, cols = (np.arange(n * finer) / finer for n in grid.shape)
    z = 1500.0 + 250.0 * np.sin(rows / 31.0)[:, None] * np.cos(cols / 23.0) + 3.0 * np.sin(cols)
    t = grid.transform
    fine = Grid(
        Affine(t.a / finer, t.b, t.c, t.d, t.e / finer, t.f), z.shape[0], z.shape[1], grid.crs
    )
    return Terrain(z.astype(np.float32), fine)


def test_levels_on_a_map_are_those_of_the_profiles() -> None:
    """Pixels against profiles drawn along geodesics: a ray passes within half its spacing of a pixel's centre."""
    terrain = _hills(GRID, 2)
    cells = Cells.of([28.16], [-29.17], "4g", height_m=30.0, frequency_mhz=800.0)
    network = Network.of(cells, GRID, 0, terrain=terrain)
    plain = Network.of(cells, GRID, 0)
    block = Block(0, 400, 0, 400)
    level, flat = (n.signal(block, "4g").level_dbm[0] for n in (network, plain))
    assert np.nanmax(level - flat) <= 1e-6
    assert np.nanmin(level - flat) < -20.0
    off = []
    for row, col in np.random.default_rng(5).integers(5, 395, (150, 2)):
        lon, lat = (
            float(v[0])
            for v in lonlat(GRID.crs).transform(
                *GRID.xy(np.array([col + 0.5]), np.array([row + 0.5]))
            )
        )
        azimuth, _, away = GEOID.inv(28.16, -29.17, lon, lat)
        steps = int(away // 100.0)
        if steps < 8:
            continue
        distance = np.append(np.arange(steps) * 100.0, away)
        there = GEOID.fwd(
            np.full(steps + 1, 28.16),
            np.full(steps + 1, -29.17),
            np.full(steps + 1, azimuth),
            distance,
        )
        profile = terrain.at(np.asarray(there[0]), np.asarray(there[1]))
        loss = terrain_loss_db(distance, profile, 30.0, 1.5, 800.0, 0, 0.0)
        below = np.degrees(np.arctan2(28.5, away))
        pattern = min(3.0 + min(12.0 * (below / 10.0) ** 2, 20.0), 20.0)
        off.append(level[row, col] - (network.eirp_dbm[0] - loss - pattern))
    error = np.abs(off)
    assert len(off) > 100
    assert np.median(error) < 1.0
    assert np.quantile(error, 0.9) < 4.0
    assert abs(np.mean(off)) < 0.5


def test_terrain_gives_the_same_bits_whatever_the_blocks() -> None:
    rng = np.random.default_rng(6)
    cells = Cells.of(
        rng.uniform(28.0, 28.3, 12), rng.uniform(-29.3, -29.0, 12), "4g", azimuth_deg=80.0
    )
    whole = Network.of(cells, GRID, 1, terrain=_hills(GRID)).signal(GRID.whole, "4g")
    again = Network.of(cells, GRID, 1, terrain=_hills(GRID))
    for block in (Block(10, 60, 0, 400), Block(390, 400, 17, 31)):
        part = again.signal(block, "4g")
        window = (slice(None), slice(block.row0, block.row1), slice(block.col0, block.col1))
        assert np.array_equal(part.cell, whole.cell[window])
        assert part.level_dbm.tobytes() == np.ascontiguousarray(whole.level_dbm[window]).tobytes()


def test_heights_in_another_projection() -> None:
    """The same hills as a raster in metres: levels differ by what bilinear looks on two lattices differ."""
    utm = Grid(Affine(100.0, 0.0, 5.9e5, 0.0, -100.0, 6.80e6), 520, 520, CRS.from_epsg(32735))
    there = _hills(GRID)
    columns, rows = np.meshgrid(np.arange(520) + 0.5, np.arange(520) + 0.5)
    lon, lat = lonlat(utm.crs).transform(*utm.xy(columns, rows))
    heights = there.at(lon.ravel(), lat.ravel()).reshape(520, 520).astype(np.float32)
    cells = Cells.of([28.16], [-29.17], "4g", height_m=30.0)
    block = Block(100, 300, 100, 300)
    one, other = (
        Network.of(cells, GRID, 0, terrain=t).signal(block, "4g").level_dbm[0]
        for t in (there, Terrain(heights, utm))
    )
    assert np.median(np.abs(one - other)) < 0.5


def test_what_terrain_does_not_cover() -> None:
    half = Grid(Affine(CELL, 0.0, 28.0, 0.0, -CELL, -29.0), 400, 200, CRS.from_epsg(4326))
    terrain = Terrain(np.full((400, 200), 100.0, np.float32), half)
    assert terrain.missing_share(GRID, GRID.whole) == pytest.approx(0.5, abs=0.01)
    assert np.isnan(terrain.at(np.array([28.3]), np.array([-29.1])))[0]
    assert terrain.at(np.array([28.1 - 360.0]), np.array([-29.1]))[0] == 100.0


def test_profiles_are_kept_and_shared() -> None:
    """Cells of one mast with one height and band share a profile."""
    cells = Cells.of(
        [28.16] * 3, [-29.17] * 3, "4g", azimuth_deg=[0.0, 120.0, 240.0], height_m=30.0
    )
    network = Network.of(cells, GRID, 0, terrain=_hills(GRID))
    polar, of, _ = network.placed.profiles(np.arange(3))
    assert polar.shape[0] == 1
    assert of.tolist() == [0, 0, 0]
    assert polar.shape[1] % RADIALS == 0
