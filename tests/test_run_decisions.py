"""Decisions in whole runs: power that nobody planned to fail, in a plan and while an exercise steps."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ew4all.run_study import Prepared, RunResult, prepare, run_study
from ew4all.scenario import Scenario, scenario_from
from ew4all.sim.decisions import Issue, Notice, PowerChange
from ew4all.sim.engine import Engine

VALLEY: dict[str, Any] = {
    "schema": "ew4all/scenario/1",
    "demo": "valley",
    "zero": "20:00",
    "channels": {"tv": {}, "siren": {"points": "demo:sirens.csv"}},
    "run": {"duration": "2 h"},
}
CUT = [{"at": 0, "power": {"on": False}}]
AT_ONCE = {"*": {"lost": 0}}


def scenario(**sections: Any) -> Scenario:
    return scenario_from({**VALLEY, **sections}, name="test")


def played(**sections: Any) -> RunResult:
    chosen = scenario(**sections)
    return run_study(chosen.plan(), chosen.inputs())


@cache
def usual() -> RunResult:
    return played()


def noticed(result: RunResult) -> Any:
    return result.played.totals.noticed.sum(axis=0)


def test_a_cut_that_is_decided_does_what_a_cut_that_is_planned_does() -> None:
    decided, planned = played(decisions=CUT), played(power=AT_ONCE)
    assert noticed(decided) == pytest.approx(noticed(planned), rel=1e-9)
    both = played(decisions=CUT, power={"*": {"lost": "30 min"}})
    assert noticed(both) == pytest.approx(noticed(planned), rel=1e-9)
    assert np.all(noticed(decided) < 0.6 * noticed(usual()))


def test_a_cut_of_one_zone_takes_that_zone() -> None:
    zone = usual().prepared.world.zones[1]
    decided = played(decisions=[{"at": 0, "power": {"on": False, "zone": zone}}])
    mine = decided.prepared.bins.zone == 1
    less, whole = (r.played.totals.noticed[:, 0] for r in (decided, usual()))
    assert less[mine].sum() < 0.6 * whole[mine].sum()
    assert less[~mine].sum() == pytest.approx(whole[~mine].sum(), rel=1e-9)


def test_power_that_is_on_already_does_not_cancel_a_cut_to_come() -> None:
    late = {"alert": {"issued": "40 min"}, "power": {"*": {"lost": "30 min"}}}
    decided = played(**late, decisions=[{"at": "10 min", "power": {"on": True}}])
    assert noticed(decided) == pytest.approx(noticed(played(**late)), rel=1e-9)


def test_the_share_of_a_planned_cut_is_that_of_a_decided_one() -> None:
    later = {"*": {"lost": "5 h", "share": 0.5}}
    decided = played(power=later, decisions=CUT)
    world = decided.prepared.world
    people = world.rows.people
    assert people[world.rows.mains_lost].sum() == pytest.approx(0.5 * people.sum())
    tv = [float(noticed(r)[0]) for r in (played(decisions=CUT), decided, usual())]
    assert tv[0] < tv[1] < tv[2]


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    chosen = scenario()
    return prepare(chosen.plan(), chosen.inputs())


def test_a_cut_that_nobody_foresaw_is_met_while_stepping(prepared: Prepared) -> None:
    uses = scenario().plan().uses
    found = []
    for cut in (False, True):
        engine = Engine(prepared.world, uses, tick_s=300.0)
        engine.run(600.0)
        if cut:
            engine.decide(PowerChange(on=False))
        engine.decide(Issue(Notice()))
        engine.run(7200.0)
        found.append(engine.totals().noticed.sum(axis=0))
    assert np.all(found[1] < 0.6 * found[0])


def test_supply_that_may_fail_costs_no_rows(prepared: Prepared) -> None:
    rows = prepared.world.rows
    assert rows.mains_lost.all()
    shares = played(power={"*": {"lost": 0, "share": 0.5}}).prepared.sizes.rows
    assert prepared.sizes.rows == usual().prepared.sizes.rows < 0.6 * shares
