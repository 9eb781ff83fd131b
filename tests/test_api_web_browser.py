"""The first page in a real browser: what it shows, a run that is drawn, keys alone, keys of the API, and streams that fail."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from made_browser import Watched, chromium, demo_served, tab_to, violations
from made_server import serving

from ew4all.api.identity import make_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TITLE = "Grenada, Hurricane Beryl, 1 July 2024 (demo data, not for operations)"
BOX = "-61.75, 12.0, -61.6, 12.2"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # Streams of a few seconds: the page takes them up again, over and over, and loses nothing.
    with demo_served(tmp_path_factory.mktemp("page"), stream_s=4.0) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


@pytest.fixture
def watched(browser: Any, url: str) -> Iterator[Watched]:
    made = Watched(browser, url)
    yield made
    made.close()


def open_demo(watched: Watched) -> Any:
    """The page at the run of the demo; without that it shows the newest, which may be another test's."""
    job = httpx.get(f"{watched.url}/jobs").json()["jobs"][-1]["jobID"]
    page = watched.open(f"#run={job}")
    page.get_by_role("heading", name=TITLE).wait_for()
    return page


def is_well(watched: Watched) -> None:
    """The page asked nobody else and complained of nothing."""
    assert watched.strangers() == []
    assert watched.said == []


def colours(page: Any) -> np.ndarray:
    """Pixels of the map, rows x columns x (red, green, blue)."""
    from PIL import Image

    picture = page.locator("#map canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def oranges(page: Any) -> int:
    """Pixels in the colours of people without signal."""
    red, green, blue = np.moveaxis(colours(page), -1, 0)
    return int(((red > 150) & (red - blue > 90) & (red - green > 40) & (green > 40)).sum())


def test_first_page_shows_the_demo(watched: Watched, url: str) -> None:
    page = watched.open()
    page.get_by_role("heading", name=TITLE).wait_for()
    job = httpx.get(f"{url}/jobs").json()["jobs"][-1]["jobID"]
    reach = httpx.get(f"{url}/jobs/{job}/results").json()["reach"]
    says = page.locator(".says").inner_text()
    assert f"{reach['people']['in_area']:,.0f} people" in says
    assert f"{reach['people']['uncovered']:,.0f} have none" in says
    page.locator(".link.live").wait_for()
    watched.settle()
    drawn = [url for url, status in watched.statuses.items() if status == 200]
    assert any(f"{job}.uncovered.tif/xyz/" in url and ".png" in url for url in drawn)
    assert any(f"{job}.zones.gpkg/xyz/" in url and ".mvt" in url for url in drawn)
    assert oranges(page) > 200
    page.get_by_label("People without signal", exact=True).uncheck()
    page.wait_for_timeout(1500)
    assert oranges(page) < 20
    is_well(watched)


def test_first_load_is_light_and_quick(browser: Any, url: str) -> None:
    painted = []
    for _ in range(3):
        watched = Watched(browser, url)
        page = open_demo(watched)
        watched.settle()
        sent = page.evaluate(
            "performance.getEntriesByType('resource').reduce((sum, e) => sum + e.transferSize, 0)"
        )
        assert 500_000 < sent < 1_500_000
        painted.append(page.evaluate("performance.getEntriesByName('first-paint')[0].startTime"))
        watched.close()
    assert min(painted) < 2000, painted


def test_draw_run_and_download(watched: Watched, url: str, tmp_path: Path) -> None:
    page = open_demo(watched)
    watched.settle()
    page.get_by_role("tab", name="New run").click()
    page.get_by_role("button", name="Draw on the map").click()
    box = page.locator("#map").bounding_box()
    across, down = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5
    for dx, dy in ((-120, -60), (140, -80), (160, 200)):
        page.mouse.click(across + dx, down + dy)
        page.wait_for_timeout(350)
    page.get_by_text("3 so far").wait_for()
    page.mouse.dblclick(across - 100, down + 180)
    page.get_by_role("option", name="drawn or typed: 4 corners").wait_for(state="attached")
    page.get_by_label("Title").fill("Drawn by hand")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("progressbar", name="Progress of Drawn by hand").wait_for()
    page.get_by_role("heading", name="Drawn by hand").wait_for()
    page.locator(".says").wait_for(timeout=120_000)
    job = httpx.get(f"{url}/jobs").json()["jobs"][0]
    assert (job["title"], job["status"]) == ("Drawn by hand", "successful")
    results = httpx.get(f"{url}/jobs/{job['jobID']}/results").json()
    people = results["reach"]["people"]
    assert 0 < people["in_area"] < people["total"]
    assert f"{people['in_area']:,.0f} people" in page.locator(".says").inner_text()
    page.locator("figure").first.get_by_text("Table").click()
    shown = page.locator("figure").first.locator("tbody tr").count()
    assert shown == sum(z["people"]["in_area"] > 0 for z in results["reach"]["zones"])
    with page.expect_download() as saving:
        page.get_by_role("link", name="zones.csv").click()
    saving.value.save_as(tmp_path / "zones.csv")
    there = next(f for f in results["files"] if f["name"] == "zones.csv")
    assert (tmp_path / "zones.csv").read_bytes() == httpx.get(there["href"]).content
    is_well(watched)


def test_keys_alone_are_enough(watched: Watched) -> None:
    page = open_demo(watched)
    tab_to(page, ".skip", 90)
    page.keyboard.press("Enter")
    tab_to(page, "#tab-results", 90)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-new"
    tab_to(page, "#area-draw", 90)
    page.keyboard.press("Enter")
    page.get_by_text("Click the corners of").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Click the corners of").wait_for(state="detached")
    tab_to(page, "fieldset summary", 90)
    page.keyboard.press("Enter")
    tab_to(page, "#area-text", 90)
    page.keyboard.type("12.0, -61.75, moon")
    tab_to(page, "details .field + button", 90)
    page.keyboard.press("Enter")
    page.get_by_text("There is something that is no number").wait_for()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(BOX)
    tab_to(page, "details .field + button", 90)
    page.keyboard.press("Enter")
    page.get_by_role("option", name="drawn or typed: 4 corners").wait_for(state="attached")
    tab_to(page, "#run-name", 90)
    page.keyboard.type("By keys")
    tab_to(page, "button.main", 90)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="By keys").wait_for()
    page.locator(".says").wait_for(timeout=120_000)
    tab_to(page, "figure summary", 90)
    page.keyboard.press("Enter")
    page.locator("figure").first.get_by_role("table").wait_for()
    tab_to(page, ".files a", 90)
    is_well(watched)


