"""The embedded demo case: Grenada, Hurricane Beryl, 1 July 2024. Demo data, not for operations.

People are spread by a rule over the islands, the warning area and the cell sites are invented, the
winds are those of the published best track. ``data/LICENCES.md`` names the sources;
``tools/build_demo.py`` in the repository builds the files. Nothing heavy is imported here.

>>> from ew4all.demo import CASE
>>> CASE.title
'Grenada, Hurricane Beryl, 1 July 2024'
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTICE: Final = "demo data, not for operations"
"""The words that every file of the case and everything computed from it must carry."""


ATTRIBUTION: Final = (
    "Places and total: GeoNames, CC BY 4.0. Coast: WorldPop, CC BY 4.0. Winds: NOAA, public domain"
)
"""Whose data the case was made from; see ``data/LICENCES.md``."""


def folder() -> Path:
    """Folder with the files of the case, as installed."""
    return Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class DemoCase:
    """The inputs of the demo, under the names that ``ew4all.reach`` gives them.

    Attributes
    ----------
    population
        Raster of people per cell (count), 3 arc-seconds, EPSG:4326.
    hazard
        Footprint of winds of 64 kt and more, 30 June to 2 July 2024.
    cap
        Warning as a CAP 1.2 alert of status Exercise.
    coverage
        ``"technology:operator"`` to a 0/1 raster (Operator A) or polygons (Operator B).
    operator_share
        Operator to its share of the subscribers, fraction 0..1.
    zones, zone_id, zone_name
        Parishes, approximated, and the columns that name them.
    title
        Title for maps and reports.
    """

    population: Path
    hazard: Path
    cap: Path
    coverage: Mapping[str, Path]
    operator_share: Mapping[str, float]
    zones: Path
    zone_id: str
    zone_name: str
    title: str

    def arguments(self) -> dict[str, Any]:
        """Return the inputs as keyword arguments for ``ew4all.reach``; mappings are copied."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            **values,
            "coverage": dict(self.coverage),
            "operator_share": dict(self.operator_share),
        }


CASE: Final = DemoCase(
    population=folder() / "population.tif",
    hazard=folder() / "hazard.geojson",
    cap=folder() / "alert.xml",
    coverage=MappingProxyType(
        {
            "2g:Operator A": folder() / "coverage_2g_a.tif",
            "3g:Operator A": folder() / "coverage_3g_a.tif",
            "4g:Operator A": folder() / "coverage_4g_a.tif",
            "2g:Operator B": folder() / "coverage_2g_b.gpkg",
            "4g:Operator B": folder() / "coverage_4g_b.gpkg",
        }
    ),
    operator_share=MappingProxyType({"Operator A": 0.55, "Operator B": 0.45}),
    zones=folder() / "parishes.geojson",
    zone_id="id",
    zone_name="name",
    title="Grenada, Hurricane Beryl, 1 July 2024",
)
"""The demo case, ready for use; :func:`extra` gives the files beside it."""


def extra(name: str) -> Path:
    """Path of a file of the case that is no input of ``reach``.

    Parameters
    ----------
    name
        ``area.geojson`` (the warning area alone), ``wind_swaths.geojson`` (34, 50 and 64 kt),
        ``outline.geojson``, ``places.geojson``, ``sites.csv`` or ``LICENCES.md``.

    Raises
    ------
    FileNotFoundError
        The case holds no such file.
    """
    path = folder() / name
    if not path.is_file():
        raise FileNotFoundError(path)
    return path
