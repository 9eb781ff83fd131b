"""Compiled loops of outages against slow and obvious twins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.coverage.outages import backhaul_kernels, kernels
from ew4all.coverage.outages.events import EventList
from ew4all.coverage.outages.power import power_changes

INF = math.inf


@pytest.fixture(params=["compiled", "python"])
def shares(request: pytest.FixtureRequest) -> Any:
    kernel = kernels.lognormal_shares
    return kernel if request.param == "compiled" else getattr(kernel, "py_func", kernel)


def test_a_curve_is_half_its_ceiling_at_the_median(shares: Any) -> None:
    out = np.empty(5)
    shares(np.array([np.nan, 0.3, 0.8, 1e9, -1.0]), 0.5, 0.6, 0.3, 0.9, out)
    assert_allclose(out, [0.0, 0.0, 0.45, 0.9, 0.0])


def power_twin(
    lost: float,
    battery: float,
    fuel: float,
    mains: float,
    visit: float,
    period: float,
    restart: float,
    horizon: float,
) -> list[tuple[float, int]]:
    """Step through one site: reserves that run dry, tankers that come, mains that return."""
    if lost >= horizon:
        return []
    visits = []
    if fuel > 0.0 and visit < INF:
        k = 0
        while visit + k * period <= horizon + period:
            if visit + k * period >= lost:
                visits.append(visit + k * period)
            k += 1
    events: list[tuple[float, int]] = []
    up_until = lost + max(battery, fuel)
    on = True
    for when, what in sorted([*((v, "tank") for v in visits), (mains, "mains")]):
        if on and up_until < min(when, horizon):
            if up_until < mains:
                events.append((up_until, 1))
            on = False
        if what == "mains":
            if not on and when < INF:
                events.append((when + restart, -1))
            return events
        if not on:
            events.append((when + restart, -1))
            on = True
            up_until = max(when + restart, when + fuel)
        else:
            up_until = max(up_until, when + fuel)
    if on and up_until < min(horizon, mains):
        events.append((up_until, 1))
        if mains < INF:
            events.append((mains + restart, -1))
    return events


durations = st.integers(1, 40).map(lambda k: float(k) + 0.25)


@given(
    lost=st.integers(0, 20).map(float),
    battery=durations,
    fuel=st.one_of(st.just(0.0), durations.map(lambda x: x + 0.125)),
    mains=st.one_of(st.just(INF), durations.map(lambda x: x + 20.0625)),
    visit=st.one_of(st.just(INF), durations.map(lambda x: x + 0.03125)),
    period=durations.map(lambda x: x + 0.015625),
)
def test_power_of_a_site_is_that_of_the_twin(
    lost: float, battery: float, fuel: float, mains: float, visit: float, period: float
) -> None:
    one = [np.array([v]) for v in (lost, battery, fuel, mains, visit)]
    found = power_changes(*one, period, 0.5, 60.0)
    got = [(t, int(d)) for t, d in zip(found.time_s, found.delta, strict=True) if t <= 60.0]
    wanted = power_twin(lost, battery, fuel, mains, visit, period, 0.5, 60.0)
    assert got == [e for e in wanted if e[0] <= 60.0]


def test_a_generator_is_refuelled_and_dies_between_two_visits_by_hand() -> None:
    one = [np.array([v]) for v in (0.0, 4.0, 10.0, INF, 12.0)]
    found = power_changes(*one, 20.0, 1.0, 40.0)
    # Dry at 10, tanker at 12 (service 1 h later), dry again at 22, tanker at 32, dry at 42: beyond the horizon.
    assert_array_equal(found.time_s, [10.0, 13.0, 22.0, 33.0])
    assert_array_equal(found.label, [0, kernels.REFUEL, 0, kernels.REFUEL])


def schedule_twin(order: Any, open_s: Any, work_s: Any, crews: Any) -> Any:
    free, done, left = list(crews), np.full(len(order), INF), list(order)
    while left and free:
        crew = free.index(min(free))
        ready = [job for job in left if open_s[job] <= free[crew]]
        job = ready[0] if ready else min(left, key=lambda j: (open_s[j], left.index(j)))
        done[job] = max(free[crew], open_s[job]) + work_s[job]
        free[crew] = done[job]
        left.remove(job)
    return done


@given(st.data())
def test_crews_take_jobs_as_the_twin_does(data: st.DataObject) -> None:
    jobs = data.draw(st.integers(0, 12))
    order = np.array(data.draw(st.permutations(range(jobs))), np.int64)
    open_s, work_s = (
        np.array(data.draw(st.lists(st.integers(0, 9), min_size=jobs, max_size=jobs)), np.float64)
        for _ in range(2)
    )
    crews = np.array(data.draw(st.lists(st.integers(0, 5), max_size=4)), np.float64)
    out = np.empty(jobs)
    kernels.schedule(order, open_s, work_s, crews.copy(), out)
    assert_array_equal(out, schedule_twin(list(order), open_s, work_s, crews))


def reach_twin(links: list[tuple[int, int]], passes: Any, core: Any, satellite: Any) -> set[int]:
    """Walk outwards from the core through nodes that pass traffic on."""
    n = len(passes)
    out = {i for i in range(n) if core[i] or satellite[i]}
    work = [i for i in range(n) if passes[i] and (core[i] or satellite[i])]
    seen = set(work)
    while work:
        i = work.pop()
        for a, b in links:
            for x, y in ((a, b), (b, a)):
                if x == i:
                    out.add(y)
                    if passes[y] and y not in seen:
                        seen.add(y)
                        work.append(y)
    return out


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    n = draw(st.integers(1, 8))
    pairs = [(i, j) for i in range(n) for j in range(i)]
    return n, draw(st.lists(st.sampled_from(pairs), max_size=12, unique=True)) if pairs else []


@given(networks(), st.data())
def test_who_reaches_the_core_is_whom_a_walk_finds(network: Any, data: st.DataObject) -> None:
    n, links = network
    masks = [np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n))) for _ in range(3)]
    passes, core, satellite = masks
    a, b = (np.array([link[k] for link in links], np.int32) for k in (0, 1))
    out = np.empty(n, np.bool_)
    down = np.zeros(len(links), np.int32)
    kernels.components(
        a, b, down, passes, core, satellite.astype(np.int32), np.empty(n + 1, np.int64), out
    )
    assert set(np.flatnonzero(out)) == reach_twin(links, passes, core, satellite)


def state_twin(
    n: int, links: list[tuple[int, int]], core: Any, events: list[Any], until: float
) -> list[int]:
    """Every node's state after all events up to a time, worked out from nothing."""
    bad = {kind: [0] * n for kind in range(7)}
    cut = [0] * len(links)
    for time_s, kind, index, delta in events:
        if time_s <= until:
            if kind == kernels.LINK:
                cut[index] += delta
            else:
                bad[kind][index] += delta
    dark = [bad[kernels.POWER][i] > 0 and bad[kernels.GENSET][i] <= 0 for i in range(n)]
    passes = [bad[kernels.DAMAGE][i] <= 0 and not dark[i] for i in range(n)]
    whole = [link for k, link in enumerate(links) if cut[k] <= 0]
    reached = reach_twin(whole, passes, core, [bad[kernels.SATELLITE][i] > 0 for i in range(n)])
    states = []
    for i in range(n):
        if bad[kernels.CELL][i] > 0:
            states.append(kernels.REPLACED)
        elif bad[kernels.DAMAGE][i] > 0:
            states.append(kernels.DAMAGED)
        elif dark[i]:
            states.append(kernels.UNPOWERED)
        elif i not in reached:
            states.append(kernels.CUT_OFF)
        else:
            states.append(kernels.ON_BACKUP if bad[kernels.MAINS_GONE][i] > 0 else kernels.UP)
    return states


