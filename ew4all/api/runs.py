"""Runs in the store: jobs of the process `run`, the scenario that was played, and curves of their results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from ew4all.api.jobs import records
from ew4all.api.problems import Problem
from ew4all.api.store.tables import JOBS, LAYERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["Run", "curves_of", "find_run", "list_runs"]


@dataclass(frozen=True)
class Run:
    """A job of the process `run` and the rows of its layers."""

    job: records.Job
    layers: tuple[Any, ...] = ()

    @property
    def scenario(self) -> str:
        """What was asked for: a reference or a name; ``text`` where it was sent with the request."""
        return str(self.job.inputs.get("scenario", "text"))

    @property
    def scenario_id(self) -> str | None:
        """Identifier of a stored scenario."""
        kind, _, rest = self.scenario.partition(":")
        return rest.partition("@")[0] if kind == "scenario" else None

    @property
    def version(self) -> int | None:
        """Version of a stored scenario that is played."""
        found: int | None = self.job.files.get(self.scenario, {}).get("version")
        return found


def _seen_by(asking: Principal) -> list[ColumnElement[bool]]:
    """Results are for all who may read; what is not done or failed is for whoever started it."""
    wanted: list[ColumnElement[bool]] = [JOBS.c.process == "run"]
    if not asking.may("administer"):
        wanted.append(or_(JOBS.c.owner == asking.id, JOBS.c.status == "successful"))
    return wanted


def find_run(service: Service, asking: Principal, identifier: str) -> Run:
    """Return a run with its layers.

    Raises
    ------
    Problem
        404: there is none, or it is somebody else's and has no results.
    """
    with service.database.read() as connection:
        query = select(JOBS.c.id).where(JOBS.c.id == identifier, *_seen_by(asking))
        known = connection.execute(query).first()
        job = None if known is None else records.find(connection, identifier)
        if job is None:
            told = f"there is no run {identifier!r}; /v1/runs lists what there is"
            raise Problem(404, "unknown-run", told)
        layers = select(LAYERS).where(LAYERS.c.job == identifier).order_by(LAYERS.c.name)
        return Run(job, tuple(connection.execute(layers).all()))


def list_runs(
    service: Service,
    asking: Principal,
    *,
    limit: int,
    offset: int,
    status: Sequence[str] = (),
    scenario: str | None = None,
) -> tuple[list[Run], int]:
    """Return runs without their layers, the newest first, and how many there are in all."""
    wanted = _seen_by(asking)
    if status:
        wanted.append(JOBS.c.status.in_(status))
    if scenario is not None:
        played = JOBS.c.inputs["scenario"].as_string()
        wanted.append(or_(played == scenario, played.startswith(scenario + "@", autoescape=True)))
    with service.database.read() as connection:
        query = select(func.count()).select_from(JOBS).where(*wanted)
        total = connection.execute(query).scalar_one()
        jobs = records.jobs_where(connection, wanted, limit=limit, offset=offset)
    return [Run(job) for job in jobs], int(total)


def curves_of(path: Path, zone: str) -> dict[str, Any]:
    """Return the curves of a zone: ``time_s``, and for each channel and stage people by statistic.

    Raises
    ------
    Problem
        404: there is no such zone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    names = ("channel", "zone", "stage", "statistic")
    plain = {name: table[name].cast(pa.string()) for name in names}
    mine = pc.equal(plain["zone"], zone)
    if not pc.any(mine).as_py():
        zones = ", ".join(sorted(set(plain["zone"].unique().to_pylist()))[:20])
        raise Problem(404, "unknown-zone", f"the run has no zone {zone!r}; there are {zones}")
    of_zone = pa.table({**plain, "time_s": table["time_s"], "people": table["people"]}).filter(mine)
    curves: dict[tuple[str, str], dict[str, list[float]]] = {}
    times: list[float] = []
    keys = zip(*(of_zone[n].to_pylist() for n in ("channel", "stage", "statistic")), strict=True)
    # Rows of one curve follow each other, in the order of time.
    for key, time_s, people in zip(
        keys, of_zone["time_s"].to_pylist(), of_zone["people"].to_pylist(), strict=True
    ):
        channel, stage, statistic = key
        curves.setdefault((channel, stage), {}).setdefault(statistic, []).append(people)
        if len(curves) == 1 and len(curves[(channel, stage)]) == 1:
            times.append(time_s)
    return {
        "time_s": times,
        "curves": [{"channel": c, "stage": s, "people": p} for (c, s), p in curves.items()],
    }
