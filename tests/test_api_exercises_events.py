"""Events of an exercise: the state first, then what happens, each once; what was missed is told; each role gets what is its own."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from exercise_listening import Hearer
from made_exercise_service import ALERT, made_of, opened, seated
from made_server import Served, serving

from ew4all.api.exercises import records
from ew4all.api.identity import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator

YAML_HIDDEN = ("A mast is down", "at_risk", "expected", '"warned"')


class Room:
    """An exercise on a real socket, and clients of it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        from made_exercise_service import YAML

        with served.service.database.begin() as connection:
            self.exercise = records.create(connection, made_of(YAML), LOCAL).id
        self.client = httpx.Client(base_url=served.url, timeout=60.0)
        self.url = f"/v1/exercises/{self.exercise}"
        opened(self.client, self.exercise)
        self.nema, self.ntrc = (
            seated(self.client, self.exercise, "player", t) for t in ("nema", "ntrc")
        )
        self.observer = seated(self.client, self.exercise, "observer")

    def post(self, path: str, body: Any, who: dict[str, str] | None = None) -> Any:
        answer = self.client.post(self.url + path, json=body, headers=who)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hearing")
    with serving(folder, heartbeat_s=0.3, exercise_tick_s=0.2) as made:
        yield made


@pytest.fixture(scope="module")
def room(served: Served) -> Iterator[Room]:
    found = Room(served)
    yield found
    found.client.close()


def test_everybody_is_told_what_is_theirs_and_nothing_else(room: Room, served: Served) -> None:
    hearers = {
        name: Hearer(served.url, room.exercise, who)
        for name, who in {"lead": None, "nema": room.nema, "ntrc": room.ntrc, "observer": room.observer}.items()
    }  # fmt: skip
    try:
        for hearer in hearers.values():
            hearer.awaited("state")
        room.post("/clock", {"do": "start", "speed": 10.0})
        room.post("/clock", {"do": "pause"})
        room.post("/decisions", {"kind": "draft_alert", "alert": ALERT}, room.nema)
        room.post("/decisions", {"kind": "approve_alert", "alert": "a1"}, room.nema)
        room.post("/decisions", {"kind": "issue_alert", "alert": "a1"}, room.nema)
        room.post("/messages", {"to": ["ntrc"], "text": "for ntrc alone"}, room.nema)
        room.post("/clock", {"do": "jump", "time_s": 61.0})
        room.post("/clock", {"do": "jump", "time_s": 62.0})
        last = int(room.client.get(f"{room.url}/state").json()["seq"])
        for hearer in hearers.values():
            hearer.awaited("clock", 4)
        room.client.get(f"{room.url}/state")
    finally:
        for hearer in hearers.values():
            hearer.stop()
    lead = hearers["lead"]
    assert sorted(set(lead.ids)) == list(range(1, last + 1))
    assert lead.told[0]["event"] == "state"
    texts = {
        name: [m["message"]["text"] for m in h.kinds("message")] for name, h in hearers.items()
    }
    rain, secret = "EXERCISE: It rains in the hills. EXERCISE", "EXERCISE: for ntrc alone EXERCISE"
    assert {name: sorted(found) for name, found in texts.items()} == {
        "lead": sorted([rain, secret]), "observer": sorted([rain, secret]), "nema": sorted([rain, secret]), "ntrc": [secret],
    }  # fmt: skip
    states = {name: [a["alert"]["state"] for a in h.kinds("alert")] for name, h in hearers.items()}
    assert states["nema"] == states["lead"] == ["draft", "approved", "issued"]
    assert states["ntrc"] == ["issued"]
    assert [d["decision"]["kind"] for d in hearers["ntrc"].kinds("decision")] == ["issue_alert"]
    for name in ("nema", "ntrc", "observer"):
        text = json.dumps(hearers[name].told)
        assert [word for word in YAML_HIDDEN if word in text] == [], name
        assert {"inject", "score", "seat"} & {e["event"] for e in hearers[name].told} == set()
    assert {"inject", "seat"} <= {e["event"] for e in lead.told}
    assert any(t.get("counters", {}).get("alerted", 0) > 0 for t in lead.kinds("tick"))


def test_what_was_missed_is_told_once(room: Room, served: Served) -> None:
    before = int(room.client.get(f"{room.url}/state").json()["seq"])
    for number in range(3):
        room.post("/messages", {"to": [], "text": f"missed {number}"})
    hearer = Hearer(served.url, room.exercise, {**room.ntrc, "Last-Event-ID": str(before)})
    try:
        (missed,) = hearer.awaited("missed")
        hearer.awaited("state")
        room.post("/messages", {"to": [], "text": "live"})
        hearer.awaited("message", 4)
    finally:
        hearer.stop()
    assert (missed["count"], missed["from"]) == (3, before + 1)
    assert [e["event"] for e in hearer.told[:5]] == ["missed", *["message"] * 3, "state"]
    assert hearer.ids == list(range(before + 1, before + 5))


def test_a_tick_is_small_and_soon(room: Room, served: Served) -> None:
    hearer = Hearer(served.url, room.exercise)
    try:
        hearer.awaited("state")
        room.post("/clock", {"do": "resume"})
        ticks = hearer.awaited("tick", 5)
        room.post("/clock", {"do": "pause"})
    finally:
        hearer.stop()
    assert all(len(json.dumps(t)) < 20_000 for t in ticks)
    times = [t["clock"]["time_s"] for t in ticks if "clock" in t]
    assert times == sorted(times)


def test_who_is_put_out_hears_no_more(room: Room, served: Served) -> None:
    who = seated(room.client, room.exercise, "player", "nema")
    hearer = Hearer(served.url, room.exercise, who)
    hearer.awaited("state")
    seats = room.client.get(f"{room.url}/seats").json()["seats"]
    assert room.client.delete(f"{room.url}/seats/{seats[-1]['id']}").status_code == 204
    hearer._thread.join(10.0)  # its stream ends, and it may not come again
    assert not hearer._thread.is_alive()


def test_an_engine_that_dies_is_played_again(room: Room, served: Served) -> None:
    before = room.client.get(f"{room.url}/state").json()
    live = served.app.state.rooms.open_room(room.exercise)
    hearer = Hearer(served.url, room.exercise)
    hearer.awaited("state")
    live._engine._process.kill()
    ends_s = time.monotonic() + 120.0
    while True:
        answer = room.client.post(f"{room.url}/messages", json={"text": "still there?"})
        if answer.status_code == 201:
            break
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
        assert time.monotonic() < ends_s
        time.sleep(0.1)
    after = room.client.get(f"{room.url}/state").json()
    hearer.awaited("message")
    hearer.stop()
    assert {p["phase"] for p in hearer.kinds("phase")} == {"opening", "ready"}
    assert after["seq"] == before["seq"] + 1
    assert after["clock"]["time_s"] == before["clock"]["time_s"]
    assert after["counters"] == before["counters"]
