"""From files to results: West Sumatra, a list of what is down, measurements, cables, and options that do not go together."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.cells import Cells
from ew4all.coverage.outages.timeline import STATES
from ew4all.errors import AssumptionError, InputError, NoIntersectionError, OptionError
from ew4all.outage_study import study_outage
from ew4all.report.outage_outputs import write_outage
from ew4all.report.outage_table import outage_table

if TYPE_CHECKING:
    from pathlib import Path

H = 3600.0
TECHNOLOGY = {"GSM": "2g", "UMTS": "3g", "LTE": "4g"}


def made(count: int = 40) -> Cells:
    rng = np.random.default_rng(0)
    lon, lat = 10.0 + rng.normal(0, 0.1, count), rng.normal(0, 0.1, count)
    return Cells.of(lon, lat, ["4g"] * count, site_id=[f"s{k}" for k in range(count)])


@pytest.fixture(scope="module")
def west_sumatra(shared_data: Path) -> Cells:
    """660 cells: those of the list south of Riau and around the fault, at their own places."""
    path = shared_data / "data" / "towers" / "idn_opencellid_510_no_jakarta.csv"
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    rows = [r for r in rows if 98.0 <= float(r[6]) <= 101.9 and -4.0 <= float(r[7]) <= 0.2]
    assert len(rows) == 660
    lon, lat = ([float(r[k]) for r in rows] for k in (6, 7))
    return Cells.of(lon, lat, [TECHNOLOGY[r[0]] for r in rows])


@pytest.fixture(scope="module")
def shakemap(shared_data: Path) -> str:
    return str(shared_data / "data" / "hazards" / "idn_padang_shakemap_20090930_mmi.tif")


def test_west_sumatra_sites_lost_by_cause_and_no_people(
    repository: Path, west_sumatra: Cells, shakemap: str
) -> None:
    result = study_outage(west_sumatra, hazard={"mmi": shakemap}, members=100, seed=1)
    document = result.to_dict()
    assert document["cells"] == 660
    assert document["sites"] == 589
    assert "people" not in json.dumps(document)
    causes = {name: row["mean"] for name, row in document["first_cause"].items()}
    for words, name in (
        ("damaged", "damage"),
        ("without power", "power"),
        ("cut off from the core", "transport"),
        ("never out", "never_out"),
    ):
        row = document["first_cause"][name]
        told = f"| {words} | {row['mean']:.0f} | {row['p05']:.0f} to {row['p95']:.0f} |"
        assert told in (repository / "docs" / "outages.md").read_text("utf-8"), told
    assert_allclose(sum(causes.values()), 589)
    # These cells lie at MMI 5.1 to 7.5, most of them about 170 km from the epicentre, at some 0.08 g: few masts fall, more
    # sites lose their mains and their way to the core, and the spread of the relation (0.35 in log10) makes courses differ.
    assert 0.01 < causes["damage"] / 589 < 0.10
    assert causes["power"] + causes["transport"] > causes["damage"]
    assert causes["never_out"] > 589 / 2
    never = document["first_cause"]["never_out"]
    assert never["p05"] < 200
    assert never["p95"] > 580
    # The second drop, as batteries end: fewer sites serve half a day after the earthquake than right after it.
    serving = {row["time_h"]: row["serving"] for row in document["curve"]}
    assert serving[12.0] < serving[0.0]
    assert serving[336.0] > serving[72.0] > serving[12.0]
    assert any(
        "Worden et al. (2012)" in note and "0.35 in log10" in note for note in document["notes"]
    )


def test_the_relation_and_its_spread_matter(west_sumatra: Cells, shakemap: str) -> None:
    def damaged(**settings: Any) -> np.ndarray:
        result = study_outage(
            west_sumatra, hazard={"mmi": shakemap}, members=60, days=1.0, **settings
        )
        return result.first_causes()[:, 0]

    usual = damaged()
    assert damaged(relation="wald1999").mean() != usual.mean()
    alone = damaged(assume={"intensity_common_share": 0.0})
    assert alone.std() < usual.std() / 2, "what all sites share does not average out"
    assert alone.mean() > 0


def test_outputs_tell_the_same_story(tmp_path: Path, west_sumatra: Cells, shakemap: str) -> None:
    result = study_outage(west_sumatra, hazard={"mmi": shakemap}, members=9, seed=3)
    write_outage(tmp_path / "out", result, at_hours=12.0, settings={"members": 9})
    out = tmp_path / "out"
    names = {p.name for p in out.iterdir()}
    assert names == {
        "timeline.csv",
        "sites.csv",
        "curve.csv",
        "ensemble.csv",
        "outage.png",
        "outage.json",
        "run.json",
    }
    assert (out / "outage.png").read_bytes()[:4] == b"\x89PNG"

    def table(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader((out / name).read_text("utf-8").splitlines()))

    # Replayed from the file, events give the curve of the typical member.
    state = dict.fromkeys([str(i) for i in result.backhaul.id[: result.sites]], "up")
    events = [r for r in table("timeline.csv") if float(r["time_h"]) <= 24.0]
    assert {r["member"] for r in events} == {str(result.typical)}
    for row in events:
        state[row["site"]] = row["state"]
    typical = result.ensemble.timelines[result.typical]
    wanted = dict(zip(STATES, typical.counts(np.array([24.0 * H]))[0], strict=True))
    assert {s: list(state.values()).count(s) for s in STATES} == wanted
    rows = table("sites.csv")
    assert len(rows) == result.sites
    assert sum(bool(r["first_cause"]) for r in rows) == (typical.first_state() > 0).sum()
    down = {(int(r["member"]), r["site"]) for r in table("ensemble.csv") if r["site"]}
    alive = result.ensemble.alive_at(12.0 * H)
    assert down == {
        (m, str(result.backhaul.id[s])) for m, s in zip(*np.nonzero(~alive), strict=True)
    }
    assert {int(r["member"]) for r in table("ensemble.csv")} == set(range(9))
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["command"] == "outage"
    assert set(record["outputs"]) == names
    again = tmp_path / "again"
    write_outage(
        again,
        study_outage(west_sumatra, hazard={"mmi": shakemap}, members=9, seed=3, workers=2),
        at_hours=12.0,
        settings={"members": 9},
    )
    for name in names - {"outage.png"}:
        assert (again / name).read_bytes() == (out / name).read_bytes(), name


def test_the_ensemble_is_what_target_reads(tmp_path: Path) -> None:
    from ew4all.readers.outage_ensemble import read_ensemble

    cells = made()
    area = tmp_path / "area.wkt"
    area.write_text("POLYGON((9 -1, 11 -1, 11 1, 9 1, 9 -1))", encoding="utf-8")
    result = study_outage(cells, hazard={"power": str(area)}, members=4)
    write_outage(tmp_path / "out", result, at_hours=8.0, settings={})
    read = read_ensemble(tmp_path / "out" / "ensemble.csv", cells)
    assert_array_equal(read.alive, result.ensemble.alive_at(8.0 * H)[:, cells.site])
    assert 0.05 < read.alive.mean() < 0.5, (
        "eight hours after the mains went most batteries are empty"
    )


def test_a_list_of_sites_in_place_of_a_model(tmp_path: Path) -> None:
    path = tmp_path / "down.txt"
    path.write_text("\n".join(f"s{k}" for k in range(10)), encoding="utf-8")
    result = study_outage(made(), observed=str(path), members=3, days=30.0)
    assert result.counts[:, 0, 1:4].sum(axis=1).tolist() == [10, 10, 10]
    assert result.counts[:, -1, 0].mean() > 35
    assert result.to_dict()["observed"] == {"down": 10, "known": 40}
    write_outage(tmp_path / "out", result, at_hours=0.0, settings={})


def test_measurements_before_and_now(tmp_path: Path) -> None:
    cells = made()
    west = cells.lon_deg < 10.0
    rows = [
        f"{x},{y}" for x, y in zip(cells.lon_deg, cells.lat_deg, strict=True) for _ in range(40)
    ]
    (tmp_path / "before.csv").write_text("lon,lat\n" + "\n".join(rows), encoding="utf-8")
    still = [
        f"{x},{y}" for x, y, w in zip(cells.lon_deg, cells.lat_deg, west, strict=True) if not w
    ]
    (tmp_path / "now.csv").write_text("lon,lat\n" + "\n".join(still), encoding="utf-8")
    pair = {"baseline": str(tmp_path / "before.csv"), "current": str(tmp_path / "now.csv")}
    result = study_outage(
        cells, observed=pair, observed_hours=(40.0, 24.0), members=1, assume={"square_km": 1.0}
    )
    assert result.observed is not None
    assert (result.observed.down == west).mean() > 0.9
    with pytest.raises(OptionError, match="need the hours in which they were taken"):
        study_outage(cells, observed=pair)
    shapes = tmp_path / "area.wkt"
    shapes.write_text("POLYGON((9 -1, 11 -1, 11 1, 9 1, 9 -1))", encoding="utf-8")
    with pytest.raises(OptionError, match="both be measurements, or both polygons"):
        study_outage(cells, observed={**pair, "current": str(shapes)})
    with pytest.raises(OptionError, match="has a baseline and a current layer, but got baseline"):
        study_outage(cells, observed={"baseline": str(shapes)})
    east = tmp_path / "east.wkt"
    east.write_text("POLYGON((10 -1, 11 -1, 11 1, 10 1, 10 -1))", encoding="utf-8")
    found = study_outage(
        cells, observed={"baseline": str(shapes), "current": str(east)}, members=1
    ).observed
    assert found is not None
    assert_array_equal(found.down, west)


def test_an_island_whose_cable_is_cut() -> None:
    result = study_outage(made(), cable_cut=True, members=1, days=20.0, repair="island")
    assert result.counts[0, 1, STATES.index("transport")] == 40
    assert result.counts[0, -1, 0] == 40


def test_a_feeder_that_is_out(tmp_path: Path) -> None:
    path = tmp_path / "power.csv"
    path.write_text("site,battery_h,fuel_h,feeder\ns1,0,0,north\ns2,0,0,south\n", encoding="utf-8")
    result = study_outage(made(), power=path, feeder_out=["north"], members=1)
    assert result.ensemble.timelines[0].first_state()[[1, 2]].tolist() == [2, 0]
    with pytest.raises(
        InputError, match="no site hangs on the feeder 'west'; feeders are north, south"
    ):
        study_outage(made(), power=path, feeder_out=["west"])
    with pytest.raises(OptionError, match="--feeder-out needs a column feeder"):
        study_outage(made(), feeder_out=["north"])


def test_kits_are_counted_by_role(tmp_path: Path) -> None:
    path = tmp_path / "kits.csv"
    path.write_text(
        "depot,lon,lat,kind,count,role,by\nP,10,0,satellite,1,backhaul,air\nP,10,0,satellite,2,responders,air\n",
        encoding="utf-8",
    )
    links = tmp_path / "links.csv"
    links.write_text(
        "a,b,kind\n" + "\n".join(f"s0,s{k},fibre" for k in range(1, 39)) + "\ns39,s1,submarine\n",
        encoding="utf-8",
    )
    result = study_outage(
        made(), links=links, core=["s0"], cable_cut=True, kits=path, members=2, days=5.0
    )
    assert result.to_dict()["deployed"] == {"satellite_backhaul": 1.0, "satellite_responders": 1.0}
    write_outage(tmp_path / "out", result, at_hours=3.0, settings={})
    kits = list(csv.DictReader((tmp_path / "out" / "kits.csv").read_text("utf-8").splitlines()))
    assert {(r["role"], r["node"]) for r in kits} == {("backhaul", "s39"), ("responders", "s39")}
    assert outage_table(result.to_dict()).renderables


def test_only_sites_inside_polygons_and_along_roads(tmp_path: Path) -> None:
    west = tmp_path / "west.wkt"
    west.write_text("POLYGON((9 -1, 10 -1, 10 1, 9 1, 9 -1))", encoding="utf-8")
    cells = made()
    result = study_outage(cells, within=str(west), cable_cut=True, members=1)
    assert result.sites == (cells.lon_deg < 10.0).sum() == len(result.cells)
    assert set(result.cells.site.tolist()) == set(range(result.sites))
    assert_array_equal(result.backhaul.id[: result.sites], cells.site_id[cells.lon_deg < 10.0])
    far = tmp_path / "far.wkt"
    far.write_text("POLYGON((0 0, 1 0, 1 1, 0 0))", encoding="utf-8")
    with pytest.raises(NoIntersectionError, match="none of the 40 sites lies in the polygons"):
        study_outage(cells, within=str(far), cable_cut=True)
    roads = tmp_path / "roads.geojson"
    roads.write_text(
        '{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[9,0],[11,0]]}}',
        encoding="utf-8",
    )
    wide = {"fibre_km": 0.0, "fibre_road_km": 100.0}
    fibre = study_outage(cells, roads=roads, cable_cut=True, members=1, assume=wide).backhaul
    radio = study_outage(cells, cable_cut=True, members=1, assume=wide).backhaul
    assert (fibre.kind == 1).sum() == 0 < (radio.kind == 1).sum()
    with pytest.raises(OptionError, match="leave --roads or --links out"):
        study_outage(cells, roads=roads, links=roads, cable_cut=True)


def people(folder: Path) -> str:
    """A thousand people in each cell of about 2.2 km around the sites."""
    path = folder / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=50, width=50, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.02, 0, 9.5, 0, -0.02, 0.5),
    ) as file:  # fmt: skip
        file.write(np.full((50, 50), 1000, np.float32), 1)
    return str(path)


def test_people_served_fall_and_come_back(tmp_path: Path) -> None:
    area = tmp_path / "area.wkt"
    area.write_text("POLYGON((9 -1, 11 -1, 11 1, 9 1, 9 -1))", encoding="utf-8")
    result = study_outage(
        made(),
        hazard={"power": str(area)},
        population=people(tmp_path),
        population_unit="count",
        members=3,
        days=20.0,
    )
    served = result.people
    assert served is not None
    assert 2.4e6 < served.total <= 2.5e6, "the map ends where no cell reaches"
    assert 0.2 * served.total < served.before[-1] <= served.total
    assert_allclose(served.served[:, -1], served.served[:, :-1].sum(axis=1))
    by_hour = dict(zip(served.times_h, served.served[:, -1], strict=True))
    assert by_hour[0.0] == served.before[-1], "batteries hold at first"
    assert by_hour[24.0] < 0.9 * by_hour[0.0]
    assert by_hour[336.0] > by_hour[24.0]
    assert (served.computed <= served.blocks).all()
    document = result.to_dict()["people"]
    assert document["curve"][0]["any"] == served.before[-1]
    write_outage(tmp_path / "out", result, at_hours=3.0, settings={})
    assert (
        (tmp_path / "out" / "served.csv")
        .read_text("utf-8")
        .startswith("time_h,2g,3g,4g,5g,any\n0,0,0,")
    )
    with pytest.raises(OptionError, match="are of use with people only"):
        study_outage(made(), hazard={"power": str(area)}, dem="dem.tif")


def test_crews_go_where_people_are(tmp_path: Path) -> None:
    from ew4all.network_intake import open_network
    from ew4all.outage_people import people_of_sites

    cells = made()
    opened = open_network(cells, people(tmp_path), population_unit="count")
    found = people_of_sites(opened, 40)
    assert found.shape == (40,)
    assert (found >= 0.0).all()
    # Sites at the rim of the crowd serve more land, hence more people, than those in the middle.
    away = np.hypot(cells.lon_deg - 10.0, cells.lat_deg)
    assert found[np.argsort(away)[-10:]].mean() > found[np.argsort(away)[:10]].mean()


def test_options_that_do_not_go_together(tmp_path: Path, shakemap: str) -> None:
    cells = made()
    with pytest.raises(OptionError, match="nothing strikes"):
        study_outage(cells)
    with pytest.raises(OptionError, match="takes the place of a hazard; give one of them"):
        study_outage(cells, hazard={"mmi": shakemap}, observed="x.txt")
    with pytest.raises(OptionError, match="a core was named, but no links"):
        study_outage(cells, core=["s0"], cable_cut=True)
    with pytest.raises(NoIntersectionError, match="the sites lie at lon 9"):
        study_outage(cells, hazard={"mmi": shakemap})
    with pytest.raises(OptionError, match="--days must be above 0"):
        study_outage(cells, cable_cut=True, days=0.0)
    with pytest.raises(AssumptionError, match="no outage assumption 'x'"):
        study_outage(cells, cable_cut=True, assume={"x": 1.0})
    with pytest.raises(InputError, match="the list holds no cell"):
        study_outage(cells.take([]), cable_cut=True)
    links = tmp_path / "links.csv"
    links.write_text("a,b,kind\ns0,s1,fibre\n", encoding="utf-8")
    with pytest.raises(InputError, match="--cable-cut needs a link of kind submarine"):
        study_outage(cells, links=links, cable_cut=True)
    down = tmp_path / "down.txt"
    down.write_text("s0\nzz\n", encoding="utf-8")
    with pytest.raises(InputError, match="names 'zz', which are no sites"):
        study_outage(cells, observed=str(down))
