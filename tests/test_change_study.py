"""Gained and lost people: small cases by hand, a naive twin, and what must hold whatever the layers are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from raster_files import transform_of
from shapely import box

import ew4all
from ew4all.demo import CASE

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.change_results import Change, Flow

ROWS, COLS = 4, 6
WEST, NORTH, CELL = 10.0, 5.0, 0.01
EAST, SOUTH = WEST + COLS * CELL, NORTH - ROWS * CELL
DATES = ("2024-07-01", "2024-07-02", "2024-07-05")


def raster(array: Any, west: float = WEST, north: float = NORTH, cell: float = CELL) -> Any:
    return np.asarray(array), transform_of(west, north, cell), "EPSG:4326"


PEOPLE = np.arange(1.0, 1.0 + ROWS * COLS).reshape(ROWS, COLS)


def found(layers: dict[str, Any], people: Any = PEOPLE, **options: Any) -> Change:
    return ew4all.change(raster(people), coverage=layers, workers=1, **options)


def halves() -> Any:
    """Two zones with a column of nobody's land between them and the eastern edge."""
    return [box(WEST, SOUTH, WEST + 0.025, NORTH), box(WEST + 0.025, SOUTH, EAST - CELL, NORTH)]


def must_add_up(result: Change) -> None:
    """Everything that holds between the numbers of a result."""
    for series in result.series:
        for count, *zones in zip(series.total, *series.zones, strict=True):
            whole = count.covered + count.uncovered + count.unknown
            assert whole == pytest.approx(result.people, abs=1e-6)
            for key in ("covered", "uncovered", "unknown"):
                assert getattr(count, key) >= 0.0
                if zones:
                    parts = sum(getattr(zone, key) for zone in zones)
                    assert parts == pytest.approx(getattr(count, key), abs=1e-6)
        for between in (*series.since_first, *series.since_previous):
            i, j = series.dates.index(between.before), series.dates.index(between.after)
            of_dates = [(series.total[i], series.total[j]), *((z[i], z[j]) for z in series.zones)]
            for flow, (before, after) in zip(
                (between.total, *between.zones), of_dates, strict=True
            ):
                must_be_whole(flow)
                gone, come = flow.covered_to_unknown, flow.unknown_to_covered
                assert flow.covered_before + gone == pytest.approx(before.covered, abs=1e-6)
                assert flow.covered_after + come == pytest.approx(after.covered, abs=1e-6)
                assert flow.gained - flow.lost == pytest.approx(
                    after.covered - before.covered - come + gone, abs=1e-6
                )
            for key, value in between.total.to_dict().items():
                if between.zones:
                    parts = sum(zone.to_dict()[key] for zone in between.zones)
                    assert parts == pytest.approx(value, abs=1e-6), key


def must_be_whole(flow: Flow) -> None:
    numbers = flow.to_dict()
    assert min(v for k, v in numbers.items() if k != "change") >= 0.0
    assert flow.kept + flow.gained + flow.lost + flow.uncovered == pytest.approx(flow.known)
    assert flow.known + flow.unknown == pytest.approx(flow.people, abs=1e-6)
    assert flow.covered_after - flow.covered_before == pytest.approx(flow.change, abs=1e-9)
    assert flow.unknown_to_covered + flow.covered_to_unknown <= flow.unknown + 1e-6


def test_two_cells_by_hand() -> None:
    before, after = np.zeros((ROWS, COLS), np.uint8), np.zeros((ROWS, COLS), np.uint8)
    before[0, :3] = 1  # 1 + 2 + 3 people
    after[0, 1:4] = 1  # 2 + 3 + 4 people
    result = found({"4g@2024-07-01": raster(before), "4g@2024-07-02": raster(after)})
    flow = result.main.whole.total
    assert (flow.lost, flow.gained, flow.kept) == (1.0, 4.0, 5.0)
    assert (flow.covered_before, flow.covered_after, flow.change) == (6.0, 9.0, 3.0)
    assert (flow.unknown, flow.uncovered) == (0.0, PEOPLE.sum() - 10.0)
    assert [s.name for s in result.series] == ["4g", "any"]
    must_add_up(result)


def test_shares_keep_the_same_part_of_a_cell_covered() -> None:
    before, after = np.full((ROWS, COLS), 0.4), np.full((ROWS, COLS), 0.7)
    after[0, 0] = 0.1
    result = found({"3g@2024-07-01": raster(before), "3g@2024-07-02": raster(after)})
    flow = result.main.whole.total
    assert flow.lost == pytest.approx(0.3 * 1.0, rel=1e-6)
    assert flow.gained == pytest.approx(0.3 * (PEOPLE.sum() - 1.0), rel=1e-6)
    assert any("gained and lost are the least" in note for note in result.notes)


