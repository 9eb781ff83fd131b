"""From what a user gives to a `TargetStudy`: every input is read and checked, and every decision is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.cells import split_assumed
from ew4all.coverage.exposure import Fractions
from ew4all.coverage.geofence import GeofenceField
from ew4all.coverage.surroundings import FinerPeople
from ew4all.coverage.target_choice import Demand
from ew4all.coverage.target_places import Operator, Places
from ew4all.errors import ColumnError, OptionError
from ew4all.geometry import on_grid, ragged
from ew4all.intake import warning_footprint
from ew4all.network_intake import open_network
from ew4all.readers.given_cells import cells_of
from ew4all.readers.outage_ensemble import read_ensemble
from ew4all.readers.provenance import SourceNote
from ew4all.readers.settlement_areas import RADIUS_M, read_settlement_areas
from ew4all.readers.warning_areas import must_be_usable, read_warning_area
from ew4all.study import WORKERS
from ew4all.targets import GROUPS, TargetStudy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from ew4all.cells import Cells
    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.geofence import Geofence
    from ew4all.grid import Grid
    from ew4all.reprojection import Geometries
    from ew4all.units import I64

__all__ = ["open_target", "operators_of"]


def open_target(
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
    technology: Sequence[str] = (),
    country: Any = None,
    max_age_years: float = 5.0,
    demand: Demand | None = None,
    groups: str | None = None,
    settlements: Any = None,
    settlement_radius_m: float = RADIUS_M,
    operator: Sequence[str] = (),
    operator_share: Mapping[str, float] | None = None,
    one_network: bool = False,
    geofence: Geofence | None = None,
    ensemble: Any = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    resolution_m: float | None = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
) -> TargetStudy:
    """Read and check every input; see `ew4all.target` for the parameters.

    Raises
    ------
    InputError, ReadError
        One of the inputs; nothing was computed.
    """
    demand = demand or Demand()
    if (area is None) == (cap is None):
        both = "" if area is None else ", not both"
        msg = f"one warning area is needed: give --area or --cap{both}"
        raise OptionError(msg)
    must_be_usable(area, cap, geocodes, at)
    if demand.floor is not None and settlements is None:
        msg = "a floor is kept for each settlement: give them with --settlements, or leave --floor out"
        raise OptionError(msg)
    assume = dict(assume or {})
    of_cells, of_radio = split_assumed(assume)
    given = cells_of(
        sites,
        {
            "columns": columns,
            "technology": sites_technology,
            "country": country,
            "assume": of_cells or None,
            "max_age_years": max_age_years,
        },
    )
    notes = list(given.notes)
    sources = list(given.sources)
    opened = open_network(
        given.cells,
        population,
        population_unit=population_unit,
        population_column=population_column,
        dem=dem,
        landcover=landcover,
        landcover_class=landcover_class,
        technology=tuple(technology),
        resolution_m=resolution_m,
        assume=of_radio,
        assume_cells=of_cells,
        progress=progress,
    )
    notes += opened.notes
    sources += opened.sources
    people, network, cells = opened.people, opened.network, opened.network.cells
    warning = read_warning_area(area, cap, geocodes=geocodes, at=at)
    shape = warning_footprint(warning, people.grid, notes, sources)
    reaching = np.unique(network.placed.owner)
    found = operators_of(
        cells, operator, operator_share, reaching, one_network=one_network, notes=notes
    )
    if groups is not None:
        _must_have_codes(cells, groups, found)
    outages = None
    if ensemble is not None:
        outages = read_ensemble(ensemble, cells)
        notes += outages.notes
        sources.append(SourceNote.of("ensemble", ensemble, None))
    names, shapes = _settlements(settlements, settlement_radius_m, people.grid, notes, sources)
    window = opened.window
    places = Places(
        network,
        FinerPeople(people.cells(None), window.row0, window.col0, opened.factor).read,
        Fractions.of(ragged([shape]), network.grid),
        found,
        None if geofence is None else GeofenceField.of(shape, network.grid, geofence),
    )
    return TargetStudy(
        places=places,
        network=network,
        census=people,
        area=shape,
        demand=demand,
        grouped_by=groups,
        geofence=geofence,
        ensemble=outages,
        settlement_names=names,
        settlement_shapes=shapes,
        sources=tuple(sources),
        notes=tuple(dict.fromkeys(notes)),
        assumptions=assume,
        title=title,
        workers=WORKERS if workers is None else workers,
        progress=progress,
    )


def _must_have_codes(cells: Cells, groups: str, operators: tuple[Operator, ...]) -> None:
    if groups not in GROUPS:
        msg = f"cells are grouped by {' or '.join(GROUPS)}, but got {groups!r}"
        raise OptionError(msg)
    mine = np.ones(len(cells), np.bool_)
    if operators[0].name is not None:
        mine = np.isin(cells.operator, [o.name or "" for o in operators])
    if not (getattr(cells, groups)[mine] != "").any():
        msg = f"no cell of the list has a {groups}, so that none can be addressed by it; give a list with that column, or leave --groups out"
        raise ColumnError(msg)


def _settlements(
    source: Any, radius_m: float, grid: Grid, notes: list[str], sources: list[SourceNote]
) -> tuple[tuple[str, ...], Geometries]:
    if source is None:
        return (), np.empty(0, dtype=object)
    found = read_settlement_areas(source, radius_m=radius_m)
    shapes, mended = on_grid(found.geometries, found.crs, grid, f"settlements {found.path}")
    notes += [*found.notes, *mended]
    sources.append(SourceNote.of("settlements", source, found.crs))
    return found.names, shapes


def operators_of(
    cells: Cells,
    chosen: Sequence[str],
    shares: Mapping[str, float] | None,
    reaching: I64,
    *,
    one_network: bool,
    notes: list[str],
) -> tuple[Operator, ...]:
    """Return the operators whose cells are chosen, and their shares of the phones.

    Parameters
    ----------
    chosen
        Names; empty: all.
    shares
        Market shares, 0..1; of several operators without any, each with a cell among `reaching` has the same.
    reaching
        Cells whose signal reaches the population: a list of a whole country holds operators of other provinces.
    one_network
        Take all cells as one network on which every phone may camp.

    Raises
    ------
    OptionError
        An operator without a cell; shares that do not fit; or operators chosen in one network.
    """
    names = [str(n) for n in np.unique(cells.operator)]
    shares = dict(shares or {})
    unknown = [n for n in (*chosen, *shares) if n not in names]
    if unknown:
        listed = ", ".join(n or "(none)" for n in names[:20])
        msg = f"no cell belongs to the operator {unknown[0]!r}; the operators of the list are: {listed}"
        raise OptionError(msg)
    if one_network:
        if chosen or shares:
            msg = "one network of all cells was asked for, so operators and their shares have no place; leave one of them out"
            raise OptionError(msg)
        if len(names) > 1:
            notes.append(
                f"the cells of {len(names)} operators are taken as one network, on which every phone may camp"
            )
        return (Operator(None, 1.0),)
    if len(names) == 1 and not chosen:
        return (Operator(None, 1.0),)
    wanted = list(chosen) or names
    if shares:
        missing = [n for n in wanted if n not in shares]
        if missing:
            msg = f"the market share of {missing[0]!r} is not given; give one for each operator (--operator-share NAME=0.4)"
            raise OptionError(msg)
        total = sum(shares[n] for n in wanted)
        if min(shares[n] for n in wanted) < 0.0 or not 0.0 < total <= 1.0 + 1e-9:
            msg = f"market shares are 0 to 1 and add up to 1 at most, but these add up to {total:g}"
            raise OptionError(msg)
        if total < 1.0 - 1e-9:
            notes.append(
                f"the operators have {total:.1%} of the phones; the rest is counted as not served"
            )
        return tuple(Operator(n, shares[n]) for n in wanted)
    if not chosen:
        here = np.unique(cells.operator[reaching])
        away = [n for n in names if n not in here]
        wanted = [n for n in names if n in here]
        if away:
            notes.append(
                f"operators without a cell that reaches the population ({', '.join(n or 'unknown' for n in away)}) are taken to "
                "have no customers in it"
            )
    if len(wanted) > 1:
        notes.append(
            f"market shares were not given: each of the {len(wanted)} operators ({', '.join(n or 'unknown' for n in wanted)}) is "
            "taken to have the same share of the phones; --operator-share NAME=0.4 says otherwise"
        )
    elif len(names) > 1:
        notes.append(f"people are counted as if all were customers of {wanted[0]}")
    return tuple(Operator(n, 1.0 / len(wanted)) for n in wanted)
