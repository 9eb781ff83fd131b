"""Hand-outs of an exercise, and what came with messages."""

from __future__ import annotations

import base64
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request, Response

from ew4all.api.answers import Known
from ew4all.api.deps import Serving
from ew4all.api.exercises import making, records
from ew4all.api.exercises.access import ExerciseId, Seated, sits, unknown_exercise
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.shelf import file_of, is_for, media_type_of
from ew4all.api.exercises.views import view_of
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.exercise_answers import FILE, file_answer
from ew4all.api.routes.exercise_messages import MessageId
from ew4all.api.routes.exercises import rooms_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

_EXPORTS: Final = {
    "exercise.yaml": "application/yaml",
    "exercise.xlsx": making.XLSX,
    "injects.csv": making.CSV,
}
ExportName = Annotated[
    Literal["exercise.yaml", "exercise.xlsx", "injects.csv"],
    Path(description="which file", examples=["exercise.xlsx"]),
]
Seeing = Annotated[Seat, sits("truth")]
Number = Annotated[int, Path(ge=0, lt=10_000, description="its number, from 0", examples=[0])]


@router.get(
    "/{exercise_id}/handouts/{number}",
    operation_id="getHandout",
    response_class=Response,
    responses={**FILE, **responses(400, 401, 403, 404)},
)
def get_handout(
    exercise_id: ExerciseId, number: Number, service: Serving, seat: Seated
) -> Response:
    """Return a hand-out, such as the brief of a team."""
    with service.database.read() as connection:
        stored = records.find(connection, exercise_id)
    if stored is None:
        raise unknown_exercise(exercise_id)
    handouts = stored.facts.get("handouts", [])
    if number >= len(handouts) or not is_for(handouts[number], seat):
        raise Problem(
            404, "unknown-file", f"there is no hand-out {number} for you in this exercise"
        )
    return _file(stored, handouts[number]["file"])


@router.get(
    "/{exercise_id}/exports/{name}",
    operation_id="exportExercise",
    response_class=Response,
    responses={**FILE, **responses(400, 401, 403, 404, 503)},
)
def export_exercise(
    exercise_id: ExerciseId, name: ExportName, request: Request, _seat: Seeing
) -> Response:
    """Return the exercise as it stands as a file to keep, edit and bring in again: all of it as YAML or XLSX, its injects as CSV."""
    ending = "." + name.rpartition(".")[2]
    found = rooms_of(request).room(exercise_id).ask("export", ending=ending)
    return file_answer(base64.b64decode(found["file"]), name, _EXPORTS[name])


@router.get(
    "/{exercise_id}/messages/{message_id}/attachments/{number}",
    operation_id="getAttachment",
    response_class=Response,
    responses={**FILE, **responses(400, 401, 403, 404, 503)},
)
def get_attachment(
    exercise_id: ExerciseId,
    message_id: MessageId,
    number: Number,
    request: Request,
    service: Serving,
    seat: Seated,
) -> Response:
    """Return what came with a message."""
    room = rooms_of(request).room(exercise_id)
    found = room.ask("messages", after=message_id - 1)["messages"]
    files = [
        one["attachments"] for one in found if one["id"] == message_id and view_of(seat).sees_message(one)
    ]  # fmt: skip
    if not files or number >= len(files[0]):
        raise Problem(404, "unknown-file", f"no message of yours has the attachment {number}")
    with service.database.read() as connection:
        stored = records.find(connection, exercise_id)
    if stored is None:
        raise unknown_exercise(exercise_id)
    return _file(stored, files[0][number]["file"])


def _file(stored: records.Stored, name: str) -> Response:
    path = file_of(stored.options, name)
    return file_answer(path.read_bytes(), path.name, media_type_of(path), shown=True)
