"""A continent's population and an alert for a corner of it: looked at where it matters, and counted everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from made_run import timeline_of
from pyproj import CRS

from ew4all import network_window, run_intake
from ew4all.grid import Block, Grid
from ew4all.network_window import Looked, sites_window, within_m
from ew4all.readers.sites import read_cells
from ew4all.run_hazard import Arrival
from ew4all.run_intake import RunInputs, open_run
from ew4all.run_network import OutageCourse
from ew4all.run_places import Places
from ew4all.run_plan import RunPlan
from ew4all.run_results import Stats
from ew4all.run_study import RunResult, prepare, run_study
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.engine import ChannelUse
from ew4all.sim.folding import fold
from ew4all.sim.siren_levels import Sirens

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.cells import Cells

KM_DEG = 1.0 / 111.32
WEST, NORTH, SIDE = 30.0, 0.4, 72
"""A middle-sized country on the equator, its cells a kilometre wide."""


def where(row: float = 0, col: float = 0) -> tuple[Affine, str]:
    return Affine(KM_DEG, 0, WEST + col * KM_DEG, 0, -KM_DEG, NORTH - row * KM_DEG), "EPSG:4326"


def lonlat(row: float, col: float) -> tuple[float, float]:
    return WEST + col * KM_DEG, NORTH - row * KM_DEG


def box(row0: float, row1: float, col0: float, col1: float) -> Any:
    return shapely.box(*lonlat(row1, col0), *lonlat(row0, col1))


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Eight sites of two operators around row 22, column 24."""
    path = tmp_path_factory.mktemp("sites") / "cells.csv"
    rng = np.random.default_rng(4)
    lines = ["site,lon,lat,operator,technologies"]
    for k in range(8):
        lon, lat = lonlat(22 + rng.uniform(-3, 3), 24 + rng.uniform(-3, 3))
        lines.append(f"s{k},{lon:.6f},{lat:.6f},{'AB'[k % 2]},{('2g', '2g 4g')[k % 2]}")
    path.write_text("\n".join(lines) + "\n")
    return read_cells(path).cells


def held() -> Any:
    people = np.random.default_rng(1).gamma(0.5, 200.0, (SIDE, SIDE))
    people[people < 20.0] = 0.0
    return people.astype(np.float32)


def opened(cells: Cells, people: Any, row: int = 0, col: int = 0, **options: Any) -> RunInputs:
    zones = gpd.GeoDataFrame(
        {"id": ["near", "both", "far"]},
        geometry=[box(15, 25, 15, 30), box(25.4, 50, 10, 60), box(60, 70, 40, 70.5)],
        crs=4326,
    )
    lon, lat = lonlat(10, 50)
    whole = Grid(where()[0], SIDE, SIDE, CRS.from_epsg(4326))
    sirens = Sirens(whole, np.array([lon]), np.array([lat]), np.array([112.0]))
    given: dict[str, Any] = {
        "hazard": box(18, 27.3, 20, 26),
        "population_unit": "count",
        "sites": cells,
        "zones": zones,
        "zone_id": "id",
        "sirens": sirens,
        "assume": {"reach_km": 6.0},
        "arrival": Arrival(
            front=shapely.LineString([lonlat(18, 20), lonlat(28, 20)]),
            speed_m_s=1.0,
            bearing_deg=90.0,
        ),
        "outage": OutageCourse(timeline_of(int(cells.site.max()) + 1)),
    }
    return open_run((people, *where(row, col)), box(17, 28, 19, 27.5), **{**given, **options})


