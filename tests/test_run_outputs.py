"""The folder of a run: what is in it, that it tells the same as the numbers, and that it is the same whenever it is made."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
from command_line import command_line
from made_played import once, replicas, scenario
from numpy.testing import assert_allclose

import ew4all
from ew4all.errors import OptionError
from ew4all.report.run_curves import _apart
from ew4all.report.run_outputs import write_run
from ew4all.report.run_report import sentence
from ew4all.report.run_words import CHANNEL_WORDS, LOSS_WORDS, STEP_WORDS, duration_text
from ew4all.run_results import REASONS, STATISTICS, STEPS
from ew4all.scenario import load_scenario
from ew4all.sim.channels.registry import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

FIGURES = {"report.html", "map.png", "curves.png"}
TABLES = {
    "run.json", "timing.json", "summary.json", "curves.parquet", "zones.gpkg", "missed.tif", "events.parquet"
}  # fmt: skip


@pytest.fixture(name="cli")
def _cli(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    found = once()
    write_run(folder, found.results, found.places, settings={}, seconds=found.seconds)
    return folder


class Page(HTMLParser):
    """What a page says, and whether it needs anything from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_folder_holds_what_the_contract_says_and_nothing_else(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == TABLES | FIGURES
    record = json.loads((folder / "run.json").read_text())
    assert set(record["outputs"]) == TABLES | FIGURES
    assert record["sizes"]["rows"] == len(once().places.result.prepared.world.rows)
    assert record["sizes"]["seed"] == 3
    assert all(one["sha256"] for one in record["inputs"])
    assert record["assumptions"]["cell_broadcast.noticed_awake"] == 0.97
    assert json.loads((folder / "summary.json").read_text()) == once().results.to_dict()


def test_curves_are_those_of_the_results(folder: Path) -> None:
    table = pq.read_table(folder / "curves.parquet")
    assert table.column_names == ["time_s", "channel", "zone", "stage", "statistic", "people"]
    frame = table.to_pandas()
    results = once().results
    assert set(frame.statistic) == set(STATISTICS)
    assert set(frame.channel) == {"any", *results.channels}
    assert set(frame.zone) == {"all", *(zone.id for zone in results.zones)}
    assert set(frame[frame.channel == "any"].stage) == {"warned", "acted"}
    assert set(frame[frame.channel != "any"].stage) == {"alerted", "reached", "warned"}
    end = frame[(frame.time_s == frame.time_s.max()) & (frame.statistic == "mean")]
    whole = end[(end.channel == "radio") & (end.zone == "all") & (end.stage == "warned")]
    assert_allclose(whole.people.item(), results.channel("radio", "warned").mean, rtol=1e-9)
    parts = end[(end.channel == "any") & (end.zone != "all") & (end.stage == "warned")]
    assert_allclose(parts.people.sum(), results.count("warned").mean, rtol=1e-9)
    assert pq.read_schema(folder / "curves.parquet").metadata[b"notice"] == b"demo data, not for operations"  # fmt: skip


def test_zones_carry_counts_and_reasons(folder: Path) -> None:
    frame = gpd.read_file(folder / "zones.gpkg", layer="zones")
    results = once().results
    assert frame.crs.to_epsg() == 4326
    assert frame.id.tolist() == [zone.id for zone in results.zones]
    assert_allclose(frame.missed, frame[[f"missed_{r}" for r in REASONS]].sum(axis=1), rtol=1e-9)
    assert_allclose(frame.warned.sum(), results.count("warned").mean)
    assert set(frame.notice) == {"demo data, not for operations"}
    assert frame.geometry[frame.id == "outside"].isna().all()


def test_the_raster_of_missed_people_adds_up(folder: Path) -> None:
    with rasterio.open(folder / "missed.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        values = raster.read(1, masked=True)
        assert raster.tags()["EW4ALL_NOTE"] == "demo data, not for operations"
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert_allclose(float(values.sum(dtype=np.float64)), once().results.count("missed").mean, rtol=1e-5)  # fmt: skip


def test_events_are_in_order(folder: Path) -> None:
    frame = pq.read_table(folder / "events.parquet").to_pandas()
    assert frame.columns.tolist() == ["time_s", "kind", "subject", "value"]
    assert frame.time_s.is_monotonic_increasing
    assert frame[frame.kind == "issue"].time_s.tolist() == [600.0]


def test_the_report_says_it_all_and_needs_nothing_from_elsewhere(folder: Path) -> None:
    text = (folder / "report.html").read_text("utf-8")
    page = Page(text)
    said = " ".join(" ".join(page.words).split())
    assert sentence(once().results) in said
    assert "demo data, not for operations" in said
    headings = [said.index(h) for h in ("Who is missed", "Limits of the method")]
    assert headings == sorted(headings)
    for tag, values in page.tags:
        if tag == "img":
            assert (values["src"] or "").startswith("data:image/png;base64,")
            assert values["alt"]
        assert "http" not in (values.get("href") or "")
    assert "<script" not in text
    for zone in once().results.zones[:-1]:
        assert zone.name in said


def test_signs_in_names_do_not_become_tags(tmp_path: Path) -> None:
    strange = scenario(title="<b>Storm</b> & $x_1$ flood", channels=["cell_broadcast"])
    ew4all.run(strange, out=tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "<b>Storm" not in text
    assert "&lt;b&gt;Storm&lt;/b&gt; &amp; $x_1$ flood" in text


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    again = tmp_path / "again"
    ew4all.run(scenario(), out=again, figures=False)
    assert {p.name for p in again.iterdir()} == TABLES
    for name in TABLES - {"timing.json", "run.json"}:
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_replicas_give_the_same_bytes_and_leave_no_folder(tmp_path: Path) -> None:
    small = scenario(channels=["cell_broadcast", "radio"], run={"duration": "1 h", "replicas": 3})
    for name in ("a", "b"):
        ew4all.run(small, out=tmp_path / name, figures=False)
    assert {p.name for p in (tmp_path / "a").iterdir()} == TABLES
    for name in TABLES - {"timing.json"}:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    frame = pq.read_table(tmp_path / "a" / "curves.parquet").to_pandas()
    end = frame[(frame.time_s == 3600.0) & (frame.channel == "any") & (frame.zone == "all")]
    by = end[end.stage == "warned"].set_index("statistic").people
    assert by["p05"] < by["p50"] < by["p95"]


def test_pictures_and_report_of_replicas_show_bands(tmp_path: Path) -> None:
    found = replicas()
    write_run(tmp_path / "out", found.results, found.places, settings={}, seconds={})
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "in 9 of 10 replicas" in text
    assert (tmp_path / "out" / "curves.png").stat().st_size > 20_000


def test_a_run_that_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    kept = tmp_path / "out"
    kept.mkdir()
    (kept / "zones.gpkg").mkdir()
    with pytest.raises(ew4all.EW4AllError, match=r"zones\.gpkg"):
        ew4all.run(scenario(channels=["cell_broadcast"]), out=kept, figures=False)
    assert [p.name for p in kept.iterdir()] == ["zones.gpkg"]


def test_an_output_that_is_a_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OptionError, match="is a file"):
        ew4all.run("no such scenario", out=tmp_path / "out")


def test_the_command_prints_tables_or_json(cli: Callable[..., Ended], tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(
        "schema: ew4all/scenario/1\ndemo: grenada\nchannels: [cell_broadcast]\nrun: {duration: 1 h}\n"
    )
    ended = cli("run", str(path), "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert "People at risk" in ended.out
    assert "DEMO DATA, NOT FOR OPERATIONS" in ended.out
    ended = cli("run", str(path), "--json", "--quiet", "--out", str(tmp_path / "o"), "--no-figures")
    assert ended.code == 0
    assert json.loads(ended.out) == json.loads((tmp_path / "o" / "summary.json").read_text())
    ended = cli("compare", str(path), str(path), "--out", str(tmp_path / "c"), "--quiet")
    assert "B less A" in ended.out
    document = json.loads((tmp_path / "c" / "compare.json").read_text())
    assert {band["mean"] for band in document["difference"].values()} == {0.0}
    assert {p.name for p in (tmp_path / "c").iterdir()} == {
        "compare.json", "compare.png", "run.json", "timing.json"
    }  # fmt: skip


def test_bad_input_is_one_sentence_and_exit_code_2(
    cli: Callable[..., Ended], tmp_path: Path
) -> None:
    for arguments in (
        ("run", "nowhere.yaml"),
        ("run", "grenada-beryl", "--out", ""),
        ("run", "grenada-beryl", "--workers", "2", "--cluster", "local:2"),
        ("run", "grenada-beryl", "--replicas", "0"),
        ("compare", "grenada-beryl", "nowhere.yaml"),
    ):
        ended = cli(*arguments)
        assert ended.code == 2, arguments
        assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())


def test_every_channel_step_and_reason_has_words() -> None:
    assert set(CHANNELS) <= set(CHANNEL_WORDS)
    assert tuple(STEP_WORDS) == STEPS
    assert tuple(LOSS_WORDS) == (*REASONS, "too_late")


def test_labels_are_moved_apart_but_stay_inside() -> None:
    heights = _apart([1.0, 0.99, 0.98, 0.02, 0.01, 0.0])
    assert min(np.diff(heights[::-1])) >= 0.046 - 1e-12
    assert min(heights) >= 0.0
    assert _apart([]) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.7, "1 min"), (3600.0, "1 h"), (3599.0, "1 h"), (200_000.0, "2.3 days")],
)
def test_time_spans_read_well(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words


@pytest.mark.slow
@pytest.mark.parametrize("name", ["grenada-beryl", "valley-flash-flood", "national-test"])
def test_shipped_scenarios_run_to_a_whole_folder(name: str, tmp_path: Path) -> None:
    results = ew4all.run(name, out=tmp_path / name)
    assert {p.name for p in (tmp_path / name).iterdir()} == TABLES | FIGURES
    assert results.title == load_scenario(name).name
    assert results.to_dict()["warned"]["any"]["mean"] > 0.0


def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    small = scenario(channels=["cell_broadcast"], run={"duration": "1 h", "replicas": 7})
    seen: list[int] = []

    def stop_at_two(done: int, total: int) -> None:
        if total == 7 and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ew4all.run(small, out=tmp_path / "a", figures=False, progress=stop_at_two)
    assert [p.name for p in (tmp_path / "a").iterdir()] == [".replicas"]
    ew4all.run(small, out=tmp_path / "a", figures=False, progress=lambda done, total: seen.append(done) if total == 7 else None)  # fmt: skip
    assert seen == [2, 3, 4, 5, 6, 7]
    ew4all.run(small, out=tmp_path / "b", figures=False)
    assert {p.name for p in (tmp_path / "a").iterdir()} == TABLES
    for name in TABLES - {"timing.json"}:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
