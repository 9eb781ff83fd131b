"""OGC API - Features: collections, boxes, times, pages, and what is refused."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from made_layers import MADE, PEOPLE, keep_results, write_results
from made_service import make_client, service_of
from sqlalchemy import insert

from ew4all.api.features.asking import boxes_of, selected, span_of
from ew4all.api.features.reading import read_table
from ew4all.api.features.table import Table, plain
from ew4all.api.problems import Problem
from ew4all.api.settings import Limits
from ew4all.api.store.tables import DOCUMENTS
from ew4all.demo import folder as demo_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("features")
    write_results(folder / "out")
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out", title="Beryl")
        keep_alert(client, "a1", (demo_folder() / "alert.xml").read_text("utf-8"))
        yield client


def keep_alert(client: TestClient, identifier: str, body: str, version: int = 1) -> None:
    row = {
        "id": identifier, "kind": "alert", "version": version, "title": identifier, "body": body, "facts": {}, "etag": "e",
        "owner": "local", "created": MADE, "is_latest": True, "is_deleted": False,
    }  # fmt: skip
    with service_of(client).database.begin() as connection:
        connection.execute(insert(DOCUMENTS).values(row))


def names(client: TestClient) -> dict[str, str]:
    """Ending of the identifier of each collection, to the address of its features."""
    found = client.get("/collections").json()["collections"]
    return {
        one["id"].partition(".")[2] or one["id"]: f"/collections/{one['id']}/items" for one in found
    }


def test_each_table_is_one_collection(client: TestClient) -> None:
    """Of zones.gpkg and zones.parquet, which are the same, one; and the cells of the raster of people."""
    assert set(names(client)) == {
        "alerts",
        "live-alerts",
        "zones",
        "islands",
        "cells",
        "uncovered.cells",
    }
    (tower,) = client.get(names(client)["cells"]).json()["features"]
    assert tower["id"] == "t1"


def test_a_collection_says_where_and_when(client: TestClient) -> None:
    found = {c["id"].partition(".")[2]: c for c in client.get("/collections").json()["collections"]}
    zones = found["zones"]
    assert zones["title"] == "Beryl: zones"
    assert zones["crs"] == [CRS84]
    assert zones["itemType"] == "feature"
    assert zones["extent"]["spatial"] == {"bbox": [[10.0, 0.0, 14.0, 4.0]], "crs": CRS84}
    assert zones["extent"]["temporal"]["interval"] == [[MADE.isoformat(), MADE.isoformat()]]
    assert client.get(f"/collections/{zones['id']}").json() == zones
    for link in zones["links"]:
        answer = client.get(link["href"])
        assert answer.status_code == 200, link
        if link["rel"] != "via":
            assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0]


def test_features_are_geojson(client: TestClient) -> None:
    answer = client.get(names(client)["zones"])
    assert answer.headers["content-type"] == "application/geo+json"
    found = answer.json()
    assert found["type"] == "FeatureCollection"
    assert found["numberMatched"] == found["numberReturned"] == 3
    assert dt.datetime.fromisoformat(found["timeStamp"]).tzinfo is not None
    west, _, outside = found["features"]
    assert west["id"] == "west"
    assert west["properties"] == {"id": "west", "name": "West", "uncovered": 22.0}
    # Longitude first, and the outer ring anticlockwise.
    shape = shapely.geometry.shape(west["geometry"])
    assert shape.bounds == (10.0, 0.0, 12.0, 4.0)
    assert outside["geometry"] is None
    assert outside["properties"]["uncovered"] is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(pd.NA, None), (pd.NaT, None), (np.nan, None), (np.int64(3), 3), (Decimal("1.50"), "1.50"), (Decimal("NaN"), None)],
)  # fmt: skip
def test_what_is_not_known_is_null(value: Any, wanted: Any) -> None:
    assert plain(value) == wanted


def test_zones_without_a_rank_are_features(tmp_path: Path) -> None:
    """Zones of a gap analysis have a whole number as rank, and the rest beside the zones has none."""
    ranks = pd.array([1, None], dtype="Int64")
    frame = gpd.GeoDataFrame({"id": ["a", "outside"], "rank": ranks}, geometry=[shapely.Point(1, 2), None], crs=4326)  # fmt: skip
    frame.to_parquet(tmp_path / "zones.parquet", index=False)
    table = read_table(tmp_path / "zones.parquet", Limits())
    assert isinstance(table, Table)
    assert table.columns["rank"] == [1, None]
    assert '"geometry":null' in table.geojson(np.array([1]))[0]


def test_one_feature_is_had_by_its_name(client: TestClient) -> None:
    path = names(client)["zones"]
    one = client.get(f"{path}/east").json()
    assert one["type"] == "Feature"
    assert one["properties"]["uncovered"] == 53.0
    assert {k["rel"] for k in one["links"]} == {"self", "alternate", "collection"}
    gone = client.get(f"{path}/north")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown-feature")


def test_pages_hold_every_feature_once(client: TestClient) -> None:
    whole = client.get(names(client)["uncovered.cells"]).json()
    for limit in (1, 4, 11, 100):
        seen, address, pages = [], f"{names(client)['uncovered.cells']}?limit={limit}", 0
        while address:
            page = client.get(address).json()
            links = {k["rel"]: k["href"] for k in page["links"]}
            assert ("prev" in links) == (pages > 0)
            assert page["numberMatched"] == 11
            assert page["numberReturned"] == len(page["features"]) <= limit
            seen += page["features"]
            address, pages = links.get("next", ""), pages + 1
        assert seen == whole["features"]
    beyond = client.get(names(client)["zones"], params={"offset": 50}).json()
    assert (beyond["features"], beyond["numberMatched"]) == ([], 3)


def test_cells_are_those_with_people_and_nobody_is_lost(client: TestClient) -> None:
    found = client.get(names(client)["uncovered.cells"]).json()["features"]
    assert sum(f["properties"]["people"] for f in found) == PEOPLE[PEOPLE > 0].sum() == 75.0
    for feature in found:
        shape = shapely.geometry.shape(feature["geometry"])
        right, down = int(shape.bounds[0] - 10.0), int(4.0 - shape.bounds[3])
        assert feature["properties"]["people"] == PEOPLE[down, right]
        assert shape.exterior.is_ccw
        assert shape.area == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("bbox", "collection", "wanted"),
    [
        ("10.5,1,11,2", "zones", ["west"]),
        ("11,1,13,2", "zones", ["west", "east"]),
        ("12,1,12,1", "zones", ["west", "east"]),  # a point on their border
        ("20,1,30,2", "zones", []),
        ("170,-80,11,80", "zones", ["west"]),  # over the 180th meridian
        ("10.5,1,-100,11,2,5000", "zones", ["west"]),
        ("179.5,-17.5,180,-17", "islands", ["1"]),
        ("-180,-17.5,-179.5,-17", "islands", ["1"]),
        ("178,-17.5,-178,-17", "islands", ["1"]),
        ("-178,-17.5,178,-17", "islands", []),  # the other way round the Earth
    ],
)
def test_a_box_selects(client: TestClient, bbox: str, collection: str, wanted: list[str]) -> None:
    found = client.get(names(client)[collection], params={"bbox": bbox}).json()
    assert [f["id"] for f in found["features"]] == wanted
    assert found["numberMatched"] == len(wanted)


@pytest.mark.parametrize(
    ("datetime", "count"),
    [
        ("2026-07-01T12:00:00Z", 3),
        ("2026-07-01T14:00:00+02:00", 3),
        ("2026-07-01", 3),
        ("2026-06-30", 0),
        ("../2026-07-01T11:59:59Z", 0),
        ("/2026-07-02T00:00:00Z", 3),
        ("2026-07-01T12:00:01Z/..", 0),
        ("2026-01-01T00:00:00Z/2026-12-31T00:00:00Z", 3),
    ],
)
def test_a_time_selects_results_by_when_they_were_made(
    client: TestClient, datetime: str, count: int
) -> None:
    found = client.get(names(client)["zones"], params={"datetime": datetime}).json()
    assert found["numberMatched"] == count


@pytest.mark.parametrize(
    ("query", "code", "where"),
    [
        ("bbox=1,2,3", "invalid-request", "query:bbox"),
        ("bbox=1,2,3,4,5", "invalid-request", "query:bbox"),
        ("bbox=a,b,c,d", "invalid-request", "query:bbox"),
        ("bbox=0,50,10,40", "bad-bbox", "query:bbox"),
        ("bbox=0,0,10,91", "bad-bbox", "query:bbox"),
        ("bbox=-190,0,10,20", "bad-bbox", "query:bbox"),
        ("bbox=1e999,0,10,20", "bad-bbox", "query:bbox"),
        ("bbox=nan,0,10,20", "invalid-request", "query:bbox"),
        ("datetime=yesterday", "invalid-request", "query:datetime"),
        ("datetime=2026-13-01", "bad-datetime", "query:datetime"),
        ("datetime=../..", "bad-datetime", "query:datetime"),
        ("datetime=2026-07-02/2026-07-01", "bad-datetime", "query:datetime"),
        ("limit=0", "invalid-request", "query:limit"),
        ("limit=-3", "invalid-request", "query:limit"),
        ("limit=ten", "invalid-request", "query:limit"),
        ("offset=-1", "invalid-request", "query:offset"),
        ("f=xml", "invalid-request", "query:f"),
        ("startindex=1", "unknown-parameter", "query:startindex"),
        ("limit=1&crs=EPSG:4326", "unknown-parameter", "query:crs"),
    ],
)
def test_a_bad_question_is_refused(client: TestClient, query: str, code: str, where: str) -> None:
    answer = client.get(f"{names(client)['zones']}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == where


def test_a_limit_that_is_too_large_is_made_smaller(client: TestClient) -> None:
    answer = client.get(names(client)["zones"], params={"limit": 1_000_000})
    assert answer.status_code == 200
    assert "limit=10000" in answer.json()["links"][0]["href"]


@pytest.mark.parametrize(
    "path", ["/collections/nobody", "/collections/a.cells/items", "/collections/%2e%2e/items"]
)
def test_unknown_collections_are_told(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {400, 404}
    assert answer.headers["content-type"] == "application/problem+json"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "f", "kind"),
    [
        (BROWSER, None, "text/html"),
        (BROWSER, "json", "application/geo+json"),
        ("*/*", None, "application/geo+json"),
        ("application/geo+json, text/html;q=0.5", None, "application/geo+json"),
        ("text/html;q=0", None, "application/geo+json"),
        ("application/geo+json", "html", "text/html"),
    ],
)
def test_people_get_a_page(client: TestClient, accept: str, f: str | None, kind: str) -> None:
    params = {} if f is None else {"f": f}
    answer = client.get(names(client)["zones"], params=params, headers={"Accept": accept})
    assert answer.headers["content-type"].split(";")[0] == kind
    assert "Accept" in answer.headers["vary"]


def test_pages_are_whole_and_escape_what_they_show(client: TestClient) -> None:
    from html.parser import HTMLParser

    class Addresses(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in {"script", "iframe", "img", "link"}
            self.found += [v for k, v in attrs if k == "href" and v]

    zones = names(client)["zones"]
    for path in ("/collections", zones.removesuffix("/items"), zones, f"{zones}/west"):
        page = Addresses()
        page.feed(client.get(path, params={"f": "html"}).text)
        assert page.found
        for address in page.found:
            assert address.startswith("http://testserver/")
            assert client.get(address).status_code == 200, address
    keep_alert(client, "a9", "<script>alert(1)</script>")
    assert "<script>" not in client.get(names(client)["alerts"], params={"f": "html"}).text


def test_answers_are_kept_until_the_features_change(client: TestClient) -> None:
    path = names(client)["zones"]
    first = client.get(path)
    assert first.headers["etag"].startswith("W/")  # it may be compressed on its way
    assert first.headers["cache-control"] == "public, max-age=3600"
    same = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert client.get(path).content == first.content  # made once, with the time at which it was
    for query in ("limit=2", "bbox=0,0,1,1", "f=html"):
        assert client.get(f"{path}?{query}").headers["etag"] != first.headers["etag"]
    alerts = names(client)["alerts"]
    before = client.get(alerts)
    assert before.headers["cache-control"] == "public, no-cache"
    keep_alert(client, "a2", (demo_folder() / "alert.xml").read_text("utf-8"))
    after = client.get(alerts, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["numberMatched"] == before.json()["numberMatched"] + 1


def test_alerts_are_features_where_and_when_they_are_in_force(client: TestClient) -> None:
    from ew4all.alerts.cap_areas import areas_of
    from ew4all.alerts.cap_xml import read_alerts

    text = (demo_folder() / "alert.xml").read_bytes()
    alert = read_alerts(text, "alert.xml")[0].alert
    assert alert is not None
    path = names(client)["alerts"]
    one = client.get(f"{path}/a1").json()
    info = alert.infos[0]
    assert one["properties"]["identifier"] == alert.identifier
    assert one["properties"]["status"] == str(alert.status)
    assert one["properties"]["event"] == info.event
    assert one["properties"]["expires"] == (info.expires.isoformat() if info.expires else None)
    places = [a.geometry for a in areas_of(alert, "alert.xml").areas]
    assert shapely.geometry.shape(one["geometry"]).equals(shapely.union_all(places))

    def at(time: dt.datetime) -> set[str]:
        params = {"datetime": time.isoformat()}
        return {f["id"] for f in client.get(path, params=params).json()["features"]}

    hour = dt.timedelta(hours=1)
    begins = info.onset or info.effective or alert.sent
    assert info.expires is not None
    assert "a1" in at(begins)
    assert "a1" in at(info.expires)
    assert "a1" not in at(begins - hour)
    assert "a1" not in at(info.expires + hour)


def test_an_alert_is_a_feature_as_long_as_it_is_stored(client: TestClient) -> None:
    text = (demo_folder() / "alert.xml").read_bytes()
    headers = {"Content-Type": "application/cap+xml"}
    made = client.post("/v1/alerts", content=text, headers=headers)
    assert made.status_code == 201, made.text
    path = f"{names(client)['alerts']}/{made.json()['id']}"
    assert client.get(path).json()["properties"]["version"] == 1
    tag = {"If-Match": made.headers["etag"]}
    assert client.delete(made.headers["location"], headers=tag).status_code == 204
    assert client.get(path).status_code == 404


# The index against a loop, on squares and boxes anywhere on Earth.
degrees = st.tuples(st.integers(-180, 180), st.integers(-90, 90))


@given(
    corners=st.lists(st.tuples(degrees, st.integers(0, 20), st.integers(0, 20)), max_size=12),
    west=st.integers(-180, 180),
    east=st.integers(-180, 180),
    lats=st.tuples(st.integers(-90, 90), st.integers(-90, 90)),
)
def test_the_index_finds_what_a_loop_finds(
    corners: list[Any], west: int, east: int, lats: tuple[int, int]
) -> None:
    shapes = np.array(
        [
            shapely.box(x, y, min(180, x + w), min(90, y + h)) if w and h else None
            for (x, y), w, h in corners
        ],
        dtype=object,
    )
    table = Table(tuple(map(str, range(len(shapes)))), shapes, {})
    south, north = sorted(lats)
    found = selected(table, boxes_of(f"{west},{south},{east},{north}"), None).tolist()

    def meets(shape: Any) -> bool:
        if shape is None:
            return False
        left, low, right, high = shape.bounds
        if low > north or high < south:
            return False
        if west <= east:
            return bool(left <= east and right >= west)
        return bool(right >= west or left <= east)

    assert found == [k for k, shape in enumerate(shapes) if meets(shape)]


@given(st.text(max_size=30))
def test_no_text_breaks_the_questions(text: str) -> None:
    for ask in (boxes_of, span_of):
        with suppress(Problem):
            ask(text)
