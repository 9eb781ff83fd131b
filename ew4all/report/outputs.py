"""The folder of one run: tables, raster, map and record, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ew4all.report.map import MapLayers, draw_map
from ew4all.report.view import View, north_up
from ew4all.reprojection import to_lonlat
from ew4all.results import ZoneCount
from ew4all.writers.folder import output_folder
from ew4all.writers.rasters import write_cog
from ew4all.writers.records import write_json, write_record
from ew4all.writers.tables import write_zone_tables

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from ew4all.coverage.exposure import Progress
    from ew4all.results import Reach
    from ew4all.study import Study

WHOLE = ("all", "everybody")
"""Identifier and name of the one row of the tables where no zones were given."""

UNTITLED = "People in the warning area without a signal"
UNTITLED_UNCOVERED = "People in the warning area"


def write_outputs(
    folder: str | os.PathLike[str],
    study: Study,
    result: Reach,
    *,
    settings: Mapping[str, Any],
    notice: str | None = None,
    attribution: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Write zones.gpkg, zones.parquet, zones.csv, uncovered.tif, map.png, reach.json and run.json.

    With an outage also uncovered_after.tif and map_after.png, and two columns of the tables. Without coverage layers nobody knows who is uncovered, and there is no uncovered.tif.

    Parameters
    ----------
    folder
        Created where it does not exist. After an error it is as it was.
    settings
        Options of the run, as they were given, for run.json.
    notice
        Words that every output must carry.
    attribution
        Whose data they are, for the map.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    with output_folder(folder) as out:
        write_zone_tables(out, _with_rows(study, result), notice=notice)
        said = notice, attribution, progress
        _write_place(out, "", study, result, View.of(study), *said)
        cells = study.cells_after()
        if result.outage and cells:
            after = replace(
                result.outage.after, title=f"{result.title or UNTITLED}, after the outage"
            )
            _write_place(out, "_after", study, after, View.of(study, cells), *said)
        document = result.to_dict()
        write_json(
            out / "reach.json", document if notice is None else {**document, "notice": notice}
        )
        write_record(
            out, result, command="reach", settings=settings, sizes=_sizes(study), notice=notice
        )


def _write_place(
    out: Path,
    suffix: str,
    study: Study,
    result: Reach,
    view: View,
    notice: str | None,
    attribution: str | None,
    progress: Progress | None,
) -> None:
    """Write the raster of uncovered people and the map."""
    blocks = view.blocks(progress)
    if study.queries:
        write_cog(
            out / f"uncovered{suffix}.tif",
            study.grid,
            blocks,
            description="people in the warning area who are not covered by any technology",
            tags={"EW4ALL_NOTE": notice} if notice else {},
        )
    else:
        for _ in blocks:
            pass
    draw_map(out / f"map{suffix}.png", _layers(study, result, view, notice, attribution))


def _with_rows(study: Study, result: Reach) -> Reach:
    if result.zones:
        return result
    shape = to_lonlat(study.questions.places[-1:], study.grid)[0]
    outage = result.outage
    if outage is not None:
        whole = ZoneCount(*WHOLE, outage.after.people, shape)
        outage = replace(outage, after=replace(outage.after, zones=(whole,)))
    return replace(result, zones=(ZoneCount(*WHOLE, result.people, shape),), outage=outage)


def _layers(
    study: Study, result: Reach, view: View, notice: str | None, attribution: str | None
) -> MapLayers:
    names = () if study.zones is None else study.zones.names
    return MapLayers(
        people=north_up(study.grid, view.people),
        uncovered=north_up(study.grid, view.uncovered) if study.queries else None,
        extent=view.extent,
        crs=study.grid.crs,
        counts=result.people,
        title=result.title or (UNTITLED if study.queries else UNTITLED_UNCOVERED),
        hazard=view.hazard() if any(s.role == "hazard" for s in study.sources) else None,
        area=study.area,
        zones=[(n, s) for n, s in zip(names, study.zone_shapes, strict=True) if s is not None],
        notice=notice,
        attribution=attribution,
    )


def _sizes(study: Study) -> dict[str, Any]:
    height, width = study.grid.shape
    return {
        "rows": height,
        "columns": width,
        "zones": len(study.zone_shapes),
        "groups": len(study.people.groups),
        "coverage_rasters": len(study.rasters),
        "coverage_polygon_layers": len(study.polygons),
        "shapes": len(study.questions.shapes),
    }
