"""Cohorts to rows and fewer rows: people are conserved, errors are what they are said to be, and too many are refused."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.errors import CohortExplosionError, GridMismatchError, InputError
from ew4all.sim.audience import Audience
from ew4all.sim.coarsening import OTHERS, coarsen, fewer_histories
from ew4all.sim.cohorts import STATE_CODES, Cohorts, explode
from ew4all.sim.folding import Folded
from ew4all.sim.history_kernels import nearest_alike
from ew4all.sim.siren_levels import class_middle_db
from ew4all.sim.states import state_shares
from ew4all.sim.world import Service

if TYPE_CHECKING:
    from ew4all.sim.rows import Rows

GROUPS = ("many", "some", "few", "fewer")
AUDIENCE = Audience.usual()


def cohorts_of(n: int, seed: int = 0, histories: int = 40, sirens: int = 12) -> Cohorts:
    rng = np.random.default_rng(seed)
    at_risk = rng.random(n) < 0.5
    return Cohorts(
        people=rng.gamma(0.3, 100.0, n),
        zone=rng.integers(0, 3, n).astype(np.int32),
        group=rng.choice(4, n, p=[0.6, 0.388, 0.006, 0.006]).astype(np.int32),
        in_area=rng.random(n) < 0.5,
        at_risk=at_risk,
        arrival_s=np.where(at_risk, 600.0 * rng.integers(0, 6, n), np.inf),
        settlement=rng.integers(0, 3, n).astype(np.int8),
        siren=rng.integers(-1, sirens, n).astype(np.int32),
        operator=rng.integers(-1, 2, n).astype(np.int32),
        service=rng.zipf(1.5, n).clip(1, histories).astype(np.int32) - 1,
        service_indoors=rng.zipf(1.5, n).clip(1, histories).astype(np.int32) - 1,
    )


def folded_of(n: int, seed: int = 0, histories: int = 40) -> Folded:
    rng = np.random.default_rng(seed)
    technology = rng.integers(-1, 4, (histories, 6)).astype(np.int8)
    addressed = (rng.random((histories, 6)) < 0.7) & (technology >= 0)
    service = Service(technology, addressed, np.append(-np.inf, 3600.0 * np.arange(1, 6)))
    return Folded(cohorts_of(n, seed, histories), service, class_middle_db(), n, 10.0)


def split(cohorts: Cohorts, groups: tuple[str, ...]) -> Rows:
    return explode(cohorts, state_shares(AUDIENCE, cohorts.group, groups, 14.0))


def test_states_split_cohorts_and_walls_follow_the_state() -> None:
    cohorts = cohorts_of(50)
    shares = state_shares(AUDIENCE, cohorts.group, GROUPS, 3.0, mains_lost=0.3)
    rows = explode(cohorts, shares)
    assert rows.people.sum() == pytest.approx(cohorts.people.sum(), rel=1e-12)
    for name, bit in (("indoors", 0), ("awake", 1), ("phone_on", 2), ("mains_lost", 3)):
        has = (np.arange(STATE_CODES) >> bit) & 1 == 1
        want = (cohorts.people[:, None] * shares)[:, has].sum()
        assert rows.people[getattr(rows, name)].sum() == pytest.approx(want, rel=1e-12)
    inside = (np.arange(STATE_CODES) & 1) == 1
    want = np.bincount(
        cohorts.service_indoors, (cohorts.people[:, None] * shares)[:, inside].sum(1), 40
    )
    got = np.bincount(rows.service[rows.indoors], rows.people[rows.indoors], 40)
    assert got == pytest.approx(want)


def test_no_two_rows_are_alike() -> None:
    rows = split(cohorts_of(3000, histories=3, sirens=1), GROUPS)
    kind, first = rows.kinds(
        rows.zone, rows.group, rows.in_area, rows.at_risk, rows.arrival_s, rows.settlement, rows.siren, rows.operator,
        rows.service, rows.indoors, rows.awake, rows.phone_on, rows.mains_lost,
    )  # fmt: skip
    assert first.size == len(rows) == np.unique(kind).size


def test_merging_cohorts_keeps_people_by_every_column() -> None:
    cohorts = cohorts_of(2000, histories=2, sirens=1)
    merged = cohorts.merged()
    assert len(merged) < len(cohorts)
    for name in ("zone", "group", "settlement", "service", "service_indoors"):
        before, after = (np.bincount(getattr(c, name), c.people) for c in (cohorts, merged))
        assert after == pytest.approx(before)


def test_shares_that_are_none_are_refused() -> None:
    cohorts = cohorts_of(3)
    with pytest.raises(GridMismatchError, match="one column a state"):
        explode(cohorts, np.ones((3, 4)))
    shares = np.zeros((3, STATE_CODES))
    shares[:, 7] = 0.9
    with pytest.raises(InputError, match="add up to 1"):
        explode(cohorts, shares)
    with pytest.raises(InputError, match="cohort 1 has -1"):
        replace(cohorts, people=np.array([1.0, -1.0, 2.0]))
    with pytest.raises(GridMismatchError, match="differ in shape"):
        replace(cohorts, people=np.ones(2))


def test_few_rows_are_left_alone() -> None:
    folded = folded_of(50)
    found = coarsen(folded, GROUPS, split, most=5000)
    assert found.folded is folded
    assert found.steps == ()


def people_time_changed(before: Folded, after: Folded, kept: Any) -> float:
    """Of cohorts in the same order: people-time with another state of service, outdoors and indoors, on the mean."""
    changed = 0.0
    for name in ("service", "service_indoors"):
        a, b = getattr(before.cohorts, name), getattr(after.cohorts, name)
        t0, t1 = before.service.technology[a], after.service.technology[b]
        s0 = np.where(t0 < 0, 0, 1 + before.service.addressed[a])
        s1 = np.where(t1 < 0, 0, 1 + after.service.addressed[b])
        far = np.where(s0 != s1, 1.0, 0.5 * (t0 != t1)) @ kept
        changed += 0.5 * float(before.cohorts.people @ far)
    return changed / before.people


@given(seed=st.integers(0, 50), part=st.sampled_from([0.3, 0.6, 0.9]))
def test_coarsening_keeps_people_and_says_its_error(seed: int, part: float) -> None:
    folded = folded_of(400, seed)
    rows = split(folded.cohorts, GROUPS)
    try:
        found = coarsen(folded, GROUPS, split, most=int(part * len(rows)))
    except CohortExplosionError:
        return
    assert len(found.rows) <= part * len(rows)
    assert found.folded.people == pytest.approx(folded.people, rel=1e-12)
    assert found.rows.people.sum() == pytest.approx(folded.people, rel=1e-12)
    spent = sum(step.error for step in found.steps if "history" in step.what)
    assert spent <= 0.03
    for name in ("zone", "settlement", "in_area", "at_risk", "operator"):
        for value in np.unique(getattr(folded.cohorts, name)):
            before, after = (
                c.people[getattr(c, name) == value].sum()
                for c in (folded.cohorts, found.folded.cohorts)
            )
            assert after == pytest.approx(before)
    mean = [
        (c.people * np.where(c.at_risk, c.arrival_s, 0.0)).sum()
        for c in (folded.cohorts, found.folded.cohorts)
    ]
    assert mean[1] == pytest.approx(mean[0])
    if "groups" in str([s.what for s in found.steps]):
        assert found.groups == ("many", "some", OTHERS)


@pytest.mark.parametrize("limit", [0.001, 0.02, 0.2])
def test_the_error_of_fewer_histories_is_what_changed(limit: float) -> None:
    folded = folded_of(2000, histories=40)
    less, error = fewer_histories(folded, np.full(6, 1 / 6), limit, 0.0)
    assert less.people == folded.people
    # Cohorts are known by their people.
    before, after = (
        replace(f, cohorts=f.cohorts.take(np.argsort(f.cohorts.people))) for f in (folded, less)
    )
    assert np.array_equal(before.cohorts.people, after.cohorts.people)
    assert np.array_equal(before.cohorts.zone, after.cohorts.zone)
    changed = people_time_changed(before, after, np.full(6, 1 / 6))
    assert 0 < changed <= limit
    assert error == pytest.approx(changed)
    assert len(less.cohorts.merged()) < len(folded.cohorts.merged())


def test_the_nearest_cohort_is_found_as_by_trying_all() -> None:
    rng = np.random.default_rng(4)
    state, technology = (rng.integers(0, top, (30, 5)).astype(np.int8) for top in (3, 4))
    span, kept = rng.dirichlet(np.ones(5)), rng.random(200) < 0.2
    begin = np.array([0, 70, 71, 200])
    kept[begin[:-1]] = True
    outdoors, indoors = rng.integers(0, 30, (2, 200)).astype(np.int32)
    target, far = np.empty(200, np.int64), np.empty(200)
    nearest_alike(begin, outdoors, indoors, kept, state, technology, span, target, far)
    distance = 0.0
    for of in (outdoors, indoors):
        other = state[of][:, None] != state[of]
        distance = (
            distance
            + 0.5 * np.where(other, 1.0, 0.5 * (technology[of][:, None] != technology[of])) @ span
        )
    for first, last in itertools.pairwise(begin.tolist()):
        here = np.flatnonzero(kept[first:last]) + first
        assert np.all(np.isin(target[first:last], here))
        assert far[first:last] == pytest.approx(distance[first:last][:, here].min(axis=1))
    assert distance[np.arange(200), target] == pytest.approx(far)
    assert np.all(target[kept] == np.flatnonzero(kept))


def test_an_explosion_says_what_multiplies() -> None:
    with pytest.raises(
        CohortExplosionError, match=r"more than 10,.*What multiplies: .*zones.*Give fewer zones"
    ):
        coarsen(folded_of(400), GROUPS, split, most=10)
