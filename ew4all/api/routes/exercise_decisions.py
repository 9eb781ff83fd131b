"""What is decided in an exercise: alerts from draft to cancellation, sirens, requests; and how an alert would look."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api.answers import Known, Links
from ew4all.api.deps import Serving
from ew4all.api.exercises.access import ExerciseId, Seated, sits
from ew4all.api.exercises.bodies import DecisionRequest, PreviewRequest
from ew4all.api.exercises.invitations import Seat
from ew4all.api.exercises.views import view_of
from ew4all.api.problems import Problem, responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.documents import Limit
from ew4all.api.routes.exercises import rooms_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/exercises", tags=["exercises"], dependencies=[Known])

_CAP: Final = "application/cap+xml"
_XML: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "CAP 1.2, of the status Exercise", "content": {_CAP: {"schema": {"type": "string"}}}}
}  # fmt: skip
AlertId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="identifier of the alert", examples=["a1"])
]  # fmt: skip
Before = Annotated[int | None, Query(ge=1, lt=2**31, description="only those before this one")]
Deciding = Annotated[Seat, sits("decide")]
Previewing = Annotated[Seat, sits("decide", "truth")]


@router.get(
    "/{exercise_id}/decisions",
    operation_id="listDecisions",
    response_class=JSONResponse,
    responses={**examples.said({"decisions": [examples.DECISION]}), **responses(400, 401, 403, 404, 503)},
)  # fmt: skip
def list_decisions(
    exercise_id: ExerciseId,
    request: Request,
    seat: Seated,
    limit: Limit = 100,
    before: Before = None,
) -> Response:
    """List what was decided, the newest first; a player sees those of the team, and what was issued."""
    view = view_of(seat)
    found = rooms_of(request).room(exercise_id).ask("decisions")["decisions"]
    mine = [d for d in found if view.sees_decision(d) and (before is None or d["id"] < before)]
    return JSONResponse({"decisions": [view.decision(d) for d in mine[:limit]]})


@router.post(
    "/{exercise_id}/decisions",
    operation_id="decide",
    status_code=201,
    response_class=JSONResponse,
    responses={**examples.said(examples.DECISION, 201), **responses(400, 401, 403, 404, 409, 503, 507)},
)  # fmt: skip
def decide(
    exercise_id: ExerciseId, body: DecisionRequest, request: Request, seat: Deciding
) -> Response:
    """Decide: it takes effect in the simulation at this moment of the exercise."""
    team = acting_team(seat, body.team)
    if body.kind == "refuse_request" and seat.role != "facilitator":
        told = "a request is refused by a facilitator"
        raise Problem(403, "not-your-role", told)
    room = rooms_of(request).room(exercise_id)
    asked = body.model_dump(exclude={"team"})
    done = room.act(seat, "decide", team=team, decision=asked, view=as_seen(seat))
    return JSONResponse(view_of(seat).decision(done), 201)


@router.get(
    "/{exercise_id}/alerts",
    operation_id="listExerciseAlerts",
    response_class=JSONResponse,
    responses={**examples.said({"alerts": [examples.ALERT]}), **responses(400, 401, 403, 404, 503)},
)  # fmt: skip
def list_alerts(exercise_id: ExerciseId, request: Request, seat: Seated) -> Response:
    """List alerts and drafts; a player sees the drafts of the team alone."""
    view = view_of(seat)
    found = rooms_of(request).room(exercise_id).ask("alerts")["alerts"]
    links = Links(request)
    shown = [_linked(view.alert(a), exercise_id, links) for a in found if view.sees_alert(a)]
    return JSONResponse({"alerts": shown})


@router.get(
    "/{exercise_id}/alerts/{alert_id}.xml",
    operation_id="getExerciseAlertText",
    response_class=Response,
    responses={**_XML, **responses(400, 401, 403, 404, 409, 503)},
)
def get_alert_text(
    exercise_id: ExerciseId, alert_id: AlertId, request: Request, seat: Seated
) -> Response:
    """Return an alert as CAP 1.2; its status is Exercise, and there is no other."""
    room = rooms_of(request).room(exercise_id)
    if not view_of(seat).sees_alert(room.ask("alert", alert=alert_id)):
        raise _unknown(alert_id)
    text: str = room.ask("cap", alert=alert_id)["cap"]
    headers = {"Content-Disposition": f'attachment; filename="EXERCISE-{alert_id}.xml"'}
    return Response(text.encode(), media_type=_CAP, headers=headers)


@router.get(
    "/{exercise_id}/alerts/{alert_id}",
    operation_id="getExerciseAlert",
    response_class=JSONResponse,
    responses={**examples.said(examples.ALERT), **responses(400, 401, 403, 404, 503)},
)
def get_alert(
    exercise_id: ExerciseId, alert_id: AlertId, request: Request, seat: Seated
) -> Response:
    """Return an alert or a draft."""
    view = view_of(seat)
    found = rooms_of(request).room(exercise_id).ask("alert", alert=alert_id)
    if not view.sees_alert(found):
        raise _unknown(alert_id)
    return JSONResponse(_linked(view.alert(found), exercise_id, Links(request)))


@router.post(
    "/{exercise_id}/preview",
    operation_id="previewAlert",
    response_class=JSONResponse,
    responses={**examples.said(examples.PREVIEW), **responses(400, 401, 403, 404, 503)},
)
def preview(
    exercise_id: ExerciseId,
    body: PreviewRequest,
    request: Request,
    service: Serving,
    seat: Previewing,
) -> Response:
    """Say how an alert would look and whom it would reach, whatever is wrong with it yet."""
    if seat.id is not None:
        service.rates.act(seat.id, is_preview=True)
    room = rooms_of(request).room(exercise_id)
    found = room.ask("preview", alert=body.alert.model_dump(), view=as_seen(seat))
    return JSONResponse(view_of(seat).preview(found))


def acting_team(seat: Seat, team: str | None) -> str | None:
    """Return the team on whose behalf somebody acts.

    Raises
    ------
    Problem
        403: a player acts for the own team only.
    """
    if seat.role != "player":
        return team
    if team not in {None, seat.team}:
        told = f"you are of the team {seat.team!r} and act for it alone"
        raise Problem(403, "not-your-team", told)
    return seat.team


def as_seen(seat: Seat) -> str:
    """Return whether the engine is to look at the network as it is, or as it was reported."""
    return "truth" if seat.knows_truth else "reported"


def _linked(alert: dict[str, Any], exercise_id: str, links: Links) -> dict[str, Any]:
    path = f"/v1/exercises/{exercise_id}/alerts/{alert['id']}"
    own = [links.link(path, "self"), links.link(f"{path}.xml", "alternate", _CAP)]
    return {**alert, "links": own}


def _unknown(alert_id: str) -> Problem:
    told = f"there is no alert {alert_id!r} in this exercise, or it is not yours to see"
    return Problem(404, "unknown-alert", told)
