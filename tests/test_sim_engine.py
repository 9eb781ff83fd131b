"""The engine against closed forms: bursts, notice with a delay, word of mouth, drawn people, decisions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ew4all.errors import InputError, OptionError
from ew4all.sim.audience import Audience
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, Notice, PowerChange, Switch
from ew4all.sim.delay import Delay
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.population import Exposure
from ew4all.sim.rows import Rows
from ew4all.sim.world import Mains, Service, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import simpy

    from ew4all.sim.parameters import Parameter
    from ew4all.sim.stage import Stage


def rows_of(people: list[float], zone: list[int] | None = None) -> Rows:
    n = len(people)
    flags = np.ones(n, bool)
    return Rows(
        people=np.array(people),
        zone=np.array(zone or [0] * n, np.int32),
        group=np.zeros(n, np.int32),
        in_area=flags,
        at_risk=flags,
        arrival_s=np.full(n, 3600.0),
        settlement=np.zeros(n, np.int8),
        siren=np.full(n, -1, np.int32),
        operator=np.zeros(n, np.int32),
        service=np.zeros(n, np.int32),
        indoors=flags,
        awake=flags,
        phone_on=flags,
        mains_lost=~flags,
    )


def world_of(rows: Rows) -> World:
    zones = tuple(f"z{k}" for k in range(int(rows.zone.max()) + 1))
    service = Service(np.zeros((1, 1), np.int8), np.ones((1, 1), bool), np.array([-np.inf]))
    return World(
        rows,
        zones,
        ("all",),
        ("one",),
        service,
        np.empty(0),
        Mains.never_lost(len(zones)),
        Audience({}),
        12.0,
    )


@dataclass(frozen=True)
class Once:
    """Reaches a share with a delay, once."""

    name: str = "once"
    hit: float = 0.5
    susceptible: float = 1.0
    delay: Delay = field(default_factory=lambda: Delay.exponential(60.0))
    now: float = 1.0
    later: float = 0.0
    parameters: tuple[Parameter, ...] = ()

    def exposure(self, world: World, _: Mapping[str, float]) -> Exposure:
        kind, row = world.rows.kinds(world.rows.zone)
        return Exposure(kind, np.full(row.size, self.susceptible), row)

    def play(self, stage: Stage, notice: Notice) -> Iterator[simpy.Event]:
        stage.notice(self.now, self.later)
        if stage.is_over(notice.identifier):
            return
        kinds = stage.exposure.row
        stage.alert(np.ones(kinds.size))
        stage.burst(self.hit * stage.service_share()[kinds], self.delay)
        yield stage.wait(0.0)


@dataclass(frozen=True)
class Talk:
    """Word of mouth at a constant rate."""

    per_s: float
    name: str = "word_of_mouth"
    is_word_of_mouth: bool = True
    parameters: tuple[Parameter, ...] = ()

    def exposure(self, world: World, _: Mapping[str, float]) -> Exposure:
        kind, row = world.rows.kinds()
        return Exposure(kind, np.ones(row.size), row)

    def play(self, stage: Stage, _: Notice) -> Iterator[simpy.Event]:
        stage.hold("talk", np.full(stage.exposure.row.size, self.per_s))
        yield stage.wait(0.0)


def engine_of(rows: Rows, *channels: Any, **options: Any) -> Engine:
    return Engine(world_of(rows), [ChannelUse(c) for c in channels], **options)


def warned(engine: Engine) -> float:
    totals = engine.totals()
    return float(engine.population.people.sum() - totals.none.sum())


def test_a_burst_reaches_its_share_and_follows_its_delay() -> None:
    engine = engine_of(rows_of([1000.0]), Once(hit=0.5))
    engine.decide(Issue(Notice()))
    engine.run(60.0)
    assert warned(engine) == pytest.approx(500 * (1 - np.exp(-1)), rel=0.02)
    engine.run(7200.0)
    assert warned(engine) == pytest.approx(500.0, rel=1e-9)


def test_two_channels_are_independent_within_a_row() -> None:
    engine = engine_of(rows_of([1000.0]), Once("a", 0.5), Once("b", 0.4, susceptible=0.5))
    engine.decide(Issue(Notice()))
    engine.run(7200.0)
    totals = engine.totals()
    assert totals.none.sum() == pytest.approx(1000 * 0.5 * 0.8)
    assert totals.only.sum(axis=0) == pytest.approx([1000 * 0.5 * 0.8, 1000 * 0.5 * 0.2])
    assert totals.several.sum() == pytest.approx(1000 * 0.5 * 0.2)
    assert totals.first.sum() == pytest.approx(1000 - totals.none.sum())
    assert totals.noticed.sum(axis=0) == pytest.approx([500.0, 200.0])
    assert np.all(totals.alerted == 1000.0)


def test_some_notice_at_once_and_the_others_later() -> None:
    once = Once(hit=1.0, delay=Delay.instant(), now=0.25, later=1 / 600)
    engine = engine_of(rows_of([1000.0]), once)
    engine.decide(Issue(Notice()))
    engine.run(601.0)
    totals = engine.totals()
    assert totals.reached.sum() == pytest.approx(1000.0)
    assert totals.noticed.sum() == pytest.approx(1000 * (1 - 0.75 * np.exp(-1)), rel=1e-3)


@pytest.mark.parametrize("step_s", [1.0, 10.0])
def test_word_of_mouth_alone_is_logistic(step_s: float) -> None:
    """dP/dt = c P (1 - P) from the 1 % that a burst warned."""
    seed = Once(hit=0.01, delay=Delay.instant())
    engine = engine_of(rows_of([1e6]), seed, Talk(0.06 / 60), step_s=step_s)
    engine.decide(Issue(Notice()))
    for minutes in (30, 60, 90, 120):
        engine.run(minutes * 60.0)
        t = minutes - 0.5 / 60
        p = 1 / (1 + 99 * np.exp(-0.06 * t))
        assert warned(engine) / 1e6 == pytest.approx(p, abs=2e-3)


def test_drawn_people_are_whole_and_scatter_like_a_binomial() -> None:
    finals = []
    for seed in range(200):
        engine = engine_of(rows_of([1000.0]), Once(hit=0.3), drawn=True, seed=seed)
        engine.decide(Issue(Notice()))
        engine.run(7200.0)
        finals.append(warned(engine))
        assert engine.totals().first.sum() == finals[-1] == int(finals[-1])
    assert np.mean(finals) == pytest.approx(300, abs=3.5)
    assert np.std(finals) == pytest.approx(np.sqrt(1000 * 0.3 * 0.7), rel=0.2)


def test_a_run_in_pieces_is_the_run_in_one() -> None:
    whole = engine_of(rows_of([1e5, 2e5], [0, 1]), Once(hit=0.2), Talk(1e-3))
    parts = engine_of(rows_of([1e5, 2e5], [0, 1]), Once(hit=0.2), Talk(1e-3))
    for engine in (whole, parts):
        engine.at(125.0, Issue(Notice()))
    whole.run(3600.0)
    for until in (60.0, 120.0, 600.0, 601.0, 3600.0):
        parts.run(until)
        parts.totals()
    assert parts.curves.time_s == whole.curves.time_s
    assert np.array_equal(parts.curves.stack("none"), whole.curves.stack("none"))
    assert np.array_equal(parts.totals().none, whole.totals().none)


def test_a_cut_network_and_a_switched_off_channel_reach_nobody() -> None:
    engine = engine_of(rows_of([1000.0, 1000.0], [0, 1]), Once(hit=0.5))
    engine.decide(NetworkChange(0.0, zone="z1"))
    engine.decide(Issue(Notice()))
    engine.run(3600.0)
    assert engine.totals().none == pytest.approx([500.0, 1000.0])
    off = engine_of(rows_of([1000.0]), Once())
    off.decide(Switch("once", on=False))
    off.decide(Issue(Notice()))
    off.decide(Cancel("alert"))
    off.run(3600.0)
    assert warned(off) == 0.0
    assert off.events.subject == ["once", "alert", "alert"]


def test_what_is_not_there_is_named() -> None:
    engine = engine_of(rows_of([1.0]), Once())
    with pytest.raises(OptionError, match="no channel 'sms'; it has once"):
        engine.decide(Switch("sms", on=True))
    engine.run(10.0)
    with pytest.raises(InputError, match="cannot go back"):
        engine.run(5.0)
    with pytest.raises(OptionError, match="named twice"):
        engine_of(rows_of([1.0]), Once(), Once())


def test_an_unforeseen_cut_that_would_take_nobody_is_refused() -> None:
    engine = engine_of(rows_of([1000.0, 1000.0], [0, 1]), Once(hit=0.5))
    with pytest.raises(OptionError, match="nobody there depends on them"):
        engine.decide(PowerChange(on=False))
    apart = replace(rows_of([1000.0, 1000.0], [0, 1]), mains_lost=np.array([True, False]))
    engine = engine_of(apart, Once(hit=0.5))
    engine.decide(PowerChange(on=False, zone=engine.world.zones[0]))
    assert engine.mains.out(0.0).tolist() == [True, False]
