"""From what strikes to what happens: every mechanism by hand on small networks, and what must hold for any."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.cells import Sites
from ew4all.coverage.outages.backhaul import Backhaul, lay_out
from ew4all.coverage.outages.defaults import TABLE, resolve
from ew4all.coverage.outages.draws import Draws
from ew4all.coverage.outages.ensemble import members_of
from ew4all.coverage.outages.fragility import Curve
from ew4all.coverage.outages.kits import Stock
from ew4all.coverage.outages.power import Plant, feeders, reserves
from ew4all.coverage.outages.simulation import simulate
from ew4all.coverage.outages.threats import Blackout, Cut, Threat
from ew4all.errors import AssumptionError, InputError, OptionError

H = 3600.0
CERTAIN = {"access_blocked_share": 0.0, "work_beta": 0.0, "mobilise_h": 1.0, "crew_travel_h": 2.0}
"""Roads are open and every job takes its median: 2 + 24 h at a site, 2 + 6 h on a link."""
SURE = [
    Curve("wind", part, 10.0, 1e-3, 0.0, 1.0, "made", "made")
    for part in ("site", "mains", "fibre", "microwave")
]
"""Whatever meets more than 10 m/s fails."""


def sites_of(count: int, step_deg: float = 0.1) -> Sites:
    names = np.array([f"s{k}" for k in range(count)])
    return Sites(names, np.arange(count) * step_deg, np.zeros(count), np.ones(count, np.int32))


def line(count: int = 3) -> Backhaul:
    """Core at s0, then a chain: s0 - s1 - s2 ..., all fibre."""
    sites = sites_of(count)
    links = [(f"s{k}", f"s{k + 1}", "fibre") for k in range(count - 1)]
    return Backhaul.of(sites, links, core=["s0"])


def wind(
    network: Backhaul,
    *,
    sites: Any = (),
    links: Any = (),
    parts: Any = ("site",),
    start_s: float = 0.0,
) -> Threat:
    """Blow at some sites and links, and break what `parts` names."""
    at_nodes, at_links = np.zeros(network.id.size), np.zeros(network.a.size)
    at_nodes[list(sites)] = 50.0
    at_links[list(links)] = 50.0
    still = [
        c if c.part in parts else Curve("wind", c.part, 10.0, 1.0, 0.0, 0.0, "made", "made")
        for c in SURE
    ]
    return Threat("wind", at_nodes, at_links, start_s, 0.0, still)


def events(timeline: Any, site: int) -> list[tuple[float, str]]:
    mine = timeline.site == site
    return [
        (t / H, str(c)) for t, c in zip(timeline.time_s[mine], timeline.cause[mine], strict=True)
    ]


def fixed(battery_h: float, fuel_h: float, count: int = 3) -> Plant:
    return Plant(battery_h=np.full(count, battery_h), fuel_h=np.full(count, fuel_h))


# Mechanisms by hand


def test_nothing_strikes_nothing_fails() -> None:
    assert simulate(line()).timeline.time_s.size == 0


def test_a_battery_ends_and_the_mains_return() -> None:
    network = line()
    out = Blackout(np.array([False, False, True]), 1 * H, 11 * H)
    found = simulate(network, blackouts=[out], plant=fixed(4.0, 0.0))
    assert events(found.timeline, 2) == [(1.0, "backup"), (5.0, "power"), (11.25, "mains")]
    assert not found.timeline.alive_at(6 * H)[2]
    assert found.timeline.alive_at(12 * H).all()


def test_a_battery_that_outlasts_the_blackout_is_no_outage() -> None:
    out = Blackout(np.array([False, False, True]), 0.0, 3 * H)
    found = simulate(line(), blackouts=[out], plant=fixed(4.0, 0.0))
    assert events(found.timeline, 2) == [(0.0, "backup"), (3.0, "up")]
    assert found.timeline.hours_out(24 * H).sum() == 0.0


def test_a_generator_runs_dry_and_a_tanker_brings_it_back() -> None:
    out = Blackout(np.array([False, False, True]), 0.0, 200 * H)
    quiet = {**CERTAIN, "refuel_interval_h": 1e9}
    dry = simulate(line(), blackouts=[out], plant=fixed(1.0, 10.0), assume=quiet)
    assert events(dry.timeline, 2) == [(0.0, "backup"), (10.0, "power"), (200.25, "mains")]
    often = simulate(
        line(),
        blackouts=[out],
        plant=fixed(1.0, 10.0),
        assume={**CERTAIN, "refuel_interval_h": 9.0},
    )
    assert events(often.timeline, 2) == [(0.0, "backup"), (200.0, "up")]
    some = simulate(
        line(),
        blackouts=[out],
        plant=fixed(1.0, 10.0),
        assume={**CERTAIN, "refuel_interval_h": 40.0},
    )
    causes = [cause for _, cause in events(some.timeline, 2)]
    assert causes.count("refuel") == 5 or causes.count("refuel") == 4
    assert causes[:2] == ["backup", "power"]


def test_no_fuel_reaches_a_blocked_site() -> None:
    out = Blackout(np.array([False, False, True]), 0.0, 90 * H)
    shut = {
        **CERTAIN,
        "access_blocked_share": 1.0,
        "access_beta": 0.0,
        "access_median_h": 80.0,
        "refuel_interval_h": 2.0,
    }
    found = simulate(line(), blackouts=[out], plant=fixed(1.0, 10.0), assume=shut)
    (lost, _), (back, why) = events(found.timeline, 2)[1:3]
    assert (lost, why) == (10.0, "refuel")
    assert 80.0 < back <= 82.25


def test_a_road_that_is_known_to_open() -> None:
    network = line()
    plant = Plant(road_open_h=np.array([np.nan, np.nan, 40.0]))
    found = simulate(network, [wind(network, sites=[2])], plant=plant, assume=CERTAIN)
    assert events(found.timeline, 2) == [(0.0, "damage"), (66.0, "repair")]


def test_load_that_is_shed_on_battery() -> None:
    out = Blackout(np.array([False, False, True]), 0.0, 3 * H)
    timeline = simulate(line(), blackouts=[out], plant=fixed(4.0, 0.0)).timeline
    site, fifth = np.array([0, 2, 2]), np.array([True, False, True])
    assert timeline.cells_at(1 * H, site).tolist() == [True, True, True]
    assert timeline.cells_at(1 * H, site, fifth).tolist() == [True, True, False]
    assert timeline.cells_at(4 * H, site, fifth).all()


def test_a_damaged_site_waits_for_a_crew() -> None:
    network = line()
    found = simulate(network, [wind(network, sites=[2])], assume=CERTAIN)
    assert events(found.timeline, 2) == [(0.0, "damage"), (27.0, "repair")]
    assert found.crews == 1
    assert_allclose(found.repaired_s[2], 27 * H)


def test_one_crew_takes_jobs_one_after_the_other_the_most_people_first() -> None:
    network = Backhaul.of(sites_of(3), [("s0", "s1", "fibre"), ("s0", "s2", "fibre")], core=["s0"])
    plant = Plant(people=np.array([0.0, 5.0, 50.0]))
    found = simulate(network, [wind(network, sites=[1, 2])], plant=plant, assume=CERTAIN)
    assert events(found.timeline, 2) == [(0.0, "damage"), (27.0, "repair")]
    assert events(found.timeline, 1) == [(0.0, "damage"), (53.0, "repair")]


def test_a_cut_link_takes_what_hangs_on_it_and_nothing_else() -> None:
    network = line(4)
    found = simulate(network, [wind(network, links=[1], parts=("fibre",))], assume=CERTAIN)
    assert events(found.timeline, 1) == []
    for site in (2, 3):
        assert events(found.timeline, site) == [(0.0, "transport"), (9.0, "link")]


def test_a_dark_hub_takes_its_children_which_go_on_radiating() -> None:
    network = line()
    out = Blackout(np.array([False, True, False]), 0.0, 20 * H)
    found = simulate(network, blackouts=[out], plant=fixed(4.0, 0.0)).timeline
    assert events(found, 2) == [(4.0, "transport"), (20.25, "link")]
    assert found.radiating_at(6 * H).tolist() == [True, False, True]
    assert found.alive_at(6 * H).tolist() == [True, False, False]


def test_a_ring_of_four_hubs_survives_one_cut_and_a_star_does_not() -> None:
    names = [f"s{k}" for k in range(4)]
    ring = Backhaul.of(
        sites_of(4),
        [(a, b, "fibre") for a, b in zip(names, names[1:] + names[:1], strict=True)],
        core=["s0"],
    )
    star = Backhaul.of(sites_of(4), [("s0", b, "fibre") for b in names[1:]], core=["s0"])
    for k in range(4):
        cut = Cut(np.arange(4) == k)
        assert simulate(ring, cuts=[cut]).timeline.alive_at(1.0).all()
    assert simulate(star, cuts=[Cut(np.arange(3) == 1)]).timeline.alive_at(1.0).sum() == 3
    two = simulate(ring, cuts=[Cut(np.array([True, False, True, False]))]).timeline
    assert two.alive_at(1.0).sum() == 2


def test_an_island_is_cut_off_until_the_ship_has_come() -> None:
    network = lay_out(sites_of(30, 0.01), resolve(), core_abroad=True)
    assert network.joined.all()
    cable = Cut(network.kind == 2, 2 * H)
    found = simulate(network, cuts=[cable], horizon_s=40 * 24 * H).timeline
    assert found.alive_at(1 * H).all()
    assert not found.alive_at(3 * H).any()
    assert found.radiating_at(3 * H).all()
    assert not found.alive_at((14 * 24 + 1) * H).any()
    assert found.alive_at((14 * 24 + 2) * H).all()
    # No crew on land can mend it.
    assert (
        not simulate(network, cuts=[cable], assume={"mainland_crews": 9.0})
        .timeline.alive_at(300 * H)
        .any()
    )


def test_hubs_have_better_power() -> None:
    """Medians and shares over many nodes; a hub's are those of its own rows of the table."""
    count = 4000
    sites = sites_of(count, 0.001)
    names = [f"s{k}" for k in range(count)]
    values = resolve()
    for hubs, battery_h, share in (((), 4.0, 0.15), (names, 10.0, 0.6)):
        network = Backhaul.of(sites, [], hubs=hubs, core=names)
        battery_s, fuel_s = reserves(network, Plant(), values, Draws(1))
        assert_allclose(np.median(battery_s) / H, battery_h, rtol=0.05)
        assert_allclose((fuel_s > 0.0).mean(), share, atol=0.03)
        assert_allclose(np.median(fuel_s[fuel_s > 0.0]) / H, 48.0, rtol=0.05)
    longer, _ = reserves(network, Plant(), resolve({"shedding_factor": 2.0}), Draws(1))
    assert_allclose(longer, 2.0 * battery_s)


