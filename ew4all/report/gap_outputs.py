"""The folder of a gap analysis: tables, rasters, map, curve, page and record, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.report.gap_map import draw_gap_map
from ew4all.report.gap_page import UNTITLED, write_gap_page
from ew4all.report.gap_view import GapView
from ew4all.report.lorenz_plot import draw_lorenz
from ew4all.reprojection import to_lonlat
from ew4all.writers.folder import output_folder
from ew4all.writers.gap_tables import write_facilities, write_gap_tables
from ew4all.writers.records import write_json, write_record

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.gap_intake import GapStudy
    from ew4all.gap_results import Gaps
    from ew4all.report.lorenz_plot import Lorenz

__all__ = ["write_gaps"]

_CURVES = {"left_out": "left out", "no_channel": "reached by no channel"}


def write_gaps(
    out: str | os.PathLike[str],
    opened: GapStudy,
    result: Gaps,
    *,
    settings: Mapping[str, Any],
    notice: str | None = None,
    attribution: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Write zones.gpkg, zones.parquet, zones.csv, map.png, report.html, gaps.json and run.json.

    With groups groups.csv, with hazards hazards.csv, with facilities facilities.csv and facilities.gpkg, with a signal layer left_out.tif, with another channel no_channel.tif,
    and lorenz.png where zones can be compared.

    Parameters
    ----------
    out
        Created where it does not exist. After an error it is as it was.
    settings
        Options of the run, as they were given, for run.json.
    notice
        Words that every output must carry.
    attribution
        Whose data they are, for map and page.

    Raises
    ------
    OptionError, WriteError
        See `output_folder`.
    """
    with output_folder(out) as folder:
        document = result.to_dict()
        write_gap_tables(folder, result, _whole(opened), notice=notice)
        write_facilities(folder, result.facilities, result.title, result.version, notice=notice)
        view = GapView.of(opened)
        view.write(folder, notice, progress)
        draw_gap_map(folder / "map.png", view, result, notice, attribution)
        curve = _draw_curve(folder / "lorenz.png", result, document.get("equity"), notice)
        write_gap_page(
            folder / "report.html", result, folder / "map.png", curve, notice=notice, attribution=attribution
        )  # fmt: skip
        write_json(
            folder / "gaps.json", document if notice is None else {**document, "notice": notice}
        )
        write_record(
            folder, result, command="gaps", settings=settings, sizes=_sizes(opened, result), notice=notice
        )  # fmt: skip


def _draw_curve(
    path: Path, result: Gaps, equity: Mapping[str, Any] | None, notice: str | None
) -> Path | None:
    if not equity:
        return None
    curves: list[Lorenz] = [
        (words, equity[key]["gini"], equity[key]["lorenz"])
        for key, words in _CURVES.items()
        if key in equity
    ]
    if not curves:
        return None
    draw_lorenz(path, curves, result.title or UNTITLED, equity.get("by", "zones"), notice)
    return path


def _whole(opened: GapStudy) -> BaseGeometry:
    one = np.empty(1, dtype=object)
    one[0] = opened.ground.within
    shape: BaseGeometry = to_lonlat(one, opened.study.grid)[0]
    return shape


def _sizes(opened: GapStudy, result: Gaps) -> dict[str, Any]:
    grid = opened.study.grid
    return {
        "rows": grid.height,
        "columns": grid.width,
        "zones": len(result.zones),
        "layers": len(opened.ground.layers),
        "atoms": len(opened.ground.atoms),
    }
