"""Tiles of layers, their TileJSON and legends."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from ew4all.api.answers import HOUR, Known, kept, tag_of, unchanged
from ew4all.api.deps import Reading, Serving
from ew4all.api.layers.catalogue import find_layer
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.layers import LayerId
from ew4all.api.tiling.styles import style_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/layers/{layer_id}", tags=["tiles"], dependencies=[Known])

Size = Annotated[Literal[256, 512], Query(description="side of a tile, pixels")]
Zoom = Annotated[int, Path(ge=0, le=24, description="zoom, 0 to 24")]
Step = Annotated[int, Path(ge=0, lt=2**24)]


@router.get(
    "/xyz/{z}/{x}/{y}.{kind}",
    operation_id="getTile",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}, "image/webp": {}}},
        **responses(400, 401, 403, 404),
    },
)
def get_tile(
    layer_id: LayerId,
    z: Zoom,
    x: Step,
    y: Step,
    kind: Literal["png", "webp"],
    request: Request,
    service: Serving,
    asking: Reading,
    tilesize: Size = 256,
    colormap: Annotated[str | None, Query(max_length=20)] = None,
    rescale: Annotated[str | None, Query(max_length=60)] = None,
) -> Response:
    """Return a tile."""
    from ew4all.api.tiling.raster import picture_tile

    layer = find_layer(service, asking, layer_id)
    if layer.kind != "raster":
        raise Problem(404, "not-a-raster", f"the layer {layer.id!r} is no raster")
    style = style_of(layer, colormap, rescale)
    headers = {
        "ETag": tag_of(layer.sha256, style.key, z, x, y, tilesize, kind),
        "Cache-Control": kept(service.settings, HOUR, is_private=layer.is_upload),
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    path = service.blobs.path(layer.sha256, layer.suffix)
    content = picture_tile(path, style, z, x, y, size=tilesize, kind=kind)
    return Response(content, media_type=f"image/{kind}", headers=headers)
