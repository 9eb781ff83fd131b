"""Gaps of a made-up country whose people can be added up by other means."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import oracles
import pytest
import shapely
from affine import Affine
from made_country import (
    BOX,
    GRID,
    NOISE,
    PEOPLE,
    SHARES,
    SITES_A,
    SITES_B,
    SWATH,
    people_in,
    raster,
)
from made_gaps import ZONES, blocks, gaps, numbers
from numpy.testing import assert_allclose
from raster_files import write_tif

import ew4all
from ew4all.errors import (
    AssumptionError,
    CoverageValueError,
    GeometryError,
    GridMismatchError,
    OptionError,
)

if TYPE_CHECKING:
    from pathlib import Path

CELLS = (NOISE.random(PEOPLE.shape) < 0.6).astype(np.uint8)
LEVEL = NOISE.random(PEOPLE.shape).astype(np.float32)
FULL: dict[str, Any] = {
    "coverage": {"2g:A": raster(SHARES["a"]), "4g:A": [SITES_A], "4g:B": [SITES_B]},
    "operator_share": {"A": 0.5, "B": 0.3},
    "channels": {"sms": None, "app": None, "radio": [SWATH], "wardens": raster(SHARES["b"])},
    "hazards": {"swath": [SWATH], "flood": {"source": raster(LEVEL), "min": 0.4}},
    "groups": {
        "women": raster(PEOPLE * np.float32(0.51)),
        "poor": {"source": raster(SHARES["b"]), "share": True},
    },
}


@pytest.fixture(scope="module")
def full() -> dict[str, Any]:
    return gaps(**FULL)


def test_every_block_is_parted_whole(full: dict[str, Any]) -> None:
    seen = dict(blocks(full))
    assert len(seen) == 1 + 4 + 2 * 5 + (2 + 4) * 5
    for where, block in seen.items():
        parts = block["coverage_gap"], block["usage_gap"], block["reachable"]
        assert sum(parts) == pytest.approx(block["people"], abs=1e-6), where
        assert min(parts) >= 0.0, where
        ways = block["channels"]
        assert sum(ways.values()) == pytest.approx(block["people"], abs=1e-6), where
        assert min(ways.values()) >= 0.0, where


def test_zones_and_the_rest_add_up_to_the_whole(full: dict[str, Any]) -> None:
    for whole in (full, *full["hazards"], *full["groups"]):
        zones = whole["zones"]
        assert [z["id"] for z in zones] == ["w", "m", "e", "outside"]
        total = numbers(whole.get("total", whole))
        for key, value in total.items():
            parts = [numbers(zone)[key] for zone in zones]
            assert sum(parts) == pytest.approx(value, abs=1e-6), key


def test_settlements_add_up_to_everybody(full: dict[str, Any]) -> None:
    by_name = {g["name"]: g for g in full["groups"] if g["kind"] == "settlement"}
    for key, value in numbers(full["total"]).items():
        both = numbers(by_name["urban"])[key] + numbers(by_name["rural"])[key]
        assert both == pytest.approx(value, rel=1e-6, abs=1e-6)
        parts = numbers(by_name["city"])[key] + numbers(by_name["town"])[key]
        assert parts == pytest.approx(numbers(by_name["urban"])[key], rel=1e-6, abs=1e-6)


def test_coverage_is_that_of_reach(full: dict[str, Any]) -> None:
    found = ew4all.reach(
        raster(PEOPLE), coverage=FULL["coverage"], population_unit="count",
        zones=ZONES, zone_id="code", zone_name="name",
    )  # fmt: skip
    assert full["total"]["covered"] == pytest.approx(dict(found.people.covered), rel=1e-6)
    for mine, theirs in zip(full["zones"], found.zones, strict=True):
        assert mine["covered"] == pytest.approx(
            dict(theirs.people.covered), rel=1e-6, abs=1e-4 * found.people.total
        )


def test_polygons_are_cut_exactly() -> None:
    """Against shapely's own intersections: no cell of the grid decides who is in which part."""
    found = gaps(coverage={"4g": [SITES_A]}, hazards={"swath": [SWATH]})
    for zone, shape in zip(found["hazards"][0]["zones"], ZONES.geometry, strict=False):
        inside = shape.intersection(SWATH)
        people = (oracles.fractions(inside, GRID) * PEOPLE).sum(dtype=float)
        covered = (oracles.fractions(inside.intersection(SITES_A), GRID) * PEOPLE).sum(dtype=float)
        assert zone["people"] == pytest.approx(people, rel=1e-9)
        assert zone["coverage_gap"] == pytest.approx(people - covered, rel=1e-6, abs=1e-6)
        rate = 0.99 * 0.95 * 0.97
        assert zone["reachable"] == pytest.approx(covered * rate, rel=1e-6, abs=1e-6)


