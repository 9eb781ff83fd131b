"""The map, the curves and the what-ifs of an exercise."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import Known, tag_of, unchanged
from ew4all.api.deps import Serving
from ew4all.api.exercises import branches
from ew4all.api.exercises.access import ExerciseId, Seated, sits
from ew4all.api.exercises.bodies import BranchRequest
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.views import view_of
from ew4all.api.problems import Problem, responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.examples import SAME
from ew4all.api.routes.exercises import rooms_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

_GEOJSON = "application/geo+json"
Layer = Annotated[
    Literal["zones", "people", "cells", "alerts", "hazard", "missed"],
    Path(description="what is drawn", examples=["zones"]),
]
BranchId = Annotated[
    str, Path(pattern=r"^b[0-9]{1,6}$", description="identifier of the branch", examples=["b1"])
]
Seeing = Annotated[Seat, sits("truth")]
Branching = Annotated[Seat, sits("branch")]


@router.get(
    "/{exercise_id}/geo/{layer}",
    operation_id="getExerciseFeatures",
    response_class=JSONResponse,
    responses={
        **examples.said(examples.COLLECTION, kind=_GEOJSON),
        **SAME,
        **responses(400, 401, 403, 404, 503),
    },
)
def get_features(exercise_id: ExerciseId, layer: Layer, request: Request, seat: Seated) -> Response:
    """Return a layer of the map at the exercise time, as far as you may see it."""
    view, room = view_of(seat), rooms_of(request).room(exercise_id)
    name = view.layer(layer)
    if name is None:
        told = f"the layer {layer!r} shows what nobody in the play knows; you are {seat.role}"
        raise Problem(403, "not-your-role", told)
    tag = view.state(room.known())["geo"].get(layer, "")
    headers = {"ETag": tag_of(exercise_id, layer, view, tag), "Cache-Control": "private, no-cache"}
    same = unchanged(request, headers)
    if same is not None:
        return same
    found = view.features(layer, room.ask("geo", layer=name))
    return JSONResponse(found, headers=headers, media_type=_GEOJSON)


@router.get(
    "/{exercise_id}/curves",
    operation_id="getExerciseCurves",
    response_class=JSONResponse,
    responses={**examples.said(examples.CURVES), **responses(400, 401, 403, 404, 503)},
)
def get_curves(
    exercise_id: ExerciseId,
    request: Request,
    _seat: Seeing,
    after_s: Annotated[
        float, Query(ge=-1.0, le=1e7, description="only points after this exercise time")
    ] = -1.0,
    zone: Annotated[
        str | None, Query(max_length=300, pattern=r"^[^\x00-\x1f]+$", description="of one zone")
    ] = None,
) -> Response:
    """Return people over time: alerted, reached, warned, in time."""
    return JSONResponse(
        rooms_of(request).room(exercise_id).ask("curves", after_s=after_s, zone=zone)
    )


@router.get(
    "/{exercise_id}/branches",
    operation_id="listBranches",
    response_class=JSONResponse,
    responses={**examples.said({"branches": [examples.BRANCH]}), **responses(400, 401, 403, 404)},
)
def list_branches(exercise_id: ExerciseId, service: Serving, _seat: Seeing) -> Response:
    """List what-ifs."""
    with service.database.read() as connection:
        found = branches.list_branches(connection, exercise_id)
    return JSONResponse({"branches": [branches.shown(one, is_whole=False) for one in found]})


@router.post(
    "/{exercise_id}/branches",
    operation_id="createBranch",
    status_code=202,
    response_class=JSONResponse,
    responses={**examples.said(examples.BRANCH, 202), **responses(400, 401, 403, 404, 429, 503, 507)},
)  # fmt: skip
def create_branch(
    exercise_id: ExerciseId,
    body: BranchRequest,
    request: Request,
    service: Serving,
    _seat: Branching,
) -> Response:
    """Play the exercise again with other decisions, beside it and without disturbing it."""
    room = rooms_of(request).room(exercise_id)
    asked: dict[str, Any] = body.model_dump(exclude_none=True)
    made = branches.begin(service, room, asked)
    where = f"/v1/exercises/{exercise_id}/branches/{made['id']}"
    return JSONResponse(made, 202, headers={"Location": where})


@router.get(
    "/{exercise_id}/branches/{branch_id}",
    operation_id="getBranch",
    response_class=JSONResponse,
    responses={**examples.said(examples.BRANCH), **responses(400, 401, 403, 404)},
)
def get_branch(
    exercise_id: ExerciseId, branch_id: BranchId, service: Serving, _seat: Seeing
) -> Response:
    """Return a what-if; when it is done, beside what was."""
    with service.database.read() as connection:
        found = branches.find_branch(connection, exercise_id, int(branch_id[1:]))
    if found is None:
        raise Problem(404, "unknown-branch", f"there is no branch {branch_id!r} of this exercise")
    return JSONResponse(branches.shown(found))
