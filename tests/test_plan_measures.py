"""`ew4all plan measures` on the embedded demo: what it chooses, what it says, and how it ends."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from command_line import command_line

from ew4all.demo import CASE, extra
from ew4all.errors import AssumptionError, OptionError, TableValueError
from ew4all.grid import GEOID
from ew4all.plan_effects import _metres
from ew4all.plan_measures import choose_measures
from ew4all.planning.costs import resolve
from ew4all.planning.measures import KINDS, Effect, Measure, in_usd
from ew4all.planning.rows import Crowd, Outage, instance_of
from ew4all.readers.measures import read_measures

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.measure_results import MeasurePlan


SIREN, SIREN_YEAR = (in_usd(name, resolve()) or 0.0 for name in ("siren", "siren_year"))


def demo(**more: Any) -> MeasurePlan:
    given = {"kinds": ("siren", "battery", "warden"), "per_kind": 4, "budget": 60_000.0, **more}
    if "coverage" not in given:
        given.setdefault("sites", extra("sites.csv"))
    return choose_measures(CASE.population, CASE.zones, zone_id="id", zone_name="name", **given)


def crowd(**more: Any) -> Crowd:
    one = np.ones(1)
    given = {
        "people": 100.0 * one, "value": one, "missed": one, "has_set": 0.5 * one, "signal": 0.6 * one, "by_phone": 0.3 * one,
        "lacks_phone": 0.8, "able": 0.5, "with_phone": 0.9, **more,
    }  # fmt: skip
    return Crowd(**given)


def effect(chance: float, **more: Any) -> Effect:
    return Effect(np.zeros(1, np.int32), np.full(1, chance, np.float32), **more)


def test_rows_by_hand() -> None:
    # 100 people: 60 with a signal, of whom 30 reached; 24 of the others lack a phone. 40 without a signal, half with a phone.
    some = [
        Measure("a", "new_site", "a"),
        Measure("b", "device_programme", "b"),
        Measure("c", "fm_transmitter", "c"),
        Measure("d", "fm_transmitter", "d"),
        Measure("e", "siren", "e"),
    ]
    effects = [effect(0.8), effect(0.5), effect(1.0), effect(1.0), effect(0.1)]
    found = instance_of(crowd(), some, effects, np.ones(5))
    assert found.people is not None
    assert found.people.sum() == pytest.approx(70.0)
    assert found.alone() == pytest.approx([16.0, 12.0, 35.0, 35.0, 7.0])
    from ew4all.planning.greedy import gains_in_order

    # Both stations reach those with a set, and nobody else.
    assert gains_in_order(found, [2, 3, 0]) == pytest.approx([35.0, 0.0, 8.0])


def test_sites_off_the_air_by_hand() -> None:
    # In outages, half of the warnings, two sites are up with 0.5 each; the stronger serves 0.6 of people, the weaker 0.2.
    outage = Outage(
        0.5, np.array([[0], [1]], np.int32), np.array([[0.6], [0.2]]), np.array([0.5, 0.5])
    )
    some = [Measure("a", "battery", "a", site="0"), Measure("b", "battery", "b", site="1")]
    none = np.empty(0, np.int32), np.empty(0, np.float32)
    effects = [Effect(*none, site=0, lift=1.0), Effect(*none, site=1, lift=1.0)]
    found = instance_of(crowd(), some, effects, np.ones(2), outage)
    # Served as usual: 30. With the first site alone 2/3 of them (lost half the time), with both 1/3 (a quarter).
    lost_one, lost_both = 0.5 * 20.0 * 0.5, 0.5 * 10.0 * 0.25
    assert found.people is not None
    assert found.people.sum() == pytest.approx(70.0 + lost_one + lost_both)
    assert found.alone() == pytest.approx([lost_one + lost_both, lost_both])


@pytest.mark.parametrize("lat", [0.0, -29.5, 52.0, -65.0])
def test_distances_are_those_of_the_ellipsoid(lat: float) -> None:
    draw = np.random.default_rng(1)
    turn, km = draw.uniform(0.0, 360.0, 500), draw.uniform(0.1, 150.0, 500)
    lon, lats, _ = GEOID.fwd(np.full(500, 179.9), np.full(500, lat), turn, 1000.0 * km)
    away = (np.asarray(lon) - 179.9 + 180.0) % 360.0 - 180.0
    assert _metres(lat, np.asarray(lats), away) == pytest.approx(1000.0 * km, rel=2e-4)


def test_the_demo_adds_up_and_stays_within_its_budget(tmp_path: Path) -> None:
    found = demo(out=tmp_path, exact=True, notice="not real")
    assert 0.0 < found.cost <= found.budget
    assert found.reached <= found.unreached < found.people
    assert found.people == pytest.approx(111_454.0, abs=0.5)
    assert {row.measure.kind for row in (*found.chosen, *found.others)} == {"siren", "battery", "warden"}  # fmt: skip
    assert found.optimum.exact is not None
    assert found.optimum.reached >= (1.0 - np.exp(-1.0)) * found.optimum.exact
    document = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert document["schema"] == "ew4all/plan-measures/1"
    assert document["people"]["newly_reached"] == pytest.approx(found.reached)
    assert document["notice"] == "not real"
    with (tmp_path / "measures.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert float(rows[len(found.chosen) - 1]["cost_so_far"]) == pytest.approx(found.cost)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {"plan.json", "measures.csv", "measures.gpkg", "curve.csv", "curve.png", "map.png", "run.json"}  # fmt: skip
    people = [p.people for p in found.curve]
    assert people[0] == 0.0
    assert [p.objective for p in found.curve] == sorted(p.objective for p in found.curve)


def test_the_same_plan_every_time_and_never_worse_for_more() -> None:
    first, again, more = demo(exact=False), demo(exact=False), demo(exact=False, budget=61_000.0)
    assert first.to_dict() == again.to_dict()
    assert more.reached >= first.reached


def test_no_money_is_an_empty_plan_that_says_so() -> None:
    found = demo(budget=0.0, exact=False)
    assert found.chosen == ()
    assert found.reached == 0.0
    assert any("the budget is zero" in note for note in found.notes)
    assert found.curve[-1].people > 0.0


def test_without_a_price_a_measure_is_unpriced_and_not_free() -> None:
    found = demo(cost={"siren": float("nan")}, budget=1e9, exact=False)
    assert {row.measure.kind for row in found.unpriced} == {"siren"}
    assert "siren" not in {row.measure.kind for row in found.chosen}
    assert found.to_dict()["unpriced"][0]["cost"] is None
    assert any("no price" in note for note in found.notes)


def test_nothing_is_free_for_want_of_a_rate_or_of_a_currency(tmp_path: Path) -> None:
    with pytest.raises(AssumptionError, match="usd_per_eur is an exchange rate, above 0"):
        resolve({"usd_per_eur": 0.0})
    table = tmp_path / "list.csv"
    text = "kind,lon,lat,cost,currency\nsiren,-61.7,12.1,20000,{}\n"
    table.write_text(text.format("usd"))
    assert read_measures(table).measures[0].number("cost", 0.0) == 20_000.0
    table.write_text(text.format("EUR"))
    with pytest.raises(TableValueError, match=r"line 2: the currency is 'EUR', but costs of a plan are in USD"):  # fmt: skip
        read_measures(table)


def test_cell_broadcast_comes_before_what_depends_on_it() -> None:
    given: dict[str, Any] = {
        "coverage": {"4g": CASE.coverage["4g:Operator A"]},
        "kinds": ("cell_broadcast", "new_site"),
        "assume": {"network_broadcasts": 0.0},
        "exact": False,
    }
    poor = demo(**given, budget=1_000_000.0)
    assert poor.chosen == ()  # a site alone warns nobody
    assert poor.reached == 0.0
    rich = demo(**given, budget=20_000_000.0)
    assert rich.chosen[0].measure.kind == "cell_broadcast"
    assert {row.measure.kind for row in rich.chosen[1:]} == {"new_site"}
    assert rich.reached > rich.chosen[0].added > 0.5 * rich.people  # type: ignore[operator]
    assert rich.unreached == pytest.approx(rich.people)


def test_given_measures(tmp_path: Path) -> None:
    table = tmp_path / "candidates.csv"
    table.write_text(
        "id,kind,lon,lat,cost,cost_year,radius_km,site,colour\n"
        "town,siren,-61.75,12.05,20000,0,,,red\n"
        "free word,warden,-61.75,12.05,,0,,,red\n"
        "mast,fm_transmitter,-61.68,12.1,90000,0,30,,red\n"
        "power,battery,,,9000,0,,A01,red\n",
        encoding="utf-8",
    )
    found = demo(candidates=table, kinds=(), budget=200_000.0)
    assert {row.measure.id for row in found.chosen} == {"town", "mast", "power"}
    assert [row.measure.id for row in found.unpriced] == ["free word"]
    assert found.cost == pytest.approx(119_000.0)
    assert any("columns that are not used: colour" in note for note in found.notes)


@pytest.mark.parametrize(
    ("header", "cells", "cost"),
    [
        ("cost,cost_year", "20000,", 20_000.0 + 5.0 * SIREN_YEAR),
        ("cost", "20000", 20_000.0 + 5.0 * SIREN_YEAR),
        ("cost,cost_year", "20000,0", 20_000.0),
        ("cost,cost_year", "20000,100", 20_500.0),
        ("cost_year", "100", SIREN + 500.0),
        ("name", "", SIREN + 5.0 * SIREN_YEAR),
    ],
)
def test_costs_left_out_are_the_usual_ones_and_not_free(
    tmp_path: Path, header: str, cells: str, cost: float
) -> None:
    table = tmp_path / "candidates.csv"
    table.write_text(f"id,kind,lon,lat,{header}\ntown,siren,-61.75,12.05,{cells}\n", "utf-8")
    found = demo(candidates=table, kinds=(), budget=1e6)
    assert [row.measure.cost for row in found.chosen] == [pytest.approx(cost)]
    said = any("1 measure with a cost and no cost_year" in note for note in found.notes)
    assert said == (cells in {"20000,", "20000"})
    assert any("1 measure to choose from" in note for note in found.notes)


def test_places_where_nobody_lives_are_told(tmp_path: Path) -> None:
    table = tmp_path / "candidates.csv"
    table.write_text("id,kind,lon,lat\ntown,siren,12.05,-61.75\nb,siren,12.1,-61.7\n", "utf-8")
    with pytest.raises(OptionError, match=r"town is at lon 12.05, lat -61.75.*2 of 2.*swap"):
        demo(candidates=table, kinds=())
    table.write_text("id,kind,lon,lat\nsea,siren,-62.9,12.9\n", "utf-8")
    found = demo(candidates=table, kinds=(), budget=1e6)
    assert found.chosen == ()
    assert any("none that has a price reaches anybody" in note for note in found.notes)
    assert any("1 measure of the list would reach nobody who is left out: sea" in note for note in found.notes)  # fmt: skip


@pytest.mark.parametrize("kind", ["siren", "new_technology", "satellite_kit"])
def test_a_site_that_is_not_known_is_no_place(tmp_path: Path, kind: str) -> None:
    table = tmp_path / "candidates.csv"
    table.write_text(f"id,kind,site\na,{kind},nowhere\n", "utf-8")
    with pytest.raises(OptionError, match="'nowhere', but the list of sites has none of this name"):
        demo(candidates=table, kinds=())


def test_a_plan_without_a_price_is_written(tmp_path: Path) -> None:
    found = demo(kinds=("siren", "warden"), cost={"siren": float("nan")}, out=tmp_path / "plan")
    record = json.loads((tmp_path / "plan/run.json").read_text("utf-8"))
    assert record["settings"]["cost"] == {"siren": "nan"}
    assert any("4 measures have no price" in note for note in found.notes)
    one = demo(kinds=("siren",), per_kind=1, cost={"siren": float("nan")})
    assert any("1 measure has no price and cannot be chosen; it is listed" in note for note in one.notes)  # fmt: skip


def test_money_for_each_person_has_two_columns(tmp_path: Path) -> None:
    found = demo(out=tmp_path / "plan")
    with (tmp_path / "plan/measures.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["state"] for row in rows} == {"chosen", "not chosen"}
    for row in rows:
        alone = float(row["people_alone"])
        if alone > 0.0:
            assert float(row["cost_per_person_alone"]) == pytest.approx(float(row["cost"]) / alone)
        if row["state"] == "chosen":
            assert float(row["cost_per_person"]) == pytest.approx(float(row["cost"]) / float(row["people_added"]))  # fmt: skip
        else:
            assert row["cost_per_person"] == ""
    assert "cost_per_person" not in found.others[0].to_dict()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("balloon,1,2,3", "there is no kind 'balloon'"),
        ("siren,,,3", "no lon and lat"),
        ("siren,1,2,-3", "cost is '-3'"),
        ("siren,1,95,3", "lat is '95'"),
        ("battery,1,2,3", "there is no site"),
    ],
)
def test_rows_that_cannot_be_read(tmp_path: Path, row: str, said: str) -> None:
    table = tmp_path / "candidates.csv"
    table.write_text(f"kind,lon,lat,cost\n{row}\n", encoding="utf-8")
    with pytest.raises(TableValueError, match=said):
        read_measures(table)


def test_options_that_cannot_be() -> None:
    with pytest.raises(OptionError, match="no kind of measure 'balloon'"):
        demo(kinds=("balloon",))
    with pytest.raises(OptionError, match="budget"):
        demo(budget=-1.0)
    with pytest.raises(AssumptionError, match="did you mean siren"):
        demo(cost={"sirens": 1.0})
    with pytest.raises(OptionError, match="needs to know who has a mobile signal"):
        choose_measures(CASE.population, budget=1.0)


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run = command_line(monkeypatch, capsys)
    done = run("plan", "measures", "--demo", "--budget", "50000", "--kind", "warden", "--per-kind", "3", "--json")  # fmt: skip
    assert done.code == 0
    document = json.loads(done.out)
    assert document["notice"] == "demo data, not for operations"
    assert document["cost"] <= 50_000.0
    assert all(m["kind"] == "warden" for m in document["chosen"])
    missing = run("plan", "measures", "--budget", "1")
    assert missing.code == 2
    assert "--demo" in missing.err
    assert "Traceback" not in missing.err


def test_every_kind_has_a_price_and_a_word() -> None:
    from ew4all.planning.costs import resolve
    from ew4all.planning.measures import price_of

    for kind in KINDS:
        price = price_of(kind, resolve(), 1000.0).total(5.0)
        assert price is not None
        assert price > 0.0
