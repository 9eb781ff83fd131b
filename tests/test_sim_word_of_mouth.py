"""Word of mouth against the logistic curve, drawn talk, six national tests, and what must never happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_phones import ALWAYS_AWAKE, CERTAIN, IDLE, NONE, Some, world_of
from numpy.testing import assert_allclose

from ew4all.errors import AssumptionError
from ew4all.sim.channels.word_of_mouth import PARAMETERS, WordOfMouth
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, Notice, Switch, Update
from ew4all.sim.delay import Delay
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.parameters import resolve
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.parameters import Parameter
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

CHANNEL = WordOfMouth()
VALUES = resolve(PARAMETERS, {}, "")
PLAIN = {"alone": 0.0, "by_phone": 0.0, "asleep": 1.0, "outside": 1.0}
"""Everybody is told alike."""


@dataclass(frozen=True)
class Seed:
    """Warns a share of each row at once."""

    share: tuple[float, ...]
    name: str = "seed"
    parameters: tuple[Parameter, ...] = ()

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        assert not values
        rows = np.arange(len(world.rows))
        return Exposure(rows.astype(np.int32), np.ones(rows.size), rows)

    def play(self, stage: Stage, notice: Notice) -> Process:
        assert notice.identifier
        stage.burst(np.array(self.share), Delay.instant())
        yield stage.wait(0.0)


def talk_of(
    world: World,
    share: Sequence[float],
    values: Mapping[str, float],
    notice: Notice | None = None,
    **options: Any,
) -> Engine:
    n = len(world.rows)
    options.setdefault("bins", (np.arange(n, dtype=np.int32), n))
    engine = Engine(world, [ChannelUse(Seed(tuple(share))), ChannelUse(CHANNEL, values)], **options)
    engine.decide(Issue(notice or Notice(duration_s=6 * 3600.0)))
    return engine


def warned(engine: Engine) -> Any:
    return 1.0 - engine.totals().none / engine.world.rows.people


@pytest.mark.parametrize("first", [0.01, 0.3])
def test_alone_it_is_logistic(first: float) -> None:
    engine = talk_of(
        world_of([Some()], hourly=ALWAYS_AWAKE), [first], PLAIN | {"told_per_min": 0.06}
    )
    for minutes in (10, 30, 60, 120):
        engine.run(60.0 * minutes)
        odds = first / (1.0 - first) * np.exp(0.06 * (minutes - 0.5 / 60.0))
        assert_allclose(warned(engine), odds / (1.0 + odds), atol=2e-3)


def test_after_the_alert_talk_fades_with_its_time_constant() -> None:
    values = PLAIN | {"told_per_min": 0.02, "fades_s": 900.0}
    engine = talk_of(
        world_of([Some()], hourly=ALWAYS_AWAKE), [0.4], values, Notice(duration_s=1800.0)
    )
    for minutes, talk_min in ((30, 30.0), (45, 30 + 15 * (1 - np.exp(-1))), (600, 45.0)):
        engine.run(60.0 * minutes)
        odds = 0.4 / 0.6 * np.exp(0.02 * talk_min)
        assert_allclose(warned(engine), odds / (1.0 + odds), atol=2e-3)


TESTS = (
    ("Netherlands July 2017", 0.622, 0.730),
    ("Netherlands June 2018", 0.67, 0.76),
    ("Netherlands December 2018", 0.74, 0.83),
    ("Netherlands June 2020", 0.90, 0.94),
    ("New Zealand 2018", 0.60, 0.69),
    ("New Zealand 2019", 0.79, 0.87),
)


@pytest.mark.parametrize(("test", "direct", "total"), TESTS)
def test_national_tests_come_out_as_measured(test: str, direct: float, total: float) -> None:
    """With all defaults at noon, 30 minutes on air: within 2 points of each, one rate for all six."""
    world = world_of([Some(awake=True)], values={}, hour=12.0)
    engine = talk_of(world, [direct], {}, Notice(duration_s=1800.0))
    engine.run(3 * 3600.0)
    assert_allclose(warned(engine), total, atol=0.02, err_msg=test)


def test_drawn_talk_is_as_quick() -> None:
    """2,000 people who meet anybody at random, second by second."""
    rng, n, rate = np.random.default_rng(11), 2000, 0.05 / 60.0
    at = {600: 0.0, 1800: 0.0, 3600: 0.0}
    for _ in range(8):
        knows = rng.random(n) < 0.05
        for second in range(0, 3601, 10):
            if second in at:
                at[second] += knows.mean() / 8
            meets = rng.random(n) < -np.expm1(-10.0 * rate)
            knows |= meets & knows[rng.integers(0, n, n)]
    engine = talk_of(
        world_of([Some()], hourly=ALWAYS_AWAKE), [0.05], PLAIN | {"told_per_min": 0.05}
    )
    for second, share in at.items():
        engine.run(float(second))
        if second:
            assert_allclose(warned(engine), share, atol=0.025)


def test_talk_crosses_zones_by_the_share_of_mixing() -> None:
    world = world_of([Some(), Some(zone=1)], hourly=ALWAYS_AWAKE)
    apart = talk_of(world, [0.5, 0.0], PLAIN, mixing_within=1.0)
    mixed = talk_of(world, [0.5, 0.0], PLAIN, mixing_within=0.9)
    for engine in (apart, mixed):
        engine.run(60.0)
    assert warned(apart)[1] == 0.0
    # One minute: a tenth of the talk meets anybody, of whom a quarter is warned.
    assert_allclose(warned(mixed)[1], 0.0125 * 0.1 * 0.25, rtol=0.05)
    for engine in (apart, mixed):
        engine.run(6 * 3600.0)
    assert warned(apart)[1] == 0.0
    assert warned(mixed)[1] > 0.5


def test_sleepers_people_without_telephone_and_people_outside_are_told_less() -> None:
    some = [
        Some(), Some(awake=False), Some(phone_on=False), Some(service=(NONE,)), Some(in_area=False), Some(people=1e9),
    ]  # fmt: skip
    asleep = IDLE | {"asleep": [0.0] * 12 + [0.5] * 12}
    world = world_of(some, values=CERTAIN, hourly=IDLE | ALWAYS_AWAKE)
    engine = talk_of(world, [0.0] * 5 + [1.0], {"alone": 0.0, "told_per_min": 0.06})
    engine.run(61.0)
    rate = -np.log1p(-warned(engine)[:5]) / 0.06
    on = 1.0 - VALUES["by_phone"]
    # Phones that are off stay so by day; sleepers are awake in a world where nobody sleeps.
    assert_allclose(rate, [1.0, 1.0, rate[2], on, VALUES["outside"]], rtol=1e-3)
    assert rate[2] <= 1.0
    night = world_of(
        [Some(), Some(awake=False), Some(people=1e9)], values=CERTAIN, hourly=asleep, hour=14.0
    )
    engine = talk_of(night, [0.0, 0.0, 1.0], {"alone": 0.0, "told_per_min": 0.06})
    engine.run(61.0)
    rate = -np.log1p(-warned(engine)[:2]) / 0.06
    assert_allclose(rate, [1.0, VALUES["asleep"]], rtol=1e-2)


def test_nobody_is_told_of_what_nobody_knows() -> None:
    engine = talk_of(world_of([Some()], hourly=ALWAYS_AWAKE), [0.0], {})
    engine.run(6 * 3600.0)
    assert warned(engine) == 0.0


def test_a_network_that_fails_slows_talk_down() -> None:
    world = world_of([Some()], values={}, hourly=ALWAYS_AWAKE)
    whole, cut = (talk_of(world, [0.3], {"by_phone": 0.4}) for _ in range(2))
    cut.at(600.0, NetworkChange(0.0))
    for until_s in (600.0, 1800.0, 7200.0):
        whole.run(until_s)
        cut.run(until_s)
        assert warned(cut) <= warned(whole)
    assert warned(cut) < warned(whole) - 0.05


def test_a_cancelled_alert_is_talked_about_for_a_while_and_one_put_out_of_use_is_not() -> None:
    ends = []
    for stop in (Cancel("alert"), Switch("word_of_mouth", on=False)):
        engine = talk_of(world_of([Some()], hourly=ALWAYS_AWAKE), [0.3], PLAIN)
        engine.at(600.0, stop)
        engine.run(600.0)
        before = warned(engine)
        engine.run(6 * 3600.0)
        ends.append((before, warned(engine)))
    (before, faded), (_, stopped) = ends
    odds = before / (1 - before) * np.exp(VALUES["told_per_min"] * VALUES["fades_s"] / 60.0)
    assert_allclose(faded, odds / (1 + odds), atol=2e-3)
    assert_allclose(stopped, before, atol=1e-12)


def test_two_alerts_make_no_more_talk_than_one() -> None:
    world = world_of([Some()], hourly=ALWAYS_AWAKE)
    one, two = talk_of(world, [0.3], PLAIN), talk_of(world, [0.3], PLAIN)
    two.at(1.0, Issue(Notice("second", duration_s=1800.0), ("word_of_mouth",)))
    two.at(700.0, Update(Notice(duration_s=6 * 3600.0 - 700.0), ("word_of_mouth",)))
    for engine in (one, two):
        engine.run(4 * 3600.0)
    assert_allclose(warned(two), warned(one), atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    first=st.floats(0.0, 0.9),
    more=st.floats(0.0, 0.1),
    hour=st.floats(0.0, 24.0),
    duration_s=st.floats(1.0, 20_000.0),
)
def test_more_seeds_never_warn_fewer_and_people_are_conserved(
    first: float, more: float, hour: float, duration_s: float
) -> None:
    some = [Some(), Some(awake=False, zone=1), Some(phone_on=False), Some(in_area=False)]
    world = world_of(some, values={}, hour=hour)
    few, many = (
        talk_of(world, [share] * 4, {}, Notice(duration_s=duration_s))
        for share in (first, first + more)
    )
    for until_s in (30.0, 1800.0, 7200.0):
        for engine in (few, many):
            engine.run(until_s)
            totals = engine.totals()
            assert_allclose(totals.first.sum() + totals.none.sum(), 4000.0)
            assert np.all(totals.reached[:, 1] <= totals.alerted[:, 1] + 1e-9)
        assert np.all(warned(many) >= warned(few) - 1e-9)


def test_bad_input_is_named() -> None:
    with pytest.raises(AssumptionError, match=r"must lie in 0\.\.1"):
        talk_of(world_of([Some()]), [0.0], {"asleep": 3.0})
