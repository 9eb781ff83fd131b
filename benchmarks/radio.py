"""What the radio benchmarks compute: masts on a map of 100 m pixels, ours and the peers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer

from ew4all.cells import Cells
from ew4all.coverage.network import Network
from ew4all.coverage.terrain import Terrain
from ew4all.coverage.workers import in_order
from ew4all.grid import Grid
from ew4all.network_maps import BLOCK

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXEL_M = 100.0
REACH_M = 35_000.0
MHZ, MAST_M, PHONE_M = 900.0, 30.0, 1.5
EIRP_DBM = 90.0
"""More than any mast has, so that every pixel within 35 km is computed."""

UTM = CRS.from_epsg(32632)


def square(pixels: int) -> Grid:
    """Return a map of as many pixels on a side, metres of UTM zone 32."""
    return Grid(Affine(PIXEL_M, 0.0, 4.6e5, 0.0, -PIXEL_M, 5.5e6), pixels, pixels, UTM)


def masts(grid: Grid, count: int, spread: float) -> Network:
    """Return masts without sectors at random places within a share of the map around its middle; open country."""
    rng = np.random.default_rng(5)
    column, row = (0.5 + spread * (rng.random((2, count)) - 0.5)) * grid.width
    lon, lat = Transformer.from_crs(UTM, 4326, always_xy=True).transform(*grid.xy(column, row))
    cells = Cells.of(
        lon, lat, "2g", frequency_mhz=MHZ, height_m=MAST_M, power_dbm=EIRP_DBM - 13.0, gain_dbi=15.0,
        feeder_loss_db=2.0,
    )  # fmt: skip
    return Network.of(cells, grid, 0)


def pairs(network: Network) -> int:
    """Return the pixels within reach of each mast, added up; by counting columns of each row."""
    placed, grid = network.placed, network.grid
    radius = placed.reach_m / PIXEL_M
    total = 0
    for column, row, r in zip(placed.column, placed.row, radius, strict=True):
        rows = np.arange(max(0, int(row - r)), min(grid.height, int(row + r) + 1)) + 0.5
        half = np.sqrt(np.maximum(r * r - (rows - row) ** 2, 0.0))
        first = np.clip(np.ceil(column - half - 0.5), 0, grid.width)
        end = np.clip(np.floor(column + half - 0.5) + 1.0, 0, grid.width)
        total += int(np.maximum(end - first, 0.0).sum())
    return total


def strongest(network: Network, keep: int, workers: int = 1) -> float:
    """Compute a whole map in the blocks of the command; return a number that depends on all of it."""
    jobs = [(network, block, keep) for block in network.grid.blocks(*BLOCK)]
    return float(sum(in_order(_of_block, jobs, workers)))


def _of_block(network: Network, block: Any, keep: int) -> float:
    return float(np.nansum(network.signal(block, "2g", keep=keep).level_dbm[0], dtype=np.float64))


def plain_numpy(network: Network) -> NDArray[np.float64]:
    """Return the level of the best server as a page of numpy does it: Hata and free space, mast by mast."""
    grid, placed = network.grid, network.placed
    columns, rows = np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5
    best = np.full(grid.shape, -np.inf)
    log_f, log_h = math.log10(MHZ), math.log10(MAST_M)
    phone = (1.1 * log_f - 0.7) * PHONE_M - (1.56 * log_f - 0.8)
    fixed = 69.55 + 26.16 * log_f - 13.82 * log_h - phone - 4.78 * log_f**2 + 18.33 * log_f - 40.94
    for column, row in zip(placed.column, placed.row, strict=True):
        square_m = ((columns - column) ** 2 + (rows - row)[:, None] ** 2) * PIXEL_M**2
        log_km = 0.5 * np.log10(np.maximum(square_m, 1.0)) - 3.0
        loss = fixed + (44.9 - 6.55 * log_h) * log_km
        loss = np.maximum(loss, 32.4478 + 20.0 * log_f + 20.0 * log_km)
        level = np.where(square_m <= REACH_M**2, EIRP_DBM - 3.0 - loss, -np.inf)
        np.maximum(best, level, out=best)
    return best


def hills(grid: Grid) -> Terrain:
    """Return hills of some hundred metres, with roughness down to a pixel."""
    rng = np.random.default_rng(6)
    side = grid.width
    z = np.zeros((side, side), np.float32)
    for scale in (240, 120, 60, 30, 15, 6, 1):
        coarse = rng.normal(0.0, 1.6 * scale**0.9, (side // scale + 2, side // scale + 2))
        at = np.arange(side) / scale
        k, w = at.astype(int), (at % 1.0).astype(np.float32)
        rows = coarse[k] * (1.0 - w[:, None]) + coarse[k + 1] * w[:, None]
        z += (rows[:, k] * (1.0 - w) + rows[:, k + 1] * w).astype(np.float32)
    return Terrain(z - z.min(), grid)


def over_terrain(network: Network) -> float:
    """Compute a whole map over terrain, every profile anew."""
    assert network.terrain is not None
    network.terrain._kept.clear()
    return strongest(network, 1)


def profiles(network: Network, count: int) -> list[list[float]]:
    """Return profiles from the first mast to random pixels, every 100 m, as Longley-Rice programs want them."""
    assert network.terrain is not None
    heights, placed = network.terrain.heights, network.placed
    rng = np.random.default_rng(7)
    found = []
    while len(found) < count:
        c, r = rng.integers(0, network.grid.width, 2) + 0.5
        away = math.hypot(c - placed.column[0], r - placed.row[0])
        if not 15.0 < away < REACH_M / PIXEL_M:
            continue
        steps = int(away)
        t = np.arange(steps + 1) / steps
        rows = (placed.row[0] + t * (r - placed.row[0])).astype(int)
        columns = (placed.column[0] + t * (c - placed.column[0])).astype(int)
        found.append(
            [steps, away * PIXEL_M / steps, *heights[rows, columns].astype(float).tolist()]
        )
    return found


def itmlogic_losses(some: list[list[float]]) -> list[float]:
    """Return the loss of profiles by itmlogic, point to point, median time, place and situation."""
    from itmlogic.preparatory_subroutines.qlrpfl import qlrpfl
    from itmlogic.preparatory_subroutines.qlrps import qlrps
    from itmlogic.statistics.avar import avar

    found = []
    for profile in some:
        wn, gme, ens, zgnd = qlrps(MHZ, 0.0, 301.0, 1, 15.0, 0.005)
        prop: dict[str, Any] = {
            "wn": wn, "gme": gme, "ens": ens, "zgnd": zgnd, "hg": [MAST_M, PHONE_M], "pfl": list(profile), "kwx": 0,
            "klim": 5, "klimx": 0, "mdvar": 12, "mdvarx": 12, "lvar": 5, "mdp": -1, "fmhz": MHZ,
        }  # fmt: skip
        prop = qlrpfl(prop)
        excess, prop = avar(0.0, 0.0, 0.0, prop)
        free = 32.45 + 20.0 * math.log10(MHZ) + 20.0 * math.log10(prop["dist"] / 1000.0)
        found.append(free + excess)
    return found
