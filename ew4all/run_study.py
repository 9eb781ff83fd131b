"""A run from inputs to results: the only place where folding, audience, channels and the engine come together.

::

    result = run_study(plan, open_run(population, area, sites=...))

The command line, an exercise, a notebook and a benchmark call the same. `prepare` folds and splits, which replicas share;
`play` plays one of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all.errors import InputError, OptionError
from ew4all.notes import brief
from ew4all.run_plan import PowerCut
from ew4all.sim.coarsening import coarsen
from ew4all.sim.cohorts import explode
from ew4all.sim.engine import Engine
from ew4all.sim.folding import fold
from ew4all.sim.in_time import in_time
from ew4all.sim.losses import Losses
from ew4all.sim.protective_action import Response
from ew4all.sim.records import Curves
from ew4all.sim.states import state_shares
from ew4all.sim.world import Mains, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.exposure import Progress
    from ew4all.results import InputFile
    from ew4all.run_intake import RunInputs
    from ew4all.run_plan import RunPlan
    from ew4all.sim.coarsening import Coarsening
    from ew4all.sim.cohorts import Cohorts
    from ew4all.sim.engine import ChannelUse
    from ew4all.sim.folding import Folded
    from ew4all.sim.population import Totals
    from ew4all.sim.records import Events
    from ew4all.sim.rows import Rows

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]
    Flags = NDArray[np.bool_]

__all__ = [
    "Bins",
    "Played",
    "Prepared",
    "RunResult",
    "Sizes",
    "begin",
    "bins_of",
    "collect",
    "play",
    "prepare",
    "run_study",
    "states_of",
]


@dataclass(frozen=True, eq=False)
class Bins:
    """In what people are counted: zone, group, in area, at risk, arrival. Columns of shape (bins,)."""

    zone: I32
    group: I32
    in_area: Flags
    at_risk: Flags
    arrival_s: F64
    people: F64

    def __len__(self) -> int:
        """Return the number of bins."""
        return int(self.people.size)


class Sizes(NamedTuple):
    """What a run was folded from and to."""

    pixels: int
    cohorts: int
    rows: int
    bins: int
    histories: int
    epochs: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """People folded and split, ready to be played any number of times.

    Attributes
    ----------
    bin_of
        Bin of each row.
    folded
        Cohorts before any were taken together.
    steps
        How rows were taken together, with the error of each step.
    arrival_rms_s
        How far the hazard's arrival is from that of the cohort, root of the mean square over people at risk.
    """

    world: World
    bins: Bins
    bin_of: I32
    sizes: Sizes
    steps: tuple[Coarsening, ...]
    arrival_rms_s: float
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    folded: Folded


@dataclass(frozen=True, eq=False)
class Played:
    """One run.

    Attributes
    ----------
    channels
        Names, in the order of `Totals` and `Curves`.
    people
        People of each bin, whole numbers where they are drawn, shape (bins,).
    totals
        At the end of the run.
    curves
        Also at the issue of each alert, close behind it, and when the hazard arrives somewhere; `Curves.common` are the points that
        all replicas have.
    in_time
        People at risk of each bin who were warned early enough to act before the hazard arrives there, shape (bins,).
    losses
        How far the warning came with each row at the end of the run.
    sent_s
        When the alert of each timeline was sent; beyond the end of the run it was not.
    """

    channels: tuple[str, ...]
    people: F64
    totals: Totals
    curves: Curves
    events: Events
    in_time: F64
    losses: Losses
    sent_s: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run gave, and from what."""

    plan: RunPlan
    prepared: Prepared
    played: Played
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]


def run_study(plan: RunPlan, inputs: RunInputs, *, progress: Progress | None = None) -> RunResult:
    """Fold the inputs and play the plan once.

    Parameters
    ----------
    progress
        Called while folding with the number of blocks done and of all.

    Raises
    ------
    EW4AllError
        See `prepare` and `Engine`.
    """
    prepared = prepare(plan, inputs, progress=progress)
    began = time.perf_counter()
    played = play(plan, prepared)
    seconds = {**prepared.seconds, "play": time.perf_counter() - began}
    files = tuple(source.read() for source in inputs.sources)
    return RunResult(plan, prepared, played, files, brief(prepared.notes, files), seconds)


