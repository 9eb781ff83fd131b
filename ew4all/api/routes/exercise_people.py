"""Who takes part in an exercise: invitations, seats, and the way from a link to a token."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from ew4all.api import audit
from ew4all.api.answers import Known, Links
from ew4all.api.deps import Serving
from ew4all.api.exercises import records
from ew4all.api.exercises.access import ExerciseId, sits, unknown_exercise
from ew4all.api.exercises.bodies import InvitationRequest, SeatRequest
from ew4all.api.exercises.invitations import (
    DAY,
    LONGEST,
    Seat,
    count_seats,
    end_invitation,
    end_seat,
    invitation_facts,
    invite,
    is_good,
    list_invitations,
    list_seats,
    sit_down,
)
from ew4all.api.identity import ANYBODY
from ew4all.api.problems import Problem, responses
from ew4all.api.routes import exercise_examples as examples
from ew4all.api.routes.exercises import rooms_of
from ew4all.api.store import now

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["exercises"], dependencies=[Known])

_UNKEPT: Final = {"Cache-Control": "no-store"}
PartId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$", description="its identifier", examples=["0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"])
]  # fmt: skip
Inviting = Annotated[Seat, sits("invite")]
Seeing = Annotated[Seat, sits("truth")]


@router.post(
    "/exercises/{exercise_id}/invitations",
    operation_id="createInvitation",
    status_code=201,
    response_class=JSONResponse,
    responses={**examples.said(examples.INVITATION, 201), **responses(400, 401, 403, 404, 507)},
)
def create_invitation(
    exercise_id: ExerciseId,
    body: InvitationRequest,
    request: Request,
    service: Serving,
    seat: Inviting,
) -> Response:
    """Make a link by which people come, in a role; it is shown this once, and its secret is kept as a hash."""
    expires = _end(body.expires)
    with service.database.begin() as connection:
        stored = records.find(connection, exercise_id)
        if stored is None:
            raise unknown_exercise(exercise_id)
        team = _team(stored, body)
        row, secret = invite(
            connection, exercise_id, body.role, team, body.name, expires, body.uses, seat.principal.id
        )  # fmt: skip
        told = {"exercise": exercise_id, "role": body.role, "team": team}
        audit.record(
            connection, seat.principal, "invitation.create", f"invitation:{row.id}", **told
        )
        facts = _plain(invitation_facts(row))
    # Behind `#`: a browser sends it to no server, and no log has it.
    link = f"{Links(request).href('/console/')}#join={secret}"
    return JSONResponse({**facts, "link": link, "secret": secret}, 201, headers=_UNKEPT)


@router.get(
    "/exercises/{exercise_id}/invitations",
    operation_id="listInvitations",
    response_class=JSONResponse,
    responses={**examples.said({"invitations": [examples.INVITATION]}), **responses(400, 401, 403, 404)},
)  # fmt: skip
def get_invitations(exercise_id: ExerciseId, service: Serving, _seat: Inviting) -> Response:
    """List invitations, the newest first, without their secrets, which nobody knows any more."""
    with service.database.read() as connection:
        found = list_invitations(connection, exercise_id)
    return JSONResponse({"invitations": [_plain(one) for one in found]})


@router.delete(
    "/exercises/{exercise_id}/invitations/{part_id}",
    operation_id="revokeInvitation",
    status_code=204,
    responses=responses(400, 401, 403, 404, 507),
)
def delete_invitation(
    exercise_id: ExerciseId, part_id: PartId, request: Request, service: Serving, seat: Inviting
) -> Response:
    """End an invitation, and every seat that came by it, at once."""
    with service.database.begin() as connection:
        ended = end_invitation(connection, exercise_id, part_id)
        if ended is None:
            raise Problem(404, "unknown-invitation", f"there is no invitation {part_id!r} to this exercise")  # fmt: skip
        audit.record(connection, seat.principal, "invitation.revoke", f"invitation:{part_id}")
    _put_out(request, exercise_id, ended)
    return Response(status_code=204)


@router.get(
    "/exercises/{exercise_id}/seats",
    operation_id="listSeats",
    response_class=JSONResponse,
    responses={**examples.said(examples.SEATS), **responses(400, 401, 403, 404)},
)
def get_seats(
    exercise_id: ExerciseId, request: Request, service: Serving, _seat: Seeing
) -> Response:
    """List who takes part, and who listens at the moment."""
    with service.database.read() as connection:
        found = list_seats(connection, exercise_id)
    room = rooms_of(request).open_room(exercise_id)
    listening = set() if room is None else room.broadcast.seats
    shown = [{**_plain(one), "is_listening": one["id"] in listening} for one in found]
    return JSONResponse({"seats": shown})


@router.delete(
    "/exercises/{exercise_id}/seats/{part_id}",
    operation_id="endSeat",
    status_code=204,
    responses=responses(400, 401, 403, 404, 507),
)
def delete_seat(
    exercise_id: ExerciseId, part_id: PartId, request: Request, service: Serving, seat: Inviting
) -> Response:
    """Put somebody out, at once; the invitation stays."""
    with service.database.begin() as connection:
        if not end_seat(connection, exercise_id, part_id):
            raise Problem(404, "unknown-seat", f"there is no seat {part_id!r} in this exercise")
        audit.record(connection, seat.principal, "seat.end", f"seat:{part_id}")
    _put_out(request, exercise_id, [part_id])
    return Response(status_code=204)


@router.post(
    "/seats",
    operation_id="takeSeat",
    status_code=201,
    response_class=JSONResponse,
    responses={**examples.said(examples.SEAT, 201), **responses(400, 403, 429, 507)},
)
def take_seat(body: SeatRequest, request: Request, service: Serving) -> Response:
    """Turn the secret of a link into a token, which opens one exercise in one role; no account is needed."""
    with service.database.read() as connection:
        may_come = is_good(connection, body.invitation)
    if not may_come:
        # Whoever has a good link comes, whatever others of the same address try.
        service.rates.must_be_let(request)
        service.rates.failed(request)
        raise _no_link()
    service.rates.take(request, ANYBODY)
    with service.database.begin() as connection:
        made = sit_down(connection, body.invitation, body.name)
        if made is not None:
            seat, token, expires = made
            most = service.settings.limits.exercise_seats
            if count_seats(connection, seat.exercise) > most:
                told_of = f"this exercise has {most:,} seats already: the facilitator can end some"
                raise Problem(429, "too-many-seats", told_of, headers={"Retry-After": "60"})
            told = {"exercise": seat.exercise, "role": seat.role, "team": seat.team}
            audit.record(connection, seat.principal, "seat.take", f"seat:{seat.id}", **told)
    if made is None:
        raise _no_link()
    document = {
        "token": token, "seat": seat.id, "exercise": seat.exercise, "role": seat.role, "team": seat.team, "name": seat.name,
        "expires": expires.isoformat(),
    }  # fmt: skip
    return JSONResponse(document, 201, headers=_UNKEPT)


def _no_link() -> Problem:
    told = "this link is not good, not any more, or not yet: ask whoever gave it to you for another"
    return Problem(403, "invitation-invalid", told)


def _end(given: dt.datetime | None) -> dt.datetime:
    if given is None:
        return now() + DAY
    utc = None
    if given.tzinfo is not None:
        # At the ends of the calendar, a time with an offset has none in UTC.
        with suppress(OverflowError):
            utc = given.astimezone(dt.UTC)
    if utc is None or not now() < utc <= now() + LONGEST:
        told = f"`expires` must lie within the next {LONGEST.days} days and say its offset from UTC, such as 2026-06-01T18:00:00Z"
        fault = {"pointer": "#/expires", "detail": told, "code": "bad-time"}
        raise Problem(400, "bad-time", told, errors=[fault])
    return utc


def _team(stored: records.Stored, body: InvitationRequest) -> str | None:
    teams = [one["id"] for one in stored.facts.get("teams", ())]
    needs = body.role == "player"
    if (body.team is None and not needs) or body.team in teams:
        return body.team
    told = f"a player is of a team: {', '.join(teams) or 'this exercise has none'}"
    fault = {"pointer": "#/team", "detail": told, "code": "unknown-team"}
    raise Problem(400, "unknown-team", told, errors=[fault])


def _put_out(request: Request, exercise_id: str, seats: list[str]) -> None:
    room = rooms_of(request).open_room(exercise_id)
    if room is not None and seats:
        room.broadcast.drop(seats)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in facts.items()}
