"""Runs over HTTP: a stored scenario in a version is played, and what came out of it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_service import ended, make_client

from ew4all.scenario import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

TEST = shipped()["national-test"].read_text("utf-8")
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service"), limits={"replicas": 50}) as made:
        yield made


@pytest.mark.slow
def test_a_version_of_a_stored_scenario_is_played(client: TestClient) -> None:
    first = client.post("/v1/scenarios", content=TEST, headers=YAML)
    made = first.json()
    changed = TEST.replace("duration: 3 h", "duration: 1 h")
    put = client.put(first.headers["location"], content=changed, headers={**YAML, "If-Match": first.headers["etag"]})  # fmt: skip
    assert put.json()["version"] == 2
    runs = {}
    for name in (made["reference"], f"{made['reference']}@1"):
        answer = client.post("/v1/runs", json={"scenario": name, "replicas": 1})
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/runs/{answer.json()['id']}"
        runs[name] = answer.json()
    assert [r["scenario_version"] for r in runs.values()] == [2, 1]
    ends = []
    for run in runs.values():
        assert ended(client, run["id"])["status"] == "successful"
        found = client.get(f"/v1/runs/{run['id']}").json()
        assert found["summary"]["denominator"]["in_area"] > 0
        names = {layer["name"] for layer in found["layers"]}
        assert names >= {"summary.json", "curves.parquet", "zones.gpkg", "report.html"}
        (summary,) = [one for one in found["layers"] if one["name"] == "summary.json"]
        assert client.get(summary["file"]).json() == found["summary"]
        assert client.get(summary["href"]).json()["job"] == run["id"]
        ends.append(_curves(client, run["id"], found["summary"]))
    assert ends == [3600.0, 10800.0]  # of the version that was asked for
    by_scenario = client.get("/v1/runs", params={"scenario": made["reference"]}).json()
    assert by_scenario["numberMatched"] == 2
    assert all("summary" not in one for one in by_scenario["runs"])
    assert client.get("/v1/runs", params={"scenario": "scenario:other"}).json()["runs"] == []
    assert client.get("/v1/runs", params={"status": "failed"}).json()["runs"] == []


def _curves(client: TestClient, run: str, summary: dict[str, Any]) -> float:
    """Look at the curves of a run; return their last time."""
    answer = client.get(f"/v1/runs/{run}/curves")
    found = answer.json()
    warned = next(c for c in found["curves"] if (c["channel"], c["stage"]) == ("any", "warned"))
    mean = warned["people"]["mean"]
    assert len(mean) == len(found["time_s"])
    assert mean == sorted(mean)
    assert mean[-1] == pytest.approx(summary["warned"]["any"]["mean"], rel=1e-6)
    assert found["time_s"] == sorted(found["time_s"])
    same = client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304
    wrong = client.get(f"/v1/runs/{run}/curves?zone=nowhere")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown-zone")
    return float(found["time_s"][-1])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"scenario": "scenario:none"}, 400, "unknown-reference"),
        ({"scenario": "scenario:none@1"}, 400, "unknown-reference"),
        ({"scenario": "scenario:none@0"}, 400, "invalid-request"),
        ({"scenario": "/etc/passwd"}, 400, "invalid-request"),
        ({"scenario": "national-test", "replicas": 51}, 413, "too-many-replicas"),
        ({"scenario": "national-test", "replicas": 0}, 400, "invalid-request"),
        ({"scenario": "national-test", "replicas": True}, 400, "invalid-request"),
        ({"scenario": "national-test", "seed": 2**63}, 400, "invalid-request"),
        ({"scenario": "national-test", "out": "/etc"}, 400, "invalid-request"),
        ({}, 400, "invalid-request"),
    ],
)
def test_what_is_refused_at_once(client: TestClient, body: Any, status: int, code: str) -> None:
    answer = client.post("/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_run_that_failed_or_is_unknown_says_so(client: TestClient) -> None:
    answer = client.get("/v1/runs/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-run")
    run = client.post("/v1/runs", json={"scenario": "no-such-name"}).json()
    assert ended(client, run["id"])["status"] == "failed"
    found = client.get(f"/v1/runs/{run['id']}").json()
    assert "no-such-name" in found["problem"]["detail"]
    assert "summary" not in found
    answer = client.get(f"/v1/runs/{run['id']}/curves")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-curves")
