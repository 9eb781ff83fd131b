"""Alerts: CAP in, checked; CAP and GeoJSON out. What is made here is Exercise, Test or Draft."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from ew4all.api.answers import Known
from ew4all.api.conditions import IfMatch
from ew4all.api.deps import Serving, Writing, needs
from ew4all.api.documents.alert_features import geojson_of
from ew4all.api.documents.alerts import CAP, TAKEN, check_alert
from ew4all.api.documents.drills import DrillRequest, inlined, make_drill
from ew4all.api.documents.models import AlertDocument, AlertPage
from ew4all.api.documents.records import Checked, Document
from ew4all.api.idempotency import OnceOnly
from ew4all.api.problems import responses
from ew4all.api.routes.documents import JSON, DocumentId, Limit, Noun, Offset, Version
from ew4all.api.routes.negotiation import preferred
from ew4all.api.routes.sent import Sent, SentBody

__all__ = ["ALERTS", "router"]

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], dependencies=[Known])

GEOJSON: Final = "application/geo+json"
EXAMPLE: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>drill-1</identifier>
  <sender>drill@example.org</sender>
  <sent>2026-01-10T08:00:00+00:00</sent>
  <status>Exercise</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
  <info>
    <language>en</language>
    <category>Met</category>
    <event>Flood</event>
    <urgency>Immediate</urgency>
    <severity>Severe</severity>
    <certainty>Likely</certainty>
    <expires>2026-01-10T12:00:00+00:00</expires>
    <headline>EXERCISE: flood</headline>
    <area>
      <areaDesc>Green Valley</areaDesc>
      <polygon>12.0,-61.8 12.0,-61.6 12.2,-61.6 12.2,-61.8 12.0,-61.8</polygon>
    </area>
  </info>
</alert>
"""
_SCHEMA: Final = inlined(DrillRequest)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "a CAP 1.0 to 1.2 alert of any status, kept as it is for analysis; or as JSON what a drill is made of",
        "content": {
            CAP: {"schema": {"type": "string"}, "example": EXAMPLE},
            JSON: {"schema": _SCHEMA, "example": _SCHEMA["examples"][0]},
        },
    }
}
_TEXT: Final = {"schema": {"type": "string"}}
_GEOJSON: Final = {
    "schema": {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": {"type": "object"}},
        },
    }
}
_SAME: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "the client has it already"}}
_OF_ONE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the alert, as a document, as CAP or as GeoJSON",
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/AlertDocument"}},
            CAP: _TEXT,
            GEOJSON: _GEOJSON,
        },
    },
    **_SAME,
    **responses(400, 401, 403, 404),
}


def _show(document: Document, is_whole: bool) -> dict[str, Any]:
    if is_whole:
        return {"facts": document.facts}
    return {"facts": {k: v for k, v in document.facts.items() if k not in {"findings", "notes"}}}


ALERTS: Final = Noun(
    "alert", AlertDocument, AlertPage, {"xml": CAP, "geojson": GEOJSON}, _show
)  # fmt: skip


_ANYTHING: Final[TypeAdapter[Any]] = TypeAdapter(Any)


def _checked(service: Serving, sent: Sent, before: Document | None = None) -> Checked:
    sent.must_be((*TAKEN, JSON))
    if sent.media_type != JSON:
        return check_alert(service, sent.data, before)
    try:
        asked = DrillRequest.model_validate_json(sent.data)
    except ValidationError as error:
        # Without what was given: the answer would repeat it.
        found = error.errors(include_url=False, include_input=False, include_context=False)
        is_json = found[0]["type"] != "json_invalid"
        raise RequestValidationError(
            [{**e, "loc": ("body", *e["loc"])} for e in found],
            body=_ANYTHING.validate_json(sent.data) if is_json else {},
        ) from error
    return make_drill(service, asked)


@router.post(
    "",
    operation_id="createAlert",
    status_code=201,
    response_model=AlertDocument,
    responses=responses(400, 401, 403, 409, 413, 415, 422, 507),
    openapi_extra=_BODY,
)
def create_alert(
    request: Request, service: Serving, asking: Writing, once: OnceOnly, sent: SentBody
) -> Response:
    """Store a CAP alert, if it is valid; or make one for a drill. All that a check finds is told."""
    return ALERTS.create(request, service, asking, once, lambda: _checked(service, sent))


