"""Chromium without a window, spoken to through a pipe: what a page asks of the network, and what keys do to it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)  # fmt: skip


class Page:
    """One page; `events` holds everything that was told of it."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._rest = b""
        self._id = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._read, 1 << 16)
            assert part, "chromium has ended"
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._id += 1
        message = {"id": self._id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            got = self._next()
            if got.get("id") == self._id:
                assert "error" not in got, got
                result: dict[str, Any] = got["result"]
                return result
            self.events.append(got)

    def open(self, address: str) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Network", "Page", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self._next())

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)  # fmt: skip

    def asked_for(self) -> set[str]:
        """Addresses that the page has asked for, without data in the page itself."""
        sent = [e for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        addresses = {e["params"]["request"]["url"] for e in sent}
        return {a for a in addresses if not a.startswith("data:")}

    def complaints(self) -> list[Any]:
        """What the browser logs as an error: a script that fails, a request that the policy of the page stops."""
        kinds = {"Runtime.exceptionThrown", "Log.entryAdded"}
        return [e for e in self.events if e.get("method") in kinds]


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Page]:
    """Start Chromium and end it."""
    assert CHROMIUM is not None
    theirs, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # The pipe is told by numbers that Chromium fixes: 3 to read from, 4 to write to. Duplicates first: the two may be 3 or 4.
    begin = (
        "import os, sys; r, w = (os.dup(int(n)) for n in sys.argv[1:3]); r, w = os.dup(r), os.dup(w); os.dup2(r, 3); os.dup2(w, 4); "
        "os.execv(sys.argv[3], sys.argv[3:])"
    )
    command = [
        sys.executable, "-c", begin, str(theirs), str(theirs_out), CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}",
        "--remote-debugging-pipe",
    ]  # fmt: skip
    running = subprocess.Popen(command, pass_fds=(theirs, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    os.close(theirs)
    os.close(theirs_out)
    page = Page(ours_in, ours_out)
    try:
        yield page
    finally:
        running.terminate()
        running.wait(20)
        os.close(ours_in)
        os.close(ours_out)
