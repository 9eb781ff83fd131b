"""Scenarios over HTTP: created, changed under `If-Match`, their history, and what is wrong with one, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client

from ew4all.api.routes.alerts import EXAMPLE as ALERT
from ew4all.scenario import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

TEST = shipped()["national-test"].read_text("utf-8")
SMALL = "schema: ew4all/scenario/1\ndemo: grenada\nchannels: [cell_broadcast]\n"
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service"), workers=0) as made:
        yield made


def created(client: TestClient, text: str = TEST, **headers: str) -> Any:
    answer = client.post("/v1/scenarios", content=text, headers={**YAML, **headers})
    assert answer.status_code == 201, answer.text
    return answer


def test_a_scenario_is_stored_and_found_again(client: TestClient) -> None:
    answer = created(client)
    made = answer.json()
    assert answer.headers["location"] == f"/v1/scenarios/{made['id']}"
    assert answer.headers["etag"] == f'"{made["etag"]}"'
    assert (made["version"], made["title"]) == (1, "National test in a large country")
    assert made["reference"] == f"scenario:{made['id']}"
    assert "cell_broadcast" in made["facts"]["channels"]
    found = client.get(answer.headers["location"])
    assert found.json() == made
    assert found.json()["text"] == TEST
    (listed,) = [s for s in client.get("/v1/scenarios").json()["scenarios"] if s["id"] == made["id"]]  # fmt: skip
    assert "text" not in listed
    # The text itself, by its ending or by Accept.
    plain = client.get(f"/v1/scenarios/{made['id']}.yaml")
    asked = client.get(f"/v1/scenarios/{made['id']}", headers={"Accept": "application/yaml"})
    assert plain.text == asked.text == TEST
    assert plain.headers["content-type"].startswith("application/yaml")
    assert plain.headers["etag"] != answer.headers["etag"]
    for path, tag in ((plain.url, plain.headers["etag"]), (found.url, found.headers["etag"])):
        same = client.get(path, headers={"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")


def test_a_change_needs_the_version_that_was_seen(client: TestClient) -> None:
    first = created(client)
    path, tag = first.headers["location"], first.headers["etag"]
    other = TEST.replace("large country", "small country")

    def put(text: str, **headers: str) -> Any:
        return client.put(path, content=text, headers={**YAML, **headers})

    assert (put(other).status_code, put(other).json()["code"]) == (428, "if-match-missing")
    changed = put(other, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.headers["etag"] != tag
    late = put(TEST, **{"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    assert late.headers["etag"] == changed.headers["etag"]
    # The tag of the text is one of the same version; nothing different is no version.
    text_tag = client.get(f"{path}.yaml").headers["etag"]
    assert put(other, **{"If-Match": text_tag}).json()["version"] == 2
    versions = client.get(f"{path}/versions").json()
    assert [v["version"] for v in versions["scenarios"]] == [2, 1]
    assert client.get(f"{path}/versions/1").json()["text"] == TEST
    assert client.get(f"{path}/versions/2").json()["text"] == other
    assert client.get(f"{path}/versions/3").status_code == 404
    assert client.get(path).json()["version"] == 2


def test_a_deleted_scenario_is_gone_with_its_versions(client: TestClient) -> None:
    first = created(client)
    path = first.headers["location"]
    assert client.delete(path, headers={"If-Match": '"other"'}).status_code == 412
    assert client.delete(path, headers={"If-Match": first.headers["etag"]}).status_code == 204
    for gone in (path, f"{path}.yaml", f"{path}/versions", f"{path}/versions/1"):
        answer = client.get(gone)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-scenario")
    assert client.delete(path).status_code == 404
    answer = client.post("/v1/runs", json={"scenario": first.json()["reference"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-reference")


def test_pages_hang_together(client: TestClient) -> None:
    made = {created(client, TEST.replace("National", f"Test {k}")).json()["id"] for k in range(3)}
    seen: list[str] = []
    url = "/v1/scenarios?limit=2"
    while url:
        page = client.get(url).json()
        assert page["numberReturned"] == len(page["scenarios"]) <= 2
        seen += [s["id"] for s in page["scenarios"]]
        url = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) == page["numberMatched"]
    assert made <= set(seen)
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("text", "status", "code", "pointer"),
    [
        (SMALL + "nonsense: 1\n", 400, "invalid-scenario", "#/nonsense"),
        (SMALL + "run: {replicas: 0}\n", 400, "invalid-scenario", "#/run/replicas"),
        ("schema: [", 400, "invalid-scenario", "#"),
        ("a: &a [*a]", 400, "invalid-scenario", "#"),
        ("- just\n- a list\n", 400, "invalid-scenario", "#"),
        ('"\\0\\ud800": "\\0"', 400, "invalid-scenario", "#"),
        (SMALL + "network: {sites: 'upload:none'}", 400, "unknown-reference", None),
        (SMALL + "network: {sites: '/etc/passwd'}", 400, "invalid-scenario", "#/network/sites"),
        (SMALL + "network: {sites: 'https://example.org/s.csv'}", 400, "invalid-scenario", "#/network/sites"),
        (SMALL + "run: {replicas: 20000}\n", 413, "too-many-replicas", "#/run/replicas"),
        (TEST + "\n#" + "x" * 1_000_000, 413, "too-large", None),
        (b"\xff\xfe\x00", 400, "not-utf-8", None),
        ("", 400, "empty", None),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_places(
    client: TestClient, text: str | bytes, status: int, code: str, pointer: str | None
) -> None:
    before = client.get("/v1/scenarios").json()["numberMatched"]
    answer = client.post("/v1/scenarios", content=text, headers=YAML)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    if pointer is not None:
        assert any(e["pointer"].startswith(pointer) for e in told["errors"]), told
        assert all(e.get("line", 1) >= 1 for e in told["errors"])
    assert "ew4all-check-" not in answer.text  # the folder in which it is looked through
    assert client.get("/v1/scenarios").json()["numberMatched"] == before


def test_a_scenario_may_be_json_but_not_anything(client: TestClient) -> None:
    body = {"schema": "ew4all/scenario/1", "demo": "grenada", "channels": ["cell_broadcast"]}
    answer = client.post("/v1/scenarios", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == "untitled"
    wrong = client.post("/v1/scenarios", content=TEST, headers={"Content-Type": "text/html"})
    assert (wrong.status_code, wrong.json()["code"]) == (415, "wrong-type")
    assert "application/yaml" in wrong.headers["accept"]


def test_a_scenario_may_name_a_stored_alert_in_a_version(client: TestClient) -> None:
    cap = {"Content-Type": "application/cap+xml"}
    alert = client.post("/v1/alerts", content=ALERT, headers=cap).json()["reference"]
    answer = created(client, SMALL + f"alert: {{cap: '{alert}@1'}}\n")
    assert answer.json()["facts"]["references"] == [f"{alert}@1"]
    lost = client.post("/v1/scenarios", content=SMALL + f"alert: {{cap: '{alert}@2'}}\n", headers=YAML)  # fmt: skip
    assert (lost.status_code, lost.json()["code"]) == (400, "unknown-reference")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a: " + "{a: " * 3_000, "- " * 3_000 + "a", "? " * 3_000]
)
def test_a_scenario_that_is_nested_without_end_is_a_fault_of_its_own(
    client: TestClient, text: str
) -> None:
    answer = client.post("/v1/scenarios", content=text, headers=YAML)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-scenario")
    assert "nested more than 50 deep" in answer.json()["errors"][0]["detail"]
