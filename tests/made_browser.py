"""Debian's Chromium as a browser of people who look at our page."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from made_postgres import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = Path("/usr/bin/chromium")
# As root it takes no sandbox; without a graphics card WebGL is computed; and it must call nobody of its own accord.
_ARGUMENTS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is none."""
    if not CHROMIUM.is_file():
        pytest.skip(f"no browser: {CHROMIUM} is not there (Debian: chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def demo_served(folder: Path, **settings: Any) -> Iterator[str]:
    """The address of `ew4all serve --demo`, in a process of its own."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "ew4all", "serve", "--demo", "--port", str(port)]
    env = {**os.environ, **{f"EW4ALL_{name.upper()}": str(v) for name, v in settings.items()}}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / "data")], env=env, stdout=log, stderr=log
        )
        try:
            ends_s = time.monotonic() + 240.0
            while True:
                assert process.poll() is None, (folder / "log.txt").read_text("utf-8")
                assert time.monotonic() < ends_s, "the service did not start in time"
                with suppress(httpx.TransportError):
                    if httpx.get(url + "/readyz").status_code == 200:
                        break
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            assert process.wait(30.0) in {0, -15}


def _is_stream(url: str) -> bool:
    return url.partition("?")[0].endswith("/events")


class Watched:
    """A page and what it did.

    Attributes
    ----------
    requests, statuses
        Every address that was asked for, and with what each was answered.
    waiting
        Requests without an answer yet, streams of events apart.
    said
        Errors and warnings of its console, and errors that nobody caught.
    """

    def __init__(
        self, browser: Any, url: str, width: int = 1280, height: int = 900, **how: Any
    ) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **how
        )
        self.url = url
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.requests: list[str] = []
        self.statuses: dict[str, int] = {}
        self.said: list[str] = []
        self.waiting: set[Any] = set()
        self.page.on("request", self._asked)
        self.page.on("requestfinished", self._answered)
        self.page.on("requestfailed", self._answered)
        self.page.on("response", lambda answer: self.statuses.update({answer.url: answer.status}))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", self._heard)

    def _asked(self, request: Any) -> None:
        self.requests.append(request.url)
        if not _is_stream(request.url):  # it never ends
            self.waiting.add(request)

    def _answered(self, request: Any) -> None:
        self.waiting.discard(request)

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(message.text)

    def open(self, at: str = "") -> Any:
        self.page.goto(self.url + "/" + at)
        return self.page

    def settle(self) -> None:
        """Wait until all is answered and nothing was asked for, in the page and its workers, for more than a second."""
        ends_s, quiet_s, seen = time.monotonic() + 60.0, time.monotonic(), -1
        while time.monotonic() - quiet_s < 1.2:
            assert time.monotonic() < ends_s, "the page asks for more and more"
            self.page.wait_for_timeout(100)
            now = sum(not _is_stream(url) for url in self.requests)
            if now != seen or self.waiting:
                quiet_s, seen = time.monotonic(), now

    def strangers(self) -> list[str]:
        """Requests that went anywhere else than to the service."""
        ours = (self.url + "/", "blob:" + self.url, "data:")
        return [one for one in self.requests if not one.startswith(ours)]

    def close(self) -> None:
        self.page.context.close()


def violations(page: Any) -> list[str]:
    """What axe-core finds in a page as it is."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {n['html'][:200]}" for v in found for n in v["nodes"][:3]]


def tab_to(page: Any, selector: str, most: int = 140) -> None:
    """Press Tab until a thing has the focus; wherever it is on the way, one sees where."""
    for _ in range(most):
        page.keyboard.press("Tab")
        here, style, width = page.evaluate(
            """(selector) => { const e = document.activeElement; const s = getComputedStyle(e);
                const l = e.closest("label.button"); const t = l ? getComputedStyle(l) : s;
                return [e.matches(selector), t.outlineStyle, parseFloat(t.outlineWidth)]; }""",
            selector,
        )
        if here:
            assert style != "none", selector
            assert width >= 2, selector
            return
    pytest.fail(f"no way to {selector} by keys")
