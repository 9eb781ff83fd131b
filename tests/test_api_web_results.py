"""The first page on results of every process, on runs that failed, on small windows, and while the service is away."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from made_browser import Watched, chromium
from made_layers import keep_results, write_results
from made_server import serving
from sqlalchemy import update

from ew4all.api.store.tables import JOBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_server import Served

pytestmark = [
    pytest.mark.slow,
    # rio-tiler calls rasterio, which multiplies as affine no longer likes.
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
]

SHARE = {"coverage_gap": 0.2, "usage_gap": 0.1, "reachable": 0.7}
PARTS = {
    "people": 1000.0,
    "coverage_gap": 200.0,
    "usage_gap": 100.0,
    "reachable": 700.0,
    "channels": {"none": 250.0, "one": 500.0, "two_or_more": 250.0},
}
ZONE = {"id": "west", "name": "West", **PARTS}
WARNED = {
    "any": {"mean": 900.0, "p05": 880.0, "p95": 920.0},
    "none": 100.0,
    "channels": {
        "cell_broadcast": {"reached": 950.0, "warned": 900.0, "first": 800.0, "only": 700.0}
    },
}
OUTPUTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "gaps": (
        {"gaps": {"title": "Gaps here", "total": {**PARTS, "share": SHARE}, "zones": [ZONE], "groups": [], "notes": ["one note"]}},
        ["1,000 people are counted", "200 (20.0%) have no mobile signal", "No channel reaches 250 (25.0%); 500 have one only"],
    ),
    "target": (
        {"target": {"people": {"in_area": 500.0, "reached": 450.0, "missed": 20.0, "unserved": 30.0, "over_reach": 77.0}, "area_km2": {"in_area": 12.0},
                    "network_cells": 9, "cells": [{}] * 4, "operators": [], "notes": []}},
        ["500 people are in the warning area of 12 km²", "4 of 9 cells", "20 are served by other cells and missed, 30 have no service", "77 people would get it, too"],
    ),
    "coverage": (
        {"coverage": {"people": {"total": 1000.0, "served": {"outdoors": {"4g": 990.0, "any": 990.0}, "indoors": {"4g": 840.0, "any": 840.0}}},
                      "technologies": [{"technology": "4g", "cells": 5, "sites": 3}], "zones": [], "notes": []}},
        ["4G: 5 cells on 3 sites", "990 (99.0%) have service outdoors and 840 (84.0%) inside"],
    ),
    "run": (
        {"summary": {"title": "A storm", "notice": "demo data, not for operations", "replicas": 3, "denominator": {"at_risk": 1000.0, "in_area": 950.0},
                     "warned": WARNED, "time_s": {"p10": 5.0, "p50": 60.0, "p90": 6720.0, "p95": None}, "in_time": 700.0, "over_reach": 40.0,
                     "waterfall": [{"step": "at_risk", "people": 1000.0, "lost": 0.0}, {"step": "in_time", "people": 700.0, "lost": 300.0}], "zones": []}},
        ["1,000 people are at risk", "900 of those at risk (90.0%) are warned, 880 to 920 in nine of ten replicas; 100 are missed",
         "within 60 s, nine of ten within 1 h 52 min"],
    ),
}  # fmt: skip
WHY = "the area lies far from everybody: draw it where people are"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("results")
    write_results(folder / "out")
    with serving(folder) as made:
        yield made


def keep(served: Served, process: str, title: str | None = None, **row: Any) -> str:
    """A job of a process that has ended, with some layers."""
    out = served.service.settings.data_dir / "made"
    write_results(out)
    job = keep_results(served.service, out, title=title)
    values = {"process": process, "created": dt.datetime.now(dt.UTC), **row}
    with served.service.database.begin() as connection:
        connection.execute(update(JOBS).where(JOBS.c.id == job).values(values))
    for path in sorted(out.rglob("*"), reverse=True):
        path.unlink()
    out.rmdir()
    return job


def opened(browser: Any, served: Served, at: str, width: int = 1280, height: int = 800) -> Watched:
    watched = Watched(browser, served.url, width, height, reduced_motion="reduce")
    watched.open(at)
    return watched


@pytest.mark.parametrize("process", OUTPUTS)
def test_each_process_says_what_it_found(browser: Any, served: Served, process: str) -> None:
    outputs, wanted = OUTPUTS[process]
    job = keep(served, process, outputs=outputs)
    watched = opened(browser, served, f"#run={job}")
    page = watched.page
    said = re.sub(r"\s+", " ", page.locator(".says").inner_text())
    for text in wanted:
        assert text in said
    assert page.locator("figure").count() >= 1
    assert page.get_by_role("link", name="zones.gpkg").is_visible()
    assert page.get_by_text("demo data, not for operations").count() == (process == "run")
    assert watched.strangers() == []
    assert watched.said == []
    watched.close()


def test_a_run_that_failed_says_why_and_shows_nothing_of_another(browser: Any, served: Served) -> None:  # fmt: skip
    outputs, _ = OUTPUTS["gaps"]
    done = keep(served, "gaps", outputs=outputs)
    keep(served, "reach", title="In vain", status="failed", message=WHY)
    watched = opened(browser, served, f"#run={done}")
    page = watched.page
    page.locator(".layer input:checked").first.wait_for()
    page.get_by_role("button", name="In vain").click()
    page.get_by_role("heading", name="In vain").wait_for()
    page.locator("#result-title:focus").wait_for()
    page.locator(".result .problem", has_text=WHY).wait_for()
    page.locator(".layer input:checked").first.wait_for(state="detached")
    watched.close()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (768, 1024), (1024, 768), (1280, 800), (1920, 1080), (640, 400)])  # fmt: skip
def test_nothing_lies_over_what_is_looked_at(browser: Any, served: Served, width: int, height: int) -> None:  # fmt: skip
    outputs, _ = OUTPUTS["gaps"]
    job = keep(served, "gaps", outputs=outputs)
    watched = opened(browser, served, f"#run={job}", width, height)
    page = watched.page
    page.locator(".layer input:checked").first.wait_for(state="attached")
    watched.settle()
    scale, credit = (
        page.locator(f".maplibregl-ctrl-{name}").bounding_box() for name in ("scale", "attrib")
    )
    assert not _meet(scale, credit)
    panel = page.locator("#layers details").first.bounding_box()
    # The zones of this run lie between 10 and 14 E, 0 and 4 N; a module is one, so this is the map of the page.
    corners = page.evaluate("""async () => {
        const { view } = await import(new URL("web/app/map.js", document.baseURI)); return view(); }""")
    stage = page.locator("#map").bounding_box()
    west, south, east, north = corners
    left = stage["x"] + stage["width"] * (10.0 - west) / (east - west)
    right = stage["x"] + stage["width"] * (14.0 - west) / (east - west)
    top = stage["y"] + stage["height"] * (north - 4.0) / (
        north - south
    )  # near enough to the equator
    below = stage["y"] + stage["height"] * (north - 0.0) / (north - south)
    shapes = {"x": left + 1, "y": top + 1, "width": right - left - 2, "height": below - top - 2}
    assert not _meet(panel, shapes), (panel, shapes)
    page.get_by_role("tab", name="New run").click()
    page.get_by_role("tab", name="New run").scroll_into_view_if_needed()
    button = page.get_by_role("button", name="Run", exact=True).bounding_box()
    if width > 992:  # beside the map; below it the page is scrolled
        assert button["y"] + button["height"] <= height
    watched.close()


def _meet(a: dict[str, float], b: dict[str, float]) -> bool:
    across = a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
    return across and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


def test_a_page_opened_while_the_service_is_away_comes_up_by_itself(browser: Any, served: Served) -> None:  # fmt: skip
    outputs, _ = OUTPUTS["gaps"]
    job = keep(served, "gaps", outputs=outputs)
    watched = Watched(browser, served.url, reduced_motion="reduce")
    asked = re.compile(r":\d+/(v1/|jobs|collections|web/vendor/world)")
    watched.page.route(asked, lambda route: route.abort())
    page = watched.open(f"#run={job}")
    page.get_by_text("It may be starting", exact=False).or_(
        page.get_by_text("it may be starting")
    ).first.wait_for()
    assert page.get_by_text("Nothing was computed yet").count() == 0
    watched.page.unroute(asked)
    page.locator(".says").wait_for()
    page.get_by_text("it may be starting").wait_for(state="detached")
    watched.settle()
    drawn = [url for url, status in watched.statuses.items() if status == 200]
    assert any("/xyz/" in url and ".png" in url for url in drawn)
    assert any("countries-50m" in url for url in drawn)
    watched.close()
