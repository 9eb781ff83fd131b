"""The landing page: a client that knows nothing but the address of the service finds everything from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
NO_ENDS = {"/v1/events"}
"""Streams, which are not asked for here."""
FOR_OTHERS = {"/", "/v1", "/readyz", "/metrics"}
"""Itself; what monitors ask."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("landing"), workers=0) as made:
        yield made


def hrefs(document: Any) -> Iterator[str]:
    """Yield every address in a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "href":
                yield value
            else:
                yield from hrefs(value)
    elif isinstance(document, list):
        for value in document:
            yield from hrefs(value)


def test_everything_that_can_be_listed_is_linked(client: TestClient) -> None:
    listed = {
        path
        for path, item in client.get("/api").json()["paths"].items()
        if "get" in item and "{" not in path
    }
    links = client.get("/").json()["links"]
    linked = {link["href"].removeprefix("http://testserver") for link in links}
    assert linked >= listed - FOR_OTHERS
    assert {"/v1/scenarios", "/v1/runs", "/v1/events", "/v1/keys", "/v1/feeds"} <= linked
    for link in links:
        path = link["href"].removeprefix("http://testserver")
        if path in NO_ENDS:
            continue
        answer = client.get(path, headers={"Accept": link["type"]})
        assert answer.status_code == 200, link
        assert answer.headers["content-type"].startswith(link["type"].partition(";")[0]), link


def test_each_noun_has_its_name_as_relation_and_standards_have_theirs(client: TestClient) -> None:
    links = {link["rel"]: link for link in client.get("/v1").json()["links"]}
    for noun in (
        "uploads",
        "scenarios",
        "alerts",
        "runs",
        "layers",
        "exercises",
        "feeds",
        "keys",
        "events",
    ):
        assert links[noun]["href"] == f"http://testserver/v1/{noun}"
        assert links[noun]["title"]
    for rel in ("self", "service-desc", "service-doc", "conformance", "data", OGC + "processes", OGC + "job-list"):  # fmt: skip
        assert rel in links


AREA = '{"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.0]]]}'
REACH = {"population": "demo:population.tif", "population_unit": "count", "area": "demo:area.geojson"}  # fmt: skip


def test_links_are_whole_under_the_path_of_a_proxy(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0, root_path="/warn", sync_wait_s=0.0) as client:
        asked = {"inputs": REACH}
        made = client.post("/processes/reach/execution", json=asked)
        assert made.status_code == 201
        job = made.json()["jobID"]
        # A reference that a client completes by the address that it asked.
        assert made.headers["location"] == f"/warn/jobs/{job}"
        for path in ("/v1", "/processes", "/processes/reach", "/jobs?status=accepted", f"/jobs/{job}", "/collections", "/v1/layers", "/v1/runs"):  # fmt: skip
            found = list(hrefs(client.get(path).json()["links"]))
            assert found, path
            for href in [*found, *hrefs(client.get(path).json())]:
                assert href.startswith("http://testserver/warn/"), (path, href)
        (page,) = client.get("/jobs?status=accepted&processID=reach&limit=5").json()["links"]
        assert page["href"].endswith("/warn/jobs?limit=5&offset=0&status=accepted&processID=reach")
        ended = client.delete(f"/jobs/{job}").json()
        assert next(hrefs(ended)) == f"http://testserver/warn/jobs/{job}"
        assert client.get("/api").json()["servers"] == [{"url": "/warn"}]
        # The proxy may take the path off, or leave it on.
        assert client.get("/warn/processes").json() == client.get("/processes").json()


def test_an_upload_may_be_large_under_the_path_of_a_proxy(tmp_path: Path) -> None:
    limits = {"body_bytes": 100}
    with make_client(tmp_path, workers=0, root_path="warn/", limits=limits) as client:
        for path in ("/v1/uploads", "/warn/v1/uploads"):
            answer = client.post(f"{path}?name=a.geojson&role=zones", content=AREA.encode())
            assert answer.status_code == 201
            assert answer.headers["location"].startswith("/warn/v1/uploads/")
        assert client.post("/warn/v1/scenarios", content=b"#" * 101).status_code == 413