def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every pixel of every cell, as if nothing were known of what matters."""
    monkeypatch.setattr(run_intake._Heard, "near", lambda _, grid: grid.whole)
    monkeypatch.setattr(Looked, "of", lambda w, f, _: Looked(w, f, 1, np.ones(w.shape, bool)))


def played(inputs: RunInputs, *names: str, **values: dict[str, float]) -> RunResult:
    uses = tuple(ChannelUse(CHANNELS[name], values.get(name, {})) for name in names)
    return run_study(
        RunPlan(uses, decisions=((0.0, Issue(Notice())),), until_s=3600.0, zero_hour=18.0), inputs
    )


def columns(result: RunResult) -> dict[str, Any]:
    """Return what a run counts by bin."""
    found, totals = result.played, result.played.totals
    return {
        "people": found.people, "in_time": found.in_time, "none": totals.none, "several": totals.several,
        "alerted": totals.alerted, "noticed": totals.noticed, "only": totals.only, "first": totals.first,
    }  # fmt: skip


def flooded() -> dict[str, Any]:
    """Return a footprint as raster, on the cells of the people."""
    depth = np.random.default_rng(7).random((14, 11)).astype(np.float32)
    return {"hazard": (depth, *where(16, 18)), "hazard_min": 0.5}


@pytest.mark.parametrize(("tile", "hazard"), [(4, {}), (128, flooded())])
def test_it_finds_what_looking_at_every_pixel_finds(
    tile: int, hazard: dict[str, Any], cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_window, "_TILE_PIXELS", tile)
    people, names = held(), tuple(CHANNELS)
    quick = opened(cells, people, **hazard)
    found = played(quick, *names)
    everything(monkeypatch)
    slow = opened(cells, people, **hazard)
    wanted = played(slow, *names)
    assert slow.ground.elsewhere is None
    assert slow.ground.division.grid.shape == (4 * SIDE, 4 * SIDE)
    assert quick.ground.elsewhere is not None
    assert len(quick.ground.blocks(16, 16)) < 0.6 * len(slow.ground.blocks(16, 16))
    assert quick.addressed is not None
    assert slow.addressed is not None
    assert np.array_equal(quick.addressed, slow.addressed)
    for name in ("zone", "group", "in_area", "at_risk", "arrival_s"):
        a, b = getattr(found.prepared.bins, name), getattr(wanted.prepared.bins, name)
        assert a == pytest.approx(b, rel=1e-9), name
    want = columns(wanted)
    whole = want["people"].sum()
    for name, got in columns(found).items():
        # The radio model rounds levels to 1/128 dB and distances on a lattice of its own grid.
        assert got == pytest.approx(want[name], rel=2e-5, abs=1e-8 * whole), name
    outside = ~found.prepared.bins.in_area
    over = (found.played.people - found.played.totals.none)[outside].sum()
    assert over > 100.0
    assert found.played.people == pytest.approx(want["people"], rel=1e-9)


def test_it_finds_what_a_clipped_raster_gives(cells: Cells) -> None:
    """The same people of the same window, to rounding; whom talk does not connect with the others."""
    people = held()
    whole = opened(cells, people, zones=None, zone_id=None)
    window = whole.ground.where.window  # type: ignore[union-attr]
    assert window.shape < (SIDE, SIDE)
    part = people[window.row0 : window.row1, window.col0 : window.col1]
    clipped = opened(cells, part, window.row0, window.col0, zones=None, zone_id=None)
    a, b = (fold(one.ground, block=one.block) for one in (whole, clipped))
    cut = people.sum(dtype=float) - part.sum(dtype=float)
    assert a.people - b.people == pytest.approx(cut, rel=1e-9)
    names = ("cell_broadcast", "siren", "app")
    quiet = {"cell_broadcast": {"moves_per_h": 0.0}, "app": {"outside": 0.0}}
    first, second = (played(one, *names, **quiet) for one in (whole, clipped))
    want = columns(second)
    inside = second.prepared.bins.in_area | second.prepared.bins.at_risk
    for name, got in columns(first).items():
        assert got[inside] == pytest.approx(want[name][inside], rel=1e-9, abs=1e-9), name
    over = [(r.played.people - r.played.totals.none)[~inside].sum() for r in (first, second)]
    # Whose own network has failed finds another one as often as people of the zone do, and more of them are known here.
    assert over[0] == pytest.approx(over[1], rel=1e-6)
    assert over[0] > 100.0


def test_everybody_of_a_continent_is_counted_and_few_pixels_are_looked_at(cells: Cells) -> None:
    """300 x 300 cells of 20 km, 5 x 5 of which matter: 66 million pixels, of which some 300,000 are folded."""
    side, wide = 300, 20.0 * KM_DEG
    people = np.random.default_rng(2).gamma(0.5, 20_000.0, (side, side)).astype(np.float32)
    lon, lat = lonlat(22, 24)
    # The sites stand in the middle of cell 200, 100.
    transform = Affine(wide, 0, lon - 100.5 * wide, 0, -wide, lat + 200.5 * wide)
    corner = shapely.box(lon + 100 * wide, lat - 50 * wide, lon + 150 * wide, lat - 30 * wide)
    edges = transform @ (120.0, 110.0), transform @ (140.0, 100.0)
    zones = gpd.GeoDataFrame(
        {"id": ["far", "corner"]}, geometry=[shapely.box(*edges[0], *edges[1]), corner], crs=4326
    )
    inputs = open_run(
        (people, transform, "EPSG:4326"),
        shapely.Point(lon, lat).buffer(0.05),
        population_unit="count",
        sites=cells,
        zones=zones,
        zone_id="id",
        assume={"reach_km": 15.0},
        workers=2,
    )
    pixels = sum(b.shape[0] * b.shape[1] for b in inputs.ground.blocks(*inputs.block))
    assert pixels < 1_000_000
    told = next(note for note in inputs.notes if note.startswith("people are looked at"))
    assert "of 90,000 cells" in told
    prepared = prepare(RunPlan(()), inputs)
    bins = prepared.bins
    assert bins.people.sum() == pytest.approx(people.sum(dtype=float), rel=1e-9)
    far = bins.zone == inputs.zones.index("far")
    assert bins.people[far].sum() == pytest.approx(
        people[100:110, 120:140].sum(dtype=float), rel=1e-9
    )
    corner_people = bins.people[bins.zone == inputs.zones.index("corner")].sum()
    assert 0.0 < corner_people < people.sum(dtype=float)
    # 0.05 degrees around the middle of one cell of 20 km.
    area = np.pi * 0.05**2 / wide**2 * people[200, 100]
    assert bins.people[bins.in_area].sum() == pytest.approx(area, rel=2e-3)
    assert np.array_equal(bins.in_area, bins.at_risk)


def test_the_map_of_the_missed_adds_up(cells: Cells) -> None:
    inputs = opened(cells, held())
    result = played(inputs, "cell_broadcast", "word_of_mouth")
    rows, missed = result.prepared.world.rows, result.played.losses.missed
    at_risk = np.where(rows.at_risk, missed, 0.0)
    wanted = np.bincount(rows.zone, at_risk, len(inputs.zones))
    keys = np.zeros((len(inputs.zones), 8))
    keys[:, 6] = wanted
    places = Places.of(inputs, result, {"zone": Stats.of_one(keys)})
    blocks = list(places.blocks())
    assert sum(m.sum() for _, _, m in blocks) == pytest.approx(at_risk.sum(), rel=1e-9)
    assert places.grid.shape < (4 * SIDE, 4 * SIDE)


def test_an_alert_for_everybody_looks_everywhere(cells: Cells) -> None:
    people = held()
    inputs = open_run(
        (people, *where()), population_unit="count", sites=cells, assume={"reach_km": 6.0}
    )
    assert inputs.ground.elsewhere is None
    assert inputs.ground.division.grid.shape == (4 * SIDE, 4 * SIDE)


def test_outages_have_the_same_epochs_elsewhere(cells: Cells) -> None:
    inputs = opened(cells, held())
    there = inputs.ground.elsewhere
    assert there is not None
    assert np.array_equal(there.service.start_s, inputs.ground.service.start_s)
    assert there.service.customers == inputs.ground.service.customers
    folded = fold(inputs.ground, block=inputs.block)
    far = folded.cohorts.zone == inputs.zones.index("far")
    assert far.any()
    assert (folded.service.technology[folded.cohorts.service[far]] == -1).all()
    shares = np.bincount(folded.cohorts.operator[far], folded.cohorts.people[far])
    assert shares == pytest.approx([0.5 * shares.sum()] * 2, rel=1e-9)


@given(
    st.integers(1, 70), st.integers(1, 40), st.integers(1, 40), st.integers(0, 5), st.integers(0, 5),
    st.lists(st.tuples(*[st.integers(-50, 3000)] * 2, st.integers(0, 400), st.integers(0, 400)), max_size=4),
)  # fmt: skip
def test_cells_and_blocks_that_are_looked_at_belong_together(
    factor: int, rows: int, cols: int, row0: int, col0: int, given_boxes: list[tuple[int, ...]]
) -> None:
    """Every pixel of a box lies in a cell that is looked at, and every such cell in a block that is."""
    high, wide = rows * factor, cols * factor
    cut = [(max(0, r), min(high, r + h), max(0, c), min(wide, c + w)) for r, c, h, w in given_boxes]
    boxes = [Block(*b) for b in cut if b[1] > b[0] and b[3] > b[2]]
    looked = Looked.of(Block(row0, row0 + rows, col0, col0 + cols), factor, boxes)
    every = looked.cells(Block(0, rows + 10, 0, cols + 10))
    assert not every[:row0].any()
    assert not every[row0 + rows :].any()
    assert not every[:, :col0].any()
    assert not every[:, col0 + cols :].any()
    inside = every[row0 : row0 + rows, col0 : col0 + cols]
    assert len(looked) == inside.sum()
    for b in boxes:
        r1, c1 = -(-b.row1 // factor), -(-b.col1 // factor)
        assert inside[b.row0 // factor : r1, b.col0 // factor : c1].all()
        assert looked.meets(b)
    for r, c in np.argwhere(inside)[:50].tolist():
        assert looked.meets(Block(r * factor, (r + 1) * factor, c * factor, (c + 1) * factor))


def test_windows_hold_areas_footprints_and_sirens() -> None:
    grid = Grid(where()[0], SIDE, SIDE, CRS.from_epsg(4326))
    area, hazard = box(17, 28, 19, 27), box(30, 31.5, 40, 41)
    near = Block(60, 62, 1, 3)
    assert sites_window(grid, area, hazard) is None
    assert sites_window(grid, None, None, near=lambda _: near) is None
    assert sites_window(grid, area, None, in_area=True) == grid.block_of_bounds(area.bounds)
    found = sites_window(grid, area, hazard, near=lambda _: near)
    assert found == Block(17, 62, 1, 41)
    lon, lat = lonlat(10.5, 50.5)
    (heard,) = within_m(grid, np.array([lon]), np.array([lat]), np.array([5000.0]))
    assert heard.row0 <= 5
    assert 16 <= heard.row1 <= 18
    assert heard.col0 <= 45
    assert 56 <= heard.col1 <= 58
    assert within_m(grid, np.array([lon + 90.0]), np.array([lat]), np.array([5000.0])) == []
    # The other side of the antimeridian is the same place.
    (again,) = within_m(grid, np.array([lon - 360.0]), np.array([lat]), np.array([5000.0]))
    assert again == heard


def test_africa_and_an_alert_in_lesotho(shared_data: Path) -> None:
    data = shared_data / "data"
    inputs = open_run(
        data / "population/africa_worldpop_2020_density_20km.tif",
        shapely.box(27.3, -29.6, 28.2, -29.0),
        population_unit="per_km2",
        zones=str(data / "admin/lso_adm1_cod.json"),
        sites=data / "towers/lso_opencellid.csv",
        workers=2,
    )
    prepared = prepare(replace(RunPlan(())), inputs)
    everybody = sum(inputs.study.people.everybody())
    assert 1.2e9 < everybody < 1.5e9
    assert prepared.bins.people.sum() == pytest.approx(everybody, rel=1e-9)
    pixels = sum(b.shape[0] * b.shape[1] for b in inputs.ground.blocks(*inputs.block))
    assert pixels < 2_000_000
