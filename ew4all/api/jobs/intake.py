"""From a request to a job: bounds, references, the owner's share; then one transaction with the row and the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.api import audit
from ew4all.api.jobs import records
from ew4all.api.jobs.contents import contents_of
from ew4all.api.problems import Problem
from ew4all.api.references import places_in, references_in, texts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["PRIORITIES", "accept_job", "in_scenario"]

PRIORITIES: Final = (-10, 10)
"""Least and highest priority that can be asked for; over 0 needs the scope `exercise`."""


def accept_job(
    service: Service,
    process: str,
    inputs: Mapping[str, Any],
    asking: Principal,
    *,
    priority: int = 0,
    also: Callable[[Connection, records.Job], None] | None = None,
) -> records.Job:
    """Accept a job: when this returns, it will be done whatever happens to this process.

    Parameters
    ----------
    inputs
        As the model of the process has checked them.
    also
        Written in the same transaction.

    Raises
    ------
    Problem
        400: an input is at fault, 403: a priority that the key does not allow, 413: over a bound, 429: too many jobs.
    """
    if priority > 0 and not asking.may("exercise"):
        told = "a priority over 0 is for exercises: it needs the scope 'exercise', which your key does not have"
        raise Problem(403, "scope-missing", told)
    _bounded(service, inputs)
    # A scenario comes from `/v1/runs` too, where it stands elsewhere.
    places = places_in({k: v for k, v in inputs.items() if k != "scenario"}, "#/inputs")
    files = contents_of(service, _references(service, process, inputs, asking), asking, places)
    with service.database.begin() as connection:
        service.database.hold(connection, f"jobs of {asking.id}")
        waiting = records.count_waiting(connection, asking.id)
        most = service.settings.limits.jobs_waiting
        if waiting >= most:
            told = f"you have {most} jobs that are not finished: wait for one, or dismiss it"
            raise Problem(429, "too-many-jobs", told, headers={"Retry-After": "30"})
        job = records.accept(connection, process, inputs, asking.id, priority, files)
        service.dispatcher.enqueue(connection, job, waiting)
        audit.record(connection, asking, "job.create", f"job:{job.id}", process=process)
        if also is not None:
            also(connection, job)
    return job


def _references(
    service: Service, process: str, inputs: Mapping[str, Any], asking: Principal
) -> list[str]:
    found = references_in(inputs)
    if process != "run":
        return found
    written = inputs.get("scenario_text")
    if written is None:
        name = inputs["scenario"]
        if ":" not in name:
            return []
        written = _text(service, name, asking)
    return list(dict.fromkeys([*found, *in_scenario(written)]))


def _text(service: Service, reference: str, asking: Principal) -> str:
    content = contents_of(service, [reference], asking)[reference]
    if "text" in content:
        return str(content["text"])
    path = service.blobs.path(content["sha256"])
    if path.stat().st_size > service.settings.limits.body_bytes:
        raise Problem(400, "bad-scenario", f"{reference} is too large for a scenario")
    return path.read_text("utf-8", "replace")


def in_scenario(written: str) -> list[str]:
    """Return the references of a scenario; whatever else is wrong with it is told by the job, with its place."""
    from ew4all.scenario.yaml_text import read_marked

    found: list[str] = []
    for value in texts_in(read_marked(written).value):
        # A layer is named behind `|`, a column behind `#`; files of a demo are those of the scenario's own demo.
        reference = value.strip().partition("|")[0].partition("#")[0].strip()
        found += [r for r in references_in({"": reference}) if not r.startswith("demo:")]
    return list(dict.fromkeys(found))


def _bounded(service: Service, inputs: Mapping[str, Any]) -> None:
    limits = service.settings.limits
    replicas = inputs.get("replicas")
    if replicas is not None and replicas > limits.replicas:
        told = (
            f"{replicas:,} replicas are more than the {limits.replicas:,} that this service plays"
        )
        raise _too_much(told, "replicas", "too-many-replicas")
    for name, value in inputs.items():
        if isinstance(value, dict) and "type" in value:
            _drawn(name, value, limits.vertices)


def _drawn(name: str, shape: Mapping[str, Any], most: int) -> None:
    """Refuse a shape with too many vertices, or that is not on the Earth."""
    for count, (where, position) in enumerate(_positions(shape, f"/{name}"), 1):
        if count > most:
            told = f"{name} has more than the {most:,} vertices that this service takes: simplify it, or upload it"
            raise _too_much(told, name, "too-many-vertices")
        lon, lat = position[0], position[1]
        if not (_is_within(lon, 180.0) and _is_within(lat, 90.0)):
            told = f"{name} has a vertex at {lon}, {lat}: GeoJSON is longitude, then latitude, in degrees (WGS 84)"
            fault = {"pointer": f"#/inputs{where}", "detail": told, "code": "not-on-earth"}
            raise Problem(400, "not-on-earth", told, errors=[fault])


def _is_within(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and -most <= value <= most  # no NaN either


def _positions(shape: Any, where: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each vertex of GeoJSON with its pointer; without recursion, as the depth is the client's."""
    waiting: list[tuple[str, Any, bool]] = [(where, shape, False)]
    while waiting:
        at, value, inside = waiting.pop()
        if isinstance(value, dict):
            keys = ("features", "geometries", "geometry", "coordinates")
            waiting += [(f"{at}/{k}", value[k], k == "coordinates") for k in keys if k in value]
        elif isinstance(value, list):
            if inside and len(value) >= 2 and not isinstance(value[0], list):
                yield at, value
            else:
                waiting.extend((f"{at}/{i}", inner, inside) for i, inner in enumerate(value))


def _too_much(told: str, name: str, code: str) -> Problem:
    return Problem(
        413, code, told, errors=[{"pointer": f"#/inputs/{name}", "detail": told, "code": code}]
    )
