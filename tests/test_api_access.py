"""Every route asks who it is that asks, and lets nobody do what a role may not; and nobody asks too often."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client, service_of

from ew4all.api import middleware, problems
from ew4all.api.identity import ROLES, make_key
from ew4all.api.openapi import routes_of
from ew4all.api.routes import landing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

OPEN = {
    "/",
    "/api",
    "/conformance",
    "/docs",
    "/docs/{name}",
    "/healthz",
    "/readyz",
    "/v1/seats",
    "/v1",
    "/console",
    "/console/",
    "/console/{name:path}",
    "/web/{name:path}",
}
"""Routes that tell nothing of what the service holds."""

EXECUTE = {("POST", "/processes/{process_id}/execution"), ("DELETE", "/jobs/{job_id}"), ("POST", "/v1/runs"), ("DELETE", "/v1/runs/{run_id}")}  # fmt: skip
ADMINISTER = {("POST", "/v1/feeds/{feed_id}/poll")}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("access")
    most = {"failed_keys_per_minute": 100_000}
    with make_client(folder, auth="keys", workers=0, sync_wait_s=0.0, stream_s=0.05, heartbeat_s=0.05, limits=most) as made:  # fmt: skip
        yield made


@pytest.fixture(scope="module")
def keys(client: TestClient) -> dict[str, str]:
    return {role: make_key(service_of(client).database, role, role)[1] for role in ROLES}  # type: ignore[arg-type]


def all_routes(client: TestClient) -> list[tuple[str, str]]:
    found = {(m, r.path) for r in routes_of(client.app) for m in r.methods}  # type: ignore[arg-type]
    return sorted((m, p) for m, p in found if m not in {"HEAD", "OPTIONS"})


def scope_of(method: str, path: str) -> str:
    """What a route must want, said here once more and on purpose: a new route is looked at, or the test fails."""
    if (method, path) in EXECUTE:
        return "execute"
    if (method, path) in ADMINISTER or path.startswith(("/v1/keys", "/v1/audit")):
        return "administer"
    if path.startswith("/v1/exercises"):
        return "exercise"
    return "read" if method == "GET" else "write"


def asked(client: TestClient, method: str, path: str, secret: str | None) -> Any:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    address = re.sub(r"\{[^}]*\}", "1", path)
    return client.request(method, address, headers=headers)


def test_there_are_routes(client: TestClient) -> None:
    assert len(all_routes(client)) > 50


def test_no_route_answers_without_a_key(client: TestClient) -> None:
    for method, path in all_routes(client):
        for secret, code in ((None, "key-missing"), ("ew4_wrong", "key-invalid")):
            answer = asked(client, method, path, secret)
            if path in OPEN:
                assert answer.status_code < 500, (method, path)
            else:
                assert (answer.status_code, answer.json().get("code")) == (401, code), (
                    method,
                    path,
                )
                assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_route_wants_its_scope(client: TestClient, keys: dict[str, str]) -> None:
    for method, path in all_routes(client):
        if path in OPEN:
            continue
        scope = scope_of(method, path)
        for role, scopes in ROLES.items():
            answer = asked(client, method, path, keys[role])
            is_refused = answer.status_code == 403 and answer.json()["code"] == "scope-missing"
            assert is_refused == (scope not in scopes), (method, path, role, answer.text[:200])
            assert answer.status_code != 401, (method, path, role)
            assert answer.status_code < 500, (method, path, role, answer.text[:300])


def test_documents_say_which_routes_want_a_key(client: TestClient) -> None:
    document = client.get("/api").json()
    for method, path in all_routes(client):
        plain = re.sub(r":path\}", "}", path)
        if plain not in document["paths"]:
            continue
        operation = document["paths"][plain][method.lower()]
        assert ("security" in operation) == (path not in OPEN), (method, path)
        if path not in OPEN:
            assert {"401", "403", "429"} <= set(operation["responses"]), (method, path)


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    limits = {"requests_per_minute": 5, "anonymous_per_minute": 3, "failed_keys_per_minute": 4}
    with make_client(tmp_path, auth="keys", public_read=True, workers=0, limits=limits) as client:
        database = service_of(client).database
        one, other = (make_key(database, name, "viewer")[1] for name in ("one", "other"))
        left = []
        for _ in range(5):
            answer = asked(client, "GET", "/processes", one)
            assert answer.status_code == 200
            assert answer.headers["ratelimit-policy"] == '"key";q=5;w=60'
            left.append(int(re.findall(r"r=(\d+)", answer.headers["ratelimit"])[0]))
        assert left == [4, 3, 2, 1, 0]
        refused = asked(client, "GET", "/processes", one)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        assert refused.headers["content-type"] == "application/problem+json"
        assert asked(client, "GET", "/processes", other).status_code == 200  # somebody else
        assert [asked(client, "GET", "/processes", None).status_code for _ in range(4)] == [200, 200, 200, 429]  # fmt: skip
        # Guessing keys ends soon, also for the key that would be good.
        statuses = [asked(client, "GET", "/processes", f"ew4_{k}").status_code for k in range(6)]
        assert statuses == [401] * 4 + [429] * 2
        assert asked(client, "GET", "/processes", other).json()["code"] == "too-many-failures"
        assert all(client.get("/healthz").status_code == 200 for _ in range(20))


def test_one_s_own_machine_is_not_kept_waiting(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0, limits={"requests_per_minute": 2}) as client:
        assert {client.get("/processes").status_code for _ in range(10)} == {200}


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/none", "/v1/uploads/../../etc/passwd", "/%00"]
)
def test_every_answer_has_its_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code < 500
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    for name, value in (
        ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ):  # fmt: skip
        assert answer.headers[name] == value
    assert answer.headers["x-request-id"]
    assert "server" not in answer.headers


def test_an_error_that_was_not_foreseen_has_its_headers_and_line_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, Any]] = []

    def broken(*_: object) -> None:
        msg = "nobody thought of this, and it holds a secret"
        raise RuntimeError(msg)

    monkeypatch.setattr(landing, "landing", broken)
    monkeypatch.setattr(problems, "_LOG", SimpleNamespace(error=lambda *_, **__: None))
    info = SimpleNamespace(info=lambda _, **facts: logged.append(facts))
    monkeypatch.setattr(middleware, "_LOG", info)
    answer = client.get("/", headers={"X-Request-ID": "mine"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["request_id"]) == ("internal", "mine")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "mine"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert [(one["path"], one["status"]) for one in logged] == [("/", 500)]


def test_pages_of_others_have_no_rights_but_those_of_their_key(client: TestClient) -> None:
    origin = {"Origin": "https://map.test"}
    answer = client.get("/healthz", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    preflight = {**origin, "Access-Control-Request-Method": "POST"}
    assert client.options("/v1/uploads", headers=preflight).status_code == 200
    assert client.post("/v1/uploads?name=a.txt", headers=origin).status_code == 401


HOSTILE = (
    "..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2fpasswd", "%2fetc%2fpasswd", "file:%2f%2f%2fetc%2fpasswd", "http:%2f%2f127.0.0.1:9%2fx",
    "%2fvsicurl%2fhttp:%2f%2f127.0.0.1:9%2fx.tif", "upload:..%2f..%2fetc%2fpasswd", "demo:..%2freach.py", "a%00b", "%ff%fe", "'%20OR%201=1--",
    "x" * 5000, "\u202egpj", "..\\..\\windows", "%0d%0aX-Injected:%20yes", "{}", "$%7bjndi:x%7d",
)  # fmt: skip


def filled(path: str, value: str) -> str:
    return re.sub(r"\{[^}]*\}", lambda _: value, path)


@pytest.mark.parametrize(
    "values", [HOSTILE[:3], pytest.param(HOSTILE[3:], marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_no_part_of_a_path_opens_a_file_or_an_address(
    client: TestClient, keys: dict[str, str], values: tuple[str, ...]
) -> None:
    headers = {"Authorization": f"Bearer {keys['administrator']}"}
    for method, path in all_routes(client):
        if "{" not in path:
            continue
        for hostile in values:
            answer = client.request(method, filled(path, hostile), headers=headers)
            where = (method, path, hostile[:60], answer.text[:200])
            assert 400 <= answer.status_code < 500, where
            assert answer.headers["content-type"] == "application/problem+json", where
            assert "root:" not in answer.text, where
            assert "x-injected" not in answer.headers, where


REFERENCES = ("/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x.tif", "/vsicurl/http://127.0.0.1:9/x.tif", "upload:../../etc/passwd", "demo:../reach.py", "demo:data/../area.geojson", "layer:/etc/passwd", "UPLOAD:x", "upload:x\n")  # fmt: skip


@pytest.mark.parametrize("reference", REFERENCES)
def test_no_reference_is_a_path_or_an_address(
    client: TestClient, keys: dict[str, str], reference: str
) -> None:
    headers = {"Authorization": f"Bearer {keys['administrator']}", "Prefer": "respond-async"}
    good = {"population": "demo:population.tif", "population_unit": "count", "area": "demo:area.geojson"}  # fmt: skip
    for name in ("population", "area", "sites", "dem", "zones", "cap"):
        body = {"inputs": {**good, name: reference}}
        answer = client.post("/processes/reach/execution", json=body, headers=headers)
        assert answer.status_code == 400, (name, answer.text)
        assert answer.json()["code"] in {"invalid-inputs", "unknown-reference"}
    for inputs in ({"scenario": reference}, {"scenario_text": f"schema: ew4all/scenario/1\npopulation: {{file: '{reference}'}}\n"}):  # fmt: skip
        answer = client.post("/processes/run/execution", json={"inputs": inputs}, headers=headers)
        if (
            answer.status_code == 201
        ):  # what a scenario names is told by its job, with line and column
            assert "scenario_text" in inputs
        else:
            assert answer.status_code == 400, answer.text
