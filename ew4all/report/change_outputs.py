"""The folder of a change: tables, rasters, map, page and record, all or nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from ew4all.report.change_map import draw_change_map
from ew4all.report.change_page import Pictures, write_change_page
from ew4all.report.change_view import ChangeView
from ew4all.writers.folder import output_folder, writing
from ew4all.writers.rasters import rasters_together
from ew4all.writers.records import write_json, write_record
from ew4all.writers.tables import multi, write_gpkg

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ew4all.change_results import Change
    from ew4all.change_study import ChangeStudy
    from ew4all.coverage.exposure import Progress

__all__ = ["write_change"]

WHOLE = ("all", "everybody")
"""Identifier and name of the row of the whole in tables."""


def write_change(
    folder: str | os.PathLike[str],
    study: ChangeStudy,
    result: Change,
    *,
    settings: Mapping[str, Any],
    notice: str | None = None,
    attribution: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Write series.csv, change.csv, zones.gpkg (with zones), gained.tif, lost.tif, map.png, change.html, change.json, run.json.

    Rasters and map are of the last series (any technology), from the first date to the last.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    with output_folder(folder) as out:
        _table(out / "series.csv", _series(result), notice)
        _table(out / "change.csv", _changes(result), notice)
        if result.zones:
            _zones(out / "zones.gpkg", result, notice)
        c = len(study.courses) - 1
        view = ChangeView.of(study, c, 0, len(study.courses[c].dates) - 1)
        _rasters(out, view, notice, progress)
        draw_change_map(out / "map.png", view, result, notice, attribution)
        pictures = Pictures.of(study, view)
        write_change_page(out / "change.html", result, pictures, notice, attribution)
        document = result.to_dict()
        write_json(
            out / "change.json", document if notice is None else {**document, "notice": notice}
        )
        height, width = study.grid.shape
        sizes = {
            "rows": height, "columns": width, "zones": len(study.zone_shapes), "layers": len(study.sources),
            "shapes": len(study.tally.shapes),
        }  # fmt: skip
        write_record(out, result, command="change", settings=settings, sizes=sizes, notice=notice)


def _rasters(out: Path, view: ChangeView, notice: str | None, progress: Progress | None) -> None:
    course = view.study.courses[view.pair[0]]
    dates = f"{course.dates[view.pair[1]]} to {course.dates[view.pair[2]]}"
    tags = {"EW4ALL_NOTE": notice} if notice else {}
    with rasters_together() as open_raster:
        files = {
            key: open_raster(
                out / f"{key}.tif", view.study.grid, description=f"people who {key} a signal, {dates}", tags=tags
            )
            for key in ("gained", "lost")
        }  # fmt: skip
        for block, found in view.blocks(progress):
            for key, file in files.items():
                file.write(block, getattr(found, key).astype(np.float32))


def _series(result: Change) -> Iterator[dict[str, Any]]:
    for series in result.series:
        for d, date in enumerate(series.dates):
            for (zone, name, people), counts in zip(
                _places(result), (*series.zones, series.total), strict=True
            ):
                yield {
                    "technology": series.name, "date": date, "zone_id": zone, "zone_name": name, "people": people,
                    **counts[d].to_dict(),
                }  # fmt: skip


def _changes(result: Change) -> Iterator[dict[str, Any]]:
    for series in result.series:
        for since, found in (("first", series.since_first), ("previous", series.since_previous)):
            for between in found:
                flows = (*between.zones, between.total)
                for (zone, name, _), flow in zip(_places(result), flows, strict=True):
                    yield {
                        "technology": series.name, "since": since, "from": between.before, "to": between.after,
                        "zone_id": zone, "zone_name": name, **flow.to_dict(),
                    }  # fmt: skip


def _places(result: Change) -> Sequence[tuple[str, str, float]]:
    return [*((z.id, z.name, z.people) for z in result.zones), (*WHOLE, result.people)]


def _table(path: Path, rows: Iterable[dict[str, Any]], notice: str | None) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer: Any = None
        for row in rows:
            if notice is not None:
                row["notice"] = notice
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)


def _zones(path: Path, result: Change, notice: str | None) -> None:
    """Zones with what became of their people from the first date to the last, any technology."""
    between = result.main.whole
    flows = [flow.to_dict() for flow in between.zones]
    table: dict[str, Any] = {
        "id": np.array([z.id for z in result.zones], object),
        "name": np.array([z.name for z in result.zones], object),
    }
    table |= {key: np.array([flow[key] for flow in flows]) for key in flows[0]}
    if notice is not None:
        table["notice"] = np.array([notice for _ in result.zones], object)
    shapes = np.empty(len(result.zones), dtype=object)
    shapes[:] = [multi(z.geometry) for z in result.zones]
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=4326))
    about = f"people who gained or lost a signal of {result.main.name}, {between.before} to {between.after}"
    write_gpkg(path, frame, "; ".join(t for t in (result.title, about, f"ew4all {result.version}", notice) if t))  # fmt: skip
