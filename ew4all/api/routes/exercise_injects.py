"""The list of injects of an exercise: seen, edited, fired, held, skipped, taken back, brought in from a table."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import Known
from ew4all.api.conditions import IfMatch
from ew4all.api.exercises import making
from ew4all.api.exercises.access import ExerciseId, sits
from ew4all.api.exercises.bodies import InjectAct, InjectBody
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.versions import must_name_version, version_in
from ew4all.api.problems import responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.exercises import Columns, rooms_of
from ew4all.api.routes.sent import SentBody

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

_TABLE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "a list of injects",
        "content": {
            making.XLSX: {"schema": {"type": "string", "format": "binary"}, "example": ""},
            making.CSV: {"schema": {"type": "string"}, "example": making.EXAMPLE_CSV},
        },
    }
}
Name = Annotated[
    str, Path(max_length=300, pattern=r"^[^\x00-\x1f/]+$", description="identifier of the inject", examples=["i7"])
]  # fmt: skip
Seeing = Annotated[Seat, sits("truth")]
Changing = Annotated[Seat, sits("inject")]
Importing = Annotated[Seat, sits("import")]


@router.get(
    "/{exercise_id}/injects",
    operation_id="listInjects",
    response_class=JSONResponse,
    responses={**examples.said({"injects": [examples.INJECT]}), **responses(400, 401, 403, 404, 503)},
)  # fmt: skip
def list_injects(exercise_id: ExerciseId, request: Request, _seat: Seeing) -> Response:
    """List all injects with their texts, for facilitators and evaluators."""
    return JSONResponse(rooms_of(request).room(exercise_id).ask("injects"))


@router.post(
    "/{exercise_id}/injects",
    operation_id="createInject",
    status_code=201,
    response_class=JSONResponse,
    responses={**examples.said(examples.INJECT, 201), **responses(400, 401, 403, 404, 409, 503, 507)},
)  # fmt: skip
def create_inject(
    exercise_id: ExerciseId, body: InjectBody, request: Request, seat: Changing
) -> Response:
    """Add an inject."""
    made = rooms_of(request).room(exercise_id).act(seat, "add_inject", inject=body.model_dump())
    where = f"/v1/exercises/{exercise_id}/injects/{made['id']}"
    return JSONResponse(made, 201, headers={"ETag": version_in(made), "Location": where})


@router.get(
    "/{exercise_id}/injects/{inject_id}",
    operation_id="getInject",
    response_class=JSONResponse,
    responses={**examples.said(examples.INJECT), **responses(400, 401, 403, 404, 503)},
)
def get_inject(
    exercise_id: ExerciseId, inject_id: Name, request: Request, _seat: Seeing
) -> Response:
    """Return an inject."""
    found = rooms_of(request).room(exercise_id).ask("inject", inject=inject_id)
    return JSONResponse(found, headers={"ETag": version_in(found), "Cache-Control": "no-store"})


@router.put(
    "/{exercise_id}/injects/{inject_id}",
    operation_id="changeInject",
    response_class=JSONResponse,
    responses={**examples.said(examples.INJECT), **responses(400, 401, 403, 404, 409, 412, 428, 503, 507)},
)  # fmt: skip
def change_inject(
    exercise_id: ExerciseId,
    inject_id: Name,
    body: InjectBody,
    request: Request,
    seat: Changing,
    if_match: IfMatch = None,
) -> Response:
    """Change an inject that has not fired; whoever was not the first is told, and nothing is overwritten."""
    version = must_name_version(if_match)
    room = rooms_of(request).room(exercise_id)
    changed = room.act(
        seat, "edit_inject", inject=inject_id, version=version, body=body.model_dump()
    )
    return JSONResponse(changed, headers={"ETag": version_in(changed)})


@router.post(
    "/{exercise_id}/injects/{inject_id}",
    operation_id="actOnInject",
    response_class=JSONResponse,
    responses={**examples.said(examples.INJECT), **responses(400, 401, 403, 404, 409, 412, 503, 507)},
)  # fmt: skip
def act_on_inject(
    exercise_id: ExerciseId,
    inject_id: Name,
    body: InjectAct,
    request: Request,
    seat: Changing,
    if_match: IfMatch = None,
) -> Response:
    """Fire it now, hold it, let it go again, skip it, or take the last of these back."""
    version = must_name_version(if_match, is_demanded=False)
    room = rooms_of(request).room(exercise_id)
    done = room.act(
        seat, f"{body.do}_inject", inject=inject_id, version=version, reason=body.reason
    )
    return JSONResponse(done, headers={"ETag": version_in(done)})


@router.post(
    "/{exercise_id}/imports",
    operation_id="importInjects",
    response_class=JSONResponse,
    responses={**examples.said(examples.IMPORT), **responses(400, 401, 403, 404, 409, 413, 415, 503, 507)},
    openapi_extra=_TABLE,
)  # fmt: skip
def import_injects(
    exercise_id: ExerciseId,
    request: Request,
    seat: Importing,
    sent: SentBody,
    columns: Columns = None,
    dry_run: Annotated[bool, Query(description="say what it holds, and take nothing")] = False,
) -> Response:
    """Take a list of injects (XLSX or CSV) into the exercise; all its faults at once, and nothing is taken then."""
    sent.must_be((making.XLSX, making.CSV))
    room = rooms_of(request).room(exercise_id)
    given = {
        "table": base64.b64encode(sent.data).decode(),
        "suffix": ".xlsx" if sent.media_type == making.XLSX else ".csv",
        "columns": making.column_map(columns or ()),
    }
    if dry_run:
        return JSONResponse(room.ask("preview_import", **given))
    return JSONResponse(room.act(seat, "import_injects", **given))
