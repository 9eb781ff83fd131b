"""Layers: what they are, and their files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from ew4all.api.answers import FOR_EVER, Known, Links, kept, tag_of, unchanged
from ew4all.api.deps import Reading, Serving, Writing
from ew4all.api.files import file_answer
from ew4all.api.jobs.outcome import media_type_of
from ew4all.api.layers.catalogue import (
    LAYER_ID,
    Layer,
    find_layer,
    forget_layer,
    list_layers,
)
from ew4all.api.layers.conversion import ENDINGS, Format, file_of
from ew4all.api.problems import responses
from ew4all.api.routes.examples import LAYER, LAYERS, SAME, good

__all__ = ["LayerId", "router", "shown"]

router = APIRouter(prefix="/v1/layers", tags=["layers"], dependencies=[Known])

Kind = Literal["raster", "vector", "table", "document"]
LayerId = Annotated[
    str,
    Path(
        pattern=LAYER_ID,
        description="identifier of a layer, as `/v1/layers` lists it",
        examples=["0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11.uncovered.tif"],
    ),
]

_TILESETS = {
    "raster": "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map",
    "vector": "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
}


def shown(layer: Layer, links: Links) -> dict[str, Any]:
    """Return a layer as a document."""
    path = f"/v1/layers/{layer.id}"
    found = [
        links.link(path, "self"),
        links.link(f"{path}/file", "enclosure", layer.media_type, layer.name, length=layer.bytes),
    ]
    if layer.kind == "vector":
        for f, ending in ENDINGS.items():
            if ending != layer.suffix:
                name = layer.stem + ending
                found.append(
                    links.link(f"{path}/file", "alternate", media_type_of(name), name, {"f": f})
                )
    if layer.kind in {"raster", "vector"}:
        found.append(links.link(f"{path}/tilejson.json", "tilejson"))
        found.append(links.link(f"{path}/tiles", _TILESETS[layer.kind]))
    if layer.kind == "raster":
        found.append(links.link(f"{path}/legend", "legend"))
        found.append(links.link(f"{path}/legend.png", "legend", "image/png"))
    if layer.job is not None:
        found.append(links.link(f"/jobs/{layer.job}", "via"))
    return {
        "id": layer.id, "reference": layer.reference, "name": layer.name, "title": layer.title, "kind": layer.kind,
        "media_type": layer.media_type, "sha256": layer.sha256, "bytes": layer.bytes, "created": layer.created.isoformat(),
        "job": layer.job, "process": layer.process, "bbox": layer.facts.get("bbox"), "crs": layer.facts.get("crs"),
        "facts": dict(layer.facts), "links": found,
    }  # fmt: skip


@router.get("", operation_id="listLayers", responses={**good(LAYERS), **responses(400, 401, 403)})
def get_layers(
    request: Request,
    service: Serving,
    asking: Reading,
    limit: Annotated[int, Query(ge=1, le=1000, description="layers of one page")] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9, description="layers to pass over")] = 0,
    kind: Annotated[list[Kind] | None, Query(description="only these")] = None,
    job: Annotated[str | None, Query(max_length=40, description="only results of this job")] = None,
) -> dict[str, Any]:
    """List results of jobs and one's own uploads, the newest first."""
    found, total = list_layers(
        service, asking, limit=limit, offset=offset, kinds=kind or (), job=job
    )
    links = Links(request)
    query = {"limit": limit, "kind": kind, "job": job}
    own = [links.link("/v1/layers", "self", query={**query, "offset": offset})]
    if offset + len(found) < total:
        own.append(links.link("/v1/layers", "next", query={**query, "offset": offset + limit}))
    return {
        "layers": [shown(one, links) for one in found],
        "numberMatched": total,
        "numberReturned": len(found),
        "links": own,
    }


@router.get(
    "/{layer_id}",
    operation_id="getLayer",
    responses={**good(LAYER), **responses(400, 401, 403, 404)},
)
def get_layer(
    layer_id: LayerId, request: Request, service: Serving, asking: Reading
) -> dict[str, Any]:
    """Return what is known of a layer."""
    return shown(find_layer(service, asking, layer_id), Links(request))


@router.get(
    "/{layer_id}/file",
    operation_id="getFile",
    response_class=Response,
    responses={
        200: {
            "description": "the file",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        206: {"description": "the parts of the file that `Range` names"},
        **SAME,
        **responses(400, 401, 403, 404, 413, 416),
    },
)
def get_file(
    layer_id: LayerId,
    request: Request,
    service: Serving,
    asking: Reading,
    f: Annotated[
        Format | None,
        Query(description="vector layers in another format, and tables of Parquet as csv"),
    ] = None,
) -> Response:
    """Download a layer; `Range` and `If-None-Match` are honoured."""
    layer = find_layer(service, asking, layer_id)
    path, name, media_type = file_of(service, layer, f)
    is_itself = name == layer.name
    headers = {
        "ETag": f'"{layer.sha256}"' if is_itself else tag_of(layer.sha256, f),
        "Cache-Control": kept(service.settings, FOR_EVER, is_private=layer.is_upload),
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    return file_answer(
        request, path, name=name, media_type=media_type, headers=headers, is_foreign=layer.is_upload
    )


@router.delete(
    "/{layer_id}",
    operation_id="deleteLayer",
    status_code=204,
    responses=responses(400, 401, 403, 404),
)
def delete_layer(layer_id: LayerId, service: Serving, asking: Writing) -> Response:
    """Forget a layer of one's own; an administrator any."""
    forget_layer(service, asking, find_layer(service, asking, layer_id))
    return Response(status_code=204)
