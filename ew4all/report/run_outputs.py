"""The folder of one run: tables, raster, pictures, report and record, all or nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ew4all.writers.folder import output_folder
from ew4all.writers.rasters import write_cog
from ew4all.writers.records import write_json, write_record
from ew4all.writers.run_tables import write_curves, write_events, write_run_zones

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ew4all.run_comparison import Comparison
    from ew4all.run_places import Places
    from ew4all.run_results import RunResults

__all__ = ["write_comparison", "write_run"]


def write_run(
    folder: str | os.PathLike[str],
    results: RunResults,
    places: Places,
    *,
    settings: Mapping[str, Any],
    seconds: Mapping[str, float],
    figures: bool = True,
) -> None:
    """Write summary.json, curves.parquet, zones.gpkg, missed.tif, events.parquet, run.json and timing.json.

    With `figures` also curves.png, map.png and report.html. All but timing.json, the pictures and the report have the same bytes
    whenever the same scenario is run again.

    Parameters
    ----------
    folder
        Created where it does not exist. After an error it is as it was.
    settings
        The scenario as it was given, and what was set beside it.
    seconds
        Wall times so far.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    began = time.perf_counter()
    with output_folder(folder) as out:
        write_json(out / "summary.json", results.to_dict())
        write_curves(out / "curves.parquet", results)
        write_events(out / "events.parquet", results)
        write_run_zones(out / "zones.gpkg", results)
        tags = {"EW4ALL_NOTE": results.notice} if results.notice else {}
        about = "people at risk who were not warned"
        if figures:
            # matplotlib and Jinja cost half a second, which a run without figures need not pay.
            from ew4all.report.run_curves import draw_run_curves
            from ew4all.report.run_map import RunMap, draw_run_map
            from ew4all.report.run_report import write_report

            view = RunMap.of(places)
            write_cog(out / "missed.tif", places.grid, view.blocks(), description=about, tags=tags)
            draw_run_map(out / "map.png", view, results)
            draw_run_curves(out / "curves.png", results)
            write_report(out / "report.html", results, out / "curves.png", out / "map.png")
        else:
            blocks = ((block, missed.astype("float32")) for block, _, missed in places.blocks())
            write_cog(out / "missed.tif", places.grid, blocks, description=about, tags=tags)
        spent = {**seconds, "write": time.perf_counter() - began}
        write_json(out / "timing.json", {"schema": "ew4all/timing/1", "seconds": spent})
        write_record(
            out,
            results,
            command="run",
            settings=settings,
            sizes={**results.sizes, "replicas": results.replicas, "seed": results.seed},
            notice=results.notice,
        )


def write_comparison(
    folder: str | os.PathLike[str],
    found: Comparison,
    *,
    settings: Mapping[str, Any],
    seconds: Sequence[Mapping[str, float]],
) -> None:
    """Write compare.json, compare.png, run.json and timing.json.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    from ew4all.report.run_comparison_figure import draw_comparison

    with output_folder(folder) as out:
        write_json(out / "compare.json", found.to_dict())
        draw_comparison(out / "compare.png", found)
        spent = [dict(one) for one in seconds]
        write_json(out / "timing.json", {"schema": "ew4all/timing/1", "seconds": spent})
        first, second = found.runs
        both = replace(
            first,
            inputs=(*first.inputs, *second.inputs),
            assumptions={
                **{f"A.{name}": value for name, value in first.assumptions.items()},
                **{f"B.{name}": value for name, value in second.assumptions.items()},
            },
            notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
        )
        sizes = {"A": dict(first.sizes), "B": dict(second.sizes), "replicas": found.replicas}
        write_record(
            out, both, command="compare", settings=settings, sizes=sizes, notice=first.notice or second.notice
        )  # fmt: skip
