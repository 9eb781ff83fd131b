"""Runs on real inputs from end to end: the demo case, its network in an outage, Lesotho; and inputs that are wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from made_run import timeline_of

import ew4all
from ew4all.demo import CASE, folder
from ew4all.errors import InputError, OptionError
from ew4all.grid import Block
from ew4all.run_hazard import Arrival
from ew4all.run_intake import RunInputs, open_run
from ew4all.run_network import OutageCourse
from ew4all.run_people import FinerShare
from ew4all.run_plan import PowerCut, RunPlan
from ew4all.run_study import Prepared, play, prepare, run_study
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.delay import Delay
from ew4all.sim.engine import ChannelUse
from ew4all.sim.issuance import Timeline
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import simpy

    from ew4all.sim.parameters import Parameter
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

ISSUE = (0.0, Issue(Notice()))


@dataclass(frozen=True)
class OnAir:
    """Everybody with a phone that is on and a cell that carries the alert is reached in ten seconds, and notices."""

    name: str = "on_air"
    parameters: tuple[Parameter, ...] = ()

    def exposure(self, world: World, _: Mapping[str, float]) -> Exposure:
        kind, row = world.rows.kinds(world.rows.service, world.rows.phone_on)
        return Exposure(kind, world.rows.phone_on[row].astype(float), row)

    def play(self, stage: Stage, notice: Notice) -> Iterator[simpy.Event]:
        while not stage.is_over(notice.identifier):
            service = stage.world.rows.service[stage.exposure.row]
            carried = (stage.world.service.carries(stage.now_s)[service] >= 0).astype(float)
            stage.alert(carried)
            stage.burst(carried, Delay.uniform(0.0, 10.0))
            yield stage.wait(1e6)


def demo(**options: Any) -> RunInputs:
    given: dict[str, Any] = {
        "population": CASE.population,
        "hazard": CASE.hazard,
        "cap": CASE.cap,
        "zones": CASE.zones,
        "zone_id": CASE.zone_id,
        "zone_name": CASE.zone_name,
        "arrival": 7200.0,
    }
    return open_run(**{**given, **options})


@pytest.fixture(scope="module")
def layers() -> RunInputs:
    return demo(coverage=dict(CASE.coverage), operator_share=dict(CASE.operator_share))


@pytest.fixture(scope="module")
def sites() -> RunInputs:
    return demo(sites=folder() / "sites.csv")


def plan(**options: Any) -> RunPlan:
    return RunPlan((ChannelUse(OnAir()),), **{"decisions": (ISSUE,), **options})


def people(prepared: Prepared, *flags: str) -> float:
    bins = prepared.bins
    mine = np.logical_and.reduce(
        [getattr(bins, flag) for flag in flags] or [np.ones(len(bins), bool)]
    )
    return float(bins.people[mine].sum())


def test_a_run_counts_the_people_that_reach_counts(layers: RunInputs) -> None:
    prepared = prepare(plan(), layers)
    found = ew4all.reach(**CASE.arguments())
    assert people(prepared) == pytest.approx(found.people.total, rel=1e-9)
    assert people(prepared, "at_risk") == pytest.approx(found.people.at_risk, rel=1e-9)
    assert people(prepared, "in_area") == pytest.approx(found.people.in_area, rel=1e-9)
    both = people(prepared, "in_area", "at_risk")
    assert both == pytest.approx(found.people.at_risk_in_area, rel=1e-9)
    for zone, counted in zip(prepared.world.zones, found.zones, strict=True):
        assert zone == counted.id
        mine = prepared.bins.zone == prepared.world.zones.index(zone)
        assert prepared.bins.people[mine].sum() == pytest.approx(counted.people.total, rel=1e-9)


def test_layers_serve_whom_reach_has_covered_by_their_operator(layers: RunInputs) -> None:
    prepared = prepare(plan(), layers)
    rows = prepared.world.rows
    served = (
        (prepared.world.service.technology[rows.service, 0] >= 0) & ~rows.indoors & rows.in_area
    )
    found = ew4all.reach(**CASE.arguments())
    want = sum(o.covered["any"] * (o.share or 0.0) for o in found.operators)
    outdoors = rows.people[~rows.indoors].sum() / rows.people.sum()
    assert rows.people[served].sum() == pytest.approx(want * outdoors, rel=2e-3)


def test_nobody_is_warned_without_a_phone_or_a_cell(sites: RunInputs) -> None:
    result = run_study(plan(), sites)
    played, bins, rows = result.played, result.prepared.bins, result.prepared.world.rows
    warned = played.people - played.totals.none
    carried = result.prepared.world.service.addressed[rows.service, 0] & rows.phone_on
    assert warned.sum() == pytest.approx(rows.people[carried].sum(), rel=1e-9)
    assert (
        0.5 * played.people[bins.in_area].sum() < warned[bins.in_area].sum() < played.people.sum()
    )
    assert np.all(played.in_time <= warned + 1e-9)
    assert 0 < played.in_time.sum() < warned[bins.at_risk].sum()
    assert {"fold", "split", "play"} == set(result.seconds)
    assert [i.role for i in result.inputs][:2] == ["population", "cap"]
    assert result.prepared.sizes.rows < 5000


def test_an_outage_takes_service_and_gives_it_back(sites: RunInputs) -> None:
    assert sites.network is not None
    course = OutageCourse(timeline_of(len(sites.network.cells.sites), share=0.9), zero_s=-3600.0)
    out = demo(sites=folder() / "sites.csv", outage=course)
    whole, cut = (prepare(plan(), i).world for i in (sites, out))
    rows = cut.rows
    assert rows.people.sum() == pytest.approx(whole.rows.people.sum(), rel=1e-9)
    served = [
        float(rows.people[cut.service.technology_at(t)[rows.service] >= 0].sum())
        for t in cut.service.start_s
    ]
    before = float(whole.rows.people[whole.service.technology[whole.rows.service, 0] >= 0].sum())
    assert max(served) < before
    assert max(served) > 1.05 * min(served)
    warned = []
    for inputs in (sites, out):
        result = run_study(plan(until_s=600.0), inputs)
        here = result.prepared.bins.in_area
        warned.append(float((result.played.people - result.played.totals.none)[here].sum()))
    assert warned[1] < 0.99 * warned[0]
    assert any("epochs" in note for note in out.notes)


def test_cells_can_be_named(sites: RunInputs) -> None:
    assert sites.network is not None
    some = sites.network.cells.id[:3].tolist()
    named = demo(sites=folder() / "sites.csv", addressed=some)
    assert named.addressed is not None
    assert named.addressed.sum() == 3
    everything = prepare(plan(), sites).world
    few = prepare(plan(), named).world
    carried = [
        w.rows.people[w.service.addressed[w.rows.service, 0]].sum() for w in (everything, few)
    ]
    assert 0 < carried[1] < carried[0]


def test_the_same_seed_gives_the_same_run_and_a_timeline_is_drawn(layers: RunInputs) -> None:
    alert = (Timeline.usual(begins_s=0.0), Issue(Notice()))
    course = plan(decisions=(), alerts=(alert,), drawn=True, seed=5)
    prepared = prepare(course, layers)
    one, same = (play(course, prepared) for _ in range(2))
    assert one.totals.none.tobytes() == same.totals.none.tobytes()
    other = play(course, prepared, seed=6)
    assert one.sent_s != other.sent_s
    assert one.people.sum() == pytest.approx(other.people.sum(), abs=100)
    usual = play(course, prepared, drawn=False)
    assert usual.sent_s == (alert[0].typical().sent_s,)


def test_an_earlier_hazard_leaves_less_time() -> None:
    times = []
    for arrival in (300.0, 1800.0, 7200.0, None):
        inputs = demo(
            coverage=dict(CASE.coverage), operator_share=dict(CASE.operator_share), arrival=arrival
        )
        times.append(float(run_study(plan(), inputs).played.in_time.sum()))
    assert times == sorted(times)
    assert times[0] < 0.5 * times[-1]


def test_a_front_and_isochrones_and_a_raster_of_hazard() -> None:
    line = shapely.LineString([(-61.9, 11.9), (-61.9, 12.6)])
    front = demo(arrival=Arrival(front=line, speed_m_s=5.0, bearing_deg=90.0))
    arrival = prepare(replace(plan(), uses=()), front).bins
    assert np.unique(arrival.arrival_s[arrival.at_risk]).size > 3
    rings = [shapely.Point(-61.7, 12.1).buffer(b) for b in (0.1, 0.2)]
    import geopandas as gpd

    frame = gpd.GeoDataFrame({"t": [10.0, 20.0]}, geometry=rings, crs=4326)
    inputs = demo(hazard=frame, arrival=Arrival(isochrones=frame, unit="min"))
    bins = prepare(replace(plan(), uses=()), inputs).bins
    assert np.unique(np.round(bins.arrival_s[bins.at_risk], 6)).tolist() == [600.0, 1200.0]


def test_power_cuts_split_rows_and_name_their_zone(layers: RunInputs) -> None:
    zone = layers.zones[0]
    cut = prepare(plan(power_cuts={zone: PowerCut(600.0, share=0.8)}), layers)
    lost = cut.world.rows.mains_lost
    # Where none is planned a cut may be decided: it takes everybody.
    assert np.unique(cut.world.rows.zone[~lost]).tolist() == [0]
    here = cut.world.rows.zone == 0
    share = cut.world.rows.people[here & lost].sum() / cut.world.rows.people[here].sum()
    assert share == pytest.approx(0.8)
    with pytest.raises(OptionError, match="no such zone; zones are"):
        prepare(plan(power_cuts={"Atlantis": PowerCut(600.0)}), layers)
    with pytest.raises(InputError, match="come back after they fail"):
        prepare(plan(power_cuts={"*": PowerCut(600.0, 0.0)}), layers)


def test_without_a_network_nobody_is_served() -> None:
    nothing = demo()
    assert not nothing.has_network
    prepared = prepare(plan(), nothing)
    assert (prepared.world.service.technology == -1).all()
    assert (prepared.world.rows.operator == -1).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"until_s": 0.0}, "must end after it begins"),
        ({"zero_hour": 25.0}, "a day has 0 to 24"),
        (
            {"decisions": ((1e6, Issue(Notice())),)},
            "Issue is decided at 1e[+]06 s, outside the run",
        ),
    ],
)
def test_plans_that_are_none(options: Mapping[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        plan(**options)


def test_options_that_exclude_each_other() -> None:
    with pytest.raises(OptionError, match="need cell sites"):
        demo(coverage=dict(CASE.coverage), addressed=["x"])
    with pytest.raises(OptionError, match="the network has no cell 'x'"):
        demo(sites=folder() / "sites.csv", addressed=["x"])
    with pytest.raises(OptionError, match="the outage is of 7 sites"):
        demo(sites=folder() / "sites.csv", outage=OutageCourse(timeline_of(7)))


def test_groups_and_a_table_of_sirens(tmp_path: Path) -> None:
    from affine import Affine

    table = tmp_path / "sirens.csv"
    table.write_text("lon,lat,rated_dbc\n30.05,-15.05,115\n")
    half = np.full((20, 20), 5.0, np.float32)
    where = Affine(0.01, 0, 30.0, 0, -0.01, -15.0), "EPSG:4326"
    inputs = open_run(
        {"young": (half, *where), "old": (2 * half, *where)},
        population_unit="count",
        sirens=str(table),
    )
    world = prepare(replace(plan(), uses=()), inputs).world
    assert world.groups == ("young", "old")
    assert np.bincount(world.rows.group, world.rows.people) == pytest.approx([2000.0, 4000.0])
    loud = world.rows.siren >= 0
    assert 65 < world.siren_db[world.rows.siren[loud]].max() < 115
    table.write_text("lon,lat,loudness\n30.05,-15.05,115\n")
    with pytest.raises(KeyError, match="needs a column rated_dbc"):
        open_run((half, *where), population_unit="count", sirens=str(table))


def test_shares_of_coarse_cells_hold_for_all_their_parts() -> None:
    coarse = np.random.default_rng(2).random((4, 5))

    class Shares:
        def share(self, block: Block) -> Any:
            assert block.row1 <= 4
            assert block.col1 <= 5
            return coarse[block.row0 : block.row1, block.col0 : block.col1]

    fine = coarse.repeat(3, axis=0).repeat(3, axis=1)
    for block in (Block(0, 12, 0, 15), Block(1, 7, 4, 5), Block(5, 11, 2, 13)):
        want = fine[block.row0 : block.row1, block.col0 : block.col1]
        assert np.array_equal(FinerShare(Shares(), 3).read(block), want)


def test_a_footprint_as_raster_with_cell_sites() -> None:
    """Pixels of the radio model are parts of those of the people, and of the hazard."""
    from affine import Affine

    where = Affine(0.02, 0, -61.8, 0, -0.02, 12.25), "EPSG:4326"
    held = np.full((12, 12), 10.0, np.float32)
    depth = np.zeros((12, 12), np.float32)
    depth[:, 5:] = 2.0
    inputs = open_run(
        (held, *where),
        hazard=(depth, *where),
        hazard_min=1.0,
        population_unit="count",
        sites=folder() / "sites.csv",
    )
    bins = prepare(replace(plan(), uses=()), inputs).bins
    assert bins.people[bins.at_risk].sum() == pytest.approx(12 * 7 * 10.0)
    assert np.array_equal(bins.in_area, bins.at_risk)