def test_feeders_are_squares_where_none_is_named() -> None:
    network = Backhaul.of(sites_of(30, 0.01), [], core=["s0"])
    squares = feeders(network, Plant(), 5.0)
    assert np.unique(squares).size == 7  # 33 km in squares of 5 km
    assert (np.diff(np.unique(squares, return_index=True)[1]) != 0).all()
    assert np.unique(feeders(network, Plant(), 0.0)).size == 30
    named = np.array([""] * 28 + ["x", "x"])
    mixed = feeders(network, Plant(feeder=named), 5.0)
    assert mixed[28] == mixed[29]
    assert mixed[28] not in squares
    assert_array_equal(mixed[:28], squares[:28])


def test_sites_of_one_feeder_go_and_come_together() -> None:
    network = line(4)
    plant = Plant(battery_h=np.zeros(4), fuel_h=np.zeros(4), feeder=np.array(["x", "y", "x", ""]))
    found = simulate(
        network, blackouts=[Blackout(np.array([True, False, True, False]))], plant=plant
    ).timeline
    back = {s: found.time_s[(found.site == s) & found.up] for s in (0, 2)}
    assert back[0] == back[2]


def test_kits_by_hand_each_role_apart() -> None:
    network = line(5)
    threats = [wind(network, links=[2], parts=("fibre",))]
    stocks = [
        Stock("depot", 0.0, 0.0, "satellite", 1, transport_h=3.0, setup_h=1.0, by="air"),
        Stock(
            "depot", 0.0, 0.0, "satellite", 1, "responders", transport_h=3.0, setup_h=1.0, by="air"
        ),
    ]
    slow = {**CERTAIN, "mobilise_h": 100.0, "dispatch_h": 5.0}
    found = simulate(network, threats, stocks=stocks, assume=slow)
    # The link s2 - s3 is cut; the kit goes to s3, on which s4 hangs, and serves 5 + 3 + 1 h after the wind.
    roles = {d.role: d for d in found.deployments}
    assert set(roles) == {"backhaul", "responders"}
    assert roles["backhaul"].node == 3
    assert roles["backhaul"].in_service_s == 9 * H
    assert events(found.timeline, 3)[:2] == [(0.0, "transport"), (9.0, "satellite")]
    assert events(found.timeline, 4)[:2] == [(0.0, "transport"), (9.0, "link")]
    only = simulate(network, threats, stocks=stocks[1:], assume=slow)
    assert [d.role for d in only.deployments] == ["responders"]
    assert not only.timeline.alive_at(20 * H)[3:].any(), "a kit for responders restores no site"


