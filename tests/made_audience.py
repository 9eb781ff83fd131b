"""A world of rows in every shared state, as the audience of an hour makes it."""

from __future__ import annotations

import numpy as np

from ew4all.sim.audience import Audience
from ew4all.sim.cohorts import STATE_CODES
from ew4all.sim.rows import Rows
from ew4all.sim.states import state_shares
from ew4all.sim.world import HOUR_S, Mains, Service, World

GROUPS = ("all", "75+")


def world_at(
    hour: float,
    *,
    audience: Audience | None = None,
    mains: Mains | None = None,
    mains_lost: float = 0.0,
    states_s: float = 0.0,
    people: float = 1000.0,
) -> World:
    """Return one zone with two groups, each of `people`, split at `states_s` of a run that begins at an hour."""
    audience = audience or Audience.usual()
    mains = mains or Mains.never_lost(1)
    shares = state_shares(
        audience, np.arange(2), GROUPS, hour + states_s / HOUR_S, mains_lost=mains_lost,
        without_mains_s=float(mains.out_for_s(states_s)[0]),
    )  # fmt: skip
    group, code = np.divmod(np.arange(2 * STATE_CODES), STATE_CODES)
    n = group.size
    rows = Rows(
        people=people * shares.ravel(),
        zone=np.zeros(n, np.int32),
        group=group.astype(np.int32),
        in_area=np.ones(n, bool),
        at_risk=np.ones(n, bool),
        arrival_s=np.full(n, np.inf),
        settlement=np.zeros(n, np.int8),
        siren=np.full(n, -1, np.int32),
        operator=np.zeros(n, np.int32),
        service=np.zeros(n, np.int32),
        indoors=code & 1 > 0,
        awake=code & 2 > 0,
        phone_on=code & 4 > 0,
        mains_lost=code & 8 > 0,
    )
    service = Service(np.zeros((1, 1), np.int8), np.ones((1, 1), bool), np.array([-np.inf]))
    return World(
        rows, ("z",), GROUPS, ("one",), service, np.empty(0), mains, audience, hour, states_s
    )  # fmt: skip
