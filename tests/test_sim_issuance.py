"""From the first sign to the alert: what steps take, in which order, and that the run writes them down."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_audience import world_at

from ew4all.errors import AssumptionError, InputError, OptionError
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.engine import Engine
from ew4all.sim.issuance import STEPS, Timeline
from ew4all.sim.records import KINDS
from ew4all.sim.step_times import Fixed, LogNormal, NotBefore, Triangle, Uniform, Weibull

CHANCES = st.floats(0.0, 1.0)

TIMES = [
    Fixed(90.0),
    Uniform(60.0, 300.0),
    Uniform(60.0, 60.0),
    Triangle(0.0, 60.0, 600.0),
    Triangle(60.0, 60.0, 600.0),
    Triangle(60.0, 60.0, 60.0),
    LogNormal(300.0, 0.8),
    Weibull(1.0, 1.0),
    Weibull(0.1, 2.1),
]


@pytest.mark.parametrize("time", TIMES, ids=str)
@given(low=CHANCES, high=CHANCES)
def test_quantiles_rise(time: Fixed, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert 0.0 <= time.at(low) <= time.at(high) < math.inf


@pytest.mark.parametrize(
    ("time", "mean_s"),
    [
        (Uniform(60.0, 300.0), 180.0),
        (Triangle(0.0, 60.0, 600.0), 220.0),
        (LogNormal(300.0, 0.8), 300 * math.exp(0.32)),
        # an exponential of an hour, cut at six: 1 - 6 exp(-6) / (1 - exp(-6)) hours
        (Weibull(1.0, 1.0), 3600 * (1 - 6 * math.exp(-6) / (1 - math.exp(-6)))),
    ],
    ids=str,
)
def test_quantiles_have_the_mean_of_their_distribution(time: Uniform, mean_s: float) -> None:
    chance = (np.arange(20_000) + 0.5) / 20_000
    assert np.mean([time.at(float(p)) for p in chance]) == pytest.approx(mean_s, rel=2e-3)


def test_half_decide_within_the_published_medians() -> None:
    for scale, shape, minutes in ((1.8, 1, 23), (1, 1, 42), (0.5, 1, 83), (0.5, 2.1, 70)):
        # the cut at 360 minutes shortens the slow ones
        assert Weibull(scale, shape).at(0.5) / 60 == pytest.approx(minutes, rel=0.08)
    assert Weibull(0.1, 0.5).at(1.0) == pytest.approx(6 * 3600)


def test_the_usual_timeline_lies_among_those_of_oroville() -> None:
    timeline = Timeline.usual()
    assert 25 < timeline.typical().sent_s / 60 < 139
    rng = np.random.default_rng(1)
    minutes = [timeline.draw(rng).sent_s / 60 for _ in range(2000)]
    assert np.median(minutes) == pytest.approx(timeline.typical().sent_s / 60, rel=0.06)
    assert max(minutes) <= 361


def test_a_step_that_differs_leaves_the_draws_of_the_others() -> None:
    steps = {"authoring": LogNormal(300.0, 0.5), "approval": Uniform(0.0, 600.0)}
    quick = Timeline.usual(steps={**steps, "decision": Fixed(60.0)})
    slow = Timeline.usual(steps={**steps, "decision": Weibull(0.5, 1.0)})
    spans = [
        np.diff(timeline.draw(np.random.default_rng(7)).ends_s)[2:] for timeline in (quick, slow)
    ]
    assert spans[0] == pytest.approx(spans[1])


@given(seed=st.integers(0, 2**32 - 1), begins_s=st.floats(-1e5, 1e5))
def test_steps_end_in_their_order(seed: int, begins_s: float) -> None:
    timeline = Timeline.usual(
        steps={"analysis": LogNormal(60.0, 2.0), "approval": NotBefore(2e5)}, begins_s=begins_s
    )
    ends = timeline.draw(np.random.default_rng(seed)).ends_s
    assert ends[0] >= begins_s
    assert np.all(np.diff(ends) >= 0)
    assert ends[4] >= 2e5


def test_a_time_of_the_clock_holds_unless_the_step_before_is_late() -> None:
    held = Timeline.usual(steps={"decision": Fixed(600.0), "approval": NotBefore(1800.0)})
    assert held.typical().ends_s == pytest.approx([0, 0, 600, 600, 1800, 1805])
    late = Timeline.usual(steps={"decision": Uniform(0.0, 7200.0), "approval": NotBefore(1800.0)})
    assert late.typical().ends_s == pytest.approx([0, 0, 3600, 3600, 3600, 3605])


def test_the_run_writes_steps_down_and_sends_the_alert() -> None:
    assert set(STEPS.values()) < set(KINDS)
    engine = Engine(world_at(12.0), [], start_s=100.0)
    timeline = Timeline.usual(
        steps={"detection": Fixed(30.0), "decision": Fixed(600.0), "approval": Fixed(60.0)}
    )
    engine.env.process(timeline.typical().play(engine, Issue(Notice("flood"))))
    engine.run(3600.0)
    seen = [
        (KINDS[kind], time)
        for kind, time in zip(engine.events.kind, engine.events.time_s, strict=True)
    ]
    assert seen == [
        ("detected", 100.0),  # before the run began
        ("analysed", 100.0),
        ("decided", 630.0),
        ("authored", 630.0),
        ("approved", 690.0),
        ("sent", 695.0),
        ("issue", 695.0),
    ]
    assert set(engine.events.subject) == {"flood"}


def test_an_alert_before_its_detection_is_refused() -> None:
    with pytest.raises(
        InputError, match="decision is to be over at 300 s, but analysis is not over before 600 s"
    ):
        Timeline.usual(steps={"analysis": Fixed(600.0), "decision": NotBefore(300.0)})
    with pytest.raises(InputError, match="detection is to be over at -5 s, but the first sign"):
        Timeline.usual(steps={"detection": NotBefore(-5.0)})
    with pytest.raises(InputError, match="an alert cannot be approved before that"):
        Timeline.usual(steps={"decision": NotBefore(900.0), "approval": NotBefore(600.0)})


def test_steps_and_values_that_do_not_exist_are_named() -> None:
    with pytest.raises(OptionError, match="check approve"):
        Timeline.usual(steps={"approve": Fixed(1.0)})
    with pytest.raises(OptionError, match="check decision"):
        Timeline({name: Fixed(1.0) for name in STEPS if name != "decision"})
    with pytest.raises(AssumptionError, match="did you mean gateway_s"):
        Timeline.usual({"gateways": 5.0})
    with pytest.raises(InputError, match="begins at nan s"):
        Timeline.usual(begins_s=math.nan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Fixed(-1.0), "fixed time of -1 s"),
        (lambda: Fixed(math.inf), "fixed time of inf s"),
        (lambda: Uniform(5.0, 1.0), "from 5 to 1 s"),
        (lambda: Triangle(0.0, 7.0, 5.0), "triangle over 0, 7, 5 s"),
        (lambda: LogNormal(0.0, 1.0), "median 0 s"),
        (lambda: LogNormal(1.0, math.nan), "spread nan"),
        (lambda: Weibull(0.0, 1.0), "scale 0"),
        (lambda: NotBefore(math.nan), "end at nan s"),
    ],
)
def test_times_that_are_not_possible_are_refused(make: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()  # type: ignore[operator]