def test_a_generator_and_a_temporary_cell_by_hand() -> None:
    network = line()
    stocks = [
        Stock("depot", 0.0, 0.0, "generator", 1, transport_h=2.0, setup_h=1.0, by="air"),
        Stock("depot", 0.0, 0.0, "cell", 1, transport_h=2.0, setup_h=1.0, by="air"),
    ]
    assume = {**CERTAIN, "mobilise_h": 100.0, "dispatch_h": 5.0}
    dark = Blackout(np.array([False, True, False]), 0.0, 50 * H)
    found = simulate(
        network,
        [wind(network, sites=[2])],
        blackouts=[dark],
        plant=fixed(0.0, 0.0),
        stocks=stocks,
        assume=assume,
    )
    assert events(found.timeline, 1)[:2] == [(0.0, "power"), (8.0, "generator")]
    assert events(found.timeline, 2)[:2] == [(0.0, "damage"), (8.0, "temporary")]
    assert found.timeline.temporary_at(9 * H).tolist() == [False, False, True]


def test_a_kit_on_the_road_waits_for_the_road_and_is_not_sent_in_vain() -> None:
    network = line()
    dark = Blackout(np.array([False, True, False]), 0.0, 60 * H)
    shut = {
        **CERTAIN,
        "access_blocked_share": 1.0,
        "access_beta": 0.0,
        "access_median_h": 30.0,
        "dispatch_h": 5.0,
    }
    stock = Stock("depot", 0.0, 0.0, "generator", 1, transport_h=2.0, setup_h=1.0)
    found = simulate(network, blackouts=[dark], plant=fixed(0.0, 0.0), stocks=[stock], assume=shut)
    assert [d.in_service_s / H for d in found.deployments] == [31.0]
    late = simulate(
        network,
        blackouts=[dark],
        plant=fixed(0.0, 0.0),
        stocks=[stock],
        assume={**shut, "access_median_h": 61.0},
    )
    assert late.deployments == ()


