"""Two processes of the service on one database: an exercise is played in both, each event is written once, and both tell it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest
from exercise_listening import Hearer
from made_exercise_service import YAML, made_of, opened
from made_postgres import make_postgres
from made_server import serving

from ew4all.api.exercises import records
from ew4all.api.identity import LOCAL

if TYPE_CHECKING:
    from pathlib import Path


def _changes_of_both(clients: list[httpx.Client], path: str) -> None:
    """Two change the same inject before the start, each in a process of its own: the second is told, and nothing is overwritten."""
    inject = f"{path}/injects/i1"
    before = clients[0].get(inject)
    match = {"If-Match": before.headers["etag"]}
    first = clients[0].put(inject, json={**before.json(), "title": "First"}, headers=match)
    assert first.status_code == 200, first.text
    ends_s = time.monotonic() + 180.0
    while True:
        second = clients[1].put(inject, json={**before.json(), "title": "Second"}, headers=match)
        if second.status_code != 503:
            break
        assert second.json()["code"] == "opening"
        assert time.monotonic() < ends_s
        time.sleep(0.2)
    assert (second.status_code, second.json()["code"]) == (412, "changed-meanwhile")
    assert second.json()["current"]["title"] == "First"


@pytest.mark.slow
def test_an_exercise_in_two_processes(tmp_path: Path) -> None:
    postgres = make_postgres()
    try:
        url = postgres.database("two")
        quick = {"database_url": url, "exercise_tick_s": 0.2}
        with serving(tmp_path, **quick) as one, serving(tmp_path, **quick) as other:
            with one.service.database.begin() as connection:
                exercise = records.create(connection, made_of(YAML), LOCAL).id
            clients = [httpx.Client(base_url=s.url, timeout=60.0) for s in (one, other)]
            for client in clients:
                opened(client, exercise)
            hearers = [Hearer(s.url, exercise) for s in (one, other)]
            for hearer in hearers:
                hearer.awaited("state")
            path = f"/v1/exercises/{exercise}"
            _changes_of_both(clients, path)
            assert (
                clients[0].post(f"{path}/clock", json={"do": "start", "speed": 60.0}).status_code
                == 200
            )
            # Nobody has asked the other one for anything: its clock stood, and it hears of the start all the same.
            for hearer in hearers:
                hearer.awaited("clock")
            for number in range(20):
                client = clients[number % 2]
                answer = client.post(f"{path}/messages", json={"text": f"number {number}"})
                assert answer.status_code == 201, answer.text
            # The first inject is due at a minute of the exercise: both see it, and one writes it.
            for hearer in hearers:
                hearer.awaited("inject")
                hearer.awaited("message", 21)
            assert clients[1].post(f"{path}/clock", json={"do": "end"}).status_code == 200
            for hearer in hearers:
                hearer.awaited("clock", 2)
                hearer.stop()
            with one.service.database.read() as connection:
                log = records.entries(connection, exercise)
            assert [e.sequence for e in log] == list(range(1, len(log) + 1))
            kinds = [e.kind for e in log]
            assert kinds.count("message_sent") == 20
            assert kinds.count("started") == kinds.count("ended") == 1
            for hearer in hearers:
                heard = [
                    (e["id"], e["event"]) for e in hearer.told if e["id"] and e["event"] != "state"
                ]
                assert len(set(heard)) == len(heard)
                assert set(hearer.ids) == {e.sequence for e in log}
            for client in clients:
                client.close()
    finally:
        postgres.remove()