@given(networks(), st.data())
def test_states_over_time_are_those_worked_out_from_nothing(
    network: Any, data: st.DataObject
) -> None:
    n, links = network
    core = np.array([k == 0 for k in range(n)])
    events = []
    for _ in range(data.draw(st.integers(0, 10))):
        kind = data.draw(st.integers(0, 6))
        if kind == kernels.LINK and not links:
            continue
        index = data.draw(st.integers(0, (len(links) if kind == kernels.LINK else n) - 1))
        begin = data.draw(st.integers(0, 9))
        events.append((float(begin), kind, index, 1))
        if data.draw(st.booleans()):
            events.append((float(begin + data.draw(st.integers(0, 9))), kind, index, -1))
    listed = EventList(100.0)
    for time_s, kind, index, delta in events:
        listed.add(kind, index, time_s, delta, 0)
    a, b = (np.array([link[k] for link in links], np.int32) for k in (0, 1))
    degree = np.bincount(np.concatenate((a, b)), minlength=n)
    node, when, state, back = (np.empty(400, t) for t in (np.int32, np.float64, np.int8, np.int8))
    count = kernels.walk(
        a, b, core, (degree > 1) | core, *listed.columns(), node, when, state, back
    )
    assert count <= 400
    for until in range(20):
        now = np.zeros(n, np.int8)
        for k in range(count):
            if when[k] <= until:
                now[node[k]] = state[k]
        assert list(now) == state_twin(n, links, core, events, float(until)), until


def test_distances_are_those_of_a_sphere() -> None:
    km = backhaul_kernels.great_circle_km
    assert_allclose(km(0.0, 0.0, 90.0, 0.0), math.pi / 2 * 6371.0088)
    assert_allclose(km(179.9, 10.0, -179.9, 10.0), km(0.0, 10.0, 0.2, 10.0))
    assert km(5.0, 5.0, 5.0, 5.0) == 0.0


places = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=12).map(
    lambda p: np.array(p).T.copy()
)


@given(places)
def test_crowds_and_the_shortest_tree_are_those_of_loops(xy: Any) -> None:
    lon, lat = xy
    n = lon.size
    km = np.array(
        [
            [backhaul_kernels.great_circle_km(lon[i], lat[i], lon[j], lat[j]) for j in range(n)]
            for i in range(n)
        ]
    )
    out = np.empty(n, np.int64)
    backhaul_kernels.crowds(lon, lat, 50.0, out)
    assert_array_equal(out, (km <= 50.0).sum(axis=1))
    tree = np.empty(n, np.int64)
    backhaul_kernels.spanning(lon, lat, tree)
    length = sum(km[i, tree[i]] for i in range(n) if tree[i] >= 0)
    # Kruskal: the same length by another way.
    group, total = list(range(n)), 0.0
    pairs = sorted((km[p, q], p, q) for p in range(n) for q in range(p))
    for d, i, j in pairs:
        if group[i] != group[j]:
            total += d
            old = group[i]
            group = [group[j] if g == old else g for g in group]
    assert_allclose(length, total, atol=1e-9)
    assert len(set(group)) == 1
