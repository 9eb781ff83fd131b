"""A service with an exercise in it, and those who take part."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from made_service import service_of

from ew4all.api.exercises import records
from ew4all.api.exercises.reading import facts_of, read_exercise
from ew4all.api.identity import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.testclient import TestClient

YAML = """\
schema: ew4all/exercise/1
id: drill
title: A first drill
scenario: valley-flash-flood
length: 2 h
teams:
  - {id: nema, name: NEMA, brief: You decide about alerts.}
  - {id: ntrc, name: NTRC, brief: You know the networks.}
objectives:
  - {id: o1, title: Warn in time}
injects:
  - {id: i1, at: 1 min, title: Rain, text: It rains in the hills., to: nema, from: Met Office, expected: look}
  - {id: i2, at: 10 min, title: Mast, text: A mast is down., to: ntrc, effects: [network 50 %]}
  - {id: i3, title: By hand, text: A reporter calls.}
  - {id: i4, at: 20 min, title: Talk, text: What now?, discussion: 5 min}
expectations:
  - {id: e1, text: An alert is issued, objective: o1, team: nema, decision: issue_alert, points: 5}
  - {id: e2, text: The press is answered, objective: o1, points: 3}
"""
AREA = {
    "type": "Polygon",
    "coordinates": [[[-146.99, -29.97], [-146.93, -29.97], [-146.93, -29.89], [-146.99, -29.89], [-146.99, -29.97]]],
}  # fmt: skip
ALERT: Mapping[str, Any] = {
    "hazard": "flash_flood", "channels": ["cell_broadcast"], "contents": [{"language": "en", "text": "Go up now."}], "area": AREA,
}  # fmt: skip


@cache
def made_of(text: str) -> records.Made:
    exercise, scenario = read_exercise(text, {})
    facts = facts_of(exercise, scenario)
    clock = {"state": "ready", "time_s": 0.0, "speed": 1.0, "at": None, "length_s": 7200.0}
    options = {"seed": 0, "report_delay_s": 900.0}
    return records.Made(facts["title"], facts["scenario"], text, {}, facts, options, clock)


def put(client: TestClient, text: str = YAML) -> str:
    """Put an exercise into the store, as the route does once it was looked through; return its identifier."""
    with service_of(client).database.begin() as connection:
        return records.create(connection, made_of(text), LOCAL).id


def opened(client: Any, exercise: str, within_s: float = 180.0) -> dict[str, Any]:
    """Wait until an exercise is open and return its state."""
    ends_s = time.monotonic() + within_s
    while True:
        answer = client.get(f"/v1/exercises/{exercise}/state")
        if answer.status_code == 200:
            state: dict[str, Any] = answer.json()
            return state
        assert answer.json()["code"] == "opening", answer.text
        assert time.monotonic() < ends_s, answer.text
        time.sleep(0.1)


def seated(client: Any, exercise: str, role: str, team: str | None = None) -> dict[str, str]:
    """Invite somebody, let them come, and return the headers of their requests."""
    asked = {"role": role} | ({} if team is None else {"team": team})
    made = client.post(f"/v1/exercises/{exercise}/invitations", json=asked)
    assert made.status_code == 201, made.text
    body = {"invitation": made.json()["secret"], "name": f"{role} {team or ''}".strip()}
    seat = client.post("/v1/seats", json=body)
    assert seat.status_code == 201, seat.text
    return {"Authorization": f"Bearer {seat.json()['token']}"}