def test_polygons_are_cut_exactly_and_agree_with_the_raster_of_the_same_shape() -> None:
    """The same places as polygons and as cells: the same people, whichever kind stands at which date."""
    a, b = np.zeros((ROWS, COLS), np.uint8), np.zeros((ROWS, COLS), np.uint8)
    a[1:3, 0:4] = b[0:2, 2:6] = 1
    drawn_a = [box(WEST, NORTH - 3 * CELL, WEST + 4 * CELL, NORTH - CELL)]
    drawn_b = [box(WEST + 2 * CELL, NORTH - 2 * CELL, EAST, NORTH)]
    wanted = None
    for one in (raster(a), drawn_a):
        for other in (raster(b), drawn_b):
            result = found({"4g@2024-07-01": one, "4g@2024-07-02": other}, zones=halves())
            must_add_up(result)
            flows = [result.main.whole.total, *result.main.whole.zones]
            numbers = np.array([list(flow.to_dict().values()) for flow in flows])
            wanted = numbers if wanted is None else wanted
            np.testing.assert_allclose(numbers, wanted, rtol=1e-9, atol=1e-6)


def test_beyond_the_edge_of_a_raster_nothing_is_known() -> None:
    """The second map ends after three columns: who lives beyond it has lost nothing."""
    before, after = np.ones((ROWS, COLS), np.uint8), np.ones((ROWS, 3), np.uint8)
    before[0, 0] = 0
    result = found(
        {"4g@2024-07-01": raster(before), "4g@2024-07-02": raster(after)}, zones=halves()
    )
    flow = result.main.whole.total
    assert flow.lost == pytest.approx(0.0, abs=1e-9)
    assert flow.gained == pytest.approx(1.0)
    assert flow.covered_to_unknown == pytest.approx(PEOPLE[:, 3:].sum())
    assert flow.unknown == pytest.approx(PEOPLE[:, 3:].sum())
    assert any("beyond its edge (50.0% of the raster) it tells nothing" in n for n in result.notes)
    must_add_up(result)


def test_people_in_cells_without_data_are_told_by_date() -> None:
    """A mark of 'no data' reads as a loss: the note says of whom. Over the sea nobody is concerned."""
    before, after = np.ones((ROWS, COLS), np.float32), np.ones((ROWS, COLS), np.float32)
    after[1, 2:4] = np.nan
    result = found({"4g@2024-07-01": raster(before), "4g@2024-07-02": raster(after)})
    lost = PEOPLE[1, 2:4].sum()
    assert result.series[0].since_first[0].total.lost == pytest.approx(lost)
    (note,) = (n for n in result.notes if "hold no data" in n)
    assert note.startswith("coverage 4g@2024-07-02 ")
    assert "2 of 24 cells" in note
    assert f"where {lost:,.1f} people live" in note
    nobody = PEOPLE.copy()
    nobody[1, 2:4] = 0.0
    quiet = found({"4g@2024-07-01": raster(before), "4g@2024-07-02": raster(after)}, nobody)
    assert not any("hold no data" in n for n in quiet.notes)


def test_another_operator_covers_where_one_tells_nothing() -> None:
    """Covered by any layer is covered; uncovered is only where every layer speaks."""
    whole, west = np.zeros((ROWS, COLS), np.uint8), np.zeros((ROWS, 3), np.uint8)
    later = whole.copy()
    later[0, 5] = 1  # 6 people, beyond the edge of the other operator's map
    result = found(
        {
            "4g:A@2024-07-01": raster(whole),
            "4g:B@2024-07-01": raster(west),
            "4g:A@2024-07-02": raster(later),
            "4g:B@2024-07-02": raster(west),
        }
    )
    count, flow = result.main.total[1], result.main.whole.total
    assert count.covered == pytest.approx(6.0)
    assert count.uncovered == pytest.approx(PEOPLE[:, :3].sum())
    assert (flow.gained, flow.unknown_to_covered) == pytest.approx((0.0, 6.0), abs=1e-9)
    must_add_up(result)


