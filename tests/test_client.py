"""The client on the real application, on a real socket: everything it offers, once."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from made_layers import keep_results, write_results
from made_processes import Running
from made_server import Served, serving
from made_service import REACH

from ew4all.client import Client, Job, ServiceError, TransportError
from ew4all.errors import OptionError, ReadError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENARIO = "schema: ew4all/scenario/1\ntitle: First\ndemo: grenada\nchannels: [cell_broadcast]\nalert: {issued: 10 min}\n"
DRILL: dict[str, Any] = {
    "hazard": "flood", "status": "Exercise", "hours": 2,
    "contents": [{"language": "en", "place": "Green Valley", "time": "18:00", "source": "Met Office"}],
    "area": {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.2], [-61.8, 12.0]]]},
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("service"), workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    with Client(served.url) as made:
        yield made


@pytest.fixture(scope="module")
def results(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("results") / "out"
    write_results(folder)
    return keep_results(served.service, folder)


def test_it_starts_without_the_package(tmp_path: Path) -> None:
    code = (
        "import sys, ew4all.client\n"
        "ours = {m for m in sys.modules if m.startswith('ew4all')}\n"
        "allowed = {'ew4all', 'ew4all.errors', 'ew4all.runtime'}\n"
        "assert {m for m in ours - allowed if not m.startswith('ew4all.client')} == set(), ours\n"
        "assert not {'fastapi', 'numba', 'numpy', 'pydantic', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)


def test_processes_tell_their_inputs(client: Client) -> None:
    assert {one["id"] for one in client.processes()} >= {"reach", "coverage", "target", "run"}
    assert client.process("reach")["inputs"]["population"]["minOccurs"] == 1


@pytest.mark.parametrize("by_events", [True, False], ids=["events", "asking"])
def test_a_job_from_file_to_result(client: Client, tmp_path: Path, by_events: bool) -> None:
    area = tmp_path / "area.geojson"
    area.write_text(
        '{"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.0]]]}'
    )
    reference = client.upload(area, role="zones")
    assert reference.startswith("upload:")
    assert reference in {one["reference"] for one in client.uploads()}
    told: list[tuple[str, float]] = []
    job = client.execute("reach", {**REACH, "area": reference})
    assert job.wait(lambda j: told.append((j.status, j.progress)), 60.0, by_events=by_events) is job
    assert job.status == "successful"
    assert told[-1] == ("successful", 100.0)
    assert [p for _, p in told] == sorted(p for _, p in told)
    people = job.results()["reach"]["people"]
    assert 0 < people["in_area"] < people["total"]
    assert {layer.name for layer in job.layers()} == {one["name"] for one in job.results()["files"]}
    assert client.job(job.id).is_finished
    assert job.id in {one.id for one in client.jobs(status="successful", process="reach")}
    assert job.wait().refresh().dismiss().status == "successful"


def test_bad_inputs_are_pointed_at(client: Client) -> None:
    with pytest.raises(ServiceError) as caught:
        client.execute("reach", {**REACH, "population_unit": "heads"})
    error = caught.value
    assert (error.status, error.code, error.pointer) == (400, "invalid-inputs", "#/inputs/population_unit")  # fmt: skip
    assert error.detail in str(error)
    assert error.request_id
    with pytest.raises(ServiceError, match="404 no-such-process"):
        client.execute("reaches", {})


def test_a_job_that_fails_says_why(client: Client, tmp_path: Path) -> None:
    moon = tmp_path / "moon.geojson"
    moon.write_text(
        '{"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 50]]]}'
    )
    job = client.execute("reach", {**REACH, "area": client.upload(moon, role="zones")})
    with pytest.raises(ServiceError) as caught:
        job.wait(timeout_s=60.0)
    assert (caught.value.status, job.status) == (400, "failed")


def test_a_job_is_waited_for_so_long_and_dismissed(client: Client) -> None:
    job = client.execute("run", {"scenario": "valley-flash-flood", "replicas": 2000})
    with pytest.raises(TransportError, match="wait again, or dismiss it"):
        job.wait(timeout_s=0.2, by_events=False)
    assert job.dismiss().status == "dismissed"
    with pytest.raises(ServiceError, match="dismissed"):
        job.wait()
    with pytest.raises(ServiceError, match="dismissed"):
        job.results()


def test_files_come_whole_in_formats_and_to_folders(client: Client, results: str, tmp_path: Path) -> None:  # fmt: skip
    layers = {layer.name: layer for layer in client.layers(results)}
    assert {layer.name for layer in client.layers(results, kind="raster")} == {"uncovered.tif"}
    raster = layers["uncovered.tif"]
    assert raster.bbox == (10.0, 0.0, 14.0, 4.0)
    path = client.download(raster, tmp_path)
    assert path == tmp_path / "uncovered.tif"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == raster.sha256
    table = client.download(layers["zones.parquet"].id, tmp_path / "z.csv", f="csv")
    assert table.read_text().count("\n") == 4
    assert client.download(layers["zones.parquet"], tmp_path, f="csv").name == "zones.csv"
    assert {p.suffix for p in tmp_path.iterdir()} == {".tif", ".csv"}  # nothing half is left
    assert client.layer(raster.id) == raster
    tiles = client.tilejson(raster)["tiles"]
    assert tiles[0].endswith("/xyz/{z}/{x}/{y}.png?tilesize=512")


def test_a_download_that_fails_leaves_what_was_there(client: Client, results: str, tmp_path: Path) -> None:  # fmt: skip
    kept = tmp_path / "kept.csv"
    kept.write_text("before")
    with pytest.raises(ServiceError):
        client.download(f"{results}.run.json", kept, f="gpkg")
    with pytest.raises(ServiceError, match="404"):
        client.download("no-such.tif", kept)
    assert [p.name for p in tmp_path.iterdir()] == ["kept.csv"]
    assert kept.read_text() == "before"
    with pytest.raises(WriteError, match="cannot be written"):
        client.download(f"{results}.run.json", tmp_path / "nowhere" / "run.json")


def test_features_come_page_by_page(client: Client, results: str) -> None:
    collection = f"{results}.uncovered.cells"
    assert collection in {one["id"] for one in client.collections()}
    cells = list(client.features(collection))
    assert sum(cell["properties"]["people"] for cell in cells) == 75.0
    assert list(client.features(collection, page=3)) == cells
    # Two cells of one degree at the south-east corner have people: 10 above, 20 below.
    some = client.features(collection, bbox=(13.2, 0.2, 13.8, 1.8), page=1)
    assert sorted(cell["properties"]["people"] for cell in some) == [10.0, 20.0]
    assert list(client.features(collection, datetime="../2020-01-01T00:00:00Z")) == []
    with pytest.raises(ServiceError) as caught:
        list(client.features(collection, bbox=(1, 2, 3)))
    assert caught.value.status == 400


def test_scenarios_change_only_for_who_has_seen_the_last(client: Client) -> None:
    first = client.scenarios.create(SCENARIO)
    assert (first.version, first.title) == (1, "First")
    second = client.scenarios.change(first, SCENARIO.replace("First", "Second"))
    assert (second.id, second.version, second.title) == (first.id, 2, "Second")
    with pytest.raises(ServiceError) as caught:
        client.scenarios.change(first, SCENARIO.replace("First", "Other"))
    assert (caught.value.status, caught.value.code) == (412, "changed-meanwhile")
    assert client.scenarios.text(first.id, 1).decode() == SCENARIO
    assert [one.version for one in client.scenarios.versions(first.id)] == [2, 1]
    assert client.scenarios.get(first.id) == second
    assert first.id in {one.id for one in client.scenarios.list()}
    with pytest.raises(ServiceError, match="412"):
        client.scenarios.delete(first)
    client.scenarios.delete(second)
    with pytest.raises(ServiceError, match="404 unknown-scenario"):
        client.scenarios.get(first.id)
    with pytest.raises(ServiceError) as caught:
        client.scenarios.create({"schema": "ew4all/scenario/1", "channels": ["pigeons"]})
    assert caught.value.code == "invalid-scenario"
    assert caught.value.pointer is not None


def test_alerts_go_in_and_come_out(client: Client) -> None:
    drill = client.alerts.create(DRILL)
    assert drill.facts["status"] == "Exercise"
    cap = client.alerts.text(drill.id)
    assert cap.startswith(b"<?xml")
    assert b"<status>Exercise</status>" in cap
    assert len(client.alerts.geojson(drill.id)["features"]) == 1
    again = client.alerts.create(cap)
    assert again.reference == f"alert:{again.id}"
    with pytest.raises(ServiceError) as caught:
        client.alerts.create(DRILL | {"status": "Actual"})
    assert caught.value.status == 400


def test_runs_are_listed_and_dismissed(client: Client) -> None:
    job = client.runs.start("national-test", replicas=3, seed=1)
    run = client.runs.get(job.id)
    assert (run["scenario"], run["replicas"], run["seed"]) == ("national-test", 3, 1)
    assert job.dismiss().is_finished
    assert [one["id"] for one in client.runs.list(status="dismissed", scenario="national-test")] == [job.id]  # fmt: skip
    with pytest.raises(ServiceError, match="404 no-curves"):
        client.runs.curves(job.id)


@pytest.mark.slow
def test_runs_are_jobs_with_curves(client: Client) -> None:
    job = client.runs.start("valley-flash-flood", replicas=2, seed=1)
    assert isinstance(job.wait(timeout_s=120.0), Job)
    run = client.runs.get(job.id)
    assert run["summary"] == job.results()["summary"]
    assert client.runs.curves(job.id)["zone"] == "all"
    listed = list(client.runs.list(status="successful", scenario="valley-flash-flood"))
    assert [one["id"] for one in listed] == [job.id]


def test_keys_are_made_and_revoked(client: Client) -> None:
    key = client.keys.create("map", "viewer", datetime(2100, 1, 1, tzinfo=UTC))
    assert key["secret"].startswith("ew4_")
    client.keys.revoke(key["id"])
    assert client.keys.get(key["id"])["state"] == "revoked"
    assert key["id"] in {one["id"] for one in client.keys.list()}


def test_faults_of_the_caller_never_leave_the_machine(client: Client, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none\.tif cannot be opened"):
        client.upload(tmp_path / "none.tif")
    with pytest.raises(ReadError):
        client.upload(tmp_path)
    for url in ("127.0.0.1:8000", "ftp://host", "http://", "http://host/?q=1"):
        with pytest.raises(OptionError, match="no address of a service"):
            Client(url)
    for key in ("", "two words", "schlüssel", "new\nline"):
        with pytest.raises(OptionError, match="key"):
            Client("http://127.0.0.1:8000", key)


@pytest.mark.slow
def test_a_service_of_processes_that_is_killed_meanwhile(tmp_path: Path) -> None:
    """The API is killed and started anew while the client waits: the job is the same, and its end is heard."""
    running = Running(tmp_path)
    try:
        with Client(running.url, retries=60, patience_s=120.0) as client:
            job = client.execute("reach", REACH)
            running.kill("api")
            running.start("api")
            assert job.wait(timeout_s=240.0).status == "successful"
            assert [one.id for one in client.jobs()] == [job.id]
            path = client.download(next(iter(job.layers())), tmp_path)
            assert path.stat().st_size > 0
    finally:
        running.stop()
