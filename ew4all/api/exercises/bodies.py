"""Bodies of requests in an exercise."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ew4all.sim.exercise_mark import claims_to_be_real

__all__ = [
    "AlertBody",
    "BranchRequest",
    "ClockRequest",
    "DecisionRequest",
    "InjectAct",
    "InjectBody",
    "InvitationRequest",
    "LibraryRequest",
    "MessageRequest",
    "NoteRequest",
    "PreviewRequest",
    "ScoreRequest",
    "SeatRequest",
]

_NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]*$"
"""What no XML, and so no alert, spreadsheet and report of an exercise, can hold is in none of its texts."""
_MOST_CORNERS = 10_000


def _not_real(text: str) -> str:
    if claims_to_be_real(text):
        msg = "it gives an alert the status Actual, and nothing in an exercise may; write Exercise"
        raise ValueError(msg)
    return text


_NotReal = AfterValidator(_not_real)
Name = Annotated[str, Field(max_length=200, pattern=_NO_CONTROL), _NotReal]
Line = Annotated[str, Field(max_length=300, pattern=_NO_CONTROL), _NotReal]
Words = Annotated[str, Field(max_length=20_000, pattern=_NO_CONTROL)]
Text = Annotated[Words, _NotReal]
Id = Annotated[str, Field(min_length=1, max_length=300, pattern=_NO_CONTROL)]
Seconds = Annotated[float, Field(ge=0.0, le=7 * 86400.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


def _config(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": list(examples)})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Degrees = Annotated[float, Field(ge=-360.0, le=360.0)]
Ring = Annotated[
    list[Annotated[list[Degrees], Field(min_length=2, max_length=3)]],
    Field(min_length=4, max_length=10_000),
]


class PolygonBody(_Strict):
    """GeoJSON, longitude before latitude, degrees."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=1000)]


class MultiPolygonBody(_Strict):
    """GeoJSON, longitude before latitude, degrees."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[
        list[Annotated[list[Ring], Field(min_length=1, max_length=1000)]],
        Field(min_length=1, max_length=1000),
    ]


def _not_too_fine(area: PolygonBody | MultiPolygonBody) -> PolygonBody | MultiPolygonBody:
    polygons = [area.coordinates] if isinstance(area, PolygonBody) else area.coordinates
    corners = sum(len(ring) for rings in polygons for ring in rings)
    if corners > _MOST_CORNERS:
        msg = f"an area has at most {_MOST_CORNERS:,} corners, not {corners:,}; draw it simpler"
        raise ValueError(msg)
    return area


Area = Annotated[
    PolygonBody | MultiPolygonBody, Field(discriminator="type"), AfterValidator(_not_too_fine)
]


class LibraryRequest(_Strict):
    """An exercise out of the library."""

    model_config = _config({"library": "grenada-cascade", "seed": 1})

    library: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$", description="its name")]
    title: Line | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63, description="of the simulation")] = 0
    speed: Annotated[float | None, Field(ge=1.0, le=120.0)] = None
    report_delay_s: Annotated[
        float,
        Field(
            ge=0.0,
            le=86400.0,
            description="how much later players know of sites and mains that failed",
        ),
    ] = 900.0


class ClockRequest(_Strict):
    """What is to be done with the clock."""

    model_config = _config({"do": "speed", "speed": 30.0}, {"do": "start"})

    do: Literal["start", "pause", "resume", "speed", "step", "jump", "end"]
    speed: Annotated[
        float | None, Field(ge=1.0, le=120.0, description="exercise seconds a second")
    ] = None
    seconds: Annotated[Seconds | None, Field(description="of a step; 60 by default")] = None
    time_s: Annotated[Seconds | None, Field(description="of a jump")] = None
    reason: Line = ""


class ConditionBody(_Strict):
    """A comparison of a fact with a value."""

    fact: Id
    comparison: Literal[">", ">=", "<", "<=", "=", "!="]
    value: Annotated[float, Field(allow_inf_nan=False)]
    zone: Id | None = None
    channel: Id | None = None


class AfterBody(_Strict):
    """What sets an inject off."""

    inject: Id | None = None
    decision: Id | None = None
    team: Id | None = None
    delay_s: Seconds = 0.0


class AttachmentBody(_Strict):
    """A file of the exercise."""

    title: Line
    file: Line


class NetworkEffect(_Strict):
    """A share of the service goes or comes back."""

    kind: Literal["network"]
    share: Share
    zone: Id | None = None
    technology: Id | None = None
    operator: Id | None = None


class PowerEffect(_Strict):
    """Mains fail or come back."""

    kind: Literal["power"]
    on: bool
    zone: Id | None = None


class SwitchEffect(_Strict):
    """A channel is put out of use, or back."""

    kind: Literal["switch"]
    channel: Id
    on: bool


class InjectBody(BaseModel):
    """An inject as it is to be; what the server knows better, such as `state`, is passed over."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        json_schema_extra={
            "examples": [{"title": "Mast down", "text": "The mast at Grand Etang is down.", "time_s": 600.0, "sender": "Operator A"}]
        },
    )  # fmt: skip

    id: Id | None = None
    title: Annotated[Line, Field(min_length=1)]
    text: Text = ""
    time_s: Seconds | None = None
    after: AfterBody | None = None
    conditions: Annotated[list[ConditionBody], Field(max_length=20)] = Field(default_factory=list)
    until_s: Seconds | None = None
    sender: Line = ""
    audience: Annotated[list[Id], Field(max_length=60)] = Field(default_factory=list)
    channel: Literal["email", "radio", "phone", "in person", "media", "social", "dashboard"] = (
        "email"
    )
    expected_action: Text = ""
    attachments: Annotated[list[AttachmentBody], Field(max_length=50)] = Field(default_factory=list)
    effects: Annotated[
        list[Annotated[NetworkEffect | PowerEffect | SwitchEffect, Field(discriminator="kind")]],
        Field(max_length=50),
    ] = Field(default_factory=list)
    hazard: Line = ""
    discussion_s: Seconds = 0.0
    notes: Text = ""


