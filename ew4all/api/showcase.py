"""The demo case as layers and a finished run, so that the first page of a fresh service has something to show."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import insert, select

from ew4all.api import audit
from ew4all.api.identifiers import new_id
from ew4all.api.identity import LOCAL
from ew4all.api.jobs import records
from ew4all.api.jobs.intake import accept_job
from ew4all.api.jobs.outcome import keep_file, media_type_of
from ew4all.api.store import now
from ew4all.api.store.tables import JOBS, UPLOADS
from ew4all.api.uploads import check
from ew4all.demo import CASE, NOTICE, folder
from ew4all.errors import EW4AllError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ew4all.api.service import Service

__all__ = ["DEMO_LAYERS", "prepare"]


class _File(NamedTuple):
    file: str
    name: str
    role: str


DEMO_LAYERS: Final = (
    _File("population.tif", "Demo people of Grenada.tif", "population"),
    _File("coverage_2g_a.tif", "Demo 2G of Operator A.tif", "coverage"),
    _File("coverage_3g_a.tif", "Demo 3G of Operator A.tif", "coverage"),
    _File("coverage_4g_a.tif", "Demo 4G of Operator A.tif", "coverage"),
    _File("coverage_2g_b.gpkg", "Demo 2G of Operator B.gpkg", "coverage"),
    _File("coverage_4g_b.gpkg", "Demo 4G of Operator B.gpkg", "coverage"),
    _File("hazard.geojson", "Demo hazard, winds of 64 kt.geojson", "hazard"),
    _File("area.geojson", "Demo warning area.geojson", "other"),
    _File("parishes.geojson", "Demo parishes.geojson", "zones"),
)
"""Files of the demo that become uploads, under names for people."""


def prepare(service: Service, *, waits_s: float, say: Callable[[str], None]) -> str:
    """Put the demo into the store, where it is not there yet; return the identifier of its run.

    Parameters
    ----------
    waits_s
        How long the run is waited for; it goes on in any case. The service must be working, or another worker.

    Raises
    ------
    EW4AllError
        The run failed.
    """
    for one in DEMO_LAYERS:
        _bring(service, one)
    job = _started(service)
    if not job.is_finished and waits_s > 0.0:
        say("computing the demo run, once; this takes some ten seconds")
    ends_s = time.monotonic() + waits_s
    while not job.is_finished and time.monotonic() < ends_s:
        time.sleep(service.settings.poll_s)
        job = _run(service) or job
    if job.status == "failed":
        msg = f"the demo run failed: {job.message}"
        raise EW4AllError(msg)
    return job.id


def _bring(service: Service, one: _File) -> None:
    with service.database.read() as connection:
        there = select(UPLOADS.c.id).where(
            UPLOADS.c.name == one.name, UPLOADS.c.owner == LOCAL.id, UPLOADS.c.deleted.is_(None)
        )
        if connection.execute(there).first() is not None:
            return
    service.work_dir.mkdir(parents=True, exist_ok=True)
    part = service.work_dir / f"demo-{new_id()}"
    shutil.copyfile(folder() / one.file, part)
    sha256, size = service.blobs.take(part)
    keep_file(service, sha256, size)
    row = {
        "id": new_id(), "name": one.name, "role": one.role, "media_type": media_type_of(one.name), "sha256": sha256,
        "bytes": size, "facts": check(service, sha256, one.name, one.role), "owner": LOCAL.id, "created": now(),
    }  # fmt: skip
    with service.database.begin() as connection:
        connection.execute(insert(UPLOADS).values(row))
        told = {"name": one.name, "role": one.role, "sha256": sha256, "bytes": size}
        audit.record(connection, LOCAL, "upload.create", f"upload:{row['id']}", **told)


def inputs() -> dict[str, Any]:
    """Return the inputs of the run: those of the demo case, with the warning area in the place of its alert."""
    return {
        "population": f"demo:{CASE.population.name}",
        "population_unit": "count",
        "area": "demo:area.geojson",
        "hazard": f"demo:{CASE.hazard.name}",
        "coverage": {name: f"demo:{path.name}" for name, path in CASE.coverage.items()},
        "operator_share": dict(CASE.operator_share),
        "zones": f"demo:{CASE.zones.name}",
        "zone_id": CASE.zone_id,
        "zone_name": CASE.zone_name,
        "title": f"{CASE.title} ({NOTICE})",
    }


def _started(service: Service) -> records.Job:
    """Return the run, which is begun where there is none, or where it went wrong before."""
    job = _run(service)
    if job is not None and job.status in {"accepted", "running", "successful"}:
        return job
    return accept_job(
        service,
        "reach",
        inputs(),
        LOCAL,
        also=lambda connection, made: audit.record(
            connection, LOCAL, "job.create", f"job:{made.id}", process="reach"
        ),
    )


def _run(service: Service) -> records.Job | None:
    query = (
        select(JOBS.c.id)
        .where(
            JOBS.c.process == "reach",
            JOBS.c.owner == LOCAL.id,
            JOBS.c.inputs["title"].as_string() == inputs()["title"],
        )
        .order_by(JOBS.c.created.desc())
        .limit(1)
    )
    with service.database.read() as connection:
        found = connection.execute(query).first()
        return None if found is None else records.find(connection, found.id)
