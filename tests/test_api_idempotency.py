"""`Idempotency-Key`: a creation that is asked for twice happens once, on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from made_postgres import make_postgres
from made_service import REACH, ended, make_client, service_of
from sqlalchemy import update

from ew4all.api.identity import make_key
from ew4all.api.jobs.retention import sweep
from ew4all.api.routes.alerts import EXAMPLE as ALERT
from ew4all.api.routes.scenarios import EXAMPLE as SCENARIO
from ew4all.api.store import now
from ew4all.api.store.tables import IDEMPOTENCY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from made_postgres import Postgres
    from starlette.testclient import TestClient

RUN = {"scenario": "valley-flash-flood", "replicas": 1}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = make_postgres()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    settings: dict[str, Any] = {}
    if request.param == "postgres":
        settings["database_url"] = request.getfixturevalue("postgres").database("once")
    with make_client(tmp_path_factory.mktemp("service"), workers=0, **settings) as made:
        yield made


CREATIONS: dict[str, dict[str, Any]] = {
    "/v1/scenarios": {"content": SCENARIO, "headers": {"Content-Type": "application/yaml"}},
    "/v1/alerts": {"content": ALERT, "headers": {"Content-Type": "application/cap+xml"}},
    "/v1/runs": {"json": RUN},
    "/v1/uploads?name=a.csv": {"content": "a,b\n1,2\n"},
    "/processes/reach/execution": {"json": {"inputs": dict(REACH)}, "headers": {"Prefer": "respond-async"}},
}  # fmt: skip


# An upload is looked through in a process of its own, which takes seconds.
PATHS = [pytest.param(p, marks=pytest.mark.slow) if "uploads" in p else p for p in CREATIONS]


def post(client: TestClient, path: str, key: str, **how: Any) -> Any:
    headers = {**how.pop("headers", {}), "Idempotency-Key": key}
    return client.post(path, headers=headers, **how)


def count(client: TestClient, path: str) -> int:
    noun = "/jobs" if "processes" in path else path.partition("?")[0]
    found = client.get(noun).json()
    return int(found.get("numberMatched", len(found.get("uploads", ()))))


@pytest.mark.parametrize("path", PATHS)
def test_the_same_is_answered_the_same_and_made_once(client: TestClient, path: str) -> None:
    before = count(client, path)
    first = post(client, path, f"same {path}".replace(" ", "-"), **CREATIONS[path])
    assert first.status_code == 201, first.text
    second = post(client, path, f"same {path}".replace(" ", "-"), **CREATIONS[path])
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert second.headers.get("etag") == first.headers.get("etag")
    assert count(client, path) == before + 1
    # Another key is another creation, and so is none.
    for key in ("other", None):
        how = CREATIONS[path]
        headers = {**how.get("headers", {}), **({} if key is None else {"Idempotency-Key": key + path})}  # fmt: skip
        assert client.post(path, **{**how, "headers": headers}).status_code == 201
    assert count(client, path) == before + 3


@pytest.mark.parametrize("path", PATHS)
def test_the_same_key_for_something_else_is_refused(client: TestClient, path: str) -> None:
    key = f"reused-{path}"
    assert post(client, path, key, **CREATIONS[path]).status_code == 201
    before = count(client, path)
    how = dict(CREATIONS[path])
    if "content" in how:
        how["content"] = how["content"].replace("1", "2").replace("drill", "drill2") + "\n"
    else:
        how["json"] = {**how["json"], "replicas": 2} if "runs" in path else {"inputs": {**REACH, "title": "b"}}  # fmt: skip
    answer = post(client, path, key, **how)
    assert (answer.status_code, answer.json()["code"]) == (422, "key-reused"), answer.text
    assert answer.json()["errors"][0]["pointer"] == "header:Idempotency-Key"
    other = post(client, "/v1/keys", key, json={"name": "x", "role": "viewer"})
    assert other.status_code == 422
    assert count(client, path) == before


def test_many_at_once_make_one(client: TestClient) -> None:
    for path in ("/v1/alerts", "/v1/runs"):
        before = count(client, path)
        with ThreadPoolExecutor(8) as hands:
            found = list(hands.map(lambda _, p=path: post(client, p, f"at-once-{p}", **CREATIONS[p]), range(8)))  # fmt: skip
        assert {a.status_code for a in found} == {201}, [a.text for a in found]
        assert len({a.json()["id"] for a in found}) == 1
        assert count(client, path) == before + 1


def test_a_creation_that_failed_may_be_tried_again(client: TestClient) -> None:
    yaml = {"Content-Type": "application/yaml"}
    bad = post(client, "/v1/scenarios", "again", content="nonsense: 1", headers=yaml)
    assert bad.status_code == 400
    good = post(client, "/v1/scenarios", "again", content=SCENARIO, headers=yaml)
    assert good.status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "\u00e9"])
def test_what_is_no_key(client: TestClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = client.post("/v1/runs", json=RUN, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == "header:Idempotency-Key"


def test_keys_are_forgotten_after_a_day(client: TestClient) -> None:
    first = post(client, "/v1/alerts", "old", **CREATIONS["/v1/alerts"]).json()
    service = service_of(client)
    with service.database.begin() as connection:
        old = now() - dt.timedelta(hours=25)
        connection.execute(update(IDEMPOTENCY).where(IDEMPOTENCY.c.key == "old").values(created=old))  # fmt: skip
    assert sweep(service)["idempotency"] == 1
    again = post(client, "/v1/alerts", "old", **CREATIONS["/v1/alerts"]).json()
    assert again["id"] != first["id"]


def test_a_key_is_of_one_principal(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0, auth="keys") as client:
        database = service_of(client).database
        made = set()
        for name in ("one", "two"):
            secret = make_key(database, name, "analyst")[1]
            how = dict(CREATIONS["/v1/alerts"])
            headers = {**how.pop("headers"), "Authorization": f"Bearer {secret}"}
            made.add(post(client, "/v1/alerts", "mine", headers=headers, **how).json()["id"])
        assert len(made) == 2


@pytest.mark.slow
def test_who_waits_for_a_result_gets_it_or_is_told_to_wait(tmp_path: Path) -> None:
    path, body = "/processes/reach/execution", {"inputs": dict(REACH)}
    # Nobody works: the request waits a moment, and what it then says is the answer from then on.
    with make_client(tmp_path, workers=0, sync_wait_s=0.1) as client:
        first = post(client, path, "waits", json=body)
        assert first.status_code == 201
        assert post(client, path, "waits", json=body).content == first.content
    with make_client(tmp_path, workers=1, sync_wait_s=60.0) as client:
        with ThreadPoolExecutor(2) as hands:
            working = hands.submit(post, client, path, "works", json=body)
            while client.get("/jobs").json()["numberMatched"] < 2:
                pass
            early = post(client, path, "works", json=body)
            assert (early.status_code, early.json()["code"]) == (409, "still-running")
            assert early.headers["retry-after"]
            done = working.result()
        assert done.status_code == 200
        again = post(client, path, "works", json=body)
        assert (again.status_code, again.json()) == (200, done.json())
        job = early.headers["location"].rpartition("/")[2]
        assert ended(client, job)["status"] == "successful"
        assert client.get("/jobs").json()["numberMatched"] == 2
