"""The audit log: who changed what and when; written in the transaction of the change, so that neither is there without the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import insert, select

from ew4all.api.identity import Principal
from ew4all.api.store.database import now
from ew4all.api.store.tables import AUDIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

__all__ = ["HOST", "entries", "record"]

HOST: Final = Principal("host", "command line of the host", frozenset())
"""Whoever uses `ew4all db` on the machine of the service."""

_LONGEST: Final = 200


def record(
    connection: Connection, asking: Principal, action: str, subject: str, **facts: Any
) -> None:
    """Write a change down.

    Parameters
    ----------
    action
        Noun and verb, such as ``scenario.create``.
    subject
        What was changed, as references name it: ``scenario:ID``.
    facts
        What else is worth knowing; never a secret or a content.
    """
    request = structlog.contextvars.get_contextvars().get("request_id", "")
    row = {
        "time": now(), "principal": asking.id, "name": asking.name, "action": action, "subject": subject[:_LONGEST],
        "facts": facts, "request_id": str(request)[:64],
    }  # fmt: skip
    connection.execute(insert(AUDIT).values(row))


def entries(
    connection: Connection,
    *,
    limit: int,
    before: int | None = None,
    principal: str | None = None,
    action: str | None = None,
    subject: str | None = None,
) -> Sequence[Row[Any]]:
    """Return changes, the newest first; `before` is the number of the last one that is known."""
    query = select(AUDIT)
    if before is not None:
        query = query.where(AUDIT.c.seq < before)
    for column, wanted in (
        (AUDIT.c.principal, principal),
        (AUDIT.c.action, action),
        (AUDIT.c.subject, subject),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return connection.execute(query.order_by(AUDIT.c.seq.desc()).limit(limit)).all()
