"""Every channel in the registry keeps the contract: a name, a table with sources, an alert over a small world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_phones import Some, engine_of, world_of

from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.parameters import resolve


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_keeps_the_contract(name: str) -> None:
    channel = CHANNELS[name]
    assert channel.name == name
    names = [row.name for row in channel.parameters]
    assert len(set(names)) == len(names)
    for row in channel.parameters:
        assert row.source, f"{name}: {row.name} has no source"
        assert row.unit, f"{name}: {row.name} has no unit"
    values = resolve(channel.parameters, {}, name)
    world = world_of([Some(), Some(awake=False), Some(phone_on=False)], values={}, hour=20.0)
    near = replace(world.rows, siren=np.zeros(3, np.int32))
    world = replace(world, rows=near, siren_db=np.array([90.0]))
    near = replace(world.rows, siren=np.zeros(3, np.int32))
    world = replace(world, rows=near, siren_db=np.array([80.0]))
    exposure = channel.exposure(world, values)
    assert exposure.kind.shape == (3,)
    assert exposure.susceptible.shape == exposure.row.shape
    assert (exposure.susceptible >= 0).all()
    assert (exposure.susceptible <= 1).all()
    engine = engine_of(world, channel)
    engine.run(600.0)
    totals = engine.totals()
    assert (totals.noticed <= totals.reached + 1e-9).all()
    assert totals.first.sum() + totals.none.sum() == pytest.approx(3000.0)
