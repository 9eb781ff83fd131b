"""What `gaps --out` writes: rasters that add up, a page that says what is known and what is not, pictures, all or nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from made_country import BOX, GRID, PEOPLE, SITES_A, raster
from made_gap_results import EVERYBODY, made, schools
from made_gap_results import block as block_of
from made_gaps import ZONES
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

import ew4all
from ew4all.errors import WriteError
from ew4all.gap_results import GapBlock
from ew4all.report import gap_map, gap_outputs
from ew4all.report.gap_bars import extent_table, facility_table, partition, ways, zone_table
from ew4all.report.gap_map import class_edges
from ew4all.report.gap_page import gap_sentence, write_gap_page
from ew4all.report.lorenz_plot import draw_lorenz, worst_share

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.gap_results import Gaps

ALWAYS = {
    "zones.csv",
    "zones.gpkg",
    "zones.parquet",
    "map.png",
    "report.html",
    "gaps.json",
    "run.json",
}
HERE = PEOPLE[:, :55]
SIGNAL = gpd.GeoDataFrame(geometry=[SITES_A], crs=4326)


class Read(HTMLParser):
    """Words of a page, its pictures, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = ""
        self.fetched: list[str] = []
        self.alts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        found = dict(attrs)
        link = found.get("src") or found.get("href")
        if link and not link.startswith("data:image/png;base64,"):
            self.fetched.append(link)
        if tag == "img":
            self.alts.append(found["alt"])

    def handle_data(self, data: str) -> None:
        self.words += data


def run(folder: Path, population: Any = None, zones: Any = ZONES, **options: Any) -> Gaps:
    if population is None:
        population = raster(PEOPLE)
        options.setdefault("population_unit", "count")
    if zones is ZONES:
        options |= {"zone_id": "code", "zone_name": "name"}
    return ew4all.gaps(population, zones, out=folder, **options)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def read(path: Path) -> tuple[np.ndarray[Any, Any], dict[str, str], float]:
    with rasterio.open(path) as file:
        # The box of the zones, to the last cell that they touch.
        assert file.shape == HERE.shape
        assert file.transform == GRID.transform
        assert file.units == ("people",)
        return file.read(1).astype(np.float64), file.tags(), file.nodata


def test_rasters_add_up_to_the_document(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        coverage={"4g": SIGNAL},
        channels={"sms": None},
        notice="an exercise",
        within=ZONES,
    )
    total = result.to_dict()["total"]
    left, tags, nodata = read(tmp_path / "left_out.tif")
    none, _, _ = read(tmp_path / "no_channel.tif")
    assert tags["EW4ALL_NOTE"] == "an exercise"
    assert left[left != nodata].sum() == pytest.approx(
        total["people"] - total["reachable"], rel=1e-6
    )
    assert none[none != nodata].sum() == pytest.approx(total["channels"]["none"], rel=1e-6)
    # By hand: whoever is not reached in the cell below a site, and nobody's land has no value.
    empty = HERE == 0.0
    assert (left[empty] == nodata).all()
    row, col = np.argwhere(~empty & (left != nodata) & (np.abs(left - HERE) < 1e-3))[0]
    assert not shapely.intersects(SITES_A, BOX(*_cell(row, col)))
    assert names(tmp_path) == {*ALWAYS, "groups.csv", "left_out.tif", "no_channel.tif"} | _curve(
        result
    )
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert set(record["outputs"]) == names(tmp_path)
    assert record["sizes"]["zones"] == 4


def _cell(row: int, col: int) -> tuple[float, float, float, float]:
    x, y = GRID.transform @ (col, row)
    return x, y - 0.01, x + 0.01, y


def _curve(result: Gaps) -> set[str]:
    return {"lorenz.png"} if "equity" in result.to_dict() else set()


