"""The OpenAPI document: what every route has in common is said once, here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from ew4all import __version__
from ew4all.api.deps import principal
from ew4all.api.exercises.access import seat_of
from ew4all.api.problems import responses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

__all__ = ["TAGS", "asks_who", "install", "routes_of"]

TAGS: Final[dict[str, str]] = {
    "service": "Landing page, conformance, and this document.",
    "uploads": "Files that jobs read.",
    "scenarios": "Scenarios of runs, kept in versions.",
    "alerts": "Alerts (CAP 1.2), kept in versions; whatever is made here is an exercise, a test or a draft.",
    "processes": "OGC API - Processes: what can be computed.",
    "jobs": "OGC API - Processes: what is computed, and its results.",
    "exercises": "Exercises (SIMEX): clock, injects, decisions, those who take part.",
    "runs": "Jobs of the process `run`, with their summaries.",
    "events": "What happens, as it happens.",
    "layers": "Results and uploads as files.",
    "tiles": "Layers as tiles.",
    "features": "OGC API - Features: results, alerts and zones.",
    "feeds": "Feeds of alerts that the host named.",
    "keys": "API keys.",
    "audit": "Who changed what.",
    "operations": "For whoever runs the service.",
    "pages": "Pages for people.",
}
"""In the order of work."""

_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "a word for programs"},
        "detail": {"type": "string", "description": "what, where, why, and what to do"},
        "instance": {"type": "string"},
        "request_id": {"type": "string", "description": "the log of the service has it, too"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail", "code"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer, or `query:NAME`"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
    "example": {
        "type": "urn:ew4all:problem:unknown-layer", "title": "Not Found", "status": 404, "code": "unknown-layer",
        "detail": "there is no layer 'x'; /v1/layers lists what there is", "instance": "/v1/layers/x",
        "request_id": "01a2180f-1c13-7a41-b8b3-716bb5733ec2",
    },
}  # fmt: skip
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def install(app: FastAPI) -> None:
    """Have an application describe itself; the document is made once, when it is asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    out = get_openapi(
        title=app.title, version=__version__, summary=app.summary, routes=app.routes, openapi_version="3.1.0",
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        servers=[{"url": app.root_path or "/"}],
    )  # fmt: skip
    components = out.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "an API key, `ew4_...`; in an exercise also the token of a seat, `ew4x_...`",
        }
    }
    asking = {
        (route.path, method.lower())
        for route in routes_of(app)
        for method in route.methods
        if asks_who(route.dependant)
    }
    for path, method, operation in _operations(out):
        said = operation["responses"]
        if _is_fastapis(said.get("422")):
            del said["422"]
        more: tuple[int, ...] = (400, 503)
        if (path, method) in asking:
            operation["security"] = [{"key": []}, {}]
            more = (400, 401, 403, 429, 503)
        if "requestBody" in operation:
            more = (*more, 413)
        for status, told in responses(*more).items():
            said.setdefault(str(status), told)
        operation["responses"] = dict(sorted(said.items()))
    return out


def _is_fastapis(response: Any) -> bool:
    """Say whether it is the 422 that FastAPI adds; here, what is not valid is answered 400."""
    return "HTTPValidationError" in str(response)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def routes_of(app: FastAPI) -> Iterator[Any]:
    """Yield every route of an application, with path, methods and dependencies."""
    for route in iter_route_contexts(app.routes):
        if getattr(route, "dependant", None) is not None and route.methods:
            yield route


def asks_who(dependant: Any) -> bool:
    """Say whether a route asks who it is that asks."""
    return dependant.call in {principal, seat_of} or any(
        asks_who(d) for d in dependant.dependencies
    )
