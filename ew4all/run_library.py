"""The functions that a notebook, the command line and a service call for a scenario: `run` and `compare`."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError
from ew4all.run_comparison import Comparison
from ew4all.run_ensemble import FEWEST, Vary, replicate
from ew4all.run_measure import measure, measure_replica
from ew4all.run_places import Places
from ew4all.run_study import prepare, run_study
from ew4all.scenario import Scenario, load_scenario
from ew4all.scenario.collecting import collected
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.run_plan import RunPlan
    from ew4all.run_results import RunResults
    from ew4all.run_study import Prepared, RunResult

__all__ = ["Run", "compare", "play_scenario", "run"]

REPLICAS: Final = ".replicas"
"""Folder within that of the run in which finished replicas wait until all are done."""


@dataclass(frozen=True, eq=False)
class Run:
    """A scenario that was played.

    Attributes
    ----------
    results
        The numbers.
    places
        The map of missed people.
    outcomes
        What was measured of each replica, in their order; of the central run alone where there are none.
    seconds
        Wall times of the parts.
    """

    scenario: Scenario
    plan: RunPlan
    results: RunResults
    places: Places
    outcomes: tuple[Mapping[str, Any], ...]
    seconds: Mapping[str, float]


def run(
    scenario: str | os.PathLike[str] | Scenario,
    *,
    out: str | os.PathLike[str] | None = None,
    replicas: int | None = None,
    seed: int | None = None,
    workers: int | Executor | None = None,
    figures: bool = True,
    progress: Progress | None = None,
) -> RunResults:
    """Play a scenario: who is warned by when, through which channel, in time or not, and who is missed.

    Parameters
    ----------
    scenario
        A file, the name of a scenario that comes with the package, or a `Scenario`.
    out
        Folder for run.json, timing.json, summary.json, curves.parquet, zones.gpkg, missed.tif, events.parquet, and with
        figures report.html, map.png and curves.png.
    replicas, seed
        In the place of those of the scenario. With one replica every number is expected; with more, numbers that the scenario
        does not set are drawn from their ranges, and so are people, timeline and outage.
    workers
        Threads, or an executor, on which replicas are played; the result has the same bytes for any.
    progress
        Called with the number done and of all: of replicas, or of blocks while people are folded.

    Returns
    -------
    RunResults
        ``to_dict()`` is summary.json.

    Raises
    ------
    InputError
        The scenario or an input is at fault; the message says what, where, why and what to do.
    ReadError, WriteError
        A file cannot be read or written; nothing is left half-written.

    Examples
    --------
    >>> import ew4all
    >>> results = ew4all.run("grenada-beryl")
    >>> results.channels[0]
    'cell_broadcast'
    """
    if out is not None:
        must_be_folder(out)
    played = play_scenario(
        scenario,
        replicas=replicas,
        seed=seed,
        workers=workers,
        keep=None if out is None else Path(out) / REPLICAS,
        progress=progress,
    )
    if out is not None:
        # Tables and maps cost half a second to import, which a run without a folder need not pay.
        from ew4all.report.run_outputs import write_run

        given = {"replicas": replicas, "seed": seed}
        write_run(
            out,
            played.results,
            played.places,
            settings={
                "scenario": played.scenario.settings(),
                **{name: value for name, value in given.items() if value is not None},
            },
            seconds=played.seconds,
            figures=figures,
        )
        shutil.rmtree(Path(out) / REPLICAS, ignore_errors=True)
    return played.results


def compare(
    first: str | os.PathLike[str] | Scenario,
    second: str | os.PathLike[str] | Scenario,
    *,
    out: str | os.PathLike[str] | None = None,
    replicas: int | None = None,
    seed: int | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Play two scenarios on the same draws and return the second less the first.

    Parameters
    ----------
    first, second, replicas, workers, progress
        As for `run`.
    seed
        Of both; by default that of the first, so that they differ in nothing but what the scenarios say.
    out
        Folder for compare.json, compare.png, run.json and timing.json.

    Raises
    ------
    InputError, ReadError, WriteError
        As for `run`.
    """
    if out is not None:
        must_be_folder(out)
    both = [one if isinstance(one, Scenario) else load_scenario(one) for one in (first, second)]
    shared = both[0].run.seed if seed is None else seed
    count = max(one.run.replicas for one in both) if replicas is None else replicas
    runs = [
        play_scenario(one, replicas=count, seed=shared, workers=workers, progress=progress)
        for one in both
    ]
    found = Comparison((runs[0].results, runs[1].results), (runs[0].outcomes, runs[1].outcomes))
    if out is not None:
        from ew4all.report.run_outputs import write_comparison

        write_comparison(
            out,
            found,
            settings={
                "first": both[0].settings(),
                "second": both[1].settings(),
                "replicas": count,
                "seed": shared,
            },
            seconds=[one.seconds for one in runs],
        )
    return found


def play_scenario(
    scenario: str | os.PathLike[str] | Scenario,
    *,
    replicas: int | None = None,
    seed: int | None = None,
    workers: int | Executor | None = None,
    keep: Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Play a scenario and return everything that was played, without writing results; see `run`.

    Parameters
    ----------
    keep
        Folder in which finished replicas are kept, so that a run that is stopped goes on where it was.
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    count = scenario.run.replicas if replicas is None else replicas
    if count < 1:
        msg = f"{count} replicas cannot be played; give 1 for expected numbers, or 100 and more for bands"
        raise OptionError(msg)
    if seed is not None and seed < 0:
        msg = f"a seed is 0 or more, but got {seed}"
        raise OptionError(msg)
    began = time.perf_counter()
    plan = scenario.plan(seed=seed, replicas=1)
    # Tiles are folded in threads of their own; replicas may be far away.
    outages = scenario.outages()
    inputs = scenario.inputs(outages=outages)
    opened = time.perf_counter()
    central = run_study(plan, inputs, progress=progress)
    seconds = {"open": opened - began, **central.seconds}
    outcomes: tuple[Mapping[str, Any], ...] = (measure(plan, central.prepared, central.played),)
    notes = list(central.notes)
    if count > 1:
        began = time.perf_counter()
        worlds, told = _worlds(scenario, plan, central, count, outages)
        notes += told
        ensemble = replicate(
            scenario.plan(seed=seed, replicas=count),
            worlds,
            count,
            measure=measure_replica,
            vary=Vary(known=scenario.known()),
            workers=workers,
            folder=keep,
            progress=progress,
        )
        outcomes = ensemble.outcomes
        seconds["replicas"] = time.perf_counter() - began
    results = collected(scenario, plan, inputs, central, outcomes, notes, seed)
    return Run(
        scenario, plan, results, Places.of(inputs, central, results.people), outcomes, seconds
    )


def _worlds(
    scenario: Scenario, plan: RunPlan, central: RunResult, replicas: int, outages: Any
) -> tuple[list[Prepared], list[str]]:
    """Prepare one world for each course of the outage; that of the central run where there is one course."""
    notes = []
    if replicas < FEWEST:
        notes.append(
            f"{replicas} replicas are few: 5 % and 95 % lie between the least and the largest of them"
        )
    if outages is None or len(outages) == 1:
        return [central.prepared], notes
    members = min(len(outages), replicas)
    worlds = [
        prepare(plan, scenario.inputs(member=member, outages=outages)) for member in range(members)
    ]
    return worlds, [*notes, f"replicas take {members} possible courses of the outage in turn"]
