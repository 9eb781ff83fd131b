"""Rows of documents: each change is a version, and nothing is overwritten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, insert, select, update

from ew4all.api.documents.texts import cleaned
from ew4all.api.identifiers import new_id
from ew4all.api.jobs.records import utc
from ew4all.api.store.database import now
from ew4all.api.store.tables import DOCUMENTS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = [
    "Checked",
    "Document",
    "Kind",
    "add_version",
    "create",
    "delete",
    "find",
    "list_documents",
    "list_versions",
]

Kind = Literal["scenario", "alert"]


@dataclass(frozen=True)
class Checked:
    """A content that was looked through: its text, what it is called, and what it says."""

    body: str
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """One version of a document; `created` is when this version was written, by `author`."""

    id: str
    kind: Kind
    version: int
    title: str
    body: str
    facts: Mapping[str, Any]
    etag: str
    owner: str
    author: str
    created: dt.datetime
    is_latest: bool

    @property
    def reference(self) -> str:
        """How inputs of processes name it, whatever its version is by then."""
        return f"{self.kind}:{self.id}"


def create(connection: Connection, kind: Kind, checked: Checked, asking: Principal) -> Document:
    """Write a new document down."""
    return _write(connection, kind, new_id(), 1, checked, asking.id, asking.id)


def add_version(connection: Connection, before: Document, checked: Checked, asking: Principal) -> Document:  # fmt: skip
    """Write a new version of a document that `find` returned with `hold`."""
    old = DOCUMENTS.c.id == before.id, DOCUMENTS.c.kind == before.kind
    connection.execute(update(DOCUMENTS).where(*old).values(is_latest=False))
    return _write(
        connection, before.kind, before.id, before.version + 1, checked, before.owner, asking.id
    )


def delete(connection: Connection, document: Document) -> None:
    """Take a document out of sight, with all its versions; jobs keep what they were accepted with."""
    mine = DOCUMENTS.c.id == document.id, DOCUMENTS.c.kind == document.kind
    connection.execute(update(DOCUMENTS).where(*mine).values(is_deleted=True, deleted=now()))


def find(
    connection: Connection,
    kind: Kind,
    identifier: str,
    version: int | None = None,
    *,
    hold: Service | None = None,
) -> Document | None:
    """Return a document, the latest version where none is named.

    Parameters
    ----------
    hold
        Where given, nobody else changes the document until this transaction has ended.
    """
    if hold is not None:
        hold.database.hold(connection, f"{kind} {identifier}")
    wanted = DOCUMENTS.c.is_latest if version is None else DOCUMENTS.c.version == version
    query = _of(kind).where(DOCUMENTS.c.id == identifier, wanted)
    row = connection.execute(query).mappings().first()
    return None if row is None else _document(row)


def list_documents(
    connection: Connection, kind: Kind, *, limit: int, offset: int, owner: str | None = None
) -> tuple[list[Document], int]:
    """Return documents in their latest version, the newest first, and how many there are in all."""
    query = _of(kind).where(DOCUMENTS.c.is_latest)
    if owner is not None:
        query = query.where(DOCUMENTS.c.owner == owner)
    return _page(connection, query.order_by(DOCUMENTS.c.id.desc()), limit, offset)


def list_versions(
    connection: Connection, kind: Kind, identifier: str, *, limit: int, offset: int
) -> tuple[list[Document], int]:
    """Return the versions of a document, the newest first, and how many there are in all."""
    query = _of(kind).where(DOCUMENTS.c.id == identifier).order_by(DOCUMENTS.c.version.desc())
    return _page(connection, query, limit, offset)


def _of(kind: Kind) -> Any:
    return select(DOCUMENTS).where(DOCUMENTS.c.kind == kind, DOCUMENTS.c.is_deleted.is_(False))


def _page(
    connection: Connection, query: Any, limit: int, offset: int
) -> tuple[list[Document], int]:
    total = connection.execute(
        select(func.count()).select_from(query.order_by(None).subquery())
    ).scalar_one()
    rows: Sequence[Any] = connection.execute(query.limit(limit).offset(offset)).mappings().all()
    return [_document(row) for row in rows], int(total)


def _write(
    connection: Connection,
    kind: Kind,
    identifier: str,
    version: int,
    checked: Checked,
    owner: str,
    author: str,
) -> Document:
    digest = hashlib.sha256(f"{kind} {identifier} {version}\n{checked.body}".encode()).hexdigest()
    row: dict[str, Any] = {
        "id": identifier, "kind": kind, "version": version, "title": cleaned(checked.title)[:300], "body": checked.body,
        "facts": cleaned(dict(checked.facts)), "etag": digest[:32], "owner": owner, "author": author, "created": now(),
        "is_latest": True, "is_deleted": False,
    }  # fmt: skip
    connection.execute(insert(DOCUMENTS).values(row))
    return _document(row)


def _document(row: Mapping[Any, Any]) -> Document:
    values = {name: row[name] for name in Document.__dataclass_fields__}
    return Document(**{**values, "created": utc(values["created"])})
