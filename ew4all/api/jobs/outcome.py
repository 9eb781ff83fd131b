"""What a child made, taken into the store: files by content, layers by name."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

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
KINDS: Final = {".tif": "raster", ".gpkg": "features", ".geojson": "features"}


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
        sha256, size = service.blobs.take(path)
        keep_file(service, sha256, size)
        layers.append({
            "id": f"{job}.{name.replace('/', '-')}", "job": job, "name": name, "kind": KINDS.get(suffix, "document"),
            "title": name, "media_type": media_type_of(name), "sha256": sha256, "bytes": size, "facts": {}, "created": now(),
        })  # fmt: skip
    return made, layers


def keep_file(service: Service, sha256: str, size: int) -> None:
    """Write down that a content is there."""
    kind = sqlite if service.database.is_sqlite else postgresql
    row = {"sha256": sha256, "bytes": size, "created": now()}
    with service.database.begin() as connection:
        if (
            connection.execute(select(FILES.c.sha256).where(FILES.c.sha256 == sha256)).first()
            is None
        ):
            connection.execute(kind.insert(FILES).values(row).on_conflict_do_nothing())
