"""The same exercise, seed and decisions give the same result: live at 1x, at 120x, and played again from the log."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from made_exercise_service import AREA
from made_processes import Running, waited
from typer.testing import CliRunner

from ew4all.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# EW4ALL_SLOW_SAMPLE asks for a bounded sample of the slow tier, and gets half a minute in the place of three.
MINUTE_S: Final = 10.0 if os.environ.get("EW4ALL_SLOW_SAMPLE") else 60.0
YAML: Final = f"""\
schema: ew4all/exercise/1
id: three-minutes
title: Three minutes
scenario: valley-flash-flood
length: {3 * MINUTE_S:.0f} s
teams:
  - {{id: nema, name: NEMA, brief: You decide about alerts.}}
objectives:
  - {{id: o1, title: Warn in time}}
injects:
  - {{id: i1, at: 2 s, title: Gauge, text: The gauge rises., to: nema, expected: warn}}
  - {{id: i2, at: {1.2 * MINUTE_S:.0f} s, title: Mast, text: A mast is down., to: nema, effects: [network 50 %]}}
  - {{id: i3, title: Told, text: The valley was told., when: people_alerted_share > 0.1 %}}
expectations:
  - {{id: e1, text: An alert is issued, objective: o1, team: nema, decision: issue_alert, points: 5}}
"""
ALERT: Final = {
    "hazard": "flash_flood", "channels": ["cell_broadcast", "siren"], "contents": [{"language": "en", "text": "Go up now."}], "area": AREA,
}  # fmt: skip
PLAN: Final[tuple[tuple[float, dict[str, Any]], ...]] = (
    (0.3, {"kind": "draft_alert", "alert": ALERT}),
    (0.3, {"kind": "approve_alert", "alert": "a1"}),
    (0.3, {"kind": "issue_alert", "alert": "a1"}),
    (1.5, {"kind": "order_sirens", "duration_s": 600}),
    (1.7, {"kind": "request_power", "number": 2}),
    (2.5, {"kind": "cancel_alert", "alert": "a1"}),
)
OF_THE_ROOM: Final = {"started", "paused", "resumed", "stepped", "jumped", "speed_changed", "ended"}
"""Entries of the log that say how the clock was handled, which differs by intent."""
TAKEN: Final = {"alert_drafted", "alert_approved", "alert_issued", "sirens_ordered", "power_requested", "alert_cancelled"}  # fmt: skip
SAME: Final = ("counters", "channels", "zones", "network", "facts", "injects", "scores")


class Game:
    """An exercise of the service, and its clock."""

    def __init__(self, service: Running) -> None:
        self.service = service
        kind = {"Content-Type": "application/yaml"}
        made = service.client.post("/v1/exercises", content=YAML, headers=kind)
        assert made.status_code == 201, made.text
        self.url = f"/v1/exercises/{made.json()['id']}"
        waited(lambda: service.client.get(f"{self.url}/state").status_code == 200, 180.0)

    def clock(self, **asked: Any) -> dict[str, Any]:
        answer = self.service.client.post(f"{self.url}/clock", json=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def now_s(self) -> float:
        return float(self.service.client.get(f"{self.url}/clock").json()["time_s"])

    def decide(self, body: dict[str, Any]) -> None:
        answer = self.service.client.post(f"{self.url}/decisions", json={"team": "nema", **body})
        assert answer.status_code == 201, answer.text

    def ended(self) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            state: dict[str, Any] = self.service.client.get(f"{self.url}/state").json()
            return state if state["clock"]["state"] == "ended" and not state["is_late"] else None

        found: dict[str, Any] = waited(over, 120.0)
        curves = self.service.client.get(f"{self.url}/curves").json()
        return {name: found[name] for name in SAME} | {"curves": curves["curves"]}

    def log(self) -> list[dict[str, Any]]:
        text = self.service.client.get(f"{self.url}/log").text
        return [json.loads(line) for line in text.splitlines()]


def live(game: Game) -> list[float]:
    """Play in real time; return when each decision was taken, exercise time, as the log has it to the microsecond."""
    game.clock(do="start", speed=1.0)
    for at, body in PLAN:
        while game.now_s() < at * MINUTE_S:
            time.sleep(0.2)
        game.decide(body)
    return [line["time_s"] for line in game.log() if line["kind"] in TAKEN]


def hurried(game: Game, times: list[float]) -> None:
    """Play 120 times as fast, stand still shortly before each decision, and take it at the same moment."""
    game.clock(do="start", speed=1.0)
    game.clock(do="pause")
    clock = game.clock(do="speed", speed=120.0)
    for at, (_, body) in zip(times, PLAN, strict=True):
        # 0.1 s of the room are 12 s of the exercise; a machine that stops late would be too late.
        if at - clock["time_s"] > 40.0:
            game.clock(do="resume")
            time.sleep((at - clock["time_s"] - 35.0) / 120.0)
            clock = game.clock(do="pause")
        assert clock["time_s"] <= at, "this machine was too slow to stop in time"
        if clock["time_s"] < at:
            clock = game.clock(do="jump", time_s=at)
        game.decide(body)
    game.clock(do="resume")


def what_happened(game: Game) -> list[tuple[str, float, Any]]:
    return [
        (line["kind"], line["time_s"], line["payload"])
        for line in game.log()
        if line["kind"] not in OF_THE_ROOM
    ]


def replayed(game: Game, folder: Path, name: str) -> dict[str, Any]:
    (folder / f"{name}.yaml").write_text(YAML)
    path = folder / f"{name}.jsonl"
    path.write_text(game.service.client.get(f"{game.url}/log").text)
    run: Callable[..., Any] = CliRunner().invoke
    again = run(app, ["exercise", "replay", str(path), "--exercise", str(folder / f"{name}.yaml"), "--json", "--quiet"])  # fmt: skip
    assert again.exit_code == 0, again.output
    found: dict[str, Any] = json.loads(again.stdout)
    return found


@pytest.mark.slow
def test_live_hurried_and_replayed_are_the_same(tmp_path: Path) -> None:
    service = Running(tmp_path, workers=0)
    try:
        slow, fast = Game(service), Game(service)
        times = live(slow)
        hurried(fast, times)
        result = slow.ended()
        assert result["counters"]["alerted"] > 0
        assert fast.ended() == result
        happened = what_happened(slow)
        assert [one for one in happened if one not in what_happened(fast)] == []
        assert len(what_happened(fast)) == len(happened)
        assert {"inject_fired", "alert_issued", "sirens_ordered"} <= {kind for kind, _, _ in happened}  # fmt: skip
        # Played again by a service that knows nothing but the log, ...
        service.kill("api")
        service.start("api")
        service.await_ready()
        for game in (slow, fast):
            waited(lambda g=game: service.client.get(f"{g.url}/state").status_code == 200, 180.0)  # type: ignore[misc]
            assert game.ended() == result
        # ... and by the command line.
        one, other = replayed(slow, tmp_path, "slow"), replayed(fast, tmp_path, "fast")
        assert one["warned"] == other["warned"]
        assert one["warned"]["any"]["mean"] == pytest.approx(result["counters"]["warned"], abs=0.5)
    finally:
        service.stop()
    assert "Traceback" not in service.log(), service.log()[-5000:]
