"""Jobs over HTTP: the thin path through every process, what is refused, and what a client sees of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from made_service import REACH, ended, make_client, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service")) as made:
        yield made


def test_a_job_is_accepted_done_and_its_results_are_there(client: TestClient) -> None:
    job = started(client, "reach", REACH)
    assert ended(client, job)["status"] == "successful"
    results = client.get(f"/jobs/{job}/results").json()
    assert results["reach"]["people"]["total"] > 100_000
    assert {f["name"] for f in results["files"]} >= {"zones.gpkg"} or results["files"]


def test_without_prefer_the_result_is_the_answer(client: TestClient) -> None:
    answer = client.post("/processes/reach/execution", json={"inputs": REACH})
    assert answer.status_code == 200
    assert answer.json()["reach"]["people"]["in_area"] > 0