def test_channels_against_a_sum_over_cells() -> None:
    found = gaps(
        zones=None,
        coverage={"4g": raster(SHARES["a"])},
        channels={"sms": None, "radio": raster(SHARES["b"])},
        assume={"radio_owned": 0.6, "sms_delivered": 0.8, "has_phone": 0.9},
    )["total"]
    phone = SHARES["a"].astype(float) * 0.9
    none_of_phone = (1 - 0.99 * 0.97) * (1 - 0.8)
    none = (1 - 0.6 * SHARES["b"]) * (1 - phone + phone * none_of_phone)
    assert found["channels"]["none"] == pytest.approx((PEOPLE * none).sum(), rel=1e-6)
    assert found["by_channel"]["radio"] == pytest.approx(
        (PEOPLE * 0.6 * SHARES["b"].astype(float)).sum(), rel=1e-6
    )


def cell_polygons(mask: Any) -> list[Any]:
    rows, cols = np.nonzero(mask)
    return [
        BOX(10 + 0.01 * c, 5 - 0.01 * (r + 1), 10 + 0.01 * (c + 1), 5 - 0.01 * r)
        for r, c in zip(rows, cols, strict=True)
    ]


def test_raster_and_polygons_of_the_same_coverage_say_the_same() -> None:
    both = []
    for layer in (raster(CELLS), [shapely.union_all(cell_polygons(CELLS))]):
        given = {
            **FULL,
            "coverage": {"4g": layer, "2g": raster(SHARES["a"])},
            "operator_share": None,
        }
        found = gaps(**given)
        both.append({where: numbers(block) for where, block in blocks(found)})
        ranks = [(z.get("rank"), z.get("rank_share")) for z in found["zones"]]
        both[-1]["ranks"] = {str(k): r for k, r in enumerate(ranks)}
    assert both[0].keys() == both[1].keys()
    assert both[0].pop("ranks") == both[1].pop("ranks")
    for where, block in both[0].items():
        assert block == pytest.approx(both[1][where], rel=1e-6, abs=1e-6), where
    # A channel too.
    one, other = (
        gaps(coverage={"4g": [SITES_A]}, channels={"tv": layer})["total"]
        for layer in (raster(CELLS), [shapely.union_all(cell_polygons(CELLS))])
    )
    assert numbers(one) == pytest.approx(numbers(other), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("tile", [16, 32])
@pytest.mark.parametrize("workers", [1, 3])
def test_tiles_and_workers_change_nothing(
    tile: int, workers: int, tmp_path: Path, full: dict[str, Any]
) -> None:
    path = write_tif(tmp_path / "people.tif", PEOPLE, tiled=True, blockxsize=tile, blockysize=tile)
    given = {**FULL, "groups": None}
    found = gaps(path, workers=workers, **given)
    again = gaps(path, workers=4 - workers, **given)
    assert found == again
    want = {w: b for w, b in blocks(full) if not w.startswith("/groups")}
    here = {w: b for w, b in blocks(found) if not w.startswith("/groups")}
    assert here.keys() == want.keys()
    for where, block in here.items():
        assert numbers(block) == pytest.approx(numbers(want[where]), rel=1e-7, abs=1e-7), where
        assert block.get("rank") == want[where].get("rank")
        assert block.get("rank_share") == want[where].get("rank_share")


def test_ranks_go_by_people_and_by_share() -> None:
    people = np.zeros(PEOPLE.shape, np.float32)
    people[0, 0], people[0, 20], people[0, 45] = 100.0, 1000.0, 300.0
    cover = np.zeros(PEOPLE.shape, np.float32)
    cover[0, 20] = 0.9
    found = gaps(raster(people), coverage={"4g": raster(cover)})
    ranks = {z["id"]: (z.get("rank"), z.get("rank_share")) for z in found["zones"]}
    # Middle has 1000 x (1 - 0.9 x 0.912...) = 179 people left out; west and east lose everybody, which ties in shares.
    assert ranks == {"w": (3, 2), "m": (2, 3), "e": (1, 1), "outside": (None, None)}


def test_no_coverage_leaves_what_it_would_tell_away() -> None:
    found = gaps(channels={"radio": [SWATH]}, hazards={"swath": [SWATH]})
    total = found["total"]
    assert set(total) == {"people", "channels", "by_channel"}
    in_swath = (oracles.fractions(SWATH, GRID) * PEOPLE).sum(dtype=float)
    assert total["by_channel"]["radio"] == pytest.approx(0.74 * in_swath, rel=1e-6)
    assert total["channels"]["none"] == pytest.approx(total["people"] - 0.74 * in_swath, rel=1e-6)
    assert any("neither coverage gap nor usage gap" in said for said in found["cannot"])
    bare = gaps()
    assert set(bare["total"]) == {"people"}
    assert bare["channels"] == []
    assert bare["assumptions"] == {}


def test_without_people_square_kilometres_are_given() -> None:
    found = ew4all.gaps(
        None,
        ZONES,
        zone_id="code",
        coverage={"4g": [SITES_A.intersection(BOX(10.0, 4.6, 10.55, 5.0))]},
    ).to_dict()
    assert "people" not in found["total"]
    geod = ZONES.geometry.union_all()
    assert found["total"]["area_km2"] == pytest.approx(km2(geod), rel=1e-5)
    assert found["total"]["covered_km2"]["4g"] == pytest.approx(km2(SITES_A), rel=1e-5)
    by_zone = [z["area_km2"] for z in found["zones"]]
    assert_allclose(by_zone, [*(km2(g) for g in ZONES.geometry), 0.0], rtol=1e-5, atol=1e-6)
    assert found["groups"] == []
    assert "nobody can be counted" in found["cannot"][0]


def km2(shape: Any) -> float:
    from pyproj import Geod

    return abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6


def test_many_polygon_layers_become_shares_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    circles = {f"4g:{k}": [shapely.Point(10.05 + 0.05 * k, 4.8).buffer(0.12)] for k in range(9)}
    given: dict[str, Any] = {
        "coverage": circles, "operator_share": {str(k): 0.1 for k in range(9)}, "channels": {"tv": [SWATH]},
    }  # fmt: skip
    exact = gaps(**given)
    assert not any("shares of cells" in note for note in exact["notes"])
    monkeypatch.setattr("ew4all.gap_ground.MOST_ATOMS", 8)
    rough = gaps(**given)
    assert any("shares of cells" in note for note in rough["notes"])
    for where, block in blocks(rough):
        parts = block["coverage_gap"] + block["usage_gap"] + block["reachable"]
        assert parts == pytest.approx(block["people"], abs=1e-6), where
    for key, value in numbers(exact["total"]).items():
        assert numbers(rough["total"])[key] == pytest.approx(value, rel=0.03), key


def test_polygons_of_operators_without_a_share_are_one() -> None:
    one = gaps(coverage={"4g:A": [SITES_A], "4g:B": [SITES_B]})
    other = gaps(coverage={"4g": [SITES_A.union(SITES_B)]})
    assert numbers(one["total"]) == pytest.approx(numbers(other["total"]), rel=1e-9)


def test_degraded_layers_and_channels_that_stay() -> None:
    found = gaps(
        coverage={"4g": [SITES_A]}, coverage_after={"4g": [SITES_A.intersection(SWATH)]},
        channels={"radio": [SWATH]}, hazards={"swath": [SWATH]},
    )  # fmt: skip
    after = found["degraded"]
    assert after["coverage_gap"] > found["total"]["coverage_gap"]
    assert after["by_channel"]["radio"] == pytest.approx(found["total"]["by_channel"]["radio"])
    # Inside the swath nothing changes.
    assert numbers(after["hazards"][0]) == pytest.approx(numbers(found["hazards"][0]), rel=1e-6)
    for _, block in blocks(after):
        parts = block["coverage_gap"] + block["usage_gap"] + block["reachable"]
        assert parts == pytest.approx(block["people"], abs=1e-6)


def test_technologies_may_have_phones_of_their_own() -> None:
    given: dict[str, Any] = {"zones": None, "coverage": {"3g": raster(CELLS)}}
    plain = gaps(**given)["total"]
    old = gaps(**given, assume={"device_capable_3g": 0.33})["total"]
    assert old["reachable"] == pytest.approx(plain["reachable"] * 0.33 / 0.97, rel=1e-6)
    none = gaps(**given, assume={"network_broadcasts": 0.0})["total"]
    assert none["reachable"] == 0.0
    assert none["usage_gap"] == pytest.approx(none["covered"]["any"])


def test_zones_that_overlap_or_leave_gaps_are_measured() -> None:
    shapes = [
        BOX(10.0, 4.6, 10.3, 5.0),
        BOX(10.29, 4.6, 10.6, 5.0).difference(BOX(10.4, 4.7, 10.42, 4.72)),
    ]
    zones = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=4326)
    found = gaps(zones=zones)
    quality = found["quality"]["zones"]
    twice, hole = BOX(10.29, 4.6, 10.3, 5.0), BOX(10.4, 4.7, 10.42, 4.72)
    assert quality["overlap_km2"] == pytest.approx(km2(twice), rel=1e-6)
    assert quality["gaps_km2"] == pytest.approx(km2(hole), rel=1e-6)
    for key, shape in (("overlap_people", twice), ("gaps_people", hole)):
        people = (oracles.fractions(shape, GRID) * PEOPLE).sum(dtype=float)
        assert quality[key] == pytest.approx(people, rel=1e-9)
    assert sum(z["people"] for z in found["zones"]) == pytest.approx(found["total"]["people"])
    said = " ".join(found["notes"])
    assert "zones overlap" in said
    assert "zones leave gaps" in said
    levels = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=[shapes[0], BOX(10.1, 4.7, 10.2, 4.8)], crs=4326)  # fmt: skip
    with pytest.raises(GeometryError, match="100% of the smaller"):
        gaps(zones=levels)


