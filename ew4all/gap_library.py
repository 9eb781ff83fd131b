"""The function that a notebook, the command line and a service call: `gaps`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.gap_intake import open_gaps
from ew4all.gap_study import gaps_of
from ew4all.library import as_given
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.gap_results import Gaps

__all__ = ["gaps"]

_NOT_SETTINGS: Final = {"workers", "progress", "out", "notice", "attribution"}
"""What is no input of the analysis."""


def gaps(
    population: Any = None,
    zones: Any = None,
    *,
    within: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    sites: Any = None,
    sites_options: Mapping[str, Any] | None = None,
    dem: Any = None,
    landcover: Any = None,
    outage: Any = None,
    coverage_after: Mapping[str, Any] | None = None,
    operator_share: Mapping[str, float] | None = None,
    channels: Mapping[str, Any] | None = None,
    channel_min: Mapping[str, float] | None = None,
    sirens: Any = None,
    hazards: Mapping[str, Any] | None = None,
    groups: Mapping[str, Any] | None = None,
    facilities: Mapping[str, Any] | None = None,
    h3: int | None = None,
    grid_km: float | None = None,
    level: int | None = None,
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
) -> Gaps:
    """Count people by what keeps a warning from them: no signal, no phone or network that can, no channel at all.

    Parameters
    ----------
    population
        As for `ew4all.reach`; None: nobody can be counted, and extents in square kilometres are given instead.
    zones, zone_id, zone_name
        Polygons for which results are given one by one, and their columns. A zone called ``outside`` takes the rest.
    within
        Polygons of the study area: nobody beyond is counted. By default everything, or the zones where the population
        reaches far beyond them.
    coverage, coverage_min, sites, sites_options, dem, landcover, operator_share
        Mobile signal, as for `ew4all.reach`.
    outage
        Sites off the air, as for `ew4all.reach`: the same numbers with the network degraded.
    coverage_after
        The layers of `coverage`, by the same keys, of a degraded network.
    channels, channel_min
        Channels beside cell broadcast that there are: from ``radio``, ``tv``, ``satellite``, ``wardens`` or any name to a
        layer of where it is received (raster of 0/1, shares or levels with a least level, or polygons), and ``sms`` and
        ``app`` to None: these go wherever there is a signal.
    sirens
        Points or a table of sirens with their level at 30.48 m.
    hazards
        From a name to a layer: polygons, or a raster with its threshold, see `ew4all.gap_hazards.open_hazards`.
    groups
        From a name to a raster of the people of a group, on the cells of the population; or to a mapping of ``source`` and
        ``share: True``, a raster of the share of people who belong to it, on any cells.
    facilities
        From a kind (``schools``, ``health_sites``, any name) to points or a table of them: with and without each channel.
    h3, grid_km
        Zones that are made over the study area in the place of `zones`: cells of H3 of this resolution, or squares of an
        equal-area grid with this side. Those where nobody lives are left out.
    level
        Administrative level of `zones`: features with one identifier of this level (``adm1_pcode``, ``GID_1``) are one zone.
    population_unit, population_column, refine
        As for `ew4all.reach`.
    assume
        Values that replace rows of `ew4all.gap_assumptions`, and of cells and phones where sites are given.
    workers, progress, title, notice, attribution
        As for `ew4all.reach`.
    out
        Folder for the results.

    Returns
    -------
    Gaps
        ``to_dict()`` is the JSON ``ew4all/gaps/1``.

    Raises
    ------
    InputError
        An input is at fault; the message says what, where, why and what to do.
    ReadError, WriteError
        A file cannot be read or written; nothing is left half-written.

    Examples
    --------
    >>> import ew4all
    >>> from ew4all.demo import CASE
    >>> found = ew4all.gaps(CASE.population, CASE.zones, coverage=CASE.coverage)
    >>> total = found.to_dict()["total"]
    >>> round(total["coverage_gap"] + total["usage_gap"] + total["reachable"] - total["people"], 6)
    0.0
    """
    if out is not None:
        must_be_folder(out)
    given = {k: v for k, v in locals().items() if k not in _NOT_SETTINGS}
    opened = open_gaps(**given, workers=workers, progress=progress)
    result = gaps_of(opened)
    if out is not None:
        # Tables and maps cost half a second to import, which a run without a folder need not pay.
        from ew4all.report.gap_outputs import write_gaps

        used = {k: as_given(v) for k, v in given.items() if v is not None}
        write_gaps(
            out, opened, result, settings=used, notice=notice, attribution=attribution, progress=progress
        )  # fmt: skip
    return result
