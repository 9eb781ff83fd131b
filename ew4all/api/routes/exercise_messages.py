"""In-boxes, notes for the report, and the score sheet of an exercise."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import Known
from ew4all.api.conditions import IfMatch
from ew4all.api.exercises.access import ExerciseId, Seated, sits
from ew4all.api.exercises.bodies import MessageRequest, NoteRequest, ScoreRequest
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.versions import must_name_version, version_in
from ew4all.api.exercises.views import view_of
from ew4all.api.problems import Problem, responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.documents import Limit
from ew4all.api.routes.exercises import rooms_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

MessageId = Annotated[
    int, Path(ge=1, lt=2**31, description="number of the message", examples=[39])
]  # fmt: skip
Expectation = Annotated[
    str, Path(max_length=300, pattern=r"^[^\x00-\x1f/]+$", description="identifier of the expectation", examples=["e1"])
]  # fmt: skip
Team = Annotated[
    str | None, Query(max_length=300, pattern=r"^[^\x00-\x1f]+$", description="only the in-box of this team")
]  # fmt: skip
Writing = Annotated[Seat, sits("message")]
Scoring = Annotated[Seat, sits("score")]


@router.get(
    "/{exercise_id}/messages",
    operation_id="listMessages",
    response_class=JSONResponse,
    responses={**examples.said({"messages": [examples.MESSAGE]}), **responses(400, 401, 403, 404, 503)},
)  # fmt: skip
def list_messages(
    exercise_id: ExerciseId,
    request: Request,
    seat: Seated,
    team: Team = None,
    after: Annotated[int, Query(ge=0, lt=2**31, description="only those after this one")] = 0,
    limit: Limit = 1000,
) -> Response:
    """List what came into the in-boxes that you may open, and what was sent from them, in its order."""
    view = view_of(seat)
    found = rooms_of(request).room(exercise_id).ask("messages", after=after)["messages"]
    mine = [m for m in found if view.sees_message(m) and _is_of(m, team)]
    return JSONResponse({"messages": [view.message(m) for m in mine[:limit]]})


def _is_of(message: dict[str, object], team: str | None) -> bool:
    if team is None:
        return True
    to, sender = message["to"], message["from"]
    assert isinstance(to, list)
    assert isinstance(sender, dict)
    return not to or team in to or sender.get("team") == team


@router.post(
    "/{exercise_id}/messages",
    operation_id="sendMessage",
    status_code=201,
    response_class=JSONResponse,
    responses={**examples.said(examples.MESSAGE, 201), **responses(400, 401, 403, 404, 409, 503, 507)},
)  # fmt: skip
def send_message(
    exercise_id: ExerciseId, body: MessageRequest, request: Request, seat: Writing
) -> Response:
    """Send a message to teams, to the facilitators, or to everybody."""
    if body.sender is not None and seat.role != "facilitator":
        told = "only a facilitator may write in the name of somebody else: leave `from` out"
        raise Problem(403, "not-your-role", told)
    asked = body.model_dump(by_alias=True)
    sent = rooms_of(request).room(exercise_id).act(seat, "send_message", message=asked)
    return JSONResponse(view_of(seat).message(sent), 201)


@router.post(
    "/{exercise_id}/messages/{message_id}/read",
    operation_id="readMessage",
    status_code=204,
    responses=responses(400, 401, 403, 404, 409, 503, 507),
)
def read_message(
    exercise_id: ExerciseId, message_id: MessageId, request: Request, seat: Writing
) -> Response:
    """Say that somebody of the team has opened a message."""
    room = rooms_of(request).room(exercise_id)
    found = room.ask("messages", after=message_id - 1)["messages"]
    mine = [m for m in found if m["id"] == message_id and view_of(seat).sees_message(m)]
    if not mine:
        told = f"there is no message {message_id} in your in-box"
        raise Problem(404, "unknown-message", told)
    # The log says once for each team that it was read.
    if seat.team is not None and seat.team not in mine[0]["read_by"]:
        room.act(seat, "read_message", message=message_id)
    return Response(status_code=204)


@router.get(
    "/{exercise_id}/notes",
    operation_id="listNotes",
    response_class=JSONResponse,
    responses={**examples.said({"notes": [examples.NOTE]}), **responses(400, 401, 403, 404, 503)},
)  # fmt: skip
def list_notes(exercise_id: ExerciseId, request: Request, _seat: Scoring) -> Response:
    """List notes and lessons."""
    return JSONResponse(rooms_of(request).room(exercise_id).ask("notes"))


@router.post(
    "/{exercise_id}/notes",
    operation_id="writeNote",
    status_code=201,
    response_class=JSONResponse,
    responses={**examples.said(examples.NOTE, 201), **responses(400, 401, 403, 404, 409, 503, 507)},
)  # fmt: skip
def write_note(
    exercise_id: ExerciseId, body: NoteRequest, request: Request, seat: Scoring
) -> Response:
    """Add a note for the report; a lesson comes into its table of lessons."""
    room = rooms_of(request).room(exercise_id)
    return JSONResponse(room.act(seat, "write_note", note=body.model_dump()), 201)


@router.get(
    "/{exercise_id}/scores",
    operation_id="listScores",
    response_class=JSONResponse,
    responses={**examples.said(examples.SCORES), **responses(400, 401, 403, 404, 503)},
)
def list_scores(exercise_id: ExerciseId, request: Request, _seat: Scoring) -> Response:
    """Return the score sheet: what was found by itself, and what evaluators gave."""
    return JSONResponse(rooms_of(request).room(exercise_id).ask("scores"))


@router.put(
    "/{exercise_id}/scores/{expectation}",
    operation_id="score",
    response_class=JSONResponse,
    responses={**examples.said(examples.SCORE), **responses(400, 401, 403, 404, 409, 412, 428, 503, 507)},
)  # fmt: skip
def put_score(
    exercise_id: ExerciseId,
    expectation: Expectation,
    body: ScoreRequest,
    request: Request,
    seat: Scoring,
    if_match: IfMatch = None,
) -> Response:
    """Score an expectation: it counts before what was found by itself, until it is taken back."""
    version = must_name_version(if_match)
    room = rooms_of(request).room(exercise_id)
    given = {"expectation": expectation, "version": version, **body.model_dump()}
    done = room.act(seat, "score", **given)
    return JSONResponse(done, headers={"ETag": version_in(done)})
