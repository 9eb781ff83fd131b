"""A made-up country with cells: people on pixels of about 220 m, 25 sites of two operators, three sectors each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from raster_files import transform_of

from ew4all.cells import Cells
from ew4all.target_intake import open_target
from ew4all.target_rows import target_of

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.target_results import Target
    from ew4all.targets import TargetStudy

SHAPE = (120, 160)
TRANSFORM = transform_of(cell=0.002)
NOISE = np.random.default_rng(11)
PEOPLE = np.where(NOISE.random(SHAPE) < 0.3, 0.0, NOISE.gamma(0.6, 40.0, SHAPE)).astype(np.float32)
POPULATION = (PEOPLE, TRANSFORM, "EPSG:4326")
WEST, NORTH = 10.0, 5.0
AREA = shapely.Point(10.16, 4.88).buffer(0.035)
"""A circle of about 3.9 km."""

_SITES = 25


def made_cells(operators: tuple[str, ...] = ("Delta", "Echo"), codes: bool = True) -> Cells:
    """Return 4g and 2g cells: sites on a jittered lattice, every other one of another operator."""
    draw = np.random.default_rng(5)
    col, row = (v.ravel() for v in np.meshgrid(np.arange(5), np.arange(5)))
    lon = WEST + 0.02 + 0.07 * col + draw.uniform(-0.015, 0.015, _SITES)
    lat = NORTH - 0.02 - 0.05 * row + draw.uniform(-0.012, 0.012, _SITES)
    site = np.repeat(np.arange(_SITES), 6)
    known: dict[str, Any] = {}
    if codes:
        known["tai"] = np.array([f"901-70-{k // 5}" for k in site])
        known["emergency_area"] = np.where(site % 7 == 0, "", np.char.add("E", (site // 3).astype(str)))  # fmt: skip
    return Cells.of(
        lon[site],
        lat[site],
        np.tile(["4g", "2g"], 3 * _SITES),
        azimuth_deg=np.tile(np.repeat([10.0, 130.0, 250.0], 2), _SITES),
        operator=np.array(operators)[site % len(operators)],
        **known,
    )


def write_opencellid(path: Path) -> Path:
    """Write the sites as an OpenCelliD table: two cells a site, operators 1 and 2, as measured in 2026."""
    cells = made_cells()
    rows = [
        "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
    ]
    for k in range(0, len(cells), 6):
        site = int(cells.site[k])
        place = f"{cells.lon_deg[k]:.6f},{cells.lat_deg[k]:.6f}"
        rows += [
            f"LTE,901,{1 + site % 2},{100 + site // 5},{256 * (1000 + site) + 1},0,{place},1000,50,1,1600000000,1780000000,0",
            f"GSM,901,{1 + site % 2},{100 + site // 5},{2000 + site},0,{place},1000,50,1,1600000000,1780000000,0",
        ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def opened(area: Any = AREA, cells: Any = None, **options: Any) -> TargetStudy:
    options.setdefault("population_unit", "count")
    options.setdefault("workers", 1)
    return open_target(made_cells() if cells is None else cells, POPULATION, area, **options)


def found(*args: Any, **options: Any) -> Target:
    return target_of(opened(*args, **options))


def chosen(result: Target) -> set[str]:
    return {row.id for row in result.cells}
