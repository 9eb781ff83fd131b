"""API keys over HTTP: made, listed, used, revoked; the secret is nowhere but in the one answer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client, service_of

from ew4all.api.identity import make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service"), workers=0, auth="keys") as made:
        secret = make_key(service_of(made).database, "the first", "administrator")[1]
        made.headers["Authorization"] = f"Bearer {secret}"
        yield made


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_key_is_made_used_and_revoked(client: TestClient) -> None:
    answer = client.post("/v1/keys", json={"name": "a map", "role": "viewer"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (made["state"], made["scopes"]) == ("good", ["read"])
    assert client.get("/v1/scenarios", headers=bearer(made["secret"])).status_code == 200
    path = answer.headers["location"]
    assert "secret" not in client.get(path).json()
    listed = client.get("/v1/keys").json()
    assert {k["name"] for k in listed["keys"]} >= {"a map", "the first"}
    assert made["secret"] not in client.get("/v1/keys").text + client.get("/v1/audit").text
    assert client.delete(path).status_code == 204
    refused = client.get("/v1/scenarios", headers=bearer(made["secret"]))
    assert (refused.status_code, refused.json()["code"]) == (401, "key-invalid")
    assert client.get(path).json()["state"] == "revoked"
    again = client.delete(path)
    assert (again.status_code, again.json()["code"]) == (404, "unknown-key")
    assert client.get("/v1/keys/none").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "analyst", "facilitator"])
def test_keys_and_the_audit_log_are_for_administrators(client: TestClient, role: str) -> None:
    made = client.post("/v1/keys", json={"name": role, "role": role}).json()
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/v1/keys", None), ("GET", f"/v1/keys/{made['id']}", None), ("GET", "/v1/audit", None),
        ("POST", "/v1/keys", {"name": "x", "role": "administrator"}), ("DELETE", f"/v1/keys/{made['id']}", None),
    ]  # fmt: skip
    for method, path, body in asked:
        answer = client.request(method, path, json=body, headers=bearer(made["secret"]))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x", "role": "king"}, "invalid-request"),
        ({"name": "", "role": "viewer"}, "invalid-request"),
        ({"name": "a\u0000b", "role": "viewer"}, "invalid-request"),
        ({"name": 3, "role": "viewer"}, "invalid-request"),
        ({"role": "viewer"}, "invalid-request"),
        ({"name": "x", "role": "viewer", "expires": "2000-01-01T00:00:00Z"}, "bad-time"),
        ({"name": "x", "role": "viewer", "expires": "2100-01-01T00:00:00"}, "bad-time"),
        ({"name": "x", "role": "viewer", "expires": "9999-12-31T23:59:59-12:00"}, "bad-time"),
        ({"name": "x", "role": "viewer", "expires": "0001-01-01T00:00:00+12:00"}, "bad-time"),
        ({"name": "x", "role": "viewer", "expires": "soon"}, "invalid-request"),
        ({"name": "x", "role": "viewer", "secret": "mine"}, "invalid-request"),
    ],
)
def test_what_no_key_is_made_of(client: TestClient, body: Any, code: str) -> None:
    answer = client.post("/v1/keys", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_a_key_expires(client: TestClient) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.3)
    made = client.post(
        "/v1/keys", json={"name": "short", "role": "viewer", "expires": soon.isoformat()}
    ).json()
    while dt.datetime.now(dt.UTC) < soon:
        pass
    refused = client.get("/v1/scenarios", headers=bearer(made["secret"]))
    assert (refused.status_code, refused.json()["code"]) == (401, "key-invalid")
    assert client.get(f"/v1/keys/{made['id']}").json()["state"] == "expired"


def test_a_repeated_making_makes_one_key_and_tells_no_secret_twice(client: TestClient) -> None:
    headers = {"Idempotency-Key": "key-once"}
    body = {"name": "once", "role": "viewer"}
    first = client.post("/v1/keys", json=body, headers=headers)
    second = client.post("/v1/keys", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["id"] == first.json()["id"]
    assert "secret" in first.json()
    assert "secret" not in second.json()
    names = [k["name"] for k in client.get("/v1/keys").json()["keys"]]
    assert names.count("once") == 1
    folder = service_of(client).settings.data_dir
    for path in folder.rglob("*.sqlite*"):
        assert first.json()["secret"].encode() not in path.read_bytes()