def prepare(
    plan: RunPlan,
    inputs: RunInputs,
    *,
    folded: Folded | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Fold people and split them by their states when the alert is issued.

    Parameters
    ----------
    folded
        What folding gave of these inputs before: it does not depend on the moment of issue.
    progress
        Called while folding with the number of blocks done and of all.

    Raises
    ------
    OptionError
        A power cut of a zone that does not exist.
    CohortExplosionError
        Too many rows.
    InputError
        See `ew4all.sim.folding.fold`.
    """
    mains, _, _ = _mains(plan, inputs.zones)
    began = time.perf_counter()
    if folded is None:
        folded = fold(inputs.ground, block=inputs.block, workers=inputs.workers, progress=progress)
    folding_s = time.perf_counter() - began
    shares_of = states_of(plan, inputs.zones)

    def split(cohorts: Cohorts, groups: tuple[str, ...]) -> Rows:
        return explode(cohorts, shares_of(cohorts, groups))

    less = coarsen(
        folded, inputs.groups, split, most=plan.most_rows, from_s=plan.from_s, until_s=plan.until_s
    )
    rows, small = less.rows, less.folded
    world = World(
        rows,
        inputs.zones,
        less.groups,
        inputs.operators,
        small.service,
        small.siren_db,
        mains,
        plan.audience,
        plan.zero_hour,
        plan.issued_s,
    )
    bin_of, bins = bins_of(rows)
    notes = [
        *inputs.notes,
        f"{folded.pixels:,} pixels with people fold to {len(folded.cohorts):,} cohorts and {len(rows):,} rows",
        *(step.note() for step in less.steps),
    ]
    if small.arrival_rms_s >= 1.0:
        notes.append(
            f"the hazard arrives in classes: its time at a place is {small.arrival_rms_s:,.0f} s (rms) from that of its class"
        )
    sizes = Sizes(
        folded.pixels, len(folded.cohorts), len(rows), len(bins), len(small.service.technology), small.service.start_s.size
    )  # fmt: skip
    seconds = {"fold": folding_s, "split": time.perf_counter() - began - folding_s}
    return Prepared(
        world, bins, bin_of, sizes, less.steps, small.arrival_rms_s, tuple(notes), seconds, folded
    )


def bins_of(rows: Rows) -> tuple[I32, Bins]:
    """Return the bin of each row, shape (rows,), and what people are counted in."""
    bin_of, first = rows.kinds(rows.zone, rows.group, rows.in_area, rows.at_risk, rows.arrival_s)
    return bin_of, Bins(
        **{name: getattr(rows, name)[first] for name in ("zone", "group", "in_area", "at_risk", "arrival_s")},
        people=np.bincount(bin_of, rows.people, first.size).astype(np.float64),
    )  # fmt: skip


def states_of(plan: RunPlan, zones: Sequence[str]) -> Callable[[Cohorts, tuple[str, ...]], F64]:
    """Return what gives the part of cohorts, with names of their groups, in each state when the alert is issued."""
    _, lost, since_s = _mains(plan, zones)
    hour = (plan.zero_hour + plan.issued_s / 3600.0) % 24.0

    def shares(cohorts: Cohorts, groups: tuple[str, ...]) -> F64:
        zone = cohorts.zone
        return state_shares(
            plan.audience, cohorts.group, groups, hour, mains_lost=lost[zone], without_mains_s=since_s[zone]
        )  # fmt: skip

    return shares


def play(
    plan: RunPlan,
    prepared: Prepared,
    *,
    uses: Sequence[ChannelUse] | None = None,
    seed: int | np.random.SeedSequence | None = None,
    drawn: bool | None = None,
) -> Played:
    """Play a plan once.

    Parameters
    ----------
    uses, seed, drawn
        In the place of those of the plan: replicas differ in them.
    """
    engine_seed = plan.seed if seed is None else seed
    is_drawn = plan.drawn if drawn is None else drawn
    engine = begin(plan, prepared, uses=uses, seed=engine_seed, drawn=is_drawn)
    for time_s, decision in plan.decisions:
        engine.at(time_s, decision)
    sent_s = []
    for k, (timeline, alert) in enumerate(plan.alerts):
        moments = timeline.draw(_draws(engine_seed, k)) if is_drawn else timeline.typical()
        sent_s.append(moments.sent_s)
        engine.env.process(moments.play(engine, alert))
    engine.run(plan.until_s)
    return collect(plan, prepared, engine, tuple(sent_s))


def begin(
    plan: RunPlan,
    prepared: Prepared,
    *,
    uses: Sequence[ChannelUse] | None = None,
    seed: int | np.random.SeedSequence | None = None,
    drawn: bool | None = None,
) -> Engine:
    """Return the engine of a plan where the run begins; nothing is decided yet, neither by the plan. Parameters as for `play`."""
    bins = prepared.bins
    return Engine(
        prepared.world,
        plan.uses if uses is None else uses,
        bins=(prepared.bin_of, len(bins)),
        seed=plan.seed if seed is None else seed,
        drawn=plan.drawn if drawn is None else drawn,
        start_s=plan.from_s,
        tick_s=plan.tick_s,
        step_s=plan.step_s,
        mixing_within=plan.mixing_within,
        marks_s=[*plan.marks_s(), *np.unique(bins.arrival_s).tolist()],
    )


def collect(
    plan: RunPlan, prepared: Prepared, engine: Engine, sent_s: tuple[float, ...] = ()
) -> Played:
    """Return what a run has given by now. The engine is looked at and not changed: it may go on."""
    bins, now_s = prepared.bins, engine.now_s
    totals, seen = engine.totals(), engine.curves
    curves = Curves(list(seen.time_s), list(seen.totals), list(seen.shared))
    if not curves.has(now_s):
        curves.add(now_s, totals)
    counted = np.bincount(prepared.bin_of, engine.population.people, len(bins))
    people = counted.astype(np.float64)
    warned = people - curves.stack("none")
    response = plan.response or Response.of(plan.audience)
    safe = in_time(curves.time_s, warned, bins.arrival_s, response)
    return Played(
        engine.names,
        people,
        totals,
        curves,
        engine.events,
        np.where(bins.at_risk, safe, 0.0),
        Losses.of(engine.population.ahead(now_s)),
        sent_s,
    )


def _draws(seed: int | np.random.SeedSequence, number: int) -> np.random.Generator:
    """Return the draws of one timeline, whatever else is drawn from a seed."""
    seeds = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    key = (*seeds.spawn_key, *b"timeline", number)
    return np.random.default_rng(np.random.SeedSequence(seeds.entropy, spawn_key=key))


def _mains(plan: RunPlan, zones: Sequence[str]) -> tuple[Mains, F64, F64]:
    """Return when the mains of zones are lost, whom that takes, and how long they have been out at the issue.

    Where no cut is planned one takes everybody: a decision may come at any time.
    """
    unknown = sorted(set(plan.power_cuts) - {"*", *zones})
    if unknown:
        msg = f"the mains of {unknown[0]!r} cannot fail: there is no such zone; zones are {', '.join(zones[:20])}"
        raise OptionError(msg)
    never = PowerCut(np.inf)
    cuts = [plan.power_cuts.get(zone, plan.power_cuts.get("*", never)) for zone in zones]
    for zone, cut in zip(zones, cuts, strict=True):
        if not (cut.back_s >= cut.lost_s and 0.0 <= cut.share <= 1.0):
            msg = (
                f"the mains of {zone!r} fail at {cut.lost_s:g} s, are back at {cut.back_s:g} s and take a share of {cut.share:g}; they "
                "come back after they fail, and a share is 0 to 1"
            )
            raise InputError(msg)
    lost_s, back_s, share = (np.array(column, np.float64) for column in zip(*cuts, strict=True))
    out = (lost_s <= plan.issued_s) & (plan.issued_s < back_s)
    since_s = np.where(out, plan.issued_s - np.where(out, lost_s, 0.0), 0.0)
    return Mains(lost_s, back_s), share, since_s
