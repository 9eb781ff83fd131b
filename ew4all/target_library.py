"""The function that a notebook, the command line and a service call: `target`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.coverage.geofence import Geofence
from ew4all.coverage.target_choice import Demand, tau_of_weight
from ew4all.coverage.targeting import TAU
from ew4all.errors import OptionError
from ew4all.library import as_given
from ew4all.readers.settlement_areas import RADIUS_M
from ew4all.target_intake import open_target
from ew4all.target_rows import target_of
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from ew4all.coverage.exposure import Progress
    from ew4all.target_results import Target

__all__ = ["target"]


def target(
    sites: Any,
    population: Any,
    area: Any = None,
    *,
    cap: Any = None,
    at: datetime | str | None = None,
    geocodes: Any = None,
    dem: Any = None,
    landcover: Any = None,
    landcover_class: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    sites_technology: str | None = None,
    technology: str | Sequence[str] = (),
    country: Any = None,
    max_age_years: float = 5.0,
    urgency: str | None = None,
    threshold: float | None = None,
    weight: float | None = None,
    measure: str = "people",
    limit: int | None = None,
    limit_order: str = "gain",
    budget: float | None = None,
    epsilon: float = 0.0,
    groups: str | None = None,
    settlements: Any = None,
    settlement_radius_m: float = RADIUS_M,
    floor: float | None = None,
    operator: str | Sequence[str] = (),
    operator_share: Mapping[str, float] | None = None,
    one_network: bool = False,
    geofence_share: float | None = None,
    geofence: Mapping[str, float] | None = None,
    ensemble: Any = None,
    robust: str = "mean",
    population_unit: str | None = None,
    population_column: str | None = None,
    resolution_m: float | None = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
    out: str | os.PathLike[str] | None = None,
    notice: str | None = None,
) -> Target:
    """Choose the cells that should carry a warning, and count whom they reach, miss and disturb.

    Parameters
    ----------
    sites
        List of cells (see `ew4all.readers.sites.read_cells`), or `ew4all.cells.Cells`.
    population, population_unit, population_column
        As for `reach`.
    area, cap, at, geocodes
        Warning area, one of the first two; as for `reach`.
    dem, landcover, landcover_class
        Terrain heights in metres, land cover classes and what they mean; without them land is flat, and surroundings follow
        from people.
    columns, sites_technology, country, max_age_years
        Columns of the list of cells, technology of its rows, country whose cells are kept, and age at which rows are dropped;
        see `read_cells`.
    technology
        Technologies to address; all by default.
    urgency, threshold, weight
        What decides, at most one of them. ``"evacuation"`` or ``"imminent"``; or the least share of a cell's people who are
        inside, 0..1; or the people reached that one person disturbed weighs as much as. By default evacuation.
    measure
        ``"people"``, or ``"area"`` to count square kilometres.
    limit, limit_order
        Most entries of each operator's list, and which are kept: those that gain most (``"gain"``) or the largest shares
        (``"share"``).
    budget
        Most people disturbed, for each operator, in the place of a threshold.
    epsilon
        At a threshold of 0, leave out cells that serve less than this fraction of all who are served inside.
    groups
        ``"tai"`` or ``"emergency_area"``: address these in the place of cells.
    settlements, settlement_radius_m, floor
        Points or polygons; radius of the circle around a point; and the share of the served people of each who must be
        reached.
    operator, operator_share, one_network
        Operators to address (all by default), market shares, or all cells as one network on which every phone may camp.
    geofence_share, geofence
        Share of phones that filter by place (WEA 3.0), and other fields of `ew4all.coverage.geofence.Geofence`.
    ensemble, robust
        Table of outages (see `read_ensemble`), and how members are joined: ``"mean"`` or ``"union"``.
    resolution_m
        Width of a pixel; by default that of the population's, 250 at most (people are then spread evenly over the parts).
    assume
        Values that replace assumptions of the coverage map.
    workers
        Threads, or an executor of threads; the result has the same bits for any.
    progress, title, notice
        As for `reach`.
    out
        Folder for lists, rasters, pictures and the record.

    Raises
    ------
    EmptySelectionError
        No cell serves the area, nobody lives there, or no cell is worth it.
    InputError, ReadError, WriteError
        An input is at fault, or a file cannot be read or written; nothing is left half-written.
    """
    if out is not None:
        must_be_folder(out)
    given = dict(locals())
    demand = Demand(
        tau=_tau(urgency, threshold, weight, budget),
        measure=measure,
        limit=limit,
        limit_order=limit_order,
        budget=budget,
        floor=floor,
        epsilon=epsilon,
        robust=robust,
    )
    study = open_target(
        sites,
        population,
        area,
        cap=cap,
        at=at,
        geocodes=geocodes,
        dem=dem,
        landcover=landcover,
        landcover_class=landcover_class,
        columns=columns,
        sites_technology=sites_technology,
        technology=_several(technology),
        country=country,
        max_age_years=max_age_years,
        demand=demand,
        groups=groups,
        settlements=settlements,
        settlement_radius_m=settlement_radius_m,
        operator=_several(operator),
        operator_share=operator_share,
        one_network=one_network,
        geofence=_geofence(geofence_share, geofence),
        ensemble=ensemble,
        population_unit=population_unit,
        population_column=population_column,
        resolution_m=resolution_m,
        assume=assume,
        workers=workers,
        progress=progress,
        title=title,
    )
    result = target_of(study)
    if out is not None:
        from ew4all.report.target_outputs import write_target

        apart = {"workers", "progress", "out", "notice"}
        used = {k: as_given(v) for k, v in given.items() if v is not None and k not in apart}
        write_target(out, study, result, settings=used, notice=notice, progress=progress)
    return result


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _tau(
    urgency: str | None, threshold: float | None, weight: float | None, budget: float | None
) -> float:
    given = {"urgency": urgency, "threshold": threshold, "weight": weight, "budget": budget}
    said = [name for name, value in given.items() if value is not None]
    if len(said) > 1:
        msg = f"{said[0]} and {said[1]} each say how far to go; give one of them"
        raise OptionError(msg)
    if urgency is not None:
        if urgency not in TAU:
            msg = f"an urgency is {' or '.join(TAU)}, but got {urgency!r}"
            raise OptionError(msg)
        return TAU[urgency]
    if weight is not None:
        return tau_of_weight(weight)
    if threshold is None:
        return TAU["evacuation"]
    if not 0.0 <= threshold <= 1.0:
        msg = (
            f"a threshold is the least share of a cell's people inside, 0 to 1, but got {threshold}"
        )
        raise OptionError(msg)
    return threshold


def _geofence(share: float | None, more: Mapping[str, float] | None) -> Geofence | None:
    if share is None and more is None:
        return None
    values = {**(more or {}), **({} if share is None else {"share": share})}
    unknown = sorted(set(values) - set(Geofence.__dataclass_fields__))
    if unknown:
        msg = (
            f"geo-fencing has no {unknown[0]!r}; it has {', '.join(Geofence.__dataclass_fields__)}"
        )
        raise OptionError(msg)
    return Geofence(**values)
