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
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss",
)
"""Only what is true. Not `oas30`: the document is OpenAPI 3.1. Not `job-list` of Processes: jobs are listed without the
filters `type`, `datetime`, `minDuration` and `maxDuration`. Not `html` of Features: this page and the list of
conformance classes are JSON."""

OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"
_PROCESSES: Final = "http://www.opengis.net/def/rel/ogc/1.0/"


def _link(href: str, rel: str, title: str, type_: str = "application/json") -> dict[str, str]:
    return {"href": href, "rel": rel, "type": type_, "title": title}


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
    document: dict[str, Any] = {
        "title": "ew4all",
        "description": "Who at risk does a public warning reach, through which channel, how soon, and who is left out.",
        "version": __version__,
        "links": [
            _link("/", "self", "this document"),
            _link("/api", "service-desc", "the API", OPENAPI),
            _link("/docs", "service-doc", "the API, for people", "text/html"),
            _link("/collections", "data", "collections of features"),
            _link("/v1/layers", "layers", "results and uploads: files, tiles, legends"),
            _link("/tileMatrixSets", _PROCESSES + "tiling-schemes", "tile matrix sets"),
            _link("/conformance", "conformance", "conformance classes"),
            _link("/processes", _PROCESSES + "processes", "processes"),
            _link("/jobs", _PROCESSES + "job-list", "jobs"),
        ],
    }
    # Whole addresses: some clients do not complete them.
    document["links"] = [{**one, "href": links.href(one["href"])} for one in document["links"]]
    return document
