"""What exercises leave on the disk and in the store: while they are played, when a service is killed, and when they are removed."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from made_exercise_service import put, seated
from made_service import make_client, service_of
from sqlalchemy import func, select, update
from test_api_exercises_views import whole

from ew4all.api.exercises import branches, records, reports
from ew4all.api.exercises.broadcast import Broadcast
from ew4all.api.exercises.folders import hold, is_in_use, made, reports_in
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.process import EngineProcess
from ew4all.api.exercises.records import Entry, Overtaken, Stands
from ew4all.api.exercises.room import Room
from ew4all.api.exercises.stream import told
from ew4all.api.exercises.views import View
from ew4all.api.jobs import retention
from ew4all.api.problems import Problem
from ew4all.api.store.backup import back_up
from ew4all.api.store.database import now
from ew4all.api.store.tables import BRANCHES, EXERCISE_LOG, EXERCISES, INVITATIONS, SEATS
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from ew4all.api.service import Service

TABLES = (EXERCISES, EXERCISE_LOG, INVITATIONS, SEATS, BRANCHES)
CLOCK = {"state": "paused", "time_s": 0.0}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with make_client(tmp_path, workers=0, limits={"exercises_beside": 1}) as found:
        yield found


def logged(client: TestClient) -> tuple[Service, str]:
    """An exercise with an event, a seat and a branch."""
    service, exercise = service_of(client), put(client)
    seated(client, exercise, "player", "nema")
    row = {
        "exercise": exercise, "number": 1, "title": "t", "asked": {"changes": []}, "state": "running", "result": None, "created": now(),
    }  # fmt: skip
    with service.database.begin() as connection:
        records.append(service.database, connection, exercise, [Entry(1, "started", 0.0, "{}")], CLOCK)  # fmt: skip
        connection.execute(BRANCHES.insert().values(row))
    return service, exercise


def rows(service: Service) -> list[int]:
    with service.database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(t)).scalar_one() for t in TABLES
        ]


def test_an_exercise_that_was_removed_leaves_nothing(client: TestClient) -> None:
    service, exercise = logged(client)
    assert client.delete(f"/v1/exercises/{exercise}").status_code == 204
    report = reports_in(service.work_dir) / exercise
    report.mkdir(parents=True)  # a report that came after it
    kept = put(client)
    (reports_in(service.work_dir) / kept).mkdir()
    assert retention.sweep(service)["reports"] == 1
    assert not report.exists()
    assert rows(service) == [2, 1, 1, 1, 1]  # for a day, as everything that is removed
    long_ago = now() - dt.timedelta(days=2)
    with service.database.begin() as connection:
        connection.execute(
            update(EXERCISES).where(EXERCISES.c.id == exercise).values(deleted=long_ago)
        )
    retention.sweep(service)
    assert rows(service) == [1, 0, 0, 0, 0]
    assert (reports_in(service.work_dir) / kept).is_dir()


def test_a_backup_wants_what_exercises_are_played_with(client: TestClient, tmp_path: Path) -> None:
    service, exercise = logged(client)
    sha256 = "0" * 64
    with service.database.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO files VALUES ('{sha256}', 1, '2026-01-01 00:00:00')"
        )
        files = {"upload:x": {"sha256": sha256, "suffix": ".tif"}}
        connection.execute(update(EXERCISES).values(files=files))
    with pytest.raises(ReadError, match="missing"):
        back_up(service.settings, tmp_path / "b.tar")
    assert client.delete(f"/v1/exercises/{exercise}").status_code == 204
    back_up(service.settings, tmp_path / "b.tar")


class _Engine:
    """In the place of an engine: answers when it is let, and writes a file as a report does."""

    go = threading.Event()
    begun = threading.Event()

    def __init__(self, *_: Any) -> None:
        pass

    def open(self, *_: Any, **__: Any) -> None:
        pass

    def ask(self, _: str, *, folder: str, **__: Any) -> dict[str, Any]:
        self.begun.set()
        assert self.go.wait(60.0)
        Path(folder).mkdir(parents=True)
        (Path(folder) / "report.html").write_text("EXERCISE")
        return {}

    def clear(self) -> None:
        pass


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> type[_Engine]:
    monkeypatch.setattr(reports, "EngineProcess", _Engine)
    monkeypatch.setattr(_Engine, "go", threading.Event())
    monkeypatch.setattr(_Engine, "begun", threading.Event())
    return _Engine


def awaited(service: Service, exercise: str, state: str) -> dict[str, Any]:
    ends_s = time.monotonic() + 60.0
    while (found := reports.shown(service, exercise))["state"] != state:
        assert time.monotonic() < ends_s, found
        time.sleep(0.01)
    return found


def test_a_report_is_made_once_at_a_time_whoever_asks(
    client: TestClient, engine: type[_Engine]
) -> None:
    service, exercise = logged(client)
    assert reports.begin(service, exercise)["state"] == "running"
    assert reports.begin(service, exercise)["state"] == "running"
    _, other = logged(client)
    with pytest.raises(Problem) as refused:
        reports.begin(service, other)
    assert (refused.value.status, refused.value.code) == (429, "too-many-reports")
    assert reports.shown(service, other) == {"state": "none"}
    engine.go.set()
    assert awaited(service, exercise, "done")["files"][0]["name"] == "report.html"
    assert reports.begin(service, exercise)["state"] == "running"
    awaited(service, exercise, "done")


def test_a_report_that_nobody_makes_any_more_has_failed_and_can_be_made_anew(
    client: TestClient, engine: type[_Engine]
) -> None:
    """The number of the process that made it may well be that of this one: each container has its own."""
    service, exercise = logged(client)
    folder = reports_in(service.work_dir) / exercise
    folder.mkdir(parents=True)
    state = {"state": "running", "created": "x", "events": 1, "process": os.getpid()}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "making.lock").touch()
    assert reports.shown(service, exercise)["state"] == "failed"
    with hold(folder, "making.lock", alone=True):  # somebody does, wherever
        assert reports.shown(service, exercise)["state"] == "running"
        assert reports.begin(service, exercise)["state"] == "running"
    engine.go.set()
    assert reports.begin(service, exercise)["state"] == "running"
    awaited(service, exercise, "done")


def test_a_report_of_an_exercise_that_was_removed_meanwhile_goes_with_it(
    client: TestClient, engine: type[_Engine]
) -> None:
    service, exercise = logged(client)
    reports.begin(service, exercise)
    assert engine.begun.wait(60.0)
    assert client.delete(f"/v1/exercises/{exercise}").status_code == 204
    engine.go.set()
    awaited(service, exercise, "none")
    assert service.engines_beside.acquire(timeout=60.0)
    assert not (reports_in(service.work_dir) / exercise).exists()


def test_a_branch_whose_exercise_cannot_be_laid_out_fails(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, exercise = logged(client)

    def missing(*_: Any) -> None:
        msg = "the content is missing"
        raise ReadError(msg)

    monkeypatch.setattr(branches, "EngineProcess", missing)
    with service.database.read() as connection:
        stored = records.find(connection, exercise)
    assert stored is not None
    assert service.engines_beside.acquire()
    room = type("Room", (), {"broadcast": type("B", (), {"tell": lambda *_, **__: None})()})()
    branches._play(service, room, 1, {"changes": []}, [], stored)
    (row,) = client.get(f"/v1/exercises/{exercise}/branches").json()["branches"]
    assert (row["state"], row["problem"]) == ("failed", "the content is missing")
    assert service.engines_beside.acquire(blocking=False)


def test_folders_of_engines_are_nobody_else_s_and_go(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, exercise = logged(client)
    folders = {made(service.work_dir, exercise, "live") for _ in range(3)}
    assert len(folders) == 3
    young, old, held = folders
    log = hold(held)
    long_ago = time.time() - 7200.0
    os.utime(old, (long_ago, long_ago))
    assert (is_in_use(young), is_in_use(old), is_in_use(held)) == (True, False, True)
    log.close()
    assert not is_in_use(held)

    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ew4all.api.exercises.process.laid_out", broken)
    with service.database.read() as connection:
        stored = records.find(connection, exercise)
    assert stored is not None
    with pytest.raises(OSError, match="No space"):
        EngineProcess(service, stored)
    assert set(service.work_dir.iterdir()) == folders


def test_what_was_worked_out_before_somebody_else_wrote_is_not_kept(client: TestClient) -> None:
    """Of a clock, too, and of an exercise that is changed before it begins: with PostgreSQL there are several that write."""
    service, exercise = logged(client)
    database = service.database
    seen = Stands(1, 0)
    with database.begin() as connection:
        records.append(database, connection, exercise, [], CLOCK, seen=seen)
        records.redefine(connection, exercise, {"text": "t", "versions": {"i1": 1}, "facts": {}})
        assert records.stands(connection, exercise) == Stands(1, 1)
    for late in (seen, Stands(0, 1)):
        with pytest.raises(Overtaken), database.begin() as connection:
            records.append(database, connection, exercise, [], {**CLOCK, "state": "running"}, seen=late)  # fmt: skip
    with database.read() as connection:
        stored = records.find(connection, exercise)
    assert stored is not None
    assert stored.state == "paused"


def test_one_seat_does_not_take_the_places_of_others() -> None:
    view = View("player", "nema")
    listening = Broadcast(None, 10)  # type: ignore[arg-type]
    listening.state = began = whole()
    one = [listening.join(view, "s1") for _ in range(10)]
    other = listening.join(view, "s2")
    assert [x.is_closed for x in one] == [True, True] + [False] * 8
    assert not other.is_closed
    # What it begins with is how it stood then: what came since waits, and is not told twice.
    listening.state = whole()
    assert other.state is began


def test_one_seat_does_not_fill_the_log(tmp_path: Path) -> None:
    limits = {"exercise_acts_per_minute": 2, "exercise_events": 1}
    with make_client(tmp_path, workers=0, limits=limits) as client:
        service, exercise = service_of(client), put(client)
        with service.database.read() as connection:
            stored = records.find(connection, exercise)
        assert stored is not None
        room = Room(service, stored, Broadcast(None, 1))  # type: ignore[arg-type]
        room._known = 1

        def refused(seat: Seat) -> str:
            with pytest.raises(Problem) as error:
                room.act(seat, "send_message", message={})
            return error.value.code

        player = Seat("s1", exercise, "player", "nema", "Maria")
        full = "exercise-full"
        assert [refused(player) for _ in range(3)] == [full, full, "too-many-requests"]
        lead = Seat(None, exercise, "facilitator", None, "Ana", "local")
        assert [refused(lead) for _ in range(3)] == ["opening"] * 3
        for _ in range(10):
            service.rates.act("s1", is_preview=True)
        with pytest.raises(Problem, match="previews"):
            service.rates.act("s1", is_preview=True)


def test_what_was_written_and_not_told_before_a_crash_is_told_while_it_opens(
    client: TestClient,
) -> None:
    """A client comes again at once, when nobody knows yet how the exercise stands."""
    service, exercise = logged(client)

    def entry(number: int) -> Entry:
        told = {"event": "clock", "data": {"seq": number}, "for": {"roles": [], "teams": "all"}}
        return Entry(number, "paused", 0.0, "{}", [told])

    with service.database.begin() as connection:
        for number in (2, 3):
            records.append(service.database, connection, exercise, [entry(number)], CLOCK)

    async def heard() -> list[str]:
        listening = Broadcast(asyncio.get_running_loop(), 10)
        stored = type("Stored", (), {"id": exercise})()
        room = type("R", (), {"phase": "opening", "problem": None, "stored": stored})()
        listener = listening.join(View("player", "nema"), None)
        stream = told(service, room, listener, 1)
        found = [await anext(stream), await anext(stream)]
        third = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.0)  # it waits
        # The third happens as it opens: it is in the store, and in what is told first.
        listening._told((entry(3),), {**whole(), "seq": 3})
        listening._told((entry(4),), {**whole(), "seq": 4})
        found.append(await third)
        async for chunk in stream:
            found.append(chunk)
            if b"id: 4" in chunk:
                listener.close()
        return b"".join(found).decode().splitlines()

    text = asyncio.run(heard())
    told_ = [line for line in text if line.startswith(("event", "id"))]
    assert told_ == [
        "event: phase", "event: missed", "event: clock", "id: 2", "event: clock", "id: 3", "event: state", "id: 3", "event: clock", "id: 4",
    ]  # fmt: skip
