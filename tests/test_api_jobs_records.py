"""Rows of jobs, who lives and who is dead, turns in the queue, and what is not kept."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from made_exercise_service import put
from made_service import REACH, make_client, service_of, started
from sqlalchemy import func, insert, select, text, update

from ew4all.api.exercises.folders import hold, made
from ew4all.api.identity import LOCAL, ROLES, Principal
from ew4all.api.jobs import records, retention
from ew4all.api.jobs.intake import accept_job
from ew4all.api.jobs.keeper import LEASE_S, Keeper, count_workers, end_orphans
from ew4all.api.jobs.outcome import keep_file
from ew4all.api.jobs.workers import QUEUE
from ew4all.api.jobs.workflow import ATTEMPTS, Interrupted, perform
from ew4all.api.problems import Problem
from ew4all.api.store import now
from ew4all.api.store.tables import EVENTS, EXERCISES, FILES, JOBS, LAYERS, UPLOADS, WORKERS
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

ANALYST = Principal("somebody", "Somebody", ROLES["analyst"])
OTHER = Principal("other", "Other", ROLES["analyst"])


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """No worker: what is queued stays."""
    with make_client(tmp_path, workers=0, limits={"jobs_waiting": 3}) as made:
        yield made


@pytest.fixture
def service(client: TestClient) -> Any:
    return service_of(client)


def test_only_the_last_attempt_may_end_a_job(service: Any) -> None:
    job = accept_job(service, "reach", REACH, LOCAL).id
    with service.database.begin() as c:
        first = records.start(c, job)
        second = records.start(c, job)
        assert first is not None
        assert second is not None
        assert records.tell(c, job, first.attempts, 50.0, "late") is None
        records.finish(c, job, first.attempts, outputs={"by": "first"})
        assert records.release(c, job, first.attempts, "late") is None
        records.finish(c, job, second.attempts, outputs={"by": "second"})
        records.finish(c, job, second.attempts, problem={"detail": "too late"})
        records.dismiss(c, job)
        found = records.find(c, job)
    assert found is not None
    assert (found.status, found.outputs) == ("successful", {"by": "second"})
    assert records.FINISHED.isdisjoint({"accepted", "running"})


def test_a_job_dismissed_while_it_is_finishing_stays_dismissed(service: Any) -> None:
    job = accept_job(service, "reach", REACH, LOCAL).id
    with service.database.begin() as c:
        begun = records.start(c, job)
        assert begun is not None
        records.dismiss(c, job)
        records.finish(c, job, begun.attempts, outputs={}, layers=[{"id": "x"}])
        assert c.execute(select(func.count()).select_from(LAYERS)).scalar_one() == 0
    assert perform(service, job) == "dismissed"
    with service.database.read() as c:
        kinds = c.execute(select(EVENTS.c.data).where(EVENTS.c.topic == f"job:{job}")).scalars()
        assert [k["status"] for k in kinds] == ["accepted", "running", "dismissed"]


def test_row_and_queue_are_written_together_or_not_at_all(service: Any) -> None:
    def fails(_connection: Any, _job: records.Job) -> None:
        raise Problem(422, "x", "x")

    with pytest.raises(Problem):
        accept_job(service, "reach", REACH, LOCAL, also=fails)
    with service.database.read() as c:
        assert c.execute(select(func.count()).select_from(JOBS)).scalar_one() == 0
        assert c.execute(text("SELECT count(*) FROM workflow_status")).scalar_one() == 0


def test_whoever_has_fewer_jobs_goes_first_and_exercises_before_all(service: Any) -> None:
    facilitator = Principal("lead", "Lead", ROLES["facilitator"])
    mine = [accept_job(service, "reach", REACH, ANALYST).id for _ in range(2)]
    other = accept_job(service, "reach", REACH, OTHER).id
    urgent = accept_job(service, "reach", REACH, facilitator, priority=5).id
    later = accept_job(service, "reach", REACH, OTHER, priority=-1).id
    order = text(
        "SELECT workflow_uuid, queue_name FROM workflow_status ORDER BY priority, created_at"
    )
    with service.database.read() as c:
        rows = c.execute(order).all()
    assert [row[0] for row in rows] == [urgent, mine[0], other, mine[1], later]
    assert {row[1] for row in rows} == {QUEUE}
    with pytest.raises(Problem, match="exercise") as caught:
        accept_job(service, "reach", REACH, ANALYST, priority=1)
    assert caught.value.status == 403


def test_too_many_jobs_of_one_are_refused_also_at_once(client: TestClient, service: Any) -> None:
    statuses: list[int] = []

    def send() -> None:
        answer = client.post(
            "/processes/reach/execution",
            json={"inputs": REACH},
            headers={"Prefer": "respond-async"},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] * 3 + [429] * 5
    accept_job(service, "reach", REACH, OTHER)  # another one has room


def test_uploads_of_others_cannot_be_computed_with(service: Any) -> None:
    sha256 = _kept(service, b"{}")
    row = {
        "id": "u1", "name": "a.geojson", "role": "zones", "media_type": "x", "sha256": sha256, "bytes": 2, "facts": {},
        "owner": OTHER.id, "created": now(),
    }  # fmt: skip
    with service.database.begin() as c:
        c.execute(insert(UPLOADS).values(row))
    inputs = {**REACH, "area": "upload:u1"}
    with pytest.raises(Problem, match="there is no 'upload:u1'"):
        accept_job(service, "reach", inputs, ANALYST)
    job = accept_job(service, "reach", inputs, OTHER)
    assert job.files["upload:u1"] == {"sha256": sha256, "suffix": ".geojson"}


def test_a_worker_that_died_is_buried_and_its_jobs_go_back(service: Any) -> None:
    job = accept_job(service, "reach", REACH, LOCAL).id
    lives, dies, elsewhere = (
        Keeper(service, name, "test") for name in ("lives", "dies", "elsewhere")
    )
    for keeper in (lives, dies, elsewhere):
        keeper.begin()
    taken = text(
        "UPDATE workflow_status SET status='PENDING', executor_id=:who WHERE workflow_uuid=:job"
    )
    with service.database.begin() as c:
        c.execute(taken, {"who": "dies", "job": job})
    lives._bury()
    assert count_workers(service) == 3  # all of them hold their locks
    assert dies._lock is not None
    dies._lock.close()  # as the system does when a process ends
    (service.settings.data_dir / "workers" / "elsewhere").unlink()  # it is on another machine
    lives._bury()
    with service.database.read() as c:
        assert set(c.execute(select(WORKERS.c.id)).scalars()) == {"lives", "elsewhere"}
        row = c.execute(text("SELECT status, queue_name FROM workflow_status")).one()
    assert tuple(row) == ("ENQUEUED", QUEUE)
    with service.database.begin() as c:
        late = now() - dt.timedelta(seconds=LEASE_S + 1)
        c.execute(update(WORKERS).where(WORKERS.c.id == "elsewhere").values(seen=late))
    lives._bury()
    assert count_workers(service) == 1
    elsewhere.stop()
    lives.stop()
    assert count_workers(service) == 0


def test_a_job_that_the_queue_has_lost_is_failed_with_the_reason(service: Any) -> None:
    lost, waits = (accept_job(service, "reach", REACH, LOCAL).id for _ in range(2))
    with service.database.begin() as c:
        c.execute(update(JOBS).values(updated=now() - dt.timedelta(minutes=1)))
        c.execute(
            text("UPDATE workflow_status SET status='ERROR' WHERE workflow_uuid=:j"), {"j": lost}
        )
    assert end_orphans(service) == 1
    with service.database.read() as c:
        found, other = records.find(c, lost), records.find(c, waits)
    assert found is not None
    assert other is not None
    assert (found.status, found.problem["code"] if found.problem else None) == ("failed", "lost")
    assert other.status == "accepted"


def test_a_job_that_kills_whoever_does_it_is_given_up(service: Any) -> None:
    job = accept_job(service, "reach", REACH, LOCAL).id
    with service.database.begin() as c:
        c.execute(update(JOBS).values(attempts=ATTEMPTS))
    assert perform(service, job) == "failed"
    with service.database.read() as c:
        found = records.find(c, job)
    assert found is not None
    assert found.problem is not None
    assert "memory" in found.problem["detail"]


def test_a_worker_that_stops_takes_nothing_and_gives_back(service: Any) -> None:
    job = accept_job(service, "reach", REACH, LOCAL).id
    service.stopping.set()
    with pytest.raises(Interrupted):
        perform(service, job)
    with service.database.read() as c:
        found = records.find(c, job)
    assert found is not None
    assert (found.status, found.attempts) == ("accepted", 0)


def test_a_child_ends_with_all_it_started_when_its_parent_is_gone(tmp_path: Path) -> None:
    # The child of nobody: its parent's number is that of a process which has ended.
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "request.json").write_text('{"process": "reach", "inputs": {}, "files": {}}')
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "ew4all.api.jobs.child", str(tmp_path), str(gone.pid)],
        start_new_session=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == -9


def test_what_is_old_goes_and_what_is_needed_stays(service: Any) -> None:
    old, young, waits = (accept_job(service, "reach", REACH, LOCAL).id for _ in range(3))
    long_ago = now() - dt.timedelta(days=40)
    names = {name: _kept(service, name.encode()) for name in ("layer", "young", "waits", "unused", "new")}  # fmt: skip
    with service.database.begin() as c:
        for job, name in ((old, "layer"), (young, "young")):
            begun = records.start(c, job)
            assert begun is not None
            records.finish(c, job, begun.attempts, outputs={}, layers=[_layer(job, names[name])])
        c.execute(update(JOBS).where(JOBS.c.id == old).values(finished=long_ago))
        files = {"upload:x": {"sha256": names["waits"], "suffix": ""}}
        c.execute(update(JOBS).where(JOBS.c.id == waits).values(files=files))
        aged = FILES.c.sha256 != names["new"]
        c.execute(update(FILES).where(aged).values(created=long_ago))
    for sha256 in names.values():
        os.utime(service.blobs.path(sha256), (0, 0))
    left = service.work_dir / old / "1"
    left.mkdir(parents=True)
    (service.work_dir / waits).mkdir()
    retention.sweep(service)
    with service.database.read() as c:
        assert set(c.execute(select(JOBS.c.id)).scalars()) == {young, waits}
        kept = set(c.execute(select(FILES.c.sha256)).scalars())
        topics = set(c.execute(select(EVENTS.c.topic)).scalars())
        queued = set(c.execute(text("SELECT workflow_uuid FROM workflow_status")).scalars())
    assert kept == {names["young"], names["waits"], names["new"]}
    assert {p.name for p in service.blobs.folder.glob("*/*")} == kept
    assert topics == {f"job:{young}", f"job:{waits}"}
    assert queued == {young, waits}
    assert {p.name for p in service.work_dir.iterdir()} == {waits}


def test_what_an_exercise_needs_is_kept_until_it_is_deleted(client: TestClient, service: Any) -> None:  # fmt: skip
    sha256 = _kept(service, b"people of the exercise")
    exercise = put(client)
    with service.database.begin() as c:
        c.execute(update(FILES).values(created=now() - dt.timedelta(days=40)))
        c.execute(update(EXERCISES).values(files={"upload:x": {"sha256": sha256, "suffix": ""}}))
    os.utime(service.blobs.path(sha256), (0, 0))
    retention.sweep(service)
    assert service.blobs.path(sha256).read_bytes() == b"people of the exercise"
    assert client.delete(f"/v1/exercises/{exercise}").status_code == 204
    retention.sweep(service)
    with pytest.raises(ReadError, match="is missing"):
        service.blobs.path(sha256)


def test_the_folder_of_an_engine_is_left_while_it_plays(service: Any) -> None:
    folders = [made(service.work_dir, f"e{n}", "live") for n in range(3)]
    held = hold(folders[0])
    hold(folders[1]).close()
    # The third is being made: its log is not there yet.
    assert retention.sweep(service)["folders"] == 1
    assert [folder.exists() for folder in folders] == [True, False, True]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=held) as engine:  # fmt: skip
        held.close()
        assert retention.sweep(service)["folders"] == 0
        # A SIGKILL leaves the folder, and its lock goes.
        engine.kill()
        engine.wait()
        assert retention.sweep(service)["folders"] == 1


def test_a_content_that_is_kept_again_is_young_again(service: Any) -> None:
    sha256 = _kept(service, b"again")
    with service.database.begin() as c:
        c.execute(update(FILES).values(created=now() - dt.timedelta(days=40)))
    os.utime(service.blobs.path(sha256), (0, 0))
    assert _kept(service, b"again") == sha256
    retention.sweep(service)
    assert service.blobs.path(sha256).read_bytes() == b"again"


def test_no_worker_was_ever_started_and_yet_jobs_are_accepted(client: TestClient) -> None:
    assert client.get(f"/jobs/{started(client, 'reach', REACH)}").json()["status"] == "accepted"


def _kept(service: Any, content: bytes) -> str:
    path = service.settings.data_dir / "some"
    path.write_bytes(content)
    sha256, size = service.blobs.take(path)
    keep_file(service, sha256, size)
    return str(sha256)


def _layer(job: str, sha256: str) -> dict[str, Any]:
    return {
        "id": f"{job}.a", "job": job, "name": "a", "kind": "document", "title": "a", "media_type": "x", "sha256": sha256,
        "bytes": 1, "facts": {}, "created": now(),
    }  # fmt: skip
