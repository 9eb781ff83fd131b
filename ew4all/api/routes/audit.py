"""The audit log, for administrators."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ew4all.api.answers import Known, Links
from ew4all.api.audit import entries
from ew4all.api.deps import Administering, Serving
from ew4all.api.documents.models import DocumentLink
from ew4all.api.jobs.records import utc
from ew4all.api.problems import responses
from ew4all.api.routes.documents import Limit

__all__ = ["router"]

router = APIRouter(prefix="/v1/audit", tags=["audit"], dependencies=[Known])

Word = Annotated[
    str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="only entries of this one")
]


class AuditEntry(BaseModel):
    """One change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seq": 7, "time": "2026-01-10T08:00:00Z", "principal": "local", "name": "this machine", "action": "scenario.create",
                    "subject": "scenario:0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11", "request_id": "0192f0c1", "facts": {"version": 1},
                }
            ]
        }
    )  # fmt: skip

    seq: int
    time: dt.datetime
    principal: Annotated[
        str, Field(description="identifier of the key; `host` is the command line")
    ]
    name: Annotated[str, Field(description="of the key at that time")]
    action: Annotated[str, Field(description="noun and verb", examples=["scenario.create"])]
    subject: Annotated[str, Field(description="what was changed")]
    request_id: Annotated[
        str, Field(description="of the answer's header X-Request-Id, and the log")
    ]
    facts: dict[str, Any]


class AuditPage(BaseModel):
    """Changes, the newest first."""

    entries: list[AuditEntry]
    links: list[DocumentLink]


@router.get(
    "",
    operation_id="listAudit",
    response_model=AuditPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403),
)
def get_audit(
    request: Request,
    service: Serving,
    _asking: Administering,
    limit: Limit = 100,
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="only entries with a smaller `seq`")
    ] = None,
    principal: Word = None,
    action: Word = None,
    subject: Word = None,
) -> dict[str, Any]:
    """List who changed what and when, the newest first; the log itself is changed by nobody."""
    with service.database.read() as connection:
        found = entries(
            connection, limit=limit + 1, before=before, principal=principal, action=action, subject=subject
        )  # fmt: skip
    links = Links(request)
    query = {"limit": limit, "principal": principal, "action": action, "subject": subject}
    own = [links.link("/v1/audit", "self", query={**query, "before": before})]
    page = found[:limit]
    if len(found) > limit:
        own.append(links.link("/v1/audit", "next", query={**query, "before": page[-1].seq}))
    names = AuditEntry.model_fields
    shown = [{name: getattr(row, name) for name in names} | {"time": utc(row.time)} for row in page]
    return {"entries": shown, "links": own}
