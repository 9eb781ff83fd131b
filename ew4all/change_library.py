"""The function that a notebook, the command line and a service call: `change`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.change_intake import open_change
from ew4all.library import as_given
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from ew4all.change_results import Change
    from ew4all.coverage.exposure import Progress


def change(
    population: Any,
    *,
    coverage: Mapping[str, Any] | None = None,
    feed: str | os.PathLike[str] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    refine: Any = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
    out: str | os.PathLike[str] | None = None,
    notice: str | None = None,
    attribution: str | None = None,
) -> Change:
    """Count the people covered at each of several dates, and those who gained or lost a signal between dates.

    Parameters
    ----------
    population, population_unit, population_column, refine
        As for `ew4all.reach`.
    coverage
        From ``"4g@2024-07-01"`` or ``"4g:Operator@2024-07-01T06:00Z"`` to a raster or polygons, as for `ew4all.reach`, or to a
        file of speed tests (quadkeys, or points).
    feed
        In its place a folder of dated files, or a list of them, read as it is now; see `ew4all.readers.coverage_dates.read_feed`.
    coverage_min
        As for `ew4all.reach`; keys have no date, a threshold holds for all.
    zones, zone_id, zone_name
        Polygons for which results are given one by one, and their columns.
    assume
        Values that replace defaults of `ew4all.coverage.change_defaults`: ``zoom``, ``min_tests``, ``min_kbps``.
    workers, progress, title, notice, attribution
        As for `ew4all.reach`.
    out
        Folder for series.csv, change.csv, zones.gpkg, gained.tif, lost.tif, map.png, change.html, change.json and run.json.

    Returns
    -------
    Change
        ``to_dict()`` is the JSON ``ew4all/change/1``.

    Raises
    ------
    InputError
        An input is at fault; the message says what, where, why and what to do.
    ReadError, WriteError
        A file cannot be read or written; nothing is left half-written.
    """
    if out is not None:
        must_be_folder(out)
    given = {
        "coverage": coverage,
        "feed": feed,
        "coverage_min": coverage_min,
        "zones": zones,
        "zone_id": zone_id,
        "zone_name": zone_name,
        "population_unit": population_unit,
        "population_column": population_column,
        "refine": refine,
        "assume": assume,
        "title": title,
    }
    study = open_change(population, **given, workers=workers, progress=progress)
    result = study.change()
    if out is not None:
        # Pictures cost half a second to import, which a run without a folder need not pay.
        from ew4all.report.change_outputs import write_change

        used = {"population": population, **given}
        write_change(
            out,
            study,
            result,
            settings={k: as_given(v) for k, v in used.items() if v is not None},
            notice=notice,
            attribution=attribution,
            progress=progress,
        )
    return result