def test_gaps_that_open_to_the_rim_have_a_bound_and_with_an_outline_a_measure() -> None:
    """Two zones with a strip between them that is closed nowhere, beside land of nobody's."""
    shapes = [BOX(10.0, 4.6, 10.2, 5.0), BOX(10.25, 4.6, 10.5, 5.0)]
    zones = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=4326)
    strip, beyond = BOX(10.2, 4.6, 10.25, 5.0), BOX(10.5, 4.6, 10.6, 5.0)
    found = gaps(zones=zones)
    quality = found["quality"]["zones"]
    assert (quality["gaps_km2"], quality["gaps_people"]) == (0.0, 0.0)
    assert quality["gaps_at_most_km2"] == pytest.approx(km2(strip), rel=1e-6)
    assert quality["gaps_at_most_people"] == pytest.approx(people_in(strip), rel=1e-6)
    assert any("cannot be told from the land beyond" in note for note in found["notes"])
    # Zones whose study area is their own leave the people of the strip out, which is told too.
    small = gaps(zones=zones.iloc[[0, 0]].assign(id=["a", "b"], geometry=[BOX(10.0, 4.6, 10.1, 4.8), BOX(10.12, 4.6, 10.2, 4.8)]))  # fmt: skip
    between = people_in(BOX(10.1, 4.6, 10.12, 4.8))
    assert small["quality"]["zones"]["gaps_at_most_people"] == pytest.approx(between, rel=1e-6)
    told = gaps(zones=zones, within=[BOX(10.0, 4.6, 10.6, 5.0)])
    quality = told["quality"]["zones"]
    assert quality["gaps_km2"] == pytest.approx(km2(strip) + km2(beyond), rel=1e-6)
    assert quality["gaps_people"] == pytest.approx(told["zones"][-1]["people"], rel=1e-6)
    assert "gaps_at_most_km2" not in quality
    assert any("leave gaps in the study area" in note for note in told["notes"])
    one = gaps(zones=zones.iloc[:1])["quality"]["zones"]
    assert "gaps_at_most_km2" not in one, "one zone has no gap between"


