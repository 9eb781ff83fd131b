"""A gap analysis as tables: zones, groups, hazards. A column is the path of its number in gaps.json, joined by ``_``."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np

from ew4all.writers.folder import writing
from ew4all.writers.tables import FIXED_DATE, gdal_option, multi, write_gpkg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.facility_results import Facilities
    from ew4all.gap_results import GapBlock, GapGroup, GapHazard, Gaps, GapZone

__all__ = ["WHOLE", "flat", "write_facilities", "write_gap_tables", "write_rows", "zone_rows"]

WHOLE: Final = ("all", "everybody")
"""Identifier and name of the row of the whole study area."""

_WORDS: Final = ("id", "name", "kind", "zone", "notice")

Row = dict[str, Any]


def flat(block: Mapping[str, Any], prefix: str = "") -> Row:
    """Return the numbers of a block of the JSON in one mapping, a name for the path of each.

    >>> flat({"people": 3.0, "channels": {"none": 1.0}}, "degraded_")
    {'degraded_people': 3.0, 'degraded_channels_none': 1.0}
    """
    out: Row = {}
    for key, value in block.items():
        if isinstance(value, dict):
            out |= flat(value, f"{prefix}{key}_")
        elif isinstance(value, int | float):
            out[f"{prefix}{key}"] = value
    return out


def write_gap_tables(
    folder: Path, result: Gaps, whole: BaseGeometry, *, notice: str | None = None
) -> None:
    """Write zones.gpkg (layer ``zones``), zones.parquet (GeoParquet 1.1), zones.csv, groups.csv and hazards.csv.

    EPSG:4326; the zone called ``outside`` has a null geometry. There is no groups.csv or hazards.csv without any.

    Parameters
    ----------
    folder
        Folder of the run, as `output_folder` gives it.
    whole
        Study area, for the one row where no zones were given.
    notice
        Words that every row must carry.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    rows, shapes = zone_rows(result, whole)
    more = {} if notice is None else {"notice": notice}
    rows = [{**row, **more} for row in rows]
    write_rows(folder / "zones.csv", rows)
    frame = _framed(rows, gpd.GeoSeries(shapes, crs=4326))
    parts = (result.title, "who is left out, by zone", f"ew4all {result.version}", notice)
    write_gpkg(folder / "zones.gpkg", frame, "; ".join(part for part in parts if part))
    path = folder / "zones.parquet"
    with writing(path):
        frame.to_parquet(path, index=False, schema_version="1.1.0", write_covering_bbox=True)
    if result.groups:
        write_rows(folder / "groups.csv", [{**row, **more} for row in _group_rows(result)])
    if result.hazards:
        write_rows(folder / "hazards.csv", [{**row, **more} for row in _hazard_rows(result)])


def zone_rows(result: Gaps, whole: BaseGeometry) -> tuple[list[Row], NDArray[Any]]:
    """Return a row a zone and its shape; where no zones were given, one row of everybody."""
    known = list(result.zones)
    heads = [{"id": z.id, "name": z.name} for z in known] or [{"id": WHOLE[0], "name": WHOLE[1]}]
    shapes = np.empty(len(heads), dtype=object)
    shapes[:] = [multi(z.geometry) for z in known] or [multi(whole)]
    rows: list[Row] = [
        {**head, **_numbers(block)} for head, block in zip(heads, _places(result.total, known), strict=True)
    ]  # fmt: skip
    for prefix, total, zones in _others(result):
        _beside(rows, prefix, _places(total, zones))
    return rows, shapes


def _others(result: Gaps) -> Iterator[tuple[str, GapBlock, Sequence[GapZone]]]:
    for hazard in result.hazards:
        yield f"hazard_{hazard.name}_", hazard.block, hazard.zones
    for group in result.groups:
        yield f"group_{group.name}_", group.block, group.zones
    if result.degraded is not None:
        yield "degraded_", result.degraded.total, result.degraded.zones
        for hazard in result.degraded.hazards:
            yield f"degraded_hazard_{hazard.name}_", hazard.block, hazard.zones
        for group in result.degraded.groups:
            yield f"degraded_group_{group.name}_", group.block, group.zones


