"""Rows of exercises and of their logs: what happened is appended, and nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from ew4all.api.documents.texts import cleaned
from ew4all.api.identifiers import new_id
from ew4all.api.jobs.records import utc
from ew4all.api.store.database import now
from ew4all.api.store.tables import EXERCISE_LOG, EXERCISES, INVITATIONS, SEATS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ew4all.api.identity import Principal
    from ew4all.api.store.database import Database

__all__ = [
    "Entry",
    "Made",
    "Overtaken",
    "Stands",
    "Stored",
    "add_facts",
    "append",
    "create",
    "delete",
    "entries",
    "find",
    "last",
    "list_exercises",
    "mark",
    "redefine",
    "running",
    "stands",
]


class Overtaken(Exception):
    """Somebody else has written to the log in the meantime: what was to be written has to be worked out anew."""


@dataclass(frozen=True)
class Made:
    """An exercise that was looked through and can be stored.

    Attributes
    ----------
    text
        The exercise file (YAML).
    files
        Reference to what it stood for when the exercise was made; see `ew4all.api.jobs.contents`.
    facts
        What its document tells of it.
    options
        Seed, delay of reports, speed.
    clock
        As it stands before the start.
    """

    title: str
    scenario: str
    text: str
    files: Mapping[str, Any]
    facts: Mapping[str, Any]
    options: Mapping[str, Any]
    clock: Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
    """An exercise of the store; `clock` is how the clock stood at `clock_at`."""

    id: str
    title: str
    scenario: str
    text: str
    files: Mapping[str, Any]
    facts: Mapping[str, Any]
    options: Mapping[str, Any]
    owner: str
    created: dt.datetime
    clock: Mapping[str, Any]
    clock_at: dt.datetime
    state: str


@dataclass(frozen=True)
class Stands:
    """How far an exercise is: the number of its last event, and how often it was changed before it began."""

    last: int
    revision: int


@dataclass(frozen=True)
class Entry:
    """One line of a log.

    Attributes
    ----------
    line
        JSON, byte for byte as it was written.
    told
        Events for those who listen, and who may know of each; see `ew4all.api.exercises.views`.
    """

    sequence: int
    kind: str
    time_s: float
    line: str
    told: Sequence[Mapping[str, Any]] = ()


def create(connection: Connection, made: Made, asking: Principal) -> Stored:
    """Write a new exercise down."""
    time = now()
    row: dict[str, Any] = {
        "id": new_id(), "title": cleaned(made.title)[:300], "scenario": made.scenario[:200], "text": made.text,
        "files": dict(made.files), "facts": cleaned(dict(made.facts)), "options": dict(made.options), "owner": asking.id,
        "created": time, "clock": dict(made.clock), "clock_at": time, "state": made.clock["state"],
    }  # fmt: skip
    connection.execute(insert(EXERCISES).values(row))
    return Stored(**row)


def find(connection: Connection, identifier: str) -> Stored | None:
    """Return an exercise; None where there is none, or not any more."""
    query = select(EXERCISES).where(EXERCISES.c.id == identifier, EXERCISES.c.deleted.is_(None))
    row = connection.execute(query).mappings().first()
    return None if row is None else _stored(row)


def list_exercises(connection: Connection, *, limit: int, offset: int) -> tuple[list[Stored], int]:
    """Return exercises, the newest first, and how many there are in all."""
    there = EXERCISES.c.deleted.is_(None)
    total = connection.execute(
        select(func.count()).select_from(EXERCISES).where(there)
    ).scalar_one()
    query = select(EXERCISES).where(there).order_by(EXERCISES.c.id.desc())
    rows = connection.execute(query.limit(limit).offset(offset)).mappings()
    return [_stored(row) for row in rows], int(total)


def running(connection: Connection) -> list[str]:
    """Return the identifiers of exercises whose clock runs."""
    query = select(EXERCISES.c.id).where(
        EXERCISES.c.state == "running", EXERCISES.c.deleted.is_(None)
    )
    return list(connection.execute(query).scalars())


def delete(connection: Connection, identifier: str) -> bool:
    """Take an exercise out of sight, and end what opens it; say whether there was one."""
    mine = EXERCISES.c.id == identifier, EXERCISES.c.deleted.is_(None)
    found = connection.execute(update(EXERCISES).where(*mine).values(deleted=now()))
    for table in (INVITATIONS, SEATS):
        theirs = table.c.exercise == identifier, table.c.revoked.is_(None)
        connection.execute(update(table).where(*theirs).values(revoked=now()))
    return found.rowcount > 0


def append(
    database: Database,
    connection: Connection,
    identifier: str,
    written: Sequence[Entry],
    clock: Mapping[str, Any],
    *,
    seen: Stands | None = None,
) -> None:
    """Append to the log of an exercise, and write its clock down, in one transaction.

    Parameters
    ----------
    seen
        How the exercise stood when this was worked out, where another process may write, too: a clock without entries is of that
        moment as well.

    Raises
    ------
    Overtaken
        The first of the new entries is not the one after the last, or it stands otherwise: somebody else has written.
    """
    database.hold(connection, f"exercise {identifier}")
    if written and last(connection, identifier) + 1 != written[0].sequence:
        raise Overtaken(identifier)
    if seen is not None and stands(connection, identifier) != seen:
        raise Overtaken(identifier)
    time = now()
    for entry in written:
        row = {
            "exercise": identifier, "sequence": entry.sequence, "kind": entry.kind, "time_s": entry.time_s,
            "line": entry.line, "told": list(entry.told), "written": time,
        }  # fmt: skip
        connection.execute(insert(EXERCISE_LOG).values(row))
    mark(connection, identifier, clock)


def redefine(connection: Connection, identifier: str, definition: Mapping[str, Any]) -> None:
    """Write down an exercise that was changed before it began.

    Parameters
    ----------
    definition
        ``text``, ``versions`` of its injects, ``facts``.
    """
    mine = EXERCISES.c.id == identifier
    before = connection.execute(select(EXERCISES.c.options, EXERCISES.c.facts).where(mine)).one()
    facts = {**before.facts, **definition["facts"], "title": before.facts["title"]}
    options = {
        **before.options, "versions": dict(definition["versions"]), "revision": before.options.get("revision", 0) + 1,
    }  # fmt: skip
    values = {"text": definition["text"], "options": options, "facts": cleaned(facts)}
    connection.execute(update(EXERCISES).where(mine).values(values))


def add_facts(connection: Connection, identifier: str, facts: Mapping[str, Any]) -> None:
    """Write down what is known besides of an exercise."""
    mine = EXERCISES.c.id == identifier
    before = connection.execute(select(EXERCISES.c.facts).where(mine)).scalar_one()
    whole = cleaned({**before, **facts})
    connection.execute(update(EXERCISES).where(mine).values(facts=whole))


def mark(connection: Connection, identifier: str, clock: Mapping[str, Any]) -> None:
    """Write down how the clock stands."""
    values = {"clock": dict(clock), "clock_at": now(), "state": clock["state"]}
    connection.execute(update(EXERCISES).where(EXERCISES.c.id == identifier).values(values))


def stands(connection: Connection, identifier: str) -> Stands | None:
    """Return how an exercise stands; None where there is none, or not any more."""
    query = select(EXERCISES.c.options).where(
        EXERCISES.c.id == identifier, EXERCISES.c.deleted.is_(None)
    )
    options = connection.execute(query).scalar_one_or_none()
    if options is None:
        return None
    return Stands(last(connection, identifier), int(options.get("revision", 0)))


def last(connection: Connection, identifier: str) -> int:
    """Return the number of the last entry of a log; 0 where there is none."""
    query = select(func.max(EXERCISE_LOG.c.sequence)).where(EXERCISE_LOG.c.exercise == identifier)
    return int(connection.execute(query).scalar() or 0)


def entries(
    connection: Connection, identifier: str, after: int = 0, *, limit: int | None = None
) -> list[Entry]:
    """Return entries of a log in their order, those after a number."""
    log = EXERCISE_LOG.c
    query = (
        select(log.sequence, log.kind, log.time_s, log.line, log.told)
        .where(log.exercise == identifier, log.sequence > after)
        .order_by(log.sequence)
    )
    if limit is not None:
        query = query.limit(limit)
    return [Entry(*row) for row in connection.execute(query)]


def _stored(row: Mapping[Any, Any]) -> Stored:
    values = {name: row[name] for name in Stored.__dataclass_fields__}
    return Stored(
        **{**values, "created": utc(values["created"]), "clock_at": utc(values["clock_at"])}
    )
