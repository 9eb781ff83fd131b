"""The folder of a plan of measures: the plan, tables, map and curve, all or nothing."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ew4all.report.measure_curve import draw_curve
from ew4all.report.measure_map import draw_measures
from ew4all.writers.folder import output_folder, writing
from ew4all.writers.records import write_json, write_record
from ew4all.writers.tables import FIXED_DATE, gdal_option

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ew4all.measure_results import MeasurePlan, PlannedMeasure
    from ew4all.plan_problem import Problem

__all__ = ["measure_rows", "write_measures"]


def write_measures(
    folder: str | os.PathLike[str],
    problem: Problem,
    plan: MeasurePlan,
    *,
    settings: Mapping[str, Any],
    notice: str | None = None,
    attribution: str | None = None,
) -> None:
    """Write plan.json, measures.csv, measures.gpkg, curve.csv, curve.png, map.png and run.json.

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
    rows = measure_rows(plan, notice)
    with output_folder(folder) as out:
        document = plan.to_dict()
        write_json(out / "plan.json", document if notice is None else {**document, "notice": notice})  # fmt: skip
        _write_csv(out / "measures.csv", rows)
        _write_points(out / "measures.gpkg", rows, plan, notice)
        curve = [{**p, **({"notice": notice} if notice else {})} for p in document["curve"]]
        _write_csv(out / "curve.csv", curve)
        draw_curve(out / "curve.png", plan, notice)
        draw_measures(out / "map.png", problem, plan, notice, attribution)
        sizes = {
            "cells": len(problem.cells),
            "measures": len(problem.measures),
            "rows": int(problem.options[0].instance.weight.size),
            "entries": int(problem.options[0].instance.row.size),
        }
        write_record(
            out, plan, command="plan measures", settings=settings, sizes=sizes, notice=notice
        )


def measure_rows(plan: MeasurePlan, notice: str | None = None) -> list[dict[str, Any]]:
    """Return the table of all measures: those chosen in their order with running totals, then the others, then the unpriced."""
    rows = []
    spent, reached = 0.0, 0.0
    for state, group in (
        ("chosen", plan.chosen),
        ("not chosen", plan.others),
        ("unpriced", plan.unpriced),
    ):
        for k, row in enumerate(group, 1):
            chosen = state == "chosen"
            spent += (row.measure.cost or 0.0) if chosen else 0.0
            reached += (row.added or 0.0) if chosen else 0.0
            rows.append(
                {
                    "state": state,
                    "rank": k if chosen else None,
                    **_facts(row),
                    "people_added": row.added,
                    "cost_per_person": row.cost_per_person,
                    "cost_so_far": spent if chosen else None,
                    "people_so_far": reached if chosen else None,
                    **({"notice": notice} if notice else {}),
                }
            )
    return rows


def _facts(row: PlannedMeasure) -> dict[str, Any]:
    m = row.measure
    known = math.isfinite(m.lon_deg)
    return {
        "id": m.id,
        "kind": m.kind,
        "name": m.name,
        "lon": m.lon_deg if known else None,
        "lat": m.lat_deg if known else None,
        "site": m.site or None,
        "zone": m.zone or None,
        "cost": m.cost,
        "people_alone": row.alone,
        "cost_per_person_alone": row.cost_per_person_alone,
    }


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if rows:
            writer.writerow(rows[0])
            writer.writerows(["" if v is None else v for v in row.values()] for row in rows)


_WORDS = {"state", "id", "kind", "name", "site", "zone", "notice"}


def _write_points(
    path: Path, rows: Sequence[Mapping[str, Any]], plan: MeasurePlan, notice: str | None
) -> None:
    """Write measures with a place as points; those of a zone or of the country have none."""
    names = list(rows[0]) if rows else ["state", "id", "kind", "name", "cost"]
    table = {
        name: np.array([row[name] for row in rows], dtype=object if name in _WORDS else np.float64)
        for name in names
    }
    shapes = np.array(
        [None if row["lon"] is None else shapely.Point(row["lon"], row["lat"]) for row in rows],
        dtype=object,
    )
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=4326))
    about = "; ".join(
        part for part in (plan.title, "measures", f"ew4all {plan.version}", notice) if part
    )
    with writing(path), gdal_option("OGR_CURRENT_DATE", FIXED_DATE):
        frame.to_file(
            path, layer="measures", driver="GPKG", engine="pyogrio", geometry_type="Point",
            layer_options={"DESCRIPTION": about},
        )  # fmt: skip
