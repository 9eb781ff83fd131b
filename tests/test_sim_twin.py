"""The engine against its naive twin of 20,000 people, by channel and for all channels together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from twin import Twin
from twin_people import by_time, world_of

from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.parameters import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

PEOPLE = 20_000
UNTIL_S = 3 * 3600.0
TICK_S = 30.0

TOLERANCE = 0.01
"""Largest difference of two curves, of all people. By Kolmogorov the twin's own chance exceeds it in 4 % of all cases."""

WITHIN_PIECES = 0.02
"""The same within one of the pieces into which a wave is cut, a few seconds: the first sirens come 1.5 % of the people early."""

SIMPLER = {"location_sms": 0.02, "radio": 0.015, "app": 0.015, "web_push": 0.015}
"""Where the engine simplifies: tries again are spread over their pause, who overheard the radio takes it in at any moment until it
comes again, and of people who go in and out of buildings it is always the same who are in."""

SLOW_QUEUE = {"rate_per_s": 8.0}
"""Messages take most of an hour: with the usual rate 20,000 people are no queue."""

MANY = {"installed": 0.7}, {"subscribed": 0.6}

USES: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "cell_broadcast": {"cell_broadcast": {"decoded_4g": 0.7}},
    "location_sms": {"location_sms": SLOW_QUEUE},
    "address_sms": {"address_sms": {**SLOW_QUEUE, "enrolled": 0.9}},
    "app": {"app": MANY[0]},
    "web_push": {"web_push": MANY[1]},
    "siren": {"siren": {}},
    "radio": {"radio": {}},
    "tv": {"tv": {}},
    # Talk needs somebody who knows: a broadcast of few cells.
    "word_of_mouth": {
        "cell_broadcast": {"network_broadcasts": 0.1, "moves_per_h": 0.0},
        "word_of_mouth": {"told_per_min": 0.05},
    },
    "all": {
        "cell_broadcast": {"network_broadcasts": 0.4},
        "location_sms": SLOW_QUEUE,
        "address_sms": SLOW_QUEUE,
        "app": {},
        "web_push": {},
        "siren": {},
        "radio": {},
        "tv": {},
        "word_of_mouth": {},
    },
}


def engine_of(world: World, case: str, **options: Any) -> Engine:
    one_bin = (np.zeros(len(world.rows), np.int32), 1)
    uses = [ChannelUse(CHANNELS[name], values) for name, values in USES[case].items()]
    engine = Engine(world, uses, bins=one_bin, tick_s=TICK_S, **options)
    engine.decide(Issue(Notice()))
    engine.run(UNTIL_S)
    return engine


def twin_of(world: World, case: str, seed: int) -> Twin:
    values = {n: resolve(CHANNELS[n].parameters, v, n) for n, v in USES[case].items()}
    twin = Twin(world, values, Notice(), seed)
    twin.run(UNTIL_S)
    return twin


def pair(case: str) -> tuple[Engine, Twin]:
    world = world_of(PEOPLE)
    return engine_of(world, case), twin_of(world, case, 3)


def distance(one: Any, other: Any) -> float:
    return float(np.abs(np.asarray(one) - np.asarray(other)).max()) / PEOPLE


def curves(engine: Engine, twin: Twin) -> dict[str, tuple[F64, F64]]:
    """Return both curves by channel and stage."""
    at = np.array(engine.curves.time_s)
    found = {}
    for k, name in enumerate(engine.names):
        for stage in ("reached", "noticed"):
            times = [getattr(p, stage).get(name, np.inf) for p in twin.people]
            found[f"{name} {stage}"] = engine.curves.stack(stage)[:, 0, k], by_time(times, at)
        first = [p.first_s if p.first_by == name else np.inf for p in twin.people]
        found[f"{name} first"] = engine.curves.stack("first")[:, 0, k], by_time(first, at)
    warned = PEOPLE - engine.curves.stack("none")[:, 0]
    found["warned"] = warned, by_time([p.first_s for p in twin.people], at)
    several = [sorted(p.noticed.values())[1] if len(p.noticed) > 1 else np.inf for p in twin.people]
    found["two or more"] = engine.curves.stack("several")[:, 0], by_time(several, at)
    return found


QUICK = {"cell_broadcast", "word_of_mouth", "all"}


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=() if c in QUICK else pytest.mark.slow) for c in USES]
)
def test_the_engine_agrees_with_people_one_by_one(case: str) -> None:
    engine, twin = pair(case)
    assert len(twin.people) == PEOPLE
    found, ticks = curves(engine, twin), np.array(engine.curves.shared)
    apart = {name: distance(one[ticks], other[ticks]) for name, (one, other) in found.items()}
    allowed = SIMPLER.get(case, TOLERANCE)
    wrong = {
        name: value
        for name, value in apart.items()
        if value > max(allowed, SIMPLER.get(name.partition(" ")[0], 0.0))
    }
    assert not wrong
    # The points after the issue are closer than ticks.
    between = {name: distance(*both) for name, both in found.items()}
    assert max(between.values()) < max(WITHIN_PIECES, allowed)
    assert float(PEOPLE - engine.totals().none.sum()) > 0.05 * PEOPLE


@pytest.mark.slow
def test_chance_scatters_runs_of_both_alike() -> None:
    """A thousand people, drawn 60 times: means within four standard errors, standard deviations within 40 %."""
    world, seeds = world_of(1000.0), range(60)
    drawn = np.array([1000 - engine_of(world, "all", drawn=True, seed=s).totals().none.sum() for s in seeds])  # fmt: skip
    lived = np.array([sum(p.first_s < UNTIL_S for p in twin_of(world, "all", s).people) for s in seeds])  # fmt: skip
    error = np.sqrt((drawn.var() + lived.var()) / len(seeds))
    assert abs(drawn.mean() - lived.mean()) < 4.0 * error + 0.002 * 1000
    assert 0.6 < drawn.std() / lived.std() < 1.67
