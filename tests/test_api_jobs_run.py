"""The process `run`: scenarios that come with the package, that are stored, or sent; their files are references, never paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_service import ended, make_client, service_of, started
from sqlalchemy import insert

from ew4all.api.store import now
from ew4all.api.store.tables import DOCUMENTS
from ew4all.errors import InputError
from ew4all.scenario import load_scenario, shipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

VALLEY = shipped()["valley-flash-flood"].read_text("utf-8")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service"), limits={"replicas": 50}) as made:
        yield made


@pytest.mark.slow
def test_a_text_whose_area_is_an_upload_is_played(client: TestClient) -> None:
    area = (shipped()["valley-flash-flood"].parent / "valley" / "warning_area.geojson").read_bytes()
    made = client.post("/v1/uploads?name=area.geojson&role=zones", content=area).json()
    written = _with_area(VALLEY, made["reference"])
    job = started(client, "run", {"scenario_text": written, "replicas": 1})
    status = ended(client, job)
    assert status["status"] == "successful", status
    summary = client.get(f"/jobs/{job}/results").json()["summary"]
    assert summary["denominator"]["at_risk"] > 0


@pytest.mark.slow
def test_a_stored_scenario_is_played_as_it_was_when_the_job_was_accepted(
    client: TestClient,
) -> None:
    row = {
        "id": "s1", "kind": "scenario", "version": 1, "title": "Valley", "body": VALLEY, "facts": {}, "etag": "e",
        "owner": "local", "created": now(), "is_latest": True, "is_deleted": False,
    }  # fmt: skip
    with service_of(client).database.begin() as connection:
        connection.execute(insert(DOCUMENTS).values(row))
    stored = started(client, "run", {"scenario": "scenario:s1", "replicas": 1})
    named = started(client, "run", {"scenario": "valley-flash-flood", "replicas": 1})
    summaries = []
    for job in (stored, named):
        assert ended(client, job)["status"] == "successful"
        summaries.append(client.get(f"/jobs/{job}/results").json()["summary"])
    assert summaries[0]["warned"] == summaries[1]["warned"]


@pytest.mark.parametrize(
    ("inputs", "status", "code"),
    [
        ({"scenario": "/etc/passwd"}, 400, "invalid-inputs"),
        ({"scenario": "../x.yaml"}, 400, "invalid-inputs"),
        ({"scenario": "scenario:none"}, 400, "unknown-reference"),
        ({"scenario": "valley-flash-flood", "scenario_text": VALLEY}, 400, "invalid-inputs"),
        ({}, 400, "invalid-inputs"),
        ({"scenario": "valley-flash-flood", "replicas": 51}, 413, "too-many-replicas"),
        ({"scenario_text": "network: {sites: 'upload:none'}"}, 400, "unknown-reference"),
        ({"scenario_text": "network: {sites: 'upload:none#column'}"}, 400, "unknown-reference"),
    ],
)
def test_what_is_refused_at_once(client: TestClient, inputs: Any, status: int, code: str) -> None:
    answer = client.post("/processes/run/execution", json={"inputs": inputs})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "../request.json", "https://example.org/a.geojson", "/vsicurl/https://example.org/a.tif", "a.geojson",
        "demo:../../../../../etc/passwd", "demo:/etc/passwd", "demo:valley/heights.tif", "upload:other",
    ],
)  # fmt: skip
def test_no_text_of_a_scenario_becomes_a_path(tmp_path: Path, path: str) -> None:
    (tmp_path / "a.geojson").write_text("{}")
    file = tmp_path / "s.yaml"
    file.write_text(_with_area(VALLEY, path), "utf-8")
    with pytest.raises(InputError, match=r"is no file of this service"):
        load_scenario(file, files={"upload:mine": "inputs/upload-mine.geojson"})


def test_a_scenario_with_faults_is_told_with_their_places(client: TestClient) -> None:
    job = started(client, "run", {"scenario_text": _with_area(VALLEY, "/etc/passwd")})
    status = ended(client, job)
    assert status["status"] == "failed"
    assert "is no file of this service" in status["message"]
    assert str(service_of(client).settings.data_dir) not in status["message"]
    assert client.get(f"/jobs/{job}/results").status_code == 400


def test_the_number_of_replicas_in_the_text_is_bounded_too(client: TestClient) -> None:
    written = VALLEY.replace("\nrun:\n", "\nrun:\n  replicas: 51\n")
    job = started(client, "run", {"scenario_text": written})
    assert "51 replicas are more than the 50" in ended(client, job)["message"]


def _with_area(written: str, path: str) -> str:
    lines = written.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("alert:"))
    return "\n".join([*lines[: at + 1], f'  area: "{path}"', *lines[at + 1 :]])
