"""Tables of a `Target`, made from what a study found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

from ew4all import __version__
from ew4all.coverage.ground_metric import frame_at
from ew4all.coverage.selection_rules import RULES, bleed_of
from ew4all.coverage.targeting import share, threshold, weight_of
from ew4all.coverage.tradeoff import outcome_of
from ew4all.notes import brief
from ew4all.target_results import (
    BleedRow,
    CellRow,
    EnsembleRow,
    GroupRow,
    OperatorRow,
    RuleRow,
    SettlementRow,
    Target,
)
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ew4all.coverage.target_choice import Choice
    from ew4all.coverage.targeting import CellSums
    from ew4all.targets import TargetStudy

EDGE_KM = 5.0
"""A cell disturbs people some kilometres away: nearer to the edge of the population a note says that they are not counted."""


def target_of(study: TargetStudy) -> Target:
    """Choose cells, count, and compare.

    Raises
    ------
    EmptySelectionError
        No cell serves the area, nobody lives there, or no cell is worth it.
    """
    choice = study.choice
    sums = choice.sums
    inputs = tuple(source.read() for source in study.sources)
    outcome = outcome_of(sums, choice.cells)
    return Target(
        rule=_rule(study),
        outcome=outcome,
        in_area_people=sums.in_area_people,
        in_area_km2=sums.in_area_km2,
        network_cells=len(study.cells),
        cells=cell_rows(study, choice),
        groups=group_rows(study, choice),
        operators=operator_rows(study, choice),
        rules=rule_rows(study, choice),
        settlements=settlement_rows(study, choice),
        bleed=bleed_row(study, sums),
        ensemble=ensemble_row(study, choice),
        choice=choice,
        inputs=inputs,
        notes=brief((*study.notes, *_notes(study, choice)), inputs),
        assumptions=study.assumptions,
        title=study.title,
        version=__version__,
    )


def cell_rows(study: TargetStudy, choice: Choice) -> tuple[CellRow, ...]:
    """Return the addressed cells, those that serve most of the area first."""
    cells, sums = study.cells, choice.sums
    part = share(sums.inside, sums.outside)
    added = choice.added if study.groups is None else study.groups.cells(choice.added)
    order = np.flatnonzero(choice.cells)
    order = order[np.lexsort((order, -sums.inside_km2[order], -sums.inside[order]))]
    return tuple(
        CellRow(
            id=str(cells.id[k]),
            site=str(cells.site_id[k]),
            technology=TECHNOLOGIES[cells.technology[k]],
            operator=str(cells.operator[k]),
            lon_deg=float(cells.lon_deg[k]),
            lat_deg=float(cells.lat_deg[k]),
            inside=float(sums.inside[k]),
            outside=float(sums.outside[k]),
            share=float(part[k]),
            tai=str(cells.tai[k]),
            emergency_area=str(cells.emergency_area[k]),
            added=bool(added[k]),
        )
        for k in order.tolist()
    )


def group_rows(study: TargetStudy, choice: Choice) -> tuple[GroupRow, ...]:
    """Return the addressed codes; none where cells are addressed one by one."""
    groups = study.groups
    if groups is None:
        return ()
    sums = choice.unit_sums
    part = share(sums.inside, sums.outside)
    sizes = np.bincount(groups.of_cell, minlength=len(groups))
    owner = np.zeros(len(groups), study.owners.dtype)
    owner[groups.of_cell] = study.owners
    return tuple(
        GroupRow(
            code=groups.codes[k],
            is_cell=bool(groups.is_single[k]),
            operator=str(owner[k]),
            cells=int(sizes[k]),
            inside=float(sums.inside[k]),
            outside=float(sums.outside[k]),
            share=float(part[k]),
        )
        for k in np.flatnonzero(choice.units).tolist()
    )


def operator_rows(study: TargetStudy, choice: Choice) -> tuple[OperatorRow, ...]:
    """Return what each operator's cells do for its customers; none where all are one network."""
    rows = []
    for operator in study.places.operators:
        if operator.name is None:
            continue
        mine = choice.sums.part(study.cells.operator == operator.name, operator.share)
        rows.append(
            OperatorRow(
                operator.name,
                operator.share,
                outcome_of(mine, choice.cells & (study.cells.operator == operator.name)),
            )
        )
    return tuple(rows)


def rule_rows(study: TargetStudy, choice: Choice) -> tuple[RuleRow, ...]:
    """Return what other rules would do."""
    sums = choice.sums
    sets = {
        "chosen": choice.cells,
        "threshold": threshold(*sums.counts(study.demand.measure), study.demand.tau),
        "site_inside": study.sites_inside,
        "any_overlap": sums.is_best,
        "coverage_touches": study.serving.touches,
    }
    does = {"chosen": "the cells of this run", **RULES}
    return tuple(RuleRow(name, does[name], outcome_of(sums, sets[name])) for name in sets)


def settlement_rows(study: TargetStudy, choice: Choice) -> tuple[SettlementRow, ...]:
    """Return how each settlement fares."""
    service = study.service
    if service is None:
        return ()
    served, reached = service.served, service.reached(choice.cells)
    return tuple(
        SettlementRow(name, float(a), float(b), float(c))
        for name, a, b, c in zip(service.names, service.total, served, reached, strict=True)
    )


