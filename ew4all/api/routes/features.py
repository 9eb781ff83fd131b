"""OGC API - Features, part 1 (17-069r4): collections and their items, in CRS84."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import (
    HOUR,
    LOOK_AGAIN,
    Answer,
    Known,
    Links,
    kept,
    tag_of,
    unchanged,
    wants_html,
)
from ew4all.api.deps import Reading, Serving
from ew4all.api.features.asking import BBOX, DATETIME, Box, Span, boxes_of, selected, span_of
from ew4all.api.features.collections import (
    COLLECTION_ID,
    Collection,
    features_of,
    find_collection,
    list_collections,
    seen_collection,
)
from ew4all.api.features.pages import page
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.feature_schemas import (
    COLLECTION,
    COLLECTIONS,
    EXAMPLE_ID,
    FEATURE,
    ITEM,
    ITEMS,
    documented,
)
from ew4all.api.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/collections", tags=["features"], dependencies=[Known])

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON: Final = "application/geo+json"
_VARIES: Final = {"Vary": "Accept"}


class GeoJson(Response):
    """GeoJSON that is text already."""

    media_type = GEOJSON


Format = Annotated[
    Literal["json", "html"] | None, Query(description="in the place of the header `Accept`")
]
CollectionId = Annotated[
    str, Path(pattern=COLLECTION_ID, description="as `/collections` lists it", examples=["alerts"])
]


def shown(collection: Collection, links: Links) -> dict[str, Any]:
    """Return a collection as a document."""
    path = f"/collections/{collection.id}"
    found = [
        links.link(path, "self", title="this document"),
        links.link(path, "alternate", "text/html", "as a page", {"f": "html"}),
        links.link(f"{path}/items", "items", GEOJSON, "features as GeoJSON"),
        links.link(f"{path}/items", "items", "text/html", "features as a page", {"f": "html"}),
    ]
    layer = collection.layer
    if layer is not None:
        home = f"/v1/layers/{layer.id}"
        found.append(links.link(home, "describedby", title="the layer"))
        found.append(
            links.link(
                f"{home}/file", "enclosure", layer.media_type, layer.name, length=layer.bytes
            )
        )
        found.append(links.link(f"{home}/tilejson.json", "tilejson", title="tiles"))
        if layer.job is not None:
            found.append(links.link(f"/jobs/{layer.job}", "via", title="the job that made it"))
    extent: dict[str, Any] = {}
    if collection.bbox is not None:
        extent["spatial"] = {"bbox": [collection.bbox], "crs": CRS84}
    if collection.begins is not None or collection.ends is not None:
        span = [None if t is None else t.isoformat() for t in (collection.begins, collection.ends)]
        trs = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
        extent["temporal"] = {"interval": [span], "trs": trs}
    out = {
        "id": collection.id, "title": collection.title, "description": collection.description, "itemType": "feature",
        "crs": [CRS84], "links": found,
    }  # fmt: skip
    return {**out, "extent": extent} if extent else out


@router.get(
    "",
    operation_id="listCollections",
    responses={
        **documented(
            "application/json",
            COLLECTIONS,
            {"collections": [{"id": EXAMPLE_ID, "links": []}], "links": []},
        ),
        **responses(400, 401, 403),
    },
)
def get_collections(
    request: Request,
    service: Serving,
    asking: Reading,
    limit: Annotated[int, Query(ge=1, le=10_000, description="collections of one page")] = 1000,
    offset: Annotated[int, Query(ge=0, le=10**9, description="collections to pass over")] = 0,
    f: Format = None,
) -> Response:
    """List collections: stored alerts, then results, the newest first."""
    found, total = list_collections(service, asking, limit=limit, offset=offset)
    links = Links(request)
    query = {"limit": limit, "offset": offset}
    own = [
        links.link("/collections", "self", title="this document", query=query),
        links.link("/collections", "alternate", "text/html", "as a page", {**query, "f": "html"}),
    ]
    if offset + len(found) < total:
        after = {**query, "offset": offset + limit}
        own.append(links.link("/collections", "next", title="next page", query=after))
    if wants_html(request, f):
        rows = [(links.href(f"/collections/{c.id}", {"f": "html"}), (c.title, c.id)) for c in found]
        trail = [("ew4all", links.href("/"))]
        told = page(
            "Collections", trail, columns=("collection", "identifier"), rows=rows, links=own
        )
        return HTMLResponse(told, headers=_VARIES)
    document = {
        "collections": [shown(one, links) for one in found],
        "links": own,
        "numberMatched": total,
        "numberReturned": len(found),
    }
    headers = {"Cache-Control": kept(service.settings, LOOK_AGAIN), **_VARIES}
    return JSONResponse(document, headers=headers)


@router.get(
    "/{collection_id}",
    operation_id="getCollection",
    responses={
        **documented("application/json", COLLECTION, {"id": EXAMPLE_ID, "links": []}),
        **responses(400, 401, 403, 404),
    },
)
def get_collection(
    collection_id: CollectionId,
    request: Request,
    service: Serving,
    asking: Reading,
    f: Format = None,
) -> Response:
    """Describe a collection."""
    document = shown(find_collection(service, asking, collection_id), Links(request))
    if wants_html(request, f):
        links = Links(request)
        trail = [("ew4all", links.href("/")), ("Collections", links.href("/collections", _AS_PAGE))]
        facts = [("identifier", collection_id)]
        facts += [(k, json.dumps(v)) for k, v in document.get("extent", {}).items()]
        told = page(
            document["title"], trail, about=document["description"], facts=facts, links=document["links"]
        )  # fmt: skip
        return HTMLResponse(told, headers=_VARIES)
    headers = {"Cache-Control": kept(service.settings, LOOK_AGAIN), **_VARIES}
    return JSONResponse(document, headers=headers)


_AS_PAGE: Final = {"f": "html"}


@router.get(
    "/{collection_id}/items",
    operation_id="getFeatures",
    response_class=GeoJson,
    responses={
        **documented(
            GEOJSON, ITEMS, {"type": "FeatureCollection", "features": [FEATURE], "links": []}
        ),
        **responses(400, 401, 403, 404, 413),
    },
)
async def get_features(
    collection_id: CollectionId,
    request: Request,
    service: Serving,
    asking: Reading,
    bbox: Annotated[
        str | None,
        Query(
            pattern=BBOX,
            max_length=200,
            description="west,south,east,north in degrees (CRS84); a west larger than the east goes over the 180th meridian; "
            "of six numbers, the heights are not looked at",
            examples=["-61.85,11.9,-61.3,12.6"],
        ),
    ] = None,
    datetime: Annotated[
        str | None,
        Query(
            pattern=DATETIME,
            max_length=100,
            description="an instant or a span (RFC 3339); `..` is an open end. Alerts: when they are in force; results: when "
            "they were made",
            examples=["2024-07-01T00:00:00Z/.."],
        ),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, description="features of one page; more than 10,000 is taken for 10,000")
    ] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9, description="features to pass over")] = 0,
    f: Format = None,
) -> Response:
    """Return features of a collection, a page at a time."""
    boxes, span = boxes_of(bbox), span_of(datetime)
    collection = seen_collection(service, collection_id)
    if collection is None:
        collection = await run_in_threadpool(find_collection, service, asking, collection_id)
    limit = min(limit, service.settings.limits.page_features)
    links, as_page = Links(request), wants_html(request, f)
    asked = Asked(collection, {"bbox": bbox, "datetime": datetime, "limit": limit}, offset, as_page)
    tag = tag_of(
        collection.id, collection.version, links.href(""), asked.query, offset, as_page, weak=True
    )
    headers = {
        "ETag": tag,
        "Cache-Control": kept(service.settings, LOOK_AGAIN if collection.changes else HOUR),
        **_VARIES,
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    answer = service.answers.get(tag)
    if answer is None:
        answer = await run_in_threadpool(
            service.answers.get_or_make, tag, lambda: _page_of(service, links, asked, boxes, span)
        )
    media_type = "text/html" if as_page else GEOJSON
    return Response(answer.content, media_type=media_type, headers={**headers, **answer.headers})


@dataclass(frozen=True)
class Asked:
    """One page of features."""

    collection: Collection
    query: dict[str, Any]
    offset: int
    as_page: bool


def _page_of(
    service: Service, links: Links, asked: Asked, boxes: list[Box] | None, span: Span | None
) -> Answer:
    collection, offset = asked.collection, asked.offset
    table = features_of(service, collection)
    own = (
        None
        if collection.begins is None or collection.ends is None
        else Span(collection.begins.timestamp(), collection.ends.timestamp())
    )
    rows = selected(table, boxes, span, own)
    chosen = rows[offset : offset + asked.query["limit"]]
    found = _paged(links, collection, asked.query, offset, len(rows))
    headers = {
        "OGC-NumberMatched": str(len(rows)),
        "OGC-NumberReturned": str(len(chosen)),
        "Link": ", ".join(f'<{k["href"]}>; rel="{k["rel"]}"; type="{k["type"]}"' for k in found),
    }
    if asked.as_page:
        here = f"/collections/{collection.id}"
        several = [
            (
                links.href(f"{here}/items/{table.ids[row]}", _AS_PAGE),
                (table.ids[row], *table.properties(row).values()),
            )
            for row in chosen.tolist()
        ]
        told = page(
            f"{collection.title}: features {offset + 1} to {offset + len(chosen)} of {len(rows)}",
            _trail(links, collection), columns=("feature", *table.columns), rows=several, links=found,
        )  # fmt: skip
        return Answer(told.encode(), headers)
    tail = {
        "links": found,
        "numberMatched": len(rows),
        "numberReturned": len(chosen),
        "timeStamp": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    body = ",".join(table.geojson(chosen))
    text = f'{{"type":"FeatureCollection","features":[{body}],{json.dumps(tail)[1:]}'
    return Answer(text.encode(), headers)


def _trail(links: Links, collection: Collection) -> list[tuple[str, str]]:
    return [
        ("ew4all", links.href("/")),
        ("Collections", links.href("/collections", _AS_PAGE)),
        (collection.title, links.href(f"/collections/{collection.id}", _AS_PAGE)),
    ]


def _paged(
    links: Links, collection: Collection, query: dict[str, Any], offset: int, total: int
) -> list[dict[str, Any]]:
    """Return the links of a page of features."""
    path = f"/collections/{collection.id}"
    limit = query["limit"]
    here = {**query, "offset": offset or None}
    out = [
        links.link(f"{path}/items", "self", GEOJSON, "this page", here),
        links.link(
            f"{path}/items", "alternate", "text/html", "for a browser", {**here, **_AS_PAGE}
        ),
        links.link(path, "collection", title="the collection"),
    ]
    if offset + limit < total:
        after = {**query, "offset": offset + limit}
        out.append(links.link(f"{path}/items", "next", GEOJSON, "next page", after))
    if offset > 0:
        before = {**query, "offset": max(0, offset - limit) or None}
        out.append(links.link(f"{path}/items", "prev", GEOJSON, "previous page", before))
    return out


@router.get(
    "/{collection_id}/items/{feature_id}",
    operation_id="getFeature",
    response_class=GeoJson,
    responses={
        **documented(GEOJSON, ITEM, FEATURE),
        **responses(400, 401, 403, 404, 413),
    },
)
def get_feature(
    collection_id: CollectionId,
    feature_id: Annotated[
        str, Path(max_length=200, description="as the collection names it", examples=["7"])
    ],
    request: Request,
    service: Serving,
    asking: Reading,
    f: Format = None,
) -> Response:
    """Return one feature."""
    collection = find_collection(service, asking, collection_id)
    table = features_of(service, collection)
    row = table.row_of.get(feature_id)
    if row is None:
        told = f"there is no feature {feature_id!r} in the collection {collection.id!r}"
        raise Problem(404, "unknown-feature", told)
    links, as_page = Links(request), wants_html(request, f)
    headers = {
        "ETag": tag_of(
            collection.id, collection.version, links.href(""), feature_id, as_page, weak=True
        ),
        "Cache-Control": kept(service.settings, LOOK_AGAIN if collection.changes else HOUR),
        **_VARIES,
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    path = f"/collections/{collection.id}"
    here = f"{path}/items/{feature_id}"
    found = [
        links.link(here, "self", GEOJSON, "this feature"),
        links.link(here, "alternate", "text/html", "as a page", _AS_PAGE),
        links.link(path, "collection", title="the collection"),
    ]
    if as_page:
        facts = list(table.properties(row).items())
        told = page(feature_id, _trail(links, collection), facts=facts, links=found)
        return HTMLResponse(told, headers=headers)
    import numpy as np

    (text,) = table.geojson(np.array([row]))
    return GeoJson(f'{text[:-1]},"links":{json.dumps(found)}}}', headers=headers)
