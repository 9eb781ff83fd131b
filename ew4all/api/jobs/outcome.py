"""What a child made, taken into the store: files by content, layers by name."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import postgresql, sqlite

from ew4all.api.layers.facts import NotOnEarth, facts_of_file, kind_of
from ew4all.api.store.database import now
from ew4all.api.store.tables import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.api.service import Service

__all__ = ["collect", "keep_file", "media_type_of"]

_MEDIA: Final = {
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".gpkg": "application/geopackage+sqlite3",
    ".geojson": "application/geo+json",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".csv": "text/csv",
    ".html": "text/html",
    ".png": "image/png",
}

_NAME: Final = 43
"""An identifier has 80 characters; that of a job has 36."""


def media_type_of(name: str) -> str:
    """Return the media type of a file by its ending."""
    suffix = "." + name.rpartition(".")[2].lower()
    return _MEDIA.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def collect(
    service: Service, job: str, folder: Path, made: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Take the files of a job into the store; return the outputs by name, and the rows of its layers."""
    layers = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        facts: dict[str, Any] = {}
        with suppress(NotOnEarth):
            facts = facts_of_file(path)
        sha256, size = service.blobs.take(path)
        keep_file(service, sha256, size)
        layers.append({
            "id": _layer_id(job, name), "job": job, "name": name[-100:], "kind": kind_of(suffix, facts),
            "title": name, "media_type": media_type_of(name), "sha256": sha256, "bytes": size, "facts": facts, "created": now(),
        })  # fmt: skip
    return made, layers


def keep_file(service: Service, sha256: str, size: int) -> None:
    """Write down that a content is there, and wanted now: what nobody names is kept for a while from here on."""
    kind = sqlite if service.database.is_sqlite else postgresql
    row = {"sha256": sha256, "bytes": size, "created": now()}
    with service.database.begin() as connection:
        connection.execute(
            kind.insert(FILES)
            .values(row)
            .on_conflict_do_update(
                index_elements=[FILES.c.sha256], set_={"created": row["created"]}
            )
        )


def _layer_id(job: str, name: str) -> str:
    """Return the identifier of a layer: its job and name, within what a row and a reference hold."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    if len(plain) > _NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        plain = digest + plain[-(_NAME - len(digest)) :]
    return f"{job}.{plain}"
