"""What is asked for wrongly is told, and pages keep the filters they were asked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_layers import keep_results, write_results
from made_service import REACH, make_client, service_of, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

EXECUTION = "/processes/reach/execution"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("asking")
    write_results(folder / "out")
    with make_client(folder, workers=0) as client:
        keep_results(service_of(client), folder / "out", title="Beryl")
        for _ in range(2):
            started(client, "reach", REACH)
            started(client, "run", {"scenario": "valley-flash-flood"})
        yield client


def test_another_content_type_is_415(client: TestClient) -> None:
    answer = client.post(EXECUTION, content="<a/>", headers={"Content-Type": "application/xml"})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong-type")


@pytest.mark.parametrize("outputs", [{"nope": {}}, ["reach"], "reach"])
def test_an_output_that_is_not_there_is_told(client: TestClient, outputs: Any) -> None:
    answer = client.post(EXECUTION, json={"inputs": dict(REACH), "outputs": outputs})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-output")


def test_an_output_that_is_there_is_taken(client: TestClient) -> None:
    body = {"inputs": {}, "outputs": {"reach": {}}}
    assert client.post(EXECUTION, json=body).json()["code"] == "invalid-inputs"


def test_a_parameter_of_jobs_that_is_not_there_is_told(client: TestClient) -> None:
    answer = client.get("/jobs?staus=failed")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-parameter")


def test_the_list_of_jobs_is_not_said_to_be_more_than_it_is(client: TestClient) -> None:
    assert not any("job-list" in one for one in client.get("/conformance").json()["conformsTo"])


@pytest.mark.parametrize(
    ("path", "member", "filters"),
    [
        ("/jobs", "jobs", "status=accepted&processID=reach"),
        ("/v1/layers", "layers", "kind=vector&kind=table"),
        ("/v1/runs", "runs", "status=accepted"),
    ],
)
def test_pages_keep_their_filters(client: TestClient, path: str, member: str, filters: str) -> None:
    whole = client.get(f"{path}?{filters}").json()
    at: str | None = f"{path}?limit=1&{filters}"
    found = []
    while at is not None:
        page = client.get(at).json()
        assert page["numberMatched"] == whole["numberMatched"]
        found += page[member]
        at = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    identifier = "jobID" if member == "jobs" else "id"
    assert len(found) > 1
    assert [one[identifier] for one in found] == [one[identifier] for one in whole[member]]
