"""OGC API - Common: landing page, conformance, OpenAPI; and whether the service is well."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ew4all import __version__
from ew4all.api.answers import Links, wants_html
from ew4all.api.routes import web

__all__ = ["CONFORMANCE", "router"]

router = APIRouter(tags=["service"])
router.include_router(web.router)

CONFORMANCE: Final = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
)
"""Only what is true. Not `core` of Processes, nor what builds on it (`json`, `dismiss`): docs/jobs.md says what is otherwise. Not `oas30`: the document is OpenAPI 3.1. Not `job-list` of Processes: jobs are listed without the
filters `type`, `datetime`, `minDuration` and `maxDuration`. Not `html` of Features: this page and the list of
conformance classes are JSON."""

OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"
_OGC: Final = "http://www.opengis.net/def/rel/ogc/1.0/"


_NOUNS: Final = {
    "uploads": "files that jobs read",
    "scenarios": "scenarios of runs, in versions",
    "alerts": "CAP alerts, in versions",
    "runs": "scenarios that were played",
    "layers": "results and uploads: files, tiles, legends",
    "exercises": "exercises: who takes part, what happens, what is decided",
    "feeds": "feeds of alerts that the host named",
    "keys": "API keys, for administrators",
    "audit": "who changed what, for administrators",
}
"""What stands under `/v1`; the name is the relation, too. No standard has one for these: those of OGC are for its own resources."""


@router.get(
    "/api",
    operation_id="getOpenApi",
    response_class=Response,
    responses={200: {"description": "OpenAPI 3.1", "content": {OPENAPI: {}}}},
)
def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(request.app.openapi(), media_type=OPENAPI)


@router.get("/conformance", operation_id="getConformance")
def conformance() -> dict[str, Any]:
    """List the conformance classes that hold."""
    return {"conformsTo": list(CONFORMANCE)}


@router.get(
    "/",
    operation_id="getRoot",
    response_model=dict[str, Any],
    responses={
        200: {
            "description": "the landing page; for browsers a page with a map",
            "content": {"text/html": {"schema": {"type": "string"}}},
        }
    },
)
async def root(request: Request) -> Any:
    """Return the landing page; a browser (`Accept: text/html`) gets the map."""
    if wants_html(request, None):
        return await web.front_page(request)
    return JSONResponse(landing(request), headers={"Vary": "Accept"})


@router.get("/v1", operation_id="getLanding")
def landing(request: Request) -> dict[str, Any]:
    """Return the landing page."""
    links = Links(request)
    found = [
        links.link("/", "self", title="this document"),
        links.link("/api", "service-desc", OPENAPI, "the API"),
        links.link("/docs", "service-doc", "text/html", "the API, for people"),
        links.link("/conformance", "conformance", title="conformance classes"),
        links.link("/conformance", _OGC + "conformance", title="the same, as Processes names it"),
        links.link("/collections", "data", title="collections of features"),
        links.link("/tileMatrixSets", _OGC + "tiling-schemes", title="tile matrix sets"),
        links.link("/processes", _OGC + "processes", title="processes"),
        links.link("/jobs", _OGC + "job-list", title="jobs"),
        *(links.link(f"/v1/{noun}", noun, title=title) for noun, title in _NOUNS.items()),
        links.link(
            "/v1/exercises/library", "library", title="exercises that are ready to be played"
        ),
        links.link("/console/", "console", "text/html", "the console of exercises"),
        links.link("/v1/events", "events", "text/event-stream", "what happens, as it happens"),
        links.link("/healthz", "status", title="whether the service answers"),
    ]
    return {
        "title": "ew4all",
        "description": "Who at risk does a public warning reach, through which channel, how soon, and who is left out.",
        "version": __version__,
        "links": found,
    }