@pytest.mark.parametrize(
    ("given", "more", "words"),
    [
        ({}, {"groups.csv"}, "cannot be told: neither coverage nor a channel"),
        ({"channels": {"radio": SIGNAL}}, {"groups.csv", "no_channel.tif"}, "none of the channels that were given reaches them"),
        ({"coverage": {"4g": SIGNAL}}, {"groups.csv", "left_out.tif"}, "have no mobile signal"),
        ({"population": False, "coverage": {"4g": SIGNAL}}, set(), "no population was given"),
        ({"population": False}, set(), "neither population nor coverage was given"),
    ],
)  # fmt: skip
def test_what_is_not_known_has_no_file_and_no_empty_table(
    tmp_path: Path, given: dict[str, Any], more: set[str], words: str
) -> None:
    result = ew4all.gaps(
        None if given.pop("population", True) is False else raster(PEOPLE), ZONES, zone_id="code", zone_name="name",
        population_unit="count" if more else None, out=tmp_path, **given,
    )  # fmt: skip
    assert names(tmp_path) == ALWAYS | more | _curve(result)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Read(text)
    assert words in " ".join(page.words.split())
    assert not page.fetched
    assert "<tbody>\n</tbody>" not in re.sub(r"<tbody>\s*</tbody>", "<tbody>\n</tbody>", text)
    for said in result.cannot:
        assert said in page.words
    assert ("What keeps a warning" in page.words) is (result.total.reachable is not None)
    assert imread(tmp_path / "map.png").shape[:2] == (1200, 1620)


