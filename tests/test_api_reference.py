"""/docs: the API for people, from files of the package; in a browser it asks nobody else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_server import serving
from made_service import make_client

from ew4all.api.reference import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("reference"), workers=0, auth="keys") as made:
        yield made


def test_the_files_are_as_they_were_published() -> None:
    (package,) = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    assert (package["licence"], package["version"].count(".")) == ("Apache-2.0", 2)
    assert "LICENSE" in package["files"]
    for name, digest in package["files"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_the_page_names_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("<!doctype", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        answer = client.get(f"/docs/{name}")
        assert answer.status_code == 200
        again = client.get(f"/docs/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    assert client.get("/docs/..%2f__init__.py").status_code == 404
    assert client.get("/docs/none").json()["code"] == "no-such-file"


@pytest.mark.slow
def test_a_browser_shows_it_and_asks_nobody_else(tmp_path: Path) -> None:
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not there: the page was not looked at")
    from playwright.sync_api import sync_playwright

    args = ["--no-sandbox", "--disable-background-networking"]
    with serving(tmp_path) as served, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=args)
        page = browser.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.goto(served.url + "/docs")
        page.wait_for_selector("#operations-tag-jobs", timeout=30_000)
        page.click("#operations-tag-jobs")
        page.wait_for_selector("#operations-jobs-listJobs")
        browser.close()
    outside = [url for url in asked if not url.startswith((served.url, "data:", "blob:"))]
    assert outside == []
    assert [one for one in said if one.startswith("error")] == []
