"""Alerts that are made here, out of a template: Exercise, Test or Draft, and no other (`ew4all.alerts.drill`)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ew4all.api.documents.alerts import checked_cap
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from ew4all.api.documents.records import Checked
    from ew4all.api.service import Service

__all__ = ["DrillRequest", "inlined", "make_drill"]

Lon = Annotated[float, Field(ge=-180.0, le=180.0)]
Lat = Annotated[float, Field(ge=-90.0, le=90.0)]
Ring = Annotated[list[tuple[Lon, Lat]], Field(min_length=4)]
Words = Annotated[str, Field(min_length=1, max_length=500)]
_EXAMPLE: dict[str, Any] = {
    "hazard": "flood", "status": "Exercise", "hours": 2.0,
    "contents": [{"language": "en", "place": "Green Valley", "time": "18:00", "source": "Met Office"}],
    "area": {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.2], [-61.8, 12.0]]]},
}  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DrillPolygon(_Strict):
    """GeoJSON, longitude before latitude, degrees."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1)]


class DrillMultiPolygon(_Strict):
    """GeoJSON, longitude before latitude, degrees."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[
        list[Annotated[list[Ring], Field(min_length=1)]], Field(min_length=1)
    ]  # fmt: skip


class DrillContent(_Strict):
    """The texts of one language."""

    language: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
            description="one of ar, en, es, fr, ru, zh",
        ),
    ]
    place: Annotated[Words, Field(description="where")]
    time: Annotated[Words, Field(description="until when, as people say it")]
    action: Words | None = Field(None, description="what to do; the template's words by default")
    source: Words | None = Field(None, description="who warns")


class DrillRequest(_Strict):
    """An alert to be made."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    hazard: Annotated[
        str,
        Field(
            pattern="^[a-z_]{1,40}$",
            description="chemical, cyclone, earthquake, flash_flood, flood, heat, landslide, storm, tsunami, volcano, wildfire",
        ),
    ]
    status: Annotated[
        Literal["Exercise", "Test", "Draft"],
        Field(description="what it is; a real alert cannot be made here"),
    ]
    contents: Annotated[
        list[DrillContent],
        Field(min_length=1, max_length=20, description="the first is the main one"),
    ]
    area: Annotated[DrillPolygon | DrillMultiPolygon | None, Field(discriminator="type")] = None
    sent: dt.datetime | None = Field(None, description="RFC 3339, with its offset; now by default")
    hours: Annotated[
        float, Field(gt=0.0, le=168.0, description="how long it is valid, from `sent` on")
    ] = 2.0
    sender: Annotated[str | None, Field(pattern=r"^[^\s,<&]{1,200}$")] = None
    identifier: Annotated[str | None, Field(pattern=r"^[^\s,<&]{1,200}$")] = None
    most_vertices: Annotated[
        int, Field(ge=10, le=1000, description="the area is simplified outward to so many")
    ] = 100


def make_drill(service: Service, asked: DrillRequest) -> Checked:
    """Make an alert and check it like any other.

    Raises
    ------
    Problem
        400: a vertex too many, or what is made would be no valid alert.
    TemplateError, GeometryError, MessageError
        As `ew4all.alerts.building.build`.
    """
    from ew4all.alerts.building import DEFAULT_SENDER, InLanguage, build
    from ew4all.alerts.cap_write import write
    from ew4all.alerts.drill import DrillStatus
    from ew4all.alerts.templates import shipped

    sent = asked.sent or dt.datetime.now(dt.UTC)
    try:
        expires = sent + dt.timedelta(hours=asked.hours)
        (expires + dt.timedelta(days=1)).astimezone(dt.UTC)
    except (OverflowError, ValueError) as error:
        told = (
            f"the alert would end beyond the calendar: {sent.isoformat()} and {asked.hours:g} hours"
        )
        fault = {"pointer": "#/sent", "detail": told, "code": "bad-time"}
        raise Problem(400, "bad-time", told, errors=[fault]) from error
    contents = [
        InLanguage(c.language, c.place, c.time, c.action, c.source or "") for c in asked.contents
    ]
    built = build(
        shipped(), asked.hazard, contents, DrillStatus(asked.status), sent=sent, expires=expires,
        area=None if asked.area is None else _area(asked.area, service.settings.limits.vertices),
        sender=asked.sender or DEFAULT_SENDER, identifier=asked.identifier, most_vertices=asked.most_vertices,
    )  # fmt: skip
    return checked_cap(service, write(built.alert.alert), "made", built.notes)


def _area(given: DrillPolygon | DrillMultiPolygon, most: int) -> Any:
    import shapely

    from ew4all.mending import repaired

    polygons = given.coordinates if isinstance(given, DrillMultiPolygon) else [given.coordinates]
    count = sum(len(ring) for rings in polygons for ring in rings)
    if count > most:
        told = f"the area has {count:,} vertices, of {most:,} that this service takes: simplify it"
        fault = {"pointer": "#/area", "detail": told, "code": "too-many-vertices"}
        raise Problem(413, "too-many-vertices", told, errors=[fault])
    shapes = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons]
    return shapely.union_all([repaired(shape, "the area")[0] for shape in shapes])


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a model without definitions elsewhere, for a body that OpenAPI is told by hand."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return plain(definitions[value["$ref"].rpartition("/")[2]])
            # The mapping of a discriminator names definitions, too.
            return {k: plain(v) for k, v in value.items() if k != "discriminator"}
        return [plain(v) for v in value] if isinstance(value, list) else value

    out: dict[str, Any] = plain(schema)
    return out
