"""Replicas: the same bytes wherever they are played, draws that scenarios share, and runs that are stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_audience import world_at
from made_replicas import Signal, boxes, plan_of, prepared_of
from numpy.testing import assert_allclose

from ew4all.errors import InputError, OptionError, ReadError
from ew4all.executors import as_finished, opened
from ew4all.run_ensemble import Vary, fingerprint, play_replica, replicate
from ew4all.sim.audience import Audience
from ew4all.sim.audience_tables import BEHAVIOUR
from ew4all.sim.ensemble import draw, habits, quantiles, seeds_of, triangle, under

if TYPE_CHECKING:
    from pathlib import Path


def same(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(
        a.keys() == b.keys() and all(np.asarray(a[k]).tobytes() == np.asarray(b[k]).tobytes() for k in a)
        for a, b in zip(one.outcomes, other.outcomes, strict=True)
    )  # fmt: skip


def test_a_triangle_has_its_ends_its_top_and_its_mean() -> None:
    chance = (np.arange(4000) + 0.5) / 4000
    drawn = np.array([triangle(1.0, 2.0, 6.0, c) for c in chance])
    assert drawn.mean() == pytest.approx((1 + 2 + 6) / 3, abs=1e-3)
    assert drawn.var() == pytest.approx((1 + 4 + 36 - 2 - 6 - 12) / 18, abs=2e-3)
    assert triangle(1.0, 2.0, 6.0, 0.0) == 1.0
    assert triangle(1.0, 2.0, 6.0, 1.0) == 6.0
    assert triangle(1.0, 2.0, 6.0, 0.2) == 2.0
    assert triangle(3.0, 3.0, 3.0, 0.7) == 3.0


def test_draws_belong_to_replica_and_name() -> None:
    one, again, other = seeds_of(5, 3), seeds_of(5, 3), seeds_of(5, 4)
    drawn = draw(BEHAVIOUR, {}, one, "behaviour")
    assert drawn == draw(reversed(BEHAVIOUR), {}, again, "behaviour") == {**drawn}
    assert drawn != draw(BEHAVIOUR, {}, other, "behaviour")
    known = draw(BEHAVIOUR, {"phone_owned": 0.7}, one, "behaviour")
    assert known == {**drawn, "phone_owned": 0.7}
    assert all(row.low <= drawn[row.name] <= row.high for row in BEHAVIOUR)


def test_people_under_other_habits_are_as_if_split_anew() -> None:
    """Weights of rows against a world that is split under the drawn audience from the start."""
    usual = Audience.usual()
    drawn = habits(usual, seeds_of(1, 0))
    assert drawn.values["phone_owned"] != usual.values["phone_owned"]
    for hour in (3.0, 13.0):
        before = world_at(hour, audience=usual, mains_lost=0.3)
        after = world_at(hour, audience=drawn, mains_lost=0.3)
        found = under(before, drawn)
        assert_allclose(found.rows.people, after.rows.people, rtol=1e-12, atol=1e-12)
        assert found.rows.people.sum() == pytest.approx(before.rows.people.sum(), rel=1e-12)
        assert found.audience is drawn
        assert_allclose(found.phone_on_now(3600.0), after.phone_on_now(3600.0), rtol=1e-9)


def test_what_a_scenario_sets_stays() -> None:
    told = Audience.usual({"phone_owned": 0.71, "asleep_odds": 1.1})
    drawn = habits(told, seeds_of(1, 2), known=["phone_on_awake"])
    assert drawn.values["phone_owned"] == 0.71
    assert drawn.values["phone_on_awake"] == told.values["phone_on_awake"]
    assert drawn.values["opted_out"] != told.values["opted_out"]
    assert_allclose(drawn.hourly["asleep"], told.hourly["asleep"])  # its odds are in the table
    plan = plan_of(Signal(), values={"hit": 0.42})
    one, _, _ = play_replica(plan, [prepared_of()], 0)
    assert one.uses[0].values["hit"] == 0.42
    assert one.uses[0].values["mean_s"] != 120.0
    still, _, _ = play_replica(
        plan_of(Signal()), [prepared_of()], 0, Vary(known=frozenset({"signal.hit"}))
    )
    assert still.uses[0].values["hit"] == 0.5


def test_replicas_are_the_same_in_any_order_and_number() -> None:
    plan, world = plan_of(Signal()), prepared_of()
    few, more = replicate(plan, [world], 3), replicate(plan, [world], 6)
    assert same(few, replace(more, outcomes=more.outcomes[:3]))
    assert not same(few, replicate(replace(plan, seed=2), [world], 3))
    assert len({one["none"].tobytes() for one in more.outcomes}) == 6
    people = more.each("people")
    assert_allclose(people.sum(axis=1), world.bins.people.sum(), atol=len(world.world.rows))
    low, middle, high = more.quantiles("warned", (0.0, 0.5, 1.0))[:, -1]
    assert low < middle < high <= people.sum(axis=1).max()
    assert low <= more.mean("warned")[-1] <= high


def test_without_anything_that_varies_all_replicas_are_the_run() -> None:
    plan, world = plan_of(Signal()), prepared_of()
    still = Vary(channels=False, behaviour=False, people=False)
    ensemble = replicate(plan, [world], 3, vary=still)
    assert same(replace(ensemble, outcomes=ensemble.outcomes[:1] * 3), ensemble)


def test_scenarios_share_their_draws() -> None:
    """A channel more: the others keep their draws, and no replica is warned less, beyond people's own luck."""
    one, two = plan_of(Signal()), plan_of(Signal(), Signal("other"))
    still = Vary(people=False)
    world = prepared_of()
    alone, both = (replicate(plan, [world], 40, vary=still) for plan in (one, two))
    more = both.less(alone, "warned")[:, -1]
    assert np.all(more > 0.0)
    fresh = replicate(replace(two, seed=9), [world], 40, vary=still).less(alone, "warned")[:, -1]
    assert more.std() < 0.7 * fresh.std()
    with pytest.raises(InputError, match="cannot be compared one by one"):
        both.less(replicate(one, [world], 2), "warned")


