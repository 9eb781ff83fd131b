"""Who asks in an exercise: a seat, by its token, or a key of the service, which is a facilitator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from ew4all.api.deps import Serving, needs, principal
from ew4all.api.exercises import records
from ew4all.api.exercises.invitations import SEAT_PREFIX, Seat, find_seat
from ew4all.api.identity import Principal
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from ew4all.api.service import Service

__all__ = ["MAY", "ExerciseId", "Exercising", "Seated", "seat_of", "sits", "unknown_exercise"]

MAY: Final[dict[str, tuple[str, ...]]] = {
    "facilitator": (
        "clock", "inject", "decide", "message", "score", "invite", "import", "branch", "truth", "log", "remove",
    ),
    "player": ("decide", "message"),
    "observer": (),
    "evaluator": ("score", "truth", "log"),
}  # fmt: skip
"""What each role may do."""

ExerciseId = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{1,40}$",
        description="identifier of the exercise",
        examples=["0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"],
    ),
]
Exercising = Annotated[Principal, needs("exercise")]


async def seat_of(exercise_id: ExerciseId, request: Request, service: Serving) -> Seat:
    """Return who asks, and in which role.

    Raises
    ------
    Problem
        401: no key or seat, or one that is not good; 403: a key that is no facilitator's; 404: the seat is in another exercise;
        429: too many requests.
    """
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.startswith(SEAT_PREFIX):
        asking = await principal(request, service)
        if not asking.may("exercise"):
            told = (
                "this needs the scope 'exercise', which your key does not have; those who take part in an exercise come by the "
                "link of an invitation"
            )
            raise Problem(403, "scope-missing", told)
        if not await run_in_threadpool(_is_there, service, exercise_id):
            raise unknown_exercise(exercise_id)
        return Seat(None, exercise_id, "facilitator", None, asking.name, asking.id)
    # Looked up first: somebody in the same room whose seat has ended, or who guesses, puts nobody else out.
    seat = await run_in_threadpool(_found, service, secret)
    if seat is None:
        service.rates.must_be_let(request)
        service.rates.failed(request)
        told = "your place in this exercise has ended: ask the facilitator for another link"
        challenge = {"WWW-Authenticate": 'Bearer realm="ew4all"'}
        raise Problem(401, "seat-invalid", told, headers=challenge)
    service.rates.take(request, seat.principal)
    if seat.exercise != exercise_id:
        raise unknown_exercise(exercise_id)
    return seat


def _is_there(service: Service, exercise: str) -> bool:
    with service.database.read() as connection:
        return records.stands(connection, exercise) is not None


def _found(service: Service, secret: str) -> Seat | None:
    with service.database.read() as connection:
        return find_seat(connection, secret)


Seated = Annotated[Seat, Depends(seat_of)]


def sits(*may: str) -> Any:
    """Return a dependency that lets pass only who may do one of some things.

    Raises
    ------
    Problem
        403: the role may not.
    """

    async def check(seat: Seated) -> Seat:
        if not set(may) & set(MAY[seat.role]):
            what = ", ".join(MAY[seat.role]) or "look"
            told = f"this needs the right {' or '.join(repr(m) for m in may)}; you are {seat.role} and may {what}"
            raise Problem(403, "not-your-role", told)
        return seat

    return Depends(check)


def unknown_exercise(identifier: str) -> Problem:
    """Return the problem that there is no such exercise."""
    told = f"there is no exercise {identifier!r}, or it is not yours; /v1/exercises lists what there is"
    return Problem(404, "unknown-exercise", told)