def test_a_group_larger_than_everybody_is_told() -> None:
    group = PEOPLE.copy()
    group[7, 11] += 50.0
    group[30, 30] += 5.0
    found = gaps(groups={"women": raster(group)})
    larger = found["quality"]["groups_larger_than_all"]["women"]
    assert larger["people_too_many"] == pytest.approx(55.0, rel=1e-5)
    assert larger["cells"] == 2
    assert larger["worst"]["lon"] == pytest.approx(10.115)
    assert larger["worst"]["lat"] == pytest.approx(4.925)
    assert larger["zones"] == pytest.approx({"w": 50.0, "m": 5.0}, rel=1e-5)
    said = next(n for n in found["notes"] if "larger than everybody" in n)
    assert "2 cells" in said
    assert "by 55.0" in said
    slightly = gaps(groups={"women": raster(PEOPLE * np.float32(1.1))})
    larger = slightly["quality"]["groups_larger_than_all"]["women"]
    assert larger["people_too_many"] == pytest.approx(0.1 * PEOPLE.sum(dtype=float), rel=1e-4)
    assert larger["cells"] == np.count_nonzero(PEOPLE)
    assert "than all people together" in " ".join(slightly["notes"])
    assert "groups_larger_than_all" not in gaps(groups={"all": raster(PEOPLE)})["quality"]