def test_nothing_hinders_people_with_other_means(watched: Watched) -> None:
    page = open_demo(watched)
    watched.settle()
    for table in page.locator("figure summary").all():
        table.click()
    assert violations(page) == []
    page.get_by_role("tab", name="New run").click()
    page.get_by_text("Type or paste it").click()
    page.get_by_label("Networks").select_option("own")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("There is no warning area yet").wait_for()
    assert violations(page) == []
    is_well(watched)


@pytest.mark.parametrize(("width", "height"), [(640, 450), (820, 1180), (1024, 768), (1280, 900)])
def test_everything_fits(browser: Any, url: str, width: int, height: int) -> None:
    watched = Watched(browser, url, width, height)
    page = open_demo(watched)
    for tab in ("Runs and results", "New run"):
        page.get_by_role("tab", name=tab).click()
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{tab}: {over} pixels too wide"
        inside = page.evaluate(
            "(() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth })()"
        )
        assert inside <= 0, f"{tab}: the panel is {inside} pixels too wide"
    assert page.locator("#map canvas").bounding_box()["height"] > 250
    watched.close()


def test_errors_are_told_where_they_belong(watched: Watched, tmp_path: Path) -> None:
    page = watched.open()
    page.get_by_role("tab", name="New run").click()
    bad = tmp_path / "people.exe"
    bad.write_bytes(b"MZ")
    page.get_by_label("Upload a file: Population").set_input_files(bad)
    told = page.locator("#people-told")
    told.get_by_text("is of a type that is not taken").wait_for()
    zones = {"type": "FeatureCollection", "features": []}
    good = tmp_path / "mine.geojson"
    good.write_text(json.dumps({**zones, "features": [square()]}), "utf-8")
    page.get_by_label("Upload a file: Area to use").set_input_files(good)
    page.locator("#area option:checked", has_text="mine").wait_for(state="attached")
    page.route("**/execution", lambda route: route.fulfill(
        status=429, content_type="application/problem+json",
        body=json.dumps({"status": 429, "code": "too-many-jobs", "detail": "you have 100 jobs that are not finished"}),
    ))  # fmt: skip
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("alert").get_by_text("you have 100 jobs").wait_for()


