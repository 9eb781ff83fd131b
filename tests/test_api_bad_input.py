"""Bad input, as the issue of the service lists it: each is one problem document with pointer and code, and told at once."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_service import make_client, service_of
from sqlalchemy import update

from ew4all.api.identity import make_key
from ew4all.api.store.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

EXECUTE = "/processes/reach/execution"
UPLOAD = "/v1/uploads?name={}&role=zones"
PEOPLE = {"population": "demo:population.tif", "population_unit": "count"}
MOON = {"type": "Polygon", "coordinates": [[[400, 10], [401, 10], [401, 11], [400, 10]]]}


def circle(corners: int) -> dict[str, Any]:
    angles = np.linspace(0.0, 2.0 * np.pi, corners)
    ring = np.stack((-61.7 + 0.1 * np.cos(angles), 12.1 + 0.1 * np.sin(angles)), axis=1).round(7)
    ring[-1] = ring[0]
    return {"type": "Polygon", "coordinates": [ring.tolist()]}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("bad"), workers=0, auth="keys") as made:
        yield made


@pytest.fixture(scope="module")
def keys(client: TestClient) -> dict[str, str]:
    """Secrets by what they are for."""
    database = service_of(client).database
    out = {role: make_key(database, role, role)[1] for role in ("viewer", "analyst")}
    old, out["expired"] = make_key(database, "old", "analyst")
    with database.begin() as connection:
        past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
        connection.execute(update(KEYS).where(KEYS.c.id == old).values(expires=past))
    return out


def inputs(**more: Any) -> bytes:
    return json.dumps({"inputs": {**PEOPLE, "area": "demo:area.geojson", **more}}).encode()


JSON, TEXT, BYTES = "application/json", "text/plain", "application/octet-stream"
CASES = {
    "wrong content type": ("analyst", "POST", EXECUTE, TEXT, inputs(), 415, "wrong-type", "header:Content-Type"),
    "an ending that is not taken": ("analyst", "POST", UPLOAD.format("a.exe"), BYTES, b"MZ", 415, "wrong-type", "query:name"),
    "a content of another type": ("analyst", "POST", UPLOAD.format("a.tif"), BYTES, b"hello", 415, "wrong-type", "#"),
    "truncated upload": ("analyst", "POST", UPLOAD.format("a.geojson"), BYTES, json.dumps(circle(9)).encode()[:-20], 400, "unreadable-input", "#"),
    "polygon on the moon": ("analyst", "POST", EXECUTE, JSON, inputs(area=MOON), 400, "not-on-earth", "#/inputs/area/coordinates/0/0"),
    "the same as a file": ("analyst", "POST", UPLOAD.format("a.geojson"), BYTES, json.dumps(MOON).encode(), 400, "not-on-earth", "#"),
    "unknown layer": ("viewer", "GET", "/v1/layers/nothing/file", JSON, None, 404, "unknown-layer", "path:layer_id"),
    "unknown layer as input": ("analyst", "POST", EXECUTE, JSON, inputs(population="layer:nothing"), 400, "unknown-reference", "#/inputs/population"),
    "unknown layer inside": ("analyst", "POST", EXECUTE, JSON, inputs(coverage={"4g": "layer:nothing"}), 400, "unknown-reference", "#/inputs/coverage/4g"),
    "expired key": ("expired", "GET", "/v1/layers", JSON, None, 401, "key-invalid", "header:Authorization"),
    "no key": (None, "GET", "/v1/layers", JSON, None, 401, "key-missing", "header:Authorization"),
    "wrong scope": ("viewer", "POST", EXECUTE, JSON, inputs(), 403, "scope-missing", "header:Authorization"),
}  # fmt: skip


def told(answer: Any, status: int, code: str, pointer: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text  # fmt: skip
    document = answer.json()
    assert document["code"] == code
    assert {fault["code"] for fault in document["errors"]} == {code}
    # A corner of a ring: which one of those that are no place is told is not owed.
    assert document["errors"][0]["pointer"].rpartition("/")[0] == pointer.rpartition("/")[0]
    if "coordinates" not in pointer:
        assert [fault["pointer"] for fault in document["errors"]] == [pointer]


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_problem_document(client: TestClient, keys: dict[str, str], case: str) -> None:  # fmt: skip
    who, method, path, kind, body, *wanted = CASES[case]
    headers = {"Content-Type": kind} | ({} if who is None else {"Authorization": f"Bearer {keys[who]}"})  # fmt: skip
    told(client.request(method, path, content=body, headers=headers), *wanted)


def test_a_million_vertices_are_refused(client: TestClient, keys: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {keys['analyst']}", "Content-Type": JSON}
    answer = client.post(EXECUTE, content=inputs(area=circle(1_000_000)), headers=headers)
    told(answer, 413, "too-large", "#")  # the body is larger than any that is read
    answer = client.post(EXECUTE, content=inputs(area=circle(220_000)), headers=headers)
    assert answer.status_code == 413
    (fault,) = answer.json()["errors"]
    assert fault["pointer"].startswith("#/inputs/area")


def test_two_gigabytes_are_refused_before_they_are_sent(client: TestClient, keys: dict[str, str]) -> None:  # fmt: skip
    headers = {"Authorization": f"Bearer {keys['analyst']}", "Content-Length": str(2 << 30)}
    told(client.post(UPLOAD.format("a.tif"), content=b"II*", headers=headers), 413, "too-large", "#")  # fmt: skip
