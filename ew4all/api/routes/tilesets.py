"""OGC API - Tiles, part 1 (20-057): tile sets of layers and the tile matrix set that they use."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import HOUR, Known, Links, kept, tag_of, unchanged
from ew4all.api.deps import Reading, Serving, needs
from ew4all.api.layers.catalogue import Layer, find_layer
from ew4all.api.problems import responses
from ew4all.api.routes.examples import SAME, TILE_MATRIX_SETS, TILESET, TILESETS, good
from ew4all.api.routes.layers import LayerId
from ew4all.api.routes.tiles import TILE, ColorMap, Rescale, Size, Step, Zoom
from ew4all.api.tiling.serving import MEDIA_TYPES, Asked, Kind, drawable, tile_answer
from ew4all.api.tiling.zooms import limits_of, zooms_of

__all__ = ["router"]

router = APIRouter(tags=["tiles"], dependencies=[Known])

_NAME: Final = "WebMercatorQuad"
_URI: Final = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{_NAME}"
_CRS: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_SCHEME: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_KNOWN: Final = responses(400, 401, 403, 404)

MatrixSet = Annotated[Literal["WebMercatorQuad"], Path(description="tile matrix set")]


@router.get(
    "/tileMatrixSets",
    operation_id="listTileMatrixSets",
    dependencies=[needs("read")],
    responses={**good(TILE_MATRIX_SETS), **responses(400, 401, 403)},
)
def list_matrix_sets(request: Request) -> dict[str, Any]:
    """List the tile matrix sets: one."""
    links = Links(request)
    own = links.link(f"/tileMatrixSets/{_NAME}", "self")
    one = {"id": _NAME, "title": "Web Mercator", "uri": _URI, "crs": _CRS, "links": [own]}
    return {"tileMatrixSets": [one]}


@router.get(
    "/tileMatrixSets/{matrix_set}",
    operation_id="getTileMatrixSet",
    dependencies=[needs("read")],
    responses=_KNOWN,
)
def get_matrix_set(matrix_set: MatrixSet) -> dict[str, Any]:
    """Define the tile matrix set (OGC 17-083r4)."""
    return _definition(matrix_set)


@cache
def _definition(name: str) -> dict[str, Any]:
    import morecantile

    found: dict[str, Any] = morecantile.tms.get(name).model_dump(mode="json", exclude_none=True)
    return found


def _tileset(layer: Layer, links: Links, most_cells: int) -> dict[str, Any]:
    """Return the description of the tile set of a layer, whole."""
    home = f"/v1/layers/{layer.id}/tiles/{_NAME}"
    least, finest = zooms_of(layer, most_cells)
    bbox = layer.facts.get("bbox")
    kinds = ("png", "webp") if layer.kind == "raster" else ("mvt",)
    template = f"{home}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    out: dict[str, Any] = {
        "title": layer.title, "dataType": "map" if layer.kind == "raster" else "vector", "crs": _CRS,
        "tileMatrixSetURI": _URI,
        "links": [
            links.link(home, "self", title="this tile set"),
            links.link(f"/tileMatrixSets/{_NAME}", _SCHEME, title="the tile matrix set"),
            *(
                links.link(template, "item", MEDIA_TYPES[k], f"tiles as {k}", {"f": k}, templated=True)
                for k in kinds
            ),
            links.link(f"/v1/layers/{layer.id}/tilejson.json", "describedby", title="TileJSON"),
        ],
    }  # fmt: skip
    if bbox is not None:
        west, south, east, north = bbox
        out["boundingBox"] = {
            "lowerLeft": [west, south],
            "upperRight": [east, north],
            "crs": _CRS84,
        }
        out["tileMatrixSetLimits"] = [limits_of(bbox, z) for z in range(least, finest + 1)]
    if layer.kind == "vector":
        fields = {str(k): {"type": str(v)} for k, v in layer.facts.get("fields", {}).items()}
        schema = {"type": "object", "properties": fields}
        out["layers"] = [{"id": layer.stem, "dataType": "vector", "propertiesSchema": schema}]
    return out


@router.get(
    "/v1/layers/{layer_id}/tiles",
    operation_id="listTilesets",
    responses={**good(TILESETS), **SAME, **_KNOWN},
)
def list_tilesets(
    layer_id: LayerId, request: Request, service: Serving, asking: Reading
) -> Response:
    """List the tile sets of a layer: one."""
    layer = drawable(find_layer(service, asking, layer_id))
    links = Links(request)
    whole = _tileset(layer, links, service.settings.limits.tile_cells)
    kept_back = {"tileMatrixSetLimits", "layers", "boundingBox"}
    one = {k: v for k, v in whole.items() if k not in kept_back}
    own = [links.link(f"/v1/layers/{layer.id}/tiles", "self")]
    return _document(request, service, layer, {"tilesets": [one], "links": own})


@router.get(
    "/v1/layers/{layer_id}/tiles/{matrix_set}",
    operation_id="getTileset",
    responses={**good(TILESET), **SAME, **_KNOWN},
)
def get_tileset(
    layer_id: LayerId,
    matrix_set: MatrixSet,  # noqa: ARG001 - there is one, and another is refused before this
    request: Request,
    service: Serving,
    asking: Reading,
) -> Response:
    """Describe a tile set."""
    layer = drawable(find_layer(service, asking, layer_id))
    most = service.settings.limits.tile_cells
    return _document(request, service, layer, _tileset(layer, Links(request), most))


def _document(request: Request, service: Serving, layer: Layer, document: Any) -> Response:
    headers = {
        "ETag": tag_of(document, weak=True),
        "Cache-Control": kept(service.settings, HOUR, is_private=layer.is_upload),
    }
    return unchanged(request, headers) or JSONResponse(document, headers=headers)


@router.get(
    "/v1/layers/{layer_id}/tiles/{matrix_set}/{tile_matrix}/{tile_row}/{tile_col}",
    operation_id="getOgcTile",
    response_class=Response,
    responses=TILE,
)
async def get_ogc_tile(
    layer_id: LayerId,
    matrix_set: MatrixSet,  # noqa: ARG001 - as above
    tile_matrix: Zoom,
    tile_row: Step,
    tile_col: Step,
    request: Request,
    service: Serving,
    asking: Reading,
    f: Annotated[
        Kind | None, Query(description="png (by default) or webp of rasters, mvt of vector layers")
    ] = None,
    tilesize: Size = "256",
    colormap: ColorMap = None,
    rescale: Rescale = None,
) -> Response:
    """Return a tile by tile matrix, row and column, as OGC API - Tiles has it: the row comes first."""
    asked = Asked(tile_matrix, tile_col, tile_row, f, int(tilesize), colormap, rescale)
    return await tile_answer(request, service, asking, layer_id, asked)
