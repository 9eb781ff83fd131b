"""What layers there are and who may see them: results of jobs are for all who may read, uploads for their owner."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import String, cast, delete, null, select, union_all, update
from sqlalchemy import func as sql

from ew4all.api import audit
from ew4all.api.jobs.records import utc
from ew4all.api.layers.facts import kind_of
from ew4all.api.problems import Problem
from ew4all.api.store.database import now
from ew4all.api.store.tables import JOBS, LAYERS, UPLOADS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Select

    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = [
    "LAYER_ID",
    "MOST_SEEN",
    "SEEN_S",
    "Layer",
    "find_layer",
    "forget_layer",
    "layers_by_id",
    "list_layers",
    "seen_layer",
]

LAYER_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

SEEN_S: Final = 5.0
"""How long a layer that another process deletes may still be drawn."""
MOST_SEEN: Final = 1000


@dataclass(frozen=True)
class Layer:
    """A file that can be drawn, asked or downloaded.

    Attributes
    ----------
    kind
        ``raster``, ``vector``, ``table`` or ``document``.
    owner
        Principal that uploaded it or started its job.
    job, process, label
        What made it, and the title that it was given; None of an upload.
    facts
        See `ew4all.api.layers.facts`.
    """

    id: str
    name: str
    title: str
    kind: str
    media_type: str
    sha256: str
    bytes: int
    owner: str
    created: dt.datetime
    job: str | None = None
    process: str | None = None
    label: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_upload(self) -> bool:
        """Whether somebody brought it, so that nothing in it can be trusted."""
        return self.job is None

    @property
    def reference(self) -> str:
        """How inputs of processes name it."""
        return f"upload:{self.id}" if self.is_upload else f"layer:{self.id}"

    @property
    def suffix(self) -> str:
        """Ending of its name, with the dot, in small letters; empty where it has none."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """Name without folder and ending."""
        return PurePosixPath(self.name).stem


def _query(
    asking: Principal, *, uploads: bool = True, identifiers: Sequence[str] | None = None
) -> Select[Any]:
    """Select what somebody may see, results and uploads as one table: all of them, or some."""
    made = select(
        LAYERS.c.id, LAYERS.c.name, LAYERS.c.title, LAYERS.c.media_type, LAYERS.c.sha256, LAYERS.c.bytes,
        LAYERS.c.facts, LAYERS.c.created, LAYERS.c.job, JOBS.c.process, JOBS.c.owner,
        JOBS.c.inputs["title"].as_string().label("label"), LAYERS.c.kind,
    ).join(JOBS, JOBS.c.id == LAYERS.c.job)  # fmt: skip
    brought = select(
        UPLOADS.c.id, UPLOADS.c.name, UPLOADS.c.name.label("title"), UPLOADS.c.media_type, UPLOADS.c.sha256, UPLOADS.c.bytes,
        UPLOADS.c.facts, UPLOADS.c.created, cast(null(), String).label("job"), cast(null(), String).label("process"), UPLOADS.c.owner,
        cast(null(), String).label("label"), cast(null(), String).label("kind"),
    ).where(UPLOADS.c.deleted.is_(None))  # fmt: skip
    if not asking.may("administer"):
        brought = brought.where(UPLOADS.c.owner == asking.id)
    if identifiers is not None:
        # Within each of the two: SQLite would else put the whole table together first.
        made = made.where(LAYERS.c.id.in_(identifiers))
        brought = brought.where(UPLOADS.c.id.in_(identifiers))
    both = union_all(made, brought) if uploads else made
    return select(both.subquery())


def _layer(row: Any) -> Layer:
    suffix = PurePosixPath(row.name).suffix.lower()
    return Layer(
        id=row.id, name=row.name, title=row.title, kind=kind_of(suffix, row.facts), media_type=row.media_type,
        sha256=row.sha256, bytes=row.bytes, owner=row.owner, created=utc(row.created), job=row.job,
        process=row.process, label=row.label, facts=row.facts,
    )  # fmt: skip


def find_layer(service: Service, asking: Principal, identifier: str) -> Layer:
    """Return a layer.

    Raises
    ------
    Problem
        404: there is none, or it is somebody else's upload.
    """
    with service.database.read() as connection:
        row = connection.execute(_query(asking, identifiers=[identifier])).first()
    if row is None:
        told = f"there is no layer {identifier!r}; /v1/layers lists what there is"
        raise Problem(404, "unknown-layer", told)
    layer = _layer(row)
    if len(service.seen_layers) >= MOST_SEEN:
        service.seen_layers.clear()
    service.seen_layers[identifier] = layer, time.monotonic() + SEEN_S
    return layer


def seen_layer(service: Service, asking: Principal, identifier: str) -> Layer | None:
    """Return a layer that was looked up a moment ago, without asking the store: a map wants many tiles of one."""
    found = service.seen_layers.get(identifier)
    if found is None or found[1] < time.monotonic():
        return None
    layer: Layer = found[0]
    is_ours = layer.owner == asking.id or asking.may("administer")
    return layer if is_ours or not layer.is_upload else None


def layers_by_id(service: Service, asking: Principal, identifiers: Sequence[str]) -> list[Layer]:
    """Return those of some layers that there are."""
    query = _query(asking, uploads=False, identifiers=identifiers)
    with service.database.read() as connection:
        found = connection.execute(query).all()
    return [_layer(row) for row in found]


def list_layers(
    service: Service,
    asking: Principal,
    *,
    limit: int,
    offset: int,
    kinds: Sequence[str] = (),
    job: str | None = None,
    uploads: bool = True,
) -> tuple[list[Layer], int]:
    """Return layers, the newest first, and how many there are in all."""
    query = _query(asking, uploads=uploads)
    column = query.selected_columns
    if job is not None:
        query = query.where(column.job == job)
    with service.database.read() as connection:
        if kinds:
            # The kind of an upload is in its facts: each row is looked at.
            query = query.where(column.kind.in_(kinds) | column.kind.is_(None))
            rows = connection.execute(query.order_by(column.created.desc(), column.id)).all()
            found = [one for one in map(_layer, rows) if one.kind in kinds]
            return found[offset : offset + limit], len(found)
        total = connection.execute(select(sql.count()).select_from(query.subquery())).scalar_one()
        page = query.order_by(column.created.desc(), column.id).limit(limit).offset(offset)
        return [_layer(row) for row in connection.execute(page).all()], total


def forget_layer(service: Service, asking: Principal, layer: Layer) -> None:
    """Take a layer out of the list; its content is cleared away when nothing names it.

    Raises
    ------
    Problem
        403: it is a result of somebody else's job.
    """
    if layer.owner != asking.id and not asking.may("administer"):
        told = f"the layer {layer.id!r} belongs to somebody else: only they and administrators may delete it"
        raise Problem(403, "not-yours", told)
    service.seen_layers.pop(layer.id, None)
    service.seen_collections.clear()
    with service.database.begin() as connection:
        if layer.is_upload:
            connection.execute(
                update(UPLOADS).where(UPLOADS.c.id == layer.id).values(deleted=now())
            )
        else:
            connection.execute(delete(LAYERS).where(LAYERS.c.id == layer.id))
        action = "upload.delete" if layer.is_upload else "layer.delete"
        audit.record(connection, asking, action, layer.reference, name=layer.name)
