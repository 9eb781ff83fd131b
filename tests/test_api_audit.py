"""The audit log: every change is in it, with who, what, when and the request; and nothing that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_exercise_service import put
from made_service import REACH, make_client, service_of, started
from sqlalchemy import select

from ew4all.api.identity import make_key
from ew4all.api.routes.alerts import EXAMPLE as ALERT
from ew4all.api.routes.scenarios import EXAMPLE as SCENARIO
from ew4all.api.store import now
from ew4all.api.store.tables import AUDIT, FEEDS, FILES, LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

IN_ITS_LOG = {
    (method, f"/v1/exercises/{{exercise_id}}/{rest}")
    for method, rest in (
        ("POST", "branches"), ("POST", "clock"), ("POST", "decisions"), ("POST", "imports"), ("POST", "injects"), ("POST", "injects/{inject_id}"),
        ("PUT", "injects/{inject_id}"), ("POST", "messages"), ("POST", "messages/{message_id}/read"), ("POST", "notes"),
        ("PUT", "scores/{expectation}"), ("POST", "preview"), ("POST", "report"),
    )
}  # fmt: skip
"""What is done within an exercise is in the log of the exercise with who and when, and what only looks at it changes nothing."""


@pytest.fixture
def client(tmp_path: Any) -> Iterator[TestClient]:
    with make_client(tmp_path, workers=0) as made:
        yield made


def test_every_change_is_there(client: TestClient) -> None:
    """One request of each route that changes something, in the order of `expected`."""
    expected: list[tuple[str, str]] = []
    done: set[tuple[str, str]] = set()

    def ask(method: str, route: str, action: str, **how: Any) -> Any:
        known = {"id": "", **how.pop("path", {})}
        answer = client.request(method, route.format(**known), **how)
        assert answer.status_code in {200, 201, 202, 204}, answer.text
        done.add((method, route))
        expected.append((action, answer.headers["x-request-id"]))
        return answer

    yaml, cap = {"Content-Type": "application/yaml"}, {"Content-Type": "application/cap+xml"}
    for noun, text, headers in (("scenario", SCENARIO, yaml), ("alert", ALERT, cap)):
        made = ask("POST", f"/v1/{noun}s", f"{noun}.create", content=text, headers=headers)
        one, path = f"/v1/{noun}s/{{{noun}_id}}", {f"{noun}_id": made.json()["id"]}
        match = {"If-Match": made.headers["etag"]}
        other = text.replace("drill-1", "drill-2") if noun == "alert" else text + "# changed"
        ask("PUT", one, f"{noun}.change", path=path, content=other, headers={**headers, **match})
        ask("DELETE", one, f"{noun}.delete", path=path)
    made = ask("POST", "/v1/uploads", "upload.create", params={"name": "a.csv"}, content=b"a,b\n")
    ask("DELETE", "/v1/uploads/{upload_id}", "upload.delete", path={"upload_id": made.json()["id"]})
    ask("POST", "/v1/runs", "job.create", json={"scenario": "national-test"})
    execution = {"path": {"process_id": "reach"}, "json": {"inputs": dict(REACH)}, "headers": {"Prefer": "respond-async"}}  # fmt: skip
    made = ask("POST", "/processes/{process_id}/execution", "job.create", **execution)
    job = made.json()["jobID"]
    ask("DELETE", "/jobs/{job_id}", "job.dismiss", path={"job_id": job})
    ask("DELETE", "/v1/layers/{layer_id}", "layer.delete", path={"layer_id": _layer(client, job)})
    made = ask("POST", "/v1/keys", "key.create", json={"name": "a", "role": "viewer"})
    ask("DELETE", "/v1/keys/{key_id}", "key.revoke", path={"key_id": made.json()["id"]})
    part = {"exercise_id": put(client)}
    made = ask("POST", "/v1/exercises/{exercise_id}/invitations", "invitation.create", path=part, json={"role": "observer"})  # fmt: skip
    asked = {"json": {"invitation": made.json()["secret"], "name": "B. Joseph"}}
    seat = ask("POST", "/v1/seats", "seat.take", **asked).json()["seat"]
    ask("DELETE", "/v1/exercises/{exercise_id}/seats/{part_id}", "seat.end", path={**part, "part_id": seat})  # fmt: skip
    invitation = {**part, "part_id": made.json()["id"]}
    ask("DELETE", "/v1/exercises/{exercise_id}/invitations/{part_id}", "invitation.revoke", path=invitation)  # fmt: skip
    ask("DELETE", "/v1/exercises/{exercise_id}", "exercise.delete", path=part)
    library = client.get("/v1/exercises/library").json()["exercises"]
    ask("POST", "/v1/exercises", "exercise.create", json={"library": library[0]["name"]})
    with service_of(client).database.begin() as connection:
        facts = {"url": "http://127.0.0.1:9/feed", "title": "met"}
        connection.execute(FEEDS.insert().values(id="met", facts=facts, state={}, created=now()))
    ask("POST", "/v1/feeds/{feed_id}/poll", "feed.poll", path={"feed_id": "met"})

    entries = client.get("/v1/audit").json()["entries"]
    assert [(e["action"], e["request_id"]) for e in reversed(entries)] == expected
    by = {(e["principal"], e["name"]) for e in entries if e["action"] != "seat.take"}
    assert by == {("local", "this machine")}
    assert [e["name"] for e in entries if e["action"] == "seat.take"] == ["B. Joseph"]
    assert [e["seq"] for e in entries] == sorted((e["seq"] for e in entries), reverse=True)
    # Nobody adds a route that changes something without a line here.
    paths = client.get("/api").json()["paths"]
    unsafe = {(m.upper(), p) for p, ways in paths.items() for m in ways if m in {"post", "put", "patch", "delete"}}  # fmt: skip
    assert unsafe - IN_ITS_LOG == done
    assert unsafe >= IN_ITS_LOG


def _layer(client: TestClient, job: str) -> str:
    """A layer as a job leaves it."""
    row = {
        "id": f"{job}.a.json", "job": job, "name": "a.json", "kind": "document", "title": "a", "media_type": "application/json",
        "sha256": "0" * 64, "bytes": 1, "facts": {}, "created": now(),
    }  # fmt: skip
    with service_of(client).database.begin() as connection:
        connection.execute(FILES.insert().values(sha256="0" * 64, bytes=1, created=now()))
        connection.execute(LAYERS.insert().values(row))
    return str(row["id"])


def test_what_was_refused_is_not_there(client: TestClient) -> None:
    yaml = {"Content-Type": "application/yaml"}
    client.post("/v1/scenarios", content="nonsense", headers=yaml)
    client.post("/v1/runs", json={"scenario": "scenario:none"})
    client.delete("/v1/keys/none")
    with service_of(client).database.read() as connection:
        assert connection.execute(select(AUDIT)).all() == []


def test_pages_and_filters(client: TestClient) -> None:
    made = [client.post("/v1/keys", json={"name": f"k{k}", "role": "viewer"}).json()["id"] for k in range(5)]  # fmt: skip
    client.delete(f"/v1/keys/{made[0]}")
    seen: list[Any] = []
    url = "/v1/audit?limit=2"
    while url:
        page = client.get(url).json()
        assert len(page["entries"]) <= 2
        seen += page["entries"]
        url = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert len(seen) == len({e["seq"] for e in seen}) == 6
    of_one = client.get("/v1/audit", params={"subject": f"key:{made[0]}"}).json()["entries"]
    assert [e["action"] for e in of_one] == ["key.revoke", "key.create"]
    assert of_one[1]["facts"] == {"name": "k0", "role": "viewer"} | {"expires": None}
    assert len(client.get("/v1/audit?action=key.revoke").json()["entries"]) == 1
    assert client.get("/v1/audit?principal=nobody").json()["entries"] == []
    assert client.get("/v1/audit?nonsense=1").status_code == 400


def test_it_says_which_key_it_was(tmp_path: Any) -> None:
    with make_client(tmp_path, workers=0, auth="keys") as client:
        database = service_of(client).database
        admin = make_key(database, "admin", "administrator")[1]
        identifier, secret = make_key(database, "analyst", "analyst")
        started(client, "reach", REACH, Authorization=f"Bearer {secret}")
        (entry,) = client.get("/v1/audit", headers={"Authorization": f"Bearer {admin}"}).json()["entries"]  # fmt: skip
        assert (entry["principal"], entry["name"]) == (identifier, "analyst")
        assert entry["facts"] == {"process": "reach"}
