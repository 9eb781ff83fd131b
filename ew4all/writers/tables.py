"""Zones as tables: GeoPackage, GeoParquet and CSV, with the same columns."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from ew4all.units import TECHNOLOGIES
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ew4all.results import Reach, ZoneCount

__all__ = ["columns", "multi", "write_gpkg", "write_zone_tables"]

LAYER = "zones"
FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""GeoPackage wants the time of its last change; a fixed one makes equal results equal files."""


def columns(
    zones: Sequence[ZoneCount], notice: str | None = None, after: Sequence[ZoneCount] = ()
) -> dict[str, list[Any]]:
    """Return the table as columns, one value a zone.

    ``id, name, total, at_risk, in_area, at_risk_in_area, at_risk_outside`` (at risk, but not in the warning
    area), where there are coverage layers also ``at_risk_covered``, ``covered_`` and each technology that has a layer,
    ``covered_any, uncovered``; with the same zones `after` an outage also ``covered_any_after, uncovered_after``; and
    ``notice`` where there is one.
    """
    people = [z.people for z in zones]
    table: dict[str, list[Any]] = {"id": [z.id for z in zones], "name": [z.name for z in zones]}
    for name in ("total", "at_risk", "in_area", "at_risk_in_area", "at_risk_outside"):
        table[name] = [getattr(p, name) for p in people]
    if any(p.at_risk_covered is not None for p in people):
        table["at_risk_covered"] = [p.at_risk_covered for p in people]
    for technology in (*TECHNOLOGIES, "any"):
        if any(technology in p.covered for p in people):
            table[f"covered_{technology}"] = [p.covered.get(technology) for p in people]
    if any(p.uncovered is not None for p in people):
        table["uncovered"] = [p.uncovered for p in people]
    if after:
        table["covered_any_after"] = [z.people.covered.get("any") for z in after]
        table["uncovered_after"] = [z.people.uncovered for z in after]
    if notice is not None:
        table["notice"] = [notice for _ in zones]
    return table


def write_zone_tables(folder: Path, result: Reach, *, notice: str | None = None) -> None:
    """Write ``zones.gpkg`` (layer ``zones``), ``zones.parquet`` (GeoParquet 1.1) and ``zones.csv``.

    EPSG:4326; the zone called ``outside`` has a null geometry. Without zones the tables have no row. The same result
    gives the same bytes.

    Parameters
    ----------
    folder
        Folder of the run, as `output_folder` gives it.
    notice
        Words that every row must carry, for instance that the data are not real.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    table = columns(result.zones, notice, result.outage.after.zones if result.outage else ())
    shapes = np.empty(len(result.zones), dtype=object)
    shapes[:] = [multi(z.geometry) for z in result.zones]
    frame = gpd.GeoDataFrame(_typed(table), geometry=gpd.GeoSeries(shapes, crs=4326))
    write_gpkg(folder / "zones.gpkg", frame, _description(result, notice))
    path = folder / "zones.parquet"
    with writing(path):
        frame.to_parquet(path, index=False, schema_version="1.1.0", write_covering_bbox=True)
    path = folder / "zones.csv"
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))


def write_gpkg(path: Path, frame: Any, description: str) -> None:
    """Write a GeoDataFrame of zones as GeoPackage, layer ``zones``; equal tables give equal files.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    with writing(path), gdal_option("OGR_CURRENT_DATE", FIXED_DATE):
        frame.to_file(
            path,
            layer=LAYER,
            driver="GPKG",
            engine="pyogrio",
            geometry_type="MultiPolygon",
            layer_options={"DESCRIPTION": description},
        )


def _typed(table: dict[str, list[Any]]) -> dict[str, Any]:
    words = {"id", "name", "notice"}
    return {
        name: np.array(values, dtype=object if name in words else np.float64)
        for name, values in table.items()
    }


def multi(shape: Any) -> Any:
    """Return a shape as a multipolygon, None for an empty one: GeoPackage allows one kind of geometry a layer."""
    if shape is None or shape.geom_type == "MultiPolygon":
        return shape
    return shapely.multipolygons([shape]) if not shape.is_empty else None


def _description(result: Reach, notice: str | None) -> str:
    parts = (result.title, "people by zone", f"ew4all {result.version}", notice)
    return "; ".join(part for part in parts if part)


@contextmanager
def gdal_option(name: str, value: str) -> Iterator[None]:
    """Set an option of GDAL for a while."""
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: value})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})