@router.get(
    "",
    operation_id="listAlerts",
    response_model=AlertPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403),
    dependencies=[needs("read")],
)
def list_alerts(
    request: Request, service: Serving, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """List stored alerts, the newest first; as features they are the collection `alerts`."""
    return ALERTS.list(request, service, limit, offset)


@router.get(
    "/{alert_id}.xml",
    operation_id="getAlertCap",
    response_class=Response,
    responses={
        200: {"description": "the CAP file", "content": {CAP: _TEXT}},
        **_SAME,
        **responses(400, 401, 403, 404),
    },
    dependencies=[needs("read")],
)
def get_cap(alert_id: DocumentId, request: Request, service: Serving) -> Response:
    """Return an alert as CAP, as it was sent or made."""
    return _form(request, service, ALERTS.find(service, alert_id), CAP)


@router.get(
    "/{alert_id}.geojson",
    operation_id="getAlertGeoJson",
    response_class=Response,
    responses={
        200: {"description": "a feature for each place", "content": {GEOJSON: _GEOJSON}},
        **_SAME,
        **responses(400, 401, 403, 404),
    },
    dependencies=[needs("read")],
)
def get_geojson(alert_id: DocumentId, request: Request, service: Serving) -> Response:
    """Return an alert as GeoJSON."""
    return _form(request, service, ALERTS.find(service, alert_id), GEOJSON)


@router.get(
    "/{alert_id}",
    operation_id="getAlert",
    response_class=Response,
    responses=_OF_ONE,
    dependencies=[needs("read")],
)
def get_alert(alert_id: DocumentId, request: Request, service: Serving) -> Response:
    """Return an alert in its latest version; `Accept` says in which form."""
    return _negotiated(request, service, ALERTS.find(service, alert_id))


@router.put(
    "/{alert_id}",
    operation_id="changeAlert",
    response_model=AlertDocument,
    responses=responses(400, 401, 403, 404, 412, 413, 415, 428, 507),
    openapi_extra=_BODY,
)
def change_alert(
    alert_id: DocumentId,
    request: Request,
    service: Serving,
    asking: Writing,
    sent: SentBody,
    if_match: IfMatch = None,
) -> Response:
    """Store another version; the earlier ones stay. What was made here stays a drill."""
    return ALERTS.change(
        request, service, asking, alert_id, if_match, lambda before: _checked(service, sent, before)
    )


@router.delete(
    "/{alert_id}",
    operation_id="deleteAlert",
    status_code=204,
    responses=responses(400, 401, 403, 404, 412),
)
def delete_alert(
    alert_id: DocumentId, service: Serving, asking: Writing, if_match: IfMatch = None
) -> Response:
    """Delete an alert with all its versions."""
    return ALERTS.delete(service, asking, alert_id, if_match)


@router.get(
    "/{alert_id}/versions",
    operation_id="listAlertVersions",
    response_model=AlertPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403, 404),
    dependencies=[needs("read")],
)
def list_versions(
    alert_id: DocumentId, request: Request, service: Serving, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """List the versions of an alert, the newest first: who wrote them and when."""
    return ALERTS.history(request, service, alert_id, limit, offset)


@router.get(
    "/{alert_id}/versions/{version}",
    operation_id="getAlertVersion",
    response_class=Response,
    responses=_OF_ONE,
    dependencies=[needs("read")],
)
def get_version(
    alert_id: DocumentId, version: Version, request: Request, service: Serving
) -> Response:
    """Return a version of an alert; `Accept` says in which form."""
    return _negotiated(request, service, ALERTS.find(service, alert_id, version))


def _negotiated(request: Request, service: Serving, document: Document) -> Response:
    wanted = preferred(request, (JSON, CAP, "application/xml", "text/xml", GEOJSON))
    if wanted == JSON:
        return ALERTS.one(request, service, document)
    return _form(request, service, document, GEOJSON if wanted == GEOJSON else CAP)


def _form(request: Request, service: Serving, document: Document, wanted: str) -> Response:
    if wanted == GEOJSON:
        return ALERTS.text(request, service, document, "geojson", lambda: geojson_of(document))
    return ALERTS.text(request, service, document, "xml", lambda: document.body)
