"""What was measured of a scenario's run, or of its replicas, put together as its results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all import __version__
from ew4all.notes import brief
from ew4all.run_places import zones_of
from ew4all.run_results import RunResults, Stats, of_replicas
from ew4all.sim.audience_tables import BEHAVIOUR
from ew4all.sim.parameters import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.run_intake import RunInputs
    from ew4all.run_plan import RunPlan
    from ew4all.run_study import RunResult
    from ew4all.scenario.document import Scenario

__all__ = ["collected"]

_NO_ARRIVAL: Final = "no time of arrival was given"


def collected(
    scenario: Scenario,
    plan: RunPlan,
    inputs: RunInputs,
    central: RunResult,
    outcomes: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    seed: int | None,
) -> RunResults:
    """Return the results of a run.

    Parameters
    ----------
    central
        The run in which every number is expected.
    outcomes
        What `ew4all.run_measure.measure` gave of each replica; of the central run alone where there are none.
    seed
        In the place of the scenario's.
    """
    sizes, world = central.prepared.sizes, central.prepared.world

    def of(name: str) -> Stats:
        return of_replicas(outcomes, name)

    # Infinite where a share is never reached, which a mean cannot hold: the replica in the middle.
    times = np.sort(np.array([one["times_s"] for one in outcomes]), axis=0)
    issued = np.sort([float(one["issued_s"]) for one in outcomes])
    has_arrival = not any(note.startswith(_NO_ARRIVAL) for note in inputs.notes)
    return RunResults(
        version=__version__,
        title=scenario.name,
        channels=central.played.channels,
        zones=zones_of(inputs),
        groups=world.groups,
        replicas=len(outcomes),
        seed=scenario.run.seed if seed is None else seed,
        people={name: of(f"people_{name}") for name in ("whole", "zone", "group")},
        lost={name: of(f"lost_{name}") for name in ("whole", "zone", "group")},
        by_channel=of("by_channel"),
        several=of("several"),
        waterfall=of("waterfall"),
        lead=of("lead") if has_arrival else None,
        time_s=np.asarray(outcomes[0]["time_s"], np.float64),
        curves={
            name: of(f"curve_{name}")
            for name in ("warned", "acted", "arrived", "alerted", "reached", "noticed")
        },
        times_s=times[(len(outcomes) - 1) // 2],
        issued_s=float(issued[(len(outcomes) - 1) // 2]),
        issued_range_s=(
            float(issued[int(0.05 * (len(outcomes) - 1))]),
            float(issued[-1 - int(0.05 * (len(outcomes) - 1))]),
        ),
        zero_hour=plan.zero_hour,
        events=central.played.events,
        inputs=central.inputs,
        assumptions=_assumed(plan),
        notes=brief(notes, central.inputs),
        sizes=sizes._asdict(),
        notice=scenario.notice,
        attribution=scenario.attribution,
        story=scenario.story,
        sources=tuple(scenario.sources or ()),
        assumed=tuple(scenario.assumed or ()),
    )


def _assumed(plan: RunPlan) -> dict[str, float]:
    """Return the value of every number of the channels and of behaviour, by its name in a scenario."""
    found = {
        f"{use.channel.name}.{name}": value
        for use in plan.uses
        for name, value in resolve(use.channel.parameters, use.values, use.channel.name).items()
    }
    values = plan.audience.values
    return found | {f"behaviour.{row.name}": float(values[row.name]) for row in BEHAVIOUR}
