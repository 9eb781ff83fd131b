"""Alerts over HTTP: CAP in and out, GeoJSON, what a check finds, and that nothing real is ever made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_service import REACH, ended, make_client, started

from ew4all.alerts.cap_xml import read_alerts
from ew4all.api.routes.alerts import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

CAP = {"Content-Type": "application/cap+xml"}
SQUARE = [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.2], [-61.8, 12.0]]]
MANY = " ".join(f"12.0,{-61.8 + 0.2 * k / 6000:.6f}" for k in range(1, 6000))
DRILL: dict[str, Any] = {
    "hazard": "flood", "status": "Exercise", "sent": "2026-01-10T08:00:00Z", "hours": 2.0,
    "contents": [
        {"language": "en", "place": "Green Valley", "time": "18:00", "source": "Met Office"},
        {"language": "fr", "place": "Val Vert", "time": "18 h"},
    ],
    "area": {"type": "Polygon", "coordinates": SQUARE},
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("service")
    with make_client(folder, limits={"vertices": 5000}) as made:
        yield made


def sent(client: TestClient, text: str | bytes, **headers: str) -> Any:
    return client.post("/v1/alerts", content=text, headers={**CAP, **headers})


def test_an_alert_comes_out_as_it_came_in(client: TestClient) -> None:
    answer = sent(client, EXAMPLE)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["title"], made["facts"]["origin"]) == ("EXERCISE: flood", "received")
    assert {f["severity"] for f in made["facts"]["findings"]} == {"warning", "info"}
    path = answer.headers["location"]
    for url, accept in ((f"{path}.xml", "*/*"), (path, "application/cap+xml"), (path, "text/xml")):
        found = client.get(url, headers={"Accept": accept})
        assert found.content == EXAMPLE.encode()
        assert found.headers["content-type"].startswith("application/cap+xml")
        assert found.headers["content-disposition"].startswith("attachment")
    same = client.get(f"{path}.xml", headers={"If-None-Match": found.headers["etag"]})
    assert same.status_code == 304
    assert client.get(path).json() == made
    (listed,) = [a for a in client.get("/v1/alerts").json()["alerts"] if a["id"] == made["id"]]
    assert listed["facts"]["findings"] == []


def test_an_alert_is_geojson(client: TestClient) -> None:
    path = sent(client, EXAMPLE).headers["location"]
    for url, accept in ((f"{path}.geojson", "*/*"), (path, "application/geo+json")):
        answer = client.get(url, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith("application/geo+json")
    found = answer.json()
    (feature,) = found["features"]
    assert (found["type"], found["status"]) == ("FeatureCollection", "Exercise")
    assert feature["geometry"] == {"type": "Polygon", "coordinates": SQUARE}
    told = feature["properties"]
    assert (told["area"], told["event"], told["severity"]) == ("Green Valley", "Flood", "Severe")
    # In words alone it is told, and nowhere; over the 180th meridian it is in two parts; a point is one.
    words = _between(EXAMPLE, "<polygon>", "</polygon>", None)
    assert _features(client, words)[0]["geometry"] is None
    pacific = "-18.0,179.0 -18.0,-179.0 -17.0,-179.0 -17.0,179.0 -18.0,179.0"
    (shape,) = _features(client, _between(EXAMPLE, "<polygon>", "</polygon>", pacific))
    assert shape["geometry"]["type"] == "MultiPolygon"
    assert len(shape["geometry"]["coordinates"]) == 2
    point = words.replace("</areaDesc>", "</areaDesc><circle>12.1,-61.7 0</circle>")
    assert _features(client, point)[0]["geometry"] == {"type": "Point", "coordinates": [-61.7, 12.1]}  # fmt: skip


def _between(text: str, before: str, after: str, inside: str | None) -> str:
    head, _, rest = text.partition(before)
    tail = rest.partition(after)[2]
    return head + tail if inside is None else f"{head}{before}{inside}{after}{tail}"


def _features(client: TestClient, text: str) -> list[Any]:
    answer = sent(client, text)
    assert answer.status_code == 201, answer.text
    return list(client.get(f"{answer.headers['location']}.geojson").json()["features"])


@pytest.mark.parametrize(
    ("old", "new", "status", "code", "pointer"),
    [
        ("<status>Exercise", "<status>Nonsense", 400, "invalid-alert", "/alert/status"),
        ("12.0,-61.8 12.0,-61.6", "99.0,-61.8 12.0,-61.6", 400, "invalid-alert", "/alert/info[1]/area[1]/polygon[1]"),
        ("<scope>Public</scope>", "", 400, "invalid-alert", "/alert"),
        ("<alert ", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><alert ", 400, "invalid-alert", "/"),
        ("</alert>", "", 400, "invalid-alert", "/"),
        ('encoding="UTF-8"', 'encoding="ISO-8859-1"', 400, "not-utf-8", None),
        ("12.0,-61.8 12.0,-61.6", f"12.0,-61.8 {MANY} 12.0,-61.6", 413, "too-many-vertices", None),
    ],
)  # fmt: skip
def test_findings_are_told_with_their_places(
    client: TestClient, old: str, new: str, status: int, code: str, pointer: str | None
) -> None:
    assert old in EXAMPLE
    answer = sent(client, EXAMPLE.replace(old, new, 1))
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, told["code"]) == (status, code), told
    if pointer is not None:
        assert pointer in {e["pointer"] for e in told["errors"]}, told
        assert all(e["hint"] for e in told["errors"])


def test_a_feed_is_no_alert_and_a_type_is_wanted(client: TestClient) -> None:
    one = EXAMPLE.partition("?>")[2]
    answer = sent(client, f"<alerts>{one}{one}</alerts>")
    assert (answer.status_code, answer.json()["code"]) == (400, "several-alerts")
    wrong = client.post("/v1/alerts", content=EXAMPLE, headers={"Content-Type": "text/plain"})
    assert (wrong.status_code, wrong.json()["code"]) == (415, "wrong-type")


@pytest.mark.parametrize("status", ["Exercise", "Test", "Draft"])
def test_a_drill_is_made_and_is_valid(client: TestClient, status: str) -> None:
    answer = client.post("/v1/alerts", json={**DRILL, "status": status})
    assert answer.status_code == 201, answer.text
    facts = answer.json()["facts"]
    assert (facts["origin"], facts["status"], facts["languages"]) == ("made", status, ["en", "fr"])
    (reading,) = read_alerts(client.get(f"{answer.headers['location']}.xml").content, "made")
    assert reading.valid
    assert reading.alert is not None
    assert str(reading.alert.status) == status
    features = client.get(f"{answer.headers['location']}.geojson").json()["features"]
    assert [f["properties"]["language"] for f in features] == ["en", "fr"]
    assert all(f["geometry"]["type"] == "Polygon" for f in features)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"status": "Actual"}, "invalid-request", "#/status"),
        ({"status": "System"}, "invalid-request", "#/status"),
        ({"status": None}, "invalid-request", "#/status"),
        ({"hazard": "no_such"}, "template", None),
        ({"contents": []}, "invalid-request", "#/contents"),
        ({"contents": [{"language": "xx", "place": "a", "time": "b"}]}, "template", None),
        ({"hours": 0.0}, "invalid-request", "#/hours"),
        ({"hours": True}, "invalid-request", "#/hours"),
        ({"sent": "2026-01-10T08:00:00"}, "template", None),
        ({"sent": "9999-12-31T23:59:59Z"}, "bad-time", "#/sent"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}}, "invalid-request", "#/area"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 99], [1, 1], [0, 1], [0, 99]]]}}, "invalid-request", "#/area"),
        ({"area": {"type": "Point", "coordinates": [0, 0]}}, "invalid-request", "#/area"),
        ({"area": {"type": "Polygon", "coordinates": [[[1, 1]] * 4]}}, "geometry", None),
        ({"sender": "a b"}, "invalid-request", "#/sender"),
        ({"unknown": 1}, "invalid-request", "#/unknown"),
    ],
)  # fmt: skip
def test_what_no_drill_is_made_of(
    client: TestClient, change: Any, code: str, pointer: str | None
) -> None:
    answer = client.post("/v1/alerts", json={**DRILL, **change})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (400, code), told
    if pointer is not None:
        assert any(e["pointer"].startswith(pointer) for e in told["errors"]), told


def test_a_real_alert_is_kept_for_analysis_and_never_takes_the_place_of_a_drill(
    client: TestClient,
) -> None:
    real = EXAMPLE.replace("<status>Exercise", "<status>Actual")
    assert sent(client, real).json()["facts"]["origin"] == "received"
    made = client.post("/v1/alerts", json=DRILL)
    path, tag = made.headers["location"], made.headers["etag"]

    def put(text: str, tag: str) -> Any:
        return client.put(path, content=text, headers={**CAP, "If-Match": tag})

    refused = put(real, tag)
    assert (refused.status_code, refused.json()["code"]) == (400, "drills-only")
    assert refused.json()["errors"][0]["pointer"] == "/alert/status"
    # Nor by two steps.
    changed = put(EXAMPLE, tag)
    assert changed.json()["facts"]["origin"] == "made"
    assert put(real, changed.headers["etag"]).status_code == 400
    versions = client.get(f"{path}/versions").json()["alerts"]
    assert [v["facts"]["status"] for v in versions] == ["Exercise", "Exercise"]


@pytest.mark.slow
def test_a_stored_alert_in_a_version_is_an_input(client: TestClient) -> None:
    first = sent(client, EXAMPLE)
    smaller = EXAMPLE.replace("12.2", "12.1")
    client.put(first.headers["location"], content=smaller, headers={**CAP, "If-Match": first.headers["etag"]})  # fmt: skip
    inputs = {k: v for k, v in REACH.items() if k != "area"}
    people = []
    for reference in (f"{first.json()['reference']}@1", first.json()["reference"]):
        job = started(client, "reach", {**inputs, "cap": reference})
        assert ended(client, job)["status"] == "successful"
        people.append(client.get(f"/jobs/{job}/results").json()["reach"]["people"]["in_area"])
    assert people[0] > people[1] > 0
    answer = client.post(
        "/processes/reach/execution",
        json={"inputs": {**inputs, "cap": f"{first.json()['reference']}@3"}},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-reference")


def test_real_alerts_come_out_as_they_came_in(client: TestClient, shared_data: Path) -> None:
    """What is valid is stored and comes out byte for byte; what is not is a problem."""
    counts = {201: 0, 400: 0}
    for path in sorted((shared_data / "cap-samples").glob("*.xml")):
        data = path.read_bytes()
        answer = sent(client, data)
        if answer.status_code == 413:
            continue
        counts[answer.status_code] += 1
        if answer.status_code == 201:
            found = client.get(f"{answer.headers['location']}.xml").content
            assert found == data.removeprefix(b"\xef\xbb\xbf")
            shapes = client.get(f"{answer.headers['location']}.geojson").json()["features"]
            assert len(shapes) >= (b"<areaDesc>" in data)
        else:
            assert answer.json()["code"] in {"invalid-alert", "several-alerts", "not-utf-8"}
    assert min(counts.values()) >= 5, counts
