"""The journal: what changed, one row after the other, in the transaction of the change."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from fastapi.sse import format_sse_event
from sqlalchemy import and_, func, insert, not_, or_, select, text

from ew4all.api.store.database import now
from ew4all.api.store.tables import EVENTS, JOBS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

__all__ = ["Event", "Wanted", "bounds", "last_of", "read", "write"]

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('ew4all events'))")
_JOBS: Final = "job:"


@dataclass(frozen=True)
class Event:
    """Something that changed.

    Attributes
    ----------
    seq
        Its number; whoever has seen one has seen all of smaller numbers.
    owner
        Whose thing it is about; None where everybody may know.
    """

    seq: int
    topic: str
    kind: str
    data: Mapping[str, Any]
    time: dt.datetime
    owner: str | None

    @cached_property
    def wire(self) -> bytes:
        """The event as it is sent (HTML, server-sent events); made once for all who listen."""
        document = {"topic": self.topic, "time": self.time.isoformat(), **self.data}
        written = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        return format_sse_event(data_str=written, event=self.kind, id=str(self.seq))


@dataclass(frozen=True)
class Wanted:
    """Which events somebody is told.

    Attributes
    ----------
    topics
        Such as ``job:ID``, or ``job`` for all of them; none: all.
    owner
        Who asks; None is told of everybody's things.
    """

    topics: tuple[str, ...] = ()
    owner: str | None = None

    def takes(self, event: Event) -> bool:
        """Say whether an event is one of them."""
        if self.owner is not None and event.owner not in {None, self.owner}:
            return False
        if not self.topics:
            return True
        return event.topic in self.topics or event.topic.partition(":")[0] in self.topics

    def clause(self) -> list[ColumnElement[bool]]:
        """Return the same for the database."""
        out: list[ColumnElement[bool]] = []
        if self.owner is not None:
            is_of_job = EVENTS.c.topic.startswith(_JOBS)
            out.append(or_(not_(is_of_job), JOBS.c.owner == self.owner))
        if self.topics:
            kinds = [EVENTS.c.topic.startswith(t + ":") for t in self.topics if ":" not in t]
            out.append(or_(EVENTS.c.topic.in_(self.topics), *kinds))
        return out


def write(connection: Connection, topic: str, kind: str, data: Mapping[str, Any]) -> None:
    """Write an event down, in the transaction of what it tells."""
    if connection.dialect.name == "postgresql":
        # Numbers are given out before a transaction ends: without the lock a smaller one could come to light after a larger one,
        # and whoever had read the larger would never see it. SQLite has one writer at a time.
        connection.execute(_LOCK)
    row = {"topic": topic, "kind": kind, "data": dict(data), "time": now()}
    connection.execute(insert(EVENTS).values(row))


def read(
    connection: Connection,
    after: int,
    *,
    limit: int,
    until: int | None = None,
    wanted: Wanted | None = None,
) -> list[Event]:
    """Return events in their order: those after one number, up to another with that.

    Parameters
    ----------
    limit
        At most so many.
    """
    of_job = and_(EVENTS.c.topic.startswith(_JOBS), JOBS.c.id == func.substr(EVENTS.c.topic, 5))
    query = (
        select(EVENTS, JOBS.c.owner).select_from(EVENTS.outerjoin(JOBS, of_job))
        .where(EVENTS.c.seq > after).order_by(EVENTS.c.seq).limit(limit)
    )  # fmt: skip
    if until is not None:
        query = query.where(EVENTS.c.seq <= until)
    if wanted is not None:
        query = query.where(*wanted.clause())
    return [_event(row) for row in connection.execute(query).mappings()]


def _event(row: Any) -> Event:
    time = row["time"] if row["time"].tzinfo is not None else row["time"].replace(tzinfo=dt.UTC)
    # A job that is cleared away has no owner any more, and is nobody's business.
    owner = (row["owner"] or "") if row["topic"].startswith(_JOBS) else None
    return Event(row["seq"], row["topic"], row["kind"], row["data"], time, owner)


def bounds(connection: Connection) -> tuple[int, int]:
    """Return the numbers of the first and the last event that are kept; 0, 0 where there is none."""
    first, last = connection.execute(select(func.min(EVENTS.c.seq), func.max(EVENTS.c.seq))).one()
    return int(first or 0), int(last or 0)


def last_of(connection: Connection, topics: Sequence[str]) -> int:
    """Return the number of the last event of some topics; 0 where there is none."""
    query = select(func.max(EVENTS.c.seq)).where(EVENTS.c.topic.in_(topics))
    return int(connection.execute(query).scalar() or 0)
