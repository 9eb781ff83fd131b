"""Exercises: made, listed, looked at; their clock, their events and their log."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from ew4all.api import audit
from ew4all.api.answers import Known, Links
from ew4all.api.deps import Serving
from ew4all.api.events.stream import EventStream
from ew4all.api.exercises import making, records, reports
from ew4all.api.exercises.access import ExerciseId, Exercising, Seated, sits, unknown_exercise
from ew4all.api.exercises.bodies import ClockRequest
from ew4all.api.exercises.documents import exercise_document, listed
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.rooms import Rooms
from ew4all.api.exercises.stream import told
from ew4all.api.exercises.views import view_of
from ew4all.api.idempotency import Answer, OnceOnly
from ew4all.api.problems import Problem, responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.documents import JSON, Limit, Offset
from ew4all.api.routes.sent import SentBody

__all__ = ["Columns", "rooms_of", "router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

_MOST: Final = 2**31 - 1
_PATIENCE_S: Final = 30.0
_LINES: Final = "application/x-ndjson"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "the name of one of the library, an exercise file, or a list of injects",
        "content": {
            JSON: {"schema": making.LIBRARY_SCHEMA, "example": {"library": "grenada-cascade"}},
            making.YAML: {"schema": {"type": "string"}, "example": making.EXAMPLE},
            making.XLSX: {"schema": {"type": "string", "format": "binary"}},
            making.CSV: {"schema": {"type": "string"}, "example": making.EXAMPLE_CSV},
        },
    }
}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "a stream of events; those of the log have `id`",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: clock\ndata: {"seq":41,"time_s":1834.2,"do":"pause","state":"paused"}\nid: 41\n\n',
            }
        },
    }
}
_LOG: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the log, a line of JSON for each entry",
        "content": {_LINES: {"schema": {"type": "string"}}},
    }
}
LastEventId = Annotated[
    int | None, Header(ge=0, le=_MOST, description="number of the last event seen")
]
After = Annotated[
    int | None, Query(ge=0, le=_MOST, description="the same for a first request; 0: all")
]
ScenarioName = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=r"^[A-Za-z0-9:@._-]*$",
        description="of a list of injects: the scenario, shipped or `scenario:ID`",
        examples=["grenada-beryl"],
    ),
]
Title = Annotated[
    str | None, Query(max_length=300, pattern=r"^[^\x00-\x1f]*$", description="of a list of injects")
]  # fmt: skip
Column = Annotated[str, Query(max_length=400, pattern=r"^[^\x00]*$")]
Columns = Annotated[
    list[Column] | None,
    Query(
        alias="map",
        max_length=50,
        description="of a list of injects: `COLUMN:FIELD`",
    ),
]
Running = Annotated[Seat, sits("clock")]
Reading = Annotated[Seat, sits("log")]
Removing = Annotated[Seat, sits("remove")]


def rooms_of(request: Request) -> Rooms:
    """Return the rooms of this process."""
    rooms: Rooms = request.app.state.rooms
    return rooms


@router.get(
    "/library",
    operation_id="listExerciseLibrary",
    response_class=JSONResponse,
    responses={**examples.said(examples.LIBRARY), **responses(400, 401, 403)},
)
def get_library(_asking: Exercising) -> Response:
    """List the exercises that come with ew4all."""
    return JSONResponse({"exercises": making.library()})


@router.post(
    "",
    operation_id="createExercise",
    status_code=201,
    response_class=JSONResponse,
    responses={
        **examples.said(examples.EXERCISE, 201),
        **responses(400, 401, 403, 409, 413, 415, 422, 503, 507),
    },
    openapi_extra=_BODY,
)
def create_exercise(
    request: Request,
    service: Serving,
    asking: Exercising,
    once: OnceOnly,
    sent: SentBody,
    scenario: ScenarioName = None,
    title: Title = None,
    columns: Columns = None,
) -> Response:
    """Make an exercise: out of the library, of an exercise file, or of a list of injects and a scenario; all faults at once."""
    sent.must_be(making.TAKEN)
    before = once.before(service)
    if before is not None and before.answer is not None:
        return before.answer.response()
    made = making.made(service, asking, sent, scenario=scenario, title=title, columns=columns or ())
    with service.database.begin() as connection:
        before = once.again(service, connection)
        if before is not None and before.answer is not None:
            return before.answer.response()
        stored = records.create(connection, made, asking)
        told_of = {"title": stored.title, "scenario": stored.scenario}
        audit.record(connection, asking, "exercise.create", f"exercise:{stored.id}", **told_of)
        seat = Seat(None, stored.id, "facilitator", None, asking.name, asking.id)
        document = exercise_document(stored, seat, None, Links(request))
        answer = Answer(201, document, {"Location": f"/v1/exercises/{stored.id}"})
        once.keep(connection, answer)
    return answer.response()


@router.get(
    "",
    operation_id="listExercises",
    response_class=JSONResponse,
    responses={**examples.said(examples.EXERCISES), **responses(400, 401, 403)},
)
def list_exercises(
    request: Request,
    service: Serving,
    _asking: Exercising,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """List exercises, the newest first."""
    with service.database.read() as connection:
        found, total = records.list_exercises(connection, limit=limit, offset=offset)
    links, path, rooms = Links(request), "/v1/exercises", rooms_of(request)
    own = [links.link(path, "self", query={"limit": limit, "offset": offset})]
    if offset + len(found) < total:
        own.append(links.link(path, "next", query={"limit": limit, "offset": offset + limit}))
    shown = [listed(one, rooms.open_room(one.id), links) for one in found]
    return JSONResponse(
        {"exercises": shown, "numberMatched": total, "numberReturned": len(shown), "links": own}
    )


@router.get(
    "/{exercise_id}",
    operation_id="getExercise",
    response_class=JSONResponse,
    responses={**examples.said(examples.EXERCISE), **responses(400, 401, 403, 404)},
)
def get_exercise(
    exercise_id: ExerciseId, request: Request, service: Serving, seat: Seated
) -> Response:
    """Return what an exercise is, who you are in it and what you may do."""
    room = rooms_of(request).open_room(exercise_id)
    with service.database.read() as connection:
        stored = records.find(connection, exercise_id)
    if stored is None:
        raise unknown_exercise(exercise_id)
    return JSONResponse(exercise_document(stored, seat, room, Links(request)))


@router.delete(
    "/{exercise_id}",
    operation_id="deleteExercise",
    status_code=204,
    responses=responses(400, 401, 403, 404),
)
def delete_exercise(
    exercise_id: ExerciseId, request: Request, service: Serving, seat: Removing
) -> Response:
    """Remove an exercise; all seats in it end."""
    with service.database.begin() as connection:
        if not records.delete(connection, exercise_id):
            raise unknown_exercise(exercise_id)
        audit.record(connection, seat.principal, "exercise.delete", f"exercise:{exercise_id}")
    rooms_of(request).forget(exercise_id)
    reports.remove(service, exercise_id)
    return Response(status_code=204)


@router.get(
    "/{exercise_id}/state",
    operation_id="getExerciseState",
    response_class=JSONResponse,
    responses={**examples.said(examples.STATE), **responses(400, 401, 403, 404, 503)},
)
def get_state(exercise_id: ExerciseId, request: Request, seat: Seated) -> Response:
    """Return how an exercise stands now, as far as you may know it."""
    state = rooms_of(request).room(exercise_id).known()
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(view_of(seat).state(state), headers=headers)


@router.get(
    "/{exercise_id}/clock",
    operation_id="getExerciseClock",
    response_class=JSONResponse,
    responses={**examples.said(examples.CLOCK), **responses(400, 401, 403, 404, 503)},
)
def get_clock(exercise_id: ExerciseId, request: Request, seat: Seated) -> Response:
    """Return the clock."""
    state = rooms_of(request).room(exercise_id).known()
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(view_of(seat).clock(state["clock"]), headers=headers)


@router.post(
    "/{exercise_id}/clock",
    operation_id="setExerciseClock",
    response_class=JSONResponse,
    responses={**examples.said(examples.CLOCK), **responses(400, 401, 403, 404, 409, 503, 507)},
)
def set_clock(
    exercise_id: ExerciseId, body: ClockRequest, request: Request, seat: Running
) -> Response:
    """Start, pause, resume, set the speed, step, jump forward, end."""
    room = rooms_of(request).room(exercise_id)
    return JSONResponse(room.act(seat, "clock", given=body.model_dump(exclude_none=True)))


@router.get(
    "/{exercise_id}/events",
    operation_id="listenToExercise",
    response_class=EventStream,
    responses={**_STREAM, **responses(400, 401, 403, 404, 429, 503)},
)
async def listen(
    exercise_id: ExerciseId,
    request: Request,
    service: Serving,
    seat: Seated,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Tell how an exercise stands, then what happens, as far as you may know it; after an event, what was missed first."""
    rooms = rooms_of(request)
    room = await run_in_threadpool(rooms.room, exercise_id)
    most = service.settings.limits.listeners
    if rooms.listeners >= most:
        said = f"{most} clients listen to this process already: ask for the state from time to time, or try again"
        raise Problem(503, "too-many-listeners", said, headers={"Retry-After": "10"})
    listener = room.broadcast.join(view_of(seat), seat.id)
    about = {"seats": len(room.broadcast), "do": "come", "role": seat.role, "team": seat.team, "name": seat.name}  # fmt: skip
    room.broadcast.tell("seat", about, to_truth=True)

    def left() -> None:
        room.broadcast.leave(listener)
        gone = {**about, "do": "go", "seats": len(room.broadcast)}
        room.broadcast.tell("seat", gone, to_truth=True)

    since = after if last_event_id is None else last_event_id
    return EventStream(told(service, room, listener, since), _PATIENCE_S, left)


@router.get(
    "/{exercise_id}/log",
    operation_id="getExerciseLog",
    response_class=Response,
    responses={**_LOG, **responses(400, 401, 403, 404)},
)
def get_log(
    exercise_id: ExerciseId, service: Serving, _seat: Reading, after: After = None
) -> Response:
    """Return everything that happened, for facilitators and evaluators."""
    with service.database.read() as connection:
        if records.find(connection, exercise_id) is None:
            raise unknown_exercise(exercise_id)
        found = records.entries(connection, exercise_id, after or 0)
    text = "".join(f"{entry.line}\n" for entry in found)
    name = f"EXERCISE-{exercise_id}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text.encode(), media_type=_LINES, headers=headers)
