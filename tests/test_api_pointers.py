"""Every refusal names the place in the request, as the client sees it, and no part of our models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from made_service import REACH, make_client

from ew4all.api.pointers import faults_of, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

EXECUTION = "/processes/reach/execution"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("pointers"), workers=0, sync_wait_s=0.0) as made:
        yield made


@pytest.mark.parametrize(
    ("given", "pointer", "words"),
    [
        ({"area": "/etc/passwd"}, "#/inputs/area", ["pattern", "; or: ", "dictionary"]),
        ({"population": float("nan")}, "#/inputs/population", ["string", "; or: ", "dictionary"]),
        ({"coverage": {"4g": "x"}}, "#/inputs/coverage/4g", ["pattern"]),
        ({"coverage": {"a/b": "demo:x"}}, "#/inputs/coverage/a~1b", ["pattern"]),
        ({"assume": {"x": "y"}}, "#/inputs/assume/x", ["number"]),
        ({"hazard_min": float("inf")}, "#/inputs/hazard_min", ["finite"]),
        ({"hazard_where": {"a": [float("nan")]}}, "#/inputs/hazard_where/a/0", ["finite"]),
        ({"nothing": 1}, "#/inputs/nothing", ["not permitted"]),
        ({"area": "upload:none"}, "#/inputs/area", ["there is no 'upload:none'"]),
        ({"coverage": {"4g": "layer:none"}}, "#/inputs/coverage/4g", ["/v1/layers"]),
    ],
)
def test_a_fault_of_an_input_has_its_place(
    client: TestClient, given: dict[str, Any], pointer: str, words: list[str]
) -> None:
    body = json.dumps({"inputs": {**REACH, **given}})
    answer = client.post(EXECUTION, content=body, headers=JSON)
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert all(word in fault["detail"] for word in words)
    assert "[" not in fault["pointer"]
    assert "constrained-str" not in answer.text


def test_what_is_missing_has_a_place_too(client: TestClient) -> None:
    answer = client.post(EXECUTION, json={"inputs": {}})
    assert [e["pointer"] for e in answer.json()["errors"]] == ["#/inputs/population"]
    assert answer.json()["errors"][0]["code"] == "missing"


@pytest.mark.parametrize(
    "body",
    [
        b'{"scenario":', b"[" * 100_000, b'{"seed": ' + b"9" * 5000 + b"}", b'{"scenario": "\xff"}', b'{"a": 1,}', b"\x00",
    ],
)  # fmt: skip
def test_what_is_no_json_is_told(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/runs", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-json")
    assert answer.json()["errors"][0]["pointer"] == "#"


DRILL = {
    "hazard": "flood", "status": "Exercise", "contents": [{"language": "en", "place": "Green Valley", "time": "18:00"}],
    "area": {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.0]]]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"status": "Actual"}, "#/status"),
        ({"contents": [{"language": "en", "time": "18:00"}]}, "#/contents/0/place"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, "x"]]]}}, "#/area/coordinates/0/0/1"),
        ({"hours": float("nan")}, "#/hours"),
        ({"more": 1}, "#/more"),
        ({"more": 10**4000}, "#/more"),
    ],
)
def test_a_fault_of_a_drill_has_its_place(
    client: TestClient, given: dict[str, Any], pointer: str
) -> None:
    answer = client.post("/v1/alerts", content=json.dumps({**DRILL, **given}), headers=JSON)
    assert answer.status_code == 400
    assert pointer in {one["pointer"] for one in answer.json()["errors"]}


@pytest.mark.parametrize("body", [b'{"hazard":' + b"[" * 100_000, b"{", b'{"hazard": "\xff"}'])
def test_what_is_no_json_is_no_drill(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/alerts", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-json")


@pytest.mark.parametrize("path", ["/v1/runs", "/v1/keys"])
@pytest.mark.parametrize("kind", ["text/xml", "application/x-www-form-urlencoded", "text/plain"])
def test_another_type_of_body_is_415(client: TestClient, path: str, kind: str) -> None:
    answer = client.post(path, content=b"name=a", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong-type")
    assert answer.headers["accept"] == "application/json"
    assert answer.json()["errors"][0]["pointer"] == "header:Content-Type"


@pytest.mark.parametrize(
    ("method", "path", "status", "pointer"),
    [
        ("GET", "/v1/layers/none", 404, "path:layer_id"),
        ("GET", "/v1/scenarios/none/versions/1", 404, "path:scenario_id"),
        ("GET", "/collections/none/items", 404, "path:collection_id"),
        ("GET", "/jobs/none", 404, "path:job_id"),
        ("GET", "/processes/none", 404, "path:process_id"),
        ("GET", "/nowhere", 404, "path:"),
        ("PUT", "/v1/layers", 405, "method:"),
        ("POST", "/v1/scenarios", 413, "#"),
    ],
)
def test_every_refusal_says_where(
    client: TestClient, method: str, path: str, status: int, pointer: str
) -> None:
    body = b"x" * (9 << 20) if status == 413 else b""
    answer = client.request(method, path, content=body)
    assert answer.status_code == status
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert fault["code"] == answer.json()["code"]


@pytest.mark.parametrize(
    ("name", "content", "is_taken"),
    [
        ("a.geojson", b'{"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0]', False),
        ("a.geojson", b"[" * 5000, False),
        ("a.geojson", b"{}", False),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', True),
        ("a.geojson", b'{"type": "Point", "coordinates": [-61.8, 12.0]}', True),
        ("a.gpkg", b"SQLite format 3\0" + b"\0" * 1000, False),
        ("a.parquet", b"PAR1" + b"\0" * 100, False),
        ("a.fgb", b"fgb\x03fgb\x00" + b"\0" * 100, False),
    ],
)
def test_a_file_of_which_a_part_is_missing_is_refused(
    client: TestClient, name: str, content: bytes, *, is_taken: bool
) -> None:
    answer = client.post(f"/v1/uploads?name={name}&role=zones", content=content)
    if is_taken:
        assert answer.status_code == 201, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable-input")
        assert answer.json()["errors"][0]["pointer"] == "#"


def test_a_run_has_places_in_its_own_body(client: TestClient) -> None:
    answer = client.post("/v1/runs", json={"scenario": "upload:none"})
    assert answer.json()["errors"][0]["pointer"] == "#/scenario"
    answer = client.post("/v1/runs", json={"scenario": "grenada-beryl", "replicas": 10**6})
    assert answer.json()["errors"][0]["pointer"] == "#/replicas"


def test_keys_say_where(tmp_path_factory: pytest.TempPathFactory) -> None:
    with make_client(tmp_path_factory.mktemp("keys"), workers=0, auth="keys") as keyed:
        for headers in ({}, {"Authorization": "Bearer ew4_none"}):
            answer = keyed.get("/v1/layers", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["errors"][0]["pointer"] == "header:Authorization"


def test_kinds_that_were_tried_are_no_place() -> None:
    body = {"a": [{"b": "x"}]}
    errors = [
        {"loc": ("a", "list[int]", 0, "int"), "type": "int_type", "msg": "no number"},
        {"loc": ("a", 0, "dict[str,int]", "b"), "type": "int_type", "msg": "no number"},
        {"loc": ("a", 0, "model", "c"), "type": "missing", "msg": "missing"},
    ]
    found = [one["pointer"] for one in faults_of(errors, body, "#")]
    assert found == ["#/a/0", "#/a/0/b", "#/a/0/c"]
    assert pointer_to("x", body, "#") == "#/a/0/b"
    assert pointer_to("y", body, "#") is None
