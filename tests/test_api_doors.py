"""Without keys: which names the service answers to, and what pages of other origins may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_service import make_client

from ew4all.api.doors import Doors
from ew4all.api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with make_client(tmp_path, workers=0) as made:
        yield made


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8000", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost@evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_names_that_are_answered(host: str, is_let_in: bool) -> None:
    doors = Doors(Settings())
    problem = doors.refused("GET", {b"host": host.encode()})
    assert (problem is None) == is_let_in
    assert Doors(Settings(auth="keys")).refused("GET", {b"host": host.encode()}) is None


def test_a_name_that_points_here_gets_nothing(client: TestClient) -> None:
    body = {"name": "evil", "role": "administrator"}
    answer = client.post("/v1/keys", json=body, headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown-host"
    assert "EW4ALL_HOSTS" in answer.json()["detail"]
    assert client.get("/v1/keys", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/v1/keys").json()["keys"] == []


def test_a_page_of_another_origin_changes_nothing(client: TestClient) -> None:
    there = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    answer = client.post("/v1/uploads?name=a.txt", content=b"a", headers=there)
    assert (answer.status_code, answer.json()["code"]) == (403, "other-origin")
    for origin in ("null", "", "http://[", "http://testserver:1", "http://testserver.evil.example"):
        answer = client.delete("/jobs/1", headers={"Origin": origin})
        assert answer.status_code == 403, origin
    assert client.get("/v1/uploads").json()["uploads"] == []
    # The page that the service sent itself, and programs, which name no origin.
    assert client.delete("/jobs/1", headers={"Origin": "http://testserver"}).status_code == 404
    assert client.delete("/jobs/1").status_code == 404
    assert client.get("/v1/layers", headers={"Origin": "https://map.example"}).status_code == 200


def test_a_map_of_another_origin_may_show_its_key(client: TestClient) -> None:
    asked = {
        "Origin": "https://map.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,range,last-event-id",
    }
    answer = client.options("/v1/layers", headers=asked)
    assert answer.status_code == 200
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    got = client.get("/v1/layers", headers={"Origin": "https://map.example"})
    assert "Content-Range" in got.headers["access-control-expose-headers"]
