"""A made-up country with cell sites, an outage with three causes, groups and sirens, for tests of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from ew4all.coverage.outages.timeline import STATES, Timeline
from ew4all.grid import Grid
from ew4all.readers.sites import read_cells
from ew4all.sim.siren_levels import Sirens

if TYPE_CHECKING:
    from ew4all.cells import Cells

SOUTH, WEST = -15.0, 30.0
KM_DEG = 1.0 / 111.0


class Country(NamedTuple):
    """Arguments of `open_run`, and the outage of its sites."""

    population: dict[str, tuple[Any, Affine, str]]
    cells: Cells
    zones: list[Any]
    area: Any
    hazard: Any
    timeline: Timeline
    sirens: Sirens
    edge_km: float


def timeline_of(sites: int, seed: int = 0, share: float = 0.6) -> Timeline:
    """Damage at once, batteries that run down, and links; each followed by a return."""
    rng = np.random.default_rng(seed)
    struck = np.flatnonzero(rng.random(sites) < share)
    cause = rng.choice([1, 2, 3], struck.size, p=[0.1, 0.6, 0.3])
    down = np.select(
        [cause == 1, cause == 2],
        [np.zeros(struck.size), rng.uniform(1800, 4 * 3600, struck.size)],
        rng.uniform(0, 2 * 3600, struck.size),
    )
    up = down + rng.exponential(8 * 3600, struck.size)
    time = np.concatenate([down, up])
    order = np.argsort(time, kind="stable")
    site = np.concatenate([struck, struck]).astype(np.int32)[order]
    state = np.concatenate([cause, np.zeros(struck.size, int)]).astype(np.int8)[order]
    assert STATES[:4] == ("up", "damage", "power", "transport")
    returned = np.where(state == 0, 12, 0).astype(np.int8)
    return Timeline(sites, time[order], site, state, returned)


def country_of(
    path: Any, sites: int, edge_km: float, cell_km: float = 1.0, groups: int = 1, zones: int = 4
) -> Country:
    """A square country whose sites stand where people live; `path` is the table of its cells."""
    rng = np.random.default_rng(1)
    n = round(edge_km / cell_km)
    transform = Affine(cell_km * KM_DEG, 0, WEST, 0, -cell_km * KM_DEG, SOUTH + edge_km * KM_DEG)
    y, x = np.mgrid[0:n, 0:n]
    people = rng.gamma(0.4, 20.0, (n, n))
    towns = rng.random((max(3, sites // 100), 2)) * n
    for ty, tx in towns:
        people += rng.uniform(100, 3000) * np.exp(
            -((y - ty) ** 2 + (x - tx) ** 2) / (4 / cell_km) ** 2
        )
    people[rng.random((n, n)) < 0.5] = 0.0
    flat = people.ravel() / people.sum()
    at = rng.choice(flat.size, sites, p=0.7 * flat + 0.3 / flat.size)
    lon, lat = transform @ np.array([at % n + rng.random(sites), at // n + rng.random(sites)])
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123  (one line)
        file.write("site,lon,lat,operator,technologies\n")
        for k in range(sites):
            techs = ("2g", "2g 3g", "2g 3g 4g", "2g 4g 5g")[k % 4]
            file.write(f"s{k},{lon[k]:.6f},{lat[k]:.6f},{'AB'[k % 2]},{techs}\n")
    cells = read_cells(path).cells  # two sites at one place are one
    split = rng.dirichlet(np.full(groups, 5.0))
    population = {
        f"group {g}": ((people * split[g]).astype(np.float32), transform, "EPSG:4326")
        for g in range(groups)
    }
    side = edge_km * KM_DEG / zones
    boxes = [
        shapely.box(
            WEST + i * side, SOUTH + j * side, WEST + (i + 1) * side, SOUTH + (j + 1) * side
        )
        for i in range(zones)
        for j in range(zones)
    ]
    middle = WEST + 0.5 * edge_km * KM_DEG, SOUTH + 0.5 * edge_km * KM_DEG
    wide = 0.3 * edge_km * KM_DEG
    grid = Grid(transform, n, n, CRS.from_epsg(4326))
    few = max(2, sites // 20)
    return Country(
        population,
        cells,
        boxes,
        shapely.Point(middle).buffer(wide),
        shapely.Point(middle[0] + 0.2 * wide, middle[1]).buffer(wide),
        timeline_of(len(cells.sites)),
        Sirens(grid, lon[:few].copy(), lat[:few].copy(), rng.uniform(105.0, 125.0, few)),
        edge_km,
    )
