"""Uploads: files that jobs read; streamed to disk, checked, kept by content."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import insert, select, update
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ew4all.api import audit
from ew4all.api.deps import Reading, Serving, Writing
from ew4all.api.idempotency import Answer, Key, once_with
from ew4all.api.identifiers import new_id
from ew4all.api.jobs.outcome import keep_file, media_type_of
from ew4all.api.problems import Problem, responses
from ew4all.api.store import now
from ew4all.api.store.blobs import TooLarge
from ew4all.api.store.tables import UPLOADS
from ew4all.api.uploads import check

__all__ = ["router"]

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

Role = Literal[
    "population", "coverage", "sites", "zones", "hazard", "alert", "terrain", "outage", "other"
]
_NAME = re.compile(r"^[^/\\\x00-\x1f]{1,200}\.[A-Za-z0-9]{1,10}$")
_ANY_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "reference": f"upload:{row.id}", "name": row.name, "role": row.role, "media_type": row.media_type,
        "sha256": row.sha256, "bytes": row.bytes, "facts": row.facts, "created": row.created.isoformat(),
    }  # fmt: skip


@router.post(
    "",
    operation_id="createUpload",
    status_code=201,
    responses=responses(400, 401, 403, 409, 413, 415, 422, 507),
    openapi_extra=_ANY_FILE,
)
async def create_upload(
    request: Request,
    service: Serving,
    asking: Writing,
    name: Annotated[
        str,
        Query(description="name of the file; its ending says what it is", examples=["people.tif"]),
    ],
    role: Annotated[Role, Query(description="what it is for")] = "other",
    key: Key = None,
) -> Response:
    """Upload one file as the body of the request."""
    if not _NAME.fullmatch(name):
        raise Problem(
            400,
            "bad-name",
            f"{name!r} is no name of a file: letters, an ending, no folder",
            errors=[{"pointer": "query:name", "detail": "no plain file name", "code": "bad-name"}],
        )
    most = service.settings.limits.upload_bytes
    told = request.headers.get("content-length")
    if told is not None and told.isdigit() and int(told) > most:
        raise Problem(
            413,
            "too-large",
            f"the file has {int(told):,} bytes; this service takes {most:,}",
            headers={"Connection": "close"},
        )
    try:
        sha256, size = await service.blobs.receive(request.stream(), most)
    except TooLarge:
        raise Problem(
            413, "too-large", f"the file has more than the {most:,} bytes that this service takes"
        ) from None
    except ClientDisconnect:
        raise Problem(400, "cut-off", "the upload was cut off; nothing is kept") from None
    except OSError as error:
        raise Problem(
            507, "storage-failed", f"the file cannot be stored: {error.strerror}"
        ) from error
    if told is not None and told.isdigit() and int(told) != size:
        raise Problem(
            400, "cut-off", f"{told} bytes were announced and {size} came; nothing is kept"
        )
    if size == 0:
        raise Problem(
            400, "empty", "the body is empty: send the file itself as the body of the request"
        )
    once = once_with(request, asking.id, key, sha256)
    before = await run_in_threadpool(once.before, service)
    if before is not None and before.answer is not None:
        return before.answer.response()
    await run_in_threadpool(keep_file, service, sha256, size)
    facts = await run_in_threadpool(check, service, sha256, name, role)
    values = {
        "id": new_id(), "name": name, "role": role, "media_type": media_type_of(name), "sha256": sha256, "bytes": size,
        "facts": facts, "owner": asking.id, "created": now(),
    }  # fmt: skip

    def write() -> Answer:
        with service.database.begin() as connection:
            before = once.again(service, connection)
            if before is not None and before.answer is not None:
                return before.answer
            connection.execute(insert(UPLOADS).values(values))
            row = connection.execute(select(UPLOADS).where(UPLOADS.c.id == values["id"])).one()
            told_of = {"name": name, "role": role, "sha256": sha256, "bytes": size}
            audit.record(connection, asking, "upload.create", f"upload:{row.id}", **told_of)
            headers = {"Location": f"/v1/uploads/{row.id}", "ETag": f'"{sha256}"'}
            answer = Answer(201, _shown(row), headers)
            once.keep(connection, answer)
        return answer

    return (await run_in_threadpool(write)).response()


@router.get("", operation_id="listUploads", responses=responses(400, 401, 403))
def list_uploads(
    service: Serving,
    asking: Reading,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> dict[str, Any]:
    """List uploads, the newest first."""
    query = select(UPLOADS).where(UPLOADS.c.deleted.is_(None)).order_by(UPLOADS.c.id.desc())
    if not asking.may("administer"):
        query = query.where(UPLOADS.c.owner == asking.id)
    with service.database.read() as connection:
        rows = connection.execute(query.limit(limit).offset(offset)).all()
    return {"uploads": [_shown(row) for row in rows]}


def _find(service: Any, asking: Any, identifier: str) -> Any:
    with service.database.read() as connection:
        row = connection.execute(select(UPLOADS).where(UPLOADS.c.id == identifier)).first()
    if (
        row is None
        or row.deleted is not None
        or (row.owner != asking.id and not asking.may("administer"))
    ):
        raise Problem(404, "unknown-upload", f"there is no upload {identifier!r}")
    return row


@router.get("/{upload_id}", operation_id="getUpload", responses=responses(401, 403, 404))
def get_upload(upload_id: str, service: Serving, asking: Reading) -> dict[str, Any]:
    """Return what is known of an upload."""
    return _shown(_find(service, asking, upload_id))


@router.delete(
    "/{upload_id}", operation_id="deleteUpload", status_code=204, responses=responses(401, 403, 404)
)
def delete_upload(upload_id: str, service: Serving, asking: Writing) -> Response:
    """Forget an upload; jobs that were accepted with it keep what they made."""
    row = _find(service, asking, upload_id)
    with service.database.begin() as connection:
        connection.execute(update(UPLOADS).where(UPLOADS.c.id == row.id).values(deleted=now()))
        audit.record(connection, asking, "upload.delete", f"upload:{row.id}", name=row.name)
    return Response(status_code=204)
