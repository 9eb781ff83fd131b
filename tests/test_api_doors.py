"""Without keys: which names the service answers to, and what pages of other origins may do."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from made_server import serving
from made_service import make_client, service_of

from ew4all.api.doors import Doors
from ew4all.api.identity import make_key
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


@pytest.mark.parametrize(
    ("site", "is_let_in"),
    [
        (None, True),
        ("same-origin", True),
        ("none", True),
        ("cross-site", False),
        ("same-site", False),  # another port of this machine
        ("nonsense", False),
        ("", False),
    ],
)
def test_a_page_of_elsewhere_changes_nothing_where_it_tells_no_origin(
    site: str | None, is_let_in: bool
) -> None:
    asked = {b"host": b"127.0.0.1:8000"}
    if site is not None:
        asked[b"sec-fetch-site"] = site.encode()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        problem = Doors(Settings()).refused(method, asked)
        assert (problem is None) == is_let_in
        assert problem is None or (problem.status, problem.code) == (403, "other-origin")
        assert Doors(Settings(auth="keys")).refused(method, asked) is None
    # A link on somebody's page may be followed.
    assert Doors(Settings()).refused("GET", asked) is None


def test_a_page_of_another_origin_is_shown_nothing_without_keys(client: TestClient) -> None:
    there = {"Origin": "https://map.example"}
    answer = client.get("/v1/layers", headers=there)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    refused = client.options(
        "/v1/layers", headers={**there, "Access-Control-Request-Method": "GET"}
    )
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert "access-control-allow-origin" not in refused.headers
    told = refused.json()
    assert (told["code"], told["instance"]) == ("cors-refused", "/v1/layers")
    assert told["request_id"] == refused.headers["x-request-id"]
    assert told["errors"][0]["pointer"] == "header:Origin"
    assert told["errors"][0]["code"] == "other-origin"
    assert "EW4ALL_CORS_ORIGINS" in told["detail"]


def test_an_origin_that_is_named_reads_without_keys_and_changes_nothing(tmp_path: Path) -> None:
    named = ("https://map.example",)
    with make_client(tmp_path, workers=0, cors_origins=named) as client:
        there = {"Origin": "https://map.example"}
        answer = client.get("/v1/layers", headers=there)
        assert answer.headers["access-control-allow-origin"] == "https://map.example"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        other = client.get("/v1/layers", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        asked = {**there, "Access-Control-Request-Method": "POST"}
        refused = client.options("/v1/runs", headers=asked)
        assert refused.json()["errors"][0]["pointer"] == "header:Access-Control-Request-Method"
        assert client.post("/v1/runs", headers=there, json={}).json()["code"] == "other-origin"


def test_a_request_to_two_hosts_is_for_nobody(tmp_path: Path) -> None:
    """One that looks takes the first, another the last."""
    with serving(tmp_path) as served:
        for names in ((b"evil.example", b"127.0.0.1"), (b"127.0.0.1", b"evil.example")):
            with socket.create_connection(("127.0.0.1", served.port), timeout=10.0) as line:
                hosts = b"".join(b"Host: %s\r\n" % name for name in names)
                line.sendall(b"GET /v1 HTTP/1.1\r\n" + hosts + b"\r\n")
                answer = line.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b'"several-hosts"' in answer


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[TestClient]:
    with make_client(tmp_path, workers=0, auth="keys") as made:
        yield made


def test_a_map_of_another_origin_may_show_its_key(keyed: TestClient) -> None:
    asked = {
        "Origin": "https://map.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,range,last-event-id",
    }
    answer = keyed.options("/v1/layers", headers=asked)
    assert answer.status_code == 200
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    got = keyed.get("/v1/layers", headers={"Origin": "https://map.example"})
    assert got.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in got.headers
    assert "Content-Range" in got.headers["access-control-expose-headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_application_of_another_origin_works_with_its_key(
    keyed: TestClient, method: str
) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id",
    }
    answer = keyed.options("/v1/runs", headers=asked)
    assert answer.status_code == 200
    assert method in answer.headers["access-control-allow-methods"]
    _, secret = make_key(service_of(keyed).database, "app", "analyst")
    told = keyed.post(
        "/v1/runs",
        json={"scenario": "valley-flash-flood"},
        headers={"Origin": "https://app.example", "Authorization": f"Bearer {secret}"},
    )
    assert told.status_code == 201
    seen = told.headers["access-control-expose-headers"].lower().replace(" ", "").split(",")
    assert {"location", "etag", "link", "retry-after", "content-crs", "ogc-numbermatched"} <= set(
        seen
    )


def test_what_no_page_may_send_is_refused_with_what_it_is(keyed: TestClient) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "TRACE",
        "Access-Control-Request-Headers": "authorization, x-forwarded-for",
    }
    refused = keyed.options("/v1/runs", headers=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "cors-refused")
    assert refused.headers["content-type"] == "application/problem+json"
    assert [e["code"] for e in refused.json()["errors"]] == ["method", "header"]
    assert "x-forwarded-for" in refused.json()["detail"]
