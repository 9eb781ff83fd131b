"""What scenarios and alerts have in common, on both databases: one change at a time, and who may make it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from made_postgres import make_postgres
from made_service import make_client, service_of
from sqlalchemy import update

from ew4all.api.identity import make_key
from ew4all.api.jobs.retention import sweep
from ew4all.api.routes.alerts import EXAMPLE as ALERT
from ew4all.api.store.tables import DOCUMENTS, JOBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_postgres import Postgres
    from starlette.testclient import TestClient

CAP = {"Content-Type": "application/cap+xml"}


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
        settings["database_url"] = request.getfixturevalue("postgres").database("documents")
    folder = tmp_path_factory.mktemp("service")
    with make_client(folder, workers=0, auth="keys", **settings) as made:
        yield made


@pytest.fixture(scope="module")
def people(client: TestClient) -> dict[str, dict[str, str]]:
    """Headers of somebody of each role, and of another analyst."""
    database = service_of(client).database
    roles = {"viewer": "viewer", "analyst": "analyst", "other": "analyst", "facilitator": "facilitator", "administrator": "administrator"}  # fmt: skip
    return {
        name: {"Authorization": f"Bearer {make_key(database, name, role)[1]}"}  # type: ignore[arg-type]
        for name, role in roles.items()
    }


def made(client: TestClient, who: dict[str, str]) -> Any:
    answer = client.post("/v1/alerts", content=ALERT, headers={**CAP, **who})
    assert answer.status_code == 201, answer.text
    return answer


def test_of_many_changes_at_once_one_is_made(client: TestClient, people: Any) -> None:
    first = made(client, people["analyst"])
    path, headers = first.headers["location"], {**CAP, **people["analyst"], "If-Match": first.headers["etag"]}  # fmt: skip

    def change(k: int) -> int:
        text = ALERT.replace("drill-1", f"drill-{k + 2}")
        return int(client.put(path, content=text, headers=headers).status_code)

    with ThreadPoolExecutor(8) as hands:
        found = sorted(hands.map(change, range(8)))
    assert found == [200] + [412] * 7
    versions = client.get(f"{path}/versions", headers=people["viewer"]).json()
    assert [v["version"] for v in versions["alerts"]] == [2, 1]
    assert versions["numberMatched"] == 2
    assert client.get("/v1/alerts?limit=1", headers=people["viewer"]).json()["numberReturned"] == 1


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("viewer", 403, "scope-missing"), ("other", 403, "not-yours"), ("analyst", 200, None), ("facilitator", 200, None),
        ("administrator", 200, None),
    ],
)  # fmt: skip
def test_who_may_change_what(
    client: TestClient, people: Any, who: str, status: int, code: str | None
) -> None:
    first = made(client, people["analyst"])
    path, match = first.headers["location"], {"If-Match": first.headers["etag"]}
    assert client.get(path, headers=people[who]).status_code == 200
    text = ALERT.replace("drill-1", "drill-2")
    answer = client.put(path, content=text, headers={**CAP, **people[who], **match})
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    if status == 200:
        told = answer.json()
        assert told["owner"] == first.json()["owner"]
        assert (told["author"] == told["owner"]) == (who == "analyst")
    deleted = client.delete(path, headers=people[who])
    assert deleted.status_code == (204 if status == 200 else status)
    assert client.get(path, headers=people["viewer"]).status_code == (404 if status == 200 else 200)


def test_who_sees_which_run(client: TestClient, people: Any) -> None:
    ids = []
    for _ in range(2):
        answer = client.post("/v1/runs", json={"scenario": "valley-flash-flood"}, headers=people["analyst"])  # fmt: skip
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    with service_of(client).database.begin() as connection:
        connection.execute(update(JOBS).where(JOBS.c.id == ids[0]).values(status="successful"))
    seen = {"viewer": ids[:1], "other": ids[:1], "analyst": ids, "administrator": ids}
    for who, expected in seen.items():
        page = client.get("/v1/runs", params={"scenario": "valley-flash-flood"}, headers=people[who]).json()  # fmt: skip
        assert {r["id"] for r in page["runs"]} == set(expected)
        assert page["numberMatched"] == len(expected)
        codes = [client.get(f"/v1/runs/{i}", headers=people[who]).status_code for i in ids]
        assert codes == [200, 200 if len(expected) == 2 else 404]
    assert client.get("/v1/runs?status=accepted", headers=people["analyst"]).json()["numberMatched"] == 1  # fmt: skip
    refused = client.post("/v1/runs", json={"scenario": "national-test", "priority": 1}, headers=people["analyst"])  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    viewer = client.post("/v1/runs", json={"scenario": "national-test"}, headers=people["viewer"])
    assert viewer.status_code == 403


@pytest.mark.parametrize(
    "path", ["/v1/audit?subject=%00", "/v1/runs?scenario=%00", "/jobs?processID=%00", "/v1/alerts/%00"]
)  # fmt: skip
def test_a_zero_character_is_no_failure(client: TestClient, people: Any, path: str) -> None:
    answer = client.get(path, headers=people["administrator"])
    assert answer.status_code in {200, 400, 404}, answer.text


def test_deleted_documents_are_cleared_away_later(client: TestClient, people: Any) -> None:
    first = made(client, people["analyst"])
    client.delete(first.headers["location"], headers=people["analyst"])
    service = service_of(client)
    assert sweep(service)["documents"] == 0
    with service.database.begin() as connection:
        row = DOCUMENTS.c.id == first.json()["id"]
        (deleted,) = connection.execute(DOCUMENTS.select().where(row)).mappings().all()
        connection.execute(update(DOCUMENTS).where(row).values(deleted=deleted["deleted"].replace(year=2000)))  # fmt: skip
    assert sweep(service)["documents"] == 1
