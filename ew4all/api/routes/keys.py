"""API keys: made, listed and revoked by administrators; the secret is shown once and kept as a hash."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from ew4all.api import audit
from ew4all.api.answers import Known, Links
from ew4all.api.deps import Administering, Serving
from ew4all.api.documents.models import DocumentLink, shown
from ew4all.api.idempotency import Answer, OnceOnly
from ew4all.api.identity import Role, end_key, key_facts, list_keys, new_key
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.documents import DocumentId, Limit, Offset
from ew4all.api.store import now
from ew4all.api.store.tables import KEYS

__all__ = ["router"]

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[Known])

_ID = "0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"


class KeyRequest(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "connectivity map", "role": "viewer", "expires": "2100-01-01T00:00:00Z"}]
        },
    )  # fmt: skip

    name: Annotated[
        str,
        Field(
            strict=True,
            pattern=r"^[^\x00-\x1f\x7f]{1,200}$",
            description="who or what it is for; it stands in the audit log",
        ),
    ]
    role: Annotated[Role, Field(description="what it may do, see docs/api.md")]
    expires: Annotated[
        dt.datetime | None,
        Field(
            description="RFC 3339, with its offset; a key without lasts until it is revoked",
            json_schema_extra={"format": "date-time"},
        ),
    ] = None


class KeyDocument(BaseModel):
    """A key; `secret` is there in the answer to its making alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID, "name": "connectivity map", "role": "viewer", "scopes": ["read"], "state": "good",
                    "created": "2026-01-10T08:00:00Z", "expires": "2100-01-01T00:00:00Z", "links": [],
                }
            ]
        }
    )  # fmt: skip

    id: str
    name: str
    role: Role
    scopes: list[str]
    state: Literal["good", "expired", "revoked"]
    created: dt.datetime
    expires: dt.datetime | None = None
    revoked: dt.datetime | None = None
    secret: str | None = Field(
        None, description="for `Authorization: Bearer`; shown this once, and never again"
    )
    links: list[DocumentLink]


class KeyPage(BaseModel):
    """Keys, the newest first; those that are expired or revoked, too."""

    keys: list[KeyDocument]
    numberMatched: int = Field(ge=0)
    numberReturned: int = Field(ge=0)
    links: list[DocumentLink]


def _document(facts: dict[str, Any], links: Links, secret: str | None = None) -> dict[str, Any]:
    own = [links.link(f"/v1/keys/{facts['id']}", "self")]
    return shown(KeyDocument, {**facts, "secret": secret, "links": own})


def _unknown(identifier: str) -> Problem:
    return Problem(404, "unknown-key", f"there is no key {identifier!r}; /v1/keys lists them")


@router.post(
    "",
    operation_id="createKey",
    status_code=201,
    response_model=KeyDocument,
    responses=responses(400, 401, 403, 409, 413, 422, 507),
)
def create_key(
    body: KeyRequest, request: Request, service: Serving, asking: Administering, once: OnceOnly
) -> Response:
    """Make a key. An answer that is repeated for an Idempotency-Key has no secret, since that is not kept: revoke such a key."""
    expires = body.expires
    utc = None
    if expires is not None and expires.tzinfo is not None:
        # At the ends of the calendar, a time with an offset has none in UTC.
        with suppress(OverflowError):
            utc = expires.astimezone(dt.UTC)
    if expires is not None and (utc is None or utc <= now()):
        told = "`expires` must lie in the future and say its offset from UTC, such as 2100-01-01T00:00:00Z"
        fault = {"pointer": "#/expires", "detail": told, "code": "bad-time"}
        raise Problem(400, "bad-time", told, errors=[fault])
    links = Links(request)
    with service.database.begin() as connection:
        before = once.again(service, connection)
        if before is not None and before.answer is not None:
            return before.answer.response()
        identifier, secret = new_key(connection, body.name, body.role, utc)
        facts = key_facts(connection.execute(select(KEYS).where(KEYS.c.id == identifier)).one())
        told_of = {"name": body.name, "role": body.role, "expires": utc and utc.isoformat()}
        audit.record(connection, asking, "key.create", f"key:{identifier}", **told_of)
        headers = {"Location": f"/v1/keys/{identifier}", "Cache-Control": "no-store"}
        once.keep(connection, Answer(201, _document(facts, links), headers))
    return Answer(201, _document(facts, links, secret), headers).response()


@router.get(
    "",
    operation_id="listKeys",
    response_model=KeyPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403),
)
def get_keys(
    request: Request,
    service: Serving,
    _asking: Administering,
    limit: Limit = 100,
    offset: Offset = 0,
) -> dict[str, Any]:
    """List keys: whose they are, what they may do, whether they are still good."""
    links = Links(request)
    with service.database.read() as connection:
        found, total = list_keys(connection, limit=limit, offset=offset)
    own = [links.link("/v1/keys", "self", query={"limit": limit, "offset": offset})]
    if offset + len(found) < total:
        own.append(links.link("/v1/keys", "next", query={"limit": limit, "offset": offset + limit}))
    return {
        "keys": [_document(one, links) for one in found],
        "numberMatched": total, "numberReturned": len(found), "links": own,
    }  # fmt: skip


@router.get(
    "/{key_id}",
    operation_id="getKey",
    response_model=KeyDocument,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403, 404),
)
def get_key(
    key_id: DocumentId, request: Request, service: Serving, _asking: Administering
) -> dict[str, Any]:
    """Return what is known of a key."""
    with service.database.read() as connection:
        row = connection.execute(select(KEYS).where(KEYS.c.id == key_id)).first()
    if row is None:
        raise _unknown(key_id)
    return _document(key_facts(row), Links(request))


@router.delete(
    "/{key_id}",
    operation_id="revokeKey",
    status_code=204,
    responses=responses(400, 401, 403, 404),
)
def delete_key(key_id: DocumentId, service: Serving, asking: Administering) -> Response:
    """Revoke a key: it opens nothing from now on. What it made stays, and so does its name in lists."""
    with service.database.begin() as connection:
        if not end_key(connection, key_id):
            raise _unknown(key_id)
        audit.record(connection, asking, "key.revoke", f"key:{key_id}")
    return Response(status_code=204)
