"""Decisions of a run: mains cut and restored, channels switched off and on, and a second alert on phones that have the first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_phones import ALWAYS_AWAKE, IDLE, Some, engine_of, noticed, reached, world_of
from numpy.testing import assert_allclose
from twin_people import world_of as town_of

from ew4all.errors import OptionError
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, Notice, PowerChange, Switch, Update
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.records import KINDS
from ew4all.sim.world import Mains

LONG = Notice(duration_s=4 * 3600.0)
QUICK = {"moves_per_h": 0.0, "looks_every_s": 1e9}
OF_PHONES = ("cell_broadcast", "location_sms", "app", "web_push")
ON_AIR = (*OF_PHONES, "address_sms", "siren", "radio", "tv")


def town(name: str, *decisions: tuple[float, Any], until_s: float = 4 * 3600.0) -> Engine:
    """Play one channel in a town of 10,000."""
    engine = Engine(town_of(1e4), [ChannelUse(CHANNELS[name])], tick_s=300.0)
    engine.decide(Issue(LONG))
    for time_s, decision in decisions:
        engine.at(time_s, decision)
    engine.run(until_s)
    return engine


def warned(engine: Engine) -> float:
    return 1e4 - float(engine.totals().none.sum())


def switched(name: str, off_s: float, on_s: float) -> tuple[tuple[float, Switch], ...]:
    return (off_s, Switch(name, on=False)), (on_s, Switch(name, on=True))


@pytest.mark.parametrize("name", ON_AIR)
def test_a_channel_that_is_switched_on_again_resumes_what_is_in_force(name: str) -> None:
    whole = warned(town(name))
    assert warned(town(name, (1.0, Switch(name, on=False)))) == pytest.approx(0.0, abs=1.0)
    resumed = town(name, *switched(name, 1.0, 300.0))
    assert warned(resumed) == pytest.approx(whole, rel=0.05)
    assert warned(resumed) < 1.01 * whole
    twice = town(name, *switched(name, 90.0, 90.0), *switched(name, 200.0, 500.0))
    assert warned(twice) == pytest.approx(whole, rel=0.05)
    assert np.all(np.diff(twice.curves.stack("none").sum(axis=1)) <= 1e-9)


@pytest.mark.parametrize("name", ON_AIR)
def test_what_is_over_is_not_resumed(name: str) -> None:
    ends = town(name, *switched(name, 1.0, LONG.duration_s + 1.0), until_s=6 * 3600.0)
    assert warned(ends) == pytest.approx(0.0, abs=1.0)
    cancelled = town(name, (2.0, Cancel("alert")), *switched(name, 1.0, 300.0))
    assert warned(cancelled) == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("again", [Issue, Update])
def test_a_cancelled_identifier_is_used_up(again: Any) -> None:
    engine = town("cell_broadcast", (600.0, Cancel("alert")), until_s=900.0)
    before = warned(engine)
    with pytest.raises(
        OptionError, match=r"'alert' was cancelled; issue .* another identifier.*CAP 1\.2, 3\.2\.1"
    ):
        engine.decide(again(LONG))
    engine.at(1000.0, again(LONG))
    with pytest.raises(OptionError, match="was cancelled"):
        engine.run(1100.0)
    # Nothing was sent by what was refused, and another alert is sent as usual.
    assert "update" not in {KINDS[k] for k in engine.events.kind}
    other = town("cell_broadcast", (600.0, Cancel("alert")), until_s=900.0)
    other.decide(again(replace(LONG, identifier="second")))
    other.run(3 * 3600.0)
    assert warned(other) > before + 100.0


def test_an_alert_that_is_called_off_before_its_issue_is_never_sent() -> None:
    """The moment of an issue may be drawn, that of the cancellation is fixed: no error, and nobody is warned."""
    engine = Engine(town_of(1e4), [ChannelUse(CHANNELS["cell_broadcast"])], tick_s=300.0)
    engine.at(100.0, Update(LONG))
    engine.at(101.0, Cancel("alert"))
    engine.at(600.0, Issue(LONG))
    engine.run(3600.0)
    assert warned(engine) < 1.0


def test_an_alert_waits_for_a_channel_that_is_off_and_says_so() -> None:
    engine = Engine(town_of(1e4), [ChannelUse(CHANNELS["radio"])], tick_s=300.0)
    engine.decide(Switch("radio", on=False))
    engine.decide(Issue(LONG))
    engine.at(600.0, Switch("radio", on=True))
    engine.run(599.0)
    told = [(KINDS[k], s) for k, s in zip(engine.events.kind, engine.events.subject, strict=True)]
    assert ("held", "radio") in told
    assert warned(engine) == pytest.approx(0.0, abs=1e-6)
    engine.run(4 * 3600.0)
    assert warned(engine) == pytest.approx(warned(town("radio")), rel=0.05)


def test_talk_goes_on_where_it_is_switched_on_again() -> None:
    uses = [ChannelUse(CHANNELS[n]) for n in ("cell_broadcast", "word_of_mouth")]
    found = []
    for decisions in ((), switched("word_of_mouth", 1.0, 60.0), switched("word_of_mouth", 1.0, 1e4)):  # fmt: skip
        engine = Engine(town_of(1e4), uses, tick_s=300.0)
        engine.decide(Issue(LONG))
        for time_s, decision in decisions:
            engine.at(time_s, decision)
        engine.run(4 * 3600.0)
        found.append(float(engine.totals().noticed[:, 1].sum()))
    assert found[1] == pytest.approx(found[0], rel=0.02)
    assert 100.0 < found[2] < 0.9 * found[1]


def test_a_queue_that_goes_on_sends_to_nobody_who_has_it() -> None:
    values = {"rate_per_s": 100.0, "attempt_delivers": 1.0, "stale": 0.0, "deliverable": 1.0}
    engine = engine_of(
        world_of([Some(1e5)], hourly=ALWAYS_AWAKE), CHANNELS["location_sms"], values, LONG
    )
    engine.at(565.0, Switch("location_sms", on=False))
    engine.at(3600.0, Switch("location_sms", on=True))
    engine.run(3600.0)
    half = reached(engine)[0]
    assert_allclose(half, 5e4, rtol=0.01)
    # 65 s to list the phones and for the way; then those that are left, at the same rate.
    engine.run(3600.0 + 65.0 + 250.0)
    assert_allclose(reached(engine)[0], half + 2.5e4, rtol=0.01)
    engine.run(3600.0 + 65.0 + 520.0)
    assert_allclose(reached(engine)[0], 1e5, rtol=0.01)


def test_sirens_sound_as_often_as_was_left() -> None:
    whole, cut = town("siren"), town("siren", *switched("siren", 200.0, 1000.0))
    sounded = [engine.events.kind.count(KINDS.index("sounded")) for engine in (whole, cut)]
    assert sounded == [3, 3]
    done = town("siren", *switched("siren", 3600.0, 7200.0))
    assert done.events.kind.count(KINDS.index("sounded")) == 3


@pytest.mark.parametrize("name", OF_PHONES)
def test_a_second_alert_sounds_on_phones_that_have_the_first(name: str) -> None:
    """As an update does: sleepers whom the first did not wake have another chance."""
    world = world_of([Some(awake=False)], hourly=IDLE | {"asleep": [1.0] * 24}, hour=2.0)
    found = []
    for second in (None, Issue(Notice("second", duration_s=4 * 3600.0)), Update(LONG)):
        engine = engine_of(world, CHANNELS[name], {"looks_every_s": 1e9}, LONG)
        if second is not None:
            engine.at(3600.0, second)
        engine.run(3599.0)
        before = noticed(engine)[0] / reached(engine)[0]
        engine.run(3 * 3600.0)
        found.append(noticed(engine)[0] / reached(engine)[0])
        want = before if second is None else 1.0 - (1.0 - before) ** 2
        assert found[-1] == pytest.approx(want, rel=0.03, abs=1e-3)
        assert reached(engine)[0] <= 1000.0
    assert found[1] == pytest.approx(found[2], rel=1e-3)
    assert found[0] < found[1] - 0.01


def test_a_text_sounds_once_on_a_phone_however_often_it_is_sent() -> None:
    """By serial number and message identifier a phone knows what it has shown, also after the channel was off."""
    world = world_of([Some(awake=False)], hourly=IDLE | {"asleep": [1.0] * 24}, hour=2.0)
    engine = engine_of(world, CHANNELS["cell_broadcast"], QUICK, LONG)
    for decision in switched("cell_broadcast", 3600.0, 4000.0):
        engine.at(*decision)
    engine.run(3599.0)
    before = noticed(engine)[0]
    engine.run(3 * 3600.0)
    assert_allclose(noticed(engine)[0], before, rtol=1e-3)


def test_a_second_alert_sounds_where_it_is_received_and_when() -> None:
    """Nothing sounds while the network is down; the text that is still on air then does once the cells are back."""
    world = world_of([Some(awake=False)], hourly=IDLE | {"asleep": [1.0] * 24}, hour=2.0)
    engine = engine_of(world, CHANNELS["cell_broadcast"], QUICK, LONG)
    engine.at(1800.0, NetworkChange(0.0))
    engine.at(3600.0, Issue(Notice("second", duration_s=2 * 3600.0)))
    engine.at(7200.0, NetworkChange(1.0))
    engine.run(1799.0)
    before = noticed(engine)[0] / 1000
    engine.run(7199.0)
    assert_allclose(noticed(engine)[0] / 1000, before, atol=1e-3)
    engine.run(3 * 3600.0)
    assert_allclose(noticed(engine)[0] / 1000, 1.0 - (1.0 - before) ** 2, atol=0.02)


def test_who_missed_the_first_alert_gets_what_is_still_on_air() -> None:
    epochs = (-np.inf, 3000.0)
    world = world_of(
        [Some(service=(2, 2)), Some(service=(-1, 2))], epochs_s=epochs, hourly=ALWAYS_AWAKE
    )
    engine = engine_of(world, CHANNELS["cell_broadcast"], QUICK, Notice(duration_s=1200.0))
    engine.at(2400.0, Issue(Notice("second", duration_s=3600.0)))
    engine.run(2999.0)
    assert reached(engine)[1] == 0.0
    engine.run(6000.0)
    assert_allclose(reached(engine) / 990.0, [1.0, 1.0], atol=0.02)


@settings(max_examples=12, deadline=None)
@given(name=st.sampled_from(sorted(CHANNELS)), at_s=st.floats(60.0, 5000.0))
def test_a_second_alert_never_warns_fewer(name: str, at_s: float) -> None:
    more = town(name, (at_s, Issue(Notice("second"))))
    assert warned(more) >= warned(town(name)) - 1.0
    totals = more.totals()
    assert (totals.first.sum(axis=1) + totals.none).sum() == pytest.approx(1e4)
    assert np.all(totals.noticed <= totals.reached + 1e-6)


def test_what_is_planned_for_the_mains_comes_whatever_was_decided_before() -> None:
    plan = Mains(np.array([1800.0, np.inf]), np.array([3600.0, np.inf]))
    zones = np.arange(2)

    def out(mains: Mains, time_s: float) -> list[bool]:
        return mains.out(time_s).tolist()

    early = plan.switched(zones, 600.0, on=True, plan=plan)
    assert [out(early, t)[0] for t in (700.0, 2000.0, 4000.0)] == [False, True, False]
    cut = plan.switched(zones, 300.0, on=False, plan=plan)
    assert [out(cut, t) for t in (299.0, 400.0)] == [[False, False], [True, True]]
    assert cut.out_for_s(400.0).tolist() == [100.0, 100.0]
    back = cut.switched(zones, 600.0, on=True, plan=plan)
    assert [out(back, t) for t in (700.0, 2000.0, 4000.0)] == [[False] * 2, [True, False], [False] * 2]  # fmt: skip
    assert out(cut, 3700.0) == [False, True]
    restored = plan.switched(zones, 2400.0, on=True, plan=plan)
    assert [out(restored, t)[0] for t in (2000.0, 2500.0)] == [True, False]
    again = restored.switched(zones[:1], 3000.0, on=False, plan=plan)
    assert [out(again, t) for t in (3100.0, 3700.0)] == [[True, False], [False, False]]
    same = plan.switched(zones, 2400.0, on=False, plan=plan)
    assert same.out_for_s(2500.0).tolist() == [700.0, 100.0]


def test_a_cut_that_would_take_nobody_is_refused() -> None:
    world = world_of([Some(), Some(zone=1, mains_lost=True)], hourly=ALWAYS_AWAKE)
    engine = engine_of(world, CHANNELS["radio"])
    engine.decide(PowerChange(on=False, zone="z1"))
    engine.decide(PowerChange(on=False))
    with pytest.raises(OptionError, match="the mains of z0 cannot fail: nobody there depends on"):
        engine.decide(PowerChange(on=False, zone="z0"))