def test_only_layers_that_every_date_has_are_compared() -> None:
    """A second operator whose map comes later has covered nobody anew."""
    none, all_ = np.zeros((ROWS, COLS), np.uint8), np.ones((ROWS, COLS), np.uint8)
    layers = {
        "4g:A@2024-07-01": raster(none),
        "4g:A@2024-07-02": raster(none),
        "4g:B@2024-07-02": raster(all_),
        "5g@2024-07-02": raster(all_),
    }
    result = found(layers)
    assert result.main.whole.total.gained == 0.0
    assert result.main.layers == ("4g:A",)
    notes = " ".join(result.notes)
    assert "4g counts 4g:A alone, since 4g:B has no layer on some of its dates" in notes
    assert "5g has a layer of one date only (2024-07-02)" in notes


def test_the_only_technology_with_two_dates_is_not_any_technology() -> None:
    """2G is there on one date: whoever has lost 4G may have it still, so that nothing is told of any."""
    ones, none = np.ones((ROWS, COLS), np.uint8), np.zeros((ROWS, COLS), np.uint8)
    result = found(
        {
            "4g@2024-07-01": raster(ones),
            "4g@2024-07-02": raster(none),
            "2g@2024-07-03": raster(ones),
        }
    )
    assert [s.name for s in result.series] == ["4g"]
    assert result.main.name == "4g"
    alone = found({"4g@2024-07-01": raster(ones), "4g@2024-07-02": raster(none)})
    assert [s.name for s in alone.series] == ["4g", "any"]


def test_any_is_the_union_of_technologies() -> None:
    """Who falls from 4g to 2g has lost 4g, and no signal."""
    full, none = np.ones((ROWS, COLS), np.uint8), np.zeros((ROWS, COLS), np.uint8)
    layers = {
        "2g@2024-07-01": raster(full),
        "2g@2024-07-02": raster(full),
        "4g@2024-07-01": raster(full),
        "4g@2024-07-02": raster(none),
    }
    result = found(layers)
    lost = {series.name: series.whole.total.lost for series in result.series}
    assert lost == {"2g": 0.0, "4g": PEOPLE.sum(), "any": 0.0}


shares = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=24, max_size=24).map(
    lambda v: np.array(v, np.float32).reshape(ROWS, COLS)
)
bits = st.lists(st.booleans(), min_size=24, max_size=24).map(
    lambda v: np.array(v, np.uint8).reshape(ROWS, COLS)
)
corners = st.tuples(st.integers(0, 12), st.integers(0, 8), st.integers(1, 9), st.integers(1, 7))


@st.composite
def layer(draw: Any) -> Any:
    """A raster of 0/1, of shares, one that ends inside the people, or a box in half cells."""
    kind = draw(st.sampled_from(["bits", "shares", "short", "box"]))
    if kind == "bits":
        return raster(draw(bits))
    if kind == "shares":
        return raster(draw(shares))
    if kind == "short":
        return raster(draw(bits)[:, : draw(st.integers(1, COLS))])
    x, y, wide, high = (CELL / 2 * v for v in draw(corners))
    return [box(WEST + x, NORTH - y - high, WEST + x + wide, NORTH - y).intersection(box(WEST - 0.1, SOUTH - 0.1, EAST + 0.1, NORTH + 0.1))]  # fmt: skip


def meets(source: Any) -> bool:
    frame = box(WEST, SOUTH, EAST, NORTH)
    return not isinstance(source, list) or shapely.intersection(source[0], frame).area > 0.0


@settings(max_examples=60)
@given(st.lists(layer().filter(meets), min_size=6, max_size=6), st.booleans())
def test_conservation_whatever_the_layers(layers: list[Any], zoned: bool) -> None:
    keys = [f"{t}@{d}" for t in ("2g", "4g") for d in DATES]
    result = found(dict(zip(keys, layers, strict=True)), zones=halves() if zoned else None)
    must_add_up(result)
    for series in result.series:
        steps = sum(b.total.change for b in series.since_previous)
        known = all(count.unknown < 1e-6 for count in series.total)
        if known:
            assert steps == pytest.approx(series.whole.total.change, abs=1e-6)
    assert [b.before for b in result.main.since_previous] == list(DATES[:2])