def test_groups_of_the_population_itself() -> None:
    parts = {"young": raster(PEOPLE * np.float32(0.25)), "old": raster(PEOPLE * np.float32(0.75))}
    found = gaps(parts, coverage={"4g": [SITES_A]})
    young, old = (g for g in found["groups"] if g["kind"] == "population")
    assert (young["name"], old["name"]) == ("young", "old")
    for key, value in numbers(found["total"]).items():
        assert numbers(young)[key] + numbers(old)[key] == pytest.approx(value, rel=1e-9, abs=1e-6)
    assert young["people"] == pytest.approx(found["total"]["people"] / 4, rel=1e-6)


def test_people_of_census_areas_by_hand() -> None:
    people = gpd.GeoDataFrame(
        {"people": [1000.0, 3000.0]},
        geometry=[BOX(10.0, 4.0, 10.5, 5.0), BOX(10.5, 4.0, 11.0, 5.0)],
        crs=4326,
    )
    found = ew4all.gaps(
        people,
        population_column="people",
        coverage={"4g": [BOX(10.0, 4.0, 10.25, 5.0)]},
        channels={"radio": [BOX(10.2, 4.0, 10.7, 5.0)]},
    ).to_dict()
    total = found["total"]
    assert total["people"] == pytest.approx(4000.0)
    assert total["coverage_gap"] == pytest.approx(3500.0)
    # Half of the western area has a signal; three fifths of it and two fifths of the eastern one radio.
    assert total["by_channel"]["radio"] == pytest.approx(0.74 * (600.0 + 1200.0))
    phone, radio = 0.99 * 0.95 * 0.97, 0.74
    both = 1000.0 * 0.1
    assert total["channels"]["two_or_more"] == pytest.approx(both * phone * radio)
    named = {g["name"]: g["people"] for g in found["groups"]}
    assert named["rural"] == pytest.approx(4000.0)


def test_a_national_definition_of_urban_takes_the_place_of_the_one_that_is_computed() -> None:
    found = gaps(
        coverage={"4g": [SITES_A]},
        groups={"Urban": raster(PEOPLE * SHARES["a"]), "women": raster(PEOPLE * np.float32(0.5))},
    )
    assert [(g["name"], g["kind"]) for g in found["groups"]] == [("Urban", "given"), ("women", "given")]  # fmt: skip
    assert [g["name"] for g in found["equity"]["groups"]] == ["Urban", "women"]
    assert any("given as 'Urban'" in note for note in found["notes"])
    layers = gaps({"urban": raster(PEOPLE), "rural": raster(PEOPLE)}, coverage={"4g": [SITES_A]})
    assert [g["kind"] for g in layers["groups"]] == ["population", "population"]


