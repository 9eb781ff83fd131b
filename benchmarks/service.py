"""The service in a process of its own, with results of the demo; and its rivals, in another."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import morecantile

from benchmarks.load import HOST, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_S: Final = 60.0
JOB_S: Final = 120.0
REACH: Final = {
    "population": "demo:population.tif",
    "population_unit": "count",
    "area": "demo:area.geojson",
    "coverage": {"4g": "demo:coverage_4g_a.tif"},
    "zones": "demo:parishes.geojson",
    "zone_id": "id",
    "zone_name": "name",
}
_END = frozenset({"successful", "failed", "dismissed"})


class Running:
    """A process that answers at a port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port
        self.http = httpx.Client(base_url=f"http://{HOST}:{port}", timeout=60.0)

    def memory_mb(self) -> float:
        """Return the resident size of the process alone."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        (line,) = (one for one in status.splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def get(self, path: str) -> Any:
        """Return a document."""
        return self.http.get(path).raise_for_status().json()

    def reach(self) -> str:
        """Start a job of reach on the demo and return its identifier."""
        sent = {"inputs": REACH}
        answer = self.http.post(
            "/processes/reach/execution", json=sent, headers={"Prefer": "respond-async"}
        )
        return str(answer.raise_for_status().json()["jobID"])

    def wait(self, job: str, until: Sequence[str] = tuple(_END)) -> str:
        """Wait until a job has one of some states, or has ended."""
        ends_s = time.monotonic() + JOB_S
        while True:
            status = str(self.get(f"/jobs/{job}")["status"])
            if status in until or status in _END:
                return status
            assert time.monotonic() < ends_s, status
            time.sleep(0.1)


@contextmanager
def _answering(
    command: list[str], sent: str, ready: str, log: Path, environment: dict[str, str]
) -> Iterator[Running]:
    """Start a process on a free port of this machine, which follows its command, and end it at the end of the block."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = int(taken.getsockname()[1])
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, str(port)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=told,
            stderr=told,
        )
    assert process.stdin is not None
    process.stdin.write(sent.encode())
    process.stdin.close()
    running = Running(process, port)
    try:
        ends_s = time.monotonic() + START_S
        while True:
            try:
                running.http.get(ready).raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < ends_s, "it did not start in time"
                time.sleep(0.05)
        yield running
    finally:
        running.http.close()
        process.terminate()
        process.wait(30.0)


@contextmanager
def serving(folder: Path) -> Iterator[Running]:
    """Run `ew4all serve` as it comes, with a store in a folder and its log in a file."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EW4ALL_")}
    if "EW4ALL_CACHE_DIR" in os.environ:
        environment["EW4ALL_CACHE_DIR"] = os.environ["EW4ALL_CACHE_DIR"]
    command = ["ew4all", "serve", "--data-dir", str(folder / "data"), "--port"]
    with _answering(command, "", "/healthz", folder / "serve.log", environment) as running:
        yield running


@contextmanager
def rivals(folder: Path, document: Any) -> Iterator[Running]:
    """Run titiler and a bare route with a document."""
    command, log = ["benchmarks.load_rivals"], folder / "rivals.log"
    with _answering(
        command, json.dumps(document) + "\n", "/json", log, dict(os.environ)
    ) as running:
        yield running


class Shown:
    """What clients ask for: the layers of a finished job, and which tiles, pages and documents there are of them.

    Attributes
    ----------
    raster
        Identifier of a layer of cells, read from its file by titiler, too.
    path
        Its file in the store.
    tiles
        Zoom, column and row of its tiles.
    """

    def __init__(self, running: Running, data: Path) -> None:
        layers = running.get("/v1/layers?limit=1000")["layers"]
        rasters = [one for one in layers if one["kind"] == "raster"]
        vectors = [one for one in layers if one["kind"] == "vector" and one["bbox"] is not None]
        self.raster, vector = max(rasters, key=lambda one: one["bytes"]), vectors[0]
        self.path = self._file(data)
        self.tiles = self._tiles(running, self.raster)
        home = f"/v1/layers/{self.raster['id']}"
        areas = f"/v1/layers/{vector['id']}"
        pictures = [f"{home}/xyz/{z}/{x}/{y}.png" for z, x, y in self.tiles]
        shapes = [f"{areas}/xyz/{z}/{x}/{y}.mvt" for z, x, y in self._tiles(running, vector)]
        ids = [one["id"] for one in running.get("/collections")["collections"]]
        (zones,) = (one for one in ids if one.endswith(".zones"))
        (cells,) = (one for one in ids if one.endswith(".cells"))
        pages = [
            f"/collections/{zones}/items",
            *(f"/collections/{zones}/items?limit=2&offset={n}" for n in range(3)),
            f"/collections/{zones}/items?bbox=-61.8,12,-61.6,12.2",
            f"/collections/{cells}/items",
        ]
        self.tilejson = f"{home}/tilejson.json"
        self.mix = {
            "picture tiles, cached": (0.40, pictures),
            "vector tiles, cached": (0.10, shapes),
            "pages of features": (0.20, pages),
            "TileJSON": (0.10, [self.tilejson, f"{areas}/tilejson.json"]),
            "list of jobs": (0.08, ["/jobs"]),
            "collections": (0.06, ["/collections", f"/collections/{zones}"]),
            "/healthz": (0.06, ["/healthz"]),
        }
        for _, paths in self.mix.values():
            for path in paths:
                running.http.get(path).raise_for_status()

    def _file(self, data: Path) -> Path:
        digest = self.raster["sha256"]
        (found,) = (one for one in (data / "files").rglob(f"*{digest[4:]}*") if one.is_file())
        return found

    @staticmethod
    def _tiles(running: Running, layer: Any) -> list[tuple[int, int, int]]:
        told = running.get(f"/v1/layers/{layer['id']}/tilejson.json")
        zooms = list(range(told["minzoom"], min(told["maxzoom"], 12) + 1))[-4:]
        west, south, east, north = layer["bbox"]
        found = morecantile.tms.get("WebMercatorQuad").tiles(west, south, east, north, zooms=zooms)
        return [(one.z, one.x, one.y) for one in found]

    def ours(self, number: int) -> str:
        """Return a tile that nobody drew yet: its colours end at another value."""
        z, x, y = self.tiles[number % len(self.tiles)]
        return f"/v1/layers/{self.raster['id']}/xyz/{z}/{x}/{y}.png?colormap=viridis&rescale=0,{50 + number / 1000:.3f}"

    def titilers(self, number: int) -> str:
        """Return the same tile of titiler."""
        z, x, y = self.tiles[number % len(self.tiles)]
        asked = f"url={self.path}&bidx=1&colormap_name=viridis&rescale=0,{50 + number / 1000:.3f}"
        return f"/tiles/WebMercatorQuad/{z}/{x}/{y}.png?{asked}"
