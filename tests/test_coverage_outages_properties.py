"""Outages against closed forms and published numbers, and what must hold for any network."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.cells import Sites
from ew4all.coverage.autonomy import share_up
from ew4all.coverage.outages.backhaul import Backhaul, lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.draws import Draws, keys_of, keys_of_pairs
from ew4all.coverage.outages.ensemble import members_of
from ew4all.coverage.outages.fragility import CURVES, Curve, curves_of
from ew4all.coverage.outages.intensity import RELATIONS, pga_g
from ew4all.coverage.outages.simulation import simulate
from ew4all.coverage.outages.threats import Blackout, Threat
from ew4all.coverage.outages.timeline import STATES
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

H = 3600.0


def sites_of(count: int, step_deg: float = 0.1) -> Sites:
    names = np.array([f"s{k}" for k in range(count)])
    return Sites(names, np.arange(count) * step_deg, np.zeros(count), np.ones(count, np.int32))


# Against closed forms and published numbers


def test_batteries_and_fuel_survive_as_the_closed_form_says(shared_data: Path) -> None:
    """Every row of battery_survival.csv, by simulation: 4,000 sites, mains gone for good, nobody refuels."""
    path = shared_data / "data" / "radio" / "battery_survival.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    count = 4000
    network = Backhaul.of(sites_of(count, 0.01), [], core=[f"s{k}" for k in range(count)])
    gone = Blackout(np.ones(count, np.bool_), 0.0, 1e9)
    for parameters in {tuple(row[k] for k in list(row)[1:6]) for row in rows}:
        m, b, g, f, bf = map(float, parameters)
        assume = {
            "battery_median_h": m, "battery_beta": b, "generator_share": g, "fuel_median_h": f, "fuel_beta": bf,
            "refuel_interval_h": math.inf,
        }  # fmt: skip
        up = simulate(network, blackouts=[gone], assume=assume, horizon_s=200 * H).timeline
        for row in rows:
            if tuple(row[k] for k in list(row)[1:6]) == parameters:
                wanted, t = float(row["share_up"]), float(row["t_h"])
                spread = math.sqrt(wanted * (1 - wanted) / count)
                assert abs(up.alive_at(t * H).mean() - wanted) < 4 * spread + 1e-4, row
                assert_allclose(share_up(t, m, b, g, f, bf), wanted, atol=1e-4)


def test_fragility_by_hand() -> None:
    curve = curves_of("flood")["site"]
    assert_allclose(curve.probability(np.array([0.2, 0.3, 0.8, np.nan])), [0.0, 0.0, 0.5, 0.0])
    assert_allclose(curves_of("wind")["site"].probability(np.array([60.5])), 0.5)
    assert all(c.source and c.confidence for c in CURVES)
    assert {(c.hazard, c.part) for c in CURVES} == {
        (h, p)
        for h in ("wind", "flood", "shaking", "fire")
        for p in ("site", "mains", "fibre", "microwave")
    }


def test_wind_curve_follows_the_published_damage_ratios(shared_data: Path) -> None:
    """Its median fits the bins; its wider spread is told in the table."""
    path = shared_data / "data" / "radio" / "damage" / "fragility_curve_tropical_storm.csv"
    rows = [
        r
        for r in csv.DictReader(path.read_text("utf-8").splitlines())
        if r["scenario"] == "baseline"
    ]
    middle = np.array(
        [(float(r["wind_speed_lower_m"]) + float(r["wind_speed_upper_m"])) / 2 for r in rows]
    )
    ratio = np.array([float(r["damage"]) for r in rows])
    found = curves_of("wind")["site"].probability(middle)
    assert np.abs(found - ratio).max() < 0.18
    narrow = Curve("wind", "site", 60.5, 0.115, 0.0, 1.0, "", "").probability(middle)
    assert np.abs(narrow - ratio).max() < 0.06


def test_intensity_to_acceleration_by_hand() -> None:
    # Worden et al. (2012): MMI 6 is 10^((6 + 1.60) / 3.70) cm/s2; below 4.22 the other line.
    assert_allclose(pga_g(np.array([6.0])) * 981.0, 10 ** (7.6 / 3.7))
    assert_allclose(pga_g(np.array([3.0])) * 981.0, 10 ** (1.22 / 1.55))
    assert_allclose(pga_g(np.array([7.0]), "wald1999") * 981.0, 10 ** (8.66 / 3.66))
    assert np.isnan(pga_g(np.array([np.nan]))).all()
    for name in RELATIONS:
        assert (np.diff(pga_g(np.linspace(1.0, 10.0, 91), name)) > -1e-3).all()
    with pytest.raises(OptionError, match="no relation 'x'"):
        pga_g(np.array([5.0]), "x")


def test_causes_are_mixed_as_in_terrebonne_parish() -> None:
    """Ida, 31 August 2021, DIRS: of 81 sites 8 damaged, 39 without power, 38 without transport (radio.md 4.3)."""
    rng = np.random.default_rng(0)
    lon, lat = -90.72 + rng.normal(0, 0.15, 81), 29.55 + rng.normal(0, 0.12, 81)
    sites = Sites(np.array([f"site {k + 1}" for k in range(81)]), lon, lat, np.ones(81, np.int32))
    threat = Threat("wind", rng.uniform(42.0, 48.0, 81))
    ensemble = members_of(lay_out(sites, resolve()), [threat], members=40)
    _, damage, power, transport, _, _ = ensemble.counts(np.array([24 * H])).mean(axis=0)[0]
    assert abs(damage - 8) < 4
    assert abs(power - 39) < 8
    assert abs(transport - 38) < 12
    assert 81 - damage - power - transport < 16


# What must hold for any network


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = np.array([f"n{k}" for k in range(count)])
    sites = Sites(
        names, rng.uniform(-1, 1, count), rng.uniform(-1, 1, count), np.ones(count, np.int32)
    )
    network = lay_out(sites, resolve({"sites_per_hub": 6.0}))
    hazard, scale = draw(
        st.sampled_from([("wind", 45.0), ("flood", 0.8), ("shaking", 0.4), ("fire", 0.2)])
    )
    threat = Threat(
        hazard, scale * rng.lognormal(0.0, 0.6, count), sigma_ln=draw(st.sampled_from([0.0, 0.5]))
    )
    return {"backhaul": network, "threats": [threat], "seed": draw(st.integers(0, 1000))}


@given(cases())
def test_up_and_down_are_all_sites_at_all_times(case: dict[str, Any]) -> None:
    timeline = simulate(**case).timeline
    times = np.unique(np.append(timeline.time_s, [0.0, 1e9]))
    counts = timeline.counts(times)
    assert (counts >= 0).all()
    assert_array_equal(counts.sum(axis=1), timeline.sites)
    for t in times[:: max(1, times.size // 5)]:
        state = timeline.state_at(t)
        assert_array_equal(
            np.bincount(state, minlength=len(STATES)), timeline.counts(np.array([t]))[0]
        )
        assert_array_equal(timeline.alive_at(t), np.isin(state, (0, 4, 5)))


@given(cases())
def test_same_seed_same_course(case: dict[str, Any]) -> None:
    a, b = simulate(**case).timeline, simulate(**case).timeline
    for name in ("time_s", "site", "state", "returned_by"):
        assert_array_equal(getattr(a, name), getattr(b, name))


@given(cases())
def test_without_crews_and_mains_nothing_comes_back(case: dict[str, Any]) -> None:
    assume = {
        "mainland_crews": 0.0,
        "mainland_mains_tau_d": math.inf,
        "refuel_interval_h": math.inf,
    }
    timeline = simulate(**case, assume=assume).timeline
    before = np.ones(timeline.sites, np.bool_)
    for t in np.unique(timeline.time_s):
        now = timeline.alive_at(t)
        assert not (now & ~before).any()
        before = now


@given(cases(), st.floats(1.0, 4.0))
def test_more_battery_is_never_an_earlier_failure(case: dict[str, Any], factor: float) -> None:
    def first(assume: dict[str, float]) -> Any:
        timeline = simulate(**case, assume=assume).timeline
        out = np.full(timeline.sites, np.inf)
        np.minimum.at(out, timeline.site[~timeline.up], timeline.time_s[~timeline.up])
        return out

    longer = {"battery_median_h": 4.0 * factor, "hub_battery_median_h": 10.0 * factor}
    assert (first(longer) >= first({}) - 1e-6).all()


@given(cases(), st.floats(1.0, 30.0))
def test_more_crews_are_never_slower_on_open_roads(case: dict[str, Any], factor: float) -> None:
    few = {"access_blocked_share": 0.0, "mainland_crews": 0.02}
    many = {**few, "mainland_crews": 0.02 * factor}
    a, b = simulate(**case, assume=few), simulate(**case, assume=many)
    for slow, fast in ((a.repaired_s, b.repaired_s), (a.link_repaired_s, b.link_repaired_s)):
        assert (fast[~np.isnan(fast)] <= slow[~np.isnan(slow)] + 1e-6).all()


def test_more_crews_are_not_slower_on_average_where_roads_are_shut() -> None:
    rng = np.random.default_rng(4)
    sites = Sites(
        np.array([f"n{k}" for k in range(200)]),
        rng.uniform(-1, 1, 200),
        rng.uniform(-1, 1, 200),
        np.ones(200, np.int32),
    )
    network = lay_out(sites, resolve())
    threat = Threat("wind", rng.uniform(40.0, 60.0, 200))
    means = []
    for crews in (0.005, 0.02, 0.08, 0.3):
        ensemble = members_of(network, [threat], members=5, assume={"mainland_crews": crews})
        means.append(np.mean([t.hours_out(14 * 24 * H).mean() for t in ensemble.timelines]))
    assert (np.diff(means) < 0.0).all()


def test_one_more_site_changes_no_draw_of_the_others() -> None:
    keys = keys_of(f"s{k}" for k in range(50))
    more = keys_of(["new", *(f"s{k}" for k in range(50))])
    draw = Draws(3, 2)
    assert_array_equal(draw.uniform("site", keys), draw.uniform("site", more)[1:])
    assert (draw.uniform("site", keys) != draw.uniform("mains", keys)).all()
    assert (draw.uniform("site", keys) != Draws(3, 1).uniform("site", keys)).all()
    assert (draw.uniform("site", keys) != Draws(4, 2).uniform("site", keys)).all()
    assert_array_equal(keys_of_pairs(keys[:1], keys[1:2]), keys_of_pairs(keys[1:2], keys[:1]))
    # The same site fails by the same wind in a larger network.
    x = np.full(51, 60.5)
    small = simulate(
        Backhaul.of(sites_of(50), [], core=[f"s{k}" for k in range(50)]), [Threat("wind", x[:50])]
    )
    large = simulate(
        Backhaul.of(sites_of(51), [], core=[f"s{k}" for k in range(51)]), [Threat("wind", x)]
    )
    assert_array_equal(small.damaged, large.damaged[:50])
    assert 10 < small.damaged.sum() < 40


def test_draws_are_spread_as_they_should_be() -> None:
    keys = np.arange(40_000, dtype=np.uint64)
    draw = Draws(0)
    u = draw.uniform("x", keys)
    assert 0.0 < u.min() < 1e-3
    assert 1.0 - 1e-3 < u.max() < 1.0
    assert_allclose(np.histogram(u, 20, (0, 1))[0], 2000, atol=4 * math.sqrt(2000))
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(u, draw.uniform("y", keys))[0, 1]) < 0.02
    assert_allclose(draw.normal("x", keys).std(), 1.0, atol=0.02)
    assert_allclose(draw.exponential("x", keys).mean(), 1.0, atol=0.02)


def test_members_do_not_depend_on_how_many_there_are_or_on_threads() -> None:
    network = lay_out(sites_of(60, 0.05), resolve())
    threat = Threat("shaking", np.full(60, 0.3), sigma_ln=0.5)
    few = members_of(network, [threat], members=2, seed=9)
    many = members_of(network, [threat], members=5, seed=9, workers=2)
    assert many.alive_at(6 * H).shape == (5, 60)
    assert_array_equal(few.alive_at(6 * H), many.alive_at(6 * H)[:2])
    assert_allclose(many.share_up(np.array([6 * H]))[:, 0], many.alive_at(6 * H).mean(axis=1))
    assert len({row.tobytes() for row in many.alive_at(6 * H)}) > 1
