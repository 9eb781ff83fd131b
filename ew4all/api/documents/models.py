"""What the service answers of documents, as models: they are what OpenAPI says."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AlertDocument",
    "AlertPage",
    "DocumentLink",
    "ScenarioDocument",
    "ScenarioPage",
    "shown",
]

_ID = "0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"


class DocumentLink(BaseModel):
    """A link; see RFC 8288."""

    href: str
    rel: str
    type: str
    title: str | None = None


class _Stored(BaseModel):
    id: Annotated[str, Field(examples=[_ID])]
    version: Annotated[int, Field(ge=1, description="counts up with each change")]
    title: str
    owner: Annotated[str, Field(description="identifier of the key that made it")]
    author: Annotated[str, Field(description="identifier of the key that wrote this version")]
    created: Annotated[dt.datetime, Field(description="when this version was written")]
    etag: Annotated[str, Field(description="for `If-Match`, without quotes")]
    links: list[DocumentLink]


class ScenarioFacts(BaseModel):
    """What a scenario says of itself."""

    model_config = ConfigDict(extra="allow")

    story: str | None = None
    demo: str | None = None
    zero: str | None = None
    channels: list[str] = Field(default_factory=list)
    duration_s: float | None = Field(None, description="length of the run, seconds")
    replicas: int | None = None
    seed: int | None = None
    references: list[str] = Field(
        default_factory=list, description="files of the service that it names"
    )


class ScenarioDocument(_Stored):
    """A version of a scenario; lists leave `text` out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID, "reference": f"scenario:{_ID}", "version": 2, "title": "Flash flood in a valley",
                    "owner": "local", "author": "local", "created": "2026-01-10T08:00:00Z",
                    "etag": "4f1c2b7a9d0e3f584f1c2b7a9d0e3f58", "facts": {"channels": ["siren"], "replicas": 20},
                    "text": "schema: ew4all/scenario/1\n...", "links": [],
                }
            ]
        }
    )  # fmt: skip

    reference: Annotated[str, Field(description="for inputs of processes and for /v1/runs")]
    facts: ScenarioFacts
    text: str | None = Field(None, description="the scenario as it was sent, YAML or JSON")


class AlertFinding(BaseModel):
    """What a check found that does not make the alert invalid."""

    code: str
    severity: Literal["error", "warning", "info"]
    pointer: Annotated[str, Field(description="element, such as /alert/info[1]/area[1]")]
    line: int | None
    message: str
    hint: str


class AlertFacts(BaseModel):
    """What an alert says of itself, and what its check found."""

    model_config = ConfigDict(extra="allow")

    origin: Literal["received", "made"] = Field(
        description="`made` here, which is never a real alert; or `received`, kept byte for byte, for analysis"
    )
    identifier: str
    sender: str
    sent: str
    status: Literal["Actual", "Exercise", "System", "Test", "Draft"]
    msg_type: str
    languages: list[str] = Field(default_factory=list)
    event: str | None = None
    expires: str | None = None
    signature: Literal["valid", "invalid", "unchecked", "none"] = "none"
    vertices: int = 0
    findings: list[AlertFinding] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class AlertDocument(_Stored):
    """A version of an alert; the CAP itself is behind the links."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID, "reference": f"alert:{_ID}", "version": 1, "title": "EXERCISE: flood warning", "owner": "local",
                    "author": "local", "created": "2026-01-10T08:00:00Z", "etag": "4f1c2b7a9d0e3f584f1c2b7a9d0e3f58",
                    "facts": {
                        "origin": "made", "identifier": "drill-1", "sender": "drill@example.org",
                        "sent": "2026-01-10T08:00:00+00:00", "status": "Exercise", "msg_type": "Alert", "languages": ["en"],
                    },
                    "links": [],
                }
            ]
        }
    )  # fmt: skip

    reference: Annotated[
        str, Field(description="for inputs of processes, where a CAP alert is wanted")
    ]
    facts: AlertFacts


class _Page(BaseModel):
    numberMatched: int = Field(ge=0)
    numberReturned: int = Field(ge=0)
    links: list[DocumentLink]


class ScenarioPage(_Page):
    """Scenarios, the newest first."""

    scenarios: list[ScenarioDocument]


class AlertPage(_Page):
    """Alerts, the newest first."""

    alerts: list[AlertDocument]


def shown(model: type[BaseModel], values: dict[str, Any]) -> dict[str, Any]:
    """Return an answer in the shape of its model, in plain values."""
    return model.model_validate(values).model_dump(mode="json", exclude_none=True)
