"""What the references of a job stand for: looked up once, when it is accepted, and kept with it.

A job computes with what its client saw, whatever is changed or deleted before a worker has time for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ew4all.api.problems import Problem
from ew4all.api.store.tables import DOCUMENTS, LAYERS, UPLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["contents_of", "hashes_in", "laid_out"]

_SUFFIX = {"scenario": ".yaml", "alert": ".xml"}


def contents_of(
    service: Service,
    references: Iterable[str],
    asking: Principal,
    places: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return what references stand for, in plain values that a row can hold.

    Parameters
    ----------
    places
        Reference to where it stands in the request (JSON Pointer), so that the problem with it can tell.

    Raises
    ------
    Problem
        400: there is no such thing, or it is somebody else's.
    """
    with service.database.read() as connection:
        return {
            r: _content(service, connection, r, asking, (places or {}).get(r, ()))
            for r in references
        }


def _content(
    service: Service,
    connection: Connection,
    reference: str,
    asking: Principal,
    places: Sequence[str],
) -> dict[str, Any]:
    kind, _, name = reference.partition(":")
    if kind == "demo":
        service.path_of(reference)
        return {"demo": name}
    if kind in {"scenario", "alert"}:
        name, _, version = name.partition("@")
        query = select(DOCUMENTS.c.body, DOCUMENTS.c.version).where(
            DOCUMENTS.c.id == name, DOCUMENTS.c.kind == kind, DOCUMENTS.c.is_deleted.is_(False)
        )
        query = query.where(
            DOCUMENTS.c.version == int(version) if version else DOCUMENTS.c.is_latest
        )
        row = connection.execute(query).first()
        if row is not None:
            return {"text": row.body, "suffix": _SUFFIX[kind], "version": row.version}
    elif kind in {"upload", "layer"}:
        table = UPLOADS if kind == "upload" else LAYERS
        query = select(table.c.sha256, table.c.name).where(table.c.id == name)
        if kind == "upload":
            query = query.where(UPLOADS.c.deleted.is_(None))
            if not asking.may("administer"):
                query = query.where(UPLOADS.c.owner == asking.id)
        row = connection.execute(query).first()
        if row is not None:
            suffix = Path(row.name).suffix.lower()
            return {"sha256": row.sha256, "suffix": suffix if suffix[1:].isalnum() else ""}
    told = f"there is no {reference!r}: see /v1/{kind}s for what there is"
    errors = [{"pointer": place, "detail": told, "code": "unknown-reference"} for place in places]
    raise Problem(400, "unknown-reference", told, errors=errors)


def hashes_in(files: Mapping[str, Any]) -> set[str]:
    """Return the hashes of the contents that a job needs."""
    return {content["sha256"] for content in files.values() if "sha256" in content}


def laid_out(service: Service, files: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Put contents into ``inputs/`` of a job's folder; return reference to path, relative to the folder.

    Results name these paths, and so tell nobody where the store is.

    Raises
    ------
    ReadError
        A content is missing from the store.
    """
    home = folder / "inputs"
    home.mkdir(exist_ok=True)
    out = {}
    for reference, content in files.items():
        suffix = content.get("suffix", Path(reference).suffix)
        name = reference.replace(":", "-").removesuffix(suffix) + suffix
        if "text" in content:
            (home / name).write_text(content["text"], "utf-8")
        elif "demo" in content:
            (home / name).symlink_to(service.path_of(reference).resolve())
        else:
            (home / name).symlink_to(service.blobs.path(content["sha256"], suffix).resolve())
        out[reference] = f"inputs/{name}"
    return out
