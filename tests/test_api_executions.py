"""What an execution asks for beyond its inputs: how results are told, links and qualified values, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_service import REACH, ended, make_client

from ew4all.api.executions import RESPONSE, checked
from ew4all.api.problems import Problem
from ew4all.api.processes import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.testclient import TestClient

EXECUTION = "/processes/reach/execution"
BASE = "https://warn.example/api"
AREA = {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.0]]]}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("executions"), workers=1, sync_wait_s=120.0) as made:
        yield made


def test_results_are_told_as_the_request_wants_them(client: TestClient) -> None:
    plain = client.post(EXECUTION, json={"inputs": dict(REACH)})
    raw = client.post(EXECUTION, json={"inputs": dict(REACH), "response": "raw"})
    document = client.post(EXECUTION, json={"inputs": dict(REACH), "response": "document"})
    assert {one.status_code for one in (plain, raw, document)} == {200}
    assert {one.headers["content-type"] for one in (plain, raw, document)} == {"application/json"}
    assert raw.json()["schema"] == "ew4all/reach/1"
    assert document.json() == {"reach": {"value": raw.json(), "mediaType": "application/json"}}
    assert plain.json() == {"reach": raw.json()}
    # Each was a job, whose results are told in the same way.
    for answer in (raw, document):
        link = answer.headers["link"]
        assert link.endswith('; rel="monitor"')
        status = client.get(link[1 : link.index(">")]).json()
        (results,) = (k["href"] for k in status["links"] if k["rel"].endswith("/results"))
        assert client.get(results).json() == answer.json()


def test_an_asynchronous_job_keeps_how_its_results_are_wanted(client: TestClient) -> None:
    body = {"inputs": dict(REACH), "response": "raw", "outputs": {"reach": {"transmissionMode": "value"}}}  # fmt: skip
    made = client.post(EXECUTION, json=body, headers={"Prefer": "respond-async"})
    job = made.json()["jobID"]
    assert ended(client, job)["status"] == "successful"
    assert client.get(f"/jobs/{job}/results").json()["schema"] == "ew4all/reach/1"


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"response": "xml"}, "#/response", "unknown-response"),
        ({"response": ["raw"]}, "#/response", "unknown-response"),
        ({"subscriber": {"successUri": "http://127.0.0.1:9/"}}, "#/subscriber", "no-callbacks"),
        ({"outputs": {"reach": {"transmissionMode": "reference"}}}, "#/outputs/reach/transmissionMode", "unknown-transmission"),
        ({"outputs": {"reach": {"format": {"mediaType": "text/xml"}}}}, "#/outputs/reach/format", "unknown-format"),
        ({"outputs": {"reach": {"format": [1]}}}, "#/outputs/reach/format", "unknown-format"),
        ({"mode/x": "sync"}, "#/mode~1x", "invalid-request"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_and_not_passed_over(
    client: TestClient, more: Mapping[str, Any], pointer: str, code: str
) -> None:
    answer = client.post(EXECUTION, json={"inputs": dict(REACH), **more})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["errors"][0]["pointer"] == pointer


def inputs_of(process: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return checked(PROCESSES[process], {"inputs": given}, BASE)


@pytest.mark.parametrize(
    ("href", "reference"),
    [
        (f"{BASE}/v1/uploads/abc", "upload:abc"),
        ("/v1/uploads/abc", "upload:abc"),
        (f"{BASE}/v1/layers/abc.zones.parquet", "layer:abc.zones.parquet"),
        (f"{BASE}/v1/layers/abc.zones.parquet/file", "layer:abc.zones.parquet"),
        ("/v1/alerts/abc/versions/2", "alert:abc@2"),
    ],
)
def test_a_link_to_a_thing_of_this_service_is_its_reference(href: str, reference: str) -> None:
    link = {"href": href, "type": "application/geo+json"}
    assert inputs_of("reach", {**REACH, "area": link})["area"] == reference
    coverage = {"4g": link, "3g": "demo:coverage_3g_a.tif"}
    found = inputs_of("reach", {**REACH, "coverage": coverage})["coverage"]
    assert found == {"4g": reference, "3g": "demo:coverage_3g_a.tif"}


@pytest.mark.parametrize(
    "href",
    [
        "http://127.0.0.1:9/x.tif", "https://warn.example/api.evil.example/v1/uploads/abc", "https://warn.example/v1/uploads/abc",
        "//evil.example/v1/uploads/abc", "file:///etc/passwd", "/v1/uploads/../../etc/passwd", "/v1/keys/abc", "/vsicurl/http://127.0.0.1:9/",
        "/v1/uploads/abc/versions/1", "/v1/alerts/abc/file", "/v1/uploads/abc?x=1", "", "s3://bucket/key",
    ],
)  # fmt: skip
def test_a_link_to_anything_else_is_refused(href: str) -> None:
    with pytest.raises(Problem) as caught:
        inputs_of("reach", {**REACH, "area": {"href": href}})
    assert (caught.value.status, caught.value.code) == (400, "no-remote-input")
    assert caught.value.errors[0]["pointer"] == "#/inputs/area/href"


def test_a_qualified_value_is_its_value() -> None:
    qualified = {"value": AREA, "mediaType": "application/geo+json"}
    assert inputs_of("reach", {**REACH, "area": qualified})["area"] == AREA
    assert inputs_of("reach", {**REACH, "area": {"value": "demo:area.geojson"}}) == dict(REACH)
    # Names of columns are the client's own, and those of features, too.
    where = {"hazard": "demo:area.geojson", "hazard_where": {"value": 3, "href": "x"}}
    assert inputs_of("reach", {**REACH, **where})["hazard_where"] == where["hazard_where"]
    feature = {"type": "Feature", "geometry": AREA, "properties": {"href": "http://x", "value": 1}}
    assert inputs_of("reach", {**REACH, "area": feature})["area"] == feature


def test_no_process_has_an_input_called_as_the_wish_is_kept() -> None:
    for process in PROCESSES.values():
        assert RESPONSE not in process.inputs.model_fields


def test_processes_come_in_pages(client: TestClient) -> None:
    names: list[str] = []
    address = "/processes?limit=2"
    while address:
        page = client.get(address).json()
        assert len(page["processes"]) <= 2
        names += [one["id"] for one in page["processes"]]
        address = next((k["href"] for k in page["links"] if k["rel"] == "next"), "")
    assert names == list(PROCESSES)
    for bad in ("0", "10001", "x"):
        assert client.get(f"/processes?limit={bad}").status_code == 400


def test_inputs_of_several_kinds_are_described_as_the_standard_wants_it(
    client: TestClient,
) -> None:
    for process in PROCESSES:
        for name, told in client.get(f"/processes/{process}").json()["inputs"].items():
            assert "anyOf" not in told["schema"], (process, name)
            assert {"type": "null"} not in told["schema"].get("oneOf", ()), (process, name)
            assert "default" not in told["schema"] or told["schema"]["default"] is not None
    area = client.get("/processes/reach").json()["inputs"]["area"]["schema"]
    assert [one["type"] for one in area["oneOf"]] == ["string", "object"]


def test_what_is_claimed_of_processes_is_true(client: TestClient) -> None:
    claimed = [c for c in client.get("/conformance").json()["conformsTo"] if "processes" in c]
    assert [c.rpartition("/")[2] for c in claimed] == ["ogc-process-description"]