def test_distance_over_speed_where_no_time_is_given() -> None:
    network = line()
    dark = Blackout(np.array([False, True, False]), 0.0, 60 * H)
    stock = Stock("depot", 0.1, 1.0, "generator", 1, setup_h=0.0, by="air")
    assume = {**CERTAIN, "dispatch_h": 5.0, "kit_speed_kmh": 111.1949}
    found = simulate(
        network, blackouts=[dark], plant=fixed(0.0, 0.0), stocks=[stock], assume=assume
    )
    assert_allclose(found.deployments[0].in_service_s / H, 6.0, rtol=1e-4)


def test_a_warning_is_kept_without_the_core_and_lost_with_the_power() -> None:
    network = line()
    plant = Plant(battery_h=np.array([99.0, 4.0, 99.0]), fuel_h=np.zeros(3))
    found = simulate(
        network, blackouts=[Blackout(np.array([False, True, False]), 0.0, 20 * H)], plant=plant
    ).timeline
    on = {
        h: found.on_air_at(h * H, issued_s=1 * H, reload_s=0.5 * H).tolist()
        for h in (0.5, 2, 6, 20.5, 21)
    }
    assert on[0.5] == [False, False, False]
    assert on[2] == [True, True, True]
    assert on[6] == [True, False, True], "s2 is cut off from the core but repeats what it has"
    assert on[20.5] == [True, False, True], "s1 is back but not loaded again"
    assert on[21] == [True, True, True]
    late = found.on_air_at(6 * H, issued_s=5 * H).tolist()
    assert late == [True, False, False], "who is cut off gets no new warning"
    assert found.on_air_at(21 * H, issued_s=5 * H, reload_s=0.5 * H).tolist() == [True, True, True]
    assert not found.on_air_at(6 * H, issued_s=1 * H, until_s=6 * H).any()
    # Without a number for it, reloading takes what the table of defaults has.
    quick = resolve()["reload_h"] * H
    for h in np.arange(20.25, 20.5, 0.025):
        assert_array_equal(
            found.on_air_at(h * H, issued_s=H), found.on_air_at(h * H, issued_s=H, reload_s=quick)
        )


