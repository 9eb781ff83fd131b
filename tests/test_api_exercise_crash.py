"""SIGKILL of the service while an exercise is played: it goes on at the second that was shown last, and no event is lost or doubled."""

from __future__ import annotations

import json
import os
import random
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from exercise_listening import Hearer
from made_exercise_service import YAML
from made_processes import Running, waited

if TYPE_CHECKING:
    from pathlib import Path

# EW4ALL_SLOW_SAMPLE asks for a bounded sample of the slow tier, and gets one.
KILLS = 4 if os.environ.get("EW4ALL_SLOW_SAMPLE") else 20


@pytest.mark.slow
def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    service = Running(tmp_path, workers=0)
    hearer = None
    try:
        made = service.client.post(
            "/v1/exercises", content=YAML, headers={"Content-Type": "application/yaml"}
        )
        assert made.status_code == 201, made.text
        url = f"/v1/exercises/{made.json()['id']}"
        state_of(service, url)
        hearer = Hearer(service.url, made.json()["id"])
        hearer.awaited("state")
        answer = service.client.post(f"{url}/clock", json={"do": "start", "speed": 1.0})
        assert answer.status_code == 200, answer.text
        draw, accepted = random.Random(5), []
        for number in range(KILLS):
            accepted += said_until(service, url, number, time.monotonic() + draw.uniform(0.3, 3.0))
            shown = last_shown(hearer)
            service.kill("api")
            shown = max(shown, last_shown(hearer))
            time.sleep(draw.uniform(0.0, 3.0))  # nobody is there: it does not count
            service.start("api")
            service.await_ready()
            state = state_of(service, url)
            # What was shown last is what it goes on from: neither back, nor on by the time that it was away.
            assert state["clock"]["state"] == "running"
            assert shown - 1e-6 <= state["clock"]["time_s"], (shown, state["clock"])
            resumed = resumed_at(service, url)
            assert abs(resumed - shown) <= 1.0, (resumed, shown)
        end = service.client.post(f"{url}/clock", json={"do": "end"}).json()
        waited(lambda: hearer.kinds("clock")[-1:] and hearer.kinds("clock")[-1]["do"] == "end")
        check(service, url, hearer, accepted, end)
    finally:
        if hearer is not None:
            hearer.stop()
        service.stop()
    assert "Traceback" not in service.log(), service.log()[-5000:]


def state_of(service: Running, url: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        answer = service.client.get(f"{url}/state")
        return answer.json() if answer.status_code == 200 else None

    return waited(found, 180.0)  # type: ignore[no-any-return]


def said_until(service: Running, url: str, number: int, ends_s: float) -> list[str]:
    """Send messages until it is time; return those that were accepted."""
    found = []
    while time.monotonic() < ends_s:
        text = f"message {number}.{len(found)}"
        with httpx.Client(base_url=service.url, timeout=30.0) as client:
            answer = client.post(f"{url}/messages", json={"text": text})
        assert answer.status_code == 201, answer.text
        found.append(text)
        time.sleep(0.05)
    return found


def last_shown(hearer: Hearer) -> float:
    """The exercise time that a page has seen last."""
    times = [t["clock"]["time_s"] for t in hearer.kinds("tick") if "clock" in t]
    return max(times, default=0.0)


def resumed_at(service: Running, url: str) -> float:
    """The exercise time at which the clock went on after the last crash, by the log."""
    lines = [json.loads(line) for line in service.client.get(f"{url}/log").text.splitlines()]
    return float([line for line in lines if line["kind"] == "resumed"][-1]["time_s"])


def check(
    service: Running, url: str, hearer: Hearer, accepted: list[str], end: dict[str, Any]
) -> None:
    lines = [json.loads(line) for line in service.client.get(f"{url}/log").text.splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    times = [line["time_s"] for line in lines]
    assert times == sorted(times)
    said = [line["payload"]["text"] for line in lines if line["kind"] == "message_sent"]
    assert [text for text in said if text in set(accepted)] == accepted  # none lost, none twice
    assert len(set(said)) == len(said)
    fired = [line["payload"]["inject"] for line in lines if line["kind"] == "inject_fired"]
    assert len(set(fired)) == len(fired)
    assert [line["kind"] for line in lines].count("resumed") == KILLS
    # Who listened heard of each entry of the log, and of none twice, however often the stream was cut.
    heard = [
        (e["id"], e["event"]) for e in hearer.told if e["id"] is not None and e["event"] != "state"
    ]
    assert len(set(heard)) == len(heard)
    assert set(hearer.ids) == {line["sequence"] for line in lines}
    assert abs(hearer.kinds("clock")[-1]["time_s"] - end["time_s"]) < 1.0
    print(f"{KILLS} kills, {len(lines)} entries, {hearer.connections} connections")  # noqa: T201
