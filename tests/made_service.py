"""A service on a temporary folder, in the process of the test."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from ew4all.api.app import create_app
from ew4all.api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# The demo case, as small as a job can be: about three seconds, most of them for the import of libraries.
REACH: Mapping[str, Any] = {
    "population": "demo:population.tif",
    "population_unit": "count",
    "area": "demo:area.geojson",
}
_END = frozenset({"successful", "failed", "dismissed"})


@contextmanager
def make_client(folder: Path, **settings: Any) -> Iterator[TestClient]:
    """A client of a service that keeps its data in `folder` and looks often; closed at the end of the block.

    DBOS is one a process: two of these with workers must not be open at once.
    """
    given = {"data_dir": folder / "data", "poll_s": 0.05, "hosts": ("testserver",), **settings}
    with TestClient(
        create_app(Settings(**given), is_alone=False), raise_server_exceptions=False
    ) as client:
        yield client


def service_of(client: TestClient) -> Any:
    """The `Service` behind a client."""
    return client.app.state.service  # type: ignore[attr-defined]


def started(client: TestClient, process: str, inputs: Mapping[str, Any], **headers: str) -> str:
    """Start a job and return its identifier."""
    answer = client.post(
        f"/processes/{process}/execution",
        json={"inputs": dict(inputs)},
        headers={"Prefer": "respond-async", **headers},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["jobID"])


def ended(client: TestClient, job: str, within_s: float = 60.0) -> dict[str, Any]:
    """Wait until a job has ended and return its statusInfo."""
    ends_s = time.monotonic() + within_s
    while True:
        status: dict[str, Any] = client.get(f"/jobs/{job}").json()
        if status["status"] in _END:
            return status
        assert time.monotonic() < ends_s, status
        time.sleep(0.05)
