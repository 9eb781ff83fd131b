"""Results of a run: everybody is counted once, by zone, group, channel, reason, over time and on the map."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_played import once, replicas, scenario
from numpy.testing import assert_allclose

import ew4all
from ew4all.errors import InputError, OptionError
from ew4all.run_comparison import Comparison
from ew4all.run_library import Run, play_scenario
from ew4all.run_measure import _first, measure, missed_by_reason
from ew4all.run_results import (
    CHANNEL_KEYS,
    LEAD_EDGES_S,
    PEOPLE_KEYS,
    REASONS,
    STEPS,
    of_replicas,
)
from ew4all.run_study import run_study

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = pytest.mark.parametrize("played", [once, replicas], ids=["once", "replicas"])


def people(found: Run, key: str) -> float:
    return float(found.results.count(key).mean)


@RUNS
def test_everybody_at_risk_is_in_one_row_of_the_waterfall(played: Callable[[], Run]) -> None:
    found = played()
    falls = found.results.falls()
    assert [step for step, _, _ in falls] == list(STEPS)
    left, lost = np.array([row[1:] for row in falls]).T
    assert np.all(lost >= -1e-9)
    assert_allclose(left[0], people(found, "at_risk"), rtol=1e-12)
    assert_allclose(lost.sum() + left[-1], left[0], rtol=1e-9)
    assert_allclose(left[-2], people(found, "warned"), rtol=1e-9)
    assert_allclose(left[-1], people(found, "in_time"), rtol=1e-9)


@RUNS
def test_zones_and_groups_add_up_to_everybody(played: Callable[[], Run]) -> None:
    results = played().results
    for of in (results.people, results.lost):
        for kind in ("zone", "group"):
            assert_allclose(of[kind].mean.sum(axis=0), of["whole"].mean, rtol=1e-9, atol=1e-6)


@RUNS
def test_missed_people_have_one_reason_each(played: Callable[[], Run]) -> None:
    results = played().results
    missed = PEOPLE_KEYS.index("missed")
    for kind in ("zone", "group"):
        assert_allclose(
            results.lost[kind].mean.sum(axis=1), results.people[kind].mean[:, missed], rtol=1e-9, atol=1e-6
        )  # fmt: skip


@RUNS
def test_channels_share_the_warned_among_them(played: Callable[[], Run]) -> None:
    found = played()
    results, warned = found.results, people(found, "warned")
    by = dict(zip(CHANNEL_KEYS, results.by_channel.mean.T, strict=True))
    assert_allclose(by["first"].sum(), warned, rtol=1e-6)
    assert_allclose(by["only"].sum() + float(results.several.mean), warned, rtol=1e-9)
    assert np.all(by["only"] <= by["warned"] * (1 + 1e-6) + 1.0)
    assert np.all(by["warned"] <= by["reached"] + 1e-6)
    assert_allclose(people(found, "missed") + warned, people(found, "at_risk"), rtol=1e-12)


def test_curves_end_where_the_counts_are_and_never_fall() -> None:
    found = once()
    curves = found.results.curves
    assert_allclose(curves["warned"].mean[-1, -1], people(found, "warned"), rtol=1e-9)
    assert_allclose(curves["warned"].mean[:, :-1].sum(axis=1), curves["warned"].mean[:, -1])
    for name in ("warned", "acted", "noticed", "reached", "alerted", "arrived"):
        assert np.all(np.diff(curves[name].mean, axis=0) >= -1e-6), name
    assert np.all(curves["acted"].mean <= curves["warned"].mean + 1e-6)
    assert np.all(curves["noticed"].mean <= curves["warned"].mean[:, :, None] + 1e-6)
    assert np.all(curves["noticed"].mean <= curves["reached"].mean + 1e-6)


def test_time_until_a_share_is_warned_counts_from_the_issue() -> None:
    results = once().results
    assert results.issued_s == 600.0
    assert results.times_s.tolist() == sorted(results.times_s)
    assert 0.0 < results.times_s[0] < results.times_s[1] < 600.0
    half = 0.5 * float(results.count("at_risk").mean)
    at = np.interp(results.issued_s + results.times_s[1], results.time_s, results.curves["warned"].mean[:, -1])  # fmt: skip
    assert_allclose(at, half, rtol=1e-6)


def test_a_share_is_warned_where_a_curve_crosses_it() -> None:
    ticks, warned = np.array([0.0, 90.0, 120.0]), np.array([0.0, 0.0, 100.0])
    assert _first(ticks, warned, 50.0) == 105.0
    assert _first(ticks, warned, 100.0) == 120.0
    assert _first(ticks, warned, 101.0) == np.inf
    assert np.isnan(_first(ticks, warned, 0.0))


def test_lead_times_count_everybody_who_is_warned_where_the_hazard_comes() -> None:
    found = once()
    lead = found.results.lead
    assert lead is not None
    assert_allclose(lead.mean.sum(), people(found, "warned"), rtol=1e-6)
    # Sent an hour before the hazard: nobody has more, and who is warned after it is late.
    assert lead.mean[LEAD_EDGES_S.index(3600.0)] == pytest.approx(0.0, abs=1e-6)
    late = people(found, "warned") - people(found, "in_time")
    assert lead.mean[0] <= late + 1e-6


def test_without_a_time_of_arrival_nobody_is_too_late_and_there_is_no_lead_time() -> None:
    found = play_scenario(scenario(hazard={}, channels=["cell_broadcast"]))
    assert found.results.lead is None
    assert_allclose(people(found, "in_time"), people(found, "warned"), rtol=1e-4)


def test_the_map_adds_up_to_the_missed_in_every_zone() -> None:
    for found in (once(), replicas()):
        everybody = missed = 0.0
        for _, here, lost in found.places.blocks():
            assert np.all(lost <= here * (1 + 1e-9) + 1e-12)
            everybody += here.sum()
            missed += lost.sum()
        assert_allclose(
            everybody, people(found, "total"), rtol=1e-2 if found is not once() else 1e-9
        )
        assert_allclose(missed, people(found, "missed"), rtol=1e-6)


def test_reasons_follow_what_was_on_air() -> None:
    """Where nothing is on air nobody has another reason; in the area there is a signal or none."""
    found = play_scenario(scenario(channels=["cell_broadcast"], hazard={}))
    result = found.places.result
    rows, world = result.prepared.world.rows, result.prepared.world
    lost = missed_by_reason(result.prepared, result.played, 600.0, found.plan.until_s)
    served = (world.service.technology >= 0).any(axis=1)[rows.service]
    outside, no_signal = (lost[:, REASONS.index(r)] for r in ("outside_area", "no_signal"))
    assert not outside[rows.in_area].any()
    assert not no_signal[served].any()
    # Some of those without a signal come to where there is one while the message is on air.
    unserved = rows.in_area & ~served
    assert np.all(no_signal[unserved] > 0.7 * rows.people[unserved])
    assert_allclose(lost.sum(axis=1), result.played.losses.missed)


def test_replicas_have_bands_and_one_run_has_none() -> None:
    results = replicas().results
    warned = results.count("warned")
    assert float(warned.p05) < float(warned.mean) < float(warned.p95)
    assert results.to_dict()["bands"].keys() == {"in_time", "missed", "over_reach", "two_or_more"}
    one = once().results.to_dict()
    assert "bands" not in one
    assert (
        one["warned"]["any"]["p05"] == one["warned"]["any"]["p95"] == one["warned"]["any"]["mean"]
    )


def test_the_summary_has_the_keys_of_the_contract() -> None:
    document = once().results.to_dict()
    assert document.keys() >= {
        "denominator", "warned", "time_s", "in_time", "over_reach", "waterfall", "zones", "groups"
    }  # fmt: skip
    assert "safe_in_time" not in document  # evacuation is not modelled
    assert document["denominator"].keys() == {"at_risk", "in_area"}
    assert document["warned"].keys() == {"any", "two_or_more", "none", "channels"}
    for channel in document["warned"]["channels"].values():
        assert channel.keys() == {"reached", "warned", "first", "only"}
    assert document["time_s"].keys() == {"p10", "p50", "p90", "p95"}
    assert document["notice"] == "demo data, not for operations"
    json.dumps(document, allow_nan=False)


def test_a_share_that_is_never_warned_has_no_time() -> None:
    found = play_scenario(scenario(channels=["address_sms"]))
    assert found.results.to_dict()["time_s"]["p95"] is None


def test_a_run_without_an_alert_warns_nobody() -> None:
    inputs = scenario().inputs()
    plan = replace(scenario().plan(), decisions=())
    result = run_study(plan, inputs)
    found = measure(plan, result.prepared, result.played)
    assert np.isnan(found["issued_s"])
    assert np.isnan(found["times_s"]).all()
    counts = dict(zip(PEOPLE_KEYS, found["people_whole"], strict=True))
    assert counts["warned"] == counts["over_reach"] == 0.0
    assert counts["missed"] == counts["at_risk"] > 0.0


def test_a_channel_that_is_switched_off_is_on_air_for_nobody() -> None:
    off = [{"at": "1 min", "switch": {"channel": "cell_broadcast", "on": False}}]
    found = play_scenario(scenario(channels=["cell_broadcast"], decisions=off))
    document = found.results.to_dict()
    assert document["warned"]["none"] == pytest.approx(document["denominator"]["at_risk"])
    assert set(document["time_s"].values()) == {None}
    lost = dict(zip(REASONS, found.results.lost["whole"].mean, strict=True))
    assert lost["not_on_air"] > 0.0
    assert lost["no_receiver"] == lost["not_received"] == lost["not_noticed"] == 0.0


def test_the_same_seed_gives_the_same_replicas() -> None:
    again = play_scenario(scenario(run={"duration": "2 h", "seed": 3}), replicas=5)
    assert again.results.to_dict() == replicas().results.to_dict()
    other = play_scenario(scenario(run={"duration": "2 h", "seed": 3}), replicas=5, seed=4)
    assert other.results.to_dict() != replicas().results.to_dict()


def test_an_earlier_alert_warns_no_fewer_in_time_on_the_same_draws() -> None:
    late = scenario(alert={"issued": "40 min"}, run={"duration": "2 h", "seed": 3})
    early = scenario(run={"duration": "2 h", "seed": 3})
    found = ew4all.compare(late, early, replicas=3)
    assert float(found.less("in_time").p05) > 0.0
    document = found.to_dict()
    gained = document["difference"]["in_time"]["mean"]
    by_zone = sum(zone["people"]["in_time"]["mean"] for zone in document["zones"])
    assert by_zone == pytest.approx(gained)
    json.dumps(document, allow_nan=False)


def test_a_channel_that_one_run_lacks_counts_as_nobody_there() -> None:
    fewer = play_scenario(scenario(channels=["cell_broadcast"]))
    found = Comparison((fewer.results, once().results), (fewer.outcomes, once().outcomes))
    assert found.channels == ("cell_broadcast", "location_sms", "radio", "word_of_mouth")
    assert float(found.less_by_channel("radio").mean) == float(
        once().results.channel("radio", "warned").mean
    )
    assert float(found.less("warned").mean) > 0.0


def test_runs_of_different_replicas_are_not_compared() -> None:
    with pytest.raises(InputError, match="1 and 5 replicas"):
        Comparison((once().results, replicas().results), (once().outcomes, replicas().outcomes))


@pytest.mark.parametrize(("wrong", "said"), [({"replicas": 0}, "0 replicas"), ({"seed": -1}, "-1")])
def test_replicas_and_seeds_that_are_none(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        ew4all.run(scenario(), **wrong)


def test_statistics_of_one_replica_are_its_numbers() -> None:
    result = once().places.result
    one = measure(result.plan, result.prepared, result.played)
    stats = of_replicas([one], "several")
    assert float(stats.p05) == float(stats.mean) == float(one["several"])


@pytest.fixture(name="valley", scope="module")
def _valley() -> Run:
    """Two groups of age, sirens, cell sites."""
    return play_scenario("valley-flash-flood")


def test_groups_go_back_to_their_own_places(valley: Run) -> None:
    share = valley.places.share
    cohorts = valley.places.result.prepared.folded.cohorts
    assert np.unique(cohorts.group).size == 2
    for group in range(2):
        alone = np.where(cohorts.group == group, 1.0, 0.0)
        only = replace(valley.places, share=alone)
        found = sum(float(lost.sum()) for _, _, lost in only.blocks())
        assert_allclose(found, cohorts.people[cohorts.group == group].sum(), rtol=1e-9)
    missed = valley.results.lost["group"].mean.sum(axis=1)
    by_cohort = np.bincount(cohorts.group, cohorts.people * share)
    # Cohorts of a zone are scaled to its missed people, whatever their group.
    assert_allclose(by_cohort, missed, rtol=1e-6)


def test_over_reach_is_whoever_is_warned_outside_the_area(valley: Run) -> None:
    result = valley.places.result
    rows, losses = result.prepared.world.rows, result.played.losses
    warned = losses.people - losses.missed
    assert people(valley, "over_reach") > 1.0
    assert_allclose(people(valley, "over_reach"), warned[~rows.in_area].sum(), rtol=1e-9)
    assert_allclose(people(valley, "warned"), warned[rows.at_risk].sum(), rtol=1e-9)
