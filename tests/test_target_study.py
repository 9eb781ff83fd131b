"""From cells and an area to the cells to address: counted again by other means, and every way in which it can end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import oracles
import pytest
import shapely
from made_sites import AREA, PEOPLE, chosen, found, made_cells, opened
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.coverage.geofence import Geofence
from ew4all.coverage.target_choice import Demand
from ew4all.coverage.targeting import share
from ew4all.errors import ColumnError, InputError, OptionError
from ew4all.target_rows import target_of

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.target_results import Target
    from ew4all.targets import TargetStudy


@pytest.fixture(scope="module")
def plain() -> TargetStudy:
    return opened()


@pytest.fixture(scope="module")
def result(plain: TargetStudy) -> Target:
    return target_of(plain)


def test_sums_equal_those_of_the_whole_country_at_once(plain: TargetStudy) -> None:
    network, grid = plain.network, plain.grid
    inside = oracles.fractions(AREA, grid) * _people(plain)
    outside = _people(plain) - inside
    want = np.zeros((2, len(plain.cells)))
    for operator in ("Delta", "Echo"):
        camping = network.camping(grid.whole, operator=operator)
        for k in range(len(plain.cells)):
            p = np.where(camping.cell == k, camping.probability, 0.0).sum(axis=0, dtype=np.float64)
            want[:, k] += 0.5 * (p * inside).sum(), 0.5 * (p * outside).sum()
    sums = plain.serving.nominal
    assert_allclose(sums.inside, want[0], rtol=1e-5, atol=1e-6)
    # Cells that serve nobody inside were not looked at to their end.
    serves = sums.inside > 0.0
    assert serves.any()
    assert_allclose(sums.outside[serves], want[1][serves], rtol=1e-5, atol=1e-6)
    assert_allclose(sums.in_area_people, inside.sum())


@pytest.mark.parametrize("groups", [None, "tai"])
def test_windows_that_were_left_out_say_nothing(
    monkeypatch: pytest.MonkeyPatch, groups: str | None
) -> None:
    options: dict[str, Any] = {
        "assume": {"reach_km": 4.0},
        "groups": groups,
        "demand": Demand(tau=0.01),
    }
    whole = found(shapely.Point(10.16, 4.88).buffer(0.01), **options)
    monkeypatch.setattr("ew4all.coverage.target_places.TARGET_BLOCK", (9, 13))
    study = opened(shapely.Point(10.16, 4.88).buffer(0.01), **options)
    parts = target_of(study)
    assert sum(b.shape[0] * b.shape[1] for b in study.serving.windows) < 0.9 * PEOPLE.size
    assert chosen(parts) == chosen(whole)
    for one, other in zip(parts.rules, whole.rules, strict=True):
        assert_allclose(one.outcome.over_reach, other.outcome.over_reach, rtol=1e-9)
        assert_allclose(one.outcome.missed, other.outcome.missed, rtol=1e-9, atol=1e-9)
    assert len(list(study.blocks())) == len(study.serving.windows)


def _people(study: TargetStudy) -> Any:
    return np.asarray(study.places.people(study.grid.whole), np.float64)


def test_the_threshold_decides(result: Target, plain: TargetStudy) -> None:
    part = share(*plain.serving.nominal.counts())
    assert chosen(result) == set(plain.cells.id[part >= 0.05].tolist())
    assert {round(r.share, 9) >= 0.05 for r in result.cells} == {True}
    assert 0 < len(result.cells) < result.network_cells
    # Those that serve most come first.
    inside = [r.inside for r in result.cells]
    assert inside == sorted(inside, reverse=True)


def test_everybody_is_in_one_row(result: Target) -> None:
    out = result.outcome
    assert_allclose(out.reached + out.missed + out.unserved, result.in_area_people, rtol=1e-5)
    assert_allclose(
        out.reached_km2 + out.missed_km2 + out.unserved_km2, result.in_area_km2, rtol=1e-5
    )
    assert out.over_reach > 0.0


def test_urgency_misses_nobody(result: Target) -> None:
    imminent = found(demand=Demand(tau=0.0))
    assert imminent.outcome.missed == 0.0
    assert chosen(result) < chosen(imminent)
    assert imminent.outcome.over_reach > result.outcome.over_reach


def test_rules_are_compared_with_the_same_people(result: Target, plain: TargetStudy) -> None:
    rules = {row.rule: row.outcome for row in result.rules}
    assert rules["chosen"] == rules["threshold"] == result.outcome
    assert rules["coverage_touches"].missed == pytest.approx(0.0, abs=1e-6)
    assert rules["coverage_touches"].over_reach > rules["any_overlap"].over_reach
    assert rules["site_inside"].missed > result.outcome.missed
    lon, lat = plain.cells.lon_deg, plain.cells.lat_deg
    assert rules["site_inside"].cells == int(shapely.contains_xy(AREA, lon, lat).sum())
    # Each rule lies on the wrong side of the curve, or on it.
    curve = result.choice.curve
    for out in rules.values():
        here = np.interp(out.over_reach, curve.over_reach, curve.missed)
        assert out.missed >= here - 1e-6 * result.in_area_people


def test_cells_that_touch_the_area_are_found_beyond_those_that_serve(plain: TargetStudy) -> None:
    network, grid = plain.network, plain.grid
    inside = oracles.fractions(AREA, grid) > 1e-9
    heard = np.zeros(len(plain.cells), np.bool_)
    for operator in ("Delta", "Echo"):
        for technology in ("2g", "4g"):
            signal = network.signal(grid.whole, technology, operator, keep=16)
            loud = np.nan_to_num(signal.level_dbm, nan=-999.0) >= network.radio.decodes_dbm(
                technology
            )
            heard[np.unique(signal.cell[loud & inside & (signal.cell >= 0)])] = True
    serves = plain.serving.nominal.inside_km2 > 0.0
    assert (heard & ~serves).any()
    assert_array_equal(plain.serving.touches, heard | serves)


def test_bleed_of_the_console_is_told(result: Target) -> None:
    per_mile = result.in_area_people / result.in_area_km2 * 2.589988
    want = np.clip(5900.0 - 1250.0 * np.log10(per_mile), 500.0, 5000.0)
    assert_allclose(result.bleed.bleed_m, want, rtol=1e-6)
    assert result.bleed.people > 0.0


# Operators


def test_operators_are_solved_alone_and_add_up(result: Target) -> None:
    assert [o.share for o in result.operators] == [0.5, 0.5]
    for name in ("reached", "missed", "unserved", "over_reach"):
        total = sum(getattr(o.outcome, name) for o in result.operators)
        assert_allclose(total, getattr(result.outcome, name), rtol=1e-5, atol=1e-6)
    alone = {name: found(operator=(name,)) for name in ("Delta", "Echo")}
    assert set.union(*(chosen(r) for r in alone.values())) == chosen(result)
    for o in result.operators:
        assert_allclose(alone[o.name].outcome.reached * 0.5, o.outcome.reached, rtol=1e-9)
    assert any("market shares were not given" in n for n in result.notes)
    assert any("as if all were customers of Delta" in n for n in alone["Delta"].notes)


def test_market_shares_weigh_people_and_choose_nothing(result: Target) -> None:
    other = found(operator_share={"Delta": 0.9, "Echo": 0.1})
    assert chosen(other) == chosen(result)
    assert other.outcome.reached != pytest.approx(result.outcome.reached, rel=1e-6)
    few = found(operator_share={"Delta": 0.5, "Echo": 0.2})
    assert few.outcome.unserved > 0.3 * few.in_area_people
    assert any("70.0%" in n for n in few.notes)


def test_one_network_of_all_cells(result: Target) -> None:
    one = found(one_network=True)
    assert one.operators == ()
    assert one.outcome.unserved < result.outcome.unserved
    assert any("taken as one network" in n for n in one.notes)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"operator": ("Foxtrot",)}, "no cell belongs to the operator 'Foxtrot'"),
        ({"operator_share": {"Delta": 0.5}}, "'Echo' is not given"),
        ({"operator_share": {"Delta": 0.5, "Echo": 0.8}}, "add up to 1.3"),
        ({"operator_share": {"Delta": -0.5, "Echo": 0.8}}, "0 to 1"),
        ({"operator": ("Delta",), "one_network": True}, "leave one of them out"),
    ],
)
def test_operators_that_do_not_fit(options: dict[str, Any], match: str) -> None:
    with pytest.raises(OptionError, match=match):
        opened(**options)


# Groups, floors, limits


def test_tracking_areas(result: Target) -> None:
    by_tai = found(groups="tai")
    codes = {(g.code, g.operator) for g in by_tai.groups}
    assert codes
    cells = made_cells()
    known = {(t, o) for t, o in zip(cells.tai.tolist(), cells.operator.tolist(), strict=True)}
    assert codes <= known
    assert sum(g.cells for g in by_tai.groups) == by_tai.outcome.cells
    assert by_tai.outcome.over_reach > result.outcome.over_reach
    assert by_tai.rule["addressed_by"] == "tai"


def test_emergency_areas_and_cells_without_one() -> None:
    got = found(groups="emergency_area", demand=Demand(tau=0.0))
    single = [g for g in got.groups if g.is_cell]
    assert single
    assert all(g.cells == 1 for g in single)
    assert any("have no emergency_area and are listed by themselves" in n for n in got.notes)


def test_groups_without_codes() -> None:
    with pytest.raises(ColumnError, match="no cell of the list has a tai"):
        opened(cells=made_cells(codes=False), groups="tai")
    with pytest.raises(OptionError, match="tai or emergency_area"):
        opened(groups="province")


def test_limits_hold_for_each_operator(result: Target) -> None:
    got = found(demand=Demand(limit=3))
    assert {o.name: o.outcome.cells for o in got.operators} == {"Delta": 3, "Echo": 3}
    assert chosen(got) < chosen(result)


def test_a_floor_for_each_settlement(tmp_path: Path) -> None:
    table = tmp_path / "villages.csv"
    table.write_text(
        "name,lon,lat\nMiddle,10.16,4.88\nEdge,10.193,4.881\nElsewhere,10.30,4.80\n", "utf-8"
    )
    strict = Demand(tau=0.6)
    without = found(demand=strict, settlements=table)
    got = found(demand=replace(strict, floor=0.95), settlements=table)
    fares = {s.name: s for s in got.settlements}
    before = {s.name: s for s in without.settlements}
    assert before["Edge"].reached < 0.95 * before["Edge"].served
    for name in ("Middle", "Edge"):
        assert fares[name].reached >= 0.95 * fares[name].served * (1 - 1e-6)
        assert 0.0 < fares[name].served <= fares[name].people * (1 + 1e-6)
    assert fares["Elsewhere"].people == 0.0
    assert any(c.added for c in got.cells)
    assert any("no cell serves anybody of the settlements Elsewhere" in n for n in got.notes)
    assert any("within 1000 m of its point" in n for n in got.notes)
    with pytest.raises(OptionError, match="--settlements"):
        opened(demand=replace(strict, floor=0.95))


# Geo-fencing


def test_phones_that_filter_show_less_outside(result: Target) -> None:
    got = found(geofence=Geofence(share=0.8))
    out = got.outcome
    assert out.shown_over_reach < 0.6 * out.over_reach
    assert out.shown_reached <= out.reached
    assert out.shown_reached > 0.9 * out.reached
    # Disturbing costs less, so that more cells are worth it.
    assert chosen(result) <= chosen(got)
    assert result.outcome.shown_over_reach == result.outcome.over_reach


# Ensembles


def write_ensemble(path: Path, down: dict[str, list[str]], column: str = "site") -> Path:
    rows = [f"member,{column}"]
    for member, names in down.items():
        rows += [f"{member},{name}" for name in names] or [f"{member},"]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def test_a_set_for_outages(tmp_path: Path, result: Target, plain: TargetStudy) -> None:
    first = result.cells[0].site
    busy = {r.site for r in result.cells[:12]}
    path = write_ensemble(tmp_path / "e.csv", {"0": [], "1": [first], "2": sorted(busy)})
    mean = found(ensemble=path)
    union = found(ensemble=path, demand=Demand(robust="union"))
    assert mean.ensemble is not None
    assert union.ensemble is not None
    assert mean.ensemble.members == 3
    assert chosen(result) <= chosen(union)
    assert union.ensemble.missed_mean <= union.ensemble.nominal_missed_mean
    assert union.ensemble.missed_worst < union.ensemble.nominal_missed_worst
    assert union.ensemble.over_reach_mean >= union.ensemble.nominal_over_reach_mean
    # The first site works in one member of three, in the network as it is.
    mine = plain.cells.site_id == first
    assert_allclose(mean.choice.sums.inside[mine], plain.serving.nominal.inside[mine] / 3.0)


def test_members_that_are_alike_count_each(tmp_path: Path, result: Target) -> None:
    one = result.cells[0].site
    path = write_ensemble(tmp_path / "e.csv", {"a": [], "b": [one], "c": [one], "d": []})
    study = opened(ensemble=path)
    members = study.serving.members
    assert members[1] is members[2]
    assert members[0] is members[3] is study.serving.nominal
    half = write_ensemble(tmp_path / "f.csv", {"a": [], "b": [one]})
    two, four = found(ensemble=half), target_of(study)
    assert_allclose(four.outcome.reached, two.outcome.reached, rtol=1e-12)
    assert four.ensemble is not None
    assert four.ensemble.members == 4


def test_an_ensemble_by_cells(tmp_path: Path, result: Target) -> None:
    one = result.cells[0]
    path = write_ensemble(tmp_path / "e.csv", {"x": [one.id]}, column="cell")
    got = found(ensemble=path)
    assert one.id not in chosen(got)


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("member,site\n", InputError, "has no row"),
        ("member,mast\n0,1\n", InputError, r"needs a column site \(or cell\)"),
        ("member,site\n0,nowhere\n", InputError, "line 2: the network has no site 'nowhere'"),
        ("member,site\n0,site 1,x\n", OSError, r"\(line 2\) has 3 fields"),
    ],
)
def test_ensembles_that_cannot_be_read(
    tmp_path: Path, text: str, error: type[Exception], match: str
) -> None:
    path = tmp_path / "e.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(error, match=match):
        opened(ensemble=path)
    with pytest.raises(OSError, match="cannot be read"):
        opened(ensemble=tmp_path / "missing.csv")