def square() -> dict[str, Any]:
    ring = [[-61.7, 12.0], [-61.6, 12.0], [-61.6, 12.1], [-61.7, 12.1], [-61.7, 12.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": "square"}, "geometry": shape}


def test_without_streams_jobs_are_asked_for_in_turn(watched: Watched) -> None:
    watched.page.route("**/v1/events*", lambda route: route.abort())
    page = watched.open()
    page.locator(".link.polling").wait_for()
    page.get_by_role("tab", name="New run").click()
    page.get_by_label("Area to use", exact=True).select_option("demo:area.geojson")
    page.get_by_label("Title").fill("Asked in turn")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("heading", name="Asked in turn").wait_for()
    page.locator(".says").wait_for(timeout=120_000)


def test_a_key_is_asked_for_and_kept_in_the_tab(browser: Any, tmp_path: Path) -> None:
    with serving(tmp_path, auth="keys") as made:
        _, secret = make_key(made.service.database, "somebody", "analyst")
        watched = Watched(browser, made.url)
        page = watched.open()
        field = page.get_by_label("API key")
        field.fill("ew4_wrong")
        page.get_by_role("button", name="Use it").click()
        page.get_by_text("unknown, expired or revoked").wait_for()
        assert violations(page) == []
        field.fill(secret)
        field.press("Enter")
        page.get_by_text("Nothing was computed yet").wait_for(state="attached")
        page.locator(".link.live").wait_for()
        kept = page.evaluate(
            "[Object.values(sessionStorage), Object.values(localStorage), document.cookie]"
        )
        assert kept == [[secret], [], ""]
        assert secret not in page.url
        page.get_by_role("button", name="Forget the API key").click()
        field.wait_for()
        assert page.evaluate("sessionStorage.length") == 0
        assert watched.strangers() == []
        watched.close()


GOOD = [
    ("-61.75, 12, -61.6, 12.2", 1, 5),
    ("-61.75 12\n-61.6 12\n-61.6 12.2", 1, 4),
    ("POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))", 1, 8),
    ("multipolygon z (((0 0 5, 4 0 5, 4 4 5, 0 0 5)), ((9 9 1, 8 9 1, 8 8 1, 9 9 1)))", 2, 8),
    (json.dumps({"type": "FeatureCollection", "features": [square(), square()]}), 2, 10),
]
BAD = [
    ("", "There is nothing in it"),
    ("-61.75, 12, -61.6", "Line 1 has 3 numbers"),
    ("1 2\n3 4", "three corners"),
    ("200 2\n3 4\n5 6", "is not on the Earth"),
    ("5, 0, 1, 9", "west and south are smaller"),
    ("POINT (1 2)", "neither POLYGON nor MULTIPOLYGON"),
    ("POLYGON ((1 2, 3 4", "neither POLYGON nor MULTIPOLYGON"),
    ('{"type": "Point", "coordinates": [1, 2]}', "no polygon"),
    ("{nonsense", "is no JSON"),
    ("one, two", "neither POLYGON nor MULTIPOLYGON"),
    ('{"type": "Polygon", "coordinates": [[["a", 1], [2, 3], [4, 5]]]}', "no pair of numbers"),
    ('{"type": "Polygon", "coordinates": 7}', "no polygon"),
]


def test_shapes_are_read_from_text(watched: Watched) -> None:
    page = watched.open()
    read = """async (text) => {
        const { shapeOf, corners } = await import(new URL("web/app/geometry.js", document.baseURI));
        try { const s = shapeOf(text); return [s.type, s.type === "Polygon" ? 1 : s.coordinates.length, corners(s).length]; }
        catch (error) { return [error.constructor.name, error.message]; }
    }"""
    for text, polygons, corners in GOOD:
        kind = "Polygon" if polygons == 1 else "MultiPolygon"
        assert page.evaluate(read, text) == [kind, polygons, corners], text
    for text, told in BAD:
        kind, said = page.evaluate(read, text)
        assert kind == "Error", (text, said)
        assert told in said, (text, said)
