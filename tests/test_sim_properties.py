"""What holds whatever is played: people are conserved, and more, earlier and unbroken never warn fewer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_replicas import prepared_from
from twin_people import world_of

from ew4all.run_ensemble import replicate
from ew4all.run_plan import RunPlan
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.decisions import Issue, NetworkChange, Notice
from ew4all.sim.engine import ChannelUse, Engine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.sim.world import World

PEOPLE = 10_000.0
END_S = 2 * 3600.0
SLACK = 2e-3 * PEOPLE
"""Rates follow shares in steps, and a person's luck is nowhere: what is compared may differ by this."""

some_channels = st.sets(st.sampled_from(sorted(CHANNELS)), min_size=1, max_size=4)


@cache
def world() -> World:
    return world_of(PEOPLE)


def played(channels: Iterable[str], *, at_s: float = 0.0, cut_s: float | None = None, **options: Any) -> Engine:  # fmt: skip
    uses = [ChannelUse(CHANNELS[name]) for name in CHANNELS if name in channels]
    engine = Engine(world(), uses, tick_s=300.0, **options)
    engine.at(at_s, Issue(Notice()))
    if cut_s is not None:
        engine.at(cut_s, NetworkChange(0.0, zone="z0"))
    engine.run(END_S)
    return engine


def none(engine: Engine) -> float:
    return float(engine.totals().none.sum())


@given(some_channels)
@settings(max_examples=12, deadline=None)
def test_people_are_conserved(channels: set[str]) -> None:
    engine = played(channels)
    totals = engine.totals()
    assert (totals.first.sum(axis=1) + totals.none).sum() == pytest.approx(PEOPLE, rel=1e-9)
    parts = totals.only.sum(axis=1) + totals.several + totals.none
    assert parts.sum() == pytest.approx(PEOPLE, rel=1e-9)
    for broad, narrow in (("alerted", "reached"), ("reached", "noticed")):
        # People tell each other without anything on air.
        own = [k for k, name in enumerate(engine.names) if name != "word_of_mouth"]
        more, less = (getattr(totals, name)[:, own] for name in (broad, narrow))
        assert np.all(less <= more + 1e-3 * PEOPLE)
    curve = engine.curves.stack("none").sum(axis=1)
    assert np.all(np.diff(curve) <= 1e-9)


@given(some_channels, st.sampled_from(sorted(CHANNELS)))
@settings(max_examples=12, deadline=None)
def test_a_channel_more_never_warns_fewer(channels: set[str], more: str) -> None:
    assert none(played(channels | {more})) <= none(played(channels)) + 1e-6 * PEOPLE


@given(some_channels, st.floats(60.0, 3000.0))
@settings(max_examples=10, deadline=None)
def test_an_earlier_alert_never_warns_fewer(channels: set[str], later_s: float) -> None:
    assert none(played(channels)) <= none(played(channels, at_s=later_s)) + SLACK


@given(some_channels, st.floats(0.0, 1800.0))
@settings(max_examples=10, deadline=None)
def test_an_outage_never_warns_more(channels: set[str], cut_s: float) -> None:
    assert none(played(channels)) <= none(played(channels, cut_s=cut_s)) + SLACK


def test_every_number_of_every_channel_can_be_drawn() -> None:
    uses = tuple(ChannelUse(channel) for channel in CHANNELS.values())
    plan = RunPlan(uses, ((0.0, Issue(Notice())),), until_s=3600.0, tick_s=300.0, seed=3)
    prepared = prepared_from(world())
    found = replicate(plan, [prepared], 12)
    warned = found.each("warned")[:, -1]
    assert np.ptp(warned) > 0.02 * PEOPLE
    assert np.all((warned > 0) & (warned < PEOPLE))
    total = found.each("none").sum(axis=1) + found.each("first").sum(axis=(1, 2))
    assert total == pytest.approx(found.each("people").sum(axis=1))
