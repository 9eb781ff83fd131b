"""Embedded inputs that a scenario may begin from: ``demo: grenada``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all import demo as grenada

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEMOS", "Demo", "filled"]

SHIPPED: Final = Path(__file__).resolve().parent / "data"
"""Scenarios that come with the package, and their inputs."""


@dataclass(frozen=True)
class Demo:
    """A folder of inputs, the sections that they fill, and whose data they are."""

    folder: Path
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notice: str = grenada.NOTICE
    attribution: str = ""


DEMOS: Final[Mapping[str, Demo]] = {
    "grenada": Demo(
        grenada.folder(),
        {
            "hazard": {"footprint": "demo:hazard.geojson"},
            "alert": {"cap": "demo:alert.xml"},
            "population": {"raster": "demo:population.tif"},
            "network": {
                "coverage": {
                    name: f"demo:{path.name}" for name, path in grenada.CASE.coverage.items()
                },
                "operator_share": dict(grenada.CASE.operator_share),
            },
            "zones": {"file": "demo:parishes.geojson", "id": "id", "name": "name"},
        },
        attribution=grenada.ATTRIBUTION,
    ),
    "valley": Demo(
        SHIPPED / "valley",
        {
            "hazard": {
                "footprint": "demo:flood.geojson",
                "arrival": {"raster": "demo:arrival_min.tif", "unit": "min"},
            },
            "alert": {"area": "demo:warning_area.geojson"},
            "population": {
                "groups": {"0-74": "demo:people_0_74.tif", "75+": "demo:people_75_plus.tif"},
                "unit": "count",
            },
            "network": {"sites": "demo:sites.csv", "dem": "demo:heights.tif"},
            "zones": {"file": "demo:communes.geojson", "id": "id", "name": "name"},
        },
        attribution="invented",
    ),
    "country": Demo(
        SHIPPED / "country",
        {
            "population": {"raster": "demo:people.tif", "unit": "count"},
            "network": {
                "coverage": {
                    "2g:Alpha": "demo:coverage_2g_a.tif",
                    "4g:Alpha": "demo:coverage_4g_a.tif",
                    "5g:Alpha": "demo:coverage_5g_a.tif",
                    "2g:Beta": "demo:coverage_2g_b.tif",
                    "4g:Beta": "demo:coverage_4g_b.tif",
                    "4g:Gamma": "demo:coverage_4g_c.tif",
                },
                "operator_share": {"Alpha": 0.45, "Beta": 0.35, "Gamma": 0.2},
            },
            "zones": {"file": "demo:provinces.geojson", "id": "id", "name": "name"},
        },
        attribution="invented",
    ),
}
"""Demos by name."""

_INSTEAD: Final = {
    "alert": ({"cap", "area", "polygon"},),
    "population": ({"raster", "groups", "day", "night", "unit", "column", "refine"},),
    "network": ({"coverage", "coverage_min", "sites", "columns", "dem", "landcover"},),
    "hazard": ({"footprint", "min", "band", "where"},),
    "zones": ({"file", "id", "name"},),
}
"""Keys of a section that take each other's place: who gives one of them gets none of the demo's."""

_SHORT: Final = {"hazard": "footprint", "population": "raster", "zones": "file"}


def filled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return sections with what their demo has in the place of what they leave out."""
    demo = DEMOS.get(str(given.get("demo")))
    out = dict(given)
    if demo is None:
        return out
    for name, has in demo.sections.items():
        mine = out.get(name)
        if mine is None:
            out[name] = dict(has)
        elif isinstance(mine, dict):
            out[name] = _joined(mine, has, _INSTEAD.get(name, ()))
    return out


def _joined(
    mine: dict[str, Any], has: Mapping[str, Any], groups: tuple[set[str], ...]
) -> dict[str, Any]:
    taken = set(mine)
    for group in groups:
        if group & set(mine):
            taken |= group
    return {**{k: v for k, v in has.items() if k not in taken}, **mine}
