"""Jobs over HTTP: the thin path through every process, what is refused, and what a client sees of a job."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from made_service import REACH, ended, make_client, service_of, started

from ew4all.api.jobs.child import Progress, _named
from ew4all.api.processes import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.testclient import TestClient

# Long enough to be caught at work, short enough to be waited for where that fails.
LONG: Mapping[str, Any] = {"scenario": "valley-flash-flood", "replicas": 400}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service"), workers=2, sync_wait_s=120.0) as made:
        yield made


def test_a_job_is_accepted_done_and_its_results_are_there(client: TestClient) -> None:
    job = started(client, "reach", REACH)
    status = ended(client, job)
    assert (status["status"], status["progress"]) == ("successful", 100)
    results = client.get(f"/jobs/{job}/results").json()
    assert 0 < results["reach"]["people"]["in_area"] < results["reach"]["people"]["total"]
    assert {f["name"] for f in results["files"]} >= {"reach.json", "run.json", "map.png"}
    # Inputs are named as the client named them, and nothing tells where the store is.
    assert str(service_of(client).settings.data_dir) not in str(results)
    folder = service_of(client).work_dir / job
    _wait(lambda: not folder.exists())  # a moment after the job has ended


def test_without_prefer_the_result_is_the_answer(client: TestClient) -> None:
    answer = client.post("/processes/reach/execution", json={"inputs": REACH})
    assert answer.status_code == 200
    assert answer.json()["reach"]["people"]["in_area"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("process", [p for p in PROCESSES if p not in {"reach", "run"}])
def test_the_example_of_each_process_works(client: TestClient, process: str) -> None:
    job = started(client, process, PROCESSES[process].example["inputs"])
    status = ended(client, job)
    assert status["status"] == "successful", status
    results = client.get(f"/jobs/{job}/results").json()
    assert set(PROCESSES[process].outputs) <= set(results)


def test_a_running_job_is_dismissed_and_its_process_is_gone(client: TestClient) -> None:
    job = started(client, "run", LONG)
    child = _child_of(job)
    answer = client.delete(f"/jobs/{job}")
    assert answer.json()["status"] == "dismissed"
    _wait(lambda: not _lives(child))
    _wait(lambda: not (service_of(client).work_dir / job).exists())
    assert client.get(f"/jobs/{job}").json()["status"] == "dismissed"
    assert client.get(f"/jobs/{job}/results").status_code == 404


@pytest.mark.slow
def test_progress_is_told_and_never_falls(client: TestClient) -> None:
    job = started(client, "run", {"scenario": "valley-flash-flood", "replicas": 12})
    seen = []
    while (status := client.get(f"/jobs/{job}").json())["status"] in {"accepted", "running"}:
        seen.append(status["progress"])
        time.sleep(0.05)
    assert status["status"] == "successful"
    assert seen == sorted(seen)
    assert any(0 < p < 100 for p in seen)


def test_a_job_keeps_what_it_was_accepted_with(client: TestClient) -> None:
    area = {"type": "Polygon", "coordinates": [[[-61.8, 12], [-61.6, 12], [-61.6, 12.2], [-61.8, 12.2], [-61.8, 12]]]}  # fmt: skip
    made = client.post("/v1/uploads?name=area.geojson&role=zones", json=area).json()
    # Two jobs keep both hands busy, so that the third is not begun before its upload is deleted.
    busy = [started(client, "run", LONG) for _ in range(2)]
    job = started(client, "reach", {**REACH, "area": made["reference"]})
    assert client.delete(f"/v1/uploads/{made['id']}").status_code == 204
    assert client.get(f"/jobs/{job}").json()["status"] == "accepted"
    for one in busy:
        client.delete(f"/jobs/{one}")
    assert ended(client, job)["status"] == "successful"
    again = client.post(
        "/processes/reach/execution", json={"inputs": {**REACH, "area": made["reference"]}}
    )
    assert (again.status_code, again.json()["code"]) == (400, "unknown-reference")


@pytest.mark.parametrize(
    ("inputs", "status", "code", "pointer"),
    [
        ({**REACH, "area": "upload:no-such"}, 400, "unknown-reference", None),
        ({**REACH, "area": "/etc/passwd"}, 400, "invalid-inputs", "#/inputs/area"),
        ({**REACH, "population": "https://example.org/x.tif"}, 400, "invalid-inputs", "#/inputs/pop"),
        ({**REACH, "population": "demo:../reach.tif"}, 400, "invalid-inputs", "#/inputs/population"),
        ({**REACH, "workers": 99}, 400, "invalid-inputs", "#/inputs/workers"),
        ({**REACH, "area": {"type": "Point", "coordinates": [400.0, 1.0]}}, 400, "not-on-earth", "#/inputs/area/coord"),
        ({**REACH, "area": {"type": "Point", "coordinates": [10**400, 1.0]}}, 400, "not-on-earth", "#/inputs/area"),
        ({**REACH, "area": {"type": "Point", "coordinates": [1.0, -(10**400)]}}, 400, "not-on-earth", "#/inputs/area"),
        ({**REACH, "area": {"type": "Point", "coordinates": [True, None]}}, 400, "not-on-earth", "#/inputs/area"),
        ({**REACH, "area": {"type": "LineString", "coordinates": [[0.0, 0.0]] * 201}}, 413, "too-many-vertices", "#/inputs/area"),
    ],
)  # fmt: skip
def test_what_is_refused_at_once(
    tmp_path: Any, inputs: Any, status: int, code: str, pointer: str | None
) -> None:
    with make_client(tmp_path, workers=0, limits={"vertices": 200}) as client:
        answer = client.post("/processes/reach/execution", json={"inputs": inputs})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        if pointer is not None:
            assert any(e["pointer"].startswith(pointer) for e in answer.json()["errors"])
        assert client.get("/jobs").json()["numberMatched"] == 0


def test_a_fault_found_while_computing_is_the_job_s_problem(client: TestClient) -> None:
    job = started(client, "reach", {**REACH, "zones": "demo:parishes.geojson", "zone_id": "none"})
    status = ended(client, job)
    assert status["status"] == "failed"
    assert "none" in status["message"]
    answer = client.get(f"/jobs/{job}/results")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_files_are_named_as_the_client_named_them() -> None:
    files = {"upload:a": "inputs/upload-a.tif", "upload:ab": "inputs/upload-ab.tif"}
    said = _named(
        "inputs/upload-ab.tif does not meet inputs/upload-a.tif; area inputs/area.geojson", files
    )
    assert said == "upload:ab does not meet upload:a; area area.geojson"


def test_phases_of_progress_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    tell = Progress((("blocks", 30.0), ("replicas", 70.0)))
    for done, total in [(1, 2), (2, 2), (1, 4), (4, 4)]:
        tell._told_s = -1.0  # as if time had passed
        tell(done, total)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["percent"] for one in said] == [15.0, 30.0, 47.5, 99.0]
    assert said[2]["message"] == "1 of 4 replicas"


def _child_of(job: str) -> int:
    """Number of the process that computes a job, once there is one."""
    import psutil

    def found() -> int | None:
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "ew4all.api.jobs.child" in words and any(job in word for word in words):
                return int(process.pid)
        return None

    return int(_wait(found))


def _lives(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid)


def _wait(found: Any, within_s: float = 20.0) -> Any:
    ends_s = time.monotonic() + within_s
    while not (value := found()):
        assert time.monotonic() < ends_s, "in vain"
        time.sleep(0.05)
    return value