class InjectAct(_Strict):
    """What is to be done with an inject."""

    model_config = _config({"do": "fire"})

    do: Literal["fire", "hold", "release", "skip", "undo"]
    reason: Line = ""


class ContentBody(_Strict):
    """The text of an alert in one language."""

    language: Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]
    # Whether it claims to be real is told where it is previewed, and refused where it is decided.
    text: Words = ""


class AlertBody(_Strict):
    """An alert as far as it is written."""

    id: Id | None = None
    version: Annotated[
        int | None, Field(ge=0, description="that you have seen; another one is told")
    ] = None
    hazard: Annotated[str, Field(pattern=r"^[a-z_]{0,40}$")] = ""
    channels: Annotated[list[Id], Field(max_length=30)] = Field(default_factory=list)
    contents: Annotated[list[ContentBody], Field(max_length=20)] = Field(default_factory=list)
    area: Area | None = None
    national: bool = False
    duration_s: Annotated[float, Field(ge=60.0, le=7 * 86400.0)] = 1800.0
    device_geofenced: bool = False


_ALERT: dict[str, Any] = {
    "hazard": "cyclone", "channels": ["cell_broadcast"], "contents": [{"language": "en", "text": "Stay inside until 18:00."}],
    "area": {"type": "Polygon", "coordinates": [[[-61.8, 12.0], [-61.6, 12.0], [-61.6, 12.2], [-61.8, 12.2], [-61.8, 12.0]]]},
}  # fmt: skip


class PreviewRequest(_Strict):
    """An alert that is being written."""

    model_config = _config({"alert": _ALERT})

    alert: AlertBody


class DecisionRequest(_Strict):
    """A decision; which fields it takes goes by its `kind`."""

    model_config = _config(
        {"kind": "draft_alert", "alert": _ALERT},
        {"kind": "issue_alert", "alert": "a1"},
        {"kind": "request_power", "zone": "GD-10", "number": 2},
    )

    kind: Literal[
        "draft_alert", "approve_alert", "issue_alert", "update_alert", "cancel_alert", "order_sirens", "request_power",
        "request_satellite", "request_roaming", "refuse_request",
    ]  # fmt: skip
    alert: AlertBody | Id | None = Field(
        None, description="an alert to be written, or the identifier of one"
    )
    area: Area | None = Field(None, description="where sirens are to sound; everywhere without it")
    duration_s: Annotated[float | None, Field(ge=1.0, le=86400.0)] = None
    zone: Id | None = Field(None, description="identifier of a zone; all without it")
    number: Annotated[int, Field(ge=1, le=1000, description="of kits or generators")] = 1
    request: Id | None = Field(None, description="that is refused")
    reason: Line = ""
    team: Id | None = Field(None, description="on whose behalf, where a facilitator decides")


class MessageRequest(_Strict):
    """A message to teams."""

    model_config = _config({"to": ["nema"], "title": "Roads", "text": "Which roads are open?"})

    to: Annotated[
        list[Id],
        Field(max_length=60, description="teams, or `facilitator`; everybody where it is empty"),
    ] = Field(default_factory=list)
    title: Line = ""
    text: Annotated[Text, Field(min_length=1)]
    reply_to: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    sender: Annotated[
        Line | None,
        Field(alias="from", description="whoever it seems to be from; for facilitators"),
    ] = None


class NoteRequest(_Strict):
    """A note for the report."""

    model_config = _config({"text": "The list of contacts was out of date.", "is_lesson": True})

    text: Annotated[Text, Field(min_length=1)]
    is_lesson: bool = False


class ScoreRequest(_Strict):
    """What an expectation is given."""

    model_config = _config({"points": 4.0, "comment": "Late, but complete."})

    points: Annotated[float | None, Field(ge=0.0, le=1e6, description="null takes the score back")]
    comment: Text = ""


class InvitationRequest(_Strict):
    """A link to be made."""

    model_config = _config({"role": "player", "team": "nema", "name": "NEMA, desk 1", "uses": 5})

    role: Literal["facilitator", "player", "observer", "evaluator"]
    team: Id | None = Field(None, description="of a player")
    name: Name = ""
    expires: Annotated[
        dt.datetime | None,
        Field(
            strict=False,
            description="RFC 3339, with its offset; in 24 hours by default, in 31 days at most",
            json_schema_extra={"format": "date-time"},
        ),
    ] = None
    uses: Annotated[
        int | None, Field(ge=1, le=10_000, description="how many may come by it; without it, all")
    ] = None


class SeatRequest(_Strict):
    """Somebody who comes by an invitation."""

    model_config = _config({"invitation": "ew4i_secret-of-the-link", "name": "Maria"})

    invitation: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
    name: Name = ""


class ChangeBody(_Strict):
    """What is otherwise in a branch."""

    do: Literal["move", "drop", "add"]
    decision: Annotated[int | None, Field(ge=1, description="number of one that was taken")] = None
    time_s: Seconds | None = None
    add: DecisionRequest | None = None


class BranchRequest(_Strict):
    """What if."""

    model_config = _config(
        {"title": "Issued at 14:05", "changes": [{"do": "move", "decision": 17, "time_s": 900.0}]}
    )

    title: Annotated[Line, Field(min_length=1)]
    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=50)]
    until_s: Seconds | None = None
