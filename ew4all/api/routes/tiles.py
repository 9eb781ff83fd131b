"""Tiles of layers for map libraries: pictures of rasters, vector tiles, TileJSON and legends."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import HOUR, Known, Links, kept, tag_of, unchanged
from ew4all.api.deps import Reading, Serving
from ew4all.api.layers.catalogue import find_layer
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.examples import LEGEND, SAME, TILEJSON, good
from ew4all.api.routes.layers import LayerId
from ew4all.api.tiling.serving import MEDIA_TYPES, Asked, Kind, drawn_layer, tile_answer
from ew4all.api.tiling.styles import RESCALE, ColorMapName, legend_of, style_of
from ew4all.api.tiling.zooms import FINEST, zooms_of

__all__ = ["TILE", "ColorMap", "Rescale", "Size", "Step", "Zoom", "router"]

router = APIRouter(prefix="/v1/layers/{layer_id}", tags=["tiles"], dependencies=[Known])

Size = Annotated[
    Literal["256", "512"], Query(description="side of a picture, pixels; vector tiles have none")
]
Zoom = Annotated[int, Path(ge=0, le=FINEST, description="zoom", examples=[9])]
Step = Annotated[
    int,
    Path(ge=0, lt=2**FINEST, description="tiles from the north-west corner", examples=[168]),
]
ColorMap = Annotated[
    ColorMapName | None,
    Query(description="colours of rasters; by default as fits the layer", examples=["viridis"]),
]
Rescale = Annotated[
    str | None,
    Query(
        pattern=RESCALE,
        description="of rasters: `low,high`, the values of the first and the last colour",
        examples=["0,50"],
    ),
]
TILE: Final[dict[int | str, Any]] = {
    200: {
        "description": "the tile",
        "content": {t: {"schema": {"type": "string", "format": "binary"}} for t in MEDIA_TYPES.values()},
    },
    204: {"description": "nothing is there: vector tiles"},
    **SAME,
    **responses(400, 401, 403, 404, 413),
}  # fmt: skip


@router.get(
    "/xyz/{z}/{x}/{y}.{kind}", operation_id="getTile", response_class=Response, responses=TILE
)
async def get_tile(
    layer_id: LayerId,
    z: Zoom,
    x: Step,
    y: Step,
    kind: Annotated[
        Kind, Path(description="png or webp of rasters, mvt of vector layers", examples=["png"])
    ],
    request: Request,
    service: Serving,
    asking: Reading,
    tilesize: Size = "256",
    colormap: ColorMap = None,
    rescale: Rescale = None,
) -> Response:
    """Return a tile of WebMercatorQuad, by zoom, column and row, as map libraries ask for it."""
    asked = Asked(z, x, y, kind, int(tilesize), colormap, rescale)
    return await tile_answer(request, service, asking, layer_id, asked)


@router.get(
    "/tilejson.json",
    operation_id="getTileJson",
    responses={**good(TILEJSON), **SAME, **responses(400, 401, 403, 404)},
)
async def get_tilejson(
    layer_id: LayerId,
    request: Request,
    service: Serving,
    asking: Reading,
    tilesize: Size = "512",
    colormap: ColorMap = None,
    rescale: Rescale = None,
    picture: Annotated[Literal["png", "webp"], Query(description="of rasters")] = "png",
) -> Response:
    """Return TileJSON 3.0: addresses of tiles, zooms, bounds, legend or fields."""
    layer = await drawn_layer(service, asking, layer_id)
    links = Links(request)
    home = f"/v1/layers/{layer.id}"
    least, finest = zooms_of(layer, service.settings.limits.tile_cells)
    west, south, east, north = layer.facts.get("bbox") or (-180.0, -90.0, 180.0, 90.0)
    if west > east:
        west, east = -180.0, 180.0
    out: dict[str, Any] = {
        "tilejson": "3.0.0", "name": layer.title, "version": "1.0.0", "scheme": "xyz", "minzoom": least, "maxzoom": finest,
        "bounds": [west, south, east, north], "center": [(west + east) / 2, (south + north) / 2, least],
    }  # fmt: skip
    if layer.label:
        out["description"] = layer.label
    if layer.kind == "raster":
        style = style_of(layer, colormap, rescale)
        asked = {"tilesize": tilesize, "colormap": colormap, "rescale": rescale}
        path = f"{home}/xyz/{{z}}/{{x}}/{{y}}.{picture}"
        out |= {
            "tiles": [links.href(path, asked)],
            "tileSize": int(tilesize),
            "legend": legend_of(style),
        }
    else:
        fields = {str(k): str(v) for k, v in layer.facts.get("fields", {}).items()}
        out["tiles"] = [links.href(f"{home}/xyz/{{z}}/{{x}}/{{y}}.mvt")]
        out["vector_layers"] = [
            {"id": layer.stem, "fields": fields, "minzoom": least, "maxzoom": finest}
        ]
    headers = {
        "ETag": tag_of(out, weak=True),
        "Cache-Control": kept(service.settings, HOUR, is_private=layer.is_upload),
    }
    return unchanged(request, headers) or JSONResponse(out, headers=headers)


@router.get(
    "/legend",
    operation_id="getLegend",
    responses={**good(LEGEND), **SAME, **responses(400, 401, 403, 404)},
)
def get_legend(
    layer_id: LayerId,
    request: Request,
    service: Serving,
    asking: Reading,
    colormap: ColorMap = None,
    rescale: Rescale = None,
) -> Response:
    """Return what the colours of a raster stand for."""
    return _legend(layer_id, request, service, asking, (colormap, rescale, "json"))


@router.get(
    "/legend.png",
    operation_id="getLegendPicture",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        **SAME,
        **responses(400, 401, 403, 404),
    },
)
def get_legend_picture(
    layer_id: LayerId,
    request: Request,
    service: Serving,
    asking: Reading,
    colormap: ColorMap = None,
    rescale: Rescale = None,
) -> Response:
    """Return the legend as a picture."""
    return _legend(layer_id, request, service, asking, (colormap, rescale, "png"))


def _legend(
    layer_id: str,
    request: Request,
    service: Serving,
    asking: Reading,
    how: tuple[ColorMapName | None, str | None, str],
) -> Response:
    layer = find_layer(service, asking, layer_id)
    if layer.kind != "raster":
        told = f"the layer {layer.id!r} is a {layer.kind}, and only rasters are coloured here"
        raise Problem(404, "no-legend", told)
    colormap, rescale, kind = how
    style = style_of(layer, colormap, rescale)
    headers = {
        "ETag": tag_of(layer.sha256, style.key, "legend", kind, weak=kind == "json"),
        "Cache-Control": kept(service.settings, HOUR, is_private=layer.is_upload),
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    if kind == "json":
        return JSONResponse(legend_of(style), headers=headers)
    from ew4all.api.tiling.legend import legend_picture

    made = service.tiles.get_or_make(headers["ETag"], lambda: legend_picture(style))
    return Response(made, media_type="image/png", headers=headers)
