"""The report after an exercise."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import Known
from ew4all.api.deps import Serving
from ew4all.api.exercises import reports
from ew4all.api.exercises.access import ExerciseId, sits
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.shelf import media_type_of
from ew4all.api.problems import responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.exercise_answers import FILE, file_answer

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

FileName = Annotated[
    str,
    Path(
        pattern=r"^[a-z]{3,20}\.[a-z]{3,5}$",
        description="name of the file",
        examples=["report.pdf"],
    ),
]
Seeing = Annotated[Seat, sits("truth")]


@router.get(
    "/{exercise_id}/report",
    operation_id="getReport",
    response_class=JSONResponse,
    responses={**examples.said(examples.REPORT), **responses(400, 401, 403, 404)},
)
def get_report(exercise_id: ExerciseId, service: Serving, _seat: Seeing) -> Response:
    """Return how the report stands, and its files when it is done."""
    return JSONResponse(_linked(exercise_id, reports.shown(service, exercise_id)))


@router.post(
    "/{exercise_id}/report",
    operation_id="createReport",
    status_code=202,
    response_class=JSONResponse,
    responses={
        **examples.said(examples.REPORT, 202),
        **responses(400, 401, 403, 404, 409, 429, 507),
    },
)
def create_report(exercise_id: ExerciseId, service: Serving, _seat: Seeing) -> Response:
    """Make the report of what has happened so far, beside the exercise and without disturbing it; it takes the place of an earlier one."""
    made = reports.begin(service, exercise_id)
    where = f"/v1/exercises/{exercise_id}/report"
    return JSONResponse(_linked(exercise_id, made), 202, headers={"Location": where})


@router.get(
    "/{exercise_id}/report/{name}",
    operation_id="getReportFile",
    response_class=Response,
    responses={**FILE, **responses(400, 401, 403, 404)},
)
def get_report_file(
    exercise_id: ExerciseId, name: FileName, service: Serving, _seat: Seeing
) -> Response:
    """Return a file of the report."""
    path = reports.file_of(service, exercise_id, name)
    return file_answer(path.read_bytes(), path.name, media_type_of(path))


def _linked(exercise: str, found: dict[str, Any]) -> dict[str, Any]:
    if "files" not in found:
        return found
    where = f"/v1/exercises/{exercise}/report"
    return {**found, "files": [{**one, "href": f"{where}/{one['name']}"} for one in found["files"]]}
