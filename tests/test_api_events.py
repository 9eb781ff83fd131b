"""Server-sent events: nothing lost, nothing twice, whoever writes and however often one is cut off."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from made_server import Served, serving
from made_service import REACH, ended, make_client, service_of, started

from ew4all.api.events import journal
from ew4all.api.events.stream import EventStream
from ew4all.api.identity import LOCAL, make_key
from ew4all.api.jobs import records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("events")
    with serving(folder, heartbeat_s=0.3, limits={"listener_events": 50, "listeners": 20}) as made:
        yield made


def events_in(text: str) -> list[dict[str, Any]]:
    """The events of a stream, as HTML says: without those that have no data."""
    out = []
    for block in text.split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        if "data" in fields:
            out.append({**fields, "data": json.loads(fields["data"])})
    return out


class Listening:
    """A client that reads a stream in a thread, up to a number of events."""

    def __init__(self, served: Served, path: str, count: int, **headers: str) -> None:
        self.text, self.status = "", 0
        self.opened = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(served, path, count, headers))
        self._thread.start()
        assert self.opened.wait(10.0)

    def _listen(self, served: Served, path: str, count: int, headers: dict[str, str]) -> None:
        with httpx.stream("GET", served.url + path, headers=headers, timeout=20.0) as answer:
            self.status = answer.status_code
            for piece in answer.iter_text():
                self.text += piece
                self.opened.set()
                if len(events_in(self.text)) >= count:
                    return
        self.opened.set()

    @property
    def last_id(self) -> str:
        """What a browser sends when it comes again."""
        return self.text.rpartition("\nid: ")[2].partition("\n")[0]

    def events(self) -> list[dict[str, Any]]:
        self._thread.join(20.0)
        assert not self._thread.is_alive()
        return events_in(self.text)


def written(served: Served, topic: str, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        with served.service.database.begin() as connection:
            journal.write(connection, topic, "test", {"number": number})


def test_a_job_is_told_to_its_end(tmp_path: Path) -> None:
    with make_client(tmp_path) as client:
        job = started(client, "reach", REACH)
        text = client.get(f"/v1/jobs/{job}/events").text  # ends with the job
        told = events_in(text)
        assert ended(client, job)["status"] == "successful"
        statuses = [e["data"]["status"] for e in told]
        assert (statuses[0], statuses[-1]) == ("accepted", "successful")
        assert {e["event"] for e in told} == {"job"}
        assert [int(e["id"]) for e in told] == sorted({int(e["id"]) for e in told})
        with service_of(client).database.read() as connection:
            assert len(journal.read(connection, 0, limit=1000)) == len(told)
        # Half of it again, and nothing after the end: a browser does not come back then.
        middle = told[len(told) // 2]["id"]
        rest = client.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": middle}).text
        assert events_in(rest) == told[len(told) // 2 + 1 :]
        over = client.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": told[-1]["id"]})
        assert (over.status_code, over.content) == (204, b"")
        assert client.get("/v1/jobs/none/events").status_code == 404


def test_events_of_others_are_told_at_once_and_by_topic(served: Served) -> None:
    everything = Listening(served, "/v1/events", 6)
    one = Listening(served, "/v1/events?topic=feed:b", 3)
    written(served, "feed:a", 3)
    written(served, "feed:b", 3)
    assert [e["data"]["topic"] for e in everything.events()] == ["feed:a"] * 3 + ["feed:b"] * 3
    assert [e["data"]["number"] for e in one.events()] == [0, 1, 2]
    assert everything.text.startswith(": ew4all\nid: ")
    assert "retry: 2000" in everything.text


def test_cut_off_again_and_again_nothing_is_lost_or_told_twice(served: Served) -> None:
    writer = threading.Thread(target=written, args=(served, "feed:cut", 120))
    first = Listening(served, "/v1/events?topic=feed:cut", 1)
    writer.start()
    told, at = first.events(), first.last_id
    while len(told) < 120:
        count = min(7, 120 - len(told))
        again = Listening(served, "/v1/events?topic=feed:cut", count, **{"Last-Event-ID": at})
        told, at = [*told, *again.events()], again.last_id
        told = [e for e in told if e["event"] == "test"]  # it may have been too slow, and told so
    writer.join()
    assert [e["data"]["number"] for e in told] == list(range(120))


def test_who_is_cut_off_before_the_first_event_goes_on_from_there(served: Served) -> None:
    silent = Listening(served, "/v1/events?topic=feed:later", 0)
    silent.events()
    written(served, "feed:later", 2)
    path = f"/v1/events?topic=feed:later&after={silent.last_id}"
    later = Listening(served, path, 2).events()
    assert [e["data"]["number"] for e in later] == [0, 1]


def test_silence_is_filled_with_heartbeats(served: Served) -> None:
    with httpx.stream("GET", served.url + "/v1/events?topic=feed:none", timeout=5.0) as answer:
        pieces = answer.iter_text()
        assert next(pieces).startswith(": ew4all")
        assert next(pieces).startswith(": heartbeat\nid: ")
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"


def test_the_journal_is_read_once_for_all_and_never_for_nobody(served: Served) -> None:
    many = [Listening(served, "/v1/events?topic=feed:many", 1) for _ in range(12)]
    assert len(served.hub) >= 12
    before = served.hub.queries
    written(served, "feed:many", 1)
    assert all(len(one.events()) == 1 for one in many)
    assert served.hub.queries - before < 12
    _until(lambda: len(served.hub) == 0)
    _until(lambda: served.hub._task is None)


def test_more_listeners_than_allowed_are_refused(served: Served) -> None:
    _until(lambda: len(served.hub) == 0)
    most = served.service.settings.limits.listeners
    with httpx.Client(base_url=served.url) as client:
        opened = [client.stream("GET", "/v1/events") for _ in range(most)]
        for one in opened:
            one.__enter__()
        answer = client.get("/v1/events")
        for one in opened:
            one.__exit__(None, None, None)
    assert (answer.status_code, answer.json()["code"]) == (503, "too-many-listeners")
    assert answer.headers["retry-after"] == "10"
    _until(lambda: len(served.hub) == 0)


def test_who_does_not_keep_up_is_dropped_and_misses_nothing(served: Served) -> None:
    with httpx.stream("GET", served.url + "/v1/events?topic=feed:fast", timeout=10.0) as answer:
        pieces = answer.iter_text()
        opening = next(pieces)
        (listener,) = [one for one in served.hub._listeners if one.wanted.topics == ("feed:fast",)]
        with served.service.database.begin() as connection:  # more at once than may wait
            for number in range(200):
                journal.write(connection, "feed:fast", "test", {"number": number})
        text = opening + "".join(pieces)
    assert listener.is_dropped
    assert not listener._waiting
    *told, last = events_in(text)
    assert last["event"] == "dropped"
    assert len(told) < 200
    at = text.rpartition("id: ")[2].partition("\n")[0]
    again = Listening(served, "/v1/events?topic=feed:fast", 200, **{"Last-Event-ID": at}).events()
    assert [e["data"]["number"] for e in told + again] == list(range(200))


def test_who_takes_nothing_at_all_is_let_go() -> None:
    ended: list[bool] = []

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b": more\n\n"

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    stream = EventStream(chunks(), 0.05, lambda: ended.append(True))
    begun_s = time.monotonic()
    asyncio.run(stream({"type": "http"}, receive, send))
    assert time.monotonic() - begun_s < 5.0
    assert ended == [True]


def test_what_is_not_there_any_more_is_told_as_a_gap(served: Served) -> None:
    (gap,) = Listening(served, "/v1/events?after=999999", 1).events()
    assert gap["event"] == "gap"
    assert gap["data"]["after"] == 999999


def test_everybody_hears_of_his_own_jobs_alone(tmp_path: Path) -> None:
    with serving(tmp_path, auth="keys", heartbeat_s=0.3) as served:
        database = served.service.database
        keys = {r: make_key(database, r, r) for r in ("analyst", "administrator")}
        with database.begin() as connection:
            mine = records.accept(connection, "reach", {}, keys["analyst"][0])
            records.accept(connection, "reach", {}, LOCAL.id)
            journal.write(connection, "feed:x", "test", {})
        for role, count in (("analyst", 2), ("administrator", 3)):
            bearer = {"Authorization": f"Bearer {keys[role][1]}"}
            for topic in ("", "&topic=job&topic=feed:x"):
                told = Listening(served, f"/v1/events?after=0{topic}", count, **bearer).events()
                assert len(told) == count
                assert f"job:{mine.id}" in {e["data"]["topic"] for e in told}
            # Those that come while one listens.
            live = Listening(served, "/v1/events", count, **bearer)
            with database.begin() as connection:
                records.accept(connection, "reach", {}, LOCAL.id)
                records.accept(connection, "reach", {}, keys["analyst"][0])
                journal.write(connection, "feed:x", "test", {})
            assert len(live.events()) == count
        assert httpx.get(served.url + "/v1/events").status_code == 401


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("?after=-1", {}, "invalid-request"),
        ("?topic=other", {}, "invalid-request"),
        ("?topc=job", {}, "unknown-parameter"),
        ("", {"Last-Event-ID": "x"}, "invalid-request"),
    ],
)
def test_what_is_refused(served: Served, query: str, headers: dict[str, str], code: str) -> None:
    answer = httpx.get(served.url + "/v1/events" + query, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert httpx.head(served.url + "/v1/events").status_code == 200


def test_streams_are_described(served: Served) -> None:
    paths = httpx.get(served.url + "/api").json()["paths"]
    for path in ("/v1/events", "/v1/jobs/{job_id}/events"):
        told = paths[path]["get"]["responses"]
        assert told["200"]["content"]["text/event-stream"]["example"].startswith(": ew4all")
        assert "503" in told


def test_the_service_ends_though_somebody_listens(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        listening = Listening(served, "/v1/events", 1)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 8.0  # less than requests are waited for
    assert listening.events() == []


def _until(found: Any) -> None:
    ends_s = time.monotonic() + 10.0
    while not found():
        assert time.monotonic() < ends_s, "in vain"
        time.sleep(0.02)
