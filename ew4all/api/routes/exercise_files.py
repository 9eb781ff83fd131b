"""Hand-outs of an exercise, and what came with messages."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from ew4all.api.answers import Known
from ew4all.api.deps import Serving
from ew4all.api.exercises import records
from ew4all.api.exercises.access import ExerciseId, Seated, unknown_exercise
from ew4all.api.exercises.shelf import file_of, is_for, media_type_of
from ew4all.api.exercises.views import view_of
from ew4all.api.problems import Problem, responses
from ew4all.api.routes.exercise_messages import MessageId
from ew4all.api.routes.exercises import rooms_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "the file", "content": {"*/*": {"schema": {"type": "string"}}}}
}
Number = Annotated[int, Path(ge=0, lt=10_000, description="its number, from 0", examples=[0])]


@router.get(
    "/{exercise_id}/handouts/{number}",
    operation_id="getHandout",
    response_class=Response,
    responses={**_FILE, **responses(400, 401, 403, 404)},
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
    "/{exercise_id}/messages/{message_id}/attachments/{number}",
    operation_id="getAttachment",
    response_class=Response,
    responses={**_FILE, **responses(400, 401, 403, 404, 503)},
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
    headers = {
        "Content-Disposition": f'inline; filename="EXERCISE-{path.name}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(path.read_bytes(), media_type=media_type_of(path), headers=headers)