def _beside(rows: Sequence[Row], prefix: str, blocks: Sequence[GapBlock | GapZone]) -> None:
    """Put columns beside those there are; a name that only differs in capitals gets a number, as GeoPackage wants."""
    found = [_numbers(block) for block in blocks]
    taken = {name.casefold() for row in rows for name in row}
    names: dict[str, str] = {}
    for name in dict.fromkeys(name for numbers in found for name in numbers):
        here, k = prefix + name, 2
        while here.casefold() in taken:
            here, k = f"{prefix}{name}_{k}", k + 1
        names[name] = here
        taken.add(here.casefold())
    for row, numbers in zip(rows, found, strict=True):
        row |= {names[name]: value for name, value in numbers.items()}


def _places(total: GapBlock, zones: Sequence[GapZone]) -> Sequence[GapBlock | GapZone]:
    return zones or [total]


def _numbers(place: GapBlock | GapZone) -> Row:
    return flat(place.to_dict())


def _group_rows(result: Gaps) -> Iterator[Row]:
    after = () if result.degraded is None else result.degraded.groups
    for k, group in enumerate(result.groups):
        head = {"group": group.name, "kind": group.kind}
        for row in _with_zones(group, after[k] if after else None):
            yield {**head, **row}


def _hazard_rows(result: Gaps) -> Iterator[Row]:
    after = () if result.degraded is None else result.degraded.hazards
    for k, hazard in enumerate(result.hazards):
        for row in _with_zones(hazard, after[k] if after else None):
            yield {"hazard": hazard.name, **row}


def _with_zones(now: GapGroup | GapHazard, degraded: GapGroup | GapHazard | None) -> Iterator[Row]:
    """Yield a row of everybody in a group or hazard, and one a zone."""
    places: list[tuple[str, str, Row]] = [(*WHOLE, flat(now.block.to_dict()))]
    places += [(zone.id, zone.name, flat(zone.to_dict())) for zone in now.zones]
    if degraded is not None:
        more = [degraded.block.to_dict(), *(zone.to_dict() for zone in degraded.zones)]
        for (_, _, numbers), block in zip(places, more, strict=True):
            numbers |= flat(block, "degraded_")
    for identifier, name, numbers in places:
        yield {**_named(identifier, name), **numbers}


def _named(identifier: str, name: str) -> Row:
    return {"zone_id": identifier, "zone_name": name}


def write_facilities(
    folder: Path,
    kinds: Sequence[Facilities],
    title: str | None,
    version: str,
    *,
    notice: str | None = None,
) -> None:
    """Write facilities.csv and facilities.gpkg (layer ``facilities``, points, EPSG:4326): a row a facility.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    rows: list[Row] = []
    for kind in kinds:
        table = kind.table()
        rows += [
            dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)
        ]
    more = {} if notice is None else {"notice": notice}
    rows = [{**row, **more} for row in rows]
    if not rows:
        return
    write_rows(folder / "facilities.csv", rows)
    points = gpd.points_from_xy(
        [row["lon"] for row in rows], [row["lat"] for row in rows], crs=4326
    )
    frame = _framed(rows, points)
    parts = (title, "facilities with and without channels", f"ew4all {version}", notice)
    path = folder / "facilities.gpkg"
    with writing(path), gdal_option("OGR_CURRENT_DATE", FIXED_DATE):
        frame.to_file(
            path, layer="facilities", driver="GPKG", engine="pyogrio", geometry_type="Point",
            layer_options={"DESCRIPTION": "; ".join(part for part in parts if part)},
        )  # fmt: skip


def _columns(rows: Sequence[Row]) -> list[str]:
    """Return all columns, in the order in which they first appear, the notice last."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [n for n in names if n != "notice"] + [n for n in names if n == "notice"]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV, numbers with all their digits; what a row does not know is empty.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    names = _columns(rows)
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _framed(rows: Sequence[Row], shapes: Any) -> Any:
    """Return rows and their shapes as a table with columns of words, of whole numbers and of numbers, the unknown as null."""
    columns: dict[str, Any] = {}
    whole = []
    for name in _columns(rows):
        values = [row.get(name) for row in rows]
        if name in _WORDS:
            columns[name] = np.array(values, dtype=object)
            continue
        columns[name] = np.array([np.nan if v is None else v for v in values], np.float64)
        if all(isinstance(v, int | None) for v in values):
            whole.append(name)
    frame = gpd.GeoDataFrame(columns, geometry=shapes)
    return frame.astype(dict.fromkeys(whole, "Int64"))
