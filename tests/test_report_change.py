"""What `change` writes: tables and rasters that add up, a page that asks for nothing and obeys the keyboard."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from chromium_pipe import CHROMIUM, chromium
from raster_files import transform_of

import ew4all
from ew4all.demo import CASE
from ew4all.report.change_table import signed_text
from ew4all.report.change_view import coarser, painted, scale_of
from ew4all.report.rounding import people_text

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.change_results import Change

NOTICE = "demo data, not for operations"
DATES = ("2024-06-30", "2024-07-02", "2024-07-05")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Change]:
    """Three dates of 2g and 4g of the demo; a zone's name that is markup."""
    case = CASE.arguments()
    layers = case["coverage"]
    folder = tmp_path_factory.mktemp("change")
    zones = gpd.read_file(case["zones"])
    zones.loc[0, "name"] = "Saint <b>A</b> & 'B'"
    zones.to_file(folder / "zones.geojson")
    out = folder / "out"
    result = ew4all.change(
        case["population"],
        coverage={
            f"4g@{DATES[0]}": layers["4g:Operator A"],
            f"4g@{DATES[1]}": layers["3g:Operator A"],
            f"4g@{DATES[2]}": layers["4g:Operator A"],
            f"2g@{DATES[0]}": layers["2g:Operator A"],
            f"2g@{DATES[1]}": layers["3g:Operator A"],
            f"2g@{DATES[2]}": layers["3g:Operator A"],
        },
        zones=folder / "zones.geojson",
        out=out,
        notice=NOTICE,
        title="Before </script> and after",
    )
    return out, result


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_there(written: tuple[Path, Change]) -> None:
    out, result = written
    names = {"change.csv", "change.html", "change.json", "gained.tif", "lost.tif", "map.png", "run.json", "series.csv", "zones.gpkg"}  # fmt: skip
    assert {p.name for p in out.iterdir()} == names
    document = json.loads((out / "change.json").read_text("utf-8"))
    assert document == {**result.to_dict(), "notice": NOTICE}
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert (record["command"], set(record["outputs"])) == ("change", names)
    assert set(record["settings"]) == {"population", "coverage", "zones", "title"}


def test_tables_hold_the_numbers_and_add_up(written: tuple[Path, Change]) -> None:
    out, result = written
    table = rows(out / "change.csv")
    assert len(table) == 3 * 4 * 9  # series x pairs of dates x (7 zones, the rest, everybody)
    assert {row["notice"] for row in table} == {NOTICE}
    for row in table:
        flow = {k: float(row[k]) for k in ("gained", "lost", "change", "covered_before", "covered_after")}  # fmt: skip
        assert flow["gained"] - flow["lost"] == pytest.approx(flow["change"], abs=1e-9)
        assert flow["covered_after"] - flow["covered_before"] == pytest.approx(
            flow["change"], abs=1e-6
        )
    whole = [r for r in table if r["zone_id"] == "all" and r["since"] == "first"]
    assert [r["to"] for r in whole if r["technology"] == "any"] == list(DATES[1:])
    series = rows(out / "series.csv")
    assert len(series) == 3 * 3 * 9
    for row in series:
        parts = sum(float(row[k]) for k in ("covered", "uncovered", "unknown"))
        assert parts == pytest.approx(float(row["people"]), abs=1e-6)
    zones = gpd.read_file(out / "zones.gpkg")
    assert zones["lost"].sum() == pytest.approx(result.main.whole.total.lost, abs=1e-6)


def test_rasters_add_up_to_the_result(written: tuple[Path, Change]) -> None:
    out, result = written
    flow = result.main.whole.total
    for key in ("gained", "lost"):
        with rasterio.open(out / f"{key}.tif") as raster:
            cells = raster.read(1, masked=True)
            assert raster.tags()["EW4ALL_NOTE"] == NOTICE
            assert raster.descriptions[0] == f"people who {key} a signal, {DATES[0]} to {DATES[2]}"
        assert cells.min() >= 0.0
        assert float(cells.sum(dtype=np.float64)) == pytest.approx(getattr(flow, key), rel=1e-6, abs=1e-3)  # fmt: skip
    assert flow.lost > 100.0


