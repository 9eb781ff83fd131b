"""The function that a notebook, the command line and a service call: `choose_measures`, the best next ones for a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.errors import OptionError
from ew4all.gap_intake import open_gaps
from ew4all.library import as_given
from ew4all.measure_results import CurvePoint, MeasurePlan, Optimum, PlannedMeasure
from ew4all.notes import brief
from ew4all.plan_problem import Problem, problem_of
from ew4all.planning import measure_defaults
from ew4all.planning.costs import resolve as resolve_costs
from ew4all.planning.greedy import GUARANTEES, WORK
from ew4all.planning.measures import KINDS, counted
from ew4all.planning.options import exact_of, pick
from ew4all.reach_network import split_assumptions
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.planning.options import Picked

__all__ = ["choose_measures"]

_CURVE = (
    0.0,
    0.05,
    0.1,
    0.15,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    1.0,
    1.25,
    1.5,
    2.0,
    3.0,
    4.0,
)
"""Budgets of the curve, as parts of the one given."""


def choose_measures(
    population: Any,
    zones: Any = None,
    *,
    budget: float,
    candidates: Any = None,
    kinds: Sequence[str] = (),
    per_kind: int | None = None,
    cost: Mapping[str, float] | None = None,
    hazard_weight: Mapping[str, float] | None = None,
    zone_weight: Mapping[str, float] | None = None,
    equity: float = 0.0,
    exact: bool = True,
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
    operator_share: Mapping[str, float] | None = None,
    channels: Mapping[str, Any] | None = None,
    channel_min: Mapping[str, float] | None = None,
    sirens: Any = None,
    hazards: Mapping[str, Any] | None = None,
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
) -> MeasurePlan:
    """Choose the measures that newly reach most people for a budget.

    Parameters
    ----------
    population, zones, within, coverage, sites, dem, landcover, channels, sirens, hazards, ...
        What there is now: as for `ew4all.gaps`. With `sites`, measures at sites can be chosen, and the network without mains counts.
    budget
        In US dollars, for capital and running costs of ``plan_years``.
    candidates
        Table or points of measures, see `ew4all.readers.measures.read_measures`; None: they are proposed here.
    kinds
        Kinds to propose, from `ew4all.planning.measures.KINDS`; all by default.
    per_kind
        Most places proposed for each kind.
    cost
        Values that replace rows of `ew4all.planning.costs`; NaN: unpriced.
    hazard_weight, zone_weight, equity
        What people count, see `ew4all.plan_crowd.weights_of`; by default all the same.
    exact
        Whether to look for the exact optimum, where the problem is small, to show how far the choice is from it.
    assume
        Values that replace rows of `ew4all.planning.measure_defaults`, of the gaps and, of cells and phones, where sites are given.
    out
        Folder for plan.json, measures.csv, measures.gpkg, curve.csv, curve.png, map.png and run.json.

    Returns
    -------
    MeasurePlan
        ``to_dict()`` is the JSON ``ew4all/plan-measures/1``.

    Raises
    ------
    InputError
        An input is at fault; the message says what, where, why and what to do.
    ReadError, WriteError
        A file cannot be read or written; nothing is left half-written.
    """
    if out is not None:
        must_be_folder(out)
    given = {k: v for k, v in locals().items() if k not in {"workers", "progress", "out", "notice", "attribution"}}  # fmt: skip
    _check(budget, kinds, per_kind)
    costs = resolve_costs(cost)
    own, rest = _split(assume or {})
    values = measure_defaults.resolved(own)
    shared = {
        name: given[name]
        for name in (
            "within", "zone_id", "zone_name", "coverage", "coverage_min", "sites", "sites_options", "dem", "landcover", "outage",
            "operator_share", "channels", "channel_min", "sirens", "hazards", "population_unit", "population_column", "refine",
            "title",
        )
    }  # fmt: skip
    if sites is None:  # terrain and land cover are for new sites then
        shared |= {"dem": None, "landcover": None}
    _, of_cells, of_radio = split_assumptions(rest)
    del of_cells

    def opened(more: Mapping[str, float]) -> Any:
        return open_gaps(population, zones, **shared, assume={**rest, **more}, workers=workers, progress=progress)  # fmt: skip

    problem = problem_of(
        opened, candidates=candidates, kinds=kinds, per_kind=per_kind, costs=costs, values=values, dem=dem, landcover=landcover,
        hazard_weight=hazard_weight, zone_weight=zone_weight, equity=equity, radio=_radio(of_radio),
    )  # fmt: skip
    result = _result(problem, float(budget), costs, values, exact=exact, title=title)
    if out is not None:
        from ew4all.report.measure_outputs import write_measures

        used = {k: as_given(v) for k, v in given.items() if v is not None}
        write_measures(out, problem, result, settings=used, notice=notice, attribution=attribution)
    return result


def _check(budget: float, kinds: Sequence[str], per_kind: int | None) -> None:
    if not 0.0 <= budget < np.inf:
        msg = f"a budget is a sum of money in US dollars, 0 or more, but got {budget!r}"
        raise OptionError(msg)
    unknown = [k for k in kinds if k not in KINDS]
    if unknown:
        msg = f"there is no kind of measure {unknown[0]!r}; the kinds are {', '.join(KINDS)}"
        raise OptionError(msg)
    if per_kind is not None and per_kind < 1:
        msg = f"the places proposed for each kind are 1 or more, but got {per_kind}"
        raise OptionError(msg)


def _split(assume: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    names = {row.name for row in measure_defaults.TABLE}
    return (
        {k: v for k, v in assume.items() if k in names},
        {k: v for k, v in assume.items() if k not in names},
    )


def _radio(of_radio: Mapping[str, float]) -> dict[str, float]:
    from ew4all.coverage.signal_defaults import Radio

    fields = Radio.__dataclass_fields__
    return {k: v for k, v in of_radio.items() if k in fields or k.startswith(("decode_", "camp_"))}


def _result(
    problem: Problem, budget: float, costs: Mapping[str, float | None], values: Mapping[str, float], *, exact: bool, title: str | None
) -> MeasurePlan:  # fmt: skip
    picked = pick(problem.options, budget)
    chosen = _chosen(problem, picked)
    names = {row.measure.id for row in chosen}
    rest = [
        PlannedMeasure(m, problem.alone[m.id])
        for m in problem.measures
        if m.id not in names and m.cost is not None
    ]
    rest.sort(key=lambda row: (row.cost_per_person_alone is None, row.cost_per_person_alone or 0.0, row.measure.id))  # fmt: skip
    unpriced = [PlannedMeasure(m, problem.alone[m.id]) for m in problem.measures if m.cost is None]
    notes = [*problem.notes, *_notes(budget, chosen, rest, unpriced)]
    optimum = Optimum(
        picked.objective,
        picked.bound,
        max(
            min(picked.objective / picked.bound, 1.0) if picked.bound > 0.0 else 1.0,
            GUARANTEES[picked.choice.method],
        ),
        picked.choice.method,
        GUARANTEES[picked.choice.method],
        exact_of(problem.options, budget) if exact else None,
    )
    inputs = tuple(source.read() for source in problem.sources)
    return MeasurePlan(
        budget=budget,
        people=float(problem.cells.people.sum()),
        unreached=problem.unreached,
        chosen=tuple(chosen),
        others=tuple(rest),
        unpriced=tuple(unpriced),
        optimum=optimum,
        curve=_curve(problem, budget, picked),
        years=values["plan_years"],
        objective=problem.objective,
        states=problem.states,
        costs=costs,
        assumptions={**problem.opened.values, **values},
        inputs=inputs,
        notes=brief(tuple(notes), inputs),
        title=title,
        caution=problem.caution,
    )


def _chosen(problem: Problem, picked: Picked) -> list[PlannedMeasure]:
    option = problem.options[picked.option]
    by_id = {m.id: m for m in problem.measures}
    rows = []
    if picked.option:
        switch = by_id[problem.switches[picked.option - 1]]
        rows.append(
            PlannedMeasure(switch, problem.alone[switch.id], option.people, option.objective)
        )
    for j, people, weighted in zip(picked.choice.chosen, picked.people, picked.choice.gain, strict=True):  # fmt: skip
        name = option.instance.ids[j]
        rows.append(PlannedMeasure(by_id[name], problem.alone[name], people, weighted))
    return rows


def _curve(problem: Problem, budget: float, picked: Picked) -> tuple[CurvePoint, ...]:
    top = budget or sum(m.cost or 0.0 for m in problem.measures) / 4.0
    points: list[CurvePoint] = []
    for part in _CURVE:
        amount = part * top
        found = (
            picked
            if amount == budget
            else pick(problem.options, amount, work=WORK // 20, proving=False)
        )
        count = len(found.choice.chosen) + (found.option > 0)
        point = CurvePoint(amount, found.cost, found.newly_reached, found.objective, count)
        # Beginnings are tried for the plan itself more widely than for the curve: it keeps what a smaller budget reached.
        if points and points[-1].objective > point.objective:
            last = points[-1]
            point = CurvePoint(amount, last.cost, last.people, last.objective, last.measures)
        points.append(point)
    return tuple(points)


def _notes(budget: float, chosen: Sequence[PlannedMeasure], rest: Sequence[PlannedMeasure], unpriced: Sequence[PlannedMeasure]) -> list[str]:  # fmt: skip
    notes = []
    if budget == 0.0:
        notes.append(
            "the budget is zero: nothing that costs anything is in the plan; the curve shows what money would bring"
        )
    elif not chosen:
        dear = [
            row.measure.cost for row in rest if row.alone > 0.0 and row.measure.cost is not None
        ]
        notes.append(
            "no measure is chosen: none that reaches anybody fits the budget; the cheapest that does costs "
            f"{min(dear):,.0f}"
            if dear
            else "no measure is chosen: none that has a price reaches anybody who is left out"
        )
    idle = [r.measure.id for r in (*rest, *unpriced) if r.alone <= 0.0 and not r.measure.is_generated]  # fmt: skip
    if idle:
        notes.append(
            f"{counted(len(idle))} of the list would reach nobody who is left out: "
            f"{', '.join(idle[:5])}{', ...' if len(idle) > 5 else ''}"
        )
    if unpriced:
        kinds = sorted({row.measure.kind for row in unpriced})
        have, they = ("has", "it is") if len(unpriced) == 1 else ("have", "they are")
        notes.append(
            f"{counted(len(unpriced))} {have} no price and cannot be chosen; {they} listed as unpriced: {', '.join(kinds)}. Give "
            "--cost NAME=VALUE or a column cost"
        )
    return notes
