"""Clients in a process of their own: ``python -m benchmarks.load METHOD`` reads arguments as a line of JSON and prints what it measured as one.

Connections are plain HTTP/1.1 that stay open, read by a small protocol: a client library would take more of the machine than the
service. In an open loop requests are due at a fixed rate, whether or not earlier ones are answered, and times are counted from
when they were due: a service that stalls cannot slow down who measures it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import re
import subprocess
import sys
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
GOOD = frozenset({200, 204})
DRAIN_S = 10.0
"""How long answers are waited for when the last request was sent."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TIME = re.compile(rb'"time":"([^"]+)"')


class Connection(asyncio.Protocol):
    """One client: a request at a time, others wait for it in a line; what it measures goes into `times`."""

    def __init__(self, times: dict[str, list[float]], faults: list[str]) -> None:
        self._times, self._faults = times, faults
        self._line: deque[tuple[str, str, float]] = deque()
        self._asked: tuple[str, str, float] | None = None
        self._told = bytearray()
        self._needed = 0
        self._opening: asyncio.Task[Any] | None = None
        self.transport: Any = None
        self._peer: Any = None
        self.idle = asyncio.Event()
        self.idle.set()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._peer = transport.get_extra_info("peername")

    def ask(self, kind: str, path: str, due_s: float) -> None:
        """Send a request, or let it wait for the one before."""
        self._line.append((kind, path, due_s))
        self.idle.clear()
        if self._asked is not None or (self._opening is not None and not self._opening.done()):
            return
        if (
            self.transport.is_closing()
        ):  # nothing was asked for a while, and the service let go of it
            self._opening = asyncio.create_task(self._open_again())
        else:
            self._next()

    async def _open_again(self) -> None:
        host, port = self._peer[:2]
        await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        self._next()

    def _next(self) -> None:
        if not self._line:
            self._asked = None
            self.idle.set()
            return
        self._asked = self._line.popleft()
        head = f"GET {self._asked[1]} HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\n\r\n"
        self.transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        self._told += data
        if self._needed == 0:
            end = self._told.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._told, 0, end)
            self._needed = end + 4 + (int(length[1]) if length is not None else 0)
        if len(self._told) < self._needed:
            return
        assert self._asked is not None
        kind, path, due_s = self._asked
        self._times[kind].append(time.perf_counter() - due_s)
        status = int(self._told[9:12])
        if status not in GOOD:
            self._faults.append(f"{path}: {status}")
        self._told.clear()
        self._needed = 0
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asked is None:
            return
        for _, path, _ in (self._asked, *self._line):
            self._faults.append(f"{path}: the connection ended ({exc})")
        self._line.clear()
        self._asked = None
        self.idle.set()


class Clients:
    """Connections that are open, and what they measured."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self.all: list[Connection] = []

    async def open(self, port: int, count: int) -> None:
        """Open some, a few at a time: no more wait to be taken in than a system lets wait."""
        loop = asyncio.get_running_loop()
        for begin in range(0, count, 50):
            made = [
                loop.create_connection(lambda: Connection(self.times, self.faults), HOST, port)
                for _ in range(min(50, count - begin))
            ]
            self.all += [protocol for _, protocol in await asyncio.gather(*made)]

    async def drained(self) -> None:
        """Wait until all is answered; what is not after a while is a fault."""
        ends_s = time.perf_counter() + DRAIN_S
        for one in self.all:
            try:
                async with asyncio.timeout(max(0.001, ends_s - time.perf_counter())):
                    await one.idle.wait()
            except TimeoutError:
                self.faults.append("not answered in time")

    def close(self) -> None:
        for one in self.all:
            one.transport.close()

    def found(self) -> dict[str, Any]:
        """Return counts, times in ms by kind, and faults."""
        everything = [t for times in self.times.values() for t in times]
        kinds = {kind: _ms(times) for kind, times in sorted(self.times.items())}
        return {
            "all": _ms(everything), "kinds": kinds, "faults": len(self.faults), "first_faults": self.faults[:5]
        }  # fmt: skip


def _ms(times: Sequence[float]) -> dict[str, float]:
    if not times:
        return {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0}
    p50, p99, most = np.percentile(np.asarray(times) * 1000.0, [50.0, 99.0, 100.0]).tolist()
    return {"count": len(times), "p50": p50, "p99": p99, "max": most}


async def open_loop(
    port: int, mix: Mapping[str, tuple[float, list[str]]], rate: float, seconds: float, connections: int
) -> dict[str, Any]:  # fmt: skip
    """Send requests at a fixed rate, each by the next client in turn.

    Parameters
    ----------
    mix
        Kind of request to its share and its paths.
    """
    rng = random.Random(7)
    kinds = rng.choices(list(mix), [share for share, _ in mix.values()], k=round(rate * seconds))
    plan = [(kind, rng.choice(mix[kind][1])) for kind in kinds]
    clients = Clients()
    await clients.open(port, connections)
    late_s = []
    begun_s = time.perf_counter() + 0.05
    for number, (kind, path) in enumerate(plan):
        due_s = begun_s + number / rate
        wait_s = due_s - time.perf_counter()
        if wait_s > 0.0:
            await asyncio.sleep(wait_s)
        late_s.append(time.perf_counter() - due_s)
        clients.all[number % connections].ask(kind, path, due_s)
    await clients.drained()
    took_s = time.perf_counter() - begun_s
    clients.close()
    found = clients.found()
    return {**found, "answered_per_s": found["all"]["count"] / took_s, "late": _ms(late_s)}


async def closed_loop(port: int, paths: list[str], connections: int) -> dict[str, Any]:
    """Send each request once, as many at a time as there are connections, as fast as they are answered."""
    clients = Clients()
    await clients.open(port, connections)
    line = deque(paths)

    async def one(client: Connection) -> None:
        while line:
            client.ask("all", line.popleft(), time.perf_counter())
            await client.idle.wait()

    begun_s = time.perf_counter()
    await asyncio.gather(*(one(client) for client in clients.all))
    took_s = time.perf_counter() - begun_s
    clients.close()
    found = clients.found()
    return {**found, "per_s": found["all"]["count"] / took_s}


async def listen(
    port: int, path: str, listeners: int, last: str, within_s: float
) -> dict[str, Any]:
    """Listen to events until each listener has had the last one; say how old events were when they came.

    "ready" is printed when everybody listens.
    """
    opened = asyncio.Semaphore(0)

    async def one() -> tuple[int, list[float]]:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        text, ages_s = b"", []
        while b"retry:" not in text:
            piece = await reader.read(65536)
            assert piece, text
            text += piece
        opened.release()
        text = b""
        while f'"{last}"'.encode() not in text:
            piece = await reader.read(65536)
            assert piece, text
            now_s = time.time()
            # An event may come in two pieces: what is not whole waits for the rest.
            whole, _, text = (text + piece).rpartition(b"\n\n")
            ages_s += [now_s - _seconds(told.decode()) for told in _TIME.findall(whole)]
            if f'"{last}"'.encode() in whole:
                break
        writer.close()
        return len(ages_s), ages_s

    tasks = []
    for _ in range(listeners):
        tasks.append(asyncio.create_task(one()))
        if len(tasks) % 50 == 0:
            await asyncio.sleep(0.05)
    for _ in tasks:
        await opened.acquire()
    print("ready", flush=True)
    async with asyncio.timeout(within_s):
        found = await asyncio.gather(*tasks)
    counts = {count for count, _ in found}
    ages_s = [age for _, ages in found for age in ages]
    return {"events": sorted(counts), "ages": _ms(ages_s), "heard_by": len(found)}


def _seconds(time_text: str) -> float:
    return dt.datetime.fromisoformat(time_text).timestamp()


METHODS: dict[str, Any] = {"open_loop": open_loop, "closed_loop": closed_loop, "listen": listen}


def begun(method: str, **arguments: Any) -> subprocess.Popen[str]:
    """Start a method in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load", method]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(arguments) + "\n")
    process.stdin.flush()
    return process


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what it measured."""
    out, _ = process.communicate()
    assert process.returncode == 0, out
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def measured(method: str, **arguments: Any) -> dict[str, Any]:
    """Run a method in a process of its own and return what it measured."""
    return result(begun(method, **arguments))


if __name__ == "__main__":
    import uvloop

    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    print(json.dumps(uvloop.run(METHODS[sys.argv[1]](**asked))))
