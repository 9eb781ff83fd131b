"""Sixty who listen and three browsers in one exercise: told within a second, by a server that takes less than one core."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Final

import httpx
import numpy as np
import psutil
import pytest
from made_browser import Watched, chromium
from made_processes import Running, waited

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LISTENERS: Final = 60
MESSAGES: Final = 12
# EW4ALL_SLOW_SAMPLE asks for a bounded sample of the slow tier, and gets one.
SECONDS: Final = 15.0 if os.environ.get("EW4ALL_SLOW_SAMPLE") else 60.0
YAML: Final = """\
schema: ew4all/exercise/1
id: storm
title: Storm
scenario: grenada-beryl
length: 8 h
teams:
  - {id: office, name: National disaster office}
  - {id: telecom, name: Regulator}
injects:
  - {id: i1, at: 2 h 5 min, title: Mast, text: Masts are down in the north., to: telecom}
"""
AREA: Final = {
    "type": "Polygon",
    "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.24], [-61.8, 12.24], [-61.8, 12.0]]],
}  # fmt: skip
ALERT: Final = {
    "hazard": "cyclone", "channels": ["cell_broadcast", "radio"], "contents": [{"language": "en", "text": "Stay inside."}], "area": AREA,
}  # fmt: skip
SEEN: Final = """(text) => new Promise((done) => {
  const look = () => document.body.innerText.includes(text) && done(Date.now() / 1000);
  if (look()) return;
  new MutationObserver((_, watch) => { if (look()) watch.disconnect(); })
    .observe(document.body, { childList: true, subtree: true, characterData: true });
})"""


class Crowd:
    """Many who listen, in one thread.

    Attributes
    ----------
    late_s
        Of every tick that said how the clock stands: how long after that moment it was read, seconds.
    largest
        Bytes of the largest event.
    """

    def __init__(self, url: str, seats: list[dict[str, str]]) -> None:
        self.late_s: list[float] = []
        self.largest = self.events = 0
        self.connected = 0
        self._url, self._seats = url, seats
        self._ends = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        self._thread.start()

    def begin(self) -> None:
        """Forget what was heard so far."""
        self.late_s.clear()
        self.largest = self.events = 0

    def stop(self) -> None:
        self._ends.set()
        self._thread.join(60.0)
        assert not self._thread.is_alive()

    async def _all(self) -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=30.0, limits=limits) as client:
            tasks = [asyncio.create_task(self._one(client, seat)) for seat in self._seats]
            while not self._ends.is_set():
                await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, client: httpx.AsyncClient, seat: dict[str, str]) -> None:
        async with client.stream("GET", self._url, headers=seat) as answer:
            assert answer.status_code == 200
            self.connected += 1
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self._heard(line[6:])

    def _heard(self, text: str) -> None:
        self.events += 1
        self.largest = max(self.largest, len(text.encode()))
        clock = json.loads(text).get("clock") or {}
        if clock.get("at"):
            self.late_s.append(time.time() - dt.datetime.fromisoformat(clock["at"]).timestamp())


class Cost:
    """CPU of a service and of what it started."""

    def __init__(self, service: Running) -> None:
        main = psutil.Process(service.processes["api"].pid)
        self._all = [main, *main.children(recursive=True)]
        self._from_s, self._cpu_s = time.monotonic(), self._spent()

    def _spent(self) -> float:
        return float(sum(sum(one.cpu_times()[:2]) for one in self._all))

    def cores(self) -> float:
        return (self._spent() - self._cpu_s) / (time.monotonic() - self._from_s)


def seat(service: Running, url: str, role: str, team: str = "") -> str:
    asked = {"role": role, **({"team": team} if team else {})}
    made = service.client.post(f"{url}/invitations", json=asked).json()
    body = {"invitation": made["secret"], "name": role}
    token: str = service.client.post("/v1/seats", json=body).json()["token"]
    return token


def test_sixty_listeners_and_three_browsers(tmp_path: Path) -> None:
    service = Running(tmp_path, workers=0)
    crowd = None
    client = service.client
    try:
        kind = {"Content-Type": "application/yaml"}
        made = client.post("/v1/exercises", content=YAML, headers=kind).json()
        url = f"/v1/exercises/{made['id']}"
        waited(lambda: client.get(f"{url}/state").status_code == 200, 240.0)
        teams = [team["id"] for team in made["teams"]]
        player = seat(service, url, "player", teams[0])
        observer = seat(service, url, "observer")
        # Each third is told something else: all of it, what players may know, what observers may know.
        third = LISTENERS // 3
        seats: list[dict[str, str]] = [{}] * third + [{"Authorization": f"Bearer {one}"} for one in (player, observer) for _ in range(third)]  # fmt: skip
        client.post(f"{url}/clock", json={"do": "start", "speed": 10}).raise_for_status()
        client.post(f"{url}/clock", json={"do": "pause"}).raise_for_status()
        for kind, alert in (("draft_alert", ALERT), ("approve_alert", "a1"), ("issue_alert", "a1")):
            asked = {"kind": kind, "team": teams[0], "alert": alert}
            client.post(f"{url}/decisions", json=asked).raise_for_status()
        # Into the storm: sites fall out and people are warned while it is measured.
        client.post(f"{url}/clock", json={"do": "jump", "time_s": 7200}).raise_for_status()
        waited(lambda: not client.get(f"{url}/state").json()["is_late"], 240.0)
        with chromium() as browser:
            pages = []
            for token, tab in (("", "messages"), (player, "inbox"), (observer, "messages")):
                watched = Watched(browser, service.url)
                watched.page.add_init_script("localStorage.setItem('ew4all.console.language', 'en')")  # fmt: skip
                if token:
                    watched.page.add_init_script(f"sessionStorage.setItem('ew4all.key', '{token}')")
                watched.open(f"console/#exercise={made['id']}")
                watched.page.locator(".link.live").wait_for()
                watched.page.locator(f"#tab-{tab}").click()
                watched.settle()
                pages.append(watched)
            crowd = Crowd(service.url + url + "/events", seats)
            waited(lambda: crowd.connected == LISTENERS, 60.0)
            client.post(f"{url}/clock", json={"do": "resume"}).raise_for_status()
            client.post(f"{url}/clock", json={"do": "speed", "speed": 10}).raise_for_status()
            time.sleep(3.0)
            crowd.begin()
            cost = Cost(service)
            in_pages: list[float] = []
            for number in range(MESSAGES):
                begun_s = time.monotonic()
                for one in pages:
                    one.page.evaluate(f"(text) => {{ window.seenAt = ({SEEN})(text); }}", f"note {number}.")  # fmt: skip
                sent_s = time.time()
                client.post(f"{url}/messages", json={"text": f"This is note {number}."}).raise_for_status()  # fmt: skip
                in_pages += [one.page.evaluate("window.seenAt") - sent_s for one in pages]
                time.sleep(max(0.0, begun_s + SECONDS / MESSAGES - time.monotonic()))
            cores = cost.cores()
            late = np.array(crowd.late_s)
            told = (
                f"{LISTENERS} listeners, {SECONDS:.0f} s at 10x: {crowd.events} events, at most {crowd.largest / 1000:.1f} kB; told after "
                f"{np.median(late):.3f} s, 99 % within {np.quantile(late, 0.99):.3f} s, the last {late.max():.3f} s; in a browser after "
                f"{np.median(in_pages):.3f} s, at most {max(in_pages):.3f} s; the server took {cores:.2f} cores"
            )
            print(told)  # noqa: T201
            assert late.size > LISTENERS * SECONDS, told
            assert late.max() < 1.0, told
            assert max(in_pages) < 1.0, told
            assert crowd.largest < 20_000, told
            assert cores < 1.0, told
            for one in pages:
                assert one.strangers() == []
                one.close()
    finally:
        if crowd is not None:
            crowd.stop()
        service.stop()
    assert "Traceback" not in service.log(), service.log()[-5000:]
