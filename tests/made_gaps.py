"""Gap analyses of the made-up country, and every block of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
from made_country import BOX, PEOPLE, raster

import ew4all

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONES = gpd.GeoDataFrame(
    {"code": ["w", "m", "e"], "name": ["West", "Middle", "East"]},
    geometry=[
        BOX(10.0, 4.6, 10.153, 5.0),
        BOX(10.153, 4.6, 10.4071, 5.0),
        BOX(10.4071, 4.6, 10.55, 5.0),
    ],
    crs=4326,
)
"""Borders cross cells; the last 0.05 degrees belong to no zone."""


def gaps(population: Any = None, zones: Any = ZONES, **options: Any) -> dict[str, Any]:
    given = raster(PEOPLE) if population is None else population
    options.setdefault("population_unit", "count")
    if zones is ZONES:
        options |= {"zone_id": "code", "zone_name": "name"}
    return ew4all.gaps(given, zones, **options).to_dict()


def blocks(found: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every block of people in a document, and where it stands."""
    if isinstance(found, dict):
        if "people" in found:
            yield path, found
        for key, value in found.items():
            yield from blocks(value, f"{path}/{key}")
    elif isinstance(found, list):
        for k, value in enumerate(found):
            yield from blocks(value, f"{path}/{k}")


def numbers(block: dict[str, Any]) -> dict[str, float]:
    """Return the counts of a block in one mapping."""
    flat = {k: v for k, v in block.items() if isinstance(v, float)}
    for key in ("covered", "channels", "by_channel"):
        flat |= {f"{key} {k}": v for k, v in block.get(key, {}).items()}
    return flat
