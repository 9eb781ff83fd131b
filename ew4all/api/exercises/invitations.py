"""Invitations, and the seats of those who came by one: no account, a secret that is kept as a hash, and an end."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, or_, select, update

from ew4all.api.identifiers import new_id
from ew4all.api.identity import Principal
from ew4all.api.jobs.records import utc
from ew4all.api.store.database import now
from ew4all.api.store.tables import EXERCISES, INVITATIONS, SEATS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

__all__ = [
    "DAY",
    "LONGEST",
    "SEAT_PREFIX",
    "Seat",
    "count_seats",
    "end_invitation",
    "end_seat",
    "find_seat",
    "invitation_facts",
    "invite",
    "is_good",
    "list_invitations",
    "list_seats",
    "sit_down",
]

DAY: Final = dt.timedelta(days=1)
"""How long an invitation lasts where nothing is said."""
LONGEST: Final = dt.timedelta(days=31)
_SEAT_LASTS: Final = dt.timedelta(days=3)
"""Longer than any exercise: whoever came in time is not put out while it is played."""

INVITATION_PREFIX: Final = "ew4i_"
SEAT_PREFIX: Final = "ew4x_"


@dataclass(frozen=True)
class Seat:
    """Somebody who takes part in an exercise.

    Attributes
    ----------
    id
        None where it is a key of the service.
    role
        ``facilitator``, ``player``, ``observer`` or ``evaluator``.
    team
        Of a player; None for the others, who see all teams.
    key
        Of the service, where it is no seat.
    """

    id: str | None
    exercise: str
    role: str
    team: str | None
    name: str
    key: str | None = None

    @property
    def knows_truth(self) -> bool:
        """Whether it may see what is known to nobody in the play."""
        return self.role in {"facilitator", "evaluator"}

    @property
    def principal(self) -> Principal:
        """Who it is to rates and to the audit log."""
        return Principal(self.id or self.key or "", self.name, frozenset())

    @property
    def by(self) -> dict[str, str | None]:
        """Who it is, as the log has it."""
        return {"role": self.role, "team": self.team, "name": self.name}


def invite(
    connection: Connection,
    exercise: str,
    role: str,
    team: str | None,
    name: str,
    expires: dt.datetime,
    uses: int | None,
    author: str,
) -> tuple[Row[Any], str]:
    """Make an invitation; return its row and the secret, which is shown this once and never kept."""
    secret = INVITATION_PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": new_id(), "exercise": exercise, "role": role, "team": team, "name": name, "secret_hash": _hash(secret),
        "uses": uses, "used": 0, "author": author, "created": now(), "expires": expires,
    }  # fmt: skip
    connection.execute(insert(INVITATIONS).values(row))
    found = connection.execute(select(INVITATIONS).where(INVITATIONS.c.id == row["id"])).one()
    return found, secret


def invitation_facts(row: Row[Any]) -> dict[str, Any]:
    """Return what may be told of an invitation: everything but its secret, which nobody knows any more."""
    expires = utc(row.expires)
    state = "good"
    if row.revoked is not None:
        state = "revoked"
    elif expires <= now():
        state = "expired"
    elif row.uses is not None and row.used >= row.uses:
        state = "used-up"
    return {
        "id": row.id, "role": row.role, "team": row.team, "name": row.name, "state": state, "uses": row.uses,
        "used": row.used, "created": utc(row.created), "expires": expires,
    }  # fmt: skip


def list_invitations(connection: Connection, exercise: str) -> list[dict[str, Any]]:
    """Return facts of the invitations of an exercise, the newest first."""
    query = select(INVITATIONS).where(INVITATIONS.c.exercise == exercise)
    return [
        invitation_facts(r) for r in connection.execute(query.order_by(INVITATIONS.c.id.desc()))
    ]


def end_invitation(connection: Connection, exercise: str, identifier: str) -> list[str] | None:
    """End an invitation and the seats that came by it; return those seats, None where there is no such invitation."""
    mine = INVITATIONS.c.exercise == exercise, INVITATIONS.c.id == identifier
    if connection.execute(select(INVITATIONS.c.id).where(*mine)).first() is None:
        return None
    theirs = SEATS.c.invitation == identifier, SEATS.c.revoked.is_(None)
    ended = list(connection.execute(select(SEATS.c.id).where(*theirs)).scalars())
    open_ = INVITATIONS.c.revoked.is_(None)
    connection.execute(update(INVITATIONS).where(*mine, open_).values(revoked=now()))
    connection.execute(update(SEATS).where(*theirs).values(revoked=now()))
    return ended


def is_good(connection: Connection, secret: str) -> bool:
    """Say whether an invitation can be come by at this moment."""
    return connection.execute(select(INVITATIONS.c.id).where(*_good(secret))).first() is not None


def _good(secret: str) -> tuple[Any, ...]:
    return (
        INVITATIONS.c.secret_hash == _hash(secret),
        INVITATIONS.c.revoked.is_(None),
        INVITATIONS.c.expires > now(),
        or_(INVITATIONS.c.uses.is_(None), INVITATIONS.c.used < INVITATIONS.c.uses),
    )


def count_seats(connection: Connection, exercise: str) -> int:
    """Return how many seats of an exercise are not ended."""
    mine = SEATS.c.exercise == exercise, SEATS.c.revoked.is_(None), SEATS.c.expires > now()
    return int(
        connection.execute(select(func.count()).select_from(SEATS).where(*mine)).scalar_one()
    )


def sit_down(
    connection: Connection, secret: str, name: str
) -> tuple[Seat, str, dt.datetime] | None:
    """Make a seat by an invitation; return it, its token and its end; None where the invitation is not good."""
    # Counted and looked at in one statement: two who come at once do not both get the last one.
    used = INVITATIONS.c.used + 1
    taken = connection.execute(update(INVITATIONS).where(*_good(secret)).values(used=used))
    if taken.rowcount == 0:
        return None
    query = select(INVITATIONS).where(INVITATIONS.c.secret_hash == _hash(secret))
    found = connection.execute(query).one()
    token, time = SEAT_PREFIX + secrets.token_urlsafe(32), now()
    row: dict[str, Any] = {
        "id": new_id(), "exercise": found.exercise, "invitation": found.id, "role": found.role, "team": found.team,
        "name": name or found.name, "secret_hash": _hash(token), "created": time, "expires": time + _SEAT_LASTS,
    }  # fmt: skip
    connection.execute(insert(SEATS).values(row))
    seat = Seat(row["id"], row["exercise"], row["role"], row["team"], row["name"])
    return seat, token, row["expires"]


def find_seat(connection: Connection, token: str) -> Seat | None:
    """Return whose token it is; None where it is unknown, ended or expired, or the exercise is gone."""
    query = (
        select(SEATS)
        .join(EXERCISES, EXERCISES.c.id == SEATS.c.exercise)
        .where(
            SEATS.c.secret_hash == _hash(token),
            SEATS.c.revoked.is_(None),
            SEATS.c.expires > now(),
            EXERCISES.c.deleted.is_(None),
        )
    )
    row = connection.execute(query).first()
    return None if row is None else Seat(row.id, row.exercise, row.role, row.team, row.name)


def list_seats(connection: Connection, exercise: str) -> list[dict[str, Any]]:
    """Return facts of the seats of an exercise that are not ended, the oldest first."""
    mine = SEATS.c.exercise == exercise, SEATS.c.revoked.is_(None), SEATS.c.expires > now()
    rows = connection.execute(select(SEATS).where(*mine).order_by(SEATS.c.id))
    return [
        {
            "id": r.id, "role": r.role, "team": r.team, "name": r.name, "created": utc(r.created), "expires": utc(r.expires),
            "invitation": r.invitation,
        }
        for r in rows
    ]  # fmt: skip


def end_seat(connection: Connection, exercise: str, identifier: str) -> bool:
    """End a seat; say whether there was one."""
    mine = SEATS.c.exercise == exercise, SEATS.c.id == identifier, SEATS.c.revoked.is_(None)
    return connection.execute(update(SEATS).where(*mine).values(revoked=now())).rowcount > 0


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
