"""What OpenAPI says of the answers of OGC API - Features."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["COLLECTION", "COLLECTIONS", "EXAMPLE_ID", "FEATURE", "ITEM", "ITEMS", "documented"]

EXAMPLE_ID: Final = "0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11.zones"
FEATURE: Final = {
    "type": "Feature", "id": "7", "geometry": {"type": "Point", "coordinates": [-61.75, 12.05]},
    "properties": {"name": "Saint George", "uncovered": 812.5},
}  # fmt: skip


def documented(media_type: str, schema: dict[str, Any], example: Any) -> dict[int | str, Any]:
    """Return what OpenAPI says of a good answer, and of 304."""
    return {
        200: {
            "description": "OK",
            "content": {
                media_type: {"schema": schema, "example": example},
                "text/html": {"schema": {"type": "string"}},
            },
        },
        304: {"description": "the client has it already"},
    }


COLLECTION: Final = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {"id": {"type": "string"}, "links": {"type": "array"}},
}
COLLECTIONS: Final = {
    "type": "object",
    "required": ["collections", "links"],
    "properties": {
        "collections": {"type": "array", "items": COLLECTION},
        "links": {"type": "array"},
    },
}
ITEM: Final = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "geometry": {"type": ["object", "null"]},
        "properties": {"type": ["object", "null"]},
    },
}
ITEMS: Final = {
    "type": "object",
    "required": ["type", "features", "links"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": ITEM},
        "links": {"type": "array"},
        "numberMatched": {"type": "integer"},
        "numberReturned": {"type": "integer"},
        "timeStamp": {"type": "string", "format": "date-time"},
    },
}
