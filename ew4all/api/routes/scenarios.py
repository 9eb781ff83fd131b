"""Scenarios: stored with their versions, checked before they are."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from ew4all.api.answers import Known
from ew4all.api.conditions import IfMatch
from ew4all.api.deps import Serving, Writing, needs
from ew4all.api.documents.models import ScenarioDocument, ScenarioPage
from ew4all.api.documents.records import Document
from ew4all.api.documents.scenarios import TAKEN, check_scenario
from ew4all.api.idempotency import OnceOnly
from ew4all.api.problems import responses
from ew4all.api.routes.documents import JSON, DocumentId, Limit, Noun, Offset, Version
from ew4all.api.routes.negotiation import preferred
from ew4all.api.routes.sent import SentBody

__all__ = ["SCENARIOS", "router"]

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"], dependencies=[Known])

YAML: Final = "application/yaml"
EXAMPLE: Final = """\
schema: ew4all/scenario/1
title: A first warning in Grenada
demo: grenada
channels: [cell_broadcast, word_of_mouth]
alert: {issued: 10 min}
"""
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "a scenario file; its files are `upload:ID`, `layer:ID`, `alert:ID` or `demo:NAME`, never paths",
        "content": {
            YAML: {"schema": {"type": "string"}, "example": EXAMPLE},
            JSON: {
                "schema": {"type": "object", "required": ["schema", "channels"]},
                "example": {
                    "schema": "ew4all/scenario/1",
                    "demo": "grenada",
                    "channels": ["cell_broadcast"],
                },
            },
        },
    }
}
_OF_ONE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the scenario, as a document or as the text that was sent",
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/ScenarioDocument"}},
            YAML: {"schema": {"type": "string"}},
        },
    },
    304: {"description": "the client has it already"},
    **responses(400, 401, 403, 404),
}
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "the text", "content": {YAML: {"schema": {"type": "string"}}}},
    304: {"description": "the client has it already"},
    **responses(400, 401, 403, 404),
}


def _show(document: Document, is_whole: bool) -> dict[str, Any]:
    return {"facts": document.facts, "text": document.body if is_whole else None}


SCENARIOS: Final = Noun("scenario", ScenarioDocument, ScenarioPage, {"yaml": YAML}, _show)


@router.post(
    "",
    operation_id="createScenario",
    status_code=201,
    response_model=ScenarioDocument,
    responses=responses(400, 401, 403, 409, 413, 415, 422, 503, 507),
    openapi_extra=_BODY,
)
def create_scenario(
    request: Request, service: Serving, asking: Writing, once: OnceOnly, sent: SentBody
) -> Response:
    """Store a scenario, if it can be played; all its faults are told at once."""
    sent.must_be(TAKEN)
    return SCENARIOS.create(
        request, service, asking, once, lambda: check_scenario(service, asking, sent.data)
    )


@router.get(
    "",
    operation_id="listScenarios",
    response_model=ScenarioPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403),
    dependencies=[needs("read")],
)
def list_scenarios(
    request: Request, service: Serving, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """List stored scenarios, the newest first; those that come with ew4all are not among them."""
    return SCENARIOS.list(request, service, limit, offset)


@router.get(
    "/{scenario_id}.yaml",
    operation_id="getScenarioText",
    response_class=Response,
    responses=_TEXT,
    dependencies=[needs("read")],
)
def get_scenario_text(scenario_id: DocumentId, request: Request, service: Serving) -> Response:
    """Return the text of a scenario."""
    document = SCENARIOS.find(service, scenario_id)
    return SCENARIOS.text(request, service, document, "yaml", lambda: document.body)


@router.get(
    "/{scenario_id}",
    operation_id="getScenario",
    response_class=Response,
    responses=_OF_ONE,
    dependencies=[needs("read")],
)
def get_scenario(scenario_id: DocumentId, request: Request, service: Serving) -> Response:
    """Return a scenario in its latest version: a document, or its text with `Accept: application/yaml`."""
    return _one(request, service, SCENARIOS.find(service, scenario_id))


@router.put(
    "/{scenario_id}",
    operation_id="changeScenario",
    response_model=ScenarioDocument,
    responses=responses(400, 401, 403, 404, 412, 413, 415, 428, 503, 507),
    openapi_extra=_BODY,
)
def change_scenario(
    scenario_id: DocumentId,
    request: Request,
    service: Serving,
    asking: Writing,
    sent: SentBody,
    if_match: IfMatch = None,
) -> Response:
    """Store another version; the earlier ones stay, and jobs keep the one that they were accepted with."""
    sent.must_be(TAKEN)
    return SCENARIOS.change(
        request,
        service,
        asking,
        scenario_id,
        if_match,
        lambda _: check_scenario(service, asking, sent.data),
    )


@router.delete(
    "/{scenario_id}",
    operation_id="deleteScenario",
    status_code=204,
    responses=responses(400, 401, 403, 404, 412),
)
def delete_scenario(
    scenario_id: DocumentId, service: Serving, asking: Writing, if_match: IfMatch = None
) -> Response:
    """Delete a scenario with all its versions."""
    return SCENARIOS.delete(service, asking, scenario_id, if_match)


@router.get(
    "/{scenario_id}/versions",
    operation_id="listScenarioVersions",
    response_model=ScenarioPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403, 404),
    dependencies=[needs("read")],
)
def list_versions(
    scenario_id: DocumentId,
    request: Request,
    service: Serving,
    limit: Limit = 100,
    offset: Offset = 0,
) -> dict[str, Any]:
    """List the versions of a scenario, the newest first: who wrote them and when."""
    return SCENARIOS.history(request, service, scenario_id, limit, offset)


@router.get(
    "/{scenario_id}/versions/{version}",
    operation_id="getScenarioVersion",
    response_class=Response,
    responses=_OF_ONE,
    dependencies=[needs("read")],
)
def get_version(
    scenario_id: DocumentId, version: Version, request: Request, service: Serving
) -> Response:
    """Return a version of a scenario: a document, or its text with `Accept: application/yaml`."""
    return _one(request, service, SCENARIOS.find(service, scenario_id, version))


def _one(request: Request, service: Serving, document: Document) -> Response:
    if preferred(request, (JSON, YAML)) == YAML:
        return SCENARIOS.text(request, service, document, "yaml", lambda: document.body)
    return SCENARIOS.one(request, service, document)
