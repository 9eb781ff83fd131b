"""A service with an exercise in it, and those who take part."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
expectations:
  - {id: e1, text: An alert is issued, objective: o1, team: nema, decision: issue_alert, points: 5}
  - {id: e2, text: The press is answered, objective: o1, points: 3}
"""
AREA = {
    "type": "Polygon",
    "coordinates": [[[5.0, 40.0], [5.2, 40.0], [5.2, 40.2], [5.0, 40.2], [5.0, 40.0]]],
}


def made(client: TestClient, text: str = YAML, **headers: str) -> str:
    """Make an exercise and return its identifier."""
    answer = client.post(
        "/v1/exercises", content=text, headers={"Content-Type": "application/yaml", **headers}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def opened(client: TestClient, exercise: str, within_s: float = 120.0) -> dict[str, Any]:
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


def seated(client: TestClient, exercise: str, role: str, team: str | None = None) -> dict[str, str]:
    """Invite somebody, let them come, and return the headers of their requests."""
    asked = {"role": role} | ({} if team is None else {"team": team})
    made = client.post(f"/v1/exercises/{exercise}/invitations", json=asked)
    assert made.status_code == 201, made.text
    body = {"invitation": made.json()["secret"], "name": f"{role} {team or ''}".strip()}
    seat = client.post("/v1/seats", json=body)
    assert seat.status_code == 201, seat.text
    return {"Authorization": f"Bearer {seat.json()['token']}"}