@settings(max_examples=40)
@given(st.lists(st.one_of(bits, shares), min_size=4, max_size=4))
def test_naive_twin_of_rasters(arrays: list[Any]) -> None:
    """Cell by cell with numpy, for two operators on two dates."""
    keys = ["4g:A@2024-07-01", "4g:B@2024-07-01", "4g:A@2024-07-02", "4g:B@2024-07-02"]
    result = found({k: raster(a) for k, a in zip(keys, arrays, strict=True)}, zones=halves())
    before, after = np.maximum(*arrays[:2]), np.maximum(*arrays[2:])
    gained, lost = np.maximum(after - 1.0 * before, 0.0), np.maximum(before - 1.0 * after, 0.0)
    west = np.array([1.0, 1.0, 0.5, 0.0, 0.0, 0.0])
    east = np.array([0.0, 0.0, 0.5, 1.0, 1.0, 0.0])
    for flow, part in zip(result.main.whole.zones, (west, east, 1.0 - west - east), strict=True):
        assert flow.gained == pytest.approx((PEOPLE * gained * part).sum(), rel=1e-6, abs=1e-6)
        assert flow.lost == pytest.approx((PEOPLE * lost * part).sum(), rel=1e-6, abs=1e-6)


def test_the_demo_before_and_after_agrees_with_reach() -> None:
    """Operator A's 4g against Operator B's, as if they were dates: what reach covers by each, parish by parish."""
    case = CASE.arguments()
    one, other = case["coverage"]["4g:Operator A"], case["coverage"]["4g:Operator B"]
    zones = {k: case[k] for k in ("population", "zones", "zone_id", "zone_name")}
    result = ew4all.change(
        coverage={"4g:Operator B@2024-06-30": one, "4g:Operator B@2024-07-02": other}, **zones
    )
    must_add_up(result)
    flow = result.main.whole.total
    assert flow.unknown == 0.0
    assert min(flow.gained, flow.lost) > 1_000.0
    reached = [ew4all.reach(coverage={"4g:Operator B": source}, **zones) for source in (one, other)]
    both = ew4all.reach(coverage={"4g:X": one, "4g:Operator B": other}, **zones)
    for place in range(8):
        before, after = (one_day.zones[place].people.covered["4g"] for one_day in reached)
        flow = result.main.whole.zones[place]
        assert flow.covered_before == pytest.approx(before, abs=1e-6)
        assert flow.covered_after == pytest.approx(after, abs=1e-6)
        assert flow.kept + flow.gained + flow.lost == pytest.approx(
            both.zones[place].people.covered["4g"], abs=1e-6
        )


@pytest.mark.parametrize("workers", [2, 3])
def test_the_same_bits_for_any_number_of_workers(workers: int) -> None:
    case = CASE.arguments()
    layers = case["coverage"]
    given = {
        "population": case["population"],
        "zones": case["zones"],
        "coverage": {
            "4g@2024-06-30": layers["4g:Operator A"],
            "4g@2024-07-02": layers["3g:Operator A"],
        },
    }
    one, many = (ew4all.change(workers=n, **given) for n in (1, workers))
    assert one.to_dict() == many.to_dict()


def test_dates_in_between_are_compared_with_the_first_and_with_the_last() -> None:
    rng = np.random.default_rng(1)
    days = [f"2024-07-{d:02d}" for d in range(1, 7)]
    layers = {f"4g@{d}": raster(rng.integers(0, 2, (ROWS, COLS), np.uint8)) for d in days}
    series = found(layers).main
    assert [(b.before, b.after) for b in series.since_previous] == list(pairwise(days))
    assert [(b.before, b.after) for b in series.since_first] == [(days[0], d) for d in days[1:]]


def test_real_polygons_of_which_every_second_is_gone(shared_data: Path) -> None:
    """Ibiza's 770 polygons of ITU's sample over people spread evenly: the oracle is the area on the plane of shapely."""
    path = shared_data / "data" / "coverage" / "esp_ibiza_itu_mobile_coverage.gpkg"
    layer = gpd.read_file(path)
    shapes = layer.geometry.to_numpy()
    people, cell = np.ones((60, 100)), 0.005
    place = (transform_of(1.15, 39.12, cell), "EPSG:4326")
    result = ew4all.change(
        (people, *place),
        coverage={"4g@2024-07-01": path, "4g@2024-07-02": layer.iloc[::2]},
        workers=1,
    )
    frame = box(1.15, 39.12 - 60 * cell, 1.15 + 100 * cell, 39.12)
    whole, half = (shapely.intersection(shapely.union_all(shapely.make_valid(some)), frame).area / cell**2 for some in (shapes, shapes[::2]))  # fmt: skip
    flow = result.main.whole.total
    assert flow.covered_before == pytest.approx(whole, rel=1e-9)
    assert flow.covered_after == pytest.approx(half, rel=1e-9)
    assert flow.gained == pytest.approx(0.0, abs=1e-9)
    assert flow.lost == pytest.approx(whole - half, rel=1e-9)
    assert whole > 1.2 * half > 0.0
    must_add_up(result)
