"""One tile, from memory where it is there, else drawn by one of a few threads: the event loop and other requests go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import anyio
from anyio.lowlevel import RunVar
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import HOUR, kept, tag_of, unchanged
from ew4all.api.features.reading import features_of_layer
from ew4all.api.layers.catalogue import Layer, find_layer, seen_layer
from ew4all.api.problems import Problem
from ew4all.api.tiling.styles import ColorMapName, style_of
from ew4all.api.tiling.zooms import FINEST, zooms_of

if TYPE_CHECKING:
    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["MEDIA_TYPES", "Asked", "Kind", "drawable", "drawn_layer", "tile_answer"]

Kind = Literal["png", "webp", "mvt"]
MEDIA_TYPES: Final[dict[str, str]] = {
    "png": "image/png",
    "webp": "image/webp",
    "mvt": "application/vnd.mapbox-vector-tile",
}
KINDS_OF: Final = {"raster": ("png", "webp"), "vector": ("mvt",)}

_DRAWERS: Final = 4
"""Threads that draw at a time; those of other routes are never taken."""
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("_ew4all_drawers")


@dataclass(frozen=True)
class Asked:
    """Which tile, and how it is to look; without a kind, as is usual for its layer."""

    z: int
    x: int
    y: int
    kind: Kind | None
    size: int = 256
    colormap: ColorMapName | None = None
    rescale: str | None = None


def drawable(layer: Layer) -> Layer:
    """Return a layer that has tiles.

    Raises
    ------
    Problem
        404: it is a table or a document, or nobody knows where it lies.
    """
    if layer.kind not in KINDS_OF:
        told = f"the layer {layer.id!r} is a {layer.kind} and has no tiles; its file is at /v1/layers/{layer.id}/file"
        raise Problem(404, "not-on-a-map", told)
    if layer.kind == "raster" and not layer.facts.get("bbox"):
        told = f"the layer {layer.id!r} does not say where on Earth it lies, and has no tiles: give it a coordinate reference system"
        raise Problem(404, "not-on-a-map", told)
    return layer


async def drawn_layer(service: Service, asking: Principal, layer_id: str) -> Layer:
    """Return a layer that has tiles, without asking the store where it was looked up a moment ago.

    Raises
    ------
    Problem
        404: there is none, or it has no tiles.
    """
    layer = seen_layer(service, asking, layer_id)
    if layer is None:
        layer = await run_in_threadpool(find_layer, service, asking, layer_id)
    return drawable(layer)


async def tile_answer(
    request: Request, service: Service, asking: Principal, layer_id: str, asked: Asked
) -> Response:
    """Return a tile; 304 where the client has it, 204 where a vector tile is empty.

    Raises
    ------
    Problem
        400: a parameter; 404: no such layer, or a tile outside of it.
    """
    layer = await drawn_layer(service, asking, layer_id)
    if asked.kind is None:
        asked = replace(asked, kind="png" if layer.kind == "raster" else "mvt")
    _must_be_there(service, layer, asked)
    look = str(asked.kind)
    if layer.kind == "raster":
        style = style_of(layer, asked.colormap, asked.rescale)
        look = f"{asked.kind}:{asked.size}:{style.key}"
    else:
        look = f"{asked.kind}:{layer.stem}"  # its name is in the tile
    # Weak for vector tiles, which may be compressed on their way.
    tag = tag_of(layer.sha256, look, asked.z, asked.x, asked.y, weak=layer.kind == "vector")
    headers = {
        "ETag": tag,
        "Cache-Control": kept(service.settings, HOUR, is_private=layer.is_upload),
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    content = service.tiles.get(tag)
    if content is None:
        content = await anyio.to_thread.run_sync(
            service.tiles.get_or_make, tag, lambda: _made(service, layer, asked), limiter=_drawers()
        )
    if not content and layer.kind == "vector":
        return Response(status_code=204, headers=headers)
    return Response(content, media_type=MEDIA_TYPES[str(asked.kind)], headers=headers)


def _drawers() -> anyio.CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        made = anyio.CapacityLimiter(_DRAWERS)
        _limiter.set(made)
        return made


def _must_be_there(service: Service, layer: Layer, asked: Asked) -> None:
    kinds = KINDS_OF[layer.kind]
    if asked.kind not in kinds:
        told = f"the layer {layer.id!r} is a {layer.kind}: its tiles are {' or '.join(kinds)}"
        raise Problem(404, "wrong-kind", told)
    least, _ = zooms_of(layer, service.settings.limits.tile_cells)
    if asked.z > FINEST or max(asked.x, asked.y) >= 2**asked.z:
        told = f"there is no tile {asked.z}/{asked.x}/{asked.y}: at zoom {asked.z} they go to {2**asked.z - 1}"
        raise Problem(404, "tile-outside", told)
    rows, columns = layer.facts.get("block") or (0, 0)
    if rows * columns > service.settings.limits.tile_cells:
        told = f"the layer is stored in blocks of {rows:,} x {columns:,} cells, too large to be read for a tile: make it a COG"
        raise Problem(404, "blocks-too-large", told)
    if asked.z < least:
        told = f"the layer has tiles from zoom {least} on: it has no overviews, and a tile would take too many cells"
        raise Problem(404, "zoom-too-small", told)


def _made(service: Service, layer: Layer, asked: Asked) -> bytes:
    if layer.kind == "vector":
        from ew4all.api.tiling.vector import vector_tile

        table = features_of_layer(service, layer)
        content, _ = vector_tile(
            table, layer.stem, asked.z, asked.x, asked.y, service.settings.limits
        )
        return content
    from ew4all.api.tiling.raster import picture_tile

    style = style_of(layer, asked.colormap, asked.rescale)
    path = service.blobs.path(layer.sha256, layer.suffix)
    return picture_tile(
        path, style, asked.z, asked.x, asked.y, size=asked.size, kind=str(asked.kind)
    )