def test_people_in_cells_much_wider_than_the_signals_get_bounds() -> None:
    """Four cells of people of 0.1 degrees: one covered wholly, two in part, one not at all."""
    people = np.array([[100.0, 200.0], [400.0, 800.0]], np.float32)
    fine = np.zeros((20, 20), np.uint8)
    fine[:10, :10] = 1
    fine[:5, 10:] = 1
    fine[10, 0] = 1
    coarse = people, Affine(0.1, 0, 10.0, 0, -0.1, 5.0), "EPSG:4326"
    options: dict[str, Any] = {"zones": None, "coverage": {"4g": raster(fine)}}
    found = gaps(coarse, **options)
    assert found["bounds"]["4g"] == pytest.approx({"fewest": 100.0, "most": 700.0})
    assert found["bounds"]["any"] == found["bounds"]["4g"]
    assert 100.0 < found["total"]["covered"]["any"] < 700.0
    assert any("Between 100 and 700 people have a signal" in note for note in found["notes"])
    assert "bounds" not in gaps(coverage={"4g": raster(CELLS)})


@pytest.mark.slow
def test_processes_count_the_same() -> None:
    given = {**FULL, "groups": None}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert gaps(workers=pool, **given) == gaps(workers=1, **given)


def test_the_study_area_bounds_everything() -> None:
    found = gaps(zones=None, within=[SWATH], coverage={"4g": [SITES_A]})
    inside = (oracles.fractions(SWATH, GRID) * PEOPLE).sum(dtype=float)
    assert found["total"]["people"] == pytest.approx(inside, rel=1e-9)
    # A population that reaches far beyond the zones is another country's.
    small = gpd.GeoDataFrame({"id": ["a"]}, geometry=[BOX(10.1, 4.7, 10.2, 4.8)], crs=4326)
    found = gaps(zones=small)
    assert found["zones"][1]["people"] == 0.0
    assert any("--within" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"channels": {"radio": None}}, OptionError, "--channel radio=FILE"),
        ({"channels": {"sms": "file.tif"}, "coverage": {"4g": [SITES_A]}}, OptionError, "no layer of its own"),
        ({"channels": {"app": None}}, OptionError, "depends on the mobile signal"),
        ({"channels": {"siren": [SWATH]}}, OptionError, "--sirens"),
        ({"channels": {"cell_broadcast": [SWATH]}, "coverage": {"4g": [SITES_A]}}, OptionError, "no channel beside it"),
        ({"channel_min": {"radio": 50.0}}, OptionError, "no channel with a layer"),
        ({"channels": {"tv": [SWATH]}, "channel_min": {"tv": 1.0}}, OptionError, "polygons; leave it out"),
        ({"hazards": {"flood": raster(LEVEL)}}, OptionError, "#MIN"),
        ({"hazards": {"swath": {"source": [SWATH], "min": 1.0}}}, OptionError, "no threshold"),
        ({"hazards": {"swath": {"deep": 1.0}}}, OptionError, "deep"),
        ({"groups": {"women": [SWATH]}}, OptionError, "polygons"),
        ({"groups": {"poor": {"source": raster(LEVEL * 40), "share": True}}}, CoverageValueError, "divide percent by 100"),
        ({"groups": {"women": raster(PEOPLE[:10])}}, GridMismatchError, "--group-share"),
        ({"assume": {"device_on": 0.9}}, AssumptionError, "matter of the moment"),
        ({"assume": {"radio_ownd": 0.9}}, AssumptionError, "radio_owned"),
        ({"assume": {"device_capable_3g": 33.0}}, AssumptionError, "write 0.33"),
        ({"coverage_after": {"4g": [SITES_A]}}, OptionError, "give --coverage too"),
        ({"coverage": {"4g": [SITES_A]}, "coverage_after": {"2g": [SITES_A]}}, OptionError, "same layers"),
        ({"outage": "x.csv"}, OptionError, "--sites"),
        ({"operator_share": {"A": 0.5}}, OptionError, "no coverage layer"),
    ],
)  # fmt: skip
def test_bad_input_is_told(options: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        gaps(**options)


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(OptionError, match="--population or --zones"):
        ew4all.gaps()
    for options in ({"groups": {"women": raster(PEOPLE)}}, {"refine": "x.tif"}, {"channels": {"tv": [SWATH]}}):  # fmt: skip
        with pytest.raises(OptionError, match="there is no population"):
            ew4all.gaps(None, ZONES, zone_id="code", **options)
    with pytest.raises(OptionError, match="already"):
        gaps({"women": raster(PEOPLE)}, groups={"women": raster(PEOPLE)})
