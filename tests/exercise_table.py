"""An exercise that is open in a service, and those who sit around it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from made_exercise_service import ALERT, opened, put, seated
from made_service import make_client, service_of

from ew4all.api.identity import make_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


class Table:
    """An exercise that is open, and those who sit around it."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.exercise = put(client)
        self.url = f"/v1/exercises/{self.exercise}"
        self.lead: dict[str, str] = {}
        opened(client, self.exercise)
        self.nema, self.ntrc = (
            seated(client, self.exercise, "player", t) for t in ("nema", "ntrc")
        )
        self.observer, self.evaluator = (
            seated(client, self.exercise, r) for r in ("observer", "evaluator")
        )

    def get(self, path: str, who: dict[str, str] | None = None, **query: Any) -> Any:
        answer = self.client.get(self.url + path, headers=who, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, who: dict[str, str] | None = None, status: int = 0) -> Any:
        answer = self.client.post(self.url + path, json=body, headers=who)
        assert answer.status_code == (status or answer.status_code), answer.text
        assert status or answer.status_code < 300, answer.text
        return answer.json()

    def clock(self, do: str, **more: Any) -> Any:
        return self.post("/clock", {"do": do, **more})

    def decide(
        self, kind: str, who: dict[str, str] | None = None, status: int = 0, **more: Any
    ) -> Any:
        return self.post("/decisions", {"kind": kind, **more}, who, status)

    def waited(
        self, found: Callable[[dict[str, Any]], bool], within_s: float = 120.0
    ) -> dict[str, Any]:
        ends_s = time.monotonic() + within_s
        while True:
            state: dict[str, Any] = self.get("/state")
            if found(state):
                return state
            assert time.monotonic() < ends_s, state
            time.sleep(0.1)


@contextmanager
def playing(folder: Path) -> Iterator[TestClient]:
    """A client of a service with keys, which shows that of a facilitator where nothing else is said."""
    quick = {"stream_s": 0.05, "heartbeat_s": 0.05, "exercise_tick_s": 0.1}
    with make_client(folder, workers=0, auth="keys", **quick) as made:
        key = make_key(service_of(made).database, "lead", "facilitator")[1]
        made.headers["Authorization"] = f"Bearer {key}"
        yield made


def begun(client: TestClient) -> Table:
    """An exercise that stands at two minutes; an alert was issued, with one more draft."""
    found = Table(client)
    found.clock("start")
    found.clock("pause")
    found.decide("draft_alert", found.nema, alert=ALERT)
    found.decide("approve_alert", found.nema, alert="a1")
    found.decide("issue_alert", found.nema, alert="a1")
    found.decide("draft_alert", found.ntrc, alert=ALERT)
    found.clock("jump", time_s=120.0)
    found.waited(lambda s: not s["is_late"] and s["counters"]["alerted"] > 0)
    return found