def test_outages_are_taken_in_turn_and_must_count_alike() -> None:
    plan, full = plan_of(Signal()), prepared_of()
    weak = replace(full, world=replace(full.world, rows=replace(full.world.rows, phone_on=~full.world.rows.phone_on)))  # fmt: skip
    still = Vary(False, False, False)
    found = replicate(plan, [full, weak], 4, vary=still)
    alone = replicate(plan, [weak], 1, vary=still)
    assert found.outcomes[1]["none"].tobytes() == found.outcomes[3]["none"].tobytes()
    assert found.outcomes[1]["none"].tobytes() == alone.outcomes[0]["none"].tobytes()
    assert found.outcomes[0]["none"].tobytes() != alone.outcomes[0]["none"].tobytes()
    other = replace(full, bins=replace(full.bins, zone=full.bins.zone + 1))
    with pytest.raises(InputError, match="counts people in other bins"):
        replicate(plan, [full, other], 2)
    with pytest.raises(InputError, match="0 replicas of 1 worlds"):
        replicate(plan, [full], 0)


def test_a_run_that_is_stopped_loses_no_finished_replica(tmp_path: Path) -> None:
    plan, world = plan_of(Signal()), prepared_of()
    whole = replicate(plan, [world], 6)

    def stop(done: int, total: int) -> None:
        assert total == 6
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replicate(plan, [world], 6, folder=tmp_path / "r", progress=stop)
    assert len(list((tmp_path / "r").glob("*.npz"))) == 4
    seen: list[int] = []
    found = replicate(plan, [world], 6, folder=tmp_path / "r", progress=lambda done, _: seen.append(done))  # fmt: skip
    assert seen == [4, 5, 6]
    assert same(found, whole)
    with pytest.raises(OptionError, match="holds replicas of another run"):
        replicate(replace(plan, seed=77), [world], 6, folder=tmp_path / "r")
    damaged = tmp_path / "r" / "000002.npz"
    for content in (b"PK", damaged.read_bytes()[:100]):
        damaged.write_bytes(content)
        with pytest.raises(ReadError, match=r"replica 2 .* delete its file"):
            replicate(plan, [world], 6, folder=tmp_path / "r")
    (tmp_path / "r" / "replicas.json").write_text("{")
    with pytest.raises(ReadError, match="cannot be used"):
        replicate(plan, [world], 6, folder=tmp_path / "r")


def test_a_fingerprint_is_of_values() -> None:
    plan, world = plan_of(Signal()), prepared_of()
    assert fingerprint(plan, world) == fingerprint(plan_of(Signal()), prepared_of())
    world.world.awake_now(60.0)  # what it has worked out is no part of it
    assert fingerprint(plan, world) == fingerprint(plan, prepared_of())
    assert fingerprint(plan, world) != fingerprint(replace(plan, tick_s=61.0), world)
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(frozenset("ab"), boxes()) == fingerprint(frozenset("ba"), boxes())


def test_a_seam_for_whoever_works() -> None:
    with opened(3) as threads:
        assert threads == 3
    with opened(1, processes=True) as alone:
        assert list(as_finished(pow, [(2, 3), (3, 2)], alone)) == [((2, 3), 8), ((3, 2), 9)]
    with pytest.raises(OptionError, match="exclude each other"), opened(2, "local:2"):
        pass
    with pytest.raises(OptionError, match="names no number of processes"), opened(None, "local:x"):
        pass


def test_quantiles_lie_between_replicas() -> None:
    each = np.arange(11.0)[:, None] * np.array([1.0, 10.0])
    assert_allclose(quantiles(each, (0.05, 0.5, 1.0)), [[0.5, 5.0], [5.0, 50.0], [10.0, 100.0]])


@pytest.mark.slow
def test_two_and_four_processes_give_the_same_bytes(tmp_path: Path) -> None:
    plan, world = plan_of(Signal(), Signal("other")), prepared_of()
    alone = replicate(plan, [world], 9)
    for workers in (2, 4):
        with opened(workers, processes=True) as pool:
            found = replicate(plan, [world], 9, workers=pool, folder=tmp_path / str(workers))
        assert same(found, alone)
    two, four = (sorted((tmp_path / n).glob("*.npz")) for n in ("2", "4"))
    assert [p.read_bytes() for p in two] == [p.read_bytes() for p in four]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
def test_a_cluster_that_is_started_here_gives_the_same_bytes() -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    plan, world = plan_of(Signal()), prepared_of()
    with opened(None, "local:2") as cluster:
        assert same(replicate(plan, [world], 5, workers=cluster), replicate(plan, [world], 5))
