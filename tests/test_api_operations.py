"""For whoever runs the service: is it ready, its numbers, its log."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from made_service import REACH, make_client, service_of, started

from ew4all.api import logs, serving
from ew4all.api.app import create_app
from ew4all.api.identity import make_key
from ew4all.api.jobs import drivers
from ew4all.api.jobs.keeper import Keeper
from ew4all.api.logs import configure, without_secrets
from ew4all.api.openapi import routes_of
from ew4all.api.serving import server_of
from ew4all.api.settings import Settings
from ew4all.cli.serve import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with make_client(tmp_path, workers=0) as made:
        yield made


def numbers(client: TestClient, **headers: str) -> dict[str, float]:
    """Every number by its name with labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [one.rpartition(" ") for one in answer.text.splitlines() if not one.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_requests_are_counted_by_the_template_of_their_route(client: TestClient) -> None:
    for number in range(3):
        client.get(f"/jobs/{number}")
    client.head("/jobs/1")
    client.get("/no/such/path")
    client.request("BREW", "/jobs")
    found = numbers(client)
    name = 'ew4all_requests_total{method="GET",route="/jobs/{job_id}",status="404"}'
    assert found[name] == 4.0  # HEAD is answered as GET is
    assert found['ew4all_requests_total{method="GET",route="unmatched",status="404"}'] == 1.0
    assert found['ew4all_request_seconds_count{method="GET",route="/jobs/{job_id}"}'] == 4.0
    assert not any("/jobs/1" in n or "BREW" in n for n in found)


def test_jobs_workers_and_the_age_of_the_queue_are_told(client: TestClient) -> None:
    before = numbers(client)
    assert (before['ew4all_jobs{status="accepted"}'], before["ew4all_queue_age_seconds"]) == (
        0.0,
        0.0,
    )
    started(client, "reach", REACH)
    keeper = Keeper(service_of(client), "w", "test")
    keeper.begin()
    after = numbers(client)
    keeper.stop()
    assert after['ew4all_jobs{status="accepted"}'] == 1.0
    assert after["ew4all_queue_age_seconds"] > 0.0
    assert after["ew4all_workers"] == 1.0
    assert after["ew4all_event_listeners"] == 0.0


def test_numbers_are_for_those_with_a_key(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0, auth="keys", public_read=True) as client:
        assert client.get("/metrics").status_code == 401
        secret = make_key(service_of(client).database, "prometheus", "viewer")[1]
        assert numbers(client, Authorization=f"Bearer {secret}")["ew4all_workers"] == 0.0


def test_ready_tells_what_is_missing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client.get("/readyz").json()
    assert told == {"status": "ready", "database": True, "data_folder": True, "disk": True, "workers": 0}  # fmt: skip
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("U", (), {"free": 10})())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "not ready: disk")
    assert client.get("/healthz").status_code == 200
    monkeypatch.undo()
    shutil.rmtree(service_of(client).settings.data_dir)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "data_folder" in answer.json()["detail"]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the service writes; the loggers are as they were afterwards."""
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    kept = structlog.get_config()
    monkeypatch.setattr(sys, "stderr", written)
    configure("INFO")
    yield written
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_each_request_is_one_line_with_its_identifier_and_no_secret(
    tmp_path: Path, log: io.StringIO
) -> None:
    with make_client(tmp_path, workers=0, auth="keys") as client:
        secret = make_key(service_of(client).database, "one", "viewer")[1]
        headers = {"Authorization": f"Bearer {secret}", "X-Request-ID": "abc-1"}
        answer = client.get(f"/jobs?processID={secret}", headers=headers)
        assert answer.headers["x-request-id"] == "abc-1"
        client.get(f"/jobs/{secret}", headers=headers)
        other = client.get("/jobs", headers={**headers, "X-Request-ID": "a b\r\nc: d"})
        assert re.fullmatch(r"[0-9a-f-]{36}", other.headers["x-request-id"])
    found = [one for one in lines(log) if one.get("event") == "request"]
    assert [one["status"] for one in found] == [200, 404, 200]
    assert found[0]["request_id"] == "abc-1"
    assert {"method", "path", "ms", "timestamp", "level"} <= set(found[0])
    assert secret not in log.getvalue()


def test_lines_of_libraries_are_json_too_and_errors_show_no_values(log: io.StringIO) -> None:
    hidden = "ew4_" + "s" * 30
    logging.getLogger("library").warning("connecting to %s", f"postgresql://me:{hidden}@host/db")
    try:
        int(hidden)
    except ValueError as error:
        structlog.get_logger().error("unexpected", exc_info=error)
    first, second = lines(log)
    assert (first["logger"], first["event"]) == (
        "library",
        "connecting to postgresql://***@host/db",
    )
    assert "ValueError" in second["exception"]
    assert hidden not in log.getvalue()


def test_whatever_is_named_like_a_secret_is_hidden() -> None:
    event = {"authorization": "x", "a": {"password": "x", "b": ["Bearer abc", "ew4_abcdefghijk"]}, "n": 1}  # fmt: skip
    hidden = without_secrets(None, "", event)
    assert hidden == {"authorization": "***", "a": {"password": "***", "b": ["Bearer ***", "ew4_***"]}, "n": 1}  # fmt: skip


def test_what_is_asked_for_all_the_time_is_tried_first(tmp_path: Path) -> None:
    """Routes are tried in turn, and each that comes before costs a regular expression."""
    paths = [route.path for route in routes_of(create_app(Settings(data_dir=tmp_path)))]
    often = ("/healthz", "/v1/layers/{layer_id}/xyz/{z}/{x}/{y}.{kind}", "/v1/layers/{layer_id}/tilejson.json", "/collections/{collection_id}/items")  # fmt: skip
    assert max(map(paths.index, often)) < 12


def test_an_idle_connection_outlives_that_of_a_proxy(tmp_path: Path) -> None:
    """With the five seconds that uvicorn gives, clients that asked each five seconds were cut off now and then."""
    app = create_app(Settings(data_dir=tmp_path))
    assert server_of(app, "127.0.0.1", 0).config.timeout_keep_alive > 60


def test_what_is_there_at_the_start_is_not_looked_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[int] = []

    class Nobody:
        def run(self) -> None:
            frozen.append(gc.get_freeze_count())

    monkeypatch.setattr(serving, "server_of", lambda *_: Nobody())
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    monkeypatch.setattr(drivers, "lock_down", lambda: None)  # of this process, which is the tests'
    monkeypatch.setattr(os, "environ", dict(os.environ))
    try:
        serve(port=0, data_dir=tmp_path)
    finally:
        gc.unfreeze()
    assert frozen[0] > 10_000