class Elements(HTMLParser):
    """Names and attributes of every element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_has_no_address_but_its_own_data(written: tuple[Path, Change]) -> None:
    out, _ = written
    text = (out / "change.html").read_text("utf-8")
    page = Elements()
    page.feed(text)
    links = [
        a[k] for _, a in page.found for k in ("src", "href", "action", "data", "poster") if k in a
    ]
    assert len(links) == 9  # three series x three pairs of dates
    assert all(str(link).startswith("data:image/png;base64,") for link in links)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "http" not in re.sub(r'http-equiv|"data:[^"]*"', "", text)
    assert "Saint <b>" not in text
    assert text.count("</script>") == 2
    labelled = {a["for"] for tag, a in page.found if tag == "label"}
    assert labelled == {"date", "since", "tech"}
    assert ("html", {"lang": "en"}) in page.found


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_keyboard_moves_through_the_dates(written: tuple[Path, Change], tmp_path: Path) -> None:
    """As a user without a mouse: tab to the slider, arrows, then the choice beside it."""
    out, result = written
    shown = "document.getElementById('shown').textContent"
    words = "document.getElementById('words').textContent"
    picture = "[...document.querySelectorAll('.map image')].filter(i => !i.hasAttribute('display')).map(i => i.id).join()"
    lost = "document.getElementById('rows').rows[0].cells[4].textContent"
    address = (out / "change.html").as_uri()
    with chromium(tmp_path) as page:
        page.open(address)
        assert (page.ask(shown), page.ask(picture)) == (DATES[2], "i2-0-2")
        page.press("Tab", 9)
        assert page.ask("document.activeElement.id") == "date"
        page.press("ArrowLeft", 37)
        assert (page.ask(shown), page.ask(picture)) == (DATES[1], "i2-0-1")
        assert page.ask("document.activeElement.getAttribute('aria-valuetext')") == DATES[1]
        assert f"From {DATES[0]} to {DATES[1]}" in page.ask(words)
        page.press("Home", 36)
        assert (page.ask(shown), page.ask(picture)) == (DATES[0], "")
        page.press("End", 35)
        page.press("Tab", 9)
        page.press("ArrowDown", 40)
        assert page.ask("document.getElementById('since').value") == "previous"
        assert page.ask(picture) == "i2-1-2"
        page.press("Tab", 9)
        page.press("ArrowUp", 38)
        assert page.ask("document.getElementById('tech').selectedOptions[0].textContent") == "4G"
        assert page.ask(picture) == "i1-1-2"
        flow = next(s for s in result.series if s.name == "4g").since_previous[1].total
        assert page.ask(lost) == people_text(flow.lost) != "0"
        assert page.asked_for() == {address}
        assert page.complaints() == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_no_column_of_the_table_is_cut(written: tuple[Path, Change], tmp_path: Path) -> None:
    """Where map and table do not fit beside each other, the table stands below; on a telephone it alone scrolls."""
    out, _ = written
    sizes = "(() => { const s = document.querySelector('.scroll'); return [s.scrollWidth, s.clientWidth, document.documentElement.scrollWidth]; })()"
    with chromium(tmp_path) as page:
        page.open((out / "change.html").as_uri())
        for width in (360, 800, 1000, 1100, 1200, 1280, 1440, 1920):
            page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)  # fmt: skip
            needed, shown, whole = page.ask(sizes)
            assert whole <= width, width
            assert width < 800 or needed <= shown, width


def test_one_technology_and_no_zones(tmp_path: Path) -> None:
    """The least that can be asked: one series, everybody, no signal at all at one date."""
    people = np.ones((4, 5))
    rng = np.random.default_rng(2)
    none, some = np.zeros((4, 5), np.uint8), rng.integers(0, 2, (4, 5), np.uint8)
    place = (transform_of(), "EPSG:4326")
    layers = {"5g@2024-01-01": (none, *place), "5g@2024-01-02": (some, *place)}
    result, again = (
        ew4all.change((people, *place), coverage=layers, out=tmp_path / name)
        for name in ("out", "again")
    )
    assert result == again
    for path in sorted((tmp_path / "out").iterdir()):
        if path.suffix not in {".png", ".html"}:
            assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name
    text = (tmp_path / "out" / "change.html").read_text("utf-8")
    assert 'id="tech"' not in text
    assert not (tmp_path / "out" / "zones.gpkg").exists()
    assert result.main.whole.total.gained == some.sum()
    assert f"0 people lost a signal and {some.sum()} gained one" in text


def test_colours_say_what_happened() -> None:
    from ew4all.change_study import CellChange

    people = np.array([[0.0, 10.0, 10.0, 10.0, 10.0]])
    gained = np.array([[0.0, 10.0, 0.0, 0.0, 0.0]])
    lost = np.array([[0.0, 0.0, 10.0, 0.0, 0.0]])
    unknown = np.array([[0.0, 0.0, 0.0, 10.0, 0.0]])
    pixels = CellChange(people, gained, lost, unknown)
    ((sea, blue, orange, grey, pale),) = painted(pixels, scale_of(pixels)).astype(int)
    assert sea[3] == 0
    assert blue[2] > blue[0]
    assert orange[0] > orange[2]
    assert grey[0] > grey[2]
    assert pale[2] > pale[0] > 150
    wide = coarser(CellChange(*(np.tile(a, (4, 1)) for a in pixels)), 3)
    assert wide.people.shape == (2, 3)
    assert [a.sum() for a in wide] == [4.0 * a.sum() for a in pixels]


def test_signs() -> None:
    assert [signed_text(v) for v in (1234.0, -98.4, -0.7, 0.2, 0.0)] == [
        "+1,230",
        "-98",
        "-1",
        "0",
        "0",
    ]
