"""A service as its operator runs it: `ew4all serve` and `ew4all worker`, in processes that a test may kill."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Any

import httpx
import psutil
from made_postgres import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Running:
    """One API and some workers on one store."""

    def __init__(self, folder: Path, *, workers: int = 1, **settings: Any) -> None:  # fmt: skip
        self.folder, self.data = folder, folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = {**os.environ, "EW4ALL_WORKERS": "0", "EW4ALL_POLL_S": "0.1", "EW4ALL_LIMIT_JOBS_WAITING": "10000"}  # fmt: skip
        self._env |= {f"EW4ALL_{k.upper()}": str(v) for k, v in settings.items()}
        self._log: IO[bytes] = (folder / "log.txt").open("ab")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.client = httpx.Client(base_url=self.url, timeout=30.0)
        self.start("api")
        self.await_ready()
        for number in range(workers):
            self.start(f"worker{number}")

    def start(self, name: str) -> None:
        words = ["serve", "--port", str(self.port)] if name == "api" else ["worker"]
        command = [sys.executable, "-m", "ew4all", *words, "--data-dir", str(self.data)]
        self.processes[name] = subprocess.Popen(
            command, env=self._env, stdout=self._log, stderr=self._log
        )

    def await_ready(self, within_s: float = 60.0) -> None:
        def ready() -> bool:
            with contextlib.suppress(httpx.TransportError):
                # Not `/readyz`: with a disk that is nearly full it says, rightly, that the service is not ready.
                return self.client.get("/healthz").status_code == 200
            return False

        waited(ready, within_s)

    def kill(self, name: str) -> None:
        process = self.processes[name]
        process.kill()
        process.wait()

    def children(self) -> list[psutil.Process]:
        """Processes that compute a job of this store."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "ew4all.api.jobs.child" in words and any(str(self.data) in w for w in words):
                found.append(process)
        return found

    def submit(self, process: str, inputs: Any) -> httpx.Response:
        return self.client.post(
            f"/processes/{process}/execution",
            json={"inputs": inputs},
            headers={"Prefer": "respond-async"},
        )

    def ended(self, job: str, within_s: float = 60.0) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            with contextlib.suppress(httpx.TransportError):
                answer = self.client.get(f"/jobs/{job}")
                status: dict[str, Any] = answer.json()
                if answer.status_code == 200 and status["status"] not in {"accepted", "running"}:
                    return status
            return None

        return waited(found, within_s)  # type: ignore[no-any-return]

    def log(self) -> str:
        return (self.folder / "log.txt").read_text("utf-8", "replace")

    def stop(self) -> dict[str, int]:
        """Ask all to end, and return how each did."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        codes = {}
        for name, process in self.processes.items():
            try:
                codes[name] = process.wait(30.0)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        self.client.close()
        self._log.close()
        return codes


def waited(found: Callable[[], Any], within_s: float = 30.0) -> Any:
    """Wait until something is found."""
    ends_s = time.monotonic() + within_s
    while not (value := found()):
        assert time.monotonic() < ends_s, "in vain"
        time.sleep(0.1)
    return value
