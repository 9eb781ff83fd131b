"""The API as it describes itself: whatever is sent, the answer is one that is declared, and errors are problem documents.

The cases are made by schemathesis from the document. The default tier sends a few to each operation; the slow tier many.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from made_exercise_service import opened, put
from made_service import make_client, service_of
from sqlalchemy import update

from ew4all.api.events import journal
from ew4all.api.openapi import TAGS
from ew4all.api.routes.exercise_examples import EXERCISE
from ew4all.api.store.tables import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

SNAPSHOT = Path(__file__).parent / "golden" / "openapi.json"
WRITE = "EW4ALL_TEST_DATA_WRITE_OPENAPI"
FEW, MANY = 2, 40
AREA = {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.0]]]}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that holds something of most kinds; its streams of events end at once."""
    folder = tmp_path_factory.mktemp("openapi")
    quick = {"sync_wait_s": 0.0, "stream_s": 0.02, "heartbeat_s": 0.02}
    with make_client(folder, workers=0, **quick, limits={"jobs_waiting": 10**6}) as made:
        assert made.post("/v1/uploads?name=area.geojson&role=zones", json=AREA).status_code == 201
        with service_of(made).database.begin() as connection:
            journal.write(connection, "feed:x", "test", {})
        exercise = put(made)
        with service_of(made).database.begin() as connection:
            # Under the identifier of the examples, so that those find it.
            connection.execute(update(EXERCISES).values(id=EXERCISE["id"]))
        assert exercise != EXERCISE["id"]
        opened(made, EXERCISE["id"])
        yield made


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    return client.get("/api").json()  # type: ignore[no-any-return]


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in ("get", "post", "put", "patch", "delete")
        if method in item
    ]


def cases(client: TestClient, document: dict[str, Any], most: int) -> list[str]:
    """Send cases to every operation; return what was wrong, each once."""
    wrong: dict[str, str] = {}
    sent = 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        declared = document["paths"][operation.path][operation.method.lower()]["responses"]

        def look(case: Any, declared: Any = declared, label: str = operation.label) -> None:
            nonlocal sent
            sent += 1
            asked = case.as_transport_kwargs(base_url="http://testserver")
            asked.pop("cookies", None)
            if isinstance(asked.get("data"), bytes | str):
                asked["content"] = asked.pop("data")
            answer = client.request(**asked)
            fault = fault_of(answer, declared)
            if fault is not None:
                wrong.setdefault(f"{label}: {fault}", f"{asked!r:.500} -> {answer.text:.300}")

        made_of(operation, most)(look)
    assert sent >= len(operations(document))
    return [f"{what}: {example}" for what, example in wrong.items()]


def made_of(operation: Any, most: int) -> Callable[[Callable[[Any], None]], None]:
    """Return what calls a function with cases of an operation, the same ones each time."""

    def each(look: Callable[[Any], None]) -> None:
        phases = [Phase.explicit, Phase.generate]
        how = settings(max_examples=most, phases=phases, suppress_health_check=list(HealthCheck))
        how(given(case=operation.as_strategy())(lambda case: look(case)))()  # noqa: PLW0108 - it takes one argument

    return each


def fault_of(answer: Any, declared: dict[str, Any]) -> str | None:
    status, kind = answer.status_code, answer.headers.get("content-type", "").partition(";")[0]
    if status in {500, 501, 502}:
        return f"{status}"
    if str(status) not in declared:
        return f"{status} is not declared"
    if status >= 400:
        if kind != "application/problem+json":
            return f"{status} as {kind}"
        told = answer.json()
        if not {"type", "title", "status", "code", "detail", "instance", "request_id"} <= set(told):
            return f"{status} is no whole problem document"
        return None if told["status"] == status else f"{status} says {told['status']}"
    kinds = {one.partition(";")[0] for one in declared[str(status)].get("content", {})}
    if kind and answer.content and kinds and not {kind, "*/*"} & kinds:
        return f"{status} as {kind}, of {sorted(kinds)}"
    return None


def test_a_few_cases_of_every_operation_are_answered_as_declared(
    client: TestClient, document: dict[str, Any]
) -> None:
    assert cases(client, document, FEW) == []


@pytest.mark.slow
def test_many_cases_of_every_operation_are_answered_as_declared(
    client: TestClient, document: dict[str, Any]
) -> None:
    assert cases(client, document, MANY) == []


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    found = operations(document)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names))
    for path, method, operation in found:
        where = f"{method} {path}"
        assert operation["operationId"].isalnum(), where
        assert operation["tags"], where
        assert set(operation["tags"]) <= set(TAGS), where
        assert operation.get("description") or operation.get("summary"), where
        assert any(status.startswith("2") for status in operation["responses"]), where
        assert "422" not in operation["responses"] or "HTTPValidation" not in str(operation), where
        for status, told in operation["responses"].items():
            if status >= "400":
                assert set(told["content"]) == {"application/problem+json"}, (where, status)


def test_every_reference_of_the_document_is_there(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])
    text = json.dumps(document)
    used = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert used <= names
    assert "Problem" in used


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    without = []
    for path, method, operation in operations(document):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            has = {"example", "examples"} & set(media) or has_example(
                media.get("schema", {}), document
            )
            if kind != "application/octet-stream" and not has:
                without.append(f"{method} {path}")
    assert without == []


def has_example(schema: dict[str, Any], document: dict[str, Any]) -> bool:
    name = schema.get("$ref", "").rpartition("/")[2]
    found = document["components"]["schemas"].get(name, schema)
    return bool({"example", "examples"} & set(found)) or schema.get("format") == "binary"


def test_the_document_is_the_one_that_was_agreed(document: dict[str, Any]) -> None:
    """A change of the API is seen in review: set the variable, run this test, and look at the difference."""
    document = {**document, "info": {**document["info"], "version": "any"}}
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get(WRITE):
        SNAPSHOT.write_text(text, "utf-8")
    assert SNAPSHOT.read_text("utf-8") == text, f"set {WRITE}=1 to write {SNAPSHOT.name} anew"
