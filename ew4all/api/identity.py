"""Who asks: API keys, kept as hashes, and what each role may do."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import func, insert, select, update

from ew4all.api.identifiers import new_id
from ew4all.api.store.database import now
from ew4all.api.store.tables import KEYS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from ew4all.api.store import Database

__all__ = [
    "ANYBODY",
    "LOCAL",
    "ROLES",
    "Principal",
    "Role",
    "end_key",
    "find_key",
    "key_facts",
    "list_keys",
    "make_key",
    "new_key",
    "revoke_key",
]

Role = Literal["viewer", "analyst", "facilitator", "administrator"]

ROLES: Final[dict[str, frozenset[str]]] = {
    "viewer": frozenset({"read"}),
    "analyst": frozenset({"read", "write", "execute"}),
    "facilitator": frozenset({"read", "write", "execute", "exercise"}),
    "administrator": frozenset({"read", "write", "execute", "exercise", "administer"}),
}
"""What each role may do: look; upload and change; start jobs; lead an exercise; keys, feeds and other people's things."""

_PREFIX: Final = "ew4_"


@dataclass(frozen=True)
class Principal:
    """Somebody who asks."""

    id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Say whether a thing is allowed."""
        return scope in self.scopes


LOCAL: Final = Principal("local", "this machine", ROLES["administrator"])
"""Whoever asks where no keys are demanded: only this machine can."""

ANYBODY: Final = Principal("anybody", "anybody", ROLES["viewer"])
"""Whoever reads without a key where that is allowed."""


def make_key(
    database: Database, name: str, role: Role, expires: dt.datetime | None = None
) -> tuple[str, str]:
    """Make a key in a transaction of its own; see `new_key`."""
    with database.begin() as connection:
        return new_key(connection, name, role, expires)


def new_key(
    connection: Connection, name: str, role: Role, expires: dt.datetime | None = None
) -> tuple[str, str]:
    """Make a key; return its identifier and the secret, which is shown this once and never kept."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    identifier = new_id()
    row = {
        "id": identifier, "name": name, "role": role, "secret_hash": _hash(secret), "created": now(), "expires": expires,
    }  # fmt: skip
    connection.execute(insert(KEYS).values(row))
    return identifier, secret


def find_key(database: Database, secret: str) -> Principal | None:
    """Return whose key it is; None where it is unknown, revoked or expired."""
    # A key is 256 random bits: a plain hash cannot be guessed back, and the index finds it in one look.
    with database.read() as connection:
        row = connection.execute(select(KEYS).where(KEYS.c.secret_hash == _hash(secret))).first()
    if row is None or row.revoked is not None:
        return None
    if row.expires is not None and _utc(row.expires) <= now():
        return None
    return Principal(row.id, row.name, ROLES[row.role])


def revoke_key(database: Database, identifier: str) -> bool:
    """End a key in a transaction of its own; say whether there was one."""
    with database.begin() as connection:
        return end_key(connection, identifier)


def end_key(connection: Connection, identifier: str) -> bool:
    """End a key; say whether there was one."""
    found = connection.execute(
        update(KEYS).where(KEYS.c.id == identifier, KEYS.c.revoked.is_(None)).values(revoked=now())
    )
    return found.rowcount > 0


def key_facts(row: Row[Any]) -> dict[str, Any]:
    """Return what may be told of a key: everything but its secret, which nobody knows any more."""
    expires, revoked = (None if t is None else _utc(t) for t in (row.expires, row.revoked))
    state = "revoked" if revoked else "expired" if expires and expires <= now() else "good"
    return {
        "id": row.id, "name": row.name, "role": row.role, "scopes": sorted(ROLES[row.role]), "state": state,
        "created": _utc(row.created), "expires": expires, "revoked": revoked,
    }  # fmt: skip


def list_keys(
    connection: Connection, *, limit: int, offset: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """Return facts of keys, the newest first, and how many there are in all."""
    total = connection.execute(select(func.count()).select_from(KEYS)).scalar_one()
    query = select(KEYS).order_by(KEYS.c.id.desc()).limit(limit).offset(offset)
    return [key_facts(row) for row in connection.execute(query)], int(total)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _utc(time: dt.datetime) -> dt.datetime:
    """Return a time of the store; SQLite forgets the zone."""
    return time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)