def test_the_page_says_the_numbers_and_escapes_names(tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    picture.write_bytes(b"\x89PNG")
    write_gap_page(tmp_path / "report.html", made(), picture, None, notice="not <real>")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Read(text)
    assert "Two zones &amp; a flood" in text
    assert "not &lt;real&gt;" in text
    assert "a note <of> its own" in page.words
    words = " ".join(page.words.split())
    assert (
        "Of 100 people in 2 zones, 35 (35 %) are left out: 10 (10 %) have no mobile signal, and 25 (25 %) have one, but no network "
        "that broadcasts or no phone that can show a warning. No channel at all reaches 16 (16 %). With the network degraded 100 "
        "(100 %) are."
    ) in words
    assert "4 of 4 sites off the air" in words
    assert "How unequal" not in words
    assert "lorenz" not in text
    assert text.count("<img") == 1


def test_bars_hold_everybody_once() -> None:
    result = made()
    for table in (partition(result), ways(result), zone_table(result)):
        assert table is not None
        for row in table["rows"]:
            assert sum(float(part["width"]) for part in row["parts"]) == pytest.approx(
                100.0, abs=0.01
            )
    found = partition(result)
    assert found is not None
    assert [row["name"] for row in found["rows"]] == [
        "Everybody", "Everybody, network degraded", "In the hazard: flood", "flood, network degraded", "old",
    ]  # fmt: skip
    assert [part["width"] for part in found["rows"][0]["parts"]] == ["65.000", "25.000", "10.000"]
    assert found["rows"][0]["numbers"] == ["100", "65", "25", "10", "35 %"]
    zones = zone_table(result)
    assert zones is not None
    assert [row["name"] for row in zones["rows"]] == ["West", "East"]


def test_sentences_of_what_little_is_known() -> None:
    bare = replace(made(), degraded=None)
    said = gap_sentence(replace(bare, total=GapBlock(100.0), zones=()))
    assert said.startswith("100 people live in the study area. Which")
    assert "30 (30 %) live in the hazard: flood." in said
    assert gap_sentence(replace(bare, total=GapBlock(0.0))) == "Nobody lives in the study area."
    radio = GapBlock(100.0, none=40.0, one=60.0, by_channel={"radio": 60.0})
    assert "40 (40 %) are left out: none of the channels" in gap_sentence(
        replace(bare, total=radio)
    )
    extent = GapBlock(None, area_km2=50.0, covered_km2={"4g": 20.0, "any": 20.0})
    assert gap_sentence(replace(bare, total=extent)).startswith(
        "20 of 50 km² (40 %) have a mobile signal."
    )


@pytest.mark.parametrize(
    ("shares", "edges"),
    [
        ([0.12, 0.31], [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]),
        ([0.0, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ([0.3], [0.3, 0.31]),
        ([0.0, 0.0], [0.0, 0.01]),
        ([1.0], [0.99, 1.0]),
        ([], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_classes_are_round_and_hold_all_shares(shares: list[float], edges: list[float]) -> None:
    assert class_edges(shares) == edges


def test_the_curve_of_two_zones_by_hand(tmp_path: Path) -> None:
    # 40 people of whom 5 are left out, then 60 of whom 30 are.
    curve = [(0.0, 0.0), (0.4, 5.0 / 35.0), (1.0, 1.0)]
    assert worst_share(curve, 0.6) == pytest.approx(30.0 / 35.0)
    assert worst_share(curve, 0.2) == pytest.approx(10.0 / 35.0)
    path = tmp_path / "lorenz.png"
    draw_lorenz(path, [("left out", 0.257, curve)], "Two zones", "zones", "an exercise")
    drawn = imread(path)
    assert drawn.shape[:2] == (1050, 1140)
    orange = (np.abs(drawn[..., :3] - np.array([0.761, 0.353, 0.039])) < 0.03).all(axis=-1)
    assert orange.sum() > 1000


def test_nothing_is_left_when_a_picture_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any, **_options: Any) -> None:
        msg = "cannot write map.png: no space left"
        raise WriteError(msg)

    out = tmp_path / "out"
    run(out, coverage={"4g": SIGNAL})
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    monkeypatch.setattr(gap_outputs, "draw_gap_map", fails)
    with pytest.raises(WriteError, match="the folder was left as it was"):
        run(out, coverage={"4g": SIGNAL}, channels={"sms": None})
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_the_same_run_gives_the_same_bytes_and_takes_back_what_it_no_longer_writes(
    tmp_path: Path,
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    run(one, coverage={"4g": SIGNAL}, workers=1)
    run(other, coverage={"4g": SIGNAL}, channels={"sms": None})
    assert (other / "no_channel.tif").is_file()
    run(other, coverage={"4g": SIGNAL}, workers=3)
    assert names(one) == names(other)
    for name in sorted(names(one) - {"run.json"}):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_a_hazard_raster_is_drawn_and_counted(tmp_path: Path) -> None:
    east = np.zeros(PEOPLE.shape, np.float32)
    east[:, 30:] = 2.0
    result = run(tmp_path, hazards={"flood": {"source": raster(east), "min": 1.0}})
    assert result.hazards[0].block.people == pytest.approx(float(PEOPLE[:, 30:].sum()), rel=1e-6)
    drawn = imread(tmp_path / "map.png")[..., :3]
    purple = (np.abs(drawn - np.array([0.482, 0.176, 0.545])) < 0.05).all(axis=-1)
    assert purple.sum() > 500
    text = Read((tmp_path / "report.html").read_text(encoding="utf-8")).words
    assert "in the hazard flood" in text


def test_everybody_is_the_sum_that_the_made_result_says() -> None:
    """The hand-made numbers themselves: a partition, and zones that add up."""
    result = made()
    for block in (result.total, *(z.block for z in result.zones), result.groups[0].block):
        found = block.to_dict()
        parts = found["coverage_gap"] + found["usage_gap"] + found["reachable"]
        assert parts == pytest.approx(found["people"])
    assert sum(z.block.none or 0.0 for z in result.zones) == EVERYBODY.none


def test_facilities_are_a_column_a_kind() -> None:
    table = facility_table([schools().to_dict()])
    assert table["columns"] == ["", "primary schools", "primary schools, network degraded"]
    rows = {row[0]: row[1:] for row in table["rows"]}
    assert rows["number"] == ["3", "3"]
    assert rows["with 4G signal"] == ["2 (67 %)", "0"]
    assert rows["without any signal"] == ["1 (33 %)", "3 (100 %)"]
    assert rows["without SMS"] == ["2 (67 %)", ""]
    assert rows["no channel"] == ["1 (33 %)", "3 (100 %)"]
    assert rows["two channels or more"] == ["1 (33 %)", "0"]
    assert rows["in the hazard flood"] == ["1 (33 %)", ""]
    # A kind of which nothing is known has its number alone.
    bare = facility_table([{"kind": "hotels", "count": 4, "outside": 0}])
    assert bare["rows"] == [["number", "4"]]


def test_zones_with_facilities_where_nothing_else_is_known() -> None:
    bare = replace(
        made(), total=GapBlock(100.0), degraded=None, groups=(), facilities=(schools(),),
        zones=tuple(replace(z, block=GapBlock(z.block.people), rank=None, rank_share=None) for z in made().zones),
    )  # fmt: skip
    table = extent_table(bare)
    assert table is not None
    assert table["columns"] == [
        "Zone, most people in a hazard first",
        "people",
        "of all people",
        "in flood",
        "primary schools",
    ]
    assert table["rows"] == [
        ["West", "60", "60 %", "30 (50 %)", "2"],
        ["East", "40", "40 %", "0", "1"],
    ]


def test_facilities_without_a_channel_are_black_on_the_map(tmp_path: Path) -> None:
    table = tmp_path / "schools.csv"
    table.write_text("id,name,lon,lat\nin,In,10.1,4.9\nout,Out,10.45,4.75\n", encoding="utf-8")
    dark = {}
    for name, channels in (("without", {}), ("with", {"sms": None})):
        folder = tmp_path / name
        extra = {"facilities": {"schools": table}} if channels else {}
        result = run(folder, coverage={"4g": SIGNAL}, **extra)
        drawn = imread(folder / "map.png")[60:1100, 70:1160, :3]
        dark[name] = int((drawn.max(axis=-1) < 0.02).sum())
    assert [f.reached.ways.tolist() for f in result.facilities if f.reached.ways is not None] == [
        [1, 0]
    ]
    assert dark["with"] > dark["without"] + 30
    assert {"facilities.csv", "facilities.gpkg"} <= names(tmp_path / "with")
    text = Read((tmp_path / "with" / "report.html").read_text(encoding="utf-8")).words
    assert "Facilities" in text
    assert (
        "Facilities"
        not in Read((tmp_path / "without" / "report.html").read_text(encoding="utf-8")).words
    )


def test_rasters_hold_the_box_of_the_study_area(tmp_path: Path) -> None:
    within = gpd.GeoDataFrame(geometry=[BOX(10.2, 4.7, 10.4, 4.9)], crs=4326)
    nowhere = gpd.GeoDataFrame(geometry=[BOX(10.2, 4.85, 10.21, 4.86)], crs=4326)
    result = run(tmp_path, zones=None, coverage={"4g": nowhere}, within=within)
    with rasterio.open(tmp_path / "left_out.tif") as file:
        left, nodata, corner = (
            file.read(1),
            file.nodata,
            ~GRID.transform @ (file.bounds.left, file.bounds.top),
        )
    col, row = (round(v) for v in corner)
    # A border of cells on which the box ends may be a cell more by rounding; nobody of them is inside.
    assert (row, col) in {(10, 20), (9, 19), (9, 20), (10, 19)}
    assert max(left.shape) <= 22
    here = np.zeros(PEOPLE.shape, np.float32)
    here[10:30, 20:40] = PEOPLE[10:30, 20:40]
    here = here[row:, col:][: left.shape[0], : left.shape[1]]
    expected = np.where(here > 0.0, here, nodata)
    differs = np.argwhere(~np.isclose(left, expected, rtol=1e-5))
    # Somebody of the one cell with a signal is reached, where somebody lives there.
    assert differs.tolist() in ([], [[14 - row, 20 - col]])
    assert left[left != nodata].sum() == pytest.approx(result.total.left_out, rel=1e-6)


def test_zones_of_the_only_channel_that_is_known() -> None:
    def radio(people: float, reached: float) -> GapBlock:
        return GapBlock(people, none=people - reached, one=reached, by_channel={"radio": reached})

    blocks = (radio(60.0, 45.0), radio(40.0, 10.0), radio(0.0, 0.0))
    zones = tuple(replace(z, block=b) for z, b in zip(made().zones, blocks, strict=True))
    table = zone_table(replace(made(), total=radio(100.0, 55.0), zones=zones))
    assert table is not None
    assert table["columns"] == ("people", "reached", "not reached", "share")
    assert [row["numbers"] for row in table["rows"]] == [
        ["60", "45", "15", "25 %"],
        ["40", "10", "30", "75 %"],
    ]
    assert [part["width"] for part in table["rows"][0]["parts"]] == ["75.000", "25.000"]


@pytest.mark.parametrize("times", [1.0, 1e4, 1e5, 1e6, 1e7])
def test_numbers_on_the_map_leave_room_for_their_words(times: float) -> None:
    """A country of 15 million: the number of people without a signal stood over what it is of."""
    figure = Figure(figsize=(10.8, 8.0), dpi=150)
    canvas = FigureCanvasAgg(figure)
    result = made()
    total = block_of(*(n * times for n in (100.0, 90.0, 65.0, 16.0, 29.0, 74.0)))
    panel = gap_map._Panel(replace(result, total=total), by_zone=True)
    panel._numbers(figure, 0.8, total.people or 0.0)
    drawn = [text.get_window_extent(canvas.get_renderer()) for text in figure.texts]
    assert len(drawn) == 8
    for one, other in combinations(drawn, 2):
        assert not one.overlaps(other)
    assert max(box.x1 for box in drawn) < 1620.0
