"""What the service answers of runs, as models."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ew4all.api.documents.models import DocumentLink

__all__ = ["CurvesDocument", "RunDocument", "RunPage"]


class RunLayer(BaseModel):
    """A file that a run made."""

    id: str
    reference: str
    name: str
    kind: str
    media_type: str
    bytes: int
    href: str
    file: str


class RunDocument(BaseModel):
    """A run; lists leave `summary` and `layers` out."""

    id: str
    scenario: Annotated[str, Field(description="as it was asked for", examples=["grenada-beryl"])]
    scenario_version: int | None = Field(None, description="of a stored scenario: what is played")
    replicas: int | None = None
    seed: int | None = None
    status: Literal["accepted", "running", "successful", "failed", "dismissed"]
    progress: Annotated[float, Field(ge=0.0, le=100.0, description="percent")]
    message: str
    owner: str
    created: dt.datetime
    started: dt.datetime | None = None
    finished: dt.datetime | None = None
    updated: dt.datetime
    problem: dict[str, Any] | None = Field(None, description="why it failed")
    summary: dict[str, Any] | None = Field(
        None, description="`summary.json` of docs/run.md, people"
    )
    layers: list[RunLayer] | None = None
    links: list[DocumentLink]


class RunPage(BaseModel):
    """Runs, the newest first."""

    runs: list[RunDocument]
    numberMatched: int = Field(ge=0)
    numberReturned: int = Field(ge=0)
    links: list[DocumentLink]


class Curve(BaseModel):
    """People over time: one number for each of `time_s`."""

    channel: Annotated[str, Field(description="`any` is all together")]
    stage: Annotated[str, Field(description="alerted, reached, warned or acted")]
    people: Annotated[
        dict[str, list[float]], Field(description="mean, p05, p50 and p95 over the replicas")
    ]


class CurvesDocument(BaseModel):
    """Curves of a zone of a run."""

    run: str
    zone: str
    time_s: Annotated[list[float], Field(description="after the zero of the scenario, seconds")]
    curves: list[Curve]