# Bad input


def test_what_does_not_fit_is_refused() -> None:
    network = line()
    with pytest.raises(OptionError, match="no kind of hazard 'hail'"):
        Threat("hail", np.ones(3))
    with pytest.raises(InputError, match="no value at any site"):
        Threat("wind", np.full(3, np.nan))
    with pytest.raises(InputError, match="values for 2 nodes, but the network has 3"):
        simulate(network, [Threat("wind", np.ones(2))])
    with pytest.raises(InputError, match="values for 5 links, but the network has 2"):
        simulate(network, cuts=[Cut(np.ones(5, np.bool_))])
    with pytest.raises(OptionError, match="no repair class 'moon'"):
        simulate(network, repair="moon")
    with pytest.raises(OptionError, match="horizon"):
        simulate(network, horizon_s=0.0)
    with pytest.raises(InputError, match="battery_h is -1 at site 2"):
        simulate(network, plant=Plant(battery_h=np.array([1.0, -1.0, 2.0])))
    with pytest.raises(InputError, match="column people has shape"):
        simulate(network, plant=Plant(people=np.ones(4)))
    with pytest.raises(OptionError, match="at least one member"):
        members_of(network, members=0)
    with pytest.raises(OptionError, match="median and beta must be above 0"):
        Curve("wind", "site", 0.0, 0.1, 0.0, 1.0, "", "")


def test_assumptions_are_named_and_bounded() -> None:
    with pytest.raises(AssumptionError, match="did you mean battery_median_h"):
        resolve({"battery_median": 3.0})
    with pytest.raises(
        AssumptionError, match="generator_share=2 fraction is out of its range, 0 to 1"
    ):
        resolve({"generator_share": 2.0})
    with pytest.raises(AssumptionError, match="out of its range"):
        resolve({"battery_beta": math.nan})
    with pytest.raises(AssumptionError, match=r"add up to 0\.98"):
        resolve({"cause_power": 0.6})
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert all(row.source and row.low <= row.value <= row.high for row in TABLE)
    assert {row.confidence for row in TABLE} <= {"published", "fitted", "recalled", "judgement"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "balloon"}, "no kind 'balloon'"),
        ({"role": "power"}, "no role 'power' here; use one of backhaul, responders"),
        ({"by": "train"}, "no way of transport 'train'"),
        ({"count": -1}, "cannot be negative"),
        ({"setup_h": math.nan}, "cannot be negative"),
        ({"lat_deg": 95.0}, "lies at lon 0, lat 95"),
    ],
)
def test_stocks_that_cannot_be(change: dict[str, Any], words: str) -> None:
    usual: dict[str, Any] = {
        "depot": "d",
        "lon_deg": 0.0,
        "lat_deg": 0.0,
        "kind": "satellite",
        "count": 1,
    }
    with pytest.raises((OptionError, InputError), match=words):
        Stock(**{**usual, **change})
