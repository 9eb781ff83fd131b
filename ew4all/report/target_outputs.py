"""The folder of one `target` run: lists, curve, rasters, pictures and record, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.report.target_map import TargetMap, draw_target_map
from ew4all.report.tradeoff_plot import draw_tradeoff
from ew4all.writers.cells import write_cells_csv, write_cells_geojson
from ew4all.writers.folder import output_folder
from ew4all.writers.rasters import rasters_together
from ew4all.writers.records import write_json, write_record
from ew4all.writers.target_tables import (
    DisturbedArea,
    write_shapes,
    write_target_tables,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from ew4all.cells import Cells
    from ew4all.coverage.exposure import Progress
    from ew4all.target_results import Target
    from ew4all.targets import TargetStudy

__all__ = ["write_target"]

_RASTERS = {
    "missed": "people in the warning area who camp on a cell that is not addressed",
    "unserved": "people in the warning area whom no cell serves",
    "over_reach": "people outside the warning area who camp on an addressed cell and whose phone shows the alert",
}


def write_target(
    folder: str | os.PathLike[str],
    study: TargetStudy,
    target: Target,
    *,
    settings: Mapping[str, Any],
    notice: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Write cells.csv, cells.geojson, curve.csv, rules.csv, missed.tif, unserved.tif, over_reach.tif, over_reach.geojson,
    tradeoff.png, map.png, target.json and run.json; groups.csv, operators.csv and settlements.csv where there are any.

    Parameters
    ----------
    folder
        Created where it does not exist. After an error it is as it was.
    settings
        Options of the run, as they were given, for run.json.
    notice
        Words that every output must carry.

    Raises
    ------
    WriteError
        A file cannot be written.
    """  # noqa: D205
    with output_folder(folder) as out:
        write_target_tables(out, target, notice)
        cells, extra = _addressed(study, target)
        write_cells_csv(out / "cells.csv", cells, extra, notice=notice)
        write_cells_geojson(out / "cells.geojson", cells, extra, notice=notice)
        view = TargetMap.of(study)
        disturbed = DisturbedArea(study.grid)
        tags = {"EW4ALL_NOTE": notice} if notice else {}
        with rasters_together() as begin:
            files = {
                name: begin(out / f"{name}.tif", study.grid, description=text, tags=tags)
                for name, text in _RASTERS.items()
            }
            for found in study.blocks(progress):
                for name, file in files.items():
                    file.write(found.block, getattr(found, name).astype(np.float32))
                disturbed.add(found.block, found.on_outside)
                view.add(found)
        outcome = target.outcome
        facts = {
            "what": "at least half of the phones here camp on an addressed cell, outside the warning area",
            "people": outcome.over_reach,
            "km2": outcome.over_reach_km2,
        }
        write_shapes(out / "over_reach.geojson", [(facts, disturbed.shape())], notice)
        draw_tradeoff(out / "tradeoff.png", target, notice)
        draw_target_map(out / "map.png", view, target, notice)
        document = target.to_dict()
        write_json(
            out / "target.json", document if notice is None else {**document, "notice": notice}
        )
        write_record(
            out,
            target,
            command="target",
            settings=settings,
            sizes=_sizes(study, target),
            notice=notice,
        )


def _addressed(study: TargetStudy, target: Target) -> tuple[Cells, dict[str, Any]]:
    """Return the addressed cells in the order of the result, and what was counted of each."""
    place = {name: k for k, name in enumerate(study.cells.id.tolist())}
    order = np.array([place[row.id] for row in target.cells], np.int64)
    names = ("inside", "outside", "share", "added")
    extra = {name: np.array([getattr(row, name) for row in target.cells]) for name in names}
    return study.cells.take(order), extra


def _sizes(study: TargetStudy, target: Target) -> dict[str, Any]:
    height, width = study.grid.shape
    return {
        "rows": height,
        "columns": width,
        "windows": len(study.serving.windows),
        "cells": len(study.cells),
        "corners": len(target.choice.curve),
        "settlements": len(study.settlement_names),
        "members": 0 if study.ensemble is None else len(study.ensemble.alive),
    }