def bleed_row(study: TargetStudy, sums: CellSums) -> BleedRow:
    """Return what GOV.UK's console would expect around the area."""
    found = bleed_of(
        study.area,
        study.census.grid,
        sums.in_area_people,
        sums.in_area_km2,
        study.census.cells(None).read,
    )
    return BleedRow(*found)


def ensemble_row(study: TargetStudy, choice: Choice) -> EnsembleRow | None:
    """Return how the choice, and that of a network without outages, fare in an ensemble; None without one."""
    if study.ensemble is None:
        return None
    members = study.serving.members
    nominal = threshold(*study.serving.nominal.counts(study.demand.measure), study.demand.tau)
    ours = [outcome_of(m, choice.cells) for m in members]
    theirs = [outcome_of(m, nominal) for m in members]
    return EnsembleRow(
        members=len(members),
        missed_mean=float(np.mean([o.missed for o in ours])),
        missed_worst=max(o.missed for o in ours),
        unserved_mean=float(np.mean([o.unserved for o in ours])),
        nominal_missed_mean=float(np.mean([o.missed for o in theirs])),
        nominal_missed_worst=max(o.missed for o in theirs),
        over_reach_mean=float(np.mean([o.over_reach for o in ours])),
        nominal_over_reach_mean=float(np.mean([o.over_reach for o in theirs])),
    )


def _rule(study: TargetStudy) -> dict[str, Any]:
    demand = study.demand
    weight = weight_of(demand.tau)
    rule: dict[str, Any] = {
        "threshold": demand.tau,
        "weight": weight if np.isfinite(weight) else None,
        "measure": demand.measure,
        "addressed_by": study.grouped_by or "cell",
    }
    for name in ("limit", "budget", "floor"):
        value = getattr(demand, name)
        if value is not None:
            rule[name] = value
    if demand.limit is not None:
        rule["limit_order"] = demand.limit_order
    if demand.epsilon:
        rule["epsilon"] = demand.epsilon
    if study.ensemble is not None:
        rule["robust"] = demand.robust
    if study.geofence is not None:
        rule["geofence"] = {
            name: getattr(study.geofence, name) for name in study.geofence.__dataclass_fields__
        }
    return rule


def _notes(study: TargetStudy, choice: Choice) -> Iterator[str]:
    chosen = choice.cells
    indoors = study.network.radio.indoor_share
    own = "" if study.places.operators[0].name is None else " of its operator"
    yield (
        f"people are served where a phone camps on a cell{own} and decodes it, {indoors:.0%} of the phones indoors; `ew4all reach "
        "--sites` counts a signal outdoors, of any operator, which more people have"
    )
    if chosen.all():
        yield f"every one of the {len(study.cells)} cells of the list is addressed: the area cannot be told from the rest of the network"
    if study.ensemble is not None:
        yield (
            f"people are means over the {len(study.ensemble.alive)} members of the ensemble; maps and rasters show the network with every "
            "cell on air"
        )
    near = _near_the_edge(study, chosen)
    if near:
        yield (
            f"{near} of the addressed cells stand within {EDGE_KM:g} km of the edge of the population: whom they disturb beyond it is "
            "not counted"
        )
    if choice.unserved:
        names = ", ".join(choice.unserved[:5])
        more = f" and {len(choice.unserved) - 5} more" if len(choice.unserved) > 5 else ""
        yield f"no cell serves anybody of the settlements {names}{more} inside the area, whatever is addressed; warn them by other channels"
    elif study.service is not None:
        none = [
            n for n, s in zip(study.service.names, study.service.served, strict=True) if s <= 0.0
        ]
        if none:
            yield f"no cell serves anybody of {len(none)} settlements inside the area (first: {none[0]})"
    if study.groups is not None:
        single = int((choice.units & study.groups.is_single).sum())
        if single:
            yield f"{single} of the addressed cells have no {study.grouped_by} and are listed by themselves"


def _near_the_edge(study: TargetStudy, chosen: NDArray[np.bool_]) -> int:
    """Return how many of some cells stand near the edge of the population, or beyond it."""
    grid, cells = study.census.grid, study.cells
    x, y = Transformer.from_crs(4326, grid.crs, always_xy=True).transform(
        cells.lon_deg[chosen], cells.lat_deg[chosen], errcheck=False
    )
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if grid.is_geographic:
        x = x - 360.0 * np.round((x - 0.5 * (grid.bounds[0] + grid.bounds[2])) / 360.0)
    a, b, c, d, e, f = grid.inverse
    column, row = a * x + b * y + c, d * x + e * y + f
    metric = frame_at(grid, np.clip(column, 0, grid.width), np.clip(row, 0, grid.height)).metric
    wide, high = (np.sqrt(metric[k]) / 1000.0 for k in (0, 2))
    away = np.minimum(
        np.minimum(column, grid.width - column) * wide, np.minimum(row, grid.height - row) * high
    )
    return int((away < EDGE_KM).sum())
